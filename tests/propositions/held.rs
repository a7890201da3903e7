//! K-41 to K-45, K-48, K-49: I/O whose path is lost, without another one.

use mpathsim::models::block::Action;
use mpathsim::models::device::DeviceConfig;
use mpathsim::models::io::{BlkStatus, Op};
use mpathsim::models::workload::script::{Script, ScriptStep};
use mpathsim::sim::Ns;

use crate::acts::*;
use crate::rig::*;

const EIO: i32 = 5;
const ENOLINK: i32 = 67;
const EOPNOTSUPP: i32 = 95;

#[test]
fn k41_the_last_path_fails_without_queueing() {
    for (mode, first) in [(Rq, ENOLINK), (Bio, EIO)] {
        let run = Acted::new(mode, 1)
            .fails(0, 1, BlkStatus::Transport)
            .run(writes_at([0, 50]));
        assert_eq!(ends(&run), [(10, first), (50, EIO)], "{mode:?}");
        assert_eq!(run.issued("p0"), [(0, 8)]);
        assert_eq!(status(&run), "1 1 E 0 1 0 p0 F 1");
    }
}

/// Without paths from the start; p0 is back at `ms`.
fn down_until(mode: Mode, ms: u64) -> Acted {
    Acted::new(mode, 2)
        .queueing()
        .before("fail_path p0")
        .before("fail_path p1")
        .at(ms, "reinstate_path p0")
}

/// The tick of the timer wheel in which what is due `ms` after 0 ms expires.
fn tick(hz: u32, ms: u64) -> u64 {
    let jiffy = 1000 / u64::from(hz);
    ms.div_ceil(jiffy) * jiffy + jiffy
}

#[test]
fn k42_without_paths_a_request_is_tried_every_100_ms_and_at_once_when_one_is_back() {
    let run = down_until(Rq, 350).run(vec![write(0)]);
    // Each time the timer is set anew, and a tick late: at 1000 Hz 101 ms.
    let every = tick(1000, 100);
    let tries = times(&run, "dm-0", Action::Requeue);
    assert_eq!(tries, [0, every, 2 * every, 3 * every]);
    assert_eq!(times(&run, "p0", Action::Issue), [350]);
    assert_eq!(ends(&run), [(360, 0)]);
}

#[test]
fn k43_every_request_that_arrives_puts_the_retry_off() {
    let arrivals = || (0..10).map(|i| 50 * i);
    let run = down_until(Rq, 700).run(writes_at(arrivals()));
    let mut tries: Vec<u64> = arrivals().collect();
    tries.extend([450 + tick(1000, 100); 10]);
    let seen = times(&run, "dm-0", Action::Requeue);
    assert_eq!(seen[..20], tries);
    assert_eq!(times(&run, "p0", Action::Issue), [700; 10]);
}

#[test]
fn k44_bios_go_on_with_the_pass_of_the_worker_that_follows_the_reinstate() {
    let run = down_until(Bio, 350).run(writes_at([0, 100, 340]));
    assert_eq!(times(&run, "p0", Action::Issue), [350; 3]);
    assert_eq!(run.on("p1", Action::Issue).len(), 0);
    assert_eq!(run.on("dm-0", Action::Requeue).len(), 0);
}

#[test]
fn k44_meanwhile_the_worker_takes_all_the_time_there_is() {
    let mut acted = down_until(Bio, 350);
    acted.rig.config.host.profile = "lab".into();
    let run = acted.run(writes_at([0, 100, 340]));
    let worker = run.machine.host.cpus[0].used.worker;
    assert!(worker > Ns::from_ms(300), "the worker took {worker}");
    let back = run.machine.admin.done[0].ended;
    let issued = run.on("p0", Action::Issue);
    assert_eq!(issued.len(), 3);
    let waited = issued[0].at.saturating_sub(back);
    assert!(waited < Ns::from_us(100), "it took another {waited}");
}

#[test]
fn k45_queueing_without_paths_ends_after_its_time_for_good() {
    for mode in [Rq, Bio] {
        let mut acted = Acted::new(mode, 1)
            .queueing()
            .at(1000, "fail_path p0")
            .at(40_000, "reinstate_path p0")
            .at(41_000, "fail_path p0");
        acted.rig.config.dm_multipath.queue_if_no_path_timeout_secs = 30;
        let run = acted.run(writes_at([2000, 35_000, 40_500, 42_000]));
        let off = 1000 + tick(1000, 30_000);
        let want = [(off, EIO), (35_000, EIO), (40_510, 0), (42_000, EIO)];
        assert_eq!(ends(&run), want, "{mode:?}");
        assert!(!table(&run).contains("queue_if_no_path"));
    }
}

#[test]
fn k48_what_a_path_cannot_do_at_all_is_no_fault_of_it() {
    let mut rig = Rig::new(Rq, 2);
    for device in &mut rig.config.devices {
        if let DeviceConfig::NullBlk(c) = &mut device.device {
            (c.memory_backed, c.discard) = (1, 1);
        }
    }
    let mut config = rig.finished();
    config.workload.scripts = vec![Script {
        name: "script".into(),
        device: "/dev/mapper/mp".into(),
        cpu: None,
        steps: vec![bio(Op::Discard, 0, 8), ScriptStep::Wait, write(0)],
    }];
    let mut machine = build(&config).unwrap();
    // Behind the map's back, which has been told that discards are possible.
    for path in 0..2 {
        machine.block.devs[path].limits.max_discard_sectors = 0;
    }
    machine.run(|_| ()).unwrap();
    let run = Run { machine };
    let errors: Vec<i32> = ends(&run).iter().map(|&(_, e)| e).collect();
    assert_eq!(errors, [EOPNOTSUPP, 0]);
    assert_eq!(status(&run), "1 1 A 0 2 0 p0 A 0 p1 A 0");
    assert_eq!(run.on("dm-0", Action::Requeue).len(), 0);
}

#[test]
fn k49_requests_that_are_sent_again_never_merge_but_bios_do() {
    let retried = |mode| {
        let run = Acted::new(mode, 1)
            .queueing()
            .fails(0, 2, BlkStatus::Transport)
            .at(500, "reinstate_path p0")
            .run(vec![write(0), until(1), write(1)]);
        assert_eq!(ends(&run), [(510, 0); 2], "{mode:?}");
        run.issued("p0")
    };
    assert_eq!(retried(Rq), [(0, 8), (8, 8), (0, 8), (8, 8)]);
    assert_eq!(retried(Bio), [(0, 8), (8, 8), (0, 16)]);
}
