//! Tags: how many requests may be outstanding, and who sleeps for one
//! (`lib/sbitmap.c`, 6.1).
//!
//! Only the number of free tags matters to behaviour, not which one is taken.

use std::collections::VecDeque;

use super::super::host::TaskId;

/// Wait queues of a tag set (`SBQ_WAIT_QUEUES`).
const WAIT_QUEUES: u32 = 8;
/// Most frees before a wake-up (`SBQ_WAKE_BATCH`).
const WAKE_BATCH: u32 = 8;

/// A set of tags.
#[derive(Debug, Clone)]
pub struct Tags {
    depth: u32,
    used: u32,
    /// Most ever used at once, for the invariant checks.
    pub high_water: u32,
    waiters: VecDeque<TaskId>,
    wake_batch: u32,
    /// Frees still to come before the next wake-up (`wait_cnt`).
    wait_cnt: u32,
}

impl Tags {
    /// `depth` tags; sleepers are woken once enough have been freed
    /// (`sbq_calc_wake_batch`).
    pub fn new(depth: u32) -> Self {
        Self::with_wake_batch(depth, (depth / WAIT_QUEUES).clamp(1, WAKE_BATCH))
    }
    /// `depth` tags of which a scheduler may hide some
    /// (`sbitmap_queue_min_shallow_depth` with 1): every free wakes.
    pub fn shallow(depth: u32) -> Self {
        Self::with_wake_batch(depth, 1)
    }
    fn with_wake_batch(depth: u32, wake_batch: u32) -> Self {
        Tags {
            depth,
            used: 0,
            high_water: 0,
            waiters: VecDeque::new(),
            wake_batch,
            wait_cnt: wake_batch,
        }
    }
    /// How many there are.
    pub fn depth(&self) -> u32 {
        self.depth
    }
    /// How many are taken.
    pub fn used(&self) -> u32 {
        self.used
    }
    /// Takes one, if there is one.
    #[inline]
    pub fn get(&mut self) -> bool {
        if self.used >= self.depth {
            return false;
        }
        self.used += 1;
        self.high_water = self.high_water.max(self.used);
        true
    }
    /// `task` sleeps for one.
    pub fn wait(&mut self, task: TaskId) {
        if !self.waiters.contains(&task) {
            self.waiters.push_back(task);
        }
    }
    /// `task` no longer sleeps (`sbitmap_finish_wait`).
    pub fn finish_wait(&mut self, task: TaskId) {
        self.waiters.retain(|&t| t != task);
    }
    /// Gives one back; returns how many sleepers are to be woken
    /// (`sbitmap_queue_wake_up`).
    #[inline]
    pub fn put(&mut self) -> u32 {
        self.used = self.used.saturating_sub(1);
        if self.waiters.is_empty() {
            return 0;
        }
        self.wait_cnt -= 1;
        if self.wait_cnt > 0 {
            return 0;
        }
        self.wait_cnt = self.wake_batch;
        self.wake_batch
    }
    /// The next sleeper to be woken.
    pub fn next_waiter(&mut self) -> Option<TaskId> {
        self.waiters.pop_front()
    }
}
