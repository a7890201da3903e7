//! Means and their confidence intervals.

use statrs::distribution::{ContinuousCDF, StudentsT};

/// Count, mean, spread and extremes of some numbers, one after the other
/// (Welford 1962).
#[derive(Copy, Clone, PartialEq, Debug)]
pub struct Moments {
    /// How many.
    pub count: u64,
    /// Their mean; 0 of none.
    pub mean: f64,
    /// Smallest; infinite of none.
    pub min: f64,
    /// Largest; minus infinite of none.
    pub max: f64,
    squares: f64,
}

impl Default for Moments {
    fn default() -> Self {
        Moments {
            count: 0,
            mean: 0.0,
            min: f64::INFINITY,
            max: f64::NEG_INFINITY,
            squares: 0.0,
        }
    }
}

impl Moments {
    /// Of `samples`.
    pub fn of(samples: impl IntoIterator<Item = f64>) -> Moments {
        let mut moments = Moments::default();
        samples.into_iter().for_each(|x| moments.add(x));
        moments
    }

    /// Counts `x` as well.
    pub fn add(&mut self, x: f64) {
        self.count += 1;
        let off = x - self.mean;
        self.mean += off / self.count as f64;
        self.squares += off * (x - self.mean);
        self.min = self.min.min(x);
        self.max = self.max.max(x);
    }

    /// Standard deviation of what the numbers are a sample of; none of fewer
    /// than two.
    pub fn stddev(&self) -> Option<f64> {
        let freedom = self.count.checked_sub(1).filter(|n| *n > 0)?;
        Some(libm::sqrt((self.squares / freedom as f64).max(0.0)))
    }

    /// Standard error of the mean; none of fewer than two.
    pub fn standard_error(&self) -> Option<f64> {
        Some(self.stddev()? / libm::sqrt(self.count as f64))
    }

    /// Student's interval of the mean at `level`, 0 to 1; none of fewer than
    /// two.
    pub fn interval(&self, level: f64) -> Option<Interval> {
        let error = self.standard_error()?;
        let half = student_t(level, self.count as f64 - 1.0) * error;
        Some(Interval {
            low: self.mean - half,
            high: self.mean + half,
        })
    }
}

/// An interval that holds the truth at a stated level of confidence.
#[derive(Copy, Clone, PartialEq, Debug)]
pub struct Interval {
    /// Its lower end.
    pub low: f64,
    /// Its upper end.
    pub high: f64,
}

impl Interval {
    /// Half of its width.
    pub fn half_width(&self) -> f64 {
        (self.high - self.low) / 2.0
    }
    /// Whether `x` is in it.
    pub fn contains(&self, x: f64) -> bool {
        (self.low..=self.high).contains(&x)
    }
}

/// How many standard errors an interval at `level`, 0 to 1, reaches to either
/// side of a mean, with so many degrees of freedom.
pub fn student_t(level: f64, freedom: f64) -> f64 {
    match StudentsT::new(0.0, 1.0, freedom) {
        Ok(t) if (0.0..1.0).contains(&level) => t.inverse_cdf(0.5 + level / 2.0),
        _ => f64::INFINITY,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn student_as_in_the_tables() {
        for (level, freedom, want) in [(0.95, 1.0, 12.706), (0.95, 9.0, 2.262), (0.99, 30.0, 2.750)]
        {
            assert!((student_t(level, freedom) - want).abs() < 1e-3);
        }
    }

    #[test]
    fn moments_of_few_numbers() {
        let m = Moments::of([2.0, 4.0, 4.0, 6.0]);
        assert_eq!((m.count, m.mean, m.min, m.max), (4, 4.0, 2.0, 6.0));
        assert!((m.stddev().unwrap() - 1.632_993).abs() < 1e-6);
        let interval = m.interval(0.95).unwrap();
        assert!((interval.half_width() - 3.182 * 0.816_497).abs() < 1e-3);
        assert_eq!(Moments::of([1.0]).interval(0.95), None);
        assert_eq!(Moments::default().stddev(), None);
    }
}
