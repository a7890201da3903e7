//! Reads and writes through the page cache
//! (`mm/filemap.c:filemap_read`, `generic_perform_write`, 6.1).

use super::{AppEnv, AppFrame, Event, Slot, cache, fsync, page_io, thread};
use crate::models::block::{plug, pop};
use crate::models::host::{Cost, Step, TaskId};
use crate::models::io::Op;
use crate::models::workload::fio::IoUnit;
use crate::models::workload::page_cache::{Bitmap, PAGE, PageBit, ReadAhead};

/// Pages that a read takes together at most (`PAGEVEC_SIZE`).
const BATCH: u64 = 15;
const EIO: i32 = 5;

/// A read or write, in the midst of it.
#[derive(Copy, Clone, Debug)]
pub struct Buffered {
    thread: u16,
    /// What is left of the transfer.
    unit: IoUnit,
    /// Whether its end is an event in the ring (`io_submit`).
    event: bool,
    /// Whether the plug of the call is its own.
    plugged: bool,
    stage: Stage,
}

/// How far the present page has come; numbers are pages of a batch.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
enum Stage {
    /// The call has just been entered.
    Enter,
    /// The next page is looked up.
    Look,
    /// It was absent, and read ahead.
    Missed,
    /// So many pages can be read, the last of them when it is valid.
    Have(u8),
    /// The last of them is being read by somebody.
    Locked(u8),
    /// The last of them is being read by us, alone.
    Reread(u8),
    /// The page to be written in part has been asked for.
    Filled,
    /// All is written; it goes to the medium.
    Medium,
}

/// The running task's next steps carry out `unit` through the page cache. Its
/// end is seen in the unit's slot and, with `event`, in the thread's ring.
#[inline(never)]
pub fn call<K: AppEnv>(k: &mut K, thread: u16, unit: &IoUnit, event: bool) {
    super::thread(k, thread).slots[unit.slot as usize] = Slot::default();
    let frame = K::app_frame(AppFrame::Buffered(Buffered {
        thread,
        unit: *unit,
        event,
        plugged: false,
        stage: Stage::Enter,
    }));
    k.host().call(frame);
}

/// Goes on with a read or write.
pub fn step<K: AppEnv>(k: &mut K, task: TaskId, f: Buffered) -> Step {
    match f.unit.op {
        Op::Read => step_read(k, task, f),
        _ => step_write(k, task, f),
    }
}

fn stay<K: AppEnv>(k: &mut K, task: TaskId, f: Buffered, stage: Stage) -> Step {
    if let Some(top) = k.host().tasks[task.index()].stack.last_mut() {
        *top = K::app_frame(AppFrame::Buffered(Buffered { stage, ..f }));
    }
    Step::Again
}

impl Buffered {
    /// The page it is at.
    fn page(&self) -> u64 {
        self.unit.offset / PAGE
    }
    /// The page behind its last.
    fn end(&self) -> u64 {
        (self.unit.offset + u64::from(self.unit.len)).div_ceil(PAGE)
    }
    /// Moves on by `bytes`.
    fn moved<K: AppEnv>(&mut self, k: &mut K, bytes: u32) {
        self.unit.offset += u64::from(bytes);
        self.unit.len -= bytes;
        thread(k, self.thread).slots[self.unit.slot as usize].bytes += bytes;
    }
    /// Bytes moved so far.
    fn done<K: AppEnv>(&self, k: &mut K) -> u32 {
        thread(k, self.thread).slots[self.unit.slot as usize].bytes
    }
}

/// `filemap_read`
fn step_read<K: AppEnv>(k: &mut K, task: TaskId, f: Buffered) -> Step {
    let (t, page) = (f.thread, f.page());
    match f.stage {
        _ if f.unit.len == 0 => finish(k, task, f, 0),
        Stage::Enter | Stage::Look if !cache(k, t).has(page) => {
            let window = thread_ra(k, t, |ra, present| ra.missed(present, page, f.end() - page));
            stay(k, task, f, Stage::Missed);
            page_io::read_ahead(k, t, window);
            Step::Again
        }
        Stage::Missed if !cache(k, t).has(page) => {
            stay(k, task, f, Stage::Reread(1));
            page_io::read_page(k, t, page);
            Step::Again
        }
        Stage::Enter | Stage::Look | Stage::Missed => take_batch(k, task, f),
        Stage::Have(n) => check_last(k, task, f, n),
        Stage::Locked(n) => {
            let last = page + u64::from(n) - 1;
            if cache(k, t).is_locked(last) {
                return page_io::sleep_on_page(k, task, t, last, PageBit::Locked);
            }
            // What came before it is taken first; then it is looked up again.
            copy(k, task, f, n - 1)
        }
        Stage::Reread(n) => {
            let last = page + u64::from(n) - 1;
            if cache(k, t).is_locked(last) {
                return page_io::sleep_on_page(k, task, t, last, PageBit::Locked);
            }
            if cache(k, t).is_uptodate(last) {
                return copy(k, task, f, n);
            }
            if !cache(k, t).has(last) {
                return stay(k, task, f, Stage::Look); // dropped meanwhile
            }
            thread(k, t).ra.shrink();
            match n {
                1 => finish(k, task, f, EIO),
                _ => copy(k, task, f, n - 1),
            }
        }
        Stage::Filled | Stage::Medium => finish(k, task, f, 0),
    }
}

