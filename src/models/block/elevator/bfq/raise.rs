//! Weight raising: for a while a queue that has just come to life, or whose
//! requests come at the pace of a player, counts thirty times as much and more.

use super::super::Reqs;
use super::budget::Expiration;
use super::entity::DEFAULT_WEIGHT;
use super::queue::QueueId;
use super::time::{LONG_AGO, Now};
use super::{Bfq, SLICE_IDLE};
use crate::models::io::ReqId;

/// Factor of an interactive queue (`bfq_wr_coeff`).
const WR_COEFF: u32 = 30;
/// Factor on top of it of a soft real-time queue (`BFQ_SOFTRT_WEIGHT_FACTOR`).
const SOFTRT_WEIGHT_FACTOR: u32 = 100;
/// How long soft real-time lasts, ms (`bfq_wr_rt_max_time`).
const WR_RT_MAX_MS: i64 = 300;
/// After how long without requests a queue is new again, ms
/// (`bfq_wr_min_idle_time`).
const WR_MIN_IDLE_MS: i64 = 2000;
/// Between raises of an asynchronous queue, ms (`bfq_wr_min_inter_arr_async`).
const WR_MIN_INTER_ARR_ASYNC_MS: i64 = 500;
/// Sectors a second that soft real-time takes at most
/// (`bfq_wr_max_softrt_rate`).
const WR_MAX_SOFTRT_RATE: i64 = 7000;
/// Sectors after which an interactive queue has had enough
/// (`max_service_from_wr`).
const MAX_SERVICE_FROM_WR: i64 = 120_000;
/// For how long an interactive queue is raised on a device of the reference
/// rate, ms (`ref_wr_duration`).
const REF_WR_DURATION_MS: i64 = 2500;
/// Rate of the reference device (`ref_rate`), 2⁻¹⁶ sectors/µs.
pub(super) const REF_RATE: u64 = 33_000;

/// How far the weight of a queue is raised.
#[derive(Copy, Clone, Debug, Default)]
pub(super) struct Raise {
    /// 1 = it is not (`wr_coeff`).
    pub(super) coeff: u32,
    /// For how long, jiffies (`wr_cur_max_time`).
    pub(super) cur_max_time: i64,
    /// Since when it is, or is not (`last_wr_start_finish`).
    pub(super) last_start_finish: i64,
    /// Since when it was interactive before it became soft real-time
    /// (`wr_start_at_switch_to_srt`).
    pub(super) start_at_switch_to_srt: i64,
    /// Sectors it has got since (`service_from_wr`).
    pub(super) service: i64,
}

impl Raise {
    pub(super) fn none(now: Now) -> Self {
        Raise {
            coeff: 1,
            cur_max_time: 0,
            last_start_finish: now.jiffies,
            start_at_switch_to_srt: LONG_AGO,
            service: 0,
        }
    }
}

/// What the first request of a queue says of it.
#[derive(Copy, Clone)]
struct Arrival {
    deserves_wr: bool,
    interactive: bool,
    in_burst: bool,
    soft_rt: bool,
}

impl Bfq {
    /// How long an interactive queue is raised (`bfq_wr_duration`), jiffies.
    pub(super) fn wr_duration(&self) -> i64 {
        let at_ref = REF_RATE as i64 * self.clock.ms(REF_WR_DURATION_MS);
        let duration = at_ref / self.rate.peak.max(1) as i64;
        duration.clamp(self.clock.ms(3000), self.clock.ms(25_000))
    }

    fn wr_rt_max_time(&self) -> i64 {
        self.clock.ms(WR_RT_MAX_MS)
    }

    /// Whether `q` passes for soft real-time.
    pub(super) fn is_raised_as_rt(&self, q: QueueId) -> bool {
        self.queues[q].wr.cur_max_time == self.wr_rt_max_time()
    }

    /// What a queue that never had requests is raised to when it is merged
    /// (`bfq_bfqq_save_state`).
    pub(super) fn fresh_raise(&self, now: Now) -> Raise {
        Raise {
            coeff: WR_COEFF,
            cur_max_time: self.wr_duration(),
            last_start_finish: now.jiffies,
            start_at_switch_to_srt: LONG_AGO,
            service: 0,
        }
    }

