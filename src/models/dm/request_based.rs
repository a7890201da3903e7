//! Request-based device-mapper: the *device's own* queue plugs, merges and
//! sorts; a request that leaves it is mapped as a whole, and its clone goes past
//! the path's scheduler straight to the driver (`dm-rq.c`,
//! `dm-mpath.c:multipath_clone_and_map`, 6.1).

use super::super::block::driver::blk_mq_start_request;
use super::super::block::issue::blk_mq_request_issue_directly;
use super::super::block::requeue::{blk_mq_requeue_request, delay_kick_requeue_list};
use super::super::block::submit::{account_start, alloc_request_with};
use super::super::block::{Action, RqEnd, RqFlags, complete};
use super::super::host::slab::Slab;
use super::super::host::{Cost, interrupted};
use super::super::io::{BlkStatus, DevId, Flags, Op, ReqId};
use super::super::mpath::selector::SelectCtx;
use super::super::mpath::{Completion, EndIoRq, MapRq, PathIdx};
use super::super::probe::{Mapped, TargetEvent};
use super::busy::is_busy;
use super::clone::{end_clone_bio, put_clone_bio, select_ctx};
use super::weight::{ask_selector, charge_choice, charge_end, lock_paths};
use super::{DmEnv, apply, pg_init, print_log, remember, suspend};
use crate::sim::{Ns, unlikely};

/// Delay before a request without a path is tried again
/// (`dm_mq_kick_requeue_list` with delay).
const DELAY_REQUEUE: Ns = Ns::from_ms(100);

/// Takes a request that leaves the device's queue (`dm_mq_queue_rq`). None if it
/// is interrupted: to be called again.
#[inline(always)]
pub fn dm_mq_queue_rq<K: DmEnv>(k: &mut K, dm: u16, rq: ReqId) -> Option<BlkStatus> {
    let r = &k.block().reqs[rq];
    let (clone, is_started) = (r.clone, r.is_started());
    if clone.is_none() && !is_started {
        k.host().charge(Cost::DmQueueRq);
    }
    let status = match (clone, is_started) {
        (Some(clone), _) => issue_clone(k, dm, rq, clone)?,
        (None, true) => map_request(k, dm, rq)?,
        (None, false) if k.dm().dev(dm).blocked || is_busy(k, dm) && stays_when_busy(k) => {
            return Some(BlkStatus::Resource);
        }
        (None, false) => {
            blk_mq_start_request(k, rq);
            k.dm().dev(dm).in_flight += 1;
            k.host().charge(Cost::MapRq);
            ask_selector(k, dm);
            if interrupted(k) {
                return None;
            }
            map_request(k, dm, rq)?
        }
    };
    if unlikely(status != BlkStatus::Ok) {
        if !stays_when_busy(k) {
            let delay = k.dm().params.requeue_when_busy;
            delay_requeue(k, dm, rq, delay);
            return Some(BlkStatus::Ok);
        }
        rq_left(k, dm); // back to the block layer
    }
    Some(status)
}

/// Whether a request that finds its path busy stays in its scheduler (4.16 and
/// later; before, it was put back to be tried again after a while).
fn stays_when_busy<K: DmEnv>(k: &mut K) -> bool {
    k.dm().params.requeue_when_busy == Ns::ZERO
}

/// A request is no longer with the target (`rq_completed`).
#[inline]
fn rq_left<K: DmEnv>(k: &mut K, dm: u16) {
    let d = k.dm().dev(dm);
    d.in_flight -= 1;
    if d.suspender.is_some() {
        suspend::io_left(k, dm);
    }
}

