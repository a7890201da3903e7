//! What a scenario says of ports and media, and what can be wrong with it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::sim::dist::{DistError, Distribution};
use crate::sim::time::Ns;
use crate::sim::units::{BitRate, as_text};

/// A port of a storage array.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct PortConfig {
    /// Capacity of the disk behind it in MiB. Default: 1 TiB.
    pub size: u64,
    /// Time in one of the port's slots: firmware, cache, distance. Default:
    /// 100 µs.
    pub latency: Distribution,
    /// Commands in their `latency` at once, 1 to 65536; 0 = any number.
    /// Default: 0.
    pub slots: u32,
    /// Time in the controller, which takes one command at a time. Default: 0.
    #[serde(serialize_with = "as_text")]
    pub per_request: Ns,
    /// Rate of the link in each direction; absent: no limit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bandwidth: Option<BitRate>,
    /// Commands the port holds at once; one more is answered TASK SET FULL.
    /// At least 1. Default: 64.
    pub queue_depth: u32,
    /// Name of the media behind the port; absent: none, all is in cache.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub media: Option<String>,
}

impl Default for PortConfig {
    fn default() -> Self {
        PortConfig {
            size: 1 << 20,
            latency: Distribution::Constant(Ns::from_us(100)),
            slots: 0,
            per_request: Ns::ZERO,
            bandwidth: None,
            queue_depth: 64,
            media: None,
        }
    }
}

/// Media shared by the ports that name it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct MediaConfig {
    /// What the ports call it.
    pub name: String,
    /// Commands served at once, 1 to 65536; 0 = any number. Default: 1.
    pub slots: u32,
    /// Time a read occupies a slot. Default: 0.
    pub service: Distribution,
    /// Time a write occupies a slot; absent: as a read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub write_service: Option<Distribution>,
    /// Rate at which one slot moves data, on top; absent: no limit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bandwidth: Option<BitRate>,
}

impl Default for MediaConfig {
    fn default() -> Self {
        MediaConfig {
            name: String::new(),
            slots: 1,
            service: Distribution::default(),
            write_service: None,
            bandwidth: None,
        }
    }
}

/// Why an array cannot be built.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum PortError {
    /// A distribution.
    #[error("`{field}`: {source}")]
    Distribution {
        /// Which.
        field: &'static str,
        /// What is wrong.
        source: DistError,
    },
    /// A number of slots or commands is out of range.
    #[error("`{field}` is {value}, but must be {range}")]
    OutOfRange {
        /// Which.
        field: &'static str,
        /// What it is.
        value: u64,
        /// What it may be.
        range: &'static str,
    },
    /// The port names media that are not there.
    #[error("no media are called `{0}`")]
    NoSuchMedia(String),
    /// Two media have one name.
    #[error("two media are called `{0}`")]
    TwoMedia(String),
}
