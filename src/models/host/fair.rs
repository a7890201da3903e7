//! Who runs next among tasks of normal priority (`kernel/sched/fair.c`, 6.1).
//!
//! Each task has a clock that runs while it has the CPU; the one that is
//! furthest behind is the next. A task that wakes takes the CPU away from one
//! that is much ahead of it; a tick takes it away from one that has had its
//! share.

use super::{Host, Prio, TaskId};
use crate::sim::Ns;

/// In which time every task is to run once (`sysctl_sched_latency`).
const LATENCY: Ns = Ns::from_ms(6);
/// Least share of it (`sysctl_sched_min_granularity`).
const MIN_GRANULARITY: Ns = Ns::from_us(750);
/// How far ahead a task must be to be preempted by one that wakes
/// (`sysctl_sched_wakeup_granularity`).
const WAKEUP_GRANULARITY: Ns = Ns::from_ms(1);
/// More CPUs than this make no difference to these.
const MAX_SCALED_CPUS: u64 = 8;

/// What tunables are multiplied with on so many CPUs
/// (`get_update_sysctl_factor`).
pub(super) fn sysctl_factor(cpus: usize) -> u64 {
    let cpus = (cpus as u64).clamp(1, MAX_SCALED_CPUS);
    u64::from(1 + cpus.ilog2())
}

/// How much a task has had (`struct sched_entity`).
#[derive(Copy, Clone, Debug, Default)]
pub(super) struct Share {
    /// Its clock (`vruntime`).
    clock: Ns,
    /// CPU time since it was last picked.
    ran: Ns,
}

impl Share {
    /// It has run for `span` (`update_curr`).
    #[inline]
    pub fn ran(&mut self, span: Ns) {
        self.clock += span;
        self.ran += span;
    }
}

/// What a CPU knows of the tasks it shares (`struct cfs_rq`).
#[derive(Copy, Clone, Debug, Default)]
pub(super) struct Fair {
    /// The least of their clocks; never goes back (`min_vruntime`).
    least: Ns,
    /// The running task is to give way (`TIF_NEED_RESCHED`).
    pub give_way: bool,
    /// The next tick at which shares are looked at.
    tick: Ns,
}

impl<F: Copy, I: Copy> Host<F, I> {
    /// A tunable for this number of CPUs.
    #[inline]
    fn scaled(&self, tunable: Ns) -> Ns {
        tunable * self.sysctl_factor
    }

    /// Brings the least clock of `cpu` up to date (`update_min_vruntime`).
    #[inline(never)]
    fn update_least(&mut self, cpu: usize) {
        let c = &self.cpus[cpu];
        let running = c.current.filter(|t| self.is_normal(*t));
        let waiting = c.runq[Prio::Normal as usize].iter().copied();
        let clocks = running.into_iter().chain(waiting);
        let clocks = clocks.map(|t| self.tasks[t.index()].share.clock);
        if let Some(least) = clocks.min() {
            let fair = &mut self.cpus[cpu].fair;
            fair.least = fair.least.max(least);
        }
    }

    #[inline]
    fn is_normal(&self, task: TaskId) -> bool {
        self.tasks[task.index()].prio == Prio::Normal
    }

    /// `task` wakes on `cpu`: it is not put further behind than a little, and
    /// whoever is far ahead of it gives way (`place_entity`,
    /// `check_preempt_wakeup`).
    #[inline(always)]
    pub(super) fn fair_wake(&mut self, cpu: usize, task: TaskId) {
        let c = &self.cpus[cpu];
        let current = c.current;
        if current.is_some() || !c.runq[Prio::Normal as usize].is_empty() {
            self.update_least(cpu);
        }
        let credit = self.scaled(LATENCY).0 / 2;
        let least = self.cpus[cpu].fair.least.saturating_sub(Ns(credit));
        let share = &mut self.tasks[task.index()].share;
        share.clock = share.clock.max(least);
        let clock = share.clock;
        let margin = self.scaled(WAKEUP_GRANULARITY);
        let ahead = |t: TaskId| self.tasks[t.index()].share.clock > clock + margin;
        if current.is_some_and(|t| self.is_normal(t) && ahead(t)) {
            self.cpus[cpu].fair.give_way = true;
        }
    }

