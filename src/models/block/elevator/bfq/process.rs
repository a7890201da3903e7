//! Processes and their queues.

use super::super::Reqs;
use super::Bfq;
use super::budget::Expiration;
use super::entity::weight_of;
use super::queue::{Habits, Queue, QueueId};
use super::raise::Raise;
use super::time::Now;
use crate::models::block::request::ElvPriv;
use crate::models::host::TaskId;
use crate::models::io::{IoPrio, ReqId};

/// Index of a process's asynchronous queue; the other is the synchronous one.
pub(super) const ASYNC: usize = 0;
pub(super) const SYNC: usize = 1;

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
    pub(super) stable_merge: Option<QueueId>,
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

    pub(super) fn bic_mut(&mut self, task: TaskId) -> &mut Bic {
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
    pub(super) fn set_queue(&mut self, task: TaskId, q: Option<QueueId>, kind: usize) {
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

    pub(super) fn put_stable_ref(&mut self, q: QueueId) {
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
    pub(super) fn release_process_ref(&mut self, q: QueueId, now: Now) {
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

    /// `bfq_bfqq_save_state`
    pub(super) fn save_state(&mut self, q: QueueId, now: Now) {
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
                self.expire_entity(reqs, q, Expiration::BudgetTimeout, now);
                was_in_service = true;
            }
            self.put_cooperator(q);
            self.release_process_ref(q, now);
        }
        was_in_service
    }
}
