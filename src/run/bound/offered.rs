//! What jobs offer at most: rates, arrivals, think time.

use super::latency::fastest;
use super::load::{Pool, depth, sure};
use super::path::Path;
use super::seen::Seen;
use crate::models::config::MachineConfig;
use crate::models::machine::ThreadConfig;
use crate::models::workload::fio::ThreadSpec;
use crate::models::workload::fio::rate::{arrivals, mean_gap};
use crate::models::workload::fio::spec::{Amount, Dir, PerDir, RateProcess, ThinktimeBlocksType};

/// I/Os of some directions that a pool offers at most.
#[derive(Copy, Clone, PartialEq, Debug)]
pub struct Cap {
    /// Of these directions.
    pub of: PerDir<bool>,
    /// So many a ns.
    pub rate: f64,
}

/// From a thread's first look at the clock to its first I/O, ns: a CPU's time, and
/// whole microseconds.
const LATE: f64 = 100_000.0;
/// The same where code takes no time.
const AT_ONCE: f64 = 1_000.0;
/// Standard deviations that arrivals whose sequence is not known may be too many.
const UNLIKELY: f64 = 5.0;

/// Adds what each of `pools` offers. A run of n I/Os at a rate begins with one and
/// ends with one's service: it is a little shorter than n times the distance.
pub fn add(
    pools: &mut [Pool],
    (config, threads): (&MachineConfig, &[ThreadConfig]),
    paths: &[Path],
    seen: Option<&Seen>,
) {
    let is_free = config.host.profile == "none" && config.host.costs.is_empty();
    let late = if is_free { AT_ONCE } else { LATE };
    for pool in pools {
        let own = |class| fastest(pool, paths, class, true);
        let least = pool.classes.iter().map(own).fold(f64::INFINITY, f64::min);
        let span = Span {
            duration: seen.map(|seen| seen.duration),
            least: if least.is_finite() { least } else { 0.0 },
            late,
        };
        let specs: Vec<&ThreadSpec> = pool.members.iter().map(|n| &threads[*n].spec).collect();
        let mut caps = Vec::new();
        for dir in Dir::ALL {
            let mean = pool.mean_of(dir);
            if mean > 0.0 && specs.iter().all(|spec| bytes_a_second(spec, dir) > 0.0) {
                let rate = specs.iter().map(|spec| by_rate(spec, dir, mean, &span));
                let mut of = PerDir::all(false);
                of[dir] = true;
                caps.push(Cap {
                    of,
                    rate: rate.sum(),
                });
            }
        }
        let thinks = |spec: &&ThreadSpec| spec.thinktime.0 > 0 && depth(spec) > 1.0;
        if specs.iter().all(thinks) {
            caps.push(Cap {
                of: PerDir::all(true),
                rate: specs.iter().map(|spec| by_thinking(spec, &span)).sum(),
            });
        }
        if let (Some(in_flight), Some(spec), Some(duration)) =
            (&mut pool.in_flight, specs.first(), span.duration)
            && pool.pause > 0.0
            && duration > 0.0
        {
            // Nobody need pause after the last.
            *in_flight *= 1.0 + sure(spec.thinktime) / duration;
        }
        caps.retain(|cap| cap.rate.is_finite());
        pool.offered = caps;
    }
}

/// When a run was over, what an I/O takes at least, and how late a thread's clock
/// may be, ns.
struct Span {
    duration: Option<f64>,
    least: f64,
    late: f64,
}

impl Span {
    /// When the last I/O can have been submitted in a run of `duration`.
    fn last(&self, duration: f64) -> f64 {
        (duration - self.least + self.late).max(0.0)
    }
}

fn bytes_a_second(spec: &ThreadSpec, dir: Dir) -> f64 {
    match spec.rate[dir] {
        0 => spec.rate_iops[dir] as f64 * spec.sizes[dir].min as f64,
        rate => rate as f64,
    }
}

/// I/Os a ns of `mean` bytes that a rate allows.
fn by_rate(spec: &ThreadSpec, dir: Dir, mean: f64, span: &Span) -> f64 {
    let bytes = bytes_a_second(spec, dir) / 1e9;
    match (spec.rate_process, span.duration) {
        (RateProcess::Linear, None) => bytes / mean,
        (RateProcess::Linear, Some(duration)) => {
            let until = span.last(duration);
            (bytes * until + spec.sizes[dir].max as f64) / mean / duration
        }
        (RateProcess::Poisson, None) => 1.0 / (1e3 * mean_gap(spec, dir)),
        (RateProcess::Poisson, Some(duration)) => {
            let until = span.last(duration);
            let count = match goes_once(spec, duration) {
                // And the one that is under way when the time is over.
                true => arrivals(spec, dir, until as u64 / 1000) as f64 + 1.0,
                false => {
                    let mean = until / (1e3 * mean_gap(spec, dir));
                    mean + UNLIKELY * (mean.sqrt() + UNLIKELY)
                }
            };
            count / duration
        }
    }
}

/// Whether a thread has not come to its end and begun anew, with the same arrivals.
fn goes_once(spec: &ThreadSpec, duration: f64) -> bool {
    let bytes: f64 = Dir::ALL.iter().map(|dir| bytes_a_second(spec, *dir)).sum();
    let size = match spec.size {
        Some(Amount::Bytes(size)) => size as f64,
        _ => return true,
    };
    (!spec.time_based && spec.loops == 1) || 2.0 * bytes * duration / 1e9 < size
}

/// I/Os a ns of a thread with several in flight, which lets them all end before it
/// pauses.
fn by_thinking(spec: &ThreadSpec, span: &Span) -> f64 {
    let blocks = spec.thinktime_blocks.max(1) as f64;
    let blocks = match spec.thinktime_blocks_type {
        ThinktimeBlocksType::Issue => blocks,
        ThinktimeBlocksType::Complete => blocks + depth(spec),
    };
    let turn = sure(spec.thinktime) + span.least;
    match (turn > 0.0, span.duration) {
        (false, _) => f64::INFINITY,
        (true, None) => blocks / turn,
        (true, Some(duration)) => blocks * (duration / turn + 1.0) / duration,
    }
}
