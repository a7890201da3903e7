//! The plug of a task (`struct blk_plug`, `blk-mq.c:blk_mq_flush_plug_list`,
//! 6.1): a list of requests held back until the task is done submitting.
//!
//! The newest request is at the head of the list. A queue without scheduler
//! that is alone in the plug is issued in that order, newest first.

use super::super::host::{Cost, HostEnv, Step, TaskId};
use super::super::io::{BioId, BlkStatus, DevId, ReqId, SECTOR};
use super::{Action, BlockEnv, BlockFrame, HctxId, ReqList, RqFlags, Subject};
use super::{complete, insert, issue, merge, pop, run_queue};

/// Requests at which a plug is flushed (`BLK_MAX_REQUEST_COUNT`).
const MAX_REQUESTS: u32 = 32;
/// Bytes of the newest request at which it is (`BLK_PLUG_FLUSH_SIZE`).
const FLUSH_SIZE: u64 = 128 * 1024;

/// A task's plug.
#[derive(Copy, Clone, Debug, Default)]
pub struct Plug {
    /// Whether the task has one.
    pub active: bool,
    /// Its requests, newest first.
    pub list: ReqList,
    /// How many.
    pub rq_count: u32,
    /// Whether requests of more than one queue have been added; a flush does
    /// not clear it.
    pub multiple_queues: bool,
    /// Whether one of those queues has a scheduler.
    pub has_elevator: bool,
    /// The flush in progress issues newest first, past the queues.
    direct: bool,
    /// The flush in progress has begun.
    flushing: bool,
}

/// `blk_start_plug`: nothing happens if the task has a plug. Returns whether
/// this call began it.
#[inline]
pub fn blk_start_plug<K: BlockEnv>(k: &mut K, task: TaskId) -> bool {
    let plug = &mut k.block().plugs[task.index()];
    if plug.active {
        return false;
    }
    *plug = Plug {
        active: true,
        ..Plug::default()
    };
    true
}

/// `blk_finish_plug`: the task's next step flushes what the plug holds.
#[inline]
pub fn blk_finish_plug<K: BlockEnv>(k: &mut K, task: TaskId) {
    let plug = &mut k.block().plugs[task.index()];
    plug.active = false;
    if !plug.list.is_empty() {
        call_flush(k, false);
    }
}

/// The running task's next step flushes its plug.
#[inline(never)]
pub fn call_flush<K: BlockEnv>(k: &mut K, from_schedule: bool) {
    let frame = K::block_frame(BlockFrame::FlushPlug { from_schedule });
    k.host().call(frame);
}

/// Tries to merge `bio` into a request of the plug
/// (`blk-merge.c:blk_attempt_plug_merge`): per queue only the newest.
#[inline]
pub fn blk_attempt_plug_merge<K: BlockEnv>(k: &mut K, task: TaskId, bio: BioId) -> bool {
    let b = k.block();
    let plug = &b.plugs[task.index()];
    let (mut at, multiple_queues) = (plug.list.head, plug.multiple_queues);
    if at.is_none() {
        return false;
    }
    let dev = b.bios[bio].dev;
    while let Some(rq) = at {
        let r = &k.block().reqs[rq];
        if r.dev == dev {
            if merge::blk_attempt_bio_merge(k, rq, bio, Cost::PlugMerge) {
                return true;
            }
            k.host().charge(Cost::PlugSearch);
            return false;
        }
        if !multiple_queues {
            return false;
        }
        at = r.next;
    }
    false
}

/// Whether the plug must be flushed before a request of `dev` is added
/// (`blk_add_rq_to_plug`).
#[inline]
pub fn must_flush_first<K: BlockEnv>(k: &mut K, task: TaskId, dev: DevId) -> bool {
    let b = k.block();
    let plug = &b.plugs[task.index()];
    let Some(newest) = plug.list.head else {
        return false;
    };
    let max = if plug.multiple_queues {
        2 * MAX_REQUESTS
    } else {
        MAX_REQUESTS
    };
    let newest_bytes = u64::from(b.reqs[newest].sectors) * SECTOR;
    plug.rq_count >= max || (!b.dev(dev).merges_off() && newest_bytes >= FLUSH_SIZE)
}

/// Adds `rq` to the task's plug (`blk_add_rq_to_plug` after the flush).
#[inline]
pub fn blk_add_rq_to_plug<K: BlockEnv>(k: &mut K, task: TaskId, rq: ReqId) {
    k.host().charge(Cost::PlugAdd);
    let r = &k.block().reqs[rq];
    let (dev, elv) = (r.dev, r.rqf.has(RqFlags::ELV));
    if elv && r.op.is_write() {
        k.host().charge(Cost::ElvWrite);
    }
    let b = k.block();
    let plug = &mut b.plugs[task.index()];
    let newest = plug.list.head.map(|n| b.reqs[n].dev);
    let first = plug.rq_count == 0;
    plug.multiple_queues |= newest.is_some_and(|d| d != dev);
    plug.has_elevator |= elv;
    plug.rq_count += 1;
    plug.list.push_front(&mut b.reqs, rq);
    if first {
        k.host().charge(Cost::TracePlug);
        k.trace(dev, Action::Plug, |b| b.rq_subject(rq));
    }
}

