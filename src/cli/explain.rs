//! `mpathsim explain`.

use std::process::ExitCode;

use clap::{Args, ValueEnum};

use super::{CliError, print};
use crate::letter;

/// Explain by running: what a mechanism buys.
#[derive(Debug, Args)]
pub struct Explain {
    /// What to explain.
    #[arg(value_enum)]
    what: What,
}

/// What can be explained.
#[derive(Copy, Clone, Debug, PartialEq, Eq, ValueEnum)]
enum What {
    /// The thirteen patches "request-based dm-multipath" of March 2008, each with
    /// its mechanism and without.
    Patches,
}

impl Explain {
    /// Prints the explanation.
    ///
    /// # Errors
    /// A defect: what is explained is part of the program.
    pub fn execute(&self) -> Result<ExitCode, CliError> {
        match self.what {
            What::Patches => print(&letter::table().map_err(Box::new)?)?,
        }
        Ok(ExitCode::SUCCESS)
    }
}