    /// `tasks`, all of one CPU, are about to begin: somebody has created them, who
    /// waited for each to set itself up and to sleep, and now wakes them all, as fio
    /// does with its jobs (`backend.c:run_threads`). Each was new beside its creator
    /// and the last of them (`place_entity`, `START_DEBIT`); those that slept are no
    /// more than half a latency behind. As far behind the jobs is whoever else sleeps:
    /// in a traced kernel RCU's thread took the CPU away from a job at the first tick.
    pub fn fair_begin(&mut self, tasks: &[TaskId]) {
        let latency = self.scaled(LATENCY).0;
        let clock = |n: usize| latency / 3 * n as u64;
        let last = clock(tasks.len().saturating_sub(1));
        let least = last.saturating_sub(latency / 2);
        for (n, task) in tasks.iter().enumerate() {
            let share = &mut self.tasks[task.index()].share;
            share.clock = Ns(clock(n).max(least) - least + latency / 2);
        }
    }

    /// `task` is new on `cpu`: its clock starts a share late
    /// (`place_entity`, `START_DEBIT`).
    pub(super) fn fair_fork(&mut self, cpu: usize, task: TaskId) {
        self.update_least(cpu);
        let c = &self.cpus[cpu];
        let sharing =
            1 + c.runq[Prio::Normal as usize].len() as u64 + u64::from(c.current.is_some());
        let debit = Ns(self.scaled(LATENCY).0 / sharing);
        self.tasks[task.index()].share.clock = c.fair.least + debit;
    }

    /// The task that is furthest behind, taken off the queue of `cpu`, which
    /// runs none; of equals the first (`pick_next_entity`).
    #[inline(always)]
    pub(super) fn fair_pick(&mut self, cpu: usize) -> Option<TaskId> {
        let c = &mut self.cpus[cpu];
        let queue = &mut c.runq[Prio::Normal as usize];
        let task = match queue.len() {
            0 | 1 => queue.pop_front()?,
            n => {
                let clock = |i: &usize| self.tasks[queue[*i].index()].share.clock;
                let i = (0..n).min_by_key(clock)?;
                queue.remove(i)?
            }
        };
        let share = &mut self.tasks[task.index()].share;
        share.ran = Ns::ZERO;
        c.fair.least = c.fair.least.max(share.clock);
        c.fair.give_way = false;
        Some(task)
    }

    /// Whether `task`, which runs on `cpu`, is to give way now: to one that has
    /// woken, or because a tick has found that it has had its share
    /// (`check_preempt_tick`).
    #[inline]
    pub(super) fn gives_way(&mut self, cpu: usize, task: TaskId) -> bool {
        let ticked = self.clock >= self.cpus[cpu].fair.tick;
        if ticked {
            self.cpus[cpu].fair.tick = self.next_tick();
        }
        let c = &self.cpus[cpu];
        let others = c.runq[Prio::Normal as usize].len() as u64;
        if others == 0 || c.fair.give_way || !ticked {
            return others > 0 && c.fair.give_way;
        }
        let least_share = self.scaled(MIN_GRANULARITY);
        let period = self.scaled(LATENCY).max(least_share * (others + 1));
        let share = Ns(period.0 / (others + 1)).max(least_share);
        let share = share.min(self.scaled(LATENCY));
        let mine = self.tasks[task.index()].share;
        if mine.ran > share {
            return true;
        }
        let queue = &self.cpus[cpu].runq[Prio::Normal as usize];
        let clocks = queue.iter().map(|t| self.tasks[t.index()].share.clock);
        let furthest_behind = clocks.min().unwrap_or(mine.clock);
        mine.ran >= least_share && mine.clock > furthest_behind + share
    }
}

