//! The ends: of the loop, of a pass, of the job (`backend.c:do_io`,
//! `keep_running`, `thread_main`; `libfio.c:clear_io_state`, 3.33).

use super::*;
use crate::models::workload::fio::report::DirReport;

impl FioThread {
    /// `keep_running`, then a pass begins or the thread is over.
    #[cold]
    pub(super) fn begin_pass_or_end(&mut self, now: Ns) {
        self.pass_start = now;
        if !self.keep_running() {
            self.ended = now;
            self.step = Step::Over;
            return;
        }
        let p = self.spec.pattern;
        let overwrites = p.write && p.random && self.spec.norandommap;
        self.pass_limit = match self.spec.io_size {
            Some(Amount::Bytes(b)) if overwrites => self.region.size.max(b),
            _ => self.region.size,
        };
        self.pass_queued_bytes = 0;
        self.bytes_done_before = self.bytes_done;
        self.running = self.ramp_over;
        self.step = Step::Turn;
    }

    fn keep_running(&mut self) -> bool {
        if self.done || self.terminate {
            return false;
        }
        if self.spec.time_based {
            return true;
        }
        if self.loops_left > 0 {
            self.loops_left -= 1;
            return true;
        }
        let done: u64 = self.counts.0.iter().map(|c| c.done_bytes).sum();
        let largest = self.spec.sizes.0.iter().map(|s| s.max).max().unwrap_or(0);
        let left = byte_limit(&self.spec, &self.region).saturating_sub(done);
        !self.exceeds_number_ios()
            && left > 0
            && left >= largest
            && !(self.file_done && self.spec.io_size.is_none())
    }

    /// The loop is over: everything in flight is waited for.
    #[cold]
    pub(super) fn loop_end(&mut self) -> Option<Act> {
        if self.workers.is_some() {
            if !self.workers_idle() {
                return Some(Act::WaitOffload { all: true });
            }
            return self.go(Step::LoopDrained);
        }
        if self.errors.fatal != 0 {
            self.want_reap(0);
            return self.go(Step::CleanUp);
        }
        if self.depth > 0 {
            self.want_reap(self.depth);
        }
        self.go(Step::LoopDrained)
    }

    /// `cleanup_pending_aio`: what was there is taken; cancelling does nothing
    /// on a block device.
    #[cold]
    pub(super) fn clean_up(&mut self) -> Option<Act> {
        if self.depth > 0 {
            self.want_reap(self.depth);
        }
        self.go(Step::PassEnd)
    }

    /// `end_fsync`. An error of the last reap does not keep it from happening.
    #[cold]
    pub(super) fn loop_drained(&mut self) -> Option<Act> {
        let clean_start = self.errors.fatal == 0 || self.workers.is_none();
        if clean_start && self.spec.end_fsync && self.spec.pattern.write && !self.last_was_sync {
            self.step = Step::EndSync;
            return Some(Act::Fsync {
                data: false,
                at_end: true,
            });
        }
        self.go(Step::PassEnd)
    }

    #[cold]
    pub(super) fn pass_end(&mut self, now: Ns) -> Option<Act> {
        if self.bytes_done == self.bytes_done_before {
            self.terminate = true;
        }
        let elapsed = usec_since(self.pass_start, now);
        for counts in &mut self.counts.0 {
            if counts.done_bytes > 0 {
                counts.runtime_us += elapsed;
            }
        }
        if self.errors.fatal != 0 {
            self.terminate = true;
        }
        self.begin_pass_or_end(now);
        if matches!(self.step, Step::Turn) {
            self.start_over();
            return Some(Act::Reopen);
        }
        None
    }

    /// `clear_io_state`: the file is closed and will be opened anew.
    fn start_over(&mut self) {
        self.last_was_sync = false;
        self.directions.restart();
        // fio forgets it for do_verify=1, its default.
        self.file_done = false;
        self.offsets.reset();
        if self.spec.rand_repeatable {
            self.offsets.reseed(&self.spec);
            self.directions.reseed(&self.spec);
            self.rate.reseed(&self.spec);
            self.sizes = Sizes::new(&self.spec);
        }
    }

    /// Its completions by time, if they were kept; from now on they are not.
    pub fn take_windows(&mut self) -> Option<Windows> {
        self.windows.take().map(|windows| *windows)
    }

    /// What it did so far; final after [`Act::Exit`].
    pub fn report(&self) -> FioReport {
        let errors = self.errors;
        let dir = |d: Dir| {
            let (counts, lats) = (&self.counts[d], &self.lats[d]);
            DirReport {
                total_ios: counts.total,
                io_bytes: counts.done_bytes,
                runtime_ms: counts.runtime_us.div_ceil(1000),
                slat: lats.slat.clone(),
                clat: lats.clat.clone(),
                lat: lats.lat.clone(),
            }
        };
        FioReport {
            dirs: PerDir(Dir::ALL.map(dir)),
            syncs: self.syncs,
            sync_lat: self.sync_lat.clone(),
            runtime_ms: self.ended.saturating_sub(self.epoch).0 / 1_000_000,
            error: if errors.fatal != 0 {
                errors.fatal
            } else {
                errors.first
            },
            total_err: errors.total,
            first_error: errors.first,
        }
    }
}
