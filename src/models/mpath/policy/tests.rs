use super::*;
use crate::models::mpath::balancer::{Selector, SelectorEnv};
use crate::models::mpath::selector::{PathSelector, StatusType};

fn selector(name: &str, args: &[&str], paths: usize) -> Selector {
    let registry = Registry::default();
    let env = SelectorEnv {
        custom: Some(&registry),
        ..SelectorEnv::default()
    };
    let mut selector = Selector::parse(name, args, &env).unwrap();
    for _ in 0..paths {
        selector.add_path(&[], &mut Vec::new()).unwrap();
    }
    selector
}

fn at(ns: u64) -> SelectCtx {
    SelectCtx {
        nr_bytes: 4096,
        now: Ns(ns),
        ..SelectCtx::default()
    }
}

/// An I/O after the other, each over before the next: which path takes `ns` for
/// it, and the turns each had.
fn turns(s: &mut Selector, ios: u64, takes: &[u64]) -> Vec<u64> {
    let (mut now, mut turns) = (1, vec![0; takes.len()]);
    for _ in 0..ios {
        let path = s.select_path(&at(now)).unwrap();
        s.start_io(path, 4096);
        let start = Ns(now);
        now += takes[path];
        s.end_io(path, 4096, start, Ns(now));
        turns[path] += 1;
    }
    turns
}

#[test]
fn every_policy_uses_what_is_up_and_nothing_else() {
    for name in SHIPPED {
        let mut s = selector(name, &[], 3);
        s.fail_path(1);
        for io in 0..50 {
            let path = s.select_path(&at(1 + io)).unwrap();
            assert_ne!(path, 1, "{name}");
            s.start_io(path, 4096);
        }
        s.fail_path(0);
        s.fail_path(2);
        assert_eq!(s.select_path(&at(100)), None, "{name}");
        s.reinstate_path(1);
        assert_eq!(s.select_path(&at(100)), Some(1), "{name}");
    }
}

#[test]
fn least_pending_prefers_early_paths() {
    let mut s = selector("least-pending", &[], 2);
    assert_eq!(turns(&mut s, 10, &[100, 100]), [10, 0]);
}

#[test]
fn weights_are_met_without_runs() {
    let mut s = selector("weighted-round-robin", &[], 0);
    for weight in ["5", "1", "1"] {
        s.add_path(&[weight], &mut Vec::new()).unwrap();
    }
    let order: Vec<_> = (0..7).filter_map(|_| s.select_path(&at(1))).collect();
    assert_eq!(order, [0, 0, 1, 0, 2, 0, 0]);
    let mut text = String::new();
    s.status(Some(0), StatusType::Table, &mut text);
    assert_eq!((s.status_args(StatusType::Table), text.as_str()), (1, "5 "));
    let refused = s.add_path(&["0"], &mut Vec::new());
    assert_eq!(
        refused.unwrap_err(),
        "weighted-round-robin ps: weight 0 is not between 1 and 1000"
    );
}

#[test]
fn adaptive_turns_go_by_the_inverse_of_latency() {
    let mut s = selector("adaptive", &["interval_ms=1"], 2);
    let turns = turns(&mut s, 10_000, &[100_000, 300_000]);
    let share = turns[0] as f64 / 10_000.0;
    assert!((0.74..0.76).contains(&share), "{turns:?}");
}

#[test]
fn ewma_latency_fills_the_fast_path_first() {
    let mut s = selector("ewma-latency", &[], 2);
    let _ = turns(&mut s, 4, &[100, 400]); // both are known now
    let mut order = Vec::new();
    for _ in 0..10 {
        let path = s.select_path(&at(10_000)).unwrap();
        s.start_io(path, 4096);
        order.push(path);
    }
    assert_eq!(
        order.iter().filter(|&&path| path == 0).count(),
        8,
        "{order:?}"
    );
}

#[test]
fn measured_throughput_finds_the_faster_path() {
    let mut s = selector("measured-throughput", &[], 2);
    let turns = turns(&mut s, 1000, &[100_000, 400_000]);
    assert!(turns[0] > 900, "{turns:?}");
}

#[test]
fn two_choices_are_even_and_always_the_same() {
    let take = || turns(&mut selector("two-choices", &["seed=7"], 4), 4000, &[10; 4]);
    let even = take();
    assert!(even.iter().all(|&n| (900..1100).contains(&n)), "{even:?}");
    assert_eq!(take(), even);
}

#[test]
fn the_oracle_knows_before_it_has_tried() {
    let mut s = selector("oracle", &[], 2);
    for (path, service) in [(0, 400), (1, 100)] {
        let truth = Truth {
            service: Ns(service),
            slots: 1,
            per_byte: 0,
        };
        s.learn_truth(path, truth);
    }
    let mut order = Vec::new();
    for _ in 0..5 {
        let path = s.select_path(&at(1)).unwrap();
        s.start_io(path, 4096);
        order.push(path);
    }
    assert_eq!(order, [1, 1, 1, 0, 1]);
}

#[test]
fn tunables_are_checked() {
    let registry = Registry::default();
    let env = SelectorEnv {
        custom: Some(&registry),
        ..SelectorEnv::default()
    };
    let text = |name: &str, args: &[&str]| Selector::parse(name, args, &env).unwrap_err().text;
    assert_eq!(
        text("ewma-latency", &["shift=99"]),
        "ewma-latency ps: tunable shift=99 is not between 0 and 16"
    );
    assert_eq!(
        text("adaptive", &["speed=1"]),
        "adaptive ps: there is no tunable `speed`; there are: shift, interval_ms"
    );
    assert_eq!(text("nobody", &[]), "unknown path selector type");
}
