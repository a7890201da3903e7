//! A queue in a ring.

/// First in, first out, in a ring whose size is a power of two: push and pop are
/// few instructions, and nothing is allocated once the most that wait at once
/// have done so.
#[derive(Clone, Debug)]
pub struct Fifo<T> {
    slots: Vec<T>,
    /// Where the first is.
    head: usize,
    len: usize,
}

impl<T> Default for Fifo<T> {
    fn default() -> Self {
        Fifo {
            slots: Vec::new(),
            head: 0,
            len: 0,
        }
    }
}

impl<T: Copy> Fifo<T> {
    /// How many wait.
    #[inline]
    pub fn len(&self) -> usize {
        self.len
    }
    /// Whether none does.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }
    /// The slot of the `i`-th from the head.
    #[inline]
    fn slot(&self, i: usize) -> usize {
        (self.head + i) & self.slots.len().wrapping_sub(1)
    }
    /// Adds one at the end.
    #[inline]
    pub fn push_back(&mut self, value: T) {
        if self.len == self.slots.len() {
            self.grow(value);
        }
        let at = self.slot(self.len);
        self.slots[at] = value;
        self.len += 1;
    }
    /// Takes the first.
    #[inline]
    pub fn pop_front(&mut self) -> Option<T> {
        let first = *self.front()?;
        self.head = self.slot(1);
        self.len -= 1;
        Some(first)
    }
    /// The first.
    #[inline]
    pub fn front(&self) -> Option<&T> {
        if self.len == 0 {
            return None;
        }
        self.slots.get(self.head)
    }

    /// Twice as many slots; the new ones hold `value` until they are used.
    #[cold]
    #[inline(never)]
    fn grow(&mut self, value: T) {
        self.slots.rotate_left(self.head);
        self.head = 0;
        let size = (2 * self.slots.len()).max(8);
        self.slots.resize(size, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::VecDeque;

    proptest! {
        #[test]
        fn it_is_a_queue(steps in proptest::collection::vec(any::<Option<u8>>(), 0..300)) {
            let (mut fifo, mut model) = (Fifo::default(), VecDeque::new());
            for step in steps {
                match step {
                    Some(value) => {
                        fifo.push_back(value);
                        model.push_back(value);
                    }
                    None => prop_assert_eq!(fifo.pop_front(), model.pop_front()),
                }
                prop_assert_eq!((fifo.len(), fifo.front()), (model.len(), model.front()));
                prop_assert_eq!(fifo.is_empty(), model.is_empty());
            }
        }
    }
}
