//! `[[device]]`: the end of a path on the host.

use std::fmt;

use schemars::JsonSchema;
use serde::de::{SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::{RawDistribution, RawQueue};
use crate::models::device::scsi::{HandlerConfig, LunDiskConfig};
use crate::scenario::at::At;
use crate::scenario::units::{Bytes, Int, Rate, Time};

/// Longest time a device may take.
const HOUR: u64 = 3_600_000_000_000;

/// One leaf device, or several alike. Give one of `port`, `null_blk`,
/// `scsi_debug` and `lun`, or a `preset` that stands for one; fields beside a preset
/// replace the preset's.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Device")]
pub struct RawDevice {
    /// Kernel name, or a list of names: as many equal devices. `sda` is 8:0,
    /// `sdb` 8:16 and so on; all others are numbered 253:0, 253:1, … in order.
    pub name: At<Names>,
    /// A device from the shelf; see `docs/scenario.md`.
    pub preset: Option<At<String>>,
    /// A port of a storage array.
    pub port: Option<RawPort>,
    /// The kernel's null_blk: every command takes the same time.
    pub null_blk: Option<RawNullBlk>,
    /// The kernel's scsi_debug disk.
    pub scsi_debug: Option<RawScsiDebug>,
    /// A LUN of an array, across the storage network.
    pub lun: Option<LunDiskConfig>,
    /// Settings of its request queue.
    #[serde(default)]
    pub queue: RawQueue,
}

/// One name, or a list of names.
#[derive(Clone, Debug, JsonSchema)]
#[schemars(untagged)]
pub enum Names {
    /// One device.
    One(String),
    /// Several devices alike.
    Many(Vec<String>),
}

impl Names {
    /// All names.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        let names = match self {
            Names::One(name) => std::slice::from_ref(name),
            Names::Many(names) => names.as_slice(),
        };
        names.iter().map(String::as_str)
    }
}

impl<'de> Deserialize<'de> for Names {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct OneOrMany;
        impl<'de> Visitor<'de> for OneOrMany {
            type Value = Names;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a name such as \"sda\" or a list of names")
            }
            fn visit_str<E>(self, name: &str) -> Result<Names, E> {
                Ok(Names::One(name.into()))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Names, A::Error> {
                let mut names = Vec::new();
                while let Some(name) = seq.next_element()? {
                    names.push(name);
                }
                Ok(Names::Many(names))
            }
        }
        deserializer.deserialize_any(OneOrMany)
    }
}

/// null_blk's configfs attributes, with one timer a command (`irqmode` 2)
/// unless `irqmode` says otherwise.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "NullBlk")]
pub struct RawNullBlk {
    /// How long a command takes. Default: `"10us"`.
    pub completion: Option<Time<0, HOUR>>,
    /// Tags of a hardware queue. Default: 64.
    pub hw_queue_depth: Option<Int<1, 10240>>,
    /// Hardware queues. Default: 1.
    pub submit_queues: Option<Int<1, 255>>,
    /// Hard limit of a request's size. Default: 255 sectors of 512 B.
    pub max_request: Option<At<Bytes<4096, 0x7fff_fe00>>>,
    /// Capacity, in whole MiB. Default: `"1GiB"`.
    pub size: Option<At<Bytes<1_048_576>>>,
    /// Logical block size: 512, 1024, 2048 or 4096 B. Default: `"512B"`.
    pub blocksize: Option<At<Bytes<512, 4096>>>,
    /// 0 = complete in the submit call, 1 = softirq, 2 = timer. Default: 2.
    pub irqmode: Option<Int<0, 2>>,
    /// 2 = blk-mq, 0 = bio-based, which has no request queue. Default: 2.
    pub queue_mode: Option<At<Int<0, 2>>>,
    /// Whether data are kept; queue runs then go to kblockd. Default: false.
    pub memory_backed: Option<bool>,
    /// Whether discards are accepted (needs `memory_backed`). Default: false.
    pub discard: Option<bool>,
    /// Write-back cache, in whole MiB (needs `memory_backed`). Default: none.
    pub cache_size: Option<At<Bytes>>,
}

/// scsi_debug's module parameters, and how the kernel treats its disk.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "ScsiDebug")]
pub struct RawScsiDebug {
    /// Capacity, in whole MiB. Default: `"64MiB"`.
    pub size: Option<At<Bytes<1_048_576>>>,
    /// How long a command takes (`ndelay`). Default: `"4ms"`.
    pub delay: Option<Time<0, HOUR>>,
    /// Commands that the host adapter of the disk, which has no other, may have
    /// outstanding (`max_queue`). Default: 192.
    pub max_queue: Option<Int<1, 4096>>,
    /// Commands that this path may have outstanding. Default: as `max_queue`.
    pub queue_depth: Option<Int<1, 4096>>,
    /// How long a command may take before it is aborted. Default: `"30s"`.
    pub timeout: Option<Time<1_000_000, HOUR>>,
    /// How often a command that failed is tried again. Default: 5.
    pub retries: Option<Int<0, 100>>,
    /// The hardware handler attached to it. Default: none.
    pub handler: Option<HandlerConfig>,
}

/// A port of a storage array. A command passes the controller
/// (`per_request`), the link (`bandwidth`), one of the port's `slots`
/// (`latency`) and the shared `media`, each first come, first served.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Port")]
pub struct RawPort {
    /// Capacity, in whole MiB. Default: `"1GiB"`.
    pub size: Option<At<Bytes<1_048_576>>>,
    /// Time in one of the port's slots: firmware, cache, distance. A time or a
    /// distribution. Default: `"100us"`.
    pub latency: Option<RawDistribution>,
    /// Commands in their `latency` at once; 0 = any number. Default: 0.
    pub slots: Option<Int<0, 65_536>>,
    /// Time in the controller, which takes one command at a time.
    /// Default: `"0us"`.
    pub per_request: Option<Time<0, HOUR>>,
    /// Rate of the link in each direction. Default: no limit.
    pub bandwidth: Option<Rate<8_000>>,
    /// Commands the port holds at once; one more is answered TASK SET FULL.
    /// Default: 64.
    pub queue_depth: Option<Int<1, 65_536>>,
    /// Name of the media behind the port, a `[[media]]`; absent: none, all is
    /// in cache.
    pub media: Option<At<String>>,
}

/// Media shared by the ports that name it.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Media")]
pub struct RawMedia {
    /// What the ports call it.
    pub name: At<String>,
    /// Commands served at once; 0 = any number. Default: 1.
    pub slots: Option<Int<0, 65_536>>,
    /// Time a read occupies a slot. Default: `"0us"`.
    pub service: Option<RawDistribution>,
    /// Time a write occupies a slot. Default: as a read.
    pub write_service: Option<RawDistribution>,
    /// Rate at which one slot moves data, on top. Default: no limit.
    pub bandwidth: Option<Rate<8_000>>,
}
