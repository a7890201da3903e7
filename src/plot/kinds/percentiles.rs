//! The percentile ladder, as HdrHistogram draws it: every nine has its room.

use super::latency::{Steps, steps};
use super::run_parts::{foot, latency_keys, mode_name, modes};
use crate::plot::chart::{Panel, page};
use crate::plot::drawing::{Dash, Drawing, Table, rect};
use crate::plot::legend::legend;
use crate::plot::result::RunResult;
use crate::plot::scale::Scale;
use crate::plot::theme::Ink;
use crate::plot::units::Unit;
use crate::run::summary::RunSummary;

/// A share, and how it is written.
type Rung = (f64, &'static str);

const RUNGS: [Rung; 6] = [
    (0.5, "50 %"),
    (0.9, "90 %"),
    (0.99, "99 %"),
    (0.999, "99.9 %"),
    (0.9999, "99.99 %"),
    (0.99999, "99.999 %"),
];

/// Draws it.
pub fn percentiles(result: &RunResult) -> Drawing {
    let title = format!(
        "Latency, percentile by percentile: {}",
        result.summary.scenario.name
    );
    let subtitle = "What the slowest 10 %, 1 %, 0.1 % … of the application's I/Os take at least";
    let (mut drawing, space) = page(960.0, 540.0, &title, subtitle, &foot(result));
    drawing.alt = "Latency of the application by percentile in each mode".into();
    let runs = modes(result);
    let keys = latency_keys(&runs);
    let below = legend(&mut drawing, &keys, space.x, space.y, space.w);
    let curves: Vec<Steps> = runs.iter().map(|run| steps(result, &run.mode)).collect();
    let most = runs.iter().map(|run| run.application.latency.count).max();
    // One I/O of so many has the last percentile.
    let nines = (libm::log10(most.unwrap_or(1).max(1) as f64).ceil() as u32).clamp(2, 6);
    let x = Scale::tail(nines);
    let y = Scale::log(Unit::Time, curves.iter().flatten().map(|p| p.0));
    let top = rect(space.x, space.y + below, space.w, space.h - below);
    let panel = Panel::in_space(top, x, y, true);
    panel.draw_y(&mut drawing, "latency");
    panel.draw_x(&mut drawing, "share of the I/Os that take at most that");
    let rungs: Vec<Rung> = RUNGS.into_iter().filter(|r| r.0 <= x.high + 1e-9).collect();
    let head = rungs.iter().map(|r| r.1);
    drawing.table = Table::new(std::iter::once("mode").chain(head));
    for (run, curve) in runs.iter().zip(&curves) {
        draw(&mut drawing, &panel, (run, curve), &rungs);
    }
    drawing
}

/// The line of a run, and its rungs.
fn draw(drawing: &mut Drawing, panel: &Panel, (run, curve): (&RunSummary, &Steps), rungs: &[Rung]) {
    let ink = Ink::of_mode(&run.mode);
    let mut points = Vec::new();
    let mut share = 0.0;
    for (ns, until) in curve {
        points.push((share, *ns));
        share = *until;
        points.push((share.min(panel.x.high), *ns));
    }
    panel.curve(drawing, points, ink, 2.5, Dash::of_mode(&run.mode));
    let mut cells = vec![mode_name(run)];
    for (share, name) in rungs {
        let found = curve.iter().find(|p| p.1 >= *share - 1e-12);
        let Some((ns, _)) = found else { continue };
        let at = panel.at(*share, *ns);
        drawing.dot(at, 3.5, ink, true);
        let told = Unit::Time.tell(*ns);
        let text = format!("{}: {name} of the I/Os take at most {told}", mode_name(run));
        drawing.spot(rect(at.0 - 12.0, at.1 - 12.0, 24.0, 24.0), text);
        cells.push(told);
    }
    drawing.table.row(cells);
}
