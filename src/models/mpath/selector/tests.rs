//! Selectors against the kernel's behaviour, by proposition.
#![allow(clippy::unwrap_used, clippy::panic)]

use super::*;
use crate::models::mpath::balancer::{Selector, SelectorEnv};

const KIB: u32 = 1024;

fn selector(name: &str, args: &[&str], paths: &[&[&str]]) -> Selector {
    with_rules(name, args, paths, SelectorRules::default())
}

fn with_rules(name: &str, args: &[&str], paths: &[&[&str]], rules: SelectorRules) -> Selector {
    let env = SelectorEnv {
        cpu_nodes: &[0, 0, 1, 1, 1],
        rules,
        custom: None,
    };
    let mut selector = Selector::parse(name, args, &env).unwrap();
    for args in paths {
        selector.add_path(args, &mut Vec::new()).unwrap();
    }
    selector
}

fn ctx(nr_bytes: u32, now: u64) -> SelectCtx {
    SelectCtx {
        nr_bytes,
        now: Ns(now),
        ..SelectCtx::default()
    }
}

/// `n` picks of 4 KiB; each I/O stays in flight, or ends before the next.
fn picks(selector: &mut Selector, n: usize, in_flight: bool) -> Vec<usize> {
    (0..n as u64)
        .map(|i| {
            let now = Ns(i * 1_000_000);
            let path = selector.select_path(&ctx(4 * KIB, now.0)).unwrap();
            selector.start_io(path, 4 * KIB);
            if !in_flight {
                selector.end_io(path, 4 * KIB, now, now + Ns(1000));
            }
            path
        })
        .collect()
}

fn path_status(selector: &Selector, path: usize, kind: StatusType) -> String {
    let mut out = String::new();
    selector.status(Some(path), kind, &mut out);
    out.trim_end().into()
}

#[test]
fn k04_k05_loaded_equal_paths_alternate() {
    for name in ["round-robin", "queue-length", "service-time"] {
        let mut s = selector(name, &[], &[&[], &[]]);
        assert_eq!(picks(&mut s, 6, true), [0, 1, 0, 1, 0, 1], "{name}");
    }
}

#[test]
fn k21_idle_paths_alternate_from_the_first() {
    for name in ["round-robin", "queue-length", "service-time"] {
        let mut s = selector(name, &[], &[&[], &[]]);
        assert_eq!(picks(&mut s, 6, false), [0, 1, 0, 1, 0, 1], "{name}");
    }
}

#[test]
fn k22_in_2_6_31_idle_paths_alternate_from_the_second() {
    let rules = SelectorRules {
        rotate_head_first: true,
        ..SelectorRules::default()
    };
    for name in ["queue-length", "service-time"] {
        let mut s = with_rules(name, &[], &[&[], &[]], rules);
        assert_eq!(picks(&mut s, 4, false), [1, 0, 1, 0], "{name}");
    }
}

#[test]
fn k26_service_time_weighs_by_throughput() {
    let mut s = selector("service-time", &[], &[&["1", "1"], &["1", "4"]]);
    let expected = [1, 1, 1, 1, 0, 1, 1, 1, 1, 0];
    assert_eq!(picks(&mut s, 10, true), expected);
}

#[test]
fn k27_throughput_0_is_a_spare() {
    let mut s = selector("service-time", &[], &[&["1", "0"], &["1", "1"]]);
    assert_eq!(picks(&mut s, 50, true), [1; 50]);
    s.fail_path(1);
    assert_eq!(picks(&mut s, 2, true), [0, 0]);
}

/// The path chosen for 4 KiB: P0 has throughput 100 and is idle, P1 has
/// throughput 1 and so many MiB in flight.
fn st_pick(mib: u32, rules: SelectorRules) -> usize {
    let mut s = with_rules("service-time", &[], &[&["1", "100"], &["1", "1"]], rules);
    s.start_io(1, mib * KIB * KIB);
    s.select_path(&ctx(4 * KIB, 0)).unwrap()
}

#[test]
fn k28_service_time_inverts_beyond_2_to_the_31() {
    let faithful = SelectorRules::default();
    let inverted: Vec<u32> = (15..60)
        .filter(|&mib| st_pick(mib, faithful) == 1)
        .collect();
    assert_eq!(inverted, (21..=40).collect::<Vec<_>>());
    let exact = SelectorRules {
        st_truncates_compare: false,
        ..faithful
    };
    assert!((15..60).all(|mib| st_pick(mib, exact) == 0));
}

