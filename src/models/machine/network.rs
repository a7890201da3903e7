//! The storage network of the computer: it is called when something changes in
//! it, and its disks hear of that.

use super::super::device::scsi::{Lld, nexus_event};
use super::super::host::{CpuId, TaskState};
use super::super::mpath::DhResult;
use super::super::probe::Probe;
use super::super::san::{PathId, SanEvent};
use super::{Irq, Machine};
use crate::sim::Ns;

/// ALUA waits before it asks for the states of the target port groups
/// (`ALUA_RTPG_DELAY_MSECS`).
const RTPG_DELAY: Ns = Ns::from_ms(5);

impl<P: Probe> Machine<P> {
    /// A timer is set for the next change, as long as it matters to somebody.
    pub(super) fn arm_san(&mut self) {
        let at = self.devices.san.due().max(self.host.now());
        let is_over = || {
            let over = |t: &super::super::host::Task<_>| t.is_worker || t.state == TaskState::Dead;
            self.block.bios.live() == 0 && self.host.tasks.iter().all(over)
        };
        if at < Ns::NEVER && !is_over() {
            self.irq_at(at, CpuId(0), Irq::San);
        }
    }

    /// Something changes in the network.
    pub(super) fn san_changes(&mut self) {
        let now = self.host.now();
        let mut told = Vec::new();
        self.devices.san.advance(now, |event| told.push(event));
        for event in told {
            for disk in self.disks_of(event) {
                nexus_event(self, disk, event.what);
            }
        }
        self.arm_san();
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

    /// The LUN of `path` is asked to move to its controller (`alua_activate`):
    /// how long that takes with the question that follows, and the result.
    pub(super) fn activate_lun(&mut self, path: PathId) -> (Ns, DhResult) {
        let now = self.host.now();
        match self.devices.san.activate(path, now) {
            Some(takes) => {
                let at = self.host.jiffies_from_now(RTPG_DELAY.max(takes));
                (at - now, DhResult::Ok)
            }
            None => (Ns::ZERO, DhResult::DevOfflined),
        }
    }
}
