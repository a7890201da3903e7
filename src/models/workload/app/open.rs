//! Opening and closing a block device, as far as its page cache is concerned
//! (`block/bdev.c`, `block/ioctl.c:blkdev_flushbuf`, 6.1).
//!
//! fio opens its file before its first I/O, and anew when a job starts over. It
//! has the cache cleared (`invalidate`) and tells of its pattern.

use super::{AppEnv, Waiting, cache, thread, writeback};
use crate::models::host::Step;
use crate::models::workload::page_cache::{PageBit, ReadAhead};

/// Thread `t` opens its device. If it wants the cache cleared, it waits for
/// that first.
pub fn open<K: AppEnv>(k: &mut K, t: u16) {
    let c = cache(k, t);
    c.openers += 1;
    let (limits, errors, is_empty) = (c.limits, c.errors, c.is_empty());
    let th = thread(k, t);
    th.is_open = true;
    th.ra = ReadAhead::new(limits, th.advice);
    th.seen_errors = errors;
    th.waiting = Waiting::Nothing;
    if th.fio.spec().invalidate && !is_empty {
        th.waiting = Waiting::Open;
        write_back(k, t);
    }
}

/// What thread `t` wanted cleared is written back: the cache is emptied
/// (`invalidate_bdev`).
pub fn cleared<K: AppEnv>(k: &mut K, t: u16) {
    let c = cache(k, t);
    c.invalidate(0, c.pages());
}

/// Thread `t` closes its device. With the last that has it open, what is dirty
/// is first written back, without a flush, and what is being read is waited
/// for; then the cache is gone (`blkdev_put`, `sync_blockdev`, `kill_bdev`).
/// None once it is closed.
pub fn close<K: AppEnv>(k: &mut K, t: u16) -> Option<Step> {
    let th = thread(k, t);
    let task = th.task;
    if !th.is_open {
        return None;
    }
    let c = cache(k, t);
    if c.openers == 1 {
        if !c.dirty.is_clean() {
            write_back(k, t);
            return Some(Step::Again);
        }
        if let Some(page) = c.first_locked() {
            c.wait(page, PageBit::Locked, task);
            return Some(Step::Block);
        }
        c.truncate(0, c.pages());
    }
    c.openers = c.openers.saturating_sub(1);
    thread(k, t).is_open = false;
    None
}

fn write_back<K: AppEnv>(k: &mut K, t: u16) {
    let c = cache(k, t);
    if !c.dirty.is_clean() {
        let pages = c.pages();
        writeback::call(k, t, 0, pages);
    }
}
