//! Between scheduler and driver: where a request is inserted, which comes next
//! (`block/elevator.c`, 2.6.25).

use super::super::super::host::Cost;
use super::super::super::io::{DevId, Flags, ReqId};
use super::super::elevator::{ElvHash, Reqs};
use super::super::merge::rq_mergeable;
use super::super::{Action, BlockEnv, ReqList, RqFlags};
use super::{SingleQueue, elevator, ordered, plug, request_fn};

/// Where a request is put (`ELEVATOR_INSERT_*`).
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Where {
    /// Into the scheduler.
    Sort,
    /// Behind everything that is there, which leaves the scheduler for it.
    Back,
    /// At the head, having been with the driver.
    Requeue,
}

/// The list that a scheduler hands requests out to, as it sees it.
pub struct DispatchList<'q> {
    /// All requests.
    pub reqs: &'q mut Reqs,
    head: &'q mut ReqList,
    hash: &'q mut ElvHash,
    last_merge: &'q mut Option<ReqId>,
    nr_sorted: &'q mut u32,
    end_sector: &'q mut u64,
    boundary: &'q mut Option<ReqId>,
}

impl DispatchList<'_> {
    /// `rq` is no longer the scheduler's.
    fn leave(&mut self, rq: ReqId) {
        if *self.last_merge == Some(rq) {
            *self.last_merge = None;
        }
        self.hash.remove(self.reqs, rq);
        *self.nr_sorted = self.nr_sorted.saturating_sub(1);
    }
    /// At the end (`elv_dispatch_add_tail`).
    pub fn add_tail(&mut self, rq: ReqId) {
        self.leave(rq);
        let r = &self.reqs[rq];
        *self.end_sector = r.sector + u64::from(r.sectors);
        *self.boundary = Some(rq);
        self.head.push_back(self.reqs, rq);
    }
    /// In the order of a lift that goes one way, not past a barrier, what the
    /// driver has seen or the other direction (`elv_dispatch_sort`).
    pub fn sort(&mut self, rq: ReqId) {
        const STOP: RqFlags = RqFlags(RqFlags::SOFTBARRIER.0 | RqFlags::STARTED.0);
        self.leave(rq);
        let (sector, is_write) = (self.reqs[rq].sector, self.reqs[rq].op.is_write());
        let boundary = *self.end_sector;
        let mut at = self.head.tail;
        let mut before = None;
        while let Some(pos) = at {
            let p = &self.reqs[pos];
            if p.op.is_write() != is_write || p.rqf.has(STOP) {
                break;
            }
            let stop = match (sector >= boundary, p.sector < boundary) {
                (true, true) => false,
                (false, false) => true,
                _ => sector >= p.sector,
            };
            if stop {
                break;
            }
            before = Some(pos);
            at = p.prev;
        }
        match before {
            Some(pos) => self.head.insert_before(self.reqs, pos, rq),
            None => self.head.push_back(self.reqs, rq),
        }
    }
}

