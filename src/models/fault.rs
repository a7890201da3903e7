//! The timeline of a run: what an administrator does to the computer, and what
//! breaks in it, when.

use serde::{Deserialize, Serialize};

use super::mpath::Errno;
use crate::sim::Ns;

/// Something that is done at a given time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TimedAction {
    /// When it begins, from the start of the run.
    pub at: Ns,
    /// What.
    pub action: Action,
}

/// What can be done.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "op", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Action {
    /// `dmsetup message MAP 0 TEXT`
    Message {
        /// The map.
        map: String,
        /// The message.
        text: String,
    },
    /// `dmsetup suspend [--noflush] MAP`
    Suspend {
        /// The map.
        map: String,
        /// Whether I/O is kept back rather than flushed.
        noflush: bool,
    },
    /// `dmsetup resume MAP`: with the table that was loaded last, if one was.
    Resume {
        /// The map.
        map: String,
    },
    /// `dmsetup load MAP --table TABLE`
    LoadTable {
        /// The map.
        map: String,
        /// The table.
        table: String,
    },
    /// `dmsetup status MAP`: what it prints is kept.
    Status {
        /// The map.
        map: String,
    },
    /// Writes `STATE` to `/sys/block/DEVICE/device/state`.
    DeviceState {
        /// The SCSI disk.
        device: String,
        /// `running` or `offline`.
        state: DeviceState,
    },
    /// Writes to `/sys/block/DEVICE/device/delete`.
    DeleteDevice {
        /// The SCSI disk.
        device: String,
    },
    /// Writes scsi_debug's `every_nth`, if given, then its `opts`.
    ScsiDebug {
        /// `SDEBUG_OPT_*`
        opts: u32,
        /// Every how many commands it strikes; 0 = never.
        every_nth: Option<i32>,
    },
    /// Writes null_blk's `badblocks`: `+first-last` or `-first-last`.
    BadBlocks {
        /// The device.
        device: String,
        /// Whether they become bad, or good again.
        set: bool,
        /// First sector.
        first_sector: u64,
        /// Last sector.
        last_sector: u64,
    },
}

/// `sdev_state`, as far as it can be written.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeviceState {
    /// It takes commands.
    Running,
    /// It refuses them.
    Offline,
}

/// What came of an action.
#[derive(Clone, Debug, PartialEq)]
pub struct ActionDone {
    /// Its place in the timeline.
    pub index: usize,
    /// When it began.
    pub began: Ns,
    /// When it was over.
    pub ended: Ns,
    /// The error, if it was refused.
    pub result: Result<(), Errno>,
}

/// Module parameters of dm-multipath.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct DmMultipathParams {
    /// `queue_if_no_path_timeout_secs`; 0 = off.
    pub queue_if_no_path_timeout_secs: u32,
}
