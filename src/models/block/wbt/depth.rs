//! How deep a throttled queue is, who is in and who waits
//! (`block/blk-wbt.c`, `block/blk-rq-qos.c`, 6.1).

use std::collections::VecDeque;

use crate::models::block::Request;
use crate::models::host::TaskId;
use crate::models::io::{Flags, Op, ReqId};
use crate::sim::Ns;

/// Depth to start from (`RWB_DEF_DEPTH`).
const DEFAULT_DEPTH: u32 = 16;
/// A window (`RWB_WINDOW_NSEC`).
const WINDOW: Ns = Ns::from_ms(100);
/// Writes without which reads say nothing (`RWB_MIN_WRITE_SAMPLES`).
const MIN_WRITES: u64 = 3;
/// Windows without knowledge before the depth drifts back
/// (`RWB_UNKNOWN_BUMP`).
const UNKNOWN_BUMP: u32 = 5;
/// Other I/O this recent holds background writes back (`close_io`).
const CLOSE: Ns = Ns::from_ms(100);

/// Those who are in and those who wait (`struct rq_wait`).
#[derive(Debug, Default)]
pub(super) struct Wait {
    in_flight: u32,
    pub(super) waiters: VecDeque<(TaskId, Op, Flags)>,
    /// Woken ones, for whom a place has been taken.
    pub(super) granted: Vec<TaskId>,
}

/// What completed in the present window.
#[derive(Copy, Clone, Debug, Default)]
pub(super) struct Window {
    reads: u64,
    read_min: Option<Ns>,
    writes: u64,
}

/// What a window has shown.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
enum Verdict {
    Ok,
    Unknown,
    OnlyWrites,
    Exceeded,
}

/// The throttling of one queue (`struct rq_wb`).
#[derive(Debug)]
pub struct Wbt {
    /// Reads should not take longer.
    min_lat: Ns,
    /// What the device can hold.
    queue_depth: u32,
    /// Up is shallower.
    step: i32,
    /// Whether the depth can grow no more.
    scaled_max: bool,
    max_depth: u32,
    normal: u32,
    background: u32,
    unknown: u32,
    pub(super) waits: [Wait; 2],
    /// Last read that was submitted or completed.
    pub(super) last_other: Option<Ns>,
    /// The read whose end is watched, and when it was issued.
    pub(super) sync: Option<(ReqId, Ns)>,
    pub(super) window: Window,
    pub(super) window_len: Ns,
    pub(super) timer_active: bool,
    pub(super) timer_generation: u32,
}

impl Wbt {
    /// For a queue that holds `queue_depth` requests and whose reads should
    /// take no longer than `min_lat`.
    pub fn new(queue_depth: u32, min_lat: Ns) -> Self {
        let mut w = Wbt {
            min_lat,
            queue_depth,
            step: 0,
            scaled_max: false,
            max_depth: 0,
            normal: 0,
            background: 0,
            unknown: 0,
            waits: Default::default(),
            last_other: None,
            sync: None,
            window: Window::default(),
            window_len: WINDOW,
            timer_active: false,
            timer_generation: 0,
        };
        w.calc_max_depth();
        w.calc_limits();
        w
    }

    /// `rq_depth_calc_max_depth`; whether that is the most there is.
    fn calc_max_depth(&mut self) -> bool {
        if self.queue_depth == 1 {
            self.max_depth = if self.step > 0 { 1 } else { 2 };
            return self.step <= 0;
        }
        let depth = DEFAULT_DEPTH.min(self.queue_depth);
        let shift = self.step.unsigned_abs().min(31);
        let most = 3 * self.queue_depth / 4;
        let (depth, is_most) = match self.step {
            1.. => (1 + ((depth - 1) >> shift), false),
            0 => (depth, false),
            _ => {
                let deeper = 1 + (u64::from(depth - 1) << shift);
                (deeper.min(u64::from(most)) as u32, deeper > u64::from(most))
            }
        };
        self.max_depth = depth;
        is_most
    }
    /// `calc_wb_limits`
    fn calc_limits(&mut self) {
        (self.normal, self.background) = match self.max_depth {
            max @ 0..=2 => (max, 1),
            max => (max.div_ceil(2), max.div_ceil(4)),
        };
    }
    /// Deeper (`scale_up`); whether anything changed.
    fn scale_up(&mut self) -> bool {
        if self.scaled_max {
            return false;
        }
        self.step -= 1;
        self.scaled_max = self.calc_max_depth();
        self.calc_limits();
        self.unknown = 0;
        true
    }
    /// Shallower (`scale_down`); `hard`: at least back to the start.
    fn scale_down(&mut self, hard: bool) {
        if self.max_depth == 1 {
            return;
        }
        self.step = if self.step < 0 && hard {
            0
        } else {
            self.step + 1
        };
        self.scaled_max = false;
        self.calc_max_depth();
        self.calc_limits();
        self.unknown = 0;
    }

