//! Initialising a group with the hardware handler before it takes I/O
//! (`__pg_init_all_paths`, `pg_init_done`, 6.1).

use super::path::PathIdx;
use super::target::{Effects, Multipath};
use crate::sim::Ns;

/// Wait before a retry that should wait, if the table does not say
/// (`DM_PG_INIT_DELAY_MSECS`).
const DEFAULT_DELAY: Ns = Ns::from_ms(2000);

/// A path to be activated by the hardware handler.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Activation {
    /// The path.
    pub path: PathIdx,
    /// To begin after this long; the kernel rounds up to a jiffy. One begins
    /// after the other (`kmpath_handlerd` is an ordered workqueue).
    pub delay: Ns,
}

/// How the hardware handler answered (`SCSI_DH_*`).
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum DhResult {
    /// Activated.
    Ok,
    /// Any error of the device or transport not named here, by its number.
    Other(u8),
    /// Busy with something that takes a while: try another group.
    DevTempBusy,
    /// Retry, not at once.
    Retry,
    /// Retry at once.
    ImmRetry,
    /// Out of resources: retry at once.
    ResTempUnavail,
    /// The device is offline.
    DevOfflined,
    /// No handler, or not a SCSI device.
    NoSys,
}

impl DhResult {
    /// The number in kernel messages.
    pub fn number(self) -> u8 {
        match self {
            DhResult::Ok => 0,
            DhResult::Other(n) => n,
            DhResult::DevTempBusy => 2,
            DhResult::Retry => 10,
            DhResult::ImmRetry => 11,
            DhResult::ResTempUnavail => 13,
            DhResult::DevOfflined => 14,
            DhResult::NoSys => 16,
        }
    }
}

/// State of the initialisation.
#[derive(Debug, Default)]
pub(super) struct PgInit {
    /// Limit of retries; 0 to 50.
    pub retries: u32,
    /// Delay of a retry that should wait, ms; none = 2000.
    pub delay_msecs: Option<u32>,
    /// Activations queued or running.
    pub in_progress: u32,
    /// Rounds begun since the group became current.
    pub count: u32,
    /// A round is due (`MPATHF_PG_INIT_REQUIRED`).
    pub required: bool,
    /// No round may begin (`MPATHF_PG_INIT_DISABLED`).
    pub disabled: bool,
    /// The next round waits (`MPATHF_PG_INIT_DELAY_RETRY`).
    pub delay_retry: bool,
    pub activations: Vec<Activation>,
}

impl PgInit {
    pub fn new(retries: u32, delay_msecs: Option<u32>) -> Self {
        PgInit {
            retries,
            delay_msecs,
            ..PgInit::default()
        }
    }
    fn delay(&self) -> Ns {
        match (self.delay_retry, self.delay_msecs) {
            (false, _) => Ns::ZERO,
            (true, None) => DEFAULT_DELAY,
            (true, Some(ms)) => Ns::from_ms(u64::from(ms)),
        }
    }
}

impl Multipath {
    /// Rounds of initialisation since the group became current.
    pub fn pg_init_count(&self) -> u32 {
        self.pg_init.count
    }
    /// Whether a round is due.
    pub fn pg_init_required(&self) -> bool {
        self.pg_init.required
    }
    /// Activations queued or running.
    pub fn pg_init_in_progress(&self) -> u32 {
        self.pg_init.in_progress
    }

    /// Forbids new rounds while a suspend waits for those in progress, or
    /// allows them again (`flush_multipath_work`).
    pub fn set_pg_init_disabled(&mut self, disabled: bool) {
        self.pg_init.disabled = disabled;
    }

    /// Queues the activation of `path`; false if it is queued already.
    pub(super) fn queue_activation(&mut self, path: PathIdx, delay: Ns) -> bool {
        let queued = &mut self.paths[usize::from(path.0)].activation_queued;
        if std::mem::replace(queued, true) {
            return false;
        }
        self.pg_init.in_progress += 1;
        self.pg_init.activations.push(Activation { path, delay });
        true
    }

