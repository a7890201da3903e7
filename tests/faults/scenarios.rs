//! Every kind of fault, on the scenarios of failover and sharing: what their
//! comments say one will see, is seen.

use std::path::Path;

use super::support::{BOTH, MS, S, fault, loaded, outcome_of, parsed};
use mpathsim::run::summary::{FailoverSummary, RunSummary};
use mpathsim::scenario::{Mode, Scenario};

fn summary(name: &str, mode: Mode, set: &[&str]) -> RunSummary {
    summary_of(&loaded(name, set), mode)
}

fn summary_of(scenario: &Scenario, mode: Mode) -> RunSummary {
    RunSummary::new(mode, None, &outcome_of(scenario, mode))
}

fn failover(name: &str, mode: Mode, set: &[&str]) -> FailoverSummary {
    let summary = summary(&format!("failover/{name}"), mode, set);
    summary.failover.unwrap()
}

fn happened(told: &FailoverSummary, what: &str) -> bool {
    told.events.iter().any(|event| event.what == what)
}

/// Times without a success of the whole application.
fn gaps(told: &FailoverSummary) -> (u64, u64) {
    (told.gaps[0].count, told.gaps[0].max_ns)
}

/// I/Os that succeeded.
fn ios(name: &str, mode: Mode, set: &[&str]) -> u64 {
    summary(&format!("failover/{name}"), mode, set)
        .application
        .ios
}

#[track_caller]
fn assert_within(value: Option<u64>, from: u64, to: u64) {
    let value = value.unwrap_or_else(|| panic!("never, not between {from} and {to}"));
    assert!((from..=to).contains(&value), "{value}: not {from} to {to}");
}

#[test]
fn a_port_that_is_dark_costs_fast_io_fail_tmo_and_a_check() {
    for mode in BOTH {
        let told = failover("port-down-and-back", mode, &[]);
        let down = fault(&told, "ctl0.p0: down");
        assert_eq!(down.to_path_failed_ns, Some(5 * S), "{mode:?}");
        assert_eq!(down.next_path.as_deref(), Some("sdb"));
        let back = fault(&told, "ctl0.p0: down is over");
        assert_within(back.to_path_back_ns, 1, 5 * S);
        assert!(happened(&told, "sda: its port is blocked"));
        assert!(happened(
            &told,
            "sda: its port has failed (fast_io_fail_tmo)"
        ));
        assert!(told.errors.is_empty() && told.held.is_empty());

        let blink = failover("port-down-and-back", mode, &["timeline.0.for=4s"]);
        let down = fault(&blink, "ctl0.p0: down");
        assert_eq!(down.to_path_failed_ns, None);
        assert!(down.peak_queue_ios > 200.0);
    }
}

#[test]
fn without_fast_io_fail_tmo_it_costs_dev_loss_tmo() {
    for mode in BOTH {
        let told = failover("port-down-without-fast-io-fail", mode, &[]);
        let down = fault(&told, "ctl0.p0: down");
        assert_eq!(down.to_path_failed_ns, Some(60 * S));
        assert!(happened(&told, "sda: its port is removed (dev_loss_tmo)"));
        assert!(!happened(&told, "sda: its port is back"));
    }
}

/// multipathd takes a disk that is removed out of the map, and the one that the
/// kernel finds in its place into it.
#[test]
fn a_port_that_is_found_again_brings_its_path_back() {
    let at = |told: &FailoverSummary, what: &str| {
        let mut events = told.events.iter();
        let event = events.find(|event| event.what == what);
        event.map(|event| event.at_ns)
    };
    for mode in BOTH {
        let told = failover("port-lost-and-found", mode, &[]);
        assert_eq!(
            at(&told, "sda: its port is removed (dev_loss_tmo)"),
            Some(36 * S)
        );
        assert_within(at(&told, "mp: its paths are now sdb"), 36 * S, 36_500 * MS);
        assert_eq!(at(&told, "sda: its port is back"), Some(66 * S));
        assert_within(
            at(&told, "mp: its paths are now sda sdb"),
            66 * S,
            66_500 * MS,
        );
        let last = &told.history.last().unwrap().status;
        assert!(!last.contains(" F "), "{last}");
        assert!(told.errors.is_empty() && told.held.is_empty());
        let run = summary(
            "failover/port-lost-and-found",
            mode,
            &["timeline.0.for=114s"],
        );
        let lost = run.failover.unwrap();
        assert_eq!(at(&lost, "sda: its port is back"), None);

        let told = failover("disk-deleted", mode, &["multipathd.conf=\"\""]);
        assert!(happened(&told, "mp: its paths are now sdb"));
    }
}

