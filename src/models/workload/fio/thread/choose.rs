//! Taking an io_u and deciding what it does (`io_u.c:get_io_u`, `fill_io_u`;
//! `iolog.c:read_iolog_get`, 3.33).

use super::*;
use crate::models::workload::fio::iolog::{Action, Entry, IologError};
use crate::models::workload::fio::rate::Verdict;

/// An iolog being replayed.
#[derive(Clone, Debug)]
pub(super) struct Replay {
    log: Iolog,
    at: usize,
    /// Whether the wait of the entry at `at` is over.
    waited: bool,
    /// When the last I/O was issued.
    last_issue: Ns,
    /// How late the last delay was, µs.
    late_us: u64,
    /// The delay under way: its length, µs, and its start.
    delay: Option<(u64, Ns)>,
}

impl Replay {
    /// Reads the log that `spec` names, if it names one, and gives `spec` its
    /// pattern.
    pub(super) fn new(spec: &mut ThreadSpec, text: Option<&str>) -> Result<Option<Self>, FioError> {
        let Some(name) = &spec.read_iolog else {
            return Ok(None);
        };
        let text = text.ok_or_else(|| FioError::NoIolog(name.clone()))?;
        let log = Iolog::parse(text, spec.replay_no_stall)?;
        if log.files.len() > 1 && spec.replay_redirect.is_none() {
            return Err(IologError::ManyFiles(log.files.len()).into());
        }
        spec.pattern.read = log.reads || !log.writes;
        spec.pattern.write = log.writes;
        spec.pattern.trim = false;
        Ok(Some(Replay {
            log,
            at: 0,
            waited: false,
            last_issue: Ns::ZERO,
            late_us: 0,
            delay: None,
        }))
    }

    pub(super) fn is_empty(&self) -> bool {
        self.at >= self.log.entries.len()
    }

    pub(super) fn warnings(&self) -> &[(usize, String)] {
        &self.log.warnings
    }

    pub(super) fn issued(&mut self, now: Ns) {
        self.last_issue = now;
    }

    /// How long to sleep before `entry`, µs (`iolog.c:iolog_delay`).
    #[cold]
    fn delay_before(&mut self, entry: &Entry, now: Ns) -> u64 {
        let Some(delay) = entry.delay_us.checked_sub(self.late_us) else {
            self.late_us = 0;
            return 0;
        };
        let left = delay.saturating_sub(usec_since(self.last_issue, now));
        if left > 0 {
            self.delay = Some((entry.delay_us, now));
        }
        left
    }

    /// The sleep before an entry is over.
    #[cold]
    fn delayed(&mut self, now: Ns) {
        if let Some((us, since)) = self.delay.take() {
            self.late_us = usec_since(since, now).saturating_sub(us);
        }
    }
}

impl FioThread {
    /// `io_u.c:__get_io_u`.
    #[inline]
    pub(super) fn take(&mut self, now: Ns) -> Option<Act> {
        if unlikely(!self.requeued.is_empty())
            && let Some(slot) = self.requeued.pop()
        {
            self.depth += 1;
            return self.ready(slot, now);
        }
        match self.free.pop() {
            Some(slot) => {
                self.depth += 1;
                self.choose(slot, now)
            }
            None if self.workers.is_some() && self.errors.fatal == 0 => {
                Some(Act::WaitOffload { all: false })
            }
            None => self.go(Step::LoopEnd),
        }
    }

    #[inline(always)]
    fn ready(&mut self, slot: u32, now: Ns) -> Option<Act> {
        if !self.turns_take_time {
            return self.queue(slot, now);
        }
        self.step = Step::Ready { slot };
        Some(Act::Prepared)
    }

    /// Puts an io_u back on top of the stack of free ones.
    #[inline]
    pub(super) fn put(&mut self, slot: u32) {
        self.depth -= 1;
        self.free.push(slot);
    }

    /// The file has nothing more: the loop ends.
    #[cold]
    fn exhausted(&mut self, slot: u32) -> Option<Act> {
        self.file_done = true;
        self.put(slot);
        self.go(Step::LoopEnd)
    }

    #[inline(always)]
    fn choose(&mut self, slot: u32, now: Ns) -> Option<Act> {
        if self.iolog.is_some() {
            return self.replay(slot, now);
        }
        if self.file_done {
            return self.exhausted(slot);
        }
        if let Some(data) = self.sync_due() {
            self.fill(slot, Kind::Sync { data }, 0, 0);
            return self.ready(slot, now);
        }
        let counts = &self.counts;
        let dir = self.directions.next(|d| counts[d].issued);
        if self.rate.active() {
            return self.keep_rate(slot, dir, now);
        }
        self.place(slot, dir, now)
    }

