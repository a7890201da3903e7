//! Offsets that are not uniform: zipf, pareto, normal (`lib/zipf.c`,
//! `lib/gauss.c`, 3.33).
//!
//! The popular blocks are scattered over the region by a multiplicative hash.

use super::rand::Taus32;
use super::seeds;
use super::spec::{Dir, Distribution, ThreadSpec};

/// Terms of zeta that fio adds up at most (`ZIPF_MAX_GEN`).
const ZIPF_MAX_TERMS: u64 = 10_000_000;
/// Draws whose mean is a normal draw, nearly (`GAUSS_ITERS`).
const GAUSS_DRAWS: u64 = 12;
/// 2⁶⁴ divided by the square of the golden ratio, nearly (`GOLDEN_RATIO_64`).
const GOLDEN_64: u64 = 0x61c8_8646_80b5_83eb;
/// 2³² divided by the square of the golden ratio, nearly: start of the hash of
/// a file name (`JHASH_INITVAL`).
const GOLDEN_32: u32 = 0x61c8_8647;

/// A source of block numbers.
#[derive(Clone, Debug)]
pub struct Skewed {
    rand: Taus32,
    blocks: u64,
    rotate: u64,
    shape: Shape,
}

#[derive(Clone, Debug)]
enum Shape {
    Zipf {
        zeta: f64,
        second: f64,
        alpha: f64,
        eta: f64,
    },
    Pareto {
        power: f64,
    },
    Normal {
        stddev: u32,
    },
}

impl Skewed {
    /// The source of `spec` over `bytes` of `file`; none if its distribution is
    /// uniform.
    pub fn new(spec: &ThreadSpec, bytes: u64, file: &str) -> Option<Self> {
        let block = spec.sizes[Dir::Read].min.min(spec.sizes[Dir::Write].min);
        let blocks = bytes.div_ceil(block.max(1)).max(1);
        let seed = if spec.rand_repeatable {
            u64::from(file_hash(file).wrapping_mul(spec.thread_number))
        } else {
            spec.seeds[seeds::OFFSET]
        };
        let mut rand = Taus32::new(seed);
        let n = blocks as f64;
        let (shape, rotate) = match spec.distribution {
            Distribution::Uniform => return None,
            Distribution::Zipf(theta, center) => {
                (zipf(blocks, theta), rotation(&mut rand, n, center))
            }
            Distribution::Pareto(h, center) => (
                Shape::Pareto {
                    power: libm::log(h) / libm::log(1.0 - h),
                },
                rotation(&mut rand, n, center),
            ),
            Distribution::Normal(dev, center) => (
                Shape::Normal {
                    stddev: normal_deviation(blocks, dev),
                },
                // Negative left of the middle: modulo 2⁶⁴, as fio has it.
                center.map_or(0, |c| (n * (c - 0.5)) as i64 as u64),
            ),
        };
        Some(Skewed {
            rand,
            blocks,
            rotate,
            shape,
        })
    }

    /// The next block, 0 to the number of blocks − 1.
    pub fn draw(&mut self) -> u64 {
        let n = self.blocks as f64;
        let rank = match self.shape {
            Shape::Zipf {
                zeta,
                second,
                alpha,
                eta,
            } => {
                let u = self.share();
                match u * zeta {
                    z if z < 1.0 => 0,
                    z if z < second => 1,
                    _ => (n * libm::pow(eta * u - eta + 1.0, alpha)) as u64,
                }
            }
            Shape::Pareto { power } => {
                let u = self.share();
                ((self.blocks - 1) as f64 * libm::pow(u, power)) as u64
            }
            Shape::Normal { stddev } => self.normal(stddev),
        };
        rank.wrapping_mul(GOLDEN_64).wrapping_add(self.rotate) % self.blocks
    }

    /// 0 to 1, both included.
    fn share(&mut self) -> f64 {
        f64::from(self.rand.draw()) / f64::from(u32::MAX)
    }

