//! Requests in sector order.

use super::super::super::io::ReqId;

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
    /// `rq` now starts at `sector`, before where it did; whether it has passed
    /// another. Its old place is found by identity.
    pub fn resort(&mut self, rq: ReqId, sector: u64) -> bool {
        let Some(at) = self.by_sector.iter().position(|&(_, r)| r == rq) else {
            return false;
        };
        let passes = at > 0 && sector < self.by_sector[at - 1].0;
        if passes {
            self.by_sector.remove(at);
            self.add(sector, rq);
        } else {
            self.by_sector[at].0 = sector;
        }
        passes
    }
    /// How many it holds.
    pub fn len(&self) -> usize {
        self.by_sector.len()
    }
    /// Whether it holds nothing.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.by_sector.is_empty()
    }
    /// The first.
    #[inline]
    pub fn first(&self) -> Option<ReqId> {
        self.by_sector.first().map(|&(_, rq)| rq)
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