#[cfg(test)]
mod tests {
    use super::super::{CpuCosts, CpuId};
    use super::*;

    /// A CPU that shares `n` tasks, of which the first runs.
    fn host(n: u16) -> (Host<(), ()>, Vec<TaskId>) {
        let mut h: Host<(), ()> = Host::new(1, 250, CpuCosts::lab());
        h.uptime = Ns::from_secs(60); // a tick begins
        let tasks: Vec<TaskId> = (0..n)
            .map(|i| h.spawn(format!("t{i}"), Prio::Normal, CpuId(0), ()))
            .collect();
        h.cpus[0].current = tasks.first().copied();
        for &t in &tasks[1..] {
            h.cpus[0].runq[Prio::Normal as usize].push_back(t);
        }
        (h, tasks)
    }

    fn run(h: &mut Host<(), ()>, task: TaskId, span: Ns) {
        h.clock += span;
        h.tasks[task.index()].share.ran(span);
    }

    #[test]
    fn the_task_furthest_behind_is_next_and_equals_keep_their_order() {
        let (mut h, t) = host(4);
        run(&mut h, t[1], Ns::from_us(5));
        assert_eq!(h.fair_pick(0), Some(t[2]));
        assert_eq!(h.fair_pick(0), Some(t[3]));
        assert_eq!(h.fair_pick(0), Some(t[1]));
        assert_eq!(h.fair_pick(0), None);
    }

    #[test]
    fn jobs_begin_as_far_behind_each_other_as_they_were_created() {
        let clocks = |n| {
            let (mut h, t) = host(n);
            h.fair_begin(&t);
            let clock = |t: &TaskId| h.tasks[t.index()].share.clock.0 / 1_000_000;
            t.iter().map(clock).collect::<Vec<_>>()
        };
        assert_eq!(clocks(1), [3]);
        assert_eq!(clocks(2), [3, 5]);
        assert_eq!(clocks(4), [3, 3, 4, 6]);
    }

    #[test]
    fn a_share_ends_with_a_tick() {
        let (mut h, t) = host(4);
        assert!(!h.gives_way(0, t[0]));
        run(&mut h, t[0], Ns::from_ms(3));
        assert!(!h.gives_way(0, t[0])); // had its 1.5 ms, but no tick
        run(&mut h, t[0], Ns::from_ms(1));
        assert!(h.gives_way(0, t[0]));
        let (mut alone, t) = host(1);
        run(&mut alone, t[0], Ns::from_ms(100));
        assert!(!alone.gives_way(0, t[0]));
    }

    #[test]
    fn a_sleeper_preempts_whoever_is_far_ahead() {
        let (mut h, t) = host(1);
        let sleeper = h.spawn("s".into(), Prio::Normal, CpuId(0), ());
        run(&mut h, t[0], Ns::from_us(900));
        h.fair_wake(0, sleeper);
        assert!(!h.cpus[0].fair.give_way);
        run(&mut h, t[0], Ns::from_us(200));
        h.fair_wake(0, sleeper);
        assert!(h.cpus[0].fair.give_way);
    }

    #[test]
    fn who_slept_as_jobs_began_preempts_them_at_once() {
        let (mut h, t) = host(1);
        let sleeper = h.spawn("s".into(), Prio::Normal, CpuId(0), ());
        h.fair_begin(&t);
        h.fair_wake(0, sleeper);
        assert!(h.cpus[0].fair.give_way);
    }

    #[test]
    fn a_long_sleep_gives_half_a_period_of_credit() {
        let (mut h, t) = host(1);
        let sleeper = h.spawn("s".into(), Prio::Normal, CpuId(0), ());
        run(&mut h, t[0], Ns::from_ms(500));
        h.fair_wake(0, sleeper);
        assert_eq!(h.tasks[sleeper.index()].share.clock, Ns::from_ms(497));
    }
}
