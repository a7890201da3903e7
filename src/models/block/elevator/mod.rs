//! I/O schedulers: one file each, dispatched statically.

mod hash;
pub mod mq_deadline;

pub use hash::ElvHash;
pub use mq_deadline::MqDeadline;

use super::super::io::{Bio, ReqId};
use super::request::{Request, RqFlags};
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
        }
    }
    /// `insert_requests` of one request; the caller has tried to merge it.
    #[inline]
    pub fn insert(&mut self, reqs: &mut Reqs, rq: ReqId, at_head: bool, now: Ns) {
        if let Elevator::MqDeadline(dd) = self {
            dd.insert(reqs, rq, at_head, now);
        }
    }
    /// `dispatch_request`
    #[inline]
    pub fn dispatch(&mut self, reqs: &mut Reqs, now: Ns) -> Option<ReqId> {
        let rq = match self {
            Elevator::None => None,
            Elevator::MqDeadline(dd) => dd.dispatch(reqs, now),
        }?;
        reqs[rq].rqf.set(RqFlags::STARTED);
        Some(rq)
    }
    /// `has_work`
    #[inline]
    pub fn has_work(&self) -> bool {
        match self {
            Elevator::None => false,
            Elevator::MqDeadline(dd) => dd.has_work(),
        }
    }
    /// A request of this queue has ended (`finish_request`).
    #[inline]
    pub fn finish(&mut self, rq: &Request) {
        if let Elevator::MqDeadline(dd) = self {
            dd.finish(rq);
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
            Elevator::None => None,
            Elevator::MqDeadline(dd) => dd.request_merge(reqs, bio),
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
            Elevator::None => None,
            Elevator::MqDeadline(dd) => dd.latter_request(reqs, rq),
        }
    }
    /// The request before `rq` in sector order (`former_request`).
    #[inline]
    pub fn former_request(&self, reqs: &Reqs, rq: ReqId) -> Option<ReqId> {
        match self {
            Elevator::None => None,
            Elevator::MqDeadline(dd) => dd.former_request(reqs, rq),
        }
    }
    #[inline]
    fn hash_mut(&mut self) -> Option<&mut ElvHash> {
        match self {
            Elevator::None => None,
            Elevator::MqDeadline(dd) => Some(&mut dd.hash),
        }
    }
}

/// Requests in sector order: the scheduler's tree (`elv_rb_*`).
///
/// A sorted array, which for the few hundred requests that a queue holds is
/// faster than a tree and allocates nothing. Equal sectors keep the order of
/// insertion.
#[derive(Debug, Default)]
pub struct SectorOrder {
    by_sector: Vec<(u64, ReqId)>,
}

impl SectorOrder {
    /// `elv_rb_add`
    pub fn add(&mut self, sector: u64, rq: ReqId) {
        let at = match self.by_sector.last() {
            Some(&(last, _)) if last > sector => {
                self.by_sector.partition_point(|&(s, _)| s <= sector)
            }
            _ => self.by_sector.len(),
        };
        self.by_sector.insert(at, (sector, rq));
    }
    /// `elv_rb_del`
    pub fn remove(&mut self, sector: u64, rq: ReqId) {
        if let Some(at) = self.position(sector, rq) {
            self.by_sector.remove(at);
        }
    }
    /// `elv_rb_find`: a request that starts at `sector`.
    pub fn find(&self, sector: u64) -> Option<ReqId> {
        let at = self.by_sector.partition_point(|&(s, _)| s < sector);
        self.by_sector
            .get(at)
            .filter(|&&(s, _)| s == sector)
            .map(|&(_, rq)| rq)
    }
    /// `elv_rb_latter_request`
    pub fn latter(&self, sector: u64, rq: ReqId) -> Option<ReqId> {
        let at = self.position(sector, rq)?;
        self.by_sector.get(at + 1).map(|&(_, rq)| rq)
    }
    /// `elv_rb_former_request`
    pub fn former(&self, sector: u64, rq: ReqId) -> Option<ReqId> {
        let at = self.position(sector, rq)?.checked_sub(1)?;
        self.by_sector.get(at).map(|&(_, rq)| rq)
    }
    fn position(&self, sector: u64, rq: ReqId) -> Option<usize> {
        let first = self.by_sector.partition_point(|&(s, _)| s < sector);
        self.by_sector[first..]
            .iter()
            .take_while(|&&(s, _)| s == sector)
            .position(|&(_, r)| r == rq)
            .map(|i| first + i)
    }
}
