//! Request queues: hardware queues, tags, scheduler, throttling.

use super::super::Machine;
use crate::models::block::device::{DEFAULT_RQ, MakeRequest};
use crate::models::block::elevator::mq_deadline::{AsyncDepth, MqDeadline, Tunables};
use crate::models::block::elevator::{Bfq, Elevator, ElvHash, Kyber, bfq, kyber};
use crate::models::block::sbitmap::Sbitmap;
use crate::models::block::single_queue::{self, Kind, RequestList, SingleQueue, SqId};
use crate::models::block::tags::Tags;
use crate::models::block::wbt::Wbt;
use crate::models::block::{Hctx, HctxId, ReqList};
use crate::models::config::{QueueConfig, SchedulerName};
use crate::models::io::DevId;
use crate::models::kernel::QueueFacts;
use crate::sim::Ns;

/// Target of write-back throttling on devices that do not rotate
/// (`wbt_default_latency_nsec`).
const WBT_LAT_USEC: u64 = 2000;

impl<P> Machine<P> {
    /// Gives a device its hardware queues, tags and scheduler.
    pub(super) fn add_queues(&mut self, id: DevId, depth: u32, queues: u16, q: &QueueConfig) {
        let cpus = self.host.cpus.len();
        let sched = q.scheduler.unwrap_or(if queues == 1 {
            SchedulerName::MqDeadline
        } else {
            SchedulerName::None
        });
        let has_sched = sched != SchedulerName::None;
        let nr_requests = q
            .nr_requests
            .unwrap_or(default_nr_requests(depth, has_sched));
        // The map of tags is made for the default, and anew to grow.
        let shift = Sbitmap::shift_of(default_nr_requests(depth, true).max(nr_requests));
        let async_depth = q.async_depth.filter(|&depth| depth < nr_requests);
        // Which tag is found takes time where code does.
        let is_free = self.host.is_free();
        let numbered = |tags: Tags, shift| match is_free {
            true => tags,
            false => tags.numbered(shift, cpus),
        };
        let sched_tags = || match sched {
            SchedulerName::Kyber => {
                Tags::new(nr_requests).in_words(shift, kyber::async_depth(shift), cpus)
            }
            SchedulerName::Bfq => Tags::new(nr_requests).in_words(shift, 1, cpus),
            SchedulerName::MqDeadline if async_depth.is_some() => {
                Tags::new(nr_requests).in_words(shift, 1, cpus)
            }
            _ => numbered(Tags::shallow(nr_requests), shift),
        };
        let first = HctxId(self.block.hctxs.len() as u16);
        // blk_mq_map_queues: CPUs are spread over queues in turn.
        let map: Vec<u16> = (0..cpus).map(|c| (c as u16) % queues).collect();
        for i in 0..queues {
            let served = (0..cpus as u8).filter(|&c| map[usize::from(c)] == i);
            let tags = Tags::new(if has_sched {
                depth
            } else {
                nr_requests.min(depth)
            });
            let tags = numbered(tags, Sbitmap::shift_of(depth));
            let mut hctx = Hctx::new(id, served.collect(), cpus, tags);
            hctx.sched_tags = has_sched.then(sched_tags);
            self.block.hctxs.push(hctx);
        }
        let dev = self.block.dev(id);
        dev.hctx0 = first;
        dev.nr_hw_queues = queues;
        dev.queue_map = map;
        dev.nr_requests = nr_requests;
        dev.nomerges = q.nomerges.unwrap_or(0);
        if let Some(wc) = q.write_cache {
            dev.write_cache = wc;
        }
        dev.elevator = match sched {
            SchedulerName::None
            | SchedulerName::Noop
            | SchedulerName::Deadline
            | SchedulerName::Cfq => Elevator::None,
            SchedulerName::Kyber => {
                let kyber = Kyber::new(first, usize::from(queues), cpus, shift);
                Elevator::Kyber(Box::new(kyber))
            }
            SchedulerName::Bfq => {
                let setting = bfq::Setting {
                    jiffy: self.host.jiffy,
                    uptime: self.host.uptime,
                    nr_requests,
                    shift,
                };
                Elevator::Bfq(Box::new(Bfq::new(setting)))
            }
            SchedulerName::MqDeadline => {
                let mut tunables = tunables(q);
                tunables.async_depth =
                    async_depth.map(|depth| AsyncDepth::new(depth, nr_requests, shift));
                Elevator::MqDeadline(Box::new(MqDeadline::new(tunables)))
            }
        };
    }

