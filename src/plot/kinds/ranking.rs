//! The ranking of policies, or of whatever else an axis names.

use super::sweep::{Choice, axis, foot, less_is_better, short, slice, unit_of};
use super::sweep_maps::metric;
use crate::plot::PlotError;
use crate::plot::chart::{Key, Panel, TEXT, legend, page};
use crate::plot::drawing::{Dash, Drawing, Table, label, rect};
use crate::plot::font::{self, Weight};
use crate::plot::result::{SweepResult, quantity};
use crate::plot::scale::Scale;
use crate::plot::theme::Ink;
use crate::plot::units::Unit;

/// The values of an axis without sizes, the best first, with their intervals.
///
/// # Errors
/// The sweep has no such figure or axis.
pub fn ranking(sweep: &SweepResult, choice: &Choice) -> Result<Drawing, PlotError> {
    let metric = metric(sweep, choice)?;
    let mode = sweep.mode_axis();
    let named = |i: usize| {
        let values = sweep.values(i);
        Some(i) != mode && values.len() > 1 && values.iter().any(|v| quantity(v).is_none())
    };
    let by = axis(sweep, choice.x.as_deref(), named)?;
    let (name, unit, times) = unit_of(metric);
    let free: Vec<usize> = std::iter::once(by).chain(mode).collect();
    let (mut cells, fixed) = slice(sweep, metric, &free);
    let bound = bound(sweep, metric, &free).map(|value| value * times);
    let sign = if less_is_better(metric) { 1.0 } else { -1.0 };
    cells.sort_by(|a, b| (sign * a.mean).total_cmp(&(sign * b.mean)));
    let title = format!("{} by {name}: {}", short(&sweep.axes[by]), sweep.name);
    let subtitle = "The best first; the bar is the 95 % confidence interval of the mean";
    let height = 78.0 + 38.0 + 78.0 + 30.0 * cells.len() as f64;
    let (mut drawing, space) = page(960.0, height, &title, subtitle, &foot(sweep, &fixed));
    drawing.alt = format!("{} ranked by {name}", sweep.axes[by]);
    let modes = mode.map_or_else(Vec::new, |axis| sweep.values(axis));
    let keys = modes
        .iter()
        .map(|m| Key::square(Ink::of_mode(m), format!("{m} mode")));
    let told = bound.map(|value| format!("no policy can do better: {}", unit.tell(value)));
    let limit = told.map(|told| Key::line(Ink::Text, Dash::Dashed, told));
    let keys: Vec<Key> = keys.chain(limit).collect();
    let below = legend(&mut drawing, &keys, space.x, space.y, space.w);
    let highs = cells.iter().map(|cell| cell.high * times);
    let x = Scale::from_zero(unit, highs.chain(bound).fold(0.0, f64::max));
    let names = sweep.values(by);
    let widths = names.iter().map(|v| font::width(v, TEXT, Weight::Regular));
    let left = (1.12 * widths.fold(80.0, f64::max) + 16.0).min(260.0);
    let panel = Panel {
        area: rect(
            space.x + left,
            space.y + below + 10.0,
            space.w - left - 90.0,
            30.0 * cells.len() as f64,
        ),
        x,
        y: Scale::span(Unit::Count, 0.0, 1.0),
        edge: space.x,
    };
    drawing.table = Table::new([short(&sweep.axes[by]), "mode", "mean", "from", "to"]);
    for (n, cell) in cells.iter().enumerate() {
        let y = panel.area.y + 30.0 * n as f64;
        let mode_of = mode.map_or("", |axis| cell.values[axis].as_str());
        let ink = if mode_of.is_empty() {
            Ink::Path(0)
        } else {
            Ink::of_mode(mode_of)
        };
        let at = |v: f64| panel.x_at(v * times);
        drawing.bar(rect(panel.area.x, y + 3.0, panel.area.w, 24.0), Ink::Lane);
        drawing.bar(
            rect(panel.area.x, y + 9.0, at(cell.mean) - panel.area.x, 12.0),
            ink.alpha(0.45),
        );
        drawing.line(
            [(at(cell.low), y + 15.0), (at(cell.high), y + 15.0)],
            ink,
            3.0,
            Dash::Solid,
        );
        drawing.dot((at(cell.mean), y + 15.0), 4.5, ink, true);
        let who = cell.values[by].as_str();
        drawing.text(
            label(panel.area.x - 10.0, y + 15.0, who, TEXT)
                .right()
                .fit(left - 14.0),
        );
        let told = unit.tell(cell.mean * times);
        drawing.text(label(
            panel.area.right() + 10.0,
            y + 15.0,
            told.as_str(),
            TEXT,
        ));
        let (low, high) = (unit.tell(cell.low * times), unit.tell(cell.high * times));
        drawing.spot(
            rect(panel.area.x, y, panel.area.w, 30.0),
            format!("{who} {mode_of}: {told}, {low} to {high}"),
        );
        drawing
            .table
            .row([who.to_owned(), mode_of.to_owned(), told, low, high]);
    }
    if let Some(value) = bound {
        let (x, area) = (panel.x_at(value), panel.area);
        drawing.line(
            [(x, area.y), (x, area.bottom())],
            Ink::Text,
            2.0,
            Dash::Dashed,
        );
    }
    panel.draw_x(&mut drawing, &name);
    Ok(drawing)
}

/// What no policy can do better than, if the sweep has kept how near each is.
fn bound(sweep: &SweepResult, metric: &str, free: &[usize]) -> Option<f64> {
    let ratio = match metric {
        "iops" => "iops_bound_ratio",
        "lat_mean_us" => "lat_bound_ratio",
        _ => return None,
    };
    let (cells, _) = slice(sweep, metric, free);
    let (ratios, _) = slice(sweep, ratio, free);
    let bounds = cells.iter().filter_map(|cell| {
        let ratio = ratios.iter().find(|ratio| ratio.values == cell.values)?;
        Some(cell.mean / ratio.mean)
    });
    match less_is_better(metric) {
        true => bounds.reduce(f64::min),
        false => bounds.reduce(f64::max),
    }
}
