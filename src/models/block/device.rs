//! A block device: its queue, its limits, its counters.

use super::super::io::{DevId, Flags, Op, ReqId};
use super::elevator::Elevator;
use super::flush::FlushQueue;
use super::hctx::HctxId;
use super::limits::Limits;
use super::request::ReqList;
use super::single_queue::SqId;
use super::timeout::QueueTimer;
use super::wbt::Wbt;
use crate::sim::Ns;
use crate::sim::stats::LatencyStats;

/// Statistics of one direction (`struct disk_stats`).
#[derive(Copy, Clone, Debug, Default)]
pub struct DirCount {
    /// I/Os completed.
    pub ios: u64,
    /// Bios and requests merged into others.
    pub merges: u64,
    /// Sectors completed.
    pub sectors: u64,
    /// Summed time of the I/Os.
    pub ticks: Ns,
}

/// What a device has counted.
#[derive(Clone, Debug, Default)]
pub struct Counters {
    /// Reads, writes, flushes, discards.
    pub dirs: [DirCount; 4],
    /// I/Os in flight.
    pub in_flight: u32,
    /// When that number last changed.
    pub changed: Ns,
    /// Time with I/Os in flight.
    pub io_ticks: Ns,
    /// Integral of the I/Os in flight, once none is: the instants at which they
    /// left minus those at which they came, whatever the order in which CPUs
    /// whose clocks have run ahead report them.
    pub in_flight_integral: i128,
    /// Summed time for which I/Os were in flight, by what each remembers.
    pub residence: u128,
    /// Requests issued by (sectors, operation, flags).
    pub issued: Vec<(IssuedKey, u64)>,
    /// Bios submitted (Q).
    pub bios: u64,
    /// Of these, flushes without data that ended at once when they were submitted
    /// again: a reload had taken the write cache away.
    pub needless_flushes: u64,
    /// Bios merged at the end of a request (M).
    pub back_merges: u64,
    /// Bios merged at the front of a request (F).
    pub front_merges: u64,
    /// Requests merged into others.
    pub rq_merges: u64,
    /// Requests inserted (I).
    pub inserts: u64,
    /// Requests requeued (R).
    pub requeues: u64,
    /// Of these, after the driver had started them (D).
    pub taken_back: u64,
    /// Bios split (X).
    pub splits: u64,
    /// Clones counted among the I/Os although the driver never took them.
    pub refused: u64,
    /// Requests that ended with an error.
    pub failed: u64,
    /// Requests a flush of a plug held, and how often.
    pub unplugs: Vec<(u32, u64)>,
    /// Dispatch to completion.
    pub d2c: LatencyStats,
    /// Requests allocated and ended, for the law of conservation.
    pub requests: u64,
    /// Requests ended.
    pub requests_done: u64,
    /// Bios ended.
    pub bios_done: u64,
}

/// What tells issued requests apart.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct IssuedKey {
    /// Sectors.
    pub sectors: u32,
    /// Operation.
    pub op: Op,
    /// Flags that blktrace shows.
    pub flags: Flags,
}

/// Flags that show in `rwbs`.
const SHOWN: Flags =
    Flags(Flags::SYNC.0 | Flags::META.0 | Flags::FUA.0 | Flags::PREFLUSH.0 | Flags::RAHEAD.0);

/// Whose statistics an operation goes to (`op_stat_group`). Flush requests that
/// are counted at all, clones of request-based dm, pass for reads.
fn stat_group(op: Op) -> Op {
    match op {
        Op::Flush | Op::DrvIn => Op::Read,
        op => op,
    }
}

