//! A run of a hardware queue: what is sent to the driver next, and what happens
//! when it is refused (`block/blk-mq-sched.c`, `block/blk-mq.c`, 6.1).

use super::super::host::{Cost, Step, TaskId};
use super::super::io::{BlkStatus, ReqId};
use super::driver::{blk_mq_get_driver_tag, put_budget_of, put_driver_tag};
use super::hctx::RunWork;
use super::requeue::requeue;
use super::run_queue::{RESOURCE_DELAY, blk_mq_run_hw_queue, delay_run_hw_queues, mod_run_work};
use super::{BlockEnv, BlockFrame, HctxId, ReqList};
use super::{complete, pop, replace};
use crate::sim::Ns;

/// `__blk_mq_run_hw_queue`, in the midst of it.
#[derive(Copy, Clone, Debug)]
pub struct RunHw {
    hctx: HctxId,
    /// Taken from where they waited, to be sent in this order.
    list: ReqList,
    /// The hardware queue they belong to.
    list_of: HctxId,
    /// Taken with them, but for other hardware queues: to be sent next.
    others: ReqList,
    /// Whether all requests of one of those hardware queues have been sent.
    sent: bool,
    /// Whether the driver's budget has been charged for them.
    budgeted: bool,
    stage: Stage,
}

/// What is being sent, and so what comes after it.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
enum Stage {
    /// Nothing yet.
    Start,
    /// Left-overs of the dispatch list: then what the scheduler has.
    LeftOvers,
    /// A batch of the scheduler: then the next one.
    Sched,
    /// One request of the software queues: then the next one.
    Ctx,
    /// All there was in the software queues: then nothing.
    AllCtxs,
}

impl RunHw {
    /// A run of `hctx` that has yet to begin.
    pub(super) fn new(hctx: HctxId) -> Self {
        RunHw {
            hctx,
            list: ReqList::default(),
            list_of: hctx,
            others: ReqList::default(),
            sent: false,
            budgeted: false,
            stage: Stage::Start,
        }
    }
    /// kblockd takes this run from its list: it is no longer waiting. False if
    /// the run has been put off meanwhile.
    fn claimed<K: BlockEnv>(k: &mut K, hctx: HctxId, task: TaskId) -> bool {
        if !k.host().tasks[task.index()].is_worker {
            return true;
        }
        let h = k.block().hctx(hctx);
        if h.run_work != RunWork::Queued {
            return h.run_work == RunWork::Idle;
        }
        h.run_work = RunWork::Idle;
        true
    }
}

/// Sends one more request, or decides what is sent next
/// (`__blk_mq_sched_dispatch_requests`).
pub fn step_run_hw<K: BlockEnv>(k: &mut K, task: TaskId, mut f: RunHw) -> Step {
    let more = match f.stage {
        Stage::Start => RunHw::claimed(k, f.hctx, task) && start(k, &mut f),
        _ if f.list.is_empty() => {
            k.block().hctx(f.list_of).update_dispatch_busy(false);
            f.sent = true;
            next_list(k, &mut f)
        }
        _ => dispatch_one(k, &mut f) || next_list(k, &mut f),
    };
    if more {
        replace(k, task, BlockFrame::RunHw(f));
    } else {
        k.host().charge(Cost::RunEnd);
        // A synchronous run lies on top of what called it, which may have put
        // nothing above it.
        pop(k, task);
    }
    Step::Again
}

/// Left-overs first; else the scheduler; else the software queues, one by one
/// while the driver is busy, all at once when it is not.
fn start<K: BlockEnv>(k: &mut K, f: &mut RunHw) -> bool {
    k.host().charge(Cost::RunQueue);
    let b = k.block();
    let h = &mut b.hctxs[f.hctx.index()];
    let dev = &b.devs[usize::from(h.dev.0)];
    if dev.quiesced {
        return false;
    }
    if !h.dispatch.is_empty() {
        f.list = std::mem::take(&mut h.dispatch);
        f.budgeted = false;
        f.stage = Stage::LeftOvers;
        h.restart = true; // blk_mq_sched_mark_restart_hctx
        k.host().charge(Cost::DispatchList);
        return true;
    }
    if dev.elevator.is_some() {
        return do_dispatch_sched(k, f);
    }
    if h.dispatch_busy > 0 {
        return do_dispatch_ctx(k, f);
    }
    flush_busy_ctxs(k, f)
}

/// A list has been sent, or as much of it as the driver takes: those for other
/// hardware queues follow, then comes the next round if any list was sent
/// whole.
fn next_list<K: BlockEnv>(k: &mut K, f: &mut RunHw) -> bool {
    if !f.others.is_empty() {
        take_one_queue(k, f);
        return true;
    }
    f.list_of = f.hctx;
    std::mem::take(&mut f.sent) && next_round(k, f)
}

