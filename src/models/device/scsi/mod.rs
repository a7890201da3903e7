//! A SCSI disk as the mid-layer drives it (`scsi_lib.c`, `scsi_error.c`, 6.1),
//! over scsi_debug: tokens of `queue_depth` before driver tags, a busy hook,
//! and what becomes of commands that fail, are lost or meet a disk that is
//! gone.
//!
//! [`queue_rq`] is the way down, and over a single queue what [`request_fn`] asks
//! before; [`complete`] is the way up, by the verdict of
//! [`result`]; [`timeout`] and [`error`] are for commands that do not come
//! back. Commands that go well leave no trace but two counters: what is known
//! of one in trouble stands in a [`Cmnd`].

mod alua;
pub mod complete;
pub mod depth;
pub mod error;
pub mod handler;
pub mod host;
pub mod incident;
pub mod lun;
pub mod queue;
pub mod request_fn;
pub mod result;
pub mod scsi_debug;
pub mod state;
pub mod timeout;

pub use complete::scsi_done;
pub use error::EhPolicy;
pub use handler::{HandlerConfig, SCSI_DH_IO};
pub use host::ScsiHost;
pub use incident::Incident;
pub use lun::{LunDiskConfig, nexus_event};
pub use queue::{get_budget, lld_busy, put_budget, queue_rq};
pub use scsi_debug::{ScsiDebug, scsi_debug_write};
pub use state::{SdevState, delete, found_again, set_state};

use super::super::io::{DevId, ReqId};
use super::super::san::{Held, PathId};
use super::scripted::Script;
use super::{DeviceEnv, ScsiDebugConfig};
use crate::sim::Ns;
use depth::DepthTracking;
use handler::Handler;
use result::Answer;
use scsi_debug::Delays;

/// A SCSI disk (`struct scsi_device`).
#[derive(Clone, Debug)]
pub struct ScsiDisk {
    /// Its block device.
    pub dev: DevId,
    /// The driver of its host adapter.
    pub lld: Lld,
    /// What scsi_debug takes.
    pub delays: Delays,
    /// `device/queue_depth`
    pub queue_depth: u32,
    /// That at the start.
    pub max_queue_depth: u32,
    /// Tokens taken.
    pub in_flight: u32,
    /// Requests for a token that were refused since the last completion.
    pub restarts: bool,
    /// The hardware handler attached to it (`sdev->handler`).
    pub handler: Option<Handler>,
    /// Whether it takes commands.
    pub state: SdevState,
    /// Whether it has been logged that it does not (`offline_already`).
    offline_already: bool,
    /// Attempts that are refused before one passes while nothing is in flight
    /// (`device_blocked`).
    device_blocked: u32,
    /// How often a command may be tried again (`allowed`).
    pub retries: u32,
    /// Commands in trouble.
    cmnds: Vec<Cmnd>,
    /// Its host adapter, by its number.
    pub host: u16,
    /// Its number there, as a target.
    pub target: u16,
    /// Its number there, as a LUN.
    pub lun: u16,
    /// How error handling goes, if it is one of scsi_debug.
    pub policy: EhPolicy,
    /// How its depth follows TASK SET FULL.
    pub depth: DepthTracking,
    /// Faults of its own.
    pub faults: Script<Answer>,
    /// Whether it was removed because its port was away for too long.
    is_lost: bool,
    /// Whether that port is back, so that the kernel finds a disk there.
    pub(in super::super) is_found: bool,
    /// Internal commands that are still to be sent.
    internal: state::Internal,
    /// Commands that its port holds until more is known.
    stalled: Vec<(ReqId, Held)>,
    /// What was done about it, and when.
    pub incidents: Vec<(Ns, Incident)>,
}

/// The driver of a host adapter.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum Lld {
    /// scsi_debug.
    ScsiDebug,
    /// One that leads to a LUN of an array.
    Lun(PathId),
}

/// What is known of a command in trouble (`struct scsi_cmnd`).
#[derive(Copy, Clone, Debug)]
pub struct Cmnd {
    /// Its request.
    rq: ReqId,
    /// How it ends, if not well.
    answer: Option<Answer>,
    /// Retries so far.
    retries: u32,
    /// When it was first in trouble, in place of `jiffies_at_alloc`.
    since: Ns,
    /// The adapter is not going to answer any more.
    is_dropped: bool,
    /// It has timed out: an answer comes too late (`SCMD_STATE_COMPLETE`).
    is_timed_out: bool,
    /// An abort has been tried (`SCSI_EH_ABORT_SCHEDULED`).
    abort_tried: bool,
    /// When the adapter answers, if it is known not to be the disk's delay.
    due: Option<Ns>,
    /// When the array carries it out, if it does.
    lands: Option<Ns>,
}

