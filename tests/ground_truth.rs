//! The simulator against observations of a real kernel, group by group.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use mpathsim::formats::kernel_observation::read_file;
use mpathsim::models::config::SchedulerName;
use mpathsim::models::device::DeviceConfig;
use mpathsim::run::outcome::{DirOutcome, Outcome};
use mpathsim::run::{RunOptions, run};
use mpathsim::sim::Ns;
use mpathsim::validate::case::{CaseReport, CaseResult, Verdict};
use mpathsim::validate::{experiment, observations, reports};

/// Groups of fio runs.
const RUNS: [&str; 6] = ["merge", "balance", "smp", "realistic", "trace", "failover"];

fn ground_truth() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/ground-truth")
}

/// Cases that are known to differ, with the mechanism that is missing: lines
/// `group/id mechanism`. Empty lines and those that begin with `#` are comments.
fn known_differences() -> BTreeMap<String, String> {
    let file = ground_truth().join("known-differences.txt");
    let text = std::fs::read_to_string(file).unwrap_or_default();
    text.lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(|line| {
            let (case, mechanism) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
            assert!(!mechanism.is_empty(), "{case}: which mechanism is missing?");
            (case.to_owned(), mechanism.trim().to_owned())
        })
        .collect()
}

fn why(report: &CaseReport) -> String {
    match &report.result {
        CaseResult::NotRun(e) => e.to_string(),
        _ => {
            let figures: Vec<String> = report
                .differences()
                .iter()
                .map(|figure| figure.to_string())
                .collect();
            figures.join("; ")
        }
    }
}

/// The cases of `group` that differ are exactly those that are known to.
fn group_agrees(group: &str) {
    let all = reports(&[ground_truth().join(group)]).unwrap();
    let failing: BTreeMap<String, String> = all
        .iter()
        .filter(|r| r.verdict().agrees() != Some(true))
        .map(|r| (format!("{group}/{}", r.id), why(r)))
        .collect();
    let prefix = format!("{group}/");
    let known: BTreeMap<String, String> = known_differences()
        .into_iter()
        .filter(|(case, _)| case.starts_with(&prefix))
        .collect();
    let new: Vec<String> = failing
        .iter()
        .filter(|(case, _)| !known.contains_key(*case))
        .map(|(case, why)| format!("{case}: {why}"))
        .collect();
    let gone: Vec<&String> = known.keys().filter(|c| !failing.contains_key(*c)).collect();
    assert!(
        new.is_empty() && gone.is_empty(),
        "{} of {} cases differ\nnot known to:\n{}\nno longer (or not there): {gone:?}",
        failing.len(),
        all.len(),
        new.join("\n")
    );
}

#[test]
fn merge() {
    group_agrees("merge");
}

#[test]
fn balance() {
    group_agrees("balance");
}

#[test]
fn smp() {
    group_agrees("smp");
}

#[test]
fn realistic() {
    group_agrees("realistic");
}

#[test]
fn trace() {
    group_agrees("trace");
}

/// To the letter, but for what historical-service-time measures.
#[test]
fn interface() {
    group_agrees("interface");
    let all = reports(&[ground_truth().join("interface")]).unwrap();
    assert_eq!(all.len(), 86);
    let measured: Vec<&str> = all
        .iter()
        .filter(|r| r.verdict() != Verdict::Exact)
        .map(|r| r.id.as_str())
        .collect();
    assert_eq!(measured, ["v-hst-1psarg", "v-hst-patharg"]);
}

#[test]
fn failover() {
    group_agrees("failover");
}

#[test]
fn every_file_is_understood_and_written_back_the_same() {
    let mut cases = 0;
    for group in RUNS.iter().chain(&["interface"]) {
        for entry in std::fs::read_dir(ground_truth().join(group)).unwrap() {
            let path = entry.unwrap().path();
            let text = std::fs::read_to_string(&path).unwrap();
            let read = read_file(&path).unwrap();
            for one in &read {
                assert!(one.unknown.is_empty(), "{}", one.id);
                assert!(one.observed.other.is_empty(), "{}", one.id);
            }
            let file: serde_json::Value = serde_json::from_str(&text).unwrap();
            let written = match file {
                serde_json::Value::Array(_) => serde_json::to_value(&read),
                _ => serde_json::to_value(&read[0]),
            };
            assert_eq!(written.unwrap(), file, "{}", path.display());
            cases += read.len();
        }
    }
    assert_eq!(cases, 537 + 86);
}

