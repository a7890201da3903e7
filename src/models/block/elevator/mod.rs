//! I/O schedulers: one file or folder each, dispatched statically.

pub mod bfq;
mod hash;
pub mod kyber;
pub mod mq_deadline;
mod sector_order;
mod sorted;

pub use bfq::Bfq;
pub use hash::ElvHash;
pub use kyber::Kyber;
pub use mq_deadline::MqDeadline;
pub use sector_order::SectorOrder;
pub use sorted::{READ, Sorted, WRITE, dir};

use super::super::host::TaskId;
use super::super::io::{Bio, Op, ReqId};
use super::hctx::HctxId;
use super::request::{ReqList, Request, RqFlags};
use super::submit::is_sync;
use crate::sim::{Arena, Ns};

/// Requests in flight, as schedulers see them.
pub type Reqs = Arena<ReqId, Request>;

/// The scheduler of a queue.
#[derive(Debug, Default)]
pub enum Elevator {
    /// No scheduler: software queues.
    #[default]
    None,
    /// mq-deadline.
    MqDeadline(Box<MqDeadline>),
    /// kyber.
    Kyber(Box<Kyber>),
    /// bfq.
    Bfq(Box<Bfq>),
}

impl Elevator {
    /// Whether there is one.
    #[inline]
    pub fn is_some(&self) -> bool {
        !matches!(self, Elevator::None)
    }
    /// Its name in sysfs.
    pub fn name(&self) -> &'static str {
        match self {
            Elevator::None => "none",
            Elevator::MqDeadline(_) => "mq-deadline",
            Elevator::Kyber(_) => "kyber",
            Elevator::Bfq(_) => "bfq",
        }
    }
    /// Whether it has one view of all hardware queues (`QUEUE_FLAG_SQ_SCHED`).
    #[inline]
    pub fn is_single_queue(&self) -> bool {
        matches!(self, Elevator::MqDeadline(_) | Elevator::Bfq(_))
    }
    /// Whether it merges requests with each other when they are inserted.
    #[inline]
    pub fn merges_requests(&self) -> bool {
        !matches!(self, Elevator::None | Elevator::Kyber(_))
    }
    /// Of each word of tags, how many a request of `task` may see for which
    /// somebody waits, or nobody (`limit_depth`).
    #[inline]
    pub fn limit_depth(&self, task: Option<TaskId>, op: Op, sync: bool) -> Option<u32> {
        match self {
            Elevator::Kyber(kyber) => kyber.limit_depth(sync),
            Elevator::Bfq(bfq) => bfq.limit_depth(task, sync, op == Op::Read),
            Elevator::MqDeadline(dd) => dd.limit_depth(op, sync),
            Elevator::None => None,
        }
    }
    /// The requests that a bio of `cpu` may join, if the scheduler has a list
    /// for each CPU (`bio_merge`).
    #[inline]
    pub fn cpu_list(&self, hctx: HctxId, cpu: u8, op: Op) -> Option<ReqList> {
        match self {
            Elevator::Kyber(kyber) => Some(kyber.kcq(hctx, cpu, op)),
            _ => None,
        }
    }
    /// `task` submits a bio, which may be merged (`bio_merge`).
    #[inline]
    pub fn begin_bio_merge(&mut self, task: Option<TaskId>, bio: &Bio) {
        if let Elevator::Bfq(bfq) = self {
            bfq.begin_bio_merge(task, is_sync(bio.op, bio.flags));
        }
    }
    /// Whether that bio may join `rq` (`allow_merge`).
    #[inline]
    pub fn allow_merge(&mut self, reqs: &Reqs, rq: ReqId, bio: &Bio, now: Ns) -> bool {
        match self {
            Elevator::Bfq(bfq) => bfq.allow_merge(reqs, rq, bio, now),
            _ => true,
        }
    }
    /// `task` has got a request (`prepare_request`).
    #[inline]
    pub fn prepare_request(&mut self, task: Option<TaskId>) {
        if let (Elevator::Bfq(bfq), Some(task)) = (self, task) {
            bfq.prepare(task);
        }
    }
    /// `rq` is about to be inserted, or merged into what is there.
    #[inline]
    pub fn init_request(&mut self, reqs: &mut Reqs, rq: ReqId, now: Ns) {
        if let Elevator::Bfq(bfq) = self {
            bfq.init_request(reqs, rq, now);
        }
    }
    /// `insert_requests` of one request; the caller has tried to merge it.
    #[inline]
    pub fn insert(&mut self, reqs: &mut Reqs, rq: ReqId, at_head: bool, now: Ns) {
        match self {
            Elevator::None => {}
            Elevator::MqDeadline(dd) => dd.insert(reqs, rq, at_head, now),
            Elevator::Kyber(kyber) => kyber.insert(reqs, rq, at_head),
            Elevator::Bfq(bfq) => bfq.insert(reqs, rq, at_head, now),
        }
    }
    /// Requests in mq-deadline's tree that `rq` is to go into.
    pub fn sorted_beside(&self, rq: &Request) -> u32 {
        match self {
            Elevator::MqDeadline(dd) => dd.sorted_beside(rq),
            _ => 0,
        }
    }
    /// Whether what was dispatched last is the first of a batch.
    #[inline]
    pub fn has_begun_batch(&self) -> bool {
        matches!(self, Elevator::MqDeadline(dd) if dd.has_begun_batch())
    }
    /// `dispatch_request`
    #[inline]
    pub fn dispatch(&mut self, reqs: &mut Reqs, hctx: HctxId, now: Ns) -> Option<ReqId> {
        let rq = match self {
            Elevator::None => None,
            Elevator::MqDeadline(dd) => dd.dispatch(reqs, now),
            Elevator::Kyber(kyber) => return kyber.dispatch(reqs, hctx),
            Elevator::Bfq(bfq) => bfq.dispatch(reqs, now),
        }?;
        reqs[rq].rqf.set(RqFlags::STARTED);
        Some(rq)
    }
    /// `has_work`
    #[inline]
    pub fn has_work(&self, hctx: HctxId) -> bool {
        match self {
            Elevator::None => false,
            Elevator::MqDeadline(dd) => dd.has_work(),
            Elevator::Kyber(kyber) => kyber.has_work(hctx),
            Elevator::Bfq(bfq) => bfq.has_work(),
        }
    }
    /// Whether nothing is left in it.
    pub fn is_idle(&self) -> bool {
        match self {
            Elevator::None => true,
            Elevator::MqDeadline(dd) => !dd.has_work(),
            Elevator::Kyber(kyber) => kyber.is_idle(),
            Elevator::Bfq(bfq) => bfq.is_idle(),
        }
    }
    /// The request whose end is at `sector` (`elv_rqhash_find`).
    #[inline]
    pub fn find_by_end(&mut self, reqs: &mut Reqs, sector: u64) -> Option<ReqId> {
        self.hash_mut()?.find(reqs, sector)
    }
    /// `rq` has grown at its end (`elv_rqhash_reposition`).
    #[inline]
    pub fn rehash(&mut self, reqs: &mut Reqs, rq: ReqId) {
        if let Some(hash) = self.hash_mut()
            && reqs[rq].rqf.has(RqFlags::HASHED)
        {
            hash.remove(reqs, rq);
            hash.add(reqs, rq);
        }
    }
    /// The scheduler's own search for a request to merge `bio` in front of
    /// (`request_merge`).
    #[inline]
    pub fn request_merge(&self, reqs: &Reqs, bio: &Bio) -> Option<ReqId> {
        match self {
            Elevator::MqDeadline(dd) => dd.request_merge(reqs, bio),
            Elevator::Bfq(bfq) => bfq.request_merge(bio),
            _ => None,
        }
    }
    /// `rq` has grown at its front (`request_merged`).
    #[inline]
    pub fn front_merged(&mut self, reqs: &Reqs, rq: ReqId, now: Ns) {
        match self {
            Elevator::None | Elevator::Kyber(_) => {}
            Elevator::MqDeadline(dd) => dd.resort(reqs, rq),
            Elevator::Bfq(bfq) => bfq.front_merged(reqs, rq, now),
        }
    }
    /// `next` went into `rq` (`requests_merged`).
    #[inline]
    pub fn requests_merged(&mut self, reqs: &mut Reqs, rq: ReqId, next: ReqId, now: Ns) {
        match self {
            Elevator::None | Elevator::Kyber(_) => {}
            Elevator::MqDeadline(dd) => dd.requests_merged(reqs, rq, next),
            Elevator::Bfq(bfq) => bfq.requests_merged(reqs, rq, next, now),
        }
    }
    /// The request behind `rq` in sector order (`next_request`).
    #[inline]
    pub fn latter_request(&self, reqs: &Reqs, rq: ReqId) -> Option<ReqId> {
        match self {
            Elevator::MqDeadline(dd) => dd.latter_request(reqs, rq),
            Elevator::Bfq(bfq) => bfq.order_of(reqs, rq)?.latter(reqs[rq].sector, rq),
            _ => None,
        }
    }
    /// The request before `rq` in sector order (`former_request`).
    #[inline]
    pub fn former_request(&self, reqs: &Reqs, rq: ReqId) -> Option<ReqId> {
        match self {
            Elevator::MqDeadline(dd) => dd.former_request(reqs, rq),
            Elevator::Bfq(bfq) => bfq.order_of(reqs, rq)?.former(reqs[rq].sector, rq),
            _ => None,
        }
    }
    #[inline]
    fn hash_mut(&mut self) -> Option<&mut ElvHash> {
        match self {
            Elevator::MqDeadline(dd) => Some(&mut dd.hash),
            Elevator::Bfq(bfq) => Some(&mut bfq.hash),
            _ => None,
        }
    }
}
