//! The page cache of a block device, without data: which pages it holds, in
//! what state, and who waits for them (`mm/filemap.c`, 6.1).
//!
//! Pages are never reclaimed: memory is taken to be larger than what a run
//! touches. What a device's cache costs is a few bits a page, in chunks of
//! 128 MiB that are made when first touched.

mod bitmap;
pub mod dirty;
pub mod readahead;

pub use bitmap::Bitmap;
pub use dirty::Dirty;
pub use readahead::{Advice, DeviceLimits, ReadAhead, Window};

use crate::models::host::TaskId;
use crate::models::io::{DevId, SECTOR};

/// Bytes of a page.
pub const PAGE: u64 = 4096;
/// Sectors of a page.
pub const PAGE_SECTORS: u64 = PAGE / SECTOR;

/// What a task waits for at a page.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum PageBit {
    /// That it has been read (`PG_locked`).
    Locked,
    /// That it has been written (`PG_writeback`).
    Writeback,
}

/// A task that sleeps at a page.
#[derive(Copy, Clone, Debug)]
struct Waiter {
    page: u64,
    bit: PageBit,
    task: TaskId,
}

/// The page cache of one device (`struct address_space` of its inode).
#[derive(Debug)]
pub struct PageCache {
    /// The device.
    pub dev: DevId,
    /// How many have the device open.
    pub openers: u32,
    /// The tick at which its file was last written (`i_mtime`).
    pub written_at: u64,
    /// What its readers may read ahead.
    pub limits: DeviceLimits,
    /// Sectors of the device.
    sectors: u64,
    /// Pages it holds.
    present: Bitmap,
    /// Pages whose data are valid (`PG_uptodate`).
    uptodate: Bitmap,
    /// Pages being read (`PG_locked`).
    locked: Bitmap,
    /// Pages that start read-ahead when touched (`PG_readahead`).
    marked: Bitmap,
    /// Dirty pages.
    pub dirty: Dirty,
    waiters: Vec<Waiter>,
    /// Errors of write-back so far (`wb_err`).
    pub errors: u32,
    /// Windows that were not read ahead because the device was congested.
    pub put_off: u64,
}

