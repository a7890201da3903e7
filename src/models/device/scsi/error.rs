//! Error handling: what cannot be aborted waits until the host is quiet, then
//! ever larger things are reset, and what still does not answer is taken
//! offline (`scsi_error.c:scsi_unjam_host`, 6.1).
//!
//! It is the host adapter's: from the first command that it is left with to its
//! end the host takes no others, whichever disk they are for. What is tried is
//! asked how it goes when its turn comes.

use super::super::super::block::requeue::kick_requeue_list;
use super::super::super::block::run_queue::blk_mq_run_hw_queues;
use super::super::super::io::ReqId;
use super::super::DeviceEnv;
use super::host::{looks_at, shost};
use super::incident::{self, Incident};
use super::state::SdevState;
use super::{Lld, Timer, lun, sdev, timeout};
use crate::sim::Ns;

/// How a request to abort or reset something goes.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct Tmf {
    /// Whether it helps.
    pub succeeds: bool,
    /// How long it takes, with the test of the unit that follows.
    pub takes: Ns,
}

/// What such a request comes to.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub(super) enum Asked {
    /// It is sent, and goes so.
    Goes(Tmf),
    /// Its port is away: it waits for that to change (`fc_block_scsi_eh`).
    Waits,
    /// Its port has been away for too long: no more is tried (`FAST_IO_FAIL`).
    FailsFast,
}

/// How error handling goes with a disk of scsi_debug.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct EhPolicy {
    /// Aborting one command.
    pub abort: Tmf,
    /// Resetting the device, the target, the bus and the host, in this order;
    /// the adapter's driver has no such thing where there is none.
    pub resets: [Option<Tmf>; 4],
}

impl Default for EhPolicy {
    /// Everything helps at once.
    fn default() -> Self {
        let helps = Tmf {
            succeeds: true,
            takes: Ns::ZERO,
        };
        EhPolicy {
            abort: helps,
            resets: [Some(helps); 4],
        }
    }
}

/// What is reset, in order (`scsi_eh_ready_devs`).
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
enum Stage {
    Device,
    Target,
    Bus,
    Host,
}

const STAGES: [Stage; 4] = [Stage::Device, Stage::Target, Stage::Bus, Stage::Host];

/// Error handling of a host at work.
#[derive(Clone, Debug, Default)]
pub(super) struct Recovery {
    /// How far it has come in [`STAGES`].
    stage: usize,
    /// Disks that this stage has seen to.
    tried: Vec<u16>,
    /// Those that are seen to now.
    unit: Vec<u16>,
    /// Whether that helps, and whether the device is sure to have stopped.
    helps: bool,
    stops: bool,
    /// Since when it waits for a port.
    waits_since: Option<Ns>,
    /// What has been seen to; whether the device has stopped carrying it out.
    done: Vec<(u16, ReqId, bool)>,
}

impl Recovery {
    /// Whether it waits for a port that is away.
    pub(super) fn waits_for_port(&self) -> bool {
        self.waits_since.is_some()
    }
}

/// `rq` is left to error handling (`scsi_eh_scmd_add`).
pub(super) fn eh_scmd_add<K: DeviceEnv>(k: &mut K, disk: u16, rq: ReqId) {
    let now = k.host().now();
    let d = sdev(k, disk);
    d.cmnd(rq, now).is_timed_out = true;
    let host = d.host;
    let h = shost(k, host);
    h.eh_begins(now);
    h.failed.push((disk, rq));
    wakeup(k, host);
}

/// Error handling begins once all commands of the host have ended or failed
/// (`scsi_eh_wakeup`).
pub(super) fn wakeup<K: DeviceEnv>(k: &mut K, host: u16) {
    let h = shost(k, host);
    if h.recovery.is_some() || h.busy as usize > h.failed.len() {
        return;
    }
    h.recovery = Some(Recovery::default());
    next_unit(k, host);
}

/// Something has happened to the port of `disk`: who waits for it looks soon.
pub(super) fn port_changed<K: DeviceEnv>(k: &mut K, disk: u16) {
    let now = k.host().now();
    let host = sdev(k, disk).host;
    let h = shost(k, host);
    let recovery = h.recovery.as_ref().and_then(|r| r.waits_since);
    for since in [recovery, h.aborts.waits_since].into_iter().flatten() {
        k.arm_scsi(Timer::LooksForPort(host), looks_at(since, now));
    }
}

/// Who waits for a port looks whether it is there.
pub(super) fn looks_for_port<K: DeviceEnv>(k: &mut K, host: u16) {
    if shost(k, host).aborts.waits_since.take().is_some() {
        timeout::run_aborts(k, host);
    }
    let waits = |r: &mut Recovery| r.waits_since.take().is_some();
    if shost(k, host).recovery.as_mut().is_some_and(waits) {
        try_unit(k, host);
    }
}

