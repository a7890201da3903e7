//! noop: first come, first served, but for the order of the dispatch list
//! (`noop-iosched.c`, 2.6.25). Its neighbours are those in time.

use super::super::super::ReqList;
use super::super::super::elevator::Reqs;
use super::super::elv::DispatchList;
use crate::models::io::ReqId;

/// A list.
#[derive(Copy, Clone, Debug, Default)]
pub struct Noop {
    queue: ReqList,
}

impl Noop {
    pub(super) fn is_empty(&self) -> bool {
        self.queue.is_empty()
    }
    pub(super) fn insert(&mut self, reqs: &mut Reqs, rq: ReqId) -> Option<ReqId> {
        self.queue.push_back(reqs, rq);
        None
    }
    /// Hands out the oldest (`noop_dispatch`).
    pub(super) fn dispatch(&mut self, list: &mut DispatchList<'_>) -> u32 {
        match self.queue.pop_front(list.reqs) {
            Some(rq) => {
                list.sort(rq);
                1
            }
            None => 0,
        }
    }
    pub(super) fn requests_merged(&mut self, reqs: &mut Reqs, next: ReqId) {
        self.queue.remove(reqs, next);
    }
}
