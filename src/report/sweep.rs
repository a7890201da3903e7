//! The section of a sweep.

use std::collections::BTreeMap;

use super::cards;
use super::markup::Html;
use super::points;
use super::told;
use super::topology::topology;
use crate::plot::result::{Cell, Found, SweepResult};
use crate::plot::{Choice, Kind, Metric, PlotError, Table};
use crate::run::summary::{ScenarioSummary, Summary};
use crate::sweep::{Manifest, quoted};

/// Adds it, as number `n` of the report, called `name`.
///
/// # Errors
/// A figure cannot be drawn.
pub fn section(
    body: &mut Html,
    n: usize,
    name: &str,
    found: &Found,
    sweep: &SweepResult,
) -> Result<(), PlotError> {
    // A table from elsewhere has none.
    let manifest = Manifest::read(&sweep.folder).ok().flatten();
    body.raw("<section class=\"result\">\n")
        .heading(2, &format!("r{n}"), name);
    if let Some(about) = manifest.as_ref().map(|m| m.about.as_str())
        && !about.is_empty()
    {
        body.element("p", about);
    }
    body.heading(3, &format!("r{n}-answer"), "The answer");
    cards::write(body, &points::cards(sweep));
    body.heading(3, &format!("r{n}-asked"), "What was asked");
    body.table("Axes", &axes(sweep));
    if let Some(manifest) = &manifest {
        counts(body, manifest);
        if let Some(scenario) = &manifest.scenario {
            body.heading(
                3,
                &format!("r{n}-setup"),
                "The set-up, before an axis changes it",
            );
            setup(
                body,
                &format!("r{n}-topology"),
                &manifest.mpathsim,
                scenario,
            )?;
        }
    }
    let kinds = Kind::of(found);
    figures(body, n, found, sweep, (&kinds, &Choice::default()))?;
    if let Some(manifest) = &manifest {
        body.heading(3, &format!("r{n}-repeat"), "To repeat it");
        repeat(body, manifest);
    }
    body.raw("</section>\n");
    Ok(())
}

/// The drawing of a scenario that has no run of its own.
///
/// # Errors
/// It cannot be drawn.
pub fn setup(
    body: &mut Html,
    id: &str,
    mpathsim: &str,
    scenario: &ScenarioSummary,
) -> Result<(), PlotError> {
    let summary = Summary {
        mpathsim: mpathsim.into(),
        scenario: scenario.clone(),
        ..Summary::default()
    };
    body.figure(id, &topology(&summary))?;
    Ok(())
}

/// The figures of `kinds`, and all values in one table.
///
/// # Errors
/// One cannot be drawn.
pub fn figures(
    body: &mut Html,
    n: usize,
    found: &Found,
    sweep: &SweepResult,
    (kinds, choice): (&[Kind], &Choice),
) -> Result<(), PlotError> {
    body.heading(3, &format!("r{n}-figures"), "Figures");
    for kind in kinds {
        let drawing = kind.draw(found, choice)?;
        body.figure(&format!("r{n}-{}", kind.name()), &drawing)?;
    }
    let table = all_figures(sweep);
    let caption = "Means, with their 95 % intervals";
    if kinds.is_empty() {
        body.table(caption, &table);
    } else {
        let mut inside = Html::default();
        inside.table(caption, &table);
        body.fold("All figures of all points", table.rows.len(), &inside);
    }
    Ok(())
}

fn axes(sweep: &SweepResult) -> Table {
    let mut table = Table::new(["axis", "values"]);
    for (n, axis) in sweep.axes.iter().enumerate() {
        let values = sweep.values(n);
        let words = match values {
            [first, .., last] if values.len() > 12 => {
                let (first, last) = (told::value(first), told::value(last));
                format!("{first} to {last}: {} values", values.len())
            }
            _ => {
                let all: Vec<String> = values.iter().map(|value| told::value(value)).collect();
                all.join(", ")
            }
        };
        table.row([axis.clone(), words]);
    }
    table
}

fn counts(body: &mut Html, manifest: &Manifest) {
    let each = match manifest.replications {
        Some(1) => "once each".into(),
        Some(n) => format!("{n} times each, in worlds of their own"),
        None => "until their figures were known well enough".into(),
    };
    let runs = manifest.runs.unwrap_or(0);
    body.element(
        "p",
        &format!(
            "{} points, run {each}: {runs} runs. Warm-up: {}.",
            manifest.points, manifest.warm_up
        ),
    );
    match manifest.failures {
        _ if !manifest.complete => {
            body.classed(
                "p",
                "warn",
                "The sweep was not finished: points are missing.",
            );
        }
        Some(failures) if failures > 0 => {
            let told = format!(
                "{failures} of {runs} runs failed and are in no figure; failures.jsonl says why."
            );
            body.classed("p", "warn", &told);
        }
        _ => {}
    }
}

/// All figures of all points, each with its interval.
fn all_figures(sweep: &SweepResult) -> Table {
    let names = sweep.metrics();
    let metrics = names
        .iter()
        .filter_map(|name| Metric::new(sweep, name).ok());
    let metrics: Vec<Metric> = metrics.collect();
    let heads = sweep.axes.iter().map(String::as_str);
    let heads: Vec<&str> = heads
        .chain(metrics.iter().map(|m| m.key.as_str()))
        .collect();
    let mut table = Table::new(heads);
    // In order of the table, each point once.
    let mut points: Vec<(&[String], Vec<&Cell>)> = Vec::new();
    let mut places: BTreeMap<&[String], usize> = BTreeMap::new();
    for cell in &sweep.cells {
        match places.get(&*cell.values) {
            Some(place) => points[*place].1.push(cell),
            None if points.len() < MOST => {
                places.insert(&cell.values, points.len());
                points.push((&cell.values, vec![cell]));
            }
            None => {}
        }
    }
    for (values, cells) in points {
        let figures = metrics.iter().map(|metric| {
            let found = cells.iter().find(|cell| cell.is(&metric.key));
            found.map_or("–".into(), |cell| metric.tell_cell(cell))
        });
        let values = values.iter().map(|value| told::value(value));
        table.row(values.chain(figures));
    }
    table
}

/// Points that the table shows; the tables of the folder have all.
const MOST: usize = 200;

fn repeat(body: &mut Html, manifest: &Manifest) {
    let file = manifest.files.first().map_or("", |file| &file.name);
    let mut command = format!("mpathsim sweep {}", quoted(file));
    for set in &manifest.set {
        command += &format!(" --set {}", quoted(set));
    }
    let scenario = manifest.scenario.as_ref();
    let seed = scenario.map_or("the seed of the scenario".into(), ScenarioSummary::world);
    let runs = match manifest.replications {
        Some(1) => "each point runs in world 0 of that seed".into(),
        Some(n) => format!("run r of a point, 0 to {}, has world r of that seed", n - 1),
        None => "run r of a point has world r of that seed".into(),
    };
    let facts = format!(
        "mpathsim {}, {seed}; {runs} (unless an axis sets another). The same files and version \
         give the same bytes on every machine, whatever the number of threads or shards.",
        manifest.mpathsim
    );
    body.element("p", &facts).element("pre", &command);
    for file in &manifest.files {
        body.source(&file.name, &file.text);
    }
}
