//! What fio does beside I/O: its main thread looks every 10 ms whether a job
//! is over (`backend.c:run_threads`, 3.33), and a helper thread reads the
//! statistics of the disks four times a second (`helper_thread.c`,
//! `diskutil.c`). On a CPU that they share with the jobs both delay
//! completions now and then.

use super::AppEnv;
use crate::models::host::{Cost, Step, TaskId};
use crate::models::workload::fio::ThreadSpec;
use crate::models::workload::page_cache::PAGE;
use crate::sim::Ns;

/// How late nanosleep(2) may be if that spares an interrupt (`timer_slack_ns`).
pub const TIMER_SLACK: Ns = Ns::from_us(50);

/// Which of fio's other threads.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Duty {
    /// The main thread.
    Main,
    /// The helper, with so many disks to look at.
    Helper(u64),
    /// RCU's kernel thread, which ticks wake.
    Rcu,
}

/// A thread that does no I/O.
#[derive(Clone, Debug)]
pub struct Upkeep {
    /// The thread.
    pub task: TaskId,
    /// What it does.
    pub duty: Duty,
    /// Whether the timer of its sleep runs.
    pub sleeps: bool,
    /// How long after the start of the jobs it first wakes.
    pub first: Ns,
    /// Whether its sleep is over and it has not run since.
    is_due: bool,
}

impl Upkeep {
    /// A thread that sleeps, beside jobs of which the first is `job`.
    pub fn new(task: TaskId, duty: Duty, job: &ThreadSpec) -> Self {
        Upkeep {
            task,
            duty,
            sleeps: false,
            first: first(duty, job),
            is_due: false,
        }
    }
    /// How long it sleeps, and how much longer it may.
    pub fn sleep(&self) -> (Ns, Ns) {
        match self.duty {
            Duty::Main => (Ns::from_ms(10), TIMER_SLACK),
            Duty::Helper(_) => (Ns::from_ms(250), Ns::ZERO), // timerfd
            Duty::Rcu => (Ns::NEVER, Ns::ZERO),
        }
    }
}

/// How long a job makes its I/O units: the more there are, and the more of their
/// pages it fills, the longer (`backend.c:init_io_u`). As traced at depths of 1 to 128.
fn make_units(job: &ThreadSpec) -> Ns {
    let units = u64::from(job.iodepth);
    let bytes = job.sizes.0.iter().map(|s| s.max).max().unwrap_or(0);
    let filled = if job.pattern.write {
        units * bytes.div_ceil(PAGE)
    } else {
        0
    };
    Ns(917) * units + Ns(4_600) * filled
}

/// How long a job sets itself up once it has been released, before its first I/O: what
/// is not its I/O units was 45 to 55 µs where four jobs began one after the other.
pub fn set_up(job: &ThreadSpec) -> Ns {
    Ns::from_us(50) + make_units(job)
}

/// When a thread first wakes: it has slept while the first job set itself up.
fn first(duty: Duty, job: &ThreadSpec) -> Ns {
    let after_units = match duty {
        Duty::Main => Ns::from_us(9_921),
        Duty::Helper(_) => Ns::from_us(149_785),
        Duty::Rcu => Ns::NEVER,
    };
    after_units.saturating_sub(make_units(job))
}

/// The sleep of thread `n` is over.
pub fn due<K: AppEnv>(k: &mut K, n: u8) {
    let u = &mut k.app().upkeep[usize::from(n)];
    u.is_due = true;
    let task = u.task;
    k.wake(task);
}

/// Thread `n` does its duty and sleeps again.
pub fn step<K: AppEnv>(k: &mut K, n: u8) -> Step {
    let u = &mut k.app().upkeep[usize::from(n)];
    if !std::mem::take(&mut u.is_due) {
        return Step::Block;
    }
    u.sleeps = u.duty != Duty::Rcu;
    let (duty, (span, slack)) = (u.duty, u.sleep());
    match duty {
        Duty::Main => k.host().charge(Cost::FioMain),
        Duty::Helper(disks) => {
            k.host().charge(Cost::FioHelper);
            k.host().charge_n(Cost::DiskUtil, disks);
        }
        Duty::Rcu => {
            k.host().charge(Cost::RcuGp);
            if !k.host().is_alone() {
                k.host().charge(Cost::RcuSleep);
            }
            return Step::Again;
        }
    }
    k.upkeep_after(span, slack, n);
    Step::Again
}
