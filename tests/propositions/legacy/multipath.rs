//! Multipath over single queues: which path, and what happens when one fails.

use mpathsim::models::block::Action;
use mpathsim::models::kernel::{Kernel, Way};
use mpathsim::models::workload::script::ScriptStep;
use mpathsim::sim::Ns;

use super::{L25, L31, alternating, one_by_one, sync_write};
use crate::rig::*;

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