    /// `switch_back_to_interactive_wr`
    pub(super) fn switch_back_to_interactive(&mut self, q: QueueId) {
        let duration = self.wr_duration();
        let queue = &mut self.queues[q];
        queue.wr.coeff = WR_COEFF;
        queue.wr.cur_max_time = duration;
        queue.wr.last_start_finish = queue.wr.start_at_switch_to_srt;
        queue.entity.prio_changed = true;
    }

    /// `bfq_bfqq_end_wr`
    fn end_wr(&mut self, q: QueueId, now: Now) {
        let as_rt = self.is_raised_as_rt(q);
        let queue = &mut self.queues[q];
        if !as_rt {
            queue.soft_rt_next_start = now.jiffies;
        }
        if queue.busy {
            self.wr_busy_queues = self.wr_busy_queues.saturating_sub(1);
        }
        queue.wr.coeff = 1;
        queue.wr.cur_max_time = 0;
        queue.wr.last_start_finish = now.jiffies;
        queue.entity.prio_changed = true;
    }

    /// Whether the time that `q` was interactive, before it became soft
    /// real-time, is over.
    pub(super) fn was_interactive_long_enough(&self, q: QueueId, now: Now) -> bool {
        self.queues[q].wr.start_at_switch_to_srt + self.wr_duration() < now.jiffies
    }

    /// Soft real-time ends; what is left of being interactive goes on.
    pub(super) fn end_rt(&mut self, q: QueueId, now: Now) {
        if self.was_interactive_long_enough(q, now) {
            self.end_wr(q, now);
        } else {
            self.switch_back_to_interactive(q);
        }
    }

    /// `q`, in service, has been served (`bfq_update_wr_data`).
    pub(super) fn update_wr_data(&mut self, q: QueueId, now: Now) {
        let queue = &self.queues[q];
        let wr = queue.wr;
        if wr.coeff > 1 {
            if queue.habits.in_large_burst {
                self.end_wr(q, now);
            } else if wr.last_start_finish + wr.cur_max_time < now.jiffies {
                if self.is_raised_as_rt(q) {
                    self.end_rt(q, now);
                } else {
                    self.end_wr(q, now);
                }
            }
            let wr = self.queues[q].wr;
            if wr.coeff > 1 && !self.is_raised_as_rt(q) && wr.service > MAX_SERVICE_FROM_WR {
                self.end_wr(q, now);
            }
        }
        let queue = &self.queues[q];
        let e = &queue.entity;
        if (e.weight > e.orig_weight) != (queue.wr.coeff > 1) {
            self.update_weight_prio(q, false);
        }
    }

    /// A request has come for `q`, which had none: whether that makes it
    /// interactive; budget and weight become what they are to be, and `q` busy.
    /// It may take the place of the queue in service
    /// (`bfq_bfqq_handle_idle_busy_switch`).
    pub(super) fn idle_busy_switch(
        &mut self,
        reqs: &Reqs,
        q: QueueId,
        rq: ReqId,
        old_coeff: u32,
        now: Now,
    ) -> bool {
        let j = now.jiffies;
        let min_idle = self.clock.ms(WR_MIN_IDLE_MS);
        let queue = &self.queues[q];
        let idle_for_long =
            queue.dispatched == 0 && queue.budget_timeout.saturating_add(min_idle) < j;
        let arrived_in_time = now.ns <= queue.habits.ttime.last_end_request + 3 * SLICE_IDLE;
        let in_burst = queue.habits.in_large_burst;
        let default_weight = queue.entity.new_weight == DEFAULT_WEIGHT;
        let soft_rt = !queue.is_totally_seeky()
            && !in_burst
            && queue.soft_rt_next_start < j
            && queue.dispatched == 0
            && default_weight;
        let interactive = !in_burst && idle_for_long && default_weight;
        let own = queue.bic.is_some() || self.bic_of(reqs, rq).is_some_and(|b| b.stably_merged);
        let deserves_wr = queue.wr.coeff > 1 || queue.sync && own && (interactive || soft_rt);

        let wants_to_preempt = self.update_budget_for_activation(reqs, q, arrived_in_time);

        let queue = &mut self.queues[q];
        let forgets_burst = queue.budget_timeout.saturating_add(self.clock.ms(10_000)) < j;
        if !queue.just_created && idle_for_long && forgets_burst {
            queue.habits.in_large_burst = false;
            self.leave_burst(q);
        }
        let queue = &mut self.queues[q];
        queue.just_created = false;
        if queue.split_time.saturating_add(min_idle) < j {
            let arrival = Arrival {
                deserves_wr,
                interactive,
                in_burst,
                soft_rt,
            };
            self.update_wr_on_arrival(q, old_coeff, arrival, now);
        }
        let queue = &mut self.queues[q];
        if old_coeff != queue.wr.coeff {
            queue.entity.prio_changed = true;
        }
        queue.last_idle_bklogged = j;
        queue.service_from_backlogged = 0;
        queue.softrt_update = false;
        self.add_busy(q, now);
        self.preempt_if_better(reqs, q, wants_to_preempt, now);
        interactive
    }

