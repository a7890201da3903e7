//! Budgets: how many sectors a queue is given at a time, and what becomes of it
//! when its turn is over.

use super::super::Reqs;
use super::queue::QueueId;
use super::time::Now;
use super::{Bfq, MIN_TT};

/// Budgets given out before their statistics are of use
/// (`bfq_stats_min_budgets`).
const STATS_MIN_BUDGETS: u32 = 194;
/// Most sectors that a queue is given, until the device's rate is known
/// (`bfq_default_max_budget`).
pub(super) const DEFAULT_MAX_BUDGET: i64 = 16 * 1024;

/// Why a queue is no longer served (`enum bfqq_expiration`).
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(super) enum Expiration {
    /// It has been waited for in vain.
    TooIdle,
    BudgetTimeout,
    BudgetExhausted,
    NoMoreRequests,
    Preempted,
}

impl Bfq {
    /// `bfq_max_budget`
    pub(super) fn max_budget(&self) -> i64 {
        if self.budgets_assigned < STATS_MIN_BUDGETS {
            DEFAULT_MAX_BUDGET
        } else {
            self.bfq_max_budget
        }
    }

    /// `bfq_min_budget`
    pub(super) fn min_budget(&self) -> i64 {
        self.max_budget() / 32
    }

    /// `bfq_bfqq_update_budg_for_activation`: whether `q` is to have at once what
    /// it had left when it ran out of requests.
    pub(super) fn update_budget_for_activation(
        &mut self,
        reqs: &Reqs,
        q: QueueId,
        arrived_in_time: bool,
    ) -> bool {
        let left = self.queues[q].budget_left();
        if self.queues[q].non_blocking_wait_rq && arrived_in_time && left > 0 {
            let queue = &mut self.queues[q];
            queue.entity.budget = left.min(queue.max_budget);
            queue.entity.service = 0;
            return true;
        }
        let budget = self.budget_for_next(reqs, q);
        let queue = &mut self.queues[q];
        queue.entity.service = 0;
        queue.entity.budget = budget;
        queue.non_blocking_wait_rq = false;
        false
    }

    /// The budget of `q`, that its next request fits into.
    fn budget_for_next(&self, reqs: &Reqs, q: QueueId) -> i64 {
        let queue = &self.queues[q];
        let next = queue
            .next_rq
            .map_or(0, |rq| self.serv_to_charge(reqs, rq, q));
        queue.max_budget.max(next)
    }

    /// The next request of `q` is another, or has grown: it is to fit into its
    /// budget (`bfq_updated_next_req`).
    pub(super) fn updated_next_req(&mut self, reqs: &Reqs, q: QueueId, now: Now) {
        if self.queues[q].next_rq.is_none() || self.in_service == Some(q) {
            return;
        }
        let budget = self.budget_for_next(reqs, q);
        let e = &mut self.queues[q].entity;
        let budget = budget.max(e.service);
        if e.budget != budget {
            e.budget = budget;
            self.requeue(q, false, now);
        }
    }

    /// `bfq_set_budget_timeout`
    fn set_budget_timeout(&mut self, q: QueueId, now: Now) {
        self.last_budget_start = now.ns;
        let coeff = if self.is_raised_as_rt(q) {
            1
        } else {
            let e = &self.queues[q].entity;
            i64::from(e.weight / e.orig_weight.max(1))
        };
        self.queues[q].budget_timeout = now.jiffies + self.timeout() * coeff;
    }

    /// For how long a queue is served at most (`bfq_timeout`), jiffies.
    pub(super) fn timeout(&self) -> i64 {
        self.clock.hz() / 8
    }

    /// `bfq_set_in_service_queue`
    pub(super) fn set_in_service_queue(&mut self, now: Now) -> Option<QueueId> {
        let next = self.get_next_queue(now);
        if let Some(q) = next {
            let j = now.jiffies;
            self.budgets_assigned = (self.budgets_assigned * 7 + 256) / 8;
            let rt = self.is_raised_as_rt(q);
            let queue = &mut self.queues[q];
            queue.fifo_expire = false;
            let start = queue.wr.last_start_finish;
            if start < j && queue.wr.coeff > 1 && rt && queue.budget_timeout < j {
                queue.wr.last_start_finish = if queue.budget_timeout > start {
                    start + j - queue.budget_timeout
                } else {
                    j
                };
            }
            self.set_budget_timeout(q, now);
        }
        self.in_service = next;
        self.in_serv_last_pos = 0;
        next
    }

    /// Whether the time of `q` is over (`bfq_bfqq_budget_timeout`).
    pub(super) fn is_timed_out(&self, q: QueueId, now: Now) -> bool {
        self.queues[q].budget_timeout <= now.jiffies
    }

    /// `bfq_may_expire_for_budg_timeout`
    pub(super) fn may_expire_for_timeout(&self, q: QueueId, now: Now) -> bool {
        let queue = &self.queues[q];
        (!queue.wait_request || queue.budget_left() >= queue.entity.budget / 3)
            && self.is_timed_out(q, now)
    }

