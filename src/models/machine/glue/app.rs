//! What applications need: to be woken, and to be heard.

use super::super::super::host::TaskId;
use super::super::super::probe::Probe;
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
    #[inline]
    fn io_begun(&mut self, thread: u16) {
        let at = self.host.now();
        self.probe.io_begun(at, thread);
    }
    #[inline]
    fn io_done(&mut self, thread: u16, bytes: u32, errno: i32) {
        let at = self.host.now();
        self.last_io = at;
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
