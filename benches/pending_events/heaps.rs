//! Heaps.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};

use super::Pending;
use super::loads::Event;

fn key(time: u64, seq: u64) -> u128 {
    (u128::from(time) << 64) | u128::from(seq)
}
fn time(key: u128) -> u64 {
    (key >> 64) as u64
}

/// `std`'s binary heap of (time, sequence, event).
#[derive(Default)]
pub struct StdHeap {
    heap: BinaryHeap<Reverse<(u64, u64, Event)>>,
    seq: u64,
}
impl Pending for StdHeap {
    fn push(&mut self, time: u64, event: Event) {
        self.heap.push(Reverse((time, self.seq, event)));
        self.seq += 1;
    }
    fn pop(&mut self) -> Option<(u64, Event)> {
        self.heap.pop().map(|Reverse((t, _, e))| (t, e))
    }
}

/// Payloads in a slab; the low 24 bits of a key name the slot.
#[derive(Default)]
struct Slab {
    payload: Vec<Event>,
    free: Vec<u32>,
}
impl Slab {
    #[inline]
    fn put(&mut self, event: Event) -> u64 {
        match self.free.pop() {
            Some(slot) => {
                self.payload[slot as usize] = event;
                u64::from(slot)
            }
            None => {
                self.payload.push(event);
                self.payload.len() as u64 - 1
            }
        }
    }
    #[inline]
    fn take(&mut self, key: u128) -> Event {
        let slot = (key & 0xff_ffff) as u32;
        self.free.push(slot);
        self.payload[slot as usize]
    }
}

/// `std`'s binary heap of packed keys.
#[derive(Default)]
pub struct StdPacked {
    heap: BinaryHeap<Reverse<u128>>,
    slab: Slab,
    seq: u64,
}
impl Pending for StdPacked {
    fn push(&mut self, time: u64, event: Event) {
        let slot = self.slab.put(event);
        self.heap.push(Reverse(key(time, self.seq << 24 | slot)));
        self.seq += 1;
    }
    fn pop(&mut self) -> Option<(u64, Event)> {
        let Reverse(k) = self.heap.pop()?;
        Some((time(k), self.slab.take(k)))
    }
}

/// Moves the hole at `i` up to where `entry` belongs.
#[inline]
fn sift_up<T: Copy, const D: usize>(heap: &mut [T], mut i: usize, entry: T, key: fn(&T) -> u128) {
    while i > 0 {
        let parent = (i - 1) / D;
        if key(&heap[parent]) <= key(&entry) {
            break;
        }
        heap[i] = heap[parent];
        i = parent;
    }
    heap[i] = entry;
}

/// Moves the hole at the root down to where `entry` belongs.
#[inline]
fn sift_down<T: Copy, const D: usize>(heap: &mut [T], entry: T, key: fn(&T) -> u128) {
    let n = heap.len();
    let mut i = 0;
    loop {
        let first = i * D + 1;
        if first >= n {
            break;
        }
        let end = (first + D).min(n);
        let mut least = first;
        let mut least_key = key(&heap[first]);
        #[expect(clippy::needless_range_loop, reason = "as the engine has it")]
        for c in first + 1..end {
            let k = key(&heap[c]);
            if k < least_key {
                least = c;
                least_key = k;
            }
        }
        if least_key >= key(&entry) {
            break;
        }
        heap[i] = heap[least];
        i = least;
    }
    heap[i] = entry;
}

/// D-ary heap of packed keys beside a slab; with `HOLE`, a pop leaves a hole at
/// the root that the next push fills.
#[derive(Default)]
pub struct Packed<const D: usize, const HOLE: bool> {
    heap: Vec<u128>,
    hole: bool,
    slab: Slab,
    seq: u64,
}
impl<const D: usize, const HOLE: bool> Packed<D, HOLE> {
    #[inline]
    fn settle(&mut self) {
        if self.hole {
            self.hole = false;
            match self.heap.pop() {
                Some(last) if !self.heap.is_empty() => {
                    sift_down::<_, D>(&mut self.heap, last, |k| *k);
                }
                _ => {}
            }
        }
    }
}
impl<const D: usize, const HOLE: bool> Pending for Packed<D, HOLE> {
    #[inline]
    fn push(&mut self, time: u64, event: Event) {
        let k = key(time, self.seq << 24 | self.slab.put(event));
        self.seq += 1;
        if self.hole {
            self.hole = false;
            sift_down::<_, D>(&mut self.heap, k, |k| *k);
            return;
        }
        self.heap.push(k);
        let last = self.heap.len() - 1;
        sift_up::<_, D>(&mut self.heap, last, k, |k| *k);
    }
    #[inline]
    fn pop(&mut self) -> Option<(u64, Event)> {
        self.settle();
        let top = *self.heap.first()?;
        self.hole = true;
        if !HOLE {
            self.settle();
        }
        Some((time(top), self.slab.take(top)))
    }
}

