//! The scenario file: a computer, the paths of a device, the multipath table
//! over them, and what the application does.
//!
//! Two types: [`raw::RawScenario`] is the file as it is written, and what the
//! JSON [`schema`] is made from; [`Scenario`] holds together. [`build`] makes
//! the machine of one queue mode from it. Pure data: nothing here runs.
//!
//! ```
//! let text = r#"
//!     [[device]]
//!     name = ["sda", "sdb"]
//!     preset = "observed-null-blk"
//!
//!     [[map]]
//!     table = "0 2097152 multipath 0 0 1 1 round-robin 0 2 1 sda 1 sdb 1"
//!
//!     [[workload.job]]
//!     rw = "write"
//!     size = "8m"
//! "#;
//! let scenario = mpathsim::scenario::parse("example.toml", text, &[])?;
//! let machine = mpathsim::scenario::build(&scenario, mpathsim::scenario::Mode::Bio)?;
//! assert!(machine.maps[0].table.contains("queue_mode bio"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod at;
mod build;
mod check;
mod error;
mod job;
mod overrides;
mod policy;
pub mod preset;
pub mod raw;
mod reader_words;
mod schema;
mod setup;
mod table;
mod template;
pub mod units;

pub use at::At;
pub use build::{BuildError, Mode, build};
pub(crate) use error::did_you_mean;
pub use error::{Problem, ScenarioError, Source};
pub use overrides::Override;
pub use schema::{schema, sweep_file_schema};
pub use setup::{JobSetup, MapSetup, PathSetup};
pub(crate) use table::with_selector;
pub use template::Template;

use std::path::Path;

use crate::models::config::QueueConfig;
use crate::models::device::DeviceConfig;
use crate::models::device::port::MediaConfig;
use crate::models::fault::{DmMultipathParams, TimedAction};
use crate::models::host::HostConfig;
use crate::models::kernel::{Kernel, Patches, Way};
use crate::models::mpath::policy::Registry;
use crate::models::multipathd::Settings;
use crate::models::san::SanConfig;
use crate::models::workload::WorkloadConfig;
use crate::sim::Ns;

/// A scenario that holds together.
#[derive(Clone, Debug, PartialEq)]
pub struct Scenario {
    /// Name, fit for a folder.
    pub name: String,
    /// What it shows; may be empty.
    pub about: String,
    /// What to look at in the output; may be empty.
    pub look_at: String,
    /// Whether the modes are judged against each other.
    pub verdicts: bool,
    /// Seed of every random draw that is not fio's own.
    pub seed: u64,
    /// The kernel.
    pub kernel: Kernel,
    /// What request mode is, over single queues.
    pub way: Way,
    /// Mechanisms of the patch set, over single queues.
    pub patches: Patches,
    /// The computer.
    pub host: HostConfig,
    /// Leaf devices, in order of the file.
    pub devices: Vec<Device>,
    /// Media that ports share.
    pub media: Vec<MediaConfig>,
    /// The storage network.
    pub san: SanConfig,
    /// Device-mapper devices, in order of creation.
    pub maps: Vec<Map>,
    /// Messages before the workload starts: map and text.
    pub messages: Vec<(String, String)>,
    /// What is done to the computer during the run, in order of time.
    pub timeline: Vec<TimedAction>,
    /// Module parameters of dm-multipath.
    pub dm_multipath: DmMultipathParams,
    /// What multipathd runs by; none: it does not run.
    pub multipathd: Option<Settings>,
    /// What the application does.
    pub workload: WorkloadConfig,
    /// Width of a bin of the time series.
    pub series_bin: Ns,
    /// Path selectors there are beside the kernel's.
    pub policies: Registry,
    /// Whether the file also says what `mpathsim sweep` varies.
    pub has_sweep: bool,
    /// What may not be as the author expects, each with its place.
    pub warnings: Vec<String>,
}

/// A leaf device.
#[derive(Clone, Debug, PartialEq)]
pub struct Device {
    /// Kernel name.
    pub name: String,
    /// Major and minor number.
    pub devno: (u32, u32),
    /// Capacity in sectors of 512 bytes.
    pub sectors: u64,
    /// What it is.
    pub kind: DeviceConfig,
    /// Settings of its queue.
    pub queue: QueueConfig,
}

/// A device-mapper device.
#[derive(Clone, Debug, PartialEq)]
pub struct Map {
    /// Name, as in `/dev/mapper/NAME`.
    pub name: String,
    /// Major and minor number.
    pub devno: (u32, u32),
    /// Capacity in sectors of 512 bytes.
    pub sectors: u64,
    /// The table.
    pub table: String,
    /// Settings of its queue.
    pub queue: QueueConfig,
}

/// Reads the scenario file at `path` and applies the `--set` options `sets`.
///
/// # Errors
/// The file is unreadable, an option is malformed, or the text is no scenario.
pub fn load(path: &Path, sets: &[String]) -> Result<Scenario, ScenarioError> {
    load_with(path, sets, &Registry::default())
}

/// As [`load`], with the path selectors of `policies` beside the kernel's.
///
/// # Errors
/// As [`load`].
pub fn load_with(
    path: &Path,
    sets: &[String],
    policies: &Registry,
) -> Result<Scenario, ScenarioError> {
    let sets = sets
        .iter()
        .map(|set| Override::parse(set))
        .collect::<Result<Vec<_>, _>>()?;
    Template::load(path, policies)?.with(&sets)
}

/// Reads a scenario from `text`, which messages call `name`, and applies the
/// `--set` options `sets`. Files that it names are looked for beside `name`.
///
/// # Errors
/// An option is malformed, or the text is no scenario.
pub fn parse(name: &str, text: &str, sets: &[String]) -> Result<Scenario, ScenarioError> {
    parse_with(name, text, sets, &Registry::default())
}

/// As [`parse`], with the path selectors of `policies` beside the kernel's.
///
/// # Errors
/// As [`parse`].
pub fn parse_with(
    name: &str,
    text: &str,
    sets: &[String],
    policies: &Registry,
) -> Result<Scenario, ScenarioError> {
    let sets = sets
        .iter()
        .map(|set| Override::parse(set))
        .collect::<Result<Vec<_>, _>>()?;
    Template::new(name, text, policies).with(&sets)
}
