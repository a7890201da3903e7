//! Suspending a device, changing its table, resuming it (`dm.c:dm_suspend`,
//! `dm_resume`, `dm-ioctl.c:do_resume`, 6.1).

use super::super::block::submit::submit_bio_noacct;
use super::super::block::{Limits, pop, requeue, run_queue};
use super::super::host::{Cost, Step, TaskId};
use super::super::io::BioId;
use super::super::mpath::QueueMode;
use super::super::probe::TargetEvent;
use super::{DmEnv, DmFrame, Table, apply, remember};
use crate::models::planted::{self, Defect};
use crate::sim::Ns;

/// How often a suspend of a request-based device looks whether requests are
/// left (`dm_wait_for_completion`: `msleep(5)`).
pub const POLL: Ns = Ns::from_ms(5);

/// A suspend begins (`__dm_suspend`, up to where it waits): the target keeps
/// back what it cannot finish, new I/O is held.
pub fn presuspend<K: DmEnv>(k: &mut K, dm: u16, noflush: bool) {
    let effects = k.dm().mpath(dm).map(|m| {
        m.noflush_suspending = noflush;
        m.presuspend()
    });
    apply(k, dm, effects.unwrap_or_default());
    k.dm().dev(dm).blocked = true;
    let dev = k.dm().dev(dm).dev;
    if !k.block().dev(dev).is_bio_based() {
        k.block().dev(dev).quiesced = true; // dm_stop_queue
        if k.block().dev(dev).is_single_queue() {
            k.block().sq(dev).stopped = true;
        }
    }
}

/// Whether nothing is left to wait for: no I/O is with the targets, no path is
/// being activated (`dm_wait_for_completion`, `flush_multipath_work`).
pub fn is_quiet<K: DmEnv>(k: &mut K, dm: u16) -> bool {
    let busy = k
        .dm()
        .mpath(dm)
        .is_some_and(|m| m.pg_init_in_progress() > 0);
    let waits = !planted::has(Defect::SuspendDoesNotWait);
    !(busy || waits && k.dm().dev(dm).in_flight > 0)
}

/// It is: the device is suspended now.
pub fn suspended<K: DmEnv>(k: &mut K, dm: u16) {
    let d = k.dm().dev(dm);
    d.suspended = true;
    d.suspender = None;
    if let Some(m) = k.dm().mpath(dm) {
        m.noflush_suspending = false;
        m.suspended = true;
    }
}

/// An I/O has left the targets of `dm`, or a path has been activated: a suspend
/// that waits for it looks again (`dm_io_dec_pending`).
#[cold]
pub fn io_left<K: DmEnv>(k: &mut K, dm: u16) {
    if let Some(task) = k.dm().dev(dm).suspender {
        k.wake(task);
    }
}

/// The table that was loaded takes the place of the present one
/// (`dm_swap_table`, `__bind`). A table without devices keeps the limits, so
/// that I/O that waits stays within them.
pub fn swap_table<K: DmEnv>(k: &mut K, dm: u16, table: Table) {
    let old_mode = k.dm().dev(dm).table.mode;
    let (mut limits, mut write_cache, mut fua) = (Limits::stacking(), false, false);
    let mut devices: Vec<_> = table.devices().collect();
    devices.sort();
    devices.dedup();
    for &below in &devices {
        let below = k.block().dev(below);
        limits.stack(&below.limits);
        write_cache |= below.write_cache;
        fua |= below.fua;
    }
    let dev = k.dm().dev(dm).dev;
    let d = k.block().dev(dev);
    d.capacity = table.sectors();
    if !devices.is_empty() {
        d.limits = limits;
        d.write_cache = write_cache;
        d.fua = fua;
    }
    debug_assert_eq!(
        old_mode, table.mode,
        "a table is loaded for the mode that is"
    );
    let busy = devices
        .iter()
        .copied()
        .filter(|&d| k.can_be_busy(d))
        .map(|d| (d, false));
    let busy = busy.collect();
    let d = k.dm().dev(dm);
    d.table = table;
    d.busy_paths = busy;
    d.below = devices;
    k.target_event(dm, TargetEvent::Table);
    let created = k.dm().mpath(dm).map(|m| {
        m.suspended = true;
        m.comes_after_another();
        m.created()
    });
    apply(k, dm, created.unwrap_or_default());
    remember(k, dm);
}

/// The device takes I/O again (`__dm_resume`, `dm_queue_flush`): first what
/// was held.
pub fn resume<K: DmEnv>(k: &mut K, dm: u16) {
    if let Some(m) = k.dm().mpath(dm) {
        m.suspended = false;
        m.resume();
    }
    let d = k.dm().dev(dm);
    d.suspended = false;
    d.blocked = false;
    let (dev, wq, mode) = (d.dev, d.wq, d.table.mode);
    if !d.deferred.is_empty() && !planted::has(Defect::DeferredForgotten) {
        let frame = K::dm_frame(DmFrame::WqWork(dm));
        k.queue_work(wq, frame);
    }
    if mode == QueueMode::Rq {
        k.block().dev(dev).quiesced = false; // dm_start_queue
        if k.block().dev(dev).is_single_queue() {
            k.block().sq(dev).stopped = false;
            run_queue::blk_mq_run_hw_queues(k, dev, true);
            return;
        }
        run_queue::blk_mq_run_hw_queues(k, dev, true);
        requeue::kick_requeue_list(k, dev);
    }
}

/// Submits one more of the bios that were held (`dm_wq_work`).
pub fn step_wq_work<K: DmEnv>(k: &mut K, task: TaskId, dm: u16) -> Step {
    let d = k.dm().dev(dm);
    let mut list = d.deferred;
    let bio = if d.blocked { None } else { list.pop(k) };
    k.dm().dev(dm).deferred = list;
    let Some(bio) = bio else {
        pop(k, task);
        return Step::Again;
    };
    k.host().charge(Cost::MapBio);
    submit_bio_noacct(k, bio);
    Step::Yield
}

/// Holds a bio until the device resumes (`queue_io`).
pub fn defer<K: DmEnv>(k: &mut K, dm: u16, bio: BioId) {
    let mut list = k.dm().dev(dm).deferred;
    list.push(k, bio);
    k.dm().dev(dm).deferred = list;
}
