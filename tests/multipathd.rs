//! The daemon's part of what is known of failover by `multipathd`: K-74 to
//! K-78, against a small world of paths that work or do not.

#![allow(clippy::unwrap_used, clippy::panic)]

#[path = "multipathd/shaky.rs"]
mod shaky;
#[path = "multipathd/world.rs"]
mod world;

use mpathsim::models::multipathd::{
    AccessState, Checker, Failback, GroupingPolicy, MpdCommand, NoPathRetry, PathState, Settings,
    Tpgs,
};
use world::World;

fn settings() -> Settings {
    Settings {
        path_grouping_policy: GroupingPolicy::Multibus,
        ..Settings::default()
    }
}

#[test]
fn k74_healthy_checks_come_after_5_15_35_55_s() {
    let mut world = World::new(settings(), 1);
    world.run_to(80);
    assert_eq!(world.checks_of(0), [0, 5, 15, 35, 55, 75]);
    assert_eq!(world.messages(), []);
}

#[test]
fn k74_a_change_brings_back_the_shortest_interval() {
    let mut world = World::new(settings(), 2);
    world.run_to(36);
    world.paths[0].checker = PathState::Down;
    world.run_to(66);
    world.paths[0].checker = PathState::Up;
    world.run_to(100);
    assert_eq!(
        world.checks_of(0),
        [0, 5, 15, 35, 55, 60, 65, 70, 75, 85],
        "while down, and once after it came up, each 5 s"
    );
    assert_eq!(
        world.messages(),
        [(55, "fail_path 8:0"), (70, "reinstate_path 8:0")]
    );
}

#[test]
fn k74_intervals_follow_the_settings() {
    let mut world = World::new(
        Settings {
            polling_interval: 2,
            max_polling_interval: Some(6),
            ..settings()
        },
        1,
    );
    world.run_to(30);
    assert_eq!(world.checks_of(0), [0, 2, 6, 12, 18, 24, 30]);
}

#[test]
fn k75_a_path_that_fails_only_real_io_flaps_within_the_polling_interval() {
    for failed_at in [100, 101, 104] {
        let mut world = World::new(settings(), 2);
        world.run_to(failed_at);
        for _ in 0..3 {
            let failed = world.now_seconds();
            world.fail_io(0);
            let back = world.run_until_message("reinstate_path 8:0", failed + 20);
            assert!(back <= failed + 5, "failed at {failed}, back at {back}");
            assert!(world.paths[0].active);
        }
        assert!(world.messages().iter().all(|(_, m)| m.starts_with("rein")));
    }
}

#[test]
fn k75_the_checker_that_fails_too_does_not_reinstate() {
    let mut world = World::new(settings(), 2);
    world.run_to(10);
    world.fail_io(0);
    world.paths[0].checker = PathState::Down;
    world.run_to(60);
    assert_eq!(world.messages(), [], "the kernel has failed it already");
    world.paths[0].checker = PathState::Up;
    world.run_to(66);
    assert_eq!(world.messages().len(), 1);
}

/// The time at which queueing ends after the only path was seen down at 5 s.
fn queueing_ends(rule: NoPathRetry, io_failed: bool) -> Option<u64> {
    let mut world = World::new(
        Settings {
            no_path_retry: rule,
            ..settings()
        },
        1,
    );
    world.run_to(4);
    world.paths[0].checker = PathState::Down;
    if io_failed {
        world.fail_io(0);
    }
    world.run_to(500);
    let at = world.times_of("fail_if_no_path");
    assert!(at.len() <= 1, "told once");
    at.first().copied()
}

#[test]
fn k76_queueing_ends_60_to_61_s_after_the_last_path() {
    // Seen by a check, in a loop that counts already.
    assert_eq!(queueing_ends(NoPathRetry::Checks(12), false), Some(5 + 60));
    // Seen by an event between two loops.
    assert_eq!(queueing_ends(NoPathRetry::Checks(12), true), Some(4 + 61));
}

#[test]
fn k76_queue_never_ends_and_fail_never_begins() {
    assert_eq!(queueing_ends(NoPathRetry::Queue, false), None);
    assert_eq!(queueing_ends(NoPathRetry::Fail, false), None);
    let table = |rule| {
        let world = World::new(
            Settings {
                no_path_retry: rule,
                ..settings()
            },
            1,
        );
        world.daemon.table()
    };
    assert!(table(NoPathRetry::Queue).starts_with("1 queue_if_no_path "));
    assert!(table(NoPathRetry::Checks(3)).starts_with("1 queue_if_no_path "));
    assert!(table(NoPathRetry::Fail).starts_with("0 "));
}

#[test]
fn k76_a_path_that_comes_back_stops_the_count_and_queueing_is_on_again() {
    let mut world = World::new(
        Settings {
            no_path_retry: NoPathRetry::Checks(2),
            ..settings()
        },
        1,
    );
    world.run_to(4);
    world.paths[0].checker = PathState::Down;
    world.run_to(13);
    world.paths[0].checker = PathState::Up;
    world.run_to(100);
    assert_eq!(world.times_of("fail_if_no_path"), [0; 0]);
    world.paths[0].checker = PathState::Down;
    world.run_to(150);
    assert!(!world.queueing);
    world.paths[0].checker = PathState::Up;
    world.run_to(160);
    assert!(world.queueing, "after the time was over, too");
}

