//! SCSI's queue depths over a single queue: what a disk and its adapter take, and how
//! long they are left alone when they have been given too much.

use std::path::Path;

use mpathsim::models::block::Action;
use mpathsim::models::device::DeviceConfig;
use mpathsim::models::device::scripted::Scripted;
use mpathsim::models::device::scsi::result::{Answer, CmdResult, SenseKey};
use mpathsim::models::device::scsi::scsi_debug::{OPT_HOST_BUSY, scsi_debug_write};
use mpathsim::models::machine::Machine;
use mpathsim::models::workload::script::{Script, ScriptStep};
use mpathsim::run::{RunOptions, run};
use mpathsim::scenario;
use mpathsim::sim::Ns;

use super::{L25, and_rest, sync_write};
use crate::failure::errors;
use crate::rig::*;

const DELAY: Ns = Ns::from_ms(10);

/// Disks of `depth` on adapters of their own, 2.6.25.
fn disks(mode: Mode, depth: u32) -> Rig {
    let rig = Rig::old(L25, mode, 2);
    rig.scsi(0, depth, DELAY).scsi(1, depth, DELAY)
}

/// When commands were sent to `disk`, in whole ms.
fn sent(run: &Run, disk: &str) -> Vec<u64> {
    let issued = run.on(disk, Action::Issue);
    issued.iter().map(|e| e.at.0 / 1_000_000).collect()
}

/// The first `times` commands of the first disk come to `result`.
fn come_to(result: CmdResult, times: u32) -> impl FnOnce(&mut Machine<Recorder>) {
    move |m| {
        m.devices.scsi[0].faults.push(Scripted {
            first: 0,
            last: u64::MAX,
            times,
            answer: Answer { result, moved: 0 },
        });
    }
}

fn is_full(times: u32) -> impl FnOnce(&mut Machine<Recorder>) {
    come_to(CmdResult::TaskSetFull, times)
}

#[test]
fn a_disk_has_queue_depth_commands_and_no_more() {
    let steps = (0..16).map(|i| sync_write(2 * i));
    let run = disks(Bio, 4).run_on("/dev/p0", steps.chain([ScriptStep::Wait]).collect());
    let at = sent(&run, "p0");
    let together = [0, 10, 20, 30].map(|ms| at.iter().filter(|&&t| t == ms).count());
    assert_eq!(together, [4; 4]);
    assert_eq!(errors(&run), [0; 16]);
}

/// `scsi_dev_queue_ready`: TASK SET FULL blocks a disk. With none of its commands in
/// flight two unplugs pass, 3 ms apart, and the third sends the command.
#[test]
fn an_idle_disk_that_was_full_is_tried_at_the_third_unplug() {
    let steps = vec![sync_write(0), ScriptStep::Wait];
    let run = disks(Bio, 4).run_changed("/dev/p0", steps, is_full(1));
    assert_eq!(sent(&run, "p0"), [0, 16]);
    assert_eq!(run.machine.block.sqs[0].seen.by_timer, 2);
    assert_eq!(errors(&run), [0]);
}

/// Whoever opens the plug meanwhile makes one of the attempts. (Nobody waits here:
/// that would be one more.)
#[test]
fn whoever_unplugs_a_blocked_disk_is_counted() {
    let steps = vec![
        sync_write(0),
        ScriptStep::Until(DELAY + Ns::from_ms(1)),
        sync_write(100),
    ];
    let run = disks(Bio, 4).run_changed("/dev/p0", and_rest(steps), is_full(1));
    // At 10 ms, when it comes back, at 11 ms and, by the timer, at 14 ms.
    assert_eq!(sent(&run, "p0"), [0, 14, 14]);
}

/// One that has others in flight waits for them, whoever unplugs.
#[test]
fn a_busy_disk_that_was_full_waits_for_a_command_that_ends() {
    let steps = vec![
        sync_write(0),
        ScriptStep::Sleep(Ns::from_ms(2)),
        sync_write(100),
        ScriptStep::Until(DELAY + Ns::from_ms(1)),
        sync_write(200),
        ScriptStep::Wait,
    ];
    let run = disks(Bio, 4).run_changed("/dev/p0", steps, is_full(1));
    assert_eq!(sent(&run, "p0"), [0, 2, 12, 12]);
}