    /// Gives a device the queue of 2.6, over a driver that takes `depth`
    /// commands.
    pub(super) fn add_single_queue(
        &mut self,
        id: DevId,
        depth: u32,
        q: &QueueConfig,
        facts: QueueFacts,
    ) {
        let kind = match q.scheduler {
            Some(SchedulerName::Noop | SchedulerName::None) => Kind::Noop,
            Some(SchedulerName::Deadline | SchedulerName::MqDeadline) => Kind::Deadline,
            _ => Kind::Cfq,
        };
        let nr_requests = q.nr_requests.unwrap_or(facts.nr_requests);
        let hz = self.host.hz();
        let name = format!("{} queue_lock", self.block.dev(id).name);
        let queue = SingleQueue {
            lock: self.host.locks.add(name),
            elevator: single_queue::Elevator::new(kind, tunables(q), facts.deadline_batch, hz),
            head: ReqList::default(),
            hash: ElvHash::default(),
            nr_sorted: 0,
            in_flight: 0,
            depth: depth.max(1),
            end_sector: 0,
            boundary: None,
            plugged: false,
            plug_generation: 0,
            stopped: false,
            running: false,
            rl: RequestList::new(nr_requests),
            ordered: Default::default(),
            seen: Default::default(),
            facts,
        };
        let sq = SqId(self.block.sqs.len() as u16);
        self.block.sqs.push(queue);
        let dev = self.block.dev(id);
        dev.make_request = MakeRequest::SingleQueue;
        dev.sq = sq;
        dev.nr_requests = nr_requests;
        dev.nomerges = q.nomerges.unwrap_or(0);
        if let Some(wc) = q.write_cache {
            dev.write_cache = wc;
        }
    }

    pub(super) fn set_limits(&mut self, id: DevId, q: &QueueConfig) {
        if let Some(kb) = q.max_sectors_kb {
            let l = &mut self.block.dev(id).limits;
            l.max_sectors = (kb * 2).min(l.max_hw_sectors);
        }
    }
}

/// `nr_requests` of a queue of `depth` tags, with a scheduler or without.
pub(super) fn default_nr_requests(depth: u32, has_sched: bool) -> u32 {
    if has_sched {
        2 * depth.min(DEFAULT_RQ)
    } else {
        depth
    }
}

/// Write-back throttling as it comes up when the disk is registered
/// (`wbt_enable_default`): over what the queue held then, and on unless it is
/// switched off or bfq does without.
pub(super) fn wbt(q: &QueueConfig, holds: u32) -> Option<Box<Wbt>> {
    let bfq = q.scheduler == Some(SchedulerName::Bfq);
    let usec = q.wbt_lat_usec.unwrap_or(if bfq { 0 } else { WBT_LAT_USEC });
    (usec > 0).then(|| Box::new(Wbt::new(holds, Ns::from_us(usec))))
}

/// mq-deadline's tunables as they are set.
fn tunables(q: &QueueConfig) -> Tunables {
    let d = Tunables::default();
    Tunables {
        read_expire: q.read_expire_ms.map_or(d.read_expire, Ns::from_ms),
        write_expire: q.write_expire_ms.map_or(d.write_expire, Ns::from_ms),
        fifo_batch: q.fifo_batch.unwrap_or(d.fifo_batch),
        writes_starved: q.writes_starved.unwrap_or(d.writes_starved),
        front_merges: q.front_merges.unwrap_or(d.front_merges),
        ..d
    }
}
