//! A queue of requests (`struct bfq_queue`): the synchronous ones of a process,
//! or the asynchronous ones of all.

use std::ops::{Index, IndexMut};

use super::super::SectorOrder;
use super::entity::Entity;
use super::raise::Raise;
use super::time::{LONG_AGO, Now};
use crate::models::block::request::ReqList;
use crate::models::host::TaskId;
use crate::models::io::{IoPrio, ReqId};

/// A queue of a scheduler.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct QueueId(pub(super) u32);

/// All queues of a scheduler.
#[derive(Debug, Default)]
pub(super) struct Queues(Vec<Queue>);

impl Index<QueueId> for Queues {
    type Output = Queue;
    #[inline]
    fn index(&self, q: QueueId) -> &Queue {
        &self.0[q.0 as usize]
    }
}

impl IndexMut<QueueId> for Queues {
    #[inline]
    fn index_mut(&mut self, q: QueueId) -> &mut Queue {
        &mut self.0[q.0 as usize]
    }
}

impl Queues {
    /// Keeps `queue`.
    pub(super) fn push(&mut self, queue: Queue) -> QueueId {
        self.0.push(queue);
        QueueId(self.0.len() as u32 - 1)
    }
    /// Every queue there has ever been.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Queue> {
        self.0.iter()
    }
    /// The same, to change them.
    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Queue> {
        self.0.iter_mut()
    }
}

/// How long a process takes from the end of a request to its next
/// (`struct bfq_ttime`).
#[derive(Copy, Clone, Debug, Default)]
pub(super) struct ThinkTime {
    /// When its last request ended, ns.
    pub(super) last_end_request: u64,
    pub(super) total: u64,
    pub(super) samples: u64,
    /// ns
    pub(super) mean: u64,
}

/// What lives on when a process shares the queue of another, and comes back
/// with it (`bfq_bfqq_save_state`).
#[derive(Copy, Clone, Debug, Default)]
pub(super) struct Habits {
    pub(super) has_short_ttime: bool,
    pub(super) io_bound: bool,
    pub(super) ttime: ThinkTime,
    /// Since when it is watched how long it is idle, ns.
    pub(super) io_start_time: u64,
    /// For how long of that it was, ns.
    pub(super) tot_idle_time: u64,
    /// How long a request of it takes from its arrival when no other is
    /// injected, ns; 0 = not known.
    pub(super) last_serv_time: u64,
    /// Requests that the driver may have while it is waited for.
    pub(super) inject_limit: u32,
    /// When that was last lowered, jiffies.
    pub(super) decrease_time: i64,
    pub(super) in_large_burst: bool,
}

/// A queue (`struct bfq_queue`).
#[derive(Debug)]
pub(super) struct Queue {
    pub(super) sync: bool,
    /// Class of priority, best first, and the one it is to have.
    pub(super) class: usize,
    pub(super) new_class: usize,
    /// The class it is counted busy in.
    pub(super) busy_class: usize,
    pub(super) entity: Entity,

    /// Its requests in sector order and in order of arrival.
    pub(super) sort: SectorOrder,
    pub(super) fifo: ReqList,
    pub(super) next_rq: Option<ReqId>,
    /// Asynchronous and synchronous ones of them.
    pub(super) queued: [u32; 2],
    /// Requests that the driver has.
    pub(super) dispatched: u32,
    /// Requests allocated.
    pub(super) allocated: u32,

    /// Processes whose queue it is (`bfqq_process_refs`).
    pub(super) procs: u32,
    /// Processes that may come to share it later.
    pub(super) stable_refs: u32,
    /// The process whose queue it is, if that is one.
    pub(super) bic: Option<TaskId>,
    /// The queue that its process is going to share.
    pub(super) new_queue: Option<QueueId>,
    /// Its place in the order of positions.
    pub(super) position: Option<u64>,
    /// The weight it is counted under.
    pub(super) counted_weight: Option<u32>,

    pub(super) just_created: bool,
    pub(super) busy: bool,
    pub(super) wait_request: bool,
    pub(super) non_blocking_wait_rq: bool,
    pub(super) fifo_expire: bool,
    pub(super) coop: bool,
    pub(super) split_coop: bool,
    pub(super) softrt_update: bool,
    pub(super) in_burst_list: bool,
    /// Nobody uses it any more.
    pub(super) is_free: bool,

