//! The legacy propositions: single queues of 2.6.25 and 2.6.31, HZ = 1000
//! unless said otherwise.

use mpathsim::models::block::Action;
use mpathsim::models::block::single_queue::RequestList;
use mpathsim::models::config::SchedulerName;
use mpathsim::models::io::{Flags, Op};
use mpathsim::models::kernel::{Kernel, Way};
use mpathsim::models::workload::script::{Script, ScriptBio, ScriptStep};
use mpathsim::sim::Ns;

use crate::rig::*;

const L25: Kernel = Kernel::V2_6_25;
const L31: Kernel = Kernel::V2_6_31;

fn alternating(first: usize, n: usize) -> Vec<&'static str> {
    (0..n).map(|i| ["p0", "p1"][(i + first) % 2]).collect()
}

/// Each write waits for the one before.
fn one_by_one(n: u64) -> Vec<ScriptStep> {
    let steps = (0..n).flat_map(|i| [write(2 * i), ScriptStep::Wait]);
    steps.collect()
}

/// Submits `steps`, then lets the timers run.
fn and_rest(steps: impl IntoIterator<Item = ScriptStep>) -> Vec<ScriptStep> {
    let mut all: Vec<ScriptStep> = steps.into_iter().collect();
    all.push(ScriptStep::Sleep(Ns::from_ms(50)));
    all
}

fn sync_write(page: u64) -> ScriptStep {
    ScriptStep::Bio(ScriptBio {
        flags: Flags::SYNC,
        ..ScriptBio::new(Op::Write, page * 8, 8)
    })
}

#[test]
fn k22_old_selectors_rotate_the_head_first() {
    for selector in ["queue-length", "service-time"] {
        let run = Rig::old(L31, Rq, 2)
            .group(&format!("{selector} 0 2 1 /dev/p0 1 /dev/p1 1"))
            .run(one_by_one(6));
        assert_eq!(run.mapped(), alternating(1, 6), "{selector}");
    }
}

#[test]
fn k23_a_path_is_kept_for_repeat_count_ios() {
    let mapped = |kernel, mode, args: &str, n: u64| {
        let group = format!("round-robin 0 2 1 /dev/p0 {args} /dev/p1 {args}");
        let run = Rig::old(kernel, mode, 2).group(&group).run(one_by_one(n));
        run.mapped()
            .iter()
            .map(|p| p.to_string())
            .collect::<Vec<_>>()
    };
    for (kernel, mode) in [(L25, Bio), (L31, Rq)] {
        let thousand = mapped(kernel, mode, "1000", 2000);
        assert!(thousand[..1000].iter().all(|p| p == "p0"));
        assert!(thousand[1000..].iter().all(|p| p == "p1"));
        assert_eq!(mapped(kernel, mode, "1", 6), alternating(0, 6));
        assert!(mapped(kernel, mode, "0", 50).iter().all(|p| p == "p0"));
    }
}

#[test]
fn k23_the_default_of_round_robin_is_a_thousand() {
    let run = Rig::old(L25, Bio, 2).run(one_by_one(1001));
    let mapped = run.mapped();
    assert!(mapped[..1000].iter().all(|&p| p == "p0"));
    assert_eq!(mapped[1000], "p1");
}

/// Contiguous writes without anybody waiting, over slow paths that take one
/// command at a time.
fn backlog(kernel: Kernel, mode: Mode, repeat: u32, pages: u64) -> Run {
    Rig::old(kernel, mode, 2)
        .null_blks(|c| {
            c.hw_queue_depth = 1;
            c.completion_nsec = Ns::from_ms(20);
        })
        .group(&format!(
            "round-robin 0 2 1 /dev/p0 {repeat} /dev/p1 {repeat}"
        ))
        .run(contiguous(pages).collect())
}

