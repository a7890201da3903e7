//! Processes that share a queue.
//!
//! Those that begin within 180 ms of each other get one where the device queues
//! requests itself; where it does not, those whose requests are close to each
//! other come to share one, and part when it becomes seeky.

use super::super::Reqs;
use super::Bfq;
use super::burst::BURST_INTERVAL_MS;
use super::process::{ASYNC, SYNC};
use super::queue::QueueId;
use super::raise::Raise;
use super::time::Now;
use crate::models::block::request::ElvPriv;
use crate::models::host::TaskId;
use crate::models::io::ReqId;

/// Sectors within which requests are close (`BFQQ_CLOSE_THR`).
const CLOSE_THR: u64 = 8 * 1024;
/// Queues created within this time of each other may merge for good, ms
/// (`bfq_activation_stable_merging`).
const ACTIVATION_STABLE_MERGING_MS: i64 = 600;
/// Age at which they do, on a device without a queue, ms
/// (`bfq_late_stable_merging`).
const LATE_STABLE_MERGING_MS: i64 = 600;

impl Bfq {
    /// `q` was created shortly after another queue: their processes probably
    /// belong together (`bfq_do_or_sched_stable_merge`).
    pub(super) fn merge_with_last_created(
        &mut self,
        task: TaskId,
        q: QueueId,
        now: Now,
    ) -> QueueId {
        let near = self.clock.ms(ACTIVATION_STABLE_MERGING_MS);
        let soon = self.clock.ms(BURST_INTERVAL_MS);
        let (created, class) = (self.queues[q].creation_time, self.queues[q].class);
        let last = self.last_created.filter(|&last| {
            let last = &self.queues[last];
            last.creation_time + near >= created && last.class == class
        });
        let Some(last) = last else {
            self.last_created = Some(q);
            return q;
        };
        if self.queues[last].creation_time + soon < created {
            return q;
        }
        if !self.nonrot_with_queueing {
            self.queues[last].stable_refs += 1;
            self.bic_mut(task).stable_merge = Some(last);
            return q;
        }
        let Some(new) = self.setup_merge(q, last) else {
            return q;
        };
        self.merge_stably(task, new);
        self.queues[q].bic = Some(task);
        self.merge_queues(task, q, now)
    }

    /// `task` and whoever has `q` share it for good.
    fn merge_stably(&mut self, task: TaskId, q: QueueId) {
        if let Some(other) = self.queues[q].bic {
            self.bic_mut(other).stably_merged = true;
        }
        self.bic_mut(task).stably_merged = true;
    }

    /// The processes of `q` are going to share `new`, or what that is going to
    /// become (`bfq_setup_merge`).
    fn setup_merge(&mut self, q: QueueId, mut new: QueueId) -> Option<QueueId> {
        if self.queues[new].procs == 0 {
            return None;
        }
        while let Some(next) = self.queues[new].new_queue {
            if next == q {
                return None;
            }
            new = next;
        }
        let procs = self.queues[q].procs;
        if procs == 0 || self.queues[new].procs == 0 {
            return None;
        }
        self.queues[q].new_queue = Some(new);
        self.queues[new].procs += procs;
        Some(new)
    }

    /// `task` has the queue that `q` was to be merged into (`bfq_merge_bfqqs`).
    fn merge_queues(&mut self, task: TaskId, q: QueueId, now: Now) -> QueueId {
        let Some(new) = self.queues[q].new_queue else {
            return q;
        };
        self.save_state(q, now);
        self.save_state(new, now);
        if std::mem::take(&mut self.queues[q].habits.io_bound) {
            self.queues[new].habits.io_bound = true;
        }
        let waker = self.queues[q].waker.filter(|&w| w != new);
        if waker.is_some() && self.queues[new].waker.is_none() {
            self.queues[new].tentative_waker = None;
            self.set_waker(new, waker);
        }
        let wr = self.queues[q].wr;
        if wr.coeff > 1 {
            let other = &mut self.queues[new];
            if other.wr.coeff == 1 {
                other.wr = Raise {
                    service: other.wr.service,
                    ..wr
                };
                other.entity.prio_changed = true;
                self.wr_busy_queues += u32::from(other.busy);
            }
            let queue = &mut self.queues[q];
            queue.wr.coeff = 1;
            queue.entity.prio_changed = true;
            if queue.busy {
                self.wr_busy_queues = self.wr_busy_queues.saturating_sub(1);
            }
        }
        self.set_queue(task, Some(new), SYNC);
        self.queues[new].coop = true;
        self.queues[new].bic = None;
        self.queues[q].bic = None;
        if self.last_created == Some(q) {
            self.last_created = Some(new);
        }
        self.release_process_ref(q, now);
        new
    }

    /// The queue that `q` is to be merged into, if there is one whose requests
    /// are close to `sector` (`bfq_setup_cooperator`).
    fn setup_cooperator(
        &mut self,
        q: QueueId,
        sector: u64,
        task: TaskId,
        now: Now,
    ) -> Option<QueueId> {
        if let Some(mut new) = self.queues[q].new_queue {
            while let Some(next) = self.queues[new].new_queue {
                new = next;
            }
            return Some(new);
        }
        if self.nonrot_with_queueing {
            return None;
        }
        let late = now.jiffies - self.clock.ms(LATE_STABLE_MERGING_MS);
        let queue = &self.queues[q];
        let is_settled =
            !queue.just_created && queue.split_time < late && queue.creation_time < late;
        if queue.sync && is_settled && self.bic(task).is_some_and(|b| b.stable_merge.is_some()) {
            return self.setup_stable_merge(q, task);
        }
        if self.is_too_late_for_merging(q, now) || self.tot_busy_queues() == 1 {
            return None;
        }
        if let Some(serving) = self.in_service
            && serving != q
            && self.in_serv_last_pos.abs_diff(sector) <= CLOSE_THR
            && self.may_cooperate(q, serving, now)
            && let Some(new) = self.setup_merge(q, serving)
        {
            return Some(new);
        }
        let close = self.find_close(sector).filter(|&close| close != q)?;
        if self.may_cooperate(q, close, now) {
            self.setup_merge(q, close)
        } else {
            None
        }
    }

