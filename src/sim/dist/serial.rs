//! How a [`Distribution`] is written: a bare duration, or a table.

use std::fmt;

use schemars::JsonSchema;
use schemars::r#gen::SchemaGenerator;
use schemars::schema::{Metadata, Schema, SchemaObject, SubschemaValidation};
use serde::de::value::MapAccessDeserializer;
use serde::de::{self, Deserializer, MapAccess, Visitor};
use serde::{Deserialize, Serialize, Serializer};

use super::{Distribution, Shape};
use crate::sim::time::Ns;
use crate::sim::units::Span;

impl Serialize for Distribution {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Distribution::Constant(value) => serializer.collect_str(&Span(*value)),
            Distribution::Shape(shape) => shape.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Distribution {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(DistributionVisitor)
    }
}

struct DistributionVisitor;

impl<'de> Visitor<'de> for DistributionVisitor {
    type Value = Distribution;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a duration like \"4ms\", or a table with a `kind`")
    }

    fn visit_u64<E: de::Error>(self, v: u64) -> Result<Distribution, E> {
        Ok(Distribution::Constant(Ns(v)))
    }

    fn visit_i64<E: de::Error>(self, v: i64) -> Result<Distribution, E> {
        let v = u64::try_from(v).map_err(|_| E::invalid_value(de::Unexpected::Signed(v), &self))?;
        Ok(Distribution::Constant(Ns(v)))
    }

    fn visit_str<E: de::Error>(self, v: &str) -> Result<Distribution, E> {
        v.parse().map(Distribution::Constant).map_err(E::custom)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Distribution, A::Error> {
        Shape::deserialize(MapAccessDeserializer::new(map)).map(Distribution::Shape)
    }
}

impl JsonSchema for Distribution {
    fn schema_name() -> String {
        "Distribution".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let forms = vec![
            generator.subschema_for::<Ns>(),
            generator.subschema_for::<Shape>(),
        ];
        SchemaObject {
            metadata: Some(Box::new(Metadata {
                description: Some(
                    "A distribution of durations: a bare duration is a constant.".into(),
                ),
                ..Default::default()
            })),
            subschemas: Some(Box::new(SubschemaValidation {
                any_of: Some(forms),
                ..Default::default()
            })),
            ..Default::default()
        }
        .into()
    }
}
