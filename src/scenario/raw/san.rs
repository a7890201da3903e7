//! `[fabric]`, `[[array]]` and what belongs to them: the models' own types, over
//! a preset.

use schemars::JsonSchema;
use schemars::r#gen::SchemaGenerator;
use schemars::schema::Schema;
use serde::de::{DeserializeOwned, Error};
use serde::{Deserialize, Deserializer, Serialize};

use crate::models::array::{ArrayConfig, presets as arrays};
use crate::models::fabric::fault::FaultKind;
use crate::models::fabric::presets as fabrics;
use crate::models::san::FabricConfig;
use crate::scenario::at::At;
use crate::scenario::units::Time;

/// Something with a `preset`: what is given replaces what the preset says, key
/// by key.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct OverPreset<T>(pub T);

/// Has presets.
pub trait Presets: Sized {
    /// The one that `name` stands for.
    fn preset(name: &str) -> Option<Self>;
    /// Their names.
    fn names() -> Vec<&'static str>;
}

impl Presets for ArrayConfig {
    fn preset(name: &str) -> Option<Self> {
        arrays::find(name)
    }
    fn names() -> Vec<&'static str> {
        arrays::PRESETS.iter().map(|p| p.name).collect()
    }
}

impl Presets for FabricConfig {
    fn preset(name: &str) -> Option<Self> {
        let preset = fabrics::find(name)?;
        Some(FabricConfig {
            transport: preset.transport(),
            link: preset.link(),
        })
    }
    fn names() -> Vec<&'static str> {
        fabrics::PRESETS.iter().map(|p| p.name).collect()
    }
}

impl<'de, T> Deserialize<'de> for OverPreset<T>
where
    T: Presets + Serialize + DeserializeOwned,
{
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut given = toml::Table::deserialize(deserializer)?;
        let mut table = match given.remove("preset") {
            None => toml::Table::new(),
            Some(toml::Value::String(name)) => {
                let preset = T::preset(&name).ok_or_else(|| {
                    let known = T::names().join(", ");
                    D::Error::custom(format!("there is no preset `{name}`; there is {known}"))
                })?;
                toml::Table::try_from(preset).map_err(D::Error::custom)?
            }
            Some(_) => return Err(D::Error::custom("a preset is a text")),
        };
        overlay(&mut table, given);
        let value = T::deserialize(table).map_err(|why| D::Error::custom(why.message()))?;
        Ok(OverPreset(value))
    }
}

/// Keys whose value is one of several kinds: another kind replaces it as a
/// whole.
const CHOICES: [&str; 2] = ["transport", "media"];

/// Puts `over` over `base`, table by table.
fn overlay(base: &mut toml::Table, over: toml::Table) {
    for (key, value) in over {
        match (base.get_mut(&key), value) {
            (Some(toml::Value::Table(below)), toml::Value::Table(above))
                if !CHOICES.contains(&key.as_str())
                    || above.keys().all(|kind| below.contains_key(kind)) =>
            {
                // A distribution of another kind shares nothing.
                if above.contains_key("kind") {
                    *below = above;
                } else {
                    overlay(below, above);
                }
            }
            (_, value) => {
                base.insert(key, value);
            }
        }
    }
}

impl<T: JsonSchema + Presets> JsonSchema for OverPreset<T> {
    fn schema_name() -> String {
        T::schema_name()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let mut schema = T::json_schema(generator).into_object();
        let mut preset = String::json_schema(generator).into_object();
        preset.enum_values = Some(T::names().into_iter().map(Into::into).collect());
        let meta = preset.metadata();
        meta.description = Some("What the other keys replace, one by one.".into());
        let properties = &mut schema.object().properties;
        properties.insert("preset".into(), preset.into());
        schema.into()
    }
}

/// An array is upgraded part by part: `at` is when the first one goes.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Upgrade")]
pub struct RawUpgrade {
    /// The array whose parts are restarted, one after the other.
    pub array: At<String>,
    /// Which parts. Default: `controllers`.
    #[serde(default)]
    pub of: RawUpgradeOf,
    /// How long each is away.
    pub each: Time<1_000>,
    /// From the return of one to the restart of the next. Default: `"0s"`.
    pub pause: Option<Time>,
}

/// What is restarted, one after the other.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "UpgradeOf")]
pub enum RawUpgradeOf {
    /// Controllers, with all their ports.
    #[default]
    Controllers,
    /// Ports alone.
    Ports,
}

/// A LUN that moves: `at` is when it begins to.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Move")]
pub struct RawMove {
    /// The LUN.
    pub lun: String,
    /// The controller that it moves to.
    pub to: String,
}

/// What is wrong with a part of the storage network.
pub type RawFault = FaultKind;
