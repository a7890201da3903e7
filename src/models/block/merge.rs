//! Who may merge with whom, and how (`block/blk-merge.c`, 6.1).

use super::super::host::Cost;
use super::super::io::{Bio, BioId, Flags, Op, ReqId};
use super::{Action, BlockDev, BlockEnv, BlockLayer, ReqList, Request, RqFlags};
use crate::sim::Ns;

/// Where a bio would join a request (`enum elv_merge`).
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum ElvMerge {
    /// Nowhere.
    No,
    /// At its front.
    Front,
    /// At its end.
    Back,
}

/// Requests that are never merged with (`RQF_NOMERGE_FLAGS`).
const RQF_NOMERGE: RqFlags =
    RqFlags(RqFlags::STARTED.0 | RqFlags::SOFTBARRIER.0 | RqFlags::FLUSH_SEQ.0);

/// Whether `rq` may absorb anything (`rq_mergeable`).
#[inline]
pub fn rq_mergeable(rq: &Request) -> bool {
    rq.op != Op::Flush && !rq.flags.has(Flags::NOMERGE_FLAGS) && !rq.rqf.has(RQF_NOMERGE)
}

/// Whether `rq` may absorb `bio`, place apart (`blk_rq_merge_ok`).
#[inline]
pub fn blk_rq_merge_ok(rq: &Request, bio: &Bio) -> bool {
    rq_mergeable(rq) && bio.is_mergeable() && rq.op == bio.op && rq.prio == bio.prio
}

/// Where `bio` would join `rq` (`blk_try_merge`).
#[inline]
pub fn blk_try_merge(rq: &Request, bio: &Bio) -> ElvMerge {
    if rq.sector + u64::from(rq.sectors) == bio.sector {
        ElvMerge::Back
    } else if bio.end_sector() == rq.sector {
        ElvMerge::Front
    } else {
        ElvMerge::No
    }
}

/// Marks `rq` as full for good (`req_set_nomerge`).
fn req_set_nomerge(dev: &mut BlockDev, rq: &mut Request, id: ReqId) {
    rq.flags = rq.flags.with(Flags::NOMERGE);
    if dev.last_merge == Some(id) {
        dev.last_merge = None;
    }
}

/// Whether the two together stay within the limits; if not, `rq` is marked
/// full (`ll_back_merge_fn`, `ll_front_merge_fn`).
#[inline]
fn fits(
    dev: &mut BlockDev,
    rq: &mut Request,
    id: ReqId,
    sector: u64,
    sectors: u32,
    segs: u16,
) -> bool {
    let too_long = rq.sectors + sectors > dev.max_sectors(rq.op, sector);
    let too_many = rq.op != Op::Discard && rq.segs + segs > dev.limits.max_segments;
    if too_long || too_many {
        req_set_nomerge(dev, rq, id);
        return false;
    }
    true
}

/// Where `bio` would join `rq`, if `rq` may absorb it.
#[inline]
fn place_in(rq: &Request, bio: &Bio) -> ElvMerge {
    match blk_rq_merge_ok(rq, bio) {
        true => blk_try_merge(rq, bio),
        false => ElvMerge::No,
    }
}

/// Tries to merge `bio` into `rq` (`blk_attempt_bio_merge`).
#[inline]
pub fn blk_attempt_bio_merge<K: BlockEnv>(k: &mut K, rq: ReqId, bio: BioId, cost: Cost) -> bool {
    let b = k.block();
    match place_in(&b.reqs[rq], &b.bios[bio]) {
        ElvMerge::Back => bio_attempt_back_merge(k, rq, bio, cost),
        ElvMerge::Front => bio_attempt_front_merge(k, rq, bio, cost),
        ElvMerge::No => false,
    }
}

/// The running code adds to `rq`: not before others have made it what it is.
#[inline]
fn touch<K: BlockEnv>(k: &mut K, rq: ReqId) -> Ns {
    let changed = k.block().reqs[rq].changed;
    k.host().not_before(changed);
    let now = k.host().now();
    k.block().reqs[rq].changed = now;
    now
}

/// `bio_attempt_back_merge`
#[inline]
pub fn bio_attempt_back_merge<K: BlockEnv>(k: &mut K, rq: ReqId, bio: BioId, cost: Cost) -> bool {
    let changed = k.block().reqs[rq].changed;
    k.host().not_before(changed);
    let now = k.host().now();
    let b = k.block();
    let o = &mut b.bios[bio];
    let r = &mut b.reqs[rq];
    r.changed = now;
    let dev = &mut b.devs[usize::from(r.dev.0)];
    if !fits(dev, r, rq, r.sector, o.sectors, o.segs) {
        return false;
    }
    r.sectors += o.sectors;
    r.segs += o.segs;
    o.next = None;
    dev.count.back_merges += 1;
    dev.count.dirs[o.op as usize].merges += 1;
    let at = o.dev;
    if let Some(tail) = r.biotail.replace(bio) {
        b.bios[tail].next = Some(bio);
    }
    k.host().charge(cost);
    k.host().charge(Cost::Trace);
    k.trace(at, Action::BackMerge, |b| b.bio_subject(bio));
    true
}

