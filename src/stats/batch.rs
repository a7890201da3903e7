//! Batch means: what one long run tells of its own accuracy.

use super::Moments;

/// Into how many batches a run is cut, the shortest first.
pub const BATCHES: [usize; 3] = [20, 10, 5];
/// Correlation of neighbouring batches above which they are too short.
pub const CORRELATED: f64 = 0.3;

/// Cuts `n` observations into `count` batches of equal length: how many to skip
/// at the start so that they fit, and how long each is. None if there are too
/// few.
pub fn batches(n: usize, count: usize) -> Option<(usize, usize)> {
    let length = n / count;
    (length > 0).then(|| (n - length * count, length))
}

/// Correlation of neighbours; 0 if all are equal.
pub fn neighbours(figures: &[f64]) -> f64 {
    let mean = Moments::of(figures.iter().copied()).mean;
    let off: Vec<f64> = figures.iter().map(|x| x - mean).collect();
    let all: f64 = off.iter().map(|x| x * x).sum();
    let pairs: f64 = off.windows(2).map(|pair| pair[0] * pair[1]).sum();
    if all > 0.0 { pairs / all } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn batches_are_equal_and_end_at_the_end() {
        assert_eq!(batches(205, 20), Some((5, 10)));
        assert_eq!(batches(20, 20), Some((0, 1)));
        assert_eq!(batches(19, 20), None);
    }

    #[test]
    fn what_rises_is_correlated_and_noise_is_not() {
        let slow: Vec<f64> = (0..20).map(f64::from).collect();
        assert!(neighbours(&slow) > 0.8);
        let scatter = |x: &u32| Some(x.wrapping_mul(1_664_525).wrapping_add(1_013_904_223));
        let noise = std::iter::successors(Some(1u32), scatter).map(|x| f64::from(x >> 16));
        let noise: Vec<f64> = noise.take(200).collect();
        assert!(neighbours(&noise).abs() < CORRELATED);
        assert_eq!(neighbours(&[1.0; 20]), 0.0);
    }
}
