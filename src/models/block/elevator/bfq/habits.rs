//! What bfq learns of a process: how long it thinks, how much may be slipped in
//! while it does, and upon whom it waits.

use super::queue::QueueId;
use super::time::Now;
use super::{Bfq, SLICE_IDLE};
use crate::models::host::TaskId;

/// Samples of think time that are enough (`bfq_sample_valid`).
const VALID_SAMPLES: u64 = 80;
/// A waker's request has ended no longer before than this, ns.
const WAKER_TIME: u64 = 4_000_000;
/// Detections of a waker in a row that are enough.
const WAKER_DETECTIONS: u32 = 3;
/// Time they have to happen in, ns.
const WAKER_WINDOW: u64 = 128 * SLICE_IDLE;
/// Time in which the habits are watched before half of it is forgotten, ns.
const WATCH: u64 = 200_000_000;

impl Bfq {
    /// `bfq_update_io_thinktime`
    pub(super) fn update_thinktime(&mut self, q: QueueId, now: Now) {
        let queue = &mut self.queues[q];
        if queue.dispatched > 0 || queue.busy {
            return;
        }
        let t = &mut queue.habits.ttime;
        let elapsed = now.ns.saturating_sub(t.last_end_request);
        let elapsed = elapsed.min(2 * SLICE_IDLE);
        t.samples = (7 * t.samples + 256) / 8;
        t.total = (7 * t.total + 256 * elapsed) / 8;
        t.mean = (t.total + 128) / t.samples;
    }

    /// `bfq_update_has_short_ttime`
    pub(super) fn update_short_ttime(&mut self, q: QueueId, task: TaskId, now: Now) {
        let exited = self.bic(task).is_none_or(|b| b.exited);
        let just_split = self.queues[q]
            .split_time
            .saturating_add(self.clock.ms(2000))
            >= now.jiffies;
        let queue = &mut self.queues[q];
        if !queue.sync || queue.is_idle_class() || just_split {
            return;
        }
        let habits = &mut queue.habits;
        let t = &habits.ttime;
        let is_short = !exited && (t.samples <= VALID_SAMPLES || t.mean <= SLICE_IDLE >> 1);
        let has_changed = is_short != habits.has_short_ttime;
        habits.has_short_ttime = is_short;
        let long_ago = habits.decrease_time + self.clock.ms(100) <= now.jiffies;
        if has_changed && habits.last_serv_time == 0 && (long_ago || !is_short) {
            self.reset_inject_limit(q, now);
        }
    }

    /// `bfq_reset_inject_limit`
    fn reset_inject_limit(&mut self, q: QueueId, now: Now) {
        self.waited_rq = None;
        let habits = &mut self.queues[q].habits;
        habits.last_serv_time = 0;
        habits.inject_limit = u32::from(!habits.has_short_ttime);
        habits.decrease_time = now.jiffies;
    }

    /// A request has come for `q` from a process that had none.
    pub(super) fn first_of_process(&mut self, q: QueueId, now: Now) {
        self.check_waker(q, now);
        let since = |ms| self.queues[q].habits.decrease_time + self.clock.ms(ms) <= now.jiffies;
        if since(1000) {
            self.reset_inject_limit(q, now);
        }
        let since = |ms| self.queues[q].habits.decrease_time + self.clock.ms(ms) <= now.jiffies;
        let is_idle = self.rq_in_driver == 0;
        let injected = self.queues[q].habits.last_serv_time > 0 && self.rqs_injected;
        if self.in_service == Some(q) && (is_idle || injected) && since(10) {
            self.last_empty_occupied = now.ns;
            self.wait_dispatch = true;
            if is_idle {
                self.rqs_injected = false;
            }
        }
    }

    /// Whether `q` waits upon the I/O of another queue (`bfq_check_waker`).
    fn check_waker(&mut self, q: QueueId, now: Now) {
        let Some(last) = self.last_completed.filter(|&last| last != q) else {
            return;
        };
        let queue = &mut self.queues[q];
        let soon = now.ns.saturating_sub(self.rate.last_completion) < WAKER_TIME;
        if queue.habits.has_short_ttime || !soon {
            return;
        }
        let expired = now.ns > queue.waker_detection_started + WAKER_WINDOW;
        if queue.tentative_waker != Some(last) || expired {
            queue.tentative_waker = Some(last);
            queue.waker_detections = 1;
            queue.waker_detection_started = now.ns;
        } else {
            queue.waker_detections += 1;
        }
        if queue.waker_detections == WAKER_DETECTIONS {
            queue.tentative_waker = None;
            self.set_waker(q, Some(last));
        }
    }

    /// `waker` is the one upon which `q` waits.
    pub(super) fn set_waker(&mut self, q: QueueId, waker: Option<QueueId>) {
        if let Some(old) = std::mem::replace(&mut self.queues[q].waker, waker) {
            self.queues[old].woken.retain(|&o| o != q);
        }
        if let Some(waker) = waker {
            self.queues[waker].woken.push(q);
        }
    }

    /// Whether the process of `q` is busy with I/O most of the time
    /// (`bfq_update_io_intensity`).
    pub(super) fn update_io_intensity(&mut self, q: QueueId, now: Now) {
        let queue = &mut self.queues[q];
        let is_idle = queue.sort.is_empty() && queue.dispatched == 0;
        let habits = &mut queue.habits;
        let total = now.ns.saturating_sub(habits.io_start_time);
        if is_idle {
            habits.tot_idle_time += now.ns.saturating_sub(habits.ttime.last_end_request);
        }
        if queue.just_created {
            return;
        }
        habits.io_bound = habits.tot_idle_time * 5 <= total;
        if total > WATCH {
            habits.io_start_time = now.ns - (total >> 1);
            habits.tot_idle_time >>= 1;
        }
    }

    /// The request of `q` that was waited for has left the driver: how long it
    /// took tells how much may be injected (`bfq_update_inject_limit`).
    pub(super) fn update_inject_limit(&mut self, q: QueueId, now: Now) {
        let took = now.ns.saturating_sub(self.last_empty_occupied);
        let (alone, injected) = (self.rq_in_driver == 1, self.rqs_injected);
        let most = self.max_rq_in_driver;
        let habits = &mut self.queues[q].habits;
        let old_limit = habits.inject_limit;
        if habits.last_serv_time > 0 && injected {
            let threshold = (habits.last_serv_time * 3) >> 1;
            if took >= threshold && old_limit > 0 {
                habits.inject_limit -= 1;
                habits.decrease_time = now.jiffies;
            } else if took < threshold && old_limit <= most {
                habits.inject_limit += 1;
            }
        }
        if habits.last_serv_time == 0 && alone || took < habits.last_serv_time {
            if habits.last_serv_time == 0 {
                habits.inject_limit = old_limit.max(1);
            }
            habits.last_serv_time = took;
        } else if !injected && alone {
            habits.last_serv_time = took;
        }
        self.waited_rq = None;
        self.rqs_injected = false;
    }
}
