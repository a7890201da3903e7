//! Results of a tournament or a comparison, in a folder.

use std::path::PathBuf;

use clap::Args;

use super::CliError;
use crate::policy::Kept;
use crate::run::claim::{Results, claim};
use crate::run::write;

/// Where they go.
#[derive(Debug, Args)]
pub struct KeptIn {
    /// Write the result into this folder, for `mpathsim plot` and
    /// `mpathsim report`.
    #[arg(long, value_name = "FOLDER")]
    pub out: Option<PathBuf>,
    /// Replace the result of the same kind that is there.
    #[arg(long)]
    overwrite: bool,
}

impl KeptIn {
    /// Refuses a folder that holds anything but results of `format` that may be
    /// replaced.
    ///
    /// # Errors
    /// It does.
    pub fn claim(&self, format: &str) -> Result<(), CliError> {
        let own = Results {
            format: format.into(),
            name: String::new(),
        };
        match &self.out {
            Some(folder) => Ok(claim(folder, &own, |_| self.overwrite)?),
            None => Ok(()),
        }
    }

    /// Writes `kept` and its `rows`, if that is asked for.
    ///
    /// # Errors
    /// The folder holds something else by now, or cannot be written to.
    pub fn write(&self, kept: &Kept, rows: String) -> Result<(), CliError> {
        let Some(folder) = &self.out else {
            return Ok(());
        };
        let files = kept.files(rows)?;
        // While the runs went on, another could have written.
        self.claim(&kept.format)?;
        write::whole_files(folder, &files).map_err(|why| CliError::Write {
            path: folder.display().to_string(),
            why,
        })
    }
}
