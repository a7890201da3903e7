//! The kernel's own runs must agree with themselves, and what is changed in
//! them must be found.

use super::*;
use crate::formats::kernel_observation::IssuedRequests;
use crate::validate::gather::observations;

const GROUPS: [&str; 6] = ["merge", "balance", "smp", "realistic", "trace", "failover"];

fn group(name: &str) -> Vec<Observation> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/ground-truth");
    observations(&[format!("{folder}/{name}")]).unwrap()
}

fn case(name: &str, id: &str) -> Observation {
    let mut all = group(name).into_iter();
    all.find(|o| o.id == id).unwrap()
}

fn compare(observation: &Observation, ours: &Observed) -> Vec<Figure> {
    figures(Group::named(&observation.group).unwrap(), observation, ours)
}

fn differences(observation: &Observation, change: impl FnOnce(&mut Observed)) -> Vec<String> {
    let mut ours = observation.observed.clone();
    change(&mut ours);
    compare(observation, &ours)
        .into_iter()
        .filter(|f| !f.agrees())
        .map(|f| f.name)
        .collect()
}

#[test]
fn each_run_agrees_exactly_with_itself() {
    for name in GROUPS {
        let cases = group(name);
        assert!(cases.len() > 5);
        for o in &cases {
            for run in o.runs() {
                let figures = compare(o, run);
                assert!(!figures.is_empty(), "{}", o.id);
                for f in &figures {
                    assert!(f.agrees() && f.exact(), "{}: {f}", o.id);
                }
                assert!(!summary(Group::named(name).unwrap(), o, run).is_empty());
            }
        }
    }
}

#[test]
fn an_empty_run_agrees_with_none() {
    for name in GROUPS {
        for o in group(name) {
            let found = compare(&o, &Observed::default());
            assert!(found.iter().any(|f| !f.agrees()), "{}", o.id);
        }
    }
}

#[test]
fn where_submission_decides_the_kernel_repeats_itself() {
    use decided::{Decider, decider};
    let cases = group("merge");
    let by_submission: Vec<&Observation> = cases
        .iter()
        .filter(|o| decider(o) == Decider::Submission)
        .collect();
    assert!(by_submission.len() > 70, "{}", by_submission.len());
    for o in by_submission {
        assert_eq!(o.counts_repeat_exactly, Some(true), "{}", o.id);
        assert_eq!(o.issued_sizes_repeat_exactly, Some(true), "{}", o.id);
    }
    for o in cases.iter().filter(|o| decider(o) == Decider::Contiguity) {
        assert!(o.id.starts_with("E1-bs1M"), "{}", o.id);
    }
}

/// Moves `n` of the requests of path `from` to `to`.
fn move_requests(run: &mut Observed, from: &str, to: &str, n: u64) {
    let issued = run.requests_issued.as_mut().unwrap();
    let one = issued.iter_mut().find(|i| i.device == from).unwrap();
    one.count -= n;
    let moved = IssuedRequests {
        device: to.into(),
        count: n,
        ..one.clone()
    };
    issued.push(moved);
}

#[test]
fn merge_one_request_more_is_found_where_submission_decides() {
    let o = case("merge", "E1-seqwrite-rr-2p-mq-N16");
    assert_eq!(
        differences(&o, |run| move_requests(run, "p0", "p1", 1)),
        [
            "p0 W requests",
            "p0 W requests of 128 sectors",
            "p1 W requests",
            "p1 W requests of 128 sectors"
        ]
    );
    assert_eq!(
        differences(&o, |run| {
            let dm = run.devices.get_mut("dm-0").unwrap();
            dm.write_merges += 1;
            dm.read_ios += 1;
        }),
        ["dm-0 read I/Os", "dm-0 write merges"]
    );
}

#[test]
fn merge_timing_forgives_two_but_not_three_percent() {
    let o = case("merge", "E1b-seqwrite-ql-2p-bio-d64b16c1-asym4-16");
    assert!(differences(&o, |run| move_requests(run, "p0", "p1", 7)).is_empty());
    assert!(!differences(&o, |run| move_requests(run, "p0", "p1", 40)).is_empty());
}

