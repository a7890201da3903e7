//! K-01 to K-20: merging and path choice.

use mpathsim::models::block::Action;
use mpathsim::models::config::SchedulerName;
use mpathsim::models::io::{Flags, Op};
use mpathsim::models::workload::script::{ScriptBio, ScriptStep};
use mpathsim::sim::Ns;

use crate::rig::*;

/// Sectors of `n` requests of a page.
fn pages(n: usize) -> Vec<u32> {
    vec![8; n]
}

fn alternating(n: usize) -> Vec<&'static str> {
    (0..n).map(|i| ["p0", "p1"][i % 2]).collect()
}

#[test]
fn k01_bio_mode_spreads_a_contiguous_plug_unmerged() {
    let run = Rig::new(Bio, 2).run(plugged(contiguous(32)));
    let even: Vec<_> = (0..16).map(|i| (16 * i, 8)).collect();
    let odd: Vec<_> = (0..16).map(|i| (16 * i + 8, 8)).collect();
    assert_eq!(run.issued("p0"), even);
    assert_eq!(run.issued("p1"), odd);
    assert_eq!(run.mapped(), alternating(32));
    for path in ["p0", "p1"] {
        assert!(run.on(path, Action::BackMerge).is_empty());
        assert!(run.on(path, Action::FrontMerge).is_empty());
        assert!(run.on(path, Action::RqMerge).is_empty());
        assert_eq!(run.issued_after(path), vec![32; 16]);
    }
    assert_eq!(run.issued("dm-0"), []);
}

#[test]
fn k02_rq_mode_merges_a_contiguous_plug_onto_one_path() {
    let run = Rig::new(Rq, 2).run(plugged(contiguous(32)));
    for dev in ["dm-0", "p0"] {
        assert_eq!(run.issued(dev), [(0, 256)]);
        assert_eq!(run.issued_after(dev), [32]);
    }
    assert_eq!(run.issued("p1"), []);
}

#[test]
fn k03_bio_mode_on_one_path_merges_as_rq_does() {
    let run = Rig::new(Bio, 1).run(plugged(contiguous(32)));
    assert_eq!(run.issued("p0"), [(0, 256)]);
    assert_eq!(run.on("p0", Action::BackMerge).len(), 31);
}

#[test]
fn k04_service_time_spreads_a_plug_as_round_robin_does() {
    let run = Rig::new(Bio, 2)
        .selector("service-time")
        .run(plugged(contiguous(32)));
    assert_eq!(run.mapped(), alternating(32));
    assert_eq!(run.sizes("p0"), pages(16));
    assert_eq!(run.sizes("p1"), pages(16));
}

#[test]
fn k05_queue_length_spreads_a_plug_as_round_robin_does() {
    let run = Rig::new(Bio, 2)
        .selector("queue-length")
        .run(plugged(contiguous(32)));
    assert_eq!(run.mapped(), alternating(32));
}

#[test]
fn k06_plug_of_64_contiguous_is_one_request() {
    let run = Rig::new(Rq, 2).run(plugged(contiguous(64)));
    assert_eq!(run.issued("dm-0"), [(0, 512)]);
    assert_eq!(run.issued_after("dm-0"), [64]);
    assert_eq!(run.mapped(), ["p0"]);
}

#[test]
fn k07_plug_of_200_contiguous_is_cut_at_128_segments() {
    let run = Rig::new(Rq, 2).run(plugged(contiguous(200)));
    assert_eq!(run.issued("dm-0"), [(0, 1024), (1024, 576)]);
    assert_eq!(run.issued_after("dm-0"), [129, 200]);
    assert_eq!(run.issued("p0"), [(0, 1024)]);
    assert_eq!(run.issued("p1"), [(1024, 576)]);
}

#[test]
fn k08_plug_of_one_queue_is_flushed_at_32_requests() {
    let run = Rig::new(Rq, 2).run(plugged(scattered(40)));
    let mut after = vec![33; 32];
    after.extend([40; 8]);
    assert_eq!(run.issued_after("dm-0"), after);
    assert_eq!(run.sizes("dm-0"), pages(40));
    assert_eq!(run.mapped(), alternating(40));
}

#[test]
fn k09_plug_of_two_queues_is_flushed_at_64_requests() {
    let run = Rig::new(Bio, 2).run(plugged(scattered(80)));
    for path in ["p0", "p1"] {
        let mut after = vec![65; 32];
        after.extend([80; 8]);
        assert_eq!(run.issued_after(path), after, "{path}");
    }
    assert_eq!(run.mapped(), alternating(80));
}

