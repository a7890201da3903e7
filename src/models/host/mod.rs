//! CPUs: tasks, workers, interrupts, and what the code paths cost on them.
//!
//! A task of the kernel can sleep deep inside a call. Here a task is a small
//! resumable state machine: a stack of [frames](Host), of which the topmost is
//! stepped until it is done, blocks or is overtaken by an event. Between two
//! steps interrupts are taken, woken tasks may preempt, and the CPU time that
//! the step was [charged](Host::charge) passes.
//!
//! The room does not know what frames or interrupts mean; whoever owns the
//! [`Host`] says so through [`HostEnv`].

pub mod costs;
mod cpu;
mod fair;
mod irq;
mod jiffies;
pub mod lock;
mod run;
pub mod slab;
pub mod spin;
mod task;
mod timer_tree;

pub use costs::{Cost, CpuCosts};
pub use cpu::{Cpu, CpuId, CpuUse};
pub use irq::{irq, range_due};
pub use lock::LockTable;
pub use run::{
    interrupted, kick_all, queue_work, run, run_irq, start_range_timer, start_timer, wake,
    wake_up_new_task,
};
pub use task::{Prio, Task, TaskId, TaskState};

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::sim::{Ns, unlikely};
use slab::Slabs;
use spin::Spin;

/// The host computer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct HostConfig {
    /// Number of CPUs, 1 to 255.
    pub cpus: u16,
    /// Timer ticks a second (`CONFIG_HZ`): 100, 250, 300 or 1000.
    pub hz: u32,
    /// What the code paths cost: `none` or `lab`.
    pub profile: String,
    /// Whether block tracing is on, which costs CPU on every event.
    pub tracing: bool,
    /// Whether blktrace runs, which costs CPU on every event, too.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub blktrace: bool,
    /// Time since boot when the run starts: the kernel's clock, which
    /// historical-service-time compares with the zeroes that its paths begin
    /// with. Default: 59.9988 s.
    #[serde(default = "default_uptime")]
    pub uptime: Ns,
    /// Code paths that cost something else than the profile says, by name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub costs: BTreeMap<String, Ns>,
}

impl Default for HostConfig {
    fn default() -> Self {
        HostConfig {
            cpus: 1,
            hz: 250,
            profile: "none".into(),
            tracing: false,
            blktrace: false,
            uptime: default_uptime(),
            costs: BTreeMap::new(),
        }
    }
}

/// A host that has been up for a minute. How long before a tick jobs start is chance: in
/// nineteen boots of a kernel the first tick came 0.01 to 3.5 ms after the first I/O,
/// with a median of 1.2 ms, as here.
fn default_uptime() -> Ns {
    Ns::from_secs(60) - Ns::from_us(1_200)
}

/// What a step of a frame came to.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Step {
    /// Go on with the topmost frame; the kernel would not reschedule here.
    Again,
    /// Go on, but a more urgent task may come first (`cond_resched`).
    Yield,
    /// The task sleeps until it is woken; its topmost frame is stepped again.
    Block,
    /// The task is over.
    Exit,
}

/// What the event queue is asked to remember for the host.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum HostEvent {
    /// A CPU goes on with its task, or picks one.
    Run(CpuId),
    /// A CPU goes on with its interrupt.
    RunIrq(CpuId),
    /// A timer that may come early is due at the latest.
    Range(CpuId),
}

/// What the host needs of its surroundings.
pub trait HostEnv: Sized {
    /// A frame of a task's stack.
    type Frame: Copy;
    /// What an interrupt brings.
    type Irq: Copy;

    /// The host itself.
    fn host(&mut self) -> &mut Host<Self::Frame, Self::Irq>;
    /// Steps the topmost frame of `task`, which runs on the current CPU.
    fn step(&mut self, task: TaskId) -> Step;
    /// Handles an interrupt on the current CPU.
    fn handle_irq(&mut self, irq: Self::Irq);
    /// When the next event of any kind is due.
    fn next_event(&self) -> Ns;
    /// Remembers `event` for `at`.
    fn schedule(&mut self, at: Ns, event: HostEvent);
    /// Remembers that a timer of the current CPU expires at `at`.
    fn expire(&mut self, at: Ns, irq: Self::Irq);
}

/// Tasks, CPUs and the clock.
#[derive(Debug)]
pub struct Host<F, I> {
    /// The time that the running code sees: that of the event being handled
    /// plus what has been charged since.
    clock: Ns,
    /// The CPU whose code is running.
    cpu: CpuId,
    /// The CPUs.
    pub cpus: Vec<Cpu<I>>,
    /// Tasks and workers, by id.
    pub tasks: Vec<Task<F>>,
    /// What the code paths cost.
    pub costs: CpuCosts,
    /// Locks, and the order in which they are taken.
    pub locks: LockTable,
    /// Length of a timer tick.
    pub jiffy: Ns,
    /// Time since boot at the start of the run.
    pub uptime: Ns,
    /// What the scheduler's tunables are multiplied with.
    sysctl_factor: u64,
    /// Where objects come from.
    pub slabs: Slabs,
    /// Whether it goes on and no time passes.
    pub spin: Spin,
}

