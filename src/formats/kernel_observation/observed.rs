//! What one run told; members that are zero or empty are left out.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::interface::Interface;

/// A count for each device that had any.
pub type PerDevice = BTreeMap<String, u64>;

/// One run.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Observed {
    /// Differences of `/sys/block/*/stat` over the run.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub devices: BTreeMap<String, DeviceStat>,
    /// Requests issued, by device, size and `rwbs`; absent: not recorded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub requests_issued: Option<Vec<IssuedRequests>>,
    /// Bios merged at the end of a request.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub bios_back_merged: PerDevice,
    /// Bios merged at the front of a request.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub bios_front_merged: PerDevice,
    /// Requests merged into another.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub requests_merged: PerDevice,
    /// Requests inserted into a scheduler or software queue.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub requests_inserted: PerDevice,
    /// Requests requeued.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub requests_requeued: PerDevice,
    /// Bios split.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub bios_split: PerDevice,
    /// Requests completed with an error.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub requests_failed: PerDevice,
    /// How many requests each flush of a plug held, rarest first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unplugs: Vec<Unplug>,
    /// The fio jobs.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub fio: Vec<FioJob>,
    /// `dmsetup table` before the run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub table_at_start: Option<String>,
    /// `dmsetup table` after it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub table_at_end: Option<String>,
    /// `dmsetup status` before the run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status_at_start: Option<String>,
    /// `dmsetup status` after it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status_at_end: Option<String>,
    /// `dmsetup status` when it changed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub status_seen: Vec<StatusSeen>,
    /// What the kernel logged; absent: not recorded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kernel_log: Option<Vec<String>>,
    /// I/Os completed with success over time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub completions: Option<Completions>,
    /// blkparse's lines a device.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub blkparse: BTreeMap<String, Vec<String>>,
    /// `interface`: the answers of `dmsetup`.
    #[serde(flatten)]
    pub interface: Interface,
    /// Members that are not known here.
    #[serde(flatten)]
    pub other: BTreeMap<String, Value>,
}

/// `/sys/block/*/stat`; sectors of 512 bytes.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct DeviceStat {
    /// Reads completed.
    #[serde(skip_serializing_if = "is_zero")]
    pub read_ios: u64,
    /// Reads merged into another.
    #[serde(skip_serializing_if = "is_zero")]
    pub read_merges: u64,
    /// Sectors read.
    #[serde(skip_serializing_if = "is_zero")]
    pub read_sectors: u64,
    /// Summed time of the reads, ms.
    #[serde(skip_serializing_if = "is_zero")]
    pub read_ticks_ms: u64,
    /// Writes completed.
    #[serde(skip_serializing_if = "is_zero")]
    pub write_ios: u64,
    /// Writes merged into another.
    #[serde(skip_serializing_if = "is_zero")]
    pub write_merges: u64,
    /// Sectors written.
    #[serde(skip_serializing_if = "is_zero")]
    pub write_sectors: u64,
    /// Summed time of the writes, ms.
    #[serde(skip_serializing_if = "is_zero")]
    pub write_ticks_ms: u64,
    /// Time with I/O in flight, ms.
    #[serde(skip_serializing_if = "is_zero")]
    pub io_ticks_ms: u64,
    /// Summed time of all I/O, ms.
    #[serde(skip_serializing_if = "is_zero")]
    pub time_in_queue_ms: u64,
    /// Flushes completed.
    #[serde(skip_serializing_if = "is_zero")]
    pub flush_ios: u64,
}

fn is_zero(n: &u64) -> bool {
    *n == 0
}

/// Requests of one kind that were issued to a device.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct IssuedRequests {
    /// The device.
    pub device: String,
    /// Sectors of 512 bytes.
    pub sectors: u32,
    /// As in blktrace; `N` are internal commands, not counted as I/O.
    pub rwbs: String,
    /// How many.
    pub count: u64,
}

/// Flushes of a plug that held the same number of requests.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unplug {
    /// Requests in the plug.
    pub requests: u32,
    /// How many flushes.
    pub count: u64,
}

/// A fio job, or a group of them.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct FioJob {
    /// Its name.
    pub job: String,
    /// errno that ended it; 0 if none.
    pub error: i32,
    /// Run time, ms.
    pub runtime_ms: u64,
    /// I/Os that failed.
    pub total_err: u64,
    /// errno of the first that failed.
    pub first_error: i32,
    /// Reads, if there were any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub read: Option<FioDir>,
    /// Writes, if there were any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub write: Option<FioDir>,
}

/// One direction of a fio job.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct FioDir {
    /// I/Os completed.
    pub total_ios: u64,
    /// Bytes completed.
    pub io_bytes: u64,
    /// Bytes a second.
    pub bw_bytes: u64,
    /// I/Os a second.
    pub iops: f64,
    /// Submission latency; absent with psync.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slat_ns: Option<Latency>,
    /// Completion latency.
    pub clat_ns: Latency,
    /// Total latency.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lat_ns: Option<Latency>,
}

/// A latency, ns.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Latency {
    /// Smallest.
    pub min: u64,
    /// Largest.
    pub max: u64,
    /// Mean.
    pub mean: f64,
    /// Standard deviation.
    pub stddev: f64,
    /// By per cent as fio prints them (`99.000000`); completion latency only.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub percentile: BTreeMap<String, u64>,
}

/// A `dmsetup status` line and when it was seen.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StatusSeen {
    /// ms after the first I/O was submitted.
    pub at_ms: f64,
    /// The line.
    pub status: String,
}

/// I/Os completed with success over time.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Completions {
    /// In each 10 ms since the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub completions_per_10ms: Option<Vec<u64>>,
    /// Longest time without one, ms.
    pub longest_gap_ms: u64,
    /// Slowest, ns.
    pub slowest_clat_ns: u64,
    /// All.
    pub completions: u64,
}
