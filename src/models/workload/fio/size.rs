//! How long the next I/O is (`io_u.c:get_next_buflen`, 3.33).

use super::rand::Rand;
use super::region::Region;
use super::seeds;
use super::spec::{BlockSizes, Dir, Generator, PerDir, ThreadSpec};

/// A thread's source of I/O sizes.
#[derive(Clone, Debug)]
pub struct Sizes {
    sizes: PerDir<BlockSizes>,
    rand: PerDir<Rand>,
    unaligned: bool,
    by_randomness: bool,
}

impl Sizes {
    /// The source of `spec`.
    pub fn new(spec: &ThreadSpec) -> Self {
        let wide = spec.generator == Generator::Tausworthe64;
        Sizes {
            sizes: spec.sizes.clone(),
            rand: PerDir(
                Dir::ALL.map(|d| Rand::new(spec.seeds[seeds::BLOCK_SIZE + d as usize], wide)),
            ),
            unaligned: spec.bs_unaligned,
            by_randomness: spec.bs_is_seq_rand,
        }
    }

    /// Bytes of an I/O at `offset`; none: not even the smallest fits.
    #[inline(always)]
    pub fn next(&mut self, dir: Dir, random: bool, offset: u64, region: &Region) -> Option<u64> {
        let dir = match (self.by_randomness, random) {
            (false, _) => dir,
            (true, true) => Dir::Write,
            (true, false) => Dir::Read,
        };
        let sizes = &self.sizes[dir];
        if sizes.min == sizes.max {
            return Some(sizes.min);
        }
        draw(sizes, &mut self.rand[dir], self.unaligned, |bytes| {
            region.fits(offset, bytes)
        })
    }
}

/// Draws until a size fits.
#[inline(never)]
fn draw(
    sizes: &BlockSizes,
    rand: &mut Rand,
    unaligned: bool,
    fits: impl Fn(u64) -> bool,
) -> Option<u64> {
    if !fits(sizes.min) {
        return None;
    }
    loop {
        let mut len = if sizes.split.is_empty() {
            sizes.min + rand.scaled(sizes.max as f64)
        } else {
            split(sizes, rand, &fits)
        };
        if !unaligned {
            len -= len % sizes.min;
        }
        len = len.min(sizes.max);
        if fits(len) {
            return (len > 0).then_some(len);
        }
    }
}

/// One draw of `bssplit`: the first entry that the draw falls to and that fits;
/// the last if none does.
fn split(sizes: &BlockSizes, rand: &mut Rand, fits: &impl Fn(u64) -> bool) -> u64 {
    let r = rand.draw();
    let hundredth = rand.max() / 100;
    let mut percent = 0;
    let mut len = 0;
    for entry in sizes.split.iter().filter(|e| e.percent > 0) {
        len = entry.bs;
        percent += u64::from(entry.percent);
        if r / percent <= hundredth && fits(len) {
            break;
        }
    }
    len
}

#[cfg(test)]
mod tests {
    use super::super::spec::BsSplit;
    use super::*;

    fn spec(sizes: BlockSizes) -> ThreadSpec {
        ThreadSpec {
            sizes: PerDir([sizes.clone(), sizes.clone(), sizes]),
            seeds: seeds::from_randseed(7, 1),
            ..ThreadSpec::default()
        }
    }

    fn first(spec: &ThreadSpec, n: usize) -> Vec<u64> {
        let region = Region::new(spec, 1 << 30).unwrap();
        let mut sizes = Sizes::new(spec);
        (0..n)
            .map(|_| sizes.next(Dir::Read, true, 0, &region).unwrap())
            .collect()
    }

    #[test]
    fn bssplit_with_randseed_7() {
        let split = [4096, 65536].map(|bs| BsSplit { bs, percent: 50 });
        let spec = spec(BlockSizes {
            min: 4096,
            max: 65536,
            split: split.to_vec(),
            align: None,
        });
        let kib: Vec<u64> = first(&spec, 8).iter().map(|b| b >> 10).collect();
        assert_eq!(kib, [64, 4, 4, 64, 64, 4, 64, 4]);
    }

    #[test]
    fn ranges_stay_within_and_aligned() {
        let spec = spec(BlockSizes {
            max: 16384,
            ..BlockSizes::fixed(4096)
        });
        let sizes = first(&spec, 1000);
        for bytes in [4096, 8192, 12288, 16384] {
            assert!(sizes.contains(&bytes));
        }
        assert!(
            sizes
                .iter()
                .all(|b| (4096..=16384).contains(b) && b % 4096 == 0)
        );
    }
}
