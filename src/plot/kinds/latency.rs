//! Which part of the I/Os is done after which time.

use super::run_parts::{foot, mode_name, modes};
use crate::plot::chart::{Key, Panel, legend, page};
use crate::plot::drawing::{Dash, Drawing, Table, rect};
use crate::plot::result::RunResult;
use crate::plot::scale::Scale;
use crate::plot::theme::Ink;
use crate::plot::units::Unit;

/// Latency and the share of I/Os that have at most that, in steps.
pub fn steps(result: &RunResult, mode: &str) -> Vec<(f64, f64)> {
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
    let keys: Vec<Key> = runs
        .iter()
        .map(|run| {
            Key::line(
                Ink::of_mode(&run.mode),
                Dash::of_mode(&run.mode),
                mode_name(run),
            )
        })
        .collect();
    let below = legend(&mut drawing, &keys, space.x, space.y, space.w);
    let curves: Vec<_> = runs.iter().map(|run| steps(result, &run.mode)).collect();
    // From 0.1 % to 99.9 %: a few outliers would press all else together.
    let bulk = curves.iter().flat_map(|c| {
        let until = c
            .iter()
            .position(|p| p.1 >= 0.999)
            .unwrap_or(c.len().saturating_sub(1));
        let from = c.iter().position(|p| p.1 >= 0.001).unwrap_or(0);
        c[from.min(until)..]
            .iter()
            .take(until + 1 - from.min(until))
            .map(|p| p.0)
    });
    let x = Scale::log(Unit::Time, bulk);
    let y = Scale::span(Unit::Share, 0.0, 1.0);
    let top = rect(space.x, space.y + below, space.w, space.h - below);
    let panel = Panel::in_space(top, x, y, true);
    panel.draw_y(&mut drawing, "I/Os done");
    panel.draw_x(&mut drawing, "latency");
    drawing.table = Table::new(["mode", "mean", "50 %", "90 %", "99 %", "99.9 %", "largest"]);
    for (run, curve) in runs.iter().zip(&curves) {
        let mut points = vec![(
            x.low,
            curve
                .iter()
                .take_while(|p| p.0 < x.low)
                .last()
                .map_or(0.0, |p| p.1),
        )];
        for (at, share) in curve.iter().filter(|p| p.0 >= x.low && p.0 <= x.high) {
            let before = points.last().map_or(0.0, |p| p.1);
            points.push((*at, before));
            points.push((*at, *share));
        }
        points.push((x.high, points.last().map_or(0.0, |p| p.1)));
        let ink = Ink::of_mode(&run.mode);
        panel.curve(&mut drawing, points, ink, 2.5, Dash::of_mode(&run.mode));
        let l = &run.application.latency;
        for (name, ns) in [("50 %", l.p50_ns), ("90 %", l.p90_ns), ("99 %", l.p99_ns)] {
            let share = name.trim_end_matches(" %").parse().unwrap_or(0.0) / 100.0;
            let at = panel.at(ns as f64, share);
            drawing.dot(at, 4.0, ink, true);
            let told = Unit::Time.tell(ns as f64);
            let text = format!("{}: {name} of the I/Os take at most {told}", mode_name(run));
            drawing.spot(rect(at.0 - 12.0, at.1 - 12.0, 24.0, 24.0), text);
        }
        let told = [l.mean_ns, l.p50_ns as f64, l.p90_ns as f64, l.p99_ns as f64];
        let rest = [l.p999_ns as f64, l.max_ns as f64];
        let cells = told.into_iter().chain(rest).map(|ns| Unit::Time.tell(ns));
        drawing
            .table
            .row(std::iter::once(mode_name(run)).chain(cells));
    }
    drawing
}
