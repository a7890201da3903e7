//! `mpathsim schema`.

use std::process::ExitCode;

use clap::Args;

use super::{CliError, print};
use crate::scenario;

/// Print the JSON Schema of scenario files.
#[derive(Debug, Args)]
pub struct Schema {}

impl Schema {
    /// Prints the schema.
    ///
    /// # Errors
    /// Standard output is broken.
    pub fn execute(&self) -> Result<ExitCode, CliError> {
        let text = serde_json::to_string_pretty(&scenario::schema())?;
        print(&(text + "\n"))?;
        Ok(ExitCode::SUCCESS)
    }
}
