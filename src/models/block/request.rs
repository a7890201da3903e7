//! Requests and the intrusive lists they wait in.

use super::super::host::TaskId;
use super::super::io::{BioId, BlkStatus, DevId, Flags, IoPrio, Op, ReqId};
use super::HctxId;
use super::elevator::bfq::QueueId;
use super::wbt::Tracked;
use crate::sim::{Arena, Ns};

/// `RQF_*` flags.
#[derive(Copy, Clone, PartialEq, Eq, Debug, Default)]
pub struct RqFlags(pub u16);

impl RqFlags {
    /// Its queue has a scheduler (`RQF_ELV`).
    pub const ELV: RqFlags = RqFlags(1);
    /// Handed out by the scheduler: never merges again (`RQF_STARTED`).
    pub const STARTED: RqFlags = RqFlags(2);
    /// Nothing passes or merges with it (`RQF_SOFTBARRIER`).
    pub const SOFTBARRIER: RqFlags = RqFlags(4);
    /// Part of a flush sequence (`RQF_FLUSH_SEQ`).
    pub const FLUSH_SEQ: RqFlags = RqFlags(8);
    /// In the scheduler's hash of end sectors (`RQF_HASHED`).
    pub const HASHED: RqFlags = RqFlags(16);
    /// Started by the driver (`MQ_RQ_IN_FLIGHT`).
    pub const IN_FLIGHT: RqFlags = RqFlags(32);
    /// In a scheduler's sorted list.
    pub const SORTED: RqFlags = RqFlags(64);
    /// Counted in its device's statistics (`RQF_IO_STAT`).
    pub const IO_STAT: RqFlags = RqFlags(128);
    /// Its driver has prepared it: it is not to change any more, and goes back
    /// to the driver past everything (`RQF_DONTPREP`).
    pub const DONTPREP: RqFlags = RqFlags(256);
    /// Its command has taken too long, and its driver knows
    /// (`RQF_TIMED_OUT`).
    pub const TIMED_OUT: RqFlags = RqFlags(512);

    /// A clone whose path has failed: it ends with an error.
    pub const ABORTED: RqFlags = RqFlags(1024);

    /// Whether any of `f` is set.
    #[inline]
    pub fn has(self, f: RqFlags) -> bool {
        self.0 & f.0 != 0
    }
    /// Sets `f`.
    #[inline]
    pub fn set(&mut self, f: RqFlags) {
        self.0 |= f.0;
    }
    /// Clears `f`.
    #[inline]
    pub fn clear(&mut self, f: RqFlags) {
        self.0 &= !f.0;
    }
}

/// Who is told when a request ends (`rq->end_io`).
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum RqEnd {
    /// Nobody: its bios have been.
    None,
    /// Request-based device-mapper: this is the clone of that request
    /// (`end_clone_request`).
    Clone {
        /// The original.
        orig: ReqId,
    },
    /// The flush machinery of the device: the flush request itself.
    FlushRq,
    /// The flush machinery: data of a flush sequence.
    FlushData,
    /// A command of a daemon's, by its number.
    Daemon(u32),
    /// Nobody but the single queue it came from: its bios have been told.
    SingleQueue,
}

/// What a scheduler keeps with a request (`rq->elv`).
#[derive(Copy, Clone, PartialEq, Eq, Debug, Default)]
pub enum ElvPriv {
    /// Nothing.
    #[default]
    None,
    /// kyber: a token of its domain.
    DomainToken,
    /// bfq: its queue, and its process.
    Bfq {
        /// The queue.
        queue: QueueId,
        /// The process.
        task: TaskId,
    },
}

/// A request (`struct request`).
#[derive(Copy, Clone, Debug)]
pub struct Request {
    /// First sector.
    pub sector: u64,
    /// Sectors not yet completed.
    pub sectors: u32,
    /// Its device.
    pub dev: DevId,
    /// Physical segments.
    pub segs: u16,
    /// First bio.
    pub bio: Option<BioId>,
    /// Last bio.
    pub biotail: Option<BioId>,
    /// Next in whatever list it is in.
    pub next: Option<ReqId>,
    /// Previous in that list.
    pub prev: Option<ReqId>,
    /// Next in the same bucket of the scheduler's hash.
    pub hash_next: Option<ReqId>,
    /// What it was last hashed by there.
    pub hash_key: u64,
    /// Hardware queue.
    pub hctx: HctxId,
    /// Operation.
    pub op: Op,
    /// Scheduling class.
    pub prio: IoPrio,
    /// `RQF_*`
    pub rqf: RqFlags,
    /// CPU whose software queue it belongs to.
    pub cpu: u8,
    /// `REQ_*`
    pub flags: Flags,
    /// Whether it holds a driver tag.
    pub tag: bool,
    /// Which one, where that matters.
    pub tag_nr: u32,
    /// Whether it holds a scheduler tag.
    pub sched_tag: bool,
    /// Which one, where that matters (`internal_tag`).
    pub sched_nr: u32,
    /// What its scheduler keeps with it.
    pub elv: ElvPriv,
    /// The task that got it, for its scheduler (`elv.icq`).
    pub icq: Option<TaskId>,
    /// Whether it holds a token of the driver's budget.
    pub budget: bool,
    /// How write-back throttling counts it.
    pub wbt: Tracked,
    /// When it was allocated (`start_time_ns`).
    pub start: Ns,
    /// When it was last added to, inserted or put back: no CPU finds it so
    /// earlier.
    pub changed: Ns,
    /// When it was last issued (`io_start_time_ns`).
    pub io_start: Ns,
    /// When it expires in its scheduler (`fifo_time`).
    pub fifo_time: Ns,
    /// Who is told.
    pub end: RqEnd,
    /// Request-based dm: its clone (`struct dm_rq_target_io`).
    pub clone: Option<ReqId>,
    /// Request-based dm: the path (`struct dm_mpath_io`).
    pub pgpath: u16,
    /// Request-based dm: bytes at mapping.
    pub nr_bytes: u32,
    /// Request-based dm: bytes of the clone that have completed.
    pub completed: u32,
    /// Request-based dm, in a clone: sectors of its first bio that have ended.
    pub bio_done: u32,
    /// Flush machinery: steps of its sequence that are left.
    pub flush_seq: u8,
    /// First error.
    pub status: BlkStatus,
}

