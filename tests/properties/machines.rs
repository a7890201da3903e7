//! Random machines and what runs on them.

use mpathsim::models::config::{MachineConfig, MapConfig, NamedDevice, QueueConfig, SchedulerName};
use mpathsim::models::device::port::{MediaConfig, PortConfig};
use mpathsim::models::device::{DeviceConfig, NullBlkConfig, ScsiDebugConfig};
use mpathsim::models::host::HostConfig;
use mpathsim::models::io::{Flags, Op};
use mpathsim::models::workload::WorkloadConfig;
use mpathsim::models::workload::script::{Script, ScriptBio, ScriptStep};
use mpathsim::sim::Ns;
use mpathsim::sim::dist::Distribution;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

/// Sectors of every device.
const SECTORS: u64 = 64 * 2048;

fn scheduler() -> impl Strategy<Value = Option<SchedulerName>> {
    select(vec![
        None,
        Some(SchedulerName::None),
        Some(SchedulerName::MqDeadline),
        Some(SchedulerName::Kyber),
        Some(SchedulerName::Bfq),
    ])
}

fn queue() -> impl Strategy<Value = QueueConfig> {
    (
        scheduler(),
        option::of(1u32..256),
        option::of(select(vec![4, 64, 127, 512, 1280])),
        option::of(0u8..=2),
        any::<(bool, bool)>(),
    )
        .prop_map(
            |(scheduler, nr_requests, max_sectors_kb, nomerges, (before, front))| QueueConfig {
                scheduler,
                nr_requests,
                max_sectors_kb,
                limits_before_maps: before,
                nomerges,
                front_merges: Some(front),
                ..QueueConfig::default()
            },
        )
}

fn latency() -> impl Strategy<Value = Ns> {
    prop_oneof![Just(Ns::ZERO), (1u64..2_000_000).prop_map(Ns)]
}

fn null_blk() -> impl Strategy<Value = DeviceConfig> {
    (
        latency(),
        0u8..=2,
        1u32..=64,
        1u32..=2,
        any::<(bool, bool)>(),
    )
        .prop_map(
            |(completion_nsec, irqmode, hw_queue_depth, submit_queues, (cached, large))| {
                DeviceConfig::NullBlk(NullBlkConfig {
                    size: SECTORS / 2048,
                    completion_nsec,
                    irqmode,
                    hw_queue_depth,
                    submit_queues,
                    max_sectors: if large { 2560 } else { 0 },
                    memory_backed: u8::from(cached),
                    discard: 1,
                    cache_size: u64::from(cached),
                    ..NullBlkConfig::default()
                })
            },
        )
}

fn scsi() -> impl Strategy<Value = DeviceConfig> {
    (latency(), 1u32..=64, option::of(1u32..=64)).prop_map(|(ndelay, max_queue, queue_depth)| {
        DeviceConfig::ScsiDebug(ScsiDebugConfig {
            dev_size_mb: SECTORS / 2048,
            ndelay,
            max_queue,
            queue_depth,
            ..ScsiDebugConfig::default()
        })
    })
}

/// A port of the array, some in front of the media `m`.
fn port() -> impl Strategy<Value = DeviceConfig> {
    (latency(), 0u32..4, latency(), 1u32..=64, any::<bool>()).prop_map(
        |(latency, slots, per_request, queue_depth, cached)| {
            DeviceConfig::ArrayPort(PortConfig {
                size: SECTORS / 2048,
                latency: Distribution::Constant(latency),
                slots,
                per_request: Ns(per_request.0 / 50),
                queue_depth,
                media: (!cached).then(|| "m".into()),
                ..PortConfig::default()
            })
        },
    )
}

fn media() -> MediaConfig {
    MediaConfig {
        name: "m".into(),
        slots: 2,
        service: Distribution::Constant(Ns::from_us(300)),
        ..MediaConfig::default()
    }
}

fn devices() -> impl Strategy<Value = Vec<NamedDevice>> {
    let device = prop_oneof![3 => null_blk(), 1 => scsi(), 1 => port()];
    prop::collection::vec((device, queue()), 1..=4).prop_map(|list| {
        let named = list.into_iter().enumerate();
        named
            .map(|(n, (device, queue))| NamedDevice {
                name: format!("p{n}"),
                devno: (251, n as u32),
                device,
                queue,
            })
            .collect()
    })
}

