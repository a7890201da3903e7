//! The simulated computer: owns every model and hands each event to its owner.

mod admin;
mod build;
mod daemon;
mod glue;
mod held;
mod housekeeping;
mod invariants;
mod lookup;
mod network;
mod rcu;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

pub use admin::Admin;
use admin::AdminFrame;
pub use build::{BuildError, ThreadConfig};
use daemon::Mpds;
pub use daemon::lun_info;
pub use invariants::Violation;

use super::block::{BlockFrame, BlockLayer, BlockTimer};
use super::device::{Devices, scsi};
use super::dm::{Dm, DmEnv, DmFrame, DmTimer, Table, table::LoadError};
use super::fabric::nexus::State;
use super::host::{self, CpuId, Host, HostEvent, TaskId};
use super::io::{BioId, DevId, ReqId};
use super::kernel::{Kernel, Patches, Way};
use super::mpath::Errno;
use super::mpath::policy::{Registry, Truth};
use super::probe::{Probe, TargetEvent};
use super::workload::app::{App, AppFrame};
use crate::sim::{EventQueue, Ns, unlikely};
use rcu::Rcu;

/// What happens.
#[derive(Copy, Clone, Debug)]
pub enum Event {
    /// A CPU goes on.
    Host(HostEvent),
    /// A timer of a CPU expires.
    Irq(CpuId, Irq),
    /// A tick is due on all CPUs.
    Tick,
}

/// What a timer brings.
#[derive(Copy, Clone, Debug)]
pub enum Irq {
    /// A leaf device has completed a command.
    Complete(ReqId),
    /// A timer of the block layer.
    Block(BlockTimer),
    /// A task has slept long enough.
    Wake(TaskId),
    /// multipathd's loop over a map is due.
    Multipathd(u16),
    /// multipathd reads from a suspect path.
    Sample(u16),
    /// A process of the timeline starts.
    Fork(TaskId),
    /// dm-delay has held a bio long enough.
    Delayed(u16, BioId),
    /// A bio-based null_blk has completed a command.
    CompleteBio(u16, BioId),
    /// A timer of device-mapper.
    Dm(DmTimer),
    /// A timer of the SCSI mid-layer.
    Scsi(scsi::Timer),
    /// Something changes in the storage network; it costs no CPU.
    San,
    /// A tick, of a CPU that is not idle.
    Tick,
    /// A task that sleeps with timer slack has slept long enough.
    Slept(TaskId),
    /// One of fio's threads that do no I/O has slept long enough.
    Upkeep(u8),
}

/// A frame of a task's stack.
#[derive(Copy, Clone, Debug)]
pub enum Frame {
    /// In the block layer.
    Block(BlockFrame),
    /// In device-mapper.
    Dm(DmFrame),
    /// In the application.
    App(AppFrame),
    /// A pass of multipathd over a map.
    Multipathd(u16),
    /// A batch of multipathd's reads from a suspect path.
    Sample(u16),
    /// Something that an administrator does.
    Admin(AdminFrame),
}

/// Whose queue_rq or submit_bio a device has.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Driver {
    /// Bio-based device-mapper.
    DmBio(u16),
    /// Request-based device-mapper.
    DmRq(u16),
    /// Request-based device-mapper on a single queue.
    DmRequestFn(u16),
    /// null_blk.
    NullBlk(u16),
    /// A SCSI disk.
    Scsi(u16),
    /// A disk behind an array port.
    Port(u16),
    /// A bio-based null_blk.
    NullBlkBio(u16),
}

/// The simulated computer.
#[derive(Debug)]
pub struct Machine<P> {
    queue: EventQueue<Event>,
    /// CPUs and tasks.
    pub host: Host<Frame, Irq>,
    /// The block layer.
    pub block: BlockLayer,
    /// Device-mapper.
    pub dm: Dm,
    /// Leaf devices.
    pub devices: Devices,
    /// The application.
    pub app: App,
    /// What is done to the computer, and what came of it.
    pub admin: Admin,
    /// multipathd.
    pub mpds: Mpds,
    /// How the transport has treated disks: when, which, and its state from
    /// then on.
    pub transport: Vec<(Ns, DevId, State)>,
    /// When the storage network is looked at next.
    san_armed: Ns,
    /// Whether housekeeping goes on.
    housekeeps: bool,
    /// RCU's callbacks.
    rcu: Rcu,
    /// Who listens.
    pub probe: P,
    drivers: Vec<Driver>,
    kblockd: Vec<TaskId>,
    /// The kernel.
    pub kernel: Kernel,
    /// How multipath is done over single queues.
    pub way: Way,
    /// Mechanisms of the patch set.
    patches: Patches,
    /// Path selectors there are beside the kernel's.
    policies: Registry,
    /// What the leaf devices take in truth.
    truths: Vec<Truth>,
    /// Timers that pend.
    pending_irqs: u32,
    /// Events handled so far.
    pub events: u64,
    /// A run of more events than this counts as never ending.
    pub most_events: u64,
    /// After so long without a completion, I/O that is held counts as held for
    /// ever.
    pub hung_after: Ns,
    /// After so long, I/O that is tried again and again does, too.
    pub futile_after: Ns,
    /// Whether the run has ended because some was.
    pub is_futile: bool,
    /// Set from outside: the run is to end early. Looked at now and then.
    pub stop: Option<Arc<AtomicBool>>,
    /// When the first bio was submitted.
    pub first_io: Option<Ns>,
    /// When the application's last I/O ended.
    pub last_io: Ns,
}

