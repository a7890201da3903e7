//! How much work a run is, before it is run.
//!
//! Work is counted in I/Os of the application: what the jobs say, or for how
//! long they run at the rate that the devices can do at best. It decides the
//! order of points and how they are dealt to shards, so it is the same on every
//! machine.

use std::time::Duration;

use crate::models::config::MachineConfig;
use crate::models::workload::fio::ThreadSpec;
use crate::models::workload::fio::spec::{Amount, Dir};
use crate::run::bound::{Limit, bound};
use crate::run::threads;
use crate::sim::Ns;

/// What a sweep comes to.
#[derive(Copy, Clone, PartialEq, Debug, Default)]
pub struct Estimate {
    /// I/Os of all runs.
    pub ios: f64,
    /// Runs.
    pub runs: u64,
}

/// I/Os that one core simulates a second, as a rule (docs: README, "How fast it
/// is").
const IOS_A_SECOND: f64 = 1e6;
/// What a run takes beside its I/Os.
const EACH: f64 = 0.0005;

impl Estimate {
    /// How long that takes on so many cores.
    pub fn time(&self, cores: usize) -> Duration {
        let seconds = self.ios / IOS_A_SECOND + self.runs as f64 * EACH;
        Duration::from_secs_f64((seconds / cores.max(1) as f64).clamp(0.0, 1e12))
    }
}

/// Without devices whose limits are known: I/Os a second.
const UNKNOWN_RATE: f64 = 50_000.0;
/// Without a size: that of a device, bytes.
const UNKNOWN_SIZE: u64 = 1 << 30;

/// I/Os that `machine` is going to do.
pub fn ios(machine: &MachineConfig) -> f64 {
    let Ok(threads) = threads(machine) else {
        return 0.0;
    };
    let specs: Vec<&ThreadSpec> = threads.iter().map(|thread| &thread.spec).collect();
    let best = bound(machine).ok().and_then(Limit::known);
    let best = best.map(|bound| bound.iops);
    let share = best.unwrap_or(UNKNOWN_RATE) / specs.len().max(1) as f64;
    specs.iter().map(|spec| of_thread(spec, share)).sum()
}

/// When the jobs of `machine` have submitted their last I/O, at the latest; none
/// where one ends by what it has to do, however long that takes.
pub fn ends_by(machine: &MachineConfig) -> Option<Ns> {
    if !machine.workload.scripts.is_empty() {
        return None;
    }
    let ends = threads(machine).ok()?.into_iter().map(|thread| {
        let spec = thread.spec;
        Some(spec.start_delay + spec.ramp_time + spec.runtime?)
    });
    ends.collect::<Option<Vec<Ns>>>()?.into_iter().max()
}

/// I/Os of a thread that can have `rate` a second.
fn of_thread(spec: &ThreadSpec, rate: f64) -> f64 {
    let seconds = spec.runtime.map(|ns| (ns + spec.ramp_time).as_secs_f64());
    let limit: f64 = Dir::ALL.iter().map(|dir| spec.rate_iops[*dir] as f64).sum();
    let rate = if limit > 0.0 { limit.min(rate) } else { rate };
    if spec.time_based
        && let Some(seconds) = seconds
    {
        return seconds * rate;
    }
    let amount = spec.io_size.or(spec.size);
    let bytes = match amount {
        Some(Amount::Bytes(bytes)) => bytes as f64,
        Some(Amount::Percent(percent)) => f64::from(percent) / 100.0 * UNKNOWN_SIZE as f64,
        None => UNKNOWN_SIZE as f64,
    };
    let mut ios = bytes / size(spec).max(512.0) * spec.loops as f64;
    if spec.number_ios > 0 {
        ios = ios.min(spec.number_ios as f64);
    }
    seconds.map_or(ios, |seconds| ios.min(seconds * rate))
}

/// Mean size of a thread's I/Os, bytes.
fn size(spec: &ThreadSpec) -> f64 {
    let dir = if spec.pattern.read {
        Dir::Read
    } else {
        Dir::Write
    };
    let sizes = &spec.sizes[dir];
    (sizes.min + sizes.max) as f64 / 2.0
}
