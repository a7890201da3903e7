//! Request-based device-mapper on a single queue: what the patch set of March
//! 2008 argued for, and what became of it in 2.6.31 (`dm.c:dm_request_fn`,
//! `dm_softirq_done`, `dm-mpath.c:multipath_map`).
//!
//! The hook is the queue's `request_fn`: below merging and sorting, above the
//! choice of a path. The clone is made while the request is still at the head of
//! the queue; its path is chosen without the queue's lock; it is put behind
//! everything in the path's queue, past the scheduler. On the way up the bios of
//! the clone end those of the original, and the end of the clone, which comes
//! under the lock of the *path's* queue, leaves the rest to the softirq.

use super::super::block::complete::{blk_mq_end_request, blk_update_request};
use super::super::block::driver::blk_mq_start_request;
use super::super::block::single_queue::complete::{blk_complete_request, run_softirq};
use super::super::block::single_queue::elv::{self, Where};
use super::super::block::single_queue::{lock, plug, request_fn, unlock};
use super::super::block::submit::{account_start, is_sync};
use super::super::block::{Action, HctxId, ReqList, Request, RqEnd, RqFlags};
use super::super::host::{Cost, Step, TaskId};
use super::super::io::{BlkStatus, DevId, Flags, ReqId, SECTOR};
use super::super::mpath::selector::SelectCtx;
use super::super::mpath::{Completion, EndIoRq, MapBio, PathIdx};
use super::super::probe::{Mapped, TargetEvent};
use super::{DmEnv, DmFrame, apply, pg_init, suspend};
use crate::sim::Ns;

/// What request-based dm on a single queue holds and counts.
#[derive(Clone, Debug, Default)]
pub struct Stacking {
    /// Requests that the target keeps until it has a path for them
    /// (`m->queued_ios`).
    pub queued: ReqList,
    /// Clones there are.
    pub clones: u32,
    /// Most of them there have been at once.
    pub most_clones: u32,
    /// Requests that had to wait for a clone.
    pub deferred: u64,
    /// Requests that waited because every path was busy.
    pub held_back: u64,
    /// Times the target was asked for a path.
    pub mapped: u64,
    /// Bytes that had reached the application when their request was put back
    /// to be sent again.
    pub early_bytes: u64,
    /// Bytes that were sent again.
    pub retried_bytes: u64,
    /// Behind what was sent last, whether it was a write, and when.
    pub last_sent: (u64, bool, Ns),
    /// Whether the worker for `queued` has been started.
    pub worker_queued: bool,
}

/// Takes requests out of the queue of `dm`, whose lock is held
/// (`dm_request_fn`).
pub fn dm_request_fn<K: DmEnv>(k: &mut K, dm: u16) {
    let dev = k.dm().dev(dm).dev;
    while !k.block().sq(dev).plugged && !k.block().sq(dev).stopped {
        let Some(rq) = elv::elv_next_request(k, dev) else {
            return plug_and_out(k, dev);
        };
        if k.block().reqs[rq].clone.is_none() && !prep(k, dm, rq) {
            // A clone that ends runs the queue, but not one that is sent again.
            k.dm().dev(dm).stacking.deferred += 1;
            return plug::blk_plug_device(k, dev);
        }
        if is_held(k, dm, rq) {
            return request_fn::run_later(k, dev, HOLD_POLL);
        }
        if is_busy(k, dm) {
            // It stays at the head, and what comes behind it goes on merging.
            k.dm().dev(dm).stacking.held_back += 1;
            return plug::blk_plug_device(k, dev);
        }
        elv::elv_dequeue_request(k, rq);
        blk_mq_start_request(k, rq);
        k.dm().dev(dm).in_flight += 1;
        unlock(k, dev);
        map_request(k, dm, rq);
        lock(k, dev, "dm_request_fn");
    }
}

/// Whatever remains is tried again later: no completion is sure to come.
fn plug_and_out<K: DmEnv>(k: &mut K, dev: DevId) {
    if !elv::elv_queue_empty(k, dev) {
        plug::blk_plug_device(k, dev);
    }
}

/// When a queue is run again that holds a request back for others to merge
/// behind it (4.1 `blk_delay_queue`), if no completion runs it before.
const HOLD_POLL: Ns = Ns::from_ms(10);

