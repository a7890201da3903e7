//! Processes and their queues: who has which, who shares one with whom.
//!
//! Processes that begin within 180 ms of each other get one queue where the
//! device queues requests itself; where it does not, those whose requests are
//! close to each other come to share one, and part when it becomes seeky.

use super::super::Reqs;
use super::Bfq;
use super::queue::{Habits, Queue, QueueId};
use super::raise::{BURST_INTERVAL_MS, Raise};
use super::service::weight_of;
use super::time::Now;
use crate::models::block::request::ElvPriv;
use crate::models::host::TaskId;
use crate::models::io::{IoPrio, ReqId};

/// Sectors within which requests are close (`BFQQ_CLOSE_THR`).
const CLOSE_THR: u64 = 8 * 1024;
/// Queues created within this time of each other may merge for good, ms
/// (`bfq_activation_stable_merging`).
const ACTIVATION_STABLE_MERGING_MS: i64 = 600;
/// Age at which they do, on a device without a queue, ms
/// (`bfq_late_stable_merging`).
const LATE_STABLE_MERGING_MS: i64 = 600;

/// Index of a process's asynchronous queue; the other is the synchronous one.
const ASYNC: usize = 0;
const SYNC: usize = 1;

/// A process (`struct bfq_io_cq`).
#[derive(Debug, Default)]
pub(super) struct Bic {
    /// Its asynchronous and its synchronous queue.
    pub(super) queues: [Option<QueueId>; 2],
    /// Requests it has.
    pub(super) requests: u32,
    prio: Option<IoPrio>,
    pub(super) stably_merged: bool,
    /// The queue that it may come to share later.
    stable_merge: Option<QueueId>,
    saved: Saved,
    pub(super) exited: bool,
}

/// What a process had before it shared a queue.
#[derive(Debug, Default)]
struct Saved {
    habits: Habits,
    wr: Raise,
    weight: u32,
    was_in_burst_list: bool,
}

impl Bfq {
    /// The process behind `task`, if it has had a request.
    pub(super) fn bic(&self, task: TaskId) -> Option<&Bic> {
        self.bics.get(task.index())?.as_ref()
    }

    fn bic_mut(&mut self, task: TaskId) -> &mut Bic {
        let i = task.index();
        if self.bics.len() <= i {
            self.bics.resize_with(i + 1, || None);
        }
        self.bics[i].get_or_insert_default()
    }

    /// The process that `rq` belongs to.
    pub(super) fn bic_of(&self, reqs: &Reqs, rq: ReqId) -> Option<&Bic> {
        match reqs[rq].elv {
            ElvPriv::Bfq { task, .. } => self.bic(task),
            _ => None,
        }
    }

    /// `task` is about to have a request (`ioc_find_get_icq`).
    pub fn prepare(&mut self, task: TaskId) {
        self.bic_mut(task);
    }

    /// `bic_set_bfqq`
    fn set_queue(&mut self, task: TaskId, q: Option<QueueId>, kind: usize) {
        let bic = self.bic_mut(task);
        let old = std::mem::replace(&mut bic.queues[kind], q);
        let cancelled = bic.stable_merge.take_if(|s| Some(*s) == q);
        if let Some(old) = old.map(|old| &mut self.queues[old])
            && old.bic == Some(task)
        {
            old.bic = None;
        }
        if let Some(stable) = cancelled {
            self.put_stable_ref(stable);
        }
    }

    fn put_stable_ref(&mut self, q: QueueId) {
        self.queues[q].stable_refs -= 1;
        self.put_queue(q);
    }

    /// If nobody uses `q` any more, nothing points to it (`bfq_put_queue`).
    pub(super) fn put_queue(&mut self, q: QueueId) {
        let queue = &self.queues[q];
        if queue.is_referenced() || queue.is_free || self.in_service == Some(q) {
            return;
        }
        self.die_in_burst(q);
        self.set_waker(q, None);
        for woken in std::mem::take(&mut self.queues[q].woken) {
            self.queues[woken].waker = None;
        }
        for other in self.queues.iter_mut() {
            other.tentative_waker.take_if(|o| *o == q);
            other.new_queue.take_if(|o| *o == q);
        }
        self.last_completed.take_if(|o| *o == q);
        self.last_created.take_if(|o| *o == q);
        self.bio_queue.take_if(|o| *o == q);
        self.leave_position(q);
        self.queues[q].is_free = true;
        self.free.push(q);
    }

