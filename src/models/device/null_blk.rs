//! null_blk (`drivers/block/null_blk/main.c`, 6.1): one timer a command, started
//! at issue, whatever the command's size and the load. It takes requests, or
//! bios without a queue of its own.

use std::collections::VecDeque;

use super::super::block::complete::{self, bio_endio};
use super::super::block::driver::blk_mq_start_request;
use super::super::host::Cost;
use super::super::io::{BioId, BlkStatus, Op, ReqId, SECTOR};
use super::scripted::{Script, strike, touches};
use super::{DeviceEnv, NullBlkConfig};
use crate::sim::{Ns, unlikely};

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
    /// Ranges of sectors, first and last, on which every command fails.
    pub bad: Vec<(u64, u64)>,
    /// Whether it tells how far a command got before a bad sector, as SCSI
    /// drivers do; null_blk of 6.1 fails all of it.
    pub tells_progress: bool,
    /// Other faults: how the next commands end.
    pub faults: Script<Fault>,
}

/// How a command of null_blk is made to end.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Sectors that are moved all the same.
    pub moved: u32,
    /// How the rest ends.
    pub status: BlkStatus,
}

/// Bytes of a page.
const PAGE: u64 = 4096;
/// Pages of a MiB.
const MIB_PAGES: u64 = 256;

impl NullBlkConfig {
    /// What a command takes.
    #[inline]
    pub fn delay(&self) -> Ns {
        if self.irqmode == IRQ_TIMER {
            self.completion_nsec
        } else {
            Ns::ZERO
        }
    }
    /// Sectors of a request at most.
    pub fn most_sectors(&self) -> u32 {
        match self.max_sectors {
            0 => 255,
            most => most,
        }
    }
}

impl NullBlk {
    /// An idle device without faults.
    pub fn new(config: NullBlkConfig) -> Self {
        NullBlk {
            config,
            cached_pages: 0,
            busy: 0,
            waiting: VecDeque::new(),
            bad: Vec::new(),
            tells_progress: false,
            faults: Vec::new(),
        }
    }
    /// Whether it takes bios (`queue_mode` 0).
    pub fn is_bio_based(&self) -> bool {
        self.config.queue_mode == 0
    }
    /// Whether it neither keeps data nor has any fault.
    #[inline]
    fn is_plain(&self) -> bool {
        self.config.memory_backed == 0 && self.bad.is_empty() && self.faults.is_empty()
    }
    /// What a command takes.
    #[inline]
    fn delay(&self) -> Ns {
        self.config.delay()
    }

    /// How a command ends (`null_handle_badblocks`): decided when it is issued.
    fn fault(&mut self, sector: u64, sectors: u32) -> Option<Fault> {
        let bad = |&&(first, last): &&(u64, u64)| touches(sector, sectors, first, last);
        let first_bad = self.bad.iter().filter(bad).map(|&(first, _)| first).min();
        if let Some(first) = first_bad {
            let before = first.saturating_sub(sector) as u32;
            return Some(Fault {
                moved: if self.tells_progress { before } else { 0 },
                status: BlkStatus::IoErr,
            });
        }
        strike(&mut self.faults, sector, sectors)
    }

    /// Sectors `first` to `last` become bad, or good again.
    pub fn set_bad_blocks(&mut self, set: bool, first: u64, last: u64) {
        if set {
            self.bad.push((first, last));
            return;
        }
        let cut = |&(from, to): &(u64, u64)| {
            let before = (from, to.min(first.saturating_sub(1)));
            let after = (from.max(last.saturating_add(1)), to);
            let left = [(first > from, before), (last < to, after)];
            left.into_iter()
                .filter(|&(any, (from, to))| any && from <= to)
                .map(|(_, range)| range)
        };
        self.bad = self.bad.iter().flat_map(cut).collect();
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
            Op::Discard | Op::DrvIn => (Cost::StorePage, 0),
        }
    }
}

/// `irqmode` 2: completion by timer.
const IRQ_TIMER: u8 = 2;

/// `null_queue_rq`: never busy.
#[inline(always)]
pub fn queue_rq<K: DeviceEnv>(k: &mut K, nullb: u16, rq: ReqId) -> BlkStatus {
    k.host().charge(Cost::QueueRq);
    blk_mq_start_request(k, rq);
    let n = &k.devices().null_blks[usize::from(nullb)];
    let (delay, is_plain) = (n.delay(), n.is_plain());
    if !is_plain {
        handle_cmd(k, nullb, rq);
    }
    k.host().charge(Cost::Issue);
    k.complete_after(delay, rq);
    k.host().charge(Cost::Issued);
    BlkStatus::Ok
}

/// What becomes of the command, and of its data if the device keeps them
/// (`null_handle_cmd`).
#[inline(never)]
fn handle_cmd<K: DeviceEnv>(k: &mut K, nullb: u16, rq: ReqId) {
    let r = &k.block().reqs[rq];
    let (op, sector, sectors) = (r.op, r.sector, r.sectors);
    let n = &mut k.devices().null_blks[usize::from(nullb)];
    let fault = n.fault(sector, sectors);
    let r = &mut k.block().reqs[rq];
    r.status = fault.map_or(BlkStatus::Ok, |f| f.status);
    r.completed = fault.map_or(0, |f| f.moved);
    let n = &mut k.devices().null_blks[usize::from(nullb)];
    if n.config.memory_backed > 0 && fault.is_none() {
        let (cost, pages) = n.move_data(op, sectors);
        k.host().charge_n(cost, pages);
    }
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
    k.host().charge(Cost::Issue);
    k.complete_bio_after(delay, nullb, bio);
    k.host().charge(Cost::Issued);
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

/// The timer of `rq` has expired (`end_cmd`).
#[inline(always)]
pub fn end_cmd<K: DeviceEnv>(k: &mut K, rq: ReqId) {
    let r = &k.block().reqs[rq];
    let (status, moved) = (r.status, r.completed);
    if unlikely(status != BlkStatus::Ok) && moved > 0 {
        let bytes = u64::from(moved) * SECTOR;
        complete::blk_update_request(k, rq, BlkStatus::Ok, bytes);
    }
    complete::blk_mq_end_request(k, rq, status);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_that_touches_a_bad_block_fails() {
        let mut n = NullBlk::new(NullBlkConfig::default());
        n.set_bad_blocks(true, 8, 15);
        let fails = |n: &mut NullBlk, sector| n.fault(sector, 8).is_some();
        assert!(!fails(&mut n, 0) && fails(&mut n, 1) && fails(&mut n, 15) && !fails(&mut n, 16));
        assert_eq!(n.fault(8, 8).map(|f| f.status), Some(BlkStatus::IoErr));
        n.set_bad_blocks(false, 10, 11);
        assert_eq!(n.bad, [(8, 9), (12, 15)]);
        n.set_bad_blocks(false, 0, 100);
        assert_eq!(n.bad, []);
    }
}
