//! What a fio thread reports (`stat.c`, 3.33).

use super::spec::{Dir, PerDir};
use crate::sim::stats::LatencyStats;

/// What a thread did, as fio reports it; `ramp_time` excluded.
#[derive(Clone, Debug, Default)]
pub struct FioReport {
    /// By direction.
    pub dirs: PerDir<DirReport>,
    /// fsync and fdatasync calls of the loop; that of `end_fsync` is not
    /// counted.
    pub syncs: u64,
    /// How long these took.
    pub sync_lat: LatencyStats,
    /// `job_runtime`: whole ms, rounded down.
    pub runtime_ms: u64,
    /// `error`: what ended the job, or the first error that was skipped.
    pub error: i32,
    /// `total_err`.
    pub total_err: u64,
    /// `first_error`.
    pub first_error: i32,
}

/// One direction of a thread.
#[derive(Clone, Debug, Default)]
pub struct DirReport {
    /// I/Os queued, failed ones included.
    pub total_ios: u64,
    /// Bytes transferred with success.
    pub io_bytes: u64,
    /// `runtime`: ms, rounded up.
    pub runtime_ms: u64,
    /// Submission latency: start to return of io_submit; none for
    /// synchronous calls.
    pub slat: LatencyStats,
    /// Completion latency.
    pub clat: LatencyStats,
    /// Start to completion.
    pub lat: LatencyStats,
}

impl FioReport {
    /// Adds another thread of the same group (`stat.c:sum_thread_stats`):
    /// counts, samples and `job_runtime` add up, the runtime of a direction is
    /// that of the longest.
    pub fn merge(&mut self, other: &FioReport) {
        for d in Dir::ALL {
            let (a, b) = (&mut self.dirs[d], &other.dirs[d]);
            a.total_ios += b.total_ios;
            a.io_bytes += b.io_bytes;
            a.runtime_ms = a.runtime_ms.max(b.runtime_ms);
            a.slat.merge(&b.slat);
            a.clat.merge(&b.clat);
            a.lat.merge(&b.lat);
        }
        self.syncs += other.syncs;
        self.sync_lat.merge(&other.sync_lat);
        self.runtime_ms += other.runtime_ms;
        self.total_err += other.total_err;
        if self.first_error == 0 {
            self.first_error = other.first_error;
        }
        if self.error == 0 {
            self.error = other.error;
        }
    }
}
