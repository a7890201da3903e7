//! Sequences of system calls as strace showed them of fio 3.33.

use std::collections::VecDeque;

use super::*;
use crate::models::io::Op;
use crate::models::workload::fio::spec::*;

/// A device that completes in order, each I/O `latency` after its submission.
struct Toy {
    now: Ns,
    latency: Ns,
    in_flight: VecDeque<(Ns, IoUnit)>,
    /// Events taken by a reap whose min is 1: all that are there, or so many.
    ready_at_most: usize,
    calls: Vec<String>,
    units: Vec<IoUnit>,
    fail: Box<dyn Fn(&IoUnit) -> i32>,
}

impl Toy {
    fn new(latency: Ns) -> Self {
        Toy {
            now: Ns::ZERO,
            latency,
            in_flight: VecDeque::new(),
            ready_at_most: usize::MAX,
            calls: Vec::new(),
            units: Vec::new(),
            fail: Box::new(|_| 0),
        }
    }

    fn run(&mut self, thread: &mut FioThread) {
        thread.start(self.now);
        for turn in 0.. {
            // 4 ms of I/Os that take 10 ns and some turns each is the longest job.
            assert!(
                turn < 4_000_000,
                "endless at {}, lately {:?}: {:?}",
                self.now,
                &self.calls[self.calls.len().saturating_sub(8)..],
                thread.spec()
            );
            match thread.next(self.now) {
                Act::Prepared => self.now += Ns(10),
                Act::Submit => self.submit(thread),
                Act::GetEvents { min, max } => self.reap(thread, min as usize, max as usize),
                Act::Sync { slot } => {
                    let unit = thread.unit(slot);
                    self.calls.push(format!("{:?}", unit.op));
                    self.units.push(unit);
                    let issue = self.now;
                    self.now += self.latency;
                    let errno = (self.fail)(&unit);
                    thread.sync_done(self.now, issue, errno, unit.len);
                }
                Act::Fsync { data, at_end } => {
                    let name = if data { "FD" } else { "F" };
                    self.calls
                        .push(format!("{name}{}", if at_end { "!" } else { "" }));
                    let issue = self.now;
                    self.now += self.latency;
                    thread.sync_done(self.now, issue, 0, 0);
                }
                Act::SleepUntil(t) => {
                    self.calls.push("Z".into());
                    self.now = t + Ns::from_us(52);
                }
                Act::SpinUntil(t) => self.now = t,
                Act::Offload { .. } | Act::WaitOffload { .. } => self.offload(thread),
                Act::Reopen => self.now += Ns(10),
                Act::Exit => return,
            }
        }
    }

    fn submit(&mut self, thread: &mut FioThread) {
        let units = thread.ring().to_vec();
        self.calls.push(format!("S{}", units.len()));
        self.units.extend(&units);
        let at = self.now + self.latency;
        self.in_flight.extend(units.into_iter().map(|u| (at, u)));
        thread.submitted(self.now);
    }

    fn reap(&mut self, thread: &mut FioThread, min: usize, max: usize) {
        if min > 0 {
            self.now = self.now.max(self.in_flight[min - 1].0);
        }
        let there = self.in_flight.iter().filter(|e| e.0 <= self.now).count();
        let got = there.min(max).min(self.ready_at_most.max(min));
        self.calls.push(format!("G{min}/{max}={got}"));
        for (_, unit) in self.in_flight.drain(..got) {
            let errno = (self.fail)(&unit);
            let bytes = if errno == 0 { unit.len } else { 0 };
            thread.complete_one(self.now, unit.slot, errno, bytes);
        }
        thread.reap_done(self.now);
    }

    /// All workers do what they have, one after another.
    fn offload(&mut self, thread: &mut FioThread) {
        for w in 0..thread.spec().iodepth {
            while let Some(unit) = thread.worker_take(w) {
                self.units.push(unit);
                thread.offload_submitted(self.now, unit.slot);
                thread.offload_done(self.now + self.latency, unit.slot, 0, unit.len);
            }
        }
    }

    /// The calls, equal neighbours counted.
    fn short(&self) -> String {
        let mut out: Vec<(String, usize)> = Vec::new();
        for call in &self.calls {
            match out.last_mut() {
                Some((last, n)) if last == call => *n += 1,
                _ => out.push((call.clone(), 1)),
            }
        }
        let show = |(call, n): (String, usize)| {
            if n == 1 { call } else { format!("{call}x{n}") }
        };
        out.into_iter().map(show).collect::<Vec<_>>().join(" ")
    }
}

