//! The way up: requests end bio by bio, tags are freed, sleepers and queues
//! that waited for them go on (`blk-mq.c`, `block/bio.c`, 6.1).

use super::super::host::Cost;
use super::super::io::{BioId, BlkStatus, EndIo, Op, ReqId, SECTOR};
use super::{Action, BlockEnv, HctxId, RqEnd, RqFlags, Subject};
use super::{dispatch, flush, wbt};

/// The driver is done with `rq` (`blk_mq_end_request`).
pub fn blk_mq_end_request<K: BlockEnv>(k: &mut K, rq: ReqId, status: BlkStatus) {
    let bytes = u64::from(k.block().reqs[rq].sectors) * SECTOR;
    blk_update_request(k, rq, status, bytes);
    __blk_mq_end_request(k, rq, status);
}

/// Ends as many bios of `rq` as `bytes` cover; the request starts at what is
/// left of it afterwards (`blk_update_request`).
pub fn blk_update_request<K: BlockEnv>(k: &mut K, rq: ReqId, status: BlkStatus, bytes: u64) {
    let b = k.block();
    let r = &b.reqs[rq];
    let dev = r.dev;
    let subject = Subject {
        sectors: (bytes / SECTOR) as u32,
        ..b.rq_subject(rq)
    };
    let (op, counted) = (r.op, r.rqf.has(RqFlags::IO_STAT));
    if counted && op != Op::Flush {
        let d = b.dev(dev);
        d.count.dirs[op as usize].sectors += bytes / SECTOR;
    }
    k.trace(dev, Action::Complete, subject);
    let mut left = (bytes / SECTOR) as u32;
    while let Some(bio) = k.block().reqs[rq].bio {
        let b = k.block();
        let o = &mut b.bios[bio];
        if status != BlkStatus::Ok && o.status == BlkStatus::Ok {
            o.status = status;
        }
        if o.sectors > left {
            // A part of this bio: it goes on from there.
            o.sector += u64::from(left);
            o.sectors -= left;
            let r = &mut b.reqs[rq];
            r.sector += u64::from(left);
            r.sectors -= left;
            return;
        }
        left -= o.sectors;
        o.traced = false; // the request's completion has been traced
        let (next, sectors) = (o.next, o.sectors); // the link stays: its end_io may look
        let r = &mut b.reqs[rq];
        r.bio = next;
        r.sectors -= sectors;
        if next.is_some() {
            r.sector += u64::from(sectors);
        }
        if !r.rqf.has(RqFlags::FLUSH_SEQ) {
            bio_endio(k, bio, status);
        } else {
            // The flush machinery ends the bio when its sequence is over.
            k.block().reqs[rq].bio = Some(bio);
            return;
        }
    }
}

/// `rq` is over: accounts it and tells whoever waits for it
/// (`__blk_mq_end_request`).
#[allow(non_snake_case)]
pub fn __blk_mq_end_request<K: BlockEnv>(k: &mut K, rq: ReqId, status: BlkStatus) {
    account_done(k, rq, status);
    wbt::done(k, rq);
    dispatch::put_budget_of(k, rq);
    match k.block().reqs[rq].end {
        RqEnd::None => blk_mq_free_request(k, rq),
        RqEnd::Clone { .. } => k.rq_end_io(rq, status),
        RqEnd::FlushRq => flush::flush_end_io(k, rq, status),
        RqEnd::FlushData => flush::data_end_io(k, rq, status),
    }
}

/// `blk_account_io_done`
fn account_done<K: BlockEnv>(k: &mut K, rq: ReqId, status: BlkStatus) {
    let now = k.host().now();
    let b = k.block();
    let r = &mut b.reqs[rq];
    let (op, start, issued) = (r.op, r.start, r.io_start);
    let started = r.rqf.has(RqFlags::IN_FLIGHT);
    let counted = r.rqf.has(RqFlags::IO_STAT) && !r.rqf.has(RqFlags::FLUSH_SEQ);
    if counted {
        b.reqs[rq].rqf.clear(RqFlags::IO_STAT);
    }
    let r = b.reqs[rq];
    let d = b.dev(r.dev);
    if started && let Some(w) = &mut d.wbt {
        w.sample(&r, now);
    }
    let c = &mut d.count;
    if status != BlkStatus::Ok {
        c.failed += 1;
    }
    if started {
        c.d2c.record(now - issued);
    }
    if counted {
        c.done(now, op, start);
    }
}

/// `blk_mq_free_request`: tags, budget and memory; then whoever waited.
pub fn blk_mq_free_request<K: BlockEnv>(k: &mut K, rq: ReqId) {
    let b = k.block();
    let r = b.reqs[rq];
    let dev = b.dev(r.dev);
    dev.count.requests_done += 1;
    if r.rqf.has(RqFlags::ELV) {
        dev.elevator.finish(&r);
    }
    b.reqs.free(rq);
    if r.budget {
        k.put_budget(r.dev); // refused before it was started
    }
    if r.tag {
        put_tag(k, r.hctx, false);
    }
    if r.sched_tag {
        put_tag(k, r.hctx, true);
    }
    // blk_mq_sched_restart
    let h = k.block().hctx(r.hctx);
    if std::mem::take(&mut h.restart) {
        dispatch::blk_mq_run_hw_queue(k, r.hctx, true);
    }
}

/// Frees a request that another one has absorbed.
pub fn free_merged<K: BlockEnv>(k: &mut K, rq: ReqId) {
    wbt::done(k, rq);
    blk_mq_free_request(k, rq);
}

/// Gives a tag of `hctx` back and wakes who slept for it (`blk_mq_put_tag`).
pub fn put_tag<K: BlockEnv>(k: &mut K, hctx: HctxId, sched: bool) {
    let h = k.block().hctx(hctx);
    let tags = match (&mut h.sched_tags, sched) {
        (Some(tags), true) => tags,
        _ => &mut h.tags,
    };
    for _ in 0..tags.put() {
        let h = k.block().hctx(hctx);
        let tags = match (&mut h.sched_tags, sched) {
            (Some(tags), true) => tags,
            _ => &mut h.tags,
        };
        match tags.next_waiter() {
            Some(task) => k.wake(task),
            None => break,
        }
    }
}

/// A bio, or one of the parts it was split into, is over (`bio_endio`).
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
        let o = *o;
        if o.traced {
            b.bios[bio].traced = false;
            let subject = b.bio_subject(bio);
            k.trace(o.dev, Action::Complete, subject);
        }
        match o.end_io {
            EndIo::Chain(whole) => {
                k.block().bios.free(bio);
                bio = whole;
                status = o.status;
            }
            EndIo::Nobody => {
                k.block().bios.free(bio);
                return;
            }
            // A clone has a cost of its own.
            EndIo::Dm { .. } | EndIo::DmRq { .. } => return k.bio_end_io(bio),
            _ => {
                k.host().charge(Cost::CompleteBio);
                return k.bio_end_io(bio);
            }
        }
    }
}
