//! `fsync(2)` of a block device (`block/fops.c:blkdev_fsync`,
//! `block/blk-flush.c:blkdev_issue_flush`, 6.1).

use super::{AppEnv, AppFrame, cache, page_io, thread, writeback};
use crate::models::block::{pop, submit};
use crate::models::host::{Step, TaskId};
use crate::models::io::{Bio, BioId, EndIo, Flags, Op};

const EIO: i32 = 5;

/// An fsync of the pages `from..end`, in the midst of it.
#[derive(Copy, Clone, Debug)]
pub struct Fsync {
    thread: u16,
    from: u64,
    end: u64,
    stage: Stage,
}

/// How far it has come.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
enum Stage {
    /// Nothing has been done yet.
    WriteBack,
    /// Pages have been written back.
    Flush,
    /// The device empties its cache.
    Wait,
}

/// What a task's system call waits for and comes to.
#[derive(Copy, Clone, Debug, Default)]
pub struct Call {
    /// Bios not yet ended (`submit_bio_wait`).
    bios: u16,
    /// 0, or what is wrong.
    pub errno: i32,
}

/// The running task's next steps bring the pages `from..end` of the device of
/// thread `thread` to the medium. What came of it is in the task's [`Call`].
pub fn call<K: AppEnv>(k: &mut K, thread: u16, from: u64, end: u64) {
    let frame = K::app_frame(AppFrame::Fsync(Fsync {
        thread,
        from,
        end,
        stage: Stage::WriteBack,
    }));
    k.host().call(frame);
}

/// [`call`] for the whole device.
pub fn call_whole<K: AppEnv>(k: &mut K, thread: u16) {
    let pages = cache(k, thread).pages();
    call(k, thread, 0, pages);
}

/// Goes on.
pub fn step<K: AppEnv>(k: &mut K, task: TaskId, f: Fsync) -> Step {
    let stay = |k: &mut K, stage| {
        if let Some(top) = k.host().tasks[task.index()].stack.last_mut() {
            *top = K::app_frame(AppFrame::Fsync(Fsync { stage, ..f }));
        }
    };
    match f.stage {
        Stage::WriteBack => {
            k.app().calls[task.index()] = Call::default();
            stay(k, Stage::Flush);
            if !cache(k, f.thread).dirty.is_clean() {
                writeback::call(k, f.thread, f.from, f.end);
            }
        }
        Stage::Flush if new_error(k, f.thread) => {
            k.app().calls[task.index()].errno = EIO;
            pop(k, task);
        }
        Stage::Flush if !k.app().submission.fsync_flushes => pop(k, task),
        Stage::Flush => {
            stay(k, Stage::Wait);
            k.app().calls[task.index()].bios = 1;
            submit_flush(k, f.thread, EndIo::Task { task: task.0 });
        }
        Stage::Wait if k.app().calls[task.index()].bios > 0 => return page_io::sleep(k, task),
        Stage::Wait => pop(k, task),
    }
    Step::Again
}

/// Whether write-back has failed since this thread last looked
/// (`file_check_and_advance_wb_err`).
fn new_error<K: AppEnv>(k: &mut K, t: u16) -> bool {
    let errors = cache(k, t).errors;
    std::mem::replace(&mut thread(k, t).seen_errors, errors) != errors
}

/// The running task's next step submits an empty flush to the device of thread
/// `t`.
pub fn submit_flush<K: AppEnv>(k: &mut K, t: u16, end_io: EndIo) {
    let th = thread(k, t);
    th.submitted += 1;
    let ident = u64::from(t) << 40 | th.submitted;
    let dev = th.dev;
    let flags = Flags::PREFLUSH.with(Flags::SYNC);
    let mut bio = Bio::new(dev, Op::Write, flags, 0, 0, 0);
    bio.ident = ident;
    bio.end_io = end_io;
    let bio = k.block().bios.alloc(bio);
    submit::submit_bio_noacct(k, bio);
}

/// A bio that a task sleeps for has ended (`submit_bio_wait_endio`).
pub fn bio_end_io<K: AppEnv>(k: &mut K, bio: BioId) {
    let b = k.block();
    let o = b.bios[bio];
    b.bios.free(bio);
    let EndIo::Task { task } = o.end_io else {
        return;
    };
    let task = TaskId(task);
    let call = &mut k.app().calls[task.index()];
    call.bios = call.bios.saturating_sub(1);
    if call.errno == 0 {
        call.errno = o.status.errno();
    }
    k.wake(task);
}