    /// How many of its kind may be in (`get_limit`).
    fn limit(&self, op: Op, flags: Flags, now: Ns) -> u32 {
        let urgent = Flags::SYNC.with(Flags::META).with(Flags::PRIO);
        let close = self.last_other.is_some_and(|at| now < at + CLOSE);
        if op == Op::Discard {
            self.background
        } else if flags.has(urgent) {
            self.max_depth
        } else if flags.has(Flags::BACKGROUND) || close {
            self.background
        } else {
            self.normal
        }
    }
    /// Takes a place if there is one (`rq_wait_inc_below`).
    pub(super) fn enter(&mut self, queue: usize, op: Op, flags: Flags, now: Ns) -> bool {
        let limit = self.limit(op, flags, now);
        let wait = &mut self.waits[queue];
        let room = wait.in_flight < limit;
        wait.in_flight += u32::from(room);
        room
    }
    /// Takes a place for the first who waits, and takes him off the list; no
    /// one is passed by (`rq_qos_wake_function`).
    pub(super) fn grant(&mut self, queue: usize, now: Ns) -> Option<TaskId> {
        let &(task, op, flags) = self.waits[queue].waiters.front()?;
        if !self.enter(queue, op, flags, now) {
            return None;
        }
        let wait = &mut self.waits[queue];
        wait.waiters.pop_front();
        wait.granted.push(task);
        Some(task)
    }
    /// A place becomes free; whether those who wait are to be woken
    /// (`wbt_rqw_done`). A write cache is emptied first.
    pub(super) fn leave(&mut self, queue: usize, write_cache: bool) -> bool {
        let wait = &mut self.waits[queue];
        wait.in_flight = wait.in_flight.saturating_sub(1);
        let limit = match queue {
            1 => self.background,
            _ if write_cache => 0,
            _ => self.normal,
        };
        let left = wait.in_flight;
        left == 0 || (left < limit && limit - left >= self.background / 2)
    }
    fn in_flight(&self) -> u32 {
        self.waits.iter().map(|w| w.in_flight).sum()
    }

    /// A request that has been started is over: what the window learns from it
    /// (`blk_stat_add`).
    #[inline]
    pub fn sample(&mut self, rq: &Request, now: Ns) {
        if !self.timer_active {
            return;
        }
        let window = &mut self.window;
        match rq.op {
            Op::Read => {
                let took = now.saturating_sub(rq.io_start);
                window.reads += 1;
                window.read_min = Some(window.read_min.map_or(took, |min| min.min(took)));
            }
            Op::Write | Op::Discard => window.writes += 1,
            Op::Flush | Op::DrvIn => {}
        }
    }

