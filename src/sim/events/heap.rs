//! A binary heap that leaves a hole where it was popped.

/// Something that waits, under the key that orders it.
#[derive(Copy, Clone, Debug)]
pub(super) struct Entry<E> {
    /// Time in the high half, order among equal times in the low half.
    pub key: u128,
    /// What waits.
    pub event: E,
}

/// A binary min-heap of entries.
///
/// A pop leaves a hole at the root, and the next push fills it: most events
/// bring about another soon after, which then sinks a level or two, where a
/// heap without hole would first sink its last entry to the bottom.
#[derive(Clone, Debug)]
pub(super) struct HoleHeap<E> {
    entries: Vec<Entry<E>>,
    /// Whether the entry at the root has been popped.
    hole: bool,
}

impl<E> Default for HoleHeap<E> {
    fn default() -> Self {
        HoleHeap {
            entries: Vec::new(),
            hole: false,
        }
    }
}

impl<E: Copy> HoleHeap<E> {
    #[inline]
    pub fn push(&mut self, entry: Entry<E>) {
        if self.hole {
            self.hole = false;
            self.sink(entry);
        } else {
            self.entries.push(entry);
            self.rise(entry);
        }
    }

    /// Fills the hole, if there is one, from the end.
    #[inline(always)]
    pub fn settle(&mut self) {
        if self.hole {
            self.hole = false;
            match self.entries.pop() {
                Some(last) if !self.entries.is_empty() => self.sink(last),
                _ => {}
            }
        }
    }

    /// Takes the least entry of a settled heap.
    #[inline]
    pub fn take_root(&mut self) -> Option<Entry<E>> {
        let root = self.entries.first().copied()?;
        self.hole = true;
        Some(root)
    }

    /// Key of the root of a settled heap; the greatest key if it is empty.
    #[inline]
    pub fn root_key(&self) -> u128 {
        self.entries.first().map_or(u128::MAX, |e| e.key)
    }

    /// The least key, beside the hole if there is one; the greatest key if the
    /// heap is empty.
    #[inline]
    pub fn least_key(&self) -> u128 {
        let key = |i: usize| self.entries.get(i).map_or(u128::MAX, |e| e.key);
        if self.hole {
            key(1).min(key(2))
        } else {
            key(0)
        }
    }

    pub fn len(&self) -> usize {
        self.entries.len() - usize::from(self.hole)
    }

    /// Moves `entry` from the end up to its place.
    #[inline]
    fn rise(&mut self, entry: Entry<E>) {
        let heap = &mut self.entries[..];
        let mut i = heap.len() - 1;
        while i > 0 {
            let parent = (i - 1) / 2;
            if heap[parent].key <= entry.key {
                break;
            }
            heap[i] = heap[parent];
            i = parent;
        }
        heap[i] = entry;
    }

    /// Moves `entry` from the root down to its place.
    #[inline(never)]
    fn sink(&mut self, entry: Entry<E>) {
        let heap = &mut self.entries[..];
        let mut i = 0;
        loop {
            let left = 2 * i + 1;
            if left >= heap.len() {
                break;
            }
            let mut least = left;
            let mut least_key = heap[left].key;
            #[expect(
                clippy::needless_range_loop,
                reason = "this form compiles to a conditional move, a third faster"
            )]
            for child in left + 1..(left + 2).min(heap.len()) {
                if heap[child].key < least_key {
                    least = child;
                    least_key = heap[child].key;
                }
            }
            if least_key >= entry.key {
                break;
            }
            heap[i] = heap[least];
            i = least;
        }
        heap[i] = entry;
    }
}
