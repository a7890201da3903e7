//! What a sweep comes to, before it is run.

use rayon::prelude::*;

use super::SweepError;
use super::definition::{Replications, Sweep};
use super::estimate::{Estimate, ios};
use super::execute::{Options, pool};

/// Points that an estimate looks at, at most.
const PLANNED: usize = 5000;

/// What `sweep`, or a part of it, comes to.
///
/// # Errors
/// There are no threads.
pub fn plan(sweep: &Sweep, options: &Options) -> Result<Estimate, SweepError> {
    let points = options.points(sweep);
    let each = fewest(sweep);
    let ios_of = |number: &u64| {
        let machine = sweep.machine(&sweep.point(*number));
        machine.map_or(0.0, |machine| ios(&machine))
    };
    // Of very many points, some stand for all.
    let some: Vec<u64> = points
        .iter()
        .copied()
        .step_by(points.len().div_ceil(PLANNED).max(1))
        .collect();
    let all: Vec<f64> = pool(options.threads)?.install(|| some.par_iter().map(ios_of).collect());
    let each_of = points.len() as f64 / some.len().max(1) as f64;
    Ok(Estimate {
        ios: all.iter().sum::<f64>() * each_of * f64::from(each),
        runs: points.len() as u64 * u64::from(each),
    })
}

/// The fewest runs of a point.
pub(super) fn fewest(sweep: &Sweep) -> u32 {
    match &sweep.replications {
        Replications::Fixed(n) => *n,
        Replications::Until(until) => until.at_least,
    }
}
