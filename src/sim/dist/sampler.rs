//! Drawing durations.

use std::ops::RangeInclusive;

use rand_core::RngCore;

use super::empirical::Quantiles;
use super::error::DistError;
use super::{LONGEST, Shape, normal};
use crate::sim::draw::unit_f64;
use crate::sim::time::Ns;

/// A checked distribution, ready to be drawn from.
///
/// One uniform number makes one sample, but for gamma, which takes two or
/// more. Samples are rounded to the nearest nanosecond and clipped to
/// [`LONGEST`].
#[derive(Clone, PartialEq, Debug)]
pub struct Sampler(Law);

/// Parameters in the form that sampling wants; durations in ns.
#[derive(Clone, PartialEq, Debug)]
enum Law {
    Constant(Ns),
    Uniform {
        min: f64,
        width: f64,
    },
    Exponential {
        mean: f64,
    },
    LogNormal {
        mu: f64,
        sigma: f64,
    },
    Gamma {
        shape: f64,
        scale: f64,
    },
    Pareto {
        scale: f64,
        shape: f64,
        low: f64,
        cap: f64,
    },
    Normal {
        mean: f64,
        sd: f64,
        low: f64,
        high: f64,
    },
    Empirical(Quantiles),
}

impl Sampler {
    pub(super) fn constant(value: Ns) -> Result<Self, DistError> {
        duration("value", value, false)?;
        Ok(Sampler(Law::Constant(value)))
    }

    pub(super) fn of_shape(shape: &Shape) -> Result<Self, DistError> {
        let law = match *shape {
            Shape::Uniform { min, max } => uniform(min, max)?,
            Shape::Exponential { mean } => Law::Exponential {
                mean: duration("mean", mean, true)?,
            },
            Shape::LogNormal {
                mean,
                median,
                sigma,
                cv,
            } => log_normal(mean, median, sigma, cv)?,
            Shape::Gamma { mean, shape, cv } => gamma(mean, shape, cv)?,
            Shape::Pareto { scale, shape, cap } => pareto(scale, shape, cap)?,
            Shape::Normal { mean, sd, min, max } => truncated_normal(mean, sd, min, max)?,
            Shape::Empirical {
                file: Some(ref file),
                ..
            } => {
                return Err(DistError::NotLoaded(file.clone()));
            }
            Shape::Empirical {
                ref points,
                file: None,
            } => Law::Empirical(Quantiles::new(points)?),
        };
        Ok(Sampler(law))
    }

    /// A duration drawn with numbers of `rng`.
    #[inline]
    pub fn sample<R: RngCore + ?Sized>(&self, rng: &mut R) -> Ns {
        match self.0 {
            Law::Constant(value) => value,
            Law::Gamma { shape, scale } => to_ns(scale * standard_gamma(shape, rng)),
            ref law => to_ns(law.quantile(unit_f64(rng.next_u64()))),
        }
    }

    /// The one value, if there is only one.
    pub fn as_constant(&self) -> Option<Ns> {
        match self.0 {
            Law::Constant(value) => Some(value),
            _ => None,
        }
    }

    /// The mean in ns, before rounding and clipping; infinite for a Pareto of
    /// shape up to 1 without cap.
    pub fn mean(&self) -> f64 {
        self.0.mean()
    }
}

/// Rounds `x` >= 0 to nanoseconds within the range of durations.
#[inline]
fn to_ns(x: f64) -> Ns {
    Ns(((x + 0.5) as u64).min(LONGEST.0))
}

impl Law {
    /// The value that is not exceeded with probability `u`, 0 < u < 1.
    #[inline]
    fn quantile(&self, u: f64) -> f64 {
        match *self {
            Law::Constant(value) => value.0 as f64,
            Law::Uniform { min, width } => min + width * u,
            Law::Exponential { mean } => -mean * libm::log(1.0 - u),
            Law::LogNormal { mu, sigma } => libm::exp(mu + sigma * normal::quantile(u)),
            Law::Pareto {
                scale,
                shape,
                low,
                cap,
            } => (scale * libm::pow(1.0 - u * (1.0 - low), -1.0 / shape)).min(cap),
            Law::Normal {
                mean,
                sd,
                low,
                high,
            } => (mean + sd * normal::quantile(low + u * (high - low))).max(0.0),
            Law::Empirical(ref quantiles) => quantiles.at(u),
            // Has no closed form; drawn by rejection instead.
            Law::Gamma { shape, scale } => shape * scale,
        }
    }

    fn mean(&self) -> f64 {
        match *self {
            Law::Constant(value) => value.0 as f64,
            Law::Uniform { min, width } => min + width / 2.0,
            Law::Exponential { mean } => mean,
            Law::LogNormal { mu, sigma } => libm::exp(mu + sigma * sigma / 2.0),
            Law::Gamma { shape, scale } => shape * scale,
            Law::Pareto {
                scale,
                shape,
                low,
                cap,
            } => pareto_mean(scale, shape, low, cap),
            Law::Normal {
                mean,
                sd,
                low,
                high,
            } => {
                let density = |p: f64| {
                    if p <= 0.0 || p >= 1.0 {
                        0.0
                    } else {
                        normal::pdf(normal::quantile(p))
                    }
                };
                mean + sd * (density(low) - density(high)) / (high - low)
            }
            Law::Empirical(ref quantiles) => quantiles.mean(),
        }
    }
}

fn uniform(min: Ns, max: Ns) -> Result<Law, DistError> {
    let (low, high) = (duration("min", min, false)?, duration("max", max, false)?);
    if max < min {
        return Err(out_of_range("max", max.0, "at least `min`"));
    }
    Ok(Law::Uniform {
        min: low,
        width: high - low,
    })
}

