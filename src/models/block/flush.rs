//! Flushes: a request with `PREFLUSH` or `FUA` becomes a sequence of pre-flush,
//! data and post-flush, as far as the device needs them (`block/blk-flush.c`,
//! 6.1). Flushes that wait together share one flush request.

use super::super::host::Cost;
use super::super::io::{BlkStatus, DevId, Flags, Op, ReqId};
use super::{BlockEnv, ReqList, Request, RqEnd, RqFlags};
use super::{complete, driver, insert, requeue, run_queue};
use crate::models::planted::{self, Defect};
use crate::sim::Ns;

/// A flush waits for data in flight, but not longer (`FLUSH_PENDING_TIMEOUT`).
const PENDING_TIMEOUT: Ns = Ns::from_secs(5);

/// Steps of a sequence (`REQ_FSEQ_*`), kept in [`Request::flush_seq`].
const PREFLUSH: u8 = 1;
const DATA: u8 = 2;
const POSTFLUSH: u8 = 4;

/// The flush machinery of a device (`struct blk_flush_queue`).
#[derive(Copy, Clone, Debug, Default)]
pub struct FlushQueue {
    /// Requests that wait for a flush, for the next and the running one.
    pending: [ReqList; 2],
    pending_idx: usize,
    running_idx: usize,
    pending_since: Ns,
    /// Sequences whose data are in flight.
    data_in_flight: u32,
}

/// Takes up a flush request (`blk_insert_flush`).
#[cold]
pub fn blk_insert_flush<K: BlockEnv>(k: &mut K, rq: ReqId) {
    let b = k.block();
    let r = &mut b.reqs[rq];
    let dev = &b.devs[usize::from(r.dev.0)];
    let mut policy = 0;
    if r.sectors > 0 {
        policy |= DATA;
    }
    if dev.write_cache {
        if r.flags.has(Flags::PREFLUSH) {
            policy |= PREFLUSH;
        }
        if !dev.fua && r.flags.has(Flags::FUA) {
            policy |= POSTFLUSH;
        }
    }
    r.flags = r.flags.without(Flags::PREFLUSH).with(Flags::SYNC);
    if !dev.fua {
        r.flags = r.flags.without(Flags::FUA);
    }
    if policy == 0 {
        return complete::blk_mq_end_request(k, rq, BlkStatus::Ok);
    }
    if policy == DATA {
        return insert::blk_mq_request_bypass_insert(k, rq, true);
    }
    r.rqf.set(RqFlags::FLUSH_SEQ);
    r.end = RqEnd::FlushData;
    r.flush_seq = policy;
    next_step(k, rq);
}

/// Begins the first step that is left of the sequence of `rq`
/// (`blk_flush_complete_seq`).
fn next_step<K: BlockEnv>(k: &mut K, rq: ReqId) {
    let now = k.host().now();
    let b = k.block();
    let r = b.reqs[rq];
    let fq = &mut b.devs[usize::from(r.dev.0)].fq;
    if r.flush_seq & PREFLUSH != 0 || r.flush_seq == POSTFLUSH {
        let pending = &mut fq.pending[fq.pending_idx];
        if pending.is_empty() {
            fq.pending_since = now;
        }
        pending.push_back(&mut b.reqs, rq);
    } else if r.flush_seq & DATA != 0 {
        fq.data_in_flight += 1;
        requeue::add_to_requeue_list(k, rq, true, true);
    } else {
        end_sequence(k, rq);
    }
    kick_flush(k, r.dev);
}

/// The sequence is over: the bio ends, the request is freed.
fn end_sequence<K: BlockEnv>(k: &mut K, rq: ReqId) {
    let r = &mut k.block().reqs[rq];
    r.rqf.clear(RqFlags::FLUSH_SEQ);
    r.end = RqEnd::None;
    let status = r.status;
    r.sectors = 0;
    let bio = r.bio.take();
    if let Some(bio) = bio {
        complete::bio_endio(k, bio, status);
    }
    complete::__blk_mq_end_request(k, rq, status);
}