/// Whether `rq`, of one bio, continues what was sent last, so that more is to be
/// expected (4.1 `dm_request_peeked_before_merge_deadline`).
fn is_held<K: DmEnv>(k: &mut K, dm: u16, rq: ReqId) -> bool {
    let hold = k.dm().params.seq_merge_hold;
    if hold == Ns::ZERO {
        return false;
    }
    let now = k.host().now();
    let b = k.block();
    let r = &b.reqs[rq];
    let (sector, sectors, op, single) = (r.sector, r.sectors, r.op, r.bio == r.biotail);
    let d = k.dm().dev(dm);
    let (end, is_write, at) = d.stacking.last_sent;
    let continues = d.in_flight > 0 && single && end == sector && is_write == op.is_write();
    if continues && now <= at + hold {
        return true;
    }
    d.stacking.last_sent = (sector + u64::from(sectors), op.is_write(), now);
    false
}

/// Whether no path could take a request now (`dm_lld_busy`,
/// `multipath_busy`).
fn is_busy<K: DmEnv>(k: &mut K, dm: u16) -> bool {
    let mut busy = std::mem::take(&mut k.dm().dev(dm).busy_paths);
    if busy.is_empty() {
        return false; // no driver says
    }
    for (dev, is_busy) in &mut busy {
        *is_busy = k.lld_busy(*dev);
    }
    let of = |dev| busy.iter().any(|&(d, is_busy)| d == dev && is_busy);
    let all = k.dm().mpath(dm).is_some_and(|m| m.is_busy(of));
    k.dm().dev(dm).busy_paths = busy;
    all
}

/// Makes the clone of `rq`, which has no path yet; false if the pool is empty
/// (`dm_prep_fn`).
fn prep<K: DmEnv>(k: &mut K, dm: u16, rq: ReqId) -> bool {
    let most = k.patches().clone_pool;
    let d = k.dm().dev(dm);
    if most > 0 && d.stacking.clones >= most {
        return false;
    }
    d.stacking.clones += 1;
    d.stacking.most_clones = d.stacking.most_clones.max(d.stacking.clones);
    let (now, cpu) = (k.host().now(), k.host().cpu().0);
    k.host().charge(Cost::CloneRq);
    let b = k.block();
    let r = b.reqs[rq];
    let clone = b.reqs.alloc(Request {
        end: RqEnd::Clone { orig: rq },
        icq: r.icq,
        prio: r.prio,
        ..Request::new(
            r.dev,
            HctxId(0),
            cpu,
            r.op,
            r.flags.with(Flags::NOMERGE),
            now,
        )
    });
    b.reqs[rq].clone = Some(clone);
    if !k.host().is_free() {
        let bios = k.block().count_bios(rq);
        k.host().charge_n(Cost::CloneBio, bios);
    }
    true
}

/// Chooses a path for `rq` and sends its clone there; no lock is held
/// (`map_request`).
fn map_request<K: DmEnv>(k: &mut K, dm: u16, rq: ReqId) {
    let r = &k.block().reqs[rq];
    let ctx = SelectCtx {
        nr_bytes: (u64::from(r.sectors) * SECTOR) as u32,
        sector: r.sector,
        op: r.op,
        is_sync: is_sync(r.op, r.flags),
        cpu: u16::from(k.host().cpu().0),
        node: 0,
        now: k.host().ktime(),
    };
    k.dm().dev(dm).stacking.mapped += 1;
    let verdict = k.dm().mpath(dm).map_or(MapBio::Kill, |m| m.map_bio(&ctx));
    let mapped = match verdict {
        MapBio::Remapped(path) => Mapped::To(path),
        MapBio::Queued { .. } => Mapped::Held,
        MapBio::Requeue => Mapped::PushedBack,
        MapBio::Kill => Mapped::Killed,
    };
    k.target_event(dm, TargetEvent::Mapped(mapped, ctx));
    match verdict {
        MapBio::Remapped(path) => send(k, dm, rq, path, &ctx),
        MapBio::Queued { worker, activate } => {
            let mut list = k.dm().dev(dm).stacking.queued;
            list.push_back(&mut k.block().reqs, rq);
            k.dm().dev(dm).stacking.queued = list;
            if activate {
                pg_init::activate(k, dm);
            }
            if worker {
                start_worker(k, dm);
            }
        }
        MapBio::Requeue => requeue_original(k, dm, rq),
        MapBio::Kill => finish(k, dm, rq, BlkStatus::IoErr),
    }
}

