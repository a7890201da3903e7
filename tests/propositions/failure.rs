//! K-36 to K-41, K-46 and K-47: paths that fail.

use mpathsim::models::block::Action;
use mpathsim::models::device::null_blk::Fault;
use mpathsim::models::device::scripted::Scripted;
use mpathsim::models::io::BlkStatus;
use mpathsim::models::mpath::selector::StatusType;
use mpathsim::models::workload::script::ScriptStep;
use mpathsim::sim::Ns;

use crate::rig::*;

/// The words that `dmsetup status` ends with: the map's paths.
pub fn paths(run: &Run) -> String {
    let dm = run.machine.dm.devs.last().unwrap();
    let mut device = |dev, out: &mut String| out.push_str(run.name(dev));
    let status = dm.table.print(StatusType::Info, &mut device);
    let words: Vec<&str> = status.split_whitespace().collect();
    words[words.len() - 6..].join(" ")
}

pub fn errors(run: &Run) -> Vec<i32> {
    run.machine.probe.ended.iter().map(|&(_, e)| e).collect()
}

/// A plug of 128 KiB when the limits of some paths have shrunk to 64 KiB
/// behind the map's back.
fn shrunk(paths: &[usize]) -> Run {
    let mut rig = Rig::new(Rq, 2);
    for &path in paths {
        rig.config.devices[path].queue.max_sectors_kb = Some(64);
    }
    rig.run(plugged(contiguous(32)))
}

#[test]
fn k36_k47_a_request_too_large_for_its_path_moves_on_whole_and_at_once() {
    let run = shrunk(&[0]);
    assert_eq!(run.on("dm-0", Action::Requeue).len(), 1);
    assert_eq!(run.issued("p0"), []);
    assert_eq!(run.issued("p1"), [(0, 256)]);
    assert_eq!(run.on("p1", Action::Issue)[0].at, Ns::ZERO);
    assert_eq!(paths(&run), "p0 F 1 p1 A 0");
    assert_eq!(errors(&run), [0; 32]);
}

#[test]
fn k41_k47_without_a_path_left_it_fails() {
    let run = shrunk(&[0, 1]);
    assert_eq!(paths(&run), "p0 F 1 p1 F 1");
    assert_eq!(errors(&run), [5; 32]);
}

/// A path on which every I/O fails after 10 ms, then one that works.
fn dying() -> Rig {
    Rig::new(Bio, 1)
        .below("bad", "error")
        .below("late", "delay /dev/mapper/bad 0 10")
}

#[test]
fn k37_k38_bios_of_a_dead_path_are_mapped_again_in_one_plug() {
    let mut rig = dying();
    // On a CPU that takes its time all fail before the worker runs.
    rig.config.host.profile = "lab".into();
    let run = rig
        .group("round-robin 0 1 0 /dev/mapper/late round-robin 0 1 0 /dev/p0")
        .run(plugged(contiguous(32)));
    let mut mapped = vec!["dm-1"; 32];
    mapped.extend(["p0"; 32]);
    assert_eq!(run.mapped(), mapped);
    assert_eq!(run.issued("p0"), [(0, 256)]);
    assert!(paths(&run).ends_with("p0 A 0"));
    assert!(run.machine.dm.devs.last().unwrap().log.len() == 1);
    assert_eq!(errors(&run), [0; 32]);
}

#[test]
fn k41_bios_of_the_last_path_fail() {
    let run = dying()
        .group("round-robin 0 1 0 /dev/mapper/late")
        .run(contiguous(3).collect());
    assert_eq!(errors(&run), [5; 3]);
    assert_eq!(run.mapped(), ["dm-1"; 3]);
}

/// Runs `steps` on the map; the next `times` commands to `sectors` of `p0` move
/// `moved` sectors and end with `status`.
fn run_failing(rig: Rig, steps: Vec<ScriptStep>, times: u32, moved: u32, status: BlkStatus) -> Run {
    rig.run_changed("/dev/mapper/mp", steps, |m| {
        m.devices.null_blks[0].faults.push(Scripted {
            first: 0,
            last: 255,
            times,
            answer: Fault { moved, status },
        });
    })
}

/// `p0` and, when it has failed, `p1`.
fn standby(mode: Mode) -> Rig {
    Rig::new(mode, 2).group("round-robin 0 1 0 /dev/p0 round-robin 0 1 0 /dev/p1")
}

const SECOND: Ns = Ns::from_secs(1);

