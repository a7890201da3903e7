//! A host adapter, which its disks share (`struct Scsi_Host`, 6.1): a port of
//! the host's in the storage network with all LUNs behind it, or one of
//! scsi_debug's, each of which has a single disk.

use std::collections::VecDeque;

use super::super::super::io::ReqId;
use super::super::DeviceEnv;
use super::error::Recovery;
use super::timeout::Aborts;
use super::{ScsiDisk, sdev};
use crate::sim::Ns;

/// A host adapter.
#[derive(Clone, Debug, Default)]
pub struct ScsiHost {
    /// Its disks, in the order in which they were found.
    pub disks: Vec<u16>,
    /// Which initiator port it is; scsi_debug's is none.
    pub initiator: Option<u16>,
    /// Commands that it has (`scsi_host_busy`).
    pub busy: u32,
    /// How many it takes (`can_queue`); 0 where its tags see to that.
    pub can_queue: u32,
    /// Attempts that are refused before one passes while it has none
    /// (`host_blocked`).
    pub blocked: u32,
    /// Disks that wait to be tried again (`starved_list`).
    pub(super) starved: VecDeque<u16>,
    /// Commands that error handling has to see to, in order of failure; while
    /// there are any, it takes no others (`SHOST_RECOVERY`, `eh_cmd_q`).
    pub(super) failed: Vec<(u16, ReqId)>,
    /// Error handling at work on them.
    pub(super) recovery: Option<Recovery>,
    /// Commands that are to be aborted.
    pub(super) aborts: Aborts,
    /// How long error handling may take before the host is reset (`eh_deadline`).
    pub eh_deadline: Option<Ns>,
    /// Since when it is at it (`last_reset`).
    eh_since: Option<Ns>,
}

impl ScsiHost {
    /// The adapter with nothing to do yet of initiator port `initiator`, or of
    /// scsi_debug.
    pub fn new(initiator: Option<u16>) -> Self {
        ScsiHost {
            initiator,
            ..ScsiHost::default()
        }
    }

    /// Whether it takes no commands (`scsi_host_in_recovery`).
    #[inline]
    pub fn is_in_recovery(&self) -> bool {
        !self.failed.is_empty() || self.recovery.is_some()
    }

    /// A command is to be aborted, or is left to error handling.
    pub(super) fn eh_begins(&mut self, now: Ns) {
        if self.eh_deadline.is_some() {
            self.eh_since.get_or_insert(now);
        }
    }
    /// All have been seen to.
    pub(super) fn eh_ends(&mut self) {
        self.eh_since = None;
    }
    /// Whether it has taken so long that nothing but the host is reset any more
    /// (`scsi_host_eh_past_deadline`).
    pub(super) fn is_past_deadline(&self, now: Ns) -> bool {
        let due = self.eh_since.zip(self.eh_deadline);
        due.is_some_and(|(since, deadline)| since.saturating_add(deadline) <= now)
    }

    /// Whether what goes wrong waits for a port that is away.
    pub fn waits_for_port(&self) -> bool {
        let recovers = self.recovery.as_ref().is_some_and(Recovery::waits_for_port);
        recovers || self.aborts.wait_for_port()
    }

    /// Whether it has as many commands as it takes.
    #[inline]
    pub(super) fn is_full(&self) -> bool {
        self.can_queue > 0 && self.busy >= self.can_queue
    }

    /// The disk that has waited longest, if there is room for it now.
    pub(super) fn next_starved(&mut self) -> Option<u16> {
        if self.blocked > 0 || self.is_full() {
            return None;
        }
        self.starved.pop_front()
    }

    /// `disk` waits for it (`starved_list`).
    pub(super) fn starve(&mut self, disk: u16) {
        if !self.starved.contains(&disk) {
            self.starved.push_back(disk);
        }
    }

    /// `disk` waits no longer.
    #[inline]
    pub(super) fn feed(&mut self, disk: u16) {
        if !self.starved.is_empty() {
            self.starved.retain(|&other| other != disk);
        }
    }
}

impl ScsiDisk {
    /// A line of the kernel's log about the disk (`sdev_printk`).
    pub(super) fn line(&self, text: &str) -> String {
        let ScsiDisk {
            host, target, lun, ..
        } = self;
        format!("sd {host}:0:{target}:{lun}: {text}")
    }
}

/// The host adapter number `host`.
#[inline]
pub(super) fn shost<K: DeviceEnv>(k: &mut K, host: u16) -> &mut ScsiHost {
    &mut k.devices().hosts[usize::from(host)]
}

/// The host adapter of `disk`.
#[inline]
pub(super) fn host_of<K: DeviceEnv>(k: &mut K, disk: u16) -> &mut ScsiHost {
    let host = sdev(k, disk).host;
    shost(k, host)
}

/// How often who waits for a port looks whether it is there
/// (`fc_block_rport`).
const LOOKS_EVERY: Ns = Ns::from_secs(1);

/// When who waits for a port since `since` looks next, at `now` or later.
pub(super) fn looks_at(since: Ns, now: Ns) -> Ns {
    let waited = now.saturating_sub(since).0.max(1);
    since.saturating_add(Ns(waited.next_multiple_of(LOOKS_EVERY.0)))
}
