//! Values from one to another.

use super::quantity::{Kind, Quantity};
use crate::scenario::raw::{Any, RawRange, RawScale};

/// A range of numbers, of one kind.
#[derive(Clone, PartialEq, Debug)]
pub struct Range {
    kind: Kind,
    from: f64,
    to: f64,
    log: bool,
    multiple: f64,
    spacing: Spacing,
}

#[derive(Copy, Clone, PartialEq, Debug)]
enum Spacing {
    Steps(u32),
    Step(f64),
    /// None is given: the range can only be sampled.
    Any,
}

/// Most values of a range.
const MOST: f64 = 1e6;

impl Range {
    /// The range that a file describes.
    ///
    /// # Errors
    /// What is wrong with it, and what would be right.
    pub fn new(raw: &RawRange) -> Result<Range, (String, String)> {
        let number = |name: &str, any: &Any| {
            Quantity::of(&any.0).ok_or_else(|| {
                (
                    format!(
                        "`{name}` is {}, which is no finite number, time, size or bandwidth",
                        any.0
                    ),
                    "write for instance from = 1, to = 64 or from = \"100us\", to = \"10ms\""
                        .to_owned(),
                )
            })
        };
        let (from, to) = (number("from", &raw.from)?, number("to", &raw.to)?);
        let mut kind = from.kind;
        if from.compare(to).is_none() {
            return Err((
                format!(
                    "from {} to {}: these are different things",
                    raw.from.0, raw.to.0
                ),
                "give both as numbers, or both as times, sizes or bandwidths".into(),
            ));
        }
        let optional = |name: &str, any: Option<&Any>| any.map(|any| number(name, any)).transpose();
        let step = optional("step", raw.step.as_ref())?;
        let multiple = optional("multiple", raw.multiple.as_ref())?;
        for part in [Some(to), step, multiple].into_iter().flatten() {
            if part.kind == Kind::Real {
                kind = Kind::Real;
            }
        }
        let log = raw.scale.unwrap_or_default() == RawScale::Log;
        let wrong = |message: &str, hint: &str| Err((message.to_owned(), hint.to_owned()));
        if log && (from.number <= 0.0 || to.number <= 0.0) {
            return wrong("a logarithmic range cannot contain 0", "start above 0");
        }
        if multiple.is_some_and(|m| m.number <= 0.0) {
            return wrong(
                "`multiple` is not above 0",
                "multiple = 4, or multiple = \"4KiB\"",
            );
        }
        let spacing = match (raw.steps, step) {
            (Some(_), Some(_)) => {
                return wrong("`steps` and `step` exclude each other", "leave one out");
            }
            (None, None) => Spacing::Any,
            (Some(steps), None) => Spacing::Steps(steps.get32()),
            (None, Some(_)) if log => {
                return wrong(
                    "a logarithmic range has no fixed step",
                    "give steps = 7, how many values",
                );
            }
            (None, Some(step)) => {
                let count = (to.number - from.number) / step.number;
                if !count.is_finite() || count < 0.0 {
                    return wrong(
                        "`step` leads away from `to`",
                        "step is the distance of two values",
                    );
                }
                if count > MOST {
                    return wrong(
                        "the range has more than a million values",
                        "take a larger step",
                    );
                }
                Spacing::Step(step.number)
            }
        };
        Ok(Range {
            kind,
            from: from.number,
            to: to.number,
            log,
            multiple: multiple.map_or(0.0, |m| m.number),
            spacing,
        })
    }

    /// Reads `FROM..TO`, or `FROM..TO:log` for even ratios.
    ///
    /// # Errors
    /// What is wrong with it, and what would be right.
    pub fn parse(text: &str) -> Result<Range, String> {
        let (ends, scale) = match text.strip_suffix(":log") {
            Some(ends) => (ends, RawScale::Log),
            None => (text, RawScale::Linear),
        };
        let (from, to) = ends
            .split_once("..")
            .ok_or("write for instance 50us..5ms, or 50us..5ms:log")?;
        let any = |text: &str| {
            let quantity = Quantity::parse(text);
            Any(quantity.map_or_else(|| text.trim().into(), Quantity::to_value))
        };
        let raw = RawRange {
            from: any(from),
            to: any(to),
            steps: None,
            step: None,
            scale: Some(scale),
            multiple: None,
        };
        Range::new(&raw).map_err(|(what, hint)| format!("{what}; {hint}"))
    }

