//! fio's random generators: combined Tausworthe of 32 and 64 bits
//! (`lib/rand.c`, `lib/rand.h`, 3.33).

/// 2³², the span of a 32-bit draw.
const SPAN_32: f64 = 4_294_967_296.0;
/// 2⁶⁴, the span of a 64-bit draw.
const SPAN_64: f64 = 18_446_744_073_709_551_616.0;

/// The value from which a seed's first component follows: fio writes
/// `(2^31) + (2^17) + (2^7)`, which in C is an exclusive or.
const SEED_START: u64 = (2 ^ 31) + (2 ^ 17) + (2 ^ 7);

/// Steps thrown away after seeding.
const CRANKS: u32 = 6;

/// `x`, made at least `min` by adding it.
fn at_least(x: u64, min: u64) -> u64 {
    if x < min { x.wrapping_add(min) } else { x }
}

/// Three-component Tausworthe generator (`taus88`).
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Taus32 {
    s: [u32; 3],
}

impl Taus32 {
    /// Seeded with the low 32 bits of `seed`.
    pub fn new(seed: u64) -> Self {
        let seed = seed as u32;
        let mut x = SEED_START as u32;
        let s = [1, 7, 15].map(|min| {
            x = at_least(u64::from(x.wrapping_mul(69069) ^ seed), min) as u32;
            x
        });
        let mut taus = Taus32 { s };
        for _ in 0..CRANKS {
            taus.draw();
        }
        taus
    }

    /// The next value, over all 32 bits.
    #[inline(always)]
    pub fn draw(&mut self) -> u32 {
        let [a, b, c] = self.s;
        self.s = [
            ((a & 0xffff_fffe) << 12) ^ (((a << 13) ^ a) >> 19),
            ((b & 0xffff_fff8) << 4) ^ (((b << 2) ^ b) >> 25),
            ((c & 0xffff_fff0) << 17) ^ (((c << 3) ^ c) >> 11),
        ];
        self.s[0] ^ self.s[1] ^ self.s[2]
    }

    /// A value from 1 to 100.
    #[inline]
    pub fn percent(&mut self) -> u32 {
        (100.0 * (f64::from(self.draw()) / SPAN_32)) as u32 + 1
    }

    /// A value above 0, at most 1.
    #[inline]
    pub fn unit(&mut self) -> f64 {
        (f64::from(self.draw()) + 1.0) / SPAN_32
    }
}

/// Five-component Tausworthe generator (`taus258`).
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Taus64 {
    s: [u64; 5],
}

impl Taus64 {
    /// Seeded with `seed`.
    pub fn new(seed: u64) -> Self {
        let mut x = SEED_START;
        let s = [1, 7, 15, 33, 49].map(|min| {
            x = at_least(x.wrapping_mul(6_906_969_069) ^ seed, min);
            x
        });
        let mut taus = Taus64 { s };
        for _ in 0..CRANKS {
            taus.draw();
        }
        taus
    }

    /// The next value, over all 64 bits.
    #[inline]
    pub fn draw(&mut self) -> u64 {
        /// Per component: first shift, second shift, low bits cleared, last shift.
        const STEP: [(u32, u32, u32, u32); 5] = [
            (1, 53, 1, 10),
            (24, 50, 9, 5),
            (3, 23, 12, 29),
            (5, 24, 17, 23),
            (3, 33, 23, 8),
        ];
        let mut out = 0;
        for (s, (q, p, low, up)) in self.s.iter_mut().zip(STEP) {
            let x = ((*s << q) ^ *s) >> p;
            *s = ((*s >> low << low) << up) ^ x;
            out ^= *s;
        }
        out
    }
}

/// A generator of either width (`struct frand_state`).
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Rand {
    /// 32 bits.
    Narrow(Taus32),
    /// 64 bits.
    Wide(Taus64),
}

impl Rand {
    /// Seeded, 64 bits wide or not.
    pub fn new(seed: u64, wide: bool) -> Self {
        if wide {
            Rand::Wide(Taus64::new(seed))
        } else {
            Rand::Narrow(Taus32::new(seed))
        }
    }

    /// The next value.
    #[inline]
    pub fn draw(&mut self) -> u64 {
        match self {
            Rand::Narrow(t) => u64::from(t.draw()),
            Rand::Wide(t) => t.draw(),
        }
    }

    /// The largest value it can draw.
    #[inline]
    pub fn max(&self) -> u64 {
        match self {
            Rand::Narrow(_) => u64::from(u32::MAX),
            Rand::Wide(_) => u64::MAX,
        }
    }

    /// A share of `n`: 0 up to, not including, `n`.
    #[inline(always)]
    pub fn scaled(&mut self, n: f64) -> u64 {
        let share = match self {
            Rand::Narrow(t) => f64::from(t.draw()) / SPAN_32,
            Rand::Wide(t) => t.draw() as f64 / SPAN_64,
        };
        // Far below 2⁶³, to where this is the shorter conversion.
        (n * share) as i64 as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offset_generator_of_the_first_thread() {
        let mut t = Taus32::new(0xb189_9bed);
        let got: [u32; 5] = std::array::from_fn(|_| t.draw());
        assert_eq!(
            got,
            [259043585, 3179521932, 3621444214, 2018697059, 1726199243]
        );
    }

    #[test]
    fn poisson_generator_of_randseed_7() {
        let mut t = Taus32::new(0x3293_0016);
        let got: [u32; 3] = std::array::from_fn(|_| t.draw());
        assert_eq!(got, [734429178, 1672735980, 3734504457]);
    }

    #[test]
    fn wide_generator_masks_what_fio_masks() {
        // The masks as fio writes them.
        for (low, mask) in [
            (1, 18446744073709551614),
            (9, 18446744073709551104),
            (12, 18446744073709547520),
            (17, 18446744073709420544),
            (23, 18446744073701163008u64),
        ] {
            assert_eq!(u64::MAX >> low << low, mask);
        }
    }

    #[test]
    fn percent_covers_1_to_100() {
        let mut t = Taus32::new(1);
        let mut seen = [false; 101];
        for _ in 0..10_000 {
            seen[t.percent() as usize] = true;
        }
        assert!(!seen[0] && seen[1..].iter().all(|s| *s));
    }
}
