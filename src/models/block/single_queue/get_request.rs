//! How many requests a queue may have, and who sleeps for one
//! (`blk-core.c:get_request`, `get_request_wait`, 2.6.25).

use std::collections::VecDeque;

use super::super::super::host::{Cost, Step, TaskId};
use super::super::super::io::{BioId, DevId, Flags, Op, ReqId};
use super::super::{BlockEnv, BlockFrame, HctxId, Request, RqEnd, pop};
use super::elevator::MayQueue;
use super::{SqFrame, lock, make_request, plug, unlock};

/// Requests that a batcher may get after having slept (`BLK_BATCH_REQ`).
const BATCH_REQUESTS: u32 = 32;
/// For how long it is one: a fiftieth of a second (`BLK_BATCH_TIME`).
const BATCHES_PER_SECOND: u64 = 50;

/// The requests of a queue, by class: reads and writes, or synchronous ones and
/// others (`struct request_list`).
#[derive(Clone, Debug)]
pub struct RequestList {
    /// How many each class may have before it is full.
    pub nr_requests: u32,
    /// How many it has.
    pub count: [u32; 2],
    /// Whether it is full: only batchers get more.
    pub full: [bool; 2],
    /// Whether it is congested (`BDI_read_congested`): nothing is read ahead then.
    pub congested: [bool; 2],
    /// Whether it got none while it had none.
    starved: [bool; 2],
    /// Tasks that sleep for one, in order.
    waiting: [VecDeque<TaskId>; 2],
}

/// A task's part in it (`struct io_context`): the same for all queues.
#[derive(Copy, Clone, Default, Debug)]
pub struct IoContext {
    /// Requests left to it as a batcher.
    nr_batch_requests: u32,
    /// When it became one, in ticks.
    last_waited: u64,
}

impl RequestList {
    /// For `nr_requests` of each class.
    pub fn new(nr_requests: u32) -> Self {
        RequestList {
            nr_requests,
            count: [0; 2],
            full: [false; 2],
            congested: [false; 2],
            starved: [false; 2],
            waiting: [VecDeque::new(), VecDeque::new()],
        }
    }
    /// From how many on a class is congested (`blk_queue_congestion_threshold`).
    pub fn congestion_on(&self) -> u32 {
        let nr = self.nr_requests;
        (nr - nr / 8 + 1).min(nr)
    }
    /// Below how many it no longer is.
    pub fn congestion_off(&self) -> u32 {
        let nr = self.nr_requests;
        (nr - nr / 8 - nr / 16).saturating_sub(1).max(1)
    }
    /// How many a class may have at the very most.
    fn most(&self) -> u32 {
        3 * self.nr_requests / 2
    }
    /// Requests of both classes.
    pub fn allocated(&self) -> u32 {
        self.count[0] + self.count[1]
    }
    /// Whether anybody sleeps for one.
    pub fn is_waited_for(&self) -> bool {
        self.waiting.iter().any(|w| !w.is_empty())
    }
}

/// A submitter that sleeps for a request.
#[derive(Copy, Clone, Debug)]
pub struct Waiting {
    bio: BioId,
    /// Whether it has slept.
    slept: bool,
}

/// The class of an I/O: its direction (2.6.25), or whether somebody waits for
/// it (2.6.31).
fn class(by_sync: bool, op: Op, flags: Flags) -> usize {
    let is_sync = op == Op::Read || flags.has(Flags::SYNC_FLAGS);
    usize::from(if by_sync { is_sync } else { op.is_write() })
}

/// Whether the class of reads of `dev` is congested: whoever reads ahead does not
/// do so now (`bdi_read_congested`).
pub fn bdi_read_congested<K: BlockEnv>(k: &mut K, dev: DevId) -> bool {
    let q = k.block().sq(dev);
    q.rl.congested[class(q.facts.limits_by_sync, Op::Read, Flags::default())]
}

/// A request for `bio`, whose queue's lock is held; None: its submitter must
/// sleep. The lock is let go either way (`get_request_wait`).
pub(super) fn get_request_wait<K: BlockEnv>(k: &mut K, task: TaskId, bio: BioId) -> Option<ReqId> {
    let dev = k.block().bios[bio].dev;
    if let Some(rq) = get_request(k, task, bio) {
        unlock(k, dev);
        return Some(rq);
    }
    sleep(k, task, bio);
    let frame = SqFrame::GetRequest(Waiting { bio, slept: false });
    let frame = K::block_frame(BlockFrame::SingleQueue(frame));
    k.host().call(frame);
    None
}

/// The task queues for a request, unplugs the device and lets the lock go: what
/// is left is to sleep.
fn sleep<K: BlockEnv>(k: &mut K, task: TaskId, bio: BioId) {
    let o = &k.block().bios[bio];
    let (dev, op, flags) = (o.dev, o.op, o.flags);
    let q = k.block().sq(dev);
    let class = class(q.facts.limits_by_sync, op, flags);
    let waiting = &mut q.rl.waiting[class];
    if !waiting.contains(&task) {
        waiting.push_back(task);
    }
    q.seen.slept += 1;
    plug::__generic_unplug_device(k, dev);
    unlock(k, dev);
}