#[test]
fn silence_costs_fibre_channel_its_timeouts_and_iscsi_its_ping() {
    for mode in BOTH {
        let fc = |set: &[&str]| {
            let told = failover("silent-loss-fc", mode, set);
            fault(&told, "ctl0.p0: black hole").to_path_failed_ns
        };
        // An abort and three resets, 10 s each; fio waits for that one command.
        assert_within(fc(&[]), 70 * S, 75 * S);
        assert_within(fc(&["device.0.lun.timeout=5s"]), 45 * S, 50 * S);
        // fast_io_fail_tmo is for ports that are gone.
        let off = "fabric.transport={ fc = { fast_io_fail_tmo = \"0s\" } }";
        assert_eq!(fc(&[off]), fc(&[]));

        let told = failover("silent-loss-iscsi", mode, &[]);
        let lost = fault(&told, "ctl0.p0: black hole");
        assert_within(lost.to_path_failed_ns, 14_900 * MS, 15_100 * MS);
        // What stalls is noticed when something is sent, or was.
        let stalls = told
            .events
            .iter()
            .find(|e| e.what == "sda: its session stalls");
        let first = told
            .events
            .iter()
            .find(|e| e.what == "last I/O before a gap");
        let (stalls, first) = (stalls.unwrap().at_ns, first.unwrap().at_ns);
        assert!(stalls > lost.at_ns, "{stalls}");
        assert!(stalls.abs_diff(first) < 20 * MS, "{stalls} {first}");

        let told = failover("silent-loss-iscsi-without-fast-io-fail", mode, &[]);
        let lost = fault(&told, "ctl0.p0: black hole");
        assert_eq!(lost.to_path_failed_ns, None);
        assert_within(lost.longest_gap_ns, 120 * S, 125 * S);
        assert!(told.errors.is_empty());
    }
}

/// Error handling is the host adapter's: a map that never used the port that fell
/// silent waits from the first abort that is lost to the last reset.
#[test]
fn error_handling_stops_every_lun_of_the_host_adapter() {
    for mode in BOTH {
        let longest = |set: &[&str]| {
            let told = failover("silent-loss-shared-hba", mode, set);
            let log = &told.kernel_log;
            let offlined =
                |(_, line): &&(u64, String)| line.contains("sd 0:0:0:0: Device offlined");
            assert_eq!(log.iter().filter(offlined).count(), 1, "{log:?}");
            let gaps = told.gaps.iter().find(|gaps| gaps.job == "other").unwrap();
            gaps.max_ns
        };
        // Three resets, 10 s each.
        assert_within(Some(longest(&[])), 29_900 * MS, 30_100 * MS);
        assert_eq!(longest(&["device.2.lun.initiator=hba1"]), 0, "{mode:?}");
    }
}

#[test]
fn a_port_that_never_answers_again_holds_its_io_for_ever_if_nothing_gives_it_up() {
    let name = "scenarios/failover/silent-loss-iscsi-without-fast-io-fail.toml";
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
    let text = std::fs::read_to_string(path).unwrap();
    let text = text.replace("for = \"120s\"\n", "");
    let scenario = parsed(&text);
    for (mode, device) in [
        (Mode::Bio, "mp"),
        (Mode::Request, "mp"),
        (Mode::Single, "sda"),
    ] {
        let told = summary_of(&scenario, mode).failover.unwrap();
        let held = &told.held[0];
        assert_eq!((held.map.as_str(), told.held.len()), (device, 1));
        assert!(held.ios > 0);
        assert!(
            held.why.starts_with("a path that is blocked"),
            "{}",
            held.why
        );
    }
}