    /// `lib/gauss.c:gauss_next`.
    fn normal(&mut self, stddev: u32) -> u64 {
        let sum: u64 = (0..GAUSS_DRAWS)
            .map(|_| u64::from(self.rand.draw()) % (self.blocks + 1))
            .sum();
        let mean = sum.div_ceil(GAUSS_DRAWS);
        if stddev == 0 {
            return mean;
        }
        let share = f64::from(self.rand.draw()) / 4_294_967_296.0;
        let mut dev = (f64::from(stddev) * share) as i64 - i64::from(stddev / 2);
        while dev != 0 && mean.wrapping_add_signed(dev) >= self.blocks {
            dev /= 2;
        }
        mean.wrapping_add_signed(dev)
    }
}

/// `lib/zipf.c:zipf_init` and what `zipf_next` computes anew each time.
fn zipf(blocks: u64, theta: f64) -> Shape {
    let zeta: f64 = (0..blocks.min(ZIPF_MAX_TERMS))
        .fold(0.0, |sum, i| sum + libm::pow(1.0 / (i + 1) as f64, theta));
    let zeta2 = 1.0 + libm::pow(0.5, theta);
    Shape::Zipf {
        zeta,
        second: 1.0 + libm::pow(0.5, theta),
        alpha: 1.0 / (1.0 - theta),
        eta: (1.0 - libm::pow(2.0 / blocks as f64, 1.0 - theta)) / (1.0 - zeta2 / zeta),
    }
}

/// `lib/zipf.c:shared_rand_init`: the draw is made even if it is not used.
fn rotation(rand: &mut Taus32, blocks: f64, center: Option<f64>) -> u64 {
    let drawn = u64::from(rand.draw());
    center.map_or(drawn, |c| (blocks * c) as u64)
}

/// `lib/gauss.c:gauss_init`.
fn normal_deviation(blocks: u64, percent: f64) -> u32 {
    if percent == 0.0 {
        return 0;
    }
    let wanted = libm::ceil(blocks as f64 * percent / 100.0) as u64;
    wanted.min(blocks / 2).min(u64::from(u32::MAX)) as u32
}

/// fio's variant of Jenkins' hash, which takes a byte where others take a word
/// (`hash.h:jhash`, 3.33).
fn file_hash(name: &str) -> u32 {
    let mut k = name.as_bytes();
    let start = GOLDEN_32.wrapping_add(k.len() as u32);
    let (mut a, mut b, mut c) = (start, start, start);
    while k.len() > 12 {
        a = a.wrapping_add(u32::from(k[0]));
        b = b.wrapping_add(u32::from(k[4]));
        c = c.wrapping_add(u32::from(k[8]));
        for (ra, rb, rc) in [(4, 6, 8), (16, 19, 4)] {
            a = a.wrapping_sub(c) ^ c.rotate_left(ra);
            c = c.wrapping_add(b);
            b = b.wrapping_sub(a) ^ a.rotate_left(rb);
            a = a.wrapping_add(c);
            c = c.wrapping_sub(b) ^ b.rotate_left(rc);
            b = b.wrapping_add(a);
        }
        k = &k[12..];
    }
    if k.is_empty() {
        return c;
    }
    let word = |from: usize| {
        (0..4).fold(0u32, |w, i| {
            w | k
                .get(from + i)
                .map_or(0, |byte| u32::from(*byte) << (8 * i))
        })
    };
    a = a.wrapping_add(word(0));
    b = b.wrapping_add(word(4));
    c = c.wrapping_add(word(8));
    c = (c ^ b).wrapping_sub(b.rotate_left(14));
    a = (a ^ c).wrapping_sub(c.rotate_left(11));
    b = (b ^ a).wrapping_sub(a.rotate_left(25));
    c = (c ^ b).wrapping_sub(b.rotate_left(16));
    a = (a ^ c).wrapping_sub(c.rotate_left(4));
    b = (b ^ a).wrapping_sub(a.rotate_left(14));
    (c ^ b).wrapping_sub(b.rotate_left(24))
}
