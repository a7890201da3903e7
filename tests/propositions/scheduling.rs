//! K-68 and K-69: mq-deadline.

use mpathsim::models::io::Op;
use mpathsim::models::workload::script::ScriptStep;
use mpathsim::sim::Ns;

use crate::rig::*;

/// One path whose device takes one command at a time, `latency` each.
fn one_at_a_time(latency: Ns) -> Rig {
    Rig::new(Bio, 1)
        .null_blks(move |c| {
            c.hw_queue_depth = 1;
            c.completion_nsec = latency;
        })
        .paths(|q| q.nr_requests = Some(512))
}

/// Two writes that occupy the device and the place behind it while the rest
/// comes; behind them in sector order is nothing.
fn blockers() -> [ScriptStep; 4] {
    let pause = ScriptStep::Sleep(Ns(1000));
    [write(1_000_000), pause, write(1_000_010), pause]
}

#[test]
fn k68_two_batches_of_reads_then_one_of_writes() {
    let mut steps = blockers().to_vec();
    steps.extend(scattered(64));
    steps.extend((0..96).map(|i| read(10_000 + 2 * i)));
    let run = one_at_a_time(Ns::from_ms(1)).run_on("/dev/p0", steps);
    let order: String = run
        .on("p0", mpathsim::models::block::Action::Issue)
        .iter()
        .skip(2)
        .map(|e| if e.op == Op::Read { 'R' } else { 'W' })
        .collect();
    let (r, w) = ("R".repeat(16), "W".repeat(16));
    let round = format!("{r}{r}{w}");
    assert_eq!(order, format!("{round}{round}{round}{w}"));
}

/// The place in which a read that expires after 500 ms is taken, there being
/// reads behind it in sector order all the time; the first goes at twice
/// `latency`.
fn place_of_the_expired(latency: Ns) -> usize {
    let mut steps = blockers().to_vec();
    steps.extend([read(5_000), read(1)]);
    steps.extend((1..60).map(|i| read(5_000 + 2 * i)));
    let run = one_at_a_time(latency).run_on("/dev/p0", steps);
    let issued = run.issued("p0");
    assert_eq!(issued[2], (40_000, 8));
    issued[2..].iter().position(|&(s, _)| s == 8).unwrap()
}

#[test]
fn k69_an_expired_read_waits_for_the_batch_to_end() {
    // Batches end at 80 + 640 and at 40 + 320, 40 + 640 ms.
    assert_eq!(place_of_the_expired(Ns::from_ms(40)), 16);
    assert_eq!(place_of_the_expired(Ns::from_ms(20)), 32);
    // The expiry alone, at 30 + 30·16 = 510 ms.
    assert_eq!(place_of_the_expired(Ns::from_ms(30)), 16);
    assert_eq!(place_of_the_expired(Ns::from_ms(27)), 32);
}