/// `blk_mq_flush_plug_list`: issues one more request, or one more group.
pub fn step_flush<K: BlockEnv>(k: &mut K, task: TaskId, from_schedule: bool) -> Step {
    let plug = &mut k.block().plugs[task.index()];
    if plug.list.is_empty() {
        plug.flushing = false;
        pop(k, task);
        return Step::Again;
    }
    if !plug.flushing {
        plug.flushing = true;
        plug.rq_count = 0;
        plug.direct = !plug.multiple_queues && !plug.has_elevator && !from_schedule;
        let direct = plug.direct;
        k.host().charge(Cost::Plug);
        if direct {
            k.host().charge(Cost::PlugDirect);
        }
    }
    if k.block().plugs[task.index()].direct {
        issue_newest(k, task);
    } else {
        dispatch_group(k, task, from_schedule);
    }
    Step::Again
}

/// `blk_mq_plug_issue_direct`, one request of it.
#[inline]
fn issue_newest<K: BlockEnv>(k: &mut K, task: TaskId) {
    let b = k.block();
    let plug = &mut b.plugs[task.index()];
    let Some(rq) = plug.list.pop_front(&mut b.reqs) else {
        return;
    };
    let last = plug.list.is_empty();
    match issue::blk_mq_request_issue_directly(k, rq, last) {
        None => {
            let b = k.block();
            b.plugs[task.index()].list.push_front(&mut b.reqs, rq);
        }
        Some(BlkStatus::Ok) => {}
        Some(BlkStatus::Resource | BlkStatus::DevResource) => {
            k.block().plugs[task.index()].direct = false;
            insert::blk_mq_request_bypass_insert(k, rq, true);
        }
        Some(error) => complete::blk_mq_end_request(k, rq, error),
    }
}

/// `blk_mq_dispatch_plug_list`: everything of the newest request's queue and
/// CPU, in order of submission.
fn dispatch_group<K: BlockEnv>(k: &mut K, task: TaskId, from_schedule: bool) {
    let b = k.block();
    let plug = &mut b.plugs[task.index()];
    let Some(newest) = plug.list.head else { return };
    let (hctx, cpu) = (b.reqs[newest].hctx, b.reqs[newest].cpu);
    let mut group = ReqList::default();
    let mut rest = ReqList::default();
    let (mut depth, mut seen) = (0, 0);
    while let Some(rq) = plug.list.pop_front(&mut b.reqs) {
        seen += 1;
        if b.reqs[rq].hctx == hctx && b.reqs[rq].cpu == cpu {
            group.push_front(&mut b.reqs, rq);
            depth += 1;
        } else {
            rest.push_back(&mut b.reqs, rq);
        }
    }
    plug.list = rest;
    k.host().charge(Cost::PlugGroup);
    k.host().charge_n(Cost::PlugSort, seen);
    k.host().charge_n(Cost::PlugTake, u64::from(depth));
    trace_unplug(k, hctx, depth, from_schedule);
    insert_requests(k, hctx, group, from_schedule);
}

/// `blk_mq_sched_insert_requests`
fn insert_requests<K: BlockEnv>(k: &mut K, hctx: HctxId, group: ReqList, is_async: bool) {
    let b = k.block();
    let (dev, busy) = (b.hctx(hctx).dev, b.hctx(hctx).dispatch_busy > 0);
    let elv = b.dev(dev).elevator.is_some();
    if !elv && !busy && !is_async {
        let frame = BlockFrame::IssueList(issue::IssueList { hctx, list: group });
        let frame = K::block_frame(frame);
        k.host().call(frame);
        return;
    }
    insert::insert_list(k, hctx, group);
    run_queue::blk_mq_run_hw_queue(k, hctx, is_async);
}

fn trace_unplug<K: BlockEnv>(k: &mut K, hctx: HctxId, depth: u32, from_schedule: bool) {
    let b = k.block();
    let dev = b.hctx(hctx).dev;
    b.dev(dev).count.count_unplug(depth);
    let action = if from_schedule {
        Action::UnplugTimer(depth)
    } else {
        Action::Unplug(depth)
    };
    let subject = Subject {
        sector: 0,
        sectors: 0,
        op: super::super::io::Op::Read,
        flags: super::super::io::Flags::default(),
        is_daemons: false,
    };
    k.host().charge(Cost::TraceUnplug);
    k.trace(dev, action, |_| subject);
}

/// Whether a task that is about to sleep must flush its plug first
/// (`sched_submit_work`).
pub fn must_flush_to_sleep<K: BlockEnv + HostEnv>(k: &mut K, task: TaskId) -> bool {
    !k.block().plugs[task.index()].list.is_empty()
}
