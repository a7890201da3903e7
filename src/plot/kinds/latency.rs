//! Which part of the I/Os is done after which time.

use super::run_parts::{foot, latency_keys, mode_name, modes};
use crate::plot::chart::{Panel, page};
use crate::plot::drawing::{Dash, Drawing, Table, rect};
use crate::plot::legend::legend;
use crate::plot::result::RunResult;
use crate::plot::scale::Scale;
use crate::plot::theme::Ink;
use crate::plot::units::Unit;
use crate::run::summary::RunSummary;

/// Latency and the share of I/Os that have at most that, in steps.
pub type Steps = Vec<(f64, f64)>;

/// The latencies of a run.
pub fn steps(result: &RunResult, mode: &str) -> Steps {
    let rows = || result.latency.iter().filter(|row| row.mode == mode);
    let all: u64 = rows().map(|row| row.ios).sum();
    let mut seen = 0;
    rows()
        .map(|row| {
            seen += row.ios;
            (
                row.at_most_ns.max(1) as f64,
                seen as f64 / all.max(1) as f64,
            )
        })
        .collect()
}

/// Draws it.
pub fn latency(result: &RunResult) -> Drawing {
    let title = format!("Latency: {}", result.summary.scenario.name);
    let subtitle = "Share of the application's I/Os that are done after a time, from submission on";
    let (mut drawing, space) = page(960.0, 540.0, &title, subtitle, &foot(result));
    drawing.alt = "Cumulative distribution of the application's latency in each mode".into();
    let runs = modes(result);
    let keys = latency_keys(&runs);
    let below = legend(&mut drawing, &keys, space.x, space.y, space.w);
    let curves: Vec<Steps> = runs.iter().map(|run| steps(result, &run.mode)).collect();
    let x = Scale::log_about(Unit::Time, curves.iter().flat_map(bulk));
    let y = Scale::span(Unit::Share, 0.0, 1.0);
    let top = rect(space.x, space.y + below, space.w, space.h - below);
    let panel = Panel::in_space(top, x, y, true);
    panel.draw_y(&mut drawing, "I/Os done");
    panel.draw_x(&mut drawing, "latency");
    drawing.table = Table::new(["mode", "mean", "50 %", "90 %", "99 %", "99.9 %", "largest"]);
    for (run, curve) in runs.iter().zip(&curves) {
        draw(&mut drawing, &panel, run, curve);
        let l = &run.application.latency;
        let told = [l.mean_ns, l.p50_ns as f64, l.p90_ns as f64, l.p99_ns as f64];
        let rest = [l.p999_ns as f64, l.max_ns as f64];
        let all = told.into_iter().chain(rest);
        let cells = all.map(|ns| match l.count {
            0 => "–".into(),
            _ => Unit::Time.tell(ns),
        });
        drawing
            .table
            .row(std::iter::once(mode_name(run)).chain(cells));
    }
    drawing
}

/// Latencies from 0.1 % to 99.9 %: a few outliers would press all else together.
fn bulk(curve: &Steps) -> impl Iterator<Item = f64> + '_ {
    let place = |share: f64| curve.iter().position(|p| p.1 >= share);
    let until = place(0.999).unwrap_or(curve.len().saturating_sub(1));
    let from = place(0.001).unwrap_or(0).min(until);
    curve.iter().take(until + 1).skip(from).map(|p| p.0)
}

/// The line of a run, and three places on it that tell their value.
fn draw(drawing: &mut Drawing, panel: &Panel, run: &RunSummary, curve: &Steps) {
    if curve.is_empty() {
        return;
    }
    let x = panel.x;
    let before = curve.iter().take_while(|p| p.0 < x.low).last();
    let mut points = vec![(x.low, before.map_or(0.0, |p| p.1))];
    for (at, share) in curve.iter().filter(|p| p.0 >= x.low && p.0 <= x.high) {
        let before = points.last().map_or(0.0, |p| p.1);
        points.push((*at, before));
        points.push((*at, *share));
    }
    points.push((x.high, points.last().map_or(0.0, |p| p.1)));
    let ink = Ink::of_mode(&run.mode);
    panel.curve(drawing, points, ink, 2.5, Dash::of_mode(&run.mode));
    let l = &run.application.latency;
    for (share, ns) in [(0.5, l.p50_ns), (0.9, l.p90_ns), (0.99, l.p99_ns)] {
        let at = panel.at(ns as f64, share);
        drawing.dot(at, 4.0, ink, true);
        let (name, told) = (Unit::Share.tell(share), Unit::Time.tell(ns as f64));
        let text = format!("{}: {name} of the I/Os take at most {told}", mode_name(run));
        drawing.spot(rect(at.0 - 12.0, at.1 - 12.0, 24.0, 24.0), text);
    }
}
