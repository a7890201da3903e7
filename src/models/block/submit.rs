//! The way down: from a bio to a request that is plugged, inserted or issued
//! (`blk-core.c:submit_bio_noacct`, `blk-mq.c:blk_mq_submit_bio`, 6.1).

use super::super::host::{Cost, Step, TaskId};
use super::super::io::{BioId, BlkStatus, DevId, EndIo, Flags, Op, ReqId};
use super::device::MakeRequest;
use super::get_request::{self, Stage};
use super::request::Request;
use super::{Action, BlockDev, BlockEnv, BlockFrame, HctxId, RqFlags};
use super::{complete, driver, flush, insert, issue, merge, plug, pop, single_queue, split, wbt};
use crate::sim::{Ns, unlikely};

/// The running task's next step submits `bio`.
pub fn submit_bio_noacct<K: BlockEnv>(k: &mut K, bio: BioId) {
    let frame = K::block_frame(BlockFrame::SubmitBio(bio));
    k.host().call(frame);
}

/// Submits `bio` as the last thing that the running step does: its next step
/// where code takes time, so that events can come between; else at once.
#[inline]
pub fn submit_bio_last<K: BlockEnv>(k: &mut K, bio: BioId) {
    match k.host().current() {
        Some(task) if k.host().is_free() => {
            submit_bio(k, task, bio);
        }
        _ => submit_bio_noacct(k, bio),
    }
}

/// The frame of [`submit_bio_noacct`].
#[inline]
pub fn step_submit_bio<K: BlockEnv>(k: &mut K, task: TaskId, bio: BioId) -> Step {
    // Whoever is more urgent comes first (`might_sleep`).
    if k.host().need_resched() {
        return Step::Yield;
    }
    pop(k, task);
    submit_bio(k, task, bio)
}

/// `submit_bio_noacct`: checks a bio and hands it to its device. What is left
/// to do is on the stack; a submitter never sleeps in here.
#[inline]
fn submit_bio<K: BlockEnv>(k: &mut K, task: TaskId, bio: BioId) -> Step {
    k.host().charge(Cost::SubmitBio);
    let cpu = k.host().cpu().0;
    let b = k.block();
    let o = &mut b.bios[bio];
    o.cpu = cpu;
    let dev = &mut b.devs[usize::from(o.dev.0)];
    if unlikely(o.end_sector() > dev.capacity) && o.sectors > 0 {
        return end_at_once(k, bio, BlkStatus::IoErr);
    }
    if !dev.write_cache && o.is_flush() && dev.make_request != MakeRequest::SingleQueue {
        if !b.sqs.is_empty() {
            return end_at_once(k, bio, BlkStatus::NotSupp); // a barrier through dm
        }
        o.flags = o.flags.without(Flags::PREFLUSH.with(Flags::FUA));
        if o.sectors == 0 {
            dev.count.needless_flushes += u64::from(o.traced);
            return end_at_once(k, bio, BlkStatus::Ok);
        }
    }
    if unlikely(o.op == Op::Discard) && dev.limits.max_discard_sectors == 0 {
        return end_at_once(k, bio, BlkStatus::NotSupp);
    }
    let (id, make_request) = (o.dev, dev.make_request);
    if !o.traced {
        o.traced = true;
        dev.count.bios += 1;
        k.trace(id, Action::Queue, |b| b.bio_subject(bio));
        // A clone waits on `current->bio_list` until dm_submit_bio has returned.
        if matches!(k.block().bios[bio].end_io, EndIo::Dm { .. }) {
            k.host().charge(Cost::SubmitClone);
        }
    }
    match make_request {
        MakeRequest::BlkMq => blk_mq_submit_bio(k, task, bio),
        MakeRequest::Driver => {
            k.submit_bio(bio);
            Step::Again
        }
        MakeRequest::SingleQueue => single_queue::make_request(k, task, bio),
    }
}

#[cold]
fn end_at_once<K: BlockEnv>(k: &mut K, bio: BioId, status: BlkStatus) -> Step {
    complete::bio_endio(k, bio, status);
    Step::Again
}

