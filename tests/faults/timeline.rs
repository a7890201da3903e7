//! What a run tells of the events of its timeline, on the scenarios of failover.

use std::path::Path;

use super::support::{
    BOTH, MS, fault, loaded, network, outcome_of, parsed, reader, times, told_by, told_of,
};
use mpathsim::run::outcome::Outcome;
use mpathsim::run::summary::{EventSummary, FailoverSummary, RunSummary};
use mpathsim::run::{RunOptions, run};
use mpathsim::scenario::{self, Mode};

fn outcome(name: &str, mode: Mode, set: &[&str]) -> Outcome {
    outcome_of(&loaded(&format!("failover/{name}"), set), mode)
}

/// Four paths in two groups, to two controllers; multipathd runs with `conf`, and
/// `faults` come.
fn groups(conf: &str, faults: &str, mode: Mode) -> Outcome {
    let disks = [
        ["sda", "hba0", "ctl0.p0"],
        ["sdb", "hba1", "ctl0.p1"],
        ["sdc", "hba0", "ctl1.p0"],
        ["sdd", "hba1", "ctl1.p1"],
    ];
    let text = format!(
        "{}[[map]]\npaths = [\"sda\", \"sdb\", \"sdc\", \"sdd\"]\n[multipathd]\n\
         conf = \"\"\"\ndefaults {{\n    no_path_retry 12\n    {conf}\n}}\n\"\"\"\n\
         {faults}\n{}rate_iops = 500\n",
        network("preset = \"fc-16g\"", "16GiB", "", &disks),
        reader("4g", 30)
    );
    outcome_of(&parsed(&text), mode)
}

/// Both ports of the first controller go down.
const FIRST_DOWN: &str = r#"
[[timeline]]
at = "3s"
on = "ctl0.p0"
fault = "down"
for = "10s"
[[timeline]]
at = "3s"
on = "ctl0.p1"
fault = "down"
for = "10s"
"#;

/// Cables of the first controller are bad.
const SHAKY: &str = r#"
[[timeline]]
at = "1s"
on = "ctl0.p0"
fault = { transport_error = 0.3 }
for = "20s"
[[timeline]]
at = "1s"
on = "ctl0.p1"
fault = { transport_error = 0.3 }
for = "20s"
"#;

fn told_of_groups(conf: &str, mode: Mode) -> FailoverSummary {
    told_by(&groups(conf, FIRST_DOWN, mode), mode)
}

fn told(name: &str, mode: Mode) -> FailoverSummary {
    told_by(&outcome(name, mode, &[]), mode)
}

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
        assert_eq!(at, [200, 600]);
        assert!(told.history[0].status.contains("sda F 1 sdb A 0"));
        let log: Vec<u64> = told.kernel_log.iter().map(|(at, _)| at / MS).collect();
        assert_eq!(log, [200, 600]);
        assert!(told.kernel_log[0].1.ends_with("Failing path 8:0."));
    }
}

#[test]
fn checks_of_a_path_are_no_io_on_it() {
    let checkers = [
        "path_checker tur",
        "path_checker directio\ndetect_checker no",
    ];
    for (mode, checker) in BOTH.into_iter().zip(checkers) {
        let told = told_of_groups(&format!("failback manual\n{checker}"), mode);
        let down = told.faults.iter().find(|f| f.what == "ctl0.p0: down");
        let next = down.unwrap().next_path.as_deref().unwrap();
        assert!(["sdc", "sdd"].contains(&next), "{next}");
        let back = fault(&told, "ctl0.p0: down is over");
        assert!(back.to_path_back_ns.is_some());
        assert_eq!(back.next_path, None, "the group is idle");
    }
}

