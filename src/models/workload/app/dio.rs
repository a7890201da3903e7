//! Direct I/O on a block device: from a transfer to bios
//! (`block/fops.c:__blkdev_direct_IO_async`, 6.1).

use super::{AppEnv, AppFrame, Slot, Thread, buffered, cache, thread, writeback};
use crate::models::block::limits::BLK_MAX_SEGMENT_SIZE;
use crate::models::block::{plug, pop, submit};
use crate::models::host::slab::Slab;
use crate::models::host::{Cost, Step, TaskId};
use crate::models::io::{Bio, BioId, DevId, EndIo, Flags, Op, SECTOR};
use crate::models::workload::fio::IoUnit;
use crate::models::workload::page_cache::PAGE;

/// Pages of one bio (`BIO_MAX_VECS`).
pub const MAX_VECS: u64 = 256;

/// A direct transfer that waits for dirty pages in its way.
#[derive(Copy, Clone, Debug)]
pub struct Dio {
    thread: u16,
    unit: IoUnit,
    waiter: Option<TaskId>,
}

/// Whether `unit` of thread `t` goes through the page cache.
#[inline]
pub fn is_buffered<K: AppEnv>(k: &mut K, t: u16, unit: &IoUnit) -> bool {
    buffers(thread(k, t), unit)
}

#[inline]
fn buffers(thread: &Thread, unit: &IoUnit) -> bool {
    !thread.direct && matches!(unit.op, Op::Read | Op::Write)
}

/// The running task's next steps carry out `unit`: through the page cache or
/// past it. Its end is seen in the unit's slot, and `waiter` is woken if it has
/// to sleep for it; without one, an event goes to the thread's ring.
#[inline]
pub fn start<K: AppEnv>(k: &mut K, task: TaskId, t: u16, unit: &IoUnit, waiter: Option<TaskId>) {
    k.io_begun(t);
    let app = k.app();
    let th = &app.threads[usize::from(t)];
    if buffers(th, unit) {
        return buffered::call(k, t, unit, waiter.is_none());
    }
    // What is dirty is also there.
    if app.caches[usize::from(th.cache)].is_empty() {
        return submit(k, task, t, unit, waiter);
    }
    past_pages(k, task, t, unit, waiter);
}

/// Carries out `unit` where the page cache holds something: what is dirty in its range
/// is written back first.
#[inline(never)]
fn past_pages<K: AppEnv>(k: &mut K, task: TaskId, t: u16, unit: &IoUnit, waiter: Option<TaskId>) {
    let (from, end) = pages(k, t, unit);
    let c = cache(k, t);
    if unit.op != Op::Discard && !c.dirty.is_clean() && c.dirty.touches(from, end) {
        let frame = K::app_frame(AppFrame::Dio(Dio {
            thread: t,
            unit: *unit,
            waiter,
        }));
        k.host().call(frame);
        return writeback::call(k, t, from, end);
    }
    past_cache(k, task, t, unit, waiter);
}

/// The pages that `unit` reaches; a sync reaches all.
fn pages<K: AppEnv>(k: &mut K, t: u16, unit: &IoUnit) -> (u64, u64) {
    match unit.op {
        Op::Flush => (0, cache(k, t).pages()),
        _ => {
            let end = unit.offset + u64::from(unit.len);
            (unit.offset / PAGE, end.div_ceil(PAGE))
        }
    }
}

/// What was dirty in its range has been written back
/// (`filemap_write_and_wait_range`).
pub fn step<K: AppEnv>(k: &mut K, task: TaskId, f: Dio) -> Step {
    pop(k, task);
    past_cache(k, task, f.thread, &f.unit, f.waiter);
    Step::Again
}

/// Submits `unit`; pages that it overwrites are dropped
/// (`kiocb_invalidate_pages`, `truncate_bdev_range`).
fn past_cache<K: AppEnv>(k: &mut K, task: TaskId, t: u16, unit: &IoUnit, waiter: Option<TaskId>) {
    if !cache(k, t).is_empty() {
        let (from, end) = pages(k, t, unit);
        match unit.op {
            Op::Write => cache(k, t).invalidate(from, end),
            Op::Discard => cache(k, t).truncate(from, end),
            Op::Read | Op::Flush | Op::DrvIn => {}
        }
    }
    submit(k, task, t, unit, waiter);
}

