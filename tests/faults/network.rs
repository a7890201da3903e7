//! The storage network under the whole computer: what applications see when
//! something in it breaks.

use super::support::{BOTH, network, outcome_of, parsed, reader};
use mpathsim::run::outcome::{DeviceOutcome, JobOutcome, Outcome};
use mpathsim::run::{RunOptions, run};
use mpathsim::scenario::{self, Mode};
use mpathsim::sim::Ns;

const FC: &str = "preset = \"fc-16g\"";

/// Two paths to a LUN, a closed loop of 8 random reads for a second, and `more`.
fn outcome(fabric: &str, more: &str, mode: Mode) -> Outcome {
    outcome_for(fabric, more, 1, mode)
}

/// The same for `runtime` seconds.
fn outcome_for(fabric: &str, more: &str, runtime: u64, mode: Mode) -> Outcome {
    let disks = [["sda", "hba0", "ctl0.p0"], ["sdb", "hba1", "ctl1.p0"]];
    let text = format!(
        "{}[[map]]\nselector = \"round-robin\"\npaths = [\"sda\", \"sdb\"]\n{}",
        network(fabric, "16GiB", &format!("{more}\n"), &disks),
        reader("4g", runtime)
    );
    outcome_of(&parsed(&text), mode)
}

fn fault(at: &str, on: &str, fault: &str) -> String {
    format!("[[timeline]]\nat = \"{at}\"\non = \"{on}\"\nfault = {fault}\n")
}

fn job(outcome: &Outcome) -> &JobOutcome {
    &outcome.jobs[0]
}
fn longest_ms(outcome: &Outcome) -> u64 {
    job(outcome).read.as_ref().unwrap().lat.max() / 1_000_000
}
/// When paths failed or came back, in ms.
fn changes_ms(outcome: &Outcome) -> Vec<u64> {
    let history = outcome.maps[0].history.iter();
    history.map(|(at, _)| at.0 / 1_000_000).collect()
}

#[test]
fn k79_a_dark_link_fails_its_commands_after_fast_io_fail_tmo() {
    for mode in BOTH {
        let o = outcome(FC, &fault("500ms", "hba0", "\"down\""), mode);
        assert_eq!(job(&o).error, 0);
        assert_eq!(changes_ms(&o)[0], 5500, "{mode:?}");
        assert_eq!(longest_ms(&o), 5000, "{mode:?}");
    }
}

/// The path fails after fast_io_fail_tmo; once its port is back, the checker
/// finds it up and reinstates it.
#[test]
fn multipathd_reinstates_a_path_whose_port_is_back() {
    let conf = "[multipathd]\nconf = \"defaults {\\nfast_io_fail_tmo 1\\n}\"\n";
    let more = fault("500ms", "hba0", "\"down\"") + "for = \"2s\"\n" + conf;
    for mode in BOTH {
        let o = outcome_for(FC, &more, 8, mode);
        assert_eq!(job(&o).error, 0);
        let changes = changes_ms(&o);
        assert_eq!(
            (changes.len(), changes[0]),
            (2, 1500),
            "{mode:?} {changes:?}"
        );
        assert!((2500..6600).contains(&changes[1]), "{mode:?} {changes:?}");
    }
}

/// What multipathd has set when it made the map is what holds, its default too.
#[test]
fn multipathd_sets_its_fast_io_fail_tmo_whatever_the_fabric_says() {
    let fabric = "preset = \"fc-16g\"\ntransport = { fc = { fast_io_fail_tmo = \"30s\" } }";
    let down = fault("500ms", "hba0", "\"down\"");
    for (conf, failed) in [
        ("", 30_500),
        ("[multipathd]\n", 5500),
        (
            "[multipathd]\nconf = \"defaults {\\nfast_io_fail_tmo 5\\n}\"\n",
            5500,
        ),
    ] {
        let o = outcome(fabric, &(down.clone() + conf), Mode::Request);
        assert_eq!(changes_ms(&o)[0], failed, "{conf:?}");
    }
}

#[test]
fn k79_without_it_after_dev_loss_tmo() {
    let fabric = "preset = \"fc-16g\"\n\
                  transport = { fc = { fast_io_fail_tmo = \"0s\", dev_loss_tmo = \"40s\" } }";
    for mode in BOTH {
        let o = outcome(fabric, &fault("500ms", "hba0", "\"down\""), mode);
        assert_eq!(job(&o).error, 0);
        // The timeout of a command, 30 s, is started again meanwhile.
        assert_eq!(changes_ms(&o)[0], 40_500, "{mode:?}");
        assert_eq!(longest_ms(&o), 40_000, "{mode:?}");
    }
}

