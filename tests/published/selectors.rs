//! Targets 1, 5, 6 and 8: which path an I/O takes.

use mpathsim::run::summary::{PathSummary, RunSummary};
use mpathsim::scenario::Mode;

use super::{mb, summary, within};

fn shares(run: &RunSummary) -> Vec<f64> {
    let total: u64 = run.paths.iter().map(|p| p.ios).sum();
    run.paths
        .iter()
        .map(|p| p.ios as f64 / total as f64)
        .collect()
}

/// Mean latency of a path, ms.
fn latency(run: &RunSummary, path: &PathSummary) -> f64 {
    let device = run.devices.iter().find(|d| d.name == path.device).unwrap();
    device.read.await_ns / 1e6
}

/// In flight = rate × latency, within 2 %.
fn little(run: &RunSummary) {
    let seconds = run.duration_ns as f64 / 1e9;
    for p in &run.paths {
        let n = p.ios as f64 / seconds * latency(run, p) / 1e3;
        within(&p.device, n / p.in_flight, 0.98, 1.02);
    }
}

const PATHS: &str = "sda sdb sdc sdd";

/// Target 1 (Meneghini, 2024).
#[test]
fn t01_queue_length_and_round_robin_on_unequal_paths() {
    let rr = summary("queue-length-unequal-paths", Mode::Bio, &[]);
    little(&rr);
    for share in shares(&rr) {
        within("round-robin: share", share, 0.23, 0.27);
    }
    for (p, published) in rr.paths.iter().zip([4.05, 2.98, 6.86, 76.23]) {
        within(
            "round-robin: latency",
            latency(&rr, p) / published,
            0.9,
            1.1,
        );
        within(
            "round-robin: in flight over latency",
            p.in_flight / latency(&rr, p),
            11.2,
            13.0,
        );
    }
    let table = format!(
        "map.0.table=\"0 2097152 multipath 2 queue_mode bio 0 1 1 queue-length 0 4 0 {PATHS}\""
    );
    let ql = summary("queue-length-unequal-paths", Mode::Bio, &[&table]);
    little(&ql);
    let in_flight = |r: &RunSummary| r.paths.iter().map(|p| p.in_flight).collect::<Vec<_>>();
    let (most, least) = in_flight(&ql)
        .into_iter()
        .fold((0.0f64, f64::MAX), |(m, l), n| (m.max(n), l.min(n)));
    within(
        "queue-length: in flight, most over least",
        most / least,
        1.0,
        1.06,
    );
    let inverse: Vec<f64> = ql.paths.iter().map(|p| 1.0 / latency(&ql, p)).collect();
    let all: f64 = inverse.iter().sum();
    for (share, inverse) in shares(&ql).into_iter().zip(inverse) {
        within(
            "queue-length: share less 1/latency",
            share - inverse / all,
            -0.02,
            0.02,
        );
    }
    // The same winner, nobody: the array decides.
    within("IOPS", ql.application.iops / rr.application.iops, 0.9, 1.1);
}

/// Target 5 (commit f20426056f2e), exact.
#[test]
fn t05_the_old_rotation_gives_twice_as_many_to_the_first_of_equals() {
    let ios = |kernel: &str| {
        let run = summary("tie-breaking", Mode::Request, &[kernel]);
        let of = |name: &str| run.paths.iter().find(|p| p.device == name).unwrap().ios;
        assert_eq!(of("p2"), 1);
        (of("p0"), of("p1"))
    };
    let (a, b) = ios("kernel=\"2.6.31\"");
    // Exact, but for the turn of three I/Os that the run ends in.
    assert!(a.abs_diff(2 * b) <= 3, "{a} to {b}, not 2 to 1");
    let (a, b) = ios("kernel=\"6.1\"");
    assert!(a.abs_diff(b) <= 1, "{a} to {b}, not 1 to 1");
}

/// Target 6 (Krisman Bertazi, 2020).
#[test]
fn t06_historical_service_time_knows_a_slow_path_at_depth_1() {
    let run = |selector: &str, depth: u32| {
        let table = format!("map.0.table=\"0 2097152 multipath 0 0 1 1 {selector} 0 4 0 {PATHS}\"");
        let depth = format!("workload.job.0.iodepth={depth}");
        shares(&summary(
            "historical-service-time",
            Mode::Request,
            &[&table, &depth],
        ))
    };
    let check = |what: &str, seen: Vec<f64>, published: [f64; 4]| {
        for (seen, published) in seen.into_iter().zip(published) {
            within(what, seen, published - 0.02, published + 0.02);
        }
    };
    let st1 = run("service-time", 1);
    for share in &st1 {
        within(
            "service-time, depth 1: exactly a quarter",
            *share,
            0.2499,
            0.2501,
        );
    }
    check(
        "service-time, depth 64",
        run("service-time", 64),
        [0.297, 0.296, 0.298, 0.106],
    );
    check(
        "hst, depth 1",
        run("historical-service-time", 1),
        [0.294, 0.297, 0.296, 0.112],
    );
    check(
        "hst, depth 64",
        run("historical-service-time", 64),
        [0.294, 0.297, 0.296, 0.112],
    );
}

/// Target 8 (Shroff, 2025).
#[test]
fn t08_the_ladder_of_selectors_with_one_path_late() {
    let of = |sets: &[&str]| mb(&summary("one-path-30-ms-late", Mode::Bio, sets));
    let slow = of(&["map.0.paths=[\"sda\"]"]);
    let rr = of(&[]);
    let ql = of(&["map.0.selector=\"queue-length\""]);
    let ewma = of(&["map.0.selector=\"ewma-latency\""]);
    within("round-robin over the slow path alone", rr / slow, 1.8, 2.2);
    assert!(ql >= 2.0 * rr, "queue-length {ql}, round-robin {rr}");
    assert!(ewma > ql, "ewma-latency {ewma}, queue-length {ql}");
    // Sizes of the effects, published 2.10 and 1.52, within 20 %; that of
    // queue-length over round-robin, 2.19, does not come out.
    within("round-robin over slow", rr / slow, 0.8 * 2.10, 1.2 * 2.10);
    within("ewma over queue-length", ewma / ql, 0.8 * 1.52, 1.2 * 1.52);
}