/// The next disk, or target, or all, is tried to be brought back; then the next
/// larger thing; then error handling is over.
fn next_unit<K: DeviceEnv>(k: &mut K, host: u16) {
    let now = k.host().now();
    loop {
        let devices = k.devices();
        let (hosts, disks) = (&mut devices.hosts, &devices.scsi);
        let h = &mut hosts[usize::from(host)];
        let is_late = h.is_past_deadline(now);
        let Some(recovery) = h.recovery.as_mut() else {
            return;
        };
        if is_late && recovery.stage < STAGES.len() - 1 {
            recovery.stage = STAGES.len() - 1; // "past eh deadline"
            recovery.tried.clear();
        }
        let Some(&stage) = STAGES.get(recovery.stage).filter(|_| !h.failed.is_empty()) else {
            return recovered(k, host);
        };
        let fails = |disk: u16| h.failed.iter().any(|&(failed, _)| failed == disk);
        let left = |&disk: &u16| fails(disk) && !recovery.tried.contains(&disk);
        let Some(first) = h.disks.iter().copied().find(|disk| left(disk)) else {
            recovery.stage += 1;
            recovery.tried.clear();
            continue;
        };
        let target = |disk: u16| disks[usize::from(disk)].target;
        // What follows the reset of a host is a test of each of its disks.
        let belongs = |&disk: &u16| match stage {
            Stage::Device | Stage::Host => disk == first,
            Stage::Target => target(disk) == target(first),
            Stage::Bus => true,
        };
        let unit: Vec<u16> = h.disks.iter().copied().filter(belongs).collect();
        recovery.tried.extend(&unit);
        recovery.unit = unit;
        if try_unit(k, host) {
            return;
        }
    }
}

/// Resets what is to be reset now; false if there is no such thing.
fn try_unit<K: DeviceEnv>(k: &mut K, host: u16) -> bool {
    let now = k.host().now();
    let Some(recovery) = &shost(k, host).recovery else {
        return false;
    };
    let (stage, first) = (recovery.stage, recovery.unit[0]);
    let d = sdev(k, first);
    let asked = match d.lld {
        Lld::ScsiDebug => d.policy.resets[stage].map(Asked::Goes),
        Lld::Lun(_) if STAGES[stage] == Stage::Bus => None,
        Lld::Lun(path) => Some(lun::task_management(k, path)),
    };
    let (Some(asked), Some(recovery)) = (asked, &mut shost(k, host).recovery) else {
        return false;
    };
    let takes = match asked {
        Asked::Waits => {
            recovery.waits_since = Some(now);
            return true;
        }
        Asked::FailsFast => {
            (recovery.helps, recovery.stops) = (true, false);
            Ns::ZERO
        }
        Asked::Goes(tmf) => {
            (recovery.helps, recovery.stops) = (tmf.succeeds, true);
            tmf.takes
        }
    };
    k.arm_scsi(Timer::Reset(host), now + takes);
    true
}

/// What was tried has come to its end.
pub(super) fn reset_ends<K: DeviceEnv>(k: &mut K, host: u16) {
    let h = shost(k, host);
    let Some(recovery) = &mut h.recovery else {
        return;
    };
    let (level, first) = (recovery.stage, recovery.unit.first().copied());
    let (succeeds, is_sent) = (recovery.helps, recovery.stops);
    if recovery.helps {
        let (unit, stops) = (&recovery.unit, recovery.stops);
        let helped = |(disk, _): &mut (u16, ReqId)| unit.contains(disk);
        let helped = h.failed.extract_if(.., helped);
        let helped = helped.map(|(disk, rq)| (disk, rq, stops));
        recovery.done.extend(helped);
    }
    if let Some(disk) = first.filter(|_| is_sent) {
        incident::note(k, disk, Incident::Reset { level, succeeds });
    }
    next_unit(k, host);
}

/// Error handling is over (`scsi_eh_offline_sdevs`, `scsi_eh_flush_done_q`,
/// `scsi_restart_operations`): what failed is tried again, or ends; the host
/// takes commands again.
fn recovered<K: DeviceEnv>(k: &mut K, host: u16) {
    let h = shost(k, host);
    h.eh_ends();
    let failed = std::mem::take(&mut h.failed);
    let done = h.recovery.take().map_or(Vec::new(), |r| r.done);
    for &(disk, _) in &failed {
        offline(k, disk);
    }
    let failed = failed.into_iter().map(|(disk, rq)| (disk, rq, false));
    for (disk, rq, stopped) in done.into_iter().chain(failed) {
        timeout::gave_up(k, disk, rq, stopped);
        timeout::retry_or_finish(k, disk, rq);
    }
    for n in 0..shost(k, host).disks.len() {
        let disk = shost(k, host).disks[n];
        let dev = sdev(k, disk).dev;
        kick_requeue_list(k, dev);
        blk_mq_run_hw_queues(k, dev, true);
    }
}

/// Nothing has helped a command of `disk`; of each the kernel says so.
fn offline<K: DeviceEnv>(k: &mut K, disk: u16) {
    let now = k.host().now();
    let d = sdev(k, disk);
    if d.state == SdevState::Running {
        d.state = SdevState::Offline;
    }
    let line = d.line("Device offlined - not ready after error recovery");
    k.block().klog.print(now, line);
    incident::note(k, disk, Incident::Offlined);
}
