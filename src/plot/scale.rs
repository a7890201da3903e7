//! Scales: from values to pixels, and the values that are written beside them.

use super::units::{Unit, trim};

/// How a scale runs.
#[derive(Copy, Clone, PartialEq, Debug)]
pub enum Run {
    /// Evenly.
    Linear,
    /// A factor is a length. Values must be above 0.
    Log,
    /// A factor of what is missing to 1 is a length: 0.9, 0.99, 0.999.
    Tail,
}

/// A scale from `low` to `high`.
#[derive(Copy, Clone, PartialEq, Debug)]
pub struct Scale {
    /// How it runs.
    pub run: Run,
    /// Its unit.
    pub unit: Unit,
    /// Least value.
    pub low: f64,
    /// Greatest value.
    pub high: f64,
}

/// The end of a scale on which all is 0.
const NOTHING: f64 = 1e-12;

/// Beyond this factor a scale has room for what is below its least value.
const DECADE: f64 = 10.0;

/// Steps within a power of ten where there are few powers.
const FINE: [f64; 9] = [1.0, 1.2, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 7.0];

/// A value that is written beside a scale.
#[derive(Clone, PartialEq, Debug)]
pub struct Tick {
    /// The value.
    pub at: f64,
    /// As it is written; empty: a line only.
    pub text: String,
}

impl Scale {
    /// From 0 to somewhat above `most`: whole steps. If all is 0, that is all there
    /// is to be told.
    pub fn from_zero(unit: Unit, most: f64) -> Scale {
        if most <= 0.0 || !most.is_finite() {
            return Scale::span(unit, 0.0, NOTHING);
        }
        let step = step(unit, most, 5.0);
        Scale {
            run: Run::Linear,
            unit,
            low: 0.0,
            high: (most * 1.02 / step).ceil() * step,
        }
    }
    /// From `low` to `high`, as they are.
    pub fn span(unit: Unit, low: f64, high: f64) -> Scale {
        let high = if high > low { high } else { low + 1.0 };
        Scale {
            run: Run::Linear,
            unit,
            low,
            high,
        }
    }
    /// From 0 to `end`; to the next round value, if that is near: an axis that is 30 s
    /// long but for a millisecond ends with 30.
    pub fn until(unit: Unit, end: f64) -> Scale {
        let scale = Scale::span(unit, 0.0, end);
        let step = step(unit, scale.high, 10.0);
        let round = (scale.high / step).ceil() * step;
        let is_near = round - scale.high < 0.02 * scale.high;
        Scale {
            high: if is_near { round } else { scale.high },
            ..scale
        }
    }
    /// About all of `values` above 0, and hardly more; over decades from a round value
    /// on, that what is smallest can be read.
    pub fn log_about(unit: Unit, values: impl IntoIterator<Item = f64>) -> Scale {
        let values = values.into_iter().filter(|v| *v > 0.0 && v.is_finite());
        let (low, high) = values.fold((f64::INFINITY, 0.0f64), |(low, high), v| {
            (low.min(v), high.max(v))
        });
        match high > 1.05 * low {
            true => Scale {
                run: Run::Log,
                unit,
                low: match high > DECADE * low {
                    true => round_below(unit, low / 1.05),
                    false => low / 1.1,
                },
                high: high * 1.1,
            },
            false => Scale::log(unit, [low, high]),
        }
    }
    /// The powers and halves about all of `values` above 0.
    pub fn log(unit: Unit, values: impl IntoIterator<Item = f64>) -> Scale {
        let values = values.into_iter().filter(|v| *v > 0.0 && v.is_finite());
        let (low, high) = values.fold((f64::INFINITY, 0.0f64), |(low, high), v| {
            (low.min(v), high.max(v))
        });
        let (low, high) = if low.is_finite() {
            (low, high)
        } else {
            (1.0, 10.0)
        };
        // One value alone stands in the middle.
        let (low, high) = if high < low * 1.01 {
            (low / 2.0, high * 2.0)
        } else {
            (low, high)
        };
        let nice = nice_log(unit);
        let above = nice.iter().find(|n| **n >= high * 0.9999);
        // Of many decades the least value does not lie on the axis, as if it were none.
        let low = match high > DECADE * low {
            true => round_below(unit, low / 1.05),
            false => round_below(unit, low),
        };
        let high = above.copied().unwrap_or(high);
        Scale {
            run: Run::Log,
            unit,
            low,
            high: if high > low { high } else { 10.0 * low },
        }
    }
    /// Percentiles from 0 until `nines` nines.
    pub fn tail(nines: u32) -> Scale {
        Scale {
            run: Run::Tail,
            unit: Unit::Share,
            low: 0.0,
            high: 1.0 - libm::pow(10.0, -f64::from(nines)),
        }
    }

