//! The way up: requests end bio by bio, tags are freed, sleepers and queues
//! that waited for them go on (`blk-mq.c`, `block/bio.c`, 6.1).

use super::super::host::Cost;
use super::super::io::{BioId, BlkStatus, DevId, EndIo, Op, ReqId, SECTOR};
use super::{BlockDev, BlockEnv, HctxId, Request, RqEnd, RqFlags, Subject};
use super::{flush, klog, run_queue, sched, shared_tags, single_queue, wbt};
use crate::models::planted::{self, Defect};
use crate::sim::{Ns, unlikely};

/// The driver is done with `rq` (`blk_mq_end_request`).
#[inline]
pub fn blk_mq_end_request<K: BlockEnv>(k: &mut K, rq: ReqId, status: BlkStatus) {
    let r = &k.block().reqs[rq];
    let (dev, bytes) = (r.dev, u64::from(r.sectors) * SECTOR);
    if bytes == 0 && r.bio.is_none() && status == BlkStatus::Ok {
        k.ended(dev, status, |b| b.rq_subject(rq)); // its bios have ended before
    } else {
        blk_update_request(k, rq, status, bytes);
    }
    __blk_mq_end_request(k, rq, status);
}

/// Ends as many bios of `rq` as `bytes` cover; the request starts at what is
/// left of it afterwards (`blk_update_request`).
#[inline]
pub fn blk_update_request<K: BlockEnv>(k: &mut K, rq: ReqId, status: BlkStatus, bytes: u64) {
    let sectors = (bytes / SECTOR) as u32;
    let b = k.block();
    let r = &b.reqs[rq];
    let (dev, is_clone) = (r.dev, matches!(r.end, RqEnd::Clone { .. }));
    if r.op != Op::Flush && r.rqf.has(RqFlags::IO_STAT) {
        let d = &mut b.devs[usize::from(dev.0)];
        d.count.dirs[r.op as usize].sectors += u64::from(sectors);
    }
    k.ended(dev, status, |b| Subject {
        sectors,
        ..b.rq_subject(rq)
    });
    if unlikely(status != BlkStatus::Ok) {
        klog::blk_print_req_error(k, rq, status);
    }
    if is_clone {
        k.clone_bios_ended(rq, status, sectors);
    } else {
        end_bios(k, rq, status, sectors);
    }
}

