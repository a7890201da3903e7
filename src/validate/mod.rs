//! The simulator against the kernel: experiments that were made on a real one
//! are rebuilt, run and compared.
//!
//! [`validate`] is the command; [`reports`] is what it prints, as data.

pub mod case;
pub mod compare;
pub mod experiment;
mod gather;
mod interface;
mod print;
pub mod simulated;

use std::io::Write;
use std::path::{Path, PathBuf};

use rayon::prelude::*;

use crate::formats::kernel_observation::{Observation, ObservationError};
use case::CaseReport;

pub use gather::observations;
pub use print::Tally;

/// Cases that run before their lines are printed.
const CHUNK: usize = 32;

/// How a validation ended; its value is the exit status.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Status {
    /// Every supported case agrees.
    AllAgree = 0,
    /// At least one does not, or could not be run.
    SomeDiffer = 1,
}

/// Why a validation could not be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ValidateError {
    /// Input that cannot be read.
    #[error(transparent)]
    Observation(#[from] ObservationError),
    /// There is nothing in a folder.
    #[error("{}: no observations (*.json) in this folder", .0.display())]
    Nothing(PathBuf),
    /// A folder cannot be read.
    #[error("cannot read {}", path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The report cannot be written.
    #[error("cannot write the report")]
    Write(#[from] std::io::Error),
}

impl ValidateError {
    /// The exit status that goes with it: unreadable input.
    pub const EXIT_STATUS: u8 = 2;
}

/// Compares every experiment in `paths` (files that hold one or an array of
/// them, and folders of such files) with the simulator, and writes a line a
/// case to `out`, in order of input: for people, with a summary, or as one JSON
/// object a line.
///
/// # Errors
/// Input that is not readable, before anything is run; or `out` fails.
pub fn validate<P: AsRef<Path>>(
    paths: &[P],
    json: bool,
    out: &mut impl Write,
) -> Result<Status, ValidateError> {
    let observations = observations(paths)?;
    let mut tally = Tally::default();
    let width = print::id_width(&observations);
    for chunk in observations.chunks(CHUNK) {
        for report in run_all(chunk) {
            if json {
                print::json_line(out, &report)?;
            } else {
                print::line(out, &report, width)?;
            }
            tally.count(&report);
        }
        out.flush()?;
    }
    if !json {
        print::summary(out, &tally)?;
        out.flush()?;
    }
    Ok(tally.status())
}

/// The reports on every experiment in `paths`, in order of input.
///
/// # Errors
/// Input that is not readable.
pub fn reports<P: AsRef<Path>>(paths: &[P]) -> Result<Vec<CaseReport>, ValidateError> {
    Ok(run_all(&observations(paths)?))
}

/// Cases are independent of each other, and so run side by side.
fn run_all(observations: &[Observation]) -> Vec<CaseReport> {
    observations.par_iter().map(case::report).collect()
}
