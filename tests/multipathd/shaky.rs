//! K-78: paths that fail and recover too often, and what keeps them out.

use mpathsim::models::multipathd::{MarginalPathgroups, PathState, Settings};

use super::settings;
use super::world::World;

fn san_path_err() -> Settings {
    Settings {
        san_path_err_threshold: 2,
        san_path_err_forget_rate: 10,
        san_path_err_recovery_time: 60,
        ..settings()
    }
}

/// Fails I/O on path 0 until it is withheld; the time of the check that
/// withheld it.
fn withhold(world: &mut World) -> u64 {
    for _ in 0..2 {
        world.fail_io(0);
        let failed = world.now_seconds();
        world.run_until_message("reinstate_path 8:0", failed + 6);
    }
    let failed = world.now_seconds();
    world.fail_io(0);
    world.run_to(failed + 7);
    assert_eq!(world.daemon_state(0), PathState::Delayed);
    *world.checks_of(0).last().unwrap()
}

#[test]
fn k78_the_third_recovery_keeps_the_path_out_for_60_s() {
    let mut world = World::new(san_path_err(), 2);
    world.run_to(4);
    let withheld = withhold(&mut world);
    let back = world.run_until_message("reinstate_path 8:0", withheld + 200);
    // The first check at which more than 60 whole seconds have passed.
    assert_eq!(back, withheld + 65);
}

#[test]
fn k78_the_last_path_is_reinstated_at_its_next_check() {
    let mut world = World::new(san_path_err(), 2);
    world.run_to(4);
    let withheld = withhold(&mut world);
    world.run_to(withheld + 11);
    world.paths[1].checker = PathState::Down;
    world.fail_io(1);
    let failed = world.now_seconds();
    let back = world.run_until_message("reinstate_path 8:0", withheld + 200);
    assert!(back <= failed + 5, "{back}");
}

#[test]
fn k78_failures_far_apart_are_forgotten() {
    let mut world = World::new(san_path_err(), 2);
    world.run_to(4);
    for _ in 0..6 {
        // Eleven good checks after each recovery, the longest 20 s apart.
        let failed = world.now_seconds();
        world.fail_io(0);
        world.run_until_message("reinstate_path 8:0", failed + 6);
        world.run_to(failed + 260);
    }
}

fn marginal() -> Settings {
    Settings {
        marginal_path_double_failed_time: 60,
        marginal_path_err_sample_time: 120,
        marginal_path_err_rate_threshold: 100,
        marginal_path_err_recheck_gap_time: 300,
        ..settings()
    }
}

#[test]
fn k78_a_marginal_path_is_sampled_and_comes_back_if_it_is_good() {
    for (errors, back) in [(100, true), (101, false)] {
        let mut world = World::new(marginal(), 2);
        world.run_to(30);
        world.fail_io(0);
        world.run_to(40);
        assert_eq!(world.times_of("reinstate_path 8:0").len(), 1);
        world.fail_io(0);
        world.run_to(50);
        assert_eq!(world.samplings(), [(0, 120)]);
        world.run_to(160);
        world.sampled(0, 1000, errors);
        world.run_to(163);
        assert_eq!(
            world.times_of("reinstate_path 8:0").len(),
            1 + usize::from(back)
        );
        world.run_to(500);
        assert_eq!(world.samplings().len(), 2 - usize::from(back));
    }
}

#[test]
fn k78_marginal_paths_may_have_groups_of_their_own() {
    let mut world = World::new(
        Settings {
            marginal_pathgroups: MarginalPathgroups::On,
            ..marginal()
        },
        3,
    );
    world.run_to(30);
    world.fail_io(0);
    world.run_to(40);
    world.fail_io(0);
    world.run_to(50);
    assert_eq!(world.groups, [vec![1, 2], vec![0]]);
    assert!(world.paths[0].active, "it is used, but last");
    world.sampled(0, 1000, 0);
    world.run_to(100);
    assert_eq!(world.groups, [vec![0, 1, 2]]);
}