#[test]
fn k36_a_request_that_fails_moves_on_whole_and_at_once() {
    let mut steps = plugged(contiguous(32));
    steps.extend([write(100), write(200)]); // on p1 and p0
    let run = run_failing(Rig::new(Rq, 2), steps, 1, 0, BlkStatus::Transport);
    assert_eq!(run.on("dm-0", Action::Requeue).len(), 1);
    assert_eq!(run.issued("p0"), [(0, 256), (1600, 8)]);
    assert_eq!(run.issued("p1"), [(800, 8), (0, 256)]);
    assert_eq!(run.on("p1", Action::Issue)[1].at, SECOND);
    assert_eq!(paths(&run), "p0 F 1 p1 A 0");
    assert_eq!(errors(&run), [0; 34]);
}

#[test]
fn k50_what_else_is_in_flight_on_a_path_that_fails_runs_on() {
    for mode in [Rq, Bio] {
        let steps = scattered(4).collect();
        let run = run_failing(standby(mode), steps, 1, 0, BlkStatus::Transport);
        assert_eq!(run.issued("p0").len(), 4, "{mode:?}");
        assert_eq!(run.issued("p1").len(), 1);
        let ended: Vec<Ns> = run.machine.probe.ended.iter().map(|e| e.0).collect();
        assert_eq!(ended, [SECOND, SECOND, SECOND, SECOND * 2]);
        assert_eq!(errors(&run), [0; 4]);
    }
}

#[test]
fn k37_bios_of_a_failed_request_form_one_request_again() {
    let run = run_failing(
        standby(Bio),
        plugged(contiguous(32)),
        1,
        0,
        BlkStatus::Transport,
    );
    assert_eq!(run.issued("p0"), [(0, 256)]);
    assert_eq!(run.issued("p1"), [(0, 256)]);
    assert_eq!(run.on("p1", Action::Issue)[0].at, SECOND);
    let mut mapped = vec!["p0"; 32];
    mapped.extend(["p1"; 32]);
    assert_eq!(run.mapped(), mapped);
    assert_eq!(errors(&run), [0; 32]);
}

#[test]
fn k38_a_path_on_which_all_requests_fail_fails_once() {
    let run = run_failing(
        standby(Rq),
        scattered(4).collect(),
        4,
        0,
        BlkStatus::Transport,
    );
    assert_eq!(run.on("dm-0", Action::Requeue).len(), 4);
    assert!(paths(&run).ends_with("p1 A 0"));
    let map = run.machine.dm.devs[0].multipath().unwrap();
    assert_eq!((map.paths()[0].fail_count, map.nr_valid_paths()), (1, 1));
    assert_eq!(errors(&run), [0; 4]);
}

#[test]
fn k39_what_was_moved_before_the_error_is_done_with() {
    let run = run_failing(
        Rig::new(Rq, 2),
        plugged(contiguous(32)),
        1,
        32,
        BlkStatus::Transport,
    );
    assert_eq!(run.issued("p1"), [(32, 224)]);
    let ended: Vec<Ns> = run.machine.probe.ended.iter().map(|e| e.0).collect();
    assert_eq!(ended[..4], [SECOND; 4]);
    assert_eq!(ended[4..], [SECOND * 2; 28]);
    assert_eq!(errors(&run), [0; 32]);
}

#[test]
fn k40_an_unreadable_medium_is_no_path_s_fault() {
    for mode in [Bio, Rq] {
        let rig = Rig::new(mode, 2);
        let run = run_failing(rig, vec![read(0)], 1, 0, BlkStatus::Medium);
        assert_eq!(errors(&run), [61]);
        assert_eq!(paths(&run), "p0 A 0 p1 A 0");
        assert_eq!(run.issued("p1"), []);
    }
}

#[test]
fn k41_the_error_of_the_last_path_shows_in_request_mode() {
    for (mode, errno) in [(Rq, 67), (Bio, 5)] {
        let rig = Rig::new(mode, 1);
        let steps = vec![write(0), ScriptStep::Wait, write(1)];
        let run = run_failing(rig, steps, 1, 0, BlkStatus::Transport);
        assert_eq!(errors(&run), [errno, 5]);
        assert_eq!(run.issued("p0"), [(0, 8)]);
    }
}

#[test]
fn k46_out_of_resources_fails_the_path_and_waits() {
    let run = run_failing(Rig::new(Rq, 2), vec![write(0)], 1, 0, BlkStatus::Resource);
    assert_eq!(paths(&run), "p0 F 1 p1 A 0");
    let at = run.on("p1", Action::Issue)[0].at;
    // Jiffies of 1 ms.
    assert_eq!(at, SECOND + Ns::from_ms(101));
    assert_eq!(errors(&run), [0]);
}

#[test]
fn bad_blocks_fail_what_touches_them_after_its_time() {
    let steps = vec![write(0), write(1), write(2)];
    let run = Rig::new(Bio, 1).run_changed("/dev/p0", steps, |m| {
        m.devices.null_blks[0].set_bad_blocks(true, 15, 15);
    });
    assert_eq!(
        run.machine.probe.ended,
        [(SECOND, 0), (SECOND, 5), (SECOND, 0)]
    );
}