impl Counters {
    /// An I/O begins (`blk_account_io_start`).
    #[inline(always)]
    pub fn start(&mut self, now: Ns) {
        self.advance(now);
        self.in_flight += 1;
        self.in_flight_integral -= i128::from(now.0);
    }
    /// An I/O that began at `start` is over (`blk_account_io_done`).
    #[inline(always)]
    pub fn done(&mut self, now: Ns, op: Op, start: Ns) {
        self.leave(now, start);
        let d = &mut self.dirs[stat_group(op) as usize];
        d.ios += 1;
        d.ticks += now - start;
    }
    /// An I/O that began at `start` was absorbed by another, or turned out to
    /// be none.
    #[inline]
    pub fn absorbed(&mut self, now: Ns, start: Ns) {
        self.leave(now, start);
    }
    #[inline(always)]
    fn leave(&mut self, now: Ns, start: Ns) {
        self.advance(now);
        self.in_flight = self.in_flight.saturating_sub(1);
        self.in_flight_integral += i128::from(now.0);
        self.residence += u128::from((now - start).0);
    }
    /// Brings the time in use up to `now`. A CPU whose clock has run ahead of
    /// the others' counts as the latest.
    #[inline(always)]
    fn advance(&mut self, now: Ns) {
        if self.in_flight > 0 {
            self.io_ticks += now.saturating_sub(self.changed);
        }
        self.changed = self.changed.max(now);
    }
    /// Counts an issued request.
    #[inline(always)]
    pub fn count_issue(&mut self, sectors: u32, op: Op, flags: Flags) {
        let key = IssuedKey {
            sectors,
            op,
            flags: Flags(flags.0 & SHOWN.0),
        };
        count(&mut self.issued, key);
    }
    /// Counts a flush of a plug that held `requests`.
    #[inline]
    pub fn count_unplug(&mut self, requests: u32) {
        count(&mut self.unplugs, requests);
    }
}

/// Adds one to the count of `key`; the most frequent is found first.
#[inline(always)]
fn count<T: PartialEq>(list: &mut Vec<(T, u64)>, key: T) {
    match list.first_mut() {
        Some((first, n)) if *first == key => *n += 1,
        _ => count_other(list, key),
    }
}

#[inline(never)]
fn count_other<T: PartialEq>(list: &mut Vec<(T, u64)>, key: T) {
    match list.iter().position(|(k, _)| *k == key) {
        Some(i) => {
            list[i].1 += 1;
            if i > 0 && list[i].1 > list[i - 1].1 {
                list.swap(i, i - 1); // frequent ones come first
            }
        }
        None => list.push((key, 1)),
    }
}

/// Schedulers, in the order in which they have registered themselves.
const SCHEDULERS: [&str; 3] = ["mq-deadline", "bfq", "kyber"];
/// `BLKDEV_DEFAULT_RQ`
pub const DEFAULT_RQ: u32 = 128;

/// Who takes the bios of a device (`q->make_request_fn`, `fops->submit_bio`).
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum MakeRequest {
    /// blk-mq builds requests of them.
    BlkMq,
    /// Its driver, unqueued: there are no requests at all.
    Driver,
    /// The single queue of 2.6 builds requests of them.
    SingleQueue,
}

/// A block device (`struct gendisk` and `struct request_queue`).
#[derive(Debug)]
pub struct BlockDev {
    /// Kernel name: `p0`, `sda`, `dm-0`.
    pub name: String,
    /// Major and minor number.
    pub devno: (u32, u32),
    /// Sectors.
    pub capacity: u64,
    /// What its queue can take.
    pub limits: Limits,
    /// Who takes its bios.
    pub make_request: MakeRequest,
    /// Its single queue, where `make_request` says so.
    pub sq: SqId,
    /// sysfs `nomerges`: 0, 1 or 2.
    pub nomerges: u8,
    /// Whether it has a volatile write cache.
    pub write_cache: bool,
    /// Whether it can write through that cache.
    pub fua: bool,
    /// Whether its driver keeps a budget (`mq_ops->get_budget`).
    pub has_budget: bool,
    /// Its scheduler.
    pub elevator: Elevator,
    /// The request that last absorbed something (`q->last_merge`).
    pub last_merge: Option<ReqId>,
    /// Requests a scheduler may hold.
    pub nr_requests: u32,
    /// Its first hardware queue.
    pub hctx0: HctxId,
    /// How many hardware queues it has.
    pub nr_hw_queues: u16,
    /// Hardware queue (counted from its first) of every CPU.
    pub queue_map: Vec<u16>,
    /// Requests to be inserted anew.
    pub requeue_list: ReqList,
    /// Whether kblockd is to take that list.
    pub requeue_queued: bool,
    /// Whether it is to leave it to the timer after all.
    pub requeue_put_off: bool,
    /// Which arming of the requeue timer is valid.
    pub requeue_generation: u32,
    /// Flush machinery.
    pub fq: FlushQueue,
    /// Write-back throttling, if it is on.
    pub wbt: Option<Box<Wbt>>,
    /// Whether dispatch is held (`blk_mq_quiesce_queue`).
    pub quiesced: bool,
    /// Whether it is being removed (`blk_queue_dying`).
    pub is_dying: bool,
    /// Whether its disk is gone, and errors are no longer told (`GD_DEAD`).
    pub is_dead: bool,
    /// Deadlines of its commands.
    pub timer: QueueTimer,
    /// Counters.
    pub count: Counters,
}

