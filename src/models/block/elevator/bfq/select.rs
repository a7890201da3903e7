//! Which queue is served, and when the device waits for a process rather than
//! serve another.

use super::super::Reqs;
use super::budget::Expiration;
use super::queue::QueueId;
use super::rate::SECT_THR_NONROT;
use super::time::Now;
use super::{Bfq, MIN_TT, SLICE_IDLE, Wish};
use crate::models::io::ReqId;

/// For how long a raised queue is waited for, ns.
const RAISED_IDLE: u64 = 20_000_000;
/// Requests that the driver has at a time if it queues them
/// (`BFQ_HW_QUEUE_THRESHOLD`).
const HW_QUEUE_THRESHOLD: u32 = 3;
/// Samples after which that is decided (`BFQ_HW_QUEUE_SAMPLES`).
const HW_QUEUE_SAMPLES: u32 = 32;

impl Bfq {
    /// Whether waiting for `q` makes the device faster
    /// (`idling_boosts_thr_without_issues`): only one without a queue, and if
    /// the process is quick and goes forth.
    pub(super) fn idling_boosts_throughput(&self, q: QueueId) -> bool {
        let queue = &self.queues[q];
        let habits = &queue.habits;
        queue.procs > 0
            && !self.hw_tag.unwrap_or(true)
            && !queue.is_seeky()
            && habits.io_bound
            && habits.has_short_ttime
            && self.wr_busy_queues == 0
    }

    /// `idling_needed_for_service_guarantees`
    pub(super) fn idling_needed_for_guarantees(&self, q: QueueId) -> bool {
        let queue = &self.queues[q];
        let busy = self.tot_busy_queues();
        let raised = queue.wr.coeff > 1
            && (self.wr_busy_queues < busy || self.rq_in_driver >= queue.dispatched + 4);
        queue.procs > 0 && (raised || self.is_asymmetric(q) || busy == 1)
    }

    /// Whether to wait for requests of `q` (`bfq_better_to_idle`).
    pub(super) fn better_to_idle(&self, q: QueueId) -> bool {
        let queue = &self.queues[q];
        queue.procs > 0
            && queue.sync
            && !queue.is_idle_class()
            && (self.idling_boosts_throughput(q) || self.idling_needed_for_guarantees(q))
    }

    /// `bfq_bfqq_must_idle`
    fn must_idle(&self, q: QueueId) -> bool {
        self.queues[q].sort.is_empty() && self.better_to_idle(q)
    }

    /// The queue whose next request is to go, perhaps none
    /// (`bfq_select_queue`).
    pub(super) fn select_queue(&mut self, reqs: &Reqs, now: Now) -> Option<QueueId> {
        let mut reason = Expiration::BudgetTimeout;
        let mut serving = self.in_service;
        if let Some(q) = serving
            && self.may_expire_for_timeout(q, now)
            && !self.must_idle(q)
        {
            self.expire(reqs, q, false, reason, now);
            serving = self.set_in_service_queue(now);
        } else if serving.is_none() {
            serving = self.set_in_service_queue(now);
        }
        while let Some(q) = serving {
            let queue = &mut self.queues[q];
            if queue.next_rq.is_some() {
                if self.next_fits(reqs, q) {
                    self.stop_waiting(q);
                    return Some(q);
                }
                reason = Expiration::BudgetExhausted;
            } else if queue.wait_request || queue.dispatched > 0 && self.better_to_idle(q) {
                return self.instead_of(reqs, q);
            } else {
                reason = Expiration::NoMoreRequests;
            }
            self.expire(reqs, q, false, reason, now);
            serving = self.set_in_service_queue(now);
        }
        None
    }

    /// `q` is no longer waited for.
    pub(super) fn stop_waiting(&mut self, q: QueueId) {
        if std::mem::take(&mut self.queues[q].wait_request) {
            self.cancel_timer();
        }
    }

    /// While `q` is waited for, a queue that does it no harm.
    fn instead_of(&mut self, reqs: &Reqs, q: QueueId) -> Option<QueueId> {
        let ready = |o: QueueId| self.queues[o].busy && self.next_fits(reqs, o);
        let queue = &self.queues[q];
        let own_async = queue.bic.and_then(|task| self.bic(task)?.queues[0]);
        if let Some(other) = own_async.filter(|&o| ready(o)) {
            let next = self.queues[other].next_rq;
            if next.is_some_and(|rq: ReqId| reqs[rq].icq == queue.bic) {
                return Some(other);
            }
        }
        if let Some(waker) = queue.waker.filter(|&o| ready(o)) {
            return Some(waker);
        }
        if let Some(blocked) = queue.woken.last().copied().filter(|&o| ready(o)) {
            return Some(blocked);
        }
        let may_inject =
            queue.wr.coeff == 1 || self.wr_busy_queues > 1 || !queue.habits.has_short_ttime;
        if !self.idling_boosts_throughput(q) && may_inject {
            return self.choose_for_injection(reqs, q);
        }
        None
    }

    /// A queue of which a request can be slipped in while `q` is waited for
    /// (`bfq_choose_bfqq_for_injection`).
    fn choose_for_injection(&mut self, reqs: &Reqs, q: QueueId) -> Option<QueueId> {
        let queue = &self.queues[q];
        let limit = queue.habits.inject_limit;
        if self.rq_in_driver >= limit {
            return None;
        }
        let any = queue.wr.coeff == 1 || !queue.habits.has_short_ttime;
        let newest_first = self.service.active_list.iter().rev();
        let found = newest_first.copied().find(|&o| {
            let other = &self.queues[o];
            let is_large = other
                .next_rq
                .is_some_and(|rq| reqs[rq].sectors >= SECT_THR_NONROT);
            let limit = if is_large { limit.min(1) } else { limit };
            (any || other.wr.coeff > 1) && self.next_fits(reqs, o) && self.rq_in_driver < limit
        });
        if found.is_some() {
            self.rqs_injected = true;
        }
        found
    }