/// Chooses a path and sends a clone down it (`map_request`).
#[inline(always)]
fn map_request<K: DmEnv>(k: &mut K, dm: u16, rq: ReqId) -> Option<BlkStatus> {
    let r = &k.block().reqs[rq];
    let (hints, sector, sectors) = ((r.op, r.flags, r.prio), r.sector, r.sectors);
    let ctx = select_ctx(k, hints, sector, sectors);
    let (mut verdict, mut to) = (MapRq::Kill, None);
    if let Some(m) = k.dm().mpath(dm) {
        verdict = m.map_rq(&ctx);
        if let MapRq::Remapped(path) = verdict {
            to = Some(m.dev(path));
        }
        if unlikely(m.take_regrouped()) {
            remember(k, dm);
        }
    }
    let mapped = match verdict {
        MapRq::Remapped(path) => Mapped::To(path),
        MapRq::DelayRequeue { .. } => Mapped::Held,
        MapRq::Kill => Mapped::Killed,
    };
    k.target_event(dm, TargetEvent::Mapped(mapped, ctx));
    lock_paths(k, dm);
    match verdict {
        MapRq::Remapped(path) => match to {
            Some(to) => clone_and_issue(k, dm, rq, (path, to), &ctx),
            None => Some(BlkStatus::IoErr),
        },
        MapRq::DelayRequeue { activate } => {
            if activate {
                pg_init::activate(k, dm);
            }
            delay_requeue(k, dm, rq, DELAY_REQUEUE);
            Some(BlkStatus::Ok)
        }
        MapRq::Kill => {
            rq_left(k, dm);
            complete::blk_mq_end_request(k, rq, BlkStatus::IoErr);
            Some(BlkStatus::Ok)
        }
    }
}

/// `multipath_clone_and_map` once it has a path, and `setup_clone`. Out of tags:
/// the turn is consumed, and the request goes back to the block layer.
#[inline(always)]
fn clone_and_issue<K: DmEnv>(
    k: &mut K,
    dm: u16,
    rq: ReqId,
    (path, to): (PathIdx, DevId),
    ctx: &SelectCtx,
) -> Option<BlkStatus> {
    if unlikely(k.block().dev(to).is_dying) {
        let effects = k.dm().mpath(dm).map(|m| m.offline_path(path));
        apply(k, dm, effects.unwrap_or_default());
        delay_requeue(k, dm, rq, DELAY_REQUEUE);
        return Some(BlkStatus::Ok);
    }
    let Some(clone) = alloc_clone(k, to, rq) else {
        return Some(BlkStatus::Resource);
    };
    k.host().charge(Cost::CloneRq);
    if let Some(m) = k.dm().mpath(dm) {
        m.start_io(path, ctx.nr_bytes);
    }
    charge_choice(k, dm);
    k.target_event(dm, TargetEvent::Began(path, ctx.nr_bytes));
    setup_clone(k, rq, clone, path, ctx);
    if interrupted(k) {
        return None;
    }
    issue_clone(k, dm, rq, clone)
}

/// `blk_insert_cloned_request`. Refused by the driver: as when it is out of tags.
#[inline(always)]
fn issue_clone<K: DmEnv>(k: &mut K, dm: u16, rq: ReqId, clone: ReqId) -> Option<BlkStatus> {
    let b = k.block();
    let r = &b.reqs[rq];
    let from = (r.dev, r.sector);
    let c = &b.reqs[clone];
    let issued = if c.is_started() {
        blk_mq_request_issue_directly(k, clone, true) // interrupted in the device below
    } else {
        let to = c.dev;
        k.trace(to, Action::Remap(from.0, from.1), |b| b.rq_subject(clone));
        blk_insert_cloned_request(k, clone)
    };
    let status = match issued? {
        BlkStatus::Ok => {
            k.host().charge(Cost::CloneIssued);
            BlkStatus::Ok
        }
        refused => clone_not_issued(k, dm, rq, clone, refused),
    };
    Some(status)
}

