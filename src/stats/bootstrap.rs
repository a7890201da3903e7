//! Bootstrap intervals: the samples themselves stand for what they came from.

use super::Interval;
use crate::sim::draw::{Draws, Purpose};

/// How often the samples are drawn anew.
const REPLICATES: u64 = 2000;

/// The bias-corrected and accelerated interval (Efron 1987) of `statistic` of
/// `samples` at `level`, 0 to 1. Same samples, same interval. None of fewer
/// than two.
pub fn bootstrap(
    samples: &[f64],
    level: f64,
    statistic: impl Fn(&[f64]) -> f64,
) -> Option<Interval> {
    let n = samples.len();
    if n < 2 || !(0.0..1.0).contains(&level) {
        return None;
    }
    let own = statistic(samples);
    let draws = Draws::new(n as u64);
    let mut again = vec![0.0; n];
    let mut found: Vec<f64> = (0..REPLICATES)
        .map(|replicate| {
            let mut stream = draws.key(Purpose::Resample, [replicate, 0]);
            for x in &mut again {
                *x = samples[stream.below(n as u64) as usize];
            }
            statistic(&again)
        })
        .collect();
    found.sort_by(f64::total_cmp);
    let (first, last) = (found.first().copied()?, found.last().copied()?);
    if first == last {
        return Some(Interval {
            low: first,
            high: last,
        });
    }
    let below = found.partition_point(|x| *x < own) as f64;
    let equal = found.partition_point(|x| *x <= own) as f64 - below;
    let share = (below + equal / 2.0) / REPLICATES as f64;
    let bias = normal_quantile(share.clamp(0.5 / REPLICATES as f64, 1.0 - 0.5 / REPLICATES as f64));
    let acceleration = acceleration(samples, &statistic);
    let end = |p: f64| {
        let z = bias + normal_quantile(p);
        let adjusted = normal_cdf(bias + z / (1.0 - acceleration * z));
        let rank = (adjusted * REPLICATES as f64) as usize;
        found[rank.min(found.len() - 1)]
    };
    let tail = (1.0 - level) / 2.0;
    Some(Interval {
        low: end(tail),
        high: end(1.0 - tail),
    })
}

/// From the samples without each of them in turn (jackknife).
fn acceleration(samples: &[f64], statistic: &impl Fn(&[f64]) -> f64) -> f64 {
    let without = |i: usize| {
        let rest: Vec<f64> = samples
            .iter()
            .enumerate()
            .filter(|(j, _)| *j != i)
            .map(|(_, x)| *x)
            .collect();
        statistic(&rest)
    };
    let all: Vec<f64> = (0..samples.len()).map(without).collect();
    let mean = all.iter().sum::<f64>() / all.len() as f64;
    let (mut squares, mut cubes) = (0.0, 0.0);
    for x in all {
        let off = mean - x;
        squares += off * off;
        cubes += off * off * off;
    }
    let scale = 6.0 * squares * libm::sqrt(squares);
    if scale > 0.0 { cubes / scale } else { 0.0 }
}

fn normal_quantile(p: f64) -> f64 {
    // Φ⁻¹(p) = −√2 · erfc⁻¹(2p)
    -core::f64::consts::SQRT_2 * statrs::function::erf::erfc_inv(2.0 * p)
}

fn normal_cdf(x: f64) -> f64 {
    0.5 * statrs::function::erf::erfc(-x / core::f64::consts::SQRT_2)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::Moments;

    fn mean(samples: &[f64]) -> f64 {
        samples.iter().sum::<f64>() / samples.len() as f64
    }

    /// For the mean of samples that are normal it is nearly Student's.
    #[test]
    fn of_a_mean_it_is_nearly_students() {
        let samples: Vec<f64> = (1..60)
            .map(|i| normal_quantile(f64::from(i) / 60.0))
            .collect();
        let own = bootstrap(&samples, 0.95, mean).unwrap();
        let student = Moments::of(samples.iter().copied()).interval(0.95).unwrap();
        assert!((own.low - student.low).abs() < 0.03, "{own:?} {student:?}");
        assert!((own.high - student.high).abs() < 0.03);
    }

    #[test]
    fn equal_samples_have_an_interval_of_no_width() {
        assert_eq!(
            bootstrap(&[3.0; 9], 0.95, mean),
            Some(Interval {
                low: 3.0,
                high: 3.0
            })
        );
        assert_eq!(bootstrap(&[3.0], 0.95, mean), None);
    }

    /// How often the interval holds the truth, of 400 samples of 30 from an
    /// exponential distribution: about 93 %, for such skewed samples.
    #[test]
    fn it_covers() {
        let covered = (0..400).filter(|i| {
            let mut stream = Draws::new(5).key(Purpose::Resample, [*i, 1]);
            let samples: Vec<f64> = (0..30).map(|_| -libm::log(stream.unit())).collect();
            bootstrap(&samples, 0.95, mean).unwrap().contains(1.0)
        });
        let covered = covered.count();
        assert!((355..=395).contains(&covered), "{covered} of 400");
    }
}
