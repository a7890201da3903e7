//! What goes on beside the I/O: the tick of every CPU that is not idle, and
//! fio's threads that do none. It costs CPU time only, and rests while no I/O
//! ends, so that it keeps no run from its end.

use super::super::host::{self, Cost, CpuId};
use super::super::probe::Probe;
use super::super::workload::app::upkeep::{self, Duty};
use super::{Event, Irq, Machine};
use crate::sim::Ns;

/// Without the end of an I/O for so long it rests.
const RESTS_AFTER: Ns = Ns::from_ms(50);

impl<P: Probe> Machine<P> {
    /// It begins, with the jobs, or goes on after having rested.
    pub(super) fn start_housekeeping(&mut self, is_first: bool) {
        self.housekeeps = true;
        if !self.housekeeping_costs() {
            return;
        }
        let now = self.host.now();
        self.arm_tick();
        for cpu in 0..self.host.cpus.len() {
            self.host.restart_tick(CpuId(cpu as u8));
        }
        for n in 0..self.app.upkeep.len() {
            let u = &mut self.app.upkeep[n];
            if u.duty == Duty::Rcu {
                continue;
            }
            if std::mem::replace(&mut u.sleeps, true) {
                continue;
            }
            let (span, slack) = u.sleep();
            let end = if is_first { u.first } else { now + span };
            host::start_range_timer(self, end, slack, Irq::Upkeep(n as u8));
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
        let now = self.host.now();
        for cpu in (0..self.host.cpus.len()).map(|n| CpuId(n as u8)) {
            if !self.host.tick_is_stopped(cpu) {
                self.host.set_clock(now); // the CPU before has gone on from there
                host::irq(self, cpu, Irq::Tick);
            }
        }
    }

    /// The tick of this CPU (`tick_sched_timer`): it sees to RCU's callbacks, of
    /// which each look of fio's main thread leaves some, and is stopped by an
    /// idle CPU that has none left (`idle.c:do_idle`, `tick_nohz_next_event`).
    pub(super) fn ticked(&mut self) {
        self.host.tick_is_over(self.host.cpu());
        self.host.charge(Cost::Tick);
        let is_busy = !self.host.was_idle();
        if is_busy {
            self.host.charge(Cost::TickBusy);
        }
        let done = self.rcu.tick();
        if done.calls_back {
            self.host.charge(Cost::RcuBatch);
        }
        if done.wakes {
            if is_busy {
                self.host.charge(Cost::RcuWake);
            }
            let thread = self.app.upkeep.iter().position(|u| u.duty == Duty::Rcu);
            if let Some(n) = thread {
                upkeep::due(self, n as u8);
            }
        } else if self.rcu.is_idle() {
            self.host.got_tick();
        }
        self.host.restart_tick(self.host.cpu());
    }

    /// One of fio's other threads has slept long enough.
    pub(super) fn upkeep_due(&mut self, n: u8) {
        self.app.upkeep[usize::from(n)].sleeps = false;
        if self.housekeeps {
            upkeep::due(self, n);
        }
    }
}
