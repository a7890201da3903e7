//! Many cases, on all cores.

use std::time::{Duration, Instant};

use rayon::prelude::*;

use super::case::Case;
use super::check::{Failure, Passed, Tally, check};
use super::generator::generate;
use super::shrink::shrink;

/// Which cases are run, and for how long.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct Campaign {
    /// The seed.
    pub seed: u64,
    /// The first case.
    pub first: u64,
    /// How many; none: as many as there is time for.
    pub runs: Option<u64>,
    /// How long, of wall time; none: for as long as it takes.
    pub time: Option<Duration>,
    /// Failures after which it ends.
    pub failures: usize,
    /// Whether cases that fail are made smaller.
    pub shrinks: bool,
}

impl Default for Campaign {
    /// 1000 cases of seed 1, or until the first fails.
    fn default() -> Self {
        Campaign {
            seed: 1,
            first: 0,
            runs: Some(1000),
            time: None,
            failures: 1,
            shrinks: true,
        }
    }
}

/// A case that failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Its number.
    pub run: u64,
    /// The case, as small as it could be made.
    pub case: Case,
    /// How it fails.
    pub failure: Failure,
}

/// What came of a campaign.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// What the runs that passed came to.
    pub tally: Tally,
    /// Those that failed, in order.
    pub found: Vec<Found>,
    /// The first of those that passed with a late write: its number, and the
    /// write.
    pub late_write: Option<(u64, String)>,
}

/// Cases between two looks at the clock.
const BLOCK: u64 = 256;

impl Campaign {
    /// Runs it; `progress` is told how many cases are done.
    pub fn run(&self, progress: impl Fn(u64)) -> Report {
        self.run_telling(progress, |_, _| ())
    }

    /// The same; `failed` is told of each case that fails as soon as it has, before
    /// any is made smaller: its number, and how it fails.
    pub fn run_telling(
        &self,
        progress: impl Fn(u64),
        failed: impl Fn(u64, &Failure) + Sync,
    ) -> Report {
        let began = Instant::now();
        let is_over = |done: u64| {
            self.runs.is_some_and(|runs| done >= runs)
                || self.time.is_some_and(|time| began.elapsed() >= time)
        };
        let mut report = Report::default();
        let mut done = 0;
        while !is_over(done) && report.found.len() < self.failures {
            let block = BLOCK.min(self.runs.unwrap_or(u64::MAX) - done);
            let from = self.first.saturating_add(done);
            self.run_block(from..from.saturating_add(block), &failed, &mut report);
            done += block;
            progress(done);
        }
        report
    }

    fn run_block(
        &self,
        runs: std::ops::Range<u64>,
        failed: &(impl Fn(u64, &Failure) + Sync),
        report: &mut Report,
    ) {
        let checked = |run| {
            let outcome = check(&generate(self.seed, run));
            if let Err(failure) = &outcome {
                failed(run, failure);
            }
            (run, outcome)
        };
        let outcomes: Vec<(u64, Result<Passed, Failure>)> =
            runs.into_par_iter().map(checked).collect();
        for (run, outcome) in outcomes {
            match outcome {
                Ok(passed) => {
                    report.tally += passed.tally;
                    let late = passed.late_writes.into_iter().next();
                    report.late_write = report.late_write.take().or(late.map(|w| (run, w)));
                }
                Err(failure) if report.found.len() < self.failures => {
                    report.found.push(self.found(run, failure));
                }
                Err(_) => {}
            }
        }
    }

    fn found(&self, run: u64, failure: Failure) -> Found {
        let case = generate(self.seed, run);
        let (case, failure) = if self.shrinks {
            shrink(&case, &failure)
        } else {
            (case, failure)
        };
        Found { run, case, failure }
    }
}

impl Found {
    /// The file of the case: how it fails, how to repeat it, the scenario.
    pub fn file(&self, seed: u64) -> String {
        let (run, what) = (self.run, self.failure.what.replace('\n', "; "));
        format!(
            "# torture --seed {seed} --run {run}\n# {what}\n{}",
            self.case
        )
    }
    /// What that file is called.
    pub fn file_name(&self, seed: u64) -> String {
        format!("torture-{seed}-{}.toml", self.run)
    }
}

/// The first of so many cases of `seed` that fails if `defect` is planted: its
/// number, and how it fails.
#[cfg(feature = "planted-defects")]
pub fn hunt(
    defect: crate::models::planted::Defect,
    seed: u64,
    runs: u64,
) -> Option<(u64, Failure)> {
    use crate::models::planted::plant;
    (0..runs.div_ceil(BLOCK)).find_map(|block| {
        let from = block * BLOCK;
        let cases = from..runs.min(from + BLOCK);
        let failed = cases.into_par_iter().filter_map(|run| {
            plant(Some(defect));
            let outcome = check(&generate(seed, run));
            plant(None);
            outcome.err().map(|failure| (run, failure))
        });
        failed.min_by_key(|(run, _)| *run)
    })
}