/// `bio_attempt_front_merge`
pub fn bio_attempt_front_merge<K: BlockEnv>(k: &mut K, rq: ReqId, bio: BioId, cost: Cost) -> bool {
    touch(k, rq);
    let b = k.block();
    let o = &mut b.bios[bio];
    let r = &mut b.reqs[rq];
    let dev = &mut b.devs[usize::from(r.dev.0)];
    if !fits(dev, r, rq, o.sector, o.sectors, o.segs) {
        return false;
    }
    r.sector = o.sector;
    r.sectors += o.sectors;
    r.segs += o.segs;
    o.next = r.bio.replace(bio);
    dev.count.front_merges += 1;
    dev.count.dirs[o.op as usize].merges += 1;
    let at = o.dev;
    k.host().charge(cost);
    k.host().charge(Cost::Trace);
    k.trace(at, Action::FrontMerge, |b| b.bio_subject(bio));
    true
}

/// Tries to append request `next` to `rq`, to which it must be contiguous
/// (`attempt_merge`). The caller frees `next`.
pub fn attempt_merge<K: BlockEnv>(k: &mut K, rq: ReqId, next: ReqId) -> bool {
    let b = k.block();
    if b.reqs[rq].prio != b.reqs[next].prio || !join(b, rq, next) {
        return false;
    }
    elv_merge_requests(k, rq, next);
    account_joined(k, rq, next);
    true
}

/// Appends what `next` holds to `rq`, if they are contiguous, alike and within
/// the limits (`attempt_merge` but for the scheduler).
pub fn join(b: &mut BlockLayer, rq: ReqId, next: ReqId) -> bool {
    let n = b.reqs[next];
    let r = &mut b.reqs[rq];
    let dev = &mut b.devs[usize::from(r.dev.0)];
    let alike = rq_mergeable(r) && rq_mergeable(&n) && r.op == n.op;
    if !alike || r.sector + u64::from(r.sectors) != n.sector {
        return false;
    }
    // ll_merge_requests_fn marks nothing as full.
    if r.sectors + n.sectors > dev.max_sectors(r.op, r.sector)
        || (r.op != Op::Discard && r.segs + n.segs > dev.limits.max_segments)
    {
        return false;
    }
    r.sectors += n.sectors;
    r.changed = r.changed.max(n.changed);
    r.segs += n.segs;
    // The earlier start survives (`attempt_merge`); the later I/O is absorbed.
    let absorbed = r.start.max(n.start);
    r.start = r.start.min(n.start);
    let tail = r.biotail;
    r.biotail = n.biotail;
    if let Some(tail) = tail {
        b.bios[tail].next = n.bio;
    }
    let n = &mut b.reqs[next];
    n.bio = None;
    n.biotail = None;
    n.start = absorbed;
    true
}

/// Counts that `next`, an I/O since its `start`, went into `rq`.
pub fn account_joined<K: BlockEnv>(k: &mut K, rq: ReqId, next: ReqId) {
    let now = touch(k, rq);
    let b = k.block();
    let n = b.reqs[next];
    let dev = b.dev_of(rq);
    dev.count.rq_merges += 1;
    dev.count.dirs[n.op as usize].merges += 1;
    dev.count.absorbed(now, n.start);
    let dev = n.dev;
    k.host().charge(Cost::Trace);
    k.trace(dev, Action::RqMerge, |b| b.rq_subject(next));
}

/// The scheduler learns that `next` went into `rq` (`elv_merge_requests`).
fn elv_merge_requests<K: BlockEnv>(k: &mut K, rq: ReqId, next: ReqId) {
    let now = k.host().now();
    let b = k.block();
    let dev = &mut b.devs[usize::from(b.reqs[rq].dev.0)];
    dev.elevator.requests_merged(&mut b.reqs, rq, next, now);
    if dev.last_merge == Some(next) {
        dev.last_merge = None;
    }
    dev.elevator.rehash(&mut b.reqs, rq);
    dev.last_merge = Some(rq);
}

