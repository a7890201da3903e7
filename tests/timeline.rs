//! What a run tells of the events of its timeline, on the scenarios of failover.

#![allow(clippy::unwrap_used, clippy::panic)]

use std::path::Path;

use mpathsim::run::outcome::Outcome;
use mpathsim::run::summary::{FailoverSummary, FaultSummary, RunSummary};
use mpathsim::run::{RunOptions, run};
use mpathsim::scenario::{self, Mode};

const MS: u64 = 1_000_000;

fn outcome(name: &str, mode: Mode, set: &[&str]) -> Outcome {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios/failover");
    let set: Vec<String> = set.iter().map(ToString::to_string).collect();
    let scenario = scenario::load(&path.join(name).with_extension("toml"), &set)
        .unwrap_or_else(|why| panic!("{:?}", miette::Report::new(why)));
    run(&scenario::build(&scenario, mode).unwrap(), &told_of()).unwrap()
}

/// What a run has to keep so that it can be told of.
fn told_of() -> RunOptions {
    RunOptions {
        gaps: true,
        marks: true,
        ..RunOptions::default()
    }
}

fn told(name: &str, mode: Mode) -> FailoverSummary {
    let summary = RunSummary::new(mode, None, &outcome(name, mode, &[]));
    summary.failover.unwrap()
}

fn fault<'f>(told: &'f FailoverSummary, what: &str) -> &'f FaultSummary {
    let found = told.faults.iter().rfind(|f| f.what.contains(what));
    found.unwrap_or_else(|| panic!("no {what}"))
}

const BOTH: [Mode; 2] = [Mode::Bio, Mode::Request];

#[test]
fn a_path_that_fails_costs_nothing_while_there_is_another() {
    for mode in BOTH {
        let told = told("path-fails-and-returns", mode);
        let fail = fault(&told, "fail_path");
        assert_eq!(fail.to_path_failed_ns, Some(0));
        assert_eq!(fail.next_path.as_deref(), Some("sdb"));
        assert_eq!(fail.to_full_rate_ns, Some(0));
        assert_eq!((fail.to_first_error_ns, fail.longest_gap_ns), (None, None));
        let back = fault(&told, "reinstate_path");
        assert_eq!(back.to_path_back_ns, Some(0));
        assert_eq!(back.next_path.as_deref(), Some("sda"));
        assert!(told.errors.is_empty() && told.held.is_empty());
        let at: Vec<u64> = told.history.iter().map(|s| s.at_ns / MS).collect();
        assert_eq!(at, [0, 200, 600]);
        assert!(told.history[0].status.contains(" 1 1 A 0 2 0 sda A"));
        assert!(told.history[1].status.contains("sda F 1 sdb A 0"));
        let log: Vec<u64> = told.kernel_log.iter().map(|(at, _)| at / MS).collect();
        assert_eq!(log, [200, 600]);
        assert!(told.kernel_log[0].1.ends_with("Failing path 8:0."));
    }
}

#[test]
fn io_that_waits_for_a_path_is_a_gap_and_a_queue() {
    for mode in BOTH {
        let told = told("all-paths-down-queue", mode);
        let down = fault(&told, "fail_path sdb");
        assert_eq!(down.longest_gap_ns, Some(404 * MS));
        assert_eq!(down.peak_queue_bytes, 8 * 4096);
        assert_eq!(down.peak_queue_ios, 8.0);
        assert_eq!(
            (down.drained_in_ns, down.next_path.as_ref()),
            (Some(0), None)
        );
        assert_eq!(down.to_full_rate_ns, Some(404 * MS));
        let back = fault(&told, "reinstate_path sda");
        assert_eq!(back.to_next_path_ns, Some(0));
        assert_eq!(back.to_first_success_ns, Some(4 * MS));
        let job = told.gaps.iter().find(|g| !g.job.is_empty()).unwrap();
        assert_eq!((job.count, job.max_ns), (1, 404 * MS));
    }
}

#[test]
fn io_that_hangs_is_told_plainly() {
    for mode in BOTH {
        let told = told("all-paths-down-for-ever", mode);
        let held = &told.held[0];
        assert_eq!((held.map.as_str(), held.ios), ("mp", 8));
        assert_eq!(held.since_ns, 200 * MS);
        assert_eq!(held.why, "no path, queue_if_no_path");
        let down = fault(&told, "fail_path sdb");
        assert_eq!(down.no_success_since_ns, Some(200 * MS));
        assert_eq!((down.to_full_rate_ns, down.drained_in_ns), (None, None));
        let job = told.gaps.last().unwrap();
        assert_eq!(job.no_success_since_ns, Some(200 * MS));
    }
}

