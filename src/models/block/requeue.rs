//! What the driver has refused, or a mapping has put off, is inserted anew
//! (`block/blk-mq.c`, 6.1).

use super::super::host::{Cost, Step, TaskId};
use super::super::io::{DevId, ReqId};
use super::driver::{put_budget_of, put_driver_tag};
use super::run_queue::blk_mq_run_hw_queues;
use super::{Action, BlockEnv, BlockFrame, BlockTimer, ReqList, RqFlags};
use super::{insert, pop, sched, single_queue, wbt};
use crate::models::planted::{self, Defect};
use crate::sim::Ns;

/// The driver has refused `rq` (`__blk_mq_requeue_request`).
pub fn requeue<K: BlockEnv>(k: &mut K, rq: ReqId) {
    if !planted::has(Defect::LeakedBudget) {
        put_budget_of(k, rq);
    }
    put_driver_tag(k, rq);
    k.host().charge(Cost::Requeue);
    wbt::requeue(k, rq);
    let now = k.host().now();
    let b = k.block();
    let r = &mut b.reqs[rq];
    let was_started = r.rqf.has(RqFlags::IN_FLIGHT);
    r.rqf.clear(RqFlags::IN_FLIGHT);
    r.changed = now;
    let dev = r.dev;
    let count = &mut b.dev_of(rq).count;
    count.requeues += 1;
    count.taken_back += u64::from(was_started);
    k.trace(dev, Action::Requeue, |b| b.rq_subject(rq));
}

/// Puts `rq` on its device's list of requests to be inserted anew, at the head
/// of its scheduler (`blk_mq_requeue_request`, `blk_mq_add_to_requeue_list`).
pub fn blk_mq_requeue_request<K: BlockEnv>(k: &mut K, rq: ReqId, kick: bool) {
    if k.block().dev_of(rq).is_single_queue() {
        return single_queue::request_fn::requeue(k, rq, kick);
    }
    requeue(k, rq);
    sched::requeue_request(k, rq);
    add_to_requeue_list(k, rq, true, kick);
}

/// `blk_mq_add_to_requeue_list`
pub fn add_to_requeue_list<K: BlockEnv>(k: &mut K, rq: ReqId, at_head: bool, kick: bool) {
    let b = k.block();
    let dev = b.reqs[rq].dev;
    let list = &mut b.devs[usize::from(dev.0)].requeue_list;
    if at_head {
        b.reqs[rq].rqf.set(RqFlags::SOFTBARRIER);
        list.push_front(&mut b.reqs, rq);
    } else {
        list.push_back(&mut b.reqs, rq);
    }
    if kick {
        kick_requeue_list(k, dev);
    }
}

/// `blk_mq_kick_requeue_list`: kblockd inserts what is listed.
pub fn kick_requeue_list<K: BlockEnv>(k: &mut K, dev: DevId) {
    let d = k.block().dev(dev);
    d.requeue_generation = d.requeue_generation.wrapping_add(1);
    d.requeue_put_off = false;
    if !std::mem::replace(&mut d.requeue_queued, true) {
        let hctx = d.hctx0;
        k.kblockd(hctx, BlockFrame::RequeueWork(dev));
    }
}

/// `blk_mq_delay_kick_requeue_list`: one timer a device, restarted each time. A
/// kick that kblockd has not got to is put off as well (`mod_delayed_work`).
pub fn delay_kick_requeue_list<K: BlockEnv>(k: &mut K, dev: DevId, delay: Ns) {
    if k.block().dev(dev).is_single_queue() {
        return single_queue::request_fn::run_later(k, dev, delay);
    }
    let at = k.host().jiffies_from_now(delay);
    let d = k.block().dev(dev);
    d.requeue_generation = d.requeue_generation.wrapping_add(1);
    d.requeue_put_off = d.requeue_queued;
    let generation = d.requeue_generation;
    if planted::has(Defect::LostRequeueTimer) {
        return;
    }
    k.arm(BlockTimer::Requeue { dev, generation }, at);
}

/// `blk_mq_requeue_work`
pub fn step_requeue_work<K: BlockEnv>(k: &mut K, task: TaskId, dev: DevId) -> Step {
    let d = k.block().dev(dev);
    d.requeue_queued = false;
    if std::mem::take(&mut d.requeue_put_off) {
        pop(k, task);
        return Step::Again;
    }
    let mut list = std::mem::take(&mut d.requeue_list);
    pop(k, task);
    let mut tail = ReqList::default();
    if planted::has(Defect::RequeuedRequestLost)
        && let Some(first) = list.pop_front(&mut k.block().reqs)
    {
        list.pop_front(&mut k.block().reqs);
        list.push_front(&mut k.block().reqs, first);
    }
    while let Some(rq) = list.pop_front(&mut k.block().reqs) {
        let b = k.block();
        if b.reqs[rq].rqf.has(RqFlags::DONTPREP) {
            // Not to be merged with anything: past the scheduler.
            b.reqs[rq].rqf.clear(RqFlags::SOFTBARRIER);
            insert::blk_mq_request_bypass_insert(k, rq, false);
        } else if b.reqs[rq].rqf.has(RqFlags::SOFTBARRIER) {
            b.reqs[rq].rqf.clear(RqFlags::SOFTBARRIER);
            insert::blk_mq_sched_insert_request(k, rq, true, false, false);
        } else {
            tail.push_back(&mut b.reqs, rq);
        }
    }
    while let Some(rq) = tail.pop_front(&mut k.block().reqs) {
        insert::blk_mq_sched_insert_request(k, rq, false, false, false);
    }
    blk_mq_run_hw_queues(k, dev, false);
    Step::Again
}
