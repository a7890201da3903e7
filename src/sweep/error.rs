//! What is wrong with a sweep, its folder or its shards.

use std::io;

use miette::Diagnostic;

use crate::run::claim::Refused;
use crate::scenario::{Problem, ScenarioError};

/// Why a sweep cannot be run.
#[derive(Debug, thiserror::Error, Diagnostic)]
#[non_exhaustive]
pub enum SweepError {
    /// The scenario, or one of its options, is wrong.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Scenario(#[from] ScenarioError),
    /// The `[sweep]` table is wrong, or a value of an axis makes no scenario.
    #[error("the sweep of {name} cannot be run")]
    Invalid {
        /// The name of the file.
        name: String,
        /// What is wrong, in order of appearance.
        #[related]
        problems: Vec<Problem>,
    },
    /// The folder holds something else.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Folder(#[from] Refused),
    /// Shards that do not make a whole.
    #[error("the shards cannot be merged: {what}")]
    #[diagnostic(help("{hint}"))]
    Merge {
        /// What is wrong.
        what: String,
        /// What can be done.
        hint: String,
    },
    /// A file cannot be read.
    #[error("cannot read {path}: {why}")]
    Read {
        /// The file.
        path: String,
        /// What the file system says.
        why: io::Error,
    },
    /// The folder of the results cannot be made or written to.
    #[error("cannot write to {path}: {why}")]
    #[diagnostic(help("--out FOLDER writes elsewhere; nothing was run"))]
    Unwritable {
        /// The folder or file.
        path: String,
        /// What the file system says.
        why: io::Error,
    },
    /// A file cannot be written any more.
    #[error("cannot write {path}: {why}")]
    #[diagnostic(help("what is finished is kept: --resume goes on once there is room"))]
    Write {
        /// The file.
        path: String,
        /// What the file system says.
        why: io::Error,
    },
    /// Stopped from outside.
    #[error("stopped with {done} of {all} runs done")]
    #[diagnostic(help("--resume goes on"))]
    Stopped {
        /// Runs that are kept.
        done: u64,
        /// All runs.
        all: u64,
    },
}

impl SweepError {
    /// A folder or file at `path` that cannot be written before anything is run.
    pub(crate) fn unwritable(path: &std::path::Path, why: io::Error) -> SweepError {
        SweepError::Unwritable {
            path: path.display().to_string(),
            why,
        }
    }
    /// A file or folder at `path` that cannot be written any more.
    pub(crate) fn write(path: &std::path::Path, why: io::Error) -> SweepError {
        SweepError::Write {
            path: path.display().to_string(),
            why,
        }
    }
    /// A file or folder at `path` that cannot be read.
    pub(crate) fn read(path: &std::path::Path, why: io::Error) -> SweepError {
        SweepError::Read {
            path: path.display().to_string(),
            why,
        }
    }
}
