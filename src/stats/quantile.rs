//! Intervals of quantiles, from ranks: nothing is assumed of the distribution.

use statrs::distribution::{Binomial, DiscreteCDF};

/// Ranks, from 1, of the ordered samples between which the `p` quantile lies
/// with at least confidence `level`: the number of `n` independent samples
/// below the quantile is binomial. None if `n` samples cannot tell.
pub fn rank_interval(n: u64, p: f64, level: f64) -> Option<(u64, u64)> {
    if n == 0 || !(0.0..1.0).contains(&level) {
        return None;
    }
    let below = Binomial::new(p, n).ok()?;
    let tail = (1.0 - level) / 2.0;
    // P(B < low) <= tail: the quantile is not below rank `low`.
    let low = least(n, |k| below.cdf(k) >= tail);
    let low = match below.cdf(low) > tail {
        true => low,
        false => low + 1,
    };
    // P(B >= high) <= tail: it is not above rank `high`.
    let high = least(n, |k| below.cdf(k) >= 1.0 - tail) + 1;
    (low >= 1 && high <= n).then_some((low, high))
}

/// The least of 0 to `n` for which `holds`, which holds for all above it.
fn least(n: u64, holds: impl Fn(u64) -> bool) -> u64 {
    let (mut low, mut high) = (0, n);
    while low < high {
        let middle = low + (high - low) / 2;
        if holds(middle) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    low
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As in the tables of order statistics: the 95 % interval of a median of
    /// ten lies between the second and the ninth, of 100 between the 40th and
    /// the 61st.
    #[test]
    fn medians() {
        assert_eq!(rank_interval(10, 0.5, 0.95), Some((2, 9)));
        assert_eq!(rank_interval(100, 0.5, 0.95), Some((40, 61)));
        assert_eq!(rank_interval(5, 0.5, 0.95), None);
        assert_eq!(rank_interval(100, 0.99, 0.95), None);
        assert!(rank_interval(10_000, 0.99, 0.95).is_some());
    }
}
