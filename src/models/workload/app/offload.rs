//! Workers of `io_submit_mode=offload`: each submits one I/O alone and waits
//! for it (fio's `rate-submit.c`, 3.33).

use super::{AppEnv, AppFrame, Waiting, dio, thread};
use crate::models::host::{Cost, Step, TaskId};
use crate::models::workload::fio::IoUnit;

/// A worker.
#[derive(Copy, Clone, Debug)]
pub struct Worker {
    /// The thread it works for.
    pub thread: u16,
    /// Which of its workers.
    pub number: u32,
    /// What it is in the midst of.
    pub at: At,
}

/// Where a worker stands.
#[derive(Copy, Clone, Debug)]
pub enum At {
    /// It has nothing to do, or is to look.
    Idle,
    /// io_submit is about to return.
    Submitted(IoUnit),
    /// It sleeps in io_getevents.
    Waiting(IoUnit),
}

/// Goes on.
pub fn step<K: AppEnv>(k: &mut K, task: TaskId, w: Worker) -> Step {
    let now = k.host().now();
    let th = thread(k, w.thread);
    match w.at {
        At::Idle => {
            let Some(unit) = th.fio.worker_take(w.number) else {
                // The main thread may wait for this.
                let (main, waits) = (th.task, th.waiting == Waiting::Offload);
                if waits {
                    k.wake(main);
                }
                return Step::Block;
            };
            set(k, task, w, At::Submitted(unit));
            k.host().charge(Cost::Syscall);
            k.host().charge(Cost::AioSubmit);
            dio::start(k, task, w.thread, &unit, Some(task));
            Step::Again
        }
        At::Submitted(unit) => {
            th.fio.offload_submitted(now, unit.slot);
            k.host().charge(Cost::Syscall);
            set(k, task, w, At::Waiting(unit));
            Step::Yield
        }
        At::Waiting(unit) => {
            let slot = th.slots[unit.slot as usize];
            if !slot.done {
                return Step::Block;
            }
            k.host().charge(Cost::GetEvents);
            let now = k.host().now();
            let th = thread(k, w.thread);
            th.fio
                .offload_done(now, unit.slot, slot.errno, slot.moved());
            let (main, waits) = (th.task, th.waiting == Waiting::Offload);
            k.host().charge(Cost::FioReap);
            set(k, task, w, At::Idle);
            if waits {
                k.wake(main);
            }
            Step::Yield
        }
    }
}

fn set<K: AppEnv>(k: &mut K, task: TaskId, w: Worker, at: At) {
    if let Some(top) = k.host().tasks[task.index()].stack.last_mut() {
        *top = K::app_frame(AppFrame::Worker(Worker { at, ..w }));
    }
}
