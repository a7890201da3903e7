//! null_blk in its blk-mq mode (`drivers/block/null_blk/main.c`, 6.1): one timer
//! a command, started at issue, whatever the command's size and the load.

use super::super::block::dispatch::blk_mq_start_request;
use super::super::host::Cost;
use super::super::io::{BlkStatus, Op, ReqId, SECTOR};
use super::{DeviceEnv, NullBlkConfig};
use crate::sim::Ns;

/// A null_blk device.
#[derive(Clone, Debug)]
pub struct NullBlk {
    /// Its attributes.
    pub config: NullBlkConfig,
    /// Pages in its write cache.
    pub cached_pages: u64,
}

/// Bytes of a page.
const PAGE: u64 = 4096;
/// Pages of a MiB.
const MIB_PAGES: u64 = 256;

impl NullBlk {
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
pub fn queue_rq<K: DeviceEnv>(k: &mut K, nullb: u16, rq: ReqId) -> BlkStatus {
    blk_mq_start_request(k, rq);
    let r = &k.block().reqs[rq];
    let (op, sectors) = (r.op, r.sectors);
    let n = &mut k.devices().null_blks[usize::from(nullb)];
    if n.config.memory_backed > 0 {
        let (cost, pages) = n.move_data(op, sectors);
        k.host().charge_n(cost, pages);
    }
    let c = &k.devices().null_blks[usize::from(nullb)].config;
    let delay = if c.irqmode == IRQ_TIMER {
        c.completion_nsec
    } else {
        Ns::ZERO
    };
    k.host().charge(Cost::Issue);
    k.complete_after(delay, rq);
    k.host().charge(Cost::Issued);
    BlkStatus::Ok
}
