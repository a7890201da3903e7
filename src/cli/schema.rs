//! `mpathsim schema`.

use std::process::ExitCode;

use clap::Args;

use super::{CliError, print};
use crate::scenario;

/// Print the JSON Schema of scenario files.
#[derive(Debug, Args)]
pub struct Schema {
    /// The schema of sweeps that are a file of their own, instead.
    #[arg(long)]
    sweep: bool,
}

impl Schema {
    /// Prints the schema.
    ///
    /// # Errors
    /// Standard output is broken.
    pub fn execute(&self) -> Result<ExitCode, CliError> {
        let schema = match self.sweep {
            true => scenario::sweep_file_schema(),
            false => scenario::schema(),
        };
        let text = serde_json::to_string_pretty(&schema)?;
        print(&(text + "\n"))?;
        Ok(ExitCode::SUCCESS)
    }
}
