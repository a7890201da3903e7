//! The driver of a host adapter whose disk is a LUN of an array: a command goes
//! into the storage network, which says at once what becomes of it.
//!
//! What the network tells without being asked is what the transport class does
//! with its remote port or session: it blocks the disk's queue, lets it run,
//! fails or removes it (`scsi_transport_fc.c`, `scsi_transport_iscsi.c`, 6.1).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::super::super::array::access_state::AccessState;
use super::super::super::array::reply::{Command, CommandKind, Reply};
use super::super::super::block::RqEnd;
use super::super::super::block::run_queue::blk_mq_run_hw_queues;
use super::super::super::block::timeout::blk_reset_timer;
use super::super::super::fabric::nexus::{Ended, NexusEvent, State};
use super::super::super::fabric::tcp::OnTimeout;
use super::super::super::io::{DevId, Op, ReqId};
use super::super::super::san::{Fate, Held, PathConfig, PathId};
use super::super::DeviceEnv;
use super::error::{self, Asked, Tmf};
use super::handler::{Handler, HandlerConfig};
use super::incident::{self, Incident};
use super::result::{Answer, CmdResult, HostByte, SenseKey};
use super::state::{SdevState, delete};
use super::{Lld, ScsiDisk, sdev};
use crate::sim::Ns;
use crate::sim::units::as_text;

/// A disk that is a LUN of an array.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct LunDiskConfig {
    /// The initiator port.
    pub initiator: String,
    /// The target port: `ctl0.p0`, or `NAME.ctl0.p0` if there are several
    /// arrays.
    pub target: String,
    /// The LUN.
    pub lun: String,
    /// Links between switches on the way, from the host on.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub via: Vec<String>,
    /// Commands that it may have outstanding (`device/queue_depth`), 1 to
    /// 4096. Default: 32.
    pub queue_depth: u32,
    /// How long a command may take before it is aborted. Default: 30 s.
    #[serde(serialize_with = "as_text")]
    pub timeout: Ns,
    /// How often a command is tried again. Default: 5.
    pub retries: u32,
    /// The hardware handler attached to it; `none`: none. Default: `alua`, if
    /// the array speaks of access states.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub handler: Option<HandlerConfig>,
}

impl Default for LunDiskConfig {
    fn default() -> Self {
        LunDiskConfig {
            initiator: String::new(),
            target: String::new(),
            lun: String::new(),
            via: Vec::new(),
            queue_depth: 32,
            timeout: Ns::from_secs(30),
            retries: 5,
            handler: None,
        }
    }
}

impl LunDiskConfig {
    /// The path it stands on.
    pub fn path(&self) -> PathConfig {
        PathConfig {
            initiator: self.initiator.clone(),
            target: self.target.clone(),
            lun: self.lun.clone(),
            via: self.via.clone(),
        }
    }
}

impl ScsiDisk {
    /// The disk of `config` on `path`, at this `target` and LUN of its host
    /// adapter, which speaks of access states or not
    /// (`scsi_dh.c:scsi_dh_find_driver`).
    pub fn on_path(
        dev: DevId,
        config: &LunDiskConfig,
        path: PathId,
        (target, lun): (u16, u16),
        alua: bool,
    ) -> Self {
        let mut disk = ScsiDisk::over(dev, Lld::Lun(path), config.queue_depth);
        disk.handler = match &config.handler {
            Some(handler) if handler.name == "none" => None,
            Some(handler) => Some(Handler::new(handler)),
            None => alua.then(|| Handler::new(&"alua".into())),
        };
        (disk.target, disk.lun) = (target, lun);
        disk.retries = config.retries;
        disk.depth.is_on = true; // track_queue_depth
        disk
    }
}

/// How long error handling waits for an answer (`eh_timeout`).
const EH_TIMEOUT: Ns = Ns::from_secs(10);
/// The test of a unit that follows on what has been reset.
const EH_TEST: Ns = Ns::from_ms(1);
/// A command that takes nearly as long as its timeout is remembered.
const MARGIN: Ns = Ns::from_secs(1);

