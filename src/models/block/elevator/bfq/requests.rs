//! The requests of a queue: which is next, coming and going.

use super::super::Reqs;
use super::Bfq;
use super::budget::Expiration;
use super::queue::QueueId;
use super::time::Now;
use crate::models::block::request::{ElvPriv, RqFlags};
use crate::models::io::{Flags, ReqId};

/// How far back a seek may go, sectors (`bfq_back_max`).
const BACK_MAX: u64 = 2 * 16 * 1024;
/// What a seek back costs more than one forth (`bfq_back_penalty`).
const BACK_PENALTY: u64 = 2;
/// Asynchronous requests are charged that much more
/// (`bfq_async_charge_factor`).
const ASYNC_CHARGE_FACTOR: i64 = 3;

/// Which of two requests is better served now, the last one served having
/// ended at `last` (`bfq_choose_req`).
pub(super) fn choose_req(
    reqs: &Reqs,
    rq1: Option<ReqId>,
    rq2: Option<ReqId>,
    last: u64,
) -> Option<ReqId> {
    let (Some(one), Some(two)) = (rq1, rq2) else {
        return rq1.or(rq2);
    };
    let (a, b) = (&reqs[one], &reqs[two]);
    if a.is_sync() != b.is_sync() {
        return Some(if a.is_sync() { one } else { two });
    }
    let (meta_a, meta_b) = (a.flags.has(Flags::META), b.flags.has(Flags::META));
    if meta_a != meta_b {
        return Some(if meta_a { one } else { two });
    }
    // Too far back: None.
    let distance = |sector: u64| {
        if sector >= last {
            Some(sector - last)
        } else if sector + BACK_MAX >= last {
            Some((last - sector) * BACK_PENALTY)
        } else {
            None
        }
    };
    let first = match (distance(a.sector), distance(b.sector)) {
        (Some(x), Some(y)) if x == y => a.sector >= b.sector,
        (Some(x), Some(y)) => x < y,
        (Some(_), None) => true,
        (None, Some(_)) => false,
        (None, None) => a.sector <= b.sector,
    };
    Some(if first { one } else { two })
}

impl Bfq {
    /// The next request of `q` behind `last`, which goes (`bfq_find_next_rq`).
    fn find_next_rq(&mut self, reqs: &Reqs, q: QueueId, last: ReqId, now: Now) -> Option<ReqId> {
        if let Some(expired) = self.check_fifo(reqs, q, last, now) {
            return Some(expired);
        }
        let sort = &self.queues[q].sort;
        let sector = reqs[last].sector;
        let first = || sort.first().filter(|&rq| rq != last);
        let next = sort.latter(sector, last).or_else(first);
        choose_req(reqs, next, sort.former(sector, last), sector)
    }

    /// The oldest request of `q` if it has expired; looked at once a turn
    /// (`bfq_check_fifo`).
    fn check_fifo(&mut self, reqs: &Reqs, q: QueueId, last: ReqId, now: Now) -> Option<ReqId> {
        let queue = &mut self.queues[q];
        if std::mem::replace(&mut queue.fifo_expire, true) {
            return None;
        }
        let oldest = queue.fifo.head?;
        (oldest != last && reqs[oldest].fifo_time.0 <= now.ns).then_some(oldest)
    }

    /// Sectors that `q` pays for `rq` (`bfq_serv_to_charge`).
    pub(super) fn serv_to_charge(&self, reqs: &Reqs, rq: ReqId, q: QueueId) -> i64 {
        let sectors = i64::from(reqs[rq].sectors);
        let queue = &self.queues[q];
        if queue.sync || queue.wr.coeff > 1 || self.is_asymmetric(q) {
            sectors
        } else {
            sectors * ASYNC_CHARGE_FACTOR
        }
    }

    /// Whether the next request of `q` fits into what is left of its budget.
    pub(super) fn next_fits(&self, reqs: &Reqs, q: QueueId) -> bool {
        let queue = &self.queues[q];
        let next = queue.next_rq;
        next.is_some_and(|rq| self.serv_to_charge(reqs, rq, q) <= queue.budget_left())
    }

