//! The end of a path on the host: null_blk, a SCSI disk, an array port.

pub mod array_port;
pub mod limits;
pub mod null_blk;
pub mod port;
pub mod scripted;
pub mod scsi;

use serde::{Deserialize, Serialize};

use super::block::BlockEnv;
use super::io::{BioId, ReqId};
use super::san::San;
use crate::sim::Ns;
use crate::sim::draw::Draws;
use array_port::PortDisk;
use null_blk::NullBlk;
use port::Array;
use scsi::{ScsiDebug, ScsiDisk, ScsiHost};

/// What devices need of their surroundings.
pub trait DeviceEnv: BlockEnv {
    /// All leaf devices.
    fn devices(&mut self) -> &mut Devices;
    /// The command of `rq` ends at `at`, in an interrupt of the current CPU.
    fn complete_at(&mut self, at: Ns, rq: ReqId);
    /// A timer is started that ends the command of `rq` after `span`, in an
    /// interrupt of the current CPU.
    fn complete_after(&mut self, span: Ns, rq: ReqId);
    /// The same for the command of `bio`, of a bio-based null_blk.
    fn complete_bio_after(&mut self, span: Ns, nullb: u16, bio: BioId);
    /// The host has given up the command of `rq`, which its device carries out
    /// all the same, at `due`.
    fn given_up(&mut self, rq: ReqId, due: Ns);
    /// Arms a timer of the SCSI mid-layer.
    fn arm_scsi(&mut self, timer: scsi::Timer, at: Ns);
    /// The storage network may be due sooner than it was.
    fn san_is_due(&mut self);
}

/// All leaf devices, by kind.
#[derive(Debug)]
pub struct Devices {
    /// null_blk devices.
    pub null_blks: Vec<NullBlk>,
    /// SCSI disks.
    pub scsi: Vec<ScsiDisk>,
    /// Their host adapters.
    pub hosts: Vec<ScsiHost>,
    /// What all disks of scsi_debug share.
    pub scsi_debug: ScsiDebug,
    /// Completions that are not to be heeded, because their command has been
    /// aborted, and when they are due.
    pub cancelled: Vec<(ReqId, Ns)>,
    /// Disks behind array ports.
    pub port_disks: Vec<PortDisk>,
    /// The ports and the media behind them.
    pub array: Array,
    /// The storage network, with the arrays in it.
    pub san: San,
    /// Where noise of service is drawn from.
    pub draws: Draws,
}

impl Devices {
    /// Adds a SCSI disk to the host adapter of the initiator port `initiator`,
    /// or to one of its own: its number.
    pub fn add_scsi(&mut self, mut disk: ScsiDisk, initiator: Option<u16>) -> u16 {
        let n = self.scsi.len() as u16;
        let shared = |h: &ScsiHost| initiator.is_some() && h.initiator == initiator;
        let host = self.hosts.iter().position(shared).unwrap_or_else(|| {
            self.hosts.push(ScsiHost::new(initiator));
            self.hosts.len() - 1
        });
        disk.host = host as u16;
        self.hosts[host].disks.push(n);
        self.scsi.push(disk);
        n
    }

    /// The host adapter of `disk`.
    pub fn host_of(&self, disk: &ScsiDisk) -> &ScsiHost {
        &self.hosts[usize::from(disk.host)]
    }

    /// Whether the completion of `rq` that comes now is one of an aborted
    /// command.
    #[inline]
    pub fn is_cancelled(&mut self, rq: ReqId, now: Ns) -> bool {
        !self.cancelled.is_empty() && self.take_cancelled(rq, now)
    }
    #[cold]
    fn take_cancelled(&mut self, rq: ReqId, now: Ns) -> bool {
        let late = |&(id, due): &(ReqId, Ns)| id == rq && due <= now;
        let at = self.cancelled.iter().position(late);
        at.map(|at| self.cancelled.swap_remove(at)).is_some()
    }
}

/// A leaf device.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum DeviceConfig {
    /// null_blk with one timer a command.
    NullBlk(NullBlkConfig),
    /// A SCSI disk of scsi_debug.
    ScsiDebug(ScsiDebugConfig),
    /// A port of a storage array.
    ArrayPort(port::PortConfig),
    /// A LUN of an array, across a storage network.
    Lun(scsi::LunDiskConfig),
}

/// null_blk's configfs attributes (`null_blk/main.c`, 6.1).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct NullBlkConfig {
    /// Capacity in MiB. Default: 256000.
    pub size: u64,
    /// Logical block size in bytes, 512 to 4096. Default: 512.
    pub blocksize: u32,
    /// 2 = blk-mq (default), 0 = bio-based.
    pub queue_mode: u8,
    /// 0 = complete in the submit call, 1 = softirq (default), 2 = timer.
    pub irqmode: u8,
    /// Delay of a command with `irqmode` 2. Default: 10 µs.
    pub completion_nsec: Ns,
    /// Hardware queues. Default: 1.
    pub submit_queues: u32,
    /// Polled queues; accepted, without effect. Default: 0.
    pub poll_queues: u32,
    /// Tags of a hardware queue. Default: 64.
    pub hw_queue_depth: u32,
    /// Hard limit of a request's size in sectors; 0 = 255. Default: 0.
    pub max_sectors: u32,
    /// Whether data are kept (queue runs then go to kblockd). Default: 0.
    pub memory_backed: u8,
    /// Whether discards are accepted (with `memory_backed`). Default: 0.
    pub discard: u8,
    /// Write-back cache in MiB (with `memory_backed`). Default: 0.
    pub cache_size: u64,
}

impl Default for NullBlkConfig {
    fn default() -> Self {
        NullBlkConfig {
            size: 256_000,
            blocksize: 512,
            queue_mode: 2,
            irqmode: 1,
            completion_nsec: Ns(10_000),
            submit_queues: 1,
            poll_queues: 0,
            hw_queue_depth: 64,
            max_sectors: 0,
            memory_backed: 0,
            discard: 0,
            cache_size: 0,
        }
    }
}

/// scsi_debug's module parameters, and how the mid-layer treats its disk.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ScsiDebugConfig {
    /// Capacity in MiB. Default: 8.
    pub dev_size_mb: u64,
    /// Delay of a command. Default: 1 jiffy is not modelled; give it. 4 ms.
    pub ndelay: Ns,
    /// `can_queue` of its host adapter, which has no other disk. Default: 192.
    pub max_queue: u32,
    /// `device/queue_depth`. Default: as `max_queue`.
    pub queue_depth: Option<u32>,
    /// The hardware handler that has attached itself to the disk: `alua` if
    /// scsi_dh_alua was loaded when the disk was found. Default: none.
    pub handler: Option<scsi::HandlerConfig>,
    /// `device/timeout`: how long a command may take. Default: 30 s.
    pub timeout: Ns,
    /// How often a command is tried again (`SD_MAX_RETRIES`). Default: 5.
    pub retries: u32,
}

impl Default for ScsiDebugConfig {
    fn default() -> Self {
        ScsiDebugConfig {
            dev_size_mb: 8,
            ndelay: Ns::from_ms(4),
            max_queue: 192,
            queue_depth: None,
            timeout: Ns::from_secs(30),
            handler: None,
            retries: 5,
        }
    }
}
