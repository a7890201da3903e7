//! What ends a command early.

use std::io;
use std::process::ExitCode;

use miette::Diagnostic;

use crate::policy::PolicyError;
use crate::run::RunError;
use crate::scenario::{BuildError, ScenarioError};
use crate::validate::ValidateError;

/// Why a command did not do what it was asked for.
#[derive(Debug, thiserror::Error, Diagnostic)]
#[non_exhaustive]
pub enum CliError {
    /// The scenario is wrong.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Scenario(#[from] ScenarioError),
    /// The scenario has no such machine.
    #[error("{scenario}: {why}")]
    Build {
        /// Name of the scenario.
        scenario: String,
        /// Why.
        why: BuildError,
    },
    /// `--policy` cannot be done.
    #[error("--policy: {0}")]
    SetPolicy(String),
    /// The machine refused its set-up, or broke.
    #[error("{scenario}, {mode} mode: {why}")]
    Run {
        /// Name of the scenario.
        scenario: String,
        /// The mode.
        mode: &'static str,
        /// The seed; with the scenario it repeats the run.
        seed: u64,
        /// Why.
        why: RunError,
    },
    /// The folder holds something else.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Folder(#[from] crate::run::claim::Refused),
    /// A result cannot be written.
    #[error("cannot write {path}: {why}")]
    #[diagnostic(help("--out FOLDER writes elsewhere"))]
    Write {
        /// The file or folder.
        path: String,
        /// What the file system says.
        why: io::Error,
    },
    /// A file that an option names cannot be written.
    #[error("cannot write {path}: {why}")]
    WriteFile {
        /// The file.
        path: String,
        /// What the file system says.
        why: io::Error,
    },
    /// A result is not JSON: a figure is not a number.
    #[error("the summary cannot be written as JSON: {0}")]
    Json(#[from] serde_json::Error),
    /// Standard output is broken.
    #[error("cannot print: {0}")]
    Output(io::Error),
    /// A result cannot be read or drawn.
    #[error(transparent)]
    Plot(#[from] crate::plot::PlotError),
    /// Options that contradict each other.
    #[error("{0}")]
    Usage(String),
    /// A claim of the letter cannot be shown.
    #[error(transparent)]
    Letter(#[from] Box<crate::letter::LetterError>),
    /// A check against a kernel could not be made.
    #[error(transparent)]
    Validate(#[from] ValidateError),
    /// A sweep cannot be run.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Sweep(#[from] crate::sweep::SweepError),
    /// A comparison cannot be made.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Policy(#[from] PolicyError),
    /// A percentage is none.
    #[error("{option} {percent} is no share")]
    #[diagnostic(help("percent, {least} to below 100"))]
    Share {
        /// The option.
        option: &'static str,
        /// Its value.
        percent: f64,
        /// Where the range of values begins.
        least: &'static str,
    },
}

impl CliError {
    /// Whether nobody reads any more what is printed (`… | head`).
    pub(super) fn has_no_reader(&self) -> bool {
        let why = match self {
            CliError::Output(why) => why,
            CliError::Validate(ValidateError::Write(why)) => why,
            _ => return false,
        };
        why.kind() == io::ErrorKind::BrokenPipe
    }

    /// 2 for bad input and for what cannot be written: 1 is for results that are bad, and
    /// for defects.
    pub fn exit_code(&self) -> ExitCode {
        match self {
            CliError::Run {
                why: RunError::Invariant { .. },
                ..
            } => ExitCode::from(1),
            CliError::Sweep(crate::sweep::SweepError::Stopped { .. }) => ExitCode::from(130),
            CliError::Policy(PolicyError::Stopped) => ExitCode::from(130),
            CliError::Scenario(_)
            | CliError::Sweep(_)
            | CliError::SetPolicy(_)
            | CliError::Policy(_)
            | CliError::Share { .. }
            | CliError::Build { .. }
            | CliError::Run { .. }
            | CliError::Plot(_)
            | CliError::Folder(_)
            | CliError::Write { .. }
            | CliError::WriteFile { .. }
            | CliError::Usage(_)
            | CliError::Validate(_) => ExitCode::from(2),
            CliError::Json(_) | CliError::Letter(_) | CliError::Output(_) => ExitCode::from(1),
        }
    }
}