/// A command that is tried again after an error blocks nothing, unlike in 6.1.
#[test]
fn a_retry_after_an_error_is_sent_at_once() {
    let aborted = CmdResult::Sense {
        key: SenseKey::AbortedCommand,
        asc: 0x4b,
        ascq: 3,
    };
    let steps = vec![sync_write(0), ScriptStep::Wait];
    let run = disks(Bio, 4).run_changed("/dev/p0", steps, come_to(aborted, 1));
    assert_eq!(sent(&run, "p0"), [0, 10]);
    assert_eq!(errors(&run), [0]);
}

/// `scsi_track_queue_full`, as the drivers of the time call it: the eleventh time at
/// one depth takes one away; below eight there are no tags.
#[test]
fn the_depth_of_a_disk_that_is_full_again_and_again_goes_down() {
    let left = |times: u32| {
        let steps = vec![sync_write(0), ScriptStep::Wait];
        let run = disks(Bio, 9).run_changed("/dev/p0", steps, |m| {
            m.devices.scsi[0].depth.is_on = true;
            is_full(times)(m);
        });
        assert_eq!(errors(&run), [0]);
        run.machine.devices.scsi[0].queue_depth
    };
    assert_eq!([10, 11, 21, 22].map(left), [9, 8, 8, 3]);
}

/// `scsi_host_queue_ready`: the disks of an adapter share its `can_queue`; one that
/// has found no room goes first when a command of another ends.
#[test]
fn disks_share_what_their_adapter_takes_and_the_starved_go_first() {
    let script = |disk: &str, n: u64| Script {
        name: disk.into(),
        device: format!("/dev/{disk}"),
        cpu: None,
        steps: and_rest((0..n).map(|i| sync_write(2 * i))),
    };
    let mut rig = disks(Bio, 32);
    for d in &mut rig.config.devices {
        if let DeviceConfig::ScsiDebug(c) = &mut d.device {
            c.max_queue = 4;
        }
    }
    let scripts = vec![script("p0", 12), script("p1", 2)];
    let run = rig.run_scripts_changed(scripts, |m| {
        m.devices.scsi[1].host = 0; // both on the adapter of the first
        m.devices.hosts[0].disks = vec![0, 1];
    });
    assert_eq!(sent(&run, "p1"), [10, 10]);
    let of_first = sent(&run, "p0");
    assert_eq!(of_first, [0, 0, 0, 0, 10, 10, 20, 20, 20, 20, 30, 30]);
}

/// An adapter whose driver refuses a command passes at the seventh attempt: one is
/// made at once, the others whenever the plug opens.
#[test]
fn an_idle_adapter_that_refused_a_command_passes_at_the_seventh_attempt() {
    let steps = and_rest([sync_write(0), ScriptStep::Wait, sync_write(9)]);
    let run = disks(Bio, 4).run_changed("/dev/p0", steps, |m| {
        scsi_debug_write(m, OPT_HOST_BUSY, Some(2));
    });
    // Refused at 10 ms.
    let last = sent(&run, "p0").last().copied();
    assert_eq!(last, Some(10 + 6 * 3));
    assert_eq!(errors(&run), [0, 0]);
}

/// What the flag of patch 03 says of a disk: it is full, and requests stay above.
#[test]
fn a_full_disk_is_busy() {
    let most = |depth: u32| {
        let group = "round-robin 0 2 1 /dev/p0 1 /dev/p1 1";
        let run = disks(Rq, depth)
            .group(group)
            .run((0..64).map(sync_write).collect());
        let sizes = [run.sizes("p0"), run.sizes("p1")].concat();
        sizes.into_iter().max().unwrap()
    };
    assert_eq!(most(64), 8);
    assert!(most(1) > 8 * 50, "{}", most(1));
}

/// Disks whose ports are away are held (`SDEV_BLOCK`): they are tried whenever the
/// plug's timer opens it, and time passes meanwhile (`scsi_prep_return`).
#[test]
fn a_disk_whose_port_is_away_waits_for_the_plugs_timer() {
    let file = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/scenarios/failover/port-goes-dark.toml"
    );
    let sets = ["kernel=\"2.6.25\"".to_owned(), "host.hz=1000".to_owned()];
    let scenario = scenario::load(Path::new(file), &sets).unwrap();
    for mode in [scenario::Mode::Bio, scenario::Mode::Request] {
        let machine = scenario::build(&scenario, mode).unwrap();
        let outcome = run(&machine, &RunOptions::default()).unwrap();
        assert_eq!(outcome.jobs[0].error, 0, "{mode:?}");
        let queues = outcome.single_queues.unwrap().queues;
        let by_timer: Vec<u64> = queues.iter().map(|q| q.unplugged_by_timer).collect();
        assert!(by_timer.iter().any(|&n| n > 100), "{mode:?}: {by_timer:?}");
    }
}
