//! K-52 to K-59: priority groups, what messages do to them, and hardware
//! handlers.

use mpathsim::models::block::Action;
use mpathsim::models::device::scsi::handler::DhAnswer;
use mpathsim::models::fault::Action as Act;
use mpathsim::models::mpath::Errno;
use mpathsim::sim::Ns;

use crate::acts::*;
use crate::rig::*;

/// A write every 20 ms from 10 ms on, each over before the next: the path that
/// each went to, as a digit.
fn used(acted: Acted, writes: u64) -> (String, Run) {
    let run = acted.run(writes_at((0..writes).map(|i| 10 + 20 * i)));
    let mut all: Vec<(u64, char)> = Vec::new();
    for (path, digit) in [("p0", '0'), ("p1", '1')] {
        let issued = times(&run, path, Action::Issue);
        all.extend(issued.into_iter().map(|at| (at, digit)));
    }
    all.sort_unstable();
    (all.into_iter().map(|(_, digit)| digit).collect(), run)
}

#[test]
fn k52_a_group_that_recovers_does_not_get_its_io_back() {
    for mode in [Rq, Bio] {
        let acted = Acted::groups(mode)
            .at(100, "fail_path p0")
            .at(200, "reinstate_path p0")
            .at(300, "switch_group 1")
            .at(400, "fail_path p0");
        let (paths, run) = used(acted, 25);
        assert_eq!(
            paths,
            ["00000", "11111", "11111", "00000", "11111"].concat()
        );
        assert_eq!(status(&run), "2 2 E 0 1 0 p0 F 2 A 0 1 0 p1 A 0");
    }
}

#[test]
fn k53_switching_groups_takes_effect_at_once_and_enables_all() {
    for mode in [Rq, Bio] {
        let acted = Acted::groups(mode)
            .at(95, "disable_group 1")
            .look(96)
            .at(100, "switch_group 2")
            .look(100);
        let (paths, run) = used(acted, 10);
        assert_eq!(paths, "0000011111");
        let want = [
            "2 1 D 0 1 0 p0 A 0 E 0 1 0 p1 A 0",
            "2 2 E 0 1 0 p0 A 0 E 0 1 0 p1 A 0",
        ];
        assert_eq!(looks(&run), want);
    }
}

#[test]
fn k54_a_disabled_group_is_used_if_there_is_no_other() {
    for mode in [Rq, Bio] {
        let acted = Acted::groups(mode)
            .at(100, "disable_group 1")
            .look(195)
            .at(200, "disable_group 2");
        let (paths, run) = used(acted, 15);
        assert_eq!(paths, ["00000", "11111", "00000"].concat());
        assert_eq!(looks(&run), ["2 2 D 0 1 0 p0 A 0 A 0 1 0 p1 A 0"]);
        // Disabled goes before in use.
        assert_eq!(status(&run), "2 1 D 0 1 0 p0 A 0 D 0 1 0 p1 A 0");
    }
}

#[test]
fn k55_enabling_any_group_makes_the_next_io_choose_anew() {
    for mode in [Rq, Bio] {
        let acted = Acted::groups(mode)
            .at(100, "fail_path p0")
            .at(150, "reinstate_path p0")
            .at(200, "enable_group 2");
        let (paths, _) = used(acted, 15);
        assert_eq!(paths, ["00000", "11111", "00000"].concat());
    }
}

#[test]
fn k56_io_waits_for_the_handler_and_no_longer_and_merges_meanwhile() {
    let steps = (0..4).flat_map(|ms| [until(ms), write(ms)]);
    let run = Acted::new(Rq, 1).alua().run(steps.collect());
    // ALUA asks after 5 ms, which a timer makes 6; a retry would come at 101.
    let issued = run.on("p0", Action::Issue);
    let seen: Vec<_> = issued.iter().map(|e| (e.at, e.sector, e.sectors)).collect();
    let at = Ns::from_ms(6);
    // The second request was refused and waits on the dispatch list, which goes
    // first and where nothing merges; those after it stay in the scheduler.
    assert_eq!(seen, [(at, 8, 8), (at, 0, 8), (at, 16, 16)]);
    assert_eq!(run.on("dm-0", Action::BackMerge).len(), 1);
}

