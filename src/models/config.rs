//! What a machine is built from: the models' knobs, composed. Pure data.

use serde::{Deserialize, Serialize};

use super::device::DeviceConfig;
use super::device::port::MediaConfig;
use super::fault::{DmMultipathParams, TimedAction};
use super::host::HostConfig;
use super::kernel::{Kernel, Patches, Way};
use super::mpath::policy::Registry;
use super::multipathd::Settings;
use super::san::SanConfig;
use super::workload::WorkloadConfig;

/// A whole simulated computer.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct MachineConfig {
    /// Seed of every random draw that is not fio's own.
    pub seed: u64,
    /// The kernel.
    #[serde(default)]
    pub kernel: Kernel,
    /// How multipath is done over single queues.
    #[serde(default)]
    pub way: Way,
    /// Which mechanisms of the patch set there are, over single queues.
    #[serde(default)]
    pub patches: Patches,
    /// CPUs, tick rate and what code paths cost.
    pub host: HostConfig,
    /// Leaf devices: the ends of the paths, in order of their device numbers.
    pub devices: Vec<NamedDevice>,
    /// Media that array ports share.
    pub media: Vec<MediaConfig>,
    /// The storage network: initiator ports, links, arrays, other hosts, faults.
    #[serde(default)]
    pub san: SanConfig,
    /// Device-mapper devices, in order of creation; later ones may stand on
    /// earlier ones.
    pub maps: Vec<MapConfig>,
    /// The application.
    pub workload: WorkloadConfig,
    /// `dmsetup message` texts sent to the named map before the workload
    /// starts, sector 0.
    pub messages_before_start: Vec<(String, String)>,
    /// What is done to the computer during the run.
    #[serde(default)]
    pub actions: Vec<TimedAction>,
    /// Module parameters of dm-multipath.
    #[serde(default)]
    pub dm_multipath: DmMultipathParams,
    /// What multipathd runs by; none: it does not run.
    #[serde(default)]
    pub multipathd: Option<Settings>,
    /// Path selectors there are beside the kernel's.
    #[serde(skip)]
    pub policies: Registry,
}

impl MachineConfig {
    /// Whether anything is done to the computer during the run, or breaks.
    pub fn has_timeline(&self) -> bool {
        !self.actions.is_empty()
            || !self.san.faults.is_empty()
            || !self.san.random_faults.is_empty()
            || !self.san.moves.is_empty()
    }
}

/// A leaf device and its queue.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NamedDevice {
    /// Kernel name, as in `/dev/NAME`: `sda`, `p0`.
    pub name: String,
    /// Major and minor number.
    pub devno: (u32, u32),
    /// What it is.
    pub device: DeviceConfig,
    /// Settings of its request queue.
    pub queue: QueueConfig,
}

/// A device-mapper device and its table.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MapConfig {
    /// Name, as in `/dev/mapper/NAME`.
    pub name: String,
    /// Major and minor number.
    pub devno: (u32, u32),
    /// The table, one target a line, as `dmsetup create` takes it; devices by
    /// name, `/dev/NAME`, `/dev/mapper/NAME` or `major:minor`.
    pub table: String,
    /// Settings of its queue, made after the table is live.
    pub queue: QueueConfig,
}

/// What is written to `/sys/block/*/queue/*`; absent: the kernel's default.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct QueueConfig {
    /// `none`, `mq-deadline`, `kyber` or `bfq`; of a single queue `noop`,
    /// `deadline` or `cfq`.
    pub scheduler: Option<SchedulerName>,
    /// Requests a scheduler may hold.
    pub nr_requests: Option<u32>,
    /// Soft limit of a request's size, KiB.
    pub max_sectors_kb: Option<u32>,
    /// Whether `max_sectors_kb` of a path is set before maps are made, so that
    /// a map inherits it (true), or after (false).
    pub limits_before_maps: bool,
    /// 0 = merge, 1 = only with the last merged request, 2 = never.
    pub nomerges: Option<u8>,
    /// Write-back throttling target, µs; 0 = off.
    pub wbt_lat_usec: Option<u64>,
    /// `true`: write back, `false`: write through.
    pub write_cache: Option<bool>,
    /// mq-deadline: try front merges.
    pub front_merges: Option<bool>,
    /// mq-deadline: ms until a read expires.
    pub read_expire_ms: Option<u64>,
    /// mq-deadline: ms until a write expires.
    pub write_expire_ms: Option<u64>,
    /// mq-deadline: requests in sector order before the next decision.
    pub fifo_batch: Option<u32>,
    /// mq-deadline: read batches before a write batch must come.
    pub writes_starved: Option<u32>,
    /// mq-deadline: requests that may be held when one is wanted that is no
    /// synchronous read.
    pub async_depth: Option<u32>,
}

/// An I/O scheduler.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SchedulerName {
    /// No scheduler.
    None,
    /// mq-deadline.
    MqDeadline,
    /// kyber.
    Kyber,
    /// bfq.
    Bfq,
    /// noop, of a single queue.
    Noop,
    /// deadline, of a single queue.
    Deadline,
    /// cfq, of a single queue.
    Cfq,
}

impl SchedulerName {
    /// Whether it is one of a single queue.
    pub fn is_of_single_queue(self) -> bool {
        matches!(self, Self::Noop | Self::Deadline | Self::Cfq)
    }
}
