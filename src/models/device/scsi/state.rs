//! A disk that is taken offline, brought back or deleted through sysfs
//! (`scsi_sysfs.c`, `scsi_lib.c:scsi_device_state_check`, 6.1).

use super::super::super::block::RqEnd;
use super::super::super::block::passthrough::blk_execute_rq_nowait;
use super::super::super::block::run_queue::blk_mq_run_hw_queues;
use super::super::super::block::shared_tags::tag_idle;
use super::super::super::fault::DeviceState;
use super::super::super::io::{BlkStatus, ReqId};
use super::super::DeviceEnv;
use super::{ScsiDisk, Timer, sdev};
use crate::sim::Ns;

/// Whether a disk takes commands (`enum scsi_device_state`).
#[derive(Copy, Clone, PartialEq, Eq, Debug, Default)]
pub enum SdevState {
    /// It does.
    #[default]
    Running,
    /// It does not: an administrator or error handling has seen to that.
    Offline,
    /// Its port is away: commands wait (`SDEV_BLOCK`).
    Blocked,
    /// Its port has been away for too long (`SDEV_TRANSPORT_OFFLINE`).
    TransportOffline,
    /// It is being removed: it takes internal commands alone.
    Cancel,
}

impl SdevState {
    /// `scsi_device_online`
    pub fn is_online(self) -> bool {
        !matches!(self, SdevState::Offline | SdevState::TransportOffline)
    }
}

/// Internal commands that are sent one after the other.
#[derive(Clone, Debug, Default)]
pub struct Internal {
    /// Still to be sent.
    pub(super) left: u32,
    /// How many of these take the disk's delay; the others are answered at
    /// once.
    slow: u32,
    /// Whether the present one is one of those.
    is_slow: bool,
}

/// Internal commands of a rescan.
const RESCAN: u32 = 31;
/// How many of them scsi_debug delays.
const RESCAN_SLOW: u32 = 8;
/// From the end of one to the start of the next.
const BETWEEN: Ns = Ns::from_us(5);
/// How long a removal waits for all CPUs and for the flush of the cache.
const REMOVAL: Ns = Ns::from_ms(23);

/// Whether `disk` takes the command of `rq`
/// (`scsi_device_state_check`).
#[cold]
pub(super) fn state_check<K: DeviceEnv>(k: &mut K, disk: u16, rq: ReqId) -> BlkStatus {
    let now = k.host().now();
    let internal = k.block().reqs[rq].op.is_passthrough();
    let d = sdev(k, disk);
    match d.state {
        SdevState::Running => BlkStatus::Ok,
        SdevState::Blocked => BlkStatus::DevResource,
        SdevState::Cancel if internal => BlkStatus::Ok,
        SdevState::Cancel => BlkStatus::Offline,
        SdevState::Offline | SdevState::TransportOffline => {
            if !std::mem::replace(&mut d.offline_already, true) {
                let line = d.line("rejecting I/O to offline device");
                k.block().klog.print(now, line);
            }
            if internal {
                internal_done(k, disk); // who sent it goes on to the next
            }
            BlkStatus::IoErr
        }
    }
}

/// Writes `state` to the disk's `state`: how long the write takes. A disk that
/// runs again has its queue run and is scanned anew (`store_state_field`).
pub fn set_state<K: DeviceEnv>(k: &mut K, disk: u16, state: DeviceState) -> Ns {
    let d = sdev(k, disk);
    match (state, d.state) {
        (DeviceState::Offline, SdevState::Running) => d.state = SdevState::Offline,
        (DeviceState::Running, SdevState::Offline) => {
            d.state = SdevState::Running;
            d.offline_already = false;
            d.internal = Internal {
                left: RESCAN,
                slow: RESCAN_SLOW,
                is_slow: false,
            };
            let (dev, delay) = (d.dev, d.delays.command);
            blk_mq_run_hw_queues(k, dev, true);
            next_internal(k, disk);
            return delay * u64::from(RESCAN_SLOW) + BETWEEN * u64::from(RESCAN);
        }
        _ => {}
    }
    Ns::ZERO
}

/// Writes to the disk's `delete`: how long the write takes. From now on nothing
/// new is accepted (`__scsi_remove_device`, `sd_remove`, `del_gendisk`). A disk
/// that is blocked lets everything fail at once, its own commands too.
pub fn delete<K: DeviceEnv>(k: &mut K, disk: u16) -> Ns {
    let d = sdev(k, disk);
    if d.state == SdevState::Cancel {
        return Ns::ZERO;
    }
    let was = std::mem::replace(&mut d.state, SdevState::Cancel);
    let dev = d.dev;
    if was == SdevState::Blocked {
        k.block().dev(dev).quiesced = false;
    } else if was.is_online() {
        let d = sdev(k, disk);
        d.internal = Internal {
            left: 1,
            ..Internal::default()
        };
        next_internal(k, disk); // SYNCHRONIZE CACHE
    }
    let b = k.block().dev(dev);
    b.capacity = 0;
    b.is_dead = true;
    blk_mq_run_hw_queues(k, dev, true);
    let at = k.host().now() + REMOVAL;
    k.arm_scsi(Timer::Removed(disk), at);
    REMOVAL
}

/// `disk` is gone: its queue goes last (`blk_mq_destroy_queue`). Until then
/// what still comes was refused by the disk's state.
pub(super) fn removed<K: DeviceEnv>(k: &mut K, disk: u16) {
    let dev = sdev(k, disk).dev;
    k.block().dev(dev).is_dying = true;
    tag_idle(k, dev);
}

/// The port of `disk` is there again, and so is the LUN: the kernel makes a disk of
/// `sectors` for it (`fc_scsi_scan_rport`). It has the name of the one that was
/// removed, as nobody has that open any more.
pub fn found_again<K: DeviceEnv>(k: &mut K, disk: u16, sectors: u64) {
    let d = sdev(k, disk);
    d.state = SdevState::Running;
    (d.is_lost, d.is_found) = (false, false);
    d.offline_already = false;
    d.device_blocked = 0;
    d.queue_depth = d.max_queue_depth;
    d.depth = d.depth.anew();
    let dev = d.dev;
    let b = k.block().dev(dev);
    b.capacity = sectors;
    (b.is_dead, b.is_dying) = (false, false);
}

/// Sends the next internal command.
pub(super) fn next_internal<K: DeviceEnv>(k: &mut K, disk: u16) {
    let d = sdev(k, disk);
    let Some(left) = d.internal.left.checked_sub(1) else {
        return;
    };
    let dev = d.dev;
    if blk_execute_rq_nowait(k, dev, RqEnd::None).is_none() {
        let at = k.host().jiffies_from_now(BETWEEN); // no tag is free
        return k.arm_scsi(Timer::Internal(disk), at);
    }
    let i = &mut sdev(k, disk).internal;
    i.left = left;
    i.is_slow = i.slow > left;
    i.slow -= u32::from(i.is_slow);
}

/// An internal command has ended.
#[cold]
pub(super) fn internal_done<K: DeviceEnv>(k: &mut K, disk: u16) {
    if sdev(k, disk).internal.left > 0 {
        let at = k.host().now() + BETWEEN;
        k.arm_scsi(Timer::Internal(disk), at);
    }
}

/// Whether the present internal command is answered at once.
pub(super) fn is_immediate(disk: &ScsiDisk) -> bool {
    !disk.internal.is_slow
}
