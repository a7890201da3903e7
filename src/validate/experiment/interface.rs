//! The computer on which the `interface` group was made: the same for all cases,
//! so that they do not describe it.

use super::HOST_PROFILE;
use crate::models::config::{MachineConfig, MapConfig, NamedDevice, QueueConfig};
use crate::models::device::{DeviceConfig, NullBlkConfig, ScsiDebugConfig};
use crate::models::host::HostConfig;
use crate::models::workload::WorkloadConfig;
use crate::sim::Ns;

/// MiB of a null_blk.
const NULL_BLK_MIB: u64 = 1024;
/// What a command of theirs takes.
const NULL_BLK_DELAY: Ns = Ns::from_ms(1);
/// Major number of device-mapper devices.
const DM_MAJOR: u32 = 254;

/// The maps that are there before in the stacking cases: dm-delay,
/// dm-linear, request-based and bio-based multipath.
const STACK: [(&str, &str); 4] = [
    ("delay", "0 2097152 delay 253:2 0 5"),
    ("linear", "0 2097152 linear 253:3 0"),
    (
        "mpmq",
        "0 2097152 multipath 2 queue_mode mq 0 1 1 round-robin 0 1 1 253:0 1",
    ),
    (
        "mpbio",
        "0 2097152 multipath 2 queue_mode bio 0 1 1 round-robin 0 1 1 253:1 1",
    ),
];

/// The computer of case `id`, with `table` on the device under test, the last
/// map, which is called `name`.
pub fn computer(id: &str, name: &str, table: &str) -> MachineConfig {
    let stack: &[(&str, &str)] = if id.starts_with("k-") { &STACK } else { &[] };
    let maps = stack.iter().copied().chain([(name, table)]);
    MachineConfig {
        host: HostConfig {
            profile: HOST_PROFILE.to_owned(),
            ..HostConfig::default()
        },
        devices: leaf_devices(),
        maps: (0..)
            .zip(maps)
            .map(|(minor, (name, table))| MapConfig {
                name: name.to_owned(),
                devno: (DM_MAJOR, minor),
                table: table.to_owned(),
                queue: QueueConfig::default(),
            })
            .collect(),
        ..MachineConfig::default()
    }
}

/// What a shell does to read the first `bytes` of `/dev/mapper/NAME`, 4 KiB at
/// a time: a job of fio's that gives no advice.
pub fn read(name: &str, bytes: u64) -> WorkloadConfig {
    let block = bytes.min(4096);
    WorkloadConfig {
        fio_job: format!(
            "[read]\nfilename=/dev/mapper/{name}\nrw=read\nioengine=psync\ndirect=0\n\
             bs={block}\nsize={bytes}\nfadvise_hint=0\ninvalidate=0\n"
        ),
        ..WorkloadConfig::default()
    }
}

/// p0 to p3; p4, half as large; p5, bio-based; sda and sdb, two ALUA paths to
/// the same LUN.
fn leaf_devices() -> Vec<NamedDevice> {
    let null_blk = |minor: u32, size, queue_mode| {
        let config = NullBlkConfig {
            size,
            queue_mode,
            irqmode: 2,
            completion_nsec: NULL_BLK_DELAY,
            ..NullBlkConfig::default()
        };
        (
            format!("p{minor}"),
            (253, minor),
            DeviceConfig::NullBlk(config),
        )
    };
    let disk = |name: &str, minor| {
        let config = ScsiDebugConfig {
            dev_size_mb: 64,
            handler: Some("alua".into()),
            ..ScsiDebugConfig::default()
        };
        (name.to_owned(), (8, minor), DeviceConfig::ScsiDebug(config))
    };
    let usual = (0..4).map(|minor| null_blk(minor, NULL_BLK_MIB, 2));
    usual
        .chain([
            null_blk(4, NULL_BLK_MIB / 2, 2),
            null_blk(5, NULL_BLK_MIB, 0),
            disk("sda", 0),
            disk("sdb", 16),
        ])
        .map(|(name, devno, device)| NamedDevice {
            name,
            devno,
            device,
            queue: QueueConfig::default(),
        })
        .collect()
}
