//! The two clocks of the kernel: nanoseconds and ticks.

use crate::sim::Ns;

/// Jiffies before anything there is (`bfq_smallest_from_now`).
pub(super) const LONG_AGO: i64 = i64::MIN / 4;

/// The time.
#[derive(Copy, Clone, Debug)]
pub(super) struct Now {
    /// Since boot (`ktime_get_ns`).
    pub(super) ns: u64,
    /// Ticks since boot.
    pub(super) jiffies: i64,
}

/// How the clocks run.
#[derive(Copy, Clone, Debug)]
pub(super) struct Clock {
    /// Length of a tick, ns.
    jiffy: u64,
    /// Time since boot at the start of the run, ns.
    uptime: u64,
}

impl Clock {
    pub(super) fn new(jiffy: Ns, uptime: Ns) -> Self {
        Clock {
            jiffy: jiffy.0.max(1),
            uptime: uptime.0,
        }
    }
    /// The time since boot at `now` of the run.
    #[inline]
    pub(super) fn at(self, now: Ns) -> Now {
        let ns = now.0 + self.uptime;
        Now {
            ns,
            jiffies: (ns / self.jiffy) as i64,
        }
    }
    /// Ticks a second (`HZ`).
    pub(super) fn hz(self) -> i64 {
        (1_000_000_000 / self.jiffy) as i64
    }
    /// `msecs_to_jiffies`
    pub(super) fn ms(self, ms: i64) -> i64 {
        (ms * self.hz()).div_euclid(1000) + i64::from((ms * self.hz()) % 1000 > 0)
    }
    /// `jiffies_to_msecs`
    pub(super) fn to_ms(self, jiffies: i64) -> i64 {
        jiffies * 1000 / self.hz()
    }
}
