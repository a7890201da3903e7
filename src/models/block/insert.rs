//! Inserting requests: into the scheduler, a software queue or the dispatch
//! list (`block/blk-mq-sched.c`, `block/blk-mq.c`, 6.1).

use super::super::host::Cost;
use super::super::io::ReqId;
use super::{Action, BlockEnv, HctxId, ReqList, RqFlags};
use super::{complete, merge, run_queue};

/// Inserts `rq` where it belongs and runs the queue if asked to
/// (`blk_mq_sched_insert_request`).
pub fn blk_mq_sched_insert_request<K: BlockEnv>(
    k: &mut K,
    rq: ReqId,
    at_head: bool,
    run_queue: bool,
    is_async: bool,
) {
    let b = k.block();
    let (hctx, flush) = (b.reqs[rq].hctx, b.reqs[rq].rqf.has(RqFlags::FLUSH_SEQ));
    if flush {
        // Flushes go past the scheduler, to the head of the dispatch list.
        b.hctxs[hctx.index()].dispatch.push_front(&mut b.reqs, rq);
    } else if b.dev_of(rq).elevator.is_some() {
        k.host().charge(Cost::ElvInsertOne);
        elv_insert(k, rq, at_head);
    } else {
        ctx_insert(k, rq, at_head);
    }
    if run_queue {
        run_queue::blk_mq_run_hw_queue(k, hctx, is_async);
    }
}

/// Puts `rq` on the dispatch list, past scheduler and software queues
/// (`blk_mq_request_bypass_insert`).
pub fn blk_mq_request_bypass_insert<K: BlockEnv>(k: &mut K, rq: ReqId, run_queue: bool) {
    let now = k.host().now();
    let b = k.block();
    b.reqs[rq].changed = now;
    let hctx = b.reqs[rq].hctx;
    b.hctxs[hctx.index()].dispatch.push_back(&mut b.reqs, rq);
    if run_queue {
        run_queue::blk_mq_run_hw_queue(k, hctx, false);
    }
}

/// Inserts one request into the scheduler of its queue, or merges it into what
/// is there (`dd_insert_request`).
pub fn elv_insert<K: BlockEnv>(k: &mut K, rq: ReqId, at_head: bool) {
    k.host().charge(Cost::ElvInsert);
    let mut free = ReqList::default();
    let now = k.host().now();
    let b = k.block();
    let elevator = &mut b.devs[usize::from(b.reqs[rq].dev.0)].elevator;
    elevator.init_request(&mut b.reqs, rq, now);
    let merges = elevator.merges_requests();
    if merges && merge::blk_mq_sched_try_insert_merge(k, rq, &mut free) {
        k.host().charge(Cost::RqMerge);
        while let Some(absorbed) = free.pop_front(&mut k.block().reqs) {
            complete::blk_mq_free_request(k, absorbed);
        }
        return;
    }
    trace_insert(k, rq);
    if !at_head {
        charge_tree(k, rq);
    }
    let now = k.host().now();
    let b = k.block();
    let dev = &mut b.devs[usize::from(b.reqs[rq].dev.0)];
    dev.elevator.insert(&mut b.reqs, rq, at_head, now);
    if merges && !at_head && dev.last_merge.is_none() && merge::rq_mergeable(&b.reqs[rq]) {
        dev.last_merge = Some(rq);
    }
}

/// `rq` goes into a tree: the more there are in it, the deeper (`elv_rb_add`).
fn charge_tree<K: BlockEnv>(k: &mut K, rq: ReqId) {
    if k.host().is_free() {
        return;
    }
    let b = k.block();
    let r = &b.reqs[rq];
    let beside = b.devs[usize::from(r.dev.0)].elevator.sorted_beside(r);
    if let Some(levels) = beside.checked_ilog2() {
        k.host().charge(Cost::ElvBeside);
        k.host().charge_n(Cost::ElvLevel, u64::from(levels));
    }
}

/// Inserts one request into its software queue (`__blk_mq_insert_request`).
pub fn ctx_insert<K: BlockEnv>(k: &mut K, rq: ReqId, at_head: bool) {
    k.host().charge(Cost::CtxInsert);
    trace_insert(k, rq);
    let b = k.block();
    let (hctx, cpu) = (b.reqs[rq].hctx, b.reqs[rq].cpu);
    let h = &mut b.hctxs[hctx.index()];
    h.ctx_pending += 1;
    let list = &mut h.ctxs[usize::from(cpu)];
    if at_head {
        list.push_front(&mut b.reqs, rq);
    } else {
        list.push_back(&mut b.reqs, rq);
    }
}

/// Inserts a list of requests of one queue (`blk_mq_sched_insert_requests`
/// without the direct issue).
pub fn insert_list<K: BlockEnv>(k: &mut K, hctx: HctxId, mut list: ReqList) {
    let b = k.block();
    let dev = b.hctx(hctx).dev;
    let elv = b.dev(dev).elevator.is_some();
    if elv {
        k.host().charge(Cost::ElvInsertList);
    }
    while let Some(rq) = list.pop_front(&mut k.block().reqs) {
        if elv {
            elv_insert(k, rq, false);
        } else {
            ctx_insert(k, rq, false);
        }
    }
}

fn trace_insert<K: BlockEnv>(k: &mut K, rq: ReqId) {
    let now = k.host().now();
    let b = k.block();
    b.reqs[rq].changed = now;
    b.dev_of(rq).count.inserts += 1;
    let dev = b.reqs[rq].dev;
    k.host().charge(Cost::TraceInsert);
    k.trace(dev, Action::Insert, |b| b.rq_subject(rq));
}
