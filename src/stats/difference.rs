//! Is B better than A, and by how much?

use statrs::distribution::{ContinuousCDF, StudentsT};

use super::{Interval, Moments, student_t};

/// The difference of two means, and how sure it is.
#[derive(Copy, Clone, PartialEq, Debug)]
pub struct Difference {
    /// Of the means: B − A.
    pub mean: f64,
    /// Its standard error.
    pub error: f64,
    /// Degrees of freedom of that.
    pub freedom: f64,
    /// The difference in units of the spread: Cohen's d of the pairs, or of the
    /// two samples; infinite if there is no spread but a difference.
    pub effect: f64,
    /// Correlation of the pairs; none if they are not pairs, or do not vary.
    pub correlation: Option<f64>,
}

impl Difference {
    /// Of pairs: both of a pair met the same world. None of fewer than two.
    pub fn of_pairs(pairs: &[(f64, f64)]) -> Option<Difference> {
        let off = Moments::of(pairs.iter().map(|(a, b)| b - a));
        let (error, spread) = (off.standard_error()?, off.stddev()?);
        Some(Difference {
            mean: off.mean,
            error,
            freedom: off.count as f64 - 1.0,
            effect: ratio(off.mean, spread),
            correlation: correlation(pairs),
        })
    }

    /// Of two samples that have nothing to do with each other (Welch 1947).
    /// None if either has fewer than two.
    pub fn of_samples(a: &Moments, b: &Moments) -> Option<Difference> {
        let (own, other) = (a.standard_error()?, b.standard_error()?);
        let (va, vb) = (own * own, other * other);
        let below = va * va / (a.count as f64 - 1.0) + vb * vb / (b.count as f64 - 1.0);
        let freedom = match (va + vb) * (va + vb) / below {
            freedom if freedom.is_finite() => freedom,
            _ => (a.count + b.count) as f64 - 2.0,
        };
        let (sa, sb) = (a.stddev()?, b.stddev()?);
        Some(Difference {
            mean: b.mean - a.mean,
            error: libm::sqrt(va + vb),
            freedom,
            effect: ratio(b.mean - a.mean, libm::sqrt((sa * sa + sb * sb) / 2.0)),
            correlation: None,
        })
    }

    /// The same, known no better than figures can be that were rounded to
    /// multiples of `step`: a few runs that agree by rounding are not certain.
    /// What does not differ at all stays so.
    pub fn rounded_to(self, step: f64, runs: u64) -> Difference {
        if self.mean == 0.0 {
            return self;
        }
        // Two errors, each uniform over a step.
        let least = step / libm::sqrt(6.0 * runs.max(1) as f64);
        Difference {
            error: self.error.max(least),
            ..self
        }
    }

    /// Student's interval at `level`, 0 to 1.
    pub fn interval(&self, level: f64) -> Interval {
        let half = match self.error {
            0.0 => 0.0,
            error => student_t(level, self.freedom) * error,
        };
        Interval {
            low: self.mean - half,
            high: self.mean + half,
        }
    }

    /// How likely such a difference, or a larger one, is if the truth is at
    /// most `limit`: the p-value of "more than `limit`".
    pub fn p_more_than(&self, limit: f64) -> f64 {
        if self.error == 0.0 {
            return if self.mean > limit { 0.0 } else { 1.0 };
        }
        upper_tail((self.mean - limit) / self.error, self.freedom)
    }

    /// The p-value of "less than `limit`".
    pub fn p_less_than(&self, limit: f64) -> f64 {
        let negative = Difference {
            mean: -self.mean,
            ..*self
        };
        negative.p_more_than(-limit)
    }
}

fn upper_tail(t: f64, freedom: f64) -> f64 {
    StudentsT::new(0.0, 1.0, freedom).map_or(1.0, |student| student.sf(t))
}

fn ratio(mean: f64, spread: f64) -> f64 {
    match (mean == 0.0, spread == 0.0) {
        (true, _) => 0.0,
        (false, true) => f64::INFINITY.copysign(mean),
        (false, false) => mean / spread,
    }
}

fn correlation(pairs: &[(f64, f64)]) -> Option<f64> {
    let a = Moments::of(pairs.iter().map(|pair| pair.0));
    let b = Moments::of(pairs.iter().map(|pair| pair.1));
    let together: f64 = pairs.iter().map(|(x, y)| (x - a.mean) * (y - b.mean)).sum();
    let spread = a.stddev()? * b.stddev()? * (pairs.len() as f64 - 1.0);
    (spread > 0.0).then(|| together / spread)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_that_move_together_tell_more() {
        let pairs = [(10.0, 11.0), (20.0, 21.1), (30.0, 30.9), (40.0, 41.0)];
        let paired = Difference::of_pairs(&pairs).unwrap();
        let a = Moments::of(pairs.iter().map(|pair| pair.0));
        let b = Moments::of(pairs.iter().map(|pair| pair.1));
        let welch = Difference::of_samples(&a, &b).unwrap();
        assert!((paired.mean - 1.0).abs() < 1e-9 && (welch.mean - 1.0).abs() < 1e-9);
        assert!(paired.p_more_than(0.0) < 0.001 && welch.p_more_than(0.0) > 0.4);
        assert!(paired.correlation.unwrap() > 0.999);
        // scipy.stats.ttest_ind(…, equal_var=False): df 6.0000, p/2 = 0.4576
        assert!((welch.freedom - 6.0).abs() < 1e-3);
        assert!((welch.p_more_than(0.0) - 0.4576).abs() < 2e-3);
    }

    #[test]
    fn what_was_rounded_is_not_certain() {
        let pairs = Difference::of_pairs(&[(3.0, 4.0); 2]).unwrap();
        assert_eq!(pairs.p_more_than(0.0), 0.0);
        let rounded = pairs.rounded_to(0.5, 2);
        assert!(rounded.p_more_than(0.0) > 0.01);
        let same = Difference::of_pairs(&[(3.0, 3.0); 2]).unwrap();
        assert_eq!(same.rounded_to(0.5, 2), same);
    }

    #[test]
    fn what_does_not_vary_is_certain() {
        let same = Difference::of_pairs(&[(3.0, 3.0); 4]).unwrap();
        assert_eq!((same.p_more_than(0.0), same.p_less_than(0.0)), (1.0, 1.0));
        let more = Difference::of_pairs(&[(3.0, 4.0); 4]).unwrap();
        assert_eq!((more.p_more_than(0.5), more.p_more_than(1.0)), (0.0, 1.0));
        assert_eq!(more.effect, f64::INFINITY);
        assert_eq!(Difference::of_pairs(&[(1.0, 2.0)]), None);
    }
}
