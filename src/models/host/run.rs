//! Running a CPU: which task, how far, and who overtakes it.

use super::cpu::Late;
use super::{Cost, CpuId, Host, HostEnv, HostEvent, Prio, Step, TaskId, TaskState};
use crate::sim::{Ns, unlikely};

/// Wakes `task` (`try_to_wake_up`): it will run on its CPU. Nothing happens if
/// it does not sleep.
#[inline(always)]
pub fn wake<K: HostEnv>(k: &mut K, task: TaskId) {
    if k.host().tasks[task.index()].state == TaskState::Blocked {
        wake_up(k, task, false);
    }
}

/// A process that has just been forked (`wake_up_new_task`).
pub fn wake_up_new_task<K: HostEnv>(k: &mut K, task: TaskId) {
    wake_up(k, task, true);
}

#[inline(never)]
fn wake_up<K: HostEnv>(k: &mut K, task: TaskId, is_new: bool) {
    let h = k.host();
    let t = &mut h.tasks[task.index()];
    if t.state != TaskState::Blocked {
        return;
    }
    t.state = TaskState::Runnable;
    let (cpu, prio) = (t.cpu, t.prio);
    if !h.is_free() {
        charge_wake(h, cpu);
    }
    let (here, now) = (h.cpu(), h.now());
    match prio {
        Prio::Normal if unlikely(is_new) => h.fair_fork(cpu.index(), task),
        Prio::Normal => h.fair_wake(cpu.index(), task),
        Prio::High => {}
    }
    let c = &mut h.cpus[cpu.index()];
    c.runq[prio as usize].push_back(task);
    // A CPU that is doing something looks at its run queues when it is done.
    if cpu != here && c.current.is_none() && !c.in_irq() {
        let at = now.max(c.busy_until);
        run_at(k, cpu, at);
    }
}

#[inline(never)]
fn charge_wake<F: Copy, I: Copy>(h: &mut Host<F, I>, cpu: CpuId) {
    h.charge(Cost::Wake);
    h.charge(Cost::TraceSched);
    if h.cpus[cpu.index()].current.is_some() {
        h.charge(Cost::WakePreempt);
    }
}

/// Queues a work item for `worker` (`queue_work`).
pub fn queue_work<K: HostEnv>(k: &mut K, worker: TaskId, item: K::Frame) {
    k.host().tasks[worker.index()].work.push_back(item);
    wake(k, worker);
}

/// Sees to it that a `Run` event is due at `at` or before.
#[inline]
pub(super) fn run_at<K: HostEnv>(k: &mut K, cpu: CpuId, at: Ns) {
    let c = &mut k.host().cpus[cpu.index()];
    if at < c.run_at {
        c.run_at = at;
        k.schedule(at, HostEvent::Run(cpu));
    }
}

/// Lets every CPU look at its run queues, from outside any of them.
pub fn kick_all<K: HostEnv>(k: &mut K) {
    let now = k.host().clock;
    for cpu in 0..k.host().cpus.len() {
        run_at(k, CpuId(cpu as u8), now);
    }
}

/// A `Run` event of `cpu` is due, now.
pub fn run<K: HostEnv>(k: &mut K, cpu: CpuId) {
    let h = k.host();
    let now = h.clock;
    let c = &mut h.cpus[cpu.index()];
    if c.run_at > now {
        return; // an earlier event did this one's work
    }
    c.run_at = Ns::NEVER;
    if c.in_irq() {
        return; // the end of the interrupt sees to it
    }
    if c.busy_until > now {
        let at = c.busy_until;
        run_at(k, cpu, at); // an interrupt has delayed it
        return;
    }
    if !c.irq.pending.is_empty() && c.irq.held_until(now) <= now {
        return super::irq::resume(k, cpu); // it has been held off until now
    }
    h.cpu = cpu;
    run_cpu(k, cpu);
}

/// A `RunIrq` event of `cpu` is due, now.
pub fn run_irq<K: HostEnv>(k: &mut K, cpu: CpuId) {
    super::irq::resume(k, cpu);
}

/// The longest that a CPU goes on without an event: one that never sleeps (a worker
/// that tries again in vain what has no path) must not keep the end of a run from
/// being seen.
const STRETCH: Ns = Ns::from_ms(100);