/// The clone of `rq` goes to `path` (`setup_clone`,
/// `blk_insert_cloned_request`).
fn send<K: DmEnv>(k: &mut K, dm: u16, rq: ReqId, path: PathIdx, ctx: &SelectCtx) {
    let Some(m) = k.dm().mpath(dm) else { return };
    m.start_io(path, ctx.nr_bytes);
    let to = m.dev(path);
    k.target_event(dm, TargetEvent::Began(path, ctx.nr_bytes));
    let b = k.block();
    let r = &mut b.reqs[rq];
    let Some(clone) = r.clone else { return };
    r.pgpath = path.0;
    r.nr_bytes = ctx.nr_bytes;
    r.completed = 0;
    r.status = BlkStatus::Ok;
    let o = *r;
    let c = &mut b.reqs[clone];
    c.dev = to;
    c.sector = o.sector;
    c.sectors = o.sectors;
    c.segs = o.segs;
    c.bio = o.bio;
    c.biotail = o.biotail;
    c.bio_done = 0;
    c.status = BlkStatus::Ok;
    c.rqf = RqFlags::default();
    c.flags = c.flags.with(Flags::FAILFAST_TRANSPORT);
    b.dev(to).count.requests += 1;
    k.trace(to, Action::Remap(o.dev, o.sector), |b| b.rq_subject(clone));
    insert_cloned(k, dm, rq, clone);
}

/// Puts a clone into the queue of its path: behind everything, past the
/// scheduler, if it is within the limits; without patch 02 as any request.
fn insert_cloned<K: DmEnv>(k: &mut K, dm: u16, rq: ReqId, clone: ReqId) {
    let past = k.patches().submission;
    let b = k.block();
    let c = &b.reqs[clone];
    let to = c.dev;
    let d = &b.devs[usize::from(to.0)];
    if !d.is_single_queue() {
        // Nobody takes requests there: a table that should have been refused.
        return refused(k, dm, rq, clone);
    }
    let too_large = c.sectors > d.limits.max_sectors || c.segs > d.limits.max_segments;
    if past && too_large {
        b.sq(to).seen.over_limit += 1;
        return refused(k, dm, rq, clone);
    }
    lock(k, to, "blk_insert_cloned_request");
    let now = k.host().now();
    let b = k.block();
    account_start(&mut b.devs[usize::from(to.0)], &mut b.reqs[clone], now);
    if past {
        k.block().sq(to).seen.past_elevator += 1;
        elv::__elv_add_request(k, clone, Where::Back);
    } else {
        if elv::elv_queue_empty(k, to) {
            plug::blk_plug_device(k, to);
        }
        elv::__elv_add_request(k, clone, Where::Sort);
    }
    unlock(k, to);
    run_softirq(k);
}

/// A clone was not taken: an error of its path.
fn refused<K: DmEnv>(k: &mut K, dm: u16, rq: ReqId, _clone: ReqId) {
    complete_original(k, dm, rq, BlkStatus::IoErr);
}

/// `sectors` more of a clone have ended, bio by bio, each of which ends that of
/// the original at once; without patch 01 they wait for the end of the request
/// (`end_clone_bio`).
pub fn end_clone_bios<K: DmEnv>(k: &mut K, clone: ReqId, status: BlkStatus, sectors: u32) {
    let aborted = k.block().reqs[clone].rqf.has(RqFlags::ABORTED);
    let status = if aborted { BlkStatus::IoErr } else { status };
    let early = k.patches().data_completion;
    let mut left = sectors;
    loop {
        let b = k.block();
        let c = &mut b.reqs[clone];
        let (Some(bio), RqEnd::Clone { orig: rq }) = (c.bio, c.end) else {
            return;
        };
        let o = &b.bios[bio];
        let rest = o.sectors - c.bio_done;
        if rest > left {
            c.bio_done += left;
            c.sector += u64::from(left);
            c.sectors -= left;
            return;
        }
        left -= rest;
        c.bio_done = 0;
        c.bio = o.next;
        c.sectors -= rest;
        let is_last = o.next.is_none();
        if !is_last {
            c.sector += u64::from(rest);
        }
        let bytes = o.sectors * SECTOR as u32;
        k.host().charge(Cost::EndRqBio);
        let r = &mut k.block().reqs[rq];
        if r.status != BlkStatus::Ok {
            continue;
        }
        if status != BlkStatus::Ok {
            r.status = status; // not for the submitter to see
        } else if early {
            r.completed += bytes;
            blk_update_request(k, rq, BlkStatus::Ok, u64::from(bytes));
        }
    }
}

