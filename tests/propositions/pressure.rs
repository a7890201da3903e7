//! K-64 to K-67 and K-73: back-pressure.

use mpathsim::models::block::Action;
use mpathsim::models::workload::script::ScriptStep;
use mpathsim::sim::Ns;

use crate::rig::*;

/// Two SCSI disks that take one command at a time.
fn narrow(mode: Mode, delay: Ns) -> Rig {
    Rig::new(mode, 2).scsi(0, 1, delay).scsi(1, 1, delay)
}

#[test]
fn k64_requests_grow_while_all_paths_are_busy() {
    let run = narrow(Rq, Ns::from_ms(10)).run(contiguous(300).collect());
    let sizes = run.sizes("dm-0");
    assert_eq!(sizes.iter().sum::<u32>(), 2400);
    assert_eq!(sizes[..2], [8, 8]);
    assert!(sizes[2..].contains(&1024), "{sizes:?}");
    assert!(sizes.len() <= 8, "{sizes:?}");
    // No clone was made in vain.
    for path in ["p0", "p1"] {
        let dev = &run.machine.block.devs[usize::from(run.dev(path).0)];
        assert_eq!(dev.count.requests as usize, run.issued(path).len());
    }
    assert!(run.on("dm-0", Action::Requeue).len() >= 2);
}

#[test]
fn k64_bio_mode_keeps_its_size_on_busy_paths() {
    let run = narrow(Bio, Ns::from_ms(10)).run(contiguous(300).collect());
    for path in ["p0", "p1"] {
        assert_eq!(run.sizes(path), [8; 150], "{path}");
    }
}

#[test]
fn a_bio_based_null_blk_takes_as_many_commands_as_it_has_slots() {
    let rig = Rig::new(Bio, 1).null_blks(|c| {
        c.queue_mode = 0;
        c.hw_queue_depth = 2;
        c.completion_nsec = Ns::from_ms(1);
    });
    let run = rig.run(contiguous(5).collect());
    // Two at a time, and never a request.
    assert_eq!(run.machine.last_io, Ns::from_ms(3));
    assert_eq!(run.machine.block.devs[0].count.requests, 0);
    assert_eq!(run.machine.block.devs[0].count.bios, 5);
}

#[test]
fn k65_round_robin_spends_a_turn_on_a_busy_path() {
    let rig = Rig::new(Rq, 2)
        .scsi(0, 1, Ns::from_secs(1))
        .scsi(1, 1, Ns::from_ms(1));
    let pause = ScriptStep::Sleep(Ns::from_ms(20));
    let run = rig.run(scattered(4).flat_map(|b| [b, pause]).collect());
    // 1 on p0, 2 on p1; 3 is refused by p0 and goes to p1 at once; 4 likewise.
    let paths: Vec<_> = ["p0", "p1"].map(|p| run.issued(p)).into();
    assert_eq!(paths, [vec![(0, 8)], vec![(16, 8), (32, 8), (48, 8)]]);
    let refused = run.on("dm-0", Action::Requeue);
    assert_eq!(
        refused.iter().map(|e| e.sector).collect::<Vec<_>>(),
        [32, 48]
    );
    let issued = run.on("p1", Action::Issue);
    assert_eq!(issued[1].at, refused[0].at);
    assert_eq!(issued[2].at, refused[1].at);
}

#[test]
fn k66_after_push_back_at_once_then_after_3_ms() {
    let run = narrow(Rq, Ns::from_ms(100)).run(scattered(3).collect());
    let times: Vec<u64> = run
        .on("dm-0", Action::Requeue)
        .iter()
        .map(|e| e.at.0)
        .collect();
    // 3 ms is 3 jiffies; a timer fires with the tick after they are over.
    assert_eq!(times[..5], [0, 0, 4_000_000, 8_000_000, 12_000_000]);
}

#[test]
fn k66_or_with_the_next_completion() {
    let run = narrow(Rq, Ns::from_us(1500)).run(scattered(3).collect());
    assert_eq!(run.on("dm-0", Action::Requeue).len(), 2);
    let issued = run.on("dm-0", Action::Issue);
    assert_eq!(issued[2].at, Ns::from_us(1500));
}

/// Whether a bio that comes 15 ms after the start is merged into one of 10
/// requests, all others of which the scheduler would have given out before.
fn last_is_still_in_the_scheduler(refused_before: bool) -> bool {
    let mut steps = Vec::new();
    if refused_before {
        let far = (0..4).map(|i| write(20_000 + 2 * i));
        steps.extend(far.flat_map(|b| [b, ScriptStep::Sleep(Ns(1000))]));
    }
    steps.extend(plugged(scattered(10)));
    steps.extend([ScriptStep::Until(Ns::from_ms(15)), write(19)]);
    let run = narrow(Rq, Ns::from_ms(10)).run(steps);
    let merged = run.on("dm-0", Action::BackMerge);
    assert!(merged.len() <= 1);
    !merged.is_empty()
}

#[test]
fn k67_refused_lately_the_scheduler_gives_out_one_a_round() {
    assert!(!last_is_still_in_the_scheduler(false));
    assert!(last_is_still_in_the_scheduler(true));
}

/// `async_depth` of mq-deadline: of each word of tags, writes see so large a part
/// (`dd_to_word_depth`); reads that somebody waits for see all.
#[test]
fn writes_have_no_more_requests_than_async_depth() {
    let at_once = |steps: Vec<ScriptStep>, depth: u32| {
        let run = Rig::new(Rq, 2)
            .queue(|q| q.async_depth = Some(depth))
            .run(steps);
        let got = run.on("dm-0", Action::GetRq);
        assert_eq!(got.len(), 300);
        got.iter().filter(|e| e.at == Ns::ZERO).count()
    };
    let writes = || scattered(300).collect();
    assert_eq!(
        [192, 190, 64, 256].map(|n| at_once(writes(), n)),
        [192, 192, 64, 256]
    );
    let reads = (0..300).map(|i| read(2 * i)).collect();
    assert_eq!(at_once(reads, 64), 256);
}

#[test]
fn k73_the_257th_request_sleeps_for_a_tag() {
    let steps = scattered(300).collect();
    let run = Rig::new(Rq, 2).run(steps);
    let got = run.on("dm-0", Action::GetRq);
    assert_eq!(got.len(), 300);
    assert!(got[..256].iter().all(|e| e.at == Ns::ZERO));
    assert!(got[256..].iter().all(|e| e.at >= Ns::from_secs(1)));
    assert_eq!(run.on("dm-0", Action::Queue)[256].at, Ns::ZERO);
    assert!(run.on("dm-0", Action::Queue)[257].at >= Ns::from_secs(1));
}
