//! mq-deadline (`block/mq-deadline.c`, 6.1.192).
//!
//! Per class of priority: requests of either direction in sector order and in
//! order of arrival. Batches of up to `fifo_batch` go in sector order; between
//! batches a request that has expired is taken first, reads come before writes,
//! and writes may be starved `writes_starved` times.

use super::super::super::io::{Bio, IoPrio, Op, ReqId};
use super::super::merge::rq_mergeable;
use super::super::request::{ReqList, Request, RqFlags};
use super::{ElvHash, READ, Reqs, Sorted, WRITE, dir};
use crate::sim::Ns;

/// Classes of priority.
const PRIOS: usize = 3;

/// Tunables (`/sys/block/*/queue/iosched/*`) with their defaults.
#[derive(Copy, Clone, Debug, PartialEq)]
pub struct Tunables {
    /// `read_expire`: 500 ms.
    pub read_expire: Ns,
    /// `write_expire`: 5 s.
    pub write_expire: Ns,
    /// `fifo_batch`: 16.
    pub fifo_batch: u32,
    /// `writes_starved`: 2.
    pub writes_starved: u32,
    /// `front_merges`: on.
    pub front_merges: bool,
    /// `prio_aging_expire`: 10 s.
    pub prio_aging_expire: Ns,
    /// `async_depth`: how many requests there may be when one is wanted that is no
    /// synchronous read; none: as many as there are.
    pub async_depth: Option<AsyncDepth>,
}

/// The share of a scheduler's requests that not all may have
/// (`mq-deadline.c:dd_to_word_depth`).
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct AsyncDepth {
    /// Of each word of tags, how many are seen.
    pub of_word: u32,
}

impl AsyncDepth {
    /// `depth` of `nr_requests`, whose tags are in words of `1 << shift`.
    pub fn new(depth: u32, nr_requests: u32, shift: u32) -> Self {
        AsyncDepth {
            of_word: (depth << shift).div_ceil(nr_requests.max(1)).max(1),
        }
    }
}

impl Default for Tunables {
    fn default() -> Self {
        Tunables {
            read_expire: Ns::from_ms(500),
            write_expire: Ns::from_secs(5),
            fifo_batch: 16,
            writes_starved: 2,
            front_merges: true,
            prio_aging_expire: Ns::from_secs(10),
            async_depth: None,
        }
    }
}

/// Requests of one class (`struct dd_per_prio`).
#[derive(Debug, Default)]
struct PerPrio {
    dispatch: ReqList,
    sorted: Sorted,
    /// Inserted minus completed and merged (`dd_queued`).
    queued: u32,
}

/// The scheduler's state (`struct deadline_data`).
#[derive(Debug)]
pub struct MqDeadline {
    /// Tunables.
    pub tunables: Tunables,
    /// Requests by end sector.
    pub hash: ElvHash,
    prios: [PerPrio; PRIOS],
    last_dir: usize,
    batching: u32,
    starved: u32,
}

impl MqDeadline {
    /// An empty scheduler.
    pub fn new(tunables: Tunables) -> Self {
        MqDeadline {
            tunables,
            hash: ElvHash::default(),
            prios: Default::default(),
            last_dir: WRITE,
            batching: 0,
            starved: 0,
        }
    }

    /// Of each word of tags, how many a request may see (`dd_limit_depth`).
    #[inline]
    pub fn limit_depth(&self, op: Op, sync: bool) -> Option<u32> {
        let limit = self.tunables.async_depth?;
        (!sync || op != Op::Read).then_some(limit.of_word)
    }

    /// `dd_insert_request`
    pub fn insert(&mut self, reqs: &mut Reqs, rq: ReqId, at_head: bool, now: Ns) {
        let r = &mut reqs[rq];
        let dir = dir(r);
        let p = &mut self.prios[r.prio as usize];
        if !r.rqf.has(RqFlags::SORTED) {
            p.queued += 1;
        }
        r.rqf.set(RqFlags::SORTED);
        if at_head {
            r.fifo_time = now;
            p.dispatch.push_front(reqs, rq);
            return;
        }
        let deadline = now
            + if dir == READ {
                self.tunables.read_expire
            } else {
                self.tunables.write_expire
            };
        let mergeable = rq_mergeable(r);
        p.sorted.add(reqs, rq, deadline);
        if mergeable {
            self.hash.add(reqs, rq);
        }
    }

    /// `dd_dispatch_request`
    pub fn dispatch(&mut self, reqs: &mut Reqs, now: Ns) -> Option<ReqId> {
        if let Some(rq) = self.dispatch_aged(reqs, now) {
            return Some(rq);
        }
        for prio in 0..PRIOS {
            let rq = self.dispatch_prio(reqs, prio, now, now);
            if rq.is_some() || self.prios[prio].queued > 0 {
                return rq;
            }
        }
        None
    }

    /// Requests in the tree that `rq` is to go into.
    pub fn sorted_beside(&self, rq: &Request) -> u32 {
        self.prios[rq.prio as usize].sorted.sort[dir(rq)].len() as u32
    }

