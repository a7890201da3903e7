//! The request queue of 2.6.25 and 2.6.31: one queue a device, one lock a queue,
//! a scheduler always, and the driver's `request_fn` that takes what comes out
//! (`block/blk-core.c`, `block/elevator.c`).
//!
//! The way down: [`make_request`] (under the lock: merge, or a request of the
//! [`RequestList`]) → [`elv`] (scheduler, then dispatch list) → the device is
//! *plugged* when its first request comes, and [`plug`] says what opens it →
//! [`request_fn`] → the driver. The way up: [`complete`]. Merge rules, limits
//! and the ending of bios are those of 6.1's block layer, beside this folder.

pub mod complete;
pub mod elevator;
pub mod elv;
pub mod get_request;
mod make_request;
pub mod merge;
pub mod ordered;
pub mod plug;
pub mod request_fn;

pub use complete::end_that_request_last;
pub use elevator::{Elevator, Kind};
pub use get_request::{IoContext, RequestList, bdi_read_congested};
pub use make_request::make_request;

use super::super::host::lock::LockId;
use super::super::host::{Step, TaskId};
use super::super::io::{BioId, DevId, ReqId};
use super::elevator::ElvHash;
use super::{BlockEnv, BlockFrame, BlockTimer, ReqList, pop};
use crate::models::kernel::QueueFacts;
use ordered::Ordered;

/// A single queue, by its place in [`BlockLayer::sqs`](super::BlockLayer::sqs).
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct SqId(pub u16);

impl SqId {
    #[inline]
    pub(super) fn index(self) -> usize {
        usize::from(self.0)
    }
}

/// A request queue (`struct request_queue`), but for what every device has.
#[derive(Debug)]
pub struct SingleQueue {
    /// What holds of the kernel's queues.
    pub facts: QueueFacts,
    /// `queue_lock`
    pub lock: LockId,
    /// Its scheduler.
    pub elevator: Elevator,
    /// Requests that the scheduler has handed out, next first (`queue_head`).
    pub head: ReqList,
    /// Requests in the scheduler, by end sector.
    pub hash: ElvHash,
    /// How many there are in the scheduler.
    pub nr_sorted: u32,
    /// How many the driver has.
    pub in_flight: u32,
    /// How many the driver takes at most (`sdev->queue_depth`).
    pub depth: u32,
    /// Up to where the dispatch list is sorted (`end_sector`).
    pub end_sector: u64,
    /// The request behind which sorting starts anew (`boundary_rq`).
    pub boundary: Option<ReqId>,
    /// Whether nothing is to be dispatched before it is unplugged.
    pub plugged: bool,
    /// Which arming of the unplug timer is valid.
    pub plug_generation: u32,
    /// Whether dispatch is held (`blk_stop_queue`).
    pub stopped: bool,
    /// Whether `request_fn` is running (`QUEUE_FLAG_REENTER`).
    pub running: bool,
    /// Requests there may be.
    pub rl: RequestList,
    /// A barrier under way.
    pub ordered: Ordered,
    /// What has been counted of it.
    pub seen: Seen,
}

/// What a single queue counts beside a device's counters.
#[derive(Copy, Clone, Default, Debug, PartialEq, Eq)]
pub struct Seen {
    /// Unplugged because enough requests were there.
    pub by_threshold: u64,
    /// By the timer.
    pub by_timer: u64,
    /// By a bio that somebody waits for.
    pub by_sync: u64,
    /// By somebody who waits, or is done submitting.
    pub by_waiter: u64,
    /// Tasks that slept for a request.
    pub slept: u64,
    /// Times that a class became congested.
    pub congested: u64,
    /// Clones put past the scheduler.
    pub past_elevator: u64,
    /// Clones refused because they exceed the limits.
    pub over_limit: u64,
    /// Barriers carried out.
    pub barriers: u64,
}