    fn stretch(&self, v: f64) -> f64 {
        match self.run {
            Run::Linear => v,
            Run::Log => libm::log10(v.max(1e-300)),
            Run::Tail => -libm::log10((1.0 - v).max(1e-12)),
        }
    }
    /// Where `v` lies: 0 at the low end, 1 at the high end.
    pub fn place(&self, v: f64) -> f64 {
        let (low, high) = (self.stretch(self.low), self.stretch(self.high));
        (self.stretch(v) - low) / (high - low)
    }

    /// About `n` values to write beside it.
    pub fn ticks(&self, n: f64) -> Vec<Tick> {
        match self.run {
            Run::Linear => self.linear(n),
            Run::Log => self.powers(n),
            Run::Tail => self.nines(),
        }
    }

    fn linear(&self, n: f64) -> Vec<Tick> {
        if self.low == 0.0 && self.high <= NOTHING {
            let text = "0".into();
            return vec![Tick { at: 0.0, text }];
        }
        let step = step(self.unit, self.high - self.low, n.max(1.0));
        let (divisor, _) = self.unit.of_axis(self.high.abs().max(self.low.abs()));
        let digits = (-libm::floor(libm::log10(step / divisor) + 1e-9)).clamp(0.0, 9.0) as usize;
        // Steps of a quarter need one digit more.
        let exact = (step / divisor * libm::pow(10.0, digits as f64)).fract() < 1e-6;
        let digits = if exact { digits } else { digits + 2 };
        let first = (self.low / step - 1e-9).ceil() as i64;
        let last = (self.high / step + 1e-9).floor() as i64;
        (first..=last)
            .map(|i| {
                let at = i as f64 * step;
                let text = trim(&format!("{:.digits$}", at / divisor));
                Tick { at, text }
            })
            .collect()
    }

    fn powers(&self, n: f64) -> Vec<Tick> {
        let inside = |v: &f64| *v >= self.low * 0.9999 && *v <= self.high * 1.0001;
        let mut all: Vec<f64> = nice_log(self.unit).into_iter().filter(inside).collect();
        if all.len() < 3 && self.unit.base() != 2.0 {
            let power = |n: i32| FINE.map(|m| m * libm::pow(10.0, f64::from(n)));
            all = (-6..14).flat_map(power).filter(inside).collect();
        }
        let base = self.unit.base();
        let is_power = |v: &f64| {
            let power = libm::log10(*v) / libm::log10(base);
            (power - power.round()).abs() < 1e-6
        };
        let powers = || all.iter().copied().filter(is_power);
        let threes = powers().flat_map(|power| [power, 3.0 * power]);
        let threes = || threes.clone().filter(inside);
        let shown: Vec<f64> = if all.len() as f64 <= n {
            all
        } else if base != 2.0 && threes().count() as f64 <= n {
            from(all[0], threes())
        } else {
            let every = (powers().count() as f64 / n).ceil().max(1.0) as usize;
            from(all[0], powers().step_by(every))
        };
        let tick = |at| Tick {
            at,
            text: self.unit.tell(at),
        };
        shown.into_iter().map(tick).collect()
    }

    fn nines(&self) -> Vec<Tick> {
        let all = [
            (0.0, "0 %"),
            (0.5, "50 %"),
            (0.9, "90 %"),
            (0.99, "99 %"),
            (0.999, "99.9 %"),
            (0.9999, "99.99 %"),
            (0.99999, "99.999 %"),
            (0.999_999, "99.9999 %"),
        ];
        let inside = all.iter().filter(|(at, _)| *at <= self.high + 1e-9);
        let tick = |&(at, text): &(f64, &str)| Tick {
            at,
            text: text.into(),
        };
        inside.map(tick).collect()
    }
}

/// `values`, the `first` of all before them unless it is too near: where a scale begins
/// must be told.
fn from(first: f64, values: impl Iterator<Item = f64>) -> Vec<f64> {
    let values: Vec<f64> = values.collect();
    let near = values.first().is_some_and(|value| *value < 2.1 * first);
    let first = (!near).then_some(first);
    first.into_iter().chain(values).collect()
}

/// The round value that `low` lies on or above.
fn round_below(unit: Unit, low: f64) -> f64 {
    let nice = nice_log(unit);
    let below = nice.iter().rev().find(|n| **n <= low * 1.0001);
    below.copied().unwrap_or(low)
}

/// 1, 2 and 5 times the powers of ten; of bytes, the powers of two.
fn nice_log(unit: Unit) -> Vec<f64> {
    let least = match unit {
        Unit::Share => -6,
        _ => -3,
    };
    if unit.base() == 2.0 {
        return (0..60).map(|n| libm::pow(2.0, f64::from(n))).collect();
    }
    let of_power = |n: i32| [1.0, 2.0, 5.0].map(|m| m * libm::pow(10.0, f64::from(n)));
    (least..14).flat_map(of_power).collect()
}