    /// `bfq_add_request`
    pub(super) fn add_request(&mut self, reqs: &mut Reqs, q: QueueId, rq: ReqId, now: Now) {
        let old_coeff = self.queues[q].wr.coeff;
        let sync = reqs[rq].is_sync();
        self.queues[q].queued[usize::from(sync)] += 1;
        self.queued += 1;
        if self.queues[q].sync {
            if self.bic_of(reqs, rq).is_some_and(|b| b.requests <= 1) {
                self.first_of_process(q, now);
            }
            self.update_io_intensity(q, now);
        }
        let queue = &mut self.queues[q];
        queue.sort.add(reqs[rq].sector, rq);
        let before = queue.next_rq;
        queue.next_rq = choose_req(reqs, before, Some(rq), self.last_position);
        let has_changed = before != queue.next_rq;
        let was_busy = queue.busy;
        if has_changed && !self.nonrot_with_queueing {
            self.move_position(reqs, q, now);
        }
        let mut interactive = false;
        if was_busy {
            if old_coeff == 1 && !sync {
                self.raise_async(q, now);
            }
            if has_changed {
                self.updated_next_req(reqs, q, now);
            }
        } else {
            interactive = self.idle_busy_switch(reqs, q, rq, old_coeff, now);
        }
        let wr = &mut self.queues[q].wr;
        if old_coeff == 1 || wr.coeff == 1 || interactive {
            wr.last_start_finish = now.jiffies;
        }
    }

    /// `rq` is in `q`: if that is being waited for, the wait is over, unless
    /// more is about to come that would make it larger (`bfq_rq_enqueued`).
    pub(super) fn enqueued(&mut self, reqs: &Reqs, q: QueueId, rq: ReqId, now: Now) {
        let r = &reqs[rq];
        let sync = usize::from(r.is_sync());
        let queue = &mut self.queues[q];
        queue.last_request_pos = r.sector + u64::from(r.sectors);
        if self.in_service != Some(q) || !queue.wait_request {
            return;
        }
        let is_small = queue.queued[sync] == 1 && r.sectors < 32;
        let timed_out = self.is_timed_out(q, now);
        if is_small && self.idling_boosts_throughput(q) && !timed_out {
            return;
        }
        self.stop_waiting(q);
        if timed_out {
            self.expire(reqs, q, false, Expiration::BudgetTimeout, now);
        }
    }

    /// `bfq_remove_request`
    pub(super) fn remove_request(&mut self, reqs: &mut Reqs, q: QueueId, rq: ReqId, now: Now) {
        if self.queues[q].next_rq == Some(rq) {
            self.queues[q].next_rq = self.find_next_rq(reqs, q, rq, now);
            self.updated_next_req(reqs, q, now);
        }
        let queue = &mut self.queues[q];
        queue.fifo.remove(reqs, rq);
        queue.queued[usize::from(reqs[rq].is_sync())] -= 1;
        self.queued -= 1;
        queue.sort.remove(reqs[rq].sector, rq);
        reqs[rq].rqf.clear(RqFlags::SORTED);
        self.hash.remove(reqs, rq);
        let queue = &mut self.queues[q];
        if queue.sort.is_empty() {
            queue.next_rq = None;
            if queue.busy && self.in_service != Some(q) {
                self.del_busy(q, false, now);
                let e = &mut self.queues[q].entity;
                e.budget = 0;
                e.service = 0;
            }
            self.leave_position(q);
        } else if !self.nonrot_with_queueing {
            self.move_position(reqs, q, now);
        }
    }

    /// `rq` was merged into at its front: if it now lies before its predecessor,
    /// it may be the next (`bfq_request_merged`).
    pub(super) fn moved_to_front(&mut self, reqs: &Reqs, rq: ReqId, now: Now) {
        let ElvPriv::Bfq { queue: q, .. } = reqs[rq].elv else {
            return;
        };
        let sort = &mut self.queues[q].sort;
        let passes = sort.resort(rq, reqs[rq].sector);
        if !passes {
            return;
        }
        let before = self.queues[q].next_rq;
        let next = choose_req(reqs, before, Some(rq), self.last_position);
        self.queues[q].next_rq = next;
        if before != next {
            self.updated_next_req(reqs, q, now);
            if !self.nonrot_with_queueing {
                self.move_position(reqs, q, now);
            }
        }
    }
}
