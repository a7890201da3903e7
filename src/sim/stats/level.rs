//! A level that changes in time: a queue's length, commands in flight.

use crate::sim::time::Ns;

/// A level and its exact integral over time.
///
/// By Little's law the integral of what is in flight equals the summed
/// residence of all that was, to the nanosecond.
#[derive(Copy, Clone, PartialEq, Eq, Debug, Default)]
pub struct TimeWeighted {
    level: u64,
    max: u64,
    start: Ns,
    since: Ns,
    integral: u128,
    busy: Ns,
}

impl TimeWeighted {
    /// A level of 0 that is observed from `start`.
    pub fn new(start: Ns) -> Self {
        TimeWeighted {
            start,
            since: start,
            ..TimeWeighted::default()
        }
    }

    /// From `now` on the level is `level`. An earlier `now` than the last
    /// counts as the last.
    #[inline]
    pub fn set(&mut self, now: Ns, level: u64) {
        self.advance(now);
        self.level = level;
        self.max = self.max.max(level);
    }

    /// From `now` on the level is higher by `n`.
    #[inline]
    pub fn add(&mut self, now: Ns, n: u64) {
        self.set(now, self.level + n);
    }

    /// From `now` on the level is lower by `n`, but at least 0.
    #[inline]
    pub fn sub(&mut self, now: Ns, n: u64) {
        self.set(now, self.level.saturating_sub(n));
    }

    #[inline]
    fn advance(&mut self, now: Ns) {
        let span = now.saturating_sub(self.since);
        self.integral += u128::from(span.0) * u128::from(self.level);
        if self.level > 0 {
            self.busy += span;
        }
        self.since = self.since.max(now);
    }

    /// The level.
    pub fn level(&self) -> u64 {
        self.level
    }

    /// The highest level of the window.
    pub fn max(&self) -> u64 {
        self.max
    }

    /// The integral of the level from the window's start to `now`, ns.
    pub fn integral(&self, now: Ns) -> u128 {
        let span = now.saturating_sub(self.since);
        self.integral + u128::from(span.0) * u128::from(self.level)
    }

    /// How long the level was above 0, from the window's start to `now`.
    pub fn busy(&self, now: Ns) -> Ns {
        if self.level > 0 {
            self.busy + now.saturating_sub(self.since)
        } else {
            self.busy
        }
    }

    /// The mean level from the window's start to `now`; 0 of an empty window.
    pub fn mean(&self, now: Ns) -> f64 {
        match now.saturating_sub(self.start).0 {
            0 => 0.0,
            span => self.integral(now) as f64 / span as f64,
        }
    }

    /// The share of time the level was above 0; 0 of an empty window.
    pub fn utilisation(&self, now: Ns) -> f64 {
        match now.saturating_sub(self.start).0 {
            0 => 0.0,
            span => self.busy(now).0 as f64 / span as f64,
        }
    }

    /// Starts a new window at `now`, as at the end of the warm-up; the level
    /// stays.
    pub fn reset(&mut self, now: Ns) {
        *self = TimeWeighted {
            level: self.level,
            max: self.level,
            start: now,
            since: now,
            integral: 0,
            busy: Ns::ZERO,
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_integral_is_the_area_under_the_level() {
        let mut w = TimeWeighted::new(Ns(10));
        w.add(Ns(20), 2);
        w.add(Ns(30), 1);
        w.sub(Ns(40), 3);
        assert_eq!(w.integral(Ns(50)), 20 + 30);
        assert_eq!((w.busy(Ns(50)), w.max()), (Ns(20), 3));
        assert_eq!((w.mean(Ns(50)), w.utilisation(Ns(50))), (1.25, 0.5));
        w.set(Ns(50), 7);
        w.reset(Ns(60));
        assert_eq!((w.integral(Ns(61)), w.level(), w.max()), (7, 7, 7));
        assert_eq!(w.busy(Ns(61)), Ns(1));
        assert_eq!(w.mean(Ns(60)), 0.0);
    }

    proptest! {
        /// Little's law without rounding.
        #[test]
        fn the_integral_is_the_summed_residence(
            stays in proptest::collection::vec((0u64..1000, 0u64..1000), 1..50),
            reset in 0u64..1000,
        ) {
            let mut changes: Vec<(u64, bool)> = Vec::new();
            for &(begin, length) in &stays {
                changes.push((begin, true));
                changes.push((begin + length, false));
            }
            // Arrivals first, so that the level never goes below 0.
            changes.sort_by_key(|&(t, arrives)| (t, !arrives));
            let mut w = TimeWeighted::new(Ns(0));
            let mut was_reset = false;
            for (t, arrives) in changes {
                if t > reset && !was_reset {
                    w.reset(Ns(reset));
                    was_reset = true;
                }
                if arrives { w.add(Ns(t), 1) } else { w.sub(Ns(t), 1) }
            }
            let from = if was_reset { reset } else { 0 };
            let residence: u64 = stays
                .iter()
                .map(|&(begin, length)| (begin + length).saturating_sub(begin.max(from)))
                .sum();
            prop_assert_eq!(w.integral(Ns(5000)), u128::from(residence));
        }
    }
}