    /// Begins a round for the current group unless one is in progress; true if
    /// there are paths to activate.
    pub(super) fn pg_init_all_paths(&mut self) -> bool {
        if self.pg_init.in_progress > 0 || self.pg_init.disabled {
            return false;
        }
        self.pg_init.count += 1;
        self.pg_init.required = false;
        let Some(group) = self.current_pg else {
            return false;
        };
        let delay = self.pg_init.delay();
        for path in self.groups[usize::from(group)].paths() {
            if self.paths[usize::from(path.0)].active {
                self.queue_activation(path, delay);
            }
        }
        self.pg_init.in_progress > 0
    }

    /// The handler's turn for `path` has come (`activate_or_offline_path`):
    /// whether to ask it. If not (the path failed meanwhile, or its queue is
    /// dying), pass [`DhResult::DevOfflined`] to
    /// [`pg_init_done`](Self::pg_init_done).
    pub fn activation_begins(&mut self, path: PathIdx, dying: bool) -> bool {
        let p = &mut self.paths[usize::from(path.0)];
        p.activation_queued = false;
        p.active && !dying
    }

    /// A request found the queue of `path` dying: the path goes offline as if
    /// its activation had failed.
    pub fn offline_path(&mut self, path: PathIdx) -> Effects {
        self.pg_init.in_progress += 1;
        self.pg_init_done(path, DhResult::DevOfflined)
    }

    /// Retries if the limit allows, else fails the path.
    fn retry_or_fail(&mut self, path: PathIdx) -> Effects {
        if self.pg_init.count <= self.pg_init.retries && !self.pg_init.disabled {
            self.pg_init.required = true;
            Effects::default()
        } else {
            self.fail_path(path)
        }
    }

    /// The handler answered for `path` (`pg_init_done`).
    pub fn pg_init_done(&mut self, path: PathIdx, result: DhResult) -> Effects {
        let group = self.paths[usize::from(path.0)].group;
        let mut error = true;
        let effects = match result {
            DhResult::Ok => {
                error = false;
                Effects::default()
            }
            DhResult::NoSys => match &self.handler {
                None => {
                    error = false;
                    Effects::default()
                }
                Some(handler) => {
                    self.log.push(format!(
                        "device-mapper: multipath: Could not failover the device: \
                         Handler scsi_dh_{handler} Error {}.",
                        result.number()
                    ));
                    self.fail_path(path)
                }
            },
            DhResult::DevTempBusy => self.bypass_pg(group, true),
            DhResult::Retry | DhResult::ImmRetry | DhResult::ResTempUnavail => {
                error = false;
                self.retry_or_fail(path)
            }
            DhResult::DevOfflined | DhResult::Other(_) => self.fail_path(path),
        };
        if !error {
            if !self.pg_init.required {
                let bypassed = &mut self.groups[usize::from(group)].bypassed;
                self.regrouped |= std::mem::take(bypassed);
            }
        } else if self.current_pgpath == Some(path) {
            self.log.push(format!(
                "device-mapper: multipath: Could not failover device. Error {}.",
                result.number()
            ));
            self.drop_current();
        }
        self.pg_init.in_progress = self.pg_init.in_progress.saturating_sub(1);
        effects.and(self.round_ends(result == DhResult::Retry))
    }

    /// After the last activation of a round: another round, or I/O may go.
    fn round_ends(&mut self, delay_retry: bool) -> Effects {
        let mut effects = Effects::default();
        if self.pg_init.in_progress > 0 {
            return effects;
        }
        if self.pg_init.required {
            self.pg_init.delay_retry = delay_retry;
            if self.pg_init_all_paths() {
                effects.activate = true;
                return effects;
            }
        }
        self.queue_io = false;
        effects.process_queued = true;
        effects
    }
}
