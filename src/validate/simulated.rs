//! An outcome in the shape of an observation's `observed`.

use std::collections::BTreeMap;

use crate::formats::kernel_observation::{
    Completions, DeviceStat, FioDir, FioJob, IssuedRequests, Latency, Observed, StatusSeen, Unplug,
};
use crate::run::outcome::{
    DeviceOutcome, DirOutcome, GapsOutcome, JobOutcome, MapOutcome, Outcome,
};
use crate::sim::Ns;
use crate::sim::stats::LatencyStats;

/// The percentiles in an observation.
const PERCENTILES: [f64; 5] = [1.0, 50.0, 90.0, 99.0, 99.9];

/// Width of a bin of completions.
const BIN: Ns = Ns::from_ms(10);

/// What `outcome` would have looked like to those who made the observations.
pub fn observed(outcome: &Outcome) -> Observed {
    let counter = |count: fn(&DeviceOutcome) -> u64| per_device(outcome, count);
    let map = outcome.maps.first();
    Observed {
        devices: outcome
            .devices
            .iter()
            .map(|d| (d.name.clone(), stat(d)))
            .collect(),
        requests_issued: Some(issued(outcome)),
        bios_back_merged: counter(|d| d.bios_back_merged),
        bios_front_merged: counter(|d| d.bios_front_merged),
        requests_merged: counter(|d| d.requests_merged),
        requests_inserted: counter(|d| d.requests_inserted),
        requests_requeued: counter(|d| d.requests_requeued),
        bios_split: counter(|d| d.bios_split),
        requests_failed: counter(|d| d.requests_failed),
        unplugs: unplugs(outcome),
        fio: outcome.jobs.iter().map(job).collect(),
        table_at_start: map.map(|m| m.table_at_start.clone()),
        table_at_end: map.map(|m| m.table_at_end.clone()),
        status_at_start: map.map(|m| m.status_at_start.clone()),
        status_at_end: map.map(|m| m.status_at_end.clone()),
        status_seen: map.map(status_seen).unwrap_or_default(),
        kernel_log: Some(kernel_log(outcome)),
        completions: outcome.gaps.as_ref().map(|gaps| completions(outcome, gaps)),
        blkparse: outcome.blkparse.iter().cloned().collect(),
        ..Observed::default()
    }
}

fn status_seen(map: &MapOutcome) -> Vec<StatusSeen> {
    let seen = map.status_seen.iter().map(|(at, status)| StatusSeen {
        at_ms: at.0 as f64 / 1e6,
        status: status.clone(),
    });
    seen.collect()
}

/// What the log says of maps, with devices by name, and of requests that failed.
fn kernel_log(outcome: &Outcome) -> Vec<String> {
    let is_told =
        |line: &str| line.starts_with("device-mapper: ") || line.starts_with("I/O error, dev ");
    let lines = outcome.kernel_log.iter().map(|(_, line)| line);
    let lines = lines.filter(|line| is_told(line));
    lines.map(|line| with_names(line, outcome)).collect()
}

/// `line` with the names of the devices in place of their numbers: a word that
/// is `major:minor` and perhaps a mark after it.
fn with_names(line: &str, outcome: &Outcome) -> String {
    let words = line.split(' ').map(|word| {
        let number = word.trim_end_matches([':', '.', ',']);
        let is_named = |d: &&DeviceOutcome| format!("{}:{}", d.devno.0, d.devno.1) == number;
        match outcome.devices.iter().find(is_named) {
            Some(device) => format!("{}{}", device.name, &word[number.len()..]),
            None => word.to_owned(),
        }
    });
    words.collect::<Vec<_>>().join(" ")
}

/// Bins of another width than 10 ms are left out.
fn completions(outcome: &Outcome, gaps: &GapsOutcome) -> Completions {
    let dirs = outcome
        .jobs
        .iter()
        .flat_map(|job| [&job.read, &job.write, &job.trim])
        .flatten();
    Completions {
        completions_per_10ms: (gaps.bin == BIN).then(|| gaps.successes.clone()),
        longest_gap_ms: ms(gaps.longest),
        slowest_clat_ns: dirs.map(|dir| dir.clat.max()).max().unwrap_or(0),
        completions: gaps.successes.iter().sum(),
    }
}

/// Whole milliseconds, as the kernel prints times in `stat`.
fn ms(time: Ns) -> u64 {
    time.0 / 1_000_000
}