/// A group of paths, selector first; the paths are called `p0` or, with a map
/// over each of them, `on0` and so on.
fn group(selector: usize, path: &str, range: std::ops::Range<usize>) -> String {
    let paths = range.len();
    let with = |args: &dyn Fn(usize) -> String| {
        let list = range.clone().map(|n| format!(" {path}{n} {}", args(n)));
        list.collect::<String>()
    };
    let bare = || with(&|_| String::new());
    match selector {
        0 => format!("round-robin 0 {paths} 0{}", bare()),
        1 => format!("queue-length 0 {paths} 1{}", with(&|_| "1".into())),
        2 => format!("service-time 0 {paths} 0{}", bare()),
        3 => format!("service-time 0 {paths} 2{}", with(&|n| format!("1 {n}"))),
        4 => format!("historical-service-time 0 {paths} 0{}", bare()),
        5 => format!(
            "io-affinity 0 {paths} 1{}",
            with(&|n| format!("{:x}", 1 << n))
        ),
        6 => format!("nvme-numa 0 {paths} 0{}", bare()),
        7 => format!("nvme-round-robin 0 {paths} 0{}", bare()),
        _ => format!("nvme-queue-depth 0 {paths} 0{}", bare()),
    }
}

fn host() -> impl Strategy<Value = HostConfig> {
    (1u16..=4, any::<(bool, bool)>()).prop_map(|(cpus, (lab, tracing))| HostConfig {
        cpus,
        profile: if lab { "lab" } else { "none" }.into(),
        tracing,
        ..HostConfig::default()
    })
}

/// What is said to a map of that many paths and groups before the start: no
/// path is left without another.
fn message(choice: usize, path: &str, paths: usize, groups: usize) -> Option<String> {
    match choice {
        0 if paths > 1 => Some(format!("fail_path {path}1")),
        1 if groups > 1 => Some("switch_group 2".into()),
        2 if groups > 1 => Some("disable_group 1".into()),
        _ => None,
    }
}

/// A machine without an application: 1 to 4 paths in one or two groups of one
/// map `mp`.
pub fn machine() -> impl Strategy<Value = MachineConfig> {
    let map = (0usize..9, any::<bool>(), any::<bool>(), 0usize..8);
    (devices(), queue(), map, 0u32..12, host()).prop_map(
        |(devices, queue, (selector, bio, two, said), below, mut host)| {
            let paths = devices.len();
            if selector == 5 {
                host.cpus = host.cpus.max(paths as u16); // every path needs a CPU
            }
            let features = if bio { "2 queue_mode bio" } else { "0" };
            // Something below the paths: a map that delays by 0 or 1 ms, or none.
            let stacked = bio && below < 2;
            let path = if stacked { "/dev/mapper/on" } else { "/dev/p" };
            let mut maps: Vec<MapConfig> = (0..if stacked { paths } else { 0 })
                .map(|n| MapConfig {
                    name: format!("on{n}"),
                    devno: (252, 1 + n as u32),
                    table: format!("0 {SECTORS} delay /dev/p{n} 0 {below}"),
                    queue: QueueConfig::default(),
                })
                .collect();
            let groups = if two && paths > 1 {
                let (first, second) =
                    (group(selector, path, 0..1), group(selector, path, 1..paths));
                format!("2 1 {first} {second}")
            } else {
                format!("1 1 {}", group(selector, path, 0..paths))
            };
            maps.push(MapConfig {
                name: "mp".into(),
                devno: (252, 0),
                table: format!("0 {SECTORS} multipath {features} 0 {groups}"),
                queue,
            });
            let message = message(said, path, paths, if two && paths > 1 { 2 } else { 1 });
            MachineConfig {
                seed: 1,
                host,
                devices,
                media: vec![media()],
                maps,
                workload: WorkloadConfig::default(),
                messages_before_start: message.into_iter().map(|m| ("mp".into(), m)).collect(),
                ..MachineConfig::default()
            }
        },
    )
}

