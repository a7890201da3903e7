//! A command that takes too long is aborted (`scsi_error.c:scsi_timeout`,
//! `scmd_eh_abort_handler`, 6.1).

use std::collections::VecDeque;

use super::super::super::io::ReqId;
use super::super::DeviceEnv;
use super::error::{Asked, Tmf};
use super::host::shost;
use super::incident::{self, Incident};
use super::queue::Reason;
use super::result::{Answer, CmdResult, HostByte};
use super::{Lld, Timer, complete, error, lun, sdev};
use crate::models::planted::{self, Defect};
use crate::sim::Ns;

/// Parts of a second after which an abort begins.
const ABORT_AFTER: u64 = 100;

/// Commands of one host that are to be aborted, one after the other
/// (`tmf_work_q`, whose `max_active` is 1); the first is being so.
#[derive(Clone, Debug, Default)]
pub(super) struct Aborts {
    queue: VecDeque<(u16, ReqId)>,
    /// Whether the first will have succeeded.
    succeeds: bool,
    /// Since when it waits for its port.
    pub(super) waits_since: Option<Ns>,
}

impl Aborts {
    /// Whether they wait for a port that is away.
    pub(super) fn wait_for_port(&self) -> bool {
        self.waits_since.is_some()
    }
}

/// The command of `rq` has taken too long. An answer comes too late now; a
/// first abort begins soon. If one has been tried already, error handling takes
/// over.
#[cold]
pub fn scsi_timeout<K: DeviceEnv>(k: &mut K, disk: u16, rq: ReqId) {
    if lun::resets_timer(k, disk, rq) {
        return;
    }
    incident::note(k, disk, Incident::TimedOut);
    let now = k.host().now();
    let cmnd = sdev(k, disk).cmnd(rq, now);
    cmnd.is_timed_out = true;
    if std::mem::replace(&mut cmnd.abort_tried, true) {
        cmnd.abort_tried = false;
        return error::eh_scmd_add(k, disk, rq);
    }
    let host = sdev(k, disk).host;
    shost(k, host).eh_begins(now);
    let h = k.host();
    let wait = Ns((h.hz() / ABORT_AFTER).max(1) * h.jiffy.0);
    let at = h.jiffies_from_now(wait);
    k.arm_scsi(Timer::Abort(disk, rq), at);
}

/// The abort of `rq` is due: it begins when those before it have ended.
pub(super) fn abort_due<K: DeviceEnv>(k: &mut K, disk: u16, rq: ReqId) {
    let host = sdev(k, disk).host;
    let queue = &mut shost(k, host).aborts.queue;
    queue.push_back((disk, rq));
    if queue.len() == 1 {
        run_aborts(k, host);
    }
}

/// Begins aborts until one takes its time.
pub(super) fn run_aborts<K: DeviceEnv>(k: &mut K, host: u16) {
    let now = k.host().now();
    while let Some(&(disk, _)) = shost(k, host).aborts.queue.front() {
        let is_late = shost(k, host).is_past_deadline(now);
        let d = sdev(k, disk);
        let asked = match d.lld {
            _ if is_late => Asked::FailsFast,
            Lld::ScsiDebug => Asked::Goes(d.policy.abort),
            Lld::Lun(path) => lun::task_management(k, path),
        };
        let aborts = &mut shost(k, host).aborts;
        let Tmf { succeeds, takes } = match asked {
            Asked::Goes(tmf) => tmf,
            Asked::FailsFast => Tmf {
                succeeds: false,
                takes: Ns::ZERO,
            },
            Asked::Waits => {
                aborts.waits_since = Some(now);
                return;
            }
        };
        aborts.succeeds = succeeds;
        if takes > Ns::ZERO {
            return k.arm_scsi(Timer::Aborted(host), now + takes);
        }
        abort_ends(k, host);
    }
}

/// The abort that was under way has ended; the next begins.
pub(super) fn aborted<K: DeviceEnv>(k: &mut K, host: u16) {
    abort_ends(k, host);
    run_aborts(k, host);
}

fn abort_ends<K: DeviceEnv>(k: &mut K, host: u16) {
    let aborts = &mut shost(k, host).aborts;
    let succeeds = aborts.succeeds;
    if let Some((disk, rq)) = aborts.queue.pop_front() {
        abort_handler(k, disk, rq, succeeds);
    }
}

/// The abort of `rq` is over: it is tried again, fails, or is left to error
/// handling.
fn abort_handler<K: DeviceEnv>(k: &mut K, disk: u16, rq: ReqId, succeeds: bool) {
    incident::note(k, disk, Incident::Abort { succeeds });
    if !succeeds {
        lun::abort_is_not_answered(k, disk);
        return error::eh_scmd_add(k, disk, rq);
    }
    let host = sdev(k, disk).host;
    let h = shost(k, host);
    if h.aborts.queue.is_empty() && h.failed.is_empty() {
        h.eh_ends();
    }
    gave_up(k, disk, rq, true);
    if planted::has(Defect::AbortedCommandLost) {
        return;
    }
    retry_or_finish(k, disk, rq);
}

/// The adapter has given up the command: no answer to it will come. The device
/// carries it out all the same unless it was `stopped`.
pub(super) fn gave_up<K: DeviceEnv>(k: &mut K, disk: u16, rq: ReqId, stopped: bool) {
    let now = k.host().now();
    let issued = k.block().reqs[rq].io_start;
    let d = sdev(k, disk);
    let delay = d.delays.command;
    d.stalled.retain(|&(stalled, _)| stalled != rq);
    let cmnd = d.cmnd(rq, now);
    let due = cmnd.due.unwrap_or(issued + delay);
    let lands = cmnd.lands.take().filter(|&at| at > now && !stopped);
    cmnd.answer = None;
    cmnd.is_timed_out = false;
    let answers = !std::mem::replace(&mut cmnd.is_dropped, false);
    if answers {
        k.devices().cancelled.push((rq, due));
    }
    if let Some(at) = lands {
        k.given_up(rq, at);
    }
}

/// A command that was aborted or lost is tried again if it may be, or ends as
/// timed out.
pub(super) fn retry_or_finish<K: DeviceEnv>(k: &mut K, disk: u16, rq: ReqId) {
    let result = CmdResult::Host(HostByte::TimeOut);
    let mut cmd = complete::command(k, disk, rq);
    let again = sdev(k, disk).state.is_online() && cmd.try_again(result);
    if again {
        let now = k.host().now();
        sdev(k, disk).cmnd(rq, now).retries = cmd.retries.0;
        complete::queue_insert(k, disk, rq, Reason::EhRetry);
    } else {
        complete::finish(k, disk, rq, Answer { result, moved: 0 });
    }
}