    /// A process no longer has `q` (`bfq_release_process_ref`).
    fn release_process_ref(&mut self, q: QueueId, now: Now) {
        let queue = &self.queues[q];
        if queue.busy && queue.sort.is_empty() && self.in_service != Some(q) {
            self.del_busy(q, false, now);
        }
        self.last_created.take_if(|o| *o == q);
        self.queues[q].procs -= 1;
        self.put_queue(q);
    }

    /// A process whose queue was to be merged into others no longer has them
    /// (`bfq_put_cooperator`).
    fn put_cooperator(&mut self, q: QueueId) {
        let mut next = self.queues[q].new_queue;
        while let Some(other) = next {
            next = self.queues[other].new_queue;
            self.queues[other].procs -= 1;
            self.put_queue(other);
        }
    }

    /// The queue for requests of `task`, new if need be (`bfq_get_queue`);
    /// `respawn` after it has parted from another.
    fn get_queue(&mut self, task: TaskId, kind: usize, respawn: bool, now: Now) -> QueueId {
        let prio = self.bic(task).and_then(|b| b.prio).unwrap_or_default();
        let shared = self.async_queues[prio as usize].filter(|_| kind == ASYNC);
        let q = match shared {
            Some(q) => q,
            None => {
                let queue = Queue::new(kind == SYNC, prio, self.max_budget(), now);
                let q = match self.free.pop() {
                    Some(q) => {
                        self.queues[q] = queue;
                        q
                    }
                    None => self.queues.push(queue),
                };
                if kind == ASYNC {
                    self.queues[q].procs += 1;
                    self.async_queues[prio as usize] = Some(q);
                }
                q
            }
        };
        self.queues[q].procs += 1;
        if kind == SYNC && !respawn {
            self.merge_with_last_created(task, q, now)
        } else {
            q
        }
    }