/// A section of a job file.
fn job() -> impl Strategy<Value = String> {
    (
        select(vec![
            "read",
            "write",
            "rw",
            "randread",
            "randwrite",
            "randrw",
            "trim",
        ]),
        select(vec!["512", "4k", "12k", "64k", "256k"]),
        select(vec!["libaio", "libaio", "psync"]),
        1u32..=64,
        (1u32..=64, 1u32..=16),
        1u32..=4,
        (1u64..=150, 0u8..8),
        select(vec!["", "thinktime=300\n", "rate_iops=20000\n", "sync=1\n"]),
    )
        .prop_map(
            |(rw, bs, engine, depth, (batch, min), jobs, (ios, on_path), more)| {
                let (name, file) = if on_path == 0 {
                    ("path", "/dev/p0")
                } else {
                    ("map", "/dev/mapper/mp")
                };
                let (batch, min) = (batch.min(depth), min.min(depth));
                format!(
                    "[{name}]\nfilename={file}\nrw={rw}\nbs={bs}\nioengine={engine}\ndirect=1\n\
                     iodepth={depth}\niodepth_batch={batch}\niodepth_batch_complete_min={min}\n\
                     numjobs={jobs}\nsize=16m\nnumber_ios={ios}\n{more}"
                )
            },
        )
}

/// A machine with one or two fio jobs.
pub fn with_fio() -> impl Strategy<Value = MachineConfig> {
    (machine(), prop::collection::vec(job(), 1..=2)).prop_map(|(mut machine, jobs)| {
        machine.workload.fio_job = jobs.concat();
        machine
    })
}

fn bio() -> impl Strategy<Value = ScriptBio> {
    let op = select(vec![Op::Read, Op::Write, Op::Write, Op::Discard]);
    let sector = prop_oneof![3 => (0u64..64).prop_map(|n| 8 * n), 1 => 0..SECTORS - 8192];
    let flags = select(vec![
        Flags::default(),
        Flags::default(),
        Flags::SYNC,
        Flags::NOMERGE,
        Flags::FUA,
        Flags::PREFLUSH,
        Flags::PREFLUSH.with(Flags::FUA),
    ]);
    (op, sector, 0u32..=512, 1u16..=128, flags).prop_map(|(op, sector, pages, segs, flags)| {
        if pages == 0 {
            let empty = ScriptBio::new(Op::Write, 0, 0);
            return ScriptBio {
                flags: Flags::PREFLUSH,
                ..empty
            };
        }
        let pages = if pages > 400 { pages } else { 1 + pages % 4 };
        let flags = if op == Op::Write {
            flags
        } else {
            Flags::default()
        };
        let whole = ScriptBio::new(op, sector, 8 * pages);
        ScriptBio {
            segs: if op == Op::Discard {
                1
            } else {
                segs.min(pages as u16)
            },
            flags,
            ..whole
        }
    })
}

fn step() -> impl Strategy<Value = ScriptStep> {
    prop_oneof![
        2 => Just(ScriptStep::StartPlug),
        2 => Just(ScriptStep::FinishPlug),
        20 => bio().prop_map(ScriptStep::Bio),
        2 => (0u64..3_000_000).prop_map(|ns| ScriptStep::Sleep(Ns(ns))),
        1 => (0u64..3_000_000).prop_map(|ns| ScriptStep::Until(Ns(ns))),
        1 => Just(ScriptStep::Wait),
    ]
}

/// A machine with one to three scripted tasks.
pub fn with_scripts() -> impl Strategy<Value = MachineConfig> {
    let script = (
        prop::collection::vec(step(), 1..120),
        any::<u8>(),
        any::<u8>(),
    );
    (machine(), prop::collection::vec(script, 1..=3)).prop_map(|(mut machine, scripts)| {
        let cpus = machine.host.cpus as u8;
        let scripts = scripts.into_iter().enumerate();
        machine.workload.scripts = scripts
            .map(|(n, (steps, cpu, device))| Script {
                name: format!("script{n}"),
                device: if device % 8 == 0 {
                    "/dev/p0"
                } else {
                    "/dev/mapper/mp"
                }
                .into(),
                cpu: Some(cpu % cpus),
                steps,
            })
            .collect();
        machine
    })
}
