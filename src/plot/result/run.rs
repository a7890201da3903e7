//! The folder of `mpathsim run`: the keys of `docs/results.md`.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::{ResultError, table};
use crate::run::summary::Summary;

/// What `mpathsim run` wrote.
#[derive(Clone, Debug)]
pub struct RunResult {
    /// Where.
    pub folder: PathBuf,
    /// `summary.json`
    pub summary: Summary,
    /// `series.csv`
    pub series: Vec<SeriesRow>,
    /// `paths.csv`
    pub paths: Vec<PathRow>,
    /// `queue.csv`
    pub queue: Vec<QueueRow>,
    /// `latency.csv`
    pub latency: Vec<LatencyRow>,
    /// `trace.csv`
    pub trace: Vec<Event>,
    /// `scenario.toml`
    pub scenario: String,
}

/// A bin of completions.
#[derive(Clone, Debug, Deserialize)]
pub struct SeriesRow {
    /// The run.
    pub mode: String,
    /// Start of the bin.
    pub time_s: f64,
    /// I/Os a second.
    pub iops: f64,
    /// MiB a second.
    pub mib_per_s: f64,
    /// Errors in it.
    pub errors: u64,
}

/// A bin of a path.
#[derive(Clone, Debug, Deserialize)]
pub struct PathRow {
    /// The run.
    pub mode: String,
    /// Start of the bin.
    pub time_s: f64,
    /// The path's device.
    pub device: String,
    /// Bytes that its driver was given.
    pub bytes: u64,
    /// Commands that the driver had, on average.
    pub in_flight: f64,
}

/// A bin of the queue.
#[derive(Clone, Debug, Deserialize)]
pub struct QueueRow {
    /// The run.
    pub mode: String,
    /// Start of the bin.
    pub time_s: f64,
    /// Bytes that waited, on average.
    pub waiting_bytes: f64,
}

/// A bucket of latencies.
#[derive(Clone, Debug, Deserialize)]
pub struct LatencyRow {
    /// The run.
    pub mode: String,
    /// The latency that none in it exceeds.
    pub at_most_ns: u64,
    /// I/Os in it.
    pub ios: u64,
}

/// One of the first events.
#[derive(Clone, Debug, Deserialize)]
pub struct Event {
    /// The run.
    pub mode: String,
    /// When.
    pub at_ns: u64,
    /// The device.
    pub device: String,
    /// blktrace's letter.
    pub action: char,
    /// First sector.
    pub sector: u64,
    /// Sectors.
    pub sectors: u64,
}

impl RunResult {
    /// Reads the folder; tables that are not there are empty.
    ///
    /// # Errors
    /// There is no summary, or a file is damaged.
    pub fn read(folder: &Path) -> Result<RunResult, ResultError> {
        let path = folder.join("summary.json");
        let text = std::fs::read_to_string(&path).map_err(|why| ResultError::Unreadable {
            path: path.clone(),
            why,
        })?;
        let summary = serde_json::from_str(&text).map_err(|why| ResultError::Malformed {
            path,
            why: why.to_string(),
        })?;
        Ok(RunResult {
            folder: folder.into(),
            summary,
            series: table::rows(folder, "series.csv")?,
            paths: table::rows(folder, "paths.csv")?,
            queue: table::rows(folder, "queue.csv")?,
            latency: table::rows(folder, "latency.csv")?,
            trace: table::rows(folder, "trace.csv")?,
            scenario: std::fs::read_to_string(folder.join("scenario.toml")).unwrap_or_default(),
        })
    }
}
