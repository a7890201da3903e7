//! Devices from the shelf.
//!
//! The two that are called `observed` are what the kernel observations in
//! `tests/ground-truth` were made with. Of the ports every figure is an assumption, a
//! round one for its kind: no port of a product was measured. What is behind them:
//! 12.8 and 6.8 Gbit/s are a 16GFC and an 8GFC link (InfoStor 2010, "16GFC standard
//! doubles Fibre Channel speed", table 1: 1600 and 800 MB/s; 8.5 Gbit/s with 8 bits of
//! 10); 6 ms is a seek of 3 ms and half a turn of 3 ms at 10000 turns a minute.

use super::raw::{RawDevice, RawNullBlk, RawPort, RawScsiDebug};

/// A device from the shelf: its name, what it stands for, and its fields.
pub struct Preset {
    /// The word that `preset` takes.
    pub name: &'static str,
    /// What it stands for.
    pub about: &'static str,
    fields: &'static str,
}

/// All devices from the shelf.
pub const PRESETS: &[Preset] = &[
    Preset {
        name: "observed-null-blk",
        about: "the null_blk device of the kernel observations, 4 ms a command",
        fields: r#"null_blk = { completion = "4ms", hw_queue_depth = 64, max_request = "1MiB" }"#,
    },
    Preset {
        name: "observed-scsi-debug",
        about: "the scsi_debug disk of the kernel observations, 4 ms a command",
        fields: r#"scsi_debug = { delay = "4ms", max_queue = 64, size = "64MiB" }"#,
    },
    Preset {
        name: "flash-array-port",
        about: "a 16 Gbit/s port of an all-flash array: 150 µs with a short tail",
        fields: r#"port = { latency = { kind = "log_normal", median = "150us", sigma = 0.4 },
                            per_request = "4us", bandwidth = "12.8Gbit", queue_depth = 64 }"#,
    },
    Preset {
        name: "nvme-of-port",
        about: "a 25 Gbit/s NVMe-oF port: 40 µs, deep queues",
        fields: r#"port = { latency = { kind = "log_normal", median = "40us", sigma = 0.3 },
                            per_request = "1us", bandwidth = "25Gbit", queue_depth = 1024 }"#,
    },
    Preset {
        name: "disk-array-port",
        about: "an 8 Gbit/s port of an array of disks: 6 ms, eight commands at a time",
        fields: r#"port = { latency = { kind = "gamma", mean = "6ms", shape = 3.0 }, slots = 8,
                            per_request = "50us", bandwidth = "6.8Gbit", queue_depth = 32 }"#,
    },
];

/// The device from the shelf that `name` stands for.
pub fn find(name: &str) -> Option<RawDevice> {
    let preset = PRESETS.iter().find(|preset| preset.name == name)?;
    toml::from_str(&format!(
        "name = \"\"\n{}",
        preset.fields.replace('\n', " ")
    ))
    .ok()
}

/// Declares how fields that are given replace those of a preset.
macro_rules! or_preset {
    ($type:ident: $($field:ident),* $(,)?) => {
        impl $type {
            /// What is given here, and `preset` where nothing is.
            pub(super) fn or(&self, preset: &Self) -> Self {
                $type { $($field: self.$field.clone().or_else(|| preset.$field.clone()),)* }
            }
        }
    };
}

or_preset!(RawNullBlk: completion, hw_queue_depth, submit_queues, max_request, size, blocksize,
    irqmode, queue_mode, memory_backed, discard, cache_size);
or_preset!(RawScsiDebug: size, delay, max_queue, queue_depth, timeout, retries, handler);
or_preset!(RawPort: size, latency, slots, per_request, bandwidth, queue_depth, media);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_preset_is_a_device() {
        for preset in PRESETS {
            let device = find(preset.name).unwrap_or_else(|| unreachable!("{}", preset.name));
            let kinds = [
                device.port.is_some(),
                device.null_blk.is_some(),
                device.scsi_debug.is_some(),
            ];
            assert_eq!(kinds.iter().filter(|kind| **kind).count(), 1);
        }
    }
}