    /// `q` was created shortly after another queue: their processes probably
    /// belong together (`bfq_do_or_sched_stable_merge`).
    fn merge_with_last_created(&mut self, task: TaskId, q: QueueId, now: Now) -> QueueId {
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

    /// `bfq_bfqq_save_state`
    fn save_state(&mut self, q: QueueId, now: Now) {
        let queue = &self.queues[q];
        let Some(task) = queue.bic else { return };
        let fresh = queue.just_created && !queue.habits.in_large_burst;
        let wr = if fresh {
            self.fresh_raise(now)
        } else {
            queue.wr
        };
        let saved = Saved {
            habits: queue.habits,
            wr,
            weight: queue.entity.orig_weight,
            was_in_burst_list: queue.in_burst_list,
        };
        self.bic_mut(task).saved = saved;
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

    /// Gives `rq` a queue (`bfq_init_rq`).
    pub(super) fn assign(&mut self, reqs: &mut Reqs, rq: ReqId, now: Now) {
        let (Some(task), ElvPriv::None) = (reqs[rq].icq, reqs[rq].elv) else {
            return;
        };
        self.check_prio_change(task, reqs[rq].prio, now);
        let kind = if reqs[rq].is_sync() { SYNC } else { ASYNC };
        let (mut q, is_new) = self.get_or_split(task, kind, false, now);
        let mut resumed = None;
        let queue = &self.queues[q];
        let may_split = queue.coop && queue.split_coop;
        if !is_new && may_split && self.bic(task).is_some_and(|b| !b.stably_merged) {
            if queue.habits.in_large_burst {
                self.bic_mut(task).saved.habits.in_large_burst = true;
            }
            let (own, existed) = self.split(task, q, now);
            if !existed {
                let waker = self.queues[q].waker;
                self.queues[own].tentative_waker = None;
                self.set_waker(own, waker.filter(|&w| w != own));
            }
            q = own;
            resumed = Some(existed);
        }
        self.queues[q].allocated += 1;
        self.bic_mut(task).requests += 1;
        reqs[rq].elv = ElvPriv::Bfq { queue: q, task };
        if self.queues[q].procs == 1 {
            self.queues[q].bic = Some(task);
            if let Some(existed) = resumed {
                self.resume_state(q, task, existed, now);
            }
        }
        if self.queues[q].just_created && self.may_be_burst() {
            self.handle_burst(q, now);
        }
    }

    /// `bfq_check_ioprio_change`
    fn check_prio_change(&mut self, task: TaskId, prio: IoPrio, now: Now) {
        let bic = self.bic_mut(task);
        if bic.prio.replace(prio) == Some(prio) {
            return;
        }
        let [other, own] = bic.queues;
        if let Some(other) = other {
            let new = self.get_queue(task, ASYNC, true, now);
            self.set_queue(task, Some(new), ASYNC);
            self.release_process_ref(other, now);
        }
        if let Some(own) = own {
            let queue = &mut self.queues[own];
            queue.new_class = prio as usize;
            queue.entity.new_weight = weight_of(prio);
            queue.entity.prio_changed = true;
        }
    }

    /// The queue of `task`, and whether it is new
    /// (`bfq_get_bfqq_handle_split`).
    fn get_or_split(
        &mut self,
        task: TaskId,
        kind: usize,
        split: bool,
        now: Now,
    ) -> (QueueId, bool) {
        if let Some(q) = self.bic(task).and_then(|b| b.queues[kind]) {
            return (q, false);
        }
        let q = self.get_queue(task, kind, split, now);
        self.set_queue(task, Some(q), kind);
        if split && kind == SYNC {
            let saved = &self.bic_mut(task).saved;
            let (listed, large) = (saved.was_in_burst_list, saved.habits.in_large_burst);
            self.resume_burst(q, listed, large);
            self.queues[q].split_time = now.jiffies;
        }
        (q, true)
    }

    /// `task` gets a queue of its own again, or is alone in `q`, which then it
    /// is (`bfq_split_bfqq`); whether that existed.
    fn split(&mut self, task: TaskId, q: QueueId, now: Now) -> (QueueId, bool) {
        let queue = &mut self.queues[q];
        if queue.procs == 1 {
            queue.coop = false;
            queue.split_coop = false;
            return (q, true);
        }
        self.set_queue(task, None, SYNC);
        self.put_cooperator(q);
        self.release_process_ref(q, now);
        (self.get_or_split(task, SYNC, true, now).0, false)
    }

    /// `bfq_bfqq_resume_state`
    fn resume_state(&mut self, q: QueueId, task: TaskId, existed: bool, now: Now) {
        let saved = &self.bic_mut(task).saved;
        let (habits, wr, weight) = (saved.habits, saved.wr, saved.weight);
        let queue = &mut self.queues[q];
        let old_coeff = queue.wr.coeff;
        let in_large_burst = queue.habits.in_large_burst;
        queue.habits = Habits {
            in_large_burst,
            ..habits
        };
        queue.entity.new_weight = weight;
        queue.entity.prio_changed = true;
        queue.wr = wr;
        let is_over = in_large_burst || wr.last_start_finish + wr.cur_max_time < now.jiffies;
        if wr.coeff > 1 && is_over {
            let still_interactive = self.is_raised_as_rt(q)
                && !in_large_burst
                && !self.was_interactive_long_enough(q, now);
            if still_interactive {
                self.switch_back_to_interactive(q);
            } else {
                self.queues[q].wr.coeff = 1;
            }
        }
        let queue = &self.queues[q];
        if existed && queue.busy {
            match (old_coeff > 1, queue.wr.coeff > 1) {
                (false, true) => self.wr_busy_queues += 1,
                (true, false) => self.wr_busy_queues = self.wr_busy_queues.saturating_sub(1),
                _ => {}
            }
        }
    }

    /// `task` is over (`bfq_exit_icq`). Returns whether the queue in service was
    /// its own.
    pub(super) fn exit_task(&mut self, reqs: &Reqs, task: TaskId, now: Now) -> bool {
        if self.bic(task).is_none() {
            return false;
        }
        let bic = self.bic_mut(task);
        bic.exited = true;
        let stable = bic.stable_merge.take();
        if let Some(stable) = stable {
            self.put_stable_ref(stable);
        }
        let mut was_in_service = false;
        for kind in [SYNC, ASYNC] {
            let Some(q) = self.bic_mut(task).queues[kind] else {
                continue;
            };
            self.set_queue(task, None, kind);
            if self.in_service == Some(q) {
                self.expire_entity(reqs, q, super::budget::Expiration::BudgetTimeout, now);
                was_in_service = true;
            }
            self.put_cooperator(q);
            self.release_process_ref(q, now);
        }
        was_in_service
    }
}
