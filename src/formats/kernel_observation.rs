//! `kernel-observation/1`: one experiment on a real kernel, its inputs and
//! what was observed.
//!
//! A file holds one object or an array of them. What a member means is said at
//! its field; a member that is not known is kept by name in
//! [`Observation::unknown`], so that whoever uses the inputs can say that it
//! ignored one.

mod inputs;
mod interface;
mod observed;
mod read;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use inputs::{Action, PathKind, Paths, QueueSettings};
pub use interface::{Interface, MessageStep};
pub use observed::{
    Completions, DeviceStat, FioDir, FioJob, IssuedRequests, Latency, Observed, StatusSeen, Unplug,
};
pub use read::{ObservationError, parse, read_file};

/// The value of `format`.
pub const FORMAT: &str = "kernel-observation/1";

/// One experiment.
///
/// Only `format`, `id` and `group` are in every file; the others depend on the
/// group (`interface` has tables and messages, the others paths and a fio job).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Observation {
    /// [`FORMAT`].
    pub format: String,
    /// Name of the experiment.
    pub id: String,
    /// `merge`, `balance`, `smp`, `realistic`, `trace`, `failover`, `interface`.
    pub group: String,
    /// `interface`: `table`, `reload` or `messages`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// The kernel's version text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kernel: Option<String>,
    /// Number of CPUs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cpus: Option<u16>,
    /// `CONFIG_HZ`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hz: Option<u32>,
    /// The leaf devices.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paths: Option<Paths>,
    /// The dm table; absent: fio ran on the raw path.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub table: Option<String>,
    /// `interface`, `reload`: the table that is loaded second.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reload: Option<String>,
    /// Settings of the dm device's queue, made before the run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dm_queue: Option<QueueSettings>,
    /// Settings of every path's queue, made before the run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path_queue: Option<QueueSettings>,
    /// What every queue then said of itself: device, attribute, text.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub limits: BTreeMap<String, BTreeMap<String, String>>,
    /// Module parameters: `module.name` and value.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub module_parameters: BTreeMap<String, Value>,
    /// `dmsetup message` texts sent before the run.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub messages_before_start: Vec<String>,
    /// `interface`, `messages`: texts sent one after the other.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub messages: Vec<String>,
    /// `interface`, `messages`: the status before the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status_at_start: Option<String>,
    /// `device/queue_depth` of every SCSI path.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scsi_queue_depth: Option<u32>,
    /// `device/timeout` of every SCSI path, s.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scsi_timeout_s: Option<u32>,
    /// Further set-up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub set_up: Option<Value>,
    /// The fio job file, whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fio_job: Option<String>,
    /// Further set-up, or what is to be kept in mind.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// What was done during the run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actions: Option<Vec<Action>>,
    /// Offsets that were read, in order of completion, bytes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub offsets_read: Vec<u64>,
    /// Offsets that were written, in order of completion, bytes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub offsets_written: Vec<u64>,
    /// One run.
    pub observed: Observed,
    /// The same experiment from a fresh boot.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observed_again: Option<Observed>,
    /// How many runs there were.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repeats: Option<u32>,
    /// Figures in which the runs differ.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spread: Option<BTreeMap<String, Vec<f64>>>,
    /// Whether the runs issued the same requests.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issued_sizes_repeat_exactly: Option<bool>,
    /// Whether the runs counted the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub counts_repeat_exactly: Option<bool>,
    /// Members of the object that are not known here.
    #[serde(flatten)]
    pub unknown: BTreeMap<String, Value>,
}

impl Observation {
    /// The runs of the kernel: one or two.
    pub fn runs(&self) -> Vec<&Observed> {
        std::iter::once(&self.observed)
            .chain(&self.observed_again)
            .collect()
    }
}

#[cfg(test)]
mod tests;
