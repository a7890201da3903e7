//! What the SCSI mid-layer makes of commands that fail or are lost.

use mpathsim::models::block::Action;
use mpathsim::models::device::DeviceConfig;
use mpathsim::models::device::scripted::Scripted;
use mpathsim::models::device::scsi::error::{EhPolicy, Tmf};
use mpathsim::models::device::scsi::result::{Answer, CmdResult, HostByte, SenseKey};
use mpathsim::models::device::scsi::{self, SdevState, scsi_debug};
use mpathsim::models::fault::DeviceState;
use mpathsim::models::io::Op;
use mpathsim::models::machine::Machine;
use mpathsim::models::workload::script::ScriptStep;
use mpathsim::sim::Ns;

use crate::failure::{errors, paths};
use crate::rig::*;

const DELAY: Ns = Ns::from_ms(4);

/// Two SCSI disks.
fn disks(mode: Mode) -> Rig {
    Rig::new(mode, 2).scsi(0, 32, DELAY).scsi(1, 32, DELAY)
}

/// The next `times` commands of the first disk come to `result` when `moved`
/// sectors are moved.
fn fails(times: u32, result: CmdResult, moved: u32) -> impl FnOnce(&mut Machine<Recorder>) {
    move |m| {
        m.devices.scsi[0].faults.push(Scripted {
            first: 0,
            last: u64::MAX,
            times,
            answer: Answer { result, moved },
        });
    }
}

const ABORTED: CmdResult = CmdResult::Sense {
    key: SenseKey::AbortedCommand,
    asc: 0x4b,
    ascq: 3,
};

fn times(run: &Run, action: Action) -> Vec<Ns> {
    run.on("p0", action).iter().map(|e| e.at).collect()
}

#[test]
fn an_aborted_command_is_retried_on_its_path() {
    let run = disks(Rq).run_changed("/dev/mapper/mp", vec![read(0)], fails(2, ABORTED, 0));
    assert_eq!(run.issued("p0"), [(0, 8); 3]);
    assert_eq!(times(&run, Action::Requeue).len(), 2);
    assert_eq!(errors(&run), [0]);
    assert_eq!(paths(&run), "p0 A 0 p1 A 0");
    // The idle device is blocked for two attempts, one 3 ms after the other.
    let issued = times(&run, Action::Issue);
    let (first, second) = (issued[0], issued[1]);
    assert!(
        second - first > DELAY + Ns::from_ms(6),
        "{}",
        second - first
    );
    assert!(
        second - first < DELAY + Ns::from_ms(10),
        "{}",
        second - first
    );
}

#[test]
fn after_five_retries_the_path_fails() {
    let run = disks(Rq).run_changed("/dev/mapper/mp", vec![read(0)], fails(9, ABORTED, 0));
    assert_eq!(run.issued("p0").len(), 6);
    assert_eq!(run.issued("p1").len(), 1);
    assert_eq!(paths(&run), "p0 F 1 p1 A 0");
    assert_eq!(errors(&run), [0]);
}

#[test]
fn while_others_are_in_flight_a_retry_waits_for_one_of_them() {
    let steps = vec![read(0), ScriptStep::Sleep(Ns::from_ms(1)), read(9)];
    let run = disks(Rq).run_changed("/dev/p0", steps, fails(1, ABORTED, 0));
    let at = times(&run, Action::Issue);
    // The other command ends 1 ms after the error.
    assert_eq!(at, [Ns::ZERO, Ns::from_ms(1), Ns::from_ms(5)]);
    assert_eq!(errors(&run), [0, 0]);
}

#[test]
fn k39_sectors_that_were_moved_before_the_transport_failed_are_done_with() {
    let gone = CmdResult::Host(HostByte::TransportFailfast);
    let steps = plugged((0..32).map(read));
    let run = disks(Rq).run_changed("/dev/mapper/mp", steps, fails(1, gone, 32));
    assert_eq!(run.issued("p0"), [(0, 256)]);
    assert_eq!(run.issued("p1"), [(32, 224)]);
    let ended: Vec<Ns> = run.machine.probe.ended.iter().map(|e| e.0).collect();
    assert_eq!(ended[..4], [DELAY; 4]);
    assert_eq!(ended[4..], [DELAY * 2; 28]);
    assert_eq!(paths(&run), "p0 F 1 p1 A 0");
}

#[test]
fn k40_an_unreadable_medium_fails_no_path_after_its_good_sectors() {
    let unreadable = CmdResult::Sense {
        key: SenseKey::MediumError,
        asc: 0x11,
        ascq: 0,
    };
    for mode in [Bio, Rq] {
        let steps = vec![bio(Op::Read, 0, 256)];
        let run = disks(mode).run_changed("/dev/mapper/mp", steps, fails(1, unreadable, 8));
        assert_eq!(errors(&run), [61]);
        assert_eq!(paths(&run), "p0 A 0 p1 A 0");
        let done = run.on("p0", Action::Complete);
        let parts: Vec<_> = done.iter().map(|e| (e.sector, e.sectors)).collect();
        assert_eq!(parts[..2], [(0, 8), (8, 248)]);
    }
}

