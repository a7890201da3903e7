//! deadline, cfq, and barriers, which go past both.

use mpathsim::models::block::Action;
use mpathsim::models::config::SchedulerName;
use mpathsim::models::io::{Flags, Op};
use mpathsim::models::workload::script::{Script, ScriptBio, ScriptStep};
use mpathsim::sim::Ns;

use super::{L25, and_rest, sync_write};
use crate::rig::*;

#[test]
fn k68_deadline_of_2_6_25_ends_a_batch_at_what_is_not_contiguous() {
    let mut steps = vec![sync_write(5000)];
    steps.extend((0..8).map(|i| read(10 + 7 * i)));
    steps.extend((0..8).map(|i| write(1000 + 7 * i)));
    steps.push(ScriptStep::Wait);
    let run = Rig::old(L25, Bio, 1)
        .null_blks(|c| {
            c.hw_queue_depth = 1;
            c.completion_nsec = Ns::from_ms(1);
        })
        .run_on("/dev/p0", steps);
    let ops: Vec<Op> = run.on("p0", Action::Issue).iter().map(|e| e.op).collect();
    let (r, w) = (Op::Read, Op::Write);
    // One read was at the head before there were writes.
    assert_eq!(ops[1..11], [r, r, r, w, r, r, w, r, r, w]);
}

/// Two processes read streams that are far apart, each waiting for its reads.
#[test]
fn cfq_serves_one_process_at_a_time_and_keeps_the_device_idle_for_it() {
    let reader = |name: &str, from: u64| Script {
        name: name.into(),
        device: "/dev/p0".into(),
        cpu: None,
        steps: (0..6)
            .flat_map(|i| [read(from + i), ScriptStep::Wait])
            .collect(),
    };
    let order = |scheduler: SchedulerName| {
        let run = Rig::old(L25, Bio, 1)
            .null_blks(|c| {
                c.hw_queue_depth = 1;
                c.completion_nsec = Ns::from_ms(1);
            })
            .paths(move |q| q.scheduler = Some(scheduler))
            .run_scripts(vec![reader("one", 0), reader("two", 10_000)]);
        let issued = run.issued("p0");
        let switches = issued
            .windows(2)
            .filter(|w| (w[0].0 < 80_000) != (w[1].0 < 80_000));
        switches.count()
    };
    assert_eq!(order(SchedulerName::Cfq), 1);
    assert!(order(SchedulerName::Deadline) > 4);
}

/// Two processes read every second page each, while the device is busy: a queue for
/// both merges them, cfq has one for each (`cfq_allow_merge`).
#[test]
fn cfq_never_merges_neighbours_of_two_processes() {
    let merged = |scheduler: SchedulerName, apart: u64| {
        let reader = |first: u64| Script {
            name: format!("reader{first}"),
            device: "/dev/p0".into(),
            cpu: None,
            steps: and_rest((0..8).map(|i| read(apart * i + first))),
        };
        let run = Rig::old(L25, Bio, 1)
            .null_blks(|c| {
                c.hw_queue_depth = 1;
                c.completion_nsec = Ns::from_ms(5);
            })
            .paths(|q| q.scheduler = Some(scheduler))
            .run_scripts(vec![reader(0), reader(if apart == 1 { 100 } else { 1 })]);
        let backs = run.on("p0", Action::BackMerge).len();
        backs + run.on("p0", Action::FrontMerge).len()
    };
    assert!(merged(SchedulerName::Deadline, 2) > 4);
    assert_eq!(merged(SchedulerName::Cfq, 2), 0);
    // A process's own neighbours do.
    assert!(merged(SchedulerName::Cfq, 1) > 4);
}

#[test]
fn a_barrier_drains_what_came_before_and_holds_what_comes_behind() {
    let barrier = ScriptStep::Bio(ScriptBio {
        flags: Flags::FUA,
        ..ScriptBio::new(Op::Write, 800, 8)
    });
    let mut steps: Vec<ScriptStep> = scattered(4).collect();
    steps.extend([barrier, sync_write(200), ScriptStep::Wait]);
    let run = Rig::old(L25, Bio, 1)
        .null_blks(|c| c.completion_nsec = Ns::from_ms(10))
        .run_on("/dev/p0", steps);
    let at: Vec<(u64, u64)> = run
        .on("p0", Action::Issue)
        .iter()
        .map(|e| (e.sector, e.at.0 / 1_000_000))
        .collect();
    assert_eq!(at[..4], [(0, 0), (16, 0), (32, 0), (48, 0)]);
    assert_eq!(at[4..], [(800, 10), (1600, 20)]);
}

#[test]
fn a_barrier_through_dm_is_refused() {
    let barrier = ScriptStep::Bio(ScriptBio {
        flags: Flags::FUA,
        ..ScriptBio::new(Op::Write, 800, 8)
    });
    let run = Rig::old(L25, Bio, 2).run(vec![barrier, ScriptStep::Wait]);
    assert_eq!(run.machine.probe.ended[0].1, 95);
}
