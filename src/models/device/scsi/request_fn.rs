//! What a disk over a single queue is asked before it is sent a command, and who is
//! next when one has ended (`scsi_lib.c:scsi_request_fn`, `scsi_run_queue`, 2.6.25).
//!
//! Nothing is taken before it is known that there is room: the disk has its
//! `queue_depth`, the adapter its `can_queue`, which is a count here and no set of
//! tags. A disk that has said TASK SET FULL or BUSY is *blocked* until one of its
//! commands ends; if it has none, two unplugs pass and the third sends one
//! (`max_device_blocked`). An adapter whose driver refuses a command is blocked for
//! all its disks, and passes at the seventh (`max_host_blocked`). Disks that find
//! the adapter full or blocked wait in its `starved_list`, and go first when one
//! of its commands ends.

use super::super::super::block::single_queue::plug::blk_plug_device;
use super::super::super::block::single_queue::request_fn::{blk_run_queue, run_anew};
use super::super::DeviceEnv;
use super::host::{host_of, shost};
use super::sdev;

/// Commands that a disk is sent without tags (`cmd_per_lun`): 3, as qla2xxx and lpfc
/// say.
pub const CMD_PER_LUN: u32 = 3;

/// Whether `disk` is over a single queue.
pub(super) fn is_below<K: DeviceEnv>(k: &mut K, disk: u16) -> bool {
    let dev = sdev(k, disk).dev;
    k.block().dev(dev).is_single_queue()
}

/// Whether `disk` takes one more command, which it then has; the lock of its queue
/// is held (`scsi_dev_queue_ready`).
pub fn dev_queue_ready<K: DeviceEnv>(k: &mut K, disk: u16) -> bool {
    let d = sdev(k, disk);
    if d.in_flight >= d.queue_depth || (d.device_blocked > 0 && d.in_flight > 0) {
        return false; // until a command ends
    }
    if d.device_blocked > 0 {
        d.device_blocked -= 1;
        if d.device_blocked > 0 {
            let dev = d.dev;
            blk_plug_device(k, dev);
            return false;
        }
    }
    d.in_flight += 1;
    true
}

/// The driver of the adapter has refused a command of `disk`, which goes back
/// (`scsi_queue_insert`).
pub(super) fn refused<K: DeviceEnv>(k: &mut K, disk: u16) {
    let dev = sdev(k, disk).dev;
    run_anew(k, dev);
}

/// A command of `disk` is over, or back in its queue: disks that the adapter has had
/// no room for, in their order, then `disk` itself (`scsi_run_queue`).
pub fn run_queue<K: DeviceEnv>(k: &mut K, disk: u16) {
    let host = sdev(k, disk).host;
    while let Some(other) = shost(k, host).next_starved() {
        let dev = sdev(k, other).dev;
        blk_run_queue(k, dev);
        if shost(k, host).starved.contains(&other) {
            break; // it has lost the race
        }
    }
    let dev = sdev(k, disk).dev;
    blk_run_queue(k, dev);
}

/// Whether a command for `disk` would wait (`scsi_lld_busy`, 2.6.31; the flag of the
/// patch set of March 2008).
pub fn lld_busy<K: DeviceEnv>(k: &mut K, disk: u16) -> bool {
    let d = sdev(k, disk);
    if d.in_flight >= d.queue_depth || d.device_blocked > 0 {
        return true;
    }
    let h = host_of(k, disk);
    h.is_in_recovery() || h.blocked > 0 || h.is_full()
}
