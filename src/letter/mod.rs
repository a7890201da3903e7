//! The patch set of March 2008, claim by claim: each with a scenario that runs
//! with its mechanism and without, and a figure in which it shows.

use crate::run::outcome::Outcome;
use crate::run::summary::RunSummary;
use crate::run::text::paragraph;
use crate::run::{RunError, RunOptions, run};
use crate::scenario::{self, Mode, Scenario, ScenarioError};

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
    /// What it says, and what is lost without it.
    pub claim: &'static str,
    /// Where it shows; nowhere if it changes nothing that can be seen.
    pub shown: &'static [Shown],
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
    /// The `--set` option that takes the mechanism away; none if nothing does.
    pub without: Option<&'static str>,
    /// `--set` options of load, each of which the figure is printed under; once, as the
    /// scenario has it, if there are none.
    pub loads: &'static [&'static str],
    /// The policy of 2.6.25, for a third run: bio mode as it was.
    pub as_it_was: Option<&'static str>,
    /// The figure of a run.
    pub of: fn(&RunSummary, &Outcome) -> String,
}

/// A figure with its mechanism and without, in request mode, and as it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Figures {
    /// With it.
    pub with: String,
    /// Without it, where it can be taken away.
    pub without: Option<String>,
    /// In bio mode of 2.6.25, where that is compared with.
    pub as_it_was: Option<String>,
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
    /// There is no such policy.
    #[error("{0}")]
    Policy(String),
}

impl Shown {
    /// Runs the scenario with the mechanism, without, and as it was.
    ///
    /// # Errors
    /// A scenario that is wrong or cannot be run.
    pub fn figures(&self) -> Result<Figures, LetterError> {
        self.figures_by(|sets, policy| {
            let sets: Vec<String> = sets.iter().map(ToString::to_string).collect();
            let (summary, outcome) = match policy {
                None => self.outcome(&sets)?,
                Some(policy) => self.as_bio_mode(policy)?,
            };
            Ok((self.of)(&summary, &outcome))
        })
    }

    /// The figures, each run by `figure`: in request mode with options `--set`, or in
    /// bio mode with a policy.
    ///
    /// # Errors
    /// Those of `figure`.
    pub fn figures_by<E>(
        &self,
        figure: impl Fn(&[&str], Option<&str>) -> Result<String, E>,
    ) -> Result<Figures, E> {
        let over_loads = |set: Option<&str>| {
            if self.loads.is_empty() {
                return figure(set.as_slice(), None);
            }
            let of = |load: &&'static str| {
                let sets: Vec<&str> = set.into_iter().chain([*load]).collect();
                figure(&sets, None)
            };
            let all = self.loads.iter().map(of).collect::<Result<Vec<_>, E>>();
            Ok(all?.join(", "))
        };
        let without = self.without.map(|set| over_loads(Some(set)));
        let as_it_was = self.as_it_was.map(|policy| figure(&[], Some(policy)));
        Ok(Figures {
            with: over_loads(None)?,
            without: without.transpose()?,
            as_it_was: as_it_was.transpose()?,
        })
    }

    /// A run of the scenario in request mode.
    ///
    /// # Errors
    /// As [`figures`](Self::figures).
    pub fn outcome(&self, sets: &[String]) -> Result<(RunSummary, Outcome), LetterError> {
        run_in(&self.scenario(sets)?, Mode::Request)
    }

    /// A run of the scenario in bio mode with this policy.
    ///
    /// # Errors
    /// As [`figures`](Self::figures); what is no policy.
    pub fn as_bio_mode(&self, policy: &str) -> Result<(RunSummary, Outcome), LetterError> {
        let mut scenario = self.scenario(&[])?;
        scenario.set_policy(policy).map_err(LetterError::Policy)?;
        run_in(&scenario, Mode::Bio)
    }

    fn scenario(&self, sets: &[String]) -> Result<Scenario, ScenarioError> {
        let name = format!("scenarios/letter/{}.toml", self.scenario);
        scenario::parse(&name, self.text, sets)
    }
}