#[test]
fn k24_bio_mode_merges_no_more_than_repeat_count_bios() {
    for (repeat, most) in [(1, 8), (4, 32), (16, 128), (1000, 1024)] {
        let run = backlog(L25, Bio, repeat, 1024);
        let sizes = [run.sizes("p0"), run.sizes("p1")].concat();
        assert_eq!(sizes.iter().max(), Some(&most), "repeat {repeat}");
    }
}

#[test]
fn k25_request_mode_merges_whatever_repeat_count_says() {
    let run = backlog(L31, Rq, 1, 1024);
    let mapped = run.mapped();
    assert_eq!(mapped, alternating(0, mapped.len()));
    let sizes = [run.sizes("p0"), run.sizes("p1")].concat();
    assert_eq!(sizes.iter().max(), Some(&1024));
    assert!(sizes.len() <= 16, "{sizes:?}");
}

#[test]
fn k40_an_unreadable_sector_fails_path_after_path() {
    for (kernel, mode) in [(L25, Bio), (L25, Rq), (L31, Rq)] {
        let steps = vec![read(0), ScriptStep::Wait];
        let run = Rig::old(kernel, mode, 2).run_changed("/dev/mapper/mp", steps.clone(), |m| {
            m.devices.null_blks[0].set_bad_blocks(true, 0, 7);
        });
        assert_eq!(run.machine.probe.ended[0].1, 0, "{kernel:?} {mode:?}");
        let paths = run.machine.dm.devs[0].multipath().unwrap().paths();
        let active: Vec<bool> = paths.iter().map(|p| p.active).collect();
        assert_eq!(active, [false, true]);
        let run = Rig::old(kernel, mode, 2).run_changed("/dev/mapper/mp", steps, |m| {
            m.devices.null_blks[0].set_bad_blocks(true, 0, 7);
            m.devices.null_blks[1].set_bad_blocks(true, 0, 7);
        });
        assert_eq!(run.machine.probe.ended[0].1, 5, "{kernel:?} {mode:?}");
        assert_eq!(
            run.machine.dm.devs[0].multipath().unwrap().nr_valid_paths(),
            0
        );
    }
}

/// Four requests are on p0 when the first of them fails.
fn one_of_four_fails(kernel: Kernel) -> Run {
    let steps = (0..4).map(|i| read(2 * i)).chain([ScriptStep::Wait]);
    Rig::old(kernel, Rq, 2)
        .null_blk(0, |c| {
            c.hw_queue_depth = 2;
            c.completion_nsec = Ns::from_ms(10);
        })
        .group("round-robin 0 2 1 /dev/p0 1000 /dev/p1 1000")
        .run_changed("/dev/mapper/mp", steps.collect(), |m| {
            m.devices.null_blks[0].set_bad_blocks(true, 0, 7);
        })
}

#[test]
fn k50_2_6_31_aborts_what_is_on_a_path_that_fails_2_6_25_does_not() {
    let old = one_of_four_fails(L25);
    assert_eq!(old.issued("p1"), [(0, 8)]);
    let new = one_of_four_fails(L31);
    let mut again = new.issued("p1");
    again.sort_unstable();
    assert_eq!(again, [(0, 8), (16, 8), (32, 8), (48, 8)]);
    for run in [old, new] {
        assert!(run.machine.probe.ended.iter().all(|&(_, errno)| errno == 0));
    }
}

/// The way decides, not only the release: the March patch set does not abort.
#[test]
fn k50_the_way_of_2_6_31_aborts_in_2_6_25_too() {
    let steps: Vec<ScriptStep> = (0..4)
        .map(|i| read(2 * i))
        .chain([ScriptStep::Wait])
        .collect();
    for (way, again) in [(Way::Rq2008, 1), (Way::BlockLayer, 1), (Way::Rq2631, 4)] {
        let mut rig = Rig::old(L25, Rq, 2)
            .null_blk(0, |c| {
                c.hw_queue_depth = 2;
                c.completion_nsec = Ns::from_ms(10);
            })
            .group("round-robin 0 2 1 /dev/p0 1000 /dev/p1 1000");
        rig.config.way = way;
        let run = rig.run_changed("/dev/mapper/mp", steps.clone(), |m| {
            m.devices.null_blks[0].set_bad_blocks(true, 0, 7);
        });
        assert_eq!(run.issued("p1").len(), again, "{way:?}");
    }
}

