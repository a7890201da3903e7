//! fio's main loop: carries out what [`FioThread`](super::FioThread) asks for.

use super::{AppEnv, AppFrame, Look, Thread, Waiting, aio, fsync, open, thread};
use crate::models::host::{Cost, Step, TaskId, interrupted};
use crate::models::io::Op;
use crate::models::workload::fio::{Act, IoUnit};
use crate::models::workload::page_cache::PAGE;
use crate::sim::{Ns, unlikely};

/// What a step of the thread came to.
enum Turn {
    /// It goes on in user mode.
    Goes,
    /// It has been in the kernel, and may still be there.
    Called,
    /// It has entered the kernel, or sleeps, or is over.
    Ends(Step),
}

/// The most turns of a step: a thread whose I/Os take no time must be noticed.
const MOST_TURNS: u64 = 1 << 12;

/// Goes on until time passes, the kernel is entered or the thread sleeps.
#[inline]
pub fn step<K: AppEnv>(k: &mut K, task: TaskId, t: u16) -> Step {
    let h = k.host();
    let began = h.now();
    let depth = h.tasks[task.index()].stack.len();
    let mut urgent = h.cpus[h.cpu().index()].high_waiting();
    let is_free = h.is_free();
    let mut turns = 0;
    loop {
        turns += 1;
        if unlikely(turns == MOST_TURNS) {
            k.host().spin.add(turns);
            return Step::Again;
        }
        match once(k, task, t, is_free && !urgent) {
            Turn::Goes => {}
            Turn::Called => {
                let h = k.host();
                let here = h.tasks[task.index()].stack.len() == depth;
                urgent |= !here || h.cpus[h.cpu().index()].high_waiting();
            }
            Turn::Ends(step) => return step,
        }
        // In user mode nothing can come between two steps that take no time but
        // a worker that has been waiting to preempt.
        if urgent || k.host().now() != began {
            return Step::Yield;
        }
    }
}

/// Goes on after what the thread waited for, and asks what comes next: in a turn
/// of its own, unless the one `flows` into the other.
#[inline(always)]
fn once<K: AppEnv>(k: &mut K, task: TaskId, t: u16, flows: bool) -> Turn {
    let now = k.host().now();
    let th = thread(k, t);
    let turn = match th.waiting {
        Waiting::Nothing => return next(k, task, t),
        Waiting::Events { min, max, look } => reap(k, t, min, max, look),
        Waiting::Submitted => {
            th.waiting = Waiting::Nothing;
            if k.host().is_free() {
                thread(k, t).fio.submitted(now);
            } else {
                charge_submitted(k, t, now);
            }
            Turn::Goes
        }
        _ => go_on(k, task, t),
    };
    match turn {
        Turn::Goes if flows => next(k, task, t),
        turn => turn,
    }
}

/// Goes on after what the thread waited for, but for what it does most of the
/// time.
#[inline(never)]
fn go_on<K: AppEnv>(k: &mut K, task: TaskId, t: u16) -> Turn {
    let now = k.host().now();
    let th = thread(k, t);
    match th.waiting {
        Waiting::Start => {
            let at = th.fio.spec().start_delay;
            if now < at {
                k.wake_at(at, task);
                return Turn::Ends(Step::Block);
            }
            let left = std::mem::take(&mut th.set_up);
            if left > Ns::ZERO {
                k.host().spend(left);
                return Turn::Called;
            }
            th.fio.start(now);
        }
        Waiting::Sync { issue, slot } => {
            let done = th.slots[slot as usize];
            th.fio.sync_done(now, issue, done.errno, done.moved());
            account(k, t, 1);
        }
        Waiting::Fsync { issue } => {
            let errno = k.app().calls[task.index()].errno;
            k.synced(t, errno);
            thread(k, t).fio.sync_done(now, issue, errno, 0);
        }
        Waiting::Open => open::cleared(k, t),
        Waiting::Reopen | Waiting::Close => return closed(k, t),
        Waiting::Offload | Waiting::Nothing | Waiting::Submitted | Waiting::Events { .. } => {}
        Waiting::Time(at) if now < at => return Turn::Ends(Step::Block),
        Waiting::Time(_) => {}
    }
    thread(k, t).waiting = Waiting::Nothing;
    Turn::Goes
}

/// The device is closed, for good or to be opened anew.
fn closed<K: AppEnv>(k: &mut K, t: u16) -> Turn {
    if let Some(step) = open::close(k, t) {
        return Turn::Ends(step);
    }
    if thread(k, t).waiting == Waiting::Close {
        k.app().running -= 1;
        return Turn::Ends(Step::Exit);
    }
    open::open(k, t);
    Turn::Called
}