/// `blk_mq_submit_bio`, up to where it may sleep.
#[inline]
fn blk_mq_submit_bio<K: BlockEnv>(k: &mut K, task: TaskId, bio: BioId) -> Step {
    let (bio, rest) = split::bio_split_to_limits(k, bio);
    if unlikely(rest.is_some())
        && let Some(rest) = rest
    {
        submit_bio_noacct(k, rest); // after this piece: below it on the stack
    }
    if blk_mq_attempt_bio_merge(k, task, bio) {
        return Step::Again;
    }
    if !wbt::throttle(k, task, bio) {
        return get_request::call(k, bio, Stage::Throttled);
    }
    get_request::get_request(k, task, bio)
}

/// `blk_mq_attempt_bio_merge`: into the plug, the scheduler or the software
/// queue.
#[inline]
fn blk_mq_attempt_bio_merge<K: BlockEnv>(k: &mut K, task: TaskId, bio: BioId) -> bool {
    let b = k.block();
    let o = &b.bios[bio];
    let dev = &b.devs[usize::from(o.dev.0)];
    if dev.merges_off() || !o.is_mergeable() {
        return false;
    }
    if b.plugs[task.index()].list.is_empty() {
        let hctx = dev.hctx_of(o.cpu);
        if !dev.elevator.is_some() && b.hctxs[hctx.index()].ctx_pending == 0 {
            return false; // nothing waits
        }
    } else if plug::blk_attempt_plug_merge(k, task, bio) {
        return true;
    }
    attempt_queue_merge(k, bio)
}

/// `blk_mq_sched_bio_merge`: into what waits in the scheduler or in the software
/// queue of the bio's CPU.
#[inline(never)]
fn attempt_queue_merge<K: BlockEnv>(k: &mut K, bio: BioId) -> bool {
    let b = k.block();
    let o = &b.bios[bio];
    let dev = &b.devs[usize::from(o.dev.0)];
    let hctx = dev.hctx_of(o.cpu);
    let list = match dev.elevator.cpu_list(hctx, o.cpu, o.op) {
        Some(list) => list,
        None if dev.elevator.is_some() => return merge::blk_mq_sched_try_merge(k, bio),
        None => b.hctxs[hctx.index()].ctxs[usize::from(o.cpu)],
    };
    if list.is_empty() || !merge::blk_bio_list_merge(k, list, bio) {
        return false;
    }
    true
}

#[inline]
pub(super) fn hctx_of_bio<K: BlockEnv>(k: &mut K, bio: BioId) -> HctxId {
    let b = k.block();
    let o = &b.bios[bio];
    b.devs[usize::from(o.dev.0)].hctx_of(o.cpu)
}

/// A request for `bio`, if a tag is free (`__blk_mq_alloc_requests`).
#[inline]
pub(super) fn alloc_request<K: BlockEnv>(k: &mut K, bio: BioId) -> Option<ReqId> {
    let o = &mut k.block().bios[bio];
    o.next = None;
    let o = *o;
    alloc_request_with(k, o.dev, o.cpu, o.op, o.flags, |r| {
        r.sector = o.sector;
        r.sectors = o.sectors;
        r.segs = o.segs;
        r.prio = o.prio;
        r.bio = Some(bio);
        r.biotail = Some(bio);
    })
}

/// An empty request of `dev`, if a tag is free (`blk_mq_alloc_request` with
/// `BLK_MQ_REQ_NOWAIT`).
#[inline]
pub fn blk_mq_alloc_request<K: BlockEnv>(
    k: &mut K,
    dev: DevId,
    cpu: u8,
    op: Op,
    flags: Flags,
) -> Option<ReqId> {
    alloc_request_with(k, dev, cpu, op, flags, |_| {})
}

