//! One scenario to one outcome.

pub mod compare;
pub mod csv;
mod iostat;
mod metrics;
pub mod outcome;
pub mod summary;
mod text;
pub mod verdict;
pub mod write;

use crate::models::config::MachineConfig;
use outcome::Outcome;

/// How a run is observed and limited.
#[derive(Clone, Debug, Default)]
pub struct RunOptions {
    /// Whether block trace events are kept (blkparse text in the outcome).
    pub trace: bool,
    /// Width of a bin of the time series; none: no series.
    pub series_bin: Option<crate::sim::Ns>,
}

/// Why a machine could not be built or run.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RunError {
    /// A dm table was refused; the text is the kernel's.
    #[error("{map}: table refused: {message}")]
    Table {
        /// The map.
        map: String,
        /// What the kernel logs.
        message: String,
    },
    /// The fio job file is not understood.
    #[error("{0}")]
    Job(String),
    /// A combination of settings that cannot be simulated.
    #[error("{0}")]
    Config(String),
    /// An invariant did not hold: a defect of the simulator.
    #[error("invariant violated at {at}: {what}")]
    Invariant {
        /// When.
        at: crate::sim::Ns,
        /// Which, and the entity.
        what: String,
    },
}

/// Builds the machine of `config`, runs its workload to the end, checks every
/// invariant and summarises.
///
/// # Errors
/// A refused table, a job that is not understood, an impossible combination,
/// or a violated invariant.
pub fn run(config: &MachineConfig, options: &RunOptions) -> Result<Outcome, RunError> {
    let _ = (config, options);
    Err(RunError::Config("the machine is not built yet".into()))
}