/// What comes after a list.
fn next_round<K: BlockEnv>(k: &mut K, f: &mut RunHw) -> bool {
    let h = k.block().hctx(f.hctx);
    let dev = h.dev;
    match f.stage {
        Stage::LeftOvers if k.block().dev(dev).elevator.is_some() => {
            k.host().charge(Cost::ElvBegin);
            do_dispatch_sched(k, f)
        }
        Stage::LeftOvers | Stage::Ctx => do_dispatch_ctx(k, f),
        Stage::Sched => {
            if need_resched(k) {
                mod_run_work(k, f.hctx, Ns::ZERO);
                return false;
            }
            do_dispatch_sched(k, f)
        }
        Stage::Start | Stage::AllCtxs => false,
    }
}

/// Whether a task more urgent than the running one waits for this CPU.
fn need_resched<K: BlockEnv>(k: &mut K) -> bool {
    let h = k.host();
    let normal = h
        .current()
        .is_some_and(|t| h.tasks[t.index()].prio == super::super::host::Prio::Normal);
    normal && h.cpus[h.cpu().index()].high_waiting()
}

/// A batch of the scheduler (`__blk_mq_do_dispatch_sched`): as many as it may
/// hold, or one while the driver is busy; none without budget; the first that
/// gets no driver tag ends it.
fn do_dispatch_sched<K: BlockEnv>(k: &mut K, f: &mut RunHw) -> bool {
    let b = k.block();
    let h = &b.hctxs[f.hctx.index()];
    let dev = h.dev;
    let max = if h.dispatch_busy > 0 {
        1
    } else {
        b.dev(dev).nr_requests
    };
    let mut count = 0;
    let mut kick = false;
    while count < max {
        let b = k.block();
        if !b.devs[usize::from(dev.0)].elevator.has_work(f.hctx)
            || !b.hctx(f.hctx).dispatch.is_empty()
        {
            break;
        }
        if !k.get_budget(dev) {
            break;
        }
        let now = k.host().now();
        let b = k.block();
        let d = &mut b.devs[usize::from(dev.0)];
        let Some(rq) = d.elevator.dispatch(&mut b.reqs, f.hctx, now) else {
            k.put_budget(dev);
            kick = true;
            break;
        };
        if d.last_merge == Some(rq) {
            d.last_merge = None;
        }
        b.reqs[rq].budget = true;
        f.list.push_back(&mut b.reqs, rq);
        k.host().charge(Cost::ElvDispatch);
        k.host().charge(Cost::ElvMore);
        if k.block().devs[usize::from(dev.0)]
            .elevator
            .has_begun_batch()
        {
            k.host().charge(Cost::ElvBatch);
        }
        count += 1;
        if !blk_mq_get_driver_tag(k, rq) {
            break;
        }
    }
    f.budgeted = true;
    f.stage = Stage::Sched;
    if count == 0 {
        if kick {
            delay_run_hw_queues(k, dev);
        }
        return false;
    }
    k.host().charge(Cost::DispatchList);
    if k.block().dev(dev).nr_hw_queues > 1 {
        f.others = std::mem::take(&mut f.list);
        take_one_queue(k, f);
    }
    true
}

/// Of the requests that the scheduler has given out, those of the first
/// hardware queue are to be sent (`blk_mq_dispatch_hctx_list`).
fn take_one_queue<K: BlockEnv>(k: &mut K, f: &mut RunHw) {
    let reqs = &mut k.block().reqs;
    let mut hctx = None;
    let mut at = f.others.head;
    while let Some(rq) = at {
        at = reqs[rq].next;
        let this = reqs[rq].hctx;
        hctx = Some(hctx.map_or(this, |first: HctxId| first.min(this)));
    }
    let Some(hctx) = hctx else { return };
    f.list_of = hctx;
    let mut rest = ReqList::default();
    while let Some(rq) = f.others.pop_front(reqs) {
        let list = if reqs[rq].hctx == hctx {
            &mut f.list
        } else {
            &mut rest
        };
        list.push_back(reqs, rq);
    }
    f.others = rest;
}

