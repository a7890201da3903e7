//! What others have measured of path selectors, and what is seen here; see
//! `docs/published.md`.

#![allow(clippy::unwrap_used, clippy::panic)]

use std::path::Path;

use mpathsim::run::summary::{PathSummary, RunSummary};
use mpathsim::run::{RunOptions, run};
use mpathsim::scenario::{self, Mode};

fn summary(name: &str, mode: Mode, set: &[&str]) -> RunSummary {
    let file = format!("scenarios/published/{name}.toml");
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    let set: Vec<String> = set.iter().map(ToString::to_string).collect();
    let scenario = scenario::load(&path, &set)
        .unwrap_or_else(|why| panic!("{name}: {:?}", miette::Report::new(why)));
    let machine = scenario::build(&scenario, mode).unwrap();
    let options = RunOptions::default();
    let outcome = run(&machine, &options).unwrap_or_else(|why| panic!("{name}: {why}"));
    RunSummary::new(mode, None, &outcome)
}

#[track_caller]
fn assert_near(seen: f64, published: f64, by: f64) {
    let off = (seen - published).abs();
    assert!(off <= by, "{seen}, published {published}, within {by}");
}

/// Mean latency of a path, ms, from queueing to completion, and I/Os a second.
fn latency_and_rate(run: &RunSummary, path: &PathSummary) -> (f64, f64) {
    let device = run.devices.iter().find(|d| d.name == path.device).unwrap();
    (device.read.await_ns / 1e6, device.read.ios_per_second)
}

/// Two FC and two TCP paths, 902 s of /proc/diskstats, 2024: round-robin gives
/// equal shares and in-flight as the latency, the fewest in flight equal in-flight
/// and shares as one over the latency.
#[test]
fn round_robin_equals_shares_and_queue_length_what_is_in_flight() {
    let published_ms = [4.05, 2.98, 6.86, 76.23];
    let rr = summary("unequal-paths", Mode::Bio, &[]);
    assert_near(rr.application.iops, 50_000.0, 1000.0);
    for (path, ms) in rr.paths.iter().zip(published_ms) {
        assert_near(path.share, 0.25, 0.005);
        let (latency, rate) = latency_and_rate(&rr, path);
        assert_near(latency, ms, 0.03 * ms); // calibrated
        assert_near(path.in_flight, rate * latency / 1e3, 0.02 * path.in_flight);
    }
    for (selector, mode) in [
        ("queue-length", Mode::Bio),
        ("queue-length", Mode::Request),
        ("nvme-queue-depth", Mode::Bio),
    ] {
        let set = format!("map.0.selector={selector}");
        let ql = summary("unequal-paths", mode, &[&set]);
        assert_near(ql.application.iops, 50_000.0, 1000.0);
        let in_flight: Vec<f64> = ql.paths.iter().map(|p| p.in_flight).collect();
        let most = in_flight.iter().copied().fold(0.0, f64::max);
        let least = in_flight.iter().copied().fold(f64::MAX, f64::min);
        assert!(most / least <= 1.06, "{in_flight:?}");
        let rates: Vec<(f64, f64)> = ql.paths.iter().map(|p| latency_and_rate(&ql, p)).collect();
        let sum: f64 = rates.iter().map(|(ms, _)| 1.0 / ms).sum();
        for (path, (ms, rate)) in ql.paths.iter().zip(rates) {
            assert_near(path.share, 1.0 / ms / sum, 0.02);
            assert_near(path.in_flight, rate * ms / 1e3, 0.02 * path.in_flight);
        }
    }
}

/// The table that came with historical-service-time, April 2020.
#[test]
fn historical_service_time_remembers_at_depth_1() {
    let table = [
        ("service-time", 1, [0.250, 0.250, 0.250, 0.250]),
        ("historical-service-time", 1, [0.294, 0.297, 0.296, 0.112]),
        ("service-time", 64, [0.297, 0.296, 0.298, 0.106]),
        ("historical-service-time", 64, [0.294, 0.297, 0.296, 0.112]),
    ];
    for (selector, depth, published) in table {
        let set = [
            format!("map.0.selector={selector}"),
            format!("workload.job.0.iodepth={depth}"),
        ];
        let set = [set[0].as_str(), set[1].as_str()];
        let run = summary("one-path-of-four-slower", Mode::Request, &set);
        for (path, share) in run.paths.iter().zip(published) {
            assert_near(path.share, share, 0.02);
            if (selector, depth) == ("service-time", 1) {
                assert_near(path.share, 0.25, 1e-4);
            }
        }
    }
}

/// NVMe/TCP, one of two paths throttled by some 30 ms, October 2025 (writes):
/// 65.9 MiB/s on the slow path, 125 round-robin, 385 the fewest in flight, 446 by
/// mean latency.
#[test]
fn the_better_a_policy_knows_a_slow_path_the_more_it_does() {
    let iops = |set: &str| {
        let run = summary("one-path-of-two-slower", Mode::Bio, &[set]);
        run.application.iops
    };
    let slow = iops("map.0.paths=[\"slow\"]");
    let round_robin = iops("map.0.selector=nvme-round-robin");
    let fewest = iops("map.0.selector=nvme-queue-depth");
    let ewma = iops("map.0.selector=ewma-latency");
    assert_near(round_robin / slow, 2.0, 0.2);
    assert_near(round_robin / slow, 125.0 / 65.9, 0.2 * 1.9);
    assert!(fewest / round_robin >= 2.0);
    assert_near(fewest / round_robin, 385.0 / 125.0, 0.2 * 3.08);
    assert!(ewma > fewest);
}

/// Two maps on one adapter of 254 tags, 24 sequential readers on each, March 2024:
/// the maps merge 0.605 and 0.612 of the bios, the paths none.
#[test]
fn merges_are_counted_where_requests_are_built() {
    let run = summary("two-maps-one-adapter", Mode::Request, &[]);
    for device in &run.devices {
        let (ios, merges) = (device.read.ios_per_second, device.read.merges_per_second);
        if device.name.starts_with("dm") {
            assert_near(merges / (merges + ios), 0.608, 0.15);
        } else {
            assert!(merges == 0.0, "{}", device.name);
        }
    }
}