impl BlockDev {
    /// A device without queue settings or hardware queues.
    pub fn new(name: String, devno: (u32, u32), capacity: u64, limits: Limits) -> Self {
        BlockDev {
            name,
            devno,
            capacity,
            limits,
            make_request: MakeRequest::BlkMq,
            sq: SqId(0),
            nomerges: 0,
            write_cache: false,
            fua: false,
            has_budget: false,
            elevator: Elevator::None,
            last_merge: None,
            nr_requests: 0,
            hctx0: HctxId(0),
            nr_hw_queues: 0,
            queue_map: Vec::new(),
            requeue_list: ReqList::default(),
            requeue_queued: false,
            requeue_put_off: false,
            requeue_generation: 0,
            fq: FlushQueue::default(),
            wbt: None,
            quiesced: false,
            is_dying: false,
            is_dead: false,
            timer: QueueTimer::default(),
            count: Counters::default(),
        }
    }
    /// The hardware queue that serves `cpu` (`blk_mq_map_queue`).
    #[inline]
    pub fn hctx_of(&self, cpu: u8) -> HctxId {
        let q = self.queue_map.get(usize::from(cpu)).copied().unwrap_or(0);
        HctxId(self.hctx0.0 + q)
    }
    /// Its hardware queues.
    pub fn hctxs(&self) -> impl Iterator<Item = HctxId> + use<> {
        let first = self.hctx0.0;
        (first..first + self.nr_hw_queues).map(HctxId)
    }
    /// Largest request of `op` at `sector`, in sectors
    /// (`blk_rq_get_max_sectors`).
    #[inline]
    pub fn max_sectors(&self, op: Op, sector: u64) -> u32 {
        let l = &self.limits;
        let max = match op {
            Op::Discard => l.max_discard_sectors,
            _ => l.max_sectors,
        };
        match l.chunk_sectors {
            0 => max,
            c => max.min(c - (sector % u64::from(c)) as u32),
        }
    }
    /// sysfs `scheduler` (`elv_iosched_show`): the schedulers of the usual
    /// kernel, the one in use in brackets.
    pub fn scheduler_text(&self) -> String {
        if self.is_bio_based() {
            return "none".into();
        }
        let others = SCHEDULERS.map(|name| match name == self.elevator.name() {
            true => format!("[{name}]"),
            false => name.to_string(),
        });
        let others = others.join(" ");
        match self.elevator {
            Elevator::None => format!("[none] {others}"),
            _ => format!("{others} none"),
        }
    }
    /// sysfs `nr_requests`; a device without requests has the default.
    pub fn nr_requests_shown(&self) -> u32 {
        if self.is_bio_based() {
            DEFAULT_RQ
        } else {
            self.nr_requests
        }
    }
    /// Whether bios go to its driver unqueued.
    #[inline]
    pub fn is_bio_based(&self) -> bool {
        self.make_request == MakeRequest::Driver
    }
    /// Whether it has the queue of 2.6.
    #[inline]
    pub fn is_single_queue(&self) -> bool {
        self.make_request == MakeRequest::SingleQueue
    }
    /// Whether merging is off altogether (`blk_queue_nomerges`).
    #[inline]
    pub fn merges_off(&self) -> bool {
        self.nomerges >= 2
    }
}

/// A device as a number, for lists of devices.
pub fn dev_ids(n: usize) -> impl Iterator<Item = DevId> {
    (0..n).map(|i| DevId(i as u16))
}