/// However long: what is to be mended is not held for ever.
#[test]
fn a_fault_that_ends_is_waited_for() {
    for mode in BOTH {
        let hours = ["timeline.0.for=30000s"];
        let told = failover("silent-loss-iscsi-without-fast-io-fail", mode, &hours);
        assert!(told.held.is_empty() && told.errors.is_empty());
        let lost = fault(&told, "ctl0.p0: black hole");
        assert_within(lost.longest_gap_ns, 30_000 * S, 30_120 * S);
    }
}

#[test]
fn an_upgrade_of_controllers_moves_the_lun_to_and_fro() {
    for mode in BOTH {
        let summary = summary("failover/controller-upgrade", mode, &[]);
        let told = summary.failover.unwrap();
        let what: Vec<&str> = told
            .faults
            .iter()
            .map(|f| f.what.as_str())
            .filter(|what| !what.starts_with("reload"))
            .collect();
        let want = [
            "array.ctl0: down",
            "array.ctl0: down is over",
            "array.ctl1: down",
            "array.ctl1: down is over",
        ];
        assert_eq!(what, want);
        assert!(happened(&told, "lun0 moves to ctl1") && happened(&told, "lun0 moves to ctl0"));
        assert!(told.errors.is_empty(), "{mode:?} {:?}", told.errors);
        assert_within(Some(gaps(&told).1), 5 * S, 5_100 * MS);
        assert_eq!(fault(&told, "array.ctl1: down").longest_gap_ns, None);
        // Two groups again, that of ctl0 first and in use.
        let status = &summary.maps[0].status;
        let (first, second) = status.split_once("sdb A").unwrap();
        assert!(first.contains(" 2 1 A 0 2 2 sda A"), "{status}");
        assert!(
            second.contains("sdc A") && second.contains("sdd A"),
            "{status}"
        );
    }
}

#[test]
fn a_controller_that_fails_leaves_its_lun_to_the_other() {
    for mode in BOTH {
        let told = failover("controller-fails", mode, &[]);
        assert!(happened(&told, "lun0 moves to ctl1"));
        let down = fault(&told, "ctl0: down");
        assert_within(down.to_path_failed_ns, 5 * S, 5 * S);
        // The LUN answers again after 3 s, and what waits for ctl0 keeps half
        // of the depth for two more.
        assert_eq!(gaps(&told).0, 1);
        // Five retries come first, and take a tenth of a second.
        assert_within(Some(gaps(&told).1), 3_100 * MS, 3_200 * MS);
        assert_within(down.to_full_rate_ns, 4_900 * MS, 5_100 * MS);
        assert!(told.errors.is_empty());
    }
}

#[test]
fn damaged_commands_are_tried_again_on_their_path() {
    for mode in BOTH {
        let told = failover("damaged-commands", mode, &[]);
        assert!(told.retries.path_requeues > 100 && told.retries.multipath == 0);
        assert!(told.errors.is_empty() && told.history.is_empty());
        let worse = ["timeline.0.fault={ transport_error = 0.7 }"];
        let told = failover("damaged-commands", mode, &worse);
        let fault = fault(&told, "ctl0.p0: 70 % of commands damaged");
        assert_within(fault.to_path_failed_ns, 0, 400 * MS);
        assert!(told.errors.is_empty() && told.retries.multipath > 0);
    }
}

#[test]
fn an_upgrade_of_ports_costs_a_gap_for_each_that_is_in_use() {
    for mode in BOTH {
        let told = failover("port-upgrade", mode, &[]);
        assert_eq!(told.faults.len(), 8);
        assert_eq!(gaps(&told).0, 2);
        assert!(told.errors.is_empty());
    }
}

