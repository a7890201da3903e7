//! K-36 to K-41 and K-47: paths that fail.

use mpathsim::models::block::Action;
use mpathsim::models::mpath::selector::StatusType;
use mpathsim::sim::Ns;

use crate::rig::*;

/// The words that `dmsetup status` ends with: the map's paths.
fn paths(run: &Run) -> String {
    let dm = run.machine.dm.devs.last().unwrap();
    let mut device = |dev, out: &mut String| out.push_str(run.name(dev));
    let status = dm.table.print(StatusType::Info, &mut device);
    let words: Vec<&str> = status.split_whitespace().collect();
    words[words.len() - 6..].join(" ")
}

fn errors(run: &Run) -> Vec<i32> {
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
