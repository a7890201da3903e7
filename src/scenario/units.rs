//! Numbers with units, and numbers with ranges.
//!
//! [`sim::units`](crate::sim::units) reads and prints the numbers; here a unit
//! is a must, as a scenario is read by people. Each type carries its range in its type, reads itself from the file,
//! says what would have been right, and describes itself to the JSON Schema:
//! one place a rule.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use schemars::r#gen::SchemaGenerator;
use schemars::schema::{InstanceType, Metadata, Schema, SchemaObject};
use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer};

use crate::sim::Ns;
use crate::sim::units::{self, BitRate, Span, UnitError};

/// Between what is wrong and what would be right in the text of an error.
pub(super) const HELP: &str = "\u{1f}";

/// A string schema with a pattern and a description.
fn text_schema(pattern: &str, description: String) -> Schema {
    let mut schema = SchemaObject {
        instance_type: Some(InstanceType::String.into()),
        metadata: Some(Box::new(Metadata {
            description: Some(description),
            ..Default::default()
        })),
        ..Default::default()
    };
    schema.string().pattern = Some(pattern.into());
    schema.into()
}

/// The quantities: what they are called, who reads and prints them.
macro_rules! quantity {
    ($(#[$doc:meta])* $name:ident, $what:literal, $read:ty, $print:expr, $pattern:literal, $example:literal) => {
        $(#[$doc])*
        ///
        /// `MIN` and `MAX` are in base units and inclusive.
        #[derive(Copy, Clone, Debug, PartialEq, Eq)]
        pub struct $name<const MIN: u64 = 0, const MAX: u64 = { u64::MAX }>(pub u64);

        impl<const MIN: u64, const MAX: u64> $name<MIN, MAX> {
            /// Reads it from text.
            ///
            /// # Errors
            /// What is wrong, and what would be right.
            pub fn parse(text: &str) -> Result<Self, String> {
                let example = concat!("write for instance ", $example);
                if !text.contains(char::is_alphabetic) {
                    return Err(format!(concat!("`{}` is not ", $what, ": the unit is missing{}{}"), text, HELP, example));
                }
                let value = <$read>::from_str(text).map_err(|why| match why {
                    UnitError::UnknownUnit { unit, known, .. } => {
                        format!(concat!("`{}` is not ", $what, ": unknown unit `{}`{}known here: {}"), text, unit, HELP, known)
                    }
                    why => format!("{why}{HELP}{example}"),
                })?;
                if (MIN..=MAX).contains(&value.0) {
                    return Ok($name(value.0));
                }
                Err(format!("`{text}` is out of range{HELP}{}", Self::range()))
            }
            fn range() -> String {
                let print = $print;
                match MAX {
                    u64::MAX => format!("at least {}", print(MIN)),
                    _ => format!("from {} to {}", print(MIN), print(MAX)),
                }
            }
        }

        impl<'de, const MIN: u64, const MAX: u64> Deserialize<'de> for $name<MIN, MAX> {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct Text<const MIN: u64, const MAX: u64>;
                impl<const MIN: u64, const MAX: u64> Visitor<'_> for Text<MIN, MAX> {
                    type Value = $name<MIN, MAX>;
                    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                        f.write_str(concat!($what, " with its unit, for instance ", $example))
                    }
                    fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
                        $name::parse(text).map_err(E::custom)
                    }
                }
                deserializer.deserialize_any(Text::<MIN, MAX>)
            }
        }

        impl<const MIN: u64, const MAX: u64> JsonSchema for $name<MIN, MAX> {
            fn is_referenceable() -> bool {
                false
            }
            fn schema_name() -> String {
                stringify!($name).into()
            }
            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                let what = format!(concat!($what, " with its unit, {}; for instance ", $example), Self::range());
                text_schema($pattern, what)
            }
        }
    };
}