    /// `bfq_setup_stable_merge`
    fn setup_stable_merge(&mut self, q: QueueId, task: TaskId) -> Option<QueueId> {
        let stable = self.bic_mut(task).stable_merge.take()?;
        let new = if self.idling_boosts_throughput(q) {
            None
        } else {
            self.setup_merge(q, stable)
        };
        if let Some(new) = new {
            self.merge_stably(task, new);
        }
        self.put_stable_ref(stable);
        new
    }

    /// `bfq_too_late_for_merging`
    fn is_too_late_for_merging(&self, q: QueueId, now: Now) -> bool {
        let queue = &self.queues[q];
        let limit = self.clock.hz() / 10;
        queue.service_from_backlogged > 0 && queue.first_io_time + limit < now.jiffies
    }

    /// `bfq_may_be_close_cooperator`
    fn may_cooperate(&self, q: QueueId, new: QueueId, now: Now) -> bool {
        let (a, b) = (&self.queues[q], &self.queues[new]);
        !self.is_too_late_for_merging(new, now)
            && !a.is_idle_class()
            && a.class == b.class
            && !a.is_seeky()
            && !b.is_seeky()
            && a.sync
            && b.sync
    }

    /// A queue whose next request is close to `sector` (`bfqq_find_close`).
    fn find_close(&self, sector: u64) -> Option<QueueId> {
        let at = self.positions.partition_point(|&(s, _)| s < sector);
        let exact = self.positions.get(at).filter(|&&(s, _)| s == sector);
        let before = at.checked_sub(1).and_then(|i| self.positions.get(i));
        let is_close = |p: &&(u64, QueueId)| p.0.abs_diff(sector) <= CLOSE_THR;
        exact
            .or(before.filter(is_close))
            .or(self.positions.get(at).filter(is_close))
            .map(|&(_, q)| q)
    }

    /// The next request of `q` is another (`bfq_pos_tree_add_move`).
    pub(super) fn move_position(&mut self, reqs: &Reqs, q: QueueId, now: Now) {
        self.leave_position(q);
        let queue = &self.queues[q];
        let Some(next) = queue.next_rq else { return };
        if queue.is_idle_class() || self.is_too_late_for_merging(q, now) {
            return;
        }
        let sector = reqs[next].sector;
        if let Err(at) = self.positions.binary_search_by_key(&sector, |&(s, _)| s) {
            self.positions.insert(at, (sector, q));
            self.queues[q].position = Some(sector);
        }
    }

    pub(super) fn leave_position(&mut self, q: QueueId) {
        if let Some(sector) = self.queues[q].position.take() {
            self.positions.retain(|&(s, _)| s != sector);
        }
    }

    /// `task` submits a bio that may be merged (`bfq_bio_merge`).
    pub fn begin_bio_merge(&mut self, task: Option<TaskId>, sync: bool) {
        let kind = if sync { SYNC } else { ASYNC };
        self.bio_task = task;
        self.bio_queue = task.and_then(|task| self.bic(task)?.queues[kind]);
    }

    /// Whether a bio at `sector` of the submitting process may join `rq`
    /// (`bfq_allow_bio_merge`): only in its own queue.
    pub(super) fn allows(
        &mut self,
        reqs: &Reqs,
        rq: ReqId,
        sync: bool,
        sector: u64,
        now: Now,
    ) -> bool {
        if sync && !reqs[rq].is_sync() {
            return false;
        }
        let (Some(mut q), Some(task)) = (self.bio_queue, self.bio_task) else {
            return false;
        };
        if let Some(new) = self.setup_cooperator(q, sector, task, now) {
            q = self.merge_up_to(task, q, new, now);
            self.bio_queue = Some(q);
        }
        matches!(reqs[rq].elv, ElvPriv::Bfq { queue, .. } if queue == q)
    }

    fn merge_up_to(&mut self, task: TaskId, mut q: QueueId, new: QueueId, now: Now) -> QueueId {
        while q != new && self.queues[q].new_queue.is_some() {
            q = self.merge_queues(task, q, now);
        }
        new
    }

    /// `rq`, which is being inserted into `q`, goes to the queue that its
    /// process shares from now on (`__bfq_insert_request`).
    pub(super) fn redirect(
        &mut self,
        reqs: &mut Reqs,
        rq: ReqId,
        q: QueueId,
        task: TaskId,
        now: Now,
    ) -> QueueId {
        let Some(new) = self.setup_cooperator(q, reqs[rq].sector, task, now) else {
            return q;
        };
        self.queues[new].allocated += 1;
        self.queues[q].allocated -= 1;
        if self.bic(task).is_some_and(|b| b.queues[SYNC] == Some(q)) {
            self.merge_up_to(task, q, new, now);
        }
        self.queues[q].just_created = false;
        self.put_queue(q);
        reqs[rq].elv = ElvPriv::Bfq { queue: new, task };
        new
    }
}