/// A step of the single queue that a task is in the midst of.
#[derive(Copy, Clone, Debug)]
pub enum SqFrame {
    /// The submitter of a bio sleeps for a request (`get_request_wait`).
    GetRequest(get_request::Waiting),
    /// kblockd unplugs a device (`blk_unplug_work`).
    Unplug(DevId),
    /// kblockd runs a device's queue (`cfq_kick_queue`).
    Run(DevId),
}

/// A timer of a single queue; `generation` tells an armed one from its
/// predecessors.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum SqTimer {
    /// `unplug_timer`
    Unplug {
        /// The device.
        dev: DevId,
        /// Which arming.
        generation: u32,
    },
    /// cfq has waited for a process long enough (`idle_slice_timer`).
    CfqIdle {
        /// The device.
        dev: DevId,
        /// Which arming.
        generation: u32,
    },
    /// What was put off is to be tried again (SCSI).
    Later {
        /// The device.
        dev: DevId,
    },
}

/// A frame steps on.
pub fn step<K: BlockEnv>(k: &mut K, task: TaskId, frame: SqFrame) -> Step {
    match frame {
        SqFrame::GetRequest(f) => get_request::step(k, task, f),
        SqFrame::Unplug(dev) => {
            pop(k, task);
            k.unplug_fn(dev);
            Step::Again
        }
        SqFrame::Run(dev) => {
            pop(k, task);
            request_fn::start_queueing(k, dev, "cfq_kick_queue");
            Step::Again
        }
    }
}

/// A timer has expired.
pub fn timer_fired<K: BlockEnv>(k: &mut K, timer: SqTimer) {
    match timer {
        SqTimer::Unplug { dev, generation } => {
            let q = k.block().sq(dev);
            if q.plugged && q.plug_generation == generation {
                q.seen.by_timer += 1;
                k.kblockd_here(BlockFrame::SingleQueue(SqFrame::Unplug(dev)));
            }
        }
        SqTimer::CfqIdle { dev, generation } => elevator::idle_timer_fired(k, dev, generation),
        SqTimer::Later { dev } => request_fn::blk_run_queue(k, dev),
    }
}

/// Arms a timer for `ticks` ticks from now, in the manner of `mod_timer`.
fn arm<K: BlockEnv>(k: &mut K, timer: SqTimer, ticks: u64) {
    let h = k.host();
    let jiffy = h.jiffy.0;
    let at = crate::sim::Ns((h.now().0 / jiffy + ticks) * jiffy).max(h.now());
    k.arm(BlockTimer::SingleQueue(timer), at);
}

/// Takes the lock of `dev`'s queue.
#[inline]
pub fn lock<K: BlockEnv>(k: &mut K, dev: DevId, site: &'static str) {
    let lock = k.block().sq(dev).lock;
    k.host().lock(lock, site);
}

/// Lets it go.
#[inline]
pub fn unlock<K: BlockEnv>(k: &mut K, dev: DevId) {
    let lock = k.block().sq(dev).lock;
    k.host().unlock(lock);
}

/// What the submitter of a bio is to its queue: whether it waits for it
/// (`bio_sync`, `BIO_RW_SYNC`).
#[inline]
pub(super) fn bio_sync<K: BlockEnv>(k: &mut K, bio: BioId) -> bool {
    k.block().bios[bio].flags.has(super::super::io::Flags::SYNC)
}

/// `task` is over: no scheduler waits for it any longer
/// (`exit_io_context`).
pub fn exit_task<K: BlockEnv>(k: &mut K, task: TaskId) {
    if !k.block().has_single_queues() {
        return;
    }
    let ticks = k.host().jiffies();
    for i in 0..k.block().devs.len() {
        if k.block().devs[i].is_single_queue() {
            let dev = DevId(i as u16);
            lock(k, dev, "cfq_exit_io_context");
            k.block().sq(dev).elevator.exit_task(task, ticks);
            elevator::attend(k, dev);
            unlock(k, dev);
        }
    }
}
