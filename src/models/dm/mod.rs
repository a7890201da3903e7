//! Device-mapper of Linux 6.1: what stands between a map and its targets.
//!
//! The two ways of an I/O are the two short files to read side by side:
//! [`bio_based`] maps every bio as it comes, [`request_based`] maps requests as
//! they leave the device's own queue.

pub mod bio_based;
mod busy;
mod clone;
pub mod delay;
pub mod dmsetup;
pub mod linear;
pub mod message;
pub mod pg_init;
pub mod request_based;
pub mod request_fn;
pub mod striped;
pub mod suspend;
pub mod table;
mod weight;
pub mod worker;

pub use table::{Table, Target, TargetSpec};

use std::collections::VecDeque;

use super::block::{BlockEnv, requeue, run_queue};
use super::fault::DmMultipathParams;
use super::host::TaskId;
use super::host::slab::SlabId;
use super::io::{BioId, DevId};
use super::kernel::Patches;
use super::mpath::selector::StatusType;
use super::mpath::{DhResult, Effects, Multipath, PathIdx, Timer};
use super::probe::TargetEvent;
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
        /// Of which slab its clone is to be.
        slab: SlabId,
    },
    /// `process_queued_ios`: the worker maps requests again (single queue).
    ProcessQueuedRqs(u16),
    /// `dm_wq_work`: bios that came while a device was suspended.
    WqWork(u16),
    /// `activate_path_work`: the hardware handler is asked for a path.
    Activate(u16, PathIdx),
}

/// A timer of device-mapper.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum DmTimer {
    /// Queueing without paths ends (`nopath_timer`).
    NoPath {
        /// The device.
        dm: u16,
        /// Which arming it is.
        generation: u32,
    },
    /// A delayed activation begins (`activate_path`).
    Activate(u16, PathIdx),
    /// The hardware handler has answered (`pg_init_done`).
    PgInitDone(u16, PathIdx, DhResult),
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
    /// Whoever watches `dm` is to be told of an event (`dm_table_event`).
    fn dm_event(&mut self, dm: u16);
    /// Whether anything but the running task can still change anything: a timer
    /// that pends, another task that runs.
    fn can_change(&mut self) -> bool;
    /// Whether the driver of `dev` has a busy hook.
    fn can_be_busy(&self, dev: DevId) -> bool;
    /// Something happened to the multipath target of `dm`.
    fn target_event(&mut self, dm: u16, event: TargetEvent<'_>);
    /// Queues work for a worker.
    fn queue_work(&mut self, worker: TaskId, frame: Self::Frame);
    /// Arms a timer.
    fn arm_dm(&mut self, timer: DmTimer, at: Ns);
    /// Asks the hardware handler of `dev` to activate it
    /// (`scsi_dh_activate`): what it will answer, and after how long.
    fn dh_activate(&mut self, dev: DevId) -> (Ns, DhResult);
    /// A path or group has changed its state.
    fn paths_changed(&mut self);
    /// Which mechanisms of the patch set there are, over single queues.
    fn patches(&self) -> &Patches;
    /// Whether failing a path aborts what is in flight on it.
    fn aborts_on_failure(&self) -> bool;
}

/// All device-mapper devices, in order of creation.
#[derive(Debug, Default)]
pub struct Dm {
    /// The devices.
    pub devs: Vec<DmDev>,
    /// `kmpath_handlerd`: activates paths, one after the other.
    pub handlerd: Option<TaskId>,
    /// Module parameters.
    pub params: DmMultipathParams,
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
    /// The table that the next resume puts into its place.
    pub inactive: Option<Table>,
    /// Paths whose driver can report itself busy, and whether it last did.
    pub busy_paths: Vec<(DevId, bool)>,
    /// Bios that the multipath target holds (`m->queued_bios`).
    pub queued: BioFifo,
    /// kmpathd's worker for them.
    pub worker: TaskId,
    /// Whether that worker has been started.
    pub worker_queued: bool,
    /// Whether it is suspended (`DMF_SUSPENDED`).
    pub suspended: bool,
    /// Whether I/O is held (`DMF_BLOCK_IO_FOR_SUSPEND`).
    pub blocked: bool,
    /// Bios that are held (`md->deferred`).
    pub deferred: BioFifo,
    /// Worker that submits them when the device resumes (`md->wq`).
    pub wq: TaskId,
    /// I/Os that the targets have: `md->pending_io` of a bio-based device,
    /// `blk_mq_queue_inflight` of a request-based one.
    pub in_flight: u32,
    /// A task that waits until there are none.
    pub suspender: Option<TaskId>,
    /// Tasks that suspend or resume it, one after the other; the first does,
    /// the others wait (`md->suspend_lock`).
    pub suspend_lock: VecDeque<TaskId>,
    /// Which arming of the timer that ends queueing without paths is valid.
    pub nopath_generation: u32,
    /// Kernel log lines.
    pub log: Vec<String>,
    /// Devices it stands on, each once.
    pub below: Vec<DevId>,
    /// Request-based, on a single queue.
    pub stacking: request_fn::Stacking,
    /// I/Os that came back from a path to be sent again.
    pub retried: u64,
    /// Changes of its paths and groups, and when: what `dmsetup status` would
    /// have printed then.
    pub history: Vec<(Ns, String)>,
    /// What `dmsetup status` printed, and when it was started.
    pub status_seen: Vec<(Ns, String)>,
}

