//! Targets 1, 5, 6 and 8: which path an I/O takes.

use mpathsim::run::summary::{PathSummary, RunSummary};
use mpathsim::scenario::Mode;

use super::summary;
use super::table::{above, effect, judge, near, told};

/// Mean latency of a path, ms, from queueing to completion, and I/Os a second.
fn latency_and_rate(run: &RunSummary, path: &PathSummary) -> (f64, f64) {
    let device = run.devices.iter().find(|d| d.name == path.device).unwrap();
    (device.read.await_ns / 1e6, device.read.ios_per_second)
}

/// How far what is in flight on the paths is from rate times latency.
fn off_littles_law(run: &RunSummary) -> f64 {
    let off = |path: &PathSummary| {
        let (ms, rate) = latency_and_rate(run, path);
        (path.in_flight / (rate * ms / 1e3) - 1.0).abs()
    };
    run.paths.iter().map(off).fold(0.0, f64::max)
}

fn shares(run: &RunSummary) -> Vec<f64> {
    run.paths.iter().map(|path| path.share).collect()
}

/// Target 1: two FC and two TCP paths, 902 s of /proc/diskstats, 2024.
#[test]
fn t01_round_robin_equals_shares_and_queue_length_what_is_in_flight() {
    let rr = summary("unequal-paths", Mode::Bio, &[]);
    judge("1a", &shares(&rr), 0.23..=0.27);
    let ms: Vec<f64> = rr
        .paths
        .iter()
        .map(|p| latency_and_rate(&rr, p).0)
        .collect();
    for (ms, published) in ms.iter().zip([4.05, 2.98, 6.86, 76.23]) {
        assert!((ms / published - 1.0).abs() < 0.03, "{ms}"); // calibrated
    }
    judge("1b", &[off_littles_law(&rr)], f64::NEG_INFINITY..=0.02);
    let mut all: Vec<[f64; 4]> = Vec::new();
    for (selector, mode) in [
        ("queue-length", Mode::Bio),
        ("queue-length", Mode::Request),
        ("nvme-queue-depth", Mode::Bio),
    ] {
        let ql = summary(
            "unequal-paths",
            mode,
            &[&format!("map.0.selector={selector}")],
        );
        let in_flight: Vec<f64> = ql.paths.iter().map(|p| p.in_flight).collect();
        let most = in_flight.iter().copied().fold(0.0, f64::max);
        let least = in_flight.iter().copied().fold(f64::MAX, f64::min);
        let latencies = ql.paths.iter().map(|p| latency_and_rate(&ql, p).0);
        let inverse: Vec<f64> = latencies.map(|ms| 1.0 / ms).collect();
        let sum: f64 = inverse.iter().sum();
        let off = ql.paths.iter().zip(&inverse);
        let off = off.map(|(path, inverse)| (path.share - inverse / sum).abs());
        all.push([
            most / least,
            off.fold(0.0, f64::max),
            off_littles_law(&ql),
            ql.application.iops / rr.application.iops,
        ]);
    }
    let worst = |figure: usize| all.iter().map(|of| of[figure]).fold(0.0, f64::max);
    judge("1c", &[worst(0)], f64::NEG_INFINITY..=1.06);
    judge("1d", &[worst(1)], f64::NEG_INFINITY..=0.02);
    judge("1e", &[worst(2)], f64::NEG_INFINITY..=0.02);
    effect("A1", worst(3), 1.0);
}

/// Target 5 (commit f20426056f2e).
#[test]
fn t05_the_old_rotation_gives_twice_as_many_to_the_first_of_equals() {
    let ios = |kernel: &str| {
        let run = summary("tie-breaking", Mode::Request, &[kernel]);
        let of = |name: &str| run.paths.iter().find(|p| p.device == name).unwrap().ios;
        assert_eq!(of("p2"), 1);
        (of("p0"), of("p1"))
    };
    // Exact, but for the turn of three I/Os that the run ends in.
    let (a, b) = ios("kernel=\"2.6.31\"");
    assert!(a.abs_diff(2 * b) <= 3, "{a} to {b}, not 2 to 1");
    let old = a as f64 / b as f64;
    judge("5a", &[old], 1.99..=2.01);
    let (a, b) = ios("kernel=\"6.1\"");
    assert!(a.abs_diff(b) <= 1, "{a} to {b}, not 1 to 1");
    let even = a as f64 / b as f64;
    judge("5b", &[even], 0.99..=1.01);
    effect("A5", old / even, 2.0);
}

