//! Buffered I/O, fsync and flushes on whole machines. Every run ends with all
//! invariants checked: no bio lost, no tag kept, no page dirty.

#![allow(clippy::unwrap_used, clippy::panic)]

use mpathsim::models::config::{MachineConfig, MapConfig, NamedDevice, QueueConfig, SchedulerName};
use mpathsim::models::device::{DeviceConfig, NullBlkConfig};
use mpathsim::models::host::HostConfig;
use mpathsim::models::workload::WorkloadConfig;
use mpathsim::run::outcome::{DeviceOutcome, Outcome};
use mpathsim::run::{RunOptions, run};
use mpathsim::sim::Ns;
use proptest::prelude::*;

/// Two paths of 64 MiB and 1 ms, `mode` (`bio`, `mq`) over them.
fn config(mode: &str, job: &str) -> MachineConfig {
    let device = |i: u32| NamedDevice {
        name: format!("p{i}"),
        devno: (253, i),
        device: DeviceConfig::NullBlk(NullBlkConfig {
            size: 64,
            irqmode: 2,
            completion_nsec: Ns::from_ms(1),
            max_sectors: 2048,
            ..NullBlkConfig::default()
        }),
        queue: QueueConfig {
            scheduler: Some(SchedulerName::None),
            ..QueueConfig::default()
        },
    };
    MachineConfig {
        host: HostConfig {
            profile: "lab".into(),
            ..HostConfig::default()
        },
        devices: vec![device(0), device(1)],
        maps: vec![MapConfig {
            name: "mp".into(),
            devno: (254, 0),
            table: format!(
                "0 131072 multipath 2 queue_mode {mode} 0 1 1 round-robin 0 2 1 p0 1 p1 1"
            ),
            queue: QueueConfig {
                scheduler: Some(SchedulerName::None),
                ..QueueConfig::default()
            },
        }],
        workload: WorkloadConfig {
            fio_job: job.into(),
            ..WorkloadConfig::default()
        },
        ..MachineConfig::default()
    }
}

fn buffered(options: &str) -> String {
    format!("[j]\nfilename=/dev/mapper/mp\nioengine=psync\ndirect=0\nbs=4k\n{options}\n")
}

fn outcome(config: &MachineConfig) -> Outcome {
    run(config, &RunOptions::default()).unwrap()
}

fn dev<'a>(o: &'a Outcome, name: &str) -> &'a DeviceOutcome {
    o.devices.iter().find(|d| d.name == name).unwrap()
}

/// Requests a device was issued: sectors, rwbs, count.
fn issued(d: &DeviceOutcome) -> Vec<(u32, &str, u64)> {
    let all = d.issued.iter();
    all.map(|i| (i.sectors, i.rwbs.as_str(), i.count)).collect()
}

/// Of all paths together.
fn paths(o: &Outcome, count: impl Fn(&DeviceOutcome) -> u64) -> u64 {
    o.devices.iter().filter(|d| !d.is_map).map(count).sum()
}

#[test]
fn sequential_reads_come_in_growing_windows() {
    for mode in ["bio", "mq"] {
        let o = outcome(&config(mode, &buffered("rw=read\nsize=1m")));
        let d = dev(&o, "dm-0");
        assert_eq!(d.bios, 4 + 5, "{mode}"); // 4, 8, 16, 32, then 64 pages
        assert_eq!(d.read.sectors, (60 + 5 * 64) * 8);
        assert_eq!(o.jobs[0].read.as_ref().unwrap().total_ios, 256);
    }
    let o = outcome(&config("mq", &buffered("rw=read\nsize=1m")));
    let want = [
        (32, "RA", 1),
        (64, "RA", 1),
        (128, "RA", 1),
        (256, "RA", 1),
        (512, "RA", 5),
    ];
    assert_eq!(issued(dev(&o, "dm-0")), want);
}

#[test]
fn random_reads_read_what_is_asked_for() {
    let o = outcome(&config(
        "bio",
        &buffered("rw=randread\nsize=64m\nnumber_ios=100"),
    ));
    assert_eq!(dev(&o, "dm-0").bios, 100);
    assert_eq!(dev(&o, "dm-0").read.sectors, 800);
}

/// A job that keeps the device open for two seconds and leaves the cache alone.
const HOLD: &str = "[hold]\nfilename=/dev/mapper/mp\ndirect=1\nrw=read\noffset=32m\nbs=4k\n\
                    rate_iops=1\nnumber_ios=3\n";

