//! Bursts: many queues that come to life at once are the work of one
//! application, and none of them is raised.

use super::Bfq;
use super::queue::QueueId;
use super::time::Now;

/// Time between queues of a burst, ms (`bfq_burst_interval`).
pub(super) const BURST_INTERVAL_MS: i64 = 180;
/// Queues of a burst that is large (`bfq_large_burst_thresh`).
const LARGE_BURST: u32 = 8;

/// Queues that came to life shortly after each other (`bfq_handle_burst`).
#[derive(Debug, Default)]
pub(super) struct Burst {
    size: u32,
    is_large: bool,
    list: Vec<QueueId>,
    last: i64,
}

impl Bfq {
    /// `q` has its first request (`bfq_handle_burst`).
    pub(super) fn handle_burst(&mut self, q: QueueId, now: Now) {
        let interval = self.clock.ms(BURST_INTERVAL_MS);
        let queue = &self.queues[q];
        let just_split = queue.split_time.saturating_add(self.clock.ms(10)) >= now.jiffies;
        if queue.in_burst_list || queue.habits.in_large_burst || just_split {
            return;
        }
        if self.burst.last.saturating_add(interval) < now.jiffies {
            self.burst.is_large = false;
            self.reset_burst_list(q);
        } else if self.burst.is_large {
            self.queues[q].habits.in_large_burst = true;
        } else {
            self.add_to_burst(q);
        }
        self.burst.last = now.jiffies;
    }

    /// Whether a queue that has just come to life may belong to a burst.
    pub(super) fn may_be_burst(&self) -> bool {
        self.burst.size > 0 || self.tot_busy_queues() == 0
    }

    /// `bfq_reset_burst_list`
    fn reset_burst_list(&mut self, q: QueueId) {
        for item in std::mem::take(&mut self.burst.list) {
            self.queues[item].in_burst_list = false;
        }
        self.burst.size = 0;
        if self.tot_busy_queues() == 0 {
            self.join_burst(q);
            self.burst.size = 1;
        }
    }

    /// `bfq_add_to_burst`
    fn add_to_burst(&mut self, q: QueueId) {
        self.burst.size += 1;
        if self.burst.size < LARGE_BURST {
            return self.join_burst(q);
        }
        self.burst.is_large = true;
        for item in std::mem::take(&mut self.burst.list) {
            self.queues[item].in_burst_list = false;
            self.queues[item].habits.in_large_burst = true;
        }
        self.queues[q].habits.in_large_burst = true;
    }

    fn join_burst(&mut self, q: QueueId) {
        self.queues[q].in_burst_list = true;
        self.burst.list.push(q);
    }

    pub(super) fn leave_burst(&mut self, q: QueueId) {
        if std::mem::take(&mut self.queues[q].in_burst_list) {
            self.burst.list.retain(|&o| o != q);
        }
    }

    /// `q` is freed: the burst is one smaller.
    pub(super) fn die_in_burst(&mut self, q: QueueId) {
        let queue = &self.queues[q];
        if queue.in_burst_list && queue.bic.is_some() {
            self.burst.size = self.burst.size.saturating_sub(1);
        }
        self.leave_burst(q);
    }

    /// `q` takes the place of a queue that was split off from another one
    /// (`bfq_get_bfqq_handle_split`).
    pub(super) fn resume_burst(&mut self, q: QueueId, was_in_list: bool, was_in_large: bool) {
        let large = was_in_list && self.burst.is_large || was_in_large;
        self.queues[q].habits.in_large_burst = large;
        if !large && was_in_list {
            self.join_burst(q);
        }
    }
}
