//! The patch set of March 2008, claim by claim: each with a scenario that runs
//! with its mechanism and without, and a figure in which it shows.

use crate::run::outcome::Outcome;
use crate::run::summary::RunSummary;
use crate::run::{RunError, RunOptions, run};
use crate::scenario::{self, Mode, ScenarioError};

mod figures;
mod rows;

pub use rows::ROWS;

/// A claim of the letter.
#[derive(Copy, Clone, Debug)]
pub struct Row {
    /// The patch, or what the letter says beside them.
    pub patch: &'static str,
    /// What it is about.
    pub subject: &'static str,
    /// Where it shows; none if it changes nothing that can be seen.
    pub shown: Option<Shown>,
}

/// Where a claim shows.
#[derive(Copy, Clone, Debug)]
pub struct Shown {
    /// What the figure is.
    pub figure: &'static str,
    /// The scenario, below `scenarios/letter`, without its ending.
    pub scenario: &'static str,
    /// Its text.
    pub text: &'static str,
    /// The `--set` option that takes the mechanism away.
    pub without: &'static str,
    /// The figure of a run in request mode.
    pub of: fn(&RunSummary, &Outcome) -> String,
}

/// A figure with its mechanism and without.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Figures {
    /// With it.
    pub with: String,
    /// Without it.
    pub without: String,
}

/// Why a claim cannot be shown.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LetterError {
    /// Its scenario is wrong.
    #[error(transparent)]
    Scenario(#[from] ScenarioError),
    /// It cannot be built.
    #[error(transparent)]
    Build(#[from] scenario::BuildError),
    /// It cannot be run.
    #[error(transparent)]
    Run(#[from] RunError),
}

impl Shown {
    /// Runs the scenario with the mechanism and without.
    ///
    /// # Errors
    /// A scenario that is wrong or cannot be run.
    pub fn figures(&self) -> Result<Figures, LetterError> {
        Ok(Figures {
            with: self.run(&[])?,
            without: self.run(&[self.without.to_owned()])?,
        })
    }

    /// The figure with the options `sets`.
    ///
    /// # Errors
    /// As [`figures`](Self::figures).
    pub fn run(&self, sets: &[String]) -> Result<String, LetterError> {
        let (summary, outcome) = self.outcome(sets)?;
        Ok((self.of)(&summary, &outcome))
    }

    /// A run of the scenario in request mode.
    ///
    /// # Errors
    /// As [`figures`](Self::figures).
    pub fn outcome(&self, sets: &[String]) -> Result<(RunSummary, Outcome), LetterError> {
        let name = format!("scenarios/letter/{}.toml", self.scenario);
        let scenario = scenario::parse(&name, self.text, sets)?;
        let machine = scenario::build(&scenario, Mode::Request)?;
        let outcome = run(&machine, &RunOptions::default())?;
        Ok((RunSummary::new(Mode::Request, None, &outcome), outcome))
    }
}

/// The row of `patch`.
pub fn row(patch: &str) -> Option<&'static Row> {
    ROWS.iter().find(|row| row.patch == patch)
}

/// The whole table as text, every claim run with its mechanism and without.
///
/// # Errors
/// As [`Shown::figures`].
pub fn table() -> Result<String, LetterError> {
    let mut text = String::from(
        "request-based dm-multipath, patch by patch (March 2008, on 2.6.25-rc5)\n\
         every figure: one scenario of scenarios/letter, in request mode, with the \
         mechanism and without\n",
    );
    for row in ROWS {
        text += &format!("\n{:<8} {}\n", row.patch, row.subject);
        let Some(shown) = &row.shown else {
            text += "         nothing to see\n";
            continue;
        };
        let figures = shown.figures()?;
        text += &format!("         {}\n", shown.figure);
        text += &format!("           with      {}\n", figures.with);
        text += &format!("           without   {}\n", figures.without);
        let scenario = shown.scenario;
        text += &format!("         {scenario}.toml, --set {}\n", shown.without);
    }
    text += &cycle()?;
    Ok(text)
}

/// The circle of locks that completing under the lock below makes.
fn cycle() -> Result<String, LetterError> {
    let Some(shown) = row("softirq").and_then(|row| row.shown) else {
        return Ok(String::new());
    };
    let (summary, _) = shown.outcome(&[shown.without.to_owned()])?;
    let cycles = summary.single_queues.map(|s| s.cycles).unwrap_or_default();
    let mut text = String::from("\nwithout softirq completion, locks are taken in a circle:\n");
    for step in cycles.first().into_iter().flatten() {
        text += &format!("  {step}\n");
    }
    Ok(text)
}
