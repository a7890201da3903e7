//! The block layer of Linux 6.1: limits, plug, merge, blk-mq, schedulers; and
//! beside blk-mq the [`single_queue`] of 2.6.
//!
//! The functions bear the kernel's names and take the place of `struct`
//! pointers by ids into the [`BlockLayer`]; what lies above and below (who
//! submitted a bio, which driver takes a request) they reach through
//! [`BlockEnv`].
//!
//! The way down: [`submit::submit_bio_noacct`] → `blk_mq_submit_bio`
//! → [`plug`] → [`elevator`] or software queue → [`dispatch`] → the driver's
//! `queue_rq`. The way up: [`complete`].

pub mod complete;
pub mod device;
pub mod dispatch;
pub mod driver;
pub mod elevator;
pub mod flush;
mod get_request;
pub mod hctx;
pub mod insert;
pub mod issue;
pub mod klog;
pub mod limits;
pub mod merge;
pub mod passthrough;
pub mod plug;
pub mod request;
pub mod requeue;
pub mod run_queue;
pub mod sbitmap;
pub mod sched;
pub mod shared_tags;
pub mod single_queue;
pub mod split;
pub mod submit;
pub mod tags;
pub mod timeout;
pub mod wbt;

pub use device::BlockDev;
pub use hctx::{Hctx, HctxId};
pub use klog::Klog;
pub use limits::Limits;
pub use plug::Plug;
pub use request::{ReqList, Request, RqEnd, RqFlags};
pub use single_queue::SingleQueue;

use std::collections::VecDeque;

use super::host::{HostEnv, TaskId};
use super::io::{Bio, BioId, BlkStatus, DevId, EndIo, ReqId};
use crate::sim::{Arena, Ns};

/// A step of the block layer that a task is in the midst of.
#[derive(Copy, Clone, Debug)]
pub enum BlockFrame {
    /// `submit_bio_noacct`
    SubmitBio(BioId),
    /// `blk_mq_submit_bio`, from the point where it may sleep.
    GetRequest(get_request::GetRequest),
    /// `blk_mq_flush_plug_list`
    FlushPlug {
        /// Whether the task is going to sleep: queues are run by kblockd.
        from_schedule: bool,
    },
    /// `blk_mq_try_issue_list_directly`
    IssueList(issue::IssueList),
    /// `blk_mq_try_issue_directly`, interrupted.
    IssueDirectly(ReqId),
    /// `__blk_mq_run_hw_queue`
    RunHw(dispatch::RunHw),
    /// `blk_mq_requeue_work`
    RequeueWork(DevId),
    /// `blk_mq_timeout_work`
    TimeoutWork(DevId),
    /// In the single queue of 2.6.
    SingleQueue(single_queue::SqFrame),
}

/// A block trace event (blktrace's actions).
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Action {
    /// A bio is submitted.
    Queue,
    /// A bio is merged at the end of a request.
    BackMerge,
    /// A bio is merged at the front of a request.
    FrontMerge,
    /// A request is allocated.
    GetRq,
    /// A plug is begun.
    Plug,
    /// A plug is flushed explicitly (`U`); the number is of requests.
    Unplug(u32),
    /// A plug is flushed because the task sleeps (`UT`).
    UnplugTimer(u32),
    /// A request is inserted into a scheduler or software queue.
    Insert,
    /// A request is issued to the driver.
    Issue,
    /// A request or bio is complete.
    Complete,
    /// A request is put back.
    Requeue,
    /// A bio is split at this sector.
    Split(u64),
    /// A bio or request is remapped from this device and sector.
    Remap(DevId, u64),
    /// Two requests are merged.
    RqMerge,
}

/// What an event is about.
#[derive(Copy, Clone, Debug)]
pub struct Subject {
    /// First sector.
    pub sector: u64,
    /// Sectors.
    pub sectors: u32,
    /// Operation.
    pub op: super::io::Op,
    /// Flags.
    pub flags: super::io::Flags,
    /// Whether it is multipathd's: a check, or a read from a suspect path.
    pub is_daemons: bool,
}

/// What the block layer needs of its surroundings.
pub trait BlockEnv: HostEnv {
    /// Its own state.
    fn block(&mut self) -> &mut BlockLayer;
    /// The frame of a step of the block layer.
    fn block_frame(frame: BlockFrame) -> Self::Frame;

