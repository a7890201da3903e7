//! What goes on beside the I/O: the tick of every CPU that is not idle, and
//! fio's threads that do none. It costs CPU time only, and rests while no I/O
//! ends, so that it keeps no run from its end.

use super::super::host::{self, CpuId};
use super::super::probe::Probe;
use super::super::workload::app::upkeep;
use super::{Event, Irq, Machine};
use crate::sim::Ns;

/// Without the end of an I/O for so long it rests.
const RESTS_AFTER: Ns = Ns::from_ms(50);

impl<P: Probe> Machine<P> {
    /// It begins, or goes on after having rested.
    pub(super) fn start_housekeeping(&mut self) {
        self.housekeeps = true;
        if !self.housekeeping_costs() {
            return;
        }
        let now = self.host.now();
        self.arm_tick();
        for n in 0..self.app.upkeep.len() {
            let u = &mut self.app.upkeep[n];
            if std::mem::replace(&mut u.sleeps, true) {
                continue;
            }
            let (span, slack) = u.sleep();
            let first = if now == Ns::ZERO { u.first() } else { span };
            host::start_range_timer(self, now + first, slack, Irq::Upkeep(n as u8));
        }
    }

    /// Whether no I/O has ended for long: it rests.
    fn is_quiet(&self) -> bool {
        let idle = self.host.now().saturating_sub(self.last_io);
        self.app.running == 0 || idle >= RESTS_AFTER
    }

    fn arm_tick(&mut self) {
        let at = self.host.next_tick();
        self.queue.push(at, Event::Tick);
    }

    /// A tick is due: an idle CPU does without (`CONFIG_NO_HZ_IDLE`).
    pub(super) fn tick(&mut self) {
        if self.is_quiet() {
            self.housekeeps = false;
            return;
        }
        self.arm_tick();
        for cpu in (0..self.host.cpus.len()).map(|n| CpuId(n as u8)) {
            if !self.host.is_idle(cpu) {
                host::irq(self, cpu, Irq::Tick);
            }
        }
    }

    /// One of fio's other threads has slept long enough.
    pub(super) fn upkeep_due(&mut self, n: u8) {
        self.app.upkeep[usize::from(n)].sleeps = false;
        if self.housekeeps {
            upkeep::due(self, n);
        }
    }
}
