//! A scripted task: bios as given, in plugs as given, when given. For replaying
//! what a kernel's submitter did, and for workloads that no job file expresses.

use serde::{Deserialize, Serialize};

use crate::models::io::{Flags, IoPrio, Op};
use crate::sim::Ns;

/// A task that submits given bios.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Script {
    /// What `ps` shows.
    pub name: String,
    /// The device, as `/dev/NAME` or `/dev/mapper/NAME`.
    pub device: String,
    /// The CPU it runs on; absent: CPU 0.
    pub cpu: Option<u8>,
    /// What it does, in order. After the last step the task is over; a plug
    /// that is still open is finished then.
    pub steps: Vec<ScriptStep>,
}

/// One thing that a scripted task does.
#[derive(Copy, Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ScriptStep {
    /// Begins a plug, unless there is one (`blk_start_plug`).
    StartPlug,
    /// Finishes the plug (`blk_finish_plug`).
    FinishPlug,
    /// Submits a bio.
    Bio(ScriptBio),
    /// Sleeps for that long.
    Sleep(Ns),
    /// Sleeps until that long after the start of the run.
    Until(Ns),
    /// Sleeps until all bios of the task have ended.
    Wait,
}

/// A bio as it is submitted.
#[derive(Copy, Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ScriptBio {
    /// Operation.
    pub op: Op,
    /// First sector.
    pub sector: u64,
    /// Length in sectors of 512 bytes; 0 for an empty flush.
    pub sectors: u32,
    /// Physical segments, equally long; at least 1 if there are data.
    pub segs: u16,
    /// `REQ_*` flags.
    pub flags: Flags,
    /// Scheduling class.
    pub prio: IoPrio,
}

impl ScriptBio {
    /// A bio of one segment for each page of 4 KiB, without flags.
    pub fn new(op: Op, sector: u64, sectors: u32) -> Self {
        ScriptBio {
            op,
            sector,
            sectors,
            segs: sectors.div_ceil(8).min(u32::from(u16::MAX)) as u16,
            flags: Flags::default(),
            prio: IoPrio::default(),
        }
    }
}