/// Two contiguous streams, one page of each in turn.
fn interleaved(n: u64) -> impl Iterator<Item = ScriptStep> {
    (0..n).map(|i| write(i / 2 + 10_000 * (i % 2)))
}

#[test]
fn k10_bio_mode_merges_interleaved_streams_that_each_have_a_path() {
    let run = Rig::new(Bio, 2).run(plugged(interleaved(64)));
    assert_eq!(run.issued("p0"), [(0, 256)]);
    assert_eq!(run.issued("p1"), [(80_000, 256)]);
}

#[test]
fn k11_rq_mode_merges_interleaved_streams_on_insertion_only() {
    let run = Rig::new(Rq, 2).run(plugged(interleaved(64)));
    assert_eq!(run.on("dm-0", Action::BackMerge).len(), 0);
    assert_eq!(
        run.issued("dm-0"),
        [(0, 128), (80_000, 128), (128, 128), (80_128, 128)]
    );
    assert_eq!(run.issued_after("dm-0"), [33, 33, 64, 64]);
    assert_eq!(run.mapped(), alternating(4));
    assert_eq!(run.on("dm-0", Action::RqMerge).len(), 60);
}

/// 64 contiguous writes, of which number 40 goes to the medium.
fn with_fua() -> Vec<ScriptStep> {
    plugged((0..64).map(|i| match write(i) {
        ScriptStep::Bio(bio) if i == 39 => ScriptStep::Bio(ScriptBio {
            flags: Flags::FUA,
            ..bio
        }),
        other => other,
    }))
}

#[test]
fn k12_fua_passes_the_plug_and_never_merges() {
    let run = Rig::new(Rq, 2)
        .null_blks(|c| {
            c.memory_backed = 1;
            c.cache_size = 1;
        })
        .run(with_fua());
    let issued: Vec<_> = run
        .on("dm-0", Action::Issue)
        .iter()
        .map(|e| (e.sector, e.sectors, e.flags.has(Flags::FUA)))
        .collect();
    assert_eq!(issued, [(312, 8, true), (0, 312, false), (320, 192, false)]);
    // The 156 KiB go when bio 41 brings a new request into the plug.
    assert_eq!(run.issued_after("dm-0"), [40, 41, 64]);
}

#[test]
fn k12_without_a_write_cache_fua_is_a_write_like_any() {
    let run = Rig::new(Rq, 2).run(with_fua());
    assert_eq!(run.issued("dm-0"), [(0, 512)]);
}

/// A queue of p0 whose device takes one command at a time: the first write is
/// with the device, the second next in line, the others in the scheduler.
fn occupied(front_merges: bool) -> Rig {
    Rig::new(Bio, 1)
        .null_blks(|c| c.hw_queue_depth = 1)
        .paths(move |q| {
            q.nr_requests = Some(64);
            q.front_merges = Some(front_merges);
        })
}

/// `steps` after two writes far away, each inserted before the next.
fn queued(steps: impl IntoIterator<Item = ScriptStep>) -> Vec<ScriptStep> {
    [write(1000), write(2000)]
        .into_iter()
        .chain(steps)
        .flat_map(|step| [step, ScriptStep::Sleep(Ns(1000))])
        .collect()
}

/// What becomes of `[8,16)` and `[0,8)` in a scheduler that last saw a request
/// far away: the order in which they are issued is not looked at.
fn front_merged(front_merges: bool, last_is_far: bool) -> Vec<(u64, u32)> {
    let far = last_is_far.then(|| write(500));
    let steps = far.into_iter().chain([write(1), write(0)]);
    let run = occupied(front_merges).run_on("/dev/p0", queued(steps));
    let mut near: Vec<_> = run.issued("p0");
    near.retain(|&(sector, _)| sector < 100);
    near.sort_unstable();
    near
}

#[test]
fn k13_front_merge_if_allowed() {
    assert_eq!(front_merged(true, true), [(0, 16)]);
    assert_eq!(front_merged(false, true), [(0, 8), (8, 8)]);
    // The last request inserted is tried in any case, front and back.
    assert_eq!(front_merged(false, false), [(0, 16)]);
}

#[test]
fn k14_a_bio_that_closes_a_gap_merges_two_requests_and_frees_a_tag() {
    let rig = occupied(true).paths(|q| q.nr_requests = Some(4));
    let run = rig.run_on("/dev/p0", queued([write(0), write(2), write(1), write(50)]));
    assert_eq!(run.issued("p0")[2..], [(0, 24), (400, 8)]);
    assert_eq!(run.on("p0", Action::RqMerge).len(), 1);
    // The last request gets the tag at once, long before anything completes.
    let got = run.on("p0", Action::GetRq);
    assert_eq!(got.len(), 5);
    assert!(got[4].at < Ns::from_ms(1));
}