#[test]
fn a_full_task_set_is_tried_again_until_there_is_room() {
    let run = disks(Rq).run_changed("/dev/p0", vec![read(0)], |m| {
        m.devices.scsi[0].depth.is_on = true;
        fails(40, CmdResult::TaskSetFull, 0)(m);
    });
    assert_eq!(run.issued("p0").len(), 41);
    assert_eq!(errors(&run), [0]);
    assert!(run.machine.devices.scsi[0].queue_depth < 32);
}

/// The first disk drops what it is given, from command `nth` on.
fn drops(nth: i32) -> impl FnOnce(&mut Machine<Recorder>) {
    move |m| scsi::scsi_debug_write(m, scsi_debug::OPT_TIMEOUT, Some(nth))
}

/// One disk on a 250 Hz host whose commands may take 2 s.
fn impatient(delay: Ns) -> Rig {
    let mut rig = disks(Rq);
    rig.config.host.hz = 250;
    if let DeviceConfig::ScsiDebug(c) = &mut rig.config.devices[0].device {
        c.timeout = Ns::from_secs(2);
        c.ndelay = delay;
    }
    rig
}

#[test]
fn a_lost_command_is_aborted_when_the_queue_s_timer_comes_round() {
    // The second command is dropped; the retry is the third.
    let steps = vec![read(0), read(9)];
    let run = impatient(DELAY).run_changed("/dev/p0", steps, drops(2));
    let requeued = times(&run, Action::Requeue)[0];
    assert!(requeued > Ns::from_ms(3028 + 8), "{requeued}");
    assert!(requeued <= Ns::from_ms(3280 + 12 + 4), "{requeued}");
    assert_eq!(run.issued("p0"), [(0, 8), (72, 8), (72, 8)]);
    assert_eq!(errors(&run), [0, 0]);
}

#[test]
fn a_later_command_is_aborted_about_two_seconds_after_it_was_sent() {
    // A slow one keeps the timer going.
    let second = Ns::from_ms(2000);
    let steps = vec![
        read(0),
        ScriptStep::Until(second),
        read(9),
        ScriptStep::Until(Ns::from_ms(2900)),
        read(20),
    ];
    let run = impatient(DELAY).run_changed("/dev/p0", steps, drops(3));
    let sent = times(&run, Action::Issue)[2];
    let requeued = times(&run, Action::Requeue)[0];
    let late = requeued - sent;
    assert!(late > Ns::from_ms(2008), "{late}");
    assert!(late <= Ns::from_ms(2000 + 4 + 32 + 12), "{late}");
}

#[test]
fn an_answer_to_an_aborted_command_is_not_heeded() {
    // Every try takes longer than it may.
    let run = impatient(Ns::from_secs(7)).run_changed("/dev/p0", vec![read(0)], |_| ());
    assert_eq!(run.issued("p0").len(), 6);
    assert_eq!(errors(&run), [5]);
    assert_eq!(run.machine.devices.cancelled, []);
}

#[test]
fn retries_run_out_for_lost_commands_too() {
    let run = impatient(DELAY).run_changed("/dev/mapper/mp", vec![read(0)], |m| {
        m.devices.scsi[0].retries = 1;
        drops(1)(m);
        m.devices.scsi[1].retries = 0;
    });
    assert_eq!(run.issued("p0").len(), 2);
    assert_eq!(errors(&run), [5]);
    assert_eq!(paths(&run), "p0 F 1 p1 F 1");
}

fn tmf(succeeds: bool, secs: u64) -> Tmf {
    Tmf {
        succeeds,
        takes: Ns::from_secs(secs),
    }
}

#[test]
fn where_no_abort_helps_ever_larger_things_are_reset() {
    let steps = vec![read(0), read(9)];
    let run = impatient(DELAY).run_changed("/dev/p0", steps, |m| {
        m.devices.scsi[0].policy = EhPolicy {
            abort: tmf(false, 0),
            resets: [Some(tmf(false, 10)), None, None, Some(tmf(true, 20))],
        };
        drops(2)(m);
    });
    assert_eq!(errors(&run), [0, 0]);
    let at = times(&run, Action::Issue)[2];
    assert!(at > Ns::from_secs(33) && at < Ns::from_secs(34), "{at}");
    assert_eq!(run.machine.devices.scsi[0].state, SdevState::Running);
}

