//! The scenario file as it is written: what serde reads, before anything is
//! checked as a whole. The JSON Schema is made from these types.

mod device;
mod distribution;
mod kernel;
mod map;
mod multipathd;
mod queue;
mod san;
mod sweep;
mod timeline;
mod workload;

pub use device::{Names, RawDevice, RawMedia, RawNullBlk, RawPort, RawScsiDebug};
pub use distribution::RawDistribution;
pub use kernel::{RawKernel, RawPatches, RawWay};
pub use map::{RawGroup, RawMap, RawMessage, RawMode, RawPath, Word};
pub use multipathd::RawMultipathd;
pub use queue::RawQueue;
pub use san::{OverPreset, Presets, RawFault, RawMove, RawUpgrade, RawUpgradeOf};
pub use sweep::{
    Any, RawAxis, RawMethod, RawRange, RawSample, RawScale, RawSweep, RawSweepFile, RawSweepMode,
    RawUntil, RawVariant,
};
pub use timeline::{RawEvent, RawInjection, RawState, RawSuspend};
pub use workload::{Arrivals, FioValue, RawIolog, RawJob, RawOpen, RawWorkload};

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use super::at::At;
use super::units::{Int, Time};
use crate::models::array::ArrayConfig;
use crate::models::fabric::fault::RandomFault;
use crate::models::fabric::initiator::InitiatorConfig;
use crate::models::san::{BackgroundConfig, FabricConfig, NamedLink};

/// A scenario: a computer, the paths of a device, the multipath table over
/// them, and what the application does.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Scenario")]
pub struct RawScenario {
    /// Name of the scenario and of its folder of results. Default: the file's.
    pub name: Option<At<String>>,
    /// One sentence: what it shows. Printed above the comparison.
    pub about: Option<String>,
    /// What to look at in the output. Printed below `about`.
    pub look_at: Option<String>,
    /// Whether the modes are judged against each other at the end of the
    /// comparison: `false` where that is not what the scenario is about. Default:
    /// true.
    pub verdicts: Option<bool>,
    /// Seed of every random draw that is not fio's own. Default: 1.
    pub seed: Option<Int<0, { i64::MAX }>>,
    /// The kernel: `"2.6.25"`, `"2.6.31"` or `"6.1"`. Default: 6.1.
    pub kernel: Option<RawKernel>,
    /// What request mode is, over the single queues of an old kernel: `"bio"`
    /// (there is none), `"rq-2008"`, `"rq-2.6.31"` or `"block-layer"`. Default:
    /// `"rq-2008"`, of 2.6.31 `"rq-2.6.31"`.
    pub multipath: Option<At<RawWay>>,
    /// Mechanisms of the patch set of March 2008 that are there or not, over
    /// single queues.
    pub patches: Option<At<RawPatches>>,
    /// The computer.
    #[serde(default)]
    pub host: RawHost,
    /// The leaf devices: the ends of the paths.
    #[serde(default)]
    pub device: Vec<At<RawDevice>>,
    /// Media of an array, shared by ports.
    #[serde(default)]
    pub media: Vec<RawMedia>,
    /// What runs over the links of the storage network.
    pub fabric: Option<At<OverPreset<FabricConfig>>>,
    /// Initiator ports, of this host and of others.
    #[serde(default)]
    pub initiator: Vec<At<InitiatorConfig>>,
    /// Links between switches.
    #[serde(default)]
    pub link: Vec<At<NamedLink>>,
    /// Storage arrays.
    #[serde(default)]
    pub array: Vec<At<OverPreset<ArrayConfig>>>,
    /// What other hosts do.
    #[serde(default)]
    pub background: Vec<At<BackgroundConfig>>,
    /// What breaks in the storage network at random.
    #[serde(default)]
    pub random_fault: Vec<At<RandomFault>>,
    /// The device-mapper devices, in order of creation; later ones may stand
    /// on earlier ones.
    #[serde(default)]
    pub map: Vec<At<RawMap>>,
    /// `dmsetup message`s sent before the workload starts.
    #[serde(default)]
    pub message: Vec<RawMessage>,
    /// What is done to the computer during the run, and what breaks in it.
    #[serde(default)]
    pub timeline: Vec<At<RawEvent>>,
    /// Module parameters of dm-multipath.
    #[serde(default)]
    pub dm_multipath: RawDmMultipath,
    /// The daemon that watches the maps. Default: it does not run.
    pub multipathd: Option<RawMultipathd>,
    /// What the application does.
    pub workload: RawWorkload,
    /// What is written beside the summary.
    #[serde(default)]
    pub output: RawOutput,
    /// What `mpathsim sweep` varies; for all else it is not there.
    pub sweep: Option<RawSweep>,
}

/// The computer.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Host")]
pub struct RawHost {
    /// Number of CPUs. Default: 1.
    pub cpus: Option<Int<1, 255>>,
    /// Timer ticks a second (`CONFIG_HZ`): 100, 250, 300 or 1000. Default: 250.
    pub hz: Option<At<Int<100, 1000>>>,
    /// What the code paths cost on the CPU. Default: none.
    pub profile: Option<Profile>,
    /// Whether block tracing is on, which costs CPU. Default: false.
    pub tracing: Option<bool>,
    /// Time since boot when the run starts; ticks are at multiples of their length.
    /// Default: `"59998800us"`, 1.2 ms before a tick of 250 Hz.
    pub uptime: Option<Time>,
    /// What code paths cost, where it is not what the profile says:
    /// `clone_rq = "600ns"`.
    #[serde(default)]
    pub costs: BTreeMap<String, At<Time<0, 1_000_000_000>>>,
}

/// A CPU profile.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Profile {
    /// Code costs nothing: only devices and queues take time.
    #[default]
    None,
    /// The machine of the kernel observations: one instruction a nanosecond,
    /// no caches.
    Lab,
}

impl Profile {
    /// As it is called in files and options.
    pub fn name(self) -> &'static str {
        match self {
            Profile::None => "none",
            Profile::Lab => "lab",
        }
    }
}

/// Module parameters of dm-multipath.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "DmMultipath")]
pub struct RawDmMultipath {
    /// Seconds after which a map without paths no longer queues; 0 = never.
    /// Default: 0.
    pub queue_if_no_path_timeout_secs: Option<Int<0, 4_294_967_295>>,
    /// A request that finds its path busy is put back, to be tried again after
    /// so long, as before Linux 4.16. Default: it stays in its scheduler.
    pub requeue_when_busy: Option<Time<0, 10_000_000_000>>,
    /// `rq_based_seq_io_merge_deadline` of Linux 4.1, over single queues: how
    /// long a request of one bio that continues the last one is held for others
    /// to merge with it. Default: not.
    pub seq_merge_hold: Option<Time<0, 100_000_000>>,
}

/// What is written beside the summary.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Output")]
pub struct RawOutput {
    /// Width of a bin of the CSV time series. Default: `"10ms"`.
    pub series_bin: Option<Time<1_000, 3_600_000_000_000>>,
}
