//! Which experiments there are.

use std::path::{Path, PathBuf};

use super::ValidateError;
use crate::formats::kernel_observation::{self, Observation};

/// The experiments in `paths`, in that order; the files of a folder, and of the
/// folders in it, by name.
///
/// # Errors
/// A path that cannot be read, a file that is not an observation, a folder
/// without any.
pub fn observations<P: AsRef<Path>>(paths: &[P]) -> Result<Vec<Observation>, ValidateError> {
    let mut all = Vec::new();
    for path in paths {
        for file in files(path.as_ref())? {
            all.extend(kernel_observation::read_file(&file)?);
        }
    }
    Ok(all)
}

/// `path`, or the `*.json` below it.
fn files(path: &Path) -> Result<Vec<PathBuf>, ValidateError> {
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let mut found = Vec::new();
    walk(path, &mut found)?;
    if found.is_empty() {
        return Err(ValidateError::Nothing(path.to_owned()));
    }
    Ok(found)
}

fn walk(folder: &Path, found: &mut Vec<PathBuf>) -> Result<(), ValidateError> {
    let failed = |source| ValidateError::Folder {
        path: folder.to_owned(),
        source,
    };
    let mut entries = std::fs::read_dir(folder)
        .map_err(failed)?
        .map(|entry| entry.map(|e| e.path()))
        .collect::<Result<Vec<PathBuf>, _>>()
        .map_err(failed)?;
    entries.sort();
    for entry in entries {
        // A link to a folder could lead back here.
        if entry.is_dir() && !entry.is_symlink() {
            walk(&entry, found)?;
        } else if entry.extension().is_some_and(|e| e == "json") && entry.is_file() {
            found.push(entry);
        }
    }
    Ok(())
}
