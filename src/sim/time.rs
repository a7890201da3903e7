//! Simulated time: integer nanoseconds since the start of the run.

use std::fmt;
use std::ops::{Add, AddAssign, Mul, Sub};

use serde::Serialize;

/// A point in simulated time, or a span of it, in nanoseconds.
///
/// One type serves both, as in the kernel's `ktime_t`; there are no floats in
/// time. Range: 0 to 2⁶⁴−1 ns (584 years).
///
/// Serialises as an integer; is read from an integer or a text like `4ms`
/// (see [`units`](super::units)).
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Debug, Serialize)]
#[serde(transparent)]
pub struct Ns(pub u64);

impl Ns {
    /// The start of the run; the empty span.
    pub const ZERO: Ns = Ns(0);
    /// Later than anything that happens.
    pub const NEVER: Ns = Ns(u64::MAX);

    /// A span of `us` microseconds.
    pub const fn from_us(us: u64) -> Ns {
        Ns(us * 1_000)
    }
    /// A span of `ms` milliseconds.
    pub const fn from_ms(ms: u64) -> Ns {
        Ns(ms * 1_000_000)
    }
    /// A span of `s` seconds.
    pub const fn from_secs(s: u64) -> Ns {
        Ns(s * 1_000_000_000)
    }
    /// This span in seconds, for output only.
    pub fn as_secs_f64(self) -> f64 {
        self.0 as f64 / 1e9
    }
    /// This span minus `other`, or zero where `other` is longer.
    #[inline]
    pub const fn saturating_sub(self, other: Ns) -> Ns {
        Ns(self.0.saturating_sub(other.0))
    }
    /// This instant plus `other`, or [`Ns::NEVER`] past the end of time.
    #[inline]
    pub const fn saturating_add(self, other: Ns) -> Ns {
        Ns(self.0.saturating_add(other.0))
    }
}

impl Add for Ns {
    type Output = Ns;
    #[inline]
    fn add(self, rhs: Ns) -> Ns {
        Ns(self.0 + rhs.0)
    }
}
impl AddAssign for Ns {
    #[inline]
    fn add_assign(&mut self, rhs: Ns) {
        self.0 += rhs.0;
    }
}
impl Sub for Ns {
    type Output = Ns;
    #[inline]
    fn sub(self, rhs: Ns) -> Ns {
        Ns(self.0 - rhs.0)
    }
}
impl Mul<u64> for Ns {
    type Output = Ns;
    #[inline]
    fn mul(self, rhs: u64) -> Ns {
        Ns(self.0 * rhs)
    }
}

impl fmt::Display for Ns {
    /// Seconds with nine decimals, as blkparse prints times.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}.{:09}",
            self.0 / 1_000_000_000,
            self.0 % 1_000_000_000
        )
    }
}
