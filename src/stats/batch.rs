//! Batch means: what one long run tells of its own accuracy.

use super::Moments;

/// How many batches, where there are enough observations.
const BATCHES: usize = 20;
/// Fewer tell nothing.
const FEWEST: usize = 10;
/// Correlation of neighbouring batches above which they are too short.
const CORRELATED: f64 = 0.3;

/// Cuts `n` observations into batches of equal length: how many to skip at the
/// start so that they fit, and how long each is. None if there are too few.
pub fn batches(n: usize, count: usize) -> Option<(usize, usize)> {
    let length = n / count;
    (length > 0).then(|| (n - length * count, length))
}

/// Figures of the batches of `n` observations, of which `figure` tells that of
/// a range: of twenty batches, or of ten if neighbours of the twenty are
/// correlated. None if there are too few observations, or figures.
pub fn batch_figures(
    n: usize,
    figure: impl Fn(std::ops::Range<usize>) -> Option<f64>,
) -> Option<Vec<f64>> {
    let of = |count: usize| -> Option<Vec<f64>> {
        let (skip, length) = batches(n, count)?;
        (0..count)
            .map(|i| figure(skip + i * length..skip + (i + 1) * length))
            .collect()
    };
    match of(BATCHES) {
        Some(figures) if neighbours(&figures) <= CORRELATED => Some(figures),
        _ => of(FEWEST),
    }
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
    fn correlated_batches_are_joined() {
        let noise = |i: usize| ((i * 7919) % 101) as f64;
        let mean = |range: std::ops::Range<usize>| {
            let n = range.len() as f64;
            Some(range.map(noise).sum::<f64>() / n)
        };
        assert_eq!(batch_figures(200, mean).map(|f| f.len()), Some(20));
        let slow = |range: std::ops::Range<usize>| Some(range.start as f64);
        assert_eq!(batch_figures(200, slow).map(|f| f.len()), Some(10));
        assert_eq!(batch_figures(9, mean), None);
        assert_eq!(batches(205, 20), Some((5, 10)));
    }
}