/// See [`Machine::hung_after`].
const HUNG_AFTER: Ns = Ns::from_secs(600);
/// See [`Machine::futile_after`]: longer than any command takes with all its
/// retries on all paths.
const FUTILE_AFTER: Ns = Ns::from_secs(6_000);
/// How often that is looked at.
const LOOK_EVERY: Ns = Ns::from_secs(10);

/// Events between two looks at a running machine.
const WATCHED_EVERY: u64 = 1 << 16;

impl<P: Probe> Machine<P> {
    /// Events of the same time come in random order, which `seed` decides: a
    /// result that changes hangs on an order that nothing determines.
    pub fn shuffle_ties(&mut self, seed: u64) {
        self.queue.shuffle_ties(seed);
    }

    /// How much of the application's work is done, 0 to 1.
    pub fn fraction(&self) -> f64 {
        let now = self.host.now();
        let threads = self.app.threads.iter().map(|t| t.fio.fraction(now));
        threads.fold(1.0, f64::min)
    }

    /// Runs until the application is done and nothing is in flight, or the probe
    /// has seen enough, or it is told to stop; `watch` is shown the machine now and
    /// then.
    ///
    /// # Errors
    /// The first invariant that does not hold.
    pub fn run(&mut self, watch: impl FnMut(&Self)) -> Result<(), Violation> {
        self.run_until(Ns::NEVER, watch)
    }

    /// As [`run`](Self::run), but what is not over by `deadline` counts as
    /// never ending.
    ///
    /// # Errors
    /// As [`run`](Self::run), or the deadline has passed.
    pub fn run_until(&mut self, deadline: Ns, watch: impl FnMut(&Self)) -> Result<(), Violation> {
        self.start();
        self.settle(deadline, watch)
    }

    /// Lets whatever is under way come to its end.
    ///
    /// # Errors
    /// As [`run_until`](Self::run_until).
    pub fn settle(&mut self, deadline: Ns, mut watch: impl FnMut(&Self)) -> Result<(), Violation> {
        if deadline < Ns::NEVER {
            // A task that never sleeps looks up when something else is due.
            self.queue
                .push(deadline, Event::Host(HostEvent::Run(host::CpuId(0))));
        }
        host::kick_all(self);
        let mut clock = Ns::ZERO;
        let mut look_at = self.host.now() + self.hung_after;
        let mut hung_since = None;
        while let Some((now, event)) = self.queue.pop() {
            if unlikely(now >= deadline) {
                if self.app.running > 0 {
                    return Err(Violation::endless(now));
                }
                return self.check_drained().map_err(|_| Violation::endless(now));
            }
            if unlikely(now < clock) {
                return Err(Violation::clock(now, clock));
            }
            if unlikely(self.events >= self.most_events) {
                return Err(Violation::endless(now));
            }
            if unlikely(now >= look_at) {
                look_at = now + LOOK_EVERY;
                hung_since = self.hangs(clock, now);
            }
            if let Some(since) = hung_since
                && self.is_held_for_ever(clock, now, since)
            {
                break;
            }
            if now > clock {
                self.host.spin.time_passed();
            }
            self.host.spin.add(1);
            clock = now;
            self.events += 1;
            if unlikely(self.events.is_multiple_of(WATCHED_EVERY)) {
                watch(self);
                let stop = self.stop.as_ref();
                if stop.is_some_and(|stop| stop.load(Ordering::Relaxed)) {
                    return Ok(());
                }
            }
            self.host.set_clock(now);
            match event {
                Event::Irq(cpu, irq) => {
                    self.pending_irqs -= 1;
                    host::irq(self, cpu, irq);
                }
                Event::Host(HostEvent::Run(cpu)) => host::run(self, cpu),
                Event::Host(HostEvent::RunIrq(cpu)) => host::run_irq(self, cpu),
                Event::Host(HostEvent::Range(cpu)) => host::range_due(self, cpu),
                Event::Tick => self.tick(),
            }
            if unlikely(self.host.spin.is_endless()) {
                return Err(Violation::spinning(now));
            }
            if unlikely(self.probe.has_seen_enough()) {
                return Ok(());
            }
        }
        self.check_drained()
    }