    /// `latency_exceeded`
    fn verdict(&self, now: Ns) -> Verdict {
        let w = &self.window;
        if let Some((_, issued)) = self.sync {
            let waits = now.saturating_sub(issued);
            if waits > self.window_len || (waits > self.min_lat && w.reads == 0) {
                return Verdict::Exceeded;
            }
        }
        match w.read_min {
            Some(min) if w.writes >= MIN_WRITES => {
                if min > self.min_lat {
                    Verdict::Exceeded
                } else {
                    Verdict::Ok
                }
            }
            _ if w.writes > 0 || self.in_flight() > 0 => Verdict::OnlyWrites,
            _ => Verdict::Unknown,
        }
    }
    /// A window is over (`wb_timer_fn`): whether those who wait are to be woken,
    /// and whether another window begins.
    pub(super) fn end_window(&mut self, now: Ns) -> (bool, bool) {
        let in_flight = self.in_flight();
        let mut wake = false;
        match self.verdict(now) {
            Verdict::Exceeded => self.scale_down(true),
            Verdict::Ok | Verdict::OnlyWrites => wake = self.scale_up(),
            Verdict::Unknown => {
                self.unknown += 1;
                if self.unknown >= UNKNOWN_BUMP {
                    match self.step {
                        1.. => wake = self.scale_up(),
                        0 => {}
                        _ => self.scale_down(false),
                    }
                }
            }
        }
        // A depth of 1 never drifts back from below: the kernel's timer goes on
        // for nothing, ours waits for the next write.
        let drifts = self.step > 0 || (self.step < 0 && self.max_depth > 1);
        (wake, drifts || in_flight > 0)
    }
    /// Length of the next window: shorter the shallower the queue is.
    pub(super) fn next_window(&self) -> Ns {
        if self.step > 0 {
            let root = ((self.step as u64 + 1) << 8).isqrt();
            Ns((WINDOW.0 << 4) / root)
        } else {
            WINDOW
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn depths(queue_depth: u32) -> Vec<u32> {
        let mut w = Wbt::new(queue_depth, Ns::from_ms(2));
        let mut out = vec![w.max_depth];
        while w.scale_up() {
            out.push(w.max_depth);
        }
        out
    }

    #[test]
    fn depths_double_up_to_three_quarters() {
        assert_eq!(depths(128), [16, 31, 61, 96]);
        assert_eq!(depths(64), [16, 31, 48]);
        assert_eq!(depths(8), [8, 6]);
        assert_eq!(depths(1), [2, 2]);
    }

    #[test]
    fn depths_halve_down_to_one() {
        let mut w = Wbt::new(128, Ns::from_ms(2));
        let mut out = Vec::new();
        for _ in 0..6 {
            w.scale_down(true);
            out.push((w.max_depth, w.normal, w.background));
        }
        let want = [
            (8, 4, 2),
            (4, 2, 1),
            (2, 2, 1),
            (1, 1, 1),
            (1, 1, 1),
            (1, 1, 1),
        ];
        assert_eq!(out, want);
        assert_eq!(w.next_window(), Ns(100_000_000 * 16 / 35));
    }

    #[test]
    fn a_deep_queue_falls_back_to_the_start_at_once() {
        let mut w = Wbt::new(128, Ns::from_ms(2));
        w.scale_up();
        w.scale_up();
        w.scale_down(true);
        assert_eq!((w.step, w.max_depth), (0, 16));
    }

    #[test]
    fn sleepers_are_woken_well_below_the_limit() {
        let mut w = Wbt::new(128, Ns::from_ms(2));
        for _ in 0..16 {
            assert!(w.enter(0, Op::Write, Flags::SYNC, Ns::ZERO));
        }
        assert!(!w.enter(0, Op::Write, Flags::SYNC, Ns::ZERO));
        let woken_at = (0..16)
            .find(|_| w.leave(0, false))
            .map(|_| w.waits[0].in_flight);
        assert_eq!(woken_at, Some(6));
    }

    #[test]
    fn a_write_cache_is_emptied_before_anybody_is_woken() {
        let mut w = Wbt::new(128, Ns::from_ms(2));
        w.waits[0].in_flight = 3;
        let woken: Vec<bool> = (0..3).map(|_| w.leave(0, true)).collect();
        assert_eq!(woken, [false, false, true]);
    }

    #[test]
    fn windows_are_judged_by_reads_beside_writes() {
        let mut w = Wbt::new(128, Ns::from_ms(2));
        assert_eq!(w.verdict(Ns::ZERO), Verdict::Unknown);
        w.window.writes = 3;
        assert_eq!(w.verdict(Ns::ZERO), Verdict::OnlyWrites);
        w.window.reads = 1;
        w.window.read_min = Some(Ns::from_ms(1));
        assert_eq!(w.verdict(Ns::ZERO), Verdict::Ok);
        w.window.read_min = Some(Ns::from_ms(3));
        assert_eq!(w.verdict(Ns::ZERO), Verdict::Exceeded);
    }

    #[test]
    fn a_deep_queue_drifts_back_when_nothing_happens() {
        let mut w = Wbt::new(128, Ns::from_ms(2));
        w.scale_up();
        let windows = (1..).find(|_| !w.end_window(Ns::ZERO).1);
        assert_eq!(windows, Some(5));
        assert_eq!(w.step, 0);
    }

    #[test]
    fn windows_end_even_where_the_depth_cannot_drift_back() {
        let mut w = Wbt::new(2, Ns::from_ms(2));
        w.scale_up();
        assert_eq!((w.step, w.max_depth), (-1, 1));
        assert_eq!((0..20).find(|_| !w.end_window(Ns::ZERO).1), Some(0));
    }
}