/// As [`blk_mq_alloc_request`], but not empty: `fill` says what it is to do.
#[inline]
pub fn alloc_request_with<K: BlockEnv>(
    k: &mut K,
    dev: DevId,
    cpu: u8,
    op: Op,
    flags: Flags,
    fill: impl FnOnce(&mut Request),
) -> Option<ReqId> {
    let b = k.block();
    let d = &mut b.devs[usize::from(dev.0)];
    let hctx = d.hctx_of(cpu);
    let h = &mut b.hctxs[hctx.index()];
    if h.sched_tags.is_some() {
        let rq = alloc_sched_request(k, dev, hctx, cpu, op, flags)?;
        fill(&mut k.block().reqs[rq]);
        return Some(rq);
    }
    let nr = b.get_driver_tag(hctx, cpu);
    driver::charge_search(k, hctx, false);
    let tag_nr = nr?;
    let now = k.host().now();
    let b = k.block();
    b.devs[usize::from(dev.0)].count.requests += 1;
    Some(b.reqs.alloc_with(|| {
        let mut r = Request {
            tag: true,
            tag_nr,
            ..Request::new(dev, hctx, cpu, op, flags, now)
        };
        fill(&mut r);
        r
    }))
}

/// An empty request of a device with a scheduler: it gets its driver tag later.
#[inline(never)]
fn alloc_sched_request<K: BlockEnv>(
    k: &mut K,
    dev: DevId,
    hctx: HctxId,
    cpu: u8,
    op: Op,
    flags: Flags,
) -> Option<ReqId> {
    let task = k.host().current();
    let b = k.block();
    let d = &mut b.devs[usize::from(dev.0)];
    let tags = b.hctxs[hctx.index()].sched_tags.as_mut()?;
    // Flushes hold a tag of the scheduler like everything else.
    let limit = match op == Op::Flush || flags.has(Flags::FUA.with(Flags::PREFLUSH)) {
        true => None,
        false => d.elevator.limit_depth(task, op, is_sync(op, flags)),
    };
    let nr = tags.get_shallow(cpu, limit);
    driver::charge_search(k, hctx, true);
    let sched_nr = nr?;
    let now = k.host().now();
    let b = k.block();
    let d = &mut b.devs[usize::from(dev.0)];
    d.elevator.prepare_request(task);
    d.count.requests += 1;
    Some(b.reqs.alloc_with(|| Request {
        sched_tag: true,
        sched_nr,
        icq: task,
        rqf: RqFlags::ELV,
        ..Request::new(dev, hctx, cpu, op, flags, now)
    }))
}

/// `blk_mq_submit_bio` with its request: flush machinery, plug, scheduler or
/// driver.
#[inline]
pub(super) fn issue_or_queue<K: BlockEnv>(k: &mut K, task: TaskId, bio: BioId, rq: ReqId) -> Step {
    k.host().charge(Cost::GetRequest);
    let dev = k.block().bios[bio].dev;
    k.trace(dev, Action::GetRq, |b| b.rq_subject(rq));
    k.host().charge(Cost::InitRequest);
    let now = k.host().now();
    let b = k.block();
    let o = &b.bios[bio];
    let r = &mut b.reqs[rq];
    let d = &mut b.devs[usize::from(dev.0)];
    wbt::track(d, r, o);
    account_start(d, r, now);
    if unlikely(o.is_flush()) {
        flush::blk_insert_flush(k, rq);
        return Step::Again;
    }
    if b.plugs[task.index()].active {
        if plug::must_flush_first(k, task, dev) {
            let step = get_request::call(k, bio, Stage::Plug(rq));
            plug::call_flush(k, false);
            return step;
        }
        plug::blk_add_rq_to_plug(k, task, rq);
        return Step::Again;
    }
    let busy = b.hctxs[r.hctx.index()].dispatch_busy > 0;
    let one_queue = d.nr_hw_queues == 1;
    if r.rqf.has(RqFlags::ELV) || (busy && (one_queue || !is_sync(o.op, o.flags))) {
        insert::blk_mq_sched_insert_request(k, rq, false, true, true);
    } else {
        k.host().charge(Cost::TryDirect);
        issue::blk_mq_try_issue_directly(k, rq);
    }
    Step::Again
}

/// Whether somebody waits for it (`op_is_sync`).
#[inline]
pub fn is_sync(op: Op, flags: Flags) -> bool {
    !op.is_write() || flags.has(Flags::SYNC.with(Flags::FUA).with(Flags::PREFLUSH))
}

/// `blk_account_io_start`
#[inline]
pub fn account_start(dev: &mut BlockDev, r: &mut Request, now: Ns) {
    r.start = now;
    r.changed = now;
    r.rqf.set(RqFlags::IO_STAT);
    dev.count.start(now);
}