/// The device below is busy, or refuses the clone for good: then the original is over.
#[inline(never)]
fn clone_not_issued<K: DmEnv>(
    k: &mut K,
    dm: u16,
    rq: ReqId,
    clone: ReqId,
    status: BlkStatus,
) -> BlkStatus {
    if !matches!(status, BlkStatus::Resource | BlkStatus::DevResource) {
        dm_complete_request(k, dm, rq, status);
        return BlkStatus::Ok;
    }
    let r = &k.block().reqs[rq];
    let (path, nr_bytes) = (PathIdx(r.pgpath), r.nr_bytes);
    let now = k.host().ktime();
    if let Some(m) = k.dm().mpath(dm) {
        m.refuse_io(path, nr_bytes, now);
    }
    k.target_event(dm, TargetEvent::Refused(path, nr_bytes));
    release_clone(k, rq, clone);
    BlkStatus::Resource
}

/// A request of the path's device that does the same as `rq`, if a tag is free
/// (`blk_mq_alloc_request`, `blk_rq_prep_clone`). The kernel clones every bio for
/// it; here it shares those of the original, and keeps for itself how far it has
/// come with them.
#[inline(always)]
fn alloc_clone<K: DmEnv>(k: &mut K, to: DevId, rq: ReqId) -> Option<ReqId> {
    let cpu = k.host().cpu().0;
    let r = &k.block().reqs[rq];
    let (op, prio, bio, biotail) = (r.op, r.prio, r.bio, r.biotail);
    let (sector, sectors, segs) = (r.sector, r.sectors, r.segs);
    let flags = r.flags.with(Flags::NOMERGE).with(Flags::FAILFAST_TRANSPORT);
    alloc_request_with(k, to, cpu, op, flags, |c| {
        c.sector = sector;
        c.sectors = sectors;
        c.segs = segs;
        c.prio = prio;
        c.bio = bio;
        c.biotail = biotail;
        c.end = RqEnd::Clone { orig: rq };
    })
}

/// The original knows its clone and its path (`setup_clone`).
#[inline(always)]
fn setup_clone<K: DmEnv>(k: &mut K, rq: ReqId, clone: ReqId, path: PathIdx, ctx: &SelectCtx) {
    let o = &mut k.block().reqs[rq];
    o.clone = Some(clone);
    o.pgpath = path.0;
    o.nr_bytes = ctx.nr_bytes;
    o.completed = 0;
    o.status = BlkStatus::Ok;
    if !k.host().is_free() {
        let mut next = k.block().reqs[rq].bio;
        while let Some(bio) = next {
            k.host().charge(Cost::CloneBio);
            let slab = k.host().slab_alloc(Slab::RqClone);
            let o = &mut k.block().bios[bio];
            o.clone_slab = slab;
            next = o.next;
        }
    }
}

/// Sends a clone past the path's scheduler to its driver
/// (`blk_insert_cloned_request`), if it is within the limits.
#[inline(always)]
fn blk_insert_cloned_request<K: DmEnv>(k: &mut K, clone: ReqId) -> Option<BlkStatus> {
    let now = k.host().now();
    let b = k.block();
    let c = &mut b.reqs[clone];
    let dev = &mut b.devs[usize::from(c.dev.0)];
    let max = dev.max_sectors(c.op, c.sector);
    if c.sectors > max && c.op != Op::Flush {
        return Some(if max == 0 {
            BlkStatus::NotSupp
        } else {
            BlkStatus::IoErr
        });
    }
    if c.segs > dev.limits.max_segments {
        return Some(BlkStatus::IoErr);
    }
    account_start(dev, c, now);
    let segments = u64::from(c.segs);
    let elv = c.rqf.has(RqFlags::ELV);
    k.host().charge(Cost::InsertClone);
    if elv {
        k.host().charge(Cost::CloneElv);
    }
    k.host().charge_n(Cost::CountSegment, segments);
    blk_mq_request_issue_directly(k, clone, true)
}

