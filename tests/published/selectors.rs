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
    let mut all: Vec<[f64; 5]> = Vec::new();
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
            ql.application.latency.mean_ns / rr.application.latency.mean_ns,
        ]);
    }
    let worst = |figure: usize| all.iter().map(|of| of[figure]).fold(0.0, f64::max);
    judge("1c", &[worst(0)], f64::NEG_INFINITY..=1.06);
    judge("1d", &[worst(1)], f64::NEG_INFINITY..=0.02);
    judge("1e", &[worst(2)], f64::NEG_INFINITY..=0.02);
    effect("A1a", worst(3), 1.0);
    effect("A1b", worst(4), 1.36);
}

/// Target 5 (commit f20426056f2e).
#[test]
fn t05_the_old_rotation_gives_twice_as_many_to_the_first_of_equals() {
    let ios = |kernel: &str, in_all: u32| {
        let in_all = format!("workload.job.0.number_ios={in_all}");
        let run = summary("tie-breaking", Mode::Request, &[kernel, &in_all]);
        let of = |name: &str| run.paths.iter().find(|p| p.device == name).unwrap().ios;
        assert_eq!(of("p2"), 1);
        (of("p0"), of("p1"))
    };
    // Of 1500 I/Os in the midst of it: whole turns of three, and of two.
    let ratio = |kernel: &str| {
        let (before, after) = (ios(kernel, 1504), ios(kernel, 3004));
        (after.0 - before.0) as f64 / (after.1 - before.1) as f64
    };
    let old = ratio("kernel=\"2.6.31\"");
    judge("5a", &[old], 2.0..=2.0);
    let even = ratio("kernel=\"6.1\"");
    judge("5b", &[even], 1.0..=1.0);
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
    judge("6a", &st_1, 0.25..=0.25);
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
    let [writes, reads, mixed] = ["randwrite", "randread", "randrw"].map(|rw| ratios(rw, &[]));
    judge("8a", &writes[..1], 1.8..=2.2);
    judge("8b", &reads[..1], 1.8..=2.2);
    judge("8c", &mixed[..1], 1.8..=2.2);
    let of = |policy: usize| [writes[policy], reads[policy], mixed[policy]];
    judge("8d", &of(1), 2.0..=f64::INFINITY);
    above("8e", &of(2), 1.0);
    above("8f", &of(3), 1.0);
    effect("A8a", writes[0], 1.9);
    effect("A8b", reads[0], 2.1);
    effect("A8c", writes[1], 3.08);
    effect("A8d", reads[1], 2.19);
    effect("A8e", writes[2], 1.16);
    effect("A8f", reads[2], 1.52);
    effect("A8g", mixed[0], 1.85);
    effect("A8h", mixed[1], 2.16);
    effect("A8i", mixed[2], 1.43);
    // What the published ratios are like.
    let [writes, reads, mixed] = FITTED.map(|(rw, latencies)| ratios(rw, &latencies));
    let round_robin = [("1.82", writes[0]), ("1.78", reads[0]), ("1.74", mixed[0])];
    told("A8c", &round_robin);
    let fewest = [("3.18", writes[1]), ("2.56", reads[1]), ("2.29", mixed[1])];
    told("A8c", &fewest);
    let adaptive = [("1.02", writes[2]), ("0.98", reads[2]), ("0.98", mixed[2])];
    told("A8c", &adaptive);
}

/// Two paths on which the fewest in flight does as much more than the slow one alone
/// as was published: 385 of 65.9 MiB/s, 230 of 50.0, 122 of 30.6.
const FITTED: [(&str, [&str; 2]); 3] = [
    (
        "randwrite",
        [
            "device.0.port.latency=\"3.1ms\"",
            "device.1.port.latency=\"33.1ms\"",
        ],
    ),
    (
        "randread",
        [
            "device.0.port.latency=\"4.2ms\"",
            "device.1.port.latency=\"34.2ms\"",
        ],
    ),
    (
        "randrw",
        [
            "device.0.port.latency=\"5ms\"",
            "device.1.port.latency=\"35ms\"",
        ],
    ),
];

/// Under load `rw`: round-robin over the slow path alone, the fewest in flight over
/// round-robin, `adaptive` and `ewma-latency` over the fewest in flight.
fn ratios(rw: &str, set: &[&str]) -> [f64; 4] {
    let rw = format!("workload.job.0.rw=\"{rw}\"");
    let iops = |change: &str| {
        let sets = [set, &[&rw, change]].concat();
        let run = summary("one-path-of-two-slower", Mode::Bio, &sets);
        run.application.iops
    };
    let slow = iops("map.0.paths=[\"slow\"]");
    let [round_robin, fewest, adaptive, ewma] = [
        "nvme-round-robin",
        "nvme-queue-depth",
        "adaptive",
        "ewma-latency",
    ]
    .map(|policy| iops(&format!("map.0.selector={policy}")));
    [
        round_robin / slow,
        fewest / round_robin,
        adaptive / fewest,
        ewma / fewest,
    ]
}
