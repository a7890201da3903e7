//! Results as they lie in folders: what figures are drawn from.

mod run;
mod sweep;
mod sweep_origin;
mod table;

use std::path::{Path, PathBuf};

pub use run::{Event, LatencyRow, PathRow, QueueRow, RunResult, SeriesRow};
pub use sweep::{Cell, SweepResult, quantity};
pub use sweep_origin::{Origin, Places};

/// Why a result cannot be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ResultError {
    /// It is no folder of results.
    #[error("{0} holds no result: neither summary.json nor summary.csv")]
    Nothing(PathBuf),
    /// A file cannot be read.
    #[error("cannot read {path}: {why}")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        why: std::io::Error,
    },
    /// A file is not what its name says.
    #[error("{path}: {why}")]
    Malformed {
        /// The file.
        path: PathBuf,
        /// Why, and where.
        why: String,
    },
}

/// A result.
#[derive(Clone, Debug)]
pub enum Found {
    /// Of `mpathsim run`.
    Run(Box<RunResult>),
    /// Of `mpathsim sweep`.
    Sweep(SweepResult),
}

impl Found {
    /// Reads the result in the folder `path`, or the folder of the file `path`.
    ///
    /// # Errors
    /// There is none, or it is damaged.
    pub fn read(path: &Path) -> Result<Found, ResultError> {
        let folder = if path.is_file() {
            path.parent().unwrap_or(Path::new("."))
        } else {
            path
        };
        if folder.join("summary.json").is_file() {
            Ok(Found::Run(Box::new(RunResult::read(folder)?)))
        } else if folder.join("summary.csv").is_file() {
            Ok(Found::Sweep(SweepResult::read(folder)?))
        } else {
            Err(ResultError::Nothing(path.into()))
        }
    }

    /// Where it lies.
    pub fn folder(&self) -> &Path {
        match self {
            Found::Run(run) => &run.folder,
            Found::Sweep(sweep) => &sweep.folder,
        }
    }

    /// What it is called.
    pub fn name(&self) -> &str {
        match self {
            Found::Run(run) => &run.summary.scenario.name,
            Found::Sweep(sweep) => &sweep.name,
        }
    }
}
