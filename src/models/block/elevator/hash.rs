//! Requests by the sector behind their end (`elevator.c:elv_rqhash_*`, 6.1).

use super::super::super::io::ReqId;
use super::super::merge::rq_mergeable;
use super::super::request::{Request, RqFlags};
use super::Reqs;

/// Buckets (`1 << ELV_HASH_BITS`).
const BUCKETS: usize = 64;

/// A small table of ours, chained through [`Request::hash_next`]; the newest
/// of a bucket is found first, as in the kernel.
#[derive(Debug)]
pub struct ElvHash {
    heads: [Option<ReqId>; BUCKETS],
}

impl Default for ElvHash {
    fn default() -> Self {
        ElvHash {
            heads: [None; BUCKETS],
        }
    }
}

/// What a request is hashed by (`rq_hash_key`).
#[inline]
fn key(rq: &Request) -> u64 {
    rq.sector + u64::from(rq.sectors)
}

/// The bucket of a key (`hash_64`).
#[inline]
fn bucket(key: u64) -> usize {
    (key.wrapping_mul(0x61C8_8646_80B5_83EB) >> 58) as usize
}

impl ElvHash {
    /// `elv_rqhash_add`
    #[inline]
    pub fn add(&mut self, reqs: &mut Reqs, rq: ReqId) {
        let b = bucket(key(&reqs[rq]));
        let r = &mut reqs[rq];
        r.rqf.set(RqFlags::HASHED);
        r.hash_next = self.heads[b].replace(rq);
        r.hash_key = key(r);
    }
    /// `elv_rqhash_del`
    #[inline]
    pub fn remove(&mut self, reqs: &mut Reqs, rq: ReqId) {
        if !reqs[rq].rqf.has(RqFlags::HASHED) {
            return;
        }
        let b = bucket(reqs[rq].hash_key);
        let next = reqs[rq].hash_next;
        reqs[rq].rqf.clear(RqFlags::HASHED);
        if self.heads[b] == Some(rq) {
            self.heads[b] = next;
            return;
        }
        let mut at = self.heads[b];
        while let Some(p) = at {
            at = reqs[p].hash_next;
            if at == Some(rq) {
                reqs[p].hash_next = next;
                return;
            }
        }
    }
    /// `elv_rqhash_find`: requests that no longer merge are dropped on the way.
    #[inline]
    pub fn find(&mut self, reqs: &mut Reqs, sector: u64) -> Option<ReqId> {
        let mut at = self.heads[bucket(sector)];
        while let Some(rq) = at {
            at = reqs[rq].hash_next;
            if !rq_mergeable(&reqs[rq]) {
                self.remove(reqs, rq);
            } else if key(&reqs[rq]) == sector {
                return Some(rq);
            }
        }
        None
    }
}