fn reads(iodepth: u32, batch: u32, min: u32, max: u32, number_ios: u64) -> ThreadSpec {
    ThreadSpec {
        engine: Engine::Libaio,
        direct: true,
        iodepth,
        batch_submit: batch,
        complete_min: min,
        complete_max: max.max(min),
        iodepth_low: iodepth,
        number_ios,
        ..ThreadSpec::default()
    }
}

fn writes(spec: ThreadSpec) -> ThreadSpec {
    ThreadSpec {
        pattern: Pattern {
            write: true,
            ..Pattern::default()
        },
        ..spec
    }
}

fn run(spec: &ThreadSpec) -> (Toy, FioThread) {
    let mut toy = Toy::new(Ns::from_us(100));
    let mut thread = FioThread::new(spec, 1 << 30, None).unwrap();
    toy.run(&mut thread);
    (toy, thread)
}

fn calls(spec: &ThreadSpec) -> String {
    run(spec).0.short()
}

#[test]
fn whole_batches() {
    assert_eq!(
        calls(&reads(4, 4, 4, 4, 10)),
        "S4 G4/4=4 S4 G4/4=4 S2 G2/2=2"
    );
    assert_eq!(
        calls(&reads(33, 33, 33, 33, 256)),
        format!("{}S25 G25/25=25", "S33 G33/33=33 ".repeat(7))
    );
}

#[test]
fn depth_64_in_quarters() {
    let s = calls(&reads(64, 16, 16, 0, 200));
    assert!(s.starts_with("S16x4 G16/16=16 S16 G16/16=16 S16 "), "{s}");
    assert!(s.ends_with("G16/16=16 S8 G56/56=56"), "{s}");
}

#[test]
fn reaping_commits_a_partial_batch() {
    assert_eq!(
        calls(&reads(64, 8, 1, 0, 68)),
        "S8x8 G1/1=1 S1 G1/1=1 S1 G1/1=1 S1 G1/1=1 S1 G1/1=1 G63/63=63"
    );
}

#[test]
fn one_at_a_time() {
    assert_eq!(
        calls(&reads(4, 1, 1, 1, 6)),
        "S1x4 G1/1=1 S1 G1/1=1 S1 G1/1=1 G3/3=3"
    );
    assert_eq!(calls(&reads(1, 1, 1, 1, 2)), "S1 G1/1=1 S1 G1/1=1");
}

#[test]
fn as_many_new_as_were_freed() {
    let spec = reads(32, 8, 1, 8, 60);
    let mut toy = Toy::new(Ns::from_us(100));
    toy.ready_at_most = 3;
    toy.run(&mut FioThread::new(&spec, 1 << 30, None).unwrap());
    assert!(
        toy.short()
            .starts_with("S8x4 G1/8=3 S3 G1/8=3 S3 G1/8=2 S2 G1/8=3"),
        "{}",
        toy.short()
    );
}

#[test]
fn a_batch_across_the_end_of_the_ring_takes_two_calls() {
    // The ring has 8 entries: 8 + 3 + 3 + 3 are two short of its end.
    let spec = reads(8, 8, 3, 3, 40);
    let s = calls(&spec);
    assert!(
        s.starts_with("S8 G3/3=3 S3 G3/3=3 S3 G3/3=3 S2 S1 G3/3=3 S3"),
        "{s}"
    );
}

#[test]
fn fdatasync_does_not_wait() {
    let spec = writes(ThreadSpec {
        fdatasync: 8,
        ..reads(32, 8, 8, 8, 48)
    });
    assert!(
        calls(&spec).starts_with("S8 FD S8x3 G8/8=8 FD S8 G8/8=8 FD S8"),
        "{}",
        calls(&spec)
    );
    let spec = writes(ThreadSpec {
        fdatasync: 8,
        ..reads(32, 1, 1, 1, 41)
    });
    assert!(
        calls(&spec).starts_with("S1x8 FD S1x24 G1/1=1 FD S1 G1/1=1 S1 G1/1=1"),
        "{}",
        calls(&spec)
    );
}

#[test]
fn a_sync_in_the_middle_of_a_batch_submits_and_reaps_first() {
    let spec = writes(ThreadSpec {
        fsync: 3,
        ..reads(8, 4, 1, 1, 6)
    });
    assert_eq!(calls(&spec), "S3 G1/1=1 F S3 G5/5=5");
}

