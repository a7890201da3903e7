//! A SCSI disk as the mid-layer drives it (`scsi_lib.c`, 6.1), over
//! scsi_debug's constant delay: tokens of `queue_depth` before driver tags, a
//! busy hook, no faults.

use super::super::block::dispatch::{blk_mq_run_hw_queues, blk_mq_start_request};
use super::super::host::Cost;
use super::super::io::{BlkStatus, DevId, ReqId};
use super::{DeviceEnv, ScsiDebugConfig};
use crate::sim::Ns;

/// A SCSI device.
#[derive(Clone, Debug)]
pub struct ScsiDisk {
    /// Its block device.
    pub dev: DevId,
    /// Delay of a command.
    pub delay: Ns,
    /// `device/queue_depth`
    pub queue_depth: u32,
    /// Tokens taken.
    pub in_flight: u32,
    /// Requests for a token that were refused since the last completion.
    pub restarts: bool,
}

impl ScsiDisk {
    /// A disk of scsi_debug.
    pub fn new(dev: DevId, c: &ScsiDebugConfig) -> Self {
        ScsiDisk {
            dev,
            delay: c.ndelay,
            queue_depth: c.queue_depth.unwrap_or(c.max_queue),
            in_flight: 0,
            restarts: false,
        }
    }
}

/// `scsi_mq_get_budget`
pub fn get_budget<K: DeviceEnv>(k: &mut K, disk: u16) -> bool {
    let d = &mut k.devices().scsi[usize::from(disk)];
    if d.in_flight < d.queue_depth {
        d.in_flight += 1;
        true
    } else {
        d.restarts = true; // the next completion runs the queue
        false
    }
}

/// `scsi_mq_put_budget`
pub fn put_budget<K: DeviceEnv>(k: &mut K, disk: u16) {
    let d = &mut k.devices().scsi[usize::from(disk)];
    d.in_flight = d.in_flight.saturating_sub(1);
}

/// `scsi_mq_lld_busy`
pub fn lld_busy<K: DeviceEnv>(k: &mut K, disk: u16) -> bool {
    let d = &k.devices().scsi[usize::from(disk)];
    d.in_flight >= d.queue_depth
}

/// `scsi_queue_rq`
pub fn queue_rq<K: DeviceEnv>(k: &mut K, disk: u16, rq: ReqId) -> BlkStatus {
    blk_mq_start_request(k, rq);
    k.host().charge(Cost::Issue);
    let delay = k.devices().scsi[usize::from(disk)].delay;
    k.complete_after(delay, rq);
    k.host().charge(Cost::Issued);
    BlkStatus::Ok
}

/// A command has ended and its request has been freed: whoever was refused a
/// token is tried again (`scsi_run_queue_async`).
pub fn completed<K: DeviceEnv>(k: &mut K, disk: u16) {
    let d = &mut k.devices().scsi[usize::from(disk)];
    let dev = d.dev;
    if std::mem::take(&mut d.restarts) {
        blk_mq_run_hw_queues(k, dev, true);
    }
}
