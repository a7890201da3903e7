//! Bios that fill or write back pages, what happens when they end, and tasks
//! that sleep for them (`mm/readahead.c:read_pages`, `fs/mpage.c`, 6.1).

use super::{AppEnv, AppFrame, cache, thread};
use crate::models::block::single_queue::plug::blk_run_backing_dev;
use crate::models::block::{klog, plug, pop, submit};
use crate::models::host::{Cost, Step, TaskId};
use crate::models::io::{Bio, BioId, BlkStatus, EndIo, Flags, Op};
use crate::models::workload::page_cache::{PAGE_SECTORS, PageBit, Window};

/// Pages of one bio (`BIO_MAX_VECS`).
pub const MAX_VECS: u64 = 256;

/// A transfer between the page cache and its device, in flight.
#[derive(Copy, Clone, Debug)]
pub struct PageIo {
    /// The page cache.
    cache: u16,
    /// What its pages are held by until it ends.
    bit: PageBit,
    /// First page.
    first: u64,
    /// Behind the last.
    end: u64,
}

/// The running task's next step submits a bio for the pages `first..end` of
/// the device of thread `t`, which are marked as being under it already.
pub fn submit_pages<K: AppEnv>(k: &mut K, t: u16, first: u64, end: u64, op: Op, flags: Flags) {
    let th = thread(k, t);
    th.submitted += 1;
    let (ident, index) = (u64::from(t) << 40 | th.submitted, th.cache);
    let c = cache(k, t);
    let (dev, sectors) = (c.dev, c.sectors(first, end));
    let segs = (end - first) as u16;
    let mut bio = Bio::new(dev, op, flags, first * PAGE_SECTORS, sectors, segs);
    let bit = match op {
        Op::Read => PageBit::Locked,
        _ => PageBit::Writeback,
    };
    let io = k.app().page_ios.alloc(PageIo {
        cache: index,
        bit,
        first,
        end,
    });
    bio.ident = ident;
    bio.end_io = EndIo::Page(io);
    let bio = k.block().bios.alloc(bio);
    submit::submit_bio_noacct(k, bio);
}

/// A bio of the page cache has ended: its pages are free for those who wait for
/// them (`mpage_end_io`, `end_buffer_async_write`).
pub fn bio_end_io<K: AppEnv>(k: &mut K, bio: BioId) {
    let b = k.block();
    let o = b.bios[bio];
    b.bios.free(bio);
    let EndIo::Page(id) = o.end_io else { return };
    let app = k.app();
    let io = app.page_ios[id];
    app.page_ios.free(id);
    let ok = o.status == BlkStatus::Ok;
    let c = &mut app.caches[usize::from(io.cache)];
    for page in io.first..io.end {
        match io.bit {
            PageBit::Locked => c.end_read(page, ok),
            PageBit::Writeback => c.dirty.end(page),
        }
    }
    if !ok {
        if io.bit == PageBit::Writeback {
            c.errors += 1;
        }
        print_errors(k, &o, &io);
    }
    k.host().charge_n(Cost::EndPage, io.end - io.first);
    while let Some(task) =
        k.app().caches[usize::from(io.cache)].take_waiter(io.first, io.end, io.bit)
    {
        k.host().charge_waking(task, Cost::WakeQueue);
        k.wake(task);
    }
}

/// Logs every page that was lost; of read-ahead nothing is said.
fn print_errors<K: AppEnv>(k: &mut K, bio: &Bio, io: &PageIo) {
    let what = match io.bit {
        PageBit::Locked if bio.flags.has(Flags::RAHEAD) => return,
        PageBit::Locked => "async page read",
        PageBit::Writeback => "lost async page write",
    };
    for page in io.first..io.end {
        klog::buffer_error(k, bio.dev, page, what);
    }
}

/// The task goes to sleep: what its plug holds goes out first
/// (`sched_submit_work`), after which it looks again at what it waits for.
pub fn sleep<K: AppEnv>(k: &mut K, task: TaskId) -> Step {
    if plug::must_flush_to_sleep(k, task) {
        plug::call_flush(k, true);
        return Step::Again;
    }
    Step::Block
}

/// `task`, of thread `t`, sleeps until `bit` of `page` is clear.
pub fn sleep_on_page<K: AppEnv>(k: &mut K, task: TaskId, t: u16, page: u64, bit: PageBit) -> Step {
    if k.block().has_single_queues() {
        // Whoever waits for a page opens the plugs below (`sync_page`).
        let dev = cache(k, t).dev;
        blk_run_backing_dev(k, dev);
    }
    let step = sleep(k, task);
    if step == Step::Block {
        cache(k, t).wait(page, bit, task);
    }
    step
}

/// A window of pages being read ahead.
#[derive(Copy, Clone, Debug)]
pub struct ReadAheadIo {
    thread: u16,
    /// What is still to be read, and the page to be marked.
    left: Window,
}

/// The running task's next steps read `window` ahead.
pub fn read_ahead<K: AppEnv>(k: &mut K, thread: u16, window: Option<Window>) {
    if let Some(left) = window {
        let frame = K::app_frame(AppFrame::ReadAhead(ReadAheadIo { thread, left }));
        k.host().call(frame);
    }
}

/// Reads the next run of absent pages, under a plug of its own
/// (`page_cache_ra_unbounded`, `mpage_readahead`).
pub fn step_read_ahead<K: AppEnv>(k: &mut K, task: TaskId, mut f: ReadAheadIo) -> Step {
    let c = cache(k, f.thread);
    let Some((first, end)) = c.absent_run(&f.left, f.left.start) else {
        pop(k, task);
        return Step::Again;
    };
    for page in first..end {
        c.begin_read(page, f.left.mark == Some(page));
    }
    k.host().charge_n(Cost::PageAlloc, end - first);
    f.left.start = end;
    if let Some(top) = k.host().tasks[task.index()].stack.last_mut() {
        *top = K::app_frame(AppFrame::ReadAhead(f));
    }
    if plug::blk_start_plug(k, task) {
        let frame = K::app_frame(AppFrame::FinishPlug);
        k.host().call(frame);
    }
    let facts = k.app().submission;
    let most = facts.readahead_pages;
    let flags = match facts.marks_readahead {
        true => Flags::RAHEAD,
        false => Flags::default(),
    };
    let bios = (end - first).div_ceil(most);
    // The last to be called is the first to run.
    for i in (0..bios).rev() {
        let from = first + i * most;
        let to = (from + most).min(end);
        submit_pages(k, f.thread, from, to, Op::Read, flags);
    }
    Step::Again
}

/// The running task's next step reads `page` alone; it is locked meanwhile
/// (`filemap_read_folio`).
pub fn read_page<K: AppEnv>(k: &mut K, t: u16, page: u64) {
    cache(k, t).begin_read(page, false);
    k.host().charge(Cost::PageAlloc);
    submit_pages(k, t, page, page + 1, Op::Read, Flags::default());
}