#[test]
fn psync_and_fsync() {
    let spec = |n| {
        writes(ThreadSpec {
            fsync: 1,
            number_ios: n,
            ..ThreadSpec::default()
        })
    };
    assert_eq!(calls(&spec(3)), "Write F Write F Write");
    let spec = ThreadSpec {
        end_fsync: true,
        fsync: 2,
        ..spec(3)
    };
    assert_eq!(calls(&spec), "Writex2 F Write F!");
}

#[test]
fn trims_are_synchronous() {
    let spec = ThreadSpec {
        pattern: Pattern {
            trim: true,
            ..Pattern::default()
        },
        ..reads(8, 1, 1, 1, 3)
    };
    assert_eq!(calls(&spec), "Discardx3");
    let report = run(&spec).1.report();
    assert_eq!(report.dirs[Dir::Trim].total_ios, 3);
    assert_eq!(report.dirs[Dir::Trim].slat.count(), 0);
}

#[test]
fn size_ends_a_job() {
    let spec = ThreadSpec {
        size: Some(Amount::Bytes(5 * 4096)),
        ..reads(4, 4, 4, 4, 0)
    };
    assert_eq!(calls(&spec), "S4 G4/4=4 S1 G1/1=1");
    let report = run(&spec).1.report();
    assert_eq!(report.dirs[Dir::Read].total_ios, 5);
    assert_eq!(report.dirs[Dir::Read].io_bytes, 5 * 4096);
    assert_eq!(report.runtime_ms, 0);
    assert_eq!(report.dirs[Dir::Read].runtime_ms, 1);
}

#[test]
fn io_size_beyond_size_starts_over() {
    let spec = ThreadSpec {
        size: Some(Amount::Bytes(4 * 4096)),
        io_size: Some(Amount::Bytes(8 * 4096)),
        ..reads(2, 1, 1, 1, 0)
    };
    let (toy, thread) = run(&spec);
    let offsets: Vec<u64> = toy.units.iter().map(|u| u.offset / 4096).collect();
    assert_eq!(offsets, [0, 1, 2, 3, 0, 1, 2, 3]);
    assert_eq!(thread.report().dirs[Dir::Read].total_ios, 8);
}

#[test]
fn runtime_ends_a_time_based_job_that_wraps() {
    let spec = ThreadSpec {
        size: Some(Amount::Bytes(4 * 4096)),
        time_based: true,
        runtime: Some(Ns::from_ms(2)),
        ..reads(1, 1, 1, 1, 0)
    };
    let (toy, thread) = run(&spec);
    assert_eq!(toy.units.len(), 20);
    assert_eq!(toy.units[4].offset, 0);
    assert_eq!(thread.report().runtime_ms, 2);
}

#[test]
fn latency_log_drains_at_1025() {
    let spec = ThreadSpec {
        logs: Logs {
            lat: true,
            ..Logs::default()
        },
        disable_slat: true,
        disable_lat: true,
        ..reads(8, 1, 1, 1, 1100)
    };
    let (toy, _) = run(&spec);
    // 1025 reaps fill the log; the next one takes all 8.
    let first = 8 + 2 * 1025;
    assert_eq!(
        toy.calls[first - 1..first + 17].join(" "),
        format!("S1{}{}", " G1/1=1".repeat(8), " S1".repeat(8) + " G1/1=1")
    );
}

#[test]
fn errors_that_are_skipped_are_replaced() {
    let mut spec = reads(4, 1, 1, 1, 20);
    spec.continue_on_error.read = true;
    let mut toy = Toy::new(Ns::from_us(100));
    toy.fail = Box::new(|u| if u.offset % 16384 == 0 { 5 } else { 0 });
    let mut thread = FioThread::new(&spec, 1 << 30, None).unwrap();
    toy.run(&mut thread);
    let report = thread.report();
    let dir = &report.dirs[Dir::Read];
    // One fails in the last drain: a second pass begins, at offset 0, which
    // fails, so that the job ends one short.
    assert!(toy.short().ends_with("S1 G1/1=1 G3/3=3 S1 G1/1=1"));
    assert_eq!((dir.clat.count(), dir.total_ios), (19, 27));
    assert_eq!((report.total_err, dir.io_bytes), (8, 19 * 4096));
    assert_eq!((report.error, report.first_error), (5, 5));
}

#[test]
fn a_fatal_error_ends_the_job_and_waits_for_the_rest() {
    let mut spec = reads(4, 1, 1, 1, 20);
    spec.continue_on_error.read = true;
    let mut toy = Toy::new(Ns::from_us(100));
    toy.fail = Box::new(|u| if u.offset == 8192 { 61 } else { 0 });
    let mut thread = FioThread::new(&spec, 1 << 30, None).unwrap();
    toy.run(&mut thread);
    assert_eq!(toy.short(), "S1x4 G1/1=1 S1 G1/1=1 S1 G1/1=1 G0/1=0 G3/3=3");
    let report = thread.report();
    assert_eq!((report.error, report.total_err), (61, 0));
    assert_eq!(thread.depth(), 0);
}