#[test]
fn k51_a_retry_of_an_idle_queue_waits_for_the_unplug_timer() {
    let steps = vec![read(0), ScriptStep::Wait];
    let run = Rig::old(L31, Rq, 2)
        .null_blks(|c| c.completion_nsec = Ns::from_ms(10))
        .run_changed("/dev/mapper/mp", steps, |m| {
            m.devices.null_blks[0].set_bad_blocks(true, 0, 7);
        });
    assert_eq!(run.on("p0", Action::Issue)[0].at, Ns::ZERO);
    assert_eq!(run.on("p1", Action::Issue)[0].at, Ns::from_ms(13));
}

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

fn dispatched(hz: u32, steps: Vec<ScriptStep>) -> Vec<Ns> {
    let mut rig = Rig::old(L25, Bio, 1);
    rig.config.host.hz = hz;
    let run = rig.run_on("/dev/p0", and_rest(steps));
    run.on("p0", Action::Issue).iter().map(|e| e.at).collect()
}

#[test]
fn k70_a_lone_write_waits_for_the_plug() {
    for (hz, ms) in [(1000, 3), (250, 4), (100, 10)] {
        assert_eq!(dispatched(hz, vec![write(0)]), [Ns::from_ms(ms)], "HZ {hz}");
    }
    let three = dispatched(1000, scattered(3).collect());
    assert_eq!(three, [Ns::from_ms(3); 3]);
    let four = dispatched(1000, scattered(4).collect());
    assert_eq!(four, [Ns::ZERO; 4]);
    assert_eq!(dispatched(1000, vec![sync_write(0)]), [Ns::ZERO]);
}

#[test]
fn k71_every_path_has_its_own_threshold() {
    let run = Rig::old(L25, Bio, 2)
        .group("round-robin 0 2 1 /dev/p0 1 /dev/p1 1")
        .run(and_rest(scattered(8)));
    assert_eq!(run.mapped(), alternating(0, 8));
    assert_eq!(run.issued_after("p0"), [7; 4]);
    assert_eq!(run.issued_after("p1"), [8; 4]);
}

#[test]
fn k72_who_fills_a_class_is_a_batcher_and_others_sleep() {
    let script = |name: &str, n: u64, from: u64| Script {
        name: name.into(),
        device: "/dev/p0".into(),
        cpu: None,
        steps: (0..n).map(|i| write(from + 2 * i)).collect(),
    };
    let run = Rig::old(L25, Bio, 1)
        .null_blks(|c| {
            c.hw_queue_depth = 1;
            c.completion_nsec = Ns::from_ms(100);
        })
        .run_scripts(vec![script("one", 200, 0), script("two", 8, 10_000)]);
    let got = run.on("p0", Action::GetRq);
    let at_once: Vec<u64> = got
        .iter()
        .filter(|e| e.at == Ns::ZERO)
        .map(|e| e.sector)
        .collect();
    // 127 as anybody, 32 as a batcher; the other task gets none.
    assert_eq!(at_once.len(), 127 + 32);
    assert!(at_once.iter().all(|&sector| sector < 80_000));
    assert_eq!(got.len(), 208);
}