/// A clone has ended: under the lock of its path's queue its original is left
/// to the softirq, or completed at once, which may wait for that very lock
/// (`end_clone_request`).
pub fn end_clone_request<K: DmEnv>(k: &mut K, clone: ReqId, status: BlkStatus) {
    let b = k.block();
    let (from, aborted) = (b.reqs[clone].dev, b.reqs[clone].rqf.has(RqFlags::ABORTED));
    let RqEnd::Clone { orig } = b.reqs[clone].end else {
        return;
    };
    let status = if aborted { BlkStatus::IoErr } else { status };
    let in_softirq = k.patches().softirq_completion;
    lock(k, from, "blk_end_request");
    elv::elv_completed_request(k, clone);
    if in_softirq {
        blk_complete_request(k, orig, status);
    } else {
        k.softirq_done(orig, status);
    }
    unlock(k, from);
    request_fn::blk_run_queue(k, from);
    run_softirq(k);
}

/// The softirq has come to `rq`, whose clone has ended (`dm_softirq_done`).
pub fn dm_softirq_done<K: DmEnv>(k: &mut K, dm: u16, rq: ReqId, status: BlkStatus) {
    if k.block().reqs[rq].clone.is_some() {
        complete_original(k, dm, rq, status);
    } else {
        finish_now(k, dm, rq, status);
    }
}

/// The multipath target decides what becomes of `rq`.
fn complete_original<K: DmEnv>(k: &mut K, dm: u16, rq: ReqId, status: BlkStatus) {
    k.host().charge(Cost::EndClone);
    let (now, uptime) = (k.host().ktime(), k.host().uptime);
    let b = k.block();
    let r = b.reqs[rq];
    let Some(clone) = r.clone else { return };
    let io = Completion {
        path: Some(PathIdx(r.pgpath)),
        nr_bytes: r.nr_bytes,
        status,
        start: uptime + b.reqs[clone].io_start,
        now,
    };
    let from = b.reqs[clone].dev;
    let Some(m) = k.dm().mpath(dm) else {
        return finish(k, dm, rq, BlkStatus::IoErr);
    };
    let was_valid = m.nr_valid_paths();
    let (verdict, effects) = m.end_io_rq(&io);
    let failed_path = m.nr_valid_paths() < was_valid;
    let left = TargetEvent::Left {
        path: PathIdx(r.pgpath),
        nr_bytes: io.nr_bytes,
        status,
        is_over: verdict == EndIoRq::Done,
    };
    k.target_event(dm, left);
    release_clone(k, dm, rq, clone);
    match verdict {
        EndIoRq::Done => finish_now(k, dm, rq, status),
        EndIoRq::Requeue | EndIoRq::DelayRequeue => {
            let again = u64::from(k.block().reqs[rq].sectors) * SECTOR;
            let d = k.dm().dev(dm);
            d.retried += 1;
            d.stacking.early_bytes += u64::from(r.completed);
            d.stacking.retried_bytes += again;
            requeue_original(k, dm, rq);
        }
    }
    if failed_path && k.aborts_on_failure() {
        abort_queue(k, from);
    }
    if effects != super::Effects::default() {
        apply(k, dm, effects);
    }
}

/// Gives a clone back to its pool (`free_rq_clone`).
fn release_clone<K: DmEnv>(k: &mut K, dm: u16, rq: ReqId, clone: ReqId) {
    let now = k.host().now();
    let b = k.block();
    let c = b.reqs[clone];
    b.reqs[rq].clone = None;
    let has_path = c.dev != b.reqs[rq].dev;
    // A free slot is nobody's clone, and has no command.
    b.reqs[clone].end = RqEnd::None;
    b.reqs[clone].rqf.clear(RqFlags::IN_FLIGHT);
    b.reqs.free(clone);
    if has_path {
        let count = &mut b.dev(c.dev).count;
        count.requests_done += 1;
        if c.rqf.has(RqFlags::IO_STAT) {
            count.done(now, c.op, c.start);
        }
    }
    k.dm().dev(dm).stacking.clones -= 1;
}

