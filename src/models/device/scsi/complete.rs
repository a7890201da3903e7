//! The way up: a command has ended, and is over, or goes back to the queue
//! (`scsi_lib.c:scsi_complete`, `scsi.c:scsi_finish_command`, 6.1).

use super::super::super::block::requeue::{blk_mq_requeue_request, delay_kick_requeue_list};
use super::super::super::block::run_queue::blk_mq_run_hw_queues;
use super::super::super::block::{RqEnd, complete, driver};
use super::super::super::io::{BlkStatus, ReqId, SECTOR};
use super::super::DeviceEnv;
use super::host::{host_of, shost};
use super::incident::{self, Incident};
use super::queue::{Reason, set_blocked};
use super::result::{Action, Answer, CmdResult, Command, Disposition, action, blk_status};
use super::{error, request_fn, sdev, state};
use crate::sim::Ns;

/// `ALUA_TRANSITION_REPREP_DELAY`
const REPREP_DELAY: Ns = Ns::from_ms(1000);

/// The adapter has ended the command of `rq` (`scsi_done`, `scsi_complete`).
pub fn scsi_done<K: DeviceEnv>(k: &mut K, disk: u16, rq: ReqId) {
    let d = sdev(k, disk);
    let answer = match d.known(rq) {
        None => None,
        Some(cmnd) => {
            if cmnd.is_timed_out {
                cmnd.is_dropped = true; // too late
                return;
            }
            cmnd.answer.take()
        }
    };
    match answer {
        None => good(k, disk, rq),
        Some(answer) => decide(k, disk, rq, answer),
    }
}

/// A command has succeeded.
fn good<K: DeviceEnv>(k: &mut K, disk: u16, rq: ReqId) {
    if sdev(k, disk).depth.is_on {
        ramp_up(k, disk);
    }
    finished(k, disk, rq);
    end_request(k, disk, rq, BlkStatus::Ok);
}

/// `scsi_decide_disposition`, and what follows from it.
#[cold]
fn decide<K: DeviceEnv>(k: &mut K, disk: u16, rq: ReqId, answer: Answer) {
    let mut cmd = command(k, disk, rq);
    let disposition = match sdev(k, disk).state.is_online() {
        true => cmd.decide(answer.result),
        false => Disposition::Success,
    };
    let now = k.host().now();
    sdev(k, disk).cmnd(rq, now).retries = cmd.retries.0;
    if answer.result == CmdResult::TaskSetFull {
        queue_full(k, disk);
    }
    let too_long = disposition != Disposition::Success && runtime_exceeded(k, disk, rq);
    match disposition {
        Disposition::NeedsRetry if !too_long => queue_insert(k, disk, rq, Reason::EhRetry),
        Disposition::AddToMlqueue if !too_long => queue_insert(k, disk, rq, Reason::DeviceBusy),
        Disposition::Failed if !too_long => error::eh_scmd_add(k, disk, rq),
        _ => finish(k, disk, rq, answer),
    }
}

/// What the disposition of `rq` hangs on.
pub(super) fn command<K: DeviceEnv>(k: &mut K, disk: u16, rq: ReqId) -> Command {
    let r = &k.block().reqs[rq];
    let (flags, is_passthrough) = (r.flags, r.op.is_passthrough());
    let d = sdev(k, disk);
    let so_far = d.known(rq).map_or(0, |c| c.retries);
    Command {
        flags,
        is_passthrough,
        retries: (so_far, d.retries),
        alua: d.handler.as_ref().is_some_and(|h| h.name == "alua"),
    }
}

/// Whether a command has been tried for as long as all its retries may take
/// (`scsi_cmd_runtime_exceeced`).
fn runtime_exceeded<K: DeviceEnv>(k: &mut K, disk: u16, rq: ReqId) -> bool {
    let now = k.host().now();
    let d = sdev(k, disk);
    let (dev, times) = (d.dev, u64::from(d.retries) + 1);
    let since = d.known(rq).map_or(now, |c| c.since);
    let timeout = k.block().dev(dev).timer.rq_timeout;
    timeout != Ns::NEVER && now.saturating_sub(since) > timeout * times
}

/// A command is over, with an error (`scsi_finish_command`,
/// `scsi_io_completion`): what was moved of it is done, the rest fails or is
/// tried again.
#[cold]
pub(super) fn finish<K: DeviceEnv>(k: &mut K, disk: u16, rq: ReqId, answer: Answer) {
    finished(k, disk, rq);
    let sectors = k.block().reqs[rq].sectors;
    let moved = match answer.result {
        CmdResult::Good => sectors.min(answer.moved.max(1)),
        _ => sectors.min(answer.moved),
    };
    if moved > 0 {
        if moved == sectors {
            return end_request(k, disk, rq, BlkStatus::Ok);
        }
        let bytes = u64::from(moved) * SECTOR;
        complete::blk_update_request(k, rq, BlkStatus::Ok, bytes);
    }
    let again = match (answer.result, action(answer.result)) {
        (CmdResult::Good, _) => return requeue_cmd(k, rq, Ns::ZERO),
        (_, again) if runtime_exceeded(k, disk, rq) && again != Action::Fail => Action::Fail,
        (_, again) => again,
    };
    match again {
        Action::Fail => end_request(k, disk, rq, blk_status(answer.result)),
        Action::Retry => insert(k, disk, rq, Reason::EhRetry),
        Action::DelayedRetry => insert(k, disk, rq, Reason::DeviceBusy),
        Action::DelayedReprep => requeue_cmd(k, rq, REPREP_DELAY),
    }
}

