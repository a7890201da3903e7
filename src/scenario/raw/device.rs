//! `[[device]]`: the end of a path on the host.

use std::fmt;

use schemars::JsonSchema;
use serde::de::{SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::RawQueue;
use crate::scenario::at::At;
use crate::scenario::units::{Bytes, Int, Rate, Time};

/// Longest time a device may take.
const HOUR: u64 = 3_600_000_000_000;

/// One leaf device, or several alike. Give one of `port`, `null_blk` and
/// `scsi_debug`, or a `preset` that stands for one; fields beside a preset
/// replace the preset's.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawDevice {
    /// Kernel name, or a list of names: as many equal devices. `sda` is 8:0,
    /// `sdb` 8:16 and so on; all others are numbered 253:0, 253:1, … in order.
    pub name: At<Names>,
    /// A device from the shelf; see `docs/scenario.md`.
    pub preset: Option<At<String>>,
    /// A port of a storage array.
    pub port: Option<At<RawPort>>,
    /// The kernel's null_blk: every command takes the same time.
    pub null_blk: Option<At<RawNullBlk>>,
    /// The kernel's scsi_debug disk.
    pub scsi_debug: Option<At<RawScsiDebug>>,
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

/// scsi_debug's module parameters, as far as they matter without faults.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawScsiDebug {
    /// Capacity, in whole MiB. Default: `"64MiB"`.
    pub size: Option<At<Bytes<1_048_576>>>,
    /// How long a command takes (`ndelay`). Default: `"4ms"`.
    pub delay: Option<Time<0, HOUR>>,
    /// Commands that all hosts together may have outstanding (`max_queue`).
    /// Default: 192.
    pub max_queue: Option<Int<1, 4096>>,
    /// Commands that this path may have outstanding. Default: as `max_queue`.
    pub queue_depth: Option<Int<1, 4096>>,
}

/// A port of a storage array: a command takes a latency of its own, a cost of
/// the port for each request, and its time on the link; what exceeds the
/// slots or the shared media waits.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawPort {
    /// Capacity. Default: `"1GiB"`.
    pub size: Option<At<Bytes<1_048_576>>>,
    /// Time of a command in the array: a time, or a distribution.
    /// Default: `"200us"`.
    pub latency: Option<At<RawLatency>>,
    /// The port's own work for each request, whatever its size; requests
    /// queue for it. Default: `"0us"`.
    pub per_request: Option<Time<0, HOUR>>,
    /// Bandwidth of the link. Default: unlimited.
    pub bandwidth: Option<Rate<8_000>>,
    /// Commands that the host may have outstanding at the port. Default: 64.
    pub queue_depth: Option<Int<1, 10240>>,
    /// Commands that the port works on at once. Default: as `queue_depth`.
    pub slots: Option<Int<1, 10240>>,
    /// Media behind the port: ports with the same word here share them.
    /// Default: media of its own, without limit.
    pub media: Option<String>,
    /// Commands that the shared media work on at once. Default: unlimited.
    pub media_slots: Option<At<Int<1, 10240>>>,
    /// Largest request. Default: `"1MiB"`.
    pub max_request: Option<At<Bytes<4096, 0x7fff_fe00>>>,
    /// Hardware queues. Default: 1.
    pub submit_queues: Option<Int<1, 255>>,
}

/// A distribution of latencies.
#[derive(Clone, Debug, PartialEq, JsonSchema)]
#[schemars(untagged)]
pub enum RawLatency {
    /// Always the same.
    Constant(Time<0, HOUR>),
    /// A shape and its numbers.
    Shape(Shape),
}

/// A shape and its numbers.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(tag = "shape", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Shape {
    /// Memoryless.
    Exponential {
        /// Mean.
        mean: Time<1, HOUR>,
    },
    /// The logarithm is normal: the usual long tail.
    LogNormal {
        /// Half of all commands are faster.
        median: Time<1, HOUR>,
        /// 99 % of all commands are faster.
        p99: Time<1, HOUR>,
    },
    /// A sum of exponential stages.
    Gamma {
        /// Mean.
        mean: Time<1, HOUR>,
        /// 1 = exponential; larger: narrower. 0.1 to 1000.
        stages: f64,
    },
    /// A power law: rare commands take very long.
    Pareto {
        /// Shortest time.
        min: Time<1, HOUR>,
        /// Exponent, above 1 to 100: the smaller, the heavier the tail.
        alpha: f64,
    },
    /// As measured: each of these times is equally likely.
    Empirical {
        /// Samples or equally spaced quantiles.
        samples: Vec<Time<0, HOUR>>,
    },
}

impl<'de> Deserialize<'de> for RawLatency {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct TimeOrShape;
        impl<'de> Visitor<'de> for TimeOrShape {
            type Value = RawLatency;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(
                    "a time such as \"200us\", or { shape = \"exponential\", mean = \"200us\" }",
                )
            }
            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<RawLatency, E> {
                Time::parse(text)
                    .map(RawLatency::Constant)
                    .map_err(E::custom)
            }
            fn visit_map<A: serde::de::MapAccess<'de>>(
                self,
                map: A,
            ) -> Result<RawLatency, A::Error> {
                let map = serde::de::value::MapAccessDeserializer::new(map);
                Shape::deserialize(map).map(RawLatency::Shape)
            }
        }
        deserializer.deserialize_any(TimeOrShape)
    }
}
