//! The section of a tournament or of a comparison.

use super::cards::{self, Card};
use super::markup::Html;
use super::sweep;
use crate::plot::result::{Cell, Found, SweepResult};
use crate::plot::{Choice, Kind, Metric, PlotError, Table};
use crate::policy::{Kept, KeptVerdict, Verdict};
use crate::run::summary::ScenarioSummary;

/// Set-ups that are drawn; more are in the files of the scenarios.
const DRAWN: usize = 6;

/// Adds it, as number `n` of the report, called `name`.
///
/// # Errors
/// A figure cannot be drawn.
pub fn section(
    body: &mut Html,
    n: usize,
    name: &str,
    found: &Found,
    (result, kept): (&SweepResult, &Kept),
) -> Result<(), PlotError> {
    body.raw("<section class=\"result\">\n")
        .heading(2, &format!("r{n}"), name);
    body.element("p", &kept.about);
    body.heading(3, &format!("r{n}-answer"), "The answer");
    if kept.is_tournament() {
        cards::write(body, &podium(result, kept));
        body.table("Policies, the best first", &places(result, kept));
    } else {
        cards::write(body, &sides(kept));
        body.table("B beside A, with 95 % intervals", &verdicts(result, kept));
    }
    body.element("p", &how_sure(kept));
    for (who, why) in &kept.left_out {
        body.classed("p", "warn", &format!("Left out: {who}: {why}"));
    }
    if !kept.scenarios.is_empty() {
        body.heading(3, &format!("r{n}-setup"), "The set-up");
    }
    for (i, scenario) in kept.scenarios.iter().take(DRAWN).enumerate() {
        let id = format!("r{n}-topology-{i}");
        sweep::setup(body, &id, &kept.mpathsim, scenario)?;
    }
    // A line between names of policies would say nothing that the ranking does not.
    let kinds: &[Kind] = match kept.is_tournament() {
        true => &[Kind::Ranking],
        false => &[Kind::Differences, Kind::Lines],
    };
    let choice = Choice {
        x: (!kept.is_tournament()).then(|| "cell".into()),
        ..Choice::default()
    };
    sweep::figures(body, n, found, result, (kinds, &choice))?;
    body.heading(3, &format!("r{n}-repeat"), "To repeat it");
    repeat(body, kept);
    body.raw("</section>\n");
    Ok(())
}

/// The cell of these values.
fn cell<'r>(result: &'r SweepResult, metric: &str, values: &[&str]) -> Option<&'r Cell> {
    let mut cells = result.cells.iter();
    cells.find(|cell| cell.is(metric) && cell.values.iter().eq(values))
}

fn told(result: &SweepResult, metric: &str, values: &[&str]) -> String {
    let found = cell(result, metric, values);
    let told = found.and_then(|cell| Some(Metric::new(result, metric).ok()?.tell_cell(cell)));
    told.unwrap_or_else(|| "–".into())
}

/// Places that may be one policy's: `1` or `1 to 5`.
fn range(first: usize, last: usize) -> String {
    match first == last {
        true => first.to_string(),
        false => format!("{first} to {last}"),
    }
}

/// Who is not told apart from the best, and who is behind all others.
fn podium(result: &SweepResult, kept: &Kept) -> Vec<Card> {
    let score = |policy: &str| told(result, "score_ratio", &[policy]);
    let best: Vec<&str> = kept
        .places
        .iter()
        .filter(|place| place.first == 1)
        .map(|place| place.policy.as_str())
        .collect();
    let mut all = Vec::new();
    if let Some(first) = best.first() {
        let told = match best.len() {
            1 => (*first).to_owned(),
            n => format!("{n} policies are not told apart"),
        };
        let card = Card::new("equal", "first", told);
        let more = best
            .iter()
            .map(|policy| format!("{policy}: {}", score(policy)));
        all.push(Card {
            more: more.collect(),
            ..card
        });
    }
    if let Some(last) = kept.places.last().filter(|place| place.first > 1) {
        let places = format!("place {}", range(last.first, last.last));
        let card = Card::new("", "last", last.policy.clone());
        all.push(Card {
            more: vec![places, score(&last.policy)],
            ..card
        });
    }
    all
}

