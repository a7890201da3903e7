//! Numbers with units, as people write them: `4ms`, `128KiB`, `16Gbit`.
//!
//! Each type reads a bare integer (nanoseconds, bytes, bits a second) or a
//! text, and prints the shortest text that reads back as the same value.

mod kind;
mod serial;

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use schemars::r#gen::SchemaGenerator;
use schemars::schema::Schema;
use serde::de::Deserializer;
use serde::{Deserialize, Serialize, Serializer};

use super::time::Ns;
use kind::{BYTES, DURATION, RATE};
use serial::{KindVisitor, kind_schema};

pub use kind::UnitError;

/// A number of bytes. Written `128KiB`, `64k` (1024, as fio), `1MB` (1000) or
/// a bare integer.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Debug)]
pub struct Bytes(pub u64);

/// Bits a second, as links are rated. Written `16Gbit`, `400MB/s` or a bare
/// integer.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Debug)]
pub struct BitRate(pub u64);

impl BitRate {
    /// How long `bytes` take, rounded up; [`Ns::NEVER`] at a rate of 0.
    #[inline]
    pub fn transfer_time(self, bytes: u64) -> Ns {
        const BIT_NS: u64 = 8_000_000_000;
        if self.0 == 0 {
            return Ns::NEVER;
        }
        match bytes.checked_mul(BIT_NS) {
            Some(bit_ns) => Ns(bit_ns.div_ceil(self.0)),
            None => {
                let ns = (u128::from(bytes) * u128::from(BIT_NS)).div_ceil(u128::from(self.0));
                Ns(u64::try_from(ns).unwrap_or(u64::MAX))
            }
        }
    }
}

/// A span of time as text: `4ms`. [`Ns`] itself prints as seconds, as blkparse
/// does, and serialises as an integer.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Span(pub Ns);

/// Writes a span of time as text: `#[serde(serialize_with = "as_text")]`.
///
/// # Errors
/// Those of the format.
pub fn as_text<S: Serializer>(span: &Ns, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&Span(*span))
}

/// [`as_text`] of a span that may be absent.
///
/// # Errors
/// Those of the format.
pub fn option_as_text<S: Serializer>(span: &Option<Ns>, serializer: S) -> Result<S::Ok, S::Error> {
    span.map(Span).serialize(serializer)
}

/// Text, deserialisation and schema of a newtype over `u64` of a `Kind`.
macro_rules! quantity {
    ($type:ident, $kind:ident, $name:literal, $description:literal) => {
        impl FromStr for $type {
            type Err = UnitError;
            fn from_str(text: &str) -> Result<Self, UnitError> {
                $kind.parse(text).map($type)
            }
        }
        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                deserializer.deserialize_any(KindVisitor(&$kind)).map($type)
            }
        }
        impl JsonSchema for $type {
            fn schema_name() -> String {
                $name.into()
            }
            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                kind_schema(&$kind, $description)
            }
        }
    };
}

quantity!(
    Ns,
    DURATION,
    "Duration",
    "Nanoseconds, or a text like `4ms`."
);
quantity!(Bytes, BYTES, "Bytes", "Bytes, or a text like `128KiB`.");
quantity!(
    BitRate,
    RATE,
    "BitRate",
    "Bits a second, or a text like `16Gbit`."
);

/// Prints as, and serialises to, the shortest exact text.
macro_rules! prints_as {
    ($type:ident, $kind:ident, $value:expr) => {
        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let value: fn(&$type) -> u64 = $value;
                $kind.print(value(self), f)
            }
        }
        impl Serialize for $type {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }
    };
}

prints_as!(Bytes, BYTES, |b| b.0);
prints_as!(BitRate, RATE, |r| r.0);
prints_as!(Span, DURATION, |s| s.0.0);

#[cfg(test)]
mod tests;
