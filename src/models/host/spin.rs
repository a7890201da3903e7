//! Code that goes on for ever while no time passes, and how that is noticed.

use crate::sim::unlikely;

/// What has been done since time last passed, or anything came nearer to its end.
#[derive(Clone, Debug)]
pub struct Spin {
    /// Steps of tasks, turns of fio's loop, and events.
    steps: u64,
    /// More of these than this are taken never to end.
    pub most: u64,
    /// Whether all work ends when enough of it has succeeded; where a job goes on for
    /// as long as its `runtime`, only time brings it nearer to its end.
    pub work_is_bounded: bool,
    /// Whether there were ever too many.
    pub is_found: bool,
}

/// The usual [`Spin::most`]: a few seconds of wall time.
const MOST: u64 = 1 << 23;

impl Default for Spin {
    fn default() -> Self {
        Spin {
            steps: 0,
            most: MOST,
            work_is_bounded: true,
            is_found: false,
        }
    }
}

impl Spin {
    /// Time has passed.
    #[inline]
    pub fn time_passed(&mut self) {
        self.steps = 0;
    }
    /// Something has been done for good.
    #[inline]
    pub fn succeeded(&mut self) {
        if self.work_is_bounded {
            self.steps = 0;
        }
    }
    /// So much more has been done.
    #[inline]
    pub fn add(&mut self, steps: u64) {
        self.steps += steps;
    }
    /// Whether it is too much.
    #[inline]
    pub fn is_endless(&mut self) -> bool {
        if unlikely(self.steps > self.most) {
            self.is_found = true;
        }
        self.is_found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn success_is_an_end_only_to_work_that_is_bounded() {
        for work_is_bounded in [true, false] {
            let mut spin = Spin {
                most: 10,
                work_is_bounded,
                ..Spin::default()
            };
            spin.add(10);
            spin.succeeded();
            spin.add(1);
            assert_eq!(spin.is_endless(), !work_is_bounded);
        }
    }

    #[test]
    fn time_makes_good_what_was_done_before() {
        let mut spin = Spin {
            most: 10,
            ..Spin::default()
        };
        spin.add(10);
        assert!(!spin.is_endless());
        spin.time_passed();
        spin.add(10);
        assert!(!spin.is_endless());
        spin.add(1);
        assert!(spin.is_endless());
    }
}