    /// A timer of `cpu` brings `irq` at `at`.
    #[inline]
    fn irq_at(&mut self, at: Ns, cpu: CpuId, irq: Irq) {
        self.pending_irqs += 1;
        self.queue.push(at, Event::Irq(cpu, irq));
    }

    /// Carries out `dmsetup message NAME 0 TEXT`, before the run.
    ///
    /// # Errors
    /// No such map, or the target refuses the message.
    pub fn message(&mut self, map: &str, text: &str) -> Result<(), BuildError> {
        let Some(dm) = self.map_index(map) else {
            return Err(BuildError::Config(format!("message: no map {map:?}")));
        };
        self.target_message(dm, text)
            .map_err(|e| BuildError::Config(format!("message {text:?} to {map}: {e}")))
    }

    /// Whether `dmsetup` knows the map `dm`: not if it is a multipath device of
    /// the block layer, which has no table, takes no message and shows no status.
    pub fn has_dmsetup(&self, dm: u16) -> bool {
        let by_itself = self.kernel.is_legacy() && self.way == Way::BlockLayer;
        !(by_itself && self.dm.devs[usize::from(dm)].table.is_multipath())
    }

    /// Sends `text` to the map `dm`, sector 0; what the kernel logs goes to the
    /// map's log.
    ///
    /// # Errors
    /// The map's answer.
    pub fn target_message(&mut self, dm: u16, text: &str) -> Result<(), Errno> {
        if !self.has_dmsetup(dm) {
            return Err(Errno::Enxio);
        }
        let maps = self.map_names();
        let lookup = lookup::Devs {
            block: &self.block,
            scsi: &self.devices.scsi,
            maps: &maps,
            open: &self.dm.devs[usize::from(dm)]
                .table
                .devices()
                .collect::<Vec<_>>(),
        };
        let d = &mut self.dm.devs[usize::from(dm)];
        let mut log = Vec::new();
        let effects = super::dm::message::message(&mut d.table, 0, text, &lookup, &mut log);
        super::dm::print(self, dm, log);
        let effects = effects?;
        self.target_event(dm, TargetEvent::Message(text));
        super::dm::apply(self, dm, effects);
        Ok(())
    }

    /// Loads `text` as the table that is to replace that of the map `dm`, which
    /// stays as it is. Kernel log lines go to `log`.
    ///
    /// # Errors
    /// As [`Table::load`].
    pub fn load_replacement(
        &self,
        dm: u16,
        text: &str,
        log: &mut Vec<String>,
    ) -> Result<Table, LoadError> {
        let d = &self.dm.devs[usize::from(dm)];
        let devno = self.block.devs[usize::from(d.dev.0)].devno;
        self.load_table(devno, text, &self.map_names(), Some(&d.table), log)
    }

    /// Whether all devices of `table`, loaded for the map `dm`, are large enough;
    /// a replacement is asked this as the map resumes (`dm_swap_table`). If not,
    /// the kernel says so in `log`.
    pub fn fits(&self, dm: u16, table: &Table, log: &mut Vec<String>) -> bool {
        let d = &self.dm.devs[usize::from(dm)];
        let devno = self.block.devs[usize::from(d.dev.0)].devno;
        let maps = self.map_names();
        let checked = self.with_ctr_env(devno, &maps, &[], |env| table.check_areas(env));
        if let Err(text) = &checked {
            log.push(text.clone());
        }
        checked.is_ok()
    }

    /// Names of maps and their devices.
    fn map_names(&self) -> Vec<(String, DevId)> {
        let maps = self.dm.devs.iter();
        maps.map(|d| (d.name.clone(), d.dev)).collect()
    }

    /// The threads are released, in order.
    fn start(&mut self) {
        let threads = self.app.threads.iter().map(|t| t.task);
        let scripts = self.app.scripts.iter().map(|s| s.task);
        let tasks: Vec<TaskId> = threads.chain(scripts).collect();
        for task in tasks {
            host::wake(self, task);
        }
        self.start_multipathd();
        self.start_timeline();
        self.arm_san();
        self.start_housekeeping(true);
    }

    /// The name of a block device.
    pub fn dev_name(&self, dev: DevId) -> &str {
        &self.block.devs[usize::from(dev.0)].name
    }
}