quantity!(
    /// A span of time, in ns; written `"4ms"`, `"200us"`, `"1.5s"`.
    Time, "a time", Ns, |ns| Span(Ns(ns)),
    r"^\s*[0-9][0-9_]*(\.[0-9_]+)?\s*(ns|us|µs|ms|s|min|h)\s*$", "\"4ms\" or \"200us\""
);
quantity!(
    /// A size in bytes; written `"128KiB"` (1024s) or `"128kB"` (1000s).
    Bytes, "a size", units::Bytes, units::Bytes,
    r"^\s*[0-9][0-9_]*(\.[0-9_]+)?\s*([KMGT]iB|[kMGT]?B|[kmgtKMGT])\s*$", "\"128KiB\" or \"1GiB\""
);
quantity!(
    /// A bandwidth in bits a second; written `"16Gbit"` or `"800MiB/s"`.
    Rate, "a bandwidth", BitRate, BitRate,
    r"^\s*[0-9][0-9_]*(\.[0-9_]+)?\s*([kMGT]?bit|[KMG]iB/s|[kMG]?B/s)\s*$", "\"16Gbit\" or \"800MiB/s\""
);

impl<const MIN: u64, const MAX: u64> Time<MIN, MAX> {
    /// As the engine counts it.
    pub fn ns(self) -> Ns {
        Ns(self.0)
    }
}

/// A whole number from `MIN` to `MAX`, both inclusive.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct Int<const MIN: i64, const MAX: i64>(pub i64);

impl<const MIN: i64, const MAX: i64> Int<MIN, MAX> {
    /// As an unsigned number; 0 where it is negative.
    pub fn get(self) -> u64 {
        u64::try_from(self.0).unwrap_or(0)
    }
    /// As an unsigned 32-bit number, saturating.
    pub fn get32(self) -> u32 {
        u32::try_from(self.get()).unwrap_or(u32::MAX)
    }
}

impl<'de, const MIN: i64, const MAX: i64> Deserialize<'de> for Int<MIN, MAX> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Number<const MIN: i64, const MAX: i64>;
        impl<const MIN: i64, const MAX: i64> Visitor<'_> for Number<MIN, MAX> {
            type Value = Int<MIN, MAX>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "a whole number from {MIN} to {MAX}")
            }
            fn visit_i64<E: Error>(self, value: i64) -> Result<Self::Value, E> {
                if (MIN..=MAX).contains(&value) {
                    return Ok(Int(value));
                }
                Err(E::custom(format!(
                    "{value} is out of range{HELP}from {MIN} to {MAX}"
                )))
            }
        }
        deserializer.deserialize_any(Number::<MIN, MAX>)
    }
}

impl<const MIN: i64, const MAX: i64> JsonSchema for Int<MIN, MAX> {
    fn is_referenceable() -> bool {
        false
    }
    fn schema_name() -> String {
        "Int".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let mut schema = SchemaObject {
            instance_type: Some(InstanceType::Integer.into()),
            ..Default::default()
        };
        schema.number().minimum = Some(MIN as f64);
        schema.number().maximum = Some(MAX as f64);
        schema.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities_are_exact() {
        assert_eq!(Time::<0>::parse("4ms"), Ok(Time(4_000_000)));
        assert_eq!(Time::<0>::parse("1.5 s"), Ok(Time(1_500_000_000)));
        assert_eq!(Bytes::<0>::parse("128KiB"), Ok(Bytes(131_072)));
        assert_eq!(Rate::<0>::parse("16Gbit"), Ok(Rate(16_000_000_000)));
        assert_eq!(Rate::<0>::parse("1MiB/s"), Ok(Rate(8 << 20)));
    }

    #[test]
    fn errors_say_what_would_be_right() {
        let wrong = |text| Time::<1, 1000>::parse(text).unwrap_err();
        assert!(wrong("4").contains("the unit is missing"));
        assert!(wrong("4KiB").contains("unknown unit `KiB`"));
        assert!(wrong("4KiB").contains("known here: ns, us"));
        assert!(wrong("1.0001us").contains("not a whole number"));
        assert!(wrong("2us").contains("from 1ns to 1us"));
        assert!(wrong("99999999999999999999s").contains("too large"));
    }
}