#[test]
fn what_is_cached_is_not_read_again() {
    let again = |rest: &str| {
        let job = format!("rw=read\nsize=256k\nio_size=1m\n{rest}");
        let o = outcome(&config("bio", &format!("{HOLD}{}", buffered(&job))));
        assert_eq!(o.jobs[1].read.as_ref().unwrap().io_bytes, 1 << 20);
        dev(&o, "dm-0").read.sectors - 3 * 8
    };
    // 64 pages touch the window from page 60 on, and so start the next.
    let pass = (60 + 64 + 64) * 8;
    assert_eq!(again("invalidate=0"), pass);
    // What is being read when the cache is cleared is left, up to the next time.
    assert_eq!(again("invalidate=1"), 4 * pass - 2 * 64 * 8);
}

#[test]
fn the_last_close_empties_the_cache() {
    let o = outcome(&config(
        "bio",
        &buffered("rw=read\nsize=256k\nio_size=1m\ninvalidate=0"),
    ));
    assert_eq!(dev(&o, "dm-0").read.sectors, 4 * (60 + 64 + 64) * 8);
}

#[test]
fn two_readers_share_a_cache() {
    let o = outcome(&config("bio", &buffered("rw=read\nsize=1m\nnumjobs=2")));
    let pages = dev(&o, "dm-0").read.sectors / 8;
    assert!((256..=256 + 2 * 64).contains(&pages), "{pages}");
}

#[test]
fn the_device_ends_the_last_window() {
    let o = outcome(&config("bio", &buffered("rw=read\noffset=63m\nsize=1m")));
    assert_eq!(dev(&o, "dm-0").read.sectors, 2048);
    assert_eq!(o.jobs[0].error, 0);
}

#[test]
fn writes_wait_for_fsync_or_close() {
    for end in ["", "end_fsync=1\n", "fsync=16\n"] {
        for mode in ["bio", "mq"] {
            let o = outcome(&config(
                mode,
                &buffered(&format!("rw=write\nsize=256k\n{end}")),
            ));
            let d = dev(&o, "dm-0");
            assert_eq!((d.bios, d.write.sectors), (64, 512), "{mode} {end}");
            assert_eq!(d.flush.ios, 0);
        }
    }
}

#[test]
fn pages_written_twice_are_written_back_once() {
    let o = outcome(&config(
        "bio",
        &buffered("rw=write\nsize=64k\nio_size=256k"),
    ));
    assert_eq!(dev(&o, "dm-0").write.sectors, 4 * 128); // once a pass
    let job = buffered("rw=randwrite\nnorandommap\nsize=64k\nio_size=4m");
    let o = outcome(&config("bio", &job));
    assert_eq!(dev(&o, "dm-0").write.sectors, 128);
}

#[test]
fn a_part_of_a_page_is_read_before_it_is_written() {
    let job = buffered("rw=write\nbs=512\nsize=8k");
    let o = outcome(&config("bio", &job));
    let p0 = dev(&o, "p0");
    let p1 = dev(&o, "p1");
    assert_eq!(issued(p0), [(8, "R", 1), (8, "WS", 1)]);
    assert_eq!(issued(p1), [(8, "R", 1), (8, "WS", 1)]);
}

#[test]
fn a_file_system_writes_back_in_larger_bios() {
    let mut c = config("bio", &buffered("rw=write\nsize=256k\nend_fsync=1"));
    c.workload.writeback_bio_bytes = 64 << 10;
    let o = outcome(&c);
    assert_eq!(issued(dev(&o, "p0")), [(128, "WS", 2)]);
    assert_eq!(issued(dev(&o, "p1")), [(128, "WS", 2)]);
}

#[test]
fn libaio_without_direct_is_synchronous() {
    let job = |engine| {
        let job = buffered("rw=randrw\nsize=1m\nfsync=32\nrandseed=7");
        config("mq", &job.replace("psync", engine))
    };
    let (a, b) = (outcome(&job("psync")), outcome(&job("libaio\niodepth=8")));
    assert_eq!(dev(&a, "dm-0").write.sectors, dev(&b, "dm-0").write.sectors);
    assert_eq!(b.jobs[0].error, 0);
}

#[test]
fn dirty_pages_are_written_before_a_direct_read_and_dropped_by_a_direct_write() {
    let ios = |rest: &str| {
        let w = buffered("rw=write\nsize=256k");
        let then = buffered(&format!("size=256k\nstartdelay=1\n{rest}"));
        let o = outcome(&config("bio", &format!("{HOLD}{w}{then}")));
        let d = dev(&o, "dm-0");
        (d.write.ios, d.read.ios - 3)
    };
    assert_eq!(ios("rw=read\ndirect=1\ninvalidate=0"), (64, 64));
    assert_eq!(ios("rw=write\ndirect=1\ninvalidate=0"), (64 + 64, 0));
    assert_eq!(ios("rw=read\ninvalidate=0"), (64, 0));
    assert_eq!(ios("rw=read\ninvalidate=1").0, 64);
}

