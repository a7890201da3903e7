//! One bit a page, in chunks that are made when first needed.

/// Words of a chunk; a chunk covers 32768 pages (128 MiB).
const WORDS: usize = 512;
const CHUNK_BITS: u64 = WORDS as u64 * 64;

/// A set of page numbers.
#[derive(Debug, Default)]
pub struct Bitmap {
    chunks: Vec<Chunk>,
    count: u64,
}

#[derive(Debug, Default)]
struct Chunk {
    count: u32,
    words: Option<Box<[u64; WORDS]>>,
}

/// Chunk, word and bit of a page.
#[inline]
fn split(page: u64) -> (usize, usize, u64) {
    let word = (page % CHUNK_BITS) / 64;
    (
        (page / CHUNK_BITS) as usize,
        word as usize,
        1 << (page % 64),
    )
}

impl Bitmap {
    /// How many pages are in it.
    pub fn count(&self) -> u64 {
        self.count
    }
    /// Whether no page is in it.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }
    /// Whether `page` is in it.
    #[inline]
    pub fn has(&self, page: u64) -> bool {
        let (chunk, word, bit) = split(page);
        self.words(chunk).is_some_and(|w| w[word] & bit != 0)
    }
    /// Puts `page` in; whether it was not there.
    pub fn set(&mut self, page: u64) -> bool {
        let (chunk, word, bit) = split(page);
        if chunk >= self.chunks.len() {
            self.chunks.resize_with(chunk + 1, Chunk::default);
        }
        let c = &mut self.chunks[chunk];
        let words = c.words.get_or_insert_with(|| Box::new([0; WORDS]));
        let new = words[word] & bit == 0;
        words[word] |= bit;
        c.count += u32::from(new);
        self.count += u64::from(new);
        new
    }
    /// Takes `page` out; whether it was there.
    pub fn clear(&mut self, page: u64) -> bool {
        let (chunk, word, bit) = split(page);
        let Some(c) = self.chunks.get_mut(chunk) else {
            return false;
        };
        let Some(words) = &mut c.words else {
            return false;
        };
        let was = words[word] & bit != 0;
        words[word] &= !bit;
        c.count -= u32::from(was);
        self.count -= u64::from(was);
        was
    }
    /// The first page at or after `from` that is in it.
    pub fn next(&self, from: u64) -> Option<u64> {
        let (mut chunk, mut word, bit) = split(from);
        let mut mask = !(bit - 1); // only the first word is entered midway
        while chunk < self.chunks.len() {
            if self.chunks[chunk].count > 0
                && let Some(words) = self.words(chunk)
            {
                while word < WORDS {
                    let found = words[word] & mask;
                    if found != 0 {
                        let base = chunk as u64 * CHUNK_BITS + word as u64 * 64;
                        return Some(base + u64::from(found.trailing_zeros()));
                    }
                    mask = u64::MAX;
                    word += 1;
                }
            }
            mask = u64::MAX;
            word = 0;
            chunk += 1;
        }
        None
    }
    /// The first page at or after `from` and before `end` that is in it.
    pub fn next_before(&self, from: u64, end: u64) -> Option<u64> {
        self.next(from).filter(|&page| page < end)
    }
    /// How many pages from `from` on are in it without a gap, `max` at most.
    pub fn run_up(&self, from: u64, max: u64) -> u64 {
        (0..max)
            .find(|i| !self.has(from.saturating_add(*i)))
            .unwrap_or(max)
    }
    /// How many pages before `end` are in it without a gap, `max` at most.
    pub fn run_down(&self, end: u64, max: u64) -> u64 {
        let max = max.min(end);
        (0..max).find(|i| !self.has(end - 1 - i)).unwrap_or(max)
    }

    #[inline]
    fn words(&self, chunk: usize) -> Option<&[u64; WORDS]> {
        self.chunks.get(chunk)?.words.as_deref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    #[test]
    fn next_crosses_words_and_chunks() {
        let mut b = Bitmap::default();
        for page in [3, 64, 127, 40_000, 1 << 30] {
            assert!(b.set(page));
        }
        assert!(!b.set(64));
        let mut seen = Vec::new();
        let mut at = 0;
        while let Some(page) = b.next(at) {
            seen.push(page);
            at = page + 1;
        }
        assert_eq!(seen, [3, 64, 127, 40_000, 1 << 30]);
        assert_eq!(b.next_before(128, 40_000), None);
        assert_eq!(b.next_before(128, 40_001), Some(40_000));
        assert_eq!(b.count(), 5);
    }

    #[test]
    fn runs_end_at_gaps() {
        let mut b = Bitmap::default();
        for page in 10..20 {
            b.set(page);
        }
        assert_eq!(b.run_up(10, 64), 10);
        assert_eq!(b.run_up(10, 4), 4);
        assert_eq!(b.run_up(20, 64), 0);
        assert_eq!(b.run_down(20, 64), 10);
        assert_eq!(b.run_down(10, 64), 0);
        assert_eq!(b.run_down(0, 64), 0);
    }

    proptest! {
        #[test]
        fn agrees_with_a_set(ops in prop::collection::vec((0u64..70_000, any::<bool>()), 1..300)) {
            let (mut b, mut set) = (Bitmap::default(), BTreeSet::new());
            for (page, put) in ops {
                if put {
                    prop_assert_eq!(b.set(page), set.insert(page));
                } else {
                    prop_assert_eq!(b.clear(page), set.remove(&page));
                }
                prop_assert_eq!(b.count(), set.len() as u64);
                prop_assert_eq!(b.next(page), set.range(page..).next().copied());
            }
        }
    }
}
