//! `mpathsim run`.

mod letter;
mod plan;
mod progress;

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, ValueEnum};

use self::plan::{Finished, Plan};
use super::{CliError, print, terminal};
use crate::models::mpath::policy::Registry;
use crate::run::claim::{Results, claim};
use crate::run::compare::{comparison, shown};
use crate::run::glance::{Series, glance};
use crate::run::outcome::Outcome;
use crate::run::summary::{FORMAT, ScenarioSummary, Summary};
use crate::run::text::wrapped;
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
    /// Leave options of fio job files that are unknown or not modelled out, with a
    /// warning; otherwise they are errors.
    #[arg(long)]
    lenient: bool,
    /// Replace the seed.
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// Replace the path selector of every map: `NAME`, or `NAME key=value`.
    #[arg(long, value_name = "NAME")]
    policy: Option<String>,
    /// Run this replication of the scenario: the same in another world.
    #[arg(long, value_name = "N", default_value_t = 0)]
    replication: u32,
    /// Folder of the results; of several scenarios, with a folder for each in it.
    /// Default: results/<name of the scenario>; with .run behind it, if the
    /// scenario has a table [sweep].
    #[arg(long, value_name = "FOLDER")]
    out: Option<PathBuf>,
    /// Replace the results of another scenario.
    #[arg(long)]
    overwrite: bool,
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
        let mut written = Vec::new();
        for path in &self.scenarios {
            let scenario = self.load(path, &self.sets(), policies)?;
            let folder = self.folder(&scenario);
            if written.contains(&folder) {
                let (path, folder) = (path.display(), folder.display());
                return Err(CliError::Usage(format!(
                    "{path}: {folder} has the results of another scenario of this name already"
                )));
            }
            self.run(path, &scenario, &folder, policies)?;
            written.push(folder);
        }
        Ok(ExitCode::SUCCESS)
    }

    /// Where the results go.
    fn folder(&self, scenario: &Scenario) -> PathBuf {
        match &self.out {
            Some(folder) if self.scenarios.len() > 1 => folder.join(&scenario.name),
            Some(folder) => folder.clone(),
            // The other is the sweep's.
            None if scenario.has_sweep => {
                PathBuf::from("results").join(format!("{}.run", scenario.name))
            }
            None => PathBuf::from("results").join(&scenario.name),
        }
    }

    /// Refuses a folder that holds anything but an earlier run of `scenario`.
    fn claim(&self, folder: &Path, scenario: &Scenario) -> Result<(), CliError> {
        let own = Results {
            format: FORMAT.into(),
            name: scenario.name.clone(),
        };
        Ok(claim(folder, &own, |found| {
            self.overwrite || *found == own
        })?)
    }

    fn run(
        &self,
        path: &Path,
        scenario: &Scenario,
        folder: &Path,
        policies: &Registry,
    ) -> Result<(), CliError> {
        self.claim(folder, scenario)?;
        if !self.quiet {
            for warning in &scenario.warnings {
                let _ = writeln!(std::io::stderr(), "warning: {warning}");
            }
        }
        let plan = Plan::new(
            scenario,
            &self.modes(),
            scenario.verdicts && !self.one_profile,
            self.replication,
        )?;
        let hidden = self.quiet || self.json;
        let finished =
            progress::under_bar(&plan.progress(), hidden, || plan.execute(self.shuffle_ties))?;
        let mechanisms = self.mechanisms(path, scenario, &finished, policies)?;
        self.report(path, scenario, folder, &finished, &mechanisms)
    }

    /// The scenario with the options of this command, `sets` for `--set`.
    fn load(
        &self,
        path: &Path,
        sets: &[String],
        policies: &Registry,
    ) -> Result<Scenario, CliError> {
        let mut scenario = scenario::load_with(path, sets, policies)?;
        if let Some(seed) = self.seed {
            scenario.seed = seed;
        }
        if let Some(policy) = &self.policy {
            scenario.set_policy(policy).map_err(CliError::SetPolicy)?;
        }
        Ok(scenario)
    }

    /// What `--set` gives, and the options that are short for one.
    fn sets(&self) -> Vec<String> {
        let lenient = self.lenient.then(|| "workload.lenient=true".to_owned());
        self.set.iter().cloned().chain(lenient).collect()
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

    fn report(
        &self,
        path: &Path,
        scenario: &Scenario,
        folder: &Path,
        finished: &Finished,
        mechanisms: &str,
    ) -> Result<(), CliError> {
        let (bound, bound_unknown) = plan::bound(scenario, self.replication, finished)?;
        let summary = Summary {
            format: FORMAT.into(),
            mpathsim: env!("CARGO_PKG_VERSION").into(),
            scenario: ScenarioSummary {
                policy: self.policy.clone(),
                replication: self.replication,
                modes: self.modes().iter().map(|m| m.name().into()).collect(),
                shuffle_ties: self.shuffle_ties,
                ..ScenarioSummary::new(scenario, &self.sets())
            },
            bound,
            bound_unknown,
            runs: finished.runs(scenario),
            verdicts: match scenario.verdicts {
                true => finished.verdicts(scenario),
                false => Vec::new(),
            },
        };
        let json = serde_json::to_string_pretty(&summary)? + "\n";
        let text = comparison(&summary) + mechanisms;
        let runs = finished.outcomes();
        let source = std::fs::read_to_string(path).unwrap_or_default();
        let files = [
            ("scenario.toml", &source),
            ("series.csv", &csv::series(&runs)),
            ("paths.csv", &csv::paths(&runs)),
            ("queue.csv", &csv::queue(&runs)),
            ("latency.csv", &csv::latency(&runs)),
            ("trace.csv", &csv::trace(&runs)),
            ("comparison.txt", &text),
            // The last: a folder that has it is whole.
            ("summary.json", &json),
        ];
        // While it ran, another could have written.
        self.claim(folder, scenario)?;
        write::whole_files(folder, &files).map_err(|why| CliError::Write {
            path: folder.display().to_string(),
            why,
        })?;
        if self.json {
            print(&json)
        } else if !self.quiet {
            let bars = match terminal::look() {
                Some(look) => glance(&summary, &series_of(&runs), look) + "\n",
                None => String::new(),
            };
            let text = match terminal::width() {
                Some(width) => shown(&summary, Some(width)) + &wrapped(mechanisms, width),
                None => text,
            };
            print(&format!("{bars}{text}\nwritten to {}\n", folder.display()))
        } else {
            Ok(())
        }
    }
}

/// The I/Os of each run by time.
fn series_of(runs: &[(Mode, &Outcome)]) -> Vec<Series> {
    let of = |outcome: &Outcome| Series {
        width: outcome.series_bin,
        ios: outcome.series.iter().map(|bin| bin.ios).collect(),
    };
    runs.iter().map(|(_, outcome)| of(outcome)).collect()
}
