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
    pub fn new(raw: &RawRange) -> Result<Range, Wrong> {
        let (from, to) = ends(raw)?;
        let optional = |name, any: &Option<Any>| any.as_ref().map(|a| number(name, a)).transpose();
        let step = optional("step", &raw.step)?;
        let multiple = optional("multiple", &raw.multiple)?;
        let log = raw.scale.unwrap_or_default() == RawScale::Log;
        if log && (from.number <= 0.0 || to.number <= 0.0) {
            return wrong("a logarithmic range cannot contain 0", "start above 0");
        }
        for (name, part) in [("step", step), ("multiple", multiple)] {
            if part.is_some_and(|part| part.compare(from).is_none()) {
                return wrong(
                    &format!("`{name}` is another thing than `from` and `to`"),
                    "give all as numbers, or all as times, sizes or bandwidths",
                );
            }
        }
        let parts = [Some(from), Some(to), step, multiple];
        let is_real = |part: Option<Quantity>| part.is_some_and(|p| p.kind == Kind::Real);
        let range = Range {
            kind: match parts.into_iter().any(is_real) {
                true => Kind::Real,
                false => from.kind,
            },
            from: from.number,
            to: to.number,
            log,
            multiple: multiple.map_or(0.0, |m| m.number),
            spacing: spacing(raw, to.number - from.number, log, step)?,
        };
        if multiple.is_some() && range.multiples().is_none() {
            return wrong(
                "no multiple of `multiple` lies from `from` to `to`",
                "multiple = 4, or multiple = \"4KiB\"",
            );
        }
        Ok(range)
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

    /// Whether it ends below its beginning.
    pub fn falls(&self) -> bool {
        self.to < self.from
    }

    /// Whether it ends where it begins: it has one value.
    pub fn is_one_value(&self) -> bool {
        self.to == self.from
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

    /// The least and the greatest multiple of `multiple` in the range.
    fn multiples(&self) -> Option<(f64, f64)> {
        let (low, high) = (self.from.min(self.to), self.from.max(self.to));
        let m = self.multiple;
        let (low, high) = (libm::ceil(low / m) * m, libm::floor(high / m) * m);
        (m > 0.0 && low <= high).then_some((low, high))
    }

    fn rounded(&self, number: f64) -> toml::Value {
        let number = match self.multiples() {
            Some((low, high)) => {
                let nearest = libm::round(number / self.multiple) * self.multiple;
                nearest.clamp(low, high)
            }
            None => number,
        };
        let number = match self.kind {
            Kind::Real => self.decimal(number),
            _ => number,
        };
        let kind = self.kind;
        Quantity { kind, number }.to_value()
    }

    /// `number` without what the arithmetic of the range added to it: 0.8, not
    /// 0.7999999999999999. Twelve digits are kept: of the number itself if the
    /// range is logarithmic, else of the greatest in it.
    fn decimal(&self, number: f64) -> f64 {
        let text = match self.log {
            true => format!("{number:.11e}"),
            false => {
                let greatest = self.from.abs().max(self.to.abs()).max(f64::MIN_POSITIVE);
                let digits = 11.0 - libm::floor(libm::log10(greatest));
                format!("{number:.0$}", digits.clamp(0.0, 300.0) as usize)
            }
        };
        // A sum of 0.0 makes zero of negative zero.
        text.parse().unwrap_or(number) + 0.0
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

/// What is wrong, and what would be right.
type Wrong = (String, String);

fn wrong<T>(what: &str, hint: &str) -> Result<T, Wrong> {
    Err((what.to_owned(), hint.to_owned()))
}

fn number(name: &str, any: &Any) -> Result<Quantity, Wrong> {
    let what = || {
        format!(
            "`{name}` is {}, which is no finite number, time, size or bandwidth",
            any.0
        )
    };
    let hint = "write for instance from = 1, to = 64 or from = \"100us\", to = \"10ms\"";
    Quantity::of(&any.0).ok_or_else(|| (what(), hint.into()))
}

/// Where it begins and ends.
fn ends(raw: &RawRange) -> Result<(Quantity, Quantity), Wrong> {
    let (from, to) = (number("from", &raw.from)?, number("to", &raw.to)?);
    match from.compare(to) {
        Some(_) => Ok((from, to)),
        None => wrong(
            &format!(
                "from {} to {}: these are different things",
                raw.from.0, raw.to.0
            ),
            "give both as numbers, or both as times, sizes or bandwidths",
        ),
    }
}

/// How values lie on the way, which is `length` long.
fn spacing(
    raw: &RawRange,
    length: f64,
    log: bool,
    step: Option<Quantity>,
) -> Result<Spacing, Wrong> {
    match (raw.steps, step) {
        (Some(_), Some(_)) => wrong("`steps` and `step` exclude each other", "leave one out"),
        (None, None) => Ok(Spacing::Any),
        (Some(steps), None) => Ok(Spacing::Steps(steps.get32())),
        (None, Some(_)) if log => wrong(
            "a logarithmic range has no fixed step",
            "give steps = 7, how many values",
        ),
        (None, Some(step)) if step.number == 0.0 => {
            wrong("`step` is 0", "step is the distance of two values")
        }
        (None, Some(step)) => match length / step.number {
            count if count < 0.0 => wrong(
                "`step` leads away from `to`",
                "step is the distance of two values",
            ),
            count if count <= MOST => Ok(Spacing::Step(step.number)),
            _ => wrong(
                "the range has more than a million values",
                "take a larger step",
            ),
        },
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
        assert_eq!(of("from = 0.0\nto = 0.3\nstep = 0.1"), "0.0 0.1 0.2 0.3");
        assert_eq!(of("from = 0.2\nto = 1.0\nsteps = 5"), "0.2 0.4 0.6 0.8 1.0");
        assert_eq!(
            of("from = -0.3\nto = 0.3\nstep = 0.1"),
            "-0.3 -0.2 -0.1 0.0 0.1 0.2 0.3"
        );
        assert_eq!(
            of("from = 1e-9\nto = 1e-3\nsteps = 3\nscale = \"log\""),
            "0.000000001 0.000001 0.001"
        );
        assert_eq!(
            of("from = \"4KiB\"\nto = \"1MiB\"\nsteps = 3\nscale = \"log\"\nmultiple = \"4KiB\""),
            "4KiB 64KiB 1MiB"
        );
        assert_eq!(of("from = 1\nto = 3\nsteps = 9"), "1 2 3");
        assert_eq!(of("from = 1\nto = 10\nsteps = 10\nmultiple = 4"), "4 8");
        assert_eq!(of("from = 10\nto = 1\nsteps = 10\nmultiple = 4"), "8 4");
    }

    #[test]
    fn what_is_no_range_is_told() {
        let wrong = |text| values(text).unwrap_err();
        assert!(wrong("from = nan\nto = 1\nsteps = 2").contains("no finite number"));
        assert!(wrong("from = 1\nto = \"1ms\"\nsteps = 2").contains("different things"));
        assert!(wrong("from = 0\nto = 8\nsteps = 2\nscale = \"log\"").contains("cannot contain 0"));
        assert!(wrong("from = 0\nto = 8\nstep = -1").contains("leads away"));
        assert!(wrong("from = 0\nto = 8\nstep = 0").contains("`step` is 0"));
        assert!(wrong("from = 5\nto = 7\nsteps = 2\nmultiple = 4").contains("no multiple"));
        assert!(wrong("from = 5\nto = 7\nsteps = 2\nmultiple = -1").contains("no multiple"));
        assert!(wrong("from = 0\nto = 8\nstep = \"1ms\"").contains("another thing"));
        assert!(wrong("from = 0\nto = 8\nstep = 0.000001").contains("a million"));
        assert!(wrong("from = 0\nto = 8\nstep = 1\nsteps = 3").contains("exclude each other"));
    }
}
