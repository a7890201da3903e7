//! From scenarios and outcomes to their summaries.

use super::{
    DeviceSummary, DirectionSummary, EndSummary, JobDirection, JobSummary, LatencySummary,
    MapSummary, PathSummary, RunSummary, ScenarioSummary,
};
use crate::models::device::DeviceConfig;
use crate::run::failover::failover;
use crate::run::metrics::{application, cpu, layer};
use crate::run::outcome::{DeviceOutcome, DirStats, JobOutcome, MapOutcome, Outcome, PathOutcome};
use crate::scenario::{Device, Mode, Scenario};
use crate::sim::Ns;
use crate::sim::stats::LatencyStats;

impl ScenarioSummary {
    /// Of `scenario`, which the options `set` changed.
    pub fn new(scenario: &Scenario, set: &[String]) -> ScenarioSummary {
        ScenarioSummary {
            name: scenario.name.clone(),
            about: scenario.about.clone(),
            look_at: scenario.look_at.clone(),
            seed: scenario.seed,
            cpu_profile: scenario.host.profile.clone(),
            cpus: scenario.host.cpus,
            hz: scenario.host.hz,
            set: set.to_vec(),
            policy: None,
            replication: 0,
            modes: Vec::new(),
            shuffle_ties: None,
            jobs: scenario.job_setups(),
            maps: scenario.map_setups(),
            devices: scenario.devices.iter().map(EndSummary::new).collect(),
        }
    }
}

impl EndSummary {
    /// Of a leaf device.
    fn new(device: &Device) -> EndSummary {
        let end = EndSummary {
            name: device.name.clone(),
            ..EndSummary::default()
        };
        match &device.kind {
            DeviceConfig::NullBlk(_) => EndSummary {
                kind: "null_blk".into(),
                ..end
            },
            DeviceConfig::ScsiDebug(_) => EndSummary {
                kind: "scsi_debug".into(),
                ..end
            },
            DeviceConfig::ArrayPort(port) => EndSummary {
                kind: "port".into(),
                media: port.media.clone(),
                ..end
            },
            DeviceConfig::Lun(lun) => EndSummary {
                kind: "lun".into(),
                initiator: Some(lun.initiator.clone()),
                via: lun.via.clone(),
                target: Some(lun.target.clone()),
                media: Some(lun.lun.clone()),
                ..end
            },
        }
    }
}

impl RunSummary {
    /// Of one run in `mode`; `device` is the path that ran alone.
    pub fn new(mode: Mode, device: Option<&str>, outcome: &Outcome) -> RunSummary {
        let application = application(outcome);
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
                .map(|d| DeviceSummary::new(d, outcome.duration))
                .collect(),
            cpu: cpu(outcome, application.ios),
            jobs: outcome.jobs.iter().map(JobSummary::new).collect(),
            maps: outcome.maps.iter().map(MapSummary::new).collect(),
            failover: failover(outcome),
            single_queues: outcome.single_queues.clone(),
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
    /// Over the run of `duration`, or longer if the device had I/O longer.
    fn new(device: &DeviceOutcome, duration: Ns) -> DeviceSummary {
        let seconds = duration.max(device.until).as_secs_f64();
        let per_second = |ns: u64| match seconds {
            s if s > 0.0 => ns as f64 / 1e9 / s,
            _ => 0.0,
        };
        let issued = device.issued.iter();
        DeviceSummary {
            name: device.name.clone(),
            number: format!("{}:{}", device.devno.0, device.devno.1),
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