impl<F: Copy, I: Copy> Host<F, I> {
    /// A host with idle CPUs and no tasks.
    pub fn new(cpus: u16, hz: u32, costs: CpuCosts) -> Self {
        Host {
            clock: Ns::ZERO,
            cpu: CpuId(0),
            cpus: (0..cpus.max(1)).map(|_| Cpu::default()).collect(),
            tasks: Vec::new(),
            costs,
            locks: LockTable::default(),
            jiffy: Ns(1_000_000_000 / u64::from(hz.max(1))),
            uptime: default_uptime(),
            sysctl_factor: fair::sysctl_factor(usize::from(cpus)),
            slabs: Slabs::new(false),
            spin: Spin::default(),
        }
    }

    /// The time, as the running code sees it.
    #[inline]
    pub fn now(&self) -> Ns {
        self.clock
    }
    /// The time since boot (`ktime_get_ns`).
    #[inline]
    pub fn ktime(&self) -> Ns {
        self.uptime + self.clock
    }
    /// The CPU whose code is running (`smp_processor_id`).
    #[inline]
    pub fn cpu(&self) -> CpuId {
        self.cpu
    }
    /// How often this CPU has switched tasks.
    pub fn switches(&self) -> u64 {
        self.cpus[self.cpu.index()].used.switches
    }
    /// The running task (`current`); none in an interrupt or when idle.
    #[inline]
    pub fn current(&self) -> Option<TaskId> {
        let cpu = &self.cpus[self.cpu.index()];
        if cpu.in_irq() { None } else { cpu.current }
    }
    /// Charges one passage of code path `cost` to the running code.
    #[inline]
    pub fn charge(&mut self, cost: Cost) {
        // A branch is foretold; an addition would have to wait for the last.
        if unlikely(!self.costs.is_free()) {
            self.clock += self.costs.of(cost);
        }
    }
    /// Charges what waking `task` costs where it is found by `how`, if it sleeps.
    #[inline]
    pub fn charge_waking(&mut self, task: TaskId, how: Cost) {
        if unlikely(!self.costs.is_free()) && self.tasks[task.index()].state == TaskState::Blocked {
            self.charge(how);
        }
    }
    /// Charges `n` passages.
    #[inline]
    pub fn charge_n(&mut self, cost: Cost, n: u64) {
        if unlikely(!self.costs.is_free()) {
            self.clock += self.costs.of(cost) * n;
        }
    }
    /// The CPU has interrupts off for as long as `cost` says, from now on.
    #[inline]
    pub fn irqs_off(&mut self, cost: Cost) {
        let (from, span) = (self.clock, self.costs.of(cost));
        self.cpus[self.cpu.index()].irq.off = (from, from + span);
    }
    /// Spends a span of CPU time that is no code path's.
    #[inline]
    pub fn spend(&mut self, span: Ns) {
        self.clock += span;
    }
    /// The running code comes upon what another CPU did at `t`: it cannot be
    /// earlier now. (Within a step a CPU may run ahead of the others.)
    #[inline]
    pub fn not_before(&mut self, t: Ns) {
        self.clock = self.clock.max(t);
    }
    /// Sets the clock to the time of the event that is handled next.
    #[inline]
    pub fn set_clock(&mut self, now: Ns) {
        self.clock = now;
    }
    /// `t` rounded up to the next tick, and one more, as a timer of the timer
    /// wheel that is asked for `span` from now fires.
    pub fn jiffies_from_now(&self, span: Ns) -> Ns {
        let ticks = span.0.div_ceil(self.jiffy.0) + 1;
        let base = self.clock.0 / self.jiffy.0;
        Ns((base + ticks) * self.jiffy.0)
    }
    /// Something has been done for good, however little time that took.
    #[inline]
    pub fn succeeded(&mut self) {
        self.spin.succeeded();
    }
    /// Whether no code path costs anything.
    #[inline]
    pub fn is_free(&self) -> bool {
        !unlikely(!self.costs.is_free())
    }

    /// Whether any task but the running one runs or waits for a CPU.
    pub fn others_run(&self) -> bool {
        let current = self.current();
        let ids = (0..self.tasks.len()).map(|n| TaskId(n as u16));
        let runs = |t: TaskId| {
            let state = self.tasks[t.index()].state;
            matches!(state, TaskState::Running | TaskState::Runnable)
        };
        ids.filter(|t| Some(*t) != current).any(runs)
    }
    /// Whether nothing has `cpu`.
    pub fn is_idle(&self, cpu: CpuId) -> bool {
        let c = &self.cpus[cpu.index()];
        c.idle && c.current.is_none() && !c.in_irq()
    }
    /// Whether `cpu` is idle and does without its tick.
    pub fn tick_is_stopped(&self, cpu: CpuId) -> bool {
        self.is_idle(cpu) && self.cpus[cpu.index()].tick_stopped
    }
    /// Whether nothing had this CPU before the interrupt that it is handling.
    pub fn was_idle(&self) -> bool {
        self.cpus[self.cpu.index()].idle
    }
    /// This CPU could do without its tick, which is over: an idle one does, if it has
    /// nothing to do afterwards either (`tick_nohz_idle_got_tick`).
    pub fn got_tick(&mut self) {
        let c = &mut self.cpus[self.cpu.index()];
        c.got_tick = c.idle;
    }
    /// Whether no other task waits for the CPU of the running one.
    pub fn is_alone(&self) -> bool {
        let c = &self.cpus[self.cpu.index()];
        c.runq.iter().all(|q| q.is_empty())
    }

    /// Puts `frame` on top of the running task's stack: it is stepped next.
    #[inline]
    pub fn call(&mut self, frame: F) {
        if let Some(t) = self.current() {
            self.tasks[t.index()].stack.push(frame);
        }
    }
}
