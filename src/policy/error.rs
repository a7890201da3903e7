//! Why a comparison cannot be made.

use miette::Diagnostic;

use crate::scenario::{Problem, ScenarioError};
use crate::sweep::SweepError;

/// Why a comparison cannot be made.
#[derive(Debug, thiserror::Error, Diagnostic)]
#[non_exhaustive]
pub enum PolicyError {
    /// A scenario is wrong.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Scenario(#[from] ScenarioError),
    /// A set of results is wrong.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Sweep(#[from] SweepError),
    /// The matrix of a regression check is wrong.
    #[error("{name} is no matrix that can be checked")]
    Matrix {
        /// The name of the file.
        name: String,
        /// What is wrong, in order of appearance.
        #[related]
        problems: Vec<Problem>,
    },
    /// What is asked for does not exist or does not fit.
    #[error("{what}")]
    #[diagnostic(help("{hint}"))]
    Asked {
        /// What is wrong.
        what: String,
        /// What would be right.
        hint: String,
    },
    /// A run failed.
    #[error("{cell}: {why}")]
    #[diagnostic(help("to run it alone: {command}"))]
    Run {
        /// Which.
        cell: String,
        /// Why.
        why: String,
        /// The command that repeats it.
        command: String,
    },
    /// Nothing is left of a run.
    #[error("{cell}: {why}")]
    #[diagnostic(help("shorten the warm-up (--warm-up, warm_up), or let the scenario run longer"))]
    WarmUp {
        /// Of which.
        cell: String,
        /// Why.
        why: String,
    },
    /// A program failed.
    #[error("{program}: {why}")]
    #[diagnostic(help(
        "a build is the path of an `mpathsim` that has the command `sweep`, and writes results that this one can read"
    ))]
    Program {
        /// The program.
        program: String,
        /// Why.
        why: String,
    },
    /// A file cannot be read or written.
    #[error("{path}: {why}")]
    File {
        /// The file.
        path: String,
        /// What the file system says.
        why: std::io::Error,
    },
    /// Stopped from outside.
    #[error("stopped")]
    Stopped,
}

impl PolicyError {
    /// Nothing is left of a run of `cell`.
    pub(crate) fn warm_up(cell: String, why: String) -> PolicyError {
        PolicyError::WarmUp { cell, why }
    }

    /// What is asked for does not fit.
    pub(crate) fn asked(what: impl Into<String>, hint: impl Into<String>) -> PolicyError {
        PolicyError::Asked {
            what: what.into(),
            hint: hint.into(),
        }
    }
}
