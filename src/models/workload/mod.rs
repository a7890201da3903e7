//! The application: fio-like jobs, open arrivals, the page cache.

pub mod app;
pub mod fio;
pub mod page_cache;
pub mod script;

use serde::{Deserialize, Serialize};

use script::Script;

/// What the application does.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct WorkloadConfig {
    /// A fio job file, whole.
    pub fio_job: String,
    /// Whether options of it that are unknown or not modelled are left out.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub lenient: bool,
    /// Texts of the iologs it names (`read_iolog`), by name.
    pub iologs: Vec<(String, String)>,
    /// Bytes that write-back of buffered writes puts into one bio, 4096 to
    /// 1 MiB: 4096 (default) for the block device itself, more for a file
    /// system.
    pub writeback_bio_bytes: u64,
    /// Tasks that submit given bios.
    pub scripts: Vec<Script>,
    /// Which of the replications of the jobs this is: 0 draws what fio itself
    /// would, all others something else each.
    #[serde(skip_serializing_if = "is_first")]
    pub replication: u32,
    /// Whether completions are also kept by time.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub windows: bool,
}

fn is_first(replication: &u32) -> bool {
    *replication == 0
}

impl Default for WorkloadConfig {
    fn default() -> Self {
        WorkloadConfig {
            fio_job: String::new(),
            lenient: false,
            iologs: Vec::new(),
            writeback_bio_bytes: page_cache::PAGE,
            scripts: Vec::new(),
            replication: 0,
            windows: false,
        }
    }
}
