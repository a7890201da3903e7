//! cfq: slices of time for each process (`cfq-iosched.c`, 2.6.25).
//!
//! Every process has a queue for what it waits for; what nobody waits for is in
//! one queue of all. One queue at a time is served, for a slice; when it runs dry
//! the device is kept idle for it for a moment, in the hope of what comes next.
//! So neighbours of one process meet, and those of two never do.
//!
//! Left out: priorities and their boosts, the idle class, and preemption by
//! metadata; every process has the usual priority, 4 of best effort.

mod process;
mod queue;
mod select;

use super::super::super::Request;
use super::super::super::elevator::Reqs;
use super::super::elv::DispatchList;
use super::{MayQueue, Wants, is_sync};
use crate::models::host::TaskId;
use crate::models::io::{Bio, ReqId};
use process::Process;
use queue::{CfqQueue, Flag};

/// The queue of what nobody waits for.
const ASYNC: usize = 0;

/// Tunables, in ticks (`cfq_data`).
#[derive(Copy, Clone, Debug)]
struct Tunables {
    /// Requests of one round (`cfq_quantum`).
    quantum: u32,
    /// When a request expires: of the queue nobody waits for, of others.
    fifo_expire: [u64; 2],
    /// The same of a slice.
    slice: [u64; 2],
    /// Requests of a slice of the former.
    slice_async_rq: u32,
    /// For how long the device is kept idle.
    slice_idle: u64,
    /// How far back, in sectors, a request may be chosen.
    back_max: u64,
    /// What that counts, times its distance.
    back_penalty: u64,
}

/// The scheduler's state (`struct cfq_data`).
#[derive(Debug)]
pub struct Cfq {
    tunables: Tunables,
    /// All queues; the first is [`ASYNC`].
    queues: Vec<CfqQueue>,
    /// Processes, by task.
    processes: Vec<Process>,
    /// Queues that wait for service, next first, with their keys
    /// (`service_tree`).
    tree: Vec<(i64, u16)>,
    /// The queue in service.
    active: Option<u16>,
    /// The process whose queue that is (`active_cic`).
    active_process: Option<TaskId>,
    /// Requests with the driver.
    in_driver: u32,
    /// Requests handed out that somebody waits for.
    sync_flight: u32,
    /// Whether the device works on several at once.
    hw_tag: bool,
    /// Behind the request that the driver saw last.
    last_position: u64,
    /// Whether the idle timer is pending, and which arming.
    timer: (bool, u32),
    /// What is to be done once the call is over.
    pub(super) wants: Wants,
}

impl Cfq {
    /// Without requests, with ticks of a `hz`-th of a second.
    pub fn new(hz: u64) -> Self {
        Cfq {
            tunables: Tunables {
                quantum: 4,
                fifo_expire: [hz / 4, hz / 8],
                slice: [hz / 25, hz / 10],
                slice_async_rq: 2,
                slice_idle: (hz / 125).max(1),
                back_max: 2 * 16 * 1024,
                back_penalty: 2,
            },
            queues: vec![CfqQueue::new(false)],
            processes: Vec::new(),
            tree: Vec::new(),
            active: None,
            active_process: None,
            in_driver: 0,
            sync_flight: 0,
            hw_tag: false,
            last_position: 0,
            timer: (false, 0),
            wants: Wants::default(),
        }
    }
    /// Which arming of the idle timer is valid.
    pub fn timer_generation(&self) -> u32 {
        self.timer.1
    }
    /// `cfq_queue_empty`
    pub(super) fn is_empty(&self) -> bool {
        self.queues.iter().all(|q| q.is_empty())
    }

    /// The queue of what `task` does (`cic_to_cfqq`).
    fn queue_of(&self, task: TaskId, sync: bool) -> Option<usize> {
        match sync {
            false => Some(ASYNC),
            true => self.processes.get(task.index())?.queue.map(usize::from),
        }
    }
    /// The queue that `rq` is in.
    fn queue_of_rq(&self, rq: &Request) -> usize {
        let sync = is_sync(rq.op, rq.flags);
        rq.icq
            .and_then(|task| self.queue_of(task, sync))
            .unwrap_or(ASYNC)
    }

