//! `io_submit(2)` and its completions (`fs/aio.c`, `block/fops.c`, 6.1).

use super::{AppEnv, AppFrame, Event, Waiting, dio, thread};
use crate::models::block::{plug, pop};
use crate::models::host::slab::Slab;
use crate::models::host::{Cost, Step, TaskId};
use crate::models::io::{BioId, BlkStatus};
use crate::models::workload::page_cache::PAGE;

/// A call that submits more iocbs than this has a plug (`AIO_PLUG_THRESHOLD`).
const PLUG_THRESHOLD: usize = 2;

/// The frame of [`submit`].
pub fn step_submit<K: AppEnv>(k: &mut K, task: TaskId, t: u16, done: u32, plugged: bool) -> Step {
    pop(k, task);
    submit(k, task, t, done, plugged)
}

/// Submits one more iocb; all of them where code takes no time and nothing is
/// to be done before the next.
#[inline]
pub fn submit<K: AppEnv>(
    k: &mut K,
    task: TaskId,
    t: u16,
    mut done: u32,
    mut plugged: bool,
) -> Step {
    let depth = k.host().tasks[task.index()].stack.len();
    if done == 0 {
        k.host().charge(Cost::IoSubmit);
    }
    if done == 0 && thread(k, t).fio.ring().len() > PLUG_THRESHOLD {
        plugged = plug::blk_start_plug(k, task);
    }
    while let Some(&unit) = thread(k, t).fio.ring().get(done as usize) {
        if done > 0 {
            k.host().charge(Cost::AioNext);
        }
        done += 1;
        k.host().charge(Cost::AioSubmit);
        dio::start(k, task, t, &unit, None);
        let h = k.host();
        let (free, stack) = (h.is_free(), &mut h.tasks[task.index()].stack);
        if !free || stack.len() != depth {
            let rest = K::app_frame(AppFrame::AioSubmit {
                thread: t,
                done,
                plugged,
            });
            stack.insert(depth, rest); // below what has been called meanwhile
            return Step::Again;
        }
    }
    if plugged {
        plug::blk_finish_plug(k, task);
    }
    Step::Again
}

/// A bio of the application has ended; with the last of an I/O, its thread is
/// told (`blkdev_bio_end_io`, `aio_complete`).
#[inline]
pub fn bio_end_io<K: AppEnv>(k: &mut K, bio: BioId, t: u16, slot: u32) {
    let b = k.block();
    let (status, slab) = (b.bios[bio].status, b.bios[bio].slab);
    b.bios.free(bio);
    k.host().slab_free(Slab::Bio, slab);
    let th = thread(k, t);
    let s = &mut th.slots[slot as usize];
    s.bios -= 1;
    if s.errno == 0 && status != BlkStatus::Ok {
        s.errno = status.errno();
    }
    if s.bios > 0 {
        return;
    }
    s.done = true;
    let done = *s;
    let more_pages = u64::from(done.bytes.saturating_sub(1)) / PAGE;
    k.host().charge_n(Cost::UnpinPage, more_pages);
    k.host().slab_free(Slab::Kiocb, done.slab);
    k.io_done(t, done.bytes, done.errno);
    if let Some(waiter) = done.waiter {
        return k.wake(waiter);
    }
    let th = thread(k, t);
    th.ring.push_back(Event {
        slot,
        errno: done.errno,
        bytes: done.moved(),
    });
    if matches!(th.waiting, Waiting::Events { .. }) {
        let task = th.task;
        k.host().charge_waking(task, Cost::WakeQueue);
        k.wake(task);
    }
}