/// The submitter has slept, or is about to.
pub fn step<K: BlockEnv>(k: &mut K, task: TaskId, f: Waiting) -> Step {
    let dev = k.block().bios[f.bio].dev;
    if !f.slept {
        let frame = SqFrame::GetRequest(Waiting { slept: true, ..f });
        super::super::replace(k, task, BlockFrame::SingleQueue(frame));
        let waiting = &k.block().sq(dev).rl.waiting;
        if waiting.iter().any(|w| w.contains(&task)) {
            return Step::Block; // when it is stepped again, it has been woken
        }
    }
    set_batching(k, task);
    lock(k, dev, "get_request_wait");
    if let Some(rq) = get_request(k, task, f.bio) {
        for waiting in &mut k.block().sq(dev).rl.waiting {
            waiting.retain(|&t| t != task);
        }
        unlock(k, dev);
        pop(k, task);
        make_request::add(k, f.bio, rq);
        return Step::Again;
    }
    sleep(k, task, f.bio);
    Step::Block
}

/// A request for `bio`, if its class has one left for `task` (`get_request`).
fn get_request<K: BlockEnv>(k: &mut K, task: TaskId, bio: BioId) -> Option<ReqId> {
    let now = k.host().jiffies();
    let batch_ticks = k.host().hz() / BATCHES_PER_SECOND;
    let b = k.block();
    let o = b.bios[bio];
    let sync = o.op == Op::Read || o.flags.has(Flags::SYNC);
    let dev = o.dev;
    let q = &mut b.sqs[b.devs[usize::from(dev.0)].sq.index()];
    let class = class(q.facts.limits_by_sync, o.op, o.flags);
    let may = q.elevator.may_queue(task, sync);
    let rl = &mut q.rl;
    let ioc = &mut b.io_contexts[task.index()];
    let mut batches = false;
    if rl.count[class] + 1 >= rl.congestion_on() {
        if rl.count[class] + 1 >= rl.nr_requests {
            batches = ioc.is_batching(now, batch_ticks);
            if !rl.full[class] {
                ioc.set_batching(now, batch_ticks);
                rl.full[class] = true;
                batches = true;
            } else if may != MayQueue::Must && !batches {
                rl.starved[class] |= rl.count[class] == 0;
                return None;
            }
        }
        if !rl.congested[class] {
            rl.congested[class] = true;
            q.seen.congested += 1;
        }
    }
    if rl.count[class] >= rl.most() {
        return None;
    }
    rl.count[class] += 1;
    rl.starved[class] = false;
    if batches {
        ioc.nr_batch_requests = ioc.nr_batch_requests.saturating_sub(1);
    }
    q.elevator.set_request(task, sync);
    Some(alloc(k, task, bio, class))
}

/// A request that holds `bio` alone (`blk_alloc_request`,
/// `init_request_from_bio`).
fn alloc<K: BlockEnv>(k: &mut K, task: TaskId, bio: BioId, class: usize) -> ReqId {
    let (now, cpu) = (k.host().now(), k.host().cpu().0);
    k.host().charge(Cost::GetRequest);
    let b = k.block();
    let o = &mut b.bios[bio];
    o.next = None;
    let rq = Request {
        sector: o.sector,
        sectors: o.sectors,
        segs: o.segs,
        prio: o.prio,
        bio: Some(bio),
        biotail: Some(bio),
        end: RqEnd::SingleQueue,
        icq: Some(task),
        sched_nr: class as u32,
        ..Request::new(o.dev, HctxId(0), cpu, o.op, o.flags, now)
    };
    let dev = o.dev;
    b.devs[usize::from(dev.0)].count.requests += 1;
    b.reqs.alloc(rq)
}

impl IoContext {
    /// `ioc_batching`
    fn is_batching(&self, now: u64, batch_ticks: u64) -> bool {
        self.nr_batch_requests == BATCH_REQUESTS
            || (self.nr_batch_requests > 0 && now < self.last_waited + batch_ticks)
    }
    /// `ioc_set_batching`
    fn set_batching(&mut self, now: u64, batch_ticks: u64) {
        if !self.is_batching(now, batch_ticks) {
            self.nr_batch_requests = BATCH_REQUESTS;
            self.last_waited = now;
        }
    }
}

fn set_batching<K: BlockEnv>(k: &mut K, task: TaskId) {
    let (now, ticks) = (k.host().jiffies(), k.host().hz() / BATCHES_PER_SECOND);
    k.block().io_contexts[task.index()].set_batching(now, ticks);
}

/// A request of `dev` and of that class is free: whoever sleeps for one goes on
/// (`freed_request`). The lock is held.
pub(super) fn freed_request<K: BlockEnv>(k: &mut K, dev: DevId, class: usize) {
    let rl = &mut k.block().sq(dev).rl;
    rl.count[class] = rl.count[class].saturating_sub(1);
    let other_starved = rl.starved[class ^ 1];
    freed_one(k, dev, class);
    if other_starved {
        freed_one(k, dev, class ^ 1);
    }
}

/// `__freed_request`
fn freed_one<K: BlockEnv>(k: &mut K, dev: DevId, class: usize) {
    let rl = &mut k.block().sq(dev).rl;
    if rl.count[class] < rl.congestion_off() {
        rl.congested[class] = false;
    }
    if rl.count[class] + 1 > rl.nr_requests {
        return;
    }
    rl.full[class] = false;
    if let Some(task) = rl.waiting[class].pop_front() {
        k.wake(task);
    }
}