/// `rq` is over without having been sent: its clone goes, and it ends, in
/// softirq (`dm_kill_request`).
fn finish<K: DmEnv>(k: &mut K, dm: u16, rq: ReqId, status: BlkStatus) {
    if let Some(clone) = k.block().reqs[rq].clone {
        release_clone(k, dm, rq, clone);
    }
    blk_complete_request(k, rq, status);
    run_softirq(k);
}

/// `rq` is over (`dm_end_request`): it is given back under the lock of the
/// queue of `dm`, and that queue is run.
fn finish_now<K: DmEnv>(k: &mut K, dm: u16, rq: ReqId, status: BlkStatus) {
    left(k, dm);
    blk_mq_end_request(k, rq, status);
}

/// A request is no longer with the target (`rq_completed`).
fn left<K: DmEnv>(k: &mut K, dm: u16) {
    let d = k.dm().dev(dm);
    d.in_flight = d.in_flight.saturating_sub(1);
    suspend::io_left(k, dm);
}

/// `rq` goes back to the head of its queue, to be mapped again: what has not
/// been completed of it. The queue is not run; its timer will, or whoever comes
/// (`dm_requeue_request`).
fn requeue_original<K: DmEnv>(k: &mut K, dm: u16, rq: ReqId) {
    left(k, dm);
    if let Some(clone) = k.block().reqs[rq].clone {
        release_clone(k, dm, rq, clone);
    }
    let dev = k.block().reqs[rq].dev;
    super::super::block::requeue::requeue(k, rq);
    lock(k, dev, "dm_requeue_request");
    if elv::elv_queue_empty(k, dev) {
        plug::blk_plug_device(k, dev);
    }
    elv::elv_requeue_request(k, rq);
    unlock(k, dev);
}

/// The path behind `dev` has failed: what its driver has not yet seen ends at
/// once, what it has ends with an error as the device hands it back
/// (`blk_abort_queue`; the kernel's error handler takes that back earlier).
fn abort_queue<K: DmEnv>(k: &mut K, dev: DevId) {
    let b = k.block();
    let ids: Vec<ReqId> = b.reqs.ids().collect();
    let mut waiting = Vec::new();
    for rq in ids {
        let r = &mut b.reqs[rq];
        if r.dev != dev || !matches!(r.end, RqEnd::Clone { .. }) {
            continue;
        }
        r.rqf.set(RqFlags::ABORTED);
        if !r.rqf.has(RqFlags::IN_FLIGHT) && !r.rqf.has(RqFlags::SORTED) {
            waiting.push(rq);
        }
    }
    for clone in waiting {
        lock(k, dev, "blk_abort_queue");
        elv::elv_dequeue_request(k, clone);
        unlock(k, dev);
        blk_mq_end_request(k, clone, BlkStatus::IoErr);
    }
}

/// Starts the worker that maps again what the target keeps, unless there is
/// still no path (`process_queued_ios`).
pub fn start_worker<K: DmEnv>(k: &mut K, dm: u16) {
    let d = k.dm().dev(dm);
    let waits = d
        .multipath()
        .is_none_or(|m| m.nr_valid_paths() == 0 && m.queue_if_no_path());
    if d.stacking.worker_queued || d.stacking.queued.is_empty() || waits {
        return;
    }
    d.stacking.worker_queued = true;
    let worker = d.worker;
    let frame = K::dm_frame(DmFrame::ProcessQueuedRqs(dm));
    k.queue_work(worker, frame);
}

/// Maps one more of what the target keeps (`dispatch_queued_ios`).
pub fn step_process_queued<K: DmEnv>(k: &mut K, task: TaskId, dm: u16) -> Step {
    k.dm().dev(dm).stacking.worker_queued = false;
    k.host().charge(Cost::Work);
    super::super::block::pop(k, task);
    let mut all = std::mem::take(&mut k.dm().dev(dm).stacking.queued);
    while let Some(rq) = all.pop_front(&mut k.block().reqs) {
        map_request(k, dm, rq);
    }
    Step::Yield
}
