//! Barriers: nothing passes one in either direction (`blk-barrier.c`, 2.6.25).
//!
//! What came before drains; a write cache is flushed, the barrier itself is
//! written, the cache is flushed again; then what came behind goes on.

use super::super::super::io::{BlkStatus, DevId, Flags, Op, ReqId};
use super::super::{BlockEnv, HctxId, Request, RqEnd, RqFlags};
use super::complete;

/// How far a barrier has come (`QUEUE_ORDSEQ_*`).
#[derive(Copy, Clone, PartialEq, Eq, Debug, Default)]
enum Step {
    /// There is none.
    #[default]
    None,
    /// What came before is still with the driver.
    Drain,
    /// The write cache is flushed before it.
    PreFlush,
    /// It is written.
    Bar,
    /// The write cache is flushed behind it.
    PostFlush,
}

/// A barrier under way.
#[derive(Copy, Clone, Debug, Default)]
pub struct Ordered {
    step: Step,
    /// The barrier.
    bar: Option<ReqId>,
    /// The flush that is next, or under way.
    flush: Option<ReqId>,
    /// How it has ended so far.
    status: BlkStatus,
}

impl Ordered {
    /// Whether there is one.
    pub fn is_active(&self) -> bool {
        self.step != Step::None
    }
}

/// Whether `dev` takes barriers: any driver with a queue does here, by draining
/// it.
pub(super) fn is_supported<K: BlockEnv>(k: &mut K, dev: DevId) -> bool {
    k.block().sq(dev).facts.takes_barriers
}

/// Whether `rq`, which is at the head, may go; if not, what goes in its place
/// (`blk_do_ordered`).
pub(super) fn blk_do_ordered<K: BlockEnv>(k: &mut K, dev: DevId, rq: ReqId) -> Option<ReqId> {
    let b = k.block();
    let is_barrier = b.reqs[rq].flags.has(Flags::PREFLUSH.with(Flags::FUA));
    let q = b.sq(dev);
    match q.ordered.step {
        Step::None if !is_barrier => return Some(rq),
        Step::None => begin(k, dev, rq),
        // What the sequence itself has put there.
        Step::Bar if q.ordered.bar == Some(rq) => return Some(rq),
        Step::PreFlush | Step::PostFlush if q.ordered.flush == Some(rq) => return Some(rq),
        _ => {}
    }
    advance(k, dev)
}

/// Nothing waits; a barrier may.
pub(super) fn step_without_requests<K: BlockEnv>(k: &mut K, dev: DevId) -> Option<ReqId> {
    match k.block().sq(dev).ordered.is_active() {
        true => advance(k, dev),
        false => None,
    }
}

/// The barrier at the head is taken aside (`start_ordered`).
fn begin<K: BlockEnv>(k: &mut K, dev: DevId, rq: ReqId) {
    let b = k.block();
    let cached = b.dev(dev).write_cache;
    if cached {
        // Its bios are told when its sequence is over.
        b.reqs[rq].rqf.set(RqFlags::FLUSH_SEQ);
    }
    let q = &mut b.sqs[b.devs[usize::from(dev.0)].sq.index()];
    q.head.remove(&mut b.reqs, rq);
    q.ordered = Ordered {
        step: Step::Drain,
        bar: Some(rq),
        flush: None,
        status: BlkStatus::Ok,
    };
}

/// Once what came before is done, the next step of the sequence.
fn advance<K: BlockEnv>(k: &mut K, dev: DevId) -> Option<ReqId> {
    let b = k.block();
    let cached = b.dev(dev).write_cache;
    let q = b.sq(dev);
    if q.in_flight > 0 || q.ordered.step != Step::Drain {
        return None;
    }
    if cached {
        return Some(flush(k, dev, Step::PreFlush));
    }
    write(k, dev)
}

/// The barrier's own data go to the head of the queue.
fn write<K: BlockEnv>(k: &mut K, dev: DevId) -> Option<ReqId> {
    let b = k.block();
    let q = &mut b.sqs[b.devs[usize::from(dev.0)].sq.index()];
    q.ordered.step = Step::Bar;
    let bar = q.ordered.bar?;
    q.head.push_front(&mut b.reqs, bar);
    Some(bar)
}

/// A request that empties the write cache, at the head of the queue
/// (`queue_flush`).
fn flush<K: BlockEnv>(k: &mut K, dev: DevId, step: Step) -> ReqId {
    let (now, cpu) = (k.host().now(), k.host().cpu().0);
    let b = k.block();
    let rq = b.reqs.alloc(Request {
        end: RqEnd::SingleQueue,
        rqf: RqFlags::SOFTBARRIER,
        ..Request::new(dev, HctxId(0), cpu, Op::Flush, Flags::default(), now)
    });
    let d = b.dev(dev);
    d.count.requests += 1;
    let q = &mut b.sqs[b.devs[usize::from(dev.0)].sq.index()];
    q.ordered.step = step;
    q.ordered.flush = Some(rq);
    q.head.push_front(&mut b.reqs, rq);
    rq
}

/// A request of `dev` has ended; whether it is to be given back as any other
/// is: a part of a sequence is not (`blk_ordered_complete_seq`). The lock is
/// held.
pub(super) fn completed<K: BlockEnv>(k: &mut K, dev: DevId, rq: ReqId) -> bool {
    let o = k.block().sq(dev).ordered;
    let cached = k.block().dev(dev).write_cache;
    match o.step {
        Step::PreFlush if o.flush == Some(rq) => {
            forget_flush(k, dev, rq);
            let bar_is_empty = o.bar.is_some_and(|bar| k.block().reqs[bar].sectors == 0);
            if bar_is_empty {
                finish(k, dev);
            } else {
                write(k, dev);
            }
            false
        }
        Step::Bar if o.bar == Some(rq) && cached => {
            flush(k, dev, Step::PostFlush);
            false
        }
        Step::Bar if o.bar == Some(rq) => {
            let q = k.block().sq(dev);
            q.ordered = Ordered::default();
            q.seen.barriers += 1;
            true
        }
        Step::PostFlush if o.flush == Some(rq) => {
            forget_flush(k, dev, rq);
            finish(k, dev);
            false
        }
        _ => true,
    }
}

/// A flush is over: it was no I/O of the queue's classes.
fn forget_flush<K: BlockEnv>(k: &mut K, dev: DevId, rq: ReqId) {
    let b = k.block();
    b.reqs[rq].rqf.clear(RqFlags::IN_FLIGHT);
    b.reqs.free(rq);
    b.dev(dev).count.requests_done += 1;
    b.sq(dev).ordered.flush = None;
}

/// The sequence is over: the barrier ends.
fn finish<K: BlockEnv>(k: &mut K, dev: DevId) {
    let now = k.host().now();
    let o = std::mem::take(&mut k.block().sq(dev).ordered);
    let Some(bar) = o.bar else { return };
    let b = k.block();
    b.sq(dev).seen.barriers += 1;
    let r = b.reqs[bar];
    if r.rqf.has(RqFlags::IO_STAT) {
        let d = b.dev(dev);
        d.count.done(now, r.op, r.start);
    }
    complete::end_bios(k, bar, o.status);
    complete::blk_put_request(k, bar);
}
