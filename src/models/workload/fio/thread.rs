//! A thread's main loop (`backend.c:thread_main`, `do_io`, 3.33).
//!
//! fio's functions call each other and block in the middle; here each place
//! where they wait is a `Step`, and what several of them wait for alike (submission,
//! reaping, draining, sleeping) is `Pending`.

mod choose;
mod complete;
mod pass;
mod queue;
mod reap;
mod state;
mod worker;

use super::act::{Act, FioError, IoUnit};
use super::direction::Directions;
use super::iolog::Iolog;
use super::logs::GrowingLogs;
use super::offload::WorkQueue;
use super::offset::Offsets;
use super::rate::Rate;
use super::region::{self, Region};
use super::report::FioReport;
use super::size::Sizes;
use super::sleep::{Sleep, usec_since};
use super::spec::{Amount, Dir, PerDir, SubmitMode, ThreadSpec};
use super::windows::Windows;
use crate::sim::stats::LatencyStats;
use crate::sim::{Ns, unlikely};
use state::*;

/// A running thread. The caller owns the clock and executes what
/// [`FioThread::next`] asks for.
#[derive(Clone, Debug)]
pub struct FioThread {
    spec: ThreadSpec,
    region: Region,
    directions: Directions,
    offsets: Offsets,
    sizes: Sizes,
    rate: Rate,
    logs: GrowingLogs,
    iolog: Option<choose::Replay>,
    workers: Option<WorkQueue>,
    granularity_us: u64,
    /// Whether the caller is told of every io_u that is ready.
    turns_take_time: bool,

    step: Step,
    pending: Pending,
    slots: Vec<Slot>,
    free: Vec<u32>,
    requeued: Vec<u32>,
    ring: Vec<IoUnit>,
    /// Where the ring's first entry is, 0 to `iodepth` − 1.
    ring_at: u32,
    /// Entries of the submission under way.
    submitting: usize,
    /// io_us taken and not yet put back (`cur_depth`).
    depth: u32,
    /// Counts towards `iodepth_batch_submit` (`io_u_queued`).
    queued: u32,
    /// Modulo 2³², as fio's (`io_u_in_flight`).
    in_flight: u32,
    reap: Reap,
    reap_failed: bool,
    drained: u32,
    drain_failed: bool,

    epoch: Ns,
    pass_start: Ns,
    ended: Ns,
    ramp_over: bool,
    running: bool,
    terminate: bool,
    done: bool,
    file_done: bool,
    last_was_sync: bool,
    loops_left: u64,
    pass_queued_bytes: u64,
    pass_limit: u64,
    /// Bytes that all passes may issue together.
    most_bytes: u64,
    /// I/Os that all passes may issue together (`number_ios`).
    most_ios: u64,
    bytes_done: u64,
    bytes_done_before: u64,
    thought_at: u64,
    counts: PerDir<Counts>,
    lats: Box<PerDir<Lats>>,
    /// The same by time, if that was asked for.
    windows: Option<Box<Windows>>,
    syncs: u64,
    sync_lat: LatencyStats,
    errors: Errors,
}

/// nanosleep(2) of 1 µs takes so long with the default timer slack of 50 µs.
const DEFAULT_GRANULARITY_US: u64 = 55;

impl FioThread {
    /// A thread on a device of so many bytes. `iolog`: text of the file that
    /// `read_iolog` names.
    ///
    /// # Errors
    /// A region that does not fit the device, an I/O that is too large, or an
    /// iolog that is not one.
    pub fn new(
        spec: &ThreadSpec,
        device_bytes: u64,
        iolog: Option<&str>,
    ) -> Result<Self, FioError> {
        let mut spec = spec.clone();
        let replay = choose::Replay::new(&mut spec, iolog)?;
        check_ranges(&spec)?;
        let region = match &replay {
            Some(_) => Region {
                start: 0,
                len: device_bytes,
                device: device_bytes,
                size: u64::MAX,
            },
            None => Region::new(&spec, device_bytes)?,
        };
        check_map(&spec, &region)?;
        let offload = spec.submit_mode == SubmitMode::Offload;
        let loops = spec.loops.max(1);
        Ok(FioThread {
            region,
            directions: Directions::new(&spec),
            offsets: Offsets::new(&spec, region),
            sizes: Sizes::new(&spec),
            rate: Rate::new(&spec),
            logs: GrowingLogs::new(&spec, offload),
            iolog: replay,
            workers: offload.then(|| WorkQueue::new(spec.iodepth)),
            granularity_us: DEFAULT_GRANULARITY_US,
            turns_take_time: true,
            step: Step::Idle,
            pending: Pending::default(),
            slots: vec![Slot::new(); spec.iodepth as usize],
            free: (0..spec.iodepth).collect(),
            requeued: Vec::new(),
            ring: Vec::with_capacity(spec.iodepth as usize),
            ring_at: 0,
            submitting: 0,
            depth: 0,
            queued: 0,
            in_flight: 0,
            reap: Reap::default(),
            reap_failed: false,
            drained: 0,
            drain_failed: false,
            epoch: Ns::ZERO,
            pass_start: Ns::ZERO,
            ended: Ns::ZERO,
            ramp_over: spec.ramp_time == Ns::ZERO,
            running: false,
            terminate: false,
            done: false,
            file_done: false,
            last_was_sync: false,
            loops_left: loops,
            pass_queued_bytes: 0,
            pass_limit: 0,
            most_bytes: byte_limit(&spec, &region).saturating_mul(loops),
            most_ios: match spec.number_ios {
                0 => u64::MAX,
                ios => ios.saturating_mul(loops),
            },
            bytes_done: 0,
            bytes_done_before: 0,
            thought_at: 0,
            counts: PerDir::default(),
            lats: Box::default(),
            windows: spec.windows.then(Box::default),
            syncs: 0,
            sync_lat: LatencyStats::default(),
            errors: Errors::default(),
            spec,
        })
    }

