//! Points drawn from the axes instead of all combinations.

use crate::scenario::raw::{RawMethod, RawSample};
use crate::sim::draw::{Draws, Purpose};

/// Where the points of a sample lie: for each axis, a place from 0 to 1.
#[derive(Clone, PartialEq, Debug)]
pub struct Sample {
    draws: Draws,
    /// How many points.
    pub points: u64,
    /// With a Latin hypercube, for each axis: which of its equal parts each
    /// point takes.
    parts: Vec<Vec<u32>>,
}

impl Sample {
    /// The sample that a file describes, over so many axes.
    pub fn new(raw: &RawSample, axes: usize) -> Sample {
        let draws = Draws::new(raw.seed.map_or(1, |seed| seed.get()));
        let points = raw.points.get();
        let parts = match raw.method {
            RawMethod::Random => Vec::new(),
            RawMethod::LatinHypercube => (0..axes as u64)
                .map(|axis| shuffled(draws, axis, points as u32))
                .collect(),
        };
        Sample {
            draws,
            points,
            parts,
        }
    }

    /// The place of `point` along `axis`.
    pub fn place(&self, point: u64, axis: usize) -> f64 {
        let u = self.draws.key(Purpose::Sample, [axis as u64, point]).unit();
        match self
            .parts
            .get(axis)
            .and_then(|parts| parts.get(point as usize))
        {
            Some(part) => (f64::from(*part) + u) / self.points as f64,
            None => u,
        }
    }
}

/// 0 to `n` − 1 in random order (Fisher and Yates).
pub(super) fn shuffled(draws: Draws, which: u64, n: u32) -> Vec<u32> {
    let mut all: Vec<u32> = (0..n).collect();
    let mut stream = draws.key(Purpose::Sample, [which, u64::MAX]);
    for i in (1..all.len()).rev() {
        let j = stream.below(i as u64 + 1) as usize;
        all.swap(i, j);
    }

    all
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(method: &str) -> Sample {
        let text = format!("method = \"{method}\"\npoints = 50\nseed = 3");
        Sample::new(&toml::from_str(&text).unwrap(), 2)
    }

    #[test]
    fn a_latin_hypercube_uses_every_part_of_every_axis_once() {
        let of = |sample: &Sample, axis| {
            let mut parts: Vec<u64> = (0..50)
                .map(|p| (sample.place(p, axis) * 50.0) as u64)
                .collect();
            parts.sort_unstable();
            parts.dedup();
            parts.len()
        };
        let (lhs, random) = (sample("latin-hypercube"), sample("random"));
        assert_eq!((of(&lhs, 0), of(&lhs, 1)), (50, 50));
        assert!(of(&random, 0) < 50 && of(&random, 0) > 20);
        assert_ne!(lhs.place(3, 0), lhs.place(3, 1));
    }
}
