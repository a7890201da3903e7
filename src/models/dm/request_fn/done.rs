//! The way up: the bios of a clone, its end, what becomes of its original, and
//! the way back to the queue (`dm.c:end_clone_bio`, `end_clone_request`,
//! `dm_softirq_done`, `dm_requeue_request`).

use super::super::super::block::complete::{blk_mq_end_request, blk_update_request};
use super::super::super::block::single_queue::complete::{blk_complete_request, run_softirq};
use super::super::super::block::single_queue::{elv, lock, plug, request_fn, unlock};
use super::super::super::block::{RqEnd, RqFlags, requeue};
use super::super::super::host::Cost;
use super::super::super::io::{BlkStatus, DevId, ReqId, SECTOR};
use super::super::super::mpath::{Completion, EndIoRq, PathIdx};
use super::super::super::probe::TargetEvent;
use super::super::clone::end_clone_bio;
use super::super::{DmEnv, Effects, apply, print_log, suspend};

/// `sectors` more of a clone have ended, bio by bio, each of which ends that of
/// the original at once; without patch 01 they wait for the end of the request
/// (`end_clone_bio`).
pub fn end_clone_bios<K: DmEnv>(k: &mut K, clone: ReqId, status: BlkStatus, sectors: u32) {
    let aborted = k.block().reqs[clone].rqf.has(RqFlags::ABORTED);
    let status = if aborted { BlkStatus::IoErr } else { status };
    let early = k.patches().data_completion;
    let mut left = sectors;
    while let Some((rq, bio, _)) = end_clone_bio(k.block(), clone, &mut left) {
        k.host().charge(Cost::EndRqBio);
        let bytes = k.block().bios[bio].bytes();
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
pub(super) fn complete_original<K: DmEnv>(k: &mut K, dm: u16, rq: ReqId, status: BlkStatus) {
    k.host().charge(Cost::CloneEnded);
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
    print_log(k, dm);
    match verdict {
        EndIoRq::Done => finish_now(k, dm, rq, status),
        EndIoRq::Requeue | EndIoRq::DelayRequeue => send_again(k, dm, rq, r.completed),
    }
    if failed_path && k.aborts_on_failure() {
        abort_queue(k, from);
    }
    if effects != Effects::default() {
        apply(k, dm, effects);
    }
}

/// What is left of `rq` goes over another path; so many bytes of it have reached
/// the application.
fn send_again<K: DmEnv>(k: &mut K, dm: u16, rq: ReqId, completed: u32) {
    let again = u64::from(k.block().reqs[rq].sectors) * SECTOR;
    let d = k.dm().dev(dm);
    d.retried += 1;
    d.stacking.early_bytes += u64::from(completed);
    d.stacking.retried_bytes += again;
    requeue_original(k, dm, rq);
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
pub(super) fn finish<K: DmEnv>(k: &mut K, dm: u16, rq: ReqId, status: BlkStatus) {
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
pub(super) fn requeue_original<K: DmEnv>(k: &mut K, dm: u16, rq: ReqId) {
    left(k, dm);
    if let Some(clone) = k.block().reqs[rq].clone {
        release_clone(k, dm, rq, clone);
    }
    let dev = k.block().reqs[rq].dev;
    requeue::requeue(k, rq);
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
    // All leave the queue before the first ends, as that runs the queue.
    lock(k, dev, "blk_abort_queue");
    for &clone in &waiting {
        elv::elv_dequeue_request(k, clone);
    }
    unlock(k, dev);
    for clone in waiting {
        blk_mq_end_request(k, clone, BlkStatus::IoErr);
    }
}
