//! Keyed random draws: what is drawn depends on what it is drawn for, never on
//! what was drawn before.
//!
//! A draw is a pure function of (seed, purpose, identity). Two runs that issue
//! different requests therefore face the same world: the noise of a bio's
//! service, the loss on a link at a given time, the arrival of a job's k-th
//! I/O stay what they were.
//!
//! The generator is Philox4x64-10 (Salmon, Moraes, Dror, Shaw: "Parallel
//! random numbers: as easy as 1, 2, 3", SC'11), which is counter-based: the
//! seed and the purpose are its key, the identity and a block number its
//! counter. Distinct (seed, purpose, identity) are distinct inputs; nothing is
//! hashed together, so no two keys can collide.

use rand_core::{RngCore, impls};

/// What a draw is for. The discriminants are part of the results: a seed means
/// the same world only as long as they stay, so numbers are never reused.
#[derive(Copy, Clone, PartialEq, Eq, Hash, Debug)]
#[repr(u64)]
pub enum Purpose {
    /// Time between arrivals; identity: job, arrival number.
    Arrival = 1,
    /// Service time of a command at its port; identity: first bio, attempt.
    Service = 2,
    /// Service time of a command at the media; identity: first bio, attempt.
    Media = 3,
    /// Whether a read finds its data in the cache; identity: device, sector.
    CacheHit = 4,
    /// Whether a sector is unreadable; identity: device, sector.
    MediumError = 5,
    /// Loss on a link; identity: link, state number.
    Loss = 6,
    /// Order of events of one time; identity: sequence number.
    TieShuffle = 7,
    /// What the application does; identity: job, I/O number.
    Workload = 8,
    /// When faults happen; identity: fault, occurrence.
    Fault = 9,
    /// Which samples a statistic resamples; identity: replicate, statistic.
    Resample = 10,
    /// Time of a cell of a medium; identity: unit, place.
    Cell = 11,
    /// What other hosts do; identity: stream, command number.
    Background = 12,
    /// What a random case is made of; identity: its number.
    Torture = 13,
    /// What a path selector draws; identity: its turn.
    Policy = 14,
    /// The seeds of a replication; identity: its number, which seed.
    Replication = 15,
    /// Where the points of a sample lie; identity: axis, point.
    Sample = 16,
}

/// The source of all draws of a run.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Draws {
    seed: u64,
}

impl Draws {
    /// All draws under `seed`.
    pub const fn new(seed: u64) -> Self {
        Draws { seed }
    }

    /// The seed.
    pub const fn seed(self) -> u64 {
        self.seed
    }

    /// The stream of draws for `identity`; always the same one.
    #[inline]
    pub const fn key(self, purpose: Purpose, identity: [u64; 2]) -> Stream {
        Stream {
            key: [self.seed, purpose as u64],
            identity,
            block: 0,
            words: [0; 4],
            used: 4,
        }
    }
}

/// The draws of one key, one after the other: 2⁶⁶ words, then it repeats.
#[derive(Clone, Debug)]
pub struct Stream {
    key: [u64; 2],
    identity: [u64; 2],
    block: u64,
    words: [u64; 4],
    used: u8,
}

impl Stream {
    /// A number in the open interval (0, 1), from the high 52 bits of a word:
    /// never 0 or 1, so an inverse distribution function is finite there.
    #[inline]
    pub fn unit(&mut self) -> f64 {
        unit_f64(self.next_u64())
    }

    /// A number below `n`; 0 if `n` is.
    #[inline]
    pub fn below(&mut self, n: u64) -> u64 {
        ((u128::from(self.next_u64()) * u128::from(n)) >> 64) as u64
    }

    /// Whether an event of probability `p` happens; never for `p` <= 0, always
    /// for `p` >= 1.
    #[inline]
    pub fn chance(&mut self, p: f64) -> bool {
        self.unit() < p
    }
}

/// Maps the high 52 bits of `word` to the middle of one of 2⁵² equal cells of
/// (0, 1).
#[inline]
pub fn unit_f64(word: u64) -> f64 {
    const CELL: f64 = 1.0 / (1u64 << 52) as f64;
    ((word >> 12) as f64 + 0.5) * CELL
}

impl RngCore for Stream {
    #[inline]
    fn next_u32(&mut self) -> u32 {
        (self.next_u64() >> 32) as u32
    }

    #[inline]
    fn next_u64(&mut self) -> u64 {
        if self.used == 4 {
            let counter = [self.identity[0], self.identity[1], self.block, 0];
            self.words = philox4x64(counter, self.key);
            self.block = self.block.wrapping_add(1);
            self.used = 0;
        }
        let word = self.words[usize::from(self.used & 3)];
        self.used += 1;
        word
    }

    fn fill_bytes(&mut self, dst: &mut [u8]) {
        impls::fill_bytes_via_next(self, dst);
    }
}

