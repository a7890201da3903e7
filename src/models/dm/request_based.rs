//! Request-based device-mapper: the *device's own* queue plugs, merges and
//! sorts; a request that leaves it is mapped as a whole, and its clone goes past
//! the path's scheduler straight to the driver (`dm-rq.c`,
//! `dm-mpath.c:multipath_clone_and_map`, 6.1).

use super::super::block::dispatch::{
    blk_mq_requeue_request, blk_mq_start_request, delay_kick_requeue_list,
};
use super::super::block::issue::blk_mq_request_issue_directly;
use super::super::block::submit::{account_start, blk_mq_alloc_request};
use super::super::block::{Action, RqEnd, RqFlags, complete};
use super::super::host::{Cost, interrupted};
use super::super::io::{Bio, BioId, BlkStatus, EndIo, Flags, Op, ReqId, SECTOR};
use super::super::mpath::selector::SelectCtx;
use super::super::mpath::{Completion, EndIoRq, MapRq, PathIdx};
use super::{DmEnv, apply};
use crate::sim::Ns;

/// Delay before a request without a path is tried again
/// (`dm_mq_kick_requeue_list` with delay).
const DELAY_REQUEUE: Ns = Ns::from_ms(100);

/// Takes a request that leaves the device's queue (`dm_mq_queue_rq`). None if it
/// is interrupted: to be called again.
pub fn dm_mq_queue_rq<K: DmEnv>(k: &mut K, dm: u16, rq: ReqId) -> Option<BlkStatus> {
    if let Some(clone) = k.block().reqs[rq].clone {
        return issue_clone(k, dm, rq, clone);
    }
    if k.dm().dev(dm).suspended || is_busy(k, dm) {
        return Some(BlkStatus::Resource);
    }
    blk_mq_start_request(k, rq);
    map_request(k, dm, rq)
}

/// Whether no path could take a request now (`multipath_busy`).
fn is_busy<K: DmEnv>(k: &mut K, dm: u16) -> bool {
    let d = k.dm().dev(dm);
    let mut busy = std::mem::take(&mut d.busy_paths);
    for (dev, is_busy) in &mut busy {
        *is_busy = k.lld_busy(*dev);
    }
    let of = |dev| busy.iter().any(|&(d, is_busy)| d == dev && is_busy);
    let all = k.dm().mpath(dm).is_some_and(|m| m.is_busy(of));
    k.dm().dev(dm).busy_paths = busy;
    all
}

/// Chooses a path and sends a clone down it (`map_request`).
fn map_request<K: DmEnv>(k: &mut K, dm: u16, rq: ReqId) -> Option<BlkStatus> {
    let ctx = SelectCtx {
        nr_bytes: (u64::from(k.block().reqs[rq].sectors) * SECTOR) as u32,
        cpu: u16::from(k.host().cpu().0),
        node: 0,
        now: k.host().ktime(),
    };
    let verdict = k.dm().mpath(dm).map_or(MapRq::Kill, |m| m.map_rq(&ctx));
    match verdict {
        MapRq::Remapped(path) => clone_and_issue(k, dm, rq, path, &ctx),
        MapRq::DelayRequeue { .. } => {
            delay_requeue(k, rq);
            Some(BlkStatus::Ok)
        }
        MapRq::Kill => {
            complete::blk_mq_end_request(k, rq, BlkStatus::IoErr);
            Some(BlkStatus::Ok)
        }
    }
}

/// `multipath_clone_and_map` once it has a path, and `setup_clone`. Out of tags:
/// the turn is consumed, and the request goes back to the block layer.
fn clone_and_issue<K: DmEnv>(
    k: &mut K,
    dm: u16,
    rq: ReqId,
    path: PathIdx,
    ctx: &SelectCtx,
) -> Option<BlkStatus> {
    let Some(to) = k.dm().mpath(dm).map(|m| m.dev(path)) else {
        return Some(BlkStatus::IoErr);
    };
    let r = k.block().reqs[rq];
    let flags = r.flags.with(Flags::NOMERGE);
    let like = Bio::new(to, r.op, flags, r.sector, r.sectors, r.segs);
    let cpu = k.host().cpu().0;
    let Some(clone) = blk_mq_alloc_request(k, to, cpu, &like) else {
        return Some(BlkStatus::Resource);
    };
    k.host().charge(Cost::CloneRq);
    if let Some(m) = k.dm().mpath(dm) {
        m.start_io(path, ctx.nr_bytes);
    }
    setup_clone(k, rq, clone, path, ctx);
    if interrupted(k) {
        return None;
    }
    issue_clone(k, dm, rq, clone)
}

/// `blk_insert_cloned_request`. Refused by the driver: as when it is out of tags.
fn issue_clone<K: DmEnv>(k: &mut K, dm: u16, rq: ReqId, clone: ReqId) -> Option<BlkStatus> {
    let b = k.block();
    let (r, c) = (b.reqs[rq], b.reqs[clone]);
    let subject = b.rq_subject(clone);
    k.trace(c.dev, Action::Remap(r.dev, r.sector), subject);
    let status = match blk_insert_cloned_request(k, clone)? {
        BlkStatus::Ok => BlkStatus::Ok,
        BlkStatus::Resource | BlkStatus::DevResource => {
            let now = k.host().ktime();
            if let Some(m) = k.dm().mpath(dm) {
                m.release_io(PathIdx(r.pgpath), r.nr_bytes, Ns::ZERO, now);
            }
            release_clone(k, rq, clone);
            BlkStatus::Resource
        }
        error => {
            dm_complete_request(k, dm, rq, error);
            BlkStatus::Ok
        }
    };
    Some(status)
}