    /// `mq_ops->queue_rq`: the driver takes `rq`, or says why not. None if it
    /// has been interrupted: the next step is to call it again.
    fn queue_rq(&mut self, rq: ReqId, last: bool) -> Option<BlkStatus>;
    /// `mq_ops->get_budget`: whether the driver has room for one more.
    fn get_budget(&mut self, dev: DevId) -> bool;
    /// `mq_ops->put_budget`
    fn put_budget(&mut self, dev: DevId);
    /// `fops->submit_bio` of a bio-based device.
    fn submit_bio(&mut self, bio: BioId);
    /// A bio has ended; whoever it belongs to, which is `end_io`, frees it.
    fn bio_end_io(&mut self, bio: BioId, end_io: EndIo);
    /// `mq_ops->timeout`: the command of `rq` has taken too long.
    fn timed_out(&mut self, rq: ReqId);
    /// The bios of a clone have ended, as far as `sectors` more reach: they are
    /// those of its original, which decides what becomes of them.
    fn clone_bios_ended(&mut self, clone: ReqId, status: BlkStatus, sectors: u32);
    /// A request that has an [`RqEnd`] of a driver above, which is `end`, has
    /// ended.
    fn rq_end_io(&mut self, rq: ReqId, end: RqEnd, status: BlkStatus);
    /// Queues `frame` for kblockd of the CPU that serves `hctx`.
    fn kblockd(&mut self, hctx: HctxId, frame: BlockFrame);
    /// Queues `frame` for kblockd of the CPU that runs.
    fn kblockd_here(&mut self, frame: BlockFrame);
    /// Whether the device behind a single queue, whose lock is held, takes one more
    /// command, which it then has (`scsi_dev_queue_ready`).
    fn dev_queue_ready(&mut self, dev: DevId) -> bool;
    /// A command of `dev`, which has a single queue, is over or was taken back:
    /// another may come (`scsi_next_command`, `scsi_run_queue`).
    fn next_command(&mut self, dev: DevId);
    /// Whether so many reads of `dev` wait that no more are made which nobody asked
    /// for (`bdi_read_congested`), over single queues.
    fn read_congested(&mut self, dev: DevId) -> bool;
    /// `q->request_fn` of a single queue, whose lock is held.
    fn request_fn(&mut self, dev: DevId);
    /// The softirq completes `rq`, of a driver that stacks requests.
    fn softirq_done(&mut self, rq: ReqId, status: BlkStatus);
    /// `q->unplug_fn`: whatever is plugged below `dev` goes on its way.
    fn unplug_fn(&mut self, dev: DevId);
    /// Arms the timer of delayed work: a hardware queue's run, or a device's
    /// requeue list.
    fn arm(&mut self, timer: BlockTimer, at: Ns);
    /// Wakes a task that slept in the block layer.
    fn wake(&mut self, task: TaskId);
    /// A trace event; what it is about is asked only if somebody listens.
    fn trace(&mut self, dev: DevId, action: Action, about: impl FnOnce(&BlockLayer) -> Subject);
    /// A bio or request, or a part of one, has ended with `status`: a trace
    /// event, and how it ended.
    fn ended(&mut self, dev: DevId, status: BlkStatus, about: impl FnOnce(&BlockLayer) -> Subject);
}

/// A timer of the block layer; `generation` tells an armed one from its
/// predecessors.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum BlockTimer {
    /// `blk_mq_delay_run_hw_queue`
    RunHw {
        /// The hardware queue.
        hctx: HctxId,
        /// Which arming.
        generation: u32,
    },
    /// `blk_mq_delay_kick_requeue_list`
    Requeue {
        /// The device.
        dev: DevId,
        /// Which arming.
        generation: u32,
    },
    /// A window in which kyber gathers samples.
    Kyber {
        /// The device.
        dev: DevId,
    },
    /// Deadlines of a device's commands.
    Timeout {
        /// The device.
        dev: DevId,
        /// Which arming.
        generation: u32,
    },
    /// bfq has waited for a process long enough.
    Bfq {
        /// The device.
        dev: DevId,
        /// Which arming.
        generation: u32,
    },
    /// A single queue has been plugged long enough, or its scheduler has waited.
    SingleQueue(single_queue::SqTimer),
    /// A window of write-back throttling.
    Wbt {
        /// The device.
        dev: DevId,
        /// Which arming.
        generation: u32,
    },
}

