//! Path selectors: which path of a priority group takes the next I/O.
//!
//! One file a policy: those of the kernel, and the choice rules of its native NVMe
//! multipath. [`balancer`](super::balancer) is any of them.

mod historical_service_time;
mod io_affinity;
mod list;
mod nvme;
mod nvme_numa;
mod nvme_queue_depth;
mod nvme_round_robin;
mod queue_length;
mod round_robin;
mod service_time;

pub use historical_service_time::HistoricalServiceTime;
pub use io_affinity::IoAffinity;
pub use nvme::AnaState;
pub use nvme_numa::NvmeNuma;
pub use nvme_queue_depth::NvmeQueueDepth;
pub use nvme_round_robin::NvmeRoundRobin;
pub use queue_length::QueueLength;
pub use round_robin::RoundRobin;
pub use service_time::ServiceTime;

use super::policy::{Ended, Truth};
use super::scan::scan_u32;
use crate::models::io::{Flags, IoPrio, Op};
use crate::sim::Ns;

/// What a selector may look at when it is asked.
#[derive(Copy, Clone, Debug, Default)]
pub struct SelectCtx {
    /// Bytes of this request (request mode) or bio (bio mode).
    pub nr_bytes: u32,
    /// The CPU that asks.
    pub cpu: u16,
    /// NUMA node of that CPU.
    pub node: u16,
    /// The time.
    pub now: Ns,
    /// First sector; what the kernel's selectors do not look at, as what follows.
    pub sector: u64,
    /// Operation.
    pub op: Op,
    /// Whether somebody waits for it.
    pub is_sync: bool,
    /// Its hints (`REQ_*`): metadata, read-ahead, forced unit access, background
    /// write-back, more to follow; of a request, those of its first bio.
    pub flags: Flags,
    /// Its scheduling class.
    pub prio: IoPrio,
}

/// Which of the two texts is wanted (`status_type_t`).
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum StatusType {
    /// `dmsetup status`
    Info,
    /// `dmsetup table`
    Table,
}

/// What a selector costs the CPU: as much as which of the kernel's.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Weight {
    /// It counts nothing.
    RoundRobin,
    /// It counts what is in flight.
    QueueLength,
    /// It counts the bytes in flight.
    ServiceTime,
    /// It times every I/O to the nanosecond (`DM_PS_USE_HR_TIMER`).
    Timed,
}

/// A path selector (`struct path_selector_type`).
///
/// Paths are named by their index within the priority group, in table order.
pub trait PathSelector {
    /// The name used in tables.
    fn name(&self) -> &str;
    /// Takes the next path with its arguments from the table (`add_path`).
    /// Lines for the kernel log go to `log`.
    ///
    /// # Errors
    /// The text the kernel logs for arguments it refuses.
    fn add_path(&mut self, args: &[&str], log: &mut Vec<String>) -> Result<(), String>;
    /// What it costs the CPU.
    fn weight(&self) -> Weight {
        Weight::RoundRobin
    }
    /// The path that takes the next I/O; none if no path is usable
    /// (`select_path`).
    fn select_path(&mut self, ctx: &SelectCtx) -> Option<usize>;
    /// An I/O was mapped to `path` (`start_io`).
    fn start_io(&mut self, _path: usize, _nr_bytes: u32) {}
    /// An I/O left `path` (`end_io`). `start` is when it was started.
    fn end_io(&mut self, _path: usize, _nr_bytes: u32, _start: Ns, _now: Ns) {}
    /// An I/O left `path`, well or not; the kernel's selectors do not ask how.
    #[inline(always)]
    fn ended(&mut self, path: usize, io: Ended) {
        self.end_io(path, io.nr_bytes, io.start, io.now);
    }
    /// An I/O that `start_io` told of was not taken by the device of `path`. The
    /// kernel tells its selectors that it left, and started at no time
    /// (`multipath_release_clone`).
    fn refused(&mut self, path: usize, nr_bytes: u32, now: Ns) {
        self.end_io(path, nr_bytes, Ns::ZERO, now);
    }
    /// `path` failed (`fail_path`).
    fn fail_path(&mut self, path: usize);
    /// `path` is usable again (`reinstate_path`).
    fn reinstate_path(&mut self, path: usize);
    /// What the device of `path` takes in truth: only an oracle listens.
    fn learn_truth(&mut self, _path: usize, _truth: Truth) {}
    /// For how many I/Os `path` is kept once chosen, 0 = until it fails; kernels
    /// that ask for every I/O do not look at it.
    fn repeat_count(&self, _path: usize) -> u32 {
        1
    }
    /// How many words [`status`](Self::status) prints a path.
    fn status_args(&self, _kind: StatusType) -> u32 {
        0
    }
    /// Appends the words of `path`, or of the group if none, each followed by
    /// a blank (`status`). The group's words begin with their count.
    fn status(&self, path: Option<usize>, _kind: StatusType, out: &mut String) {
        if path.is_none() {
            out.push_str("0 ");
        }
    }
}

/// What tells one kernel's selectors from another's.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct SelectorRules {
    /// queue-length and service-time move the list head to the tail before the
    /// scan (2.6.31) rather than the chosen path after it (6.1).
    pub rotate_head_first: bool,
    /// The selector is asked for every I/O and a `repeat_count` above 1 is set
    /// to 1, with a warning (6.1); else a path is kept for that many I/Os
    /// (2.6.25, counting bios; 2.6.31, counting requests).
    pub clamp_repeat_count: bool,
    /// service-time returns a 64-bit difference as `int`: its sign is wrong
    /// from 2³¹ on (2.6.31 to 6.12).
    pub st_truncates_compare: bool,
}

impl Default for SelectorRules {
    /// Linux 6.1.
    fn default() -> Self {
        SelectorRules {
            rotate_head_first: false,
            clamp_repeat_count: true,
            st_truncates_compare: true,
        }
    }
}

/// Reads the optional first argument of a path, its repeat count, as
/// round-robin, queue-length and service-time do (6.1): 1 if absent, clamped
/// to 1 with a warning in the log.
fn repeat_count(
    selector: &str,
    arg: Option<&&str>,
    rules: SelectorRules,
    default: u32,
    log: &mut Vec<String>,
) -> Result<u32, String> {
    let Some(text) = arg else {
        return Ok(default);
    };
    let count = scan_u32(text).ok_or_else(|| format!("{selector} ps: invalid repeat count"))?;
    if count > 1 && rules.clamp_repeat_count {
        log.push(format!(
            "device-mapper: multipath {selector}: repeat_count > 1 is deprecated, using 1 instead"
        ));
        return Ok(1);
    }
    Ok(count)
}

#[cfg(test)]
mod tests;
