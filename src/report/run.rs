//! The section of a run.

use super::markup::Html;
use super::topology::topology;
use crate::plot::result::{Found, RunResult};
use crate::plot::units::{Unit, figures};
use crate::plot::{Choice, Kind, PlotError, Table};
use crate::run::compare::comparison;
use crate::run::summary::{FailoverSummary, RunSummary, ScenarioSummary};
use crate::run::verdict::{Verdict, Winner};
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
    body.raw("<section>\n").heading(2, &format!("r{n}"), name);
    if !scenario.about.is_empty() {
        body.element("p", &scenario.about);
    }
    body.heading(3, &format!("r{n}-answer"), "The answer");
    answer(body, result);
    body.table("What each mode comes to", &headline(&result.summary.runs));
    body.heading(3, &format!("r{n}-setup"), "The set-up");
    body.figure(&format!("r{n}-topology"), &topology(result))?;
    if let Some(comment) = opening_comment(&result.scenario) {
        body.raw("<details open><summary>What the author says of it</summary>\n");
        body.element("p", &comment).raw("</details>\n");
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
    let stops = stops(&result.summary.runs);
    if verdicts.is_empty() {
        body.element(
            "p",
            "Not both queue modes ran, so there is nothing to compare.",
        );
    }
    if verdicts.is_empty() && stops.is_empty() {
        return;
    }
    body.raw("<ul class=\"verdicts\">\n");
    for (what, told, is_bad) in &stops {
        body.raw(if *is_bad {
            "<li class=\"bad\">"
        } else {
            "<li>"
        });
        body.element("span", what).element("b", told).raw("</li>\n");
    }
    for verdict in verdicts {
        let class = match verdict.winner {
            Winner::Bio => "bio",
            Winner::Request => "request",
            Winner::Equal => "equal",
        };
        body.raw(&format!("<li class=\"{class}\">"));
        body.element("span", name_of(&verdict.figure))
            .element("b", &judged(verdict));
        let values = format!(
            "bio {}, request {}",
            told(&verdict.figure, verdict.bio),
            told(&verdict.figure, verdict.request)
        );
        body.element("span", &values);
        if verdict.depends_on_cpu_profile == Some(true) {
            body.element("span", "turns with what the CPU's work is taken to cost");
        }
        body.raw("</li>\n");
    }
    body.raw("</ul>\n");
}

/// What an administrator asks first when something broke: how long nothing came
/// back, what was lost, what still hangs. Whether that is bad comes last.
fn stops(runs: &[RunSummary]) -> Vec<(&'static str, String, bool)> {
    let of_each = |tell: &dyn Fn(&RunSummary, &FailoverSummary) -> (String, bool)| {
        let each = runs
            .iter()
            .filter_map(|run| Some((run, run.failover.as_ref()?)));
        let told: Vec<(String, (String, bool))> = each
            .map(|(run, failover)| (mode_of(run), tell(run, failover)))
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
    let mut cards = vec![
        ("longest time without a success", gap.0, gap.1),
        ("errors that reached the application", lost.0, lost.1),
    ];
    if held.1 {
        cards.push(("I/Os that hang for ever", held.0, true));
    }
    cards
}

fn mode_of(run: &RunSummary) -> String {
    match &run.device {
        Some(device) => format!("{device} alone"),
        None => run.mode.clone(),
    }
}

fn name_of(figure: &str) -> &str {
    match figure {
        "iops" => "I/Os a second",
        "mean_latency" => "mean latency",
        "p99_latency" => "99 % latency",
        "requests_per_io" => "requests to the paths, an I/O",
        other => other,
    }
}

fn told(figure: &str, value: f64) -> String {
    match figure {
        "iops" => Unit::PerSecond.tell(value),
        "mean_latency" | "p99_latency" => Unit::Time.tell(value),
        _ => figures(value),
    }
}

fn judged(verdict: &Verdict) -> String {
    if verdict.is_empty() {
        return "nothing to compare".into();
    }
    let mode = match verdict.winner {
        Winner::Equal => return "equal within 2 %".into(),
        Winner::Bio => "bio mode",
        Winner::Request => "request mode",
    };
    let factor = verdict.factor();
    if !factor.is_finite() {
        return mode.into();
    }
    let word = if verdict.figure == "iops" {
        "more"
    } else {
        "less"
    };
    if factor >= 2.0 {
        format!("{mode}, ×{} {word}", figures(factor))
    } else if verdict.figure == "iops" {
        format!("{mode}, {} {word}", Unit::Share.tell(factor - 1.0))
    } else {
        format!("{mode}, {} {word}", Unit::Share.tell(1.0 - 1.0 / factor))
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
        let name = match &run.device {
            Some(device) => format!("{device} alone"),
            None => format!("{} mode", run.mode),
        };
        table.row([
            name,
            Unit::PerSecond.tell(a.iops),
            Unit::ByteRate.tell(a.bytes_per_second),
            Unit::Count.tell(a.errors as f64),
            Unit::Time.tell(l.mean_ns),
            Unit::Time.tell(l.p50_ns as f64),
            Unit::Time.tell(l.p99_ns as f64),
            Unit::Time.tell(l.p999_ns as f64),
            Unit::Time.tell(run.cpu.ns_per_io),
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
        "mpathsim {}, seed {}, CPU profile {}, {} CPU{} at {} Hz. The same scenario, seed and \
         version give the same bytes on every machine.",
        result.summary.mpathsim,
        s.seed,
        s.cpu_profile,
        s.cpus,
        if s.cpus == 1 { "" } else { "s" },
        s.hz
    );
    body.element("p", &facts).element("pre", &command(s));
    if !result.scenario.is_empty() {
        let changed = !s.set.is_empty() || s.policy.is_some();
        body.raw("<details><summary>The scenario");
        body.raw(match changed {
            true => " as its file has it, which the options above change",
            false => "",
        });
        body.raw("</summary>\n");
        body.element("pre", &result.scenario).raw("</details>\n");
    }
    body.raw(
        "<details class=\"long\"><summary>All figures, as mpathsim run prints them</summary>\n",
    );
    body.element("pre", &comparison(&result.summary))
        .raw("</details>\n");
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
