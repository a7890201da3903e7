//! How often something happens.

use statrs::distribution::{Beta, ContinuousCDF};

use super::Interval;

/// The interval of a chance, at `level`, of which `n` trials saw `hits`
/// (Clopper and Pearson 1934): never too narrow.
pub fn proportion(hits: u64, n: u64, level: f64) -> Interval {
    let tail = (1.0 - level) / 2.0;
    let quantile = |a: u64, b: u64, p: f64| {
        Beta::new(a as f64, b as f64).map_or(f64::NAN, |beta| beta.inverse_cdf(p))
    };
    let misses = n.saturating_sub(hits);
    Interval {
        low: if hits == 0 {
            0.0
        } else {
            quantile(hits, misses + 1, tail)
        },
        high: if misses == 0 {
            1.0
        } else {
            quantile(hits + 1, misses, 1.0 - tail)
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_in_the_tables() {
        let all = proportion(10_000, 10_000, 0.95);
        assert!(
            (all.low - 0.999_631).abs() < 1e-6 && all.high == 1.0,
            "{all:?}"
        );
        let half = proportion(5, 10, 0.95);
        assert!(
            (half.low - 0.1871).abs() < 1e-4 && (half.high - 0.8129).abs() < 1e-4,
            "{half:?}"
        );
    }
}
