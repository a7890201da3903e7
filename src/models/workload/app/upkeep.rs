//! What fio does beside I/O: its main thread looks every 10 ms whether a job
//! is over (`backend.c:run_threads`, 3.33), and a helper thread reads the
//! statistics of the disks four times a second (`helper_thread.c`,
//! `diskutil.c`). On a CPU that they share with the jobs both delay
//! completions now and then.

use super::AppEnv;
use crate::models::host::{Cost, Step, TaskId};
use crate::sim::Ns;

/// How late nanosleep(2) may be if that spares an interrupt (`timer_slack_ns`).
pub const TIMER_SLACK: Ns = Ns::from_us(50);
/// The same of poll(2): a thousandth of the time it waits
/// (`fs/select.c:select_estimate_accuracy`).
const POLL_SLACK: Ns = Ns::from_us(250);

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
    /// Whether its sleep is over and it has not run since.
    is_due: bool,
}

impl Upkeep {
    /// A thread that sleeps.
    pub fn new(task: TaskId, duty: Duty) -> Self {
        Upkeep {
            task,
            duty,
            sleeps: false,
            is_due: false,
        }
    }
    /// How long it sleeps, and how much longer it may.
    pub fn sleep(&self) -> (Ns, Ns) {
        match self.duty {
            Duty::Main => (Ns::from_ms(10), TIMER_SLACK),
            Duty::Helper(_) => (Ns::from_ms(250), POLL_SLACK),
            Duty::Rcu => (Ns::NEVER, Ns::ZERO),
        }
    }
    /// How long after the start of the jobs it first wakes. The main thread
    /// sleeps before they have set themselves up; the helper is older than they
    /// are. An assumption: no observation shows by how much.
    pub fn first(&self) -> Ns {
        match self.duty {
            Duty::Main => Ns::from_us(9_700),
            Duty::Helper(_) => Ns::from_ms(150),
            Duty::Rcu => Ns::NEVER,
        }
    }
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
            return Step::Again;
        }
    }
    k.upkeep_after(span, slack, n);
    Step::Again
}