/// Lets `cpu` go on, from now until it has nothing to do, an event comes before the
/// end of what it is doing, or it has done so for long.
#[inline]
pub(super) fn run_cpu<K: HostEnv>(k: &mut K, cpu: CpuId) {
    let mut entered = k.host().clock;
    let until = entered.saturating_add(STRETCH);
    if unlikely(k.host().cpus[cpu.index()].late.is_some()) {
        start_late(k, cpu);
        if overtaken(k, cpu, entered) {
            return;
        }
        entered = k.host().clock;
    }
    loop {
        let h = k.host();
        if unlikely(h.spin.is_endless()) {
            return;
        }
        let mut began = h.clock;
        let c = &mut h.cpus[cpu.index()];
        let mut current = c.current;
        if current.is_none() {
            let next = match c.runq[Prio::High as usize].pop_front() {
                None => h.fair_pick(cpu.index()),
                high => high,
            };
            let Some(next) = next else {
                h.go_idle(cpu);
                if h.cpus[cpu.index()].late.is_some() {
                    run_at(k, cpu, began); // what comes first is due now
                }
                break;
            };
            switch_to(k, cpu, next);
            if overtaken(k, cpu, entered) {
                return;
            }
            began = k.host().clock;
            current = Some(next);
        }
        let Some(task) = current else { break };
        let step = step_on(k, task, began);
        let h = k.host();
        let spent = h.clock - began;
        let c = &mut h.cpus[cpu.index()];
        let t = &mut h.tasks[task.index()];
        if spent > Ns::ZERO {
            t.share.ran(spent);
            // Where no code costs anything, what passes is fio's waiting with its eyes
            // open (`usec_sleep`): load, and no cost of an I/O.
            match (h.costs.is_free(), t.is_worker) {
                (true, _) => {}
                (_, true) => c.used.worker += spent,
                _ => c.used.task += spent,
            }
        }
        match step {
            Step::Again => {}
            Step::Yield => {
                if h.need_resched() {
                    let t = &mut h.tasks[task.index()];
                    let c = &mut h.cpus[cpu.index()];
                    t.state = TaskState::Runnable;
                    c.current = None;
                    c.runq[Prio::Normal as usize].push_front(task);
                }
            }
            Step::Block => {
                h.tasks[task.index()].state = TaskState::Blocked;
                c.current = None;
            }
            Step::Exit => {
                h.tasks[task.index()].state = TaskState::Dead;
                c.current = None;
            }
        }
        if h.clock > began {
            h.spin.time_passed();
            if overtaken(k, cpu, entered) {
                return;
            }
            entered = k.host().clock;
            if unlikely(entered >= until) {
                run_at(k, cpu, entered);
                return;
            }
        }
    }
}

impl<F: Copy, I: Copy> Host<F, I> {
    /// `cpu` has nothing to do (`do_idle`).
    #[inline]
    fn go_idle(&mut self, cpu: CpuId) {
        let was_idle = std::mem::replace(&mut self.cpus[cpu.index()].idle, true);
        if !self.is_free() {
            self.halt(cpu, was_idle);
        }
    }

    /// Interrupts are off while it gets ready to halt, and while it stops the tick
    /// that it has just had (`tick_nohz_idle_stop_tick`).
    #[inline(never)]
    fn halt(&mut self, cpu: CpuId, was_idle: bool) {
        let began = self.clock;
        let enter = self.costs.of(Cost::EnterIdle);
        let halt = self.costs.of(Cost::IdleLoop);
        let stop = self.costs.of(Cost::TickStop);
        let c = &mut self.cpus[cpu.index()];
        if !was_idle {
            c.irq.off = (began + enter, began + enter + halt);
        }
        if std::mem::take(&mut c.got_tick) {
            c.tick_stopped = true;
            c.irq.off = (began, began + stop);
            self.restart_tick(cpu);
        }
    }

    /// A timer of `cpu` that is to expire at `at` goes into the tree.
    fn add_timer(&mut self, cpu: usize, at: Ns) {
        let work = self.cpus[cpu].timers.add(at);
        self.charge_n(Cost::TimerTree, work);
    }

    /// Whether the running task is to give way to another that waits for its CPU.
    pub fn need_resched(&mut self) -> bool {
        let Some(task) = self.current() else {
            return false;
        };
        if self.tasks[task.index()].prio == Prio::High {
            return false;
        }
        let cpu = self.cpu.index();
        self.cpus[cpu].high_waiting() || self.gives_way(cpu, task)
    }
}

