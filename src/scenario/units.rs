//! Numbers with units, and numbers with ranges.
//!
//! Each type here carries its range in its type, reads itself from the file,
//! says what would have been right, and describes itself to the JSON Schema:
//! one place a rule.

use std::fmt;

use schemars::JsonSchema;
use schemars::r#gen::SchemaGenerator;
use schemars::schema::{InstanceType, Metadata, Schema, SchemaObject};
use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer};

use crate::sim::Ns;

/// Between what is wrong and what would be right in the text of an error.
pub(super) const HELP: &str = "\u{1f}";

/// A unit: its name and how many base units it has.
type Unit = (&'static str, u64);

const TIME_UNITS: &[Unit] = &[
    ("ns", 1),
    ("us", 1_000),
    ("µs", 1_000),
    ("ms", 1_000_000),
    ("s", 1_000_000_000),
    ("min", 60_000_000_000),
];

const BYTE_UNITS: &[Unit] = &[
    ("B", 1),
    ("KiB", 1 << 10),
    ("MiB", 1 << 20),
    ("GiB", 1 << 30),
    ("TiB", 1 << 40),
    ("kB", 1_000),
    ("MB", 1_000_000),
    ("GB", 1_000_000_000),
    ("TB", 1_000_000_000_000),
];

/// Bits a second, counted in eighths of a byte.
const RATE_UNITS: &[Unit] = &[
    ("kbit", 1_000),
    ("Mbit", 1_000_000),
    ("Gbit", 1_000_000_000),
    ("B", 8),
    ("kB", 8_000),
    ("MB", 8_000_000),
    ("GB", 8_000_000_000),
    ("KiB", 8 << 10),
    ("MiB", 8 << 20),
    ("GiB", 8 << 30),
];

/// Reads `text` as a decimal number followed by one of `units`, exactly.
fn number_with_unit(text: &str, units: &[Unit]) -> Result<u64, &'static str> {
    let text = text.trim();
    let end = text
        .find(|c: char| !(c.is_ascii_digit() || c == '.' || c == '_'))
        .unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    let unit = unit.trim_start();
    if number.is_empty() {
        return Err("it does not begin with a number");
    }
    if unit.is_empty() {
        return Err("the unit is missing");
    }
    let scale = units
        .iter()
        .find(|(name, _)| *name == unit)
        .map(|(_, scale)| *scale)
        .ok_or("the unit is not one of this quantity")?;
    decimal_times(&number.replace('_', ""), scale)
}

/// `number · scale`, where `number` may have decimals.
fn decimal_times(number: &str, scale: u64) -> Result<u64, &'static str> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if fraction.len() > 12 {
        return Err("it has too many decimals");
    }
    let digits = format!("{whole}{fraction}");
    let digits: u128 = digits.parse().map_err(|_| "the number is malformed")?;
    let power = 10u128.pow(fraction.len() as u32);
    let product = digits
        .checked_mul(u128::from(scale))
        .ok_or("it is too large")?;
    if product % power != 0 {
        return Err("it is finer than the smallest unit");
    }
    u64::try_from(product / power).map_err(|_| "it is too large")
}

/// Writes `value` in the largest unit of which it is a multiple.
fn in_largest_unit(value: u64, units: &[Unit]) -> String {
    let best = units
        .iter()
        .filter(|(name, scale)| name.is_ascii() && value % scale == 0)
        .max_by_key(|(_, scale)| *scale);
    match best {
        Some((name, scale)) if value > 0 => format!("{}{name}", value / scale),
        _ => format!("{value}{}", units[0].0),
    }
}

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

/// The quantities: what they are called, their units and an example.
macro_rules! quantity {
    ($(#[$doc:meta])* $name:ident, $what:literal, $units:expr, $suffix:literal, $pattern:literal, $example:literal) => {
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
                let bare = text.trim().strip_suffix($suffix).unwrap_or(text);
                let value = number_with_unit(bare, $units).map_err(|why| {
                    format!(
                        concat!("`{}` is not ", $what, ": {}{}write for instance ", $example),
                        text, why, HELP
                    )
                })?;
                if (MIN..=MAX).contains(&value) {
                    return Ok($name(value));
                }
                Err(format!("`{text}` is out of range{HELP}{}", Self::range()))
            }
            fn range() -> String {
                let low = in_largest_unit(MIN, $units);
                match MAX {
                    u64::MAX => format!("at least {low}"),
                    _ => format!("from {low} to {}", in_largest_unit(MAX, $units)),
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
    Time, "a time", TIME_UNITS, "",
    r"^\s*[0-9_]+(\.[0-9]+)?\s*(ns|us|µs|ms|s|min)\s*$", "\"4ms\" or \"200us\""
);
quantity!(
    /// A size in bytes; written `"128KiB"` (1024s) or `"128kB"` (1000s).
    Bytes, "a size", BYTE_UNITS, "",
    r"^\s*[0-9_]+(\.[0-9]+)?\s*([KMGT]iB|[kMGT]?B)\s*$", "\"128KiB\" or \"1GiB\""
);
quantity!(
    /// A bandwidth in bits a second; written `"16Gbit"` or `"800MiB/s"`.
    Rate, "a bandwidth", RATE_UNITS, "/s",
    r"^\s*[0-9_]+(\.[0-9]+)?\s*([kMG]bit|[KMG]iB|[kMG]?B)(/s)?\s*$", "\"16Gbit\" or \"800MiB/s\""
);

impl<const MIN: u64, const MAX: u64> Time<MIN, MAX> {
    /// As the engine counts it.
    pub fn ns(self) -> Ns {
        Ns(self.0)
    }
}

impl<const MIN: u64, const MAX: u64> Rate<MIN, MAX> {
    /// Bytes a second, rounded down.
    pub fn bytes_per_second(self) -> u64 {
        self.0 / 8
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
        assert_eq!(Time::<0>::parse("0.3us"), Ok(Time(300)));
        assert_eq!(Bytes::<0>::parse("128KiB"), Ok(Bytes(131_072)));
        assert_eq!(Bytes::<0>::parse("1_000kB"), Ok(Bytes(1_000_000)));
        let rate = Rate::<0>::parse("16Gbit").map(Rate::bytes_per_second);
        assert_eq!(rate, Ok(2_000_000_000));
        assert_eq!(Rate::<0>::parse("1MiB/s"), Ok(Rate(8 << 20)));
    }

    #[test]
    fn errors_say_what_would_be_right() {
        let wrong = |text| Time::<1, 1000>::parse(text).unwrap_err();
        assert!(wrong("4").contains("the unit is missing"));
        assert!(wrong("4KiB").contains("not one of this quantity"));
        assert!(wrong("1.0001us").contains("finer"));
        assert!(wrong("ms").contains("number"));
        assert!(wrong("2us").contains("from 1ns to 1us"));
        assert!(wrong("99999999999999999999s").contains("too large"));
        assert!(wrong("1.2.3s").contains("malformed"));
    }
}
