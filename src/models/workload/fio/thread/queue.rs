//! Handing an io_u to the engine (`ioengines.c:td_io_queue`,
//! `engines/libaio.c:fio_libaio_queue`, `backend.c:io_queue_event`, 3.33).

use super::*;
use crate::models::workload::fio::spec::Engine;

impl FioThread {
    /// What io_u `slot` is to do.
    #[inline(always)]
    pub fn unit(&self, slot: u32) -> IoUnit {
        let s = &self.slots[slot as usize];
        IoUnit {
            slot,
            op: s.kind.op(),
            offset: s.offset,
            len: s.len,
        }
    }

    /// The io_u starts now, and goes to the engine.
    #[inline(always)]
    pub(super) fn queue(&mut self, slot: u32, now: Ns) -> Option<Act> {
        self.running = self.ramp_over;
        let s = &mut self.slots[slot as usize];
        s.start = now;
        let (kind, len) = (s.kind, s.len);
        if self.workers.is_some() {
            return self.queue_offload(slot, kind, len);
        }
        let asynchronous = match kind {
            Kind::Io(Dir::Trim) => false,
            Kind::Io(_) => self.spec.engine != Engine::Psync,
            Kind::Sync { .. } => self.spec.engine == Engine::IoUring,
        };
        if !asynchronous && !self.ring.is_empty() {
            return self.queue_busy(slot, kind);
        }
        self.issue(kind, len);
        if !asynchronous {
            self.slots[slot as usize].issue = now;
            self.step = Step::InCall { slot };
            return Some(match kind {
                Kind::Io(_) => Act::Sync { slot },
                Kind::Sync { data } => Act::Fsync {
                    data,
                    at_end: false,
                },
            });
        }
        let unit = self.unit(slot);
        self.ring.push(unit);
        self.queued += 1;
        self.count_total(kind);
        self.pass_queued_bytes += u64::from(len);
        self.step = Step::AfterQueue {
            kind,
            queued: Queued::Fine,
        };
        if self.queued >= self.spec.batch_submit {
            self.commit();
            return self.pending_act(now);
        }
        None
    }

    #[inline(always)]
    fn issue(&mut self, kind: Kind, len: u32) {
        if let Kind::Io(dir) = kind {
            let counts = &mut self.counts[dir];
            counts.issued += 1;
            counts.issued_bytes += u64::from(len);
            self.rate.issued(dir, u64::from(len));
        }
    }

    #[inline]
    pub(super) fn count_total(&mut self, kind: Kind) {
        match kind {
            Kind::Io(dir) => self.counts[dir].total += 1,
            Kind::Sync { .. } => self.syncs += 1,
        }
    }

    /// The engine takes it only when its ring is empty: that is submitted,
    /// something is reaped, then it is tried again.
    #[cold]
    fn queue_busy(&mut self, slot: u32, kind: Kind) -> Option<Act> {
        self.requeue(slot);
        self.commit();
        self.go(Step::AfterQueue {
            kind,
            queued: Queued::Busy,
        })
    }

    /// The io_u is the next to be taken, as it is.
    #[cold]
    pub(super) fn requeue(&mut self, slot: u32) {
        self.depth -= 1;
        self.requeued.push(slot);
    }

    #[inline(never)]
    fn queue_offload(&mut self, slot: u32, kind: Kind, len: u32) -> Option<Act> {
        if self.errors.fatal != 0 {
            return self.go(Step::LoopEnd);
        }
        let worker = self.workers.as_mut()?.enqueue(slot);
        self.issue(kind, len);
        if let Some(dir) = kind.dir() {
            self.schedule(dir);
        }
        self.start_thinking(kind.dir());
        Some(Act::Offload { worker, slot })
    }

    #[inline]
    fn schedule(&mut self, dir: Dir) {
        if self.rate.active() {
            self.rate.schedule(dir);
        }
    }

    /// The io_u is queued; if that made a batch, it is submitted.
    #[inline(always)]
    pub(super) fn after_queue(&mut self, kind: Kind, queued: Queued, now: Ns) -> Option<Act> {
        let dir = kind.dir();
        if let Some(dir) = dir {
            self.schedule(dir);
        }
        if self.breaks_on_error(kind, queued) {
            return self.go(Step::LoopEnd);
        }
        let full = self.free.is_empty() || (queued == Queued::Busy && self.depth > 0);
        let polling = self.spec.complete_min == 0 && self.spec.complete_max == 0;
        if full || polling {
            self.wait_for_completions(dir, now)
        } else {
            self.think(dir, now)
        }
    }

    /// The end of a turn: thinks if it is time to, then the next begins.
    #[inline(always)]
    pub(super) fn think(&mut self, dir: Option<Dir>, now: Ns) -> Option<Act> {
        self.step = Step::Turn;
        if self.spec.thinktime == Ns::ZERO {
            return self.turn(now);
        }
        self.start_thinking(dir);
        None
    }

    /// `backend.c:handle_thinktime`.
    #[inline(never)]
    fn start_thinking(&mut self, dir: Option<Dir>) {
        self.step = Step::Turn;
        if self.spec.thinktime == Ns::ZERO || dir.is_none() {
            return;
        }
        let blocks = self.think_blocks();
        if blocks >= self.thought_at + self.spec.thinktime_blocks {
            self.drain();
            self.step = Step::ThinkDrained { blocks };
        }
    }

    fn think_blocks(&self) -> u64 {
        use crate::models::workload::fio::spec::ThinktimeBlocksType::*;
        match self.spec.thinktime_blocks_type {
            Complete => self.done_ios(),
            Issue => Dir::ALL.iter().map(|d| self.counts[*d].issued).sum(),
        }
    }

    #[cold]
    pub(super) fn think_drained(&mut self, blocks: u64, now: Ns) -> Option<Act> {
        let spin = self.spec.thinktime_spin.min(self.spec.thinktime);
        self.step = Step::ThinkSpun { blocks, since: now };
        (spin > Ns::ZERO).then(|| Act::SpinUntil(now.saturating_add(spin)))
    }

    #[cold]
    pub(super) fn think_spun(&mut self, blocks: u64, since: Ns, now: Ns) -> Option<Act> {
        let left = (self.spec.thinktime.0 / 1000).saturating_sub(usec_since(since, now));
        if left > 0 {
            self.sleep(left);
        }
        self.go(Step::Thought { blocks })
    }
}
