//! A distribution of times: a time, or a table with a `kind`.

use std::fmt;

use schemars::JsonSchema;
use schemars::r#gen::SchemaGenerator;
use schemars::schema::{Schema, SubschemaValidation};
use serde::de::{self, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

use crate::scenario::units::{HELP, Time};
use crate::sim::Ns;
use crate::sim::dist::{DistError, Distribution, Shape};

/// A distribution that can be drawn from, once its file is loaded; a constant
/// is a time with its unit.
#[derive(Clone, Debug, PartialEq)]
pub struct RawDistribution(pub Distribution);

impl<'de> Deserialize<'de> for RawDistribution {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TimeOrShape)
    }
}

struct TimeOrShape;

impl<'de> Visitor<'de> for TimeOrShape {
    type Value = RawDistribution;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a time such as \"200us\", or { kind = \"exponential\", mean = \"200us\" }")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<RawDistribution, E> {
        let time = Time::<0>::parse(text).map_err(E::custom)?;
        Ok(RawDistribution(Distribution::Constant(Ns(time.0))))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<RawDistribution, A::Error> {
        let shape = Shape::deserialize(de::value::MapAccessDeserializer::new(map))?;
        let distribution = Distribution::Shape(shape);
        match distribution.sampler() {
            Ok(_) | Err(DistError::NotLoaded(_)) => Ok(RawDistribution(distribution)),
            Err(why) => Err(de::Error::custom(format!(
                "this is not a distribution{HELP}{why}"
            ))),
        }
    }
}

impl JsonSchema for RawDistribution {
    fn schema_name() -> String {
        "Distribution".into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let forms = vec![
            Time::<0>::json_schema(generator),
            generator.subschema_for::<Shape>(),
        ];
        let mut schema = schemars::schema::SchemaObject {
            subschemas: Some(Box::new(SubschemaValidation {
                any_of: Some(forms),
                ..Default::default()
            })),
            ..Default::default()
        };
        schema.metadata().description = Some("A time, or a table with a `kind`.".into());
        schema.into()
    }
}