/// The scheduler of `dev` and the list it hands out to.
pub(super) fn with_list<K: BlockEnv, R>(
    k: &mut K,
    dev: DevId,
    f: impl FnOnce(&mut elevator::Elevator, &mut DispatchList<'_>) -> R,
) -> R {
    let b = k.block();
    let d = &mut b.devs[usize::from(dev.0)];
    let SingleQueue {
        elevator,
        head,
        hash,
        nr_sorted,
        end_sector,
        boundary,
        ..
    } = &mut b.sqs[d.sq.index()];
    let mut list = DispatchList {
        reqs: &mut b.reqs,
        head,
        hash,
        last_merge: &mut d.last_merge,
        nr_sorted,
        end_sector,
        boundary,
    };
    f(elevator, &mut list)
}

/// A request that starts where another does pushes that one out.
pub(super) fn dispatch_alias<K: BlockEnv>(k: &mut K, alias: Option<ReqId>) {
    if let Some(rq) = alias {
        let dev = k.block().reqs[rq].dev;
        with_list(k, dev, |elevator, list| elevator.dispatch_this(list, rq));
    }
}

/// Whether nothing waits in the queue (`elv_queue_empty`).
pub fn elv_queue_empty<K: BlockEnv>(k: &mut K, dev: DevId) -> bool {
    let q = k.block().sq(dev);
    q.head.is_empty() && q.elevator.is_empty()
}

/// Adds `rq` to its queue, whose lock is held; a barrier goes behind
/// everything (`__elv_add_request`).
pub fn __elv_add_request<K: BlockEnv>(k: &mut K, rq: ReqId, place: Where) {
    let b = k.block();
    let r = &mut b.reqs[rq];
    let end = r.sector + u64::from(r.sectors);
    let is_barrier = r.flags.has(Flags::PREFLUSH.with(Flags::FUA));
    if is_barrier {
        r.rqf.set(RqFlags::SOFTBARRIER);
    }
    let soft = r.rqf.has(RqFlags::SOFTBARRIER);
    let dev = r.dev;
    let place = match place {
        Where::Sort if soft => Where::Back,
        place => place,
    };
    if soft {
        let q = b.sq(dev);
        q.end_sector = end;
        q.boundary = Some(rq);
    }
    elv_insert(k, rq, place);
}

/// Puts `rq` into its queue; enough of them open the plug (`elv_insert`).
pub fn elv_insert<K: BlockEnv>(k: &mut K, rq: ReqId, place: Where) {
    let (now, ticks) = (k.host().now(), k.host().jiffies());
    let b = k.block();
    let r = &mut b.reqs[rq];
    r.changed = now;
    let dev = r.dev;
    b.dev(dev).count.inserts += 1;
    k.trace(dev, Action::Insert, |b| b.rq_subject(rq));
    match place {
        Where::Sort => insert_sorted(k, rq, ticks),
        Where::Back => {
            k.block().reqs[rq].rqf.set(RqFlags::SOFTBARRIER);
            elv_drain_elevator(k, dev);
            let b = k.block();
            let q = &mut b.sqs[b.devs[usize::from(dev.0)].sq.index()];
            q.head.push_back(&mut b.reqs, rq);
            // What is put behind everything need not wait for company.
            plug::blk_remove_plug(k, dev);
            request_fn::run(k, dev);
        }
        Where::Requeue => {
            let b = k.block();
            b.reqs[rq].rqf.set(RqFlags::SOFTBARRIER);
            let q = &mut b.sqs[b.devs[usize::from(dev.0)].sq.index()];
            q.head.push_front(&mut b.reqs, rq);
            return; // most are put back because the driver is busy
        }
    }
    let q = k.block().sq(dev);
    if q.plugged && q.rl.allocated().saturating_sub(q.in_flight) >= q.facts.unplug_thresh {
        q.seen.by_threshold += 1;
        plug::__generic_unplug_device(k, dev);
    }
}

fn insert_sorted<K: BlockEnv>(k: &mut K, rq: ReqId, ticks: u64) {
    let b = k.block();
    let r = &mut b.reqs[rq];
    r.rqf.set(RqFlags::SORTED);
    let (dev, mergeable) = (r.dev, rq_mergeable(r));
    let d = &mut b.devs[usize::from(dev.0)];
    let q = &mut b.sqs[d.sq.index()];
    q.nr_sorted += 1;
    if mergeable {
        q.hash.add(&mut b.reqs, rq);
        d.last_merge.get_or_insert(rq);
    }
    let alias = q.elevator.insert(&mut b.reqs, rq, ticks);
    dispatch_alias(k, alias);
    elevator::attend(k, dev);
}

/// Everything leaves the scheduler for the dispatch list
/// (`elv_drain_elevator`).
pub fn elv_drain_elevator<K: BlockEnv>(k: &mut K, dev: DevId) {
    let ticks = k.host().jiffies();
    with_list(
        k,
        dev,
        |elevator, list| {
            while elevator.dispatch(list, ticks, true) > 0 {}
        },
    );
    elevator::attend(k, dev);
}

/// The request that the driver is to take next, which stays where it is. From
/// now on it does not merge, whether it is taken or not (`elv_next_request`).
pub fn elv_next_request<K: BlockEnv>(k: &mut K, dev: DevId) -> Option<ReqId> {
    let rq = next(k, dev)?;
    let b = k.block();
    let r = &mut b.reqs[rq];
    let end = r.sector + u64::from(r.sectors);
    let first_seen = !r.rqf.has(RqFlags::STARTED);
    r.rqf.set(RqFlags::STARTED);
    let sorted = r.rqf.has(RqFlags::SORTED);
    let q = &mut b.sqs[b.devs[usize::from(dev.0)].sq.index()];
    if first_seen {
        if sorted {
            q.elevator.activate_request(end);
        }
        k.host().charge(Cost::ElvDispatch);
        k.host().charge(Cost::ElvMore);
    }
    let q = k.block().sq(dev);
    if q.boundary.is_none_or(|b| b == rq) {
        q.end_sector = end;
        q.boundary = None;
    }
    Some(rq)
}

/// `__elv_next_request`
fn next<K: BlockEnv>(k: &mut K, dev: DevId) -> Option<ReqId> {
    loop {
        if let Some(rq) = k.block().sq(dev).head.head {
            return ordered::blk_do_ordered(k, dev, rq);
        }
        let ticks = k.host().jiffies();
        let n = with_list(k, dev, |elevator, list| {
            elevator.dispatch(list, ticks, false)
        });
        elevator::attend(k, dev);
        if n == 0 {
            return ordered::step_without_requests(k, dev);
        }
    }
}

/// The driver takes `rq` (`blkdev_dequeue_request`).
pub fn elv_dequeue_request<K: BlockEnv>(k: &mut K, rq: ReqId) {
    let b = k.block();
    let dev = b.reqs[rq].dev;
    let q = &mut b.sqs[b.devs[usize::from(dev.0)].sq.index()];
    q.head.remove(&mut b.reqs, rq);
    q.in_flight += 1;
}

/// The driver is done with `rq` (`elv_completed_request`).
pub fn elv_completed_request<K: BlockEnv>(k: &mut K, rq: ReqId) {
    let ticks = k.host().jiffies();
    let b = k.block();
    let dev = b.reqs[rq].dev;
    let q = &mut b.sqs[b.devs[usize::from(dev.0)].sq.index()];
    q.in_flight = q.in_flight.saturating_sub(1);
    if b.reqs[rq].rqf.has(RqFlags::SORTED) {
        q.elevator.completed_request(&b.reqs, rq, ticks);
    }
    elevator::attend(k, dev);
}

/// `rq`, which the driver has taken, goes back to the head; the lock is held
/// (`elv_requeue_request`).
pub fn elv_requeue_request<K: BlockEnv>(k: &mut K, rq: ReqId) {
    let b = k.block();
    let r = &mut b.reqs[rq];
    r.rqf.clear(RqFlags::STARTED);
    let (dev, sorted) = (r.dev, r.rqf.has(RqFlags::SORTED));
    let q = b.sq(dev);
    q.in_flight = q.in_flight.saturating_sub(1);
    if sorted {
        q.elevator.deactivate_request();
    }
    elv_insert(k, rq, Where::Requeue);
}
