//! Hardware handlers attached to disks (`scsi_dh.c`, 6.1). What `alua` does is
//! modelled where there are access states; of the others, and of it where one
//! wishes, it is given how long an activation takes and what it comes to.

use std::fmt;

use schemars::JsonSchema;
use schemars::r#gen::SchemaGenerator;
use schemars::schema::Schema;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Error, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

use super::super::super::mpath::DhResult;
use crate::sim::Ns;
use crate::sim::units::as_text;

/// What an activation comes to (`SCSI_DH_*`).
#[derive(Copy, Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DhAnswer {
    /// The path can be used.
    Ok,
    /// An error of the device.
    Io,
    /// The controller is busy: another group is tried.
    DevTempBusy,
    /// To be asked again, after a while.
    Retry,
    /// To be asked again, at once.
    ImmRetry,
    /// There is no memory: to be asked again, at once.
    ResTempUnavail,
    /// The device is offline.
    DevOfflined,
    /// There is no handler.
    Nosys,
}

/// `SCSI_DH_IO`
pub const SCSI_DH_IO: u8 = 8;

impl From<DhAnswer> for DhResult {
    fn from(answer: DhAnswer) -> Self {
        match answer {
            DhAnswer::Ok => DhResult::Ok,
            DhAnswer::Io => DhResult::Other(SCSI_DH_IO),
            DhAnswer::DevTempBusy => DhResult::DevTempBusy,
            DhAnswer::Retry => DhResult::Retry,
            DhAnswer::ImmRetry => DhResult::ImmRetry,
            DhAnswer::ResTempUnavail => DhResult::ResTempUnavail,
            DhAnswer::DevOfflined => DhResult::DevOfflined,
            DhAnswer::Nosys => DhResult::NoSys,
        }
    }
}

/// A hardware handler: its name alone, or how it answers too.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct HandlerConfig {
    /// `alua`, `rdac`, `emc` or `hp_sw`.
    pub name: String,
    /// How long an activation takes. Default: 0.
    #[serde(serialize_with = "as_text")]
    pub takes: Ns,
    /// What each activation comes to, the last one for ever; none: `alua` as
    /// the access states have it, others well.
    pub results: Vec<DhAnswer>,
}

/// The same as a table.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "HandlerTable")]
struct HandlerTable {
    /// `alua`, `rdac`, `emc` or `hp_sw`.
    name: String,
    /// How long an activation takes. Default: 0.
    #[serde(default)]
    takes: Ns,
    /// What each activation comes to, the last one for ever.
    #[serde(default)]
    results: Vec<DhAnswer>,
}

impl From<&str> for HandlerConfig {
    fn from(name: &str) -> Self {
        HandlerConfig {
            name: name.into(),
            ..HandlerConfig::default()
        }
    }
}

impl<'de> Deserialize<'de> for HandlerConfig {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct NameOrTable;
        impl<'de> Visitor<'de> for NameOrTable {
            type Value = HandlerConfig;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a name such as \"alua\", or { name = \"rdac\", takes = \"50ms\" }")
            }
            fn visit_str<E: Error>(self, name: &str) -> Result<HandlerConfig, E> {
                Ok(name.into())
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<HandlerConfig, A::Error> {
                let table = HandlerTable::deserialize(MapAccessDeserializer::new(map))?;
                Ok(HandlerConfig {
                    name: table.name,
                    takes: table.takes,
                    results: table.results,
                })
            }
        }
        deserializer.deserialize_any(NameOrTable)
    }
}

impl JsonSchema for HandlerConfig {
    fn schema_name() -> String {
        "Handler".into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        #[derive(JsonSchema)]
        #[schemars(untagged)]
        #[allow(dead_code)]
        enum NameOrTable {
            /// Its name.
            Name(String),
            /// And how it answers.
            Table(HandlerTable),
        }
        NameOrTable::json_schema(generator)
    }
}

/// A handler at work.
#[derive(Clone, Debug)]
pub struct Handler {
    /// Its name.
    pub name: String,
    takes: Ns,
    results: Vec<DhAnswer>,
    asked: usize,
}

impl Handler {
    /// The handler of `config`.
    pub fn new(config: &HandlerConfig) -> Self {
        Handler {
            name: config.name.clone(),
            takes: config.takes,
            results: config.results.clone(),
            asked: 0,
        }
    }

    /// How long the next activation takes and what it comes to, if that was
    /// given.
    pub fn next_answer(&mut self) -> Option<(Ns, DhResult)> {
        let last = self.results.len().checked_sub(1)?;
        let answer = self.results[self.asked.min(last)];
        self.asked += 1;
        Some((self.takes, answer.into()))
    }

    /// Whether activations succeed in the long run.
    pub fn ends_well(&self) -> bool {
        let last = self.results.last();
        last.is_none_or(|&answer| answer == DhAnswer::Ok)
    }

    /// How many activations were answered as given.
    pub fn asked(&self) -> usize {
        self.asked
    }

    /// How long an activation takes of which nothing else is known.
    pub fn takes(&self) -> Ns {
        self.takes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_or_a_table() {
        #[derive(Deserialize)]
        struct Disk {
            handler: HandlerConfig,
        }
        let read = |text: &str| toml::from_str::<Disk>(text).map(|disk| disk.handler);
        assert_eq!(read("handler = \"alua\"").unwrap(), "alua".into());
        let table =
            "handler = { name = \"rdac\", takes = \"50ms\", results = [\"retry\", \"ok\"] }";
        let config = read(table).unwrap();
        assert_eq!(config.takes, Ns::from_ms(50));
        let mut handler = Handler::new(&config);
        let answers: Vec<_> = (0..3).filter_map(|_| handler.next_answer()).collect();
        let at = Ns::from_ms(50);
        assert_eq!(
            answers,
            [
                (at, DhResult::Retry),
                (at, DhResult::Ok),
                (at, DhResult::Ok)
            ]
        );
        assert!(read("handler = { nam = \"rdac\" }").is_err());
        assert_eq!(Handler::new(&"rdac".into()).next_answer(), None);
    }
}
