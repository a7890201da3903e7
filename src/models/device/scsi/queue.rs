//! The way down: a token of the device's budget, the state of device and host,
//! the adapter (`scsi_lib.c:scsi_queue_rq`, 6.1).

use super::super::super::block::RqFlags;
use super::super::super::block::driver::blk_mq_start_request;
use super::super::super::block::run_queue::blk_mq_delay_run_hw_queues;
use super::super::super::host::Cost;
use super::super::super::io::{BlkStatus, ReqId};
use super::super::DeviceEnv;
use super::super::scripted::strike;
use super::host::host_of;
use super::scsi_debug::{Cdb, Queued};
use super::state::{SdevState, is_immediate, state_check};
use super::{Lld, MAX_DEVICE_BLOCKED, MAX_HOST_BLOCKED, complete, lun, request_fn, sdev};
use crate::sim::Ns;

/// `SCSI_QUEUE_DELAY`
const SCSI_QUEUE_DELAY: Ns = Ns::from_ms(3);

/// Why a command goes back to the queue (`SCSI_MLQUEUE_*`).
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(super) enum Reason {
    /// The host is busy.
    HostBusy,
    /// The device is.
    DeviceBusy,
    /// It is tried again after an error.
    EhRetry,
}

/// `scsi_mq_get_budget`. A device that is blocked gives none while anything is
/// in flight, and then only to the third that asks.
#[inline(never)]
pub fn get_budget<K: DeviceEnv>(k: &mut K, disk: u16) -> bool {
    let d = sdev(k, disk);
    if d.in_flight < d.queue_depth {
        if d.device_blocked == 0 {
            d.in_flight += 1;
            return true;
        }
        if d.in_flight == 0 {
            d.device_blocked -= 1;
            if d.device_blocked == 0 {
                d.in_flight += 1;
                return true;
            }
        }
    }
    d.restarts = true; // the next completion runs the queue
    if d.in_flight == 0 {
        // There is none to come.
        let dev = d.dev;
        blk_mq_delay_run_hw_queues(k, dev, SCSI_QUEUE_DELAY);
    }
    false
}

/// `scsi_mq_put_budget`
#[inline(never)]
pub fn put_budget<K: DeviceEnv>(k: &mut K, disk: u16) {
    let d = sdev(k, disk);
    d.in_flight = d.in_flight.saturating_sub(1);
}

/// `scsi_mq_lld_busy`
#[inline(never)]
pub fn lld_busy<K: DeviceEnv>(k: &mut K, disk: u16) -> bool {
    let d = sdev(k, disk);
    let is_full = d.in_flight >= d.queue_depth || d.device_blocked > 0;
    if !is_full && !host_of(k, disk).is_in_recovery() {
        return false;
    }
    let dev = sdev(k, disk).dev;
    !k.block().dev(dev).is_dying
}

/// `scsi_queue_rq`
pub fn queue_rq<K: DeviceEnv>(k: &mut K, disk: u16, rq: ReqId) -> BlkStatus {
    k.host().charge(Cost::QueueRq);
    let d = sdev(k, disk);
    if d.state != SdevState::Running {
        let status = state_check(k, disk, rq);
        if status != BlkStatus::Ok {
            // The token goes back with the request. Over a single queue the plug's
            // timer tries again (`scsi_prep_return`).
            if !request_fn::is_below(k, disk) {
                complete::run_queue_async(k, disk);
            }
            return status;
        }
    }
    if !host_queue_ready(k, disk) {
        return BlkStatus::Resource;
    }
    k.block().reqs[rq].rqf.set(RqFlags::DONTPREP);
    blk_mq_start_request(k, rq);
    if queuecommand(k, disk, rq) {
        k.host().charge(Cost::Issued);
        return BlkStatus::Ok;
    }
    set_blocked(k, disk, Reason::HostBusy);
    host_of(k, disk).busy -= 1;
    if request_fn::is_below(k, disk) {
        request_fn::refused(k, disk);
    }
    BlkStatus::Resource
}

/// Whether the host takes a command (`scsi_host_queue_ready`). While it is
/// blocked, whoever asks waits for a command that ends; if there is none, the
/// seventh that asks passes.
fn host_queue_ready<K: DeviceEnv>(k: &mut K, disk: u16) -> bool {
    let h = host_of(k, disk);
    if h.is_in_recovery() {
        return false;
    }
    if h.blocked > 0 {
        if h.busy > 0 {
            h.starve(disk);
            return false;
        }
        h.blocked -= 1;
        if h.blocked > 0 {
            return false;
        }
    }
    if h.is_full() {
        h.starve(disk);
        return false;
    }
    h.feed(disk);
    h.busy += 1;
    true
}

/// The adapter takes the command of `rq`; false if it is busy
/// (`scsi_dispatch_cmd`).
fn queuecommand<K: DeviceEnv>(k: &mut K, disk: u16, rq: ReqId) -> bool {
    if let Lld::Lun(path) = sdev(k, disk).lld {
        k.host().charge(Cost::Issue);
        lun::queuecommand(k, disk, path, rq);
        return true;
    }
    let now = k.host().now();
    let r = &k.block().reqs[rq];
    let cdb = Cdb {
        op: r.op,
        sector: r.sector,
        sectors: r.sectors,
        is_immediate: r.op.is_passthrough() && is_immediate(sdev(k, disk)),
    };
    let devices = k.devices();
    let d = &mut devices.scsi[usize::from(disk)];
    match devices.scsi_debug.queuecommand(&cdb, &d.delays) {
        Queued::HostBusy => return false,
        Queued::Dropped => d.cmnd(rq, now).is_dropped = true,
        Queued::After(delay, mut answer) => {
            if !d.faults.is_empty()
                && let Some(fault) = strike(&mut d.faults, cdb.sector, cdb.sectors)
            {
                answer = Some(fault);
            }
            if answer.is_some() {
                d.cmnd(rq, now).answer = answer;
            }
            k.host().charge(Cost::Issue);
            k.complete_after(delay, rq);
        }
    }
    true
}

/// `scsi_set_blocked`; until 2.6.31 a command that is tried again after an error
/// blocks nothing (`scsi_queue_insert`).
pub(super) fn set_blocked<K: DeviceEnv>(k: &mut K, disk: u16, reason: Reason) {
    match reason {
        Reason::HostBusy => host_of(k, disk).blocked = MAX_HOST_BLOCKED,
        Reason::EhRetry if request_fn::is_below(k, disk) => {}
        Reason::DeviceBusy | Reason::EhRetry => {
            sdev(k, disk).device_blocked = MAX_DEVICE_BLOCKED;
        }
    }
}
