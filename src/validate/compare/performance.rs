//! What fio measured: throughput and latency.

use super::figure::{Figure, Tolerance};
use crate::formats::kernel_observation::{FioDir, FioJob, Observation, Observed};

/// How far fio's figures may be off.
#[derive(Copy, Clone)]
pub struct Limits {
    /// I/Os a second.
    pub iops: Tolerance,
    /// Mean latency.
    pub mean_latency: Tolerance,
    /// 99th percentile of the completion latency; none: not compared.
    pub p99: Option<Tolerance>,
}

type Direction = (&'static str, fn(&FioJob) -> Option<&FioDir>);

const DIRECTIONS: [Direction; 2] = [
    ("read", |job| job.read.as_ref()),
    ("write", |job| job.write.as_ref()),
];

/// The figures of each job and direction that the kernel or we have.
pub fn figures(observation: &Observation, ours: &Observed, limits: Limits) -> Vec<Figure> {
    let runs = observation.runs();
    let jobs = observation.observed.fio.len().max(ours.fio.len());
    let mut all = Vec::new();
    for job in 0..jobs {
        for (name, direction) in DIRECTIONS {
            let of = |run: &Observed| run.fio.get(job).and_then(direction).cloned();
            let kernel: Vec<FioDir> = runs.iter().filter_map(|run| of(run)).collect();
            let ours_dir = of(ours);
            if kernel.is_empty() && ours_dir.is_none() {
                continue;
            }
            let ours_dir = ours_dir.unwrap_or_default();
            let label = format!("{} {name}", job_name(observation, ours, job));
            all.extend(of_direction(&label, &kernel, &ours_dir, limits));
        }
    }
    all
}

fn job_name<'a>(observation: &'a Observation, ours: &'a Observed, job: usize) -> &'a str {
    let kernel = &observation.observed.fio;
    let named = kernel.get(job).or_else(|| ours.fio.get(job));
    named.map_or("", |job| job.job.as_str())
}

fn of_direction(label: &str, kernel: &[FioDir], ours: &FioDir, limits: Limits) -> Vec<Figure> {
    let figure = |name: &str, value: fn(&FioDir) -> f64, tolerance| {
        let runs: Vec<f64> = if kernel.is_empty() {
            vec![0.0]
        } else {
            kernel.iter().map(value).collect()
        };
        Figure::new(format!("{label} {name}"), &runs, value(ours), tolerance)
    };
    let mut all = vec![
        figure("IOPS", |d| d.iops, limits.iops),
        figure("clat mean, µs", mean_clat, limits.mean_latency),
    ];
    if kernel.iter().all(|d| d.lat_ns.is_some()) {
        all.push(figure("lat mean, µs", mean_lat, limits.mean_latency));
    }
    if let Some(tolerance) = limits.p99 {
        all.push(figure("clat p99, µs", p99, tolerance));
    }
    all
}

fn mean_clat(dir: &FioDir) -> f64 {
    dir.clat_ns.mean / 1e3
}

fn mean_lat(dir: &FioDir) -> f64 {
    dir.lat_ns.as_ref().map_or(0.0, |lat| lat.mean / 1e3)
}

fn p99(dir: &FioDir) -> f64 {
    let value = dir.clat_ns.percentile.get("99.000000");
    value.map_or(0.0, |ns| *ns as f64 / 1e3)
}

/// All jobs together: I/Os a second and mean completion latency.
pub fn in_words(run: &Observed) -> String {
    let dirs = || {
        run.fio
            .iter()
            .flat_map(|job| DIRECTIONS.iter().filter_map(move |(_, of)| of(job)))
    };
    let iops: f64 = dirs().map(|d| d.iops).sum();
    let ios: u64 = dirs().map(|d| d.total_ios).sum();
    let summed: f64 = dirs().map(|d| mean_clat(d) * d.total_ios as f64).sum();
    let mean = summed / ios.max(1) as f64;
    format!("{iops:.0} IOPS {mean:.1} µs")
}