#[test]
fn a_link_that_returns_in_time_fails_nobody() {
    let blink = fault("500ms", "hba0", "\"down\"") + "for = \"2s\"\n";
    for mode in BOTH {
        let o = outcome(FC, &blink, mode);
        assert_eq!(job(&o).error, 0);
        assert_eq!(changes_ms(&o), [0; 0]);
        assert!((2000..2010).contains(&longest_ms(&o)), "{}", longest_ms(&o));
    }
}

/// Red Hat article 2876: noop_out_interval + noop_out_timeout +
/// replacement_timeout = 5 + 10 + 15.
#[test]
fn an_iscsi_path_that_dies_silently_stalls_for_30_s() {
    let fabric = "preset = \"iscsi-10g\"\n\
                  transport = { tcp = { keep_alive_timeout = \"10s\", fast_io_fail_tmo = \"15s\" } }";
    for mode in BOTH {
        let o = outcome(fabric, &fault("500ms", "ctl0.p0", "\"black_hole\""), mode);
        assert_eq!(job(&o).error, 0);
        let stall = longest_ms(&o);
        // Then the queue of the disk is run again, tick by tick.
        assert!((30_000..30_050).contains(&stall), "{mode:?}: {stall}");
    }
}

/// Nor does a session survive a link that loses everything, or one so slow that no
/// ping is answered in time: 5 s + 5 s, and 5 s until its commands fail.
#[test]
fn an_iscsi_session_breaks_whatever_keeps_its_pings() {
    for what in ["{ loss = 1.0 }", "{ latency = \"12s\" }"] {
        for mode in BOTH {
            let slow = fault("500ms", "ctl0.p0", what);
            let o = outcome("preset = \"iscsi-10g\"", &slow, mode);
            assert_eq!(job(&o).error, 0);
            let stall = longest_ms(&o);
            assert!(
                (15_000..15_050).contains(&stall),
                "{what} {mode:?}: {stall}"
            );
            assert!((15_500..15_550).contains(&changes_ms(&o)[0]), "{mode:?}");
        }
    }
    // A slow link that answers pings is but slow.
    let slow = fault("500ms", "ctl0.p0", "{ latency = \"2s\" }");
    let o = outcome("preset = \"iscsi-10g\"", &slow, Mode::Request);
    assert_eq!(changes_ms(&o), [0; 0]);
    assert!((4000..6000).contains(&longest_ms(&o)), "{}", longest_ms(&o));
}

#[test]
fn a_black_hole_costs_fibre_channel_the_timeout_and_error_handling() {
    for mode in BOTH {
        let o = outcome(FC, &fault("500ms", "ctl0.p0", "\"black_hole\""), mode);
        assert_eq!(job(&o).error, 0);
        let stall = longest_ms(&o) / 1000;
        // 30 s, eight aborts and three resets of 10 s each, and ticks.
        assert!((140..150).contains(&stall), "{mode:?}: {stall}");
    }
}

/// What an abort or a reset comes to is how the way is when it is sent: aborts are
/// late until the brown-out ends, the reset that follows is not.
#[test]
fn a_reset_is_not_late_because_the_abort_was() {
    let slow = fault("500ms", "ctl0.p0", "{ latency = \"20s\" }") + "for = \"55s\"\n";
    for mode in BOTH {
        let o = outcome_for(FC, &slow, 90, mode);
        assert_eq!(job(&o).error, 0);
        assert_eq!(changes_ms(&o), [0; 0], "{mode:?}");
        let stall = longest_ms(&o) / 1000;
        assert!((60..70).contains(&stall), "{mode:?}: {stall}");
    }
}

/// A link that loses everything loses aborts and resets too.
#[test]
fn aborts_are_lost_like_anything_else() {
    let lossy = fault("500ms", "ctl0.p0", "{ loss = 1.0 }");
    for mode in BOTH {
        let o = outcome_for(FC, &lossy, 2, mode);
        assert_eq!(job(&o).error, 0);
        let stall = longest_ms(&o) / 1000;
        assert!((140..150).contains(&stall), "{mode:?}: {stall}");
    }
}