    /// Whether what was dispatched last is the first of a batch.
    pub fn has_begun_batch(&self) -> bool {
        self.batching == 1
    }

    /// `dd_dispatch_prio_aged_requests`
    fn dispatch_aged(&mut self, reqs: &mut Reqs, now: Ns) -> Option<ReqId> {
        if self.prios.iter().filter(|p| p.queued > 0).count() < 2 {
            return None;
        }
        let latest = now.0.checked_sub(self.tunables.prio_aging_expire.0)?;
        (IoPrio::Be as usize..PRIOS)
            .find_map(|prio| self.dispatch_prio(reqs, prio, Ns(latest), now))
    }

    /// `__dd_dispatch_request`
    fn dispatch_prio(
        &mut self,
        reqs: &mut Reqs,
        prio: usize,
        latest: Ns,
        now: Ns,
    ) -> Option<ReqId> {
        let p = &mut self.prios[prio];
        if let Some(rq) = p.dispatch.head {
            if self.started_after(reqs, rq, latest, now) {
                return None;
            }
            return self.prios[prio].dispatch.pop_front(reqs);
        }
        let rq = match p.sorted.next[self.last_dir] {
            Some(rq) if self.batching < self.tunables.fifo_batch => rq,
            _ => {
                let writes_starved = self.tunables.writes_starved;
                let sorted = &p.sorted;
                let dir = sorted.choose_direction(&mut self.starved, writes_starved)?;
                let oldest = sorted.fifo[dir].head?;
                let rq = match sorted.next[dir] {
                    Some(next) if reqs[oldest].fifo_time > now => next,
                    _ => oldest,
                };
                self.last_dir = dir;
                self.batching = 0;
                rq
            }
        };
        if self.started_after(reqs, rq, latest, now) {
            return None;
        }
        self.batching += 1;
        let dir = dir(&reqs[rq]);
        let next = self.latter_request(reqs, rq);
        self.remove(reqs, rq);
        self.prios[prio].sorted.next[dir] = next;
        Some(rq)
    }

    /// Whether `rq` came after `latest`.
    fn started_after(&self, reqs: &Reqs, rq: ReqId, latest: Ns, now: Ns) -> bool {
        if latest == now {
            return false;
        }
        let r = &reqs[rq];
        let expire = if dir(r) == READ {
            self.tunables.read_expire
        } else {
            self.tunables.write_expire
        };
        r.fifo_time.saturating_sub(expire) > latest
    }

    /// `deadline_remove_request`
    fn remove(&mut self, reqs: &mut Reqs, rq: ReqId) {
        let prio = reqs[rq].prio as usize;
        self.prios[prio].sorted.remove(reqs, rq);
        self.hash.remove(reqs, rq);
    }

    /// `dd_has_work`
    pub fn has_work(&self) -> bool {
        self.prios
            .iter()
            .any(|p| !p.dispatch.is_empty() || !p.sorted.is_empty())
    }

    /// `dd_finish_request`
    pub fn finish(&mut self, rq: &Request) {
        if rq.rqf.has(RqFlags::SORTED) {
            let p = &mut self.prios[rq.prio as usize];
            p.queued = p.queued.saturating_sub(1);
        }
    }

    /// `dd_request_merge`: a request that starts where `bio` ends.
    pub fn request_merge(&self, reqs: &Reqs, bio: &Bio) -> Option<ReqId> {
        if !self.tunables.front_merges {
            return None;
        }
        let d = usize::from(bio.op.is_write());
        let sorted = &self.prios[bio.prio as usize].sorted;
        let rq = sorted.find(d, bio.end_sector())?;
        rq_mergeable(&reqs[rq]).then_some(rq)
    }

    /// `rq` was merged into at its front: it has a new place in sector order
    /// (`dd_request_merged`).
    pub fn resort(&mut self, reqs: &Reqs, rq: ReqId) {
        let prio = reqs[rq].prio as usize;
        self.prios[prio].sorted.resort(reqs, rq);
    }

    /// `dd_merged_requests`: the earlier deadline and place survive.
    pub fn requests_merged(&mut self, reqs: &mut Reqs, rq: ReqId, next: ReqId) {
        if !reqs[next].rqf.has(RqFlags::SORTED) {
            return; // it was about to be inserted
        }
        let prio = reqs[rq].prio as usize;
        self.prios[prio].sorted.merged(reqs, rq, next);
        self.remove(reqs, next);
    }

    /// `elv_rb_latter_request`
    pub fn latter_request(&self, reqs: &Reqs, rq: ReqId) -> Option<ReqId> {
        self.prios[reqs[rq].prio as usize].sorted.latter(reqs, rq)
    }
    /// `elv_rb_former_request`
    pub fn former_request(&self, reqs: &Reqs, rq: ReqId) -> Option<ReqId> {
        self.prios[reqs[rq].prio as usize].sorted.former(reqs, rq)
    }
}