#[test]
fn merge_sizes_are_free_where_contiguity_decides() {
    let o = case("merge", "E1-bs1M-write-rr-2p-mq-N4");
    let resize = |run: &mut Observed, by: u32| {
        let issued = run.requests_issued.as_mut().unwrap();
        let mut p0 = issued.iter_mut().filter(|i| i.device == "p0");
        let (a, b) = (p0.next().unwrap(), p0.next().unwrap());
        a.sectors += by * b.count as u32;
        b.sectors -= 8 * a.count as u32;
    };
    assert!(differences(&o, |run| resize(run, 8)).is_empty());
    assert_eq!(
        differences(&o, |run| resize(run, 9)),
        ["sectors issued to all paths"]
    );
}

#[test]
fn balance_limits() {
    let o = case("balance", "E2-randread-rr-bio-d4-4-qd16");
    let all = o.observed.requests_issued.as_ref().unwrap();
    let n: u64 = all.iter().map(|i| i.count).sum();
    assert!(differences(&o, |run| move_requests(run, "p0", "p1", n / 110)).is_empty());
    assert_eq!(
        differences(&o, |run| move_requests(run, "p0", "p1", n / 90)),
        ["share p0", "share p1"]
    );
    let hst = case("balance", "E2-randread-hst-bio-d4-4-qd16");
    let scale = |run: &mut Observed, by: f64| {
        let read = run.fio[0].read.as_mut().unwrap();
        read.iops *= by;
        read.clat_ns.mean *= by;
        let p99 = read.clat_ns.percentile.get_mut("99.000000").unwrap();
        *p99 = (*p99 as f64 * by) as u64;
    };
    for o in [&o, &hst] {
        assert!(differences(o, |run| scale(run, 1.015)).is_empty());
        assert_eq!(differences(o, |run| scale(run, 1.027)), ["j0 read IOPS"]);
        assert_eq!(
            differences(o, |run| scale(run, 0.85)),
            [
                "j0 read IOPS",
                "j0 read clat mean, µs",
                "j0 read clat p99, µs"
            ]
        );
    }
    assert!(differences(&hst, |run| move_requests(run, "p0", "p1", n / 60)).is_empty());
}

#[test]
fn smp_and_realistic_limits() {
    let o = case("smp", "SMP-ioa-4path-4cpu-bio");
    assert!(differences(&o, |run| move_requests(run, "p0", "p3", 40)).is_empty());
    assert_eq!(
        differences(&o, |run| move_requests(run, "p0", "p3", 60)),
        ["share p0", "share p3"]
    );
    let o = case("realistic", "E6-nohist-seq-write4k-rr-100x2-qd32b8-mq");
    let change = |run: &mut Observed, part: f64| {
        let dm = run.devices.get_mut("dm-0").unwrap();
        dm.write_merges = (dm.write_merges as f64 * part) as u64;
        run.devices.get_mut("p0").unwrap().write_ios += 500;
    };
    assert_eq!(
        differences(&o, |run| change(run, 0.94)),
        ["share p0", "share p1", "merges at dm-0"]
    );
    assert_eq!(
        differences(&o, |run| run.fio.clear()),
        [
            "j0 write IOPS",
            "j0 write clat mean, µs",
            "j0 write lat mean, µs"
        ]
    );
}

#[test]
fn trace_order_is_found_and_named() {
    let o = case("trace", "E5-seqwrite-rr-2p-mq-N16");
    let swapped = |run: &mut Observed| {
        let lines = run.blkparse.get_mut("dm-0").unwrap();
        lines.swap(3, 4);
    };
    assert_eq!(differences(&o, swapped), ["dm-0 events in order"]);
    let mut ours = o.observed.clone();
    swapped(&mut ours);
    let found = compare(&o, &ours);
    let detail = found.iter().find_map(|f| f.detail.clone()).unwrap();
    assert_eq!(detail, "then kernel `Q WS 8 + 8`, ours `M WS 8 + 8`");
    let retimed = |run: &mut Observed| {
        for line in run.blkparse.values_mut().flatten() {
            *line = line.replace("0.00", "7.77");
        }
    };
    assert!(differences(&o, retimed).is_empty());
    let extra = |run: &mut Observed| {
        let more = vec!["253,9 0 1 0.0 1 Q W 0 + 8 [fio]".to_owned()];
        run.blkparse.insert("p9".into(), more);
    };
    assert_eq!(differences(&o, extra), ["p9 events"]);
}