#[test]
fn the_medium_and_reservations_are_no_matter_of_paths() {
    for (kind, errno) in [
        ("{ medium_error = [0, 33554431] }", 61),
        ("\"reservation_conflict\"", 52),
    ] {
        for mode in BOTH {
            let o = outcome(FC, &fault("500ms", "lun0", kind), mode);
            assert_eq!(job(&o).error, errno, "{kind}");
            assert_eq!(changes_ms(&o), [0; 0]);
        }
    }
}

/// 05/25/00 is not among the mistakes of a command: every path fails, and I/O
/// waits for multipathd to find one that works.
#[test]
fn a_lun_that_is_not_mapped_fails_its_paths_and_not_the_io() {
    let more = "[multipathd]\nconf = \"defaults {\\nno_path_retry 12\\n}\"\n".to_string()
        + &fault("500ms", "lun0", "\"unmapped\"")
        + "for = \"3s\"\n";
    for mode in BOTH {
        let o = outcome_for(FC, &more, 12, mode);
        assert_eq!(job(&o).error, 0, "{mode:?}");
        let history = &o.maps[0].history;
        let none = |(_, status): &(Ns, String)| status.matches(" F 1").count() == 2;
        assert!(history.iter().any(none), "{mode:?} {history:?}");
        assert!(longest_ms(&o) > 3000, "{mode:?}");
    }
}

#[test]
fn storms_of_busy_and_queue_full_pass() {
    for kind in ["\"busy\"", "\"queue_full\""] {
        for mode in BOTH {
            let storm = fault("500ms", "lun0", kind) + "for = \"100ms\"\n";
            let o = outcome(FC, &storm, mode);
            assert_eq!(job(&o).error, 0, "{kind}");
            assert_eq!(changes_ms(&o), [0; 0]);
            assert!(longest_ms(&o) >= 90, "{kind}: {}", longest_ms(&o));
        }
    }
}

/// A LUN that moves for a moment is not waited for by the second: the handler has
/// its commands tried again at once.
#[test]
fn a_short_transition_costs_milliseconds() {
    let moves = "access = { transition = \"10ms\" }\n\
                 [[timeline]]\nat = \"500ms\"\nmove = { lun = \"lun0\", to = \"ctl1\" }\n";
    for mode in BOTH {
        let o = outcome(FC, moves, mode);
        assert_eq!(job(&o).error, 0);
        assert!((10..100).contains(&longest_ms(&o)), "{}", longest_ms(&o));
    }
}

#[test]
fn the_other_controller_takes_over() {
    for mode in BOTH {
        let o = outcome(FC, &fault("500ms", "ctl0", "\"down\""), mode);
        assert_eq!(job(&o).error, 0);
        let sdb = o.devices.iter().find(|d| d.name == "sdb").unwrap();
        assert!(sdb.read.ios > 1000, "{}", sdb.read.ios);
    }
}

#[test]
fn an_upgrade_leaves_one_controller_at_a_time() {
    let upgrade = "[[timeline]]\nat = \"100ms\"\n\
                   upgrade = { array = \"array\", each = \"200ms\", pause = \"100ms\" }\n";
    for mode in BOTH {
        let o = outcome(FC, upgrade, mode);
        assert_eq!(job(&o).error, 0);
        // Each is back before fast_io_fail_tmo.
        assert_eq!(changes_ms(&o), [0; 0]);
        assert!(longest_ms(&o) >= 199);
    }
}

#[test]
fn tcp_hides_losses_and_fibre_channel_does_not() {
    let lossy = fault("0s", "hba0", "{ loss = 0.001 }");
    for mode in BOTH {
        let tcp = outcome("preset = \"iscsi-10g\"", &lossy, mode);
        assert_eq!(job(&tcp).error, 0);
        assert!(longest_ms(&tcp) < 1000);
        let fc = outcome(FC, &lossy, mode);
        assert_eq!(job(&fc).error, 0);
        assert!(longest_ms(&fc) >= 30_000, "{}", longest_ms(&fc));
    }
}