/// Ends the bios of `rq` as far as `left` sectors reach.
#[inline]
fn end_bios<K: BlockEnv>(k: &mut K, rq: ReqId, status: BlkStatus, mut left: u32) {
    loop {
        let b = k.block();
        let r = &mut b.reqs[rq];
        let Some(bio) = r.bio else { return };
        let o = &mut b.bios[bio];
        if unlikely(status != BlkStatus::Ok) && o.status == BlkStatus::Ok {
            o.status = status;
        }
        if unlikely(o.sectors > left) {
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
    if !matches!(k.block().reqs[rq].end, RqEnd::Clone { .. }) {
        k.host().charge(Cost::EndRq);
    }
    let now = k.host().now();
    if k.block().reqs[rq].rqf.has(RqFlags::ELV) {
        k.host().charge(Cost::ElvEnd);
        sched::completed_request(k, rq);
    }
    let b = k.block();
    let r = &mut b.reqs[rq];
    let (dev, end) = (r.dev, r.end);
    let d = &mut b.devs[usize::from(dev.0)];
    account_done(d, r, status, now);
    if end == RqEnd::None && !r.budget {
        let held = let_go(d, r, rq, now);
        return free(k, rq, held);
    }
    let woken = match end {
        RqEnd::None => None, // when it is freed
        _ => wbt::done(d, r, rq, now),
    };
    if std::mem::take(&mut r.budget) {
        k.put_budget(dev);
    }
    if unlikely(woken.is_some())
        && let Some(queue) = woken
    {
        wbt::wake_all(k, dev, queue);
    }
    match end {
        RqEnd::None => blk_mq_free_request(k, rq),
        RqEnd::Clone { .. } | RqEnd::Daemon(_) => k.rq_end_io(rq, end, status),
        RqEnd::FlushRq => flush::flush_end_io(k, rq, status),
        RqEnd::FlushData => flush::data_end_io(k, rq, status),
        RqEnd::SingleQueue => single_queue::end_that_request_last(k, rq),
    }
}

/// `blk_account_io_done`
#[inline(always)]
fn account_done(d: &mut BlockDev, r: &mut Request, status: BlkStatus, now: Ns) {
    let started = r.rqf.has(RqFlags::IN_FLIGHT);
    let counted = r.rqf.has(RqFlags::IO_STAT) && !r.rqf.has(RqFlags::FLUSH_SEQ);
    if started && let Some(w) = &mut d.wbt {
        w.sample(r, now);
    }
    let c = &mut d.count;
    if unlikely(status != BlkStatus::Ok) {
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
    let d = &mut b.devs[usize::from(r.dev.0)];
    let held = let_go(d, r, rq, now);
    free(k, rq, held);
}

/// What a request that is over gives back.
struct Held {
    dev: DevId,
    hctx: HctxId,
    cpu: u8,
    budget: bool,
    tag: bool,
    tag_nr: u32,
    sched_tag: bool,
    sched_nr: u32,
    is_elv: bool,
    /// The queue of write-back throttling whose sleepers are to be woken.
    woken: Option<usize>,
}

/// `rq` is over, as far as its device counts it.
#[inline(always)]
fn let_go(d: &mut BlockDev, r: &mut Request, rq: ReqId, now: Ns) -> Held {
    r.rqf.clear(RqFlags::IN_FLIGHT);
    d.count.requests_done += 1;
    Held {
        dev: r.dev,
        hctx: r.hctx,
        cpu: r.cpu,
        budget: r.budget,
        tag: r.tag,
        tag_nr: r.tag_nr,
        sched_tag: r.sched_tag,
        sched_nr: r.sched_nr,
        is_elv: r.rqf.has(RqFlags::ELV),
        woken: wbt::done(d, r, rq, now),
    }
}

/// The memory of `rq` is free, and what it held.
#[inline(always)]
fn free<K: BlockEnv>(k: &mut K, rq: ReqId, held: Held) {
    let Held { dev, hctx, .. } = held;
    if held.is_elv {
        sched::finish_request(k, rq);
    }
    k.block().reqs.free(rq);
    if unlikely(held.woken.is_some())
        && let Some(queue) = held.woken
    {
        wbt::wake_all(k, dev, queue);
    }
    if unlikely(held.budget) {
        k.put_budget(dev); // refused before it was started
    }
    let sched_tag = held.sched_tag.then_some((held.sched_nr, held.cpu));
    let Some(h) = k.block().hctxs.get_mut(hctx.index()) else {
        return single_queue::complete::passthrough_freed(k, dev);
    };
    if let (Some(set), true) = (h.shared, held.tag) {
        shared_tags::put(k, hctx, set);
        return restart(k, hctx, 0, sched_tag);
    }
    let mut to_wake = 0;
    if held.tag {
        h.tags.clear(held.tag_nr, held.cpu);
        to_wake = h.tags.put();
    }
    if to_wake > 0 || held.sched_tag || h.restart {
        restart(k, hctx, to_wake, sched_tag);
    }
}

/// Wakes `to_wake` sleepers for a driver tag, gives the scheduler's tag back,
/// and runs the queue if that is due (`blk_mq_sched_restart`).
#[inline(never)]
fn restart<K: BlockEnv>(k: &mut K, hctx: HctxId, to_wake: u32, sched_tag: Option<(u32, u8)>) {
    wake_waiters(k, hctx, false, to_wake);
    if let Some((nr, cpu)) = sched_tag {
        if let Some(tags) = &mut k.block().hctx(hctx).sched_tags {
            tags.clear(nr, cpu);
        }
        put_tag(k, hctx, true);
    }
    let h = k.block().hctx(hctx);
    if std::mem::take(&mut h.restart) {
        run_queue::blk_mq_run_hw_queue(k, hctx, true);
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
            Some(task) => {
                k.host().charge_waking(task, Cost::WakeForTag);
                k.wake(task);
            }
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
        if unlikely(status != BlkStatus::Ok) && o.status == BlkStatus::Ok {
            o.status = status;
        }
        o.remaining = o.remaining.saturating_sub(1);
        if o.remaining > 0 {
            return;
        }
        let (dev, end_io, first_error) = (o.dev, o.end_io, o.status);
        let is_read = o.op == Op::Read;
        if std::mem::take(&mut o.traced) {
            k.ended(dev, first_error, |b| b.bio_subject(bio));
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
                if is_read {
                    k.host().charge(Cost::CheckDirty);
                }
                return k.bio_end_io(bio, end_io);
            }
        }
    }
}
