//! bfq (`block/bfq-iosched.c`, `block/bfq-wf2q.c`, 6.1), of one group.
//!
//! Every process has a queue for its synchronous requests; the asynchronous
//! ones of all processes of a class of priority share one. Queues are served one
//! at a time, each until its budget of sectors or its time of 124 ms is used up
//! or it has no more requests, in an order that shares the device out by weight
//! (`service`). Rather than turn to another queue, the device may wait 8 ms
//! for the next request of the process being served (`select`). A queue that
//! comes to life counts for more for a while (`raise`). Within a queue the
//! request that is closest goes first, but the oldest if it has expired
//! (`requests`). A bio merges only into requests of its own process's queue.
//!
//! Left out are groups (control groups: there is the root alone), levels of
//! priority within a class, tunables that are set to something else than their
//! default (so `low_latency` is on), rotating devices (`rotational` is 0), the
//! queue for want of memory, and the statistics. Where of two queues close to a
//! request the kernel takes the one that its tree happens to find first, the one
//! below is taken.

mod budget;
mod burst;
mod busy;
mod coop;
mod entity;
mod habits;
mod process;
mod queue;
mod raise;
mod rate;
mod requests;
mod select;
mod service;
#[cfg(test)]
mod tests;
mod time;

pub use queue::QueueId;

use super::super::merge::rq_mergeable;
use super::super::submit::is_sync;
use super::{ElvHash, Reqs, SectorOrder};
use crate::models::block::request::{ElvPriv, ReqList, RqFlags};
use crate::models::host::TaskId;
use crate::models::io::{Bio, ReqId};
use crate::sim::Ns;
use budget::DEFAULT_MAX_BUDGET;
use burst::Burst;
use process::Bic;
use queue::Queues;
use rate::Rate;
use service::Service;
use time::Clock;

/// For how long a process is waited for, ns (`bfq_slice_idle`).
const SLICE_IDLE: u64 = 8_000_000;
/// A think time that is none, ns (`BFQ_MIN_TT`).
const MIN_TT: u64 = 2_000_000;
/// When asynchronous and synchronous requests expire, ns (`bfq_fifo_expire`).
const FIFO_EXPIRE: [u64; 2] = [250_000_000, 125_000_000];

/// What a scheduler wants done after a call.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Wish {
    /// Nothing.
    Nothing,
    /// Its hardware queues run (`blk_mq_run_hw_queues`).
    RunQueues,
    /// Its timer armed.
    Timer {
        /// After how long.
        after: Ns,
        /// What to tell [`Bfq::timer_fired`].
        generation: u32,
    },
}

/// What a scheduler is told of its queue.
#[derive(Copy, Clone, Debug)]
pub struct Setting {
    /// Length of a tick.
    pub jiffy: Ns,
    /// Time since boot at the start of the run.
    pub uptime: Ns,
    /// Requests it may hold.
    pub nr_requests: u32,
    /// Bits of a word of its tags, as a power of two.
    pub shift: u32,
}

/// The scheduler's state (`struct bfq_data`).
#[derive(Debug)]
pub struct Bfq {
    /// Requests by end sector.
    pub hash: ElvHash,
    clock: Clock,
    nr_requests: u32,
    shift: u32,
    queues: Queues,
    /// Queues that nobody uses.
    free: Vec<QueueId>,
    bics: Vec<Option<Bic>>,
    /// By class of priority.
    async_queues: [Option<QueueId>; 3],
    service: Service,
    in_service: Option<QueueId>,
    /// Requests past all queues.
    dispatch: ReqList,

    busy_queues: [u32; 3],
    wr_busy_queues: u32,
    /// Weights of queues with requests that are not raised, and their number.
    weights: Vec<(u32, u32)>,
    /// Queues by the sector of their next request (`rq_pos_tree`).
    positions: Vec<(u64, QueueId)>,
    last_created: Option<QueueId>,
    burst: Burst,

    /// Requests that wait, and that the driver has.
    queued: u32,
    rq_in_driver: u32,
    max_rq_in_driver: u32,
    hw_tag: Option<bool>,
    hw_tag_samples: u32,
    nonrot_with_queueing: bool,

    budgets_assigned: u32,
    bfq_max_budget: i64,
    /// When the queue in service began to be, ns.
    last_budget_start: u64,
    /// When it began to be waited for, ns.
    last_idling_start: u64,
    rate: Rate,
    /// Sector behind the last request that went out, and of the queue in
    /// service.
    last_position: u64,
    in_serv_last_pos: u64,

    last_completed: Option<QueueId>,
    /// When the queue in service last got a request after it had none, ns.
    last_empty_occupied: u64,
    wait_dispatch: bool,
    waited_rq: Option<ReqId>,
    rqs_injected: bool,
    timer_generation: u32,

    /// Whose bio is being merged.
    bio_task: Option<TaskId>,
    bio_queue: Option<QueueId>,
}

