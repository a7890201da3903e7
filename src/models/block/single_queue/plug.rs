//! The plug of a *queue*: the first request of an empty one waits for company
//! (`blk-core.c:blk_plug_device`, `__generic_unplug_device`, 2.6.25).
//!
//! It opens when four requests are there, when somebody waits, or after 3 ms.

use super::super::super::io::{DevId, Op};
use super::super::{Action, BlockEnv, Subject};
use super::{SqTimer, arm, lock, unlock};

/// Nothing is dispatched from `dev` until it is unplugged; a timer sees to it.
/// The lock is held (`blk_plug_device`).
pub fn blk_plug_device<K: BlockEnv>(k: &mut K, dev: DevId) {
    let hz = k.host().hz();
    let q = k.block().sq(dev);
    if q.stopped || q.plugged {
        return;
    }
    q.plugged = true;
    q.plug_generation = q.plug_generation.wrapping_add(1);
    let generation = q.plug_generation;
    // (3 * HZ) / 1000, at least 1 (`blk_queue_make_request`).
    let ticks = (u64::from(q.facts.unplug_delay_ms) * hz / 1000).max(1);
    arm(k, SqTimer::Unplug { dev, generation }, ticks);
    trace(k, dev, Action::Plug);
}

/// Opens the plug without running the queue; whether there was one
/// (`blk_remove_plug`).
pub fn blk_remove_plug<K: BlockEnv>(k: &mut K, dev: DevId) -> bool {
    let q = k.block().sq(dev);
    if !std::mem::take(&mut q.plugged) {
        return false;
    }
    q.plug_generation = q.plug_generation.wrapping_add(1);
    true
}

/// Opens the plug and runs the queue; nothing if there is none. The lock is
/// held.
pub fn __generic_unplug_device<K: BlockEnv>(k: &mut K, dev: DevId) {
    if k.block().sq(dev).stopped || !blk_remove_plug(k, dev) {
        return;
    }
    let waiting = k.block().sq(dev).nr_sorted;
    k.block().dev(dev).count.count_unplug(waiting);
    trace(k, dev, Action::Unplug(waiting));
    super::request_fn::run(k, dev);
}

/// [`__generic_unplug_device`] with the lock (`generic_unplug_device`).
pub fn generic_unplug_device<K: BlockEnv>(k: &mut K, dev: DevId) {
    if !k.block().sq(dev).plugged {
        return;
    }
    lock(k, dev, "generic_unplug_device");
    __generic_unplug_device(k, dev);
    unlock(k, dev);
}

/// Somebody waits for I/O to `dev`, or is done submitting it: whatever is
/// plugged below goes on its way (`blk_run_backing_dev`). Nothing in a kernel
/// whose tasks have plugs.
#[inline]
pub fn blk_run_backing_dev<K: BlockEnv>(k: &mut K, dev: DevId) {
    if k.block().has_single_queues() {
        k.unplug_fn(dev);
    }
}

/// `unplug_fn` of a device with a queue, for somebody who waits.
pub fn unplug_for_waiter<K: BlockEnv>(k: &mut K, dev: DevId) {
    let q = k.block().sq(dev);
    q.seen.by_waiter += u64::from(q.plugged);
    generic_unplug_device(k, dev);
}

fn trace<K: BlockEnv>(k: &mut K, dev: DevId, action: Action) {
    let subject = Subject {
        sector: 0,
        sectors: 0,
        op: Op::Read,
        flags: Default::default(),
        is_daemons: false,
    };
    k.trace(dev, action, |_| subject);
}