    /// The queue in service gives way to `q`, or whoever is next, if that is
    /// better.
    fn preempt_if_better(&mut self, reqs: &Reqs, q: QueueId, wants_to: bool, now: Now) {
        let Some(serving) = self.in_service else {
            return;
        };
        let (queue, served) = (&self.queues[q], &self.queues[serving]);
        // bfq_bfqq_higher_class_or_weight
        let higher = queue.class < served.class || queue.entity.weight > served.entity.weight;
        if (wants_to && queue.wr.coeff >= served.wr.coeff
            || higher
            || !self.better_to_idle(serving))
            && self.service.next_may_preempt()
        {
            self.expire(reqs, serving, false, Expiration::Preempted, now);
        }
    }

    /// `bfq_update_bfqq_wr_on_rq_arrival`
    fn update_wr_on_arrival(&mut self, q: QueueId, old_coeff: u32, a: Arrival, now: Now) {
        let duration = self.wr_duration();
        let rt_max = self.wr_rt_max_time();
        let small = 2 * self.min_budget();
        let queue = &mut self.queues[q];
        let wr = &mut queue.wr;
        if old_coeff == 1 {
            if !a.deserves_wr {
                return;
            }
            if a.interactive {
                wr.service = 0;
                wr.coeff = WR_COEFF;
                wr.cur_max_time = duration;
            } else {
                wr.start_at_switch_to_srt = LONG_AGO;
                wr.coeff = WR_COEFF * SOFTRT_WEIGHT_FACTOR;
                wr.cur_max_time = rt_max;
            }
            queue.entity.budget = queue.entity.budget.min(small);
        } else if a.interactive {
            wr.coeff = WR_COEFF;
            wr.cur_max_time = duration;
        } else if a.in_burst {
            wr.coeff = 1;
        } else if a.soft_rt {
            if wr.cur_max_time != rt_max {
                wr.start_at_switch_to_srt = wr.last_start_finish;
                wr.cur_max_time = rt_max;
                wr.coeff = WR_COEFF * SOFTRT_WEIGHT_FACTOR;
            }
            wr.last_start_finish = now.jiffies;
        }
    }

    /// Another request has come for `q`, which has some already: an
    /// asynchronous queue is raised now and then.
    pub(super) fn raise_async(&mut self, q: QueueId, now: Now) {
        let (duration, pause) = (self.wr_duration(), self.clock.ms(WR_MIN_INTER_ARR_ASYNC_MS));
        let queue = &mut self.queues[q];
        if queue.wr.last_start_finish + pause < now.jiffies {
            queue.wr.coeff = WR_COEFF;
            queue.wr.cur_max_time = duration;
            queue.entity.prio_changed = true;
            self.wr_busy_queues += 1;
        }
    }

    /// Before when the next requests of `q` must not come for it to pass for
    /// soft real-time (`bfq_bfqq_softrt_next_start`).
    pub(super) fn softrt_next_start(&self, q: QueueId, now: Now) -> i64 {
        let queue = &self.queues[q];
        let at_rate = self.clock.hz() * queue.service_from_backlogged / WR_MAX_SOFTRT_RATE;
        let idle = self.clock.ms(SLICE_IDLE as i64 / 1_000_000);
        let soon = now.jiffies + idle + 4;
        queue
            .soft_rt_next_start
            .max(queue.last_idle_bklogged + at_rate)
            .max(soon)
    }

    /// A request of `q` is complete, and was the last: from when on it may pass
    /// for soft real-time.
    pub(super) fn update_softrt(&mut self, q: QueueId, now: Now) {
        let queue = &self.queues[q];
        let due = queue.softrt_update && queue.dispatched == 0 && queue.sort.is_empty();
        if due && queue.wr.coeff != WR_COEFF {
            self.queues[q].soft_rt_next_start = self.softrt_next_start(q, now);
        }
    }
}
