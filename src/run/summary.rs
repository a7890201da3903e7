//! `summary.json`: what a scenario's runs told, as data.
//!
//! Documented for readers in `docs/results.md`; the format's name changes when
//! a key changes its meaning or goes.

mod failover;
mod of;

use super::bound::{Bound, Limiter};
use serde::{Deserialize, Serialize};

pub use failover::{
    ErrorSummary, EventSummary, FailoverSummary, FaultSummary, GapsSummary, HeldSummary,
    MoreSummary, RetriesSummary, StatusSummary,
};

use super::single_queue::SingleQueueOutcome;
use super::verdict::Verdict;
pub use crate::scenario::{JobSetup, MapSetup, PathSetup};

/// Name and version of the format.
pub const FORMAT: &str = "mpathsim-summary/1";

/// All runs of one scenario.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// [`FORMAT`].
    pub format: String,
    /// Version of the program.
    pub mpathsim: String,
    /// What was simulated.
    pub scenario: ScenarioSummary,
    /// What the devices could do at best; absent where that is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bound: Option<BoundSummary>,
    /// Why not, where it is not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bound_unknown: Option<String>,
    /// The runs, in order of the columns of the comparison.
    pub runs: Vec<RunSummary>,
    /// Bio mode against request mode; empty if not both ran.
    pub verdicts: Vec<Verdict>,
}

/// What the devices could do at best, whatever the policy and the mode.
#[derive(Copy, Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BoundSummary {
    /// I/Os a second that no run can exceed.
    pub iops: f64,
    /// Mean latency that no run can go below, ns; 0 where I/Os need not wait for a
    /// device.
    pub latency_ns: u64,
    /// What it is that can do no more.
    #[serde(default)]
    pub by: Limiter,
}

impl From<Bound> for BoundSummary {
    fn from(bound: Bound) -> Self {
        BoundSummary {
            iops: bound.iops,
            latency_ns: bound.latency.0,
            by: bound.by,
        }
    }
}

/// What was simulated.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ScenarioSummary {
    /// Its name.
    pub name: String,
    /// What it shows.
    pub about: String,
    /// What to look at in it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub look_at: String,
    /// The seed.
    pub seed: u64,
    /// The CPU profile.
    pub cpu_profile: String,
    /// Number of CPUs.
    pub cpus: u16,
    /// Timer ticks a second.
    pub hz: u32,
    /// `--set` options that changed the file.
    pub set: Vec<String>,
    /// `--policy`: the path selector that replaced the scenario's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy: Option<String>,
    /// `--replication`: which of the worlds of the scenario this is.
    #[serde(default)]
    pub replication: u32,
    /// `--mode`: the modes that were asked for; empty: all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub modes: Vec<String>,
    /// `--shuffle-ties`: the seed that decided the order of simultaneous
    /// events.
    #[serde(default)]
    pub shuffle_ties: Option<u64>,
    /// Every job, and the device it works on.
    #[serde(default)]
    pub jobs: Vec<JobSetup>,
    /// Every map, and what it stands on at the start.
    #[serde(default)]
    pub maps: Vec<MapSetup>,
    /// The ends of the paths, and how the computer reaches them.
    #[serde(default)]
    pub devices: Vec<EndSummary>,
}

/// The end of a path, and how the computer reaches it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct EndSummary {
    /// Kernel name.
    pub name: String,
    /// `null_blk`, `scsi_debug`, `port` or `lun`.
    pub kind: String,
    /// The initiator port, of a LUN.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub initiator: Option<String>,
    /// Links between switches on the way.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub via: Vec<String>,
    /// The target port, of a LUN.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
    /// The LUN, or the media behind a port.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub media: Option<String>,
}

/// One run.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct RunSummary {
    /// `bio`, `request` or `single`.
    pub mode: String,
    /// The device alone, in mode `single`.
    pub device: Option<String>,
    /// Simulated time from the first submission to the last completion, ns.
    pub duration_ns: u64,
    /// What the application saw.
    pub application: ApplicationSummary,
    /// The multipath devices together.
    pub multipath: LayerSummary,
    /// The path devices together.
    pub path_devices: LayerSummary,
    /// Every path of every map.
    pub paths: Vec<PathSummary>,
    /// Every block device.
    pub devices: Vec<DeviceSummary>,
    /// All CPUs together.
    pub cpu: CpuSummary,
    /// Every job.
    pub jobs: Vec<JobSummary>,
    /// Every map: `dmsetup` texts and log.
    pub maps: Vec<MapSummary>,
    /// What followed each event of the timeline; absent without one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failover: Option<FailoverSummary>,
    /// What single queues told; absent in a kernel without.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub single_queues: Option<SingleQueueOutcome>,
}

impl ScenarioSummary {
    /// What decides over chance and cost: `seed 1, CPU profile lab, 2 CPUs at
    /// 250 Hz`.
    pub fn world(&self) -> String {
        let (seed, cpus, hz) = (self.seed, self.cpus, self.hz);
        let plural = if cpus == 1 { "" } else { "s" };
        let profile = &self.cpu_profile;
        format!("seed {seed}, CPU profile {profile}, {cpus} CPU{plural} at {hz} Hz")
    }
}

impl RunSummary {
    /// What it is called: `bio mode`, or `sda alone`.
    pub fn title(&self) -> String {
        match &self.device {
            Some(device) => format!("{device} alone"),
            None => format!("{} mode", self.mode),
        }
    }
}

