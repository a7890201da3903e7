//! `[[timeline]]`: what is done to the computer during the run, and what
//! breaks in it.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{RawFault, RawMove, RawUpgrade};
use crate::scenario::at::At;
use crate::scenario::units::Time;

/// One thing that happens: a time and exactly one of the other keys.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Event")]
pub struct RawEvent {
    /// When, from the start of the run.
    pub at: At<Time>,
    /// The map that it is about. Default: the only one.
    pub map: Option<At<String>>,
    /// `dmsetup message`: `"fail_path sda"`, `"switch_group 2"`, …
    pub message: Option<At<String>>,
    /// `dmsetup suspend`.
    pub suspend: Option<At<RawSuspend>>,
    /// `dmsetup resume`: `true`.
    pub resume: Option<At<bool>>,
    /// `dmsetup load` of this table; the next resume takes it.
    pub load: Option<At<String>>,
    /// The device that it is about.
    pub device: Option<At<String>>,
    /// What is written to its `device/state`.
    pub state: Option<At<RawState>>,
    /// `device/delete`: the disk is removed: `true`.
    pub delete: Option<At<bool>>,
    /// Sectors of a null_blk that become bad: `"0-511"`.
    pub bad_blocks: Option<At<String>>,
    /// Sectors of a null_blk that are good again: `"0-511"`.
    pub good_blocks: Option<At<String>>,
    /// Injections of scsi_debug.
    pub scsi_debug: Option<At<RawInjection>>,
    /// What breaks in the storage network: `"down"`, `{ loss = 0.01 }`, …
    pub fault: Option<RawFault>,
    /// The initiator, link, target port, controller or LUN that it breaks on.
    pub on: Option<At<String>>,
    /// How long a fault lasts. Default: for good.
    #[serde(rename = "for")]
    pub lasts: Option<At<Time>>,
    /// The controllers of an array are restarted one after the other.
    pub upgrade: Option<RawUpgrade>,
    /// The array's administrator moves a LUN to another controller.
    #[serde(rename = "move")]
    pub moved: Option<RawMove>,
}

/// How a map is suspended.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(rename = "Suspend")]
pub enum RawSuspend {
    /// What is queued is flushed first.
    Flush,
    /// What is queued is kept.
    Noflush,
}

/// The state of a SCSI disk.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(rename = "State")]
pub enum RawState {
    /// It takes commands.
    Running,
    /// It refuses them.
    Offline,
}

/// What is written to scsi_debug's parameters.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Injection")]
pub struct RawInjection {
    /// `opts`: 2 medium error, 4 timeout, 16 transport error, 32768 host busy.
    pub opts: u32,
    /// `every_nth`: every how many commands; 0 = never.
    pub every_nth: Option<i32>,
}
