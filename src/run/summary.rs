//! `summary.json`: what a scenario's runs told, as data.
//!
//! Documented for readers in `docs/summary.md`; the format's name changes when
//! a key changes its meaning or goes.

use serde::{Deserialize, Serialize};

use super::metrics::{application, cpu, layer};
use super::outcome::{DeviceOutcome, DirStats, JobOutcome, MapOutcome, Outcome, PathOutcome};
use super::verdict::Verdict;
use crate::scenario::{Mode, Scenario};
use crate::sim::stats::LatencyStats;

/// Name and version of the format.
pub const FORMAT: &str = "mpathsim-summary/1";

/// All runs of one scenario.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// [`FORMAT`].
    pub format: String,
    /// Version of the program.
    pub mpathsim: String,
    /// What was simulated.
    pub scenario: ScenarioSummary,
    /// The runs, in order of the columns of the comparison.
    pub runs: Vec<RunSummary>,
    /// Bio mode against request mode; empty if not both ran.
    pub verdicts: Vec<Verdict>,
}

/// What was simulated.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ScenarioSummary {
    /// Its name.
    pub name: String,
    /// What it shows.
    pub about: String,
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
}

/// One run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
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
    /// Of which requeued (R).
    pub requeues: u64,
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

impl ScenarioSummary {
    /// Of `scenario`, which the options `set` changed.
    pub fn new(scenario: &Scenario, set: &[String]) -> ScenarioSummary {
        ScenarioSummary {
            name: scenario.name.clone(),
            about: scenario.about.clone(),
            seed: scenario.seed,
            cpu_profile: scenario.host.profile.clone(),
            cpus: scenario.host.cpus,
            hz: scenario.host.hz,
            set: set.to_vec(),
        }
    }
}

impl RunSummary {
    /// Of one run in `mode`; `device` is the path that ran alone.
    pub fn new(mode: Mode, device: Option<&str>, outcome: &Outcome) -> RunSummary {
        let application = application(outcome);
        let seconds = outcome.duration.as_secs_f64();
        RunSummary {
            mode: mode.name().into(),
            device: device.map(str::to_owned),
            duration_ns: outcome.duration.0,
            multipath: layer(outcome.devices.iter().filter(|device| device.is_map)),
            path_devices: layer(outcome.devices.iter().filter(|device| !device.is_map)),
            paths: outcome.maps.iter().flat_map(paths).collect(),
            devices: outcome
                .devices
                .iter()
                .map(|d| DeviceSummary::new(d, seconds))
                .collect(),
            cpu: cpu(outcome, application.ios),
            jobs: outcome.jobs.iter().map(JobSummary::new).collect(),
            maps: outcome.maps.iter().map(MapSummary::new).collect(),
            application,
        }
    }
}

fn paths(map: &MapOutcome) -> impl Iterator<Item = PathSummary> + '_ {
    let total: u64 = map.paths.iter().map(|path| path.bytes).sum();
    let share = move |path: &PathOutcome| match total {
        0 => 0.0,
        total => path.bytes as f64 / total as f64,
    };
    map.paths.iter().map(move |path| PathSummary {
        map: map.name.clone(),
        device: path.device.clone(),
        group: path.group,
        ios: path.ios,
        share: share(path),
        in_flight: path.mean_in_flight,
        utilisation: path.utilisation,
    })
}

impl From<&LatencyStats> for LatencySummary {
    fn from(stats: &LatencyStats) -> LatencySummary {
        if stats.count() == 0 {
            return LatencySummary::default();
        }
        LatencySummary {
            count: stats.count(),
            min_ns: stats.min(),
            mean_ns: stats.mean(),
            stddev_ns: stats.stddev(),
            p50_ns: stats.percentile(50.0),
            p90_ns: stats.percentile(90.0),
            p99_ns: stats.percentile(99.0),
            p999_ns: stats.percentile(99.9),
            max_ns: stats.max(),
        }
    }
}

impl DeviceSummary {
    fn new(device: &DeviceOutcome, seconds: f64) -> DeviceSummary {
        let per_second = |ns: u64| match seconds {
            s if s > 0.0 => ns as f64 / 1e9 / s,
            _ => 0.0,
        };
        let issued = device.issued.iter();
        DeviceSummary {
            name: device.name.clone(),
            is_map: device.is_map,
            read: DirectionSummary::new(&device.read, seconds),
            write: DirectionSummary::new(&device.write, seconds),
            discard: DirectionSummary::new(&device.discard, seconds),
            aqu_sz: per_second(device.time_in_queue.0),
            util: per_second(device.io_ticks.0),
            d2c: LatencySummary::from(&device.d2c),
            bios_split: device.bios_split,
            requests_requeued: device.requests_requeued,
            requests_failed: device.requests_failed,
            issued: issued
                .map(|i| (i.sectors, i.rwbs.clone(), i.count))
                .collect(),
        }
    }
}

impl DirectionSummary {
    fn new(stats: &DirStats, seconds: f64) -> DirectionSummary {
        let over = |value: f64, divisor: f64| if divisor > 0.0 { value / divisor } else { 0.0 };
        let (ios, kib) = (stats.ios as f64, stats.sectors as f64 / 2.0);
        DirectionSummary {
            ios: stats.ios,
            ios_per_second: over(ios, seconds),
            kib_per_second: over(kib, seconds),
            merges_per_second: over(stats.merges as f64, seconds),
            kib_per_io: over(kib, ios),
            await_ns: over(stats.ticks.0 as f64, ios),
        }
    }
}

impl JobSummary {
    fn new(job: &JobOutcome) -> JobSummary {
        let all = [
            ("read", &job.read),
            ("write", &job.write),
            ("trim", &job.trim),
        ];
        let directions = all.into_iter().filter_map(|(direction, outcome)| {
            let outcome = outcome.as_ref()?;
            Some(JobDirection {
                direction: direction.into(),
                total_ios: outcome.total_ios,
                io_bytes: outcome.io_bytes,
                iops: outcome.iops(),
                slat: LatencySummary::from(&outcome.slat),
                clat: LatencySummary::from(&outcome.clat),
                lat: LatencySummary::from(&outcome.lat),
            })
        });
        JobSummary {
            name: job.name.clone(),
            error: job.error,
            runtime_ms: job.runtime_ms,
            total_err: job.total_err,
            directions: directions.collect(),
            syncs: job.syncs,
        }
    }
}

impl MapSummary {
    fn new(map: &MapOutcome) -> MapSummary {
        MapSummary {
            name: map.name.clone(),
            table: map.table_at_end.clone(),
            status: map.status_at_end.clone(),
            kernel_log: map.kernel_log.clone(),
        }
    }
}
