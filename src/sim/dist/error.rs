//! What can be wrong with a distribution.

use std::path::PathBuf;

use crate::sim::units::UnitError;

/// Why a distribution cannot be drawn from.
#[derive(Clone, PartialEq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DistError {
    /// A parameter is outside its range.
    #[error("`{name}` is {value}, but must be {range}")]
    OutOfRange {
        /// Which parameter.
        name: &'static str,
        /// What it is.
        value: String,
        /// What it may be.
        range: &'static str,
    },
    /// Exactly one of two parameters is needed.
    #[error("give either `{0}` or `{1}`, and not both")]
    OneOf(&'static str, &'static str),
    /// The bounds leave next to nothing of a normal distribution.
    #[error("`min` and `max` exclude all but {0:e} of the distribution")]
    NothingLeft(f64),
    /// The points of an empirical distribution are not one.
    #[error("point {index}: {what}")]
    Point {
        /// Which, from 1.
        index: usize,
        /// What is wrong.
        what: &'static str,
    },
    /// The file of an empirical distribution was not read.
    #[error("the file `{0}` has not been loaded")]
    NotLoaded(String),
}

/// Why a file of durations cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LoadError {
    /// It cannot be read.
    #[error("cannot read `{path}`", path = .path.display())]
    Read {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A line is neither a duration nor a probability and a duration.
    #[error("`{path}`, line {line}: {what}", path = .path.display())]
    Line {
        /// Which file.
        path: PathBuf,
        /// Which line, from 1.
        line: usize,
        /// Why.
        what: LineError,
    },
}

/// What is wrong with a line of a file of durations.
#[derive(Clone, PartialEq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LineError {
    /// The duration.
    #[error(transparent)]
    Duration(#[from] UnitError),
    /// The probability.
    #[error("`{0}` is not a probability")]
    Probability(String),
    /// Neither one column nor two, or not as many as before.
    #[error("{0} columns; expected a duration a line, or a probability and a duration")]
    Columns(usize),
}
