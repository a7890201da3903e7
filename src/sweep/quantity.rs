//! A value as a number of base units: what ranges and conditions reckon with.

use crate::sim::Ns;
use crate::sim::units::{BitRate, Bytes, Span};

/// What a number counts.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Kind {
    /// Whole numbers.
    Whole,
    /// Any numbers.
    Real,
    /// Nanoseconds.
    Time,
    /// Bytes.
    Size,
    /// Bits a second.
    Rate,
}

/// A number and what it counts.
#[derive(Copy, Clone, PartialEq, Debug)]
pub struct Quantity {
    /// What.
    pub kind: Kind,
    /// How many.
    pub number: f64,
}

impl Quantity {
    /// The quantity that `value` is; none if it is another thing, or not
    /// finite.
    pub fn of(value: &toml::Value) -> Option<Quantity> {
        let (kind, number) = match value {
            toml::Value::Integer(n) => (Kind::Whole, *n as f64),
            toml::Value::Float(x) if x.is_finite() => (Kind::Real, *x),
            toml::Value::String(text) => return Quantity::parse(text),
            _ => return None,
        };
        Some(Quantity { kind, number })
    }

    /// The quantity that `text` is.
    pub fn parse(text: &str) -> Option<Quantity> {
        let text = text.trim();
        let of = |kind, number| Some(Quantity { kind, number });
        if let Ok(n) = text.parse::<i64>() {
            return of(Kind::Whole, n as f64);
        }
        if let Ok(x) = text.parse::<f64>() {
            return if x.is_finite() {
                of(Kind::Real, x)
            } else {
                None
            };
        }
        if let Ok(Ns(ns)) = text.parse::<Ns>() {
            return of(Kind::Time, ns as f64);
        }
        if let Ok(Bytes(bytes)) = text.parse::<Bytes>() {
            return of(Kind::Size, bytes as f64);
        }
        let BitRate(bits) = text.parse().ok()?;
        of(Kind::Rate, bits as f64)
    }

    /// As a scenario writes it; all but [`Kind::Real`] are rounded to whole
    /// base units.
    pub fn to_value(self) -> toml::Value {
        let whole = libm::round(self.number);
        let base = whole.max(0.0) as u64;
        match self.kind {
            Kind::Whole => toml::Value::Integer(whole as i64),
            Kind::Real => toml::Value::Float(self.number),
            Kind::Time => Span(Ns(base)).to_string().into(),
            Kind::Size => Bytes(base).to_string().into(),
            Kind::Rate => BitRate(base).to_string().into(),
        }
    }

    /// How the two compare; none if they count different things.
    pub fn compare(self, other: Quantity) -> Option<std::cmp::Ordering> {
        let plain = |kind| matches!(kind, Kind::Whole | Kind::Real);
        let alike = self.kind == other.kind || (plain(self.kind) && plain(other.kind));
        alike.then(|| self.number.total_cmp(&other.number))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_read_and_print() {
        let round = |text: &str| {
            let value = Quantity::parse(text).unwrap().to_value();
            value.as_str().map_or(value.to_string(), str::to_owned)
        };
        for text in ["4ms", "1500ns", "64KiB", "16Gbit", "12", "0.5"] {
            assert_eq!(round(text), text);
        }
        assert_eq!(Quantity::parse("NaN"), None);
        assert_eq!(Quantity::parse("inf"), None);
        assert_eq!(Quantity::parse("round-robin"), None);
    }
}