/// A doubly linked list through [`Request::next`] and [`Request::prev`].
#[derive(Copy, Clone, Debug, Default)]
pub struct ReqList {
    /// First.
    pub head: Option<ReqId>,
    /// Last.
    pub tail: Option<ReqId>,
}

impl ReqList {
    /// Whether it holds nothing.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.head.is_none()
    }
    /// `list_add_tail`
    #[inline]
    pub fn push_back(&mut self, reqs: &mut Arena<ReqId, Request>, rq: ReqId) {
        reqs[rq].next = None;
        reqs[rq].prev = self.tail;
        match self.tail {
            Some(t) => reqs[t].next = Some(rq),
            None => self.head = Some(rq),
        }
        self.tail = Some(rq);
    }
    /// `list_add`
    #[inline]
    pub fn push_front(&mut self, reqs: &mut Arena<ReqId, Request>, rq: ReqId) {
        reqs[rq].prev = None;
        reqs[rq].next = self.head;
        match self.head {
            Some(h) => reqs[h].prev = Some(rq),
            None => self.tail = Some(rq),
        }
        self.head = Some(rq);
    }
    /// Takes the first.
    #[inline]
    pub fn pop_front(&mut self, reqs: &mut Arena<ReqId, Request>) -> Option<ReqId> {
        let rq = self.head?;
        self.remove(reqs, rq);
        Some(rq)
    }
    /// `list_del_init`; `rq` is in this list.
    #[inline]
    pub fn remove(&mut self, reqs: &mut Arena<ReqId, Request>, rq: ReqId) {
        let (prev, next) = (reqs[rq].prev, reqs[rq].next);
        match prev {
            Some(p) => reqs[p].next = next,
            None => self.head = next,
        }
        match next {
            Some(n) => reqs[n].prev = prev,
            None => self.tail = prev,
        }
        reqs[rq].prev = None;
        reqs[rq].next = None;
    }
    /// Puts `new` before `at`, which is in this list.
    pub fn insert_before(&mut self, reqs: &mut Arena<ReqId, Request>, at: ReqId, new: ReqId) {
        let prev = reqs[at].prev;
        reqs[new].prev = prev;
        reqs[new].next = Some(at);
        reqs[at].prev = Some(new);
        match prev {
            Some(p) => reqs[p].next = Some(new),
            None => self.head = Some(new),
        }
    }
    /// Appends all of `other` (`list_splice_tail`).
    #[inline]
    pub fn append(&mut self, reqs: &mut Arena<ReqId, Request>, other: ReqList) {
        let Some(first) = other.head else { return };
        reqs[first].prev = self.tail;
        match self.tail {
            Some(t) => reqs[t].next = Some(first),
            None => self.head = Some(first),
        }
        self.tail = other.tail;
    }
}

impl Request {
    /// Whether somebody waits for it (`rq_is_sync`).
    #[inline]
    pub fn is_sync(&self) -> bool {
        self.op == Op::Read || self.flags.has(Flags::SYNC_FLAGS)
    }
    /// Whether its driver has started it, and not given it back
    /// (`blk_mq_request_started`).
    #[inline]
    pub fn is_started(&self) -> bool {
        self.rqf.has(RqFlags::IN_FLIGHT)
    }
    /// A request of hardware queue `hctx` that holds nothing yet.
    #[inline]
    pub fn new(dev: DevId, hctx: HctxId, cpu: u8, op: Op, flags: Flags, now: Ns) -> Request {
        Request {
            sector: 0,
            sectors: 0,
            dev,
            segs: 0,
            bio: None,
            biotail: None,
            next: None,
            prev: None,
            hash_next: None,
            hash_key: 0,
            hctx,
            op,
            prio: IoPrio::Be,
            rqf: RqFlags::default(),
            cpu,
            flags,
            tag: false,
            tag_nr: 0,
            sched_tag: false,
            sched_nr: 0,
            elv: ElvPriv::None,
            icq: None,
            budget: false,
            wbt: Tracked::No,
            start: now,
            changed: now,
            io_start: Ns::ZERO,
            fifo_time: Ns::ZERO,
            end: RqEnd::None,
            clone: None,
            pgpath: 0,
            nr_bytes: 0,
            completed: 0,
            bio_done: 0,
            flush_seq: 0,
            status: BlkStatus::Ok,
        }
    }
}