#[test]
fn every_case_can_be_rebuilt() {
    for group in RUNS {
        for case in observations(&[ground_truth().join(group)]).unwrap() {
            let machine = mpathsim::validate::experiment::machine(&case)
                .unwrap_or_else(|e| panic!("{}: {e}", case.id));
            assert!(!machine.devices.is_empty());
            let untraced = case.observed.requests_issued.is_none();
            assert_eq!(machine.host.blktrace, group == "trace", "{}", case.id);
            assert_eq!(machine.host.tracing, !untraced, "{}", case.id);
        }
    }
}

/// The run of the observation `file` if these code paths cost so many ns.
fn outcome(file: &str, profile: &str, costs: &[(&str, u64)]) -> Outcome {
    let observation = read_file(&ground_truth().join(file)).unwrap().remove(0);
    let mut machine = experiment::machine(&observation).unwrap();
    machine.host.profile = profile.into();
    for (name, ns) in costs {
        machine.host.costs.insert((*name).into(), Ns(*ns));
    }
    run(&machine, &RunOptions::default()).unwrap()
}

/// What its first job read, or wrote if it read nothing.
fn first_way(outcome: &Outcome) -> &DirOutcome {
    let job = &outcome.jobs[0];
    job.read.as_ref().or(job.write.as_ref()).unwrap()
}

/// The completion latencies of the first job of the observation `file`, in ns, if
/// these code paths cost so much.
fn clat(file: &str, profile: &str, costs: &[(&str, u64)]) -> (f64, f64, u64) {
    let outcome = outcome(file, profile, costs);
    let d = first_way(&outcome);
    (d.clat.mean(), d.clat.stddev(), d.clat.min())
}

#[test]
fn fios_main_thread_holds_some_completions_up() {
    // Reads of 4 ms, one at a time: the kernel's latencies have a deviation of
    // 4.2 µs, since every fifth read ends when the main thread wakes.
    let file = "balance/E2-cpucost-1path-bio-randread-d4-qd1.json";
    let alone = [("fio_main", 0), ("fio_helper", 0), ("tick", 0)];
    let (mean, deviation, _) = clat(file, "lab", &alone);
    assert!(deviation < 100.0, "{deviation}");
    let (with, deviation, min) = clat(file, "lab", &[]);
    assert!((2_000.0..6_000.0).contains(&deviation), "{deviation}");
    assert!(with > mean + 500.0, "{with} {mean}");
    assert!(min as f64 > mean - 1_000.0, "{min} {mean}");
}

#[test]
fn a_cpu_that_goes_idle_holds_completions_up() {
    // Plugs of four, two a path: fio, woken by the first, has gone to sleep again
    // when the last completes. In the kernel they take 4,015.3 µs.
    let file = "merge/E1-seqwrite-ql-2p-bio-N4.json";
    let (held, _, _) = clat(file, "lab", &[]);
    assert!((held - 4_015_300.0).abs() < 2_000.0, "{held}");
    let (longer, _, _) = clat(file, "lab", &[("enter_idle", 20_000)]);
    assert!(longer > held + 5_000.0, "{longer} {held}");
}

#[test]
fn where_code_costs_nothing_there_is_no_housekeeping() {
    let file = "balance/E2-cpucost-1path-bio-randread-d4-qd1.json";
    let (mean, deviation, min) = clat(file, "none", &[]);
    assert_eq!((mean, deviation, min), (4_000_000.0, 0.0, 4_000_000));
}

#[test]
fn an_idle_cpu_starts_its_tick_again_when_it_is_woken() {
    // One tick in five finds RCU at rest and is the last; mostly fio's main thread wakes
    // before a read ends.
    let file = "balance/E2-cpucost-1path-bio-randread-d4-qd1.json";
    let (mean, ..) = clat(file, "lab", &[("tick_restart", 0)]);
    let (longer, ..) = clat(file, "lab", &[("tick_restart", 100_000)]);
    let more = longer - mean;
    assert!((2_000.0..10_000.0).contains(&more), "{more}");
}