impl Bfq {
    /// An empty scheduler (`bfq_init_queue`).
    pub fn new(setting: Setting) -> Self {
        let clock = Clock::new(setting.jiffy, setting.uptime);
        Bfq {
            hash: ElvHash::default(),
            clock,
            nr_requests: setting.nr_requests,
            shift: setting.shift,
            queues: Queues::default(),
            free: Vec::new(),
            bics: Vec::new(),
            async_queues: [None; 3],
            service: Service::new(clock.at(Ns::ZERO)),
            in_service: None,
            dispatch: ReqList::default(),
            busy_queues: [0; 3],
            wr_busy_queues: 0,
            weights: Vec::new(),
            positions: Vec::new(),
            last_created: None,
            burst: Burst::default(),
            queued: 0,
            rq_in_driver: 0,
            max_rq_in_driver: 0,
            hw_tag: None,
            hw_tag_samples: 0,
            nonrot_with_queueing: true,
            budgets_assigned: 0,
            bfq_max_budget: DEFAULT_MAX_BUDGET,
            last_budget_start: 0,
            last_idling_start: 0,
            rate: Rate::default(),
            last_position: 0,
            in_serv_last_pos: 0,
            last_completed: None,
            last_empty_occupied: 0,
            wait_dispatch: false,
            waited_rq: None,
            rqs_injected: false,
            timer_generation: 0,
            bio_task: None,
            bio_queue: None,
        }
    }

    /// Of each word of tags, how many a request of `task` may see
    /// (`bfq_limit_depth`): synchronous reads all, others less and less while
    /// queues are raised, and who has more than its share next to none.
    pub fn limit_depth(&self, task: Option<TaskId>, sync: bool, read: bool) -> Option<u32> {
        let word = 1u32 << self.shift;
        let depth = match (self.wr_busy_queues > 0, sync) {
            _ if sync && read => None,
            (false, false) => Some(word >> 1),
            (false, true) => Some((word * 3) >> 2),
            (true, false) => Some((word * 3) >> 4),
            (true, true) => Some((word * 6) >> 4),
        };
        let depth = depth.map(|d| d.max(1));
        let limit = depth.map_or(self.nr_requests, |d| (self.nr_requests * d) >> self.shift);
        let queue = task.and_then(|task| self.bic(task)?.queues[usize::from(sync)]);
        match queue {
            Some(q) if self.is_over_limit(q, limit) => Some(1),
            _ => depth,
        }
    }

    /// `bfqq_request_over_limit`
    fn is_over_limit(&self, q: QueueId, limit: u32) -> bool {
        let queue = &self.queues[q];
        let sum = self.service.weights_down_to(queue.class);
        if !queue.entity.on_st_or_in_serv || sum == 0 {
            return false;
        }
        let share = (u64::from(limit) * u64::from(queue.entity.weight) + sum / 2) / sum;
        u64::from(queue.allocated) >= share
    }

    /// `rq` is about to be inserted: it gets its queue (`bfq_init_rq`).
    pub fn init_request(&mut self, reqs: &mut Reqs, rq: ReqId, now: Ns) {
        self.assign(reqs, rq, self.clock.at(now));
    }

    /// `bfq_insert_request`; the caller has tried to merge it.
    pub fn insert(&mut self, reqs: &mut Reqs, rq: ReqId, at_head: bool, now: Ns) {
        let now = self.clock.at(now);
        if at_head {
            return self.dispatch.push_front(reqs, rq);
        }
        let ElvPriv::Bfq { queue, task } = reqs[rq].elv else {
            return self.dispatch.push_back(reqs, rq);
        };
        let q = self.redirect(reqs, rq, queue, task, now);
        self.update_thinktime(q, now);
        self.update_short_ttime(q, task, now);
        self.update_seek_history(reqs, q, rq, now);
        self.add_request(reqs, q, rq, now);
        let r = &mut reqs[rq];
        r.fifo_time = Ns(now.ns + FIFO_EXPIRE[usize::from(r.is_sync())]);
        r.rqf.set(RqFlags::SORTED);
        self.queues[q].fifo.push_back(reqs, rq);
        self.enqueued(reqs, q, rq, now);
        if rq_mergeable(&reqs[rq]) {
            self.hash.add(reqs, rq);
        }
    }

    /// `bfq_dispatch_request`
    pub fn dispatch(&mut self, reqs: &mut Reqs, now: Ns) -> Option<ReqId> {
        let now = self.clock.at(now);
        if let Some(rq) = self.dispatch.pop_front(reqs) {
            if let ElvPriv::Bfq { queue, .. } = reqs[rq].elv {
                self.queues[queue].dispatched += 1;
                self.rq_in_driver += 1;
            }
            return Some(rq);
        }
        if self.tot_busy_queues() == 0 {
            return None;
        }
        let q = self.select_queue(reqs, now)?;
        let rq = self.dispatch_from(reqs, q, now)?;
        self.rq_in_driver += 1;
        Some(rq)
    }

