//! Kinds of quantities and their units.

use std::fmt;

/// Why a text is not a number with a unit.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum UnitError {
    /// Nothing to read, or no digits before the unit.
    #[error("`{text}` has no number; write for example `{example}`")]
    NoNumber {
        /// What was given.
        text: String,
        /// What would be accepted.
        example: &'static str,
    },
    /// The unit is not one of this kind.
    #[error("`{text}`: unknown unit `{unit}`; known: {known}")]
    UnknownUnit {
        /// What was given.
        text: String,
        /// Its unit.
        unit: String,
        /// What would be accepted.
        known: &'static str,
    },
    /// Beyond 2⁶⁴−1 of the smallest unit.
    #[error("`{0}` is too large")]
    TooLarge(String),
    /// Not a whole number of the smallest unit.
    #[error("`{text}` is not a whole number of {smallest}")]
    NotWhole {
        /// What was given.
        text: String,
        /// The smallest unit.
        smallest: &'static str,
    },
}

/// A kind of quantity: its units, largest first where printing prefers them.
pub(super) struct Kind {
    pub(super) smallest: &'static str,
    pub(super) example: &'static str,
    known: &'static str,
    /// (name, how many of the smallest unit).
    pub(super) units: &'static [(&'static str, u64)],
    /// Units that printing may use, largest first; the last has factor 1.
    print: &'static [(&'static str, u64)],
}

impl Kind {
    /// Reads `text`: decimal digits, perhaps a fraction, perhaps a unit.
    pub(super) fn parse(&self, text: &str) -> Result<u64, UnitError> {
        let trimmed = text.trim();
        let end = trimmed
            .find(|c: char| !c.is_ascii_digit() && c != '.' && c != '_')
            .unwrap_or(trimmed.len());
        let (number, unit) = (&trimmed[..end], trimmed[end..].trim_start());
        let factor = self.factor(text, unit)?;
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        let starts_with_digit = |part: &str| part.starts_with(|c: char| c.is_ascii_digit());
        let has_point = number.contains('.');
        if !starts_with_digit(whole)
            || (has_point && !starts_with_digit(fraction))
            || fraction.contains('.')
        {
            return Err(self.no_number(text));
        }
        let too_large = || UnitError::TooLarge(text.to_owned());
        let mut value: u128 = 0;
        let mut scale: u128 = 1;
        for (digits, is_fraction) in [(whole, false), (fraction.trim_end_matches('0'), true)] {
            for digit in digits.bytes().filter(|&d| d != b'_') {
                value = value
                    .checked_mul(10)
                    .and_then(|v| v.checked_add(u128::from(digit - b'0')))
                    .ok_or_else(too_large)?;
                if is_fraction {
                    scale = scale.checked_mul(10).ok_or_else(too_large)?;
                }
            }
        }
        let product = value
            .checked_mul(u128::from(factor))
            .ok_or_else(too_large)?;
        if product % scale != 0 {
            return Err(UnitError::NotWhole {
                text: text.to_owned(),
                smallest: self.smallest,
            });
        }
        u64::try_from(product / scale).map_err(|_| too_large())
    }

    /// How many of the smallest unit `unit` is; none is the smallest.
    fn factor(&self, text: &str, unit: &str) -> Result<u64, UnitError> {
        if unit.is_empty() {
            return Ok(1);
        }
        if unit == text.trim() {
            return Err(self.no_number(text));
        }
        self.units
            .iter()
            .find(|(name, _)| *name == unit)
            .map(|&(_, factor)| factor)
            .ok_or_else(|| UnitError::UnknownUnit {
                text: text.to_owned(),
                unit: unit.to_owned(),
                known: self.known,
            })
    }

    fn no_number(&self, text: &str) -> UnitError {
        UnitError::NoNumber {
            text: text.to_owned(),
            example: self.example,
        }
    }

    /// `value` in the largest unit that leaves a whole number.
    pub(super) fn print(&self, value: u64, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let &(name, factor) = self
            .print
            .iter()
            .find(|(_, factor)| value != 0 && value.is_multiple_of(*factor))
            .unwrap_or(&(self.smallest_printed(), 1));
        write!(f, "{}{}", value / factor, name)
    }

    fn smallest_printed(&self) -> &'static str {
        self.print.last().map_or("", |&(name, _)| name)
    }
}

pub(super) const DURATION: Kind = Kind {
    smallest: "nanoseconds",
    example: "4ms",
    known: "ns, us, µs, ms, s, min, h",
    units: &[
        ("ns", 1),
        ("us", 1_000),
        ("µs", 1_000),
        ("ms", 1_000_000),
        ("s", 1_000_000_000),
        ("min", 60_000_000_000),
        ("h", 3_600_000_000_000),
    ],
    print: &[
        ("s", 1_000_000_000),
        ("ms", 1_000_000),
        ("us", 1_000),
        ("ns", 1),
    ],
};

pub(super) const BYTES: Kind = Kind {
    smallest: "bytes",
    example: "128KiB",
    known: "B, KiB, MiB, GiB, TiB (1024), k, m, g, t (1024, as fio), kB, MB, GB, TB (1000)",
    units: &[
        ("B", 1),
        ("KiB", 1 << 10),
        ("MiB", 1 << 20),
        ("GiB", 1 << 30),
        ("TiB", 1 << 40),
        ("k", 1 << 10),
        ("m", 1 << 20),
        ("g", 1 << 30),
        ("t", 1 << 40),
        ("K", 1 << 10),
        ("M", 1 << 20),
        ("G", 1 << 30),
        ("T", 1 << 40),
        ("kB", 1_000),
        ("MB", 1_000_000),
        ("GB", 1_000_000_000),
        ("TB", 1_000_000_000_000),
    ],
    print: &[
        ("TiB", 1 << 40),
        ("GiB", 1 << 30),
        ("MiB", 1 << 20),
        ("KiB", 1 << 10),
        ("B", 1),
    ],
};

pub(super) const RATE: Kind = Kind {
    smallest: "bits a second",
    example: "16Gbit",
    known: "bit, kbit, Mbit, Gbit, Tbit, B/s, kB/s, MB/s, GB/s (1000), KiB/s, MiB/s, GiB/s (1024)",
    units: &[
        ("bit", 1),
        ("kbit", 1_000),
        ("Mbit", 1_000_000),
        ("Gbit", 1_000_000_000),
        ("Tbit", 1_000_000_000_000),
        ("B/s", 8),
        ("kB/s", 8_000),
        ("MB/s", 8_000_000),
        ("GB/s", 8_000_000_000),
        ("KiB/s", 8 << 10),
        ("MiB/s", 8 << 20),
        ("GiB/s", 8 << 30),
    ],
    print: &[
        ("Gbit", 1_000_000_000),
        ("GiB/s", 8 << 30),
        ("MiB/s", 8 << 20),
        ("Mbit", 1_000_000),
        ("KiB/s", 8 << 10),
        ("kbit", 1_000),
        ("bit", 1),
    ],
};
