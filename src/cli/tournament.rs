//! `mpathsim tournament`.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use super::compare::{chance, share};
use super::kept::KeptIn;
use super::replicated::{ModeName, Replicated, figure, modes, watched};
use super::{CliError, print, terminal};
use crate::models::mpath::policy::Registry;
use crate::policy::{Cut, Ranking, TOURNAMENT, Tournament, keep_tournament, tournament};
use crate::run::text::{Columns, wrapped};
use crate::stats::Interval;
use crate::sweep::{METRICS, quoted, ratio_to_bound};
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
    #[command(flatten)]
    kept: KeptIn,
    #[command(flatten)]
    replicated: Replicated,
}

impl TournamentCommand {
    /// Plays it, and prints the ranking.
    ///
    /// # Errors
    /// Nobody can play, a run fails, or the folder holds something else.
    pub fn execute(&self, policies: &Registry) -> Result<ExitCode, CliError> {
        self.kept.claim(TOURNAMENT)?;
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
        print(&table(&ranking, &what, terminal::width()))?;
        if self.kept.out.is_some() {
            let command = self.command(&what);
            let (kept, rows) = keep_tournament(&what, &ranking, &settings, command)?;
            self.kept.write(&kept, rows)?;
        }
        Ok(ExitCode::SUCCESS)
    }

    /// The command that plays it again.
    fn command(&self, what: &Tournament) -> String {
        let mut command = "mpathsim tournament".to_owned();
        for scenario in &self.scenarios {
            command += &format!(" {}", quoted(&scenario.display().to_string()));
        }
        for policy in &self.policy {
            command += &format!(" --policy {}", quoted(policy));
        }
        for mode in &what.modes {
            command += &format!(" --mode {}", mode.name());
        }
        let metric = METRICS[self.metric].name;
        command += &format!(" --metric {metric} --margin {}", self.margin);
        command += &format!(" --alpha {}{}", self.alpha, self.replicated.options());
        command
    }
}

fn ends(interval: Option<Interval>) -> String {
    interval.map_or("–".into(), |i| {
        format!("{:.2} to {:.2} %", 100.0 * i.low, 100.0 * i.high)
    })
}

/// For a terminal of `width` columns, or as wide as it is.
fn table(ranking: &Ranking, what: &Tournament, width: Option<usize>) -> String {
    let mut columns = Columns::default();
    columns.head([
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
    text += &columns.shown(width);
    text += "\npolicies that share places are not told apart by these runs; the chance that any\n\
             is told apart wrongly is below ";
    text += &format!("{} % (Holm)\n", 100.0 * what.alpha);
    if let Some(cut) = Cut::told(ranking.cut) {
        text += &format!("{cut}; of the bound: whole runs\n");
    }
    let asked = ratio_to_bound(metric).is_some();
    if asked && ranking.places.iter().any(|place| place.of_bound.is_none()) {
        text += "bound: not known for some (`mpathsim run` tells why)\n";
    }
    for (policy, why) in &ranking.left_out {
        let why = why.strip_prefix(&format!("{policy} ")).unwrap_or(why);
        text += &format!("left out: {policy}: {why}\n");
    }
    width.map_or(text.clone(), |width| wrapped(&text, width))
}
