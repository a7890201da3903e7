//! Latencies of one kind.

use std::ops::Range;

use hdrhistogram::{CreationError, Histogram as Hdr};

use super::histogram::Histogram;
use crate::sim::time::Ns;

/// Latencies of one kind: count, extremes and moments exactly, percentiles to
/// two significant digits.
///
/// Recording takes a few integer instructions; equal samples in any order give
/// equal statistics.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LatencyStats {
    histogram: Histogram,
    count: u64,
    min: u64,
    max: u64,
    sum: u128,
    sum_sq: u128,
}

impl Default for LatencyStats {
    fn default() -> Self {
        LatencyStats {
            histogram: Histogram::default(),
            count: 0,
            min: u64::MAX,
            max: 0,
            sum: 0,
            sum_sq: 0,
        }
    }
}

impl LatencyStats {
    /// Adds one sample.
    #[inline]
    pub fn record(&mut self, v: Ns) {
        let v = v.0;
        self.histogram.record(v);
        self.widen(v);
        self.count += 1;
        self.sum += u128::from(v);
        self.add_squares(u128::from(v) * u128::from(v));
    }
    /// Adds `n` equal samples.
    #[inline]
    pub fn record_n(&mut self, v: Ns, n: u64) {
        match n {
            0 => {}
            1 => self.record(v),
            _ => self.record_many(v, n),
        }
    }
    #[inline(never)]
    fn record_many(&mut self, v: Ns, n: u64) {
        let v = v.0;
        self.histogram.record_n(v, n);
        self.widen(v);
        self.count += n;
        self.sum += u128::from(v) * u128::from(n);
        let squares = u128::from(v) * u128::from(v);
        self.add_squares(squares.saturating_mul(u128::from(n)));
    }
    #[inline]
    fn widen(&mut self, v: u64) {
        // Seldom after the first few: a branch costs less than a store.
        if v < self.min {
            self.min = v;
        }
        if v > self.max {
            self.max = v;
        }
    }
    #[inline]
    fn add_squares(&mut self, squares: u128) {
        // 10⁶ s is 10¹⁵ ns: 3·10⁸ such samples fit.
        match self.sum_sq.checked_add(squares) {
            Some(sum) => self.sum_sq = sum,
            None => self.sum_sq = u128::MAX,
        }
    }
    /// Number of samples.
    pub fn count(&self) -> u64 {
        self.count
    }
    /// Smallest sample, ns; 0 if there is none.
    pub fn min(&self) -> u64 {
        if self.count == 0 { 0 } else { self.min }
    }
    /// Largest sample, ns; 0 if there is none.
    pub fn max(&self) -> u64 {
        self.max
    }
    /// Sum of the samples, ns.
    pub fn sum(&self) -> u128 {
        self.sum
    }
    /// Mean in ns; 0 if there is no sample.
    pub fn mean(&self) -> f64 {
        match self.count {
            0 => 0.0,
            n => self.sum as f64 / n as f64,
        }
    }
    /// Population standard deviation in ns; 0 if there is no sample.
    pub fn stddev(&self) -> f64 {
        if self.count == 0 {
            return 0.0;
        }
        // About the whole part m of the mean, where nothing cancels:
        // Σ(x−m)² = Σx² − m·(2Σx − n·m).
        let n = u128::from(self.count);
        let (m, rest) = (self.sum / n, self.sum % n);
        let about_m = self
            .sum_sq
            .saturating_sub(m.saturating_mul(self.sum + rest));
        let offset = rest as f64 / n as f64;
        libm::sqrt((about_m as f64 / n as f64 - offset * offset).max(0.0))
    }
    /// The value at or below which `percent` % of the samples lie, ns; 0 if
    /// there is no sample. At most 1/128 above the exact one, and never
    /// outside the extremes.
    pub fn percentile(&self, percent: f64) -> u64 {
        if self.count == 0 {
            return 0;
        }
        let rank = libm::ceil(percent / 100.0 * self.count as f64) as u64;
        let rank = rank.clamp(1, self.count);
        self.histogram.value_at_rank(rank).clamp(self.min, self.max)
    }
    /// The distribution in buckets.
    pub fn histogram(&self) -> &Histogram {
        &self.histogram
    }
    /// Adds all samples of `other`.
    pub fn merge(&mut self, other: &LatencyStats) {
        self.histogram.merge(&other.histogram);
        self.count += other.count;
        self.min = self.min.min(other.min);
        self.max = self.max.max(other.max);
        self.sum += other.sum;
        self.sum_sq = self.sum_sq.saturating_add(other.sum_sq);
    }
    /// The buckets that it has room for.
    pub fn room(&self) -> Range<usize> {
        self.histogram.room()
    }
    /// Makes room for buckets that it will need.
    pub fn make_room(&mut self, buckets: Range<usize>) {
        self.histogram.make_room(buckets);
    }
    /// Forgets everything, as at the end of the warm-up; keeps its memory.
    pub fn reset(&mut self) {
        let mut histogram = std::mem::take(&mut self.histogram);
        histogram.clear();
        *self = LatencyStats {
            histogram,
            ..LatencyStats::default()
        };
    }
    /// As an HdrHistogram of two significant digits, for its formats and
    /// tools.
    ///
    /// # Errors
    /// Those of `hdrhistogram`, none of which apply to these bounds.
    pub fn to_hdr(&self) -> Result<Hdr<u64>, CreationError> {
        let mut hdr = Hdr::new_with_bounds(1, self.max.max(2), 2)?;
        for bucket in self.histogram.buckets() {
            hdr.saturating_record_n(bucket.lowest, bucket.count);
        }
        Ok(hdr)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn of(samples: &[u64]) -> LatencyStats {
        let mut s = LatencyStats::default();
        samples.iter().for_each(|&v| s.record(Ns(v)));
        s
    }

    #[test]
    fn nothing_recorded_is_all_zero() {
        let s = LatencyStats::default();
        assert_eq!((s.min(), s.max(), s.percentile(99.0)), (0, 0, 0));
        assert_eq!((s.mean(), s.stddev()), (0.0, 0.0));
    }

    #[test]
    fn a_constant_is_told_exactly() {
        let s = of(&[10_007; 1000]);
        assert_eq!(s.percentile(50.0), 10_007);
        assert_eq!((s.mean(), s.stddev()), (10_007.0, 0.0));
    }

    #[test]
    fn a_small_spread_on_a_large_mean_is_not_lost() {
        let hour = 3_600_000_000_000;
        let s = of(&[hour, hour + 2, hour + 4, hour + 6]);
        assert_eq!(s.stddev(), 5f64.sqrt());
    }

    #[test]
    fn the_largest_values_do_not_overflow() {
        let s = of(&[u64::MAX; 3]);
        assert_eq!((s.count(), s.percentile(50.0)), (3, u64::MAX));
        assert!(s.mean() > 1.8e19 && s.stddev().is_finite());
    }

    proptest! {
        #[test]
        fn moments_and_percentiles_are_those_of_the_sorted_samples(
            mut v in proptest::collection::vec(0u64..10_000_000, 1..300),
            percent in 0.0f64..100.0,
        ) {
            let s = of(&v);
            v.sort_unstable();
            let n = v.len() as f64;
            let mean = v.iter().sum::<u64>() as f64 / n;
            let var = v.iter().map(|&x| (x as f64 - mean).powi(2)).sum::<f64>() / n;
            prop_assert!((s.mean() - mean).abs() < 1e-6);
            prop_assert!((s.stddev() - var.sqrt()).abs() < 1e-6 * mean.max(1.0));
            let rank = ((percent / 100.0 * n).ceil() as usize).max(1);
            let exact = v[rank - 1];
            let told = s.percentile(percent);
            prop_assert!(told >= exact && told <= exact + exact / 128, "{} {}", told, exact);
            prop_assert_eq!((s.min(), s.max()), (v[0], v[v.len() - 1]));
        }

        #[test]
        fn equal_samples_at_once_are_as_one_by_one(v: u64, n in 0u64..9) {
            let mut at_once = LatencyStats::default();
            at_once.record_n(Ns(v), n);
            prop_assert_eq!(at_once, of(&vec![v; n as usize]));
        }

        #[test]
        fn merging_and_resetting(
            a in proptest::collection::vec(0u64..1_000_000, 0..50),
            b in proptest::collection::vec(0u64..1_000_000, 0..50),
        ) {
            let mut merged = of(&a);
            merged.merge(&of(&b));
            prop_assert_eq!(&merged, &of(&[a, b].concat()));
            merged.reset();
            prop_assert_eq!(merged, LatencyStats::default());
        }

        #[test]
        fn hdrhistogram_agrees(v in proptest::collection::vec(1u64..1 << 40, 1..100)) {
            let s = of(&v);
            let hdr = s.to_hdr().unwrap();
            prop_assert_eq!(hdr.len(), s.count());
            for q in [0.1, 0.5, 0.9, 1.0] {
                let told = s.percentile(q * 100.0);
                prop_assert_eq!(hdr.value_at_quantile(q), hdr.highest_equivalent(told));
            }
        }
    }
}
