//! The schedulers of the single queue: a file or folder each, dispatched
//! statically (`struct elevator_ops`, 2.6.25).

pub mod cfq;
mod deadline;
mod noop;

pub use cfq::Cfq;
pub use deadline::Deadline;
pub use noop::Noop;

use super::super::super::host::TaskId;
use super::super::super::io::{Bio, DevId, Op, ReqId};
use super::super::elevator::Reqs;
use super::super::elevator::mq_deadline::Tunables;
use super::super::{BlockEnv, BlockFrame, Request};
use super::elv::DispatchList;
use super::{SqFrame, SqTimer, request_fn};
use crate::models::kernel::DeadlineBatch;

/// Which scheduler.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Kind {
    /// First come, first served.
    Noop,
    /// Deadlines and sector order.
    Deadline,
    /// Slices of time for each process.
    Cfq,
}

/// The scheduler of a single queue.
#[derive(Debug)]
pub enum Elevator {
    /// `noop`
    Noop(Noop),
    /// `deadline`
    Deadline(Box<Deadline>),
    /// `cfq`
    Cfq(Box<Cfq>),
}

/// Whether a submitter may have a request (`ELV_MQUEUE_*`).
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum MayQueue {
    /// As far as there are any.
    May,
    /// Even beyond the limit: it is being waited for.
    Must,
}

/// What a scheduler has asked for since it was last attended to.
#[derive(Copy, Clone, Default, PartialEq, Eq, Debug)]
pub struct Wants {
    /// The queue is to be run at once (`blk_start_queueing`).
    pub run: bool,
    /// kblockd is to run it (`cfq_schedule_dispatch`).
    pub kick: bool,
    /// Its timer is to fire after so many ticks, whatever it was set to.
    pub timer: Option<u64>,
}

