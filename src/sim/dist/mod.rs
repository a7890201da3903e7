//! Distributions of durations: what a scenario says ([`Distribution`]), and
//! what a run draws from ([`Sampler`]).
//!
//! Every transcendental function is `libm`'s, and a sample is a whole number
//! of nanoseconds, so a seed gives the same bytes on every machine. The
//! `rand_distr` crate is not used: its functions become the platform's as soon
//! as any crate of the build enables `num-traits/std`.
//!
//! Nearly every sampler maps one uniform number through the inverse
//! distribution function. So a sample grows with its uniform, and two runs
//! that differ in a parameter draw positively correlated samples.

mod empirical;
mod error;
mod normal;
mod sampler;
mod serial;

use std::path::Path;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::time::Ns;
use super::units::{as_text, option_as_text};

pub use error::{DistError, LoadError};
pub use sampler::Sampler;

/// The longest duration that is configured or drawn: 2⁵³ ns, 104 days. Up to
/// here a nanosecond count is exact in a float.
pub const LONGEST: Ns = Ns(1 << 53);

/// A distribution of durations, as it is written.
///
/// A bare duration (`"4ms"`) is a constant; anything else is a table:
/// `{ kind = "log_normal", median = "200us", sigma = 0.5 }`.
#[derive(Clone, PartialEq, Debug)]
pub enum Distribution {
    /// Always the same.
    Constant(Ns),
    /// One of the shapes below.
    Shape(Shape),
}

/// A distribution with a spread, by its `kind`.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Shape {
    /// Any duration from `min` to `max` equally.
    Uniform {
        /// Shortest.
        #[serde(serialize_with = "as_text")]
        min: Ns,
        /// Longest; at least `min`.
        #[serde(serialize_with = "as_text")]
        max: Ns,
    },
    /// Exponential: memoryless.
    Exponential {
        /// Mean; above 0.
        #[serde(serialize_with = "as_text")]
        mean: Ns,
    },
    /// Log-normal: the usual shape of service times of storage. One of `mean`
    /// and `median`, and one of `sigma` and `cv`.
    LogNormal {
        /// Mean; above 0.
        #[serde(
            default,
            skip_serializing_if = "Option::is_none",
            serialize_with = "option_as_text"
        )]
        mean: Option<Ns>,
        /// Median; above 0.
        #[serde(
            default,
            skip_serializing_if = "Option::is_none",
            serialize_with = "option_as_text"
        )]
        median: Option<Ns>,
        /// Standard deviation of the logarithm; 0 to 5.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        sigma: Option<f64>,
        /// Standard deviation by mean; above 0, at most 1000.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        cv: Option<f64>,
    },
    /// Gamma (Erlang where `shape` is whole). One of `shape` and `cv`.
    Gamma {
        /// Mean; above 0.
        #[serde(serialize_with = "as_text")]
        mean: Ns,
        /// Shape; 0.01 to 10⁶. 1 is exponential, larger is narrower.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        shape: Option<f64>,
        /// Standard deviation by mean, 1/√shape.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        cv: Option<f64>,
    },
    /// Pareto: a tail that falls as a power. Longer than t with probability
    /// (scale/t)^shape; with `cap`, conditioned on being at most `cap`.
    Pareto {
        /// Shortest; above 0.
        #[serde(serialize_with = "as_text")]
        scale: Ns,
        /// Exponent of the tail, 0.1 to 1000; the mean is infinite up to 1.
        shape: f64,
        /// Longest; above `scale`.
        #[serde(
            default,
            skip_serializing_if = "Option::is_none",
            serialize_with = "option_as_text"
        )]
        cap: Option<Ns>,
    },
    /// Normal, conditioned on lying between `min` and `max`.
    Normal {
        /// Mean before it is truncated.
        #[serde(serialize_with = "as_text")]
        mean: Ns,
        /// Standard deviation before it is truncated; above 0.
        #[serde(serialize_with = "as_text")]
        sd: Ns,
        /// Shortest. Default: 0.
        #[serde(default, serialize_with = "as_text")]
        min: Ns,
        /// Longest; above `min`. Default: none.
        #[serde(
            default,
            skip_serializing_if = "Option::is_none",
            serialize_with = "option_as_text"
        )]
        max: Option<Ns>,
    },
    /// As measured: linear between the points of a distribution function. One
    /// of `points` and `file`.
    Empirical {
        /// (probability of at most, duration), both rising, from probability
        /// 0 to 1.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        points: Vec<(f64, Ns)>,
        /// A text file of such points, one a line, or of bare durations, each
        /// of equal weight; `#` begins a comment.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        file: Option<String>,
    },
}

impl Default for Distribution {
    /// Takes no time.
    fn default() -> Self {
        Distribution::Constant(Ns::ZERO)
    }
}

impl From<Ns> for Distribution {
    fn from(value: Ns) -> Self {
        Distribution::Constant(value)
    }
}

impl From<Shape> for Distribution {
    fn from(shape: Shape) -> Self {
        Distribution::Shape(shape)
    }
}

impl Distribution {
    /// Reads the file of an empirical distribution, relative to `base`, into
    /// its points; the others are left as they are. To be called before
    /// [`sampler`](Self::sampler).
    ///
    /// # Errors
    /// The file cannot be read or understood.
    pub fn load(&mut self, base: &Path) -> Result<(), LoadError> {
        let Distribution::Shape(Shape::Empirical { points, file }) = self else {
            return Ok(());
        };
        let Some(name) = file.as_ref() else {
            return Ok(());
        };
        *points = empirical::read_file(&base.join(name))?;
        *file = None;
        Ok(())
    }

    /// What a run draws from.
    ///
    /// # Errors
    /// A parameter is out of its range, given twice or missing, or a file was
    /// not loaded.
    pub fn sampler(&self) -> Result<Sampler, DistError> {
        match self {
            Distribution::Constant(value) => Sampler::constant(*value),
            Distribution::Shape(shape) => Sampler::of_shape(shape),
        }
    }
}

#[cfg(test)]
mod tests;