    /// As soon as the rate allows, and in the direction that it wants.
    #[inline(never)]
    fn keep_rate(&mut self, slot: u32, dir: Dir, now: Ns) -> Option<Act> {
        let at = self.usec(now);
        match self.rate.verdict(dir, at, &self.directions) {
            Verdict::Go(dir) => {
                self.directions.switched(dir);
                self.place(slot, dir, now)
            }
            Verdict::Wait(dir, us) => {
                if self.workers.is_none() {
                    self.drain();
                }
                self.go(Step::RateDrained { slot, dir, us, at })
            }
        }
    }

    /// Whether an fsync or (`true`) an fdatasync is due.
    #[inline]
    fn sync_due(&self) -> Option<bool> {
        if self.last_was_sync || !self.spec.pattern.write {
            return None;
        }
        let writes = self.counts[Dir::Write].issued;
        let due = |every: u32| every > 0 && writes > 0 && writes.is_multiple_of(u64::from(every));
        if due(self.spec.fsync) {
            Some(false)
        } else {
            due(self.spec.fdatasync).then_some(true)
        }
    }

    /// Sleeps what the rate said before the drain, but not past the runtime.
    #[cold]
    pub(super) fn rate_drained(&mut self, slot: u32, dir: Dir, us: u64, at: u64) -> Option<Act> {
        let mut us = us;
        if let Some(runtime) = self.spec.runtime {
            let runtime = runtime.0 / 1000;
            if us + at > runtime {
                if at > runtime {
                    return self.exhausted(slot);
                }
                us = runtime - at;
            }
        }
        self.sleep(us);
        self.go(Step::RateSlept { slot, dir })
    }

    #[cold]
    pub(super) fn rate_slept(&mut self, slot: u32, dir: Dir, now: Ns) -> Option<Act> {
        let past = |runtime: Ns| self.usec(now) > runtime.0 / 1000;
        if self.spec.runtime.is_some_and(past) || self.terminate {
            return self.exhausted(slot);
        }
        self.directions.switched(dir);
        self.place(slot, dir, now)
    }

    /// Offset and size.
    #[inline(always)]
    fn place(&mut self, slot: u32, dir: Dir, now: Ns) -> Option<Act> {
        let Some(place) = self.offsets.next(dir) else {
            return self.exhausted(slot);
        };
        let len = self
            .sizes
            .next(dir, place.random, place.offset, &self.region);
        match len {
            Some(len) if place.offset.saturating_add(len) <= self.region.device => {
                let len = self.offsets.mark(dir, place, len);
                self.offsets.made(dir, place.offset, len);
                self.fill(slot, Kind::Io(dir), place.offset, len as u32);
                self.ready(slot, now)
            }
            _ => self.exhausted(slot),
        }
    }

    #[inline(always)]
    fn fill(&mut self, slot: u32, kind: Kind, offset: u64, len: u32) {
        let s = &mut self.slots[slot as usize];
        s.kind = kind;
        s.offset = offset;
        s.len = len;
    }

    /// The next entry of the iolog.
    #[cold]
    pub(super) fn replay(&mut self, slot: u32, now: Ns) -> Option<Act> {
        self.step = Step::Replay { slot };
        let epoch = self.epoch;
        let Some(replay) = &mut self.iolog else {
            return self.exhausted(slot);
        };
        loop {
            let Some(entry) = replay.log.entries.get(replay.at).copied() else {
                // fio is done at once; what is in flight is never reaped.
                self.done = true;
                self.put(slot);
                return self.go(Step::LoopEnd);
            };
            if !replay.waited {
                replay.waited = true;
                let us = match entry.action {
                    Action::Wait(ms) => ms
                        .saturating_mul(1000)
                        .saturating_sub(usec_since(epoch, now)),
                    _ if entry.delay_us > 0 => replay.delay_before(&entry, now),
                    _ => 0,
                };
                if us > 0 {
                    self.sleep(us);
                    return None;
                }
            }
            replay.delayed(now);
            replay.at += 1;
            replay.waited = false;
            let (kind, offset, len) = match entry.action {
                Action::Io { dir, offset, len } => (Kind::Io(dir), offset, len),
                Action::Sync { data } => (Kind::Sync { data }, 0, 0),
                Action::Wait(_) => continue,
                Action::File => {
                    replay.issued(now);
                    continue;
                }
            };
            self.fill(slot, kind, offset, len);
            return self.ready(slot, now);
        }
    }
}
