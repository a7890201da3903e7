//! `io_submit_mode=offload`: what the worker threads do (`rate-submit.c`,
//! 3.33).

use super::*;
use crate::models::workload::fio::spec::Engine;

impl FioThread {
    /// The next io_u of worker `worker`; none: it is idle now. The worker
    /// submits it alone and waits for it: io_submit(2) and io_getevents(2) of
    /// one, or the synchronous call where the engine has none.
    pub fn worker_take(&mut self, worker: u32) -> Option<IoUnit> {
        let slot = self.workers.as_mut()?.take(worker)?;
        let Slot {
            kind, offset, len, ..
        } = self.slots[slot as usize];
        self.count_total(kind);
        Some(IoUnit {
            slot,
            op: kind.op(),
            offset,
            len,
        })
    }

    /// io_submit of io_u `slot` returned; for a synchronous call: it is about
    /// to be entered.
    pub fn offload_submitted(&mut self, now: Ns, slot: u32) {
        let count_slat = !self.spec.disable_slat && self.ramp_time_over(now);
        let asynchronous = self.spec.engine != Engine::Psync;
        let s = &mut self.slots[slot as usize];
        s.issue = now;
        if let (true, true, Kind::Io(dir @ (Dir::Read | Dir::Write))) =
            (count_slat, asynchronous, s.kind)
        {
            let slat = now.saturating_sub(s.start);
            self.lats[dir].slat.record(slat);
            self.logs.submitted();
        }
    }

    /// Io_u `slot` was reaped by its worker; it is free from now on.
    pub fn offload_done(&mut self, now: Ns, slot: u32, errno: i32, bytes: u32) {
        self.running = self.ramp_over;
        self.reap = Reap::default();
        self.completed(now, slot, errno, bytes);
        self.record();
        if self.reap.error == 0 {
            self.bytes_done += self.reap.bytes;
        }
    }
}
