//! Tags: how many requests may be outstanding, and who sleeps for one
//! (`lib/sbitmap.c`, 6.1).
//!
//! Only the number of free tags matters to behaviour, not which one is taken,
//! unless a scheduler hides some from some requests, or the search for one takes
//! time: then there is an [`Sbitmap`].

use std::collections::VecDeque;

use super::super::host::TaskId;
use super::sbitmap::{Effort, Sbitmap};

/// Wait queues of a tag set (`SBQ_WAIT_QUEUES`).
const WAIT_QUEUES: u32 = 8;
/// Most frees before a wake-up (`SBQ_WAKE_BATCH`).
const WAKE_BATCH: u32 = 8;

/// A set of tags, and the `W` that wait for one.
#[derive(Debug, Clone)]
pub struct Tags<W = TaskId> {
    depth: u32,
    used: u32,
    /// Most ever used at once, for the invariant checks.
    pub high_water: u32,
    waiters: VecDeque<W>,
    wake_batch: u32,
    /// Frees still to come before the next wake-up (`wait_cnt`).
    wait_cnt: u32,
    /// Which ones are taken, if that matters.
    bits: Option<Box<Sbitmap>>,
}

/// Frees before a wake-up of a set of which `depth` can be had
/// (`sbq_calc_wake_batch`).
fn wake_batch(depth: u32) -> u32 {
    (depth / WAIT_QUEUES).clamp(1, WAKE_BATCH)
}

impl<W: Copy + PartialEq> Tags<W> {
    /// `depth` tags; sleepers are woken once enough have been freed.
    pub fn new(depth: u32) -> Self {
        Self::with_wake_batch(depth, wake_batch(depth))
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
            bits: None,
        }
    }
    /// Of each word of `1 << shift` tags, some requests see `shallow` at the
    /// least (`sbitmap_queue_min_shallow_depth`).
    #[must_use]
    pub fn in_words(mut self, shift: u32, shallow: u32, cpus: usize) -> Self {
        let word = 1 << shift;
        let shallow = shallow.min(word);
        let rest = (self.depth & (word - 1)).min(shallow);
        self.wake_batch = wake_batch((self.depth >> shift) * shallow + rest);
        self.wait_cnt = self.wake_batch;
        self.bits = Some(Box::new(Sbitmap::new(self.depth, shift, cpus)));
        self
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
    /// Which one is taken matters: they are in words of `1 << shift`.
    #[must_use]
    pub fn numbered(mut self, shift: u32, cpus: usize) -> Self {
        let bits = Sbitmap::new(self.depth, shift, cpus);
        self.bits = Some(Box::new(bits.used_before()));
        self
    }
    /// What the last search came upon, where that matters.
    pub fn effort(&self) -> Effort {
        self.bits
            .as_ref()
            .map_or_else(Effort::default, |b| b.effort())
    }
    /// Takes one on `cpu`, of each word only one of the first `shallow`; which
    /// one, where that matters (`__blk_mq_get_tag`).
    #[inline]
    pub fn get_shallow(&mut self, cpu: u8, shallow: Option<u32>) -> Option<u32> {
        if self.used >= self.depth {
            if let Some(bits) = &mut self.bits {
                bits.get_none(cpu);
            }
            return None;
        }
        let nr = match &mut self.bits {
            Some(bits) => bits.get(cpu, shallow)?,
            None => 0,
        };
        self.get().then_some(nr)
    }
    /// Forgets that `nr` is taken; [`Tags::put`] gives it back.
    #[inline]
    pub fn clear(&mut self, nr: u32, cpu: u8) {
        if let Some(bits) = &mut self.bits {
            bits.clear(nr, cpu);
        }
    }
    /// From now on there are `depth`; those beyond are not given out again
    /// (`sbitmap_queue_resize`).
    pub fn resize(&mut self, depth: u32) {
        self.depth = depth;
        let batch = wake_batch(depth);
        if batch != self.wake_batch {
            self.wake_batch = batch;
            self.wait_cnt = 1;
        }
    }
    /// `queues` queues share them (`sbitmap_queue_recalculate_wake_batch`).
    pub fn share_among(&mut self, queues: u32) {
        let least = if self.depth >= 32 { 4 } else { 1 };
        let batch = (self.depth.div_ceil(queues) / WAIT_QUEUES).clamp(least, WAKE_BATCH);
        if batch != self.wake_batch {
            self.wake_batch = batch;
            self.wait_cnt = 1;
        }
    }
    /// Whether `waiter` waits.
    pub fn is_waiting(&self, waiter: W) -> bool {
        self.waiters.contains(&waiter)
    }
    /// `waiter` sleeps for one.
    pub fn wait(&mut self, waiter: W) {
        if !self.waiters.contains(&waiter) {
            self.waiters.push_back(waiter);
        }
    }
    /// `waiter` no longer sleeps (`sbitmap_finish_wait`).
    pub fn finish_wait(&mut self, waiter: W) {
        self.waiters.retain(|&w| w != waiter);
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
    pub fn next_waiter(&mut self) -> Option<W> {
        self.waiters.pop_front()
    }
}