/// A gap of `bins` bins begins at bin `at` and nothing that ends then ends at
/// all.
fn stop(run: &mut Observed, at: usize, bins: usize) {
    let completions = run.completions.as_mut().unwrap();
    let counts = completions.completions_per_10ms.as_mut().unwrap();
    counts[at..at + bins].fill(0);
}

#[test]
fn failover_gaps_may_move_by_one_bin() {
    let o = case("failover", "E3-allfail-noqueue-bio");
    let moved = |by: usize| {
        move |run: &mut Observed| {
            let completions = run.completions.as_mut().unwrap();
            let counts = completions.completions_per_10ms.as_mut().unwrap();
            counts.splice(0..0, vec![10; by]);
        }
    };
    assert!(differences(&o, moved(1)).is_empty());
    assert_eq!(
        differences(&o, moved(2)),
        ["gap at 0.44 s: begin, ms", "gap at 0.44 s: end, ms"]
    );
    assert!(differences(&o, |run| stop(run, 10, 5)).is_empty());
    assert_eq!(
        differences(&o, |run| stop(run, 10, 6)),
        ["gap at 0.1 s, ms"]
    );
    let closed = |run: &mut Observed| {
        let completions = run.completions.as_mut().unwrap();
        completions.completions_per_10ms.as_mut().unwrap()[44..84].fill(1);
    };
    assert_eq!(
        differences(&o, closed),
        ["gap at 0.44 s: begin, ms", "gap at 0.44 s: end, ms"]
    );
    let timeout = case("failover", "E3-sd-cmd-timeout-bio");
    assert!(differences(&timeout, |run| stop(run, 317, 8)).is_empty());
    assert_eq!(
        differences(&timeout, |run| stop(run, 317, 11)),
        ["gap at 1.86 s: end, ms"]
    );
}

#[test]
fn failover_texts_and_counts() {
    let o = case("failover", "E3-3pg-cascade-mq");
    let log = |run: &mut Observed| {
        let log = run.kernel_log.as_mut().unwrap();
        log.swap(1, 2);
        log.push("something else".into());
    };
    assert_eq!(
        differences(&o, log),
        ["paths failing and reinstated, whether it differs"]
    );
    let mut ours = o.observed.clone();
    log(&mut ours);
    let detail = compare(&o, &ours).into_iter().find_map(|f| f.detail);
    assert_eq!(
        detail.unwrap(),
        "kernel `device-mapper: multipath: dm-0: Failing path p1.`, \
         ours `device-mapper: multipath: dm-0: Reinstating path p0.`"
    );
    let change = |run: &mut Observed| {
        run.status_at_end = Some("0 8 multipath".into());
        run.fio[0].first_error = 5;
        run.completions.as_mut().unwrap().completions += 80;
        move_requests(run, "p0", "p1", 14);
    };
    assert_eq!(
        differences(&o, change),
        [
            "status at end, whether it differs",
            "p1 reads and writes issued",
            "job 1 first error",
            "I/Os completed"
        ]
    );
}

#[test]
fn failover_errors_by_what_decides_them() {
    let errors = |id: &str, part: f64| {
        differences(&case("failover", id), |run| {
            let errors = &mut run.fio[0].total_err;
            *errors = (*errors as f64 * part) as u64;
        })
    };
    let spins = "E3-sd-medium-error-ignored-bio";
    assert!(errors(spins, 1.24).is_empty());
    assert_eq!(errors(spins, 1.3), ["job 1 errors"]);
    let at_a_rate = "E3-allfail-noqueue-bio";
    assert!(errors(at_a_rate, 1.07).is_empty());
    assert_eq!(errors(at_a_rate, 1.08), ["job 1 errors"]);
}