    /// `cfq_set_request`
    pub(super) fn set_request(&mut self, task: TaskId, sync: bool) {
        while self.processes.len() <= task.index() {
            self.processes.push(Process::default());
        }
        if sync && self.processes[task.index()].queue.is_none() {
            self.processes[task.index()].queue = Some(self.queues.len() as u16);
            self.queues.push(CfqQueue::new(true));
        }
    }

    /// `cfq_may_queue`
    pub(super) fn may_queue(&mut self, task: TaskId, sync: bool) -> MayQueue {
        let Some(q) = self.queue_of(task, sync) else {
            return MayQueue::May;
        };
        let q = &mut self.queues[q];
        if q.has(Flag::WaitRequest) && !q.has(Flag::MustAllocSlice) {
            q.set(Flag::MustAllocSlice);
            return MayQueue::Must;
        }
        MayQueue::May
    }

    /// `cfq_allow_merge`: within one queue.
    pub(super) fn allow_merge(&self, rq: &Request, task: TaskId, bio: &Bio) -> bool {
        let sync = is_sync(bio.op, bio.flags);
        if sync && !is_sync(rq.op, rq.flags) {
            return false;
        }
        let known = self.processes.get(task.index()).is_some();
        known && self.queue_of(task, sync) == Some(self.queue_of_rq(rq))
    }
    /// `cfq_merge`
    pub(super) fn request_merge(&self, task: TaskId, bio: &Bio) -> Option<ReqId> {
        let q = self.queue_of(task, is_sync(bio.op, bio.flags))?;
        self.queues[q].sort.find(bio.end_sector())
    }

    /// `cfq_insert_request`
    pub(super) fn insert(&mut self, reqs: &mut Reqs, rq: ReqId, ticks: u64) -> Option<ReqId> {
        if let Some(task) = reqs[rq].icq {
            let sync = is_sync(reqs[rq].op, reqs[rq].flags);
            self.set_request(task, sync);
        }
        let q = self.queue_of_rq(&reqs[rq]);
        reqs[rq].fifo_time = crate::sim::Ns(ticks);
        let alias = self.add_sorted(reqs, q, rq, ticks);
        self.queues[q].fifo.push_back(reqs, rq);
        self.enqueued(&reqs[rq], q, ticks);
        alias
    }

    /// Puts `rq` into the order of `q`; what starts there already is to make
    /// room (`cfq_add_rq_rb`).
    fn add_sorted(&mut self, reqs: &Reqs, q: usize, rq: ReqId, ticks: u64) -> Option<ReqId> {
        let sector = reqs[rq].sector;
        let alias = self.queues[q].sort.find(sector);
        self.queues[q].sort.add(sector, rq);
        if !self.queues[q].has(Flag::OnRr) {
            self.queues[q].set(Flag::OnRr);
            self.resort(q, ticks);
        }
        let next = self.choose(reqs, self.queues[q].next, Some(rq));
        self.queues[q].next = next;
        alias
    }

    /// `cfq_remove_request`
    fn remove(&mut self, reqs: &mut Reqs, rq: ReqId) {
        let q = self.queue_of_rq(&reqs[rq]);
        if self.queues[q].next == Some(rq) {
            self.queues[q].next = self.find_next(reqs, q, rq);
        }
        let queue = &mut self.queues[q];
        queue.fifo.remove(reqs, rq);
        queue.sort.remove(reqs[rq].sector, rq);
        if queue.is_empty() && queue.has(Flag::OnRr) {
            queue.clear(Flag::OnRr);
            self.tree.retain(|&(_, t)| usize::from(t) != q);
        }
    }

