//! The pending-event set: what is to happen, earliest first.

mod heap;

use super::fifo::Fifo;
use super::hint::unlikely;
use super::time::Ns;
use heap::{Entry, HoleHeap};

/// Events further off than this never enter a lane: about 67 ms. They are
/// timers, behind which no completion would fit for a long time.
const LANE_HORIZON: Ns = Ns(1 << 26);

/// How many lanes there are: devices of so many constant latencies need no
/// heap.
const LANES: usize = 4;

/// Events by time; of one time, the first pushed is the first popped.
///
/// Two parts, chosen by measurement (`benches/pending_events`):
///
/// - FIFO *lanes* for events that are pushed in order of time, as are the
///   completions of a device of constant latency; push and pop cost the same
///   with any number pending. An event goes to the first lane whose last is not
///   after it: so the lanes end in falling order, and whatever is a mixture of
///   few rising sequences takes as few lanes;
/// - a binary heap for the rest.
///
/// An entry keeps its event beside a 128-bit key of time and sequence number,
/// so one comparison decides. Nothing is allocated once the most events that
/// pend at once have done so.
#[derive(Clone, Debug)]
pub struct EventQueue<E> {
    lanes: [Lane<E>; LANES],
    heap: HoleHeap<E>,
    /// Time of the last pop.
    now: Ns,
    seq: u64,
    shuffle: Option<u64>,
}

/// Events in order of time.
#[derive(Clone, Debug)]
struct Lane<E> {
    entries: Fifo<Entry<E>>,
    /// Key of the first; the greatest key if there is none.
    first: u128,
    /// Key of the last; 0 if there is none.
    last: u128,
}

impl<E> Default for Lane<E> {
    fn default() -> Self {
        Lane {
            entries: Fifo::default(),
            first: u128::MAX,
            last: 0,
        }
    }
}

impl<E: Copy> Lane<E> {
    #[inline(always)]
    fn push(&mut self, entry: Entry<E>) {
        self.first = self.first.min(entry.key);
        self.last = entry.key;
        self.entries.push_back(entry);
    }

    #[inline]
    fn pop(&mut self) -> Option<Entry<E>> {
        let entry = self.entries.pop_front();
        match self.entries.front() {
            Some(next) => self.first = next.key,
            None => (self.first, self.last) = (u128::MAX, 0),
        }
        entry
    }
}

impl<E> Default for EventQueue<E> {
    fn default() -> Self {
        EventQueue {
            lanes: std::array::from_fn(|_| Lane::default()),
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
    #[inline(always)] // few places push on the way of an I/O
    pub fn push(&mut self, time: Ns, event: E) {
        let mut tie = self.seq;
        if unlikely(self.shuffle.is_some())
            && let Some(seed) = self.shuffle
        {
            tie = mix(self.seq ^ seed);
        }
        self.seq = self.seq.wrapping_add(1);
        let key = (u128::from(time.0) << 64) | u128::from(tie);
        let entry = Entry { key, event };
        if time.saturating_sub(self.now) < LANE_HORIZON {
            for lane in &mut self.lanes {
                if lane.last <= key {
                    return lane.push(entry);
                }
            }
        }
        self.heap.push(entry);
    }

    /// When the next event is due; [`Ns::NEVER`] if none is.
    #[inline]
    pub fn peek_time(&self) -> Ns {
        time_of(self.first_lane().1.min(self.heap.least_key()))
    }

    /// Takes the next event and its time.
    #[inline(always)] // into the loop that handles it
    pub fn pop(&mut self) -> Option<(Ns, E)> {
        self.heap.settle();
        let (lane, key) = self.first_lane();
        let entry = if key < self.heap.root_key() {
            self.lanes[lane].pop()?
        } else {
            self.heap.take_root().or_else(|| self.lanes[lane].pop())?
        };
        self.now = time_of(entry.key);
        Some((self.now, entry.event))
    }

    /// The lane whose first event is due first, and that event's key; the
    /// greatest key if all are empty.
    #[inline]
    fn first_lane(&self) -> (usize, u128) {
        let mut first = (0, self.lanes[0].first);
        for (i, lane) in self.lanes.iter().enumerate().skip(1) {
            if lane.first < first.1 {
                first = (i, lane.first);
            }
        }
        first
    }

    /// How many events pend.
    pub fn len(&self) -> usize {
        let in_lanes = self.lanes.iter().map(|lane| lane.entries.len());
        in_lanes.sum::<usize>() + self.heap.len()
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