    /// How long a nanosleep(2) of 1 µs takes on this host, as fio measures it
    /// at start; it sleeps that much less and spins. Default 55 µs.
    pub fn set_sleep_granularity(&mut self, granularity: Ns) {
        self.granularity_us = granularity.0 / 1000;
    }

    /// From now on the caller is not told that an io_u is ready
    /// ([`Act::Prepared`]): making one takes no time.
    pub fn turns_take_no_time(&mut self) {
        self.turns_take_time = false;
    }

    /// The thread's epoch, just before its first I/O.
    pub fn start(&mut self, now: Ns) {
        self.epoch = now;
        self.ended = now;
        self.begin_pass_or_end(now);
    }

    /// What comes next.
    #[inline(always)]
    pub fn next(&mut self, now: Ns) -> Act {
        loop {
            if self.pending.any {
                if let Some(act) = self.pending_act(now) {
                    return act;
                }
            } else if let Some(act) = self.step(now) {
                return act;
            }
        }
    }

    /// One step of the main loop; none: on to the next.
    #[inline(always)]
    fn step(&mut self, now: Ns) -> Option<Act> {
        match self.step {
            Step::Turn => self.turn(now),
            Step::Take => self.take(now),
            Step::Ready { slot } => self.queue(slot, now),
            Step::AfterQueue { kind, queued } => self.after_queue(kind, queued, now),
            Step::Reaped { dir, min, full } => self.reaped(dir, min, full, now),
            _ => self.seldom(now),
        }
    }

    /// A step that is none of every I/O.
    #[cold]
    fn seldom(&mut self, now: Ns) -> Option<Act> {
        match self.step {
            Step::Drained { dir } => self.after_drain(dir, now),
            Step::RateDrained { slot, dir, us, at } => self.rate_drained(slot, dir, us, at),
            Step::RateSlept { slot, dir } => self.rate_slept(slot, dir, now),
            Step::Replay { slot } => self.replay(slot, now),
            Step::ThinkDrained { blocks } => self.think_drained(blocks, now),
            Step::ThinkSpun { blocks, since } => self.think_spun(blocks, since, now),
            Step::Thought { blocks } => {
                self.thought_at = blocks;
                self.go(Step::Turn)
            }
            Step::LoopEnd => self.loop_end(),
            Step::CleanUp => self.clean_up(),
            Step::LoopDrained => self.loop_drained(),
            Step::PassEnd => self.pass_end(now),
            // Waiting for the caller's answer; or not started; or over.
            Step::InCall { .. } | Step::EndSync | Step::Idle | Step::Over => Some(Act::Exit),
            // `step` has them.
            Step::Turn | Step::Take | Step::Ready { .. } => None,
            Step::AfterQueue { .. } | Step::Reaped { .. } => None,
        }
    }

    #[inline]
    fn go(&mut self, step: Step) -> Option<Act> {
        self.step = step;
        None
    }

    /// Top of the loop: is there a reason to stop?
    #[inline(always)]
    fn turn(&mut self, now: Ns) -> Option<Act> {
        if unlikely(!self.wants_more() || self.terminate || self.done) {
            return self.go(Step::LoopEnd);
        }
        if unlikely(self.runtime_exceeded(now)) {
            self.terminate = true;
            return self.go(Step::LoopEnd);
        }
        let is_whole = self.pass_queued_bytes >= self.pass_limit;
        if unlikely(is_whole) && self.iolog.is_none() && !self.spec.time_based {
            return self.go(Step::LoopEnd);
        }
        self.step = Step::Take;
        self.take(now)
    }

    /// The loop's condition.
    #[inline(always)]
    fn wants_more(&self) -> bool {
        match &self.iolog {
            Some(replay) => !replay.is_empty() || !self.exceeds_number_ios(),
            None => self.spec.time_based || !self.issued_enough(),
        }
    }

    /// `backend.c:io_issue_bytes_exceeded`; what the pattern does not have was
    /// never issued.
    #[inline(always)]
    fn issued_enough(&self) -> bool {
        let issued = |d: Dir| self.counts[d].issued_bytes;
        let bytes = issued(Dir::Read) + issued(Dir::Write) + issued(Dir::Trim);
        bytes >= self.most_bytes || self.exceeds_number_ios()
    }