#[test]
fn fsync_flushes_a_write_cache_and_only_that() {
    for mode in ["bio", "mq"] {
        for scheduler in [SchedulerName::None, SchedulerName::MqDeadline] {
            for cache in [false, true] {
                for direct in [0, 1] {
                    let job = buffered("rw=write\nnumber_ios=40\nfsync=1")
                        .replace("direct=0", &format!("direct={direct}"));
                    let mut c = config(mode, &job);
                    c.maps[0].queue.scheduler = Some(scheduler);
                    for d in &mut c.devices {
                        d.queue.write_cache = Some(cache);
                        d.queue.scheduler = Some(scheduler);
                    }
                    let o = outcome(&c);
                    let case = format!("{mode} {scheduler:?} cache {cache} direct {direct}");
                    let flushes = paths(&o, |d| {
                        d.issued
                            .iter()
                            .filter(|i| i.rwbs == "FF")
                            .map(|i| i.count)
                            .sum()
                    });
                    assert_eq!(flushes, if cache { 39 } else { 0 }, "{case}");
                    assert_eq!(paths(&o, |d| d.write.sectors), 320, "{case}");
                    assert_eq!(o.jobs[0].error, 0, "{case}");
                }
            }
        }
    }
}

#[test]
fn flushes_beside_direct_writes_in_flight() {
    for mode in ["bio", "mq"] {
        let job = "[j]\nfilename=/dev/mapper/mp\nioengine=libaio\ndirect=1\nrw=randwrite\nbs=4k\n\
                   iodepth=32\nnumber_ios=400\nfdatasync=8\nnumjobs=2\n";
        let mut c = config(mode, job);
        for d in &mut c.devices {
            d.queue.write_cache = Some(true);
            d.queue.scheduler = None;
        }
        let o = outcome(&c);
        assert_eq!(dev(&o, "dm-0").write.sectors, 6400);
        let flushes: u64 = paths(&o, |d| {
            d.issued
                .iter()
                .filter(|i| i.rwbs == "FF")
                .map(|i| i.count)
                .sum()
        });
        assert!((1..=100).contains(&flushes), "{mode}: {flushes}");
    }
}

#[test]
fn synchronous_writes_go_through_to_the_medium() {
    for mode in ["bio", "mq"] {
        for direct in [0, 1] {
            let job = buffered("rw=write\nnumber_ios=10\nsync=dsync")
                .replace("direct=0", &format!("direct={direct}"));
            let mut c = config(mode, &job);
            for d in &mut c.devices {
                d.queue.write_cache = Some(true);
            }
            let o = outcome(&c);
            let flushes: u64 = paths(&o, |d| {
                d.issued
                    .iter()
                    .filter(|i| i.rwbs == "FF")
                    .map(|i| i.count)
                    .sum()
            });
            // A device without FUA needs a flush after each write; a buffered
            // write flushes by itself.
            assert_eq!(flushes, 10, "{mode} direct {direct}");
            assert_eq!(paths(&o, |d| d.write.sectors), 80);
        }
    }
}

/// A map without any path that is left: all I/O fails.
fn broken(job: &str) -> MachineConfig {
    let mut c = config("bio", job);
    c.maps[0].table = "0 131072 error".into();
    c
}

#[test]
fn reads_that_fail_are_tried_once_more_and_reported() {
    let o = outcome(&broken(&buffered("rw=read\nsize=64k")));
    assert_eq!(o.jobs[0].error, 5);
    assert_eq!(dev(&o, "dm-0").bios, 2); // the window, then the page alone
}

#[test]
fn write_errors_are_reported_by_fsync() {
    let o = outcome(&broken(&buffered("rw=write\nsize=64k\nend_fsync=1")));
    assert_eq!(o.jobs[0].error, 5);
    let o = outcome(&broken(&buffered("rw=write\nsize=64k")));
    assert_eq!(o.jobs[0].error, 0);
}

#[test]
fn a_discard_that_the_device_does_not_take_is_refused() {
    let job = buffered("rw=trim\nsize=64k").replace("direct=0", "direct=1");
    let o = outcome(&config("bio", &job));
    assert_eq!(o.jobs[0].error, 95);
}

#[test]
fn write_back_throttling_lets_sixteen_in() {
    let job = buffered("rw=write\nsize=512k\nend_fsync=1");
    let depth = |wbt: Option<u64>| {
        let mut c = config("bio", &job);
        for d in &mut c.devices {
            d.queue.wbt_lat_usec = wbt;
        }
        let o = outcome(&c);
        dev(&o, "p0").unplugs.clone()
    };
    assert_eq!(depth(None), [(16, 4)]);
    assert_eq!(depth(Some(0)), [(32, 2)]);
}

