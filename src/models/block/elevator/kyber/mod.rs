//! kyber (`block/kyber-iosched.c`, 6.1).
//!
//! Requests wait by domain (reads, writes, discards, others) and CPU, where
//! bios may join them, and go out in batches, one domain after the other. In
//! each domain only so many may be with the driver or on their way to it as the
//! device takes without exceeding its target of latency: a timer looks at what
//! has been measured and makes domains deeper or shallower (`latency`).
//!
//! Nothing is sorted, and requests do not merge with each other.

mod latency;
#[cfg(test)]
mod tests;

use super::super::super::io::{Op, ReqId};
use super::super::hctx::HctxId;
use super::super::request::{ElvPriv, ReqList, Request};
use super::super::tags::Tags;
use super::Reqs;
use crate::sim::Ns;
use latency::Latency;

/// Domains (`KYBER_READ` and so on).
const DOMAINS: usize = 4;
/// The domain of everything that is not read, written or discarded.
const OTHER: usize = 3;
/// Most requests of each domain that the driver may have (`kyber_depth`).
const DEPTH: [u32; DOMAINS] = [256, 128, 64, 16];
/// Requests of each domain in a row (`kyber_batch_size`).
const BATCH: [u32; DOMAINS] = [16, 8, 1, 1];
/// Percent of the scheduler's tags that requests may take for which nobody
/// waits (`KYBER_ASYNC_PERCENT`).
const ASYNC_PERCENT: u32 = 75;

/// `kyber_sched_domain`
#[inline]
fn domain(op: Op) -> usize {
    match op {
        Op::Read => 0,
        Op::Write => 1,
        Op::Discard => 2,
        Op::Flush | Op::DrvIn => OTHER,
    }
}

/// Of each word of `1 << shift` tags, how many requests may take for which
/// nobody waits (`kyber_depth_updated`); 0 is no limit.
pub fn async_depth(shift: u32) -> u32 {
    (1 << shift) * ASYNC_PERCENT / 100
}

/// One hardware queue (`struct kyber_hctx_data`).
#[derive(Debug)]
struct Hctx {
    /// By CPU and domain: bios may join these (`struct kyber_ctx_queue`).
    kcqs: Vec<[ReqList; DOMAINS]>,
    /// Taken from there: nothing joins them.
    rqs: [ReqList; DOMAINS],
    cur_domain: usize,
    batching: u32,
}

impl Hctx {
    fn waits_in_kcqs(&self, domain: usize) -> bool {
        self.kcqs.iter().any(|kcq| !kcq[domain].is_empty())
    }
}

/// The scheduler's state (`struct kyber_queue_data`).
#[derive(Debug)]
pub struct Kyber {
    /// Of each word of tags, how many requests may take for which nobody waits.
    async_depth: u32,
    first: HctxId,
    hctxs: Vec<Hctx>,
    /// By domain: who has one may go to the driver.
    tokens: [Tags<HctxId>; DOMAINS],
    latency: Latency,
    timer_pending: bool,
}

impl Kyber {
    /// An empty scheduler for `hctxs` hardware queues from `first` on and
    /// `cpus` CPUs; `shift` is that of the scheduler's tags.
    pub fn new(first: HctxId, hctxs: usize, cpus: usize, shift: u32) -> Self {
        let hctx = |_| Hctx {
            kcqs: vec![Default::default(); cpus],
            rqs: Default::default(),
            cur_domain: 0,
            batching: 0,
        };
        Kyber {
            async_depth: async_depth(shift),
            first,
            hctxs: (0..hctxs).map(hctx).collect(),
            tokens: DEPTH.map(Tags::new),
            latency: Latency::default(),
            timer_pending: false,
        }
    }

    #[inline]
    fn index(&self, hctx: HctxId) -> usize {
        hctx.index() - self.first.index()
    }

    /// Of each word of tags, how many a request that is `sync` or not may see
    /// (`kyber_limit_depth`).
    #[inline]
    pub fn limit_depth(&self, sync: bool) -> Option<u32> {
        (!sync && self.async_depth > 0).then_some(self.async_depth)
    }

    /// The requests that a bio of `cpu` may join (`kyber_bio_merge`).
    #[inline]
    pub fn kcq(&self, hctx: HctxId, cpu: u8, op: Op) -> ReqList {
        self.hctxs[self.index(hctx)].kcqs[usize::from(cpu)][domain(op)]
    }