    /// `bfq_has_work`
    #[inline]
    pub fn has_work(&self) -> bool {
        self.queued > 0 || !self.dispatch.is_empty()
    }

    /// Whether it holds no request, and has not lost count. A queue may still be
    /// busy, though it is empty, if it was to keep its turn.
    pub fn is_idle(&self) -> bool {
        let unused = |queue: &queue::Queue| {
            queue.allocated + queue.dispatched + queue.queued[0] + queue.queued[1] == 0
        };
        let count = |what: fn(&queue::Queue) -> bool| {
            self.queues.iter().filter(|queue| what(queue)).count() as u32
        };
        self.queued + self.rq_in_driver == 0
            && self.positions.is_empty()
            && self.queues.iter().all(unused)
            && self.tot_busy_queues() == count(|q| q.busy)
            && self.wr_busy_queues == count(|q| q.busy && q.wr.coeff > 1)
            && self.weights.iter().map(|&(_, n)| n).sum::<u32>()
                == count(|q| q.counted_weight.is_some())
    }

    /// Whether `bio` may join `rq` (`bfq_allow_bio_merge`).
    pub fn allow_merge(&mut self, reqs: &Reqs, rq: ReqId, bio: &Bio, now: Ns) -> bool {
        let now = self.clock.at(now);
        self.allows(reqs, rq, is_sync(bio.op, bio.flags), bio.sector, now)
    }

    /// `bfq_request_merge`: a request of the submitter's queue that starts where
    /// `bio` ends.
    pub fn request_merge(&self, bio: &Bio) -> Option<ReqId> {
        self.queues[self.bio_queue?].sort.find(bio.end_sector())
    }

    /// `rq` has grown at its front (`bfq_request_merged`).
    pub fn front_merged(&mut self, reqs: &Reqs, rq: ReqId, now: Ns) {
        self.moved_to_front(reqs, rq, self.clock.at(now));
    }

    /// `next` went into `rq` (`bfq_requests_merged`).
    pub fn requests_merged(&mut self, reqs: &mut Reqs, rq: ReqId, next: ReqId, now: Ns) {
        let now = self.clock.at(now);
        let sorted = |rq: ReqId| reqs[rq].rqf.has(RqFlags::SORTED);
        if let ElvPriv::Bfq { queue: q, .. } = reqs[rq].elv {
            let same = matches!(reqs[next].elv, ElvPriv::Bfq { queue, .. } if queue == q);
            let both = same && sorted(rq) && sorted(next);
            if both && reqs[next].fifo_time < reqs[rq].fifo_time {
                let fifo = &mut self.queues[q].fifo;
                fifo.remove(reqs, rq);
                fifo.insert_before(reqs, next, rq);
                reqs[rq].fifo_time = reqs[next].fifo_time;
            }
            if self.queues[q].next_rq == Some(next) {
                self.queues[q].next_rq = Some(rq);
            }
        }
        if reqs[next].rqf.has(RqFlags::SORTED)
            && let ElvPriv::Bfq { queue: q, .. } = reqs[next].elv
        {
            self.remove_request(reqs, q, next, now);
        }
    }

    /// The sector order that `rq` is in.
    pub fn order_of(&self, reqs: &Reqs, rq: ReqId) -> Option<&SectorOrder> {
        match reqs[rq].elv {
            ElvPriv::Bfq { queue, .. } => Some(&self.queues[queue].sort),
            _ => None,
        }
    }

    /// `rq` has ended, or is to be inserted anew
    /// (`bfq_finish_requeue_request`).
    pub fn finish(&mut self, reqs: &mut Reqs, rq: ReqId, now: Ns) -> Wish {
        let now = self.clock.at(now);
        let ElvPriv::Bfq { queue: q, task } = reqs[rq].elv else {
            return Wish::Nothing;
        };
        let mut wish = Wish::Nothing;
        if reqs[rq].rqf.has(RqFlags::STARTED) {
            if self.waited_rq == Some(rq) {
                self.update_inject_limit(q, now);
            }
            wish = self.completed(reqs, q, now);
        }
        self.queues[q].allocated -= 1;
        self.put_queue(q);
        if let Some(Some(bic)) = self.bics.get_mut(task.index()) {
            bic.requests -= 1;
        }
        reqs[rq].elv = ElvPriv::None;
        wish
    }

    /// The timer armed as `generation` has fired (`bfq_idle_slice_timer`).
    pub fn timer_fired(&mut self, reqs: &Reqs, generation: u32, now: Ns) -> Wish {
        if generation != self.timer_generation {
            return Wish::Nothing;
        }
        self.idle_slice_over(reqs, self.clock.at(now))
    }

    /// `task` is over (`bfq_exit_icq`).
    pub fn exit(&mut self, reqs: &Reqs, task: TaskId, now: Ns) -> Wish {
        if self.exit_task(reqs, task, self.clock.at(now)) {
            self.schedule_dispatch()
        } else {
            Wish::Nothing
        }
    }
}
