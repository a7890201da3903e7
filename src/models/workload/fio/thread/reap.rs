//! Submitting, reaping, draining (`ioengines.c:td_io_commit`,
//! `td_io_getevents`; `io_u.c:io_u_quiesce`; `backend.c:wait_for_completions`,
//! 3.33).

use super::*;
use crate::models::workload::fio::spec::Engine;

impl FioThread {
    /// What is pending: something to do for the caller, or none when a part of
    /// it is settled.
    #[inline]
    pub(super) fn pending_act(&mut self, now: Ns) -> Option<Act> {
        if self.pending.commit.is_some() {
            if !self.ring.is_empty() {
                self.submitting = self.next_submission();
                return Some(Act::Submit);
            }
            self.committed();
        }
        if let Some(min) = self.pending.reap.take() {
            let max = self.spec.complete_max.min(self.depth).max(min);
            self.reap = Reap::default();
            self.reap_failed = false;
            self.pending.any = self.pending.drain;
            return (max > 0 && !self.done).then_some(Act::GetEvents { min, max });
        }
        if self.pending.drain {
            self.drain_on();
            return None;
        }
        let act = match &mut self.pending.sleep {
            Some(sleep) => sleep.next(now, self.granularity_us),
            None => None,
        };
        if act.is_none() {
            self.pending.sleep = None;
            self.pending.any = false;
        }
        act
    }

    /// The ring is submitted.
    #[inline(always)]
    fn committed(&mut self) {
        if self.pending.commit.take() == Some(Commit::Loop) {
            self.in_flight = self.in_flight.wrapping_add(self.queued);
            self.queued = 0;
        }
        let rest = &self.pending;
        self.pending.any = rest.reap.is_some() || rest.drain || rest.sleep.is_some();
    }

    /// How many of the ring go into one call. libaio's array is a ring: a
    /// batch that crosses its end takes two calls.
    #[inline]
    fn next_submission(&self) -> usize {
        match self.spec.engine {
            Engine::Libaio => {
                let to_end = self.spec.iodepth - self.ring_at;
                self.ring.len().min(to_end as usize)
            }
            _ => self.ring.len(),
        }
    }

    /// `td_io_commit`.
    #[inline]
    pub(super) fn commit(&mut self) {
        if self.depth > 0 && self.queued > 0 {
            self.pending.commit = Some(Commit::Loop);
            self.pending.any = true;
        }
    }

    /// io_submit returned: all that was submitted has this issue time.
    #[inline(always)]
    pub fn submitted(&mut self, now: Ns) {
        let n = std::mem::take(&mut self.submitting);
        let count_slat = !self.spec.disable_slat && self.ramp_time_over(now);
        // Those of a batch have often taken equally long.
        let (mut of, mut slat, mut alike) = (Dir::Read, Ns::ZERO, 0);
        for unit in &self.ring[..n] {
            let slot = &mut self.slots[unit.slot as usize];
            slot.issue = now;
            if let (true, Kind::Io(dir)) = (count_slat, slot.kind) {
                let this = now.saturating_sub(slot.start);
                if (dir, this) != (of, slat) {
                    self.lats[of].slat.record_n(slat, alike);
                    (of, slat, alike) = (dir, this, 0);
                }
                alike += 1;
                self.logs.submitted();
            }
        }
        self.lats[of].slat.record_n(slat, alike);
        if n == self.ring.len() {
            self.ring.clear();
            self.committed();
        } else {
            self.ring.drain(..n);
        }
        self.ring_at += n as u32;
        if self.ring_at >= self.spec.iodepth {
            self.ring_at -= self.spec.iodepth;
        }
        if let Some(replay) = &mut self.iolog {
            replay.issued(now);
        }
    }

    /// Reaps at least `min` (`io_u.c:io_u_queued_complete`); what is in the
    /// ring is submitted first.
    #[inline]
    pub(super) fn want_reap(&mut self, min: u32) {
        let min = min.min(self.depth);
        if min > 0 && !self.done && !self.ring.is_empty() {
            self.pending.commit = Some(Commit::Engine);
        }
        self.pending.reap = Some(min);
        self.pending.any = true;
    }

    /// All events of one [`Act::GetEvents`] were told.
    #[inline]
    pub fn reap_done(&mut self, _now: Ns) {
        self.record();
        let reap = self.reap;
        self.in_flight = self.in_flight.wrapping_sub(reap.got);
        self.reap_failed = reap.error != 0;
        if self.reap_failed {
            self.fatal(reap.error);
        } else {
            self.bytes_done += reap.bytes;
        }
        if self.pending.drain {
            self.drained += if self.reap_failed { 0 } else { reap.got };
            self.drain_failed |= self.reap_failed;
        }
    }

    /// Waits for everything in flight, submitting what is queued.
    #[cold]
    pub(super) fn drain(&mut self) {
        self.commit();
        self.pending.drain = true;
        self.pending.any = true;
        self.drained = 0;
        self.drain_failed = false;
    }

    /// Sleeps so many µs, after what else is pending.
    pub(super) fn sleep(&mut self, us: u64) {
        self.pending.sleep = Some(Sleep::new(us));
        self.pending.any = true;
    }

    /// One step of a drain.
    #[cold]
    fn drain_on(&mut self) {
        if self.in_flight != 0 && !self.done && self.depth > 0 {
            self.want_reap(1);
            return;
        }
        self.pending.drain = false;
        if self.logs.full() {
            self.logs.grow();
        }
    }

    /// A reap in the loop; a full drain if a log has to grow.
    #[inline]
    pub(super) fn wait_for_completions(&mut self, dir: Option<Dir>, now: Ns) -> Option<Act> {
        if self.logs.full() {
            self.drain();
            return self.go(Step::Drained { dir });
        }
        let min = self.spec.complete_min.min(self.depth).max(1);
        let full = self.free.is_empty();
        self.want_reap(min);
        self.step = Step::Reaped { dir, min, full };
        self.pending_act(now)
    }

    /// A reap in the loop is over: once more while the queue is above its low
    /// mark.
    #[inline(always)]
    pub(super) fn reaped(
        &mut self,
        dir: Option<Dir>,
        min: u32,
        full: bool,
        now: Ns,
    ) -> Option<Act> {
        if self.reap_failed {
            return self.go(Step::LoopEnd);
        }
        if full && self.depth > self.spec.iodepth_low {
            self.want_reap(min);
            return None;
        }
        self.think(dir, now)
    }

    #[cold]
    pub(super) fn after_drain(&mut self, dir: Option<Dir>, now: Ns) -> Option<Act> {
        if self.drained == 0 && self.drain_failed {
            return self.go(Step::LoopEnd);
        }
        self.think(dir, now)
    }
}
