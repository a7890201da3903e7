//! Leaf devices: one kind each, names once, numbers given out.

use super::Checker;
use crate::models::config::QueueConfig;
use crate::models::device::{DeviceConfig, NullBlkConfig, ScsiDebugConfig};
use crate::models::san::SanConfig;
use crate::scenario::Device;
use crate::scenario::at::At;
use crate::scenario::error::did_you_mean;
use crate::scenario::preset::{self, PRESETS};
use crate::scenario::raw::{RawDevice, RawMedia, RawNullBlk, RawScsiDebug};
use crate::scenario::units::{Bytes, Int};
use crate::sim::Ns;

/// Bytes in a MiB.
pub(super) const MIB: u64 = 1 << 20;
/// Major number of all leaf devices that are not SCSI disks.
const MAJOR: u32 = 253;

impl Checker<'_> {
    pub(super) fn devices(
        &mut self,
        raw: &[At<RawDevice>],
        media: &[RawMedia],
        san: &SanConfig,
    ) -> Vec<Device> {
        let mut devices: Vec<Device> = Vec::new();
        for entry in raw {
            let Some((kind, bytes)) = self.kind(entry, media, san) else {
                continue;
            };
            for name in entry.name.iter() {
                self.device_name(entry, name, &devices);
                self.own_path(entry, &kind, &devices);
                devices.push(Device {
                    name: name.into(),
                    devno: number(name, &devices),
                    sectors: bytes / 512,
                    kind: kind.clone(),
                    queue: QueueConfig::from(&entry.queue),
                });
            }
        }
        devices
    }

    fn device_name(&mut self, entry: &At<RawDevice>, name: &str, before: &[Device]) {
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
        if name.is_empty() || !name.chars().all(plain) {
            let message = format!("`{name}` is not a kernel name");
            self.wrong(
                &entry.name,
                message,
                "use letters and digits, as in `sda` or `p0`",
            );
        }
        if before.iter().any(|device| device.name == name) {
            let message = format!("a device `{name}` stands above already");
            self.wrong(&entry.name, message, "give each device a name of its own");
        }
    }

    /// A LUN has one disk at most for each pair of ports. More of them share what they
    /// go through, and are no paths that a computer has.
    fn own_path(&mut self, entry: &At<RawDevice>, kind: &DeviceConfig, before: &[Device]) {
        let DeviceConfig::Lun(lun) = kind else { return };
        let is_same = |device: &&Device| match &device.kind {
            DeviceConfig::Lun(other) => {
                (&other.initiator, &other.target, &other.lun)
                    == (&lun.initiator, &lun.target, &lun.lun)
            }
            _ => false,
        };
        if let Some(same) = before.iter().find(is_same) {
            let what = format!(
                "the same LUN through the same ports as `{}`: a computer has one disk for it",
                same.name
            );
            self.warn(&entry.name, what);
        }
    }

    /// The kind of an entry and its capacity in bytes.
    fn kind(
        &mut self,
        entry: &At<RawDevice>,
        media: &[RawMedia],
        san: &SanConfig,
    ) -> Option<(DeviceConfig, u64)> {
        if let Some(lun) = &entry.lun {
            let others = [
                entry.preset.is_some(),
                entry.port.is_some(),
                entry.null_blk.is_some(),
                entry.scsi_debug.is_some(),
            ];
            if !others.contains(&true) {
                return self.lun(entry, lun, san);
            }
            return self.unclear(entry);
        }
        let shelf = match &entry.preset {
            None => None,
            Some(name) => match preset::find(name) {
                Some(device) => Some(device),
                None => {
                    let hint = did_you_mean(name, PRESETS.iter().map(|preset| preset.name));
                    self.wrong(name, format!("there is no preset `{}`", **name), hint);
                    return None;
                }
            },
        };
        let shelf = shelf.as_ref();
        let port = shelf.and_then(|device| device.port.as_ref());
        let null_blk = shelf.and_then(|device| device.null_blk.as_ref());
        let scsi_debug = shelf.and_then(|device| device.scsi_debug.as_ref());
        let given = (&entry.port, &entry.null_blk, &entry.scsi_debug);
        match (given, port, null_blk, scsi_debug) {
            ((given, None, None), Some(port), _, _) => {
                let fields = given.as_ref().map_or(port.clone(), |given| given.or(port));
                Some(self.port(&fields, media))
            }
            ((None, given, None), _, Some(null_blk), _) => {
                let fields = given
                    .as_ref()
                    .map_or(null_blk.clone(), |given| given.or(null_blk));
                Some(self.null_blk(&fields))
            }
            ((None, None, given), _, _, Some(disk)) => {
                let fields = given.as_ref().map_or(disk.clone(), |given| given.or(disk));
                Some(self.scsi_debug(&fields))
            }
            ((Some(port), None, None), None, None, None) => Some(self.port(port, media)),
            ((None, Some(null_blk), None), None, None, None) => Some(self.null_blk(null_blk)),
            ((None, None, Some(disk)), None, None, None) => Some(self.scsi_debug(disk)),
            _ => self.unclear(entry),
        }
    }

    fn unclear<T>(&mut self, entry: &At<RawDevice>) -> Option<T> {
        let message = "it is not clear what this device is";
        let hint = "give exactly one of `port`, `null_blk`, `scsi_debug` and `lun`, or a `preset` of that kind";
        self.wrong(&entry.name, message, hint);
        None
    }

    fn null_blk(&mut self, raw: &RawNullBlk) -> (DeviceConfig, u64) {
        let default = NullBlkConfig::default();
        if let Some(mode) = &raw.queue_mode
            && mode.0 == 1
        {
            self.wrong(
                mode,
                "null_blk has no queue_mode 1",
                "2 = blk-mq, 0 = bio-based",
            );
        }
        if let Some(size) = &raw.blocksize
            && !size.0.is_power_of_two()
        {
            self.wrong(
                size,
                "a block is a power of two",
                "512B, 1024B, 2048B or 4096B",
            );
        }
        let size = self.whole_mib(raw.size.as_ref(), 1024);
        let config = NullBlkConfig {
            size,
            blocksize: raw
                .blocksize
                .as_ref()
                .map_or(default.blocksize, |size| size.0 as u32),
            queue_mode: raw
                .queue_mode
                .as_ref()
                .map_or(default.queue_mode, |mode| mode.get() as u8),
            irqmode: raw.irqmode.map_or(2, |mode| mode.get() as u8),
            completion_nsec: raw
                .completion
                .map_or(default.completion_nsec, |time| Ns(time.0)),
            submit_queues: raw.submit_queues.map_or(default.submit_queues, Int::get32),
            poll_queues: 0,
            hw_queue_depth: raw
                .hw_queue_depth
                .map_or(default.hw_queue_depth, Int::get32),
            max_sectors: raw
                .max_request
                .as_ref()
                .map_or(0, |size| (size.0 / 512) as u32),
            memory_backed: u8::from(raw.memory_backed.unwrap_or(false)),
            discard: u8::from(raw.discard.unwrap_or(false)),
            cache_size: match &raw.cache_size {
                None => 0,
                size => self.whole_mib(size.as_ref(), 0),
            },
        };
        (DeviceConfig::NullBlk(config), size * MIB)
    }

    fn scsi_debug(&mut self, raw: &RawScsiDebug) -> (DeviceConfig, u64) {
        let default = ScsiDebugConfig::default();
        let size = self.whole_mib(raw.size.as_ref(), 64);
        let config = ScsiDebugConfig {
            dev_size_mb: size,
            ndelay: raw.delay.map_or(default.ndelay, |time| Ns(time.0)),
            max_queue: raw.max_queue.map_or(default.max_queue, Int::get32),
            queue_depth: raw.queue_depth.map(Int::get32),
            timeout: raw.timeout.map_or(default.timeout, |time| Ns(time.0)),
            retries: raw.retries.map_or(default.retries, Int::get32),
            handler: raw.handler.clone(),
        };
        (DeviceConfig::ScsiDebug(config), size * MIB)
    }

    /// A size in MiB.
    pub(super) fn whole_mib<const MIN: u64, const MAX: u64>(
        &mut self,
        size: Option<&At<Bytes<MIN, MAX>>>,
        default: u64,
    ) -> u64 {
        let Some(size) = size else { return default };
        if size.0 % MIB != 0 {
            self.wrong(
                size,
                "the kernel counts this size in whole MiB",
                "write for instance \"64MiB\"",
            );
        }
        size.0 / MIB
    }
}

