//! The storage network of the computer: it is called when something changes in
//! it, and its disks hear of that.

use super::super::array::Activation;
use super::super::device::scsi::{Lld, SCSI_DH_IO, found_again, nexus_event};
use super::super::fabric::nexus::{NexusEvent, State};
use super::super::host::{CpuId, Task, TaskState};
use super::super::io::DevId;
use super::super::mpath::DhResult;
use super::super::probe::Probe;
use super::super::san::{PathId, SanEvent};
use super::{Frame, Irq, Machine};
use crate::sim::Ns;

/// ALUA waits before it asks for the states of the target port groups
/// (`ALUA_RTPG_DELAY_MSECS`).
const RTPG_DELAY: Ns = Ns::from_ms(5);
/// It asks again so long after it was told of a transition
/// (`ALUA_RTPG_RETRY_DELAY`).
const RTPG_RETRY_DELAY: Ns = Ns::from_secs(2);
/// A question that is not answered is given up (`ALUA_FAILOVER_TIMEOUT`).
const FAILOVER_TIMEOUT: Ns = Ns::from_secs(60);

/// The most changes of the transport that are remembered.
const MOST_CHANGES: usize = 1_000;

impl<P: Probe> Machine<P> {
    /// A timer is set for the next change, as long as it matters to somebody.
    pub(super) fn arm_san(&mut self) {
        let at = self.devices.san.due().max(self.host.now());
        if at < self.san_armed && !self.is_over() {
            self.san_armed = at;
            self.irq_at(at, CpuId(0), Irq::San);
        }
    }

    /// Whether nobody will do anything any more, unless the network makes them.
    fn is_over(&self) -> bool {
        let is_asleep = |t: &Task<Frame>| {
            t.state == TaskState::Dead
                || t.is_worker && t.state == TaskState::Blocked && t.work.is_empty()
        };
        // fio's other threads wait for nothing but the next time.
        let does_no_io = |n: usize| self.app.upkeep.iter().any(|u| u.task.index() == n);
        self.pending_irqs == 0
            && self.block.bios.live() == 0
            && self.block.reqs.live() == 0
            && (self.host.tasks.iter().enumerate()).all(|(n, t)| is_asleep(t) || does_no_io(n))
    }

    /// Something changes in the network. Once the run is over it is left as it
    /// is: what is to come may be years away (`dev_loss_tmo`).
    pub(super) fn san_changes(&mut self) {
        let now = self.host.now();
        if now < self.san_armed {
            return; // an earlier one has seen to it, and set another
        }
        self.san_armed = Ns::NEVER;
        if self.is_over() {
            return;
        }
        let mut told = Vec::new();
        self.devices.san.advance(now, |event| told.push(event));
        for event in told {
            for disk in self.disks_of(event) {
                let dev = self.devices.scsi[usize::from(disk)].dev;
                if let NexusEvent::Became(state) = event.what
                    // The disk notes it when a command is not answered.
                    && state != State::Stalled
                    && self.transport.len() < MOST_CHANGES
                    && !self.block.dev(dev).is_dying
                {
                    self.transport.push((now, dev, state));
                }
                nexus_event(self, disk, event.what);
            }
        }
        self.find_disks();
        self.arm_san();
    }

    /// Disks whose port is back are made anew, if nobody holds the old one open
    /// (who does goes on with that; the new one would have another name).
    pub(super) fn find_disks(&mut self) {
        for disk in 0..self.devices.scsi.len() {
            let d = &self.devices.scsi[disk];
            let (dev, Lld::Lun(path)) = (d.dev, d.lld) else {
                continue;
            };
            if !d.is_found || !self.block.dev(dev).is_dying || self.is_open(dev) {
                continue;
            }
            let sectors = self.devices.san.sectors(path);
            found_again(self, disk as u16, sectors);
            if self.transport.len() < MOST_CHANGES {
                self.transport.push((self.host.now(), dev, State::Running));
            }
            self.uevent(dev);
        }
    }

    /// Whether anybody has `dev` open, or it has something to do.
    fn is_open(&self, dev: DevId) -> bool {
        let mut tables = self.dm.devs.iter().flat_map(|d| {
            let live = std::iter::once(&d.table);
            live.chain(d.inactive.as_ref())
        });
        let mut threads = self.app.threads.iter();
        let mut scripts = self.app.scripts.iter();
        self.has_commands(dev)
            || tables.any(|table| table.devices().any(|below| below == dev))
            || threads.any(|t| t.dev == dev)
            || scripts.any(|s| s.dev == dev)
    }

    /// The disks that an event is about.
    fn disks_of(&self, event: SanEvent) -> Vec<u16> {
        let disks = self.devices.scsi.iter().enumerate();
        let about = disks.filter(|(_, disk)| match disk.lld {
            Lld::Lun(path) => self.devices.san.nexus(path) == event.nexus,
            Lld::ScsiDebug => false,
        });
        about.map(|(n, _)| n as u16).collect()
    }

    /// The hardware handler of a disk activates it (`scsi_dh_activate`): how
    /// long that takes, and the result.
    pub(super) fn activate_disk(&mut self, disk: u16) -> (Ns, DhResult) {
        let disk = &mut self.devices.scsi[usize::from(disk)];
        let Some(handler) = &mut disk.handler else {
            return (Ns::ZERO, DhResult::NoSys);
        };
        if let Some(answer) = handler.next_answer() {
            return answer;
        }
        match (handler.name.as_str(), disk.lld) {
            ("alua", Lld::Lun(path)) => self.activate_lun(path),
            // The states of the target port groups are asked for after a while.
            ("alua", Lld::ScsiDebug) => {
                let now = self.host.now();
                let at = self.host.jiffies_from_now(RTPG_DELAY);
                (at - now, DhResult::Ok)
            }
            _ => (handler.takes(), DhResult::Ok),
        }
    }

    /// The handler `alua` activates `path` (`alua_activate`, `alua_rtpg_work`):
    /// it asks for the states of the target port groups, has the LUN moved if
    /// that is the host's to say, and asks again as long as it moves. How long
    /// that takes, and the result.
    pub(super) fn activate_lun(&mut self, path: PathId) -> (Ns, DhResult) {
        let now = self.host.now();
        let san = &mut self.devices.san;
        if san.state(path) == State::Running && san.round_trip(path, now).is_none() {
            return (FAILOVER_TIMEOUT, DhResult::Other(SCSI_DH_IO));
        }
        let delay = match san.activate(path, now) {
            None => return (Ns::ZERO, DhResult::DevOfflined),
            Some(Activation::Done) => RTPG_DELAY,
            Some(Activation::Takes(takes)) => RTPG_DELAY + takes,
            Some(Activation::Moves(until)) => {
                let left = until.saturating_sub(now + RTPG_DELAY).0;
                RTPG_DELAY + Ns(left.next_multiple_of(RTPG_RETRY_DELAY.0))
            }
        };
        (self.host.jiffies_from_now(delay) - now, DhResult::Ok)
    }
}
