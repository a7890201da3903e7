//! I/O schedulers: one file or folder each, dispatched statically.

mod hash;
pub mod kyber;
pub mod mq_deadline;
mod sector_order;

pub use hash::ElvHash;
pub use kyber::Kyber;
pub use mq_deadline::MqDeadline;
pub use sector_order::SectorOrder;

use super::super::io::{Bio, Op, ReqId};
use super::hctx::HctxId;
use super::request::{ReqList, Request, RqFlags};
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
        }
    }
    /// Whether it has one view of all hardware queues (`QUEUE_FLAG_SQ_SCHED`).
    #[inline]
    pub fn is_single_queue(&self) -> bool {
        matches!(self, Elevator::MqDeadline(_))
    }
    /// Whether it merges requests with each other when they are inserted.
    #[inline]
    pub fn merges_requests(&self) -> bool {
        !matches!(self, Elevator::None | Elevator::Kyber(_))
    }
    /// Of each word of tags, how many a request may see for which somebody
    /// waits, or nobody (`limit_depth`).
    #[inline]
    pub fn limit_depth(&self, sync: bool) -> Option<u32> {
        match self {
            Elevator::Kyber(kyber) => kyber.limit_depth(sync),
            _ => None,
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
    /// `insert_requests` of one request; the caller has tried to merge it.
    #[inline]
    pub fn insert(&mut self, reqs: &mut Reqs, rq: ReqId, at_head: bool, now: Ns) {
        match self {
            Elevator::None => {}
            Elevator::MqDeadline(dd) => dd.insert(reqs, rq, at_head, now),
            Elevator::Kyber(kyber) => kyber.insert(reqs, rq, at_head),
        }
    }
    /// `dispatch_request`
    #[inline]
    pub fn dispatch(&mut self, reqs: &mut Reqs, hctx: HctxId, now: Ns) -> Option<ReqId> {
        match self {
            Elevator::None => None,
            Elevator::MqDeadline(dd) => {
                let rq = dd.dispatch(reqs, now)?;
                reqs[rq].rqf.set(RqFlags::STARTED);
                Some(rq)
            }
            Elevator::Kyber(kyber) => kyber.dispatch(reqs, hctx),
        }
    }
    /// `has_work`
    #[inline]
    pub fn has_work(&self, hctx: HctxId) -> bool {
        match self {
            Elevator::None => false,
            Elevator::MqDeadline(dd) => dd.has_work(),
            Elevator::Kyber(kyber) => kyber.has_work(hctx),
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
        if let Some(hash) = self.hash_mut() {
            if reqs[rq].rqf.has(RqFlags::HASHED) {
                hash.remove(reqs, rq);
                hash.add(reqs, rq);
            }
        }
    }
    /// The scheduler's own search for a request to merge `bio` in front of
    /// (`request_merge`).
    #[inline]
    pub fn request_merge(&self, reqs: &Reqs, bio: &Bio) -> Option<ReqId> {
        match self {
            Elevator::MqDeadline(dd) => dd.request_merge(reqs, bio),
            _ => None,
        }
    }
    /// `rq` has grown at its front (`request_merged`).
    #[inline]
    pub fn front_merged(&mut self, reqs: &mut Reqs, rq: ReqId) {
        if let Elevator::MqDeadline(dd) = self {
            dd.resort(reqs, rq);
        }
    }
    /// `next` went into `rq` (`requests_merged`).
    #[inline]
    pub fn requests_merged(&mut self, reqs: &mut Reqs, rq: ReqId, next: ReqId) {
        if let Elevator::MqDeadline(dd) = self {
            dd.requests_merged(reqs, rq, next);
        }
    }
    /// The request behind `rq` in sector order (`next_request`).
    #[inline]
    pub fn latter_request(&self, reqs: &Reqs, rq: ReqId) -> Option<ReqId> {
        match self {
            Elevator::MqDeadline(dd) => dd.latter_request(reqs, rq),
            _ => None,
        }
    }
    /// The request before `rq` in sector order (`former_request`).
    #[inline]
    pub fn former_request(&self, reqs: &Reqs, rq: ReqId) -> Option<ReqId> {
        match self {
            Elevator::MqDeadline(dd) => dd.former_request(reqs, rq),
            _ => None,
        }
    }
    #[inline]
    fn hash_mut(&mut self) -> Option<&mut ElvHash> {
        match self {
            Elevator::MqDeadline(dd) => Some(&mut dd.hash),
            _ => None,
        }
    }
}
