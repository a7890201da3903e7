//! The application: fio-like jobs, open arrivals, the page cache.

pub mod app;
pub mod fio;

use serde::{Deserialize, Serialize};

/// What the application does.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct WorkloadConfig {
    /// A fio job file, whole.
    pub fio_job: String,
    /// Texts of the iologs it names (`read_iolog`), by name.
    pub iologs: Vec<(String, String)>,
}
