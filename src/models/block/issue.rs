//! Issuing requests directly to the driver, past scheduler and software queue
//! (`blk-mq.c:__blk_mq_try_issue_directly` and its callers, 6.1).

use super::super::host::{Cost, Step, TaskId};
use super::super::io::{BlkStatus, ReqId};
use super::{BlockEnv, BlockFrame, HctxId, ReqList, RqFlags};
use super::{complete, driver, insert, pop, replace, requeue, run_queue};
use crate::sim::unlikely;

/// `blk_mq_try_issue_list_directly`, in the midst of it.
#[derive(Copy, Clone, Debug)]
pub struct IssueList {
    /// The hardware queue.
    pub hctx: HctxId,
    /// What is still to be issued.
    pub list: ReqList,
}

/// Issues one more of the list.
pub fn step_issue_list<K: BlockEnv>(k: &mut K, task: TaskId, mut f: IssueList) -> Step {
    let Some(rq) = f.list.pop_front(&mut k.block().reqs) else {
        pop(k, task);
        return Step::Again;
    };
    if !k.block().reqs[rq].is_started() {
        k.host().charge(Cost::IssueList);
    }
    let last = f.list.is_empty();
    match blk_mq_request_issue_directly(k, rq, last) {
        None => f.list.push_front(&mut k.block().reqs, rq),
        Some(BlkStatus::Ok) => {}
        Some(BlkStatus::Resource | BlkStatus::DevResource) => {
            // The rest takes the way through the queue.
            pop(k, task);
            insert::blk_mq_request_bypass_insert(k, rq, last);
            if !last {
                insert::insert_list(k, f.hctx, f.list);
                run_queue::blk_mq_run_hw_queue(k, f.hctx, false);
            }
            return Step::Again;
        }
        Some(error) => complete::blk_mq_end_request(k, rq, error),
    }
    replace(k, task, BlockFrame::IssueList(f));
    Step::Again
}

/// Issues `rq` in the submitter's context; where that is not possible, inserts
/// it (`blk_mq_try_issue_directly`).
#[inline]
pub fn blk_mq_try_issue_directly<K: BlockEnv>(k: &mut K, rq: ReqId) {
    match try_issue(k, rq, false, true) {
        None => {
            let frame = K::block_frame(BlockFrame::IssueDirectly(rq));
            k.host().call(frame);
        }
        Some(BlkStatus::Ok) => {}
        Some(BlkStatus::Resource | BlkStatus::DevResource) => {
            insert::blk_mq_request_bypass_insert(k, rq, true);
        }
        Some(error) => complete::blk_mq_end_request(k, rq, error),
    }
}

/// The driver goes on with `rq` after having been interrupted.
pub fn step_issue_directly<K: BlockEnv>(k: &mut K, task: TaskId, rq: ReqId) -> Step {
    pop(k, task);
    blk_mq_try_issue_directly(k, rq);
    Step::Again
}

/// Issues `rq` or says why not; it is not inserted
/// (`blk_mq_request_issue_directly`).
#[inline]
pub fn blk_mq_request_issue_directly<K: BlockEnv>(
    k: &mut K,
    rq: ReqId,
    last: bool,
) -> Option<BlkStatus> {
    try_issue(k, rq, true, last)
}

/// `__blk_mq_try_issue_directly`; None if it has been interrupted.
#[inline]
fn try_issue<K: BlockEnv>(
    k: &mut K,
    rq: ReqId,
    bypass_insert: bool,
    last: bool,
) -> Option<BlkStatus> {
    let b = k.block();
    let r = &b.reqs[rq];
    let hctx = r.hctx;
    // With one that it has started the driver goes on.
    if !r.is_started() {
        k.host().charge(Cost::DirectIssue);
        let b = k.block();
        let r = &b.reqs[rq];
        let d = &b.devs[usize::from(r.dev.0)];
        if unlikely(d.quiesced) {
            insert::blk_mq_sched_insert_request(k, rq, false, false, false);
            return Some(BlkStatus::Ok);
        }
        let wanting = d.has_budget || !r.tag;
        let may = !r.rqf.has(RqFlags::ELV) || bypass_insert;
        if !may || (wanting && !get_budget_and_tag(k, rq)) {
            if bypass_insert {
                return Some(BlkStatus::Resource);
            }
            insert::blk_mq_sched_insert_request(k, rq, false, true, false);
            return Some(BlkStatus::Ok);
        }
    }
    __blk_mq_issue_directly(k, rq, hctx, last)
}

/// A token of the driver's budget and a driver tag, or neither.
#[inline(never)]
fn get_budget_and_tag<K: BlockEnv>(k: &mut K, rq: ReqId) -> bool {
    let dev = k.block().reqs[rq].dev;
    if !k.get_budget(dev) {
        return false;
    }
    let tag = driver::blk_mq_get_driver_tag(k, rq);
    if tag {
        k.block().reqs[rq].budget = true;
    } else {
        k.put_budget(dev);
    }
    tag
}

#[inline(always)]
#[allow(non_snake_case)]
fn __blk_mq_issue_directly<K: BlockEnv>(
    k: &mut K,
    rq: ReqId,
    hctx: HctxId,
    last: bool,
) -> Option<BlkStatus> {
    let status = k.queue_rq(rq, last)?;
    let busy = matches!(status, BlkStatus::Resource | BlkStatus::DevResource);
    k.block().hctx(hctx).update_dispatch_busy(busy);
    if busy {
        requeue::requeue(k, rq);
    }
    Some(status)
}