/// The adapter has the command no longer (`scsi_device_unbusy`).
pub(super) fn unbusy<K: DeviceEnv>(k: &mut K, disk: u16, rq: ReqId) {
    let host = sdev(k, disk).host;
    let h = shost(k, host);
    h.busy = h.busy.saturating_sub(1);
    let in_recovery = h.is_in_recovery();
    driver::put_budget_of(k, rq);
    if in_recovery {
        error::wakeup(k, host);
    }
}

/// A command has gone through: device and host are not blocked any longer.
fn finished<K: DeviceEnv>(k: &mut K, disk: u16, rq: ReqId) {
    unbusy(k, disk, rq);
    host_of(k, disk).blocked = 0;
    sdev(k, disk).device_blocked = 0;
}

/// `scsi_end_request`
fn end_request<K: DeviceEnv>(k: &mut K, disk: u16, rq: ReqId, status: BlkStatus) {
    sdev(k, disk).forget(rq);
    let r = &k.block().reqs[rq];
    let internal = r.op.is_passthrough() && r.end == RqEnd::None;
    complete::blk_mq_end_request(k, rq, status);
    if !request_fn::is_below(k, disk) {
        run_queue_async(k, disk); // over a single queue this is done
    }
    if internal {
        state::internal_done(k, disk);
    }
}

/// Back to the queue, ahead of what waits there (`scsi_queue_insert`).
pub(super) fn queue_insert<K: DeviceEnv>(k: &mut K, disk: u16, rq: ReqId, reason: Reason) {
    unbusy(k, disk, rq);
    insert(k, disk, rq, reason);
}

fn insert<K: DeviceEnv>(k: &mut K, disk: u16, rq: ReqId, reason: Reason) {
    set_blocked(k, disk, reason);
    let kick = !host_of(k, disk).is_in_recovery();
    blk_mq_requeue_request(k, rq, kick);
}

/// Back to the queue after `delay` (`scsi_mq_requeue_cmd`).
fn requeue_cmd<K: DeviceEnv>(k: &mut K, rq: ReqId, delay: Ns) {
    let dev = k.block().reqs[rq].dev;
    blk_mq_requeue_request(k, rq, delay == Ns::ZERO);
    if delay > Ns::ZERO {
        delay_kick_requeue_list(k, dev, delay);
    }
}

/// Whoever was refused is tried again (`scsi_run_queue_async`): disks that the
/// host has refused first (`scsi_starved_list_run`).
pub(super) fn run_queue_async<K: DeviceEnv>(k: &mut K, disk: u16) {
    let h = host_of(k, disk);
    if h.is_in_recovery() {
        return;
    }
    let starved = h.starved.len();
    for _ in 0..starved {
        if let Some(other) = host_of(k, disk).starved.pop_front()
            && other != disk
        {
            let dev = sdev(k, other).dev;
            blk_mq_run_hw_queues(k, dev, true);
        }
    }
    let d = sdev(k, disk);
    let dev = d.dev;
    if std::mem::take(&mut d.restarts) || starved > 0 {
        blk_mq_run_hw_queues(k, dev, true);
    }
}

/// The target of `disk` is full: each of its LUNs hears of it
/// (`scsi_handle_queue_full`).
fn queue_full<K: DeviceEnv>(k: &mut K, disk: u16) {
    let jiffies = k.host().jiffies();
    for_each_lun(k, disk, |k, lun| {
        let d = sdev(k, lun);
        let before = d.queue_depth;
        d.queue_depth = d.depth.queue_full(before, jiffies);
        let depth = d.queue_depth;
        if depth != before {
            incident::note(k, lun, Incident::RampedDown(depth));
        }
    });
}

/// A command of `disk` has succeeded: it may be time to send each LUN of its target
/// one more (`scsi_handle_queue_ramp_up`).
#[inline]
fn ramp_up<K: DeviceEnv>(k: &mut K, disk: u16) {
    let d = sdev(k, disk);
    let most = d.max_queue_depth;
    if d.queue_depth < most {
        ramp_up_target(k, disk, most);
    }
}

#[cold]
fn ramp_up_target<K: DeviceEnv>(k: &mut K, disk: u16, most: u32) {
    let (jiffies, hz) = (k.host().jiffies(), k.host().hz());
    if !sdev(k, disk).depth.may_ramp_up(jiffies, hz) {
        return;
    }
    for_each_lun(k, disk, |k, lun| {
        let d = sdev(k, lun);
        if d.queue_depth < most {
            d.queue_depth += 1;
            let depth = d.queue_depth;
            incident::note(k, lun, Incident::RampedUp(depth));
        }
    });
}

/// Every disk that is a LUN of one target with `disk`, itself among them.
fn for_each_lun<K: DeviceEnv>(k: &mut K, disk: u16, mut each: impl FnMut(&mut K, u16)) {
    let d = sdev(k, disk);
    let (host, target) = (d.host, d.target);
    for n in 0..shost(k, host).disks.len() {
        let lun = shost(k, host).disks[n];
        if sdev(k, lun).target == target {
            each(k, lun);
        }
    }
}