    /// Takes the next request of `q` (`bfq_dispatch_rq_from_bfqq`).
    pub(super) fn dispatch_from(&mut self, reqs: &mut Reqs, q: QueueId, now: Now) -> Option<ReqId> {
        let rq = self.queues[q].next_rq?;
        let charge = self.serv_to_charge(reqs, rq, q);
        self.served(q, charge, now);
        if self.in_service == Some(q) && std::mem::take(&mut self.wait_dispatch) {
            self.waited_rq = Some(rq);
        }
        self.queues[q].dispatched += 1;
        self.update_peak_rate(reqs, q, rq, now);
        self.remove_request(reqs, q, rq, now);
        if self.in_service == Some(q) {
            self.update_wr_data(q, now);
            if self.tot_busy_queues() > 1 && self.queues[q].is_idle_class() {
                self.expire(reqs, q, false, Expiration::BudgetExhausted, now);
            }
        }
        Some(rq)
    }

    /// Whether the device takes requests ahead (`bfq_update_hw_tag`).
    fn update_hw_tag(&mut self) {
        self.max_rq_in_driver = self.max_rq_in_driver.max(self.rq_in_driver);
        if self.hw_tag == Some(true) || self.rq_in_driver + self.queued <= HW_QUEUE_THRESHOLD {
            return;
        }
        let few = |q: QueueId| {
            let queue = &self.queues[q];
            let all = queue.dispatched + queue.queued[0] + queue.queued[1];
            queue.habits.has_short_ttime && all < HW_QUEUE_THRESHOLD
        };
        if self.in_service.is_some_and(few) && self.rq_in_driver < HW_QUEUE_THRESHOLD {
            return;
        }
        self.hw_tag_samples += 1;
        if self.hw_tag_samples <= HW_QUEUE_SAMPLES {
            return;
        }
        let queues = self.max_rq_in_driver > HW_QUEUE_THRESHOLD;
        self.hw_tag = Some(queues);
        self.max_rq_in_driver = 0;
        self.hw_tag_samples = 0;
        self.nonrot_with_queueing = queues;
    }

    /// A request of `q` has left the driver (`bfq_completed_request`).
    pub(super) fn completed(&mut self, reqs: &Reqs, q: QueueId, now: Now) -> Wish {
        self.update_hw_tag();
        self.rq_in_driver = self.rq_in_driver.saturating_sub(1);
        let queue = &mut self.queues[q];
        queue.dispatched = queue.dispatched.saturating_sub(1);
        if queue.dispatched == 0 && !queue.busy {
            queue.budget_timeout = now.jiffies;
            self.weights_remove(q);
        }
        let queue = &mut self.queues[q];
        queue.habits.ttime.last_end_request = now.ns;
        let is_shared = queue.coop;
        self.note_completion(now);
        self.last_completed = (!is_shared).then_some(q);
        self.update_softrt(q, now);
        if self.in_service == Some(q) {
            if self.must_idle(q) {
                return if self.queues[q].dispatched == 0 {
                    self.arm_slice_timer(q, now)
                } else {
                    Wish::Nothing
                };
            }
            let queue = &self.queues[q];
            if self.may_expire_for_timeout(q, now) {
                self.expire(reqs, q, false, Expiration::BudgetTimeout, now);
            } else if queue.sort.is_empty() && (queue.dispatched == 0 || !self.better_to_idle(q)) {
                self.expire(reqs, q, false, Expiration::NoMoreRequests, now);
            }
        }
        if self.rq_in_driver == 0 {
            self.schedule_dispatch()
        } else {
            Wish::Nothing
        }
    }

    /// `bfq_schedule_dispatch`
    pub(super) fn schedule_dispatch(&self) -> Wish {
        if self.queued > 0 {
            Wish::RunQueues
        } else {
            Wish::Nothing
        }
    }

    /// `q` is waited for (`bfq_arm_slice_timer`).
    fn arm_slice_timer(&mut self, q: QueueId, now: Now) -> Wish {
        let asymmetric = self.is_asymmetric(q);
        let queue = &mut self.queues[q];
        queue.wait_request = true;
        let idle = if queue.wr.coeff > 1 {
            SLICE_IDLE.max(RAISED_IDLE)
        } else if queue.is_seeky() && !asymmetric {
            SLICE_IDLE.min(MIN_TT)
        } else {
            SLICE_IDLE
        };
        self.last_idling_start = now.ns;
        self.cancel_timer();
        Wish::Timer {
            after: crate::sim::Ns(idle),
            generation: self.timer_generation,
        }
    }

    /// What was armed does not count any more.
    pub(super) fn cancel_timer(&mut self) {
        self.timer_generation = self.timer_generation.wrapping_add(1);
    }

    /// The queue in service was waited for in vain
    /// (`bfq_idle_slice_timer_body`).
    pub(super) fn idle_slice_over(&mut self, reqs: &Reqs, now: Now) -> Wish {
        let Some(q) = self.in_service else {
            return Wish::Nothing;
        };
        self.queues[q].wait_request = false;
        if self.is_timed_out(q, now) {
            self.expire(reqs, q, true, Expiration::BudgetTimeout, now);
        } else if self.queues[q].queued == [0, 0] {
            self.expire(reqs, q, true, Expiration::TooIdle, now);
        }
        self.schedule_dispatch()
    }
}
