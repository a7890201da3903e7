//! What a scenario of the letter ends with: the figure that it is about, with its
//! mechanism and without.

use std::path::Path;

use super::Run;
use super::plan::Finished;
use crate::cli::CliError;
use crate::letter::{self, LetterError, Shown};
use crate::models::mpath::policy::Registry;
use crate::run::outcome::Outcome;
use crate::run::replication::replicate;
use crate::run::summary::RunSummary;
use crate::run::{RunOptions, run};
use crate::scenario::{self, Mode, Scenario};

impl Run {
    /// The lines of `explain patches` about `scenario`; empty if it has none, or did
    /// not run in request mode.
    ///
    /// # Errors
    /// It cannot be run without its mechanism.
    pub(super) fn mechanisms(
        &self,
        path: &Path,
        scenario: &Scenario,
        finished: &Finished,
        policies: &Registry,
    ) -> Result<String, CliError> {
        let outcomes = finished.outcomes();
        let request = outcomes.iter().find(|(mode, _)| *mode == Mode::Request);
        let Some((_, outcome)) = request.filter(|_| scenario.kernel.is_legacy()) else {
            return Ok(String::new());
        };
        let summary = RunSummary::new(Mode::Request, None, outcome);
        let mut text = String::new();
        for (row, shown) in letter::about(&scenario.name) {
            let mut taken = shown.without.iter().chain(shown.loads);
            if taken.any(|set| self.sets_the_same(set)) {
                continue;
            }
            let figures = shown.figures_by(|sets, policy| match (sets, policy) {
                ([], None) => Ok((shown.of)(&summary, outcome)),
                _ => self.figure(path, sets, policy, shown, policies),
            })?;
            text += &format!("\n{} {}\n", row.patch, row.subject);
            text += &letter::lines(shown, &figures, 2);
        }
        Ok(text)
    }

    /// Whether an option `--set` is about the mechanism that `set` takes away.
    fn sets_the_same(&self, set: &str) -> bool {
        let key = |set: &str| set.split('=').next().map(|key| key.trim().to_owned());
        self.set.iter().any(|own| key(own) == key(set))
    }

    /// The figure of a run in request mode with more options `--set`, or in bio mode
    /// with this policy.
    fn figure(
        &self,
        path: &Path,
        sets: &[&str],
        policy: Option<&str>,
        shown: &Shown,
        policies: &Registry,
    ) -> Result<String, CliError> {
        let sets = sets.iter().map(ToString::to_string);
        let sets: Vec<String> = self.sets().into_iter().chain(sets).collect();
        let mut scenario = self.load(path, &sets, policies)?;
        let mode = match policy {
            None => Mode::Request,
            Some(policy) => {
                scenario.set_policy(policy).map_err(CliError::SetPolicy)?;
                Mode::Bio
            }
        };
        let outcome = self.outcome(&scenario, mode).map_err(Box::new)?;
        Ok((shown.of)(&RunSummary::new(mode, None, &outcome), &outcome))
    }

    fn outcome(&self, scenario: &Scenario, mode: Mode) -> Result<Outcome, LetterError> {
        let mut machine = scenario::build(scenario, mode)?;
        replicate(&mut machine, self.replication);
        let options = RunOptions {
            shuffle_ties: self.shuffle_ties,
            ..RunOptions::default()
        };
        Ok(run(&machine, &options)?)
    }
}