/// A hundred and ninety-two, whoever asks: four tasks are batchers at a time.
#[test]
fn k72_no_batcher_gets_more_than_half_as_many_again() {
    let script = |n: u64| {
        let at = |tenths: u64| ScriptStep::Until(Ns(tenths * 100_000));
        let fills = if n == 0 { 128 } else { 1 };
        let page = |i: u64| 10_000 * n + 2 * i;
        let mut steps = vec![at(10 * n + 5 * u64::from(n > 0))];
        steps.extend((0..fills).map(|i| write(page(i))));
        steps.push(at(36));
        steps.extend((fills..fills + 40).map(|i| write(page(i))));
        Script {
            name: format!("{n}"),
            device: "/dev/p0".into(),
            cpu: None,
            steps,
        }
    };
    let run = Rig::old(L25, Bio, 1)
        .null_blks(|c| {
            c.hw_queue_depth = 1;
            c.completion_nsec = Ns::from_ms(1);
        })
        .run_scripts((0..4).map(script).collect());
    let before = |action: Action| {
        let all = run.on("p0", action);
        all.iter().filter(|e| e.at < Ns::from_ms(4)).count()
    };
    assert_eq!(before(Action::GetRq) - before(Action::Complete), 192);
    assert_eq!(run.on("p0", Action::GetRq).len(), 128 + 3 + 160);
}

#[test]
fn a_class_is_congested_from_113_on() {
    let congested = |n: u64| {
        let run = Rig::old(L25, Bio, 1).run_on("/dev/p0", and_rest(scattered(n)));
        run.machine.block.sqs[0].seen.congested
    };
    assert_eq!((congested(112), congested(113)), (0, 1));
    let list = RequestList::new(128);
    assert_eq!((list.congestion_on(), list.congestion_off()), (113, 103));
}

#[test]
fn a_waiter_opens_the_plug_of_every_path_through_dm() {
    for mode in [Bio, Rq] {
        let at = |waits: bool| {
            let mut steps = vec![write(0), write(100)];
            steps.push(match waits {
                true => ScriptStep::Wait,
                false => ScriptStep::Sleep(Ns::from_ms(50)),
            });
            let run = Rig::old(L25, mode, 2)
                .group("round-robin 0 2 1 /dev/p0 1 /dev/p1 1")
                .run(steps);
            ["p0", "p1"].map(|path| run.on(path, Action::Issue)[0].at)
        };
        assert_eq!(at(true), [Ns::ZERO; 2], "{mode:?}");
        assert_eq!(at(false), [Ns::from_ms(3); 2], "{mode:?}");
    }
}

#[test]
fn k64_a_request_stays_while_every_path_is_busy_and_others_join_behind_it() {
    let grows = |busy_flag: bool| {
        let mut rig = Rig::old(L25, Rq, 2)
            .null_blks(|c| {
                c.hw_queue_depth = 1;
                c.completion_nsec = Ns::from_ms(20);
            })
            .group("round-robin 0 2 1 /dev/p0 1 /dev/p1 1");
        rig.config.patches.busy_flag = busy_flag;
        // Somebody waits for each: nothing is held by a plug.
        let run = rig.run((0..64).map(sync_write).collect());
        let sizes = [run.sizes("p0"), run.sizes("p1")].concat();
        sizes.into_iter().max().unwrap()
    };
    assert!(grows(true) >= 8 * 50, "{}", grows(true));
    assert_eq!(grows(false), 8);
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

#[test]
fn a_bio_larger_than_the_queue_takes_is_refused() {
    let run = Rig::old(L25, Bio, 1).run_on("/dev/p0", vec![bio(Op::Write, 0, 4096)]);
    assert_eq!(run.machine.probe.ended[0].1, 5);
}

#[test]
fn k47_a_clone_beyond_the_limits_of_its_path_fails_that_path() {
    let run = |submission: bool| {
        let mut rig = Rig::old(L25, Rq, 2).paths(|q| q.max_sectors_kb = Some(4));
        rig.config.patches.submission = submission;
        let run = rig.run(contiguous(4).chain([ScriptStep::Wait]).collect());
        let errors: Vec<i32> = run.machine.probe.ended.iter().map(|e| e.1).collect();
        let left = run.machine.dm.devs[0].multipath().unwrap().nr_valid_paths();
        (errors, left)
    };
    assert_eq!(run(true), (vec![5; 4], 0));
    // Without patch 02 nobody looks.
    assert_eq!(run(false), (vec![0; 4], 2));
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
