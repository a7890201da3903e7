//! What passes between the daemon and the machine around it.

use super::checker::PathState;
use super::priority::Access;
use super::values::Checker;
use crate::sim::Ns;

/// A path of a map, by its place in the list the daemon was made with.
#[derive(Copy, Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PathId(pub u16);

/// What a path's device says of its support for ALUA (INQUIRY, TPGS).
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq)]
pub enum Tpgs {
    /// None.
    #[default]
    None,
    /// States change by the array's own will only.
    Implicit,
    /// The host may ask for a change.
    Explicit,
}

/// What the daemon knows of a path before it has checked it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PathInfo {
    /// Its device, as tables and messages are to name it: `8:16`.
    pub dev: String,
    /// Serial number of the device.
    pub serial: String,
    /// Node name of the target.
    pub node_name: String,
    /// Target port group.
    pub tpg: u32,
    /// Support for ALUA.
    pub tpgs: Tpgs,
    /// The state of its port group when the map is set up.
    pub access: Access,
    /// What a check said when the map was set up; if unchecked, the first loop
    /// checks it.
    pub state: PathState,
}

/// What the daemon can read at a moment, of one path.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct PathStatus {
    /// `dmsetup status` says `A`, not `F`.
    pub active: bool,
    /// What its port group would say now.
    pub access: Access,
}

/// What the daemon can read at a moment, of one map.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct MapStatus<'a> {
    /// The group number in `dmsetup status`: the next, else the current one,
    /// from 1; 0 without groups.
    pub next_group: usize,
    /// Whether the table has `queue_if_no_path` now.
    pub queueing: bool,
    /// Which groups `dmsetup status` shows as `D`, in table order.
    pub disabled_groups: &'a [bool],
    /// Every path, in the order of [`PathId`].
    pub paths: &'a [PathStatus],
}

/// A check that has ended.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct CheckDone {
    /// The path.
    pub path: PathId,
    /// [`MpdCommand::StartCheck::number`] of the check.
    pub number: u32,
    /// What it says.
    pub state: PathState,
}

/// An event of the kernel's multipath target.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum KernelEvent {
    /// `PATH_FAILED`
    PathFailed(PathId),
    /// `PATH_REINSTATED`
    PathReinstated(PathId),
}

/// What the machine is asked to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MpdCommand {
    /// `dmsetup message MAP 0 TEXT`
    Message {
        /// The message.
        text: String,
    },
    /// Check a path and report a [`CheckDone`].
    StartCheck {
        /// The path.
        path: PathId,
        /// How.
        checker: Checker,
        /// Which check it is; an answer under an older number is not read.
        number: u32,
    },
    /// Load a table and resume the map (`dmsetup reload`, `suspend`, `resume`).
    ReloadTable {
        /// What follows `multipath` in the table.
        params: String,
        /// The paths of each group, in table order.
        groups: Vec<Vec<PathId>>,
    },
    /// Read from a path as `io_err_stat.c` does and report how many reads were
    /// made and failed, with [`Daemon::sampled`](super::Daemon::sampled).
    StartSampling {
        /// The path.
        path: PathId,
        /// For how long.
        time: Ns,
    },
}

impl MpdCommand {
    /// The text, if it is a message.
    pub fn message(&self) -> Option<&str> {
        match self {
            MpdCommand::Message { text } => Some(text),
            _ => None,
        }
    }
}