    /// `kyber_insert_requests` of one request.
    pub fn insert(&mut self, reqs: &mut Reqs, rq: ReqId, at_head: bool) {
        let r = &reqs[rq];
        let (hctx, cpu, domain) = (self.index(r.hctx), usize::from(r.cpu), domain(r.op));
        let list = &mut self.hctxs[hctx].kcqs[cpu][domain];
        if at_head {
            list.push_front(reqs, rq);
        } else {
            list.push_back(reqs, rq);
        }
    }

    /// `kyber_dispatch_request`: the batch goes on, or the next domain that has
    /// a request and a token for it begins one.
    pub fn dispatch(&mut self, reqs: &mut Reqs, hctx: HctxId) -> Option<ReqId> {
        let i = self.index(hctx);
        let h = &self.hctxs[i];
        if h.batching < BATCH[h.cur_domain] {
            let rq = self.dispatch_cur_domain(reqs, hctx);
            if rq.is_some() {
                return rq;
            }
        }
        self.hctxs[i].batching = 0;
        (0..DOMAINS).find_map(|_| {
            let h = &mut self.hctxs[i];
            h.cur_domain = (h.cur_domain + 1) % DOMAINS;
            self.dispatch_cur_domain(reqs, hctx)
        })
    }

    /// `kyber_dispatch_cur_domain`: requests stay where bios can join them
    /// until one of them can go.
    fn dispatch_cur_domain(&mut self, reqs: &mut Reqs, hctx: HctxId) -> Option<ReqId> {
        let i = self.index(hctx);
        let h = &self.hctxs[i];
        let domain = h.cur_domain;
        let flushed = !h.rqs[domain].is_empty();
        if !flushed && !h.waits_in_kcqs(domain) || !self.get_domain_token(hctx, domain) {
            return None;
        }
        let h = &mut self.hctxs[i];
        if !flushed {
            for kcq in &mut h.kcqs {
                h.rqs[domain].append(reqs, std::mem::take(&mut kcq[domain]));
            }
        }
        h.batching += 1;
        let rq = h.rqs[domain].pop_front(reqs)?;
        reqs[rq].elv = ElvPriv::DomainToken;
        Some(rq)
    }

    /// `kyber_get_domain_token`: if there is none, `hctx` is run when there is.
    fn get_domain_token(&mut self, hctx: HctxId, domain: usize) -> bool {
        let tokens = &mut self.tokens[domain];
        let got = tokens.get();
        if got {
            tokens.finish_wait(hctx);
        } else {
            tokens.wait(hctx);
        }
        got
    }

    /// `kyber_has_work`
    #[inline]
    pub fn has_work(&self, hctx: HctxId) -> bool {
        let h = &self.hctxs[self.index(hctx)];
        (0..DOMAINS).any(|d| !h.rqs[d].is_empty() || h.waits_in_kcqs(d))
    }

    /// Whether it holds nothing and nobody holds a token.
    pub fn is_idle(&self) -> bool {
        let last = self.first.0 + self.hctxs.len() as u16;
        let mut hctxs = (self.first.0..last).map(HctxId);
        hctxs.all(|h| !self.has_work(h)) && self.tokens.iter().all(|t| t.used() == 0)
    }

    /// `rq` has ended, or is to be inserted anew (`kyber_finish_request`); its
    /// token is free. Returns how many hardware queues are to be run, which
    /// [`Kyber::next_waiter`] tells.
    #[inline]
    pub fn finish(&mut self, rq: &Request) -> u32 {
        match rq.elv {
            ElvPriv::DomainToken => self.tokens[domain(rq.op)].put(),
            _ => 0,
        }
    }

    /// The next hardware queue that waited for a token like that of `rq`
    /// (`kyber_domain_wake`).
    pub fn next_waiter(&mut self, rq: &Request) -> Option<HctxId> {
        self.tokens[domain(rq.op)].next_waiter()
    }

    /// `rq` is complete (`kyber_completed_request`). Returns whether the timer
    /// is to be armed, for 100 ms.
    #[inline]
    pub fn completed(&mut self, rq: &Request, now: Ns) -> bool {
        let domain = domain(rq.op);
        if domain == OTHER {
            return false;
        }
        self.latency.sample(
            domain,
            now.saturating_sub(rq.start),
            now.saturating_sub(rq.io_start),
        );
        !std::mem::replace(&mut self.timer_pending, true)
    }

    /// The timer has fired, at tick `now` (`kyber_timer_fn`).
    pub fn timer_fired(&mut self, now: Ns) {
        self.timer_pending = false;
        for (domain, p99) in self.latency.evaluate(now).into_iter().enumerate() {
            let Some(p99) = p99 else { continue };
            let tokens = &mut self.tokens[domain];
            tokens.resize(latency::scaled(tokens.depth(), p99).clamp(1, DEPTH[domain]));
        }
    }
}
