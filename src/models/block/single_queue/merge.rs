//! Merging on the single queue (`elevator.c:elv_merge`, `blk-merge.c`, 2.6.25):
//! the last merged request, the hash of end sectors, the scheduler's own search.

use super::super::super::host::{Cost, TaskId};
use super::super::super::io::{Bio, BioId, Op, ReqId};
use super::super::merge::{self, ElvMerge, blk_try_merge, rq_mergeable};
use super::super::{BlockEnv, Request};
use super::{complete, elv};

/// Whether `rq` may absorb `bio`, place apart (`elv_rq_merge_ok`). Priorities
/// are not compared: the better one is the result's.
fn elv_rq_merge_ok(rq: &Request, bio: &Bio) -> bool {
    rq_mergeable(rq) && bio.is_mergeable() && rq.op == bio.op
}

/// Tries to merge `bio` into a request of its queue, whose lock is held.
pub(super) fn elv_try_merge<K: BlockEnv>(k: &mut K, task: TaskId, bio: BioId) -> bool {
    k.host().charge(Cost::ElvSearch);
    let Some((rq, place)) = elv_merge(k, task, bio) else {
        return false;
    };
    let merged = match place {
        ElvMerge::Back => merge::bio_attempt_back_merge(k, rq, bio, Cost::ElvMerge),
        ElvMerge::Front => merge::bio_attempt_front_merge(k, rq, bio, Cost::ElvMerge),
        ElvMerge::No => false,
    };
    if !merged {
        return false;
    }
    let b = k.block();
    let prio = b.bios[bio].prio;
    b.reqs[rq].prio = b.reqs[rq].prio.min(prio);
    if !attempt_merge_with_neighbour(k, rq, place) {
        elv_merged_request(k, rq, place);
    }
    true
}

/// The request that `bio` would join, and where.
fn elv_merge<K: BlockEnv>(k: &mut K, task: TaskId, bio: BioId) -> Option<(ReqId, ElvMerge)> {
    let b = k.block();
    let o = b.bios[bio];
    let d = &mut b.devs[usize::from(o.dev.0)];
    let q = &mut b.sqs[d.sq.index()];
    let reqs = &mut b.reqs;
    if !o.is_mergeable() || o.op == Op::Flush || d.merges_off() {
        return None;
    }
    if let Some(last) = d.last_merge
        && elv_rq_merge_ok(&reqs[last], &o)
        && q.elevator.allow_merge(reqs, last, task, &o)
    {
        match blk_try_merge(&reqs[last], &o) {
            ElvMerge::No => {}
            place => return Some((last, place)),
        }
    }
    if d.nomerges == 1 {
        return None;
    }
    if let Some(rq) = q.hash.find(reqs, o.sector)
        && elv_rq_merge_ok(&reqs[rq], &o)
        && q.elevator.allow_merge(reqs, rq, task, &o)
    {
        return Some((rq, ElvMerge::Back));
    }
    let rq = q.elevator.request_merge(task, &o)?;
    let ok = elv_rq_merge_ok(&reqs[rq], &o) && q.elevator.allow_merge(reqs, rq, task, &o);
    ok.then_some((rq, ElvMerge::Front))
}

/// `rq` has grown: it may have met its neighbour (`attempt_back_merge`,
/// `attempt_front_merge`).
fn attempt_merge_with_neighbour<K: BlockEnv>(k: &mut K, rq: ReqId, place: ElvMerge) -> bool {
    let b = k.block();
    let dev = b.reqs[rq].dev;
    let q = &b.sqs[b.devs[usize::from(dev.0)].sq.index()];
    let pair = match place {
        ElvMerge::Back => q.elevator.latter_request(&b.reqs, rq).map(|n| (rq, n)),
        _ => q.elevator.former_request(&b.reqs, rq).map(|p| (p, rq)),
    };
    let Some((first, second)) = pair else {
        return false;
    };
    if !merge::join(b, first, second) {
        return false;
    }
    elv_merge_requests(k, first, second);
    merge::account_joined(k, first, second);
    complete::blk_put_request(k, second);
    true
}

/// The scheduler learns that `next` went into `rq` (`elv_merge_requests`).
fn elv_merge_requests<K: BlockEnv>(k: &mut K, rq: ReqId, next: ReqId) {
    let b = k.block();
    let d = &mut b.devs[usize::from(b.reqs[rq].dev.0)];
    let q = &mut b.sqs[d.sq.index()];
    q.elevator.requests_merged(&mut b.reqs, rq, next);
    q.hash.remove(&mut b.reqs, rq);
    q.hash.add(&mut b.reqs, rq);
    q.hash.remove(&mut b.reqs, next);
    q.nr_sorted -= 1;
    d.last_merge = Some(rq);
}

/// It learns that `rq` has grown (`elv_merged_request`).
fn elv_merged_request<K: BlockEnv>(k: &mut K, rq: ReqId, place: ElvMerge) {
    let b = k.block();
    let d = &mut b.devs[usize::from(b.reqs[rq].dev.0)];
    let q = &mut b.sqs[d.sq.index()];
    match place {
        ElvMerge::Front => {
            let alias = q.elevator.front_merged(&mut b.reqs, rq);
            d.last_merge = Some(rq);
            elv::dispatch_alias(k, alias);
        }
        _ => {
            q.hash.remove(&mut b.reqs, rq);
            q.hash.add(&mut b.reqs, rq);
            d.last_merge = Some(rq);
        }
    }
}