/// Sends the command of `rq` (`queuecommand`).
pub(super) fn queuecommand<K: DeviceEnv>(k: &mut K, disk: u16, path: PathId, rq: ReqId) {
    let now = k.host().now();
    let command = command(k, disk, path, rq);
    let san = &mut k.devices().san;
    let fate = san.submit(now, path, &command);
    let lands = san.carried_out();
    await_fate(k, disk, rq, fate, lands);
}

/// The command of `rq`, as the array sees it.
fn command<K: DeviceEnv>(k: &mut K, disk: u16, path: PathId, rq: ReqId) -> Command {
    let b = k.block();
    let r = &b.reqs[rq];
    let (op, end) = (r.op, r.end);
    let (sector, sectors) = (r.sector, r.sectors);
    let first_bio = r.bio.map_or(0, |bio| b.bios[bio].ident);
    let tried = sdev(k, disk).known(rq).map_or(0, |c| c.retries);
    let kind = match op {
        Op::Read => CommandKind::Read,
        Op::Write => CommandKind::Write,
        Op::Flush => CommandKind::Flush,
        Op::Discard => CommandKind::Discard,
        Op::DrvIn if matches!(end, RqEnd::Daemon(_)) => checks(k, path),
        Op::DrvIn => CommandKind::Control,
    };
    Command {
        first_bio,
        attempt: u64::from(tried),
        kind,
        sector,
        sectors,
    }
}

/// The command by which multipathd checks `path`: TEST UNIT READY, but that a
/// port in standby, or one that changes its state, is no failure for it
/// (`PATH_GHOST`, `PATH_PENDING`).
fn checks<K: DeviceEnv>(k: &mut K, path: PathId) -> CommandKind {
    let now = k.host().now();
    match k.devices().san.access_state(path, now) {
        AccessState::Standby | AccessState::Transitioning => CommandKind::Control,
        _ => CommandKind::Test,
    }
}

/// What becomes of the command of `rq` is known, and when the array carries it
/// out.
fn await_fate<K: DeviceEnv>(k: &mut K, disk: u16, rq: ReqId, fate: Fate, lands: Option<Ns>) {
    let now = k.host().now();
    let (at, answer) = match fate {
        Fate::Done(at, Reply::Good) => (at, None),
        Fate::Done(at, reply) => (at, Some(answer_of(reply))),
        Fate::Refused(state) => (now, Some(refusal(state))),
        Fate::Lost | Fate::Stalled(_) => {
            let d = sdev(k, disk);
            let cmnd = d.cmnd(rq, now);
            cmnd.is_dropped = true;
            cmnd.lands = lands;
            if let Fate::Stalled(held) = fate {
                d.stalled.push((rq, held));
                stalls(k, disk);
            }
            return;
        }
    };
    let dev = sdev(k, disk).dev;
    let timeout = k.block().dev(dev).timer.rq_timeout;
    let d = sdev(k, disk);
    let is_late = at.saturating_sub(now).saturating_add(MARGIN) >= timeout;
    if answer.is_some() || is_late || d.known(rq).is_some() {
        let cmnd = d.cmnd(rq, now);
        cmnd.answer = answer;
        cmnd.is_dropped = false;
        cmnd.due = Some(at);
        cmnd.lands = lands;
    }
    k.complete_at(at, rq);
}

/// The session of `disk` is noticed to stall when it holds a first command.
fn stalls<K: DeviceEnv>(k: &mut K, disk: u16) {
    let d = sdev(k, disk);
    let (lld, is_first) = (d.lld, d.stalled.len() == 1);
    if let Lld::Lun(path) = lld
        && is_first
        && k.devices().san.state(path) == State::Stalled
    {
        incident::note(k, disk, Incident::Stalled);
    }
}