    /// `q`, in service, no longer is (`bfq_bfqq_expire`); `compensate` for the
    /// time that it was waited for in vain.
    pub(super) fn expire(
        &mut self,
        reqs: &Reqs,
        q: QueueId,
        compensate: bool,
        reason: Expiration,
        now: Now,
    ) {
        let (slow, time_ms) = self.is_slow(q, compensate, now);
        let queue = &self.queues[q];
        let much_left = queue.budget_left() >= queue.entity.budget / 3;
        let timed_out = reason == Expiration::BudgetTimeout && much_left;
        if queue.wr.coeff == 1 && (slow || timed_out) {
            self.charge_time(q, time_ms, now);
        }
        let queue = &mut self.queues[q];
        if queue.wr.coeff == 1 {
            queue.wr.last_start_finish = now.jiffies;
        }
        if queue.sort.is_empty() {
            if queue.dispatched == 0 {
                self.queues[q].soft_rt_next_start = self.softrt_next_start(q, now);
            } else {
                queue.softrt_update = true;
            }
        }
        self.rqs_injected = false;
        self.wait_dispatch = false;
        self.waited_rq = None;
        self.recalc_budget(reqs, q, reason);
        self.expire_entity(reqs, q, reason, now);
        let queue = &mut self.queues[q];
        let ran_out = reason != Expiration::BudgetTimeout && reason != Expiration::BudgetExhausted;
        if !queue.busy && ran_out {
            queue.non_blocking_wait_rq = true;
        } else {
            queue.entity.service = 0;
        }
    }

    /// `__bfq_bfqq_expire`
    pub(super) fn expire_entity(&mut self, reqs: &Reqs, q: QueueId, reason: Expiration, now: Now) {
        let queue = &mut self.queues[q];
        if queue.coop && queue.is_seeky() {
            queue.split_coop = true;
        }
        let is_empty = queue.sort.is_empty();
        let is_needed = reason == Expiration::Preempted && self.idling_needed_for_guarantees(q);
        if is_empty && !is_needed {
            let queue = &mut self.queues[q];
            if queue.dispatched == 0 {
                queue.budget_timeout = now.jiffies;
            }
            self.del_busy(q, true, now);
        } else {
            self.requeue(q, true, now);
            if !self.nonrot_with_queueing && !is_empty {
                self.move_position(reqs, q, now);
            }
        }
        self.reset_in_service();
    }

    /// Whether `q` made slow use of the device, and the time it had, ms
    /// (`bfq_bfqq_is_slow`).
    fn is_slow(&self, q: QueueId, compensate: bool, now: Now) -> (bool, i64) {
        let queue = &self.queues[q];
        if !queue.sync {
            return (false, 0);
        }
        let end = if compensate {
            self.last_idling_start
        } else {
            now.ns
        };
        let us = end.saturating_sub(self.last_budget_start) / 1000;
        if us < 1000 {
            return (queue.is_seeky(), (MIN_TT / 1_000_000) as i64);
        }
        let slow = if us > 20_000 {
            queue.entity.service < self.bfq_max_budget / 2
        } else {
            queue.is_seeky()
        };
        (slow, (us / 1000) as i64)
    }

    /// `q` is charged for the time it had as if it had made good use of it
    /// (`bfq_bfqq_charge_time`).
    fn charge_time(&mut self, q: QueueId, time_ms: i64, now: Now) {
        let timeout_ms = self.clock.to_ms(self.timeout()).max(1);
        let for_time = self.bfq_max_budget * time_ms.min(timeout_ms) / timeout_ms;
        let e = &mut self.queues[q].entity;
        let total = for_time.max(e.service);
        e.budget = e.budget.max(total);
        let more = total - e.service;
        self.served(q, more, now);
    }

    /// What `q` gets the next time (`__bfq_bfqq_recalc_budget`).
    fn recalc_budget(&mut self, reqs: &Reqs, q: QueueId, reason: Expiration) {
        let (min, max) = (self.min_budget(), self.bfq_max_budget);
        let queue = &self.queues[q];
        let raised = queue.wr.coeff > 1;
        let budget = if raised { 2 * min } else { queue.max_budget };
        let budget = if !queue.sync {
            max
        } else if raised {
            budget
        } else {
            match reason {
                Expiration::TooIdle if queue.dispatched > 0 => max.min(2 * budget),
                Expiration::TooIdle if budget > 5 * min => budget - 4 * min,
                Expiration::TooIdle => min,
                Expiration::BudgetTimeout => max.min(2 * budget),
                Expiration::BudgetExhausted => max.min(4 * budget),
                Expiration::NoMoreRequests => min.max(queue.entity.service),
                Expiration::Preempted => return,
            }
        };
        let queue = &mut self.queues[q];
        queue.max_budget = budget;
        if self.budgets_assigned >= STATS_MIN_BUDGETS {
            queue.max_budget = budget.min(max);
        }
        if queue.next_rq.is_some() {
            self.queues[q].entity.budget = self.budget_for_next(reqs, q);
        }
    }
}
