//! What the devices could do at best: the limit against which every policy and
//! mode can be held.
//!
//! A fluid limit. Let the I/Os of the application be divided over the paths in the
//! best possible way, each path always having work, and merged as far as requests may
//! grow if neighbours there are; where I/O is random, as far as they did. Then no
//! arrangement is faster than the optimum (`capacity`) of a linear program, in which
//! every [resource](crate::models::truth) that commands go through - tags, slots,
//! links, controllers, media, each once, whoever shares it - works no more than all
//! the time, and no job has more I/Os in flight (`load`), or offers (`offered`) more of
//! them, than it does. What the page cache answers takes no device's time
//! (`cached`). CPU time is left out.
//!
//! With constant service times that holds for every run. With noise it holds for the
//! means of the law, and a run may be luckier than these: the limit of a *run* takes
//! the means of what was drawn in it, and holds for it again, whatever its length.
//! (Work conservation: what a device drew in all is at most its servers times the
//! run; Little: what the I/Os took in all is at most their number in flight times the
//! run. Both are exact, since a run begins and ends with nothing in flight.)

mod cached;
mod capacity;
mod latency;
mod load;
mod lp;
mod offered;
mod path;
mod reach;
mod seen;

use crate::models::config::MachineConfig;
use crate::models::truth::Resources;
use crate::run::outcome::Outcome;
use crate::run::summary::ApplicationSummary;
use crate::run::{RunError, threads};
use crate::sim::Ns;
use serde::{Deserialize, Serialize};

use self::capacity::most;
use self::load::pools;
use self::seen::Seen;

/// The limit of a scenario.
#[derive(Copy, Clone, PartialEq, Debug)]
pub struct Bound {
    /// I/Os a second that no run can exceed.
    pub iops: f64,
    /// Mean latency that no run can go below: that of an I/O alone on the fastest
    /// path; 0 where I/Os need not wait for a device.
    pub latency: Ns,
    /// What it is that can do no more.
    pub by: Limiter,
}

/// What sets a limit.
#[derive(Copy, Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Limiter {
    /// The devices, with so many I/Os in flight.
    #[default]
    Devices,
    /// The jobs, which offer no more.
    Offered,
}

impl Limiter {
    /// In words, behind "of at most 1,000".
    pub fn words(self) -> &'static str {
        match self {
            Limiter::Devices => "",
            Limiter::Offered => " offered",
        }
    }
}

/// A limit, or why there is none.
#[derive(Copy, Clone, PartialEq, Debug)]
pub enum Limit {
    /// It is this.
    Known(Bound),
    /// It is not known, for this reason.
    Unknown(&'static str),
}

impl Limit {
    /// It, where it is known.
    pub fn known(self) -> Option<Bound> {
        match self {
            Limit::Known(bound) => Some(bound),
            Limit::Unknown(_) => None,
        }
    }
}

/// How near a run came to its limit.
#[derive(Copy, Clone, PartialEq, Debug)]
pub struct OfBound {
    /// Its IOPS over the limit: at most 1.
    pub iops: f64,
    /// Its mean latency over the limit: at least 1; none where there is no limit.
    pub latency: Option<f64>,
}

impl Bound {
    /// How near `run` came.
    pub fn of(&self, run: &ApplicationSummary) -> OfBound {
        let least = self.latency.0 as f64;
        OfBound {
            iops: run.iops / self.iops,
            latency: (least > 0.0).then(|| run.latency.mean_ns / least),
        }
    }
    /// What none of several runs can exceed.
    #[must_use]
    pub fn or(self, other: Bound) -> Bound {
        let wider = if other.iops > self.iops { other } else { self };
        Bound {
            latency: self.latency.min(other.latency),
            ..wider
        }
    }
}

/// The limit of `config` by the means of its laws, before anything runs.
///
/// # Errors
/// The jobs are not understood.
pub fn bound(config: &MachineConfig) -> Result<Limit, RunError> {
    limit(config, None)
}

/// The limit of the run of `config` that had this `outcome`, by what was drawn in it.
///
/// # Errors
/// As [`bound`].
pub fn bound_of_run(config: &MachineConfig, outcome: &Outcome) -> Result<Limit, RunError> {
    limit(config, Some(outcome))
}

const SCRIPTS: &str = "given bios, no jobs";
/// Why a run that did nothing has no limit: those of others hold all the same.
pub const NOTHING_DONE: &str = "no I/O succeeded";
const CACHE: &str = "the page cache answers, not the devices";
const NO_TIME: &str = "the devices take no time";
const TOO_MANY: &str = "too many paths and jobs";

fn limit(config: &MachineConfig, outcome: Option<&Outcome>) -> Result<Limit, RunError> {
    let threads = threads(config)?;
    if threads.is_empty() {
        return Ok(Limit::Unknown(SCRIPTS));
    }
    let seen = outcome.map(|outcome| Seen::new(config, &threads, outcome));
    if seen.as_ref().is_some_and(|seen| seen.ios == 0) {
        return Ok(Limit::Unknown(NOTHING_DONE));
    }
    let mut resources = Resources::default();
    let mut pools = pools(config, &threads, seen.as_ref());
    let is_cached = pools.iter().any(|pool| pool.buffered);
    if is_cached && seen.is_none() {
        return Ok(Limit::Unknown("page cache: known when it has run"));
    }
    let paths = path::paths(config, &pools, seen.as_ref(), &mut resources);
    offered::add(&mut pools, (config, &threads), &paths, seen.as_ref());
    let later = seen.as_ref().map_or(1.0, |seen| seen.later);
    let Some(rate) = most(&pools, &paths, &resources, (true, later)) else {
        return Ok(Limit::Unknown(TOO_MANY));
    };
    if rate.is_finite() {
        let free = most(&pools, &paths, &resources, (false, later));
        let is_offered = free.is_none_or(|free| free > rate * (1.0 + 1e-9));
        return Ok(Limit::Known(Bound {
            iops: rate * 1e9,
            latency: latency::least(&pools, &paths, seen.as_ref()),
            by: match is_offered {
                true => Limiter::Offered,
                false => Limiter::Devices,
            },
        }));
    }
    Ok(Limit::Unknown(match is_cached {
        true => CACHE,
        false => NO_TIME,
    }))
}