/// One request of the software queues, round robin over CPUs
/// (`blk_mq_do_dispatch_ctx`).
fn do_dispatch_ctx<K: BlockEnv>(k: &mut K, f: &mut RunHw) -> bool {
    let h = k.block().hctx(f.hctx);
    let dev = h.dev;
    if !h.dispatch.is_empty() || h.ctx_pending == 0 || !k.get_budget(dev) {
        return false;
    }
    let b = k.block();
    let h = &mut b.hctxs[f.hctx.index()];
    let n = h.ctxs.len();
    let from = usize::from(h.dispatch_from);
    let Some(cpu) = (0..n)
        .map(|i| (from + i) % n)
        .find(|&c| !h.ctxs[c].is_empty())
    else {
        k.put_budget(dev);
        return false;
    };
    h.dispatch_from = ((cpu + 1) % n) as u8;
    h.ctx_pending -= 1;
    if let Some(rq) = h.ctxs[cpu].pop_front(&mut b.reqs) {
        b.reqs[rq].budget = true;
        f.list.push_back(&mut b.reqs, rq);
    }
    k.host().charge(Cost::DispatchList);
    f.budgeted = true;
    f.stage = Stage::Ctx;
    true
}

/// Everything the software queues hold (`blk_mq_flush_busy_ctxs`).
fn flush_busy_ctxs<K: BlockEnv>(k: &mut K, f: &mut RunHw) -> bool {
    let b = k.block();
    let h = &mut b.hctxs[f.hctx.index()];
    for list in &mut h.ctxs {
        f.list.append(&mut b.reqs, std::mem::take(list));
    }
    h.ctx_pending = 0;
    f.budgeted = false;
    f.stage = Stage::AllCtxs;
    if f.list.is_empty() {
        return false;
    }
    k.host().charge(Cost::DispatchList);
    true
}

/// One request to the driver (`blk_mq_dispatch_rq_list`). False once it is
/// clear that no more can go.
fn dispatch_one<K: BlockEnv>(k: &mut K, f: &mut RunHw) -> bool {
    let Some(rq) = f.list.head else { return false };
    let (dev, changed) = (k.block().reqs[rq].dev, k.block().reqs[rq].changed);
    k.host().not_before(changed);
    // With one that it has started the driver goes on.
    if !k.block().reqs[rq].is_started() {
        k.host().charge(Cost::DispatchRq);
    }
    if !f.budgeted {
        if !k.get_budget(dev) {
            put_driver_tag(k, rq);
            return push_back(k, f, true);
        }
        k.block().reqs[rq].budget = true;
    }
    if !k.block().reqs[rq].tag {
        k.host().charge(Cost::DispatchTag);
    }
    if !blk_mq_get_driver_tag(k, rq) && !mark_tag_wait(k, f.list_of, rq) {
        return push_back(k, f, false);
    }
    f.list.remove(&mut k.block().reqs, rq);
    let last = match f.list.head {
        None => true,
        Some(next) => !blk_mq_get_driver_tag(k, next),
    };
    let Some(status) = k.queue_rq(rq, last) else {
        f.list.push_front(&mut k.block().reqs, rq);
        return true;
    };
    match status {
        BlkStatus::Ok => true,
        status @ (BlkStatus::Resource | BlkStatus::DevResource) => {
            f.list.push_front(&mut k.block().reqs, rq);
            requeue(k, rq);
            push_back(k, f, status == BlkStatus::Resource)
        }
        error => {
            complete::blk_mq_end_request(k, rq, error);
            true
        }
    }
}

/// What could not be sent goes to the dispatch list, and the queue is run
/// again: at once if nobody else will, after a delay if the cause may pass
/// unnoticed, else when a request is freed. Always false.
fn push_back<K: BlockEnv>(k: &mut K, f: &mut RunHw, needs_resource: bool) -> bool {
    release_budgets(k, f.list);
    let b = k.block();
    let hctx = f.list_of;
    let h = &mut b.hctxs[hctx.index()];
    h.dispatch.append(&mut b.reqs, f.list);
    f.list = ReqList::default();
    let needs_restart = h.restart;
    if !needs_restart {
        blk_mq_run_hw_queue(k, hctx, true);
    } else if needs_resource {
        mod_run_work(k, hctx, RESOURCE_DELAY);
    }
    k.block().hctx(hctx).update_dispatch_busy(true);
    false
}

/// `blk_mq_release_budgets`
fn release_budgets<K: BlockEnv>(k: &mut K, list: ReqList) {
    let mut at = list.head;
    while let Some(rq) = at {
        at = k.block().reqs[rq].next;
        put_budget_of(k, rq);
    }
}

/// `blk_mq_mark_tag_wait`: the next freed request restarts this queue, or, where
/// others share its tags, a freed tag of any of them runs it. Tries once more.
fn mark_tag_wait<K: BlockEnv>(k: &mut K, hctx: HctxId, rq: ReqId) -> bool {
    let b = k.block();
    let Some(set) = b.hctx(hctx).shared else {
        b.hctx(hctx).restart = true;
        return blk_mq_get_driver_tag(k, rq);
    };
    let got = b.queue_waits(hctx, set) && blk_mq_get_driver_tag(k, rq);
    if got {
        k.block().queue_has_one(hctx, set);
    }
    got
}
