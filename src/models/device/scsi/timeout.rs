//! A command that takes too long is aborted (`scsi_error.c:scsi_timeout`,
//! `scmd_eh_abort_handler`, 6.1).

use super::super::super::io::ReqId;
use super::super::DeviceEnv;
use super::incident::{self, Incident};
use super::queue::Reason;
use super::result::{Answer, CmdResult, HostByte};
use super::{Timer, complete, error, lun, sdev};
use crate::models::planted::{self, Defect};
use crate::sim::Ns;

/// Parts of a second after which an abort begins.
const ABORT_AFTER: u64 = 100;

/// The command of `rq` has taken too long. An answer comes too late now; a
/// first abort begins soon. If one has been tried already, error handling takes
/// over.
#[cold]
pub fn scsi_timeout<K: DeviceEnv>(k: &mut K, disk: u16, rq: ReqId) {
    if lun::resets_timer(k, disk, rq) {
        return;
    }
    incident::note(k, disk, Incident::TimedOut);
    lun::update_policy(k, disk);
    let now = k.host().now();
    let d = sdev(k, disk);
    let takes = d.policy.abort.takes;
    let cmnd = d.cmnd(rq, now);
    cmnd.is_timed_out = true;
    if std::mem::replace(&mut cmnd.abort_tried, true) {
        cmnd.abort_tried = false;
        return error::eh_scmd_add(k, disk, rq);
    }
    let h = k.host();
    let wait = Ns((h.hz() / ABORT_AFTER).max(1) * h.jiffy.0);
    let at = h.jiffies_from_now(wait) + takes;
    k.arm_scsi(Timer::Abort(disk, rq), at);
}

/// The abort of `rq` is over: it is tried again, fails, or is left to error
/// handling.
pub(super) fn abort_handler<K: DeviceEnv>(k: &mut K, disk: u16, rq: ReqId) {
    let succeeds = sdev(k, disk).policy.abort.succeeds;
    incident::note(k, disk, Incident::Abort { succeeds });
    if !succeeds {
        return error::eh_scmd_add(k, disk, rq);
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
