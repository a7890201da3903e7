//! Counts in buckets whose width grows with the value.

use std::ops::Range;

/// Every power of two is cut into 2⁷ buckets: a bucket is at most 1/128 of its
/// values wide, which gives two significant digits. These are the buckets of
/// an HdrHistogram of two digits.
const PRECISION: u32 = 7;

/// A log-linear histogram of `u64`.
///
/// The buckets are those of `hdrhistogram` with two significant digits and
/// lowest discernible value 1; there is one line of integer arithmetic between
/// a value and its bucket. Memory: 1 KiB a power of two between the smallest and
/// the largest value seen, at most 58 KiB.
#[derive(Clone, Debug, Default)]
pub struct Histogram {
    /// Nothing is in the buckets before this one.
    base: usize,
    /// What is in those from there on.
    counts: Vec<u64>,
}

/// Histograms are the same if the same is in their buckets.
impl PartialEq for Histogram {
    fn eq(&self, other: &Self) -> bool {
        self.buckets().eq(other.buckets())
    }
}

impl Eq for Histogram {}

/// Buckets are added so many at once.
const STEP: usize = 64;

/// A bucket that holds something.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Bucket {
    /// Least value that falls into it.
    pub lowest: u64,
    /// Greatest value that falls into it.
    pub highest: u64,
    /// How many did.
    pub count: u64,
}

impl Histogram {
    /// Counts `value` once.
    #[inline]
    pub fn record(&mut self, value: u64) {
        self.record_n(value, 1);
    }

    /// Counts `value` `n` times.
    #[inline]
    pub fn record_n(&mut self, value: u64, n: u64) {
        let index = index_of(value);
        // Below the base this wraps, and is far outside as well.
        match self.counts.get_mut(index.wrapping_sub(self.base)) {
            Some(count) => *count += n,
            None => self.record_outside(index, n),
        }
    }

    /// Counts `n` of a bucket that there is no room for yet.
    #[cold]
    fn record_outside(&mut self, index: usize, n: u64) {
        if n > 0 {
            self.cover(index, index);
            self.counts[index - self.base] += n;
        }
    }

    /// Makes room for the buckets from `first` to `last`.
    #[cold]
    #[inline(never)]
    fn cover(&mut self, first: usize, last: usize) {
        let (first, last) = (first / STEP * STEP, last / STEP * STEP + STEP - 1);
        if self.counts.is_empty() {
            self.base = first;
        }
        if first < self.base {
            let missing = self.base - first;
            self.counts.splice(0..0, std::iter::repeat_n(0, missing));
            self.base = first;
        }
        let length = self.counts.len().max(last + 1 - self.base);
        self.counts.resize(length, 0);
    }

    /// The buckets that it has room for.
    pub fn room(&self) -> Range<usize> {
        self.base..self.base + self.counts.len()
    }

    /// Makes room for buckets that it will need: at once costs less than one by one.
    pub fn make_room(&mut self, buckets: Range<usize>) {
        if let Some(last) = buckets.end.checked_sub(1)
            && buckets.start <= last
        {
            self.cover(buckets.start, last);
        }
    }

    /// The buckets that hold something, by rising value.
    pub fn buckets(&self) -> impl Iterator<Item = Bucket> + '_ {
        let all = self.counts.iter().enumerate();
        let filled = all.filter(|(_, count)| **count != 0);
        filled.map(|(offset, &count)| Bucket {
            lowest: lowest_of(self.base + offset),
            highest: highest_of(self.base + offset),
            count,
        })
    }

    /// The greatest value of the bucket of the `rank`-th value from below,
    /// counted from 1; of the last bucket if there are fewer, 0 of none.
    pub fn value_at_rank(&self, rank: u64) -> u64 {
        let mut seen = 0;
        let reached = self.counts.iter().position(|count| {
            seen += count;
            seen >= rank && *count != 0
        });
        let offset = reached.or_else(|| self.counts.iter().rposition(|count| *count != 0));
        offset.map_or(0, |offset| highest_of(self.base + offset))
    }

    /// Adds all that `other` counted.
    pub fn merge(&mut self, other: &Histogram) {
        let Some(more) = other.counts.len().checked_sub(1) else {
            return;
        };
        self.cover(other.base, other.base + more);
        let own = self.counts[other.base - self.base..].iter_mut();
        for (mine, theirs) in own.zip(&other.counts) {
            *mine += theirs;
        }
    }

    /// Forgets everything, but keeps its memory.
    pub fn clear(&mut self) {
        self.base = 0;
        self.counts.clear();
    }
}

/// The bucket of `value`: its power of two, and the seven bits that follow.
#[inline]
fn index_of(value: u64) -> usize {
    const SUB_BUCKETS: u64 = 1 << (PRECISION + 1);
    let shift = (value | (SUB_BUCKETS - 1)).ilog2() - PRECISION;
    ((shift as usize) << PRECISION) + (value >> shift) as usize
}

/// Least value of bucket `index`.
fn lowest_of(index: usize) -> u64 {
    let shift = (index >> PRECISION).saturating_sub(1);
    ((index - (shift << PRECISION)) as u64) << shift
}

/// Greatest value of bucket `index`.
fn highest_of(index: usize) -> u64 {
    let shift = (index >> PRECISION).saturating_sub(1);
    lowest_of(index) | ((1 << shift) - 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// The buckets are those of the reference implementation.
        #[test]
        fn buckets_are_those_of_hdrhistogram(bits in 0u32..63, low: u64) {
            let value = (1u64 << bits) | (low & ((1 << bits) - 1));
            let hdr = hdrhistogram::Histogram::<u64>::new(2).unwrap();
            let index = index_of(value);
            prop_assert_eq!(lowest_of(index), hdr.lowest_equivalent(value));
            prop_assert_eq!(highest_of(index), hdr.highest_equivalent(value));
        }
    }

    #[test]
    fn buckets_tile_the_whole_range() {
        let last = index_of(u64::MAX);
        assert_eq!(lowest_of(0), 0);
        assert_eq!(highest_of(last), u64::MAX);
        for index in 1..=last {
            assert_eq!(lowest_of(index), highest_of(index - 1) + 1);
            assert_eq!(index_of(lowest_of(index)), index);
            assert_eq!(index_of(highest_of(index)), index);
        }
    }

    #[test]
    fn merging_is_recording_both() {
        let (mut a, mut b, mut both) = (
            Histogram::default(),
            Histogram::default(),
            Histogram::default(),
        );
        for v in [3, 70_000, 3] {
            a.record(v);
            both.record(v);
        }
        for v in [1 << 40, 3, 1] {
            b.record(v);
            both.record(v);
        }
        let mut other = b.clone();
        other.merge(&a);
        a.merge(&b);
        assert_eq!((&a, &other), (&both, &both));
        let ranks: Vec<u64> = (0..8).map(|rank| a.value_at_rank(rank)).collect();
        assert_eq!(ranks[..5], [1, 1, 3, 3, 3]);
        assert!(ranks[5] >= 70_000 && ranks[6] > 1 << 40 && ranks[7] == ranks[6]);
        a.clear();
        assert_eq!(a.buckets().count(), 0);
    }
}
