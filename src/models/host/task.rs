//! Tasks and workers.

use std::collections::VecDeque;

use super::fair::Share;
use super::{CpuId, Host};

/// A task or worker of the host.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct TaskId(pub u16);

impl TaskId {
    /// Its place in [`Host::tasks`].
    #[inline]
    pub fn index(self) -> usize {
        usize::from(self.0)
    }
}

/// Which run queue a task waits in.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Prio {
    /// High-priority workers (kblockd): preempt threads when woken.
    High,
    /// Everything else.
    Normal,
}

/// Where a task stands.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum TaskState {
    /// It has a CPU.
    Running,
    /// It waits for one.
    Runnable,
    /// It sleeps until woken.
    Blocked,
    /// It is over.
    Dead,
}

/// A task: a stack of frames; a worker also has work that waits.
#[derive(Debug)]
pub struct Task<F> {
    /// What it is in the midst of, topmost last.
    pub stack: Vec<F>,
    /// Work items that a worker has still to take, in order.
    pub work: VecDeque<F>,
    /// Whether it takes work items when its stack is empty.
    pub is_worker: bool,
    /// Its state.
    pub state: TaskState,
    /// Its run queue.
    pub prio: Prio,
    /// The CPU it runs on.
    pub cpu: CpuId,
    /// How much of its CPU it has had.
    pub(super) share: Share,
    /// What `ps` shows.
    pub name: String,
}

impl<F: Copy, I: Copy> Host<F, I> {
    /// A new task that starts with `frame` when it is woken.
    pub fn spawn(&mut self, name: String, prio: Prio, cpu: CpuId, frame: F) -> TaskId {
        self.add_task(name, prio, cpu, Some(frame))
    }
    /// A new worker that sleeps until work is queued.
    pub fn spawn_worker(&mut self, name: String, prio: Prio, cpu: CpuId) -> TaskId {
        self.add_task(name, prio, cpu, None)
    }

    fn add_task(&mut self, name: String, prio: Prio, cpu: CpuId, frame: Option<F>) -> TaskId {
        self.tasks.push(Task {
            stack: frame.into_iter().collect(),
            work: VecDeque::new(),
            is_worker: frame.is_none(),
            state: TaskState::Blocked,
            prio,
            cpu,
            share: Share::default(),
            name,
        });
        TaskId((self.tasks.len() - 1) as u16)
    }
}