/// What the mid-layer makes of a reply.
fn answer_of(reply: Reply) -> Answer {
    let sense = |key, asc, ascq| CmdResult::Sense { key, asc, ascq };
    let (result, moved) = match reply {
        Reply::Good => (CmdResult::Good, 0),
        Reply::Busy => (CmdResult::Busy, 0),
        Reply::TaskSetFull => (CmdResult::TaskSetFull, 0),
        Reply::ReservationConflict => (CmdResult::ReservationConflict, 0),
        Reply::Sense(s) => {
            let key = match s.key {
                0x2 => SenseKey::NotReady,
                0x3 => SenseKey::MediumError,
                0x5 => SenseKey::IllegalRequest,
                _ => SenseKey::HardwareError,
            };
            (sense(key, s.asc, s.ascq), 0)
        }
        Reply::Unreadable(moved) => (sense(SenseKey::MediumError, 0x11, 0x00), moved),
        Reply::TransportError => (CmdResult::Host(HostByte::Error), 0),
    };
    Answer { result, moved }
}

/// What a port that is not running answers (`fc_remote_port_chkready`).
fn refusal(state: State) -> Answer {
    host(match state {
        State::Running | State::Stalled | State::Blocked => HostByte::ImmRetry,
        State::Failed => HostByte::TransportFailfast,
        State::Removed => HostByte::NoConnect,
    })
}

fn host(byte: HostByte) -> Answer {
    Answer {
        result: CmdResult::Host(byte),
        moved: 0,
    }
}

/// The nexus of `disk` has something to tell.
pub fn nexus_event<K: DeviceEnv>(k: &mut K, disk: u16, event: NexusEvent) {
    match event {
        NexusEvent::Released => {
            for (rq, held) in std::mem::take(&mut sdev(k, disk).stalled) {
                release(k, disk, rq, held);
            }
        }
        NexusEvent::Terminated(ended) => {
            for (rq, _) in std::mem::take(&mut sdev(k, disk).stalled) {
                terminate(k, disk, rq, ended);
            }
            terminate_lost(k, disk, ended);
        }
        NexusEvent::Became(state) => became(k, disk, state),
    }
}

fn release<K: DeviceEnv>(k: &mut K, disk: u16, rq: ReqId, held: Held) {
    let Lld::Lun(path) = sdev(k, disk).lld else {
        return;
    };
    let now = k.host().now();
    let command = command(k, disk, path, rq);
    let landed = sdev(k, disk).known(rq).and_then(|c| c.lands);
    let san = &mut k.devices().san;
    let fate = san.resume(now, path, &command, held);
    let lands = match held {
        Held::Command => san.carried_out(),
        Held::Answer(_) => landed,
    };
    await_fate(k, disk, rq, fate, lands);
}

/// The adapter ends the command of `rq`, which it has held. The array goes on
/// with what it has.
fn terminate<K: DeviceEnv>(k: &mut K, disk: u16, rq: ReqId, ended: Ended) {
    let now = k.host().now();
    let cmnd = sdev(k, disk).cmnd(rq, now);
    if cmnd.is_timed_out {
        return; // error handling has it
    }
    cmnd.answer = Some(host(match ended {
        Ended::Disrupted => HostByte::TransportDisrupted,
        Ended::FailedFast => HostByte::TransportFailfast,
        Ended::NoConnect => HostByte::NoConnect,
    }));
    cmnd.is_dropped = false;
    cmnd.due = Some(now);
    if let Some(at) = cmnd.lands.take().filter(|&at| at > now) {
        k.given_up(rq, at);
    }
    k.complete_at(now, rq);
}

/// What was lost before the port was ends with it (`terminate_rport_io`).
fn terminate_lost<K: DeviceEnv>(k: &mut K, disk: u16, ended: Ended) {
    let lost = |c: &&super::Cmnd| c.is_dropped && !c.is_timed_out;
    let lost: Vec<ReqId> = sdev(k, disk)
        .cmnds
        .iter()
        .filter(lost)
        .map(|c| c.rq)
        .collect();
    for rq in lost {
        terminate(k, disk, rq, ended);
    }
}