#[test]
fn errors_are_told_by_errno_and_time() {
    for mode in BOTH {
        let fails = told("all-paths-down-fail", mode);
        let error = &fails.errors[0];
        assert_eq!((error.name.as_str(), error.count), ("EIO", 400));
        assert!(error.first_ns >= 200 * MS && error.last_ns < 602 * MS);
        assert_eq!(fault(&fails, "fail_path sdb").first_errno, Some(5));
        assert_eq!(fault(&fails, "reinstate_path sda").to_first_error_ns, None);

        let medium = told("medium-error", mode);
        assert_eq!(medium.errors.len(), 1);
        assert_eq!(medium.errors[0].name, "ENODATA");
        assert_eq!(fault(&medium, "scsi_debug").to_path_failed_ns, None);
        assert_eq!(medium.retries.multipath, 0);
    }
}

#[test]
fn io_that_comes_back_from_a_path_counts_as_sent_again() {
    for mode in BOTH {
        let told = told("disk-offline", mode);
        assert!(told.retries.multipath >= 1, "{:?}", told.retries);
        let offline = fault(&told, "offline");
        assert_eq!(offline.path.as_deref(), Some("sda"));
        assert_eq!(offline.next_path.as_deref(), Some("sdb"));
    }
}

#[test]
fn silence_is_a_gap_of_the_timeout_and_no_path_fails() {
    for mode in [Mode::Bio, Mode::Request, Mode::Single] {
        let told = told("silent-loss", mode);
        let loss = fault(&told, "opts=0x4");
        let gap = loss.longest_gap_ns.unwrap();
        assert!((1000 * MS..2500 * MS).contains(&gap), "{gap}");
        assert_eq!(loss.to_path_failed_ns, None);
        assert_eq!(told.retries.multipath, 0);
    }
}

#[test]
fn a_flush_ends_queueing_and_noflush_keeps_what_is_held() {
    for mode in BOTH {
        let flushed = told("suspend-flush", mode);
        let failed: Vec<_> = flushed
            .errors
            .iter()
            .map(|e| (e.name.as_str(), e.count))
            .collect();
        // Requests stay in the queue of the device, which is quiesced.
        let want: &[(&str, u64)] = if mode == Mode::Bio {
            &[("EIO", 8)]
        } else {
            &[]
        };
        assert_eq!(failed, want, "{mode:?}");
        let noflush = outcome("suspend-flush", mode, &["timeline.1.suspend=noflush"]);
        let kept = RunSummary::new(mode, None, &noflush).failover.unwrap();
        assert!(kept.errors.is_empty(), "{mode:?} {:?}", kept.errors);
        assert!(kept.held.is_empty());
    }
}

#[test]
fn a_path_that_is_taken_out_is_used_no_more() {
    for mode in BOTH {
        let outcome = outcome("reload-removes-path", mode, &[]);
        let told = RunSummary::new(mode, None, &outcome).failover.unwrap();
        let last = told.history.last().unwrap();
        assert!(last.status.contains("sdb A") && !last.status.contains("sda"));
        // It had half of the I/O for 300 ms, of one second.
        let ios = |name: &str| {
            let device = outcome.devices.iter().find(|d| d.name == name);
            device.unwrap().read.ios as f64
        };
        let share = ios("sda") / (ios("sda") + ios("sdb"));
        assert!((0.12..0.18).contains(&share), "{mode:?} {share}");
        assert!(told.errors.is_empty());
    }
}

#[test]
fn nothing_is_left_waiting_where_nothing_is_held() {
    let scenarios = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios");
    let folders = ["failover", "sharing", "published"].map(|f| scenarios.join(f));
    let entries = folders.iter().flat_map(|f| std::fs::read_dir(f).unwrap());
    for entry in entries {
        let path = entry.unwrap().path();
        let scenario = scenario::load(&path, &[]).unwrap();
        for mode in [Mode::Bio, Mode::Request, Mode::Single] {
            let Ok(machine) = scenario::build(&scenario, mode) else {
                assert!(mode == Mode::Single && scenario.baseline().is_none());
                continue;
            };
            let outcome = run(&machine, &told_of()).unwrap();
            let held: u64 = outcome.held.iter().map(|(_, ios)| ios).sum();
            let left = outcome.marks.as_ref().unwrap().left_sectors;
            assert_eq!(left, 8 * held as i64, "{} {mode:?}", path.display());
        }
    }
}

#[test]
fn what_is_told_does_not_hang_on_who_listens() {
    for name in ["shaky-path", "suspend-noflush"] {
        let told = outcome(name, Mode::Request, &["host.profile=lab"]);
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios/failover");
        let set = ["host.profile=lab".to_owned()];
        let scenario = scenario::load(&path.join(name).with_extension("toml"), &set).unwrap();
        let machine = scenario::build(&scenario, Mode::Request).unwrap();
        let alone = run(&machine, &RunOptions::default()).unwrap();
        assert_eq!((told.duration, told.events), (alone.duration, alone.events));
    }
}
