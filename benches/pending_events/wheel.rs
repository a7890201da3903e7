//! A hierarchical timing wheel.

use std::collections::VecDeque;

use super::Pending;
use super::loads::Event;

const BITS: u32 = 6;
const SLOTS: usize = 1 << BITS;
const LEVELS: usize = 11;

/// Eleven wheels of 64 slots, one digit of the time each. Slots keep the order
/// of insertion, so ties need no sequence number.
pub struct Wheel {
    now: u64,
    occupied: [u64; LEVELS],
    slots: Vec<VecDeque<(u64, Event)>>,
    spare: VecDeque<(u64, Event)>,
}

impl Default for Wheel {
    fn default() -> Self {
        Wheel {
            now: 0,
            occupied: [0; LEVELS],
            slots: vec![VecDeque::new(); LEVELS * SLOTS],
            spare: VecDeque::new(),
        }
    }
}

impl Wheel {
    #[inline]
    fn insert(&mut self, time: u64, event: Event) {
        let differs = time ^ self.now;
        let level = if differs == 0 {
            0
        } else {
            (differs.ilog2() / BITS) as usize
        };
        let digit = (time >> (BITS * level as u32)) as usize & (SLOTS - 1);
        self.occupied[level] |= 1 << digit;
        self.slots[level * SLOTS + digit].push_back((time, event));
    }
}

impl Pending for Wheel {
    fn push(&mut self, time: u64, event: Event) {
        self.insert(time, event);
    }
    fn pop(&mut self) -> Option<(u64, Event)> {
        loop {
            let level = self.occupied.iter().position(|&o| o != 0)?;
            let digit = self.occupied[level].trailing_zeros() as usize;
            let index = level * SLOTS + digit;
            if level == 0 {
                let slot = &mut self.slots[index];
                let (time, event) = slot.pop_front()?;
                if slot.is_empty() {
                    self.occupied[0] &= !(1 << digit);
                }
                self.now = time;
                return Some((time, event));
            }
            // Move the clock to the slot's start and spread the slot out.
            let below = BITS * level as u32;
            let keep = u64::MAX.checked_shl(below + BITS).unwrap_or(0);
            self.now = self.now & keep | (digit as u64) << below;
            self.occupied[level] &= !(1 << digit);
            let mut entries = std::mem::take(&mut self.spare);
            std::mem::swap(&mut entries, &mut self.slots[index]);
            for (time, event) in entries.drain(..) {
                self.insert(time, event);
            }
            self.spare = entries;
        }
    }
}