#[test]
fn k29_round_robin_takes_up_a_reinstated_path_next() {
    let mut s = selector("round-robin", &[], &[&[], &[], &[]]);
    s.fail_path(0);
    assert_eq!(picks(&mut s, 3, false), [1, 2, 1]);
    s.reinstate_path(0);
    assert_eq!(picks(&mut s, 4, false), [0, 2, 1, 0]);
}

#[test]
fn k29_other_selectors_take_it_up_last() {
    for name in ["queue-length", "service-time", "historical-service-time"] {
        let mut s = selector(name, &[], &[&[], &[], &[]]);
        s.fail_path(0);
        s.reinstate_path(0);
        assert_eq!(picks(&mut s, 3, true), [1, 2, 0], "{name}");
    }
}

fn hst_of(s: &Selector, path: usize) -> u64 {
    let status = path_status(s, path, StatusType::Info);
    status.split(' ').next().unwrap().parse().unwrap()
}

#[test]
fn k30_hst_moves_towards_what_is_measured() {
    let mut s = selector("historical-service-time", &[], &[&[]]);
    let mut now = 10_000_000;
    for expected in [52_000_972, 101_360_298, 148_213_095] {
        s.start_io(0, 4096);
        s.end_io(0, 4096, Ns(now), Ns(now + 1_000_000));
        assert_eq!(hst_of(&s, 0), expected);
        now += 5_000_000;
    }
}

#[test]
fn hst_agrees_with_the_observed_kernel() {
    // After one read of 1.003793 ms: status of v-hst-patharg and v-hst-1psarg.
    for (base, expected) in [("972", 52_198_208), ("20", 1_007_808_192)] {
        let mut s = selector("historical-service-time", &[base], &[&[], &[]]);
        s.start_io(0, 4096);
        s.end_io(0, 4096, Ns(2_000_000_000), Ns(2_001_003_793));
        assert_eq!(hst_of(&s, 0), expected);
        let stale_after = 2_001_003_793 + 2 * (expected >> 10);
        let status = path_status(&s, 0, StatusType::Info);
        assert_eq!(status, format!("{expected} 0 {stale_after}"));
    }
}

#[test]
fn k31_hst_forgets_the_past_after_a_very_long_io() {
    let mut s = selector("historical-service-time", &[], &[&[]]);
    s.start_io(0, 4096);
    s.end_io(0, 4096, Ns(1000), Ns(5_001_000));
    let st = 63 << 24;
    s.start_io(0, 4096);
    s.end_io(0, 4096, Ns(10_000_000), Ns(10_000_000 + st));
    assert_eq!(hst_of(&s, 0), st * 1024);
}

#[test]
fn k32_hst_charges_overlapping_ios_the_increment() {
    let mut s = selector("historical-service-time", &[], &[&[]]);
    s.start_io(0, 4096);
    s.start_io(0, 4096);
    s.end_io(0, 4096, Ns(0), Ns(10_000_000));
    let first = hst_of(&s, 0);
    s.end_io(0, 4096, Ns(0), Ns(11_000_000));
    assert_eq!(
        hst_of(&s, 0),
        (first * 972 + 1_024_000_000 * 52 + 512) >> 10
    );
}

#[test]
fn k33_fresh_hst_paths_balance_by_outstanding() {
    let mut s = selector("historical-service-time", &[], &[&[], &[]]);
    assert_eq!(picks(&mut s, 6, true), [0, 1, 0, 1, 0, 1]);
}

fn affinity_pick(s: &mut Selector, cpu: u16) -> usize {
    let ctx = SelectCtx {
        cpu,
        ..SelectCtx::default()
    };
    s.select_path(&ctx).unwrap()
}

#[test]
fn k34_io_affinity_borrows_from_the_node_then_from_the_lowest_cpu() {
    // CPUs 0, 1 on node 0; 2, 3, 4 on node 1. CPU 4 has no path.
    let mut s = selector("io-affinity", &[], &[&["4"], &["8"], &["1"], &["2"]]);
    let own: Vec<usize> = (0..4).map(|cpu| affinity_pick(&mut s, cpu)).collect();
    assert_eq!(own, [2, 3, 0, 1]);
    s.fail_path(0);
    assert_eq!(affinity_pick(&mut s, 2), 1, "same node");
    assert_eq!(path_status(&s, 0, StatusType::Info), "0", "mapped: no miss");
    s.fail_path(1);
    assert_eq!(affinity_pick(&mut s, 2), 2, "lowest mapped CPU");
    assert_eq!(affinity_pick(&mut s, 4), 2);
    assert_eq!(
        path_status(&s, 0, StatusType::Info),
        "1",
        "unmapped: a miss"
    );
    assert_eq!(path_status(&s, 1, StatusType::Table), "08");
}

