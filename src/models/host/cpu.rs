//! A CPU: its run queues, what it is doing, and how long it has been busy.

use std::collections::VecDeque;

use super::fair::Fair;
use super::timer_tree::TimerTree;
use super::{Prio, TaskId};
use crate::sim::Ns;

/// A CPU of the host.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct CpuId(pub u8);

impl CpuId {
    /// Its place in the list of CPUs.
    #[inline]
    pub fn index(self) -> usize {
        usize::from(self.0)
    }
}

/// CPU time by what it went to; none where no code path costs anything.
#[derive(Copy, Clone, Debug, Default)]
pub struct CpuUse {
    /// Tasks: user code and system calls.
    pub task: Ns,
    /// Workers.
    pub worker: Ns,
    /// Interrupts.
    pub irq: Ns,
    /// Context switches.
    pub switches: u64,
}

/// The timer interrupt in progress (`hrtimer.c:hrtimer_interrupt`, 6.1).
#[derive(Debug)]
pub(super) struct Irq<I> {
    /// Whether it is being handled.
    pub active: bool,
    /// When it was entered.
    pub entered: Ns,
    /// The clock as read at the start of the present pass.
    pub pass_now: Ns,
    /// Passes begun.
    pub passes: u8,
    /// When it goes on, if it was overtaken by an event.
    pub resume_at: Ns,
    /// After three passes the CPU is left alone until then.
    pub hang_until: Ns,
    /// It has begun the end of a pass.
    pub ends_pass: bool,
    /// The clock as read at the start of the first pass.
    pub first_now: Ns,
    /// Interrupts are let in then, and again once the second is over: a CPU that
    /// goes idle lets them in for an instant between two stretches with
    /// interrupts off.
    pub off: (Ns, Ns),
    /// The clock event device, having been set, does not fire before.
    pub set_until: Ns,
    /// Timers that have expired, with their expiry, in order of expiry.
    pub pending: VecDeque<(Ns, I)>,
}

/// The shortest time that a clock event device is set to
/// (`clockevents.c:cev_delta2ns`).
const MIN_DELTA: Ns = Ns::from_us(1);

impl<I> Irq<I> {
    /// When an interrupt that comes at `now` is taken.
    #[inline]
    pub fn held_until(&self, now: Ns) -> Ns {
        let on = match self.off {
            (first, _) if now <= first => first,
            (_, second) => second,
        };
        now.max(on).max(self.hang_until).max(self.set_until)
    }

    /// The clock event device is set, at `now`, to the next timer that is to
    /// expire (`clockevents.c:clockevents_program_event`).
    #[inline]
    pub fn set_clock_event(&mut self, now: Ns) {
        self.set_until = now + MIN_DELTA;
    }
}

/// A timer that is started once the interrupts before it are over.
#[derive(Debug)]
pub(super) struct Late<I> {
    /// When it is started.
    pub at: Ns,
    /// For how long.
    pub span: Ns,
    /// What it brings.
    pub irq: I,
}

/// A CPU.
#[derive(Debug)]
pub struct Cpu<I> {
    /// The task that has the CPU.
    pub current: Option<TaskId>,
    /// The task that had it last.
    pub(super) last: Option<TaskId>,
    /// Whether nothing has had it since.
    pub(super) idle: bool,
    /// Whether it does without its tick.
    pub(super) tick_stopped: bool,
    /// Whether its last tick came while it was idle, and it could do without more.
    pub(super) got_tick: bool,
    /// Tasks that wait for it: high priority, normal.
    pub(super) runq: [VecDeque<TaskId>; 2],
    /// How the normal ones share it.
    pub(super) fair: Fair,
    /// When what it is doing outside interrupts will be done.
    pub(super) busy_until: Ns,
    /// When the next `Run` event is due; `NEVER` if none is.
    pub(super) run_at: Ns,
    /// A timer that was to be started by what has been interrupted.
    pub(super) late: Option<Late<I>>,
    pub(super) irq: Irq<I>,
    /// The timers that run.
    pub(super) timers: TimerTree,
    /// When its tick is to come, if the timer of that runs.
    pub(super) tick_at: Option<Ns>,
    /// Timers that may come early: from when, by when, what.
    pub(super) ranges: Vec<(Ns, Ns, I)>,
    /// Where its time went.
    pub used: CpuUse,
}

/// A CPU has two timers that hardly ever expire: a traced kernel had started two, once,
/// as it booted.
fn with_far_timers() -> TimerTree {
    let mut timers = TimerTree::default();
    timers.add(Ns::NEVER);
    timers.add(Ns::NEVER);
    timers
}

impl<I> Default for Cpu<I> {
    fn default() -> Self {
        Cpu {
            current: None,
            last: None,
            idle: true,
            tick_stopped: true,
            got_tick: false,
            runq: [VecDeque::new(), VecDeque::new()],
            fair: Fair::default(),
            busy_until: Ns::ZERO,
            run_at: Ns::NEVER,
            late: None,
            irq: Irq {
                active: false,
                entered: Ns::ZERO,
                pass_now: Ns::ZERO,
                passes: 0,
                resume_at: Ns::ZERO,
                hang_until: Ns::ZERO,
                set_until: Ns::ZERO,
                ends_pass: false,
                first_now: Ns::ZERO,
                off: (Ns::ZERO, Ns::ZERO),
                pending: VecDeque::new(),
            },
            timers: with_far_timers(),
            tick_at: None,
            ranges: Vec::new(),
            used: CpuUse::default(),
        }
    }
}

impl<I> Cpu<I> {
    /// Whether it is handling an interrupt.
    #[inline]
    pub fn in_irq(&self) -> bool {
        self.irq.active
    }
    /// Whether a high-priority task waits for it (`need_resched`).
    #[inline]
    pub fn high_waiting(&self) -> bool {
        !self.runq[Prio::High as usize].is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_event_device_is_set_to_no_less_than_a_microsecond() {
        let mut irq = Cpu::<()>::default().irq;
        irq.set_clock_event(Ns(5_000));
        assert_eq!(irq.held_until(Ns(5_300)), Ns(6_000), "as in a kernel's log");
        assert_eq!(irq.held_until(Ns(6_200)), Ns(6_200));
    }
}
