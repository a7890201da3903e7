//! What device-mapper needs: the drivers below, time, workers, and whoever watches a
//! map.

use super::super::super::block::single_queue::request_fn::is_full;
use super::super::super::device::{array_port, scsi};
use super::super::super::dm::{Dm, DmEnv, DmFrame, DmTimer};
use super::super::super::host::{self, TaskId};
use super::super::super::io::{BioId, DevId};
use super::super::super::kernel::{Patches, Way};
use super::super::super::mpath::DhResult;
use super::super::super::probe::{Probe, TargetEvent};
use super::super::{Driver, Frame, Irq, Machine};
use crate::sim::Ns;

impl<P: Probe> DmEnv for Machine<P> {
    #[inline]
    fn dm(&mut self) -> &mut Dm {
        &mut self.dm
    }
    #[inline]
    fn target_event(&mut self, dm: u16, event: TargetEvent<'_>) {
        if !P::LISTENS {
            return;
        }
        let at = self.host.now();
        if let Some(target) = self.dm.devs[usize::from(dm)].multipath() {
            self.probe.target_event(at, dm, event, target);
        }
    }
    fn dm_frame(frame: DmFrame) -> Frame {
        Frame::Dm(frame)
    }
    fn lld_busy(&mut self, dev: DevId) -> bool {
        let is_legacy = self.block.has_single_queues();
        match self.driver(dev) {
            Driver::Scsi(n) if is_legacy => scsi::request_fn::lld_busy(self, n),
            _ if is_legacy && is_full(self, dev) => true,
            Driver::Scsi(n) => scsi::lld_busy(self, n),
            Driver::Port(n) => array_port::lld_busy(self, n),
            _ => false,
        }
    }
    fn submit_later(&mut self, dm: u16, bio: BioId, delay: Ns) {
        let at = self.host.jiffies_from_now(delay);
        let cpu = self.host.cpu();
        self.irq_at(at, cpu, Irq::Delayed(dm, bio));
    }
    fn queue_work(&mut self, worker: TaskId, frame: Frame) {
        host::queue_work(self, worker, frame);
    }
    fn paths_changed(&mut self) {
        let at = self.host.now();
        self.probe.paths_changed(at);
    }
    fn arm_dm(&mut self, timer: DmTimer, at: Ns) {
        let cpu = self.host.cpu();
        self.irq_at(at, cpu, Irq::Dm(timer));
    }
    fn dh_activate(&mut self, dev: DevId) -> (Ns, DhResult) {
        let Driver::Scsi(n) = self.driver(dev) else {
            return (Ns::ZERO, DhResult::NoSys);
        };
        self.activate_disk(n)
    }
    fn dm_event(&mut self, dm: u16) {
        self.multipathd_hears(dm);
    }
    fn can_change(&mut self) -> bool {
        self.pending_irqs > 0 || self.host.others_run()
    }
    fn patches(&self) -> &Patches {
        &self.patches
    }
    fn aborts_on_failure(&self) -> bool {
        self.kernel.profile().multipath.aborts_on_failure || self.way == Way::Rq2631
    }
    fn can_be_busy(&self, dev: DevId) -> bool {
        if self.kernel.is_legacy() {
            return self.patches.busy_flag;
        }
        matches!(self.driver(dev), Driver::Scsi(_) | Driver::Port(_))
    }
}