/// Starts the timer that was to be started by what has been interrupted.
#[cold]
fn start_late<K: HostEnv>(k: &mut K, cpu: CpuId) {
    let now = k.host().clock;
    if let Some(late) = k.host().cpus[cpu.index()].late.take() {
        let at = now.max(late.at + late.span);
        k.host().add_timer(cpu.index(), at);
        let spent = k.host().clock - now;
        k.host().cpus[cpu.index()].used.task += spent;
        k.expire(at, late.irq);
    }
}

/// Whether an event is due before what the running task has been charged is
/// over: what it does next must wait for a step of its own, or it would come
/// before the event.
#[inline(always)]
pub fn interrupted<K: HostEnv>(k: &mut K) -> bool {
    let h = k.host();
    if h.is_free() || h.current().is_none() {
        return false;
    }
    let now = h.clock;
    k.next_event() <= now
}

/// Starts a timer of the current CPU (`hrtimer_start`): once what interrupts
/// the running step before is over.
#[inline]
pub fn start_timer<K: HostEnv>(k: &mut K, span: Ns, irq: K::Irq) {
    let cpu = k.host().cpu().index();
    if interrupted(k) && k.host().cpus[cpu].late.is_none() {
        let at = k.host().clock;
        k.host().cpus[cpu].late = Some(Late { at, span, irq });
        return;
    }
    let at = k.host().clock + span;
    if !k.host().is_free() {
        k.host().add_timer(cpu, at);
        if at < k.next_event() {
            k.host().charge(Cost::Reprogram);
            let now = k.host().clock;
            k.host().cpus[cpu].irq.set_clock_event(now);
        }
    }
    k.expire(at, irq);
}

/// Starts a timer of the current CPU that may come as much as `slack` late, if
/// that spares an interrupt (`hrtimer_start_range_ns`).
pub fn start_range_timer<K: HostEnv>(k: &mut K, soft: Ns, slack: Ns, irq: K::Irq) {
    let h = k.host();
    let cpu = h.cpu();
    let hard = soft.saturating_add(slack);
    if !h.is_free() {
        // What it takes is in what sleeping costs.
        h.cpus[cpu.index()].timers.add(hard);
    }
    h.cpus[cpu.index()].ranges.push((soft, hard, irq));
    k.schedule(hard, HostEvent::Range(cpu));
}

/// Steps `task` until time has passed since `began`, or its step comes to
/// something else than going on, or there have been too many.
#[inline]
fn step_on<K: HostEnv>(k: &mut K, task: TaskId, began: Ns) -> Step {
    loop {
        let step = k.step(task);
        let h = k.host();
        h.spin.add(1);
        if step != Step::Again || h.clock > began || h.spin.is_endless() {
            return step;
        }
    }
}

/// Whether an event is due before what has been charged since `entered` is
/// over; if so, `cpu` is to go on then.
#[inline]
fn overtaken<K: HostEnv>(k: &mut K, cpu: CpuId, entered: Ns) -> bool {
    let now = k.host().clock;
    if now == entered || k.next_event() > now {
        return false;
    }
    k.host().cpus[cpu.index()].busy_until = now;
    run_at(k, cpu, now);
    true
}

/// `cpu` turns to `next` (`context_switch`).
#[inline(always)]
fn switch_to<K: HostEnv>(k: &mut K, cpu: CpuId, next: TaskId) {
    let h = k.host();
    let c = &mut h.cpus[cpu.index()];
    let from = c.last.replace(next);
    c.current = Some(next);
    c.used.switches += 1;
    let was_idle = std::mem::take(&mut c.idle);
    c.got_tick &= !was_idle;
    h.tasks[next.index()].state = TaskState::Running;
    if !h.is_free() {
        charge_switch(h, cpu, was_idle, from == Some(next));
    }
}

/// Another task, or the same after the CPU was idle.
#[inline(never)]
fn charge_switch<F: Copy, I: Copy>(h: &mut Host<F, I>, cpu: CpuId, was_idle: bool, same: bool) {
    let began = h.clock;
    let restarts = std::mem::take(&mut h.cpus[cpu.index()].tick_stopped);
    if was_idle {
        h.charge(Cost::WakeIdle);
        h.charge(Cost::TraceSched);
        if restarts {
            h.charge(Cost::TickRestart);
            h.restart_tick(cpu);
        }
    } else if !same {
        h.charge(Cost::Switch);
        h.charge(Cost::TraceSched);
    }
    let now = h.clock;
    let c = &mut h.cpus[cpu.index()];
    c.irq.off = (now, now);
    c.used.task += now - began;
}
