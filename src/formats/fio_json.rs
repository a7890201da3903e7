//! Results in the shape of `fio --output-format=json` (3.33), for tools that
//! read fio's.
//!
//! What has no counterpart in a simulation (CPU use, page faults, submission
//! distributions) is left out.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::run::outcome::{DirOutcome, JobOutcome};
use crate::sim::stats::LatencyStats;

/// The percentiles that fio prints.
const PERCENTILES: [f64; 17] = [
    1.0, 5.0, 10.0, 20.0, 30.0, 40.0, 50.0, 60.0, 70.0, 80.0, 90.0, 95.0, 99.0, 99.5, 99.9, 99.95,
    99.99,
];

#[derive(Serialize)]
struct Output<'a> {
    #[serde(rename = "fio version")]
    version: &'static str,
    jobs: Vec<Job<'a>>,
}

#[derive(Serialize)]
struct Job<'a> {
    jobname: &'a str,
    groupid: u32,
    error: i32,
    read: Direction,
    write: Direction,
    trim: Direction,
    sync: Sync,
    job_runtime: u64,
    total_err: u64,
    first_error: i32,
}

#[derive(Serialize)]
struct Sync {
    total_ios: u64,
}

#[derive(Serialize)]
struct Direction {
    io_bytes: u64,
    io_kbytes: u64,
    bw_bytes: u64,
    bw: u64,
    iops: f64,
    runtime: u64,
    total_ios: u64,
    short_ios: u64,
    drop_ios: u64,
    slat_ns: Latency,
    clat_ns: Latency,
    lat_ns: Latency,
}

#[derive(Serialize)]
struct Latency {
    min: u64,
    max: u64,
    mean: f64,
    stddev: f64,
    #[serde(rename = "N")]
    n: u64,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    percentile: BTreeMap<Percent, u64>,
}

/// A percentile: printed with six decimals, ordered by value.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Percent {
    millionths: u64,
}

impl Serialize for Percent {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        let (whole, rest) = (self.millionths / 1_000_000, self.millionths % 1_000_000);
        s.collect_str(&format_args!("{whole}.{rest:06}"))
    }
}

/// The results of `jobs` as fio would print them, with a line end.
///
/// # Errors
/// None in practice; those of the JSON writer.
pub fn print(jobs: &[JobOutcome]) -> Result<String, serde_json::Error> {
    let output = Output {
        version: "fio-3.33",
        jobs: jobs.iter().map(job).collect(),
    };
    let mut text = serde_json::to_string_pretty(&output)?;
    text.push('\n');
    Ok(text)
}

fn job(outcome: &JobOutcome) -> Job<'_> {
    let none = DirOutcome::default();
    let dir = |d: &Option<DirOutcome>| direction(d.as_ref().unwrap_or(&none));
    Job {
        jobname: &outcome.name,
        groupid: 0,
        error: outcome.error,
        read: dir(&outcome.read),
        write: dir(&outcome.write),
        trim: dir(&outcome.trim),
        sync: Sync {
            total_ios: outcome.syncs,
        },
        job_runtime: outcome.runtime_ms,
        total_err: outcome.total_err,
        first_error: outcome.first_error,
    }
}

fn direction(d: &DirOutcome) -> Direction {
    let bw_bytes = u128::from(d.io_bytes) * 1000 / u128::from(d.runtime_ms.max(1));
    let bw_bytes = if d.runtime_ms == 0 {
        0
    } else {
        bw_bytes as u64
    };
    Direction {
        io_bytes: d.io_bytes,
        io_kbytes: d.io_bytes / 1024,
        bw_bytes,
        bw: bw_bytes / 1024,
        iops: d.iops(),
        runtime: d.runtime_ms,
        total_ios: d.total_ios,
        short_ios: 0,
        drop_ios: 0,
        slat_ns: latency(&d.slat, false),
        clat_ns: latency(&d.clat, true),
        lat_ns: latency(&d.lat, false),
    }
}

fn latency(stats: &LatencyStats, with_percentiles: bool) -> Latency {
    let percentile = if with_percentiles && stats.count() > 0 {
        PERCENTILES
            .iter()
            .map(|p| {
                let millionths = libm::round(p * 1e6) as u64;
                (Percent { millionths }, stats.percentile(*p))
            })
            .collect()
    } else {
        BTreeMap::new()
    };
    Latency {
        min: stats.min(),
        max: stats.max(),
        mean: stats.mean(),
        stddev: stats.stddev(),
        n: stats.count(),
        percentile,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::Ns;

    #[test]
    fn reads_as_fio_prints_them() {
        let mut clat = LatencyStats::default();
        for us in 1..=100 {
            clat.record(Ns::from_us(us));
        }
        let expected = clat.percentile(99.0);
        let outcome = JobOutcome {
            name: "j0".into(),
            runtime_ms: 803,
            read: Some(DirOutcome {
                total_ios: 4004,
                io_bytes: 4004 * 4096,
                runtime_ms: 804,
                clat,
                ..DirOutcome::default()
            }),
            syncs: 3,
            ..JobOutcome::default()
        };
        let text = print(&[outcome]).unwrap();
        let json: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(json["fio version"], "fio-3.33");
        let job = &json["jobs"][0];
        assert_eq!(
            (&job["jobname"], &job["job_runtime"]),
            (&"j0".into(), &803.into())
        );
        let read = &job["read"];
        assert_eq!(read["bw_bytes"], 20398487);
        assert_eq!(read["bw"], 19920);
        let iops = read["iops"].as_f64().unwrap();
        assert!((iops - 4980.099502).abs() < 1e-6, "{iops}");
        assert_eq!(read["clat_ns"]["N"], 100);
        assert_eq!(read["clat_ns"]["percentile"]["99.000000"], expected);
        assert!(read["clat_ns"]["percentile"]["99.950000"].is_u64());
        assert!(read["slat_ns"].get("percentile").is_none());
        assert_eq!(job["write"]["total_ios"], 0);
        assert_eq!(job["sync"]["total_ios"], 3);
    }
}
