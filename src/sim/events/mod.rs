//! The pending-event set: what is to happen, earliest first.

mod heap;

use std::collections::VecDeque;

use super::time::Ns;
use heap::{Entry, HoleHeap};

/// Events further off than this never enter the lane: about 67 ms. They are
/// timers, behind which no completion would fit for a long time.
const LANE_HORIZON: Ns = Ns(1 << 26);

/// Events by time; of one time, the first pushed is the first popped.
///
/// Two parts, chosen by measurement (`benches/pending_events`):
///
/// - a FIFO *lane* for events that are pushed in order of time, as are the
///   completions of a device of constant latency; push and pop cost the same
///   with any number pending;
/// - a binary heap for the rest.
///
/// An entry keeps its event beside a 128-bit key of time and sequence number,
/// so one comparison decides. Nothing is allocated once the most events that
/// pend at once have done so.
#[derive(Clone, Debug)]
pub struct EventQueue<E> {
    lane: VecDeque<Entry<E>>,
    /// Key of the lane's last entry; 0 if it is empty.
    lane_end: u128,
    heap: HoleHeap<E>,
    /// Time of the last pop.
    now: Ns,
    seq: u64,
    shuffle: Option<u64>,
}

impl<E> Default for EventQueue<E> {
    fn default() -> Self {
        EventQueue {
            lane: VecDeque::new(),
            lane_end: 0,
            heap: HoleHeap::default(),
            now: Ns::ZERO,
            seq: 0,
            shuffle: None,
        }
    }
}

impl<E: Copy> EventQueue<E> {
    /// A queue in which events of one time come in an order that depends on
    /// `seed` and not on the order of insertion. A result that changes with
    /// the seed is an artefact of ties.
    pub fn with_shuffled_ties(seed: u64) -> Self {
        let mut queue = EventQueue::default();
        queue.shuffle_ties(seed);
        queue
    }

    /// From now on, as [`with_shuffled_ties`](Self::with_shuffled_ties);
    /// events that pend already keep their place.
    pub fn shuffle_ties(&mut self, seed: u64) {
        self.shuffle = Some(mix(seed));
    }

    /// Adds `event` at `time`, after every event of the same time.
    #[inline]
    pub fn push(&mut self, time: Ns, event: E) {
        let tie = match self.shuffle {
            None => self.seq,
            Some(seed) => mix(self.seq ^ seed),
        };
        self.seq = self.seq.wrapping_add(1);
        let key = (u128::from(time.0) << 64) | u128::from(tie);
        let entry = Entry { key, event };
        if key >= self.lane_end && time.saturating_sub(self.now) < LANE_HORIZON {
            self.lane_end = key;
            self.lane.push_back(entry);
        } else {
            self.heap.push(entry);
        }
    }

    /// When the next event is due; [`Ns::NEVER`] if none is.
    #[inline]
    pub fn peek_time(&self) -> Ns {
        let lane = self.lane.front().map_or(u128::MAX, |e| e.key);
        time_of(lane.min(self.heap.least_key()))
    }

    /// Takes the next event and its time.
    #[inline]
    pub fn pop(&mut self) -> Option<(Ns, E)> {
        self.heap.settle();
        let lane_key = self.lane.front().map_or(u128::MAX, |e| e.key);
        let entry = if lane_key < self.heap.root_key() {
            self.pop_lane()?
        } else {
            self.heap.take_root().or_else(|| self.pop_lane())?
        };
        self.now = time_of(entry.key);
        Some((self.now, entry.event))
    }

    #[inline]
    fn pop_lane(&mut self) -> Option<Entry<E>> {
        let entry = self.lane.pop_front();
        if self.lane.is_empty() {
            self.lane_end = 0;
        }
        entry
    }

    /// How many events pend.
    pub fn len(&self) -> usize {
        self.lane.len() + self.heap.len()
    }
    /// Whether nothing pends.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// The time in a key.
#[inline]
fn time_of(key: u128) -> Ns {
    Ns((key >> 64) as u64)
}

/// A bijection of 64-bit numbers that looks random: the finaliser of
/// SplitMix64 (Steele, Lea, Flood 2014) after one step.
#[inline]
fn mix(x: u64) -> u64 {
    let x = x.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let x = (x ^ (x >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let x = (x ^ (x >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    x ^ (x >> 31)
}

#[cfg(test)]
mod tests;
