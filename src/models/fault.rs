//! The timeline of a run: what an administrator does to the computer, and what
//! breaks in it, when.

use std::fmt;

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
    /// `dmsetup reload`, then `suspend --noflush` and `resume`: what multipathd
    /// does with a map whose groups change.
    Reload {
        /// The map.
        map: String,
        /// The table.
        table: String,
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

impl Action {
    /// The map that it is about.
    pub fn map(&self) -> Option<&str> {
        match self {
            Action::Message { map, .. }
            | Action::Suspend { map, .. }
            | Action::Resume { map }
            | Action::Status { map }
            | Action::Reload { map, .. }
            | Action::LoadTable { map, .. } => Some(map),
            _ => None,
        }
    }
    /// The device that it is about.
    pub fn device(&self) -> Option<&str> {
        match self {
            Action::DeviceState { device, .. }
            | Action::DeleteDevice { device }
            | Action::BadBlocks { device, .. } => Some(device),
            _ => None,
        }
    }
}

/// What an action is meant to do to I/O.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum ActionKind {
    /// It takes something away, or sends I/O elsewhere.
    Breaks,
    /// It gives something back.
    Repairs,
    /// It only looks or prepares.
    Neither,
}

impl ActionKind {
    /// Of a fault that begins, or ends.
    pub fn of_turn(begins: bool) -> Self {
        match begins {
            true => ActionKind::Breaks,
            false => ActionKind::Repairs,
        }
    }
}

impl Action {
    /// What it is meant to do to I/O.
    pub fn kind(&self) -> ActionKind {
        match self {
            Action::Message { text, .. } => match text.split_whitespace().next() {
                Some("reinstate_path" | "enable_group" | "queue_if_no_path") => ActionKind::Repairs,
                _ => ActionKind::Breaks,
            },
            Action::Suspend { .. }
            | Action::DeleteDevice { .. }
            | Action::DeviceState {
                state: DeviceState::Offline,
                ..
            }
            | Action::BadBlocks { set: true, .. } => ActionKind::Breaks,
            Action::Resume { .. } | Action::DeviceState { .. } | Action::BadBlocks { .. } => {
                ActionKind::Repairs
            }
            Action::ScsiDebug { opts, every_nth } => match (*opts, *every_nth) {
                (0, _) | (_, Some(0)) => ActionKind::Repairs,
                _ => ActionKind::Breaks,
            },
            Action::LoadTable { .. } | Action::Reload { .. } | Action::Status { .. } => {
                ActionKind::Neither
            }
        }
    }
    /// The device that it takes away or gives back, if that is one.
    pub fn path(&self) -> Option<&str> {
        match self {
            Action::Message { text, .. } => {
                let (word, device) = text.split_once(' ')?;
                let is_path = matches!(word, "fail_path" | "reinstate_path");
                let device = device.trim();
                is_path.then(|| device.strip_prefix("/dev/").unwrap_or(device))
            }
            _ => self.device(),
        }
    }
}

impl fmt::Display for Action {
    /// As a shell would be told.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Action::Message { map, text } => write!(f, "dmsetup message {map} 0 {text}"),
            Action::Suspend { map, noflush: true } => write!(f, "dmsetup suspend --noflush {map}"),
            Action::Suspend { map, .. } => write!(f, "dmsetup suspend {map}"),
            Action::Status { map } => write!(f, "dmsetup status {map}"),
            Action::Resume { map } => write!(f, "dmsetup resume {map}"),
            Action::Reload { map, table } => write!(f, "reload of {map} with '{table}'"),
            Action::LoadTable { map, table } => write!(f, "dmsetup load {map} --table '{table}'"),
            Action::DeviceState { device, state } => {
                let state = match state {
                    DeviceState::Running => "running",
                    DeviceState::Offline => "offline",
                };
                write!(f, "echo {state} > /sys/block/{device}/device/state")
            }
            Action::DeleteDevice { device } => {
                write!(f, "echo 1 > /sys/block/{device}/device/delete")
            }
            Action::ScsiDebug { opts, every_nth } => {
                write!(f, "scsi_debug opts={opts:#x}")?;
                match every_nth {
                    Some(nth) => write!(f, " every_nth={nth}"),
                    None => Ok(()),
                }
            }
            Action::BadBlocks {
                device,
                set,
                first_sector,
                last_sector,
            } => {
                let sign = if *set { '+' } else { '-' };
                write!(
                    f,
                    "echo {sign}{first_sector}-{last_sector} > {device}/badblocks"
                )
            }
        }
    }
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
    /// A request that finds its path busy is put back to be tried again after
    /// so long, as before 4.16; zero: it stays in its scheduler. blk-mq only.
    #[serde(default)]
    pub requeue_when_busy: Ns,
    /// `rq_based_seq_io_merge_deadline` (4.1): how long a request of one bio
    /// that continues the last one is held; zero: not. Single queues only.
    #[serde(default)]
    pub seq_merge_hold: Ns,
}
