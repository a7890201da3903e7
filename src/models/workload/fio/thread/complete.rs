//! What a completion counts, and what an error does (`io_u.c:io_completed`,
//! `backend.c:break_on_this_error`, `td_error.c`, 3.33).

use super::*;

const EIO: i32 = 5;
const EILSEQ: i32 = 84;

impl FioThread {
    /// During a reap: io_u `slot` completed with this errno (0: success) and so
    /// many bytes.
    #[inline(always)]
    pub fn complete_one(&mut self, now: Ns, slot: u32, errno: i32, bytes: u32) {
        self.reap.got += 1;
        self.completed(now, slot, errno, bytes);
    }

    /// The system call of [`Act::Sync`] or [`Act::Fsync`], entered at `issue`,
    /// returned at `now`.
    pub fn sync_done(&mut self, now: Ns, issue: Ns, errno: i32, bytes: u32) {
        let Step::InCall { slot } = self.step else {
            if errno != 0 {
                self.fatal_first(errno);
            }
            self.last_was_sync = true;
            self.step = Step::PassEnd;
            return;
        };
        self.slots[slot as usize].issue = issue;
        if let Some(replay) = &mut self.iolog {
            replay.issued(issue);
        }
        let Slot { kind, len, .. } = self.slots[slot as usize];
        self.count_total(kind);
        let queued = if errno != 0 {
            self.fatal_first(errno);
            self.put(slot);
            Queued::Failed(errno)
        } else if kind.dir().is_some() && bytes < len && self.cut_short(slot, bytes) {
            Queued::Fine
        } else {
            self.reap = Reap::default();
            self.completed(now, slot, 0, len);
            self.record();
            self.bytes_done += self.reap.bytes;
            Queued::Fine
        };
        if self.logs.full() {
            self.logs.grow();
        }
        self.step = Step::AfterQueue { kind, queued };
    }

    /// A synchronous transfer stopped early: the rest is queued again; with no
    /// byte at all that is an error. Whether there is a rest.
    #[cold]
    fn cut_short(&mut self, slot: u32, bytes: u32) -> bool {
        if bytes == 0 {
            self.fatal_first(EIO);
            self.put(slot);
            return true;
        }
        let s = &mut self.slots[slot as usize];
        if s.offset + u64::from(bytes) == self.region.device {
            return false;
        }
        s.offset += u64::from(bytes);
        s.len -= bytes;
        if let Kind::Io(dir) = s.kind {
            self.counts[dir].issued = self.counts[dir].issued.saturating_sub(1);
        }
        self.requeue(slot);
        true
    }

    /// `io_u.c:io_completed`, and the io_u is put back. What comes of it is
    /// added to the present reap.
    #[inline(always)]
    pub(super) fn completed(&mut self, now: Ns, slot: u32, errno: i32, bytes: u32) {
        let Slot {
            kind,
            offset,
            len,
            start,
            issue,
        } = self.slots[slot as usize];
        let Kind::Io(dir) = kind else {
            return self.synced(now, slot, issue);
        };
        self.last_was_sync = false;
        if errno == 0 {
            if unlikely(bytes > 0 && bytes < len) {
                let rest = offset + u64::from(bytes);
                let s = &mut self.slots[slot as usize];
                (s.offset, s.len) = (rest, len - bytes);
                if rest < self.region.device {
                    self.requeue(slot);
                    return;
                }
            }
            self.succeeded(now, dir, bytes, start, issue);
            self.reap.bytes += u64::from(bytes);
        } else {
            self.reap.error = errno;
            if !self.non_fatal(kind, errno) {
                self.fatal_first(errno);
            }
        }
        if unlikely(self.reap.error != 0) {
            self.skip_error(kind);
        }
        self.put(slot);
    }

    /// A sync completed.
    #[inline(never)]
    fn synced(&mut self, now: Ns, slot: u32, issue: Ns) {
        self.last_was_sync = true;
        if self.accounts(now) && !self.spec.disable_clat {
            self.sync_lat.record(now.saturating_sub(issue));
        }
        self.put(slot);
    }

    /// An error that is skipped clears an earlier one of the same reap.
    #[cold]
    fn skip_error(&mut self, kind: Kind) {
        if self.non_fatal(kind, self.reap.error) {
            self.count_error(self.reap.error);
            self.errors.fatal = 0;
            self.reap.error = 0;
        }
    }

