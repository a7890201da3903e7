//! Reading observations.

use std::path::{Path, PathBuf};

use super::{FORMAT, Observation};

/// Why a file could not be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ObservationError {
    /// The file system said no.
    #[error("cannot read {}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What it said.
        source: std::io::Error,
    },
    /// Not JSON, or not of the format's shape.
    #[error("{}:{line}:{column}: {message}", path.display())]
    Syntax {
        /// The file.
        path: PathBuf,
        /// Line, from 1.
        line: usize,
        /// Column, from 1.
        column: usize,
        /// What is wrong.
        message: String,
    },
    /// Another format, or another version of it.
    #[error("{}: {id}: format is `{found}`, not `{FORMAT}`", path.display())]
    Format {
        /// The file.
        path: PathBuf,
        /// The experiment.
        id: String,
        /// What `format` says.
        found: String,
    },
    /// A member is absent that the group needs.
    #[error("{}: {id}: `{member}` is missing", path.display())]
    Missing {
        /// The file.
        path: PathBuf,
        /// The experiment.
        id: String,
        /// The member.
        member: &'static str,
    },
}

/// The observations in the file at `path`.
///
/// # Errors
/// The file cannot be read, or is not `kernel-observation/1`.
pub fn read_file(path: &Path) -> Result<Vec<Observation>, ObservationError> {
    let text = std::fs::read_to_string(path).map_err(|source| ObservationError::Io {
        path: path.to_owned(),
        source,
    })?;
    parse(&text, path)
}

/// The observations in `text`: one object or an array of them. `path` is for
/// error messages.
///
/// # Errors
/// `text` is not `kernel-observation/1`.
pub fn parse(text: &str, path: &Path) -> Result<Vec<Observation>, ObservationError> {
    let parsed = if text.trim_start().starts_with('[') {
        serde_json::from_str(text)
    } else {
        serde_json::from_str(text).map(|one| vec![one])
    };
    let all: Vec<Observation> = parsed.map_err(|e| syntax_error(&e, path))?;
    for one in &all {
        check(one, path)?;
    }
    Ok(all)
}

fn syntax_error(e: &serde_json::Error, path: &Path) -> ObservationError {
    let (line, column) = (e.line(), e.column());
    let text = e.to_string();
    let position = format!(" at line {line} column {column}");
    ObservationError::Syntax {
        path: path.to_owned(),
        line,
        column,
        message: text.strip_suffix(&position).unwrap_or(&text).to_owned(),
    }
}

/// Whether `one` is of this format and has what its group needs.
fn check(one: &Observation, path: &Path) -> Result<(), ObservationError> {
    if one.format != FORMAT {
        return Err(ObservationError::Format {
            path: path.to_owned(),
            id: one.id.clone(),
            found: one.format.clone(),
        });
    }
    let missing = |member| ObservationError::Missing {
        path: path.to_owned(),
        id: one.id.clone(),
        member,
    };
    let is_run = one.group != "interface";
    if is_run && one.paths.is_none() {
        return Err(missing("paths"));
    }
    if is_run && one.fio_job.is_none() {
        return Err(missing("fio_job"));
    }
    Ok(())
}
