//! A queue of cfq (`struct cfq_queue`).

use crate::models::block::ReqList;
use crate::models::block::elevator::SectorOrder;
use crate::models::io::ReqId;

/// What is the case with a queue (`CFQ_CFQQ_FLAG_*`).
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(super) enum Flag {
    /// It waits for service, or has it.
    OnRr = 1,
    /// The device is idle for its next request.
    WaitRequest = 2,
    /// Its process got a request beyond the limit in this slice.
    MustAllocSlice = 4,
    /// The oldest request has been looked at in this slice.
    FifoExpire = 8,
    /// The device may be kept idle for it.
    IdleWindow = 16,
    /// Nothing has been handed out in this slice.
    SliceNew = 32,
}

/// A queue.
#[derive(Debug)]
pub(super) struct CfqQueue {
    /// Requests in sector order.
    pub sort: SectorOrder,
    /// The same, oldest first.
    pub fifo: ReqList,
    /// The one that is next in sector order.
    pub next: Option<ReqId>,
    /// Whether a process waits for what is in it.
    pub is_sync: bool,
    /// Requests handed out and not yet done.
    pub dispatched: u32,
    /// When its slice is over.
    pub slice_end: u64,
    /// What was left of the slice before.
    pub slice_resid: i64,
    flags: u8,
}

impl CfqQueue {
    pub fn new(is_sync: bool) -> Self {
        let idle = if is_sync { Flag::IdleWindow as u8 } else { 0 };
        CfqQueue {
            sort: SectorOrder::default(),
            fifo: ReqList::default(),
            next: None,
            is_sync,
            dispatched: 0,
            slice_end: 0,
            slice_resid: 0,
            flags: idle,
        }
    }
    pub fn is_empty(&self) -> bool {
        self.fifo.is_empty()
    }
    pub fn has(&self, flag: Flag) -> bool {
        self.flags & flag as u8 != 0
    }
    pub fn set(&mut self, flag: Flag) {
        self.flags |= flag as u8;
    }
    pub fn clear(&mut self, flag: Flag) {
        self.flags &= !(flag as u8);
    }
    /// `cfq_slice_used`
    pub fn slice_used(&self, ticks: u64) -> bool {
        !self.has(Flag::SliceNew) && ticks >= self.slice_end
    }
}
