//! How fast the simulator is: I/Os of the application a second, on one core, with
//! full statistics. A second of wall time, and of CPU time: on a machine that
//! does something else besides, only the latter says anything.
//!
//! `cargo bench --bench throughput`, or with `-- N` for N million I/Os each,
//! and with `-- N WORDS` for those measurements only whose name has the words.
//! Peak resident size is that of the process so far.

use std::time::Instant;

use mpathsim::models::config::{MachineConfig, MapConfig, NamedDevice, QueueConfig, SchedulerName};
use mpathsim::models::device::{DeviceConfig, NullBlkConfig};
use mpathsim::models::fault::{Action, TimedAction};
use mpathsim::models::host::HostConfig;
use mpathsim::models::workload::WorkloadConfig;
use mpathsim::run::{RunOptions, run};
use mpathsim::sim::Ns;

/// Scheduler none on the paths and, in request mode, on the map: what fast
/// devices with several hardware queues get.
fn no_scheduler() -> QueueConfig {
    QueueConfig {
        scheduler: Some(SchedulerName::None),
        ..QueueConfig::default()
    }
}

fn path(i: u32, us: u64) -> NamedDevice {
    NamedDevice {
        name: format!("p{i}"),
        devno: (253, i),
        device: DeviceConfig::NullBlk(NullBlkConfig {
            irqmode: 2,
            completion_nsec: Ns::from_us(us),
            max_sectors: 2048,
            size: 65_536,
            ..NullBlkConfig::default()
        }),
        queue: no_scheduler(),
    }
}

fn machine(profile: &str, mode: &str, selector: &str, paths: &[u64], job: &str) -> MachineConfig {
    let words: String = (0..paths.len()).map(|i| format!(" p{i} 1")).collect();
    let n = paths.len();
    MachineConfig {
        host: HostConfig {
            profile: profile.into(),
            ..HostConfig::default()
        },
        devices: (0..).zip(paths).map(|(i, &us)| path(i, us)).collect(),
        maps: vec![MapConfig {
            name: "mp".into(),
            devno: (254, 0),
            table: format!(
                "0 134217728 multipath 2 queue_mode {mode} 0 1 1 {selector} 0 {n} 1{words}"
            ),
            queue: no_scheduler(),
        }],
        workload: WorkloadConfig {
            fio_job: job.into(),
            ..WorkloadConfig::default()
        },
        ..MachineConfig::default()
    }
}

/// Faults for every command to be checked against: bad blocks in the last sixteenth
/// of every path, and a path that fails and comes back ten times a second.
fn armed(mut config: MachineConfig) -> MachineConfig {
    let sectors = 65_536 * 2048;
    let bad = config.devices.iter().map(|d| TimedAction {
        at: Ns::ZERO,
        action: Action::BadBlocks {
            device: d.name.clone(),
            set: true,
            first_sector: sectors - sectors / 16,
            last_sector: sectors - 1,
        },
    });
    let turns = (0..20).map(|n| TimedAction {
        at: Ns::from_ms(50 * (n + 1)),
        action: Action::Message {
            map: "mp".into(),
            text: match n % 2 {
                0 => "fail_path p1".into(),
                _ => "reinstate_path p1".into(),
            },
        },
    });
    config.actions = bad.chain(turns).collect();
    config
}

fn job(rw: &str, options: &str, ios: u64) -> String {
    format!(
        "[j]\nfilename=/dev/mapper/mp\nioengine=libaio\ndirect=1\nbs=4k\nthread\nrw={rw}\n\
         number_ios={ios}\nio_size=100000g\n{options}"
    )
}

/// Peak resident size in MiB, where the system tells.
fn peak_mib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|l| l.starts_with("VmHWM"));
    let kib = line.and_then(|l| l.split_whitespace().nth(1)?.parse::<u64>().ok());
    kib.unwrap_or(0) / 1024
}

/// Seconds of CPU time that this process has taken so far, where the system tells.
fn cpu_seconds() -> Option<f64> {
    let stat = std::fs::read_to_string("/proc/self/schedstat").ok()?;
    let ns: f64 = stat.split_whitespace().next()?.parse().ok()?;
    Some(ns / 1e9)
}

fn measure(name: &str, ios: u64, config: &MachineConfig) {
    if !name.contains(&words()) {
        return;
    }
    let (began, cpu) = (Instant::now(), cpu_seconds());
    let outcome = match run(config, &RunOptions::default()) {
        Ok(outcome) => outcome,
        Err(why) => return println!("{name}: {why}"),
    };
    let took = began.elapsed().as_secs_f64();
    let on_cpu = cpu.zip(cpu_seconds()).map_or(took, |(from, to)| to - from);
    println!(
        "{name:<58} {:>6.2} M I/Os/s  {:>6.2} M I/Os/CPU s  {:>6.2} M events/s  peak {} MiB",
        ios as f64 / took / 1e6,
        ios as f64 / on_cpu / 1e6,
        outcome.events as f64 / took / 1e6,
        peak_mib(),
    );
}

/// The arguments that are neither a number nor an option, as one text.
fn words() -> String {
    let is_word = |a: &String| !a.starts_with('-') && a.parse::<f64>().is_err();
    let words: Vec<String> = std::env::args().skip(1).filter(is_word).collect();
    words.join(" ")
}

fn main() {
    let millions = std::env::args().find_map(|a| a.parse::<f64>().ok());
    let ios = (millions.unwrap_or(5.0) * 1e6) as u64;
    let plug = "iodepth=32\niodepth_batch_submit=32\niodepth_batch_complete_min=32\n";
    let seq = job("write", plug, ios);
    let random = job("randread", "iodepth=64\nnorandommap\n", ios);
    let unequal = [100, 200, 400, 800];
    let m = |profile, mode, selector, paths: &[u64], job: &str| {
        machine(profile, mode, selector, paths, job)
    };
    measure(
        "sequential 4 KiB, plugs of 32, request mode",
        ios,
        &m("none", "mq", "round-robin", &[100, 100], &seq),
    );
    measure(
        "random 4 KiB, 4 unequal paths, service-time, request mode",
        ios,
        &m("none", "mq", "service-time", &unequal, &random),
    );
    measure(
        "random 4 KiB, 4 unequal paths, service-time, bio mode",
        ios,
        &m("none", "bio", "service-time", &unequal, &random),
    );
    measure(
        "the same in bio mode, profile lab",
        ios,
        &m("lab", "bio", "service-time", &unequal, &random),
    );
    // All but the last sixteenth is read.
    let good = format!("{random}size=60g\n");
    measure(
        "the same in bio mode, profile lab, faults armed",
        ios,
        &armed(m("lab", "bio", "service-time", &unequal, &good)),
    );
    measure(
        "the same in request mode, profile lab",
        ios,
        &m("lab", "mq", "service-time", &unequal, &random),
    );
}
