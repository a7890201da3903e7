//! Where the warm-up ends.

/// A count of which the part since the warm-up can be told.
#[derive(Copy, Clone, PartialEq, Eq, Debug, Default)]
pub struct Counter {
    total: u64,
    before: u64,
}

impl Counter {
    /// Counts `n` more.
    #[inline]
    pub fn add(&mut self, n: u64) {
        self.total += n;
    }
    /// All that was counted.
    pub fn total(&self) -> u64 {
        self.total
    }
    /// What was counted in the present window.
    pub fn in_window(&self) -> u64 {
        self.total - self.before
    }
    /// Starts a new window; the total stays.
    pub fn reset(&mut self) {
        self.before = self.total;
    }
}

/// Observations in a batch of MSER-5.
const BATCH: usize = 5;

/// How many observations to cut from the start of `series` so that what stays
/// tells its mean best: MSER-5 (White 1997), which minimises the standard error
/// of the mean of batches of five.
///
/// None if the series is shorter than ten, if an observation is not finite, or
/// if the best cut is beyond the middle: then the run is too short to tell.
pub fn mser5(series: &[f64]) -> Option<usize> {
    let batches: Vec<f64> = series
        .chunks_exact(BATCH)
        .map(|batch| batch.iter().sum::<f64>() / BATCH as f64)
        .collect();
    let n = batches.len();
    if n < 2 || batches.iter().any(|b| !b.is_finite()) {
        return None;
    }
    // About the whole mean, so that the sums of squares do not cancel.
    let centre = batches.iter().sum::<f64>() / n as f64;
    let (mut sum, mut squares) = (0.0, 0.0);
    let mut best = (f64::INFINITY, 0);
    for (cut, batch) in batches.iter().enumerate().rev() {
        let x = batch - centre;
        sum += x;
        squares += x * x;
        let kept = (n - cut) as f64;
        // The last few batches agree by chance; they do not count.
        if kept >= BATCH as f64 || n < 2 * BATCH {
            let error = (squares - sum * sum / kept).max(0.0) / (kept * kept);
            // Of equal errors the earlier cut, which keeps more.
            if error <= best.0 {
                best = (error, cut);
            }
        }
    }
    (best.1 <= n / 2).then_some(best.1 * BATCH)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::draw::{Draws, Purpose};

    /// Noise about 10 after a transient of `length`.
    fn series(n: usize, length: usize, height: f64) -> Vec<f64> {
        let mut noise = Draws::new(4).key(Purpose::Resample, [0, 0]);
        (0..n)
            .map(|i| {
                let left = (length as f64 - i as f64).max(0.0) / length.max(1) as f64;
                10.0 + noise.unit() - 0.5 + height * left
            })
            .collect()
    }

    #[test]
    fn a_transient_is_cut() {
        let cut = mser5(&series(2000, 200, 20.0)).unwrap();
        assert!((150..=220).contains(&cut), "{cut}");
    }

    #[test]
    fn a_steady_series_keeps_nearly_all() {
        let cut = mser5(&series(2000, 0, 0.0)).unwrap();
        assert!(cut < 400, "{cut}");
        assert_eq!(mser5(&[7.0; 100]), Some(0));
    }

    #[test]
    fn a_run_that_never_settles_is_told() {
        assert_eq!(mser5(&series(200, 200, 20.0)), None);
        assert_eq!(mser5(&[1.0; 9]), None);
        assert_eq!(mser5(&[f64::NAN; 100]), None);
    }

    #[test]
    fn a_counter_tells_its_window() {
        let mut c = Counter::default();
        c.add(3);
        c.reset();
        c.add(2);
        assert_eq!((c.total(), c.in_window()), (5, 2));
    }
}