#[test]
fn k35_repeat_count_is_clamped_with_a_warning() {
    for name in ["round-robin", "queue-length", "service-time"] {
        let mut s = selector(name, &[], &[]);
        let mut log = Vec::new();
        s.add_path(&["128"], &mut log).unwrap();
        assert_eq!(
            log,
            [format!(
                "device-mapper: multipath {name}: repeat_count > 1 is deprecated, using 1 instead"
            )]
        );
        let table = path_status(&s, 0, StatusType::Table);
        assert_eq!(table.split(' ').next(), Some("1"));
        s.add_path(&["0"], &mut log).unwrap();
        let table = path_status(&s, 1, StatusType::Table);
        assert_eq!(table.split(' ').next(), Some("0"));
        assert_eq!(log.len(), 1);
    }
}

#[test]
fn refused_path_arguments_name_the_selector() {
    for (name, args, text) in [
        (
            "round-robin",
            &["1", "1"][..],
            "round-robin ps: incorrect number of arguments",
        ),
        (
            "queue-length",
            &["1x"],
            "queue-length ps: invalid repeat count",
        ),
        (
            "service-time",
            &["1", "101"],
            "service-time ps: invalid relative_throughput value",
        ),
        (
            "historical-service-time",
            &["x"],
            "historical-service-time ps: invalid repeat count",
        ),
        (
            "io-affinity",
            &[],
            "io-affinity ps: invalid number of arguments",
        ),
        ("io-affinity", &["zz"], "io-affinity ps: invalid cpumask"),
        ("nvme-numa", &["best"], "nvme-numa ps: invalid ANA state"),
    ] {
        let mut s = selector(name, &[], &[]);
        assert_eq!(s.add_path(args, &mut Vec::new()), Err(text.into()));
    }
}

#[test]
fn k80_nvme_round_robin_alternates_a_node() {
    let mut s = selector("nvme-round-robin", &[], &[&[], &[]]);
    assert_eq!(picks(&mut s, 4, false), [0, 1, 0, 1]);
    let other_node = SelectCtx {
        node: 1,
        ..SelectCtx::default()
    };
    assert_eq!(s.select_path(&other_node), Some(0));
}

#[test]
fn nvme_round_robin_walks_non_optimized_paths_backwards() {
    let paths: [&[&str]; 3] = [&["non-optimized"]; 3];
    let mut s = selector("nvme-round-robin", &[], &paths);
    assert_eq!(picks(&mut s, 4, false), [0, 2, 1, 0]);
}

#[test]
fn nvme_round_robin_keeps_a_lone_optimized_path() {
    let mut s = selector(
        "nvme-round-robin",
        &[],
        &[&["non-optimized"], &["optimized"]],
    );
    assert_eq!(picks(&mut s, 3, false), [1, 1, 1]);
    s.fail_path(1);
    assert_eq!(picks(&mut s, 2, false), [0, 0]);
    s.reinstate_path(1);
    assert_eq!(picks(&mut s, 2, false), [1, 1]);
}

#[test]
fn nvme_numa_keeps_to_the_nearest_path() {
    let mut s = selector(
        "nvme-numa",
        &[],
        &[&["optimized", "1"], &["optimized", "0"]],
    );
    assert_eq!(picks(&mut s, 3, true), [1, 1, 1]);
    s.fail_path(1);
    assert_eq!(picks(&mut s, 2, true), [0, 0]);
}

#[test]
fn k80_nvme_queue_depth_takes_the_least_active_controller() {
    let mut s = selector("nvme-queue-depth", &[], &[&["non-optimized"], &[], &[]]);
    assert_eq!(picks(&mut s, 5, true), [1, 2, 1, 2, 1]);
    s.end_io(1, 4096, Ns(0), Ns(1));
    s.end_io(1, 4096, Ns(0), Ns(1));
    assert_eq!(picks(&mut s, 2, true), [1, 1]);
}

#[test]
fn no_valid_path_is_chosen_when_all_failed() {
    for name in [
        "round-robin",
        "queue-length",
        "service-time",
        "historical-service-time",
    ] {
        let mut s = selector(name, &[], &[&[], &[]]);
        s.fail_path(0);
        s.fail_path(1);
        assert_eq!(s.select_path(&ctx(4096, 0)), None, "{name}");
    }
}
