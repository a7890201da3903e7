//! K-74, K-75 and K-78: multipathd at work on a whole machine. (Its decisions
//! alone are tried in `tests/multipathd.rs`; K-76, K-77 and K-79 on scenarios.)

use mpathsim::models::block::Action;
use mpathsim::models::io::Op;
use mpathsim::models::multipathd::{GroupingPolicy, Settings};
use mpathsim::sim::Ns;

use crate::acts::*;
use crate::rig::*;

fn settings() -> Settings {
    Settings {
        path_grouping_policy: GroupingPolicy::Multibus,
        ..Settings::default()
    }
}

/// A write every second, half a second after it, `n` times.
fn every_second(n: u64) -> Vec<mpathsim::models::workload::script::ScriptStep> {
    writes_at((0..n).map(|s| 1000 * s + 500))
}

#[test]
fn k74_a_healthy_path_is_asked_at_5_15_35_and_55_s() {
    let run = Acted::new(Rq, 1)
        .disks()
        .multipathd(settings())
        .run(every_second(60));
    let asked = run.on("p0", Action::Issue).into_iter();
    let asked = asked.filter(|e| e.op == Op::DrvIn);
    let seconds: Vec<u64> = asked.map(|e| e.at.0 / 1_000_000_000).collect();
    // It was found up when the map was made, at 0 s.
    assert_eq!(seconds[..4], [5, 15, 35, 55]);
    assert!(run.machine.dm.devs[0].log.is_empty());
}

/// When p0 failed and when it came back, in turn.
fn turns(run: &Run) -> Vec<Ns> {
    let history = run.machine.dm.devs[0].history.iter();
    let (mut turns, mut is_active) = (Vec::new(), true);
    for (at, status) in history {
        let now = status.contains("p0 A");
        if now != is_active {
            turns.push(*at);
            is_active = now;
        }
    }
    turns
}

#[test]
fn k75_a_path_that_answers_but_fails_io_comes_and_goes() {
    for mode in [Rq, Bio] {
        let run = Acted::new(mode, 2)
            .disks()
            .reads_and_writes_fail(0)
            .multipathd(settings())
            .run(every_second(40));
        assert!(run.machine.probe.ended.iter().all(|end| end.1 == 0));
        let turns = turns(&run);
        assert!(turns.len() > 8, "{mode:?} {turns:?}");
        for turn in turns.chunks_exact(2) {
            let out = turn[1].saturating_sub(turn[0]);
            assert!(out < Ns::from_ms(5_100), "{mode:?}: out for {out} s");
        }
    }
}

#[test]
fn k78_the_third_time_it_stays_out_for_60_s() {
    for mode in [Rq, Bio] {
        let run = Acted::new(mode, 2)
            .disks()
            .reads_and_writes_fail(0)
            .multipathd(Settings {
                san_path_err_threshold: 2,
                san_path_err_forget_rate: 10,
                san_path_err_recovery_time: 60,
                ..settings()
            })
            .run(every_second(100));
        let turns = turns(&run);
        let out: Vec<u64> = turns
            .chunks_exact(2)
            .map(|turn| turn[1].saturating_sub(turn[0]).0 / 1_000_000_000)
            .collect();
        assert!(out[0] < 6 && out[1] < 6, "{mode:?} {out:?}");
        assert!((60..72).contains(&out[2]), "{mode:?} {out:?}");
    }
}

#[test]
fn k78_but_not_if_it_is_the_last() {
    let run = Acted::new(Rq, 2)
        .disks()
        .reads_and_writes_fail(0)
        .at(30_000, "fail_path p1")
        .multipathd(Settings {
            san_path_err_threshold: 1,
            san_path_err_forget_rate: 10,
            san_path_err_recovery_time: 600,
            path_checker: mpathsim::models::multipathd::Checker::Tur,
            ..settings()
        })
        .queueing()
        .run(every_second(40));
    let turns = turns(&run);
    // It is withheld; p1 fails at 30 s, and comes back with the next check, as
    // p0 does.
    let back = turns.iter().filter(|at| **at > Ns::from_secs(30)).min();
    assert!(back.is_some_and(|at| *at < Ns::from_secs(36)), "{turns:?}");
}
