//! `mpathsim validate`.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use super::CliError;

/// Compare the simulator with observations of a real kernel.
#[derive(Debug, Args)]
pub struct Validate {
    /// Observation files, or folders of them.
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Write every case and figure as JSON to this file.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

impl Validate {
    /// Runs every observed experiment and compares. Exit code 0: all agree,
    /// 1: some do not, 2: an observation cannot be read.
    ///
    /// # Errors
    /// An observation cannot be read.
    pub fn execute(&self) -> Result<ExitCode, CliError> {
        let _ = (&self.paths, &self.json);
        Err(CliError::Validate("validation is not wired in yet".into()))
    }
}
