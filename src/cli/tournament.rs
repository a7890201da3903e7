//! `mpathsim tournament`.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use serde_json::json;

use super::compare::{chance, share};
use super::replicated::{ModeName, Replicated, figure, modes, watched};
use super::{CliError, print};
use crate::models::mpath::policy::Registry;
use crate::policy::{Cut, Ranking, Tournament, tournament};
use crate::run::csv::field;
use crate::run::text::Columns;
use crate::run::write;
use crate::stats::Interval;
use crate::sweep::{METRICS, ratio_to_bound};

/// Rank all policies over some scenarios.
#[derive(Debug, Args)]
pub struct TournamentCommand {
    /// Scenario files.
    #[arg(required = true, value_name = "SCENARIO.toml")]
    scenarios: Vec<PathBuf>,
    /// Policies; may be given several times. Default: all that need no words
    /// for their paths.
    #[arg(long, value_name = "NAME")]
    policy: Vec<String>,
    /// Modes; may be given several times. Default: bio and request.
    #[arg(long, value_enum, value_delimiter = ',')]
    mode: Vec<ModeName>,
    /// The figure that decides.
    #[arg(long, value_name = "NAME", default_value = "iops", value_parser = figure)]
    metric: usize,
    /// Differences up to so much do not matter, percent.
    #[arg(long, value_name = "PERCENT", default_value_t = 0.5)]
    margin: f64,
    /// Chance that any place is wrong, percent.
    #[arg(long, value_name = "PERCENT", default_value_t = 5.0)]
    alpha: f64,
    /// Write the ranking into this folder, for `mpathsim plot`.
    #[arg(long, value_name = "FOLDER")]
    out: Option<PathBuf>,
    #[command(flatten)]
    replicated: Replicated,
}

impl TournamentCommand {
    /// Plays it, and prints the ranking.
    ///
    /// # Errors
    /// Nobody can play, or a run fails.
    pub fn execute(&self, policies: &Registry) -> Result<ExitCode, CliError> {
        let all = match self.policy.as_slice() {
            [] => policies.all_names().map(str::to_owned).collect(),
            given => given.to_vec(),
        };
        let what = Tournament {
            scenarios: self.scenarios.clone(),
            policies: all,
            modes: modes(&self.mode),
            metric: self.metric,
            margin: share("--margin", self.margin)?,
            alpha: chance("--alpha", self.alpha)?,
        };
        let settings = self.replicated.settings(policies);
        let ranking = watched(&settings, || tournament(&what, &settings))?;
        print(&table(&ranking, &what))?;
        if let Some(folder) = &self.out {
            let runs = settings.replications;
            for (name, text) in ranking_files(&ranking, &what, runs)? {
                write::whole_file(folder, name, text.as_bytes()).map_err(|why| {
                    CliError::Write {
                        path: folder.join(name).display().to_string(),
                        why,
                    }
                })?;
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// The ranking in the files of a sweep over one axis, the policy.
fn ranking_files(
    ranking: &Ranking,
    what: &Tournament,
    runs: u32,
) -> Result<[(&'static str, String); 2], CliError> {
    let mut rows = String::from("policy,metric,runs,mean,low,high,method\n");
    let mut row = |policy: &str, metric: &str, mean: f64, interval: Option<Interval>| {
        let (ends, method) = match interval {
            Some(i) => (format!("{},{}", i.low, i.high), "student-t"),
            None => (",".into(), ""),
        };
        rows += &format!("{},{metric},{runs},{mean},{ends},{method}\n", field(policy));
    };
    for place in &ranking.places {
        row(&place.policy, "score_ratio", place.score, place.interval);
        if let Some((mean, interval)) = place.of_bound {
            row(&place.policy, "bound_ratio", mean, interval);
        }
    }
    let metric = METRICS[what.metric].name;
    let about = format!("{metric}, pairs of scenario and mode: {}", ranking.cells);
    let more = |name: &str, about: &str| json!({"name": name, "better": "more", "about": about});
    let named = json!({
        "format": "mpathsim-tournament/1",
        "mpathsim": env!("CARGO_PKG_VERSION"),
        "sweep": "tournament",
        "about": about,
        "columns": ["policy"],
        "metrics": [
            more("score_ratio", "of the best policy of each cell, the geometric mean"),
            more("bound_ratio", "of what the devices could do at best, the same"),
        ],
    });
    let named = serde_json::to_string_pretty(&named)? + "\n";
    Ok([("sweep.json", named), ("summary.csv", rows)])
}

fn ends(interval: Option<Interval>) -> String {
    interval.map_or("–".into(), |i| {
        format!("{:.2} to {:.2} %", 100.0 * i.low, 100.0 * i.high)
    })
}

fn table(ranking: &Ranking, what: &Tournament) -> String {
    let mut columns = Columns::default();
    columns.row([
        "",
        "place",
        "of the best",
        "95 % interval",
        "of the bound",
        "95 % interval",
    ]);
    for place in &ranking.places {
        let (first, last) = place.places;
        columns.row([
            place.policy.clone(),
            if first == last {
                format!("{first}")
            } else {
                format!("{first}–{last}")
            },
            format!("{:.2} %", 100.0 * place.score),
            ends(place.interval),
            place
                .of_bound
                .map_or("–".into(), |(x, _)| format!("{:.2} %", 100.0 * x)),
            ends(place.of_bound.and_then(|(_, interval)| interval)),
        ]);
    }
    let metric = METRICS[what.metric].name;
    let mut text = format!(
        "by {metric}, over {} scenarios and modes\n\n",
        ranking.cells
    );
    text += &columns.render();
    text += "\npolicies that share places are not told apart by these runs; the chance that any\n\
             is told apart wrongly is below ";
    text += &format!("{} % (Holm)\n", 100.0 * what.alpha);
    if let Some(cut) = Cut::told(ranking.cut) {
        text += &format!("{cut}; of the bound: whole runs\n");
    }
    let asked = ratio_to_bound(metric).is_some();
    if asked && ranking.places.iter().any(|place| place.of_bound.is_none()) {
        text += "bound: not known (page cache, storage network)\n";
    }
    for (policy, why) in &ranking.left_out {
        let why = why.strip_prefix(&format!("{policy} ")).unwrap_or(why);
        text += &format!("left out: {policy}: {why}\n");
    }
    text
}
