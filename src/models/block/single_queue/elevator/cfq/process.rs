//! What cfq knows of a process: how long it thinks, how far it seeks
//! (`struct cfq_io_context`), and what follows for its queue.

use super::queue::Flag;
use super::{Cfq, is_sync};
use crate::models::block::Request;

/// Samples from which a mean counts (`sample_valid`).
const VALID: u64 = 80;
/// A mean seek of more than this is that of a process that jumps about
/// (`CIC_SEEKY`).
const SEEKY: u64 = 8 * 1024;
/// For how many ms the device is kept idle for such a process (`CFQ_MIN_TT`).
const MIN_THINK_MS: u64 = 2;

/// A process.
#[derive(Clone, Debug, Default)]
pub(super) struct Process {
    /// Its queue, once it has one.
    pub queue: Option<u16>,
    /// Whether it is over.
    pub is_over: bool,
    /// When one of its requests last ended.
    pub last_end_request: u64,
    last_request_pos: u64,
    ttime: [u64; 3],
    seek: [u64; 3],
}

/// A mean of the recent past: samples, total, mean, in fixed point.
fn sample([samples, total, mean]: &mut [u64; 3], value: u64) {
    *samples = (7 * *samples + 256) / 8;
    *total = (7 * *total + 256 * value) / 8;
    *mean = (*total + *samples / 2) / (*samples).max(1);
}

impl Process {
    /// `cfq_update_io_thinktime`, `cfq_update_io_seektime`
    fn update(&mut self, rq: &Request, ticks: u64, slice_idle: u64) {
        let elapsed = ticks.saturating_sub(self.last_end_request);
        sample(&mut self.ttime, elapsed.min(2 * slice_idle));
        let far = match self.seek[0] {
            0..=60 => 2 * 1024 * 1024,
            _ => 2 * 1024 * 64,
        };
        let most = self.seek[2] * 4 + far;
        sample(
            &mut self.seek,
            rq.sector.abs_diff(self.last_request_pos).min(most),
        );
        self.last_request_pos = rq.sector + u64::from(rq.sectors);
    }
    fn is_seeky(&self) -> bool {
        self.seek[2] > SEEKY
    }
    /// Where seeks are known, how long they are.
    pub fn seek_mean(&self) -> Option<u64> {
        (self.seek[0] > VALID).then_some(self.seek[2])
    }
    /// The tick for which the device is kept idle.
    pub fn idles_for(&self, slice_idle: u64, hz: u64) -> u64 {
        match self.seek[0] > VALID && self.is_seeky() {
            true => slice_idle.min((MIN_THINK_MS * hz / 1000).max(1)),
            false => slice_idle,
        }
    }
}

impl Cfq {
    /// A request has come to `q`: what it says of its process, and whether it
    /// goes ahead of others (`cfq_rq_enqueued`).
    pub(super) fn enqueued(&mut self, rq: &Request, q: usize, ticks: u64) {
        let slice_idle = self.tunables.slice_idle;
        if let Some(p) = rq.icq.and_then(|t| self.processes.get_mut(t.index())) {
            p.update(rq, ticks, slice_idle);
            let p = p.clone();
            self.update_idle_window(q, &p);
        }
        if self.active == Some(q as u16) {
            if self.queues[q].has(Flag::WaitRequest) {
                self.cancel_timer();
                self.wants.run = true;
            }
        } else if self.should_preempt(q, rq, ticks) {
            self.preempt(q, ticks);
            self.wants.run = true;
        }
    }

    /// `cfq_update_idle_window`
    fn update_idle_window(&mut self, q: usize, p: &Process) {
        let queue = &mut self.queues[q];
        if !queue.is_sync {
            return;
        }
        let mut idles = queue.has(Flag::IdleWindow);
        if p.is_over || (self.hw_tag && p.is_seeky()) {
            idles = false;
        } else if p.ttime[0] > VALID {
            idles = p.ttime[2] <= self.tunables.slice_idle;
        }
        match idles {
            true => queue.set(Flag::IdleWindow),
            false => queue.clear(Flag::IdleWindow),
        }
    }

    /// `cfq_should_preempt`
    fn should_preempt(&self, _new: usize, rq: &Request, ticks: u64) -> bool {
        let Some(active) = self.active else {
            return false;
        };
        let queue = &self.queues[usize::from(active)];
        if queue.slice_used(ticks) {
            return true;
        }
        if is_sync(rq.op, rq.flags) && !queue.is_sync {
            return true;
        }
        let Some(process) = self.active_process.filter(|_| queue.has(Flag::WaitRequest)) else {
            return false;
        };
        // As good as what the device is kept idle for (`cfq_rq_close`).
        let mean = self
            .processes
            .get(process.index())
            .and_then(Process::seek_mean);
        mean.is_some_and(|mean| rq.sector.abs_diff(self.last_position) <= mean)
    }

    /// `cfq_preempt_queue`
    fn preempt(&mut self, q: usize, ticks: u64) {
        self.slice_expired(true, ticks);
        self.put_first(q);
        let queue = &mut self.queues[q];
        queue.slice_end = 0;
        queue.set(Flag::SliceNew);
    }
}
