//! fio job files, as fio 3.33 reads them (`init.c:parse_jobs_ini`,
//! `options.c`).
//!
//! Stricter than fio where fio guesses: a value with something after it that is
//! no unit is an error here. What the simulator does not model is an error too,
//! or with [`ParseOptions::lenient`] a warning.

mod draft;
mod error;
mod expand;
mod lines;
mod options;
mod values;

pub use error::{At, JobError, Warning};

use crate::models::workload::WorkloadConfig;
use crate::models::workload::fio::ThreadSpec;
use draft::Draft;

/// How a job file is read.
#[derive(Copy, Clone, PartialEq, Eq, Debug, Default)]
pub struct ParseOptions {
    /// Options that are unknown or not modelled are left out with a warning
    /// instead of being an error.
    pub lenient: bool,
}

/// A job file, its sections expanded.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct JobFile {
    /// Every thread, in the order in which fio creates and starts them.
    pub threads: Vec<ThreadSpec>,
    /// What may not be as the author expects.
    pub warnings: Vec<Warning>,
}

/// Reads a job file.
///
/// # Errors
/// The first line that is not understood or not modelled, with its place and,
/// where there is one, a hint.
pub fn parse(text: &str, options: ParseOptions) -> Result<JobFile, JobError> {
    let mut file = JobFile::default();
    let mut global = Draft::default();
    let mut sections = 0;
    for section in lines::sections(text)? {
        let mut draft = global.clone();
        apply(&section, &mut draft, options, &mut file.warnings)?;
        if section.name.starts_with("global") {
            global = draft;
            continue;
        }
        expand::expand(&section, draft, sections, &mut file)?;
        sections += 1;
    }
    if file.threads.is_empty() {
        return Err(JobError::NoJob);
    }
    Ok(file)
}

/// The job file of a workload, as leniently as it says.
///
/// # Errors
/// As [`parse`].
pub fn of(workload: &WorkloadConfig) -> Result<JobFile, JobError> {
    let lenient = workload.lenient;
    parse(&workload.fio_job, ParseOptions { lenient })
}

/// Applies a section's lines.
fn apply(
    section: &lines::Section<'_>,
    draft: &mut Draft,
    options: ParseOptions,
    warnings: &mut Vec<Warning>,
) -> Result<(), JobError> {
    // The unit of sizes first: it holds for lines above it too.
    for line in section.lines.iter().filter(|l| l.name == "kb_base") {
        options::apply(line, draft, warnings)?;
    }
    for line in section.lines.iter().filter(|l| l.name != "kb_base") {
        match options::apply(line, draft, warnings) {
            Err(error) if options.lenient && error.is_unsupported() => {
                warnings.push(Warning {
                    at: line.at,
                    message: format!("left out: {}", error.what()),
                });
            }
            other => other?,
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
