//! `[[map]]`: a device-mapper device, as a table line or as fields.

use std::fmt;

use schemars::JsonSchema;
use serde::de::{self, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::RawQueue;
use crate::scenario::at::At;
use crate::scenario::units::{Bytes, Int};

/// A device-mapper device: either `table`, the very text that `dmsetup create`
/// takes, or the fields of one multipath target: `selector` with `paths`, or
/// several `group`s.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Map")]
pub struct RawMap {
    /// Name, as in `/dev/mapper/NAME`. Default: `mp`.
    pub name: Option<At<String>>,
    /// The table, one target a line; devices by name or `major:minor`.
    pub table: Option<At<String>>,
    /// Size. Default: that of the smallest path.
    pub size: Option<At<Bytes<512>>>,
    /// Queue mode. `run` shows both; this is what `--mode table` takes.
    pub queue_mode: Option<At<RawMode>>,
    /// Further features: `queue_if_no_path`, `pg_init_retries 3`, …
    pub features: Option<Vec<At<String>>>,
    /// Hardware handler and its arguments: `"1 alua"`.
    pub hw_handler: Option<At<String>>,
    /// The selector of the only priority group.
    pub selector: Option<At<String>>,
    /// Arguments of the selector.
    pub selector_args: Option<Vec<Word>>,
    /// The paths of the only priority group.
    pub paths: Option<At<Vec<At<RawPath>>>>,
    /// Priority groups, best first.
    pub group: Option<Vec<RawGroup>>,
    /// Settings of its queue.
    #[serde(default)]
    pub queue: RawQueue,
}

/// `queue_mode`.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(rename = "Mode")]
pub enum RawMode {
    /// Bio-based.
    Bio,
    /// Request-based.
    Mq,
    /// Request-based; the word of older kernels.
    Rq,
}

/// A priority group.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Group")]
pub struct RawGroup {
    /// The selector: `round-robin`, `queue-length`, `service-time`,
    /// `historical-service-time` or `io-affinity`.
    pub selector: At<String>,
    /// Arguments of the selector.
    #[serde(default)]
    pub selector_args: Vec<Word>,
    /// Its paths.
    pub paths: At<Vec<At<RawPath>>>,
}

/// A path: a device, or a device and its arguments.
#[derive(Clone, Debug, JsonSchema)]
#[schemars(untagged)]
#[schemars(rename = "Path")]
pub enum RawPath {
    /// A device, by name or `major:minor`.
    Device(String),
    /// With arguments for the selector.
    WithArgs(RawPathArgs),
}

/// A path and its arguments.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "PathArgs")]
pub struct RawPathArgs {
    /// The device, by name or `major:minor`.
    pub device: String,
    /// Arguments for the selector; every path of a group has as many.
    #[serde(default)]
    pub args: Vec<Word>,
}

impl RawPath {
    /// The device.
    pub fn device(&self) -> &str {
        match self {
            RawPath::Device(device) => device,
            RawPath::WithArgs(path) => &path.device,
        }
    }
    /// The arguments.
    pub fn args(&self) -> &[Word] {
        match self {
            RawPath::Device(_) => &[],
            RawPath::WithArgs(path) => &path.args,
        }
    }
}

impl<'de> Deserialize<'de> for RawPath {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct DeviceOrTable;
        impl<'de> Visitor<'de> for DeviceOrTable {
            type Value = RawPath;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a device such as \"sda\", or { device = \"sda\", args = [1] }")
            }
            fn visit_str<E>(self, device: &str) -> Result<RawPath, E> {
                Ok(RawPath::Device(device.into()))
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<RawPath, A::Error> {
                let map = de::value::MapAccessDeserializer::new(map);
                RawPathArgs::deserialize(map).map(RawPath::WithArgs)
            }
        }
        deserializer.deserialize_any(DeviceOrTable)
    }
}

/// One word of a table: text without blanks, or a number.
#[derive(Clone, Debug, JsonSchema)]
#[schemars(untagged)]
pub enum Word {
    /// A number.
    Number(Int<0, { i64::MAX }>),
    /// Text without blanks.
    Text(String),
}

impl fmt::Display for Word {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Word::Number(number) => write!(f, "{}", number.0),
            Word::Text(text) => f.write_str(text),
        }
    }
}

impl<'de> Deserialize<'de> for Word {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct NumberOrText;
        impl Visitor<'_> for NumberOrText {
            type Value = Word;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number or a word without blanks")
            }
            fn visit_i64<E: de::Error>(self, number: i64) -> Result<Word, E> {
                if number < 0 {
                    return Err(E::custom("a word of a table is never negative"));
                }
                Ok(Word::Number(Int(number)))
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Word, E> {
                if text.is_empty() || text.contains(char::is_whitespace) {
                    return Err(E::custom(format!("`{text}` is not one word")));
                }
                Ok(Word::Text(text.into()))
            }
        }
        deserializer.deserialize_any(NumberOrText)
    }
}

/// A `dmsetup message`, to sector 0.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Message")]
pub struct RawMessage {
    /// The map. Default: the only one.
    pub map: Option<At<String>>,
    /// The text: `fail_path sda`, `switch_group 2`, …
    pub text: At<String>,
}
