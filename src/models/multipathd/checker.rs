//! The state of a path as a check finds it, and when the next check is due.

use serde::{Deserialize, Serialize};

/// What the daemon knows of a path (`libmultipath/checkers.h`).
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PathState {
    /// Not checked yet, or the check itself failed.
    #[default]
    Unchecked,
    /// It does not work.
    Down,
    /// It works.
    Up,
    /// It works now and then; only some checkers say so.
    Shaky,
    /// It works as a passive path: the array refuses I/O on it for now.
    Ghost,
    /// The check is still running, or the port is in transition.
    Pending,
    /// The check had no answer in time.
    Timeout,
    /// The device is gone from sysfs.
    Removed,
    /// It works, but is withheld because it failed too often.
    Delayed,
}

impl PathState {
    /// Whether the daemon counts it as active: up or ghost
    /// (`structs_vec.c:count_active_paths`).
    pub fn is_usable(self) -> bool {
        matches!(self, PathState::Up | PathState::Ghost)
    }
}

/// When a path is checked: a countdown of the loop's ticks, one a second, and
/// the interval that it starts from (`struct path`: `tick`, `checkint`).
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct CheckClock {
    /// Seconds until the next check; 0 and 1 both mean the next loop.
    pub tick: u32,
    interval: u32,
    shortest: u32,
    longest: u32,
}

impl CheckClock {
    /// A clock between two intervals, s, whose first check is due in the next
    /// loop.
    pub fn new((shortest, longest): (u32, u32)) -> CheckClock {
        CheckClock {
            tick: 0,
            interval: shortest,
            shortest,
            longest,
        }
    }

    /// So many seconds have passed; whether a check is due.
    pub fn advance(&mut self, seconds: u32) -> bool {
        self.tick = self.tick.saturating_sub(seconds);
        self.tick == 0
    }

    /// A check begins: whatever comes of it, the next one is not later than
    /// after the shortest interval.
    pub fn provision(&mut self) {
        self.tick = self.shortest;
    }

    /// The state changed: back to the shortest interval.
    pub fn reset(&mut self) {
        self.interval = self.shortest;
    }

    /// A check found a usable path usable still: the interval doubles, up to
    /// the longest (`main.c:update_path_state`).
    pub fn relax(&mut self) {
        self.interval = if self.interval < self.longest / 2 {
            self.interval * 2
        } else {
            self.longest
        };
        self.tick = self.interval;
    }

    /// Something happened: check after the shortest interval at the latest
    /// (`structs_vec.c:update_multipath`).
    pub fn hurry(&mut self) {
        self.tick = self.tick.min(self.shortest);
    }

    /// Check in the next loop.
    pub fn next_loop(&mut self) {
        self.tick = 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The ticks of successive healthy checks.
    fn healthy(intervals: (u32, u32), checks: usize) -> Vec<u32> {
        let mut clock = CheckClock::new(intervals);
        clock.reset();
        (0..checks)
            .map(|_| {
                clock.provision();
                clock.relax();
                clock.tick
            })
            .collect()
    }

    #[test]
    fn intervals_double_up_to_the_longest() {
        assert_eq!(healthy((5, 20), 4), [10, 20, 20, 20]);
        assert_eq!(healthy((5, 30), 4), [10, 20, 30, 30]);
        assert_eq!(healthy((5, 5), 2), [5, 5]);
        assert_eq!(healthy((3, 100), 6), [6, 12, 24, 48, 96, 100]);
        assert_eq!(healthy((u32::MAX, u32::MAX), 2), [u32::MAX; 2]);
    }

    #[test]
    fn a_change_brings_the_shortest_interval_back() {
        let mut clock = CheckClock::new((5, 20));
        clock.relax();
        clock.relax();
        clock.provision();
        clock.reset();
        assert_eq!(clock.tick, 5);
        clock.relax();
        assert_eq!(clock.tick, 10);
    }

    #[test]
    fn hurrying_never_delays() {
        let mut clock = CheckClock::new((5, 20));
        clock.tick = 17;
        clock.hurry();
        assert_eq!(clock.tick, 5);
        clock.tick = 2;
        clock.hurry();
        assert_eq!(clock.tick, 2);
        assert!(!clock.advance(1));
        assert!(clock.advance(9));
    }
}
