//! `mpathsim validate`.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use super::CliError;
use crate::validate;

/// Compare the simulator with observations of a real kernel.
#[derive(Debug, Args)]
pub struct Validate {
    /// Observation files, or folders of them.
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Print one JSON object a case.
    #[arg(long)]
    json: bool,
}

impl Validate {
    /// Runs every observed experiment and compares. Exit code 0: all agree,
    /// 1: some do not, 2: an observation cannot be read.
    ///
    /// # Errors
    /// An observation cannot be read.
    pub fn execute(&self) -> Result<ExitCode, CliError> {
        let mut out = std::io::stdout().lock();
        let status = validate::validate(&self.paths, self.json, &mut out)?;
        Ok(ExitCode::from(status as u8))
    }
}
