//! Device-mapper of Linux 6.1: what stands between a map and its targets.
//!
//! The two ways of an I/O are the two short files to read side by side:
//! [`bio_based`] maps every bio as it comes, [`request_based`] maps requests as
//! they leave the device's own queue.

pub mod bio_based;
pub mod delay;
pub mod linear;
pub mod message;
pub mod request_based;
pub mod striped;
pub mod table;
pub mod worker;

pub use table::{Table, Target, TargetSpec};

use super::block::BlockEnv;
use super::host::TaskId;
use super::io::{BioId, DevId};
use super::mpath::{Effects, Multipath};
use crate::sim::Ns;

/// A step of device-mapper that a task is in the midst of.
#[derive(Copy, Clone, Debug)]
pub enum DmFrame {
    /// `process_queued_bios`: the worker maps bios again.
    ProcessQueued(worker::ProcessQueued),
    /// `dm_submit_bio`, once it has got as far as mapping the bio.
    SplitAndProcess {
        /// The device.
        dm: u16,
        /// The bio.
        bio: BioId,
    },
}

/// What device-mapper needs of its surroundings.
pub trait DmEnv: BlockEnv {
    /// Its own state.
    fn dm(&mut self) -> &mut Dm;
    /// The frame of a step of device-mapper.
    fn dm_frame(frame: DmFrame) -> Self::Frame;
    /// Whether the driver of `dev` reports itself busy (`blk_lld_busy`).
    fn lld_busy(&mut self, dev: DevId) -> bool;
    /// After `delay`, the worker of `dm` submits `bio`.
    fn submit_later(&mut self, dm: u16, bio: BioId, delay: Ns);
    /// Queues work for a worker.
    fn queue_work(&mut self, worker: TaskId, frame: Self::Frame);
}

/// All device-mapper devices, in order of creation.
#[derive(Debug, Default)]
pub struct Dm {
    /// The devices.
    pub devs: Vec<DmDev>,
}

/// A device-mapper device (`struct mapped_device`).
#[derive(Debug)]
pub struct DmDev {
    /// The name it was created with.
    pub name: String,
    /// Its block device.
    pub dev: DevId,
    /// Its table.
    pub table: Table,
    /// Paths whose driver can report itself busy, and whether it last did.
    pub busy_paths: Vec<(DevId, bool)>,
    /// Bios that the multipath target holds (`m->queued_bios`).
    pub queued: BioFifo,
    /// kmpathd's worker for them.
    pub worker: TaskId,
    /// Whether that worker has been started.
    pub worker_queued: bool,
    /// Whether it is suspended.
    pub suspended: bool,
    /// Bios that came while it was suspended (`md->deferred`).
    pub deferred: BioFifo,
    /// Kernel log lines.
    pub log: Vec<String>,
}

impl DmDev {
    /// Its multipath target, if that is what it is.
    pub fn multipath(&self) -> Option<&Multipath> {
        match self.table.targets.first().map(|t| &t.target) {
            Some(Target::Multipath(m)) => Some(m),
            _ => None,
        }
    }
}

/// A list of bios, in order (`struct bio_list`).
#[derive(Copy, Clone, Debug, Default)]
pub struct BioFifo {
    head: Option<BioId>,
    tail: Option<BioId>,
}

impl BioFifo {
    /// Whether it holds nothing.
    pub fn is_empty(&self) -> bool {
        self.head.is_none()
    }
    /// `bio_list_add`
    pub fn push<K: BlockEnv>(&mut self, k: &mut K, bio: BioId) {
        let bios = &mut k.block().bios;
        bios[bio].next = None;
        match self.tail {
            Some(tail) => bios[tail].next = Some(bio),
            None => self.head = Some(bio),
        }
        self.tail = Some(bio);
    }
    /// `bio_list_pop`
    pub fn pop<K: BlockEnv>(&mut self, k: &mut K) -> Option<BioId> {
        let bio = self.head?;
        self.head = k.block().bios[bio].next.take();
        if self.head.is_none() {
            self.tail = None;
        }
        Some(bio)
    }
}

impl Dm {
    /// The device behind index `dm`.
    #[inline]
    pub fn dev(&mut self, dm: u16) -> &mut DmDev {
        &mut self.devs[usize::from(dm)]
    }
    /// Its multipath target, if that is what it is.
    #[inline]
    pub fn mpath(&mut self, dm: u16) -> Option<&mut Multipath> {
        match self.devs[usize::from(dm)].table.targets.first_mut() {
            Some(TargetSpec {
                target: Target::Multipath(m),
                ..
            }) => Some(m),
            _ => None,
        }
    }
}

/// Does what the target asks for after it has changed.
pub fn apply<K: DmEnv>(k: &mut K, dm: u16, effects: Effects) {
    let dev = k.dm().dev(dm).dev;
    let bio_based = k.block().dev(dev).bio_based;
    if effects.process_queued {
        if bio_based {
            worker::start(k, dm);
        } else {
            super::block::dispatch::kick_requeue_list(k, dev);
        }
    }
    if effects.run_queue && !bio_based {
        super::block::dispatch::blk_mq_run_hw_queues(k, dev, true);
    }
    let log = k.dm().mpath(dm).map(Multipath::take_log);
    if let Some(mut log) = log {
        k.dm().dev(dm).log.append(&mut log);
    }
}
