//! What one run came to, as it is kept.

use serde::{Deserialize, Serialize};

use super::measure::Measured;

/// A value of an axis, as the tables show it: a number stays one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Label {
    /// A truth value.
    Truth(bool),
    /// A whole number.
    Whole(i64),
    /// Another number.
    Real(f64),
    /// All else.
    Text(String),
}

impl Label {
    /// The label of a value.
    pub fn of(value: &toml::Value) -> Label {
        match value {
            toml::Value::Boolean(truth) => Label::Truth(*truth),
            toml::Value::Integer(n) => Label::Whole(*n),
            toml::Value::Float(x) => Label::Real(*x),
            toml::Value::String(text) => Label::Text(text.clone()),
            other => Label::Text(other.to_string()),
        }
    }
}

impl std::fmt::Display for Label {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Label::Truth(truth) => write!(f, "{truth}"),
            Label::Whole(n) => write!(f, "{n}"),
            // Without hundreds of zeros.
            Label::Real(x) if *x != 0.0 && !(1e-5..1e16).contains(&x.abs()) => write!(f, "{x:e}"),
            Label::Real(x) => write!(f, "{x}"),
            Label::Text(text) => f.write_str(text),
        }
    }
}

/// One run of a point.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// The point, from 0.
    pub point: u64,
    /// Its replication, from 0.
    pub replication: u32,
    /// Values of the axes, in order of the columns.
    pub values: Vec<Label>,
    /// The seed of the scenario.
    pub seed: u64,
    /// What came of it.
    pub outcome: Outcome,
}

/// What came of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// Figures.
    Measured(Measured),
    /// There are none.
    Failed {
        /// Why.
        error: String,
        /// The scenario file of the point, with how to run it.
        scenario: String,
    },
}
