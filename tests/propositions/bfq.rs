//! bfq.

use mpathsim::models::block::Action;
use mpathsim::models::config::SchedulerName;
use mpathsim::models::io::Op;
use mpathsim::models::workload::script::{Script, ScriptStep};
use mpathsim::sim::Ns;

use crate::rig::*;

const BFQ: SchedulerName = SchedulerName::Bfq;
const DEADLINE: SchedulerName = SchedulerName::MqDeadline;

/// One path whose device takes one command at a time, `latency` each.
fn one_at_a_time(scheduler: SchedulerName, latency: Ns) -> Rig {
    Rig::new(Bio, 1)
        .null_blks(move |c| {
            c.hw_queue_depth = 1;
            c.completion_nsec = latency;
        })
        .paths(move |q| {
            q.scheduler = Some(scheduler);
            q.nr_requests = Some(256);
        })
}

fn process(name: &str, device: &str, steps: Vec<ScriptStep>) -> Script {
    Script {
        name: name.into(),
        device: device.into(),
        cpu: None,
        steps,
    }
}

fn until(ms: u64) -> ScriptStep {
    ScriptStep::Until(Ns::from_ms(ms))
}

/// What becomes of a read of page 1 of one process and of page `page` of
/// another, whose first was `ms` after the start; both wait for the device.
fn of_two_processes(rig: Rig, device: &str, ms: u64, page: u64) -> Run {
    let pause = ScriptStep::Sleep(Ns(1000));
    let one = vec![read(20_000), pause, read(20_010), pause, read(1)];
    let other = vec![until(ms), read(10_000), until(800), read(page)];
    rig.run_scripts(vec![
        process("one", device, one),
        process("other", device, other),
    ])
}

/// The requests of the first pages, by sector.
fn near(run: &Run) -> Vec<(u64, u32)> {
    let mut near = run.issued("p0");
    near.retain(|&(sector, _)| sector < 100);
    near.sort_unstable();
    near
}

#[test]
fn a_bio_joins_requests_of_its_own_process() {
    let second = Ns::from_secs(1);
    let in_front = |scheduler, ms| {
        near(&of_two_processes(
            one_at_a_time(scheduler, second),
            "/dev/p0",
            ms,
            0,
        ))
    };
    assert_eq!(in_front(BFQ, 700), [(0, 8), (8, 8)]);
    assert_eq!(in_front(DEADLINE, 700), [(0, 16)]);
    // Processes that begin together pass for one.
    assert_eq!(in_front(BFQ, 100), [(0, 16)]);
}

#[test]
fn a_request_is_merged_behind_that_of_any_process() {
    let behind = |scheduler| {
        let rig = one_at_a_time(scheduler, Ns::from_secs(1));
        let run = of_two_processes(rig, "/dev/p0", 700, 2);
        assert_eq!(near(&run), [(8, 16)]);
        [Action::BackMerge, Action::RqMerge].map(|action| run.on("p0", action).len())
    };
    assert_eq!(behind(BFQ), [0, 1]);
    assert_eq!(behind(DEADLINE), [1, 0]);
}

#[test]
fn so_it_is_in_the_queue_of_a_request_based_map() {
    let on_map = |scheduler| {
        let rig = Rig::new(Rq, 1)
            .null_blks(|c| c.hw_queue_depth = 1)
            .queue(move |q| q.scheduler = Some(scheduler));
        near(&of_two_processes(rig, "/dev/mapper/mp", 700, 0))
    };
    assert_eq!(on_map(BFQ), [(0, 8), (8, 8)]);
    assert_eq!(on_map(DEADLINE), [(0, 16)]);
}

/// How often the device turns from one process to the other, of which one reads
/// every even, the other every odd page but the next.
fn turns(scheduler: SchedulerName) -> usize {
    let reader = |first: u64, begin| {
        let mut steps = vec![until(begin), read(30_000 + first), until(1500)];
        steps.extend((0..50).map(|i| read(4 * i + first)));
        steps
    };
    let run = one_at_a_time(scheduler, Ns::from_ms(1)).run_scripts(vec![
        process("even", "/dev/p0", reader(0, 0)),
        process("odd", "/dev/p0", reader(2, 700)),
    ]);
    let issued = run.issued("p0");
    let of: Vec<u64> = issued[2..].iter().map(|&(s, _)| s / 8 % 4).collect();
    assert_eq!(of.len(), 100);
    of.windows(2).filter(|w| w[0] != w[1]).count()
}

#[test]
fn one_process_is_served_after_the_other() {
    assert!(turns(BFQ) <= 2);
    assert!(turns(DEADLINE) > 50);
}

/// The order of operations while a reader that thinks 5 ms meets a backlog of
/// writes that nobody waits for.
fn reader_among_writes(scheduler: SchedulerName) -> String {
    let mut reads = vec![until(25)];
    for i in 0..10 {
        let think = ScriptStep::Sleep(Ns::from_ms(5));
        reads.extend([read(30_000 + 10 * i), ScriptStep::Wait, think]);
    }
    let run = one_at_a_time(scheduler, Ns::from_ms(10)).run_scripts(vec![
        process("writer", "/dev/p0", scattered(250).collect()),
        process("reader", "/dev/p0", reads),
    ]);
    let issued = run.on("p0", Action::Issue);
    let letter = |op| if op == Op::Read { 'R' } else { 'W' };
    issued.iter().map(|e| letter(e.op)).collect()
}

#[test]
fn the_device_waits_for_a_reader_rather_than_turn_to_writes() {
    let order = reader_among_writes(BFQ);
    assert!(order.contains(&"R".repeat(10)), "{order}");
    let order = reader_among_writes(DEADLINE);
    assert!(!order.contains("RR"), "{order}");
}

/// Writes that have got a request while the device is busy with the first.
fn writes_with_a_request(scheduler: SchedulerName) -> usize {
    let run =
        one_at_a_time(scheduler, Ns::from_secs(1)).run_on("/dev/p0", scattered(250).collect());
    let got = run.on("p0", Action::GetRq);
    got.iter().filter(|e| e.at < Ns::from_ms(400)).count()
}

#[test]
fn half_of_the_tags_is_kept_from_writes_that_nobody_waits_for() {
    assert_eq!(writes_with_a_request(BFQ), 128);
    assert_eq!(writes_with_a_request(DEADLINE), 250);
}