fn stat(device: &DeviceOutcome) -> DeviceStat {
    DeviceStat {
        read_ios: device.read.ios,
        read_merges: device.read.merges,
        read_sectors: device.read.sectors,
        read_ticks_ms: ms(device.read.ticks),
        write_ios: device.write.ios,
        write_merges: device.write.merges,
        write_sectors: device.write.sectors,
        write_ticks_ms: ms(device.write.ticks),
        io_ticks_ms: ms(device.io_ticks),
        time_in_queue_ms: ms(device.time_in_queue),
        flush_ios: device.flush.ios,
    }
}

/// Counts that are not zero, by device.
fn per_device(outcome: &Outcome, count: fn(&DeviceOutcome) -> u64) -> BTreeMap<String, u64> {
    outcome
        .devices
        .iter()
        .map(|d| (d.name.clone(), count(d)))
        .filter(|(_, n)| *n != 0)
        .collect()
}

/// By device, size and `rwbs`.
fn issued(outcome: &Outcome) -> Vec<IssuedRequests> {
    let mut counts = BTreeMap::new();
    for device in &outcome.devices {
        for one in &device.issued {
            let key = (device.name.as_str(), one.sectors, one.rwbs.as_str());
            *counts.entry(key).or_default() += one.count;
        }
    }
    counts
        .into_iter()
        .filter(|(_, count)| *count != 0)
        .map(|((device, sectors, rwbs), count)| IssuedRequests {
            device: device.to_owned(),
            sectors,
            rwbs: rwbs.to_owned(),
            count,
        })
        .collect()
}

/// Of all devices together, rarest first.
fn unplugs(outcome: &Outcome) -> Vec<Unplug> {
    let mut counts = BTreeMap::new();
    for (requests, count) in outcome.devices.iter().flat_map(|d| &d.unplugs) {
        *counts.entry(*requests).or_default() += *count;
    }
    let mut all: Vec<Unplug> = counts
        .into_iter()
        .map(|(requests, count)| Unplug { requests, count })
        .collect();
    all.sort_by_key(|u| (u.count, u.requests));
    all
}

fn job(job: &JobOutcome) -> FioJob {
    FioJob {
        job: job.name.clone(),
        error: job.error,
        runtime_ms: job.runtime_ms,
        total_err: job.total_err,
        first_error: job.first_error,
        read: job.read.as_ref().map(direction),
        write: job.write.as_ref().map(direction),
    }
}

fn direction(dir: &DirOutcome) -> FioDir {
    FioDir {
        total_ios: dir.total_ios,
        io_bytes: dir.io_bytes,
        bw_bytes: (dir.io_bytes.saturating_mul(1000))
            .checked_div(dir.runtime_ms)
            .unwrap_or(0),
        iops: six_decimals(dir.iops()),
        slat_ns: (dir.slat.count() != 0).then(|| latency(&dir.slat)),
        clat_ns: Latency {
            percentile: percentiles(&dir.clat),
            ..latency(&dir.clat)
        },
        lat_ns: (dir.lat.count() != 0).then(|| latency(&dir.lat)),
    }
}

fn latency(stats: &LatencyStats) -> Latency {
    Latency {
        min: stats.min(),
        max: stats.max(),
        mean: six_decimals(stats.mean()),
        stddev: six_decimals(stats.stddev()),
        percentile: BTreeMap::new(),
    }
}

fn percentiles(stats: &LatencyStats) -> BTreeMap<String, u64> {
    PERCENTILES
        .iter()
        .map(|p| (format!("{p:.6}"), bucket_value(stats.percentile(*p))))
        .collect()
}

/// fio prints six decimals.
fn six_decimals(x: f64) -> f64 {
    libm::round(x * 1e6) / 1e6
}

