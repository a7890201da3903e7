//! Write-back of dirty pages, and waiting for it
//! (`mm/filemap.c:filemap_write_and_wait_range`,
//! `mm/page-writeback.c:write_cache_pages`, `fs/buffer.c`, 6.1).

use super::{AppEnv, AppFrame, cache, page_io};
use crate::models::block::{plug, pop};
use crate::models::host::{Cost, Step, TaskId};
use crate::models::io::{Flags, Op};
use crate::models::workload::page_cache::{PAGE, PageBit};

/// Write-back of the pages `from..end`, in the midst of it.
#[derive(Copy, Clone, Debug)]
pub struct WriteBack {
    thread: u16,
    from: u64,
    at: u64,
    end: u64,
    stage: Stage,
}

/// How far it has come.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
enum Stage {
    /// Nothing has been done yet.
    Tag,
    /// Pages are written; whether the plug is its own.
    Write(bool),
    /// Pages are waited for.
    Wait,
}

/// The running task's next steps write back what is dirty in `from..end` of the
/// device of thread `thread`, and wait for all that is on its way there.
pub fn call<K: AppEnv>(k: &mut K, thread: u16, from: u64, end: u64) {
    let frame = K::app_frame(AppFrame::WriteBack(WriteBack {
        thread,
        from,
        at: from,
        end,
        stage: Stage::Tag,
    }));
    k.host().call(frame);
}

/// Writes or waits for one more page.
pub fn step<K: AppEnv>(k: &mut K, task: TaskId, mut f: WriteBack) -> Step {
    match f.stage {
        Stage::Tag => {
            f.stage = if cache(k, f.thread).dirty.tag(f.from, f.end) {
                Stage::Write(plug::blk_start_plug(k, task))
            } else {
                Stage::Wait
            };
            stay(k, task, f);
            Step::Again
        }
        Stage::Write(plugged) => write(k, task, f, plugged),
        Stage::Wait => wait(k, task, f),
    }
}

fn stay<K: AppEnv>(k: &mut K, task: TaskId, f: WriteBack) {
    if let Some(top) = k.host().tasks[task.index()].stack.last_mut() {
        *top = K::app_frame(AppFrame::WriteBack(f));
    }
}

/// The next dirty page goes to the device, alone or with those that follow it
/// where a bio may hold more than one.
fn write<K: AppEnv>(k: &mut K, task: TaskId, mut f: WriteBack, plugged: bool) -> Step {
    let max = (k.app().writeback_bio_bytes / PAGE).clamp(1, page_io::MAX_VECS);
    let c = cache(k, f.thread);
    let Some(page) = c.dirty.next_tagged(f.at, f.end) else {
        f.stage = Stage::Wait;
        f.at = f.from;
        stay(k, task, f);
        if plugged {
            plug::blk_finish_plug(k, task);
        }
        return Step::Again;
    };
    for bit in [PageBit::Locked, PageBit::Writeback] {
        if c.is(page, bit) {
            return page_io::sleep_on_page(k, task, f.thread, page, bit);
        }
    }
    let end = page + c.dirty.run(page, f.end, max).max(1);
    for page in page..end {
        c.dirty.begin(page);
    }
    k.host().charge_n(Cost::WritePage, end - page);
    f.at = end;
    stay(k, task, f);
    // In 2.6.25 nobody waits for one page of it: it may be held for company.
    let flags = match k.block().has_single_queues() {
        true => Flags::default(),
        false => Flags::SYNC,
    };
    page_io::submit_pages(k, f.thread, page, end, Op::Write, flags);
    Step::Again
}

/// Sleeps for the next page that is on its way (`__filemap_fdatawait_range`).
fn wait<K: AppEnv>(k: &mut K, task: TaskId, mut f: WriteBack) -> Step {
    let c = cache(k, f.thread);
    let Some(page) = c.dirty.next_in_flight(f.at, f.end) else {
        pop(k, task);
        return Step::Again;
    };
    f.at = page;
    stay(k, task, f);
    page_io::sleep_on_page(k, task, f.thread, page, PageBit::Writeback)
}