/// The disk follows the state of its port (`scsi_target_block`,
/// `scsi_target_unblock`).
fn became<K: DeviceEnv>(k: &mut K, disk: u16, state: State) {
    error::port_changed(k, disk);
    let d = sdev(k, disk);
    let dev = d.dev;
    if d.state == SdevState::Cancel {
        d.is_found = d.is_lost && state == State::Running;
        return;
    }
    let holds = !d.stalled.is_empty();
    match (state, d.state) {
        (State::Stalled, _) if holds => return incident::note(k, disk, Incident::Stalled),
        (State::Stalled, _) => return,
        (State::Removed, SdevState::Offline) => {}
        (_, SdevState::Offline) => return,
        (State::Running, _) => {
            d.state = SdevState::Running;
            d.offline_already = false;
        }
        (State::Blocked, _) => d.state = SdevState::Blocked,
        (State::Failed | State::Removed, _) => d.state = SdevState::TransportOffline,
    }
    k.block().dev(dev).quiesced = state == State::Blocked;
    if state != State::Blocked {
        blk_mq_run_hw_queues(k, dev, true);
    }
    if state == State::Removed {
        sdev(k, disk).is_lost = true;
        delete(k, disk);
    }
}

/// A command of `disk` has taken too long: whether it is given as long again,
/// because its port is not there, or is given up (`fc_eh_timed_out`,
/// `iscsi_eh_cmd_timed_out`).
pub(super) fn resets_timer<K: DeviceEnv>(k: &mut K, disk: u16, rq: ReqId) -> bool {
    let Lld::Lun(path) = sdev(k, disk).lld else {
        return false;
    };
    let now = k.host().now();
    let leads_to = k.devices().san.times_out(path, now);
    k.san_is_due();
    let waits = leads_to != OnTimeout::Aborts;
    if waits {
        blk_reset_timer(k, rq);
    }
    waits
}

/// Nobody has answered the request to abort a command of `disk`.
pub(super) fn abort_is_not_answered<K: DeviceEnv>(k: &mut K, disk: u16) {
    if let Lld::Lun(path) = sdev(k, disk).lld {
        let now = k.host().now();
        k.devices().san.give_up(path, now);
        k.san_is_due();
    }
}

/// What a request to abort or reset something on `path` comes to if it is sent
/// now, with the test of the unit that follows: it takes as long as its answer
/// does, and what is lost, or takes as long as the host waits, is of no use.
pub(super) fn task_management<K: DeviceEnv>(k: &mut K, path: PathId) -> Asked {
    let now = k.host().now();
    let san = &mut k.devices().san;
    let answered = match san.state(path) {
        State::Blocked => return Asked::Waits,
        State::Failed | State::Removed => return Asked::FailsFast,
        State::Stalled => None,
        State::Running => san.exchange(path, now),
    };
    let in_time = answered.filter(|&takes| takes < EH_TIMEOUT);
    Asked::Goes(Tmf {
        succeeds: in_time.is_some(),
        takes: in_time.map_or(EH_TIMEOUT, |takes| takes.max(EH_TEST)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_another_path_could_mend_is_told_apart() {
        use super::super::result::blk_status;
        use crate::models::array::reply::sense;
        for (reply, is_path_error) in [
            (Reply::Sense(sense::STANDBY), true),
            (Reply::Sense(sense::UNAVAILABLE), true),
            (Reply::Sense(sense::NO_LUN), true),
            (Reply::TransportError, true),
            (Reply::Unreadable(3), false),
            (Reply::ReservationConflict, false),
        ] {
            let answer = answer_of(reply);
            assert_eq!(blk_status(answer.result).is_path_error(), is_path_error);
        }
        assert_eq!(answer_of(Reply::Unreadable(3)).moved, 3);
    }
}