/// The payload beside its key in the heap.
#[derive(Default)]
pub struct Inline<const D: usize> {
    heap: Vec<(u128, Event)>,
    hole: bool,
    seq: u64,
}
impl<const D: usize> Inline<D> {
    #[inline]
    fn insert(&mut self, entry: (u128, Event)) {
        if self.hole {
            self.hole = false;
            sift_down::<_, D>(&mut self.heap, entry, |e| e.0);
            return;
        }
        self.heap.push(entry);
        let last = self.heap.len() - 1;
        sift_up::<_, D>(&mut self.heap, last, entry, |e| e.0);
    }
    #[inline]
    fn settle(&mut self) {
        if self.hole {
            self.hole = false;
            match self.heap.pop() {
                Some(last) if !self.heap.is_empty() => {
                    sift_down::<_, D>(&mut self.heap, last, |e| e.0);
                }
                _ => {}
            }
        }
    }
}

impl<const D: usize> Pending for Inline<D> {
    #[inline]
    fn push(&mut self, time: u64, event: Event) {
        let k = key(time, self.seq);
        self.seq += 1;
        self.insert((k, event));
    }
    #[inline]
    fn pop(&mut self) -> Option<(u64, Event)> {
        self.settle();
        let top = *self.heap.first()?;
        self.hole = true;
        Some((time(top.0), top.1))
    }
}

/// A sorted ring, earliest first.
#[derive(Default)]
pub struct Sorted {
    keys: VecDeque<(u128, Event)>,
    seq: u64,
}
impl Pending for Sorted {
    fn push(&mut self, time: u64, event: Event) {
        let k = key(time, self.seq);
        self.seq += 1;
        if self.keys.back().is_none_or(|b| b.0 < k) {
            self.keys.push_back((k, event));
        } else {
            let at = self.keys.partition_point(|e| e.0 < k);
            self.keys.insert(at, (k, event));
        }
    }
    fn pop(&mut self) -> Option<(u64, Event)> {
        self.keys.pop_front().map(|(k, e)| (time(k), e))
    }
}

/// `K` FIFO lanes for what arrives in order, a heap for the rest.
pub struct Lanes<const K: usize> {
    /// Least key of each lane.
    heads: [u128; K],
    /// Greatest key of each lane; 0 of an empty one.
    tails: [u128; K],
    lanes: [VecDeque<(u128, Event)>; K],
    heap: Inline<2>,
}
impl<const K: usize> Default for Lanes<K> {
    fn default() -> Self {
        Lanes {
            heads: [u128::MAX; K],
            tails: [0; K],
            lanes: std::array::from_fn(|_| VecDeque::new()),
            heap: Inline::default(),
        }
    }
}
impl<const K: usize> Pending for Lanes<K> {
    #[inline]
    fn push(&mut self, time: u64, event: Event) {
        let k = key(time, self.heap.seq);
        let mut best = K;
        let mut best_tail = 0;
        for i in 0..K {
            let tail = self.tails[i];
            if tail <= k && (best == K || tail > best_tail) {
                best = i;
                best_tail = tail;
            }
        }
        if best == K {
            self.heap.push(time, event);
            return;
        }
        self.heap.seq += 1;
        if self.tails[best] == 0 {
            self.heads[best] = k;
        }
        self.tails[best] = k;
        self.lanes[best].push_back((k, event));
    }
    #[inline]
    fn pop(&mut self) -> Option<(u64, Event)> {
        let mut least = 0;
        for i in 1..K {
            if self.heads[i] < self.heads[least] {
                least = i;
            }
        }
        self.heap.settle();
        let top = self.heap.heap.first().map_or(u128::MAX, |e| e.0);
        if top < self.heads[least] {
            return self.heap.pop();
        }
        let (k, event) = self.lanes[least].pop_front()?;
        match self.lanes[least].front() {
            Some(next) => self.heads[least] = next.0,
            None => {
                self.heads[least] = u128::MAX;
                self.tails[least] = 0;
            }
        }
        Some((time(k), event))
    }
}
