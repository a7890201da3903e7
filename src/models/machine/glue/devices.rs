//! What devices need: interrupts when commands end.

use super::super::super::device::{DeviceEnv, Devices, scsi};
use super::super::super::host::{self, HostEnv};
use super::super::super::io::{BioId, ReqId};
use super::super::super::probe::Probe;
use super::super::{Irq, Machine};
use crate::sim::Ns;

impl<P: Probe> DeviceEnv for Machine<P> {
    #[inline]
    fn devices(&mut self) -> &mut Devices {
        &mut self.devices
    }
    #[inline]
    fn complete_at(&mut self, at: Ns, rq: ReqId) {
        self.expire(at, Irq::Complete(rq));
    }
    #[inline]
    fn complete_after(&mut self, span: Ns, rq: ReqId) {
        host::start_timer(self, span, Irq::Complete(rq));
    }
    fn complete_bio_after(&mut self, span: Ns, nullb: u16, bio: BioId) {
        host::start_timer(self, span, Irq::CompleteBio(nullb, bio));
    }
    fn given_up(&mut self, rq: ReqId, due: Ns) {
        if P::LISTENS {
            let r = &self.block.reqs[rq];
            let subject = self.block.rq_subject(rq);
            let at = self.host.now();
            self.probe.given_up(at, r.dev, subject, r.io_start, due);
        }
    }
    fn arm_scsi(&mut self, timer: scsi::Timer, at: Ns) {
        self.expire(at, Irq::Scsi(timer));
    }
    fn san_is_due(&mut self) {
        self.arm_san();
    }
}