#[test]
fn multipathd_follows_a_lun_that_moves_if_failback_says_so() {
    for mode in BOTH {
        let told = failover("alua-switch", mode, &[]);
        assert!(happened(&told, "lun0 moves to ctl1"));
        assert!(happened(&told, "mp: its paths are now sdc sdd sda sdb"));
        let last = &told.history.last().unwrap().status;
        assert!(last.contains(" 2 1 ") && !last.contains(" F "), "{last}");
        assert!(told.errors.is_empty());

        let manual = failover("alua-switch", mode, &["multipathd.conf=\"\""]);
        assert!(!happened(&manual, "mp: its paths are now sdc sdd sda sdb"));
    }
}

#[test]
fn a_host_moves_a_lun_by_activating_a_group() {
    for mode in BOTH {
        let told = failover("explicit-alua", mode, &[]);
        let switch = fault(&told, "dmsetup message mp 0 switch_group 2");
        assert_within(switch.to_next_path_ns, 205 * MS, 220 * MS);
        assert!(happened(&told, "lun0 moves to ctl1"));
        assert!(told.errors.is_empty());
    }
}

#[test]
fn no_path_retry_counts_checks_from_the_last_path_on() {
    for mode in BOTH {
        let told = failover("all-paths-down-n-retries", mode, &[]);
        let down = fault(&told, "hba0: down");
        assert_eq!(down.to_path_failed_ns, Some(5 * S));
        assert_within(down.to_first_error_ns, 25 * S, 26 * S);
        let sooner = failover("all-paths-down-n-retries", mode, &["timeline.0.for=10s"]);
        assert!(sooner.errors.is_empty());
    }
}

#[test]
fn a_shaky_port_is_kept_out() {
    for mode in BOTH {
        let with = failover("shaky-port", mode, &[]);
        let conf = "multipathd.conf=\"defaults {\\nfast_io_fail_tmo 1\\n}\"";
        let without = failover("shaky-port", mode, &[conf]);
        assert!(with.errors.is_empty() && without.errors.is_empty());
        let (with, without) = (gaps(&with).0, gaps(&without).0);
        assert!(with + 2 <= without, "{mode:?}: {with} gaps, not {without}");
    }
}

#[test]
fn under_a_brown_out_every_other_selector_beats_round_robin() {
    for mode in BOTH {
        let of = |selector: &str| {
            let set = format!("map.0.selector={selector}");
            ios("brown-out", mode, &[&set]) as f64
        };
        let round_robin = of("round-robin");
        for selector in ["queue-length", "service-time", "historical-service-time"] {
            let ios = of(selector);
            assert!(
                ios > 1.2 * round_robin,
                "{mode:?} {selector}: {ios}, round-robin {round_robin}"
            );
        }
    }
}

#[test]
fn a_slow_link_matters_to_large_io() {
    for mode in BOTH {
        let service_time = ["map.0.selector=service-time"];
        let better = ios("bandwidth-drop", mode, &service_time);
        let worse = ios("bandwidth-drop", mode, &[]);
        assert!(better > worse + worse / 10, "{mode:?}: {better}, {worse}");
    }
}

#[test]
fn a_lost_frame_is_a_lost_command_for_fibre_channel_alone() {
    for mode in BOTH {
        let longest = |set: &[&str]| {
            let set = [set, &["timeline.0.fault={ loss = 0.001 }"]].concat();
            let set = set.as_slice();
            let summary = summary("failover/intermittent-loss", mode, set);
            assert!(summary.failover.unwrap().errors.is_empty());
            summary.application.latency.max_ns
        };
        assert_within(Some(longest(&[])), 5 * S, 40 * S);
        assert_within(Some(longest(&["fabric.preset=iscsi-10g"])), 200 * MS, 2 * S);
    }
}

#[test]
fn reservations_are_no_matter_of_paths() {
    for mode in BOTH {
        let told = failover("reservation-conflict", mode, &[]);
        assert_eq!(told.errors.len(), 1);
        assert_eq!(told.errors[0].name, "EBADE");
        assert!(told.history.is_empty(), "no path fails");
        assert_eq!(told.retries.multipath, 0);
    }
}