fn run_in(scenario: &Scenario, mode: Mode) -> Result<(RunSummary, Outcome), LetterError> {
    let machine = scenario::build(scenario, mode)?;
    let outcome = run(&machine, &RunOptions::default())?;
    Ok((RunSummary::new(mode, None, &outcome), outcome))
}

/// The row of `patch`.
pub fn row(patch: &str) -> Option<&'static Row> {
    ROWS.iter().find(|row| row.patch == patch)
}

/// The rows that the scenario called `scenario` shows.
pub fn about(scenario: &str) -> impl Iterator<Item = (&'static Row, &'static Shown)> {
    let all = ROWS
        .iter()
        .flat_map(|row| row.shown.iter().map(move |shown| (row, shown)));
    all.filter(move |(_, shown)| shown.scenario == scenario)
}

/// What `figures` of `shown` are, behind `indent` blanks.
pub fn lines(shown: &Shown, figures: &Figures, indent: usize) -> String {
    let blanks = " ".repeat(indent);
    let line = |label: &str, figure: &str| {
        let below = format!("\n{blanks}{:12}", "");
        format!("{blanks}  {label:<10}{}\n", figure.replace('\n', &below))
    };
    let mut text = format!("{blanks}{}\n", shown.figure);
    let scenario = shown.scenario;
    match (&figures.without, shown.without) {
        (Some(without), Some(set)) => {
            text += &line("with", &figures.with);
            text += &line("without", without);
            if let Some(was) = &figures.as_it_was {
                text += &line("as it was", was);
            }
            text += &format!("{blanks}{scenario}.toml, --set {set}\n");
        }
        _ => {
            text += &line("seen", &figures.with);
            text += &format!("{blanks}{scenario}.toml\n");
        }
    }
    text
}

/// What the letter argues, before its claims.
const STORY: &str = "\
request-based dm-multipath, patch by patch (Kiyoshi Ueda, March 2008, on 2.6.25-rc5)

In 2.6.25 device-mapper chooses a path for every bio, above the block layer: bios of
neighbouring sectors may take different paths, and there they reach different queues
and never become one request. As long as a path is kept for a thousand bios that is
seldom. A balancer that follows the load would change paths all the time: there was
none yet, and it could not have paid. To make dynamic load balancing worth having is
what the letter wants.

The thirteen patches give the multipath device a queue of its own; bios merge and are
sorted there, and a path is chosen for the request. What goes to the path is its
clone: a second request for the same data, in the queue of the path's device.

Each claim below is run with its mechanism and without, in request mode, on one
scenario of scenarios/letter/. Each figure is that of one run, and says nothing of how
another seed would have been: `mpathsim compare` does. docs/letter.md tells more.
";

/// The whole table as text, every claim run with its mechanism and without.
///
/// # Errors
/// As [`Shown::figures`].
pub fn table() -> Result<String, LetterError> {
    let mut text = String::from(STORY);
    for row in ROWS {
        text += &format!("\n{:<8} {}\n", row.patch, row.subject);
        text += &paragraph(row.claim, 9, 75);
        for shown in row.shown {
            text += &lines(shown, &shown.figures()?, 9);
        }
    }
    text += &cycles()?;
    Ok(text)
}

/// The lock-order cycles that completing under the lock below makes.
fn cycles() -> Result<String, LetterError> {
    let Some(shown) = row("softirq").and_then(|row| row.shown.first()) else {
        return Ok(String::new());
    };
    let without = shown.without.map(str::to_owned);
    let (summary, _) = shown.outcome(without.as_slice())?;
    let cycles = summary.single_queues.map(|s| s.cycles).unwrap_or_default();
    let mut text =
        String::from("\nthe lock-order cycles without softirq completion, each a deadlock:\n");
    for cycle in &cycles {
        text += &format!("  {}\n", cycle.join("\n    "));
    }
    Ok(text)
}
