//! The way up through a single queue: a request is over, another may come
//! (`blk-core.c:end_that_request_last`, `blk-softirq.c`, 2.6.25).

use super::super::super::io::{BlkStatus, DevId, ReqId};
use super::super::complete::bio_endio;
use super::super::{BlockEnv, RqFlags};
use super::{elv, get_request, lock, ordered, unlock};

/// All bios of `rq` have been told; it is given back under the lock, and the
/// queue is run (`blk_end_request`, `scsi_next_command`).
pub fn end_that_request_last<K: BlockEnv>(k: &mut K, rq: ReqId) {
    let dev = k.block().reqs[rq].dev;
    lock(k, dev, "blk_end_request");
    elv::elv_completed_request(k, rq);
    let is_over = ordered::completed(k, dev, rq);
    if is_over {
        blk_put_request(k, rq);
    }
    unlock(k, dev);
    k.next_command(dev);
    run_softirq(k);
}

/// `rq` is free; whoever slept for one goes on. The lock is held
/// (`__blk_put_request`).
pub fn blk_put_request<K: BlockEnv>(k: &mut K, rq: ReqId) {
    let b = k.block();
    let r = b.reqs[rq];
    b.reqs[rq].rqf.clear(RqFlags::IN_FLIGHT); // a free slot has no command
    b.reqs.free(rq);
    b.dev(r.dev).count.requests_done += 1;
    let q = b.sq(r.dev);
    q.elevator.put_request(&r);
    get_request::freed_request(k, r.dev, r.sched_nr as usize);
}

/// `rq` completes in softirq: later, without any lock (`blk_complete_request`).
pub fn blk_complete_request<K: BlockEnv>(k: &mut K, rq: ReqId, status: BlkStatus) {
    k.block().softirq.push_back((rq, status));
}

/// What waits for the softirq is completed, once no lock is held any more
/// (`blk_done_softirq`).
pub fn run_softirq<K: BlockEnv>(k: &mut K) {
    let cpu = k.host().cpu();
    if std::mem::replace(&mut k.block().in_softirq, true) {
        return; // it is under way, and sees what has come
    }
    while !k.host().locks.holds_any(cpu)
        && let Some((rq, status)) = k.block().softirq.pop_front()
    {
        k.softirq_done(rq, status);
    }
    k.block().in_softirq = false;
}

/// A command of a driver's own, which is no request of the queue's classes, is
/// over.
pub fn passthrough_freed<K: BlockEnv>(k: &mut K, dev: DevId) {
    lock(k, dev, "blk_end_request");
    let q = k.block().sq(dev);
    q.in_flight = q.in_flight.saturating_sub(1);
    unlock(k, dev);
    k.next_command(dev);
}

/// The bios of a barrier, which were kept until its sequence was over, end.
pub(super) fn end_bios<K: BlockEnv>(k: &mut K, rq: ReqId, status: BlkStatus) {
    while let Some(bio) = k.block().reqs[rq].bio {
        let b = k.block();
        b.reqs[rq].bio = b.bios[bio].next;
        b.bios[bio].traced = false;
        bio_endio(k, bio, status);
    }
}
