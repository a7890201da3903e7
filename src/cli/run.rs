//! `mpathsim run`.

mod plan;
mod progress;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, ValueEnum};

use self::plan::{Finished, Plan};
use super::{CliError, print};
use crate::models::mpath::policy::Registry;
use crate::run::compare::comparison;
use crate::run::summary::{FORMAT, ScenarioSummary, Summary};
use crate::run::{csv, write};
use crate::scenario::{self, Mode, Scenario};

/// Run a scenario in both queue modes and on a single path, and compare.
#[derive(Debug, Args)]
pub struct Run {
    /// The scenario files, run one after the other.
    #[arg(value_name = "SCENARIO.toml", required = true)]
    scenarios: Vec<PathBuf>,
    /// What to run; may be given several times. Default: all three.
    #[arg(long, value_enum, value_delimiter = ',')]
    mode: Vec<ModeName>,
    /// Replace a value of the scenario; may be given several times.
    #[arg(long, value_name = "path.to.key=value")]
    set: Vec<String>,
    /// Replace the seed.
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// Folder of the results; of several scenarios, with a folder for each in it.
    /// Default: results/<name of the scenario>.
    #[arg(long, value_name = "FOLDER")]
    out: Option<PathBuf>,
    /// Print the summary as JSON instead of the comparison.
    #[arg(long)]
    json: bool,
    /// Print nothing; write the results only.
    #[arg(long, conflicts_with = "json")]
    quiet: bool,
    /// Let events of the same time come in random order, which N decides: a
    /// figure that changes hangs on an order that nothing determines.
    #[arg(long, value_name = "N")]
    shuffle_ties: Option<u64>,
    /// Do not run the modes again under the other CPU profile, which tells
    /// whether the verdicts depend on it.
    #[arg(long)]
    one_profile: bool,
}

/// `--mode`.
#[derive(Copy, Clone, Debug, PartialEq, Eq, ValueEnum)]
enum ModeName {
    /// Bio mode.
    Bio,
    /// Request mode.
    #[value(alias = "mq", alias = "rq")]
    Request,
    /// The first path alone, without multipath.
    Single,
    /// All three.
    All,
}

impl Run {
    /// Runs the scenarios, prints the comparisons and writes the results.
    ///
    /// # Errors
    /// Bad input, a result that cannot be written, or a defect.
    pub fn execute(&self, policies: &Registry) -> Result<ExitCode, CliError> {
        for path in &self.scenarios {
            self.run(path, policies)?;
        }
        Ok(ExitCode::SUCCESS)
    }

    fn run(&self, path: &Path, policies: &Registry) -> Result<(), CliError> {
        let mut scenario = scenario::load_with(path, &self.set, policies)?;
        if let Some(seed) = self.seed {
            scenario.seed = seed;
        }
        if !self.quiet {
            for warning in &scenario.warnings {
                eprintln!("warning: {warning}");
            }
        }
        let plan = Plan::new(&scenario, &self.modes(), !self.one_profile)?;
        let hidden = self.quiet || self.json;
        let finished =
            progress::under_bar(&plan.progress(), hidden, || plan.execute(self.shuffle_ties))?;
        self.report(&scenario, &finished)
    }

    /// The modes asked for; an empty list means all that there are.
    fn modes(&self) -> Vec<Mode> {
        if self.mode.contains(&ModeName::All) {
            return Vec::new();
        }
        let mode = |name: &ModeName| match name {
            ModeName::Bio => Some(Mode::Bio),
            ModeName::Request => Some(Mode::Request),
            ModeName::Single => Some(Mode::Single),
            ModeName::All => None,
        };
        let mut modes: Vec<Mode> = self.mode.iter().filter_map(mode).collect();
        modes.sort();
        modes.dedup();
        modes
    }

    fn report(&self, scenario: &Scenario, finished: &Finished) -> Result<(), CliError> {
        let summary = Summary {
            format: FORMAT.into(),
            mpathsim: env!("CARGO_PKG_VERSION").into(),
            scenario: ScenarioSummary {
                shuffle_ties: self.shuffle_ties,
                ..ScenarioSummary::new(scenario, &self.set)
            },
            bound: plan::bound(scenario, finished)?,
            runs: finished.runs(scenario),
            verdicts: finished.verdicts(scenario),
        };
        let json = serde_json::to_string_pretty(&summary)? + "\n";
        let text = comparison(&summary);
        let folder = match &self.out {
            Some(folder) if self.scenarios.len() > 1 => folder.join(&scenario.name),
            Some(folder) => folder.clone(),
            None => PathBuf::from("results").join(&scenario.name),
        };
        let series = csv::series(&finished.outcomes(), scenario.series_bin);
        let files = [
            ("summary.json", &json),
            ("series.csv", &series),
            ("comparison.txt", &text),
        ];
        for (name, text) in files {
            write::whole_file(&folder, name, text).map_err(|why| CliError::Write {
                path: folder.join(name).display().to_string(),
                why,
            })?;
        }
        if self.json {
            print(&json)
        } else if !self.quiet {
            print(&format!("{text}\nwritten to {}\n", folder.display()))
        } else {
            Ok(())
        }
    }
}