/// All block devices and what flows through them.
#[derive(Debug, Default)]
pub struct BlockLayer {
    /// Bios in flight.
    pub bios: Arena<BioId, Bio>,
    /// Requests in flight.
    pub reqs: Arena<ReqId, Request>,
    /// Block devices.
    pub devs: Vec<BlockDev>,
    /// Hardware queues of all of them.
    pub hctxs: Vec<Hctx>,
    /// Tags that the queues of several devices share.
    pub shared_tags: Vec<shared_tags::SharedTags>,
    /// The plug of every task.
    pub plugs: Vec<Plug>,
    /// The kernel's log.
    pub klog: Klog,
    /// Single queues of 2.6, if that is the kernel.
    pub sqs: Vec<SingleQueue>,
    /// How each task stands with their limits (`struct io_context`).
    pub io_contexts: Vec<single_queue::IoContext>,
    /// Requests whose completion waits for the softirq (`blk_cpu_done`).
    pub softirq: VecDeque<(ReqId, BlkStatus)>,
    /// Whether the softirq is under way.
    pub in_softirq: bool,
}

impl BlockLayer {
    /// The device behind `dev`.
    #[inline]
    pub fn dev(&mut self, dev: DevId) -> &mut BlockDev {
        &mut self.devs[usize::from(dev.0)]
    }
    /// The hardware queue behind `hctx`.
    #[inline]
    pub fn hctx(&mut self, hctx: HctxId) -> &mut Hctx {
        &mut self.hctxs[hctx.index()]
    }
    /// The request's device.
    #[inline]
    pub fn dev_of(&mut self, rq: ReqId) -> &mut BlockDev {
        let dev = self.reqs[rq].dev;
        self.dev(dev)
    }
    /// How many bios a request holds.
    pub fn count_bios(&self, rq: ReqId) -> u64 {
        let first = self.reqs[rq].bio;
        let bios = std::iter::successors(first, |&bio| self.bios[bio].next);
        bios.count() as u64
    }
    /// The single queue of `dev`, which has one.
    #[inline]
    pub fn sq(&mut self, dev: DevId) -> &mut SingleQueue {
        let sq = self.devs[usize::from(dev.0)].sq;
        &mut self.sqs[sq.index()]
    }
    /// Whether the kernel is one with single queues.
    #[inline]
    pub fn has_single_queues(&self) -> bool {
        !self.sqs.is_empty()
    }
    /// What a trace event says of a request.
    #[inline]
    pub fn rq_subject(&self, rq: ReqId) -> Subject {
        let r = &self.reqs[rq];
        let of_bio = |bio| matches!(self.bios[bio].end_io, EndIo::Daemon(_));
        Subject {
            sector: r.sector,
            sectors: r.sectors,
            op: r.op,
            flags: r.flags,
            is_daemons: match r.end {
                RqEnd::Daemon(_) => true,
                RqEnd::None | RqEnd::SingleQueue => r.bio.is_some_and(of_bio),
                RqEnd::Clone { .. } | RqEnd::FlushRq | RqEnd::FlushData => false,
            },
        }
    }
    /// What a trace event says of a bio.
    #[inline]
    pub fn bio_subject(&self, bio: BioId) -> Subject {
        let b = &self.bios[bio];
        Subject {
            sector: b.sector,
            sectors: b.sectors,
            op: b.op,
            flags: b.flags,
            is_daemons: matches!(b.end_io, EndIo::Daemon(_)),
        }
    }
}

/// A frame steps on: hands it to the part it belongs to.
///
/// The topmost frame of the current task is `frame`; it is still on the stack.
#[inline]
pub fn step<K: BlockEnv>(k: &mut K, task: TaskId, frame: BlockFrame) -> super::host::Step {
    match frame {
        BlockFrame::SubmitBio(bio) => submit::step_submit_bio(k, task, bio),
        BlockFrame::GetRequest(f) => get_request::step_get_request(k, task, f),
        BlockFrame::FlushPlug { from_schedule } => plug::step_flush(k, task, from_schedule),
        BlockFrame::IssueList(f) => issue::step_issue_list(k, task, f),
        BlockFrame::IssueDirectly(rq) => issue::step_issue_directly(k, task, rq),
        BlockFrame::RunHw(f) => dispatch::step_run_hw(k, task, f),
        BlockFrame::RequeueWork(dev) => requeue::step_requeue_work(k, task, dev),
        BlockFrame::TimeoutWork(dev) => timeout::step_timeout_work(k, task, dev),
        BlockFrame::SingleQueue(f) => single_queue::step(k, task, f),
    }
}

/// Takes the topmost frame off the stack of `task`.
#[inline]
pub(crate) fn pop<K: BlockEnv>(k: &mut K, task: TaskId) {
    k.host().tasks[task.index()].stack.pop();
}

/// Replaces the topmost frame of `task`.
#[inline]
pub(crate) fn replace<K: BlockEnv>(k: &mut K, task: TaskId, frame: BlockFrame) {
    if let Some(top) = k.host().tasks[task.index()].stack.last_mut() {
        *top = K::block_frame(frame);
    }
}
