//! What a scenario of the letter ends with: the figure that it is about, with its
//! mechanism and without.

use std::path::Path;

use super::Run;
use super::plan::Finished;
use crate::cli::CliError;
use crate::letter::{self, Figures, LetterError, Shown};
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
            let without = match shown.without {
                Some(set) if self.sets_the_same(set) => continue,
                Some(set) => Some(self.without(path, set, shown, policies)?),
                None => None,
            };
            let with = (shown.of)(&summary, outcome);
            text += &format!("\n{} {}\n", row.patch, row.subject);
            text += &letter::lines(shown, &Figures { with, without }, 2);
        }
        Ok(text)
    }

    /// Whether an option `--set` is about the mechanism that `set` takes away.
    fn sets_the_same(&self, set: &str) -> bool {
        let key = |set: &str| set.split('=').next().map(|key| key.trim().to_owned());
        self.set.iter().any(|own| key(own) == key(set))
    }

    fn without(
        &self,
        path: &Path,
        set: &str,
        shown: &Shown,
        policies: &Registry,
    ) -> Result<String, CliError> {
        let sets: Vec<String> = self.set.iter().cloned().chain([set.to_owned()]).collect();
        let scenario = self.load(path, &sets, policies)?;
        let outcome = self.outcome(&scenario).map_err(Box::new)?;
        let summary = RunSummary::new(Mode::Request, None, &outcome);
        Ok((shown.of)(&summary, &outcome))
    }

    fn outcome(&self, scenario: &Scenario) -> Result<Outcome, LetterError> {
        let mut machine = scenario::build(scenario, Mode::Request)?;
        replicate(&mut machine, self.replication);
        let options = RunOptions {
            shuffle_ties: self.shuffle_ties,
            ..RunOptions::default()
        };
        Ok(run(&machine, &options)?)
    }
}