proptest! {
    #![proptest_config(ProptestConfig::default())]

    /// Whatever is written arrives, once, on any machine.
    #[test]
    fn all_that_is_written_arrives(
        mode in prop::sample::select(vec!["bio", "mq"]),
        engine in prop::sample::select(vec!["psync", "libaio\niodepth=16\niodepth_batch_submit=4"]),
        random in any::<bool>(),
        blocks in 1u64..200,
        bs in prop::sample::select(vec![4u64, 8, 64]),
        fsync in 0u32..20,
        cache in any::<bool>(),
        scheduler in prop::sample::select(vec![None, Some(SchedulerName::None)]),
        depth in prop::sample::select(vec![1u32, 2, 8, 64]),
        jobs in 1u64..4,
        cpus in 1u16..3,
        free in any::<bool>(),
        stored in 0u8..2,
    ) {
        let rw = if random { "randwrite" } else { "write" };
        let size = blocks * bs;
        let job = buffered(&format!(
            "rw={rw}\nsize={size}k\nfsync={fsync}\nnumjobs={jobs}\noffset_increment={size}k"
        ));
        let job = job.replace("psync", engine).replace("bs=4k", &format!("bs={bs}k"));
        let mut c = config(mode, &job);
        c.host.cpus = cpus;
        if free {
            c.host.profile = "none".into();
        }
        c.maps[0].queue.scheduler = scheduler;
        for d in &mut c.devices {
            d.queue.write_cache = Some(cache);
            d.queue.scheduler = scheduler;
            if let DeviceConfig::NullBlk(n) = &mut d.device {
                n.hw_queue_depth = depth;
                n.memory_backed = stored;
                n.completion_nsec = Ns::from_us(50);
            }
        }
        let fits = size * jobs <= 64 << 10;
        prop_assume!(fits);
        let o = run(&c, &RunOptions::default());
        prop_assert!(o.is_ok(), "{:?}", o.err());
        let o = o.unwrap();
        prop_assert_eq!(paths(&o, |d| d.write.sectors), size * 2 * jobs);
        prop_assert_eq!(dev(&o, "dm-0").write.sectors, size * 2 * jobs);
    }

    /// Jobs that get in each other's way end, and leave nothing behind.
    #[test]
    fn whatever_jobs_do_to_each_other(
        mode in prop::sample::select(vec!["bio", "mq"]),
        jobs in prop::collection::vec(
            (
                prop::sample::select(vec!["read", "write", "randread", "randwrite", "randrw", "rw"]),
                prop::sample::select(vec![
                    "psync", "libaio\niodepth=16", "libaio\niodepth=32\niodepth_batch_submit=8",
                    "io_uring\niodepth=4", "libaio\niodepth=4\nio_submit_mode=offload",
                ]),
                any::<bool>(),
                prop::sample::select(vec!["512", "4k", "6k", "64k"]),
                0u32..12,
                prop::sample::select(vec!["", "sync=dsync", "end_fsync=1", "invalidate=0", "io_size=2m"]),
                1u32..200,
            ),
            1..4,
        ),
        cache in any::<bool>(),
        scheduler in prop::sample::select(vec![None, Some(SchedulerName::None)]),
        depth in prop::sample::select(vec![1u32, 3, 64]),
        cpus in 1u16..4,
        free in any::<bool>(),
        stored in 0u8..2,
        bio in prop::sample::select(vec![4096u64, 65_536]),
    ) {
        let sections = jobs.iter().enumerate().map(|(i, (rw, engine, direct, bs, fsync, more, n))| {
            format!(
                "[j{i}]\nfilename=/dev/mapper/mp\nioengine={engine}\ndirect={}\nrw={rw}\nbs={bs}\n\
                 size=1m\nfdatasync={fsync}\nnumber_ios={n}\n{more}\n",
                u8::from(*direct)
            )
        });
        let mut c = config(mode, &sections.collect::<String>());
        c.host.cpus = cpus;
        c.workload.writeback_bio_bytes = bio;
        if free {
            c.host.profile = "none".into();
        }
        c.maps[0].queue.scheduler = scheduler;
        for d in &mut c.devices {
            d.queue.write_cache = Some(cache);
            d.queue.scheduler = scheduler;
            if let DeviceConfig::NullBlk(n) = &mut d.device {
                n.hw_queue_depth = depth;
                n.memory_backed = stored;
                n.completion_nsec = Ns::from_us(70);
            }
        }
        let o = run(&c, &RunOptions::default());
        prop_assert!(o.is_ok(), "{:?}", o.err());
        prop_assert_eq!(o.unwrap().jobs.iter().map(|j| j.error).max(), Some(0));
    }
}
