//! Faults that come and go at random.

use super::{FaultError, FaultKind, RandomFault};
use crate::sim::dist::{LONGEST, Sampler};
use crate::sim::draw::{Draws, Purpose};
use crate::sim::time::Ns;

/// An alternating renewal process: well, ill, well, … Its times are drawn as
/// they are needed, each by its own key.
#[derive(Clone, Debug)]
pub struct Renewal {
    /// What is wrong then.
    pub kind: FaultKind,
    well: Sampler,
    ill: Sampler,
    identity: u64,
    draws: Draws,
    /// Faults so far, `[from, until)`.
    ills: Vec<(Ns, Ns)>,
}

/// The shortest mean time that a part may be well.
const SHORTEST: f64 = 1_000.0;
/// At least so long is a part well or ill, so that time passes.
const LEAST: Ns = Ns(1_000);
/// After so many faults a part stays well, so that time may leap.
const MOST: u64 = 4_000_000;

impl Renewal {
    /// The process of `fault`; `identity` keeps its times apart from those of
    /// others.
    ///
    /// # Errors
    /// A number is out of range.
    pub fn new(fault: &RandomFault, identity: u64, draws: Draws) -> Result<Self, FaultError> {
        fault.fault.check()?;
        let (well, ill) = (fault.well.sampler()?, fault.ill.sampler()?);
        for (name, law) in [("well", &well), ("ill", &ill)] {
            if law.mean() < SHORTEST || law.mean() > LONGEST.0 as f64 {
                return Err(FaultError::Period(name));
            }
        }
        Ok(Renewal {
            kind: fault.fault.clone(),
            well,
            ill,
            identity,
            draws,
            ills: Vec::new(),
        })
    }

    /// Draws on until a fault ends after `t`.
    fn extend(&mut self, t: Ns) {
        while self.ills.last().is_none_or(|&(_, until)| until <= t) {
            let k = self.ills.len() as u64;
            if k == MOST {
                return;
            }
            let mut stream = self.draws.key(Purpose::Fault, [self.identity, k]);
            let since = self.ills.last().map_or(Ns::ZERO, |&(_, until)| until);
            let from = since.saturating_add(self.well.sample(&mut stream).max(LEAST));
            let until = from.saturating_add(self.ill.sample(&mut stream).max(LEAST));
            self.ills.push((from, until));
            if until == Ns::NEVER {
                return;
            }
        }
    }
    /// The fault that lasts at `t`, or the next one: from when until when.
    pub fn at(&mut self, t: Ns) -> (Ns, Ns) {
        self.extend(t);
        let n = self.ills.partition_point(|&(_, until)| until <= t);
        self.ills.get(n).copied().unwrap_or((Ns::NEVER, Ns::NEVER))
    }
    /// Whether it is there at `t`.
    pub fn strikes(&mut self, t: Ns) -> bool {
        self.at(t).0 <= t
    }
    /// When it next comes or goes after `t`.
    pub fn next_change(&mut self, t: Ns) -> Ns {
        let (from, until) = self.at(t);
        if from > t { from } else { until }
    }
}
