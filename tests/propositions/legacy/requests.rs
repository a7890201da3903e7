//! How many requests a queue may have, and how large they are.

use mpathsim::models::block::Action;
use mpathsim::models::io::Op;
use mpathsim::models::workload::script::{Script, ScriptStep};
use mpathsim::sim::Ns;

use super::L25;
use crate::rig::*;

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
fn a_bio_larger_than_the_queue_takes_is_refused() {
    let run = Rig::old(L25, Bio, 1).run_on("/dev/p0", vec![bio(Op::Write, 0, 4096)]);
    assert_eq!(run.machine.probe.ended[0].1, 5);
}