/// What the application saw.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ApplicationSummary {
    /// I/Os that succeeded.
    pub ios: u64,
    /// I/Os that failed.
    pub errors: u64,
    /// Bytes moved.
    pub bytes: u64,
    /// I/Os that succeeded, a second.
    pub iops: f64,
    /// Bytes a second.
    pub bytes_per_second: f64,
    /// From submission to completion, all directions.
    pub latency: LatencySummary,
}

/// Latencies, in ns.
#[derive(Copy, Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct LatencySummary {
    /// Number of samples.
    pub count: u64,
    /// Smallest.
    pub min_ns: u64,
    /// Mean.
    pub mean_ns: f64,
    /// Standard deviation.
    pub stddev_ns: f64,
    /// Half are at or below.
    pub p50_ns: u64,
    /// 90 % are at or below.
    pub p90_ns: u64,
    /// 99 % are at or below.
    pub p99_ns: u64,
    /// 99.9 % are at or below.
    pub p999_ns: u64,
    /// Largest.
    pub max_ns: u64,
}

/// A layer of the stack.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct LayerSummary {
    /// Bios submitted to it (Q).
    pub bios: u64,
    /// Bios that joined a request (M and F).
    pub bios_merged: u64,
    /// Requests that joined another.
    pub requests_merged: u64,
    /// Requests handed to the driver (D).
    pub requests: u64,
    /// Requests requeued (R), whether the driver had started them or not.
    pub requeues: u64,
    /// Requests that the driver took and kept: those handed to it less those
    /// taken back.
    pub requests_kept: u64,
    /// Mean size of the requests, bytes.
    pub mean_request_bytes: f64,
    /// Bios merged / bios; 0 without bios.
    pub merge_rate: f64,
}

/// A path of a map.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PathSummary {
    /// The map.
    pub map: String,
    /// The device.
    pub device: String,
    /// Priority group, from 1.
    pub group: u32,
    /// I/Os mapped to it: bios in bio mode, requests in request mode.
    pub ios: u64,
    /// Its share of the bytes of its map, 0 to 1.
    pub share: f64,
    /// Mean I/Os in flight.
    pub in_flight: f64,
    /// Share of the time in use, 0 to 1.
    pub utilisation: f64,
}

/// A block device, in the language of iostat and btt.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DeviceSummary {
    /// Kernel name.
    pub name: String,
    /// `major:minor`, as the kernel's log and `dmsetup` name it.
    #[serde(default)]
    pub number: String,
    /// Whether it is a device-mapper device.
    pub is_map: bool,
    /// Reads.
    pub read: DirectionSummary,
    /// Writes.
    pub write: DirectionSummary,
    /// Discards.
    pub discard: DirectionSummary,
    /// Mean I/Os in flight (`aqu-sz`).
    pub aqu_sz: f64,
    /// Share of the time with an I/O in flight, 0 to 1 (`%util`).
    pub util: f64,
    /// Dispatch to completion (D2C).
    pub d2c: LatencySummary,
    /// Bios split (X).
    pub bios_split: u64,
    /// Requests requeued (R).
    pub requests_requeued: u64,
    /// Requests that failed.
    pub requests_failed: u64,
    /// Requests to the driver by size and kind: sectors, `rwbs`, count.
    pub issued: Vec<(u32, String, u64)>,
}

/// One direction of a device, as iostat has it.
#[derive(Copy, Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct DirectionSummary {
    /// I/Os completed.
    pub ios: u64,
    /// I/Os a second (`r/s`, `w/s`).
    pub ios_per_second: f64,
    /// KiB a second (`rkB/s`, `wkB/s`).
    pub kib_per_second: f64,
    /// Merges a second (`rrqm/s`, `wrqm/s`).
    pub merges_per_second: f64,
    /// Mean size, KiB (`rareq-sz`, `wareq-sz`).
    pub kib_per_io: f64,
    /// Mean time in the device, queue included, ns (`r_await`, `w_await`; Q2C).
    pub await_ns: f64,
}

/// All CPUs together.
#[derive(Copy, Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct CpuSummary {
    /// Share of all CPUs' time in use, 0 to 1.
    pub busy: f64,
    /// Share of the busiest CPU, 0 to 1.
    pub busiest: f64,
    /// In tasks, ns.
    pub task_ns: u64,
    /// In kernel workers, ns.
    pub worker_ns: u64,
    /// In interrupts, ns.
    pub irq_ns: u64,
    /// Context switches.
    pub switches: u64,
    /// CPU time an I/O, ns.
    pub ns_per_io: f64,
}

/// A job, as fio reports it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct JobSummary {
    /// Its name.
    pub name: String,
    /// errno that ended it; 0 if none.
    pub error: i32,
    /// ms.
    pub runtime_ms: u64,
    /// Errors counted.
    pub total_err: u64,
    /// By direction: `read`, `write` or `trim`.
    pub directions: Vec<JobDirection>,
    /// fsync and fdatasync calls.
    pub syncs: u64,
}

/// One direction of a job.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct JobDirection {
    /// `read`, `write` or `trim`.
    pub direction: String,
    /// I/Os.
    pub total_ios: u64,
    /// Bytes.
    pub io_bytes: u64,
    /// As fio prints it.
    pub iops: f64,
    /// Submission latency.
    pub slat: LatencySummary,
    /// Completion latency.
    pub clat: LatencySummary,
    /// Total latency.
    pub lat: LatencySummary,
}

/// The texts of a map.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MapSummary {
    /// Its name.
    pub name: String,
    /// `dmsetup table`, at the end.
    pub table: String,
    /// `dmsetup status`, at the end.
    pub status: String,
    /// Kernel log.
    pub kernel_log: Vec<String>,
}
