//! kyber.

use mpathsim::models::block::Action;
use mpathsim::models::config::SchedulerName;
use mpathsim::models::io::Op;
use mpathsim::models::workload::script::{Script, ScriptStep};
use mpathsim::sim::Ns;

use crate::rig::*;

const KYBER: SchedulerName = SchedulerName::Kyber;
const DEADLINE: SchedulerName = SchedulerName::MqDeadline;

/// One path whose device takes `depth` commands at a time, `latency` each.
fn device(scheduler: SchedulerName, depth: u32, latency: Ns) -> Rig {
    Rig::new(Bio, 1)
        .null_blks(move |c| {
            c.hw_queue_depth = depth;
            c.completion_nsec = latency;
        })
        .paths(move |q| {
            q.scheduler = Some(scheduler);
            q.nr_requests = Some(512);
        })
}

/// Two writes that occupy a device that takes one, and the place behind it.
fn blockers() -> [ScriptStep; 4] {
    let pause = ScriptStep::Sleep(Ns(1000));
    [write(1_000_000), pause, write(1_000_010), pause]
}

#[test]
fn reads_and_writes_take_turns_in_batches_of_16_and_8() {
    let mut steps = blockers().to_vec();
    steps.extend(scattered(64));
    steps.extend((0..64).map(|i| read(10_000 + 2 * i)));
    let run = device(KYBER, 1, Ns::from_ms(1)).run_on("/dev/p0", steps);
    let issued = run.on("p0", Action::Issue);
    let letter = |op| if op == Op::Read { 'R' } else { 'W' };
    let order: String = issued.iter().skip(2).map(|e| letter(e.op)).collect();
    // The blockers are the first two of a batch.
    let (r, w) = ("R".repeat(16), "W".repeat(8));
    let rest = "W".repeat(34);
    assert_eq!(order, format!("WWWWWW{r}{w}{r}{w}{r}{w}{r}{rest}"));
}

#[test]
fn a_batch_is_in_order_of_arrival() {
    let mut steps = blockers().to_vec();
    steps.extend([5, 3, 9, 1].map(|n| write(2 * n)));
    let run = device(KYBER, 1, Ns::from_ms(1)).run_on("/dev/p0", steps);
    let sectors: Vec<u64> = run.issued("p0")[2..].iter().map(|&(s, _)| s).collect();
    assert_eq!(sectors, [80, 48, 144, 16]);
}

/// Whether a write of page 1 joins that of page 0, `between` others having come
/// in between.
fn joins(scheduler: SchedulerName, between: u64) -> bool {
    let mut steps = blockers().to_vec();
    steps.push(write(0));
    steps.extend((0..between).map(|i| write(100 + 2 * i)));
    steps.push(write(1));
    let run = device(scheduler, 1, Ns::from_ms(1)).run_on("/dev/p0", steps);
    run.issued("p0").contains(&(0, 16))
}

#[test]
fn a_bio_joins_one_of_the_newest_eight() {
    assert!(joins(KYBER, 7));
    assert!(!joins(KYBER, 8));
    assert!(joins(DEADLINE, 8));
}

/// What becomes of contiguous writes of two CPUs.
fn of_two_cpus(scheduler: SchedulerName) -> Vec<(u64, u32)> {
    let script = |cpu: u8, steps: Vec<ScriptStep>| Script {
        name: format!("on{cpu}"),
        device: "/dev/p0".into(),
        cpu: Some(cpu),
        steps,
    };
    let mut first = blockers().to_vec();
    first.push(write(0));
    let second = vec![ScriptStep::Until(Ns::from_us(100)), write(1)];
    let mut rig = device(scheduler, 1, Ns::from_ms(1));
    rig.config.host.cpus = 2;
    let run = rig.run_scripts(vec![script(0, first), script(1, second)]);
    run.issued("p0")[2..].to_vec()
}

#[test]
fn a_bio_does_not_join_a_request_of_another_cpu() {
    assert_eq!(of_two_cpus(KYBER), [(0, 8), (8, 8)]);
    assert_eq!(of_two_cpus(DEADLINE), [(0, 16)]);
}

#[test]
fn requests_do_not_merge_with_each_other() {
    // Two contiguous streams, one page of each in turn.
    let interleaved = || plugged((0..64).map(|i| write(i / 2 + 10_000 * (i % 2))));
    let with = |scheduler| {
        Rig::new(Rq, 2)
            .queue(move |q| q.scheduler = Some(scheduler))
            .run(interleaved())
    };
    let (kyber, deadline) = (with(KYBER), with(DEADLINE));
    assert_eq!(kyber.on("dm-0", Action::RqMerge).len(), 0);
    assert_eq!(kyber.sizes("dm-0"), vec![8; 64]);
    assert_eq!(deadline.on("dm-0", Action::RqMerge).len(), 60);
}

/// Writes that have been issued before `at`.
fn issued_before(run: &Run, at: Ns) -> usize {
    let issued = run.on("p0", Action::Issue);
    issued
        .iter()
        .filter(|e| e.op == Op::Write && e.at < at)
        .count()
}

#[test]
fn the_driver_gets_128_writes_at_a_time() {
    let burst = || scattered(200).collect();
    let second = Ns::from_secs(1);
    let run = device(KYBER, 256, second).run_on("/dev/p0", burst());
    assert_eq!(issued_before(&run, second), 128);
    let run = device(DEADLINE, 256, second).run_on("/dev/p0", burst());
    assert_eq!(issued_before(&run, second), 200);
}

/// Writes that have got a request while the device is busy with the first, and
/// when a read has that comes after half a second.
fn got(scheduler: SchedulerName) -> (usize, Ns) {
    let script = |name: &str, steps| Script {
        name: name.into(),
        device: "/dev/p0".into(),
        cpu: None,
        steps,
    };
    let half = Ns::from_ms(500);
    let run = device(scheduler, 1, Ns::from_secs(1))
        .paths(|q| q.nr_requests = Some(256))
        .run_scripts(vec![
            script("writer", scattered(250).collect()),
            script("reader", vec![ScriptStep::Until(half), read(50_000)]),
        ]);
    let got = run.on("p0", Action::GetRq);
    let writes = got.iter().filter(|e| e.op == Op::Write && e.at < half);
    let read = got.iter().find(|e| e.op == Op::Read).unwrap();
    (writes.count(), read.at)
}

#[test]
fn a_fourth_of_the_tags_is_kept_from_writes_that_nobody_waits_for() {
    let half = Ns::from_ms(500);
    let (writes, read) = got(KYBER);
    assert_eq!(writes, 192);
    assert!(read < half + Ns::from_ms(2), "{read}");
    assert_eq!(got(DEADLINE).0, 250);
}

#[test]
fn reads_beyond_their_target_make_writes_shallower() {
    // 5 ms are too long for reads; for writes they are half the target.
    let round = |op: fn(u64) -> ScriptStep| {
        let burst = (0..100).map(move |i| op(2 * i));
        burst.chain([ScriptStep::Wait])
    };
    let mut steps: Vec<_> = (0..6).flat_map(|_| round(read)).collect();
    steps.extend((0..6).flat_map(|_| round(write)));
    let late = Ns::from_ms(300);
    steps.push(ScriptStep::Until(late));
    steps.extend(scattered(200));
    let run = device(KYBER, 256, Ns::from_ms(5)).run_on("/dev/p0", steps);
    let soon = late + Ns::from_ms(4);
    assert_eq!(issued_before(&run, soon) - issued_before(&run, late), 64);
    assert_eq!(issued_before(&run, Ns::from_ms(35)), 100); // and all at once before
}
