//! Carries out a [`Script`](super::super::script::Script).

use super::super::script::{ScriptBio, ScriptStep};
use super::AppEnv;
use crate::models::block::single_queue::plug::blk_run_backing_dev;
use crate::models::block::{plug, submit};
use crate::models::host::{Cost, Step, TaskId};
use crate::models::io::{Bio, BioId, DevId, EndIo, SECTOR};
use crate::sim::Ns;

/// A scripted task.
#[derive(Debug)]
pub struct Scripted {
    /// The task that runs it.
    pub task: TaskId,
    /// The device it works on.
    pub dev: DevId,
    /// What it does.
    pub steps: Vec<ScriptStep>,
    /// How many of its steps are done.
    pub at: usize,
    /// When it is woken, while it sleeps.
    pub alarm: Option<Ns>,
    /// Bios submitted.
    pub submitted: u64,
    /// Bios not yet ended.
    pub in_flight: u32,
    /// Bios that ended with an error.
    pub failed: u64,
}

impl Scripted {
    /// Before its first step.
    pub fn new(task: TaskId, dev: DevId, steps: Vec<ScriptStep>) -> Self {
        Scripted {
            task,
            dev,
            steps,
            at: 0,
            alarm: None,
            submitted: 0,
            in_flight: 0,
            failed: 0,
        }
    }
}

/// Does the next step of script `n`.
pub fn step<K: AppEnv>(k: &mut K, task: TaskId, n: u16) -> Step {
    let s = script(k, n);
    let next = s.steps.get(s.at).copied();
    match next {
        None => return end(k, task),
        Some(ScriptStep::StartPlug) => {
            plug::blk_start_plug(k, task);
        }
        Some(ScriptStep::FinishPlug) => plug::blk_finish_plug(k, task),
        Some(ScriptStep::Bio(bio)) => submit_bio(k, n, &bio),
        Some(ScriptStep::Wait) => {
            if s.in_flight > 0 {
                let dev = s.dev;
                blk_run_backing_dev(k, dev);
                return sleep(k, task);
            }
        }
        Some(ScriptStep::Sleep(span)) => {
            let until = k.host().now() + span;
            if let Some(step) = sleep_until(k, task, n, until) {
                return step;
            }
        }
        Some(ScriptStep::Until(until)) => {
            if let Some(step) = sleep_until(k, task, n, until) {
                return step;
            }
        }
    }
    script(k, n).at += 1;
    Step::Again
}

fn script<K: AppEnv>(k: &mut K, n: u16) -> &mut Scripted {
    &mut k.app().scripts[usize::from(n)]
}

/// The last step is done: what is left of the plug goes, then the task.
fn end<K: AppEnv>(k: &mut K, task: TaskId) -> Step {
    if k.block().plugs[task.index()].active {
        plug::blk_finish_plug(k, task);
        return Step::Again;
    }
    k.app().running -= 1;
    Step::Exit
}

/// Sleeps; a plug is flushed first (`sched_submit_work`).
fn sleep<K: AppEnv>(k: &mut K, task: TaskId) -> Step {
    if plug::must_flush_to_sleep(k, task) {
        plug::call_flush(k, true);
        return Step::Again;
    }
    Step::Block
}

/// Sleeps until `until`, or until the alarm that was set earlier. None once it
/// is past.
fn sleep_until<K: AppEnv>(k: &mut K, task: TaskId, n: u16, until: Ns) -> Option<Step> {
    let now = k.host().now();
    let s = script(k, n);
    let alarm = match s.alarm {
        Some(alarm) => alarm,
        None => {
            s.alarm = Some(until);
            k.wake_at(until.max(now), task);
            until
        }
    };
    if now < alarm {
        return Some(sleep(k, task));
    }
    script(k, n).alarm = None;
    None
}

/// The number by which probes know script `n`.
fn thread_number<K: AppEnv>(k: &mut K, n: u16) -> u16 {
    (k.app().threads.len() as u16).saturating_add(n)
}

fn submit_bio<K: AppEnv>(k: &mut K, n: u16, bio: &ScriptBio) {
    k.host().charge(Cost::DioSubmit);
    let s = script(k, n);
    s.submitted += 1;
    s.in_flight += 1;
    let step = s.at as u32;
    let dev = s.dev;
    let submitted = s.submitted;
    let thread = thread_number(k, n);
    k.io_begun(thread);
    let ident = 1 << 63 | u64::from(n) << 40 | submitted;
    let mut o = Bio::new(dev, bio.op, bio.flags, bio.sector, bio.sectors, bio.segs);
    o.prio = bio.prio;
    o.ident = ident;
    o.end_io = EndIo::Script { script: n, step };
    let bio = k.block().bios.alloc(o);
    submit::submit_bio_noacct(k, bio);
}

/// A bio of a scripted task has ended.
pub fn bio_end_io<K: AppEnv>(k: &mut K, bio: BioId) {
    let b = k.block();
    let o = b.bios[bio];
    b.bios.free(bio);
    let EndIo::Script { script: n, step } = o.end_io else {
        return;
    };
    let errno = o.status.errno();
    let s = script(k, n);
    s.in_flight -= 1;
    s.failed += u64::from(errno != 0);
    let bytes = match s.steps.get(step as usize) {
        Some(ScriptStep::Bio(bio)) => bio.sectors.saturating_mul(SECTOR as u32),
        _ => 0,
    };
    let waits = matches!(s.steps.get(s.at), Some(ScriptStep::Wait));
    let (task, all) = (s.task, s.in_flight == 0);
    let thread = thread_number(k, n);
    k.io_done(thread, bytes, errno);
    if waits && all {
        k.wake(task);
    }
}
