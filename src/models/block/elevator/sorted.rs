//! What mq-deadline (6.1) and deadline (2.6) share: requests of either
//! direction in sector order and in order of arrival.

use super::super::super::io::ReqId;
use super::super::request::{ReqList, Request};
use super::{Reqs, SectorOrder};
use crate::sim::Ns;

/// Reads.
pub const READ: usize = 0;
/// Writes and discards.
pub const WRITE: usize = 1;

/// Index of a request's direction.
#[inline]
pub fn dir(rq: &Request) -> usize {
    usize::from(rq.op.is_write())
}

/// Requests of both directions, and where a batch goes on.
#[derive(Debug, Default)]
pub struct Sorted {
    /// In sector order (`sort_list`).
    pub sort: [SectorOrder; 2],
    /// In order of arrival, with their deadlines (`fifo_list`).
    pub fifo: [ReqList; 2],
    /// The request behind the last one handed out (`next_rq`).
    pub next: [Option<ReqId>; 2],
}

impl Sorted {
    /// Whether it holds nothing.
    pub fn is_empty(&self) -> bool {
        self.fifo.iter().all(|f| f.is_empty())
    }
    /// Takes `rq`, which expires at `deadline`.
    #[inline]
    pub fn add(&mut self, reqs: &mut Reqs, rq: ReqId, deadline: Ns) {
        let r = &mut reqs[rq];
        r.fifo_time = deadline;
        let d = dir(r);
        self.sort[d].add(r.sector, rq);
        self.fifo[d].push_back(reqs, rq);
    }
    /// `deadline_remove_request`
    #[inline]
    pub fn remove(&mut self, reqs: &mut Reqs, rq: ReqId) {
        let (d, sector) = (dir(&reqs[rq]), reqs[rq].sector);
        self.fifo[d].remove(reqs, rq);
        if self.next[d] == Some(rq) {
            self.next[d] = self.sort[d].latter(sector, rq);
        }
        self.sort[d].remove(sector, rq);
    }
    /// A request of that direction that starts at `sector`.
    #[inline]
    pub fn find(&self, d: usize, sector: u64) -> Option<ReqId> {
        self.sort[d].find(sector)
    }
    /// `rq` has grown at its front: it has a new place in sector order.
    pub fn resort(&mut self, reqs: &Reqs, rq: ReqId) {
        let r = &reqs[rq];
        self.sort[dir(r)].resort(rq, r.sector);
    }
    /// `next` goes into `rq`: the earlier deadline and place survive.
    pub fn merged(&mut self, reqs: &mut Reqs, rq: ReqId, next: ReqId) {
        if reqs[next].fifo_time < reqs[rq].fifo_time {
            let fifo = &mut self.fifo[dir(&reqs[rq])];
            fifo.remove(reqs, rq);
            fifo.insert_before(reqs, next, rq);
            reqs[rq].fifo_time = reqs[next].fifo_time;
        }
    }
    /// `elv_rb_latter_request`
    #[inline]
    pub fn latter(&self, reqs: &Reqs, rq: ReqId) -> Option<ReqId> {
        let r = &reqs[rq];
        self.sort[dir(r)].latter(r.sector, rq)
    }
    /// `elv_rb_former_request`
    #[inline]
    pub fn former(&self, reqs: &Reqs, rq: ReqId) -> Option<ReqId> {
        let r = &reqs[rq];
        self.sort[dir(r)].former(r.sector, rq)
    }
    /// Reads, unless writes have been starved `writes_starved` times.
    pub fn choose_direction(&self, starved: &mut u32, writes_starved: u32) -> Option<usize> {
        if !self.fifo[READ].is_empty() {
            if !self.fifo[WRITE].is_empty() {
                let so_far = *starved;
                *starved += 1;
                if so_far >= writes_starved {
                    *starved = 0;
                    return Some(WRITE);
                }
            }
            return Some(READ);
        }
        if self.fifo[WRITE].is_empty() {
            return None;
        }
        *starved = 0;
        Some(WRITE)
    }
}
