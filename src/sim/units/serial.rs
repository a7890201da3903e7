//! Quantities in serde formats and in JSON Schema.

use std::fmt;

use schemars::schema::{
    InstanceType, Metadata, NumberValidation, Schema, SchemaObject, StringValidation,
    SubschemaValidation,
};
use serde::de::{self, Visitor};

use super::kind::Kind;

/// Reads an integer or a text of a [`Kind`].
pub(super) struct KindVisitor(pub(super) &'static Kind);

impl Visitor<'_> for KindVisitor {
    type Value = u64;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "a whole number of {} or a text like \"{}\"",
            self.0.smallest, self.0.example
        )
    }
    fn visit_u64<E: de::Error>(self, v: u64) -> Result<u64, E> {
        Ok(v)
    }
    fn visit_i64<E: de::Error>(self, v: i64) -> Result<u64, E> {
        u64::try_from(v).map_err(|_| E::invalid_value(de::Unexpected::Signed(v), &self))
    }
    fn visit_str<E: de::Error>(self, v: &str) -> Result<u64, E> {
        self.0.parse(v).map_err(E::custom)
    }
}

/// `anyOf` integer and text with one of the kind's units.
pub(super) fn kind_schema(kind: &Kind, description: &str) -> Schema {
    let integer = SchemaObject {
        instance_type: Some(InstanceType::Integer.into()),
        number: Some(Box::new(NumberValidation {
            minimum: Some(0.0),
            ..Default::default()
        })),
        ..Default::default()
    };
    let units: Vec<&str> = kind.units.iter().map(|&(name, _)| name).collect();
    let text = SchemaObject {
        instance_type: Some(InstanceType::String.into()),
        string: Some(Box::new(StringValidation {
            pattern: Some(format!(
                r"^\s*[0-9][0-9_]*(\.[0-9_]+)?\s*({})?\s*$",
                units.join("|")
            )),
            ..Default::default()
        })),
        ..Default::default()
    };
    SchemaObject {
        metadata: Some(Box::new(Metadata {
            description: Some(description.to_owned()),
            ..Default::default()
        })),
        subschemas: Some(Box::new(SubschemaValidation {
            any_of: Some(vec![integer.into(), text.into()]),
            ..Default::default()
        })),
        ..Default::default()
    }
    .into()
}
