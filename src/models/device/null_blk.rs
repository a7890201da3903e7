//! null_blk (`drivers/block/null_blk/main.c`, 6.1): one timer a command, started
//! at issue, whatever the command's size and the load. It takes requests, or
//! bios without a queue of its own.

use std::collections::VecDeque;

use super::super::block::complete::bio_endio;
use super::super::block::driver::blk_mq_start_request;
use super::super::host::Cost;
use super::super::io::{BioId, BlkStatus, Op, ReqId, SECTOR};
use super::{DeviceEnv, NullBlkConfig};
use crate::sim::Ns;

/// A null_blk device.
#[derive(Clone, Debug)]
pub struct NullBlk {
    /// Its attributes.
    pub config: NullBlkConfig,
    /// Pages in its write cache.
    pub cached_pages: u64,
    /// Bio-based: slots for commands that are taken.
    pub busy: u32,
    /// Bio-based: bios that found no slot, in order.
    pub waiting: VecDeque<BioId>,
}

/// Bytes of a page.
const PAGE: u64 = 4096;
/// Pages of a MiB.
const MIB_PAGES: u64 = 256;

impl NullBlk {
    /// An idle device.
    pub fn new(config: NullBlkConfig) -> Self {
        NullBlk {
            config,
            cached_pages: 0,
            busy: 0,
            waiting: VecDeque::new(),
        }
    }
    /// Whether it takes bios (`queue_mode` 0).
    pub fn is_bio_based(&self) -> bool {
        self.config.queue_mode == 0
    }
    /// What a command takes.
    fn delay(&self) -> Ns {
        if self.config.irqmode == IRQ_TIMER {
            self.config.completion_nsec
        } else {
            Ns::ZERO
        }
    }
    /// Moves the data of a request; how many pages of which kind that takes
    /// (`null_handle_memory_backed`, `null_handle_flush`). Until the next flush
    /// a write cache holds what is written, up to its size.
    fn move_data(&mut self, op: Op, sectors: u32) -> (Cost, u64) {
        let pages = (u64::from(sectors) * SECTOR).div_ceil(PAGE);
        match op {
            Op::Read => (Cost::StorePage, pages),
            Op::Write => {
                let most = self.config.cache_size * MIB_PAGES;
                self.cached_pages = (self.cached_pages + pages).min(most);
                (Cost::StorePage, pages)
            }
            Op::Flush => (Cost::FlushPage, std::mem::take(&mut self.cached_pages)),
            Op::Discard => (Cost::StorePage, 0),
        }
    }
}

/// `irqmode` 2: completion by timer.
const IRQ_TIMER: u8 = 2;

/// `null_queue_rq`: never busy.
#[inline]
pub fn queue_rq<K: DeviceEnv>(k: &mut K, nullb: u16, rq: ReqId) -> BlkStatus {
    blk_mq_start_request(k, rq);
    let r = &k.block().reqs[rq];
    let (op, sectors) = (r.op, r.sectors);
    let n = &mut k.devices().null_blks[usize::from(nullb)];
    if n.config.memory_backed > 0 {
        let (cost, pages) = n.move_data(op, sectors);
        k.host().charge_n(cost, pages);
    }
    let delay = k.devices().null_blks[usize::from(nullb)].delay();
    let at = k.host().now() + delay;
    k.complete_at(at, rq);
    k.host().charge(Cost::Issue);
    BlkStatus::Ok
}

/// `null_submit_bio`: every command takes one of `hw_queue_depth` slots. In the
/// kernel a submitter sleeps for one; here its bio waits, and it goes on.
pub fn submit_bio<K: DeviceEnv>(k: &mut K, nullb: u16, bio: BioId) {
    let n = &mut k.devices().null_blks[usize::from(nullb)];
    if n.busy >= n.config.hw_queue_depth.max(1) {
        return n.waiting.push_back(bio);
    }
    n.busy += 1;
    issue_bio(k, nullb, bio);
}

fn issue_bio<K: DeviceEnv>(k: &mut K, nullb: u16, bio: BioId) {
    let delay = k.devices().null_blks[usize::from(nullb)].delay();
    let at = k.host().now() + delay;
    k.complete_bio_at(at, nullb, bio);
    k.host().charge(Cost::Issue);
}

/// The command of `bio` has ended (`end_cmd`).
pub fn bio_completed<K: DeviceEnv>(k: &mut K, nullb: u16, bio: BioId) {
    bio_endio(k, bio, BlkStatus::Ok);
    let n = &mut k.devices().null_blks[usize::from(nullb)];
    match n.waiting.pop_front() {
        Some(next) => issue_bio(k, nullb, next),
        None => n.busy -= 1,
    }
}