    #[inline(always)]
    fn succeeded(&mut self, now: Ns, dir: Dir, bytes: u32, start: Ns, issue: Ns) {
        let counts = &mut self.counts[dir];
        counts.done += 1;
        counts.done_bytes += u64::from(bytes);
        if !self.accounts(now) {
            return;
        }
        let lat = now.saturating_sub(start);
        let clat = now.saturating_sub(issue);
        if let Some(windows) = &mut self.windows {
            windows.completed(now, bytes, lat);
        }
        let alike = &mut self.reap.alike;
        if alike.count > 0 && (alike.dir, alike.lat, alike.clat) != (dir, lat, clat) {
            self.record();
        }
        let alike = &mut self.reap.alike;
        *alike = Alike {
            dir,
            lat,
            clat,
            count: alike.count + 1,
        };
        self.logs.completed();
    }

    /// Records the latencies of the I/Os of the present reap that are not
    /// recorded yet.
    #[inline]
    pub(super) fn record(&mut self) {
        let Alike {
            dir,
            lat,
            clat,
            count,
        } = self.reap.alike;
        self.reap.alike.count = 0;
        let lats = &mut self.lats[dir];
        if !self.spec.disable_lat {
            lats.lat.record_n(lat, count);
        }
        if !self.spec.disable_clat {
            lats.clat.record_n(clat, count);
        }
    }

    /// Whether samples count (`io_u.c:should_account`).
    #[inline]
    fn accounts(&mut self, now: Ns) -> bool {
        self.ramp_time_over(now) && self.running
    }

    /// Whether `ramp_time` is over; when it ends, everything counted so far is
    /// forgotten (`time.c:ramp_time_over`).
    #[inline]
    pub(super) fn ramp_time_over(&mut self, now: Ns) -> bool {
        if !self.ramp_over && now.saturating_sub(self.epoch) >= self.spec.ramp_time {
            self.end_ramp(now);
        }
        self.ramp_over
    }

    #[cold]
    fn end_ramp(&mut self, now: Ns) {
        self.ramp_over = true;
        // Workers' samples count at once; the loop has to come round first.
        self.running = self.workers.is_some();
        for counts in &mut self.counts.0 {
            *counts = Counts {
                issued_bytes: counts.issued_bytes,
                ..Counts::default()
            };
        }
        *self.lats = PerDir::default();
        self.sync_lat = LatencyStats::default();
        self.syncs = 0;
        self.bytes_done = 0;
        self.last_was_sync = false;
        self.rate.restart();
        self.directions.restart();
        self.file_done = false;
        self.epoch = now;
        self.pass_start = now;
    }

    /// Sets the error that ends the job.
    #[cold]
    pub(super) fn fatal(&mut self, errno: i32) {
        self.errors.fatal = errno;
    }

    #[cold]
    fn fatal_first(&mut self, errno: i32) {
        if self.errors.fatal == 0 {
            self.errors.fatal = errno;
        }
    }

    #[cold]
    fn count_error(&mut self, errno: i32) {
        self.errors.total += 1;
        if self.errors.total == 1 {
            self.errors.first = errno;
        }
    }

    /// Which list an error belongs to, and whether `continue_on_error` has it.
    fn error_class(&self, kind: Kind, errno: i32) -> (usize, bool) {
        let on = &self.spec.continue_on_error;
        match kind {
            _ if errno == EILSEQ => (2, on.verify),
            Kind::Io(Dir::Read) => (0, on.read),
            _ => (1, on.write),
        }
    }

    /// `td_error.c:td_non_fatal_error`.
    #[cold]
    fn non_fatal(&self, kind: Kind, errno: i32) -> bool {
        let (class, continues) = self.error_class(kind, errno);
        continues
            && match self.spec.ignore_error[class].as_slice() {
                [] => errno == EIO || errno == EILSEQ,
                list => list.contains(&errno),
            }
    }

    /// Whether the loop ends for an error after queueing.
    #[inline]
    pub(super) fn breaks_on_error(&mut self, kind: Kind, queued: Queued) -> bool {
        let errno = match queued {
            Queued::Failed(errno) => errno,
            _ if self.errors.fatal == 0 => return false,
            _ => self.errors.fatal,
        };
        if !self.error_class(kind, errno).1 {
            return true;
        }
        self.count_error(errno);
        let skipped = self.non_fatal(kind, errno);
        if skipped {
            self.errors.fatal = 0;
        }
        !skipped
    }
}