#[test]
fn where_nothing_helps_the_disk_goes_offline() {
    let steps = vec![read(0), read(9), ScriptStep::Wait, read(20)];
    let run = impatient(DELAY).run_changed("/dev/p0", steps, |m| {
        m.devices.scsi[0].policy = EhPolicy {
            abort: tmf(false, 0),
            resets: [Some(tmf(false, 1)); 4],
        };
        drops(2)(m);
    });
    assert_eq!(errors(&run), [0, 5, 5]);
    assert_eq!(run.issued("p0").len(), 2);
    assert_eq!(run.machine.devices.scsi[0].state, SdevState::Offline);
}

#[test]
fn an_offline_disk_fails_its_path_without_a_command() {
    for mode in [Bio, Rq] {
        let steps = vec![read(0)];
        let run = disks(mode).run_changed("/dev/mapper/mp", steps, |m| {
            scsi::set_state(m, 0, DeviceState::Offline);
        });
        assert_eq!(run.issued("p0"), []);
        assert_eq!(run.issued("p1"), [(0, 8)]);
        assert_eq!(paths(&run), "p0 F 1 p1 A 0");
        assert_eq!(errors(&run), [0]);
    }
}

#[test]
fn a_disk_that_runs_again_is_scanned_by_31_commands() {
    let steps = vec![ScriptStep::Sleep(Ns::from_ms(1)), read(0)];
    let mut took = Ns::ZERO;
    let run = disks(Rq).run_changed("/dev/p0", steps, |m| {
        scsi::set_state(m, 0, DeviceState::Offline);
        took = scsi::set_state(m, 0, DeviceState::Running);
    });
    let all = run.on("p0", Action::Issue);
    assert_eq!(all.iter().filter(|e| e.op == Op::DrvIn).count(), 31);
    let last = all.last().unwrap();
    assert!(
        last.at <= took && took < Ns::from_ms(33),
        "{} {took}",
        last.at
    );
    assert_eq!(errors(&run), [0]);
}

#[test]
fn a_deleted_disk_rejects_bios() {
    let run = disks(Bio).run_changed("/dev/mapper/mp", vec![read(0)], |m| {
        scsi::delete(m, 0);
    });
    assert_eq!(run.issued("p0"), [(0, 0)]); // SYNCHRONIZE CACHE
    assert_eq!(run.issued("p1"), [(0, 8)]);
    assert_eq!(paths(&run), "p0 F 1 p1 A 0");
    assert_eq!(errors(&run), [0]);
}

#[test]
fn a_busy_host_is_left_alone_until_a_command_ends() {
    let steps = vec![read(0), ScriptStep::Sleep(Ns::from_ms(1)), read(9)];
    let run = disks(Rq).run_changed("/dev/p0", steps, |m| {
        scsi::scsi_debug_write(m, scsi_debug::OPT_HOST_BUSY, Some(2));
    });
    // The second command is refused, waits for the first, and is the third.
    let at = times(&run, Action::Issue);
    assert_eq!(at, [Ns::ZERO, Ns::from_ms(1), DELAY]);
    assert_eq!(times(&run, Action::Requeue), [Ns::from_ms(1); 2]);
    assert_eq!(errors(&run), [0, 0]);
}

/// Reads with pauses, some merged, some not.
fn soak() -> Vec<ScriptStep> {
    let mut steps = Vec::new();
    for round in 0..12 {
        steps.extend(plugged(
            (0..8).map(|i| read(round * 40 + i * (1 + round % 3))),
        ));
        steps.extend((0..4).map(|i| write(1000 + round * 4 + i)));
        steps.push(ScriptStep::Sleep(Ns::from_us(700 * round)));
    }
    steps
}

#[test]
fn nothing_is_lost_whatever_is_injected() {
    let every_kind = [
        scsi_debug::OPT_HOST_BUSY,
        scsi_debug::OPT_TRANSPORT_ERR,
        scsi_debug::OPT_TIMEOUT,
        scsi_debug::OPT_TIMEOUT | scsi_debug::OPT_TRANSPORT_ERR,
    ];
    for mode in [Bio, Rq] {
        for scheduled in [true, false] {
            for (kind, nth) in every_kind.into_iter().flat_map(|k| [(k, 3), (k, 7)]) {
                let mut rig = disks(mode);
                if !scheduled {
                    rig = rig.unscheduled();
                }
                let steps = soak();
                let bios = steps.iter().filter(|s| matches!(s, ScriptStep::Bio(_)));
                let bios = bios.count();
                // The machine checks that it is drained.
                let run = rig.run_changed("/dev/mapper/mp", steps, |m| {
                    for disk in &mut m.devices.scsi {
                        disk.retries = 1000; // some have no luck
                    }
                    scsi::scsi_debug_write(m, kind, Some(nth));
                });
                assert_eq!(errors(&run), vec![0; bios], "{kind:#x} {nth}");
                assert!(times(&run, Action::Requeue).len() > 3);
            }
        }
    }
}
