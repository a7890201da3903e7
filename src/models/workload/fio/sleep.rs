//! How fio sleeps (`time.c:usec_sleep`, 3.33): short of the goal by the
//! granularity of nanosleep(2) that it measured at start, and the rest on the
//! CPU.

use super::act::Act;
use crate::sim::Ns;

/// µs from `since` to `now`, whole ones.
#[inline]
pub fn usec_since(since: Ns, now: Ns) -> u64 {
    now.saturating_sub(since).0 / 1000
}

/// A sleep under way.
#[derive(Copy, Clone, Debug)]
pub struct Sleep {
    left_us: u64,
    phase: Phase,
}

#[derive(Copy, Clone, Debug)]
enum Phase {
    Fresh,
    Asleep(Ns),
    Spinning,
}

impl Sleep {
    /// A sleep of so many µs.
    pub fn new(us: u64) -> Self {
        Sleep {
            left_us: us,
            phase: Phase::Fresh,
        }
    }

    /// What to do at `now`; none: it is over.
    pub fn next(&mut self, now: Ns, granularity_us: u64) -> Option<Act> {
        match self.phase {
            Phase::Spinning => return None,
            Phase::Asleep(since) => {
                let slept = usec_since(since, now);
                if slept >= self.left_us {
                    return None;
                }
                self.left_us -= slept;
            }
            Phase::Fresh => {}
        }
        // fio sleeps 0 µs once more when they are equal; here that could take no
        // time, for ever.
        if self.left_us <= granularity_us {
            self.phase = Phase::Spinning;
            return Some(Act::SpinUntil(later(now, self.left_us)));
        }
        self.phase = Phase::Asleep(now);
        Some(Act::SleepUntil(later(now, self.left_us - granularity_us)))
    }
}

/// So many µs after `now`.
pub fn later(now: Ns, us: u64) -> Ns {
    now.saturating_add(Ns(us.saturating_mul(1000)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sleeps_short_and_spins_the_rest() {
        let mut sleep = Sleep::new(1000);
        let us = Ns::from_us;
        assert_eq!(sleep.next(us(100), 55), Some(Act::SleepUntil(us(1045))));
        // Woken 52 µs late by timer slack: 3 µs are left.
        assert_eq!(sleep.next(us(1097), 55), Some(Act::SpinUntil(us(1100))));
        assert_eq!(sleep.next(us(1100), 55), None);
    }

    #[test]
    fn ends_even_if_sleeping_is_exact() {
        let mut sleep = Sleep::new(300);
        let mut now = Ns::ZERO;
        let mut acts = 0;
        while let Some(act) = sleep.next(now, 55) {
            let (Act::SleepUntil(t) | Act::SpinUntil(t)) = act else {
                unreachable!()
            };
            now = t;
            acts += 1;
        }
        assert_eq!((now, acts), (Ns::from_us(300), 2));
    }

    #[test]
    fn overslept() {
        let mut sleep = Sleep::new(100);
        sleep.next(Ns::ZERO, 55);
        assert_eq!(sleep.next(Ns::from_us(100), 55), None);
    }
}
