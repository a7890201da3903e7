//! When I/O goes back to a better priority group
//! (`main.c:deferred_failback_tick`, `need_switch_pathgroup`).

use super::values::Failback;

/// What a check of a path means for the choice of the group.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq)]
pub struct PathNews {
    /// The path is usable again.
    pub up: bool,
    /// By the checker's own account it was not usable before; false if only
    /// I/O had failed.
    pub up_by_checker: bool,
    /// It is in the best group, whose other paths are all down.
    pub first_of_best: bool,
}

/// The rule and the countdown of one map.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct FailbackTimer {
    rule: Failback,
    tick: u32,
}

impl FailbackTimer {
    /// No failback is pending.
    pub fn new(rule: Failback) -> FailbackTimer {
        FailbackTimer { rule, tick: 0 }
    }

    /// Whether a better group is looked for at all.
    pub fn looks(&self) -> bool {
        self.rule != Failback::Manual
    }

    /// Whether it happens as soon as it is seen.
    pub fn is_immediate(&self) -> bool {
        self.rule == Failback::Immediate
    }

    /// Ticks until the group is switched; 0: nothing is pending.
    pub fn tick(&self) -> u32 {
        self.tick
    }

    /// The best group is not the one in use; whether to switch now.
    pub fn better_group_seen(&mut self, news: PathNews) -> bool {
        match self.rule {
            Failback::Manual => false,
            Failback::Immediate => true,
            Failback::Followover => news.up_by_checker && news.first_of_best,
            Failback::Deferred(seconds) => {
                if news.up || self.tick == 0 {
                    // One more, as this loop counts already.
                    self.tick = seconds.saturating_add(1);
                }
                false
            }
        }
    }

    /// A path failed: nothing is pending any more.
    pub fn cancel(&mut self) {
        self.tick = 0;
    }

    /// Loops of the daemon; whether the time has come.
    pub fn advance(&mut self, ticks: u32) -> bool {
        let pending = self.tick > 0;
        self.tick = self.tick.saturating_sub(ticks);
        pending && self.tick == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const UP: PathNews = PathNews {
        up: true,
        up_by_checker: true,
        first_of_best: false,
    };

    #[test]
    fn deferred_counts_from_one_more_and_starts_again_with_each_path() {
        let mut timer = FailbackTimer::new(Failback::Deferred(10));
        assert!(!timer.better_group_seen(UP));
        assert_eq!(timer.tick(), 11);
        assert!(!timer.advance(1));
        assert!(!timer.better_group_seen(PathNews::default()));
        assert_eq!(timer.tick(), 10, "no path came up: it goes on");
        assert!(!timer.better_group_seen(UP));
        assert_eq!(timer.tick(), 11);
        assert!(!timer.advance(10));
        assert!(timer.advance(1));
        assert!(!timer.advance(1));
    }

    #[test]
    fn a_failure_cancels() {
        let mut timer = FailbackTimer::new(Failback::Deferred(1));
        timer.better_group_seen(UP);
        timer.cancel();
        assert!(!timer.advance(5));
    }

    #[test]
    fn the_other_rules() {
        assert!(!FailbackTimer::new(Failback::Manual).better_group_seen(UP));
        assert!(FailbackTimer::new(Failback::Immediate).better_group_seen(PathNews::default()));
        let mut followover = FailbackTimer::new(Failback::Followover);
        assert!(!followover.better_group_seen(UP));
        let first = PathNews {
            first_of_best: true,
            ..UP
        };
        assert!(followover.better_group_seen(first));
        let after_io_error = PathNews {
            up_by_checker: false,
            ..first
        };
        assert!(!followover.better_group_seen(after_io_error));
    }
}