/// Multipliers of a round (Salmon et al., table 2).
const M0: u64 = 0xD2E7_470E_E14C_6C93;
const M1: u64 = 0xCA5A_8263_9512_1157;
/// Weyl increments of the key: golden ratio, √3 − 1.
const W0: u64 = 0x9E37_79B9_7F4A_7C15;
const W1: u64 = 0xBB67_AE85_84CA_A73B;

/// Philox4x64 with ten rounds: four random words of a counter under a key.
#[inline]
pub fn philox4x64(mut counter: [u64; 4], mut key: [u64; 2]) -> [u64; 4] {
    for _ in 0..10 {
        let p0 = u128::from(M0) * u128::from(counter[0]);
        let p1 = u128::from(M1) * u128::from(counter[2]);
        counter = [
            (p1 >> 64) as u64 ^ counter[1] ^ key[0],
            p1 as u64,
            (p0 >> 64) as u64 ^ counter[3] ^ key[1],
            p0 as u64,
        ];
        key = [key[0].wrapping_add(W0), key[1].wrapping_add(W1)];
    }
    counter
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Known answers published with the algorithm (Random123, `kat_vectors`).
    #[test]
    fn philox_gives_the_published_answers() {
        assert_eq!(
            philox4x64([0; 4], [0; 2]),
            [
                0x16554d9eca36314c,
                0xdb20fe9d672d0fdc,
                0xd7e772cee186176b,
                0x7e68b68aec7ba23b
            ]
        );
        assert_eq!(
            philox4x64([u64::MAX; 4], [u64::MAX; 2]),
            [
                0x87b092c3013fe90b,
                0x438c3c67be8d0224,
                0x9cc7d7c69cd777b6,
                0xa09caebf594f0ba0
            ]
        );
        assert_eq!(
            philox4x64(
                [
                    0x243f6a8885a308d3,
                    0x13198a2e03707344,
                    0xa4093822299f31d0,
                    0x082efa98ec4e6c89
                ],
                [0x452821e638d01377, 0xbe5466cf34e90c6c]
            ),
            [
                0xa528f45403e61d95,
                0x38c72dbd566e9788,
                0xa5a1610e72fd18b5,
                0x57bd43b5e52b7fe6
            ]
        );
    }

    /// A change here changes every result of every seed.
    #[test]
    fn golden_draws() {
        let mut s = Draws::new(42).key(Purpose::Service, [7, 1]);
        let words: Vec<u64> = (0..6).map(|_| s.next_u64()).collect();
        assert_eq!(words, GOLDEN);
    }
    const GOLDEN: [u64; 6] = [
        8229516985911917992,
        8790741680943742736,
        14963749836046973885,
        10909655398899065551,
        3319979858006519375,
        14048321079290574128,
    ];

    #[test]
    fn a_draw_depends_on_seed_purpose_and_both_identities() {
        let word = |seed, purpose, id| Draws::new(seed).key(purpose, id).next_u64();
        let all = [
            word(1, Purpose::Service, [1, 1]),
            word(2, Purpose::Service, [1, 1]),
            word(1, Purpose::Arrival, [1, 1]),
            word(1, Purpose::Service, [2, 1]),
            word(1, Purpose::Service, [1, 2]),
        ];
        for (i, a) in all.iter().enumerate() {
            assert!(all[i + 1..].iter().all(|b| a != b));
        }
        assert_eq!(all[0], word(1, Purpose::Service, [1, 1]));
    }

    #[test]
    fn a_unit_is_never_0_or_1() {
        assert!(unit_f64(0) > 0.0);
        assert!(unit_f64(u64::MAX) < 1.0);
    }

    /// Neighbouring identities must not give correlated first draws.
    #[test]
    fn first_draws_of_neighbours_are_uniform_and_uncorrelated() {
        let u = |i| Draws::new(3).key(Purpose::Loss, [i, 0]).unit();
        let n = 100_000u64;
        let mut bins = [0u32; 64];
        let mut products = 0.0;
        for i in 0..n {
            bins[(u(i) * 64.0) as usize] += 1;
            products += (u(i) - 0.5) * (u(i + 1) - 0.5);
        }
        let expected = n as f64 / 64.0;
        let chi2: f64 = bins
            .iter()
            .map(|&b| (f64::from(b) - expected).powi(2) / expected)
            .sum();
        // 63 degrees of freedom: 99.9 % below 103.4, 0.1 % below 32.9.
        assert!((32.9..103.4).contains(&chi2), "{chi2}");
        // Correlation has standard error 1/√n.
        let rho = products / n as f64 * 12.0;
        assert!(rho.abs() < 4.0 / (n as f64).sqrt(), "{rho}");
    }

    #[test]
    fn bytes_are_the_words_in_little_endian() {
        let key = || Draws::new(9).key(Purpose::Workload, [0, 0]);
        let mut bytes = [0u8; 16];
        key().fill_bytes(&mut bytes);
        let mut s = key();
        assert_eq!(bytes[..8], s.next_u64().to_le_bytes());
        assert_eq!(bytes[8..], s.next_u64().to_le_bytes());
    }
}
