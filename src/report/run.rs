//! The section of a run.

use super::cards::{self, Card};
use super::markup::Html;
use super::told::latency;
use super::topology::topology;
use crate::plot::result::{Found, RunResult};
use crate::plot::units::Unit;
use crate::plot::{Choice, Kind, PlotError, Table};
use crate::run::compare::comparison;
use crate::run::summary::{FailoverSummary, RunSummary, ScenarioSummary};
use crate::run::text::{bytes, count, three, time};
use crate::run::verdict::{Sort, Verdict, Winner};
use crate::sweep::quoted;

/// Adds it, as number `n` of the report, called `name`.
///
/// # Errors
/// A figure cannot be drawn.
pub fn section(
    body: &mut Html,
    n: usize,
    name: &str,
    found: &Found,
    result: &RunResult,
) -> Result<(), PlotError> {
    let scenario = &result.summary.scenario;
    body.raw("<section class=\"result\">\n")
        .heading(2, &format!("r{n}"), name);
    if !scenario.about.is_empty() {
        body.element("p", &scenario.about);
    }
    body.heading(3, &format!("r{n}-answer"), "The answer");
    answer(body, result);
    body.table("What each mode comes to", &headline(&result.summary.runs));
    body.heading(3, &format!("r{n}-setup"), "The set-up");
    body.figure(&format!("r{n}-topology"), &topology(&result.summary))?;
    if let Some(comment) = opening_comment(&result.scenario) {
        body.element("p", &format!("The author says of it: {comment}"));
    }
    body.heading(3, &format!("r{n}-figures"), "Figures");
    for kind in Kind::of(found) {
        let drawing = kind.draw(found, &Choice::default())?;
        body.figure(&format!("r{n}-{}", kind.name()), &drawing)?;
    }
    body.heading(3, &format!("r{n}-repeat"), "To repeat it");
    repeat(body, result);
    body.raw("</section>\n");
    Ok(())
}

fn answer(body: &mut Html, result: &RunResult) {
    let verdicts = &result.summary.verdicts;
    if verdicts.is_empty() {
        body.element(
            "p",
            "Not both queue modes ran, so there is nothing to compare.",
        );
    }
    let mut all = stops(&result.summary.runs);
    all.extend(verdicts.iter().map(card));
    cards::write(body, &all);
}

fn card(verdict: &Verdict) -> Card {
    let class = match verdict.winner {
        Winner::Bio => "bio",
        Winner::Request => "request",
        Winner::Equal => "equal",
    };
    let values = format!(
        "bio {}, request {}",
        told(verdict, verdict.bio),
        told(verdict, verdict.request)
    );
    let mut more = vec![values];
    if verdict.depends_on_cpu_profile == Some(true) {
        more.push("turns with what the CPU's work is taken to cost".into());
    }
    Card {
        class,
        what: verdict.subject().into(),
        told: verdict.finding(),
        more,
    }
}

/// What an administrator asks first when something broke: how long nothing came
/// back, what was lost, what still hangs. Whether that is bad comes last.
fn stops(runs: &[RunSummary]) -> Vec<Card> {
    let of_each = |tell: &dyn Fn(&RunSummary, &FailoverSummary) -> (String, bool)| {
        let each = runs
            .iter()
            .filter_map(|run| Some((run, run.failover.as_ref()?)));
        let told: Vec<(String, (String, bool))> = each
            .map(|(run, failover)| (run.title(), tell(run, failover)))
            .collect();
        let is_bad = told.iter().any(|(_, (_, bad))| *bad);
        match told.as_slice() {
            [(_, (first, _)), rest @ ..] if rest.iter().all(|(_, (text, _))| text == first) => {
                (first.clone(), is_bad)
            }
            several => {
                let each = several
                    .iter()
                    .map(|(mode, (text, _))| format!("{mode} {text}"));
                (each.collect::<Vec<_>>().join(", "), is_bad)
            }
        }
    };
    if runs.iter().all(|run| run.failover.is_none()) {
        return Vec::new();
    }
    let gap = of_each(&|_, failover| {
        let whole = failover.gaps.iter().find(|gaps| gaps.job.is_empty());
        match whole {
            Some(gaps) if gaps.no_success_since_ns.is_some() => ("never ends".into(), true),
            Some(gaps) if gaps.count > 0 => (Unit::Time.tell(gaps.max_ns as f64), false),
            _ => ("none".into(), false),
        }
    });
    let lost = of_each(&|run, _| match run.application.errors {
        0 => ("none".into(), false),
        errors => (Unit::Count.tell(errors as f64), true),
    });
    let held = of_each(&|_, failover| {
        let held: u64 = failover.held.iter().map(|held| held.ios).sum();
        (Unit::Count.tell(held as f64), held > 0)
    });
    let card = |what: &str, (told, is_bad): (String, bool)| {
        Card::new(if is_bad { "bad" } else { "" }, what, told)
    };
    let mut cards = vec![
        card("longest time without a success", gap),
        card("errors that reached the application", lost),
    ];
    if held.1 {
        cards.push(card("I/Os that hang for ever", held));
    }
    cards
}