/// Target 6: the table that came with historical-service-time, April 2020.
#[test]
fn t06_historical_service_time_remembers_at_depth_1() {
    let with = |selector: &str, depth: u32, sets: &[&str]| {
        let set = [
            format!("map.0.selector={selector}"),
            format!("workload.job.0.iodepth={depth}"),
        ];
        let sets: Vec<&str> = set
            .iter()
            .map(String::as_str)
            .chain(sets.to_vec())
            .collect();
        shares(&summary("one-path-of-four-slower", Mode::Request, &sets))
    };
    let (hst, st) = ("historical-service-time", "service-time");
    let st_1 = with(st, 1, &[]);
    assert!(st_1.iter().all(|x| (x - 0.25).abs() < 1e-4), "{st_1:?}"); // exact
    near("6a", &st_1, &[0.25, 0.25, 0.25, 0.25], 0.02);
    let hst_1 = with(hst, 1, &[]);
    near("6b", &hst_1, &[0.294, 0.297, 0.296, 0.112], 0.02);
    let st_64 = with(st, 64, &[]);
    near("6c", &st_64, &[0.297, 0.296, 0.298, 0.106], 0.02);
    let hst_64 = with(hst, 64, &[]);
    near("6d", &hst_64, &[0.294, 0.297, 0.296, 0.112], 0.02);
    effect("A6a", hst_1[3] / st_1[3], 0.448);
    effect("A6b", hst_64[3] / st_64[3], 1.06);
    // What the published shares are like.
    let more = [
        "device.0.port.latency=\"1.8ms\"",
        "device.1.port.latency=\"4.8ms\"",
    ];
    let slow = |selector, depth| with(selector, depth, &more)[3];
    told("6b", &[("0.100", slow(hst, 1)), ("0.111", slow(hst, 64))]);
    told("6b", &[("0.111", slow(st, 64))]);
}

/// Target 8: NVMe/TCP, one of two paths throttled by some 30 ms, October 2025.
#[test]
fn t08_the_better_a_policy_knows_a_slow_path_the_more_it_does() {
    let iops = |load: &[&str], set: &str| {
        let sets: Vec<&str> = load.iter().copied().chain([set]).collect();
        summary("one-path-of-two-slower", Mode::Bio, &sets)
            .application
            .iops
    };
    let ratios = |load: &[&str]| {
        let slow = iops(load, "map.0.paths=[\"slow\"]");
        let round_robin = iops(load, "map.0.selector=nvme-round-robin");
        let fewest = iops(load, "map.0.selector=nvme-queue-depth");
        let adaptive = iops(load, "map.0.selector=adaptive");
        let ewma = iops(load, "map.0.selector=ewma-latency");
        [
            round_robin / slow,
            fewest / round_robin,
            adaptive / fewest,
            ewma / fewest,
        ]
    };
    let writes = ratios(&[]);
    let reads = ratios(&READS);
    let mixed = ratios(&MIXED);
    judge("8a", &writes[..1], 1.8..=2.2);
    judge("8b", &reads[..1], 1.8..=2.2);
    let limited = ratios(&LIMITED);
    told(
        "8b",
        &[
            ("2.00", limited[0]),
            ("2.36", limited[1]),
            ("0.95", limited[2]),
        ],
    );
    judge("8c", &[writes[1], reads[1]], 2.0..=f64::INFINITY);
    above("8d", &[writes[2], reads[2], mixed[2]], 1.0);
    above("8e", &[writes[3], reads[3], mixed[3]], 1.0);
    effect("A8a", writes[0], 1.9);
    effect("A8b", reads[0], 2.1);
    effect("A8c", writes[1], 3.08);
    effect("A8d", reads[1], 2.19);
    effect("A8e", writes[2], 1.16);
    effect("A8f", reads[2], 1.52);
    effect("A8g", mixed[0], 1.85);
    effect("A8h", mixed[1], 2.16);
    effect("A8i", mixed[2], 1.43);
}

/// What both together took: 7.0 times as long.
const MIXED: [&str; 3] = [
    "workload.job.0.rw=\"randrw\"",
    "device.0.port.latency=\"5ms\"",
    "device.1.port.latency=\"35ms\"",
];

/// What the reads of target 8 took: 8.2 times as long on the slow path.
const READS: [&str; 3] = [
    "workload.job.0.rw=\"randread\"",
    "device.0.port.latency=\"4.2ms\"",
    "device.1.port.latency=\"34.2ms\"",
];

/// Reads over a slow path that takes 16 at a time.
const LIMITED: [&str; 4] = [
    "workload.job.0.rw=\"randread\"",
    "device.0.port.latency=\"11ms\"",
    "device.1.port.latency=\"41ms\"",
    "device.1.port.slots=16",
];
