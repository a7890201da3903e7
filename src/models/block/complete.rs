//! The way up: requests end bio by bio, tags are freed, sleepers and queues
//! that waited for them go on (`blk-mq.c`, `block/bio.c`, 6.1).

use super::super::host::Cost;
use super::super::io::{BioId, BlkStatus, EndIo, Op, ReqId, SECTOR};
use super::{Action, BlockDev, BlockEnv, HctxId, Request, RqEnd, RqFlags, Subject};
use super::{dispatch, flush, klog, sched, shared_tags, single_queue, wbt};
use crate::models::planted::{self, Defect};
use crate::sim::Ns;

/// The driver is done with `rq` (`blk_mq_end_request`).
#[inline]
pub fn blk_mq_end_request<K: BlockEnv>(k: &mut K, rq: ReqId, status: BlkStatus) {
    let bytes = u64::from(k.block().reqs[rq].sectors) * SECTOR;
    blk_update_request(k, rq, status, bytes);
    __blk_mq_end_request(k, rq, status);
}

/// Ends as many bios of `rq` as `bytes` cover; the request starts at what is
/// left of it afterwards (`blk_update_request`).
#[inline]
pub fn blk_update_request<K: BlockEnv>(k: &mut K, rq: ReqId, status: BlkStatus, bytes: u64) {
    let b = k.block();
    let r = &b.reqs[rq];
    let dev = r.dev;
    if r.op != Op::Flush && r.rqf.has(RqFlags::IO_STAT) {
        let d = &mut b.devs[usize::from(dev.0)];
        d.count.dirs[r.op as usize].sectors += bytes / SECTOR;
    }
    let subject = Subject {
        sectors: (bytes / SECTOR) as u32,
        ..b.rq_subject(rq)
    };
    k.trace(dev, Action::Complete, subject);
    k.ended(dev, subject, status);
    if status != BlkStatus::Ok {
        klog::blk_print_req_error(k, rq, status);
    }
    let mut left = (bytes / SECTOR) as u32;
    if let RqEnd::Clone { .. } = k.block().reqs[rq].end {
        return k.clone_bios_ended(rq, status, left);
    }
    loop {
        let b = k.block();
        let r = &mut b.reqs[rq];
        let Some(bio) = r.bio else { return };
        let o = &mut b.bios[bio];
        if status != BlkStatus::Ok && o.status == BlkStatus::Ok {
            o.status = status;
        }
        if o.sectors > left {
            // A part of this bio: it goes on from there.
            o.sector += u64::from(left);
            o.sectors -= left;
            r.sector += u64::from(left);
            r.sectors -= left;
            return;
        }
        left -= o.sectors;
        o.traced = false; // the request's completion has been traced
        let next = o.next; // the link stays: its end_io may look
        r.sectors -= o.sectors;
        if next.is_some() {
            r.sector += u64::from(o.sectors);
        }
        if r.rqf.has(RqFlags::FLUSH_SEQ) {
            // The flush machinery ends the bio when its sequence is over.
            return;
        }
        r.bio = next;
        bio_endio(k, bio, status);
    }
}

/// `rq` is over: accounts it and tells whoever waits for it
/// (`__blk_mq_end_request`).
#[inline]
#[allow(non_snake_case)]
pub fn __blk_mq_end_request<K: BlockEnv>(k: &mut K, rq: ReqId, status: BlkStatus) {
    let now = k.host().now();
    if k.block().reqs[rq].rqf.has(RqFlags::ELV) {
        sched::completed_request(k, rq);
    }
    let b = k.block();
    let r = &mut b.reqs[rq];
    let (dev, end) = (r.dev, r.end);
    let d = &mut b.devs[usize::from(dev.0)];
    account_done(d, r, status, now);
    let woken = match end {
        RqEnd::None => None, // when it is freed
        _ => wbt::done(d, r, rq, now),
    };
    if std::mem::take(&mut r.budget) {
        k.put_budget(dev);
    }
    if let Some(queue) = woken {
        wbt::wake_all(k, dev, queue);
    }
    match end {
        RqEnd::None => blk_mq_free_request(k, rq),
        RqEnd::Clone { .. } | RqEnd::Daemon(_) => k.rq_end_io(rq, status),
        RqEnd::FlushRq => flush::flush_end_io(k, rq, status),
        RqEnd::FlushData => flush::data_end_io(k, rq, status),
        RqEnd::SingleQueue => single_queue::end_that_request_last(k, rq),
    }
}

