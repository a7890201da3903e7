//! Sums over bins of time.

use std::ops::AddAssign;

use crate::sim::time::Ns;
use crate::sim::unlikely;

/// A time series in bounded memory: when the run outgrows its bins,
/// neighbours are joined and the bins are twice as wide.
#[derive(Clone, PartialEq, Debug)]
pub struct Series<T> {
    start: Ns,
    width: u64,
    limit: usize,
    bins: Vec<T>,
}

impl<T: Clone + Default + AddAssign> Series<T> {
    /// Bins of `width` from `start`, at most `limit` of them. A width of 0
    /// counts as 1 ns, a limit below 2 as 2.
    pub fn new(start: Ns, width: Ns, limit: usize) -> Self {
        Series {
            start,
            width: width.0.max(1),
            limit: limit.max(2),
            bins: Vec::new(),
        }
    }

    /// The bin of time `at`; times before the start fall into the first.
    #[inline]
    pub fn at(&mut self, at: Ns) -> &mut T {
        let mut index = self.index(at);
        if unlikely(index >= self.bins.len() as u64) {
            index = self.grow(at);
        }
        &mut self.bins[index as usize]
    }

    /// Makes room for the bin of time `at`; which it is.
    #[cold]
    fn grow(&mut self, at: Ns) -> u64 {
        let mut index = self.index(at);
        while index >= self.limit as u64 {
            self.halve();
            index = self.index(at);
        }
        let bins = self.bins.len().max(index as usize + 1);
        self.bins.resize_with(bins, T::default);
        index
    }

    #[inline]
    fn index(&self, at: Ns) -> u64 {
        at.saturating_sub(self.start).0 / self.width
    }

    #[cold]
    fn halve(&mut self) {
        let mut bins = std::mem::take(&mut self.bins).into_iter();
        while let Some(mut sum) = bins.next() {
            if let Some(second) = bins.next() {
                sum += second;
            }
            self.bins.push(sum);
        }
        self.width = self.width.saturating_mul(2);
    }

    /// How wide the bins are now: the first width times a power of two.
    pub fn width(&self) -> Ns {
        Ns(self.width)
    }

    /// The bins with their start, up to the last that was touched.
    pub fn bins(&self) -> impl Iterator<Item = (Ns, &T)> + '_ {
        let begin = |i: usize| Ns(self.start.0.saturating_add(i as u64 * self.width));
        self.bins
            .iter()
            .enumerate()
            .map(move |(i, b)| (begin(i), b))
    }

    /// Starts again at `start`; the width stays.
    pub fn reset(&mut self, start: Ns) {
        self.start = start;
        self.bins.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_long_run_has_wider_bins() {
        let mut s = Series::<u64>::new(Ns(100), Ns(10), 4);
        for t in (100..240).step_by(10) {
            *s.at(Ns(t)) += 1;
        }
        assert_eq!(s.width(), Ns(40));
        let bins: Vec<_> = s.bins().map(|(t, n)| (t.0, *n)).collect();
        assert_eq!(bins, [(100, 4), (140, 4), (180, 4), (220, 2)]);
    }

    #[test]
    fn the_end_of_time_has_a_bin() {
        let mut s = Series::<u64>::new(Ns(0), Ns(1), 3);
        *s.at(Ns(1)) += 1;
        *s.at(Ns::NEVER) += 1;
        assert!(s.bins().count() <= 3);
        assert_eq!(s.bins().map(|(_, n)| n).sum::<u64>(), 2);
    }

    proptest! {
        #[test]
        fn nothing_is_lost_or_moved_and_memory_is_bounded(
            times in proptest::collection::vec(0u64..100_000, 1..200),
            width in 1u64..50,
            limit in 2usize..40,
        ) {
            let mut s = Series::<u64>::new(Ns(0), Ns(width), limit);
            times.iter().for_each(|&t| *s.at(Ns(t)) += 1);
            let bins: Vec<_> = s.bins().map(|(t, n)| (t.0, *n)).collect();
            prop_assert!(bins.len() <= limit);
            let w = s.width().0;
            for (begin, n) in bins {
                let inside = times.iter().filter(|&&t| t >= begin && t - begin < w).count();
                prop_assert_eq!(n, inside as u64);
            }
        }
    }
}