/// Fills the clone: a clone of every bio, nothing copied (`setup_clone`,
/// `blk_rq_prep_clone`).
fn setup_clone<K: DmEnv>(k: &mut K, rq: ReqId, clone: ReqId, path: PathIdx, ctx: &SelectCtx) {
    let b = k.block();
    let orig = b.reqs[rq];
    let to = b.reqs[clone].dev;
    let (mut first, mut last): (Option<BioId>, Option<BioId>) = (None, None);
    let mut at = orig.bio;
    let mut bios = 0;
    while let Some(bio) = at {
        let o = b.bios[bio];
        at = o.next;
        let id = b.bios.alloc(Bio {
            dev: to,
            end_io: EndIo::DmRq { clone, orig: bio },
            remaining: 1,
            traced: false,
            next: None,
            ..o
        });
        match last {
            Some(last) => b.bios[last].next = Some(id),
            None => first = Some(id),
        }
        last = Some(id);
        bios += 1;
    }
    let c = &mut b.reqs[clone];
    c.sector = orig.sector;
    c.sectors = orig.sectors;
    c.segs = orig.segs;
    c.prio = orig.prio;
    c.flags = c.flags.with(Flags::FAILFAST_TRANSPORT);
    c.bio = first;
    c.biotail = last;
    c.end = RqEnd::Clone { orig: rq };
    let o = &mut b.reqs[rq];
    o.clone = Some(clone);
    o.pgpath = path.0;
    o.nr_bytes = ctx.nr_bytes;
    o.completed = 0;
    o.status = BlkStatus::Ok;
    k.host().charge_n(Cost::CloneBio, bios);
}

/// Sends a clone past the path's scheduler to its driver
/// (`blk_insert_cloned_request`), if it is within the limits.
fn blk_insert_cloned_request<K: DmEnv>(k: &mut K, clone: ReqId) -> Option<BlkStatus> {
    let b = k.block();
    let c = b.reqs[clone];
    let dev = b.dev(c.dev);
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
    account_start(k, clone);
    blk_mq_request_issue_directly(k, clone, true)
}

/// Gives the clone and its bios back (`free_rq_clone`, `release_clone_rq`).
fn release_clone<K: DmEnv>(k: &mut K, rq: ReqId, clone: ReqId) {
    let now = k.host().now();
    let b = k.block();
    b.reqs[rq].clone = None;
    let mut at = b.reqs[clone].bio.take();
    while let Some(bio) = at {
        at = b.bios[bio].next;
        b.bios.free(bio);
    }
    let c = &b.reqs[clone];
    if c.rqf.has(RqFlags::IO_STAT) {
        // Refused: it counts as an I/O all the same (blk_insert_cloned_request).
        let (op, start) = (c.op, c.start);
        let count = &mut b.dev_of(clone).count;
        count.done(now, op, start);
        count.refused += 1;
    }
    complete::blk_mq_free_request(k, clone);
}

/// A bio of a clone has ended: once all have, or one has failed, as much of the
/// original is complete (`end_clone_bio`).
pub fn end_clone_bio<K: DmEnv>(k: &mut K, bio: BioId) {
    k.host().charge(Cost::EndRqBio);
    let b = k.block();
    let c = b.bios[bio];
    b.bios.free(bio);
    let EndIo::DmRq { clone, orig } = c.end_io else {
        return;
    };
    let RqEnd::Clone { orig: rq } = b.reqs[clone].end else {
        return;
    };
    let bytes = b.bios[orig].sectors * SECTOR as u32;
    let r = &mut b.reqs[rq];
    if r.status != BlkStatus::Ok {
        return;
    }
    if c.status == BlkStatus::Ok {
        r.completed += bytes;
        if c.next.is_some() {
            return;
        }
    } else {
        r.status = c.status;
    }
    let completed = u64::from(r.completed);
    if completed > 0 {
        complete::blk_update_request(k, rq, BlkStatus::Ok, completed);
    }
}

/// A clone has ended: the multipath target decides about the original
/// (`end_clone_request`, `dm_softirq_done`, `dm_done`).
pub fn end_clone_request<K: DmEnv>(k: &mut K, dm: u16, clone: ReqId, status: BlkStatus) {
    if let RqEnd::Clone { orig } = k.block().reqs[clone].end {
        dm_complete_request(k, dm, orig, status);
    }
}

fn dm_complete_request<K: DmEnv>(k: &mut K, dm: u16, rq: ReqId, status: BlkStatus) {
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
    let Some(m) = k.dm().mpath(dm) else { return };
    let (verdict, effects) = m.end_io_rq(&io);
    release_clone(k, rq, clone);
    match verdict {
        EndIoRq::Done => complete::blk_mq_end_request(k, rq, status),
        EndIoRq::Requeue => blk_mq_requeue_request(k, rq, true),
        EndIoRq::DelayRequeue => delay_requeue(k, rq),
    }
    if effects != super::Effects::default() {
        apply(k, dm, effects);
    }
}

/// `dm_requeue_original_request` with delay: the timer is the queue's, and
/// restarted by each request.
fn delay_requeue<K: DmEnv>(k: &mut K, rq: ReqId) {
    let dev = k.block().reqs[rq].dev;
    blk_mq_requeue_request(k, rq, false);
    delay_kick_requeue_list(k, dev, DELAY_REQUEUE);
}