/// `blk_account_io_done`
#[inline]
fn account_done(d: &mut BlockDev, r: &mut Request, status: BlkStatus, now: Ns) {
    let started = r.rqf.has(RqFlags::IN_FLIGHT);
    let counted = r.rqf.has(RqFlags::IO_STAT) && !r.rqf.has(RqFlags::FLUSH_SEQ);
    if started && let Some(w) = &mut d.wbt {
        w.sample(r, now);
    }
    let c = &mut d.count;
    if status != BlkStatus::Ok {
        c.failed += 1;
    }
    if started {
        c.d2c.record(now - r.io_start);
    }
    if counted {
        r.rqf.clear(RqFlags::IO_STAT);
        c.done(now, r.op, r.start);
    }
}

/// `blk_mq_free_request`: tags, budget and memory; then whoever waited.
#[inline]
pub fn blk_mq_free_request<K: BlockEnv>(k: &mut K, rq: ReqId) {
    let now = k.host().now();
    let b = k.block();
    let r = &mut b.reqs[rq];
    let (dev, hctx, cpu) = (r.dev, r.hctx, r.cpu);
    let (budget, tag, sched_tag, sched_nr) = (r.budget, r.tag, r.sched_tag, r.sched_nr);
    let is_elv = r.rqf.has(RqFlags::ELV);
    r.rqf.clear(RqFlags::IN_FLIGHT);
    let d = &mut b.devs[usize::from(dev.0)];
    d.count.requests_done += 1;
    let woken = wbt::done(d, r, rq, now);
    if is_elv {
        sched::finish_request(k, rq);
    }
    k.block().reqs.free(rq);
    if let Some(queue) = woken {
        wbt::wake_all(k, dev, queue);
    }
    if budget {
        k.put_budget(dev); // refused before it was started
    }
    if tag {
        put_tag(k, hctx, false);
    }
    if sched_tag {
        if let Some(tags) = &mut k.block().hctx(hctx).sched_tags {
            tags.clear(sched_nr, cpu);
        }
        put_tag(k, hctx, true);
    }
    // blk_mq_sched_restart
    let Some(h) = k.block().hctxs.get_mut(hctx.index()) else {
        return single_queue::complete::passthrough_freed(k, dev);
    };
    if std::mem::take(&mut h.restart) {
        dispatch::blk_mq_run_hw_queue(k, hctx, true);
    }
}

/// Gives a tag of `hctx` back and wakes who slept for it (`blk_mq_put_tag`).
#[inline]
pub fn put_tag<K: BlockEnv>(k: &mut K, hctx: HctxId, sched: bool) {
    let h = k.block().hctx(hctx);
    if let (Some(set), false) = (h.shared, sched) {
        return shared_tags::put(k, hctx, set);
    }
    let to_wake = h.tags_of(sched).put();
    if to_wake > 0 {
        wake_waiters(k, hctx, sched, to_wake);
    }
}

fn wake_waiters<K: BlockEnv>(k: &mut K, hctx: HctxId, sched: bool, n: u32) {
    if planted::has(Defect::MissedWakeUp) {
        return;
    }
    for _ in 0..n {
        match k.block().hctx(hctx).tags_of(sched).next_waiter() {
            Some(task) => k.wake(task),
            None => break,
        }
    }
}

/// A bio, or one of the parts it was split into, is over (`bio_endio`).
#[inline]
pub fn bio_endio<K: BlockEnv>(k: &mut K, bio: BioId, status: BlkStatus) {
    let mut bio = bio;
    let mut status = status;
    loop {
        let b = k.block();
        let o = &mut b.bios[bio];
        if status != BlkStatus::Ok && o.status == BlkStatus::Ok {
            o.status = status;
        }
        o.remaining = o.remaining.saturating_sub(1);
        if o.remaining > 0 {
            return;
        }
        let (dev, end_io, first_error) = (o.dev, o.end_io, o.status);
        if std::mem::take(&mut o.traced) {
            let subject = b.bio_subject(bio);
            k.trace(dev, Action::Complete, subject);
            k.ended(dev, subject, first_error);
        }
        match end_io {
            EndIo::Chain(whole) => {
                k.block().bios.free(bio);
                bio = whole;
                status = first_error;
            }
            EndIo::Nobody => {
                k.block().bios.free(bio);
                return;
            }
            // A clone has a cost of its own.
            EndIo::Dm { .. } => return k.bio_end_io(bio, end_io),
            _ => {
                k.host().charge(Cost::CompleteBio);
                return k.bio_end_io(bio, end_io);
            }
        }
    }
}