/// Two groups by priority; the better path fails and comes back at a check at
/// `back`.
fn failback_world(failback: Failback) -> World {
    let mut world = World::with(
        Settings {
            failback,
            ..settings()
        },
        3,
        |index, info| {
            info.tpgs = Tpgs::Implicit;
            info.access.state = if index == 0 {
                AccessState::Optimized
            } else {
                AccessState::NonOptimized
            };
        },
    );
    assert_eq!(world.groups, [vec![0], vec![1, 2]]);
    world.run_to(4);
    world.paths[0].checker = PathState::Down;
    world.run_to(14);
    assert_eq!(world.times_of("fail_path 8:0"), [5]);
    world.next_group = 2; // the kernel went on by itself
    world.paths[0].checker = PathState::Up;
    world
}

#[test]
fn k77_deferred_failback_switches_n_s_after_the_path_is_back() {
    let mut world = failback_world(Failback::Deferred(10));
    world.run_to(100);
    assert_eq!(world.times_of("reinstate_path 8:0"), [15]);
    assert_eq!(world.times_of("switch_group 1"), [25]);
}

#[test]
fn k77_a_failure_meanwhile_cancels() {
    let mut world = failback_world(Failback::Deferred(10));
    world.run_to(19);
    world.paths[0].checker = PathState::Down;
    world.run_to(100);
    assert_eq!(world.times_of("reinstate_path 8:0"), [15]);
    assert_eq!(world.times_of("switch_group 1"), [0; 0]);
}

#[test]
fn k77_manual_never_and_immediate_in_the_same_loop() {
    let mut manual = failback_world(Failback::Manual);
    manual.run_to(200);
    assert_eq!(manual.times_of("switch_group 1"), [0; 0]);
    let mut immediate = failback_world(Failback::Immediate);
    immediate.run_to(200);
    assert_eq!(immediate.times_of("switch_group 1"), [15]);
}

#[test]
fn k77_followover_only_when_the_first_path_of_the_best_group_is_back() {
    let mut world = failback_world(Failback::Followover);
    world.run_to(200);
    assert_eq!(world.times_of("switch_group 1"), [15]);

    let mut world = failback_world(Failback::Followover);
    world.run_to(16);
    world.next_group = 2; // someone else's switch
    world.run_to(200);
    assert_eq!(world.times_of("switch_group 1"), [15], "not again");
}

#[test]
fn k77_changed_priorities_reload_the_map() {
    let mut world = failback_world(Failback::Immediate);
    world.run_to(50);
    for path in &mut world.paths {
        path.access.state = match path.access.state {
            AccessState::Optimized => AccessState::NonOptimized,
            _ => AccessState::Optimized,
        };
    }
    world.run_to(100);
    let reloads = world.reloads();
    assert_eq!(reloads.len(), 1, "all priorities are read at once");
    assert_eq!(world.groups, [vec![1, 2], vec![0]]);
    assert_eq!(
        reloads[0].1,
        "0 1 alua 2 1 service-time 0 2 1 8:16 1 8:32 1 service-time 0 1 1 8:0 1"
    );
}

#[test]
fn a_slow_check_is_pending_and_its_answer_is_read_in_the_next_loop() {
    let mut world = World::new(settings(), 1);
    world.run_to(4);
    world.paths[0].check_takes_ms = 2300;
    world.paths[0].checker = PathState::Down;
    world.run_to(9);
    assert_eq!(world.messages(), [(8, "fail_path 8:0")]);
    assert_eq!(world.checks_of(0), [0, 5], "not started twice");
}

#[test]
fn a_check_without_an_answer_times_out() {
    let mut world = World::new(
        Settings {
            checker_timeout: Some(7),
            ..settings()
        },
        1,
    );
    world.run_to(4);
    world.paths[0].check_takes_ms = 1_000_000;
    world.run_to(13);
    assert_eq!(world.messages(), [(12, "fail_path 8:0")]);
    assert_eq!(world.daemon_state(0), PathState::Timeout);
    world.paths[0].check_takes_ms = 1;
    world.run_to(40);
    assert_eq!(world.messages().len(), 2, "{:?}", world.messages());
}

#[test]
fn a_disabled_group_with_a_path_that_came_up_is_enabled() {
    let mut world = failback_world(Failback::Manual);
    world.disabled[0] = true;
    world.run_to(20);
    assert_eq!(world.times_of("enable_group 1"), [15]);
    assert!(!world.disabled[0]);
}

#[test]
fn a_standby_path_of_an_implicit_array_stays_failed_without_others() {
    let mut world = World::with(settings(), 1, |_, info| info.tpgs = Tpgs::Implicit);
    world.run_to(4);
    world.paths[0].checker = PathState::Down;
    world.run_to(9);
    world.paths[0].checker = PathState::Ghost;
    world.run_to(12);
    assert_eq!(world.messages(), [(5, "fail_path 8:0")]);
    assert_eq!(world.daemon_state(0), PathState::Ghost);
}

#[test]
fn the_checker_that_is_asked_for() {
    let directio = Settings {
        path_checker: Checker::Directio,
        ..settings()
    };
    let mut world = World::new(directio, 1);
    world.run_to(1);
    assert!(matches!(
        world.commands[0].1,
        MpdCommand::StartCheck {
            checker: Checker::Directio,
            ..
        }
    ));
}

#[test]
fn nothing_is_due_without_paths() {
    let mut world = World::new(settings(), 0);
    world.run_to(10);
    assert_eq!(world.daemon.next_wake(), mpathsim::sim::Ns::NEVER);
    assert_eq!(world.daemon.table(), "0 0 0 0");
}

#[test]
fn waking_it_when_nothing_is_due_changes_nothing() {
    let run = |nudge: bool| {
        let mut world = failback_world(Failback::Deferred(10));
        for second in 15..90 {
            world.run_to(second);
            if nudge {
                world.nudge();
            }
        }
        world
            .commands
            .iter()
            .map(|(at, command)| (*at, command.clone()))
            .collect::<Vec<_>>()
    };
    assert_eq!(run(false), run(true));
}