/// The number of a new device `name`.
fn number(name: &str, before: &[Device]) -> (u32, u32) {
    if let Some(index) = disk_index(name) {
        return sd_number(index);
    }
    let others = before.iter().filter(|device| device.devno.0 == MAJOR);
    (MAJOR, others.count() as u32)
}

/// 0 for `sda`, 25 for `sdz`, 26 for `sdaa` (`sd.c:sd_format_disk_name`, 6.1).
fn disk_index(name: &str) -> Option<u32> {
    let letters = name.strip_prefix("sd")?.as_bytes();
    if !(1..=4).contains(&letters.len()) || !letters.iter().all(u8::is_ascii_lowercase) {
        return None;
    }
    let after = |number: u32, letter: &u8| 26 * number + u32::from(letter - b'a') + 1;
    Some(letters.iter().fold(0, after) - 1)
}

/// Sixteen minors a disk, sixteen disks a major, and after sixteen majors the first
/// one again, with minors from 256 on (`sd.c:sd_major`, `sd_probe`, 6.1).
fn sd_number(index: u32) -> (u32, u32) {
    let major = match index >> 4 & 0xf {
        0 => 8,
        nth @ 1..=7 => 65 + nth - 1,
        nth => 128 + nth - 8,
    };
    (major, (index & 0xf) << 4 | index & 0xf_ff00)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn disks_have_the_numbers_that_sd_gives() {
        let told = ["sda", "sdp", "sdq", "sdaa", "sddx", "sddy", "sdiv", "sdiw"];
        let want = [
            (8, 0),
            (8, 240),
            (65, 0),
            (65, 160),
            (71, 240),
            (128, 0),
            (135, 240),
            (8, 256),
        ];
        assert_eq!(told.map(|name| number(name, &[])), want);
        assert_eq!(["sd", "sdA", "sd1", "xda"].map(disk_index), [None; 4]);
    }
}