/// Lets the read-ahead state of thread `t` decide over its cache.
fn thread_ra<K: AppEnv, R>(
    k: &mut K,
    t: u16,
    decide: impl FnOnce(&mut ReadAhead, &Bitmap) -> R,
) -> R {
    let app = k.app();
    let th = &mut app.threads[usize::from(t)];
    decide(&mut th.ra, app.caches[usize::from(th.cache)].present())
}

/// As many pages as can be had together; touching a marked one starts the next
/// window (`filemap_get_read_batch`, `filemap_readahead`).
fn take_batch<K: AppEnv>(k: &mut K, task: TaskId, f: Buffered) -> Step {
    let (t, page) = (f.thread, f.page());
    let c = cache(k, t);
    let n = c.batch(page, BATCH.min(f.end() - page));
    let last = page + n - 1;
    let marked = c.take_marker(last);
    stay(k, task, f, Stage::Have(n as u8));
    if marked && !is_put_off(k, t) {
        let window = thread_ra(k, t, |ra, present| {
            ra.hit_marker(present, last, f.end() - last)
        });
        page_io::read_ahead(k, t, window);
    }
    Step::Again
}

/// Whether thread `t` reads nothing ahead that it does not need yet, because its
/// device is congested (`page_cache_async_readahead`, 2.6.25).
fn is_put_off<K: AppEnv>(k: &mut K, t: u16) -> bool {
    let dev = cache(k, t).dev;
    let put_off = k.block().has_single_queues() && k.read_congested(dev);
    cache(k, t).put_off += u64::from(put_off);
    put_off
}

/// Copies a batch once its last page is valid (`filemap_update_page`).
fn check_last<K: AppEnv>(k: &mut K, task: TaskId, f: Buffered, n: u8) -> Step {
    let last = f.page() + u64::from(n) - 1;
    let c = cache(k, f.thread);
    if c.is_uptodate(last) {
        return copy(k, task, f, n);
    }
    if !c.has(last) {
        return stay(k, task, f, Stage::Look); // dropped meanwhile
    }
    if c.is_locked(last) {
        return stay(k, task, f, Stage::Locked(n));
    }
    // Read-ahead failed: once more, alone.
    stay(k, task, f, Stage::Reread(n));
    page_io::read_page(k, f.thread, last);
    Step::Again
}

/// Copies `n` pages to the reader and goes on behind them.
fn copy<K: AppEnv>(k: &mut K, task: TaskId, mut f: Buffered, n: u8) -> Step {
    if n > 0 {
        let end = (f.page() + u64::from(n)) * PAGE;
        let bytes = (end - f.unit.offset).min(u64::from(f.unit.len)) as u32;
        f.moved(k, bytes);
        k.host().charge_n(Cost::PageCopy, u64::from(n));
        thread(k, f.thread).ra.read_up_to(f.unit.offset);
    }
    stay(k, task, f, Stage::Look);
    Step::Yield
}

/// `blkdev_write_iter`, `generic_perform_write`
fn step_write<K: AppEnv>(k: &mut K, task: TaskId, mut f: Buffered) -> Step {
    let (t, page) = (f.thread, f.page());
    if f.stage == Stage::Enter {
        f.plugged = plug::blk_start_plug(k, task);
        return stay(k, task, f, Stage::Look);
    }
    if f.stage == Stage::Medium {
        let errno = k.app().calls[task.index()].errno;
        return finish(k, task, f, errno);
    }
    if f.unit.len == 0 {
        return written(k, task, f);
    }
    let in_page = f.unit.offset % PAGE;
    let bytes = (PAGE - in_page).min(u64::from(f.unit.len));
    let c = cache(k, t);
    let whole = in_page == 0 && bytes >= c.page_bytes(page);
    if c.is_locked(page) {
        return page_io::sleep_on_page(k, task, t, page, PageBit::Locked);
    }
    if !whole && !c.is_uptodate(page) {
        if f.stage == Stage::Filled && c.has(page) {
            return finish(k, task, f, EIO);
        }
        stay(k, task, f, Stage::Filled);
        page_io::read_page(k, t, page);
        return Step::Again;
    }
    c.write(page);
    k.host().charge(Cost::PageCopy);
    k.host().charge(Cost::PageDirty);
    f.moved(k, bytes as u32);
    stay(k, task, f, Stage::Look);
    Step::Yield
}

/// All is in the page cache. With `O_DSYNC` it goes on to the medium
/// (`generic_write_sync`).
fn written<K: AppEnv>(k: &mut K, task: TaskId, f: Buffered) -> Step {
    let t = f.thread;
    if !thread(k, t).dsync {
        return finish(k, task, f, 0);
    }
    let end = f.unit.offset;
    let from = end - u64::from(f.done(k));
    stay(k, task, f, Stage::Medium);
    fsync::call(k, t, from / PAGE, end.div_ceil(PAGE));
    Step::Again
}

/// The call returns: with what was moved, or with an error if nothing was.
fn finish<K: AppEnv>(k: &mut K, task: TaskId, f: Buffered, errno: i32) -> Step {
    let th = thread(k, f.thread);
    let slot = &mut th.slots[f.unit.slot as usize];
    slot.done = true;
    if slot.bytes == 0 || f.stage == Stage::Medium {
        slot.errno = errno;
    }
    let done = *slot;
    if f.event {
        th.ring.push_back(Event {
            slot: f.unit.slot,
            errno: done.errno,
            bytes: done.moved(),
        });
    }
    k.io_done(f.thread, done.bytes, done.errno);
    pop(k, task);
    if f.plugged {
        plug::blk_finish_plug(k, task);
    }
    Step::Again
}
