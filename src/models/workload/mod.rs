//! The application: fio-like jobs, open arrivals, the page cache.

pub mod app;
pub mod fio;
pub mod script;

use serde::{Deserialize, Serialize};

use script::Script;

/// What the application does.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct WorkloadConfig {
    /// A fio job file, whole.
    pub fio_job: String,
    /// Texts of the iologs it names (`read_iolog`), by name.
    pub iologs: Vec<(String, String)>,
    /// Tasks that submit given bios.
    pub scripts: Vec<Script>,
}
