//! ewma-latency and adaptive: paths are judged by a moving average of what an
//! I/O took on them.

use super::{Ended, PathView, Paths, Policy, Tunables, mean_of_known};
use crate::models::mpath::selector::SelectCtx;
use crate::sim::Ns;

/// The path with the least average latency times the I/Os that would then be in
/// flight there ("peak EWMA"): a fast path takes more of them, and a slow one is
/// tried now and then, when the queue on the fast ones is long enough. A path that has
/// finished none yet is tried when it is idle, and counts as the others do on average
/// once something is in flight there.
pub struct EwmaLatency {
    shift: u32,
    average: Averages,
}

impl EwmaLatency {
    /// Tunable `shift`: a new value weighs 1 in 2 to the power of it.
    pub(super) fn new(tunables: &mut Tunables) -> Result<Self, String> {
        Ok(EwmaLatency {
            shift: tunables.get("shift", 3, 0..=16)?,
            average: Averages::default(),
        })
    }
}

impl Policy for EwmaLatency {
    fn add_path(&mut self, args: &[&str]) -> Result<(), String> {
        self.average.add_path(args)
    }
    fn choose(&mut self, _io: &SelectCtx, paths: &Paths) -> usize {
        let usual = self.average.usual(paths);
        paths.least_of(|index, path| match self.average.ns[index] {
            0 if path.in_flight == 0 => (0, 0), // to be tried
            _ => {
                let latency = u128::from(self.average.of(index, usual));
                (latency * u128::from(path.in_flight + 1), path.in_flight)
            }
        })
    }
    fn ended(&mut self, path: usize, io: Ended, _view: &PathView) {
        self.average.add(path, &io, self.shift);
    }
    fn status(&self) -> Vec<String> {
        vec![self.shift.to_string()]
    }
}

/// Turns in proportion to the inverse of the average latency, as the adaptive
/// I/O policy proposed for native NVMe multipath in 2025 has them; how many I/Os
/// are in flight does not matter. A path that has finished none yet has as many turns as
/// the others do on average.
pub struct Adaptive {
    shift: u32,
    interval: Ns,
    average: Averages,
    /// Turns a path gets in a round of about 128, and what is left of them.
    weights: Vec<u64>,
    credits: Vec<u64>,
    next_look: Ns,
    last: usize,
}

/// Turns in a round.
const ROUND: u64 = 128;

impl Adaptive {
    /// Tunables `shift`, as above, and `interval_ms` between two looks at the
    /// averages.
    pub(super) fn new(tunables: &mut Tunables) -> Result<Self, String> {
        Ok(Adaptive {
            shift: tunables.get("shift", 3, 0..=16)?,
            interval: Ns::from_ms(tunables.get("interval_ms", 100, 1..=60_000)?),
            average: Averages::default(),
            weights: Vec::new(),
            credits: Vec::new(),
            next_look: Ns::ZERO,
            last: 0,
        })
    }
    /// Weights anew: of a round, each path gets what its inverse latency is of
    /// the sum of all, at least one turn.
    fn weigh(&mut self, paths: &Paths) {
        const SCALE: u64 = 1 << 40;
        let usual = self.average.usual(paths);
        let inverse = |index: usize| SCALE / self.average.of(index, usual);
        let sum: u64 = paths.usable().map(|(index, _)| inverse(index)).sum();
        for (index, _) in paths.usable() {
            let share = u128::from(inverse(index)) * u128::from(ROUND);
            self.weights[index] = ((share / u128::from(sum.max(1))) as u64).max(1);
        }
    }
}

impl Policy for Adaptive {
    fn add_path(&mut self, args: &[&str]) -> Result<(), String> {
        self.weights.push(1);
        self.credits.push(0);
        self.average.add_path(args)
    }
    fn choose(&mut self, io: &SelectCtx, paths: &Paths) -> usize {
        if io.now >= self.next_look {
            self.weigh(paths);
            self.next_look = io.now + self.interval;
        }
        if paths.usable().all(|(index, _)| self.credits[index] == 0) {
            self.credits.copy_from_slice(&self.weights);
        }
        let mut at = paths.after(self.last);
        while self.credits[at] == 0 {
            at = paths.after(at);
        }
        self.credits[at] -= 1;
        self.last = at;
        at
    }
    fn ended(&mut self, path: usize, io: Ended, _view: &PathView) {
        self.average.add(path, &io, self.shift);
    }
    fn status(&self) -> Vec<String> {
        vec![
            self.shift.to_string(),
            (self.interval.0 / 1_000_000).to_string(),
        ]
    }
}

/// A moving average of latency for every path.
#[derive(Default)]
struct Averages {
    ns: Vec<u64>,
}

impl Averages {
    fn add_path(&mut self, args: &[&str]) -> Result<(), String> {
        self.ns.push(0);
        match args {
            [] => Ok(()),
            _ => Err("incorrect number of arguments".into()),
        }
    }
    fn add(&mut self, path: usize, io: &Ended, shift: u32) {
        if io.start == Ns::ZERO || !io.ok {
            return; // not recorded when it began, or no measure of the path
        }
        let (old, took) = (self.ns[path], io.took().0);
        self.ns[path] = match old {
            0 => took,
            _ => old - (old >> shift) + (took >> shift),
        };
    }
    /// What a path takes of which nothing is known: as much as those do of which
    /// something is, ns.
    fn usual(&self, paths: &Paths) -> u64 {
        let averages = paths.usable().map(|(index, _)| self.ns[index]);
        mean_of_known(averages).unwrap_or(1)
    }
    /// The average of `path`, ns, or the `usual`; at least 1.
    fn of(&self, path: usize, usual: u64) -> u64 {
        match self.ns[path] {
            0 => usual,
            own => own,
        }
    }
}