    /// The value at `u` of the way, 0 to 1.
    pub fn at(&self, u: f64) -> toml::Value {
        let number = match self.log {
            _ if u <= 0.0 => self.from,
            _ if u >= 1.0 => self.to,
            true => self.from * libm::exp(u * libm::log(self.to / self.from)),
            false => self.from + u * (self.to - self.from),
        };
        self.rounded(number)
    }

    fn rounded(&self, number: f64) -> toml::Value {
        let number = match self.multiple {
            m if m > 0.0 => (libm::round(number / m) * m).max(m),
            _ => number,
        };
        let kind = self.kind;
        Quantity { kind, number }.to_value()
    }

    /// Its values, each once; none if it says neither `steps` nor `step`.
    pub fn values(&self) -> Option<Vec<toml::Value>> {
        let mut values: Vec<toml::Value> = match self.spacing {
            Spacing::Any => return None,
            Spacing::Steps(n) => {
                let last = f64::from(n.max(2) - 1);
                (0..n).map(|i| self.at(f64::from(i) / last)).collect()
            }
            Spacing::Step(step) => {
                // A last value that only rounding puts beyond the end counts.
                let count = libm::floor((self.to - self.from) / step + 1e-9) as u64;
                let value = |i: u64| self.rounded(self.from + i as f64 * step);
                (0..=count).map(value).collect()
            }
        };
        values.dedup();
        Some(values)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(text: &str) -> Result<Vec<String>, String> {
        let raw: RawRange = toml::from_str(text).unwrap();
        let range = Range::new(&raw).map_err(|(message, _)| message)?;
        let text = |v: &toml::Value| v.as_str().map_or(v.to_string(), str::to_owned);
        Ok(range.values().unwrap().iter().map(text).collect())
    }

    #[test]
    fn linear_logarithmic_and_stepped() {
        let of = |text| values(text).unwrap().join(" ");
        assert_eq!(
            of("from = 1\nto = 64\nsteps = 7\nscale = \"log\""),
            "1 2 4 8 16 32 64"
        );
        assert_eq!(
            of("from = \"100us\"\nto = \"1ms\"\nsteps = 4"),
            "100us 400us 700us 1ms"
        );
        assert_eq!(of("from = 0\nto = 10\nstep = 4"), "0 4 8");
        assert_eq!(
            of("from = 0.0\nto = 0.3\nstep = 0.1"),
            "0.0 0.1 0.2 0.30000000000000004"
        );
        assert_eq!(
            of("from = \"4KiB\"\nto = \"1MiB\"\nsteps = 3\nscale = \"log\"\nmultiple = \"4KiB\""),
            "4KiB 64KiB 1MiB"
        );
        assert_eq!(of("from = 1\nto = 3\nsteps = 9"), "1 2 3");
    }

    #[test]
    fn what_is_no_range_is_told() {
        let wrong = |text| values(text).unwrap_err();
        assert!(wrong("from = nan\nto = 1\nsteps = 2").contains("no finite number"));
        assert!(wrong("from = 1\nto = \"1ms\"\nsteps = 2").contains("different things"));
        assert!(wrong("from = 0\nto = 8\nsteps = 2\nscale = \"log\"").contains("cannot contain 0"));
        assert!(wrong("from = 0\nto = 8\nstep = -1").contains("leads away"));
        assert!(wrong("from = 0\nto = 8\nstep = 0").contains("leads away"));
        assert!(wrong("from = 0\nto = 8\nstep = 0.000001").contains("a million"));
        assert!(wrong("from = 0\nto = 8\nstep = 1\nsteps = 3").contains("exclude each other"));
    }
}
