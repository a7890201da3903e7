//! Counts in buckets whose width grows with the value.

/// Every power of two is cut into 2⁷ buckets: a bucket is at most 1/128 of its
/// values wide, which gives two significant digits. These are the buckets of
/// an HdrHistogram of two digits.
const PRECISION: u32 = 7;

/// A log-linear histogram of `u64`.
///
/// The buckets are those of `hdrhistogram` with two significant digits and
/// lowest discernible value 1; there is one line of integer arithmetic between
/// a value and its bucket. Memory: 1 KiB a power of two up to the largest
/// value seen, at most 58 KiB.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Histogram {
    counts: Vec<u64>,
}

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
        match self.counts.get_mut(index) {
            Some(count) => *count += n,
            None => self.grow_and_record(index, n),
        }
    }

    #[cold]
    #[inline(never)]
    fn grow_and_record(&mut self, index: usize, n: u64) {
        self.counts.resize(index + 1, 0);
        self.counts[index] = n;
    }

    /// The buckets that hold something, by rising value.
    pub fn buckets(&self) -> impl Iterator<Item = Bucket> + '_ {
        let filled = self.counts.iter().enumerate().filter(|(_, c)| **c != 0);
        filled.map(|(index, &count)| Bucket {
            lowest: lowest_of(index),
            highest: highest_of(index),
            count,
        })
    }

    /// The greatest value of the bucket of the `rank`-th value from below,
    /// counted from 1; of the last bucket if there are fewer.
    pub fn value_at_rank(&self, rank: u64) -> u64 {
        let mut seen = 0;
        let mut highest = 0;
        for bucket in self.buckets() {
            seen += bucket.count;
            highest = bucket.highest;
            if seen >= rank {
                break;
            }
        }
        highest
    }

    /// Adds all that `other` counted.
    pub fn merge(&mut self, other: &Histogram) {
        if self.counts.len() < other.counts.len() {
            self.counts.resize(other.counts.len(), 0);
        }
        for (mine, theirs) in self.counts.iter_mut().zip(&other.counts) {
            *mine += theirs;
        }
    }

    /// Forgets everything, but keeps its memory.
    pub fn clear(&mut self) {
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
        for v in [1 << 40, 3] {
            b.record(v);
            both.record(v);
        }
        a.merge(&b);
        assert_eq!(a, both);
        a.clear();
        assert_eq!(a.buckets().count(), 0);
    }
}
