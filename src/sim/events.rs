//! The pending-event set: what is to happen, earliest first.

use super::time::Ns;

/// Children of a node in the heap: four 16-byte keys fill one cache line.
const ARITY: usize = 4;
/// Low bits of a key that name the payload's slot.
const SLOT_BITS: u32 = 24;
const SLOT_MASK: u128 = (1 << SLOT_BITS) - 1;

/// A 4-ary heap of 16-byte keys, payloads kept beside it.
///
/// Order: time, then order of insertion (FIFO among equals). A key packs time
/// (64 bits), sequence (40) and payload slot (24), so one `u128` comparison
/// decides. At most 2²⁴ events pend at once.
#[derive(Debug, Clone)]
pub struct EventQueue<E> {
    keys: Vec<u128>,
    payload: Vec<E>,
    free: Vec<u32>,
    seq: u64,
}

impl<E: Copy> Default for EventQueue<E> {
    fn default() -> Self {
        EventQueue {
            keys: Vec::new(),
            payload: Vec::new(),
            free: Vec::new(),
            seq: 0,
        }
    }
}

impl<E: Copy> EventQueue<E> {
    /// Adds `event` at `time`, after every event of the same time.
    #[inline]
    pub fn push(&mut self, time: Ns, event: E) {
        let slot = match self.free.pop() {
            Some(s) => {
                self.payload[s as usize] = event;
                s
            }
            None => {
                self.payload.push(event);
                (self.payload.len() - 1) as u32
            }
        };
        let tie = self.seq & 0xff_ffff_ffff;
        self.seq += 1;
        let key = (u128::from(time.0) << 64) | (u128::from(tie) << SLOT_BITS) | u128::from(slot);
        self.keys.push(key);
        self.sift_up(self.keys.len() - 1);
    }

    /// When the next event is due; [`Ns::NEVER`] if none is.
    #[inline]
    pub fn peek_time(&self) -> Ns {
        self.keys
            .first()
            .map_or(Ns::NEVER, |k| Ns((k >> 64) as u64))
    }

    /// Takes the next event and its time.
    #[inline]
    pub fn pop(&mut self) -> Option<(Ns, E)> {
        let top = *self.keys.first()?;
        let last = self.keys.pop()?;
        if !self.keys.is_empty() {
            self.keys[0] = last;
            self.sift_down(0);
        }
        let slot = (top & SLOT_MASK) as u32;
        self.free.push(slot);
        Some((Ns((top >> 64) as u64), self.payload[slot as usize]))
    }

    /// How many events pend.
    pub fn len(&self) -> usize {
        self.keys.len()
    }
    /// Whether nothing pends.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    #[inline]
    fn sift_up(&mut self, mut i: usize) {
        let key = self.keys[i];
        while i > 0 {
            let parent = (i - 1) / ARITY;
            if self.keys[parent] <= key {
                break;
            }
            self.keys[i] = self.keys[parent];
            i = parent;
        }
        self.keys[i] = key;
    }

    #[inline]
    fn sift_down(&mut self, mut i: usize) {
        let key = self.keys[i];
        let n = self.keys.len();
        loop {
            let first = i * ARITY + 1;
            if first >= n {
                break;
            }
            let end = (first + ARITY).min(n);
            let mut least = first;
            for c in first + 1..end {
                if self.keys[c] < self.keys[least] {
                    least = c;
                }
            }
            if self.keys[least] >= key {
                break;
            }
            self.keys[i] = self.keys[least];
            i = least;
        }
        self.keys[i] = key;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_times_come_out_in_order_of_insertion() {
        let mut q = EventQueue::default();
        for i in 0..100u32 {
            q.push(Ns(u64::from(i % 3)), i);
        }
        let mut out = Vec::new();
        while let Some((t, e)) = q.pop() {
            out.push((t.0, e));
        }
        let mut want: Vec<_> = (0..100u32).map(|i| (u64::from(i % 3), i)).collect();
        want.sort();
        assert_eq!(out, want);
    }
}
