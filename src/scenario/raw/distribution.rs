//! A distribution of times: a time, or a table with a `kind`.

use std::fmt;

use schemars::JsonSchema;
use serde::de::{self, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

use crate::scenario::units::{HELP, Time};

/// Longest time that is drawn.
const HOUR: u64 = 3_600_000_000_000;

/// A distribution of times.
#[derive(Clone, Debug, PartialEq, JsonSchema)]
#[schemars(untagged)]
#[schemars(rename = "Distribution")]
pub enum RawDistribution {
    /// Always the same: `"200us"`.
    Constant(Time<0, HOUR>),
    /// `{ kind = "log_normal", median = "200us", sigma = 0.5 }`.
    Shape(Shape),
}

/// A distribution with a spread, by its `kind`.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Shape {
    /// Memoryless.
    Exponential {
        /// Mean.
        mean: Time<1, HOUR>,
    },
    /// Log-normal: the usual shape of service times of storage. One of `mean`
    /// and `median`, and one of `sigma` and `cv`.
    LogNormal {
        /// Mean.
        mean: Option<Time<1, HOUR>>,
        /// Median.
        median: Option<Time<1, HOUR>>,
        /// Standard deviation of the logarithm; 0 to 5.
        sigma: Option<f64>,
        /// Standard deviation by mean; above 0.
        cv: Option<f64>,
    },
    /// Gamma (Erlang where `shape` is whole). One of `shape` and `cv`.
    Gamma {
        /// Mean.
        mean: Time<1, HOUR>,
        /// 1 is exponential, larger is narrower.
        shape: Option<f64>,
        /// Standard deviation by mean, 1/√shape.
        cv: Option<f64>,
    },
    /// Pareto: a tail that falls as a power.
    Pareto {
        /// Shortest.
        scale: Time<1, HOUR>,
        /// Exponent of the tail; the mean is infinite up to 1.
        shape: f64,
        /// Longest.
        cap: Option<Time<1, HOUR>>,
    },
    /// As measured: linear between the points of a distribution function.
    Empirical {
        /// (probability of at most, time), both rising, from probability 0 to 1.
        points: Vec<(f64, Time<0, HOUR>)>,
    },
}

impl<'de> Deserialize<'de> for RawDistribution {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct TimeOrShape;
        impl<'de> Visitor<'de> for TimeOrShape {
            type Value = RawDistribution;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(
                    "a time such as \"200us\", or { kind = \"exponential\", mean = \"200us\" }",
                )
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<RawDistribution, E> {
                Time::parse(text)
                    .map(RawDistribution::Constant)
                    .map_err(E::custom)
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<RawDistribution, A::Error> {
                let map = de::value::MapAccessDeserializer::new(map);
                let shape = Shape::deserialize(map)?;
                match wrong_shape(&shape) {
                    Some((what, hint)) => Err(de::Error::custom(format!("{what}{HELP}{hint}"))),
                    None => Ok(RawDistribution::Shape(shape)),
                }
            }
        }
        deserializer.deserialize_any(TimeOrShape)
    }
}

/// What is wrong with the numbers of `shape`, and what would be right.
fn wrong_shape(shape: &Shape) -> Option<(&'static str, &'static str)> {
    let exactly_one = |a: bool, b: bool| a != b;
    match shape {
        Shape::Exponential { .. } => None,
        Shape::LogNormal {
            mean,
            median,
            sigma,
            cv,
        } => {
            if !exactly_one(mean.is_some(), median.is_some()) {
                return Some((
                    "it is not clear where a log-normal lies",
                    "give one of `mean` and `median`",
                ));
            }
            if !exactly_one(sigma.is_some(), cv.is_some()) {
                return Some((
                    "it is not clear how wide a log-normal is",
                    "give one of `sigma` and `cv`",
                ));
            }
            let sigma = sigma.is_none_or(|sigma| (0.0..=5.0).contains(&sigma));
            let cv = cv.is_none_or(|cv| cv > 0.0 && cv <= 1000.0);
            (!sigma || !cv).then_some((
                "the width is out of range",
                "`sigma` 0 to 5, or `cv` above 0 to 1000",
            ))
        }
        Shape::Gamma { shape, cv, .. } => {
            if !exactly_one(shape.is_some(), cv.is_some()) {
                return Some((
                    "it is not clear how wide a gamma is",
                    "give one of `shape` and `cv`",
                ));
            }
            let shape = shape.is_none_or(|shape| (0.01..=1e6).contains(&shape));
            let cv = cv.is_none_or(|cv| (0.001..=10.0).contains(&cv));
            (!shape || !cv).then_some((
                "the width is out of range",
                "`shape` 0.01 to 10^6, or `cv` 0.001 to 10",
            ))
        }
        Shape::Pareto { scale, shape, cap } => {
            if !(0.1..=1000.0).contains(shape) {
                return Some(("the exponent is out of range", "`shape` 0.1 to 1000"));
            }
            let below = cap.is_some_and(|cap| cap.0 <= scale.0);
            below.then_some((
                "the longest is not above the shortest",
                "raise `cap` above `scale`",
            ))
        }
        Shape::Empirical { points } => {
            let ends = points.first().is_some_and(|p| p.0 == 0.0)
                && points.last().is_some_and(|p| p.0 == 1.0);
            let rises = points
                .windows(2)
                .all(|w| w[0].0 < w[1].0 && w[0].1.0 <= w[1].1.0);
            (!ends || !rises || points.len() < 2).then_some((
                "the points are not a distribution function",
                "probabilities rise from 0.0 to 1.0, and times with them: [[0.0, \"50us\"], [1.0, \"900us\"]]",
            ))
        }
    }
}
