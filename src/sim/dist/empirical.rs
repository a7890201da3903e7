//! Distributions as measured.

use std::path::Path;

use super::error::{DistError, LineError, LoadError};
use crate::sim::time::Ns;

/// The inverse of a distribution function that is linear between its points.
#[derive(Clone, PartialEq, Debug)]
pub struct Quantiles {
    probability: Box<[f64]>,
    value: Box<[f64]>,
}

impl Quantiles {
    /// Checks that `points` rise from probability 0 to 1.
    pub(super) fn new(points: &[(f64, Ns)]) -> Result<Self, DistError> {
        let wrong = |index: usize, what| DistError::Point {
            index: index + 1,
            what,
        };
        let (Some(first), Some(last)) = (points.first(), points.last()) else {
            return Err(wrong(0, "missing; at least two points are needed"));
        };
        if first.0 != 0.0 {
            return Err(wrong(0, "the first probability must be 0"));
        }
        if last.0 != 1.0 {
            return Err(wrong(points.len() - 1, "the last probability must be 1"));
        }
        for (i, pair) in points.windows(2).enumerate() {
            if pair[0].0.partial_cmp(&pair[1].0) != Some(std::cmp::Ordering::Less) {
                return Err(wrong(i + 1, "probabilities must rise"));
            }
            if pair[1].1 < pair[0].1 {
                return Err(wrong(i + 1, "durations must not fall"));
            }
        }
        if last.1 > super::LONGEST {
            return Err(wrong(points.len() - 1, "a duration is at most 2⁵³ ns"));
        }
        Ok(Quantiles {
            probability: points.iter().map(|p| p.0).collect(),
            value: points.iter().map(|p| p.1.0 as f64).collect(),
        })
    }

    /// The value that is not exceeded with probability `u`, 0 < u < 1.
    #[inline]
    pub(super) fn at(&self, u: f64) -> f64 {
        let above = self
            .probability
            .partition_point(|&p| p <= u)
            .clamp(1, self.probability.len() - 1);
        let (p0, p1) = (self.probability[above - 1], self.probability[above]);
        let (v0, v1) = (self.value[above - 1], self.value[above]);
        v0 + (v1 - v0) * ((u - p0) / (p1 - p0))
    }

    /// The mean of the interpolated distribution.
    pub(super) fn mean(&self) -> f64 {
        let cells = self.probability.windows(2).zip(self.value.windows(2));
        cells
            .map(|(p, v)| (p[1] - p[0]) * (v[0] + v[1]) / 2.0)
            .sum()
    }
}

/// Reads points, or durations of equal weight, from a text file.
pub(super) fn read_file(path: &Path) -> Result<Vec<(f64, Ns)>, LoadError> {
    let text = std::fs::read_to_string(path).map_err(|source| LoadError::Read {
        path: path.to_owned(),
        source,
    })?;
    parse(&text).map_err(|(line, what)| LoadError::Line {
        path: path.to_owned(),
        line,
        what,
    })
}

/// The points in `text`; an error comes with its line, from 1.
fn parse(text: &str) -> Result<Vec<(f64, Ns)>, (usize, LineError)> {
    let mut points: Vec<(f64, Ns)> = Vec::new();
    let mut samples: Vec<Ns> = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let line = line.split('#').next().unwrap_or_default();
        let wrong = |e: LineError| (number + 1, e);
        let columns: Vec<&str> = line
            .split(|c: char| c.is_whitespace() || c == ',')
            .filter(|c| !c.is_empty())
            .collect();
        match columns[..] {
            [] => {}
            [duration] if points.is_empty() => {
                samples.push(
                    duration
                        .parse()
                        .map_err(|e| wrong(LineError::Duration(e)))?,
                );
            }
            [probability, duration] if samples.is_empty() => {
                let p = probability
                    .parse()
                    .map_err(|_| wrong(LineError::Probability(probability.to_owned())))?;
                let d = duration
                    .parse()
                    .map_err(|e| wrong(LineError::Duration(e)))?;
                points.push((p, d));
            }
            _ => return Err(wrong(LineError::Columns(columns.len()))),
        }
    }
    if samples.is_empty() {
        Ok(points)
    } else {
        Ok(equally_weighted(samples))
    }
}

/// Puts the smallest sample at probability 0 and the largest at 1.
fn equally_weighted(mut samples: Vec<Ns>) -> Vec<(f64, Ns)> {
    samples.sort_unstable();
    if let [only] = samples[..] {
        samples.push(only);
    }
    let last = samples.len().saturating_sub(1) as f64;
    samples
        .into_iter()
        .enumerate()
        .map(|(i, s)| (i as f64 / last, s))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_points_and_of_samples_are_read() {
        let points = parse("# latency\n0 1us\n0.5, 2us # median\n\n1 10us\n");
        assert_eq!(
            points,
            Ok(vec![(0.0, Ns(1000)), (0.5, Ns(2000)), (1.0, Ns(10_000))])
        );
        assert_eq!(
            parse("3us\n1us\n2us"),
            Ok(vec![(0.0, Ns(1000)), (0.5, Ns(2000)), (1.0, Ns(3000))])
        );
        assert_eq!(parse("7"), Ok(vec![(0.0, Ns(7)), (1.0, Ns(7))]));
        assert_eq!(parse("1us\n0.5 2us"), Err((2, LineError::Columns(2))));
        assert!(matches!(
            parse("x 2us"),
            Err((1, LineError::Probability(_)))
        ));
        assert!(matches!(
            parse("\n2 parsec"),
            Err((2, LineError::Duration(_)))
        ));
    }

    #[test]
    fn interpolation_is_linear() {
        let q = Quantiles::new(&[(0.0, Ns(10)), (0.5, Ns(20)), (1.0, Ns(120))]).unwrap();
        assert_eq!(q.at(0.25), 15.0);
        assert_eq!(q.at(0.5), 20.0);
        assert_eq!(q.at(0.75), 70.0);
        assert_eq!(q.mean(), 7.5 + 35.0);
    }

    #[test]
    fn points_that_are_no_distribution_are_refused() {
        for points in [
            &[][..],
            &[(0.0, Ns(1))],
            &[(0.1, Ns(1)), (1.0, Ns(2))],
            &[(0.0, Ns(1)), (0.9, Ns(2))],
            &[(0.0, Ns(2)), (1.0, Ns(1))],
            &[(0.0, Ns(1)), (0.5, Ns(1)), (0.5, Ns(2)), (1.0, Ns(2))],
            &[(0.0, Ns(1)), (f64::NAN, Ns(1)), (1.0, Ns(2))],
            &[(0.0, Ns(1)), (1.0, Ns(u64::MAX))],
        ] {
            assert!(Quantiles::new(points).is_err(), "{points:?}");
        }
    }
}