fn log_normal(
    mean: Option<Ns>,
    median: Option<Ns>,
    sigma: Option<f64>,
    cv: Option<f64>,
) -> Result<Law, DistError> {
    let sigma = match (sigma, cv) {
        (Some(sigma), None) => number("sigma", sigma, 0.0..=5.0, "0 to 5")?,
        (None, Some(cv)) => {
            let cv = number("cv", cv, 1e-6..=1000.0, "10⁻⁶ to 1000")?;
            libm::sqrt(libm::log1p(cv * cv))
        }
        _ => return Err(DistError::OneOf("sigma", "cv")),
    };
    let mu = match (mean, median) {
        (Some(mean), None) => libm::log(duration("mean", mean, true)?) - sigma * sigma / 2.0,
        (None, Some(median)) => libm::log(duration("median", median, true)?),
        _ => return Err(DistError::OneOf("mean", "median")),
    };
    Ok(Law::LogNormal { mu, sigma })
}

fn gamma(mean: Ns, shape: Option<f64>, cv: Option<f64>) -> Result<Law, DistError> {
    let mean = duration("mean", mean, true)?;
    let shape = match (shape, cv) {
        (Some(shape), None) => number("shape", shape, 0.01..=1e6, "0.01 to 10⁶")?,
        (None, Some(cv)) => {
            let cv = number("cv", cv, 0.001..=10.0, "0.001 to 10")?;
            1.0 / (cv * cv)
        }
        _ => return Err(DistError::OneOf("shape", "cv")),
    };
    Ok(Law::Gamma {
        shape,
        scale: mean / shape,
    })
}

fn pareto(scale: Ns, shape: f64, cap: Option<Ns>) -> Result<Law, DistError> {
    let start = duration("scale", scale, true)?;
    let shape = number("shape", shape, 0.1..=1000.0, "0.1 to 1000")?;
    let (low, cap) = match cap {
        None => (0.0, f64::INFINITY),
        Some(cap) if cap <= scale => return Err(out_of_range("cap", cap.0, "above `scale`")),
        Some(cap) => {
            let end = duration("cap", cap, true)?;
            (libm::pow(start / end, shape), end)
        }
    };
    Ok(Law::Pareto {
        scale: start,
        shape,
        low,
        cap,
    })
}

/// ∫ t dF from `scale` to `cap`; `low` is the tail beyond `cap`.
fn pareto_mean(scale: f64, shape: f64, low: f64, cap: f64) -> f64 {
    if cap.is_infinite() {
        return if shape > 1.0 {
            scale * shape / (shape - 1.0)
        } else {
            f64::INFINITY
        };
    }
    if (shape - 1.0).abs() < 1e-9 {
        return scale * libm::log(cap / scale) / (1.0 - low);
    }
    let tail = libm::pow(scale / cap, shape - 1.0);
    scale * shape / (shape - 1.0) * (1.0 - tail) / (1.0 - low)
}

fn truncated_normal(mean: Ns, sd: Ns, min: Ns, max: Option<Ns>) -> Result<Law, DistError> {
    let (mean, sd) = (duration("mean", mean, false)?, duration("sd", sd, true)?);
    let low = normal::cdf((duration("min", min, false)? - mean) / sd);
    let high = match max {
        None => 1.0,
        Some(max) if max <= min => return Err(out_of_range("max", max.0, "above `min`")),
        Some(max) => normal::cdf((duration("max", max, true)? - mean) / sd),
    };
    if high - low < 1e-6 {
        return Err(DistError::NothingLeft(high - low));
    }
    Ok(Law::Normal {
        mean,
        sd,
        low,
        high,
    })
}

/// A gamma variable of scale 1 (Marsaglia and Tsang 2000): for a shape below
/// 1, that of shape + 1 times a power of a uniform.
fn standard_gamma<R: RngCore + ?Sized>(shape: f64, rng: &mut R) -> f64 {
    let boost = if shape < 1.0 {
        libm::pow(unit_f64(rng.next_u64()), 1.0 / shape)
    } else {
        1.0
    };
    let d = if shape < 1.0 { shape + 1.0 } else { shape } - 1.0 / 3.0;
    let c = 1.0 / libm::sqrt(9.0 * d);
    loop {
        let x = normal::quantile(unit_f64(rng.next_u64()));
        let v = 1.0 + c * x;
        if v <= 0.0 {
            continue;
        }
        let v = v * v * v;
        let u = unit_f64(rng.next_u64());
        if libm::log(u) < 0.5 * x * x + d - d * v + d * libm::log(v) {
            return boost * d * v;
        }
    }
}

/// `value` in ns, if it is a duration that may be configured.
fn duration(name: &'static str, value: Ns, positive: bool) -> Result<f64, DistError> {
    if value > LONGEST {
        return Err(out_of_range(name, value.0, "at most 2⁵³ ns"));
    }
    if positive && value == Ns::ZERO {
        return Err(out_of_range(name, value.0, "above 0"));
    }
    Ok(value.0 as f64)
}

/// `value`, if it lies in `range`; NaN lies in none.
fn number(
    name: &'static str,
    value: f64,
    range: RangeInclusive<f64>,
    words: &'static str,
) -> Result<f64, DistError> {
    if range.contains(&value) {
        Ok(value)
    } else {
        Err(out_of_range(name, value, words))
    }
}

fn out_of_range(name: &'static str, value: impl ToString, range: &'static str) -> DistError {
    DistError::OutOfRange {
        name,
        value: value.to_string(),
        range,
    }
}