/// A round step of which about `n` make `span`.
fn step(unit: Unit, span: f64, n: f64) -> f64 {
    let raw = span / n;
    if unit.base() == 2.0 && raw >= 1.0 {
        // Whole in the unit that is written: 200 KiB, 25 MiB.
        let (size, _) = unit.of_axis(span);
        return size * step(Unit::Count, span / size, n);
    }
    let power = libm::pow(10.0, libm::floor(libm::log10(raw)));
    let times = raw / power;
    let round = match times {
        t if t <= 1.0 => 1.0,
        t if t <= 2.0 => 2.0,
        t if t <= 2.5 => 2.5,
        t if t <= 5.0 => 5.0,
        _ => 10.0,
    };
    let step = round * power;
    match unit {
        Unit::Count if raw >= 0.5 => step.max(1.0),
        _ => step,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(scale: Scale, n: f64) -> Vec<String> {
        scale.ticks(n).into_iter().map(|t| t.text).collect()
    }

    #[test]
    fn ticks_are_round_in_the_unit_that_is_written() {
        let k = Scale::from_zero(Unit::PerSecond, 31_000.0);
        assert_eq!(texts(k, 5.0), ["0", "10", "20", "30", "40"]);
        let bytes = Scale::from_zero(Unit::Bytes, 100_000.0);
        assert_eq!(texts(bytes, 5.0), ["0", "20", "40", "60", "80", "100"]);
        let share = Scale::from_zero(Unit::Share, 0.98);
        assert_eq!(texts(share, 5.0), ["0", "20", "40", "60", "80", "100"]);
    }

    #[test]
    fn few_decades_have_steps_between() {
        let scale = Scale::log(Unit::Time, [120_000.0, 900_000.0]);
        assert_eq!(texts(scale, 6.0), ["100 µs", "200 µs", "500 µs", "1 ms"]);
        let wide = Scale::log(Unit::Time, [1.0, 9e9]);
        assert!(texts(wide, 6.0).len() <= 6);
    }

    /// What is smallest can be read: there is a tick below it, and it is written.
    #[test]
    fn decades_begin_with_a_tick() {
        let values = [0.13e6, 0.25e6, 1e9];
        for scale in [
            Scale::log_about(Unit::Time, values),
            Scale::log(Unit::Time, values),
        ] {
            for n in [4.0, 6.0, 9.0, 12.0] {
                let ticks = scale.ticks(n);
                assert!((ticks[0].at - 1e5).abs() < 1.0, "{n}: {ticks:?}");
                assert!(scale.place(0.13e6) > 0.01);
            }
        }
        let steps = texts(Scale::log(Unit::Time, [2e5, 9e8]), 9.0);
        assert_eq!(steps[..3], ["100 µs", "300 µs", "1 ms"]);
        // A value on a tick is not on the axis.
        assert!(Scale::log(Unit::Time, [2e5, 9e8]).place(2e5) > 0.0);
    }

    #[test]
    fn an_axis_ends_with_its_round_value() {
        let last = |end: f64| {
            let scale = Scale::until(Unit::Time, end);
            (scale.high, texts(scale, 12.0).pop().unwrap())
        };
        assert_eq!(last(29.98e9), (30e9, "30".into()));
        assert_eq!(last(27.0e9).0, 27.0e9);
    }

    /// There are no fractions of an error, nor of a nanosecond.
    #[test]
    fn where_all_is_zero_nothing_else_is_told() {
        for unit in [Unit::Count, Unit::Time, Unit::PerSecond, Unit::Bytes] {
            let scale = Scale::from_zero(unit, 0.0);
            assert_eq!(texts(scale, 6.0), ["0"], "{unit:?}");
            assert_eq!(scale.place(0.0), 0.0);
        }
    }

    #[test]
    fn a_scale_about_values_leaves_no_room() {
        let scale = Scale::log_about(Unit::Time, [1e6, 2.05e6]);
        assert!(scale.high < 2.3e6 && scale.low > 0.9e6);
        assert!(texts(scale, 8.0).len() >= 3, "{:?}", texts(scale, 8.0));
    }

    #[test]
    fn the_tail_gives_every_nine_its_room() {
        let tail = Scale::tail(3);
        assert_eq!(tail.place(0.0), 0.0);
        assert!((tail.place(0.9) - 1.0 / 3.0).abs() < 1e-9);
        assert!((tail.place(0.999) - 1.0).abs() < 1e-9);
    }
}