/// The value that stands for `v` in fio's histogram: the middle of one of 64
/// buckets to each power of two (`stat.c:plat_idx_to_val`, fio 3.33).
fn bucket_value(v: u64) -> u64 {
    const BITS: u32 = 6;
    match v.checked_ilog2() {
        Some(msb) if msb > BITS => {
            let width = 1u64 << (msb - BITS);
            (v & !(width - 1)) + width / 2
        }
        _ => v,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::outcome::{DirStats, Issued, MapOutcome};
    use serde_json::json;

    #[test]
    fn percentiles_fall_into_fios_buckets() {
        assert_eq!(bucket_value(4_014_607), 4_014_080);
        assert_eq!(bucket_value(128_063), 128_512);
        assert_eq!(bucket_value(127_580), 127_488);
        assert_eq!(bucket_value(100), 100);
        assert_eq!(bucket_value(0), 0);
    }

    fn small_outcome() -> Outcome {
        let mut clat = LatencyStats::default();
        for ns in [100, 100, 200] {
            clat.record(Ns(ns));
        }
        let write = DirOutcome {
            total_ios: 3,
            io_bytes: 12_288,
            runtime_ms: 7,
            clat: clat.clone(),
            lat: clat,
            ..DirOutcome::default()
        };
        let issued = |sectors, count| Issued {
            sectors,
            rwbs: "WS".into(),
            count,
        };
        let p0 = DeviceOutcome {
            name: "p0".into(),
            write: DirStats {
                ios: 2,
                merges: 1,
                sectors: 24,
                ticks: Ns::from_us(8_999),
            },
            issued: vec![issued(16, 1), issued(8, 1)],
            bios_back_merged: 1,
            unplugs: vec![(2, 5), (1, 1)],
            ..DeviceOutcome::default()
        };
        Outcome {
            devices: vec![p0],
            jobs: vec![JobOutcome {
                name: "j".into(),
                runtime_ms: 7,
                write: Some(write),
                ..JobOutcome::default()
            }],
            maps: vec![MapOutcome::default()],
            ..Outcome::default()
        }
    }

    #[test]
    fn shape_is_that_of_an_observation() {
        let got = serde_json::to_value(observed(&small_outcome())).unwrap();
        let lat = json!({"min": 100, "max": 200, "mean": 133.333333, "stddev": 47.140452});
        let mut clat = lat.clone();
        clat["percentile"] = json!({"1.000000": 100, "50.000000": 100, "90.000000": 201,
            "99.000000": 201, "99.900000": 201});
        let want = json!({
            "devices": {"p0": {"write_ios": 2, "write_merges": 1, "write_sectors": 24,
                "write_ticks_ms": 8}},
            "requests_issued": [
                {"device": "p0", "sectors": 8, "rwbs": "WS", "count": 1},
                {"device": "p0", "sectors": 16, "rwbs": "WS", "count": 1}],
            "bios_back_merged": {"p0": 1},
            "unplugs": [{"requests": 1, "count": 1}, {"requests": 2, "count": 5}],
            "fio": [{"job": "j", "error": 0, "runtime_ms": 7, "total_err": 0, "first_error": 0,
                "write": {"total_ios": 3, "io_bytes": 12288, "bw_bytes": 1755428,
                    "iops": 428.571429, "clat_ns": clat, "lat_ns": lat}}],
            "table_at_start": "", "table_at_end": "",
            "status_at_start": "", "status_at_end": "",
            "kernel_log": []
        });
        assert_eq!(got, want);
    }

    #[test]
    fn devices_are_named_and_bins_of_another_width_left_out() {
        let mut outcome = small_outcome();
        outcome.devices[0].devno = (253, 1);
        let io_error = "I/O error, dev p0, sector 8 op 0x0:(READ)";
        let lines = [
            (1, "sd 0:0:0:0: rejecting I/O to offline device"),
            (2, "device-mapper: multipath: 253:1: Failing path 253:1."),
            (2, io_error),
            (4, "device-mapper: 253:11 and 3:1 are others, as is 253:1x"),
        ];
        outcome.kernel_log = lines
            .map(|(ms, line)| (Ns::from_ms(ms), line.into()))
            .into();
        outcome.maps[0].status_seen = vec![(Ns::from_us(1_500), "0 8 multipath".into())];
        outcome.gaps = Some(GapsOutcome {
            bin: Ns::from_ms(10),
            successes: vec![2, 0, 1],
            longest: Ns::from_us(21_999),
            ..GapsOutcome::default()
        });
        let run = observed(&outcome);
        assert_eq!(
            run.kernel_log.unwrap(),
            [
                "device-mapper: multipath: p0: Failing path p0.",
                io_error,
                "device-mapper: 253:11 and 3:1 are others, as is 253:1x"
            ]
        );
        assert_eq!(run.status_seen[0].at_ms, 1.5);
        let completions = run.completions.unwrap();
        assert_eq!(completions.completions_per_10ms, Some(vec![2, 0, 1]));
        assert_eq!(
            (completions.completions, completions.longest_gap_ms),
            (3, 21)
        );
        assert_eq!(completions.slowest_clat_ns, 200);
        outcome.gaps.as_mut().unwrap().bin = Ns::from_ms(20);
        let wide = observed(&outcome).completions.unwrap();
        assert_eq!(wide.completions_per_10ms, None);
    }
}
