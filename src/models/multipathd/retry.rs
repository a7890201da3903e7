//! `no_path_retry`: how long I/O waits for a path, counted in ticks of the
//! daemon's loop (`structs_vec.c:enter_recovery_mode`,
//! `main.c:retry_count_tick`).

use super::values::NoPathRetry;

/// What the kernel is to be told.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum Queueing {
    /// `queue_if_no_path`
    On,
    /// `fail_if_no_path`
    Off,
}

/// The countdown of a map without usable paths.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct Retry {
    rule: NoPathRetry,
    /// Seconds of one polling interval.
    interval: u32,
    in_recovery: bool,
    tick: u32,
}

impl Retry {
    /// A map with usable paths, under a rule, with a polling interval in s.
    pub fn new(rule: NoPathRetry, interval: u32) -> Retry {
        Retry {
            rule,
            interval,
            in_recovery: false,
            tick: 0,
        }
    }

    /// Ticks until queueing ends; 0: it is not counted.
    pub fn tick(&self) -> u32 {
        self.tick
    }

    /// Whether the last usable path is gone, and the time is counted or over.
    pub fn is_in_recovery(&self) -> bool {
        self.in_recovery
    }

    /// Whether the time for retries has passed without a path coming back.
    pub fn has_expired(&self) -> bool {
        self.in_recovery && self.tick == 0
    }

    /// Whether a table that is loaded now queues without paths
    /// (`dmparser.c:assemble_map`).
    pub fn table_queues(&self) -> bool {
        match self.rule {
            NoPathRetry::Queue => true,
            NoPathRetry::Checks(_) => !self.has_expired(),
            NoPathRetry::Undefined | NoPathRetry::Fail => false,
        }
    }

    /// The last usable path is gone.
    pub fn enter_recovery(&mut self) {
        if let (NoPathRetry::Checks(n), false) = (self.rule, self.in_recovery) {
            self.in_recovery = true;
            // One more, as the loop that this happens in may count already.
            self.tick = n.saturating_mul(self.interval).saturating_add(1);
        }
    }

    /// There is a usable path again.
    pub fn leave_recovery(&mut self) -> Option<Queueing> {
        self.tick = 0;
        std::mem::take(&mut self.in_recovery).then_some(Queueing::On)
    }

    /// A loop of the daemon, or several that had nothing else to do.
    pub fn advance(&mut self, ticks: u32) -> Option<Queueing> {
        if self.tick == 0 {
            return None;
        }
        self.tick = self.tick.saturating_sub(ticks);
        (self.tick == 0).then_some(Queueing::Off)
    }

    /// Looks after the kernel's flag when a path was checked
    /// (`structs_vec.c:__set_no_path_retry`).
    pub fn synchronise(&mut self, any_usable: bool, kernel_queues: bool) -> Option<Queueing> {
        match self.rule {
            NoPathRetry::Undefined => None,
            NoPathRetry::Fail => kernel_queues.then_some(Queueing::Off),
            NoPathRetry::Queue => (!kernel_queues).then_some(Queueing::On),
            NoPathRetry::Checks(_) if any_usable => self
                .leave_recovery()
                .or((!kernel_queues).then_some(Queueing::On)),
            NoPathRetry::Checks(_) => {
                self.enter_recovery();
                None
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn queueing_ends_after_the_intervals_and_one_tick() {
        let mut retry = Retry::new(NoPathRetry::Checks(12), 5);
        retry.enter_recovery();
        assert_eq!(retry.tick(), 61);
        assert_eq!(retry.advance(60), None);
        retry.enter_recovery();
        assert_eq!(retry.tick(), 1, "it is not started again");
        assert!(retry.table_queues());
        assert_eq!(retry.advance(1), Some(Queueing::Off));
        assert!(!retry.table_queues());
        assert_eq!(retry.advance(1), None);
        retry.enter_recovery();
        assert_eq!(retry.tick(), 0, "nor after it has expired");
    }

    #[test]
    fn a_path_that_comes_back_turns_queueing_on() {
        let mut retry = Retry::new(NoPathRetry::Checks(1), 5);
        retry.enter_recovery();
        assert_eq!(retry.leave_recovery(), Some(Queueing::On));
        assert_eq!(retry.leave_recovery(), None);
        assert_eq!(retry.advance(10), None);
    }

    #[test]
    fn the_flag_of_the_kernel_is_put_right() {
        let mut fail = Retry::new(NoPathRetry::Fail, 5);
        assert_eq!(fail.synchronise(true, true), Some(Queueing::Off));
        assert_eq!(fail.synchronise(false, false), None);
        let mut queue = Retry::new(NoPathRetry::Queue, 5);
        assert_eq!(queue.synchronise(false, false), Some(Queueing::On));
        queue.enter_recovery();
        assert_eq!(queue.tick(), 0);
        let mut undefined = Retry::new(NoPathRetry::Undefined, 5);
        assert_eq!(undefined.synchronise(false, true), None);
        let mut checks = Retry::new(NoPathRetry::Checks(2), 5);
        assert_eq!(checks.synchronise(true, false), Some(Queueing::On));
        assert_eq!(checks.synchronise(false, true), None);
        assert_eq!(checks.tick(), 11);
    }
}
