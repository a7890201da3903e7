//! CSV files with a head.

use std::path::Path;

use serde::de::DeserializeOwned;

use super::ResultError;

/// The rows of `folder`/`name`; none if there is no such file.
pub fn rows<T: DeserializeOwned>(folder: &Path, name: &str) -> Result<Vec<T>, ResultError> {
    let path = folder.join(name);
    if !path.exists() {
        return Ok(Vec::new());
    }
    let malformed = |why: csv::Error| ResultError::Malformed {
        path: path.clone(),
        why: why.to_string(),
    };
    let reader = csv::Reader::from_path(&path).map_err(malformed)?;
    reader
        .into_deserialize()
        .map(|row| row.map_err(malformed))
        .collect()
}