fn places(result: &SweepResult, kept: &Kept) -> Table {
    let mut table = Table::new(["policy", "place", "of the best", "of what is possible"]);
    for place in &kept.places {
        let policy = [place.policy.as_str()];
        table.row([
            place.policy.clone(),
            range(place.first, place.last),
            told(result, "score_ratio", &policy),
            told(result, "bound_ratio", &policy),
        ]);
    }
    table
}

/// How often B is what beside A.
fn sides(kept: &Kept) -> Vec<Card> {
    let all = kept.verdicts.len();
    let kinds = [
        (Verdict::Better, "good", "B is better"),
        (Verdict::Worse, "bad", "B is worse"),
        (Verdict::More, "", "B has more"),
        (Verdict::Less, "", "B has less"),
        (Verdict::Same, "equal", "the same within the margin"),
        (Verdict::NotEnoughRuns, "equal", "not enough runs to tell"),
    ];
    let card = |(verdict, class, what): (Verdict, &'static str, &str)| {
        let of: Vec<&KeptVerdict> = kept
            .verdicts
            .iter()
            .filter(|v| v.verdict == verdict)
            .collect();
        let told = format!("{} of {all} figures", of.len());
        let card = Card::new(class, what, told);
        let more = of
            .iter()
            .map(|v| format!("{}: {} {}", v.cell, v.metric, percents(v)));
        (!of.is_empty()).then(|| Card {
            more: more.take(4).collect(),
            ..card
        })
    };
    kinds.into_iter().filter_map(card).collect()
}

/// B − A over A, with its interval.
fn percents(v: &KeptVerdict) -> String {
    let percent = |x: f64| format!("{:+.2} %", 100.0 * x).replace('-', "−");
    match (v.difference, v.low.zip(v.high)) {
        (Some(mean), Some((low, high))) => {
            format!("{} ({} to {})", percent(mean), percent(low), percent(high))
        }
        (Some(mean), None) => format!("{} (1 run)", percent(mean)),
        _ => "–".into(),
    }
}

fn verdicts(result: &SweepResult, kept: &Kept) -> Table {
    let mut table = Table::new([
        "cell",
        "figure",
        "A",
        "B",
        "B − A",
        "ρ of pairs",
        "verdict on B",
    ]);
    let sides = result.values(0);
    // In order of the table: A is first.
    let first = result.cells.first().map(|cell| cell.values[0].clone());
    let a = first.unwrap_or_default();
    let b = sides.iter().find(|side| **side != a).unwrap_or(&a);
    for v in &kept.verdicts {
        let side = |who: &str| told(result, &v.metric, &[who, &v.cell]);
        table.row([
            v.cell.clone(),
            v.metric.clone(),
            side(&a),
            side(b),
            percents(v),
            v.correlation.map_or("–".into(), |r| format!("{r:.2}")),
            v.verdict.name().to_owned(),
        ]);
    }
    table
}

fn how_sure(kept: &Kept) -> String {
    let (margin, alpha) = (100.0 * kept.margin, 100.0 * kept.alpha);
    let decides = match kept.by.as_str() {
        "" => String::new(),
        by => format!("{by} decides. "),
    };
    format!(
        "{decides}{} runs each, in worlds that all share; warm-up: {}. Less than {margin} % apart \
         does not matter; the chance that any verdict is wrong is below {alpha} % (Holm).",
        kept.replications, kept.warm_up
    )
}

fn repeat(body: &mut Html, kept: &Kept) {
    let mut worlds: Vec<String> = kept.scenarios.iter().map(ScenarioSummary::world).collect();
    worlds.dedup();
    let worlds = match worlds.as_slice() {
        [] => String::new(),
        [one] => format!(", {one}"),
        _ => {
            let each = kept
                .scenarios
                .iter()
                .map(|s| format!("{}: {}", s.name, s.world()));
            format!(", {}", each.collect::<Vec<_>>().join("; "))
        }
    };
    let facts = format!(
        "mpathsim {}{worlds}; replication r has world r of that seed. The same files and version \
         give the same figures on every machine, whatever the number of threads.",
        kept.mpathsim
    );
    body.element("p", &facts).element("pre", &kept.command);
    for file in &kept.files {
        body.source(&file.name, &file.text);
    }
}