#[test]
fn k15_without_plug_and_scheduler_nothing_merges() {
    for mode in [Bio, Rq] {
        let run = Rig::new(mode, 2)
            .unscheduled()
            .run(contiguous(32).collect());
        assert_eq!(run.mapped(), alternating(32));
        assert_eq!(run.sizes("p0"), pages(16), "{mode:?}");
        assert_eq!(run.sizes("p1"), pages(16), "{mode:?}");
    }
}

#[test]
fn k16_nomerges_turns_the_plug_and_its_size_rule_off() {
    let run = Rig::new(Rq, 2)
        .queue(|q| q.nomerges = Some(2))
        .run(plugged(contiguous(32)));
    assert_eq!(run.sizes("dm-0"), pages(32));
    let large = || plugged((0..3).map(|i| bio(Op::Write, 1000 * i, 256)));
    let run = Rig::new(Rq, 2).queue(|q| q.nomerges = Some(2)).run(large());
    assert_eq!(run.issued_after("dm-0"), [3, 3, 3]);
    let run = Rig::new(Rq, 2).run(large());
    assert_eq!(run.issued_after("dm-0"), [2, 3, 3]);
}

#[test]
fn k17_a_lone_unscheduled_queue_is_issued_newest_first() {
    let run = Rig::new(Bio, 1).unscheduled().run(plugged(scattered(8)));
    let reversed: Vec<_> = (0..8).rev().map(|i| (16 * i, 8)).collect();
    assert_eq!(run.issued("p0"), reversed);
}

#[test]
fn k18_the_path_of_the_newest_bio_goes_first() {
    for (bios, first) in [(5, "p0"), (6, "p1")] {
        let run = Rig::new(Bio, 2).run(plugged(scattered(bios)));
        let order: Vec<_> = run
            .events()
            .iter()
            .filter(|e| e.action == Action::Insert || e.action == Action::Issue)
            .map(|e| run.name(e.dev))
            .collect();
        let mine = order.iter().filter(|&&dev| dev == first).count();
        assert!(order[..mine].iter().all(|&dev| dev == first), "{order:?}");
        assert_eq!(order.len(), 2 * bios as usize);
    }
}

#[test]
fn k19_clones_pass_the_schedulers_of_their_paths() {
    let run = Rig::new(Rq, 2).run(plugged(contiguous(40).chain(scattered(20))));
    for path in ["p0", "p1"] {
        assert!(!run.issued(path).is_empty());
        for action in [Action::Insert, Action::BackMerge, Action::RqMerge] {
            assert!(run.on(path, action).is_empty(), "{path} {action:?}");
        }
    }
}

/// A 3 MiB bio of 64 KiB segments with a page before and a page behind it.
fn large(segs: u16) -> Vec<ScriptStep> {
    let bio = ScriptBio {
        segs,
        ..ScriptBio::new(Op::Write, 8, 6144)
    };
    plugged([write(0), ScriptStep::Bio(bio), write(769)])
}

#[test]
fn k20_a_bio_beyond_the_limits_is_split_where_it_is_queued() {
    for (mode, splits_on) in [(Bio, "p0"), (Rq, "dm-0")] {
        let run = Rig::new(mode, 1).run(large(48));
        let mut issued = run.issued(splits_on);
        issued.sort_unstable();
        // Only the last piece merges.
        let expected = [(0, 8), (8, 2560), (2568, 2560), (5128, 1032)];
        assert_eq!(issued, expected, "{mode:?}");
        let splits = |dev| {
            let dev = run.dev(dev);
            let all = run.events().iter().filter(|e| e.dev == dev);
            all.filter(|e| matches!(e.action, Action::Split(_))).count()
        };
        assert_eq!(splits(splits_on), 2, "{mode:?}");
        assert_eq!(splits("p0") + splits("dm-0"), 2, "{mode:?}");
    }
}

#[test]
fn k20_scattered_pages_are_split_at_128_segments() {
    let run = Rig::new(Bio, 1)
        .paths(|q| q.scheduler = Some(SchedulerName::MqDeadline))
        .run(plugged([bio(Op::Write, 0, 6144)]));
    assert_eq!(run.sizes("p0"), [1024; 6]);
}