#[test]
fn k56_the_first_request_goes_when_the_handler_is_done() {
    let run = Acted::new(Rq, 1)
        .alua()
        .activates(0, 50, &[DhAnswer::Ok])
        .run(vec![write(0)]);
    assert_eq!(times(&run, "p0", Action::Issue), [50]);
    assert_eq!(status(&run), "1 1 A 0 1 0 p0 A 0");
}

/// When the only path of an I/O fails that is always refused, in ms, and how
/// often it was activated by then.
fn refused(features: &'static str, answer: DhAnswer) -> (u64, usize) {
    let run = Acted::new(Rq, 1)
        .alua()
        .features(features)
        .activates(0, 0, &[answer])
        .run(vec![write(0)]);
    let ends = ends(&run);
    assert_eq!((ends.len(), ends[0].1), (1, 5));
    assert_eq!(status(&run), "1 1 E 0 1 0 p0 F 1");
    let map = &run.machine.dm.devs[0];
    assert!(map.log[0].contains("Failing path"));
    let handler = run.machine.devices.scsi[0].handler.as_ref().unwrap();
    let printed = &run.machine.block.klog.lines;
    let at = printed
        .iter()
        .find(|(_, line)| *line == map.log[0])
        .unwrap()
        .0;
    (at.0 / 1_000_000, handler.asked())
}

#[test]
fn k57_a_handler_that_wants_to_be_asked_again_is_asked_so_often() {
    // A delay of 2 s is a tick more on a clock of 1000 Hz.
    let retry = refused("2 pg_init_retries 3", DhAnswer::Retry);
    assert_eq!(retry, (3 * 2001, 4));
    let at_once = refused("2 pg_init_retries 3", DhAnswer::ImmRetry);
    assert_eq!(at_once, (0, 4));
    let sooner = "4 pg_init_retries 2 pg_init_delay_msecs 70";
    assert_eq!(refused(sooner, DhAnswer::Retry), (2 * 71, 3));
    assert_eq!(refused("0", DhAnswer::Retry), (0, 1));
}

#[test]
fn k58_a_busy_controller_is_left_for_another_or_asked_late() {
    let acted = Acted::groups(Rq)
        .alua()
        .activates(0, 0, &[DhAnswer::DevTempBusy])
        .activates(1, 0, &[DhAnswer::Ok]);
    let run = acted.run(vec![write(0)]);
    assert_eq!(times(&run, "p1", Action::Issue), [0]);
    assert_eq!(status(&run), "2 2 D 0 1 0 p0 A 0 A 0 1 0 p1 A 0");

    let answers = [DhAnswer::DevTempBusy, DhAnswer::Ok];
    let alone = Acted::new(Rq, 1).alua().activates(0, 0, &answers);
    let run = alone.run(vec![write(0)]);
    assert_eq!(times(&run, "p0", Action::Issue), [2001]);
    assert_eq!(status(&run), "1 1 A 0 1 0 p0 A 0");
}

#[test]
fn k59_there_are_no_messages_while_it_is_suspended() {
    for mode in [Rq, Bio] {
        let map = || "mp".to_owned();
        let suspend = Act::Suspend {
            map: map(),
            noflush: false,
        };
        let run = Acted::groups(mode)
            .act(100, suspend)
            .at(150, "fail_path p0")
            .act(200, Act::Resume { map: map() })
            .at(250, "switch_group 2")
            .run(writes_at([10, 120, 260]));
        let results: Vec<_> = run.machine.admin.done.iter().map(|d| d.result).collect();
        assert_eq!(results, [Ok(()), Err(Errno::Ebusy), Ok(()), Ok(())]);
        assert_eq!(times(&run, "p0", Action::Issue), [10, 200]);
        assert_eq!(times(&run, "p1", Action::Issue), [260]);
    }
}
