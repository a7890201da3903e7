//! A part of a sweep, for one of several machines.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::sample::shuffled;
use crate::sim::draw::Draws;

/// Part `k` of `n`, from 1.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub struct Shard {
    /// Which.
    pub k: u32,
    /// Of how many.
    pub n: u32,
}

impl Shard {
    /// The points of this part, of `points` in all, rising: as many as of any
    /// other part or one less, and chosen without regard to the axes, so that
    /// long points are spread over all parts.
    pub fn points(self, points: u64) -> Vec<u64> {
        let n = self.n.max(1) as usize;
        let order = shuffled(Draws::new(SEED), u64::MAX, points as u32);
        let own = order
            .into_iter()
            .skip(self.k.max(1) as usize - 1)
            .step_by(n);
        let mut own: Vec<u64> = own.map(u64::from).collect();
        own.sort_unstable();
        own
    }
}

/// How points are dealt to shards: part of the format.
const SEED: u64 = 0x7368_6172_6473;

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.k, self.n)
    }
}

impl FromStr for Shard {
    type Err = String;
    fn from_str(text: &str) -> Result<Shard, String> {
        let parts = text.split_once('/');
        let numbers = parts.map(|(k, n)| (k.trim().parse::<u32>(), n.trim().parse::<u32>()));
        match numbers {
            Some((Ok(k), Ok(n))) if (1..=n).contains(&k) => Ok(Shard { k, n }),
            _ => Err("write which part of how many: 1/8 to 8/8".into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shards_are_disjoint_balanced_and_complete() {
        for (points, n) in [(1000, 7), (5, 8), (1, 1)] {
            let parts: Vec<Vec<u64>> = (1..=n).map(|k| Shard { k, n }.points(points)).collect();
            let sizes = || parts.iter().map(Vec::len);
            assert!(sizes().max().unwrap() - sizes().min().unwrap() <= 1);
            let mut all: Vec<u64> = parts.concat();
            all.sort_unstable();
            assert_eq!(all, (0..points).collect::<Vec<_>>());
        }
    }

    /// A sweep whose last axis has as many values as there are shards must not
    /// give one shard all of the long points.
    #[test]
    fn an_axis_as_long_as_the_number_of_shards_is_spread() {
        let first = Shard { k: 1, n: 4 }.points(400);
        for value in 0..4 {
            let count = first.iter().filter(|p| *p % 4 == value).count();
            assert!((10..45).contains(&count), "{count} of 100");
        }
    }

    #[test]
    fn texts() {
        assert_eq!("2/8".parse(), Ok(Shard { k: 2, n: 8 }));
        for wrong in ["0/8", "9/8", "1", "a/b", "1/0"] {
            assert!(wrong.parse::<Shard>().is_err());
        }
    }
}
