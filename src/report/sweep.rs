//! The section of a sweep.

use super::markup::Html;
use crate::plot::result::{Found, SweepResult};
use crate::plot::{Choice, Kind, PlotError, Table};
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
    body.raw("<section>\n").heading(2, &format!("r{n}"), name);
    if let Some(about) = manifest.as_ref().map(|m| m.about.as_str())
        && !about.is_empty()
    {
        body.element("p", about);
    }
    body.heading(3, &format!("r{n}-setup"), "What was asked");
    body.table("Axes", &axes(sweep));
    if let Some(manifest) = &manifest {
        counts(body, manifest);
    }
    body.heading(3, &format!("r{n}-figures"), "Figures");
    let kinds = Kind::of(found);
    for kind in &kinds {
        let drawing = kind.draw(found, &Choice::default())?;
        body.figure(&format!("r{n}-{}", kind.name()), &drawing)?;
    }
    if kinds.is_empty() {
        body.element("p", "There is one point only: its figures are this table.");
        body.table("Means, with their 95 % intervals", &figures(sweep));
    } else {
        body.raw("<details class=\"long\"><summary>All figures</summary>\n");
        body.table("Means, with their 95 % intervals", &figures(sweep));
        body.raw("</details>\n");
    }
    if let Some(manifest) = &manifest {
        body.heading(3, &format!("r{n}-repeat"), "To repeat it");
        repeat(body, manifest);
    }
    body.raw("</section>\n");
    Ok(())
}

fn axes(sweep: &SweepResult) -> Table {
    let mut table = Table::new(["axis", "values"]);
    for (n, axis) in sweep.axes.iter().enumerate() {
        let values = sweep.values(n);
        let told = match values.as_slice() {
            [first, .., last] if values.len() > 12 => {
                format!("{first} to {last}: {} values", values.len())
            }
            values => values.join(", "),
        };
        table.row([axis.clone(), told]);
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
            body.element(
                "p class=\"warn\"",
                "The sweep was not finished: points are missing.",
            );
        }
        Some(failures) if failures > 0 => {
            let told = format!(
                "{failures} of {runs} runs failed and are in no figure; failures.jsonl says why."
            );
            body.element("p class=\"warn\"", &told);
        }
        _ => {}
    }
}

/// All figures of all points.
fn figures(sweep: &SweepResult) -> Table {
    let metrics = sweep.metrics();
    let heads = sweep.axes.iter().map(String::as_str);
    let heads: Vec<&str> = heads.chain(metrics.iter().copied()).collect();
    let mut table = Table::new(heads);
    let mut points: Vec<&[String]> = Vec::new();
    for cell in &sweep.cells {
        if points.last() != Some(&cell.values.as_slice()) {
            points.push(&cell.values);
        }
    }
    let told = |values: &[String], metric: &str| {
        let mut cells = sweep.cells.iter();
        let found = cells.find(|cell| cell.values == values && cell.metric == metric);
        found.map_or("–".into(), |cell| {
            let mean = crate::plot::units::figures(cell.mean);
            let half = (cell.high - cell.low) / 2.0;
            match half > 0.0 && half.is_finite() {
                true => format!("{mean} ± {}", crate::plot::units::figures(half)),
                false => mean,
            }
        })
    };
    for values in points.into_iter().take(MOST) {
        let figures = metrics.iter().map(|metric| told(values, metric));
        table.row(values.iter().cloned().chain(figures));
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
    let facts = format!(
        "mpathsim {}. The same files and version give the same bytes on every machine, whatever \
         the number of threads or shards; seeds are in points.csv.",
        manifest.mpathsim
    );
    body.element("p", &facts).element("pre", &command);
    for file in &manifest.files {
        body.raw("<details><summary>").text(&file.name);
        body.raw("</summary>\n");
        body.element("pre", &file.text).raw("</details>\n");
    }
}