/// A timer of the mid-layer.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Timer {
    /// The abort of a command is due (`scmd_eh_abort_handler`).
    Abort(u16, ReqId),
    /// The abort that a host has under way has ended.
    Aborted(u16),
    /// What a host's error handling has reset is so.
    Reset(u16),
    /// Who waits for a port of a host's looks whether it is there.
    LooksForPort(u16),
    /// The next internal command is due.
    Internal(u16),
    /// A disk has been removed.
    Removed(u16),
}

/// Attempts until a blocked device is tried (`SCSI_DEFAULT_DEVICE_BLOCKED`).
const MAX_DEVICE_BLOCKED: u32 = 3;
/// Attempts until a blocked host is tried (`SCSI_DEFAULT_HOST_BLOCKED`).
const MAX_HOST_BLOCKED: u32 = 7;
/// A twentieth of a second in whole ticks of a 250 Hz clock.
const SYNC_CACHE: Ns = Ns::from_ms(48);

impl ScsiDisk {
    /// A disk of scsi_debug.
    pub fn new(dev: DevId, c: &ScsiDebugConfig) -> Self {
        let queue_depth = c.queue_depth.unwrap_or(c.max_queue);
        let mut disk = ScsiDisk::over(dev, Lld::ScsiDebug, queue_depth);
        disk.delays = Delays {
            command: c.ndelay,
            sync_cache: SYNC_CACHE,
        };
        disk.handler = c.handler.as_ref().map(Handler::new);
        disk.retries = c.retries;
        disk
    }

    /// Whether the kernel looks at it anew, with commands of its own.
    pub fn is_looked_at(&self) -> bool {
        self.internal.left > 0
    }

    /// A disk whose adapter has the driver `lld`.
    fn over(dev: DevId, lld: Lld, queue_depth: u32) -> Self {
        ScsiDisk {
            dev,
            lld,
            delays: Delays {
                command: Ns::ZERO,
                sync_cache: Ns::ZERO,
            },
            queue_depth,
            max_queue_depth: queue_depth,
            in_flight: 0,
            restarts: false,
            handler: None,
            state: SdevState::Running,
            offline_already: false,
            device_blocked: 0,
            retries: 0,
            cmnds: Vec::new(),
            host: 0,
            target: 0,
            lun: 0,
            policy: EhPolicy::default(),
            depth: DepthTracking::default(),
            faults: Vec::new(),
            is_lost: false,
            is_found: false,
            internal: state::Internal::default(),
            stalled: Vec::new(),
            incidents: Vec::new(),
        }
    }

    /// What is known of the trouble with `rq`; from now on there is some.
    fn cmnd(&mut self, rq: ReqId, now: Ns) -> &mut Cmnd {
        let at = match self.cmnds.iter().position(|c| c.rq == rq) {
            Some(at) => at,
            None => {
                self.cmnds.push(Cmnd {
                    rq,
                    answer: None,
                    retries: 0,
                    since: now,
                    is_dropped: false,
                    is_timed_out: false,
                    abort_tried: false,
                    due: None,
                    lands: None,
                });
                self.cmnds.len() - 1
            }
        };
        &mut self.cmnds[at]
    }
    /// What is known of the trouble with `rq`, if there is any.
    #[inline]
    fn known(&mut self, rq: ReqId) -> Option<&mut Cmnd> {
        self.cmnds.iter_mut().find(|c| c.rq == rq)
    }
    /// `rq` is out of trouble.
    #[inline]
    fn forget(&mut self, rq: ReqId) {
        if !self.cmnds.is_empty() {
            self.cmnds.retain(|c| c.rq != rq);
        }
    }
}

/// A timer of the mid-layer has expired.
#[cold]
pub fn timer_fired<K: DeviceEnv>(k: &mut K, timer: Timer) {
    match timer {
        Timer::Abort(disk, rq) => timeout::abort_due(k, disk, rq),
        Timer::Aborted(host) => timeout::aborted(k, host),
        Timer::Reset(host) => error::reset_ends(k, host),
        Timer::LooksForPort(host) => error::looks_for_port(k, host),
        Timer::Internal(disk) => state::next_internal(k, disk),
        Timer::Removed(disk) => state::removed(k, disk),
    }
}

/// The disk behind `disk`.
#[inline]
fn sdev<K: DeviceEnv>(k: &mut K, disk: u16) -> &mut ScsiDisk {
    &mut k.devices().scsi[usize::from(disk)]
}