/// Issues a flush if one is wanted and none is running (`blk_kick_flush`).
fn kick_flush<K: BlockEnv>(k: &mut K, dev: DevId) {
    let now = k.host().now();
    let b = k.block();
    let d = &mut b.devs[usize::from(dev.0)];
    let fq = &mut d.fq;
    let Some(first) = fq.pending[fq.pending_idx].head else {
        return;
    };
    let running = fq.pending_idx != fq.running_idx;
    let wait = fq.data_in_flight > 0 && now < fq.pending_since + PENDING_TIMEOUT;
    if running || wait {
        return;
    }
    fq.pending_idx ^= 1;
    let first = &b.reqs[first];
    // The flush borrows the tag of the first request that waits for it: with a
    // scheduler its scheduler tag, to which it needs a driver tag of its own.
    let mut flush = Request::new(dev, first.hctx, first.cpu, Op::Flush, Flags::PREFLUSH, now);
    flush.sched_tag = first.sched_tag;
    flush.tag = !first.sched_tag;
    flush.rqf.set(RqFlags::FLUSH_SEQ);
    flush.end = RqEnd::FlushRq;
    let flush = b.reqs.alloc(flush);
    requeue::add_to_requeue_list(k, flush, false, true);
}

/// The flush request has ended: all that waited for it go on
/// (`flush_end_io`).
pub fn flush_end_io<K: BlockEnv>(k: &mut K, flush: ReqId, status: BlkStatus) {
    k.host().charge(Cost::CompleteBio);
    let now = k.host().now();
    driver::put_budget_of(k, flush);
    driver::put_driver_tag(k, flush);
    let b = k.block();
    let r = b.reqs[flush];
    b.reqs[flush].rqf.clear(RqFlags::IN_FLIGHT);
    b.reqs.free(flush);
    let d = &mut b.devs[usize::from(r.dev.0)];
    d.count.dirs[Op::Flush as usize].ios += 1;
    d.count.dirs[Op::Flush as usize].ticks += now.saturating_sub(r.start);
    let fq = &mut d.fq;
    let mut done = std::mem::take(&mut fq.pending[fq.running_idx]);
    fq.running_idx ^= 1;
    while let Some(rq) = done.pop_front(&mut k.block().reqs) {
        let r = &mut k.block().reqs[rq];
        let step = if r.flush_seq & PREFLUSH != 0 {
            PREFLUSH
        } else {
            POSTFLUSH
        };
        r.flush_seq &= !step;
        if status != BlkStatus::Ok {
            r.status = status;
            r.flush_seq = 0;
        }
        next_step(k, rq);
        if planted::has(Defect::FlushWaiterLost) {
            break;
        }
    }
    let hctx = r.hctx;
    let h = k.block().hctx(hctx);
    if std::mem::take(&mut h.restart) {
        run_queue::blk_mq_run_hw_queue(k, hctx, true);
    }
}

/// The data of a sequence have ended (`mq_flush_data_end_io`).
pub fn data_end_io<K: BlockEnv>(k: &mut K, rq: ReqId, status: BlkStatus) {
    driver::put_budget_of(k, rq);
    driver::put_driver_tag(k, rq);
    let b = k.block();
    let r = &mut b.reqs[rq];
    r.rqf.clear(RqFlags::IN_FLIGHT);
    r.flush_seq &= !DATA;
    if status != BlkStatus::Ok {
        r.status = status;
        r.flush_seq = 0;
    }
    let (dev, hctx) = (r.dev, r.hctx);
    let fq = &mut b.dev(dev).fq;
    fq.data_in_flight = fq.data_in_flight.saturating_sub(1);
    next_step(k, rq);
    let h = k.block().hctx(hctx);
    if std::mem::take(&mut h.restart) {
        run_queue::blk_mq_run_hw_queue(k, hctx, true);
    }
}
