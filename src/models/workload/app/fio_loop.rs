//! fio's main loop: carries out what [`FioThread`](super::FioThread) asks for.

use super::{AppEnv, AppFrame, Waiting, fsync, open, thread};
use crate::models::host::{Cost, Step, interrupted};
use crate::models::workload::fio::Act;

/// Goes on until time passes, the kernel is entered or the thread sleeps.
pub fn step<K: AppEnv>(k: &mut K, t: u16) -> Step {
    let task = thread(k, t).task;
    loop {
        let h = k.host();
        let before = (h.now(), h.tasks[task.index()].stack.len());
        let step = once(k, t);
        let h = k.host();
        let after = (h.now(), h.tasks[task.index()].stack.len());
        // Nothing can come between two steps that take no time but a worker
        // that preempts.
        if step != Step::Yield || before != after || h.cpus[h.cpu().index()].high_waiting() {
            return step;
        }
    }
}

/// Goes on after what the thread waited for, or asks what comes next.
fn once<K: AppEnv>(k: &mut K, t: u16) -> Step {
    let now = k.host().now();
    let th = thread(k, t);
    match th.waiting {
        Waiting::Nothing => return next(k, t),
        Waiting::Start => {
            let at = th.fio.spec().start_delay;
            if now < at {
                let task = th.task;
                k.wake_at(at, task);
                return Step::Block;
            }
            th.fio.start(now);
        }
        Waiting::Submitted => th.fio.submitted(now),
        Waiting::Events { min, max, looks } => return reap(k, t, min, max, looks),
        Waiting::Sync { issue, slot } => {
            let done = th.slots[slot as usize];
            th.fio.sync_done(now, issue, done.errno, done.moved());
        }
        Waiting::Fsync { issue } => {
            let task = th.task;
            let errno = k.app().calls[task.index()].errno;
            thread(k, t).fio.sync_done(now, issue, errno, 0);
        }
        Waiting::Open => open::cleared(k, t),
        Waiting::Reopen | Waiting::Close => return closed(k, t),
        Waiting::Offload => {}
        Waiting::Time(at) if now < at => return Step::Block,
        Waiting::Time(_) => {}
    }
    thread(k, t).waiting = Waiting::Nothing;
    Step::Yield
}

/// The device is closed, for good or to be opened anew.
fn closed<K: AppEnv>(k: &mut K, t: u16) -> Step {
    if let Some(step) = open::close(k, t) {
        return step;
    }
    if thread(k, t).waiting == Waiting::Close {
        k.app().running -= 1;
        return Step::Exit;
    }
    open::open(k, t);
    Step::Yield
}

fn next<K: AppEnv>(k: &mut K, t: u16) -> Step {
    let now = k.host().now();
    let th = thread(k, t);
    match th.fio.next(now) {
        Act::Prepared => {
            k.host().charge(Cost::FioTurn);
            let spec = thread(k, t).fio.spec();
            if spec.pattern.random && !spec.norandommap {
                k.host().charge(Cost::RandomMap);
            }
            if !thread(k, t).is_open {
                open::open(k, t);
            }
        }
        Act::Submit => {
            th.waiting = Waiting::Submitted;
            let frame = AppFrame::AioSubmit {
                thread: t,
                done: 0,
                plugged: false,
            };
            system_call(k, frame);
        }
        Act::GetEvents { min, max } => {
            th.waiting = Waiting::Events {
                min,
                max,
                looks: false,
            };
            k.host().charge(Cost::Syscall);
        }
        Act::Sync(unit) => {
            th.waiting = Waiting::Sync {
                issue: now,
                slot: unit.slot,
            };
            let frame = AppFrame::Sync {
                thread: t,
                unit,
                submitted: false,
            };
            system_call(k, frame);
        }
        Act::Fsync { .. } => {
            th.waiting = Waiting::Fsync { issue: now };
            k.host().charge(Cost::Syscall);
            fsync::call_whole(k, t);
        }
        Act::SleepUntil(at) => {
            th.waiting = Waiting::Time(at);
            let task = th.task;
            k.host().charge(Cost::Syscall);
            k.wake_at(at, task);
            return Step::Block;
        }
        Act::SpinUntil(at) => {
            let left = at.saturating_sub(now);
            k.host().spend(left);
        }
        Act::Offload { worker, .. } => {
            let task = th.workers[worker as usize];
            k.host().charge(Cost::FioTurn);
            k.wake(task);
        }
        Act::WaitOffload { .. } => {
            th.waiting = Waiting::Offload;
            return Step::Block;
        }
        Act::Reopen => {
            th.waiting = Waiting::Reopen;
        }
        Act::Exit => {
            th.waiting = Waiting::Close;
        }
    }
    Step::Yield
}

/// The thread enters the kernel at `frame`, and sees to it that it is looked at
/// who runs next when it comes back.
fn system_call<K: AppEnv>(k: &mut K, frame: AppFrame) {
    k.host().charge(Cost::Syscall);
    if !k.host().is_free() {
        let back = K::app_frame(AppFrame::Return);
        k.host().call(back);
    }
    let frame = K::app_frame(frame);
    k.host().call(frame);
}

/// `io_getevents`: takes what is there once there is enough; else sleeps until
/// the next completion (`fs/aio.c:read_events`).
fn reap<K: AppEnv>(k: &mut K, t: u16, min: u32, max: u32, looks: bool) -> Step {
    if !looks {
        k.host().charge(Cost::GetEvents);
    }
    let looks = !looks && interrupted(k);
    let th = thread(k, t);
    th.waiting = Waiting::Events { min, max, looks };
    if looks {
        return Step::Again; // what interrupts it may bring events
    }
    let now = k.host().now();
    let th = thread(k, t);
    let there = th.ring.len() as u32;
    if there < min {
        return Step::Block;
    }
    let n = there.min(max.max(min));
    for _ in 0..n {
        let th = thread(k, t);
        if let Some(e) = th.ring.pop_front() {
            th.fio.complete_one(now, e.slot, e.errno, e.bytes);
        }
    }
    let th = thread(k, t);
    th.fio.reap_done(now);
    th.waiting = Waiting::Nothing;
    k.host().charge_n(Cost::FioReap, u64::from(n));
    Step::Yield
}
