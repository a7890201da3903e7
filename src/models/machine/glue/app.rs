//! What applications need: to be woken, and to be heard.

use super::super::super::host::{self, TaskId};
use super::super::super::probe::Probe;
use super::super::super::workload::app::upkeep::{Duty, TIMER_SLACK};
use super::super::super::workload::app::{App, AppEnv, AppFrame};
use super::super::{Frame, Irq, Machine};
use crate::sim::Ns;

impl<P: Probe> AppEnv for Machine<P> {
    #[inline]
    fn app(&mut self) -> &mut App {
        &mut self.app
    }
    #[inline]
    fn app_frame(frame: AppFrame) -> Frame {
        Frame::App(frame)
    }
    fn wake_at(&mut self, at: Ns, task: TaskId) {
        let cpu = self.host.cpu();
        self.irq_at(at, cpu, Irq::Wake(task));
    }
    fn sleep_until(&mut self, at: Ns, task: TaskId) {
        if self.host.is_free() {
            return self.wake_at(at, task);
        }
        self.pending_irqs += 1;
        host::start_range_timer(self, at, TIMER_SLACK, Irq::Slept(task));
    }
    fn upkeep_after(&mut self, span: Ns, slack: Ns, n: u8) {
        let at = self.host.now() + span;
        if self.app.upkeep[usize::from(n)].duty == Duty::Main {
            self.rcu.call();
        }
        host::start_range_timer(self, at, slack, Irq::Upkeep(n));
    }
    #[inline]
    fn io_begun(&mut self, thread: u16) {
        let at = self.host.now();
        self.probe.io_begun(at, thread);
    }
    #[inline]
    fn io_done(&mut self, thread: u16, bytes: u32, errno: i32) {
        let at = self.host.now();
        self.last_io = at;
        if !self.housekeeps {
            self.start_housekeeping(false);
        }
        if errno == 0 {
            self.host.succeeded();
        }
        self.probe.io_done(at, thread, bytes, errno);
    }
    fn synced(&mut self, thread: u16, errno: i32) {
        self.last_io = self.host.now();
        self.probe.synced(thread, errno);
    }
}