#[test]
fn a_small_map_of_tags_is_reclaimed_word_by_word() {
    let mean = |depth: u32, reclaim: u64| {
        let file = "balance/E2-cpucost-1path-bio-randread-d4-qd1.json";
        let mut machine =
            experiment::machine(&read_file(&ground_truth().join(file)).unwrap().remove(0)).unwrap();
        for d in &mut machine.devices {
            if let DeviceConfig::NullBlk(n) = &mut d.device {
                n.hw_queue_depth = depth;
            }
            d.queue.scheduler = Some(SchedulerName::None);
            d.queue.nr_requests = None;
        }
        machine.host.profile = "lab".into();
        machine.host.costs.insert("tag_reclaim".into(), Ns(reclaim));
        let outcome = run(&machine, &RunOptions::default()).unwrap();
        outcome.jobs[0].read.as_ref().unwrap().slat.mean()
    };
    // Four words of a bit: each read comes upon the one that the last gave back. Four
    // of sixteen: only each sixteenth does.
    let more = |depth| mean(depth, 16_000) - mean(depth, 0);
    let (small, large) = (more(4), more(64));
    assert!((15_000.0..17_000.0).contains(&small), "{small}");
    assert!((800.0..1_200.0).contains(&large), "{large}");
}

/// How much longer fio takes to submit, on average, in the observation `file`, where
/// the code path `name` costs `ns`, in ns.
fn more_slat(file: &str, name: &str, ns: u64) -> f64 {
    let mean = |ns| first_way(&outcome(file, "lab", &[(name, ns)])).slat.mean();
    mean(ns) - mean(0)
}

#[test]
fn a_timer_costs_by_the_tree_it_goes_into() {
    // Before those of the tick and of fio's threads: most often 53 or 54 instructions.
    let file = "balance/E2-cpucost-rawpath-randread-d4-qd1.json";
    let median = |ns| {
        let outcome = outcome(file, "lab", &[("timer_tree", ns)]);
        first_way(&outcome).slat.percentile(50.0)
    };
    let alone = median(100) - median(0);
    assert!((5_250..5_450).contains(&alone), "{alone}");
    // Among many others it goes down further, and the tree is kept even more often.
    let file = "merge/E1-seqwrite-rr-2p-bio-N64.json";
    let among = more_slat(file, "timer_tree", 10) / 64.0;
    assert!((1_200.0..1_700.0).contains(&among), "{among}");
}

#[test]
fn a_system_call_that_kblockd_interrupted_takes_longer_to_return() {
    let more = |scheduler| {
        let file = format!("realistic/E6-cpu-randread4k-1000ns-qd1-{scheduler}-bio.json");
        more_slat(&file, "syscall_resume", 5_000)
    };
    let (handed_over, direct) = (more("mq-deadline"), more("none"));
    assert!((4_800.0..5_200.0).contains(&handed_over), "{handed_over}");
    assert!(direct.abs() < 50.0, "{direct}");
}

#[test]
fn what_an_io_costs_the_cpu_is_within_two_in_a_hundred() {
    let mut cases = 0;
    for entry in std::fs::read_dir(ground_truth().join("realistic")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy();
        if !name.starts_with("E6-cpu-") {
            continue;
        }
        let text = std::fs::read_to_string(&path).unwrap();
        let observed: serde_json::Value = serde_json::from_str(&text).unwrap();
        let job = &observed["observed"]["fio"][0];
        let way = job.get("read").or(job.get("write")).unwrap();
        let kernel = way["slat_ns"]["mean"].as_f64().unwrap();
        let ours = outcome(&format!("realistic/{name}"), "lab", &[]);
        let off = first_way(&ours).slat.mean() / kernel - 1.0;
        assert!(off.abs() < 0.02, "{name}: {off:+.4}");
        cases += 1;
    }
    assert_eq!(cases, 31);
}