#[test]
fn random_faults_end_with_the_run_and_are_the_same_again() {
    let faults = r#"
[[random_fault]]
on = "hba0"
fault = "down"
well = { kind = "exponential", mean = "300ms" }
ill = { kind = "exponential", mean = "30ms" }
[[random_fault]]
on = "ctl1.p0"
fault = { latency = "2ms" }
well = { kind = "exponential", mean = "100ms" }
ill = "20ms"
[[background]]
initiator = "hba1"
target = "ctl1.p1"
lun = "lun0"
iops = 20000
"#;
    for mode in BOTH {
        let [a, b] = [(); 2].map(|()| outcome(FC, faults, mode));
        assert_eq!(job(&a).error, 0);
        assert_eq!(a.duration, b.duration);
        assert_eq!(longest_ms(&a), longest_ms(&b));
        assert_eq!(a.events, b.events);
        assert!(longest_ms(&a) >= 10);
        assert!(a.duration < Ns::from_secs(3));
    }
}

/// Two LUNs behind one host adapter of `can_queue` tags, each read by a job that
/// is always 64 deep: I/Os in flight on each disk, on average.
fn two_luns(can_queue: u32, scheduler: &str, jobs: &str) -> Vec<(f64, u64)> {
    let outcome = run_of_two_luns(can_queue, scheduler, jobs, "");
    let disks = outcome.devices.iter().filter(|d| d.name.starts_with("sd"));
    // Little's law, from dispatch to completion.
    let in_flight =
        |d: &DeviceOutcome| d.d2c.mean() * d.read.ios as f64 / outcome.duration.0 as f64;
    disks.map(|d| (in_flight(d), d.read.ios)).collect()
}

fn run_of_two_luns(can_queue: u32, scheduler: &str, jobs: &str, faults: &str) -> Outcome {
    let text = format!(
        r#"
[fabric]
preset = "fc-16g"
[[initiator]]
name = "hba0"
can_queue = {can_queue}
[[array]]
preset = "flash-symmetric"
luns = [{{ name = "lun0", size = "4GiB" }}, {{ name = "lun1", size = "4GiB" }}]
[[device]]
name = "sda"
lun = {{ initiator = "hba0", target = "ctl0.p0", lun = "lun0", queue_depth = 64 }}
queue = {{ scheduler = "{scheduler}" }}
[[device]]
name = "sdb"
lun = {{ initiator = "hba0", target = "ctl0.p0", lun = "lun1", queue_depth = 64 }}
queue = {{ scheduler = "{scheduler}" }}
[workload]
fio = """
[global]
ioengine=libaio
direct=1
thread
rw=randread
bs=4k
iodepth=64
size=1g
runtime=1
time_based
norandommap
{jobs}
"""
{faults}
"#
    );
    let scenario = parsed(&text);
    let config = scenario::build(&scenario, Mode::Bio).unwrap();
    run(&config, &RunOptions::default()).unwrap_or_else(|e| panic!("{e}"))
}

#[test]
fn a_full_task_set_is_taken_for_that_of_the_target() {
    let full = "[[timeline]]\nat = \"100ms\"\nfor = \"1s\"\n\
                on = \"lun0\"\nfault = \"queue_full\"\n";
    let outcome = run_of_two_luns(1024, "none", BOTH_LUNS, full);
    let depths = ["sda", "sdb"].map(|disk| {
        let lines = outcome.recovery.iter().map(|(_, line)| line);
        let its = lines.filter(|line| line.contains(disk) && line.contains("TASK SET FULL"));
        its.count()
    });
    assert!(
        depths[0] > 0 && depths[0] == depths[1],
        "{:?}",
        outcome.recovery
    );
}

const BOTH_LUNS: &str = "[a]\nfilename=/dev/sda\n[b]\nfilename=/dev/sdb\n";

#[test]
fn luns_of_one_host_adapter_share_its_tags_in_equal_parts() {
    for scheduler in ["none", "mq-deadline"] {
        let both = two_luns(32, scheduler, BOTH_LUNS);
        for (in_flight, ios) in &both {
            assert!((15.0..16.01).contains(in_flight), "{scheduler}: {both:?}");
            assert!(*ios > 1000);
        }
        // One that is used alone has them all, but for those that are free until
        // enough are to wake who sleeps for one (`wake_batch`).
        let alone = two_luns(32, scheduler, "[a]\nfilename=/dev/sda\n");
        assert!(
            (28.0..32.01).contains(&alone[0].0),
            "{scheduler}: {alone:?}"
        );
    }
}

#[test]
fn a_host_adapter_of_one_tag_serves_both_luns() {
    for scheduler in ["none", "mq-deadline"] {
        let both = two_luns(1, scheduler, BOTH_LUNS);
        assert!(
            both.iter().all(|(_, ios)| *ios > 1000),
            "{scheduler}: {both:?}"
        );
    }
}