#[test]
fn ignore_error_replaces_the_list() {
    let mut spec = reads(1, 1, 1, 1, 5);
    spec.continue_on_error.read = true;
    spec.ignore_error[0] = vec![61];
    let end = |errno: i32| {
        let mut toy = Toy::new(Ns::from_us(100));
        toy.fail = Box::new(move |u| if u.offset == 0 { errno } else { 0 });
        let mut thread = FioThread::new(&spec, 1 << 30, None).unwrap();
        toy.run(&mut thread);
        thread.report().dirs[Dir::Read].total_ios
    };
    assert_eq!((end(61), end(5)), (6, 1));
}

#[test]
fn a_rate_drains_before_it_sleeps() {
    let spec = ThreadSpec {
        rate_iops: PerDir([1000, 0, 0]),
        ..reads(8, 1, 1, 1, 4)
    };
    let s = calls(&spec);
    assert!(s.starts_with("S1 G1/1=1 Z S1 G1/1=1 Z S1"), "{s}");
    let (toy, thread) = run(&spec);
    assert_eq!(thread.report().dirs[Dir::Read].total_ios, 4);
    assert!(toy.now >= Ns::from_ms(3));
}

#[test]
fn a_late_rate_catches_up_without_pause() {
    // 4 ms a request at 1000 a second: behind by four after each drain.
    let spec = ThreadSpec {
        rate_iops: PerDir([1000, 0, 0]),
        ..reads(8, 1, 1, 1, 12)
    };
    let mut toy = Toy::new(Ns::from_ms(4));
    toy.run(&mut FioThread::new(&spec, 1 << 30, None).unwrap());
    let s = toy.short();
    assert!(s.starts_with("S1 G1/1=1 Z S1x"), "{s}");
}

#[test]
fn ramp_time_is_not_counted() {
    let spec = ThreadSpec {
        ramp_time: Ns::from_ms(1),
        runtime: Some(Ns::from_ms(1)),
        time_based: true,
        ..reads(1, 1, 1, 1, 0)
    };
    let (toy, thread) = run(&spec);
    let report = thread.report();
    let dir = &report.dirs[Dir::Read];
    assert_eq!(toy.units.len(), 20);
    assert_eq!(dir.total_ios, 10);
    assert_eq!(dir.clat.count(), 10);
    assert_eq!(report.runtime_ms, 1);
}

#[test]
fn thinktime_drains_and_sleeps() {
    let spec = ThreadSpec {
        thinktime: Ns::from_us(500),
        thinktime_blocks: 2,
        ..reads(4, 1, 1, 1, 8)
    };
    assert_eq!(
        calls(&spec),
        "S1x4 G1/1=1 S1 G1/1=1x4 Z S1 G1/1=1 Z S1x2 G2/2=2"
    );
}

#[test]
fn an_iolog_leaves_its_last_ios_unreaped() {
    let mut text = String::from("fio version 2 iolog\n/dev/x add\n/dev/x open\n");
    for i in 0..100 {
        text += &format!("/dev/x write {} 4096\n", i * 4096);
    }
    text += "/dev/x close\n";
    let spec = ThreadSpec {
        read_iolog: Some("x".into()),
        ..reads(32, 1, 1, 1, 0)
    };
    let mut toy = Toy::new(Ns::from_us(100));
    let mut thread = FioThread::new(&spec, 1 << 30, Some(&text)).unwrap();
    toy.run(&mut thread);
    let dir = &thread.report().dirs[Dir::Write];
    assert_eq!((dir.total_ios, dir.io_bytes), (100, 69 * 4096));
    assert_eq!(dir.clat.count(), 69);
    assert_eq!(thread.depth(), 31);
}

#[test]
fn offload_counts_only_what_is_complete() {
    let spec = ThreadSpec {
        submit_mode: SubmitMode::Offload,
        ..reads(4, 1, 1, 1, 10)
    };
    let (toy, thread) = run(&spec);
    assert_eq!(toy.units.len(), 10);
    assert_eq!(thread.report().dirs[Dir::Read].total_ios, 10);
    assert!(thread.workers_idle());
    assert_eq!(thread.depth(), 0);
}

mod any_job;