    /// `backend.c:exceeds_number_ios`.
    #[inline(always)]
    fn exceeds_number_ios(&self) -> bool {
        // Both are modulo 2³²; their sum is right.
        let waiting = self.queued.wrapping_add(self.in_flight);
        self.done_ios() + u64::from(waiting) >= self.most_ios
    }

    #[inline]
    fn done_ios(&self) -> u64 {
        let done = |d: Dir| self.counts[d].done;
        done(Dir::Read) + done(Dir::Write) + done(Dir::Trim)
    }

    /// Also where every I/O fails, and so none is there to end the ramp.
    #[inline]
    fn runtime_exceeded(&mut self, now: Ns) -> bool {
        let Some(runtime) = self.spec.runtime else {
            return false;
        };
        self.ramp_time_over(now) && now.saturating_sub(self.epoch) >= runtime
    }

    /// µs since the thread's epoch.
    #[inline]
    fn usec(&self, now: Ns) -> u64 {
        usec_since(self.epoch, now)
    }

    /// After [`Act::Submit`], until [`FioThread::submitted`]: what to submit,
    /// in order.
    #[inline]
    pub fn ring(&self) -> &[IoUnit] {
        &self.ring[..self.submitting]
    }

    /// What the engine has taken and is still to submit.
    #[inline]
    pub fn queued(&self) -> &[IoUnit] {
        &self.ring
    }

    /// How much of its work is behind it at `now`, 0 to 1: of its time, its
    /// bytes or its I/Os, whichever ends it first.
    pub fn fraction(&self, now: Ns) -> f64 {
        if matches!(self.step, Step::Over) {
            return 1.0;
        }
        let part = |of: u64, whole: u64| match whole {
            0 | u64::MAX => 0.0,
            whole => of as f64 / whole as f64,
        };
        let elapsed = now.saturating_sub(self.epoch);
        let ramp_and_run = self
            .spec
            .runtime
            .map_or(Ns::ZERO, |r| r + self.spec.ramp_time);
        let bytes = match self.spec.time_based {
            true => 0.0,
            false => part(self.bytes_done, self.most_bytes),
        };
        part(elapsed.0, ramp_and_run.0)
            .max(bytes)
            .max(part(self.done_ios(), self.most_ios))
            .min(1.0)
    }

    /// What it was built from; after an iolog, with its pattern.
    pub fn spec(&self) -> &ThreadSpec {
        &self.spec
    }

    /// The region it works on.
    pub fn region(&self) -> &Region {
        &self.region
    }

    /// io_us taken and not yet put back.
    pub fn depth(&self) -> u32 {
        self.depth
    }

    /// Whether an io_u is free: what [`Act::WaitOffload`] without `all` waits
    /// for.
    pub fn has_free_unit(&self) -> bool {
        !self.free.is_empty()
    }

    /// Whether every worker is idle: what [`Act::WaitOffload`] with `all` waits
    /// for.
    pub fn workers_idle(&self) -> bool {
        self.workers.as_ref().is_none_or(WorkQueue::all_idle)
    }

    /// What the iolog had that fio ignores: line and reason.
    pub fn iolog_warnings(&self) -> &[(usize, String)] {
        self.iolog.as_ref().map_or(&[], |r| r.warnings())
    }

    /// Ends the job as if interrupted: no new I/O, those in flight are waited
    /// for (`fio_mark_td_terminate`).
    pub fn terminate(&mut self) {
        self.terminate = true;
    }
}

/// The most bytes one pass may issue: `io_size`, else `size`.
fn byte_limit(spec: &ThreadSpec, region: &Region) -> u64 {
    match spec.io_size {
        Some(Amount::Bytes(b)) if b > 0 => b,
        _ => region.size,
    }
}

/// What [`IoUnit`] and the slots cannot hold.
fn check_ranges(spec: &ThreadSpec) -> Result<(), FioError> {
    let out_of_range = |what, value| Err(FioError::OutOfRange { what, value });
    for sizes in &spec.sizes.0 {
        if sizes.min == 0 || sizes.min > sizes.max || sizes.max > u64::from(u32::MAX) {
            return out_of_range("bs", sizes.max);
        }
    }
    if spec.iodepth == 0 || spec.iodepth > 1 << 20 {
        return out_of_range("iodepth", u64::from(spec.iodepth));
    }
    Ok(())
}

/// A random map takes a bit a block.
fn check_map(spec: &ThreadSpec, region: &Region) -> Result<(), FioError> {
    const MOST: u64 = 1 << 35;
    let blocks = region.usable() / region::min_bs(spec);
    if spec.pattern.random && !spec.norandommap && blocks > MOST {
        return Err(FioError::OutOfRange {
            what: "number of blocks of a random map (norandommap does without)",
            value: blocks,
        });
    }
    Ok(())
}

#[cfg(test)]
mod tests;