impl PageCache {
    /// An empty cache of a device of so many sectors.
    pub fn new(dev: DevId, sectors: u64, limits: DeviceLimits) -> Self {
        PageCache {
            dev,
            openers: 0,
            written_at: 0,
            limits,
            sectors,
            present: Bitmap::default(),
            uptodate: Bitmap::default(),
            locked: Bitmap::default(),
            marked: Bitmap::default(),
            dirty: Dirty::default(),
            waiters: Vec::new(),
            errors: 0,
            put_off: 0,
        }
    }
    /// Whether it holds no page.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.present.is_empty()
    }
    /// Whether it holds `page`.
    pub fn has(&self, page: u64) -> bool {
        self.present.has(page)
    }
    /// The pages it holds.
    pub fn present(&self) -> &Bitmap {
        &self.present
    }
    /// Whether the data of `page` are valid.
    pub fn is_uptodate(&self, page: u64) -> bool {
        self.uptodate.has(page)
    }
    /// Whether `page` is being read.
    pub fn is_locked(&self, page: u64) -> bool {
        self.locked.has(page)
    }
    /// Pages being read.
    pub fn reading(&self) -> u64 {
        self.locked.count()
    }
    /// The first page that is being read.
    pub fn first_locked(&self) -> Option<u64> {
        self.locked.next(0)
    }
    /// How many pages from `page` on a read can take together: up to the first
    /// that is absent, or with the first that is not valid or marked
    /// (`filemap_get_read_batch`).
    pub fn batch(&self, page: u64, max: u64) -> u64 {
        let mut n = 0;
        while n < max && self.present.has(page + n) {
            n += 1;
            let last = page + n - 1;
            if !self.uptodate.has(last) || self.marked.has(last) {
                break;
            }
        }
        n
    }
    /// Takes the marker off `page`; whether it had one. A page on its way to
    /// the device keeps it.
    pub fn take_marker(&mut self, page: u64) -> bool {
        !self.dirty.is_in_flight(page) && self.marked.clear(page)
    }

    /// The next pages of `w` from `at` on that are absent: first and end.
    pub fn absent_run(&self, w: &Window, at: u64) -> Option<(u64, u64)> {
        let first = (at..w.end).find(|&p| !self.present.has(p))?;
        let end = (first..w.end).find(|&p| self.present.has(p));
        Some((first, end.unwrap_or(w.end)))
    }
    /// `page` is about to be read.
    pub fn begin_read(&mut self, page: u64, marked: bool) {
        self.present.set(page);
        self.locked.set(page);
        if marked {
            self.marked.set(page);
        }
    }
    /// `page` has been read, or could not be (`page_endio`).
    pub fn end_read(&mut self, page: u64, ok: bool) {
        self.locked.clear(page);
        if ok {
            self.uptodate.set(page);
        }
    }
    /// `page` has been written to.
    pub fn write(&mut self, page: u64) {
        self.present.set(page);
        self.uptodate.set(page);
        self.dirty.set(page);
    }
    /// Drops the pages of `from..end` that nobody reads, writes or has written
    /// to (`invalidate_mapping_pages`).
    pub fn invalidate(&mut self, from: u64, end: u64) {
        self.drop_range(from, end, false);
    }
    /// Drops the pages of `from..end`, whatever they hold; those under I/O are
    /// left (`truncate_inode_pages_range`).
    pub fn truncate(&mut self, from: u64, end: u64) {
        self.drop_range(from, end, true);
    }
    fn drop_range(&mut self, from: u64, end: u64, dirty_ones: bool) {
        let mut at = from;
        while let Some(page) = self.present.next_before(at, end) {
            at = page + 1;
            let under_io = self.locked.has(page) || self.dirty.is_in_flight(page);
            if under_io || (self.dirty.has(page) && !dirty_ones) {
                continue;
            }
            self.present.clear(page);
            self.uptodate.clear(page);
            self.marked.clear(page);
            self.dirty.forget(page);
        }
    }

    /// Sectors of the pages `first..end`; the last page of a device may be
    /// short.
    pub fn sectors(&self, first: u64, end: u64) -> u32 {
        let end = (end * PAGE_SECTORS).min(self.sectors);
        end.saturating_sub(first * PAGE_SECTORS) as u32
    }
    /// Bytes of the device that `page` stands for.
    pub fn page_bytes(&self, page: u64) -> u64 {
        u64::from(self.sectors(page, page + 1)) * SECTOR
    }
    /// Pages of the device.
    pub fn pages(&self) -> u64 {
        self.limits.pages
    }

    /// Whether `page` is in the state that a task can wait to end.
    pub fn is(&self, page: u64, bit: PageBit) -> bool {
        match bit {
            PageBit::Locked => self.locked.has(page),
            PageBit::Writeback => self.dirty.is_in_flight(page),
        }
    }
    /// `task` is about to sleep until `bit` of `page` is clear.
    pub fn wait(&mut self, page: u64, bit: PageBit, task: TaskId) {
        let there = |w: &Waiter| w.task == task && w.page == page && w.bit == bit;
        if !self.waiters.iter().any(there) {
            self.waiters.push(Waiter { page, bit, task });
        }
    }
    /// A task that sleeps for `bit` of a page in `first..end`, taken off the
    /// list.
    pub fn take_waiter(&mut self, first: u64, end: u64, bit: PageBit) -> Option<TaskId> {
        let wanted = |w: &Waiter| w.bit == bit && (first..end).contains(&w.page);
        let i = self.waiters.iter().position(wanted)?;
        Some(self.waiters.remove(i).task)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cache() -> PageCache {
        PageCache::new(DevId(0), 2_097_155, DeviceLimits::new(0, 2048, 262_145))
    }

    #[test]
    fn a_batch_ends_with_the_first_page_that_needs_care() {
        let mut c = cache();
        for page in 0..10 {
            c.begin_read(page, page == 4);
        }
        assert_eq!(c.batch(0, 15), 1); // not read yet
        for page in 0..8 {
            c.end_read(page, true);
        }
        assert_eq!(c.batch(0, 15), 5); // with the marked one
        assert!(c.take_marker(4) && !c.take_marker(4));
        assert_eq!(c.batch(0, 15), 9);
        assert_eq!(c.batch(0, 3), 3);
        assert_eq!(c.batch(10, 3), 0);
    }

    #[test]
    fn the_last_page_may_be_short() {
        let c = cache();
        assert_eq!(c.sectors(0, 4), 32);
        assert_eq!(c.sectors(262_144, 262_145), 3);
    }

    #[test]
    fn only_the_waiter_of_a_page_is_found() {
        let mut c = cache();
        let (a, b) = (TaskId(1), TaskId(2));
        c.wait(7, PageBit::Locked, a);
        c.wait(7, PageBit::Locked, a);
        c.wait(8, PageBit::Writeback, b);
        assert_eq!(c.take_waiter(8, 9, PageBit::Locked), None);
        assert_eq!(c.take_waiter(0, 9, PageBit::Locked), Some(a));
        assert_eq!(c.take_waiter(0, 9, PageBit::Locked), None);
        assert_eq!(c.take_waiter(0, 9, PageBit::Writeback), Some(b));
    }

    #[test]
    fn limits_follow_the_devices() {
        assert_eq!(DeviceLimits::new(0, 2560, 1).ra_pages, 32);
        assert_eq!(DeviceLimits::new(512 * 1024, 1024, 1).ra_pages, 256);
        assert_eq!(DeviceLimits::new(0, 2048, 1).io_pages, 256);
    }

    #[test]
    fn pages_under_io_are_not_dropped() {
        let mut c = cache();
        c.write(1);
        c.write(2);
        c.begin_read(3, false);
        c.dirty.tag(0, 10);
        c.dirty.begin(2);
        c.write(4);
        c.invalidate(0, 10);
        assert!(c.has(2) && c.has(3) && c.has(4));
        c.truncate(0, 10);
        assert!(!c.has(4) && c.has(2) && c.has(3));
        assert_eq!(c.dirty.count(), 0);
    }
}