fn told(verdict: &Verdict, value: f64) -> String {
    match (verdict.figure.as_str(), verdict.sort()) {
        (_, Sort::Rate) => count(value.round() as u64),
        ("mean_latency" | "p99_latency", _) => time(value),
        _ => three(value),
    }
}

fn headline(runs: &[RunSummary]) -> Table {
    let mut table = Table::new([
        "mode",
        "IOPS",
        "bandwidth",
        "errors",
        "mean",
        "50 %",
        "99 %",
        "99.9 %",
        "CPU an I/O",
    ]);
    for run in runs {
        let a = &run.application;
        let l = &a.latency;
        table.row([
            run.title(),
            count(a.iops.round() as u64),
            format!("{}/s", bytes(a.bytes_per_second)),
            count(a.errors),
            latency(a, l.mean_ns),
            latency(a, l.p50_ns as f64),
            latency(a, l.p99_ns as f64),
            latency(a, l.p999_ns as f64),
            time(run.cpu.ns_per_io),
        ]);
    }
    table
}

/// The comment at the begin of a scenario, as one text.
fn opening_comment(scenario: &str) -> Option<String> {
    let lines = scenario.lines().take_while(|line| line.starts_with('#'));
    let words: Vec<&str> = lines
        .map(|line| line.trim_start_matches('#').trim())
        .collect();
    (!words.is_empty()).then(|| words.join(" "))
}

fn repeat(body: &mut Html, result: &RunResult) {
    let s = &result.summary.scenario;
    let facts = format!(
        "mpathsim {}, {}. The same scenario, seed and version give the same bytes on every \
         machine.",
        result.summary.mpathsim,
        s.world()
    );
    body.element("p", &facts).element("pre", &command(s));
    if !result.scenario.is_empty() {
        let changed = !s.set.is_empty() || s.policy.is_some();
        let title = match changed {
            true => "The scenario as its file has it, which the options above change",
            false => "The scenario",
        };
        body.source(title, &result.scenario);
    }
    let all = comparison(&result.summary);
    let mut text = Html::default();
    text.element("pre", &all);
    let title = "All figures, as mpathsim run prints them";
    body.fold(title, all.lines().count(), &text);
}

/// The command that gives these figures again.
fn command(s: &ScenarioSummary) -> String {
    let file = quoted(&format!("{}.toml", s.name));
    let mut command = format!("mpathsim run {file} --seed {}", s.seed);
    for set in &s.set {
        command += &format!(" --set {}", quoted(set));
    }
    if let Some(policy) = &s.policy {
        command += &format!(" --policy {}", quoted(policy));
    }
    for mode in &s.modes {
        command += &format!(" --mode {}", quoted(mode));
    }
    if s.replication > 0 {
        command += &format!(" --replication {}", s.replication);
    }
    if let Some(seed) = s.shuffle_ties {
        command += &format!(" --shuffle-ties {seed}");
    }
    command
}