/// Gives the clone back (`free_rq_clone`, `release_clone_rq`).
#[inline(always)]
fn release_clone<K: DmEnv>(k: &mut K, rq: ReqId, clone: ReqId) {
    let now = k.host().now();
    let b = k.block();
    b.reqs[rq].clone = None;
    let mut next = b.reqs[rq].bio;
    let c = &b.reqs[clone];
    if unlikely(c.rqf.has(RqFlags::IO_STAT)) {
        // Refused: it counts as an I/O all the same (blk_insert_cloned_request).
        let (op, start) = (c.op, c.start);
        let count = &mut b.dev_of(clone).count;
        count.done(now, op, start);
        count.refused += 1;
    }
    // Those of bios that have not ended (`blk_rq_unprep_clone`).
    while let (Some(bio), false) = (next, k.host().is_free()) {
        next = k.block().bios[bio].next;
        put_clone_bio(k, bio);
    }
    complete::blk_mq_free_request(k, clone);
}

/// `sectors` more of a clone have ended, bio by bio: once all have, or one has
/// failed, as much of the original is complete (`end_clone_bio`).
#[inline(always)]
pub fn end_clone_bios<K: DmEnv>(k: &mut K, clone: ReqId, status: BlkStatus, sectors: u32) {
    let mut left = sectors;
    while let Some((rq, bio, is_last)) = end_clone_bio(k.block(), clone, &mut left) {
        k.host().charge(Cost::EndRqBio);
        let bytes = k.block().bios[bio].bytes();
        put_clone_bio(k, bio);
        let r = &mut k.block().reqs[rq];
        if unlikely(r.status != BlkStatus::Ok) {
            continue;
        }
        if status == BlkStatus::Ok {
            r.completed += bytes;
            if !is_last {
                continue;
            }
        } else {
            r.status = status;
        }
        let completed = u64::from(r.completed);
        if completed > 0 {
            complete::blk_update_request(k, rq, BlkStatus::Ok, completed);
        }
    }
}

/// The clone of `rq` has ended: the multipath target decides about the original
/// (`dm_complete_request`, `dm_softirq_done`, `dm_done`).
#[inline]
pub fn dm_complete_request<K: DmEnv>(k: &mut K, dm: u16, rq: ReqId, status: BlkStatus) {
    k.host().charge(Cost::CloneEnded);
    let (now, uptime) = (k.host().ktime(), k.host().uptime);
    let b = k.block();
    let r = &b.reqs[rq];
    let Some(clone) = r.clone else { return };
    let io = Completion {
        path: Some(PathIdx(r.pgpath)),
        nr_bytes: r.nr_bytes,
        status,
        start: uptime + b.reqs[clone].io_start,
        now,
    };
    let Some(m) = k.dm().mpath(dm) else { return };
    let (verdict, effects) = m.end_io_rq(&io);
    k.host().charge(Cost::EndClone);
    charge_end(k, dm);
    if let Some(path) = io.path {
        let left = TargetEvent::Left {
            path,
            nr_bytes: io.nr_bytes,
            status,
            is_over: verdict == EndIoRq::Done,
        };
        k.target_event(dm, left);
    }
    release_clone(k, rq, clone);
    if unlikely(status.is_path_error()) {
        print_log(k, dm);
    }
    if unlikely(verdict != EndIoRq::Done) {
        k.dm().dev(dm).retried += 1;
    }
    match verdict {
        EndIoRq::Done => {
            rq_left(k, dm);
            complete::blk_mq_end_request(k, rq, status);
        }
        EndIoRq::Requeue => {
            rq_left(k, dm);
            blk_mq_requeue_request(k, rq, true);
        }
        EndIoRq::DelayRequeue => delay_requeue(k, dm, rq, DELAY_REQUEUE),
    }
    if unlikely(status.is_path_error()) && effects != super::Effects::default() {
        apply(k, dm, effects);
    }
}

/// `dm_requeue_original_request` with delay: the timer is the queue's, and
/// restarted by each request.
#[cold]
fn delay_requeue<K: DmEnv>(k: &mut K, dm: u16, rq: ReqId, delay: Ns) {
    rq_left(k, dm);
    let dev = k.block().reqs[rq].dev;
    blk_mq_requeue_request(k, rq, false);
    delay_kick_requeue_list(k, dev, delay);
}
