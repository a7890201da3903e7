//! Error handling: what cannot be aborted waits until the host is quiet, then
//! ever larger things are reset, and what still does not answer is taken
//! offline (`scsi_error.c:scsi_unjam_host`, 6.1).

use super::super::super::block::requeue::kick_requeue_list;
use super::super::super::block::run_queue::blk_mq_run_hw_queues;
use super::super::super::io::ReqId;
use super::super::DeviceEnv;
use super::incident::{self, Incident};
use super::state::SdevState;
use super::{Timer, lun, sdev, timeout};
use crate::sim::Ns;

/// How a request to abort or reset something goes.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct Tmf {
    /// Whether it helps.
    pub succeeds: bool,
    /// How long it takes, with the test of the unit that follows.
    pub takes: Ns,
}

/// How error handling goes with a host and its devices.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct EhPolicy {
    /// Aborting one command.
    pub abort: Tmf,
    /// Resetting the device, the target, the bus and the host, in this order;
    /// the adapter's driver has no such thing where there is none.
    pub resets: [Option<Tmf>; 4],
}

impl Default for EhPolicy {
    /// As scsi_debug has it: everything helps at once.
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

impl EhPolicy {
    /// How long it takes until something helps or nothing is left, and whether
    /// anything helped (`scsi_eh_ready_devs`).
    pub fn escalate(&self) -> (Ns, bool) {
        let mut spent = Ns::ZERO;
        for reset in self.resets.iter().flatten() {
            spent += reset.takes;
            if reset.succeeds {
                return (spent, true);
            }
        }
        (spent, false)
    }
}

/// A host adapter (`struct Scsi_Host`).
#[derive(Clone, Debug, Default)]
pub struct ScsiHost {
    /// Commands that the adapter has (`scsi_host_busy`).
    pub busy: u32,
    /// Attempts that are refused before one passes while it has none
    /// (`host_blocked`).
    pub blocked: u32,
    /// Whether its disk waits to be tried again (`starved_list`).
    pub starved: bool,
    /// Commands that error handling has to see to, in order of failure; while
    /// there are any, it takes no others (`SHOST_RECOVERY`).
    failed: Vec<ReqId>,
    /// Whether error handling is at work on them.
    is_handling: bool,
}

impl ScsiHost {
    /// Whether it takes no commands (`scsi_host_in_recovery`).
    #[inline]
    pub fn is_in_recovery(&self) -> bool {
        !self.failed.is_empty()
    }
}

/// `rq` is left to error handling (`scsi_eh_scmd_add`).
pub(super) fn eh_scmd_add<K: DeviceEnv>(k: &mut K, disk: u16, rq: ReqId) {
    let now = k.host().now();
    let d = sdev(k, disk);
    d.cmnd(rq, now).is_timed_out = true;
    d.host.failed.push(rq);
    wakeup(k, disk);
}

/// Error handling begins once all commands of the host have ended or failed
/// (`scsi_eh_wakeup`).
pub(super) fn wakeup<K: DeviceEnv>(k: &mut K, disk: u16) {
    let now = k.host().now();
    let d = sdev(k, disk);
    if d.host.is_handling || d.host.busy as usize > d.host.failed.len() {
        return;
    }
    d.host.is_handling = true;
    lun::update_policy(k, disk);
    let policy = sdev(k, disk).policy;
    incident::note_resets(k, disk, policy.resets);
    let (takes, _) = policy.escalate();
    k.arm_scsi(Timer::Recovered(disk), now + takes);
}

/// Error handling is over (`scsi_eh_flush_done_q`,
/// `scsi_restart_operations`): what failed is tried again, or ends; the host
/// takes commands again.
pub(super) fn recovered<K: DeviceEnv>(k: &mut K, disk: u16) {
    let now = k.host().now();
    let d = sdev(k, disk);
    let (dev, (_, helped)) = (d.dev, d.policy.escalate());
    d.host.is_handling = false;
    let failed = std::mem::take(&mut d.host.failed);
    if !helped && d.state == SdevState::Running {
        d.state = SdevState::Offline;
        let line = "Device offlined - not ready after error recovery";
        let line = super::state::sdev_line(disk, line);
        k.block().klog.print(now, line);
        incident::note(k, disk, Incident::Offlined);
    }
    for rq in failed {
        timeout::gave_up(k, disk, rq, helped);
        timeout::retry_or_finish(k, disk, rq);
    }
    kick_requeue_list(k, dev);
    blk_mq_run_hw_queues(k, dev, true);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_help_takes_its_time_before_the_next_is_tried() {
        let fails = |s| {
            Some(Tmf {
                succeeds: false,
                takes: Ns::from_secs(s),
            })
        };
        let mut policy = EhPolicy {
            resets: [fails(10), None, fails(20), fails(40)],
            ..EhPolicy::default()
        };
        assert_eq!(policy.escalate(), (Ns::from_secs(70), false));
        policy.resets[2] = Some(Tmf {
            succeeds: true,
            takes: Ns::from_secs(5),
        });
        assert_eq!(policy.escalate(), (Ns::from_secs(15), true));
    }
}