#[inline(always)]
fn next<K: AppEnv>(k: &mut K, task: TaskId, t: u16) -> Turn {
    let now = k.host().now();
    let th = thread(k, t);
    match th.fio.next(now) {
        Act::Prepared => return prepared(k, t),
        Act::Submit => {
            th.waiting = Waiting::Submitted;
            charge_submission(k, t);
            return submit(k, task, t);
        }
        Act::GetEvents { min, max } => {
            th.waiting = Waiting::Events {
                min,
                max,
                look: Look::Before,
            };
            k.host().charge(Cost::FioWait);
            k.host().charge(Cost::Syscall);
            return Turn::Goes;
        }
        Act::Sync { slot } => {
            let unit = th.fio.unit(slot);
            charge_start(k, filled(&unit));
            let issue = k.host().now();
            thread(k, t).waiting = Waiting::Sync { issue, slot };
            let frame = AppFrame::Sync {
                thread: t,
                unit,
                submitted: false,
            };
            return system_call(k, task, frame);
        }
        Act::Fsync { .. } => {
            th.waiting = Waiting::Fsync { issue: now };
            k.host().charge(Cost::Syscall);
            fsync::call_whole(k, t);
        }
        Act::SleepUntil(at) => {
            th.waiting = Waiting::Time(at);
            k.host().charge(Cost::Syscall);
            k.sleep_until(at, task);
            return Turn::Ends(Step::Block);
        }
        Act::SpinUntil(at) => {
            let left = at.saturating_sub(now);
            k.host().spend(left);
            return Turn::Goes;
        }
        Act::Offload { worker, .. } => {
            let task = th.workers[worker as usize];
            k.host().charge(Cost::FioTurn);
            k.wake(task);
        }
        Act::WaitOffload { .. } => {
            th.waiting = Waiting::Offload;
            return Turn::Ends(Step::Block);
        }
        Act::Reopen => {
            th.waiting = Waiting::Reopen;
        }
        Act::Exit => {
            th.waiting = Waiting::Close;
        }
    }
    Turn::Called
}

/// Pages that fio fills with data for a unit.
fn filled(unit: &IoUnit) -> u64 {
    match unit.op {
        Op::Write => u64::from(unit.len).div_ceil(PAGE),
        _ => 0,
    }
}

/// What fio does from the beginning of the last unit to the system call, with
/// `written` pages of it to be filled.
fn charge_start<K: AppEnv>(k: &mut K, written: u64) {
    k.host().charge(if written > 0 {
        Cost::FioSubmitWrite
    } else {
        Cost::FioSubmit
    });
    k.host().charge_n(Cost::FioFill, written);
}

/// What fio does before it hands its I/O units over.
#[inline]
fn charge_submission<K: AppEnv>(k: &mut K, t: u16) {
    if k.host().is_free() {
        return;
    }
    let th = thread(k, t);
    let (units, early) = (th.fio.ring().len(), is_early(th));
    let last = th.fio.ring().last().filter(|_| th.filled < units);
    let written = last.map_or(0, filled);
    th.filled = th.filled.saturating_sub(units);
    charge_start(k, written);
    if early {
        k.host().charge(Cost::FioCommit);
    }
}

/// What it does once they are handed over.
fn charge_submitted<K: AppEnv>(k: &mut K, t: u16, now: Ns) {
    let th = thread(k, t);
    let (units, early) = (th.fio.ring().len() as u64, is_early(th));
    th.fio.submitted(now);
    if early {
        k.host().charge(Cost::FioCommitted);
    } else {
        k.host().charge(Cost::FioSubmitted);
        k.host().charge_n(Cost::FioQueued, units);
    }
}

/// Whether fio hands over what it has, less than a batch, as it is about to wait
/// (`ioengines.c:td_io_getevents`).
#[inline]
fn is_early(th: &Thread) -> bool {
    (th.fio.ring().len() as u32) < th.fio.spec().batch_submit
}

/// What an I/O unit costs fio until it begins, and the one before it until then.
#[inline(never)]
fn charge_unit<K: AppEnv>(k: &mut K, t: u16) {
    k.host().charge(Cost::FioTurn);
    let th = thread(k, t);
    let pattern = &th.fio.spec().pattern;
    let (writes, is_random) = (pattern.write, pattern.random);
    let has_map = is_random && !th.fio.spec().norandommap;
    let before = th.fio.queued().last().map(filled);
    th.filled = th.fio.queued().len();
    th.made += 1;
    let is_used = th.made > u64::from(th.fio.spec().iodepth);
    if writes && is_used {
        k.host().charge(Cost::FioWrite);
    }
    if let Some(written) = before {
        k.host().charge(if writes {
            Cost::FioNextWrite
        } else {
            Cost::FioNext
        });
        k.host().charge_n(Cost::FioFill, written);
    }
    if is_random {
        k.host().charge(Cost::FioRandom);
    }
    if has_map {
        k.host().charge(Cost::RandomMap);
    }
}