#[test]
fn io_that_goes_over_to_another_group_is_told() {
    for mode in BOTH {
        let told = told_of_groups("failback immediate", mode);
        let second = times(&told, "mp: group 2 is in use");
        assert_eq!(second.len(), 1, "{second:?}");
        assert!((8_000..8_100).contains(&second[0]), "{second:?}");
        let first = times(&told, "mp: group 1 is in use");
        assert_eq!(first.len(), 1, "{first:?}");
        assert!((13_000..20_000).contains(&first[0]), "{first:?}");
        assert!(told.history.iter().any(|s| s.status.contains(" 2 2 E ")));
        let switched = times(&told, "multipathd: mp: switch to path group #1");
        assert!(switched[0].abs_diff(first[0]) < 10, "{switched:?}");
    }
}

#[test]
fn a_table_that_is_loaded_with_paths_that_are_down_fails_none_anew() {
    for mode in BOTH {
        let told = told("controller-upgrade", mode);
        assert_eq!(times(&told, "mp: path sda failed"), [11_000]);
        assert_eq!(times(&told, "mp: path sda is back"), [30_000]);
    }
}

#[test]
fn a_shaky_path_leaves_room_for_what_happens() {
    let outcome = groups("", SHAKY, Mode::Bio);
    let gaps = outcome.gaps.as_ref().unwrap().application.long.count();
    let told = RunSummary::new(Mode::Bio, None, &outcome).failover.unwrap();
    let listed = times(&told, "last I/O before a gap").len() as u64;
    assert!(gaps > 30 && listed <= 6, "{gaps} {listed}");
    let more = told
        .more
        .iter()
        .find(|m| m.what.starts_with("gaps"))
        .unwrap();
    assert_eq!(more.count, gaps - listed);
    let failed = outcome.maps[0]
        .kernel_log
        .iter()
        .filter(|l| l.contains("Failing"));
    let told = ["mp: path sda failed", "mp: path sdb failed"].map(|what| times(&told, what).len());
    assert_eq!(told.iter().sum::<usize>(), failed.count());
}

#[test]
fn what_is_read_ahead_keeps_no_device_busier_than_it_can_be() {
    let outcome = outcome_of(&loaded("published/page-bios-read", &[]), Mode::Bio);
    let told = RunSummary::new(Mode::Bio, None, &outcome);
    let busy = told.devices.iter().map(|device| device.util);
    let busy = busy.chain(told.paths.iter().map(|path| path.utilisation));
    let most = busy.fold(0.0, f64::max);
    assert!((0.99..=1.0).contains(&most), "{most}");
}

#[test]
fn why_it_takes_so_long_is_told() {
    for mode in BOTH {
        let lost = told("silent-loss-fc", mode);
        let steps = [
            ("command timeout", 31),
            ("abort fails", 41),
            ("LUN reset fails", 51),
            ("target reset fails", 61),
            ("host reset fails", 71),
            ("Device offlined", 71),
        ];
        for (what, second) in steps {
            let at = times(&lost, &format!("sda: {what}"));
            assert!(at[0].abs_diff(1000 * second) < 500, "{what} {at:?}");
        }
        let failed = |event: &EventSummary| event.what == "mp: path sda failed";
        let offlined = |event: &EventSummary| event.what == "sda: Device offlined";
        let place = |is: &dyn Fn(&EventSummary) -> bool| lost.events.iter().position(is);
        assert!(place(&offlined) < place(&failed));

        let queued = told("all-paths-down-n-retries", mode);
        let words = [
            "multipathd: mp: Entering recovery mode: max_retries=",
            "multipathd: mp: Disable queueing",
            "multipathd: mp: Recovered to normal mode",
        ];
        let mut events = queued.events.iter();
        for what in words {
            assert!(events.any(|e| e.what.starts_with(what)), "{what}");
        }
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
        let scenario = loaded(&format!("failover/{name}"), &["host.profile=lab"]);
        let machine = scenario::build(&scenario, Mode::Request).unwrap();
        let alone = run(&machine, &RunOptions::default()).unwrap();
        assert_eq!((told.duration, told.events), (alone.duration, alone.events));
    }
}