impl Elevator {
    /// A scheduler without requests.
    pub fn new(kind: Kind, tunables: Tunables, batch: DeadlineBatch, hz: u64) -> Self {
        match kind {
            Kind::Noop => Elevator::Noop(Noop::default()),
            Kind::Deadline => Elevator::Deadline(Box::new(Deadline::new(tunables, batch, hz))),
            Kind::Cfq => Elevator::Cfq(Box::new(Cfq::new(hz))),
        }
    }
    /// Its name in sysfs.
    pub fn name(&self) -> &'static str {
        match self {
            Elevator::Noop(_) => "noop",
            Elevator::Deadline(_) => "deadline",
            Elevator::Cfq(_) => "cfq",
        }
    }
    /// Whether it holds nothing (`elevator_queue_empty_fn`).
    pub fn is_empty(&self) -> bool {
        match self {
            Elevator::Noop(e) => e.is_empty(),
            Elevator::Deadline(e) => e.is_empty(),
            Elevator::Cfq(e) => e.is_empty(),
        }
    }
    /// Takes `rq`; one that starts at the same sector is returned, to be handed
    /// out (`elevator_add_req_fn`).
    pub fn insert(&mut self, reqs: &mut Reqs, rq: ReqId, ticks: u64) -> Option<ReqId> {
        match self {
            Elevator::Noop(e) => e.insert(reqs, rq),
            Elevator::Deadline(e) => e.insert(reqs, rq, ticks),
            Elevator::Cfq(e) => e.insert(reqs, rq, ticks),
        }
    }
    /// Hands requests out to `list`, all of them if `force`; how many
    /// (`elevator_dispatch_fn`).
    pub fn dispatch(&mut self, list: &mut DispatchList<'_>, ticks: u64, force: bool) -> u32 {
        match self {
            Elevator::Noop(e) => e.dispatch(list),
            Elevator::Deadline(e) => e.dispatch(list, ticks),
            Elevator::Cfq(e) => e.dispatch(list, ticks, force),
        }
    }
    /// Hands out `rq`, out of turn.
    pub fn dispatch_this(&mut self, list: &mut DispatchList<'_>, rq: ReqId) {
        match self {
            Elevator::Noop(_) => {}
            Elevator::Deadline(e) => e.move_request(list, rq),
            Elevator::Cfq(e) => e.dispatch_insert(list, rq),
        }
    }
    /// The driver sees a request that ends at `end` for the first time
    /// (`elevator_activate_req_fn`).
    pub fn activate_request(&mut self, end: u64) {
        if let Elevator::Cfq(e) = self {
            e.activate_request(end);
        }
    }
    /// A request goes back to the queue (`elevator_deactivate_req_fn`).
    pub fn deactivate_request(&mut self) {
        if let Elevator::Cfq(e) = self {
            e.deactivate_request();
        }
    }
    /// The driver is done with `rq` (`elevator_completed_req_fn`).
    pub fn completed_request(&mut self, reqs: &Reqs, rq: ReqId, ticks: u64) {
        if let Elevator::Cfq(e) = self {
            e.completed_request(&reqs[rq], ticks);
        }
    }
    /// Whether `task` may have another request (`elevator_may_queue_fn`).
    pub fn may_queue(&mut self, task: TaskId, sync: bool) -> MayQueue {
        match self {
            Elevator::Cfq(e) => e.may_queue(task, sync),
            _ => MayQueue::May,
        }
    }
    /// `task` gets a request (`elevator_set_req_fn`).
    pub fn set_request(&mut self, task: TaskId, sync: bool) {
        if let Elevator::Cfq(e) = self {
            e.set_request(task, sync);
        }
    }
    /// A request is given back (`elevator_put_req_fn`).
    pub fn put_request(&mut self, _rq: &Request) {}
    /// Whether `bio`, which `task` submits, may join `rq`
    /// (`elevator_allow_merge_fn`).
    pub fn allow_merge(&self, reqs: &Reqs, rq: ReqId, task: TaskId, bio: &Bio) -> bool {
        match self {
            Elevator::Cfq(e) => e.allow_merge(&reqs[rq], task, bio),
            _ => true,
        }
    }
    /// A request that starts where `bio` ends (`elevator_merge_fn`).
    pub fn request_merge(&self, task: TaskId, bio: &Bio) -> Option<ReqId> {
        match self {
            Elevator::Noop(_) => None,
            Elevator::Deadline(e) => e.request_merge(bio),
            Elevator::Cfq(e) => e.request_merge(task, bio),
        }
    }
    /// `rq` has grown at its front; one that starts there already is returned
    /// (`elevator_merged_fn`).
    pub fn front_merged(&mut self, reqs: &mut Reqs, rq: ReqId) -> Option<ReqId> {
        match self {
            Elevator::Noop(_) => None,
            Elevator::Deadline(e) => e.front_merged(reqs, rq),
            Elevator::Cfq(e) => e.front_merged(reqs, rq),
        }
    }
    /// `next` went into `rq` (`elevator_merge_req_fn`).
    pub fn requests_merged(&mut self, reqs: &mut Reqs, rq: ReqId, next: ReqId) {
        match self {
            Elevator::Noop(e) => e.requests_merged(reqs, next),
            Elevator::Deadline(e) => e.requests_merged(reqs, rq, next),
            Elevator::Cfq(e) => e.requests_merged(reqs, rq, next),
        }
    }
    /// The request behind `rq`, in the scheduler's order
    /// (`elevator_latter_req_fn`).
    pub fn latter_request(&self, reqs: &Reqs, rq: ReqId) -> Option<ReqId> {
        match self {
            Elevator::Noop(_) => reqs[rq].next,
            Elevator::Deadline(e) => e.latter_request(reqs, rq),
            Elevator::Cfq(e) => e.latter_request(reqs, rq),
        }
    }
    /// The request before it (`elevator_former_req_fn`).
    pub fn former_request(&self, reqs: &Reqs, rq: ReqId) -> Option<ReqId> {
        match self {
            Elevator::Noop(_) => reqs[rq].prev,
            Elevator::Deadline(e) => e.former_request(reqs, rq),
            Elevator::Cfq(e) => e.former_request(reqs, rq),
        }
    }
    /// `task` is over: nobody waits for it any longer.
    pub fn exit_task(&mut self, task: TaskId, ticks: u64) {
        if let Elevator::Cfq(e) = self {
            e.exit_task(task, ticks);
        }
    }
    fn take_wants(&mut self) -> Wants {
        match self {
            Elevator::Cfq(e) => std::mem::take(&mut e.wants),
            _ => Wants::default(),
        }
    }
}

/// Whether somebody waits for an I/O, as cfq sees it (`cfq_bio_sync`,
/// `rq_is_sync`).
pub(super) fn is_sync(op: Op, flags: super::super::super::io::Flags) -> bool {
    op == Op::Read || flags.has(super::super::super::io::Flags::SYNC)
}

/// Does what the scheduler of `dev` has asked for. The lock is held.
pub(super) fn attend<K: BlockEnv>(k: &mut K, dev: DevId) {
    let wants = k.block().sq(dev).elevator.take_wants();
    if wants == Wants::default() {
        return;
    }
    if let Some(ticks) = wants.timer
        && let Elevator::Cfq(e) = &k.block().sq(dev).elevator
    {
        let generation = e.timer_generation();
        super::arm(k, SqTimer::CfqIdle { dev, generation }, ticks);
    }
    if wants.kick {
        k.kblockd_here(BlockFrame::SingleQueue(SqFrame::Run(dev)));
    }
    if wants.run {
        if k.block().sq(dev).plugged {
            super::plug::__generic_unplug_device(k, dev);
        } else {
            request_fn::run(k, dev);
        }
    }
}

/// cfq has waited long enough for a process (`cfq_idle_slice_timer`).
pub(super) fn idle_timer_fired<K: BlockEnv>(k: &mut K, dev: DevId, generation: u32) {
    let ticks = k.host().jiffies();
    super::lock(k, dev, "cfq_idle_slice_timer");
    if let Elevator::Cfq(e) = &mut k.block().sq(dev).elevator {
        e.idle_timer_fired(generation, ticks);
    }
    attend(k, dev);
    super::unlock(k, dev);
}