/// Most changes of paths and groups that are remembered.
const HISTORY: usize = 10_000;

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
    /// `bio_list_peek`
    pub fn first(&self) -> Option<BioId> {
        self.head
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
    #[inline(always)]
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
#[inline(never)]
pub fn apply<K: DmEnv>(k: &mut K, dm: u16, effects: Effects) {
    k.target_event(dm, TargetEvent::Changed);
    let dev = k.dm().dev(dm).dev;
    let bio_based = k.block().dev(dev).is_bio_based();
    if effects.process_queued {
        if bio_based {
            worker::start(k, dm);
        } else if k.block().dev(dev).is_single_queue() {
            request_fn::map::start_worker(k, dm);
        } else {
            requeue::kick_requeue_list(k, dev);
        }
    }
    if effects.run_queue && !bio_based {
        run_queue::blk_mq_run_hw_queues(k, dev, true);
    }
    if effects.activate {
        pg_init::activate(k, dm);
    }
    set_nopath_timer(k, dm, effects.timer);
    let regrouped = k.dm().mpath(dm).is_some_and(Multipath::take_regrouped);
    if effects.event || regrouped {
        remember(k, dm);
    }
    if effects.event {
        k.dm_event(dm);
    }
    print_log(k, dm);
}

/// What the target had to say is in the kernel's log, before what comes of it.
#[cold]
pub fn print_log<K: DmEnv>(k: &mut K, dm: u16) {
    if let Some(log) = k.dm().mpath(dm).map(Multipath::take_log) {
        print(k, dm, log);
    }
}

/// Writes `lines` about `dm` to the kernel's log.
pub fn print<K: DmEnv>(k: &mut K, dm: u16, lines: Vec<String>) {
    let now = k.host().now();
    for line in lines {
        k.block().klog.print(now, line.clone());
        k.dm().dev(dm).log.push(line);
    }
}

/// Whatever is plugged below `dm` goes on its way (`dm_unplug_all`).
pub fn unplug_all<K: DmEnv>(k: &mut K, dm: u16) {
    let mut at = 0;
    while let Some(&below) = k.dm().dev(dm).below.get(at) {
        k.unplug_fn(below);
        at += 1;
    }
}

/// Whether any device below `dm`, which maps bios, is congested, or `dm` itself is
/// suspended (`dm_any_congested`). A map of requests has a queue of its own to ask.
pub fn any_congested<K: DmEnv>(k: &mut K, dm: u16) -> bool {
    let mut at = 0;
    while let Some(&below) = k.dm().dev(dm).below.get(at) {
        if k.read_congested(below) {
            return true;
        }
        at += 1;
    }
    k.dm().dev(dm).suspended
}

/// The timer that ends queueing without paths: `mod_timer`, `del_timer`.
fn set_nopath_timer<K: DmEnv>(k: &mut K, dm: u16, timer: Timer) {
    if timer == Timer::Keep {
        return;
    }
    let d = k.dm().dev(dm);
    d.nopath_generation = d.nopath_generation.wrapping_add(1);
    if let Timer::Arm(span) = timer {
        let generation = d.nopath_generation;
        let at = k.host().jiffies_from_now(span);
        k.arm_dm(DmTimer::NoPath { dm, generation }, at);
    }
}

/// A path or group has changed: what the status is now.
#[cold]
fn remember<K: DmEnv>(k: &mut K, dm: u16) {
    k.paths_changed();
    if k.dm().dev(dm).history.len() < HISTORY {
        let now = k.host().now();
        let status = status(k, dm);
        k.dm().dev(dm).history.push((now, status));
    }
}

/// What `dmsetup status` prints of `dm`, devices by name.
pub fn status<K: DmEnv>(k: &mut K, dm: u16) -> String {
    let names: Vec<String> = k.block().devs.iter().map(|d| d.name.clone()).collect();
    let name = |dev: DevId, out: &mut String| out.push_str(&names[usize::from(dev.0)]);
    k.dm().dev(dm).table.print(StatusType::Info, name)
}

/// A timer of device-mapper has expired.
pub fn timer_fired<K: DmEnv>(k: &mut K, timer: DmTimer) {
    match timer {
        DmTimer::NoPath { dm, generation } => {
            if k.dm().dev(dm).nopath_generation != generation {
                return;
            }
            let effects = k.dm().mpath(dm).map(Multipath::nopath_timer_fired);
            apply(k, dm, effects.unwrap_or_default());
        }
        DmTimer::Activate(dm, path) => pg_init::queue_activation(k, dm, path),
        DmTimer::PgInitDone(dm, path, result) => pg_init::done(k, dm, path, result),
    }
}