    /// Most sectors it may be given at a time.
    pub(super) max_budget: i64,
    /// While in service: when that ends; else when it last was idle. Jiffies.
    pub(super) budget_timeout: i64,
    pub(super) habits: Habits,
    /// The last 32 requests: whether they were far from the one before.
    pub(super) seek_history: u32,
    /// Sector behind the last request inserted.
    pub(super) last_request_pos: u64,

    pub(super) wr: Raise,
    /// Earliest time of arrival at which it passes for soft real-time, jiffies.
    pub(super) soft_rt_next_start: i64,
    /// When it last began to have requests, jiffies, and how many sectors it
    /// has got since.
    pub(super) last_idle_bklogged: i64,
    pub(super) service_from_backlogged: i64,
    /// When it got the first of them.
    pub(super) first_io_time: i64,
    pub(super) creation_time: i64,
    pub(super) split_time: i64,

    /// The queue upon whose I/O its process waits.
    pub(super) waker: Option<QueueId>,
    pub(super) tentative_waker: Option<QueueId>,
    pub(super) waker_detections: u32,
    /// ns
    pub(super) waker_detection_started: u64,
    /// Queues whose waker it is, first last.
    pub(super) woken: Vec<QueueId>,
}

/// Far requests of the last 32 above which a queue is seeky.
const SEEKY: u32 = 19;

impl Queue {
    /// `bfq_init_bfqq`
    pub(super) fn new(sync: bool, prio: IoPrio, max_budget: i64, now: Now) -> Queue {
        let class = prio as usize;
        Queue {
            sync,
            class,
            new_class: class,
            busy_class: class,
            entity: Entity::of_class(prio),
            sort: SectorOrder::default(),
            fifo: ReqList::default(),
            next_rq: None,
            queued: [0; 2],
            dispatched: 0,
            allocated: 0,
            procs: 0,
            stable_refs: 0,
            bic: None,
            new_queue: None,
            position: None,
            counted_weight: None,
            just_created: sync,
            busy: false,
            wait_request: false,
            non_blocking_wait_rq: false,
            fifo_expire: false,
            coop: false,
            split_coop: false,
            softrt_update: false,
            in_burst_list: false,
            is_free: false,
            max_budget: 2 * max_budget / 3,
            budget_timeout: LONG_AGO,
            habits: Habits {
                has_short_ttime: sync && prio != IoPrio::Idle,
                io_bound: true,
                ttime: ThinkTime {
                    last_end_request: now.ns + 1,
                    ..ThinkTime::default()
                },
                io_start_time: now.ns,
                decrease_time: now.jiffies,
                ..Habits::default()
            },
            seek_history: 1,
            last_request_pos: 0,
            wr: Raise::none(now),
            soft_rt_next_start: now.jiffies,
            last_idle_bklogged: 0,
            service_from_backlogged: 0,
            first_io_time: 0,
            creation_time: now.jiffies,
            split_time: LONG_AGO,
            waker: None,
            tentative_waker: None,
            waker_detections: 0,
            waker_detection_started: 0,
            woken: Vec::new(),
        }
    }
    /// `bfq_class_idle`
    pub(super) fn is_idle_class(&self) -> bool {
        self.class == IoPrio::Idle as usize
    }
    /// `BFQQ_SEEKY`
    pub(super) fn is_seeky(&self) -> bool {
        self.seek_history.count_ones() > SEEKY
    }
    /// `BFQQ_TOTALLY_SEEKY`
    pub(super) fn is_totally_seeky(&self) -> bool {
        self.seek_history == u32::MAX
    }
    /// `bfq_bfqq_budget_left`
    pub(super) fn budget_left(&self) -> i64 {
        self.entity.budget - self.entity.service
    }
    /// Whether it is somebody's (`bfqq->ref`).
    pub(super) fn is_referenced(&self) -> bool {
        self.procs + self.allocated + self.stable_refs > 0
            || self.entity.on_st_or_in_serv
            || self.counted_weight.is_some()
    }
}
