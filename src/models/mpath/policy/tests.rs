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

/// Of eight I/Os given at once, four each, one path has finished one: what comes then
/// does not all go to the other, of which nothing is known yet.
#[test]
fn a_path_that_has_finished_nothing_is_not_the_fastest() {
    for name in ["measured-throughput", "ewma-latency"] {
        let mut s = selector(name, &[], 2);
        let start = |s: &mut Selector, now| {
            let path = s.select_path(&at(now)).unwrap();
            s.start_io(path, 4096);
            path
        };
        let first: Vec<_> = (0..8).map(|_| start(&mut s, 1)).collect();
        assert_eq!(first.iter().filter(|&&path| path == 0).count(), 4, "{name}");
        // Longer than the window of a measurement.
        let ms20 = 20_000_000;
        s.end_io(0, 4096, Ns(1), Ns(ms20));
        let then: Vec<_> = (0..9).map(|_| start(&mut s, ms20)).collect();
        assert_eq!(then.iter().filter(|&&path| path == 0).count(), 5, "{name}");
    }
}

/// But it is tried as soon as it is idle, however fast the others are.
#[test]
fn an_idle_path_of_which_nothing_is_known_is_tried() {
    for name in ["measured-throughput", "ewma-latency"] {
        let mut s = selector(name, &[], 3);
        assert!(
            turns(&mut s, 1000, &[20_000_000, 30_000_000, 10_000_000])[2] > 900,
            "{name}"
        );
    }
}

/// A path that comes back from nothing gets an average share of turns, not all of them.
#[test]
fn adaptive_gives_an_unknown_path_average_turns() {
    let mut s = selector("adaptive", &["interval_ms=1"], 3);
    let ms = |n: u64| Ns(n * 1_000_000);
    for io in 0..30 {
        let path = s.select_path(&at(1)).unwrap();
        s.start_io(path, 4096);
        if path != 2 {
            s.end_io(path, 4096, ms(io + 1), ms(io + 5)); // 4 ms; path 2 ends none
        }
    }
    let mut turns = [0; 3];
    for _ in 0..126 {
        let path = s.select_path(&at(100_000_000)).unwrap();
        s.start_io(path, 4096);
        turns[path] += 1;
    }
    assert_eq!(turns, [42; 3]);
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
            queued_per_byte: 0,
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

/// As request mode over a device that is full: every second I/O is refused at
/// once. What a path is measured by is what it has done.
#[test]
fn what_a_device_refuses_is_not_done() {
    let mut view = Managed::new("least-pending", LeastPending);
    for _ in 0..2 {
        view.add_path(&[], &mut Vec::new()).unwrap();
    }
    view.start_io(0, 4096);
    view.refused(0, 4096, Ns(1));
    view.start_io(0, 4096);
    let failed = Ended {
        nr_bytes: 4096,
        start: Ns(1),
        now: Ns(2),
        ok: false,
    };
    view.ended(0, failed);
    view.start_io(0, 4096);
    view.end_io(0, 4096, Ns(10), Ns(810));
    let seen = view.views()[0];
    assert_eq!((seen.in_flight, seen.bytes_in_flight), (0, 0));
    assert_eq!((seen.done, seen.mean_took), (2, Ns(800)), "{seen:?}");
}

#[test]
fn refused_bytes_are_no_throughput() {
    let mut s = selector("measured-throughput", &[], 2);
    let (mut now, mut turns) = (1, [0; 2]);
    for _ in 0..1000 {
        let path = s.select_path(&at(now)).unwrap();
        s.start_io(path, 4096);
        // The slower path, 0, refuses seven of eight I/Os at once.
        let (start, took) = (Ns(now), [400_000, 100_000][path]);
        for _ in 0..7 * (1 - path) {
            s.start_io(path, 4096);
            s.refused(path, 4096, start);
        }
        now += took;
        s.end_io(path, 4096, start, Ns(now));
        turns[path] += 1;
    }
    assert!(turns[1] > 900, "{turns:?}");
    // A path that refuses all it is given is not the fastest of all.
    let mut s = selector("measured-throughput", &[], 2);
    let mut now = 1;
    for _ in 0..1000 {
        s.start_io(0, 4096);
        s.refused(0, 4096, Ns(now));
        s.start_io(1, 4096);
        now += 100_000;
        s.end_io(1, 4096, Ns(now - 100_000), Ns(now));
    }
    s.start_io(0, 4096);
    now += 100_000_000;
    s.end_io(0, 4096, Ns(now - 100_000_000), Ns(now));
    assert_eq!(s.select_path(&at(now)), Some(1));
}

/// Tunables of every policy that comes along, and words of its two paths.
const TUNED: [(&str, &str, &str); 7] = [
    ("least-pending", "", ""),
    ("measured-throughput", "", ""),
    ("ewma-latency", "shift=5", ""),
    ("adaptive", "shift=2 interval_ms=10", ""),
    ("two-choices", "seed=7", ""),
    ("weighted-round-robin", "weights=2:1", ""),
    ("oracle", "", ""),
];

#[test]
fn a_printed_table_can_be_loaded_again() {
    for (name, tunables, words) in TUNED.into_iter().chain([("weighted-round-robin", "", "5")]) {
        let printed = |tunables: &str, words: &str| {
            let args: Vec<&str> = tunables.split_whitespace().collect();
            let mut s = selector(name, &args, 0);
            let words: Vec<&str> = words.split_whitespace().collect();
            for _ in 0..2 {
                s.add_path(&words, &mut Vec::new()).unwrap();
            }
            let (mut group, mut path) = (String::new(), String::new());
            s.status(None, StatusType::Table, &mut group);
            s.status(Some(1), StatusType::Table, &mut path);
            (group, path)
        };
        let (group, path) = printed(tunables, words);
        let (count, rest) = group.split_once(' ').unwrap();
        assert_eq!(count.parse(), Ok(tunables.split_whitespace().count()));
        assert_eq!(rest.trim_end(), tunables, "{name}");
        assert_eq!(printed(rest, &path), (group.clone(), path), "{name}");
    }
    assert_eq!(TUNED.map(|(name, _, _)| name), SHIPPED);
}

#[test]
fn weights_are_given_for_the_group_too() {
    let mut s = selector("weighted-round-robin", &["weights=2:1"], 2);
    let order: Vec<_> = (0..6).filter_map(|_| s.select_path(&at(1))).collect();
    assert_eq!(order, [0, 1, 0, 0, 1, 0]);
    let third = s.add_path(&[], &mut Vec::new()).unwrap_err();
    assert!(third.contains("none for path 2"), "{third}");
    let mut s = selector("weighted-round-robin", &["weights=2:1"], 0);
    assert!(s.add_path(&["3"], &mut Vec::new()).is_err());
}
