//! Request-based device-mapper on a single queue: what the patch set of March
//! 2008 argued for, and what became of it in 2.6.31 (`dm.c:dm_request_fn`,
//! `dm_softirq_done`, `dm-mpath.c:multipath_map`).
//!
//! The hook is the queue's `request_fn`: below merging and sorting, above the
//! choice of a path. The clone is made while the request is still at the head of
//! the queue; its path is chosen without the queue's lock; it is put behind
//! everything in the path's queue, past the scheduler. On the way up the bios of
//! the clone end those of the original, and the end of the clone, which comes
//! under the lock of the *path's* queue, leaves the rest to the softirq.
//!
//! | | |
//! |---|---|
//! | here | the hook: what is taken out of the queue, and what waits in it |
//! | [`map`] | the choice of a path, and the way down |
//! | [`done`] | the way up, and back to the queue |

pub mod done;
pub mod map;

use super::super::block::driver::blk_mq_start_request;
use super::super::block::single_queue::{elv, lock, plug, request_fn, unlock};
use super::super::block::{HctxId, ReqList, Request, RqEnd};
use super::super::host::Cost;
use super::super::io::{DevId, Flags, ReqId};
use super::DmEnv;
use super::busy::are_busy;
use crate::sim::Ns;
use map::map_request;

/// What request-based dm on a single queue holds and counts.
#[derive(Clone, Debug, Default)]
pub struct Stacking {
    /// Requests that the target keeps until it has a path for them
    /// (`m->queued_ios`).
    pub queued: ReqList,
    /// Clones there are.
    pub clones: u32,
    /// Most of them there have been at once.
    pub most_clones: u32,
    /// Times that a request found the pool of clones empty.
    pub deferred: u64,
    /// Times that all paths were busy, and a request stayed where it was.
    pub held_back: u64,
    /// Times the target was asked for a path.
    pub mapped: u64,
    /// Bytes that had reached the application when their request was put back
    /// to be sent again.
    pub early_bytes: u64,
    /// Bytes that were sent again.
    pub retried_bytes: u64,
    /// Behind what was sent last, whether it was a write, and when.
    pub last_sent: (u64, bool, Ns),
    /// Whether the worker for `queued` has been started.
    pub worker_queued: bool,
}

/// Takes requests out of the queue of `dm`, whose lock is held
/// (`dm_request_fn`).
pub fn dm_request_fn<K: DmEnv>(k: &mut K, dm: u16) {
    let dev = k.dm().dev(dm).dev;
    while !k.block().sq(dev).plugged && !k.block().sq(dev).stopped {
        let Some(rq) = elv::elv_next_request(k, dev) else {
            return plug_and_out(k, dev);
        };
        if k.block().reqs[rq].clone.is_none() && !prep(k, dm, rq) {
            // A clone that ends runs the queue, but not one that is sent again.
            k.dm().dev(dm).stacking.deferred += 1;
            return plug::blk_plug_device(k, dev);
        }
        if is_held(k, dm, rq) {
            return request_fn::run_later(k, dev, HOLD_POLL);
        }
        if is_busy(k, dm) {
            // It stays at the head, and what comes behind it goes on merging.
            k.dm().dev(dm).stacking.held_back += 1;
            return plug::blk_plug_device(k, dev);
        }
        elv::elv_dequeue_request(k, rq);
        blk_mq_start_request(k, rq);
        k.dm().dev(dm).in_flight += 1;
        unlock(k, dev);
        map_request(k, dm, rq);
        lock(k, dev, "dm_request_fn");
    }
}

/// Whatever remains is tried again later: no completion is sure to come.
fn plug_and_out<K: DmEnv>(k: &mut K, dev: DevId) {
    if !elv::elv_queue_empty(k, dev) {
        plug::blk_plug_device(k, dev);
    }
}

/// When a queue is run again that holds a request back for others to merge
/// behind it (4.1 `blk_delay_queue`), if no completion runs it before.
const HOLD_POLL: Ns = Ns::from_ms(10);

/// Whether `rq`, of one bio, continues what was sent last, so that more is to be
/// expected (4.1 `dm_request_peeked_before_merge_deadline`).
fn is_held<K: DmEnv>(k: &mut K, dm: u16, rq: ReqId) -> bool {
    let hold = k.dm().params.seq_merge_hold;
    if hold == Ns::ZERO {
        return false;
    }
    let now = k.host().now();
    let b = k.block();
    let r = &b.reqs[rq];
    let (sector, sectors, op, single) = (r.sector, r.sectors, r.op, r.bio == r.biotail);
    let d = k.dm().dev(dm);
    let (end, is_write, at) = d.stacking.last_sent;
    let continues = d.in_flight > 0 && single && end == sector && is_write == op.is_write();
    if continues && now <= at + hold {
        return true;
    }
    d.stacking.last_sent = (sector + u64::from(sectors), op.is_write(), now);
    false
}

/// Whether no path could take a request now (`dm_lld_busy`,
/// `multipath_busy`).
fn is_busy<K: DmEnv>(k: &mut K, dm: u16) -> bool {
    // If no driver says, none is.
    !k.dm().dev(dm).busy_paths.is_empty() && are_busy(k, dm)
}

/// Makes the clone of `rq`, which has no path yet; false if the pool is empty
/// (`dm_prep_fn`).
fn prep<K: DmEnv>(k: &mut K, dm: u16, rq: ReqId) -> bool {
    let most = k.patches().clone_pool;
    let d = k.dm().dev(dm);
    if most > 0 && d.stacking.clones >= most {
        return false;
    }
    d.stacking.clones += 1;
    d.stacking.most_clones = d.stacking.most_clones.max(d.stacking.clones);
    let (now, cpu) = (k.host().now(), k.host().cpu().0);
    k.host().charge(Cost::CloneRq);
    let b = k.block();
    let r = b.reqs[rq];
    let clone = b.reqs.alloc(Request {
        end: RqEnd::Clone { orig: rq },
        icq: r.icq,
        prio: r.prio,
        ..Request::new(
            r.dev,
            HctxId(0),
            cpu,
            r.op,
            r.flags.with(Flags::NOMERGE),
            now,
        )
    });
    b.reqs[rq].clone = Some(clone);
    if !k.host().is_free() {
        let bios = k.block().count_bios(rq);
        k.host().charge_n(Cost::CloneBio, bios);
    }
    true
}
