//! deadline (`deadline-iosched.c`, 2.6.25 and 2.6.31), over what it shares with
//! 6.1's mq-deadline: requests of either direction in sector order and in order
//! of arrival.

use super::super::super::elevator::mq_deadline::Tunables;
use super::super::super::elevator::{READ, Reqs, Sorted, dir};
use super::super::super::merge::rq_mergeable;
use super::super::elv::DispatchList;
use crate::models::io::{Bio, ReqId};
use crate::models::kernel::DeadlineBatch;
use crate::sim::Ns;

/// The scheduler's state (`struct deadline_data`). Its clock is the tick.
#[derive(Debug)]
pub struct Deadline {
    tunables: Tunables,
    batch: DeadlineBatch,
    hz: u64,
    sorted: Sorted,
    batching: u32,
    starved: u32,
    /// Behind the request that was last handed out.
    last_sector: u64,
}

impl Deadline {
    /// Without requests.
    pub fn new(tunables: Tunables, batch: DeadlineBatch, hz: u64) -> Self {
        Deadline {
            tunables,
            batch,
            hz,
            sorted: Sorted::default(),
            batching: 0,
            starved: 0,
            last_sector: 0,
        }
    }
    pub(super) fn is_empty(&self) -> bool {
        self.sorted.is_empty()
    }

    /// `deadline_add_request`
    pub(super) fn insert(&mut self, reqs: &mut Reqs, rq: ReqId, ticks: u64) -> Option<ReqId> {
        let (d, sector) = (dir(&reqs[rq]), reqs[rq].sector);
        let alias = self.sorted.find(d, sector);
        let expire = match d {
            READ => self.tunables.read_expire,
            _ => self.tunables.write_expire,
        };
        let expire = expire.0 / 1_000_000 * self.hz / 1000;
        self.sorted.add(reqs, rq, Ns(ticks + expire));
        alias
    }

    /// Hands out one request (`deadline_dispatch_requests`).
    pub(super) fn dispatch(&mut self, list: &mut DispatchList<'_>, ticks: u64) -> u32 {
        let Some(rq) = self.choose(list.reqs, ticks) else {
            return 0;
        };
        self.batching += 1;
        self.move_request(list, rq);
        1
    }

    fn choose(&mut self, reqs: &Reqs, ticks: u64) -> Option<ReqId> {
        let s = &self.sorted;
        if let Some(next) = s.next[1].or(s.next[READ]) {
            if self.batch == DeadlineBatch::Contiguous && self.last_sector != reqs[next].sector {
                // The batch ends with what is not contiguous.
                self.batching = self.batching.saturating_add(self.tunables.fifo_batch);
            }
            if self.batching < self.tunables.fifo_batch {
                return Some(next);
            }
        }
        let starved = self.tunables.writes_starved;
        let d = self.sorted.choose_direction(&mut self.starved, starved)?;
        let oldest = self.sorted.fifo[d].head?;
        let expired = ticks > reqs[oldest].fifo_time.0;
        let next = self.sorted.next[d].filter(|_| !expired);
        Some(match (next, self.batch) {
            (Some(next), DeadlineBatch::SectorOrder) => {
                self.batching = 0;
                next
            }
            (Some(next), DeadlineBatch::Contiguous) => next,
            (None, DeadlineBatch::Contiguous) if !expired => {
                // Back to the first sector: the lift goes one way.
                self.batching = 0;
                self.sorted.sort[d].first()?
            }
            (None, _) => {
                self.batching = 0;
                oldest
            }
        })
    }

    /// `rq` goes to the driver's list; the batch goes on behind it
    /// (`deadline_move_request`).
    pub(super) fn move_request(&mut self, list: &mut DispatchList<'_>, rq: ReqId) {
        let r = &list.reqs[rq];
        let d = dir(r);
        self.last_sector = r.sector + u64::from(r.sectors);
        let next = self.sorted.latter(list.reqs, rq);
        self.sorted.remove(list.reqs, rq);
        self.sorted.next = [None, None];
        self.sorted.next[d] = next;
        list.add_tail(rq);
    }

    /// `deadline_merge`
    pub(super) fn request_merge(&self, bio: &Bio) -> Option<ReqId> {
        if !self.tunables.front_merges {
            return None;
        }
        self.sorted
            .find(usize::from(bio.op.is_write()), bio.end_sector())
    }
    /// `deadline_merged_request`
    pub(super) fn front_merged(&mut self, reqs: &mut Reqs, rq: ReqId) -> Option<ReqId> {
        let r = &reqs[rq];
        let alias = self.sorted.find(dir(r), r.sector).filter(|&a| a != rq);
        self.sorted.resort(reqs, rq);
        alias
    }
    /// `deadline_merged_requests`
    pub(super) fn requests_merged(&mut self, reqs: &mut Reqs, rq: ReqId, next: ReqId) {
        self.sorted.merged(reqs, rq, next);
        self.sorted.remove(reqs, next);
    }
    pub(super) fn latter_request(&self, reqs: &Reqs, rq: ReqId) -> Option<ReqId> {
        let next = self.sorted.latter(reqs, rq)?;
        rq_mergeable(&reqs[next]).then_some(next)
    }
    pub(super) fn former_request(&self, reqs: &Reqs, rq: ReqId) -> Option<ReqId> {
        let before = self.sorted.former(reqs, rq)?;
        rq_mergeable(&reqs[before]).then_some(before)
    }
}
