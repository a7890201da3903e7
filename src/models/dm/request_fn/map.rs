//! The choice of a path for a request, and the way of its clone into the queue
//! of that path (`dm.c:map_request`, `blk_insert_cloned_request`).

use super::super::super::block::single_queue::complete::run_softirq;
use super::super::super::block::single_queue::elv::{self, Where};
use super::super::super::block::single_queue::{lock, plug, unlock};
use super::super::super::block::submit::account_start;
use super::super::super::block::{Action, RqFlags, pop};
use super::super::super::host::{Cost, Step, TaskId};
use super::super::super::io::{BlkStatus, Flags, ReqId};
use super::super::super::mpath::selector::SelectCtx;
use super::super::super::mpath::{MapBio, PathIdx};
use super::super::super::probe::TargetEvent;
use super::super::clone::select_ctx;
use super::super::{DmEnv, DmFrame, pg_init};
use super::done::{complete_original, finish, requeue_original};

/// Chooses a path for `rq` and sends its clone there; no lock is held
/// (`map_request`).
pub(super) fn map_request<K: DmEnv>(k: &mut K, dm: u16, rq: ReqId) {
    let r = &k.block().reqs[rq];
    let (hints, sector, sectors) = ((r.op, r.flags, r.prio), r.sector, r.sectors);
    let ctx = select_ctx(k, hints, sector, sectors);
    k.dm().dev(dm).stacking.mapped += 1;
    let verdict = k.dm().mpath(dm).map_or(MapBio::Kill, |m| m.map_bio(&ctx));
    k.target_event(dm, TargetEvent::Mapped(verdict.into(), ctx));
    match verdict {
        MapBio::Remapped(path) => send(k, dm, rq, path, &ctx),
        MapBio::Queued { worker, activate } => {
            let mut list = k.dm().dev(dm).stacking.queued;
            list.push_back(&mut k.block().reqs, rq);
            k.dm().dev(dm).stacking.queued = list;
            if let Some(m) = k.dm().mpath(dm) {
                m.queue_size += 1;
            }
            if activate {
                pg_init::activate(k, dm);
            }
            if worker {
                start_worker(k, dm);
            }
        }
        MapBio::Requeue => requeue_original(k, dm, rq),
        MapBio::Kill => finish(k, dm, rq, BlkStatus::IoErr),
    }
}

/// The clone of `rq` goes to `path` (`setup_clone`,
/// `blk_insert_cloned_request`).
fn send<K: DmEnv>(k: &mut K, dm: u16, rq: ReqId, path: PathIdx, ctx: &SelectCtx) {
    let Some(m) = k.dm().mpath(dm) else { return };
    m.start_io(path, ctx.nr_bytes);
    let to = m.dev(path);
    k.target_event(dm, TargetEvent::Began(path, ctx.nr_bytes));
    let b = k.block();
    let r = &mut b.reqs[rq];
    let Some(clone) = r.clone else { return };
    r.pgpath = path.0;
    r.nr_bytes = ctx.nr_bytes;
    r.completed = 0;
    r.status = BlkStatus::Ok;
    let o = *r;
    let c = &mut b.reqs[clone];
    c.dev = to;
    c.sector = o.sector;
    c.sectors = o.sectors;
    c.segs = o.segs;
    c.bio = o.bio;
    c.biotail = o.biotail;
    c.bio_done = 0;
    c.status = BlkStatus::Ok;
    c.rqf = RqFlags::default();
    c.flags = c.flags.with(Flags::FAILFAST_TRANSPORT);
    b.dev(to).count.requests += 1;
    k.trace(to, Action::Remap(o.dev, o.sector), |b| b.rq_subject(clone));
    insert_cloned(k, dm, rq, clone);
}

/// Puts a clone into the queue of its path: behind everything, past the
/// scheduler, if it is within the limits; without patch 02 as any request.
fn insert_cloned<K: DmEnv>(k: &mut K, dm: u16, rq: ReqId, clone: ReqId) {
    let past = k.patches().submission;
    let b = k.block();
    let c = &b.reqs[clone];
    let to = c.dev;
    let d = &b.devs[usize::from(to.0)];
    if !d.is_single_queue() {
        // Nobody takes requests there: a table that should have been refused.
        return refused(k, dm, rq);
    }
    let too_large = c.sectors > d.limits.max_sectors || c.segs > d.limits.max_segments;
    if past && too_large {
        b.sq(to).seen.over_limit += 1;
        return refused(k, dm, rq);
    }
    lock(k, to, "blk_insert_cloned_request");
    let now = k.host().now();
    let b = k.block();
    account_start(&mut b.devs[usize::from(to.0)], &mut b.reqs[clone], now);
    if past {
        k.block().sq(to).seen.past_elevator += 1;
        elv::__elv_add_request(k, clone, Where::Back);
    } else {
        if elv::elv_queue_empty(k, to) {
            plug::blk_plug_device(k, to);
        }
        elv::__elv_add_request(k, clone, Where::Sort);
    }
    unlock(k, to);
    run_softirq(k);
}

/// The clone of `rq` was not taken: an error of its path.
fn refused<K: DmEnv>(k: &mut K, dm: u16, rq: ReqId) {
    complete_original(k, dm, rq, BlkStatus::IoErr);
}

/// Starts the worker that maps again what the target keeps, unless there is
/// still no path (`process_queued_ios`).
pub fn start_worker<K: DmEnv>(k: &mut K, dm: u16) {
    let d = k.dm().dev(dm);
    let waits = d
        .multipath()
        .is_none_or(|m| m.nr_valid_paths() == 0 && m.queue_if_no_path());
    if d.stacking.worker_queued || d.stacking.queued.is_empty() || waits {
        return;
    }
    d.stacking.worker_queued = true;
    let worker = d.worker;
    let frame = K::dm_frame(DmFrame::ProcessQueuedRqs(dm));
    k.queue_work(worker, frame);
}

/// Maps one more of what the target keeps (`dispatch_queued_ios`).
pub fn step_process_queued<K: DmEnv>(k: &mut K, task: TaskId, dm: u16) -> Step {
    k.dm().dev(dm).stacking.worker_queued = false;
    k.host().charge(Cost::Work);
    pop(k, task);
    let mut all = std::mem::take(&mut k.dm().dev(dm).stacking.queued);
    if let Some(m) = k.dm().mpath(dm) {
        m.queue_size = 0;
    }
    while let Some(rq) = all.pop_front(&mut k.block().reqs) {
        map_request(k, dm, rq);
    }
    Step::Yield
}