    /// `cfq_merged_request`
    pub(super) fn front_merged(&mut self, reqs: &mut Reqs, rq: ReqId) -> Option<ReqId> {
        let q = self.queue_of_rq(&reqs[rq]);
        let sector = reqs[rq].sector;
        let alias = self.queues[q].sort.find(sector).filter(|&a| a != rq);
        self.queues[q].sort.resort(rq, sector);
        let next = self.choose(reqs, self.queues[q].next, Some(rq));
        self.queues[q].next = next;
        alias
    }
    /// `cfq_merged_requests`
    pub(super) fn requests_merged(&mut self, reqs: &mut Reqs, rq: ReqId, next: ReqId) {
        if reqs[next].start < reqs[rq].start {
            let q = self.queue_of_rq(&reqs[rq]);
            let fifo = &mut self.queues[q].fifo;
            fifo.remove(reqs, rq);
            fifo.insert_before(reqs, next, rq);
        }
        self.remove(reqs, next);
    }
    pub(super) fn latter_request(&self, reqs: &Reqs, rq: ReqId) -> Option<ReqId> {
        let r = &reqs[rq];
        self.queues[self.queue_of_rq(r)].sort.latter(r.sector, rq)
    }
    pub(super) fn former_request(&self, reqs: &Reqs, rq: ReqId) -> Option<ReqId> {
        let r = &reqs[rq];
        self.queues[self.queue_of_rq(r)].sort.former(r.sector, rq)
    }

    /// `cfq_activate_request`
    pub(super) fn activate_request(&mut self, end: u64) {
        self.in_driver += 1;
        if self.in_driver > 4 {
            self.hw_tag = true;
        }
        self.last_position = end;
    }
    /// `cfq_deactivate_request`
    pub(super) fn deactivate_request(&mut self) {
        self.in_driver = self.in_driver.saturating_sub(1);
    }

    /// `cfq_dispatch_insert`
    pub(super) fn dispatch_insert(&mut self, list: &mut DispatchList<'_>, rq: ReqId) {
        let q = self.queue_of_rq(&list.reqs[rq]);
        self.remove(list.reqs, rq);
        self.queues[q].dispatched += 1;
        if self.queues[q].is_sync {
            self.sync_flight += 1;
        }
        list.sort(rq);
    }

    /// `cfq_completed_request`
    pub(super) fn completed_request(&mut self, rq: &Request, ticks: u64) {
        let q = self.queue_of_rq(rq);
        self.in_driver = self.in_driver.saturating_sub(1);
        let queue = &mut self.queues[q];
        queue.dispatched = queue.dispatched.saturating_sub(1);
        let sync = queue.is_sync;
        if sync {
            self.sync_flight = self.sync_flight.saturating_sub(1);
            if let Some(task) = rq.icq
                && let Some(p) = self.processes.get_mut(task.index())
            {
                p.last_end_request = ticks;
            }
        }
        if self.active == Some(q as u16) {
            let slice = self.tunables.slice[usize::from(sync)];
            let queue = &mut self.queues[q];
            if queue.has(Flag::SliceNew) {
                queue.slice_end = ticks + slice;
                queue.clear(Flag::SliceNew);
            }
            if queue.slice_used(ticks) {
                self.slice_expired(true, ticks);
            } else if sync && self.queues[q].is_empty() {
                self.arm_slice_timer(q);
            }
        }
        if self.in_driver == 0 {
            self.schedule_dispatch();
        }
    }

    /// `cfq_schedule_dispatch`
    fn schedule_dispatch(&mut self) {
        self.wants.kick |= !self.tree.is_empty() || self.has_busy();
    }
    fn has_busy(&self) -> bool {
        self.queues.iter().any(|q| q.has(Flag::OnRr))
    }

    /// `task` is over (`cfq_exit_io_context`).
    pub(super) fn exit_task(&mut self, task: TaskId, ticks: u64) {
        let Some(p) = self.processes.get_mut(task.index()) else {
            return;
        };
        p.is_over = true;
        if let Some(q) = p.queue
            && self.active == Some(q)
            && self.queues[usize::from(q)].is_empty()
        {
            self.slice_expired(false, ticks);
            self.schedule_dispatch();
        }
    }
}
