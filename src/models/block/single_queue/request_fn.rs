//! The driver's end of a single queue: it takes requests as long as its device
//! has room for them (`scsi_lib.c:scsi_request_fn`, 2.6.25, which all leaf
//! devices here follow).

use super::super::super::io::{BlkStatus, DevId, Flags, Op, ReqId};
use super::super::{BlockEnv, BlockFrame, HctxId, Request, RqEnd, RqFlags};
use super::{SqFrame, SqTimer, elv, lock, plug, unlock};
use crate::sim::Ns;

/// Runs the queue; its lock is held. What runs already is not entered anew
/// (`__blk_run_queue`).
pub fn run<K: BlockEnv>(k: &mut K, dev: DevId) {
    let q = k.block().sq(dev);
    if q.stopped {
        return;
    }
    if std::mem::replace(&mut q.running, true) {
        return; // the run that is under way sees it
    }
    k.request_fn(dev);
    k.block().sq(dev).running = false;
}

/// `blk_start_queueing`: runs the queue, plugged or not.
pub fn start_queueing<K: BlockEnv>(k: &mut K, dev: DevId, site: &'static str) {
    lock(k, dev, site);
    if k.block().sq(dev).plugged {
        plug::__generic_unplug_device(k, dev);
    } else {
        run(k, dev);
    }
    unlock(k, dev);
}

/// The driver has refused a command: the queue, which is being run, is run once
/// more, by kblockd (`blk_run_queue` while `QUEUE_FLAG_REENTER` is set).
pub fn run_anew<K: BlockEnv>(k: &mut K, dev: DevId) {
    lock(k, dev, "blk_run_queue");
    plug::blk_plug_device(k, dev);
    unlock(k, dev);
    k.kblockd_here(BlockFrame::SingleQueue(SqFrame::Unplug(dev)));
}

/// A completion has made room, or something else may let the queue go on
/// (`blk_run_queue`). Where a run is under way, kblockd does it.
pub fn blk_run_queue<K: BlockEnv>(k: &mut K, dev: DevId) {
    lock(k, dev, "blk_run_queue");
    plug::blk_remove_plug(k, dev);
    if !elv::elv_queue_empty(k, dev) || k.block().sq(dev).ordered.is_active() {
        if k.block().sq(dev).running {
            plug::blk_plug_device(k, dev);
            k.kblockd_here(BlockFrame::SingleQueue(SqFrame::Unplug(dev)));
        } else {
            run(k, dev);
        }
    }
    unlock(k, dev);
}

/// `request_fn` of a leaf device. The lock is held, but while the driver sends
/// a command.
pub fn leaf_request_fn<K: BlockEnv>(k: &mut K, dev: DevId) {
    while !k.block().sq(dev).plugged && !k.block().sq(dev).stopped {
        let Some(rq) = elv::elv_next_request(k, dev) else {
            return;
        };
        if !k.dev_queue_ready(dev) {
            return;
        }
        elv::elv_dequeue_request(k, rq);
        k.block().reqs[rq].budget = true;
        unlock(k, dev);
        let status = k.queue_rq(rq, true).unwrap_or(BlkStatus::Resource);
        lock(k, dev, "scsi_request_fn");
        match status {
            BlkStatus::Ok => {}
            BlkStatus::Resource | BlkStatus::DevResource => {
                not_ready(k, dev, rq);
                return;
            }
            error => {
                unlock(k, dev);
                super::super::complete::blk_mq_end_request(k, rq, error);
                lock(k, dev, "scsi_request_fn");
            }
        }
    }
}

/// Whether the device has as many commands as it takes.
pub fn is_full<K: BlockEnv>(k: &mut K, dev: DevId) -> bool {
    let q = k.block().sq(dev);
    q.in_flight >= q.depth
}

/// The device took no more than it has: the request waits at the head, for a
/// completion or, if there is none to come, for the plug's timer.
fn not_ready<K: BlockEnv>(k: &mut K, dev: DevId, rq: ReqId) {
    super::super::requeue::requeue(k, rq);
    elv::elv_requeue_request(k, rq);
    if k.block().sq(dev).in_flight == 0 {
        plug::blk_plug_device(k, dev);
    }
}

/// A command goes back to its queue, ahead of what waits there, and the queue is
/// run at once if `kick` (`scsi_queue_insert`).
pub fn requeue<K: BlockEnv>(k: &mut K, rq: ReqId, kick: bool) {
    let dev = k.block().reqs[rq].dev;
    super::super::requeue::requeue(k, rq);
    lock(k, dev, "scsi_queue_insert");
    elv::elv_requeue_request(k, rq);
    unlock(k, dev);
    if kick {
        k.next_command(dev);
    }
}

/// A command of the driver's own goes to the head of the queue of `dev`
/// (`blk_execute_rq_nowait`).
pub fn insert_passthrough<K: BlockEnv>(k: &mut K, dev: DevId, end: RqEnd) -> ReqId {
    let (now, cpu) = (k.host().now(), k.host().cpu().0);
    lock(k, dev, "blk_execute_rq_nowait");
    let b = k.block();
    let rq = b.reqs.alloc(Request {
        end,
        rqf: RqFlags::SOFTBARRIER,
        ..Request::new(dev, HctxId(0), cpu, Op::DrvIn, Flags::default(), now)
    });
    b.dev(dev).count.requests += 1;
    let q = &mut b.sqs[b.devs[usize::from(dev.0)].sq.index()];
    q.head.push_front(&mut b.reqs, rq);
    unlock(k, dev);
    k.kblockd_here(BlockFrame::SingleQueue(SqFrame::Run(dev)));
    rq
}

/// The queue is run after `delay`.
pub fn run_later<K: BlockEnv>(k: &mut K, dev: DevId, delay: Ns) {
    let ticks = delay.0.div_ceil(k.host().jiffy.0).max(1);
    super::arm(k, SqTimer::Later { dev }, ticks);
}
