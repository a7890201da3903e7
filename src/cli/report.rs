//! `mpathsim report`.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use super::{CliError, print};
use crate::plot::PlotError;
use crate::plot::result::Found;
use crate::report::report;
use crate::run::write;

/// Write a report of results, fit for a design review: one HTML file.
#[derive(Debug, Args)]
pub struct Report {
    /// Folders of results.
    #[arg(value_name = "RESULT", required = true)]
    results: Vec<PathBuf>,
    /// The file.
    #[arg(long, value_name = "FILE.html", default_value = "report.html")]
    out: PathBuf,
    /// Its title. Default: the names of the results.
    #[arg(long)]
    title: Option<String>,
}

impl Report {
    /// Writes the report and tells where it is.
    ///
    /// # Errors
    /// A result cannot be read, or the report cannot be written.
    pub fn execute(&self) -> Result<ExitCode, CliError> {
        let read = |path: &PathBuf| Found::read(path).map_err(PlotError::from);
        let results: Vec<Found> = self.results.iter().map(read).collect::<Result<_, _>>()?;
        let html = report(&results, self.title.as_deref())?;
        write::file(&self.out, html.as_bytes()).map_err(|why| CliError::Write {
            path: self.out.display().to_string(),
            why,
        })?;
        print(&format!("{}\n", self.out.display()))?;
        Ok(ExitCode::SUCCESS)
    }
}