/// An io_u has been made ready; for the first, the device is opened.
fn prepared<K: AppEnv>(k: &mut K, t: u16) -> Turn {
    if !k.host().is_free() {
        charge_unit(k, t);
    }
    if !thread(k, t).is_open {
        if k.host().is_free() {
            thread(k, t).fio.turns_take_no_time();
        }
        open::open(k, t);
        return Turn::Called;
    }
    Turn::Goes
}

/// The thread enters the kernel at `frame`, and sees to it that it is looked at
/// who runs next when it comes back.
#[inline]
fn system_call<K: AppEnv>(k: &mut K, task: TaskId, frame: AppFrame) -> Turn {
    k.host().charge(Cost::Syscall);
    let free = k.host().is_free();
    let stack = &mut k.host().tasks[task.index()].stack;
    if !free {
        stack.push(K::app_frame(AppFrame::Return));
    }
    stack.push(K::app_frame(frame));
    Turn::Ends(Step::Yield)
}

/// `io_submit`: in a step of its own where code takes time or somebody is more
/// urgent, else at once.
#[inline(always)]
fn submit<K: AppEnv>(k: &mut K, task: TaskId, t: u16) -> Turn {
    let frame = AppFrame::AioSubmit {
        thread: t,
        done: 0,
        plugged: false,
    };
    let h = k.host();
    let depth = h.tasks[task.index()].stack.len();
    let at_once = h.is_free() && !h.cpus[h.cpu().index()].high_waiting();
    if !at_once {
        return system_call(k, task, frame);
    }
    let step = aio::submit(k, task, t, 0, false);
    if k.host().tasks[task.index()].stack.len() == depth {
        return Turn::Called;
    }
    Turn::Ends(step)
}

/// `io_getevents`: takes what is there once there is enough; else sleeps until
/// the next completion (`fs/aio.c:read_events`). Whatever interrupts it comes
/// first: it may bring events.
#[inline(always)]
fn reap<K: AppEnv>(k: &mut K, t: u16, min: u32, max: u32, look: Look) -> Turn {
    let before = match look {
        Look::Before => Some((Cost::LookRing, Look::First)),
        Look::Woken => Some((Cost::LookWoken, Look::Again)),
        _ => None,
    };
    let mut look = look;
    if let Some((cost, then)) = before {
        k.host().charge(cost);
        if interrupted(k) {
            return goes_on(k, t, min, max, then);
        }
        look = then;
    }
    let found = match look {
        Look::Found(n) => n,
        _ => match look_at_ring(k, t, min, max, look) {
            Err(turn) => return turn,
            Ok(n) => n,
        },
    };
    let now = k.host().now();
    let th = thread(k, t);
    for _ in 0..found {
        if let Some(e) = th.ring.pop_front() {
            th.fio.complete_one(now, e.slot, e.errno, e.bytes);
        }
    }
    th.fio.reap_done(now);
    th.waiting = Waiting::Nothing;
    account(k, t, found);
    Turn::Goes
}

/// What fio does about so many I/Os that have ended.
#[inline]
fn account<K: AppEnv>(k: &mut K, t: u16, events: u32) {
    if k.host().is_free() {
        return;
    }
    let event = if thread(k, t).fio.spec().pattern.write {
        Cost::FioEventWrite
    } else {
        Cost::FioEvent
    };
    k.host().charge(Cost::FioReap);
    k.host().charge_n(event, u64::from(events));
}

/// How many events the call takes, or what it does instead of taking any now.
#[inline(always)]
fn look_at_ring<K: AppEnv>(k: &mut K, t: u16, min: u32, max: u32, look: Look) -> Result<u32, Turn> {
    let there = thread(k, t).ring.len() as u32;
    if there < min {
        return Err(wait_for_events(k, t, min, max, look));
    }
    let n = there.min(max.max(min));
    k.host().charge(Cost::GetEvents);
    k.host().charge_n(Cost::CopyEvent, u64::from(n));
    if look != Look::First {
        k.host().charge(Cost::FinishWait);
    }
    if interrupted(k) {
        return Err(goes_on(k, t, min, max, Look::Found(n)));
    }
    Ok(n)
}

/// There are too few events: the task prepares to sleep, and sleeps if that has
/// brought no more (`fs/aio.c:read_events`, `wait_event_interruptible_hrtimeout`).
#[inline(always)]
fn wait_for_events<K: AppEnv>(k: &mut K, t: u16, min: u32, max: u32, look: Look) -> Turn {
    if look != Look::Last {
        k.host().charge(Cost::PrepareToWait);
        if interrupted(k) {
            return goes_on(k, t, min, max, Look::Last);
        }
    }
    goes_on(k, t, min, max, Look::Woken);
    Turn::Ends(Step::Block)
}

/// The call goes on at `look`.
fn goes_on<K: AppEnv>(k: &mut K, t: u16, min: u32, max: u32, look: Look) -> Turn {
    thread(k, t).waiting = Waiting::Events { min, max, look };
    Turn::Goes
}