#[test]
fn storms_pass() {
    for mode in BOTH {
        for fault in ["queue_full", "busy"] {
            let set = format!("timeline.0.fault={fault}");
            let told = failover("queue-full-storm", mode, &[&set]);
            assert!(told.errors.is_empty() && told.history.is_empty());
            assert!(told.retries.path_requeues > 100, "{mode:?} {fault}");
            assert_within(Some(gaps(&told).1), 300 * MS, 330 * MS);
        }
    }
}

#[test]
fn faults_at_random_are_those_of_the_seed_in_both_modes() {
    let faults = |mode, seed: &str| {
        let set = format!("seed={seed}");
        let told = failover("random-faults", mode, &[&set]);
        assert!(told.errors.is_empty(), "{mode:?} {seed} {:?}", told.errors);
        let faults = told.faults.into_iter();
        let faults = faults.filter(|f| !f.what.starts_with("reload"));
        faults.map(|f| (f.at_ns, f.what)).collect::<Vec<_>>()
    };
    let bio = faults(Mode::Bio, "1");
    assert!(bio.len() > 10, "{bio:?}");
    assert_eq!(bio, faults(Mode::Request, "1"));
    assert_ne!(bio, faults(Mode::Bio, "2"));
    for part in ["hba0: down", "ctl0: down", "ctl1.p1: 0.1 % of frames lost"] {
        let begun = bio.iter().filter(|(_, what)| what == part).count();
        let over = format!("{part} is over");
        let over = bio.iter().filter(|(_, what)| *what == over).count();
        assert!(begun >= 1 && begun - over <= 1, "{part}: {begun}, {over}");
    }
}

#[test]
fn two_maps_lose_a_port_together_and_find_out_apart() {
    for mode in BOTH {
        let summary = summary("sharing/port-of-two-maps", mode, &[]);
        let told = summary.failover.unwrap();
        let blocked = |disk: &str| {
            let text = format!("{disk}: its port is blocked");
            let event = told.events.iter().find(|event| event.what == text);
            event.map(|event| event.at_ns)
        };
        assert_eq!(blocked("sda"), Some(6 * S));
        assert_eq!(blocked("sdc"), Some(6 * S));
        let failed = |map: &str, disk: &str| {
            let text = format!("{map}: path {disk} failed");
            let event = told.events.iter().find(|event| event.what == text);
            event.map(|event| event.at_ns)
        };
        assert_eq!(failed("busy", "sda"), Some(11 * S));
        // Only a check can tell.
        let idle = failed("archive", "sdc");
        assert!(idle > Some(11 * S), "{idle:?}");
        assert!(told.errors.is_empty());
    }
}

#[test]
fn a_selector_is_blind_to_what_other_maps_send() {
    for mode in BOTH {
        let summary = summary("sharing/two-luns-on-shared-ports", mode, &[]);
        let share = |disk: &str| {
            let path = summary.paths.iter().find(|path| path.device == disk);
            path.unwrap().share
        };
        // Both avoid the slow port, as far as their own queues tell.
        assert!(share("sda") < 0.45 && share("sdc") < 0.45, "{mode:?}");
        assert!(share("sda") > 0.02 && share("sdc") > 0.02, "{mode:?}");
    }
}

#[test]
fn a_noisy_neighbour_is_avoided_by_those_who_look() {
    for mode in BOTH {
        let of = |set: &[&str]| summary("sharing/noisy-neighbour", mode, set);
        let round_robin = of(&[]);
        let queue_length = of(&["map.0.selector=queue-length"]);
        let busy = |s: &RunSummary| s.paths.iter().find(|p| p.device == "sda").unwrap().share;
        assert!((busy(&round_robin) - 0.5).abs() < 0.01);
        assert!(busy(&queue_length) < 0.35, "{}", busy(&queue_length));
        assert!(queue_length.application.iops > 1.2 * round_robin.application.iops);
    }
}