/// The running task's next steps submit the bios of `unit`. When the last has
/// ended, `waiter` is woken; without one, an event goes to the thread's ring.
#[inline]
fn submit<K: AppEnv>(k: &mut K, task: TaskId, t: u16, unit: &IoUnit, waiter: Option<TaskId>) {
    let th = thread(k, t);
    let (dev, dsync) = (th.dev, th.dsync);
    let max_bytes = if unit.op == Op::Discard {
        u64::from(u32::MAX)
    } else {
        th.max_bio_bytes
    };
    let pieces = match u64::from(unit.len) {
        len if len <= max_bytes => 1, // nearly always, and without a division
        len => len.div_ceil(max_bytes),
    };
    // Whoever waits for it has no iocb (`dio` of a synchronous call).
    let slab = match waiter {
        None => k.host().slab_alloc(Slab::Kiocb),
        Some(_) => 0,
    };
    let th = thread(k, t);
    th.slots[unit.slot as usize] = Slot {
        bios: pieces as u16,
        waiter,
        done: false,
        errno: 0,
        bytes: unit.len,
        slab,
    };
    // An fsync is an empty write that flushes first.
    let op = match unit.op {
        Op::Flush => Op::Write,
        op => op,
    };
    let flags = match unit.op {
        Op::Read | Op::DrvIn => Flags::default(),
        Op::Flush => Flags::SYNC.with(Flags::PREFLUSH),
        Op::Discard => Flags::SYNC,
        Op::Write if dsync => Flags::SYNC.with(Flags::IDLE).with(Flags::FUA),
        Op::Write => Flags::SYNC.with(Flags::IDLE),
    };
    th.submitted += 1;
    let transfer = Transfer {
        dev,
        op,
        flags,
        contiguous: th.buffers.is_contiguous(unit.slot),
        ident: u64::from(t) << 40 | th.submitted,
        thread: t,
        slot: unit.slot,
    };
    fault_in(k, t, unit);
    if unit.op == Op::Write {
        k.host().charge(Cost::WriteIter);
        if !k.host().is_free() {
            file_update_time(k, t);
        }
    }
    // Every write call on a block device has a plug of its own, a read only if
    // it takes several bios; inside another plug it is void.
    let wants_plug = unit.op == Op::Write || pieces > 1;
    if k.block().has_single_queues() {
        let frame = K::app_frame(AppFrame::Unplug(dev));
        k.host().call(frame);
    } else if wants_plug && plug::blk_start_plug(k, task) {
        let frame = K::app_frame(AppFrame::FinishPlug);
        k.host().call(frame);
    }
    if pieces == 1 {
        let bio = transfer.bio(k, unit.offset, u64::from(unit.len));
        return submit::submit_bio_last(k, bio);
    }
    // The last to be called is the first to run.
    for i in (0..pieces).rev() {
        let from = i * max_bytes;
        let len = max_bytes.min(u64::from(unit.len) - from);
        let bio = transfer.bio(k, unit.offset + from, len);
        submit::submit_bio_noacct(k, bio);
    }
}

/// The clock that file times are read off moves with the ticks: only the first write
/// after one has a new time for the device's file (`fs/inode.c:file_update_time`).
#[inline(never)]
fn file_update_time<K: AppEnv>(k: &mut K, t: u16) {
    let jiffies = k.host().jiffies();
    let cache = usize::from(thread(k, t).cache);
    let written_at = &mut k.app().caches[cache].written_at;
    if std::mem::replace(written_at, jiffies) != jiffies {
        k.host().charge(Cost::FileTime);
    }
}

/// Brings the pages of the buffer of `unit` into memory that have never been touched
/// (`gup.c:faultin_page`).
#[inline]
fn fault_in<K: AppEnv>(k: &mut K, t: u16, unit: &IoUnit) {
    if unit.op != Op::Read || k.host().is_free() {
        return;
    }
    let faults = thread(k, t).buffers.touch(unit.slot, unit.len);
    if faults.pages > 0 {
        k.host().charge(Cost::FaultIn);
        k.host().charge_n(Cost::FaultPage, faults.pages);
        k.host().charge_n(Cost::LruBatch, faults.batches);
    }
}

/// What the bios of one transfer have in common.
struct Transfer {
    dev: DevId,
    op: Op,
    flags: Flags,
    /// Whether the buffer is contiguous in memory.
    contiguous: bool,
    ident: u64,
    thread: u16,
    slot: u32,
}

impl Transfer {
    /// A bio of `len` bytes at `offset` (`bio_iov_iter_get_pages`).
    #[inline(always)]
    fn bio<K: AppEnv>(&self, k: &mut K, offset: u64, len: u64) -> BioId {
        let pages = len.div_ceil(PAGE);
        let segs = match (self.op, self.contiguous) {
            (Op::Discard, _) => 1,
            (_, true) => len.div_ceil(u64::from(BLK_MAX_SEGMENT_SIZE)),
            (_, false) => pages,
        };
        if self.op != Op::Discard {
            let pin = if self.contiguous {
                Cost::PinHuge
            } else {
                Cost::PinPage
            };
            let more_pages = pages.saturating_sub(1);
            k.host().charge_n(pin, more_pages);
            if self.op == Op::Read {
                k.host().charge_n(Cost::DirtyPage, more_pages);
            }
        }
        let (sector, sectors) = (offset / SECTOR, (len / SECTOR) as u32);
        let slab = k.host().slab_alloc(Slab::Bio);
        k.block().bios.alloc_with(|| Bio {
            slab,
            ident: self.ident,
            end_io: EndIo::App {
                thread: self.thread,
                slot: self.slot,
            },
            ..Bio::new(self.dev, self.op, self.flags, sector, sectors, segs as u16)
        })
    }
}
