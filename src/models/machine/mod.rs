//! The simulated computer: owns every model and hands each event to its owner.

mod build;
mod glue;
mod invariants;
mod lookup;

pub use build::{BuildError, ThreadConfig};
pub use invariants::Violation;

use super::block::{BlockFrame, BlockLayer, BlockTimer};
use super::device::{Devices, scsi};
use super::dm::{Dm, DmFrame};
use super::host::{self, CpuId, Host, HostEvent, TaskId};
use super::io::{BioId, DevId, ReqId};
use super::probe::Probe;
use super::workload::app::{App, AppFrame};
use crate::sim::{EventQueue, Ns};

/// What happens.
#[derive(Copy, Clone, Debug)]
pub enum Event {
    /// A CPU goes on.
    Host(HostEvent),
    /// A timer of a CPU expires.
    Irq(CpuId, Irq),
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
    /// dm-delay has held a bio long enough.
    Delayed(u16, BioId),
    /// A timer of the SCSI mid-layer.
    Scsi(scsi::Timer),
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
}

/// Whose queue_rq or submit_bio a device has.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Driver {
    /// Bio-based device-mapper.
    DmBio(u16),
    /// Request-based device-mapper.
    DmRq(u16),
    /// null_blk.
    NullBlk(u16),
    /// A SCSI disk.
    Scsi(u16),
    /// A disk behind an array port.
    Port(u16),
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
    /// Who listens.
    pub probe: P,
    drivers: Vec<Driver>,
    kblockd: Vec<TaskId>,
    /// Events handled so far.
    pub events: u64,
    /// When the first bio was submitted.
    pub first_io: Option<Ns>,
    /// When the application's last I/O ended.
    pub last_io: Ns,
}

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

    /// Runs until the application is done and nothing is in flight; `watch` is
    /// shown the machine now and then.
    ///
    /// # Errors
    /// The first invariant that does not hold.
    pub fn run(&mut self, mut watch: impl FnMut(&Self)) -> Result<(), Violation> {
        self.start();
        let mut clock = Ns::ZERO;
        while let Some((now, event)) = self.queue.pop() {
            if now < clock {
                return Err(Violation::clock(now, clock));
            }
            clock = now;
            self.events += 1;
            if self.events.is_multiple_of(WATCHED_EVERY) {
                watch(self);
            }
            self.host.set_clock(now);
            match event {
                Event::Irq(cpu, irq) => host::irq(self, cpu, irq),
                Event::Host(HostEvent::Run(cpu)) => host::run(self, cpu),
                Event::Host(HostEvent::RunIrq(cpu)) => host::run_irq(self, cpu),
            }
        }
        self.check_drained()
    }

    /// Carries out `dmsetup message NAME 0 TEXT`.
    ///
    /// # Errors
    /// No such map, or the target refuses the message.
    pub fn message(&mut self, map: &str, text: &str) -> Result<(), BuildError> {
        let Some(dm) = self.dm.devs.iter().position(|d| d.name == map) else {
            return Err(BuildError::Config(format!("message: no map {map:?}")));
        };
        let maps: Vec<_> = self
            .dm
            .devs
            .iter()
            .map(|d| (d.name.clone(), d.dev))
            .collect();
        let lookup = lookup::Devs {
            block: &self.block,
            maps: &maps,
        };
        let d = &mut self.dm.devs[dm];
        let effects = super::dm::message::message(&mut d.table, 0, text, &lookup, &mut d.log)
            .map_err(|e| BuildError::Config(format!("message {text:?} to {map}: {e}")))?;
        super::dm::apply(self, dm as u16, effects);
        Ok(())
    }

    /// The threads are released, in order.
    fn start(&mut self) {
        let threads = self.app.threads.iter().map(|t| t.task);
        let scripts = self.app.scripts.iter().map(|s| s.task);
        let tasks: Vec<TaskId> = threads.chain(scripts).collect();
        for task in tasks {
            host::wake(self, task);
        }
        host::kick_all(self);
    }

    /// The name of a block device.
    pub fn dev_name(&self, dev: DevId) -> &str {
        &self.block.devs[usize::from(dev.0)].name
    }
}
