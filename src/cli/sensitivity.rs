//! `mpathsim sensitivity`.

use std::process::ExitCode;

use clap::Args;

use super::compare::{Compared, off};
use super::replicated::{Replicated, figure, watched};
use super::{CliError, print, terminal};
use crate::models::mpath::policy::Registry;
use crate::policy::{Cut, Finding, Over, Sensitivity, Varied, Verdict, sensitivity};
use crate::run::text::{Columns, wrapped};
use crate::sweep::Range;

/// Say how far a verdict survives when inputs vary that were only guessed.
#[derive(Debug, Args)]
pub struct SensitivityCommand {
    #[command(flatten)]
    what: Compared,
    /// An input and its range: `host.costs.clone_rq=100ns..4us`, or `…:log` for
    /// even ratios, or its words: `host.profile=none,lab`; may be given several
    /// times.
    #[arg(long, required = true, value_name = "KEY=FROM..TO", value_parser = varied)]
    vary: Vec<Varied>,
    /// Values of each that are tried before the search for the crossing.
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u32).range(2..=1000))]
    steps: u32,
    /// The figure that decides.
    #[arg(long, value_name = "NAME", default_value = "iops", value_parser = figure)]
    metric: usize,
    #[command(flatten)]
    replicated: Replicated,
}

/// Reads `KEY=FROM..TO`, `KEY=FROM..TO:log` and `KEY=WORD,WORD`.
fn varied(text: &str) -> Result<Varied, String> {
    let wrong = || {
        "write for instance device.sda.port.latency=50us..5ms, or 50us..5ms:log, \
         or host.profile=none,lab"
            .to_owned()
    };
    let (key, values) = text.split_once('=').ok_or_else(wrong)?;
    let words: Vec<String> = values.split(',').map(|w| w.trim().to_owned()).collect();
    let is_list = words.len() > 1 && !values.contains("..");
    if is_list && words.iter().any(String::is_empty) {
        return Err(wrong());
    }
    Ok(Varied {
        key: key.trim().into(),
        over: match is_list {
            true => Over::Words(words),
            false => match Range::parse(values)? {
                range if range.is_one_value() => {
                    return Err("the range has one value: nothing varies".into());
                }
                range => Over::Range(range),
            },
        },
    })
}

impl SensitivityCommand {
    /// Varies the inputs, and prints where the winner changes.
    ///
    /// # Errors
    /// The two cannot be compared, a value makes no scenario, or a run fails.
    pub fn execute(&self, policies: &Registry) -> Result<ExitCode, CliError> {
        let mut comparison = self.what.comparison(policies, vec![self.metric])?;
        if comparison.modes.len() > 1 && comparison.a.kind() != "mode" {
            // One cell: what is asked about is one crossing.
            comparison.modes.truncate(1);
        }
        let what = Sensitivity {
            comparison,
            varied: self.vary.clone(),
            steps: self.steps,
        };
        let settings = self.replicated.settings(policies);
        let findings = watched(&settings, || sensitivity(&what, &settings))?;
        let mut text = format!("A: {}\nB: {}\n", what.comparison.a, what.comparison.b);
        let width = terminal::width();
        for finding in &findings {
            text += &table(finding, &what, width);
        }
        text += &format!(
            "\nmargin {} %; the chance that any verdict is wrong is below {} % (Bonferroni, of {})\n",
            100.0 * what.comparison.margin,
            100.0 * what.comparison.alpha,
            what.most_verdicts()
        );
        print(&width.map_or(text.clone(), |width| wrapped(&text, width)))?;
        Ok(ExitCode::SUCCESS)
    }
}

fn table(finding: &Finding, what: &Sensitivity, width: Option<usize>) -> String {
    let mut columns = Columns::default();
    columns.head([finding.key.as_str(), "B − A, 95 %", "verdict on B"]);
    for trial in &finding.tried {
        columns.row([
            format!("  {}", trial.value),
            off(&trial.judged),
            trial.judged.verdict.name().into(),
        ]);
    }
    let mut text = format!("\n{}", columns.shown(width));
    if let Some(cut) = Cut::told(finding.tried.iter().map(|t| t.cut).fold(None, Cut::both)) {
        text += &format!("{cut}\n");
    }
    text + &winners(finding, what)
}

/// Who wins where, as far as the runs tell.
fn winners(finding: &Finding, what: &Sensitivity) -> String {
    let winner = |verdict: Verdict| match verdict {
        Verdict::Better | Verdict::More => what.comparison.b.to_string(),
        _ => what.comparison.a.to_string(),
    };
    let mut varied = what.varied.iter();
    let is_words = varied.any(|v| v.key == finding.key && matches!(v.over, Over::Words(_)));
    let mut text = String::new();
    for change in &finding.changes {
        let (before, after) = change.verdicts;
        let (low, high) = &change.between;
        let (before, after) = (winner(before), winner(after));
        text += &match is_words {
            true => format!("the winner changes: {before} with {low}, {after} with {high}\n"),
            false => {
                format!("the winner changes: {before} up to {low}, {after} from {high} on\n")
            }
        };
    }
    if !finding.changes.is_empty() {
        return text;
    }
    let verdicts = finding.tried.iter().map(|trial| trial.judged.verdict);
    let is_open = |verdict: &Verdict| *verdict == Verdict::NotEnoughRuns;
    let (all, open) = (
        finding.tried.len(),
        verdicts.clone().filter(is_open).count(),
    );
    let won = verdicts
        .clone()
        .find(|v| !is_open(v) && *v != Verdict::Same);
    text += &match (won, open) {
        (Some(verdict), 0) => {
            let winner = winner(verdict);
            format!("the winner does not change: {winner}, or neither\n")
        }
        (Some(verdict), _) => {
            let winner = winner(verdict);
            format!("no other winner was found than {winner}\n")
        }
        (None, 0) => "neither wins anywhere in the range\n".into(),
        (None, _) => "no winner was found\n".into(),
    };
    if open > 0 {
        text += &format!(
            "at {open} of {all} values the runs do not tell: more --replications, or a wider --margin\n"
        );
    }
    text
}