/// Tries to merge `bio` into what the scheduler of its device holds
/// (`blk_mq_sched_try_merge`).
pub fn blk_mq_sched_try_merge<K: BlockEnv>(k: &mut K, bio: BioId) -> bool {
    k.host().charge(Cost::ElvSearch);
    let Some((rq, place)) = elv_merge(k, bio) else {
        return false;
    };
    let merged = match place {
        ElvMerge::Back => bio_attempt_back_merge(k, rq, bio, Cost::ElvMerge),
        ElvMerge::Front => bio_attempt_front_merge(k, rq, bio, Cost::ElvMerge),
        ElvMerge::No => false,
    };
    if !merged {
        return false;
    }
    let b = k.block();
    let dev = &mut b.devs[usize::from(b.reqs[rq].dev.0)];
    let neighbour = match place {
        ElvMerge::Back => dev.elevator.latter_request(&b.reqs, rq).map(|n| (rq, n)),
        _ => dev.elevator.former_request(&b.reqs, rq).map(|p| (p, rq)),
    };
    if let Some((first, second)) = neighbour
        && attempt_merge(k, first, second)
    {
        super::complete::blk_mq_free_request(k, second);
        return true;
    }
    elv_merged_request(k, rq, place);
    true
}

/// The scheduler learns that `rq` has grown (`elv_merged_request`).
fn elv_merged_request<K: BlockEnv>(k: &mut K, rq: ReqId, place: ElvMerge) {
    let now = k.host().now();
    let b = k.block();
    let dev = &mut b.devs[usize::from(b.reqs[rq].dev.0)];
    match place {
        ElvMerge::Front => dev.elevator.front_merged(&b.reqs, rq, now),
        _ => dev.elevator.rehash(&mut b.reqs, rq),
    }
    dev.last_merge = Some(rq);
}

/// The request that `bio` would join, and where (`elv_merge`): the last one
/// merged, by end sector, by the scheduler's own search.
fn elv_merge<K: BlockEnv>(k: &mut K, bio: BioId) -> Option<(ReqId, ElvMerge)> {
    let (now, task) = (k.host().now(), k.host().current());
    let b = k.block();
    let o = b.bios[bio];
    let dev = &mut b.devs[usize::from(o.dev.0)];
    if dev.merges_off() || !o.is_mergeable() {
        return None;
    }
    let (reqs, elevator) = (&mut b.reqs, &mut dev.elevator);
    elevator.begin_bio_merge(task, &o);
    if let Some(last) = dev.last_merge
        && blk_rq_merge_ok(&reqs[last], &o)
        && elevator.allow_merge(reqs, last, &o, now)
    {
        match blk_try_merge(&reqs[last], &o) {
            ElvMerge::No => {}
            place => return Some((last, place)),
        }
    }
    if dev.nomerges == 1 {
        return None;
    }
    if let Some(rq) = elevator.find_by_end(reqs, o.sector)
        && blk_rq_merge_ok(&reqs[rq], &o)
        && elevator.allow_merge(reqs, rq, &o, now)
    {
        return Some((rq, ElvMerge::Back));
    }
    let rq = elevator.request_merge(reqs, &o)?;
    let ok = blk_rq_merge_ok(&reqs[rq], &o) && elevator.allow_merge(reqs, rq, &o, now);
    ok.then_some((rq, ElvMerge::Front))
}

/// Tries to append `rq`, which is about to be inserted, to what the scheduler
/// holds (`elv_attempt_insert_merge`). Requests that were absorbed go to
/// `free`.
pub fn blk_mq_sched_try_insert_merge<K: BlockEnv>(
    k: &mut K,
    rq: ReqId,
    free: &mut ReqList,
) -> bool {
    let b = k.block();
    let dev = b.dev_of(rq);
    if dev.merges_off() {
        return false;
    }
    let only_last = dev.nomerges == 1;
    if let Some(last) = dev.last_merge
        && attempt_merge(k, last, rq)
    {
        free.push_front(&mut k.block().reqs, rq);
        return true;
    }
    if only_last {
        return false;
    }
    let mut absorbed = rq;
    let mut any = false;
    loop {
        let b = k.block();
        let sector = b.reqs[absorbed].sector;
        let dev = &mut b.devs[usize::from(b.reqs[absorbed].dev.0)];
        let Some(found) = dev.elevator.find_by_end(&mut b.reqs, sector) else {
            break;
        };
        if found == absorbed || !attempt_merge(k, found, absorbed) {
            break;
        }
        free.push_front(&mut k.block().reqs, absorbed);
        any = true;
        absorbed = found;
    }
    any
}

/// Tries the newest eight requests of a software queue
/// (`blk_bio_list_merge`).
pub fn blk_bio_list_merge<K: BlockEnv>(k: &mut K, list: ReqList, bio: BioId) -> bool {
    const MAX_CHECKED: usize = 8;
    let mut at = list.tail;
    for _ in 0..MAX_CHECKED {
        let Some(rq) = at else { break };
        at = k.block().reqs[rq].prev;
        let b = k.block();
        let (r, o) = (&b.reqs[rq], &b.bios[bio]);
        if !blk_rq_merge_ok(r, o) || blk_try_merge(r, o) == ElvMerge::No {
            continue;
        }
        // The search ends with the first that is contiguous, merged or not.
        return blk_attempt_bio_merge(k, rq, bio, Cost::ElvMerge);
    }
    false
}
