//! The ranking of policies, or of whatever else an axis names.

use super::sweep_axis::{Axis, short};
use super::sweep_slice::{
    Choice, Metric, Slice, about, axis, capital, foot, interval, modes, restricted,
};
use crate::plot::PlotError;
use crate::plot::chart::{EDGE, Key, Panel, TEXT, legend, legend_height, page};
use crate::plot::drawing::{Dash, Drawing, Table, label, rect};
use crate::plot::font::{self, Weight};
use crate::plot::result::{Cell, SweepResult, quantity};
use crate::plot::scale::Scale;
use crate::plot::theme::Ink;
use crate::plot::units::Unit;
use crate::sweep::Better;

const WIDTH: f64 = 960.0;
/// Height of a row.
const ROW: f64 = 30.0;

/// The values of an axis without sizes, the best first, with their intervals.
///
/// # Errors
/// The sweep has no such figure or axis.
pub fn ranking(whole: &SweepResult, choice: &Choice) -> Result<Drawing, PlotError> {
    let sweep = restricted(whole, choice)?;
    let metric = Metric::chosen(&sweep, choice)?;
    let named = |i: usize| {
        let values = sweep.values(i);
        let is_named = values.iter().any(|v| quantity(v).is_none());
        Some(i) != sweep.mode_axis() && values.len() > 1 && is_named
    };
    let by = Axis::new(&sweep, axis(&sweep, choice.x.as_deref(), named)?);
    let mode = modes(&sweep).filter(|mode| *mode != by.column);
    let free: Vec<usize> = std::iter::once(by.column).chain(mode).collect();
    let slice = Slice::new(&sweep, &metric.key, &free, &[by.column]);
    let mut cells = slice.cells(&sweep, &metric.key);
    let sign = if metric.better == Better::Less {
        1.0
    } else {
        -1.0
    };
    cells.sort_by(|a, b| (sign * a.mean).total_cmp(&(sign * b.mean)));
    let bound = bound(&sweep, &slice, &metric);
    let fixed = slice.words(whole);
    let what = if by.words == "policy" {
        "policies"
    } else {
        &by.words
    };
    let title = format!("{} ranked by {}", capital(what), metric.subject);
    let first = match metric.better {
        Better::Neither => "the largest first",
        _ => "the best first",
    };
    let mut keys = keys(&sweep, mode);
    keys.extend(interval(&cells).map(|text| Key::line(Ink::Muted, Dash::Solid, text)));
    let told = bound.map(|bound| bound_words(&sweep, &cells, &metric, bound));
    keys.extend(told.map(|told| Key::line(Ink::Text, Dash::Dashed, told)));
    let head = legend_height(&keys, WIDTH - 2.0 * EDGE) + 10.0;
    let height = 78.0 + head + ROW * cells.len() as f64 + 44.0 + 38.0;
    let note = foot(whole, &fixed);
    let (mut drawing, space) = page(WIDTH, height, &title, about(whole, first), &note);
    drawing.alt = format!("{title}, {first}");
    legend(&mut drawing, &keys, space.x, space.y, space.w);
    let highs = cells.iter().map(|cell| cell.high).chain(bound);
    let x = Scale::from_zero(metric.unit, metric.times * highs.fold(0.0, f64::max));
    let widths = by
        .told
        .iter()
        .map(|v| font::width(v, TEXT, Weight::Regular));
    let left = (1.12 * widths.fold(80.0, f64::max) + 48.0).min(340.0);
    let high = ROW * cells.len() as f64;
    let panel = Panel {
        area: rect(space.x + left, space.y + head, space.w - left - 90.0, high),
        x,
        y: Scale::span(Unit::Count, 0.0, 1.0),
        edge: space.x,
    };
    drawing.table = Table::new(["place", &by.words, "mode", "mean", "from", "to"]);
    let places = places(&cells);
    let all = whole.values(axis(whole, Some(&sweep.axes[by.column]), |_| true)?);
    for (n, (cell, place)) in cells.iter().zip(places).enumerate() {
        let mode_of = mode.map_or("", |axis| cell.values[axis].as_str());
        let own = all
            .iter()
            .position(|value| *value == cell.values[by.column]);
        let ink = match mode {
            Some(_) => Ink::of_mode(mode_of),
            None => Ink::Policy(own.unwrap_or(0) as u8),
        };
        let y = panel.area.y + ROW * n as f64;
        row(&mut drawing, &panel, y, (cell, ink), &metric);
        let who = by.tell(&cell.values[by.column]);
        let number = label(panel.edge, y + ROW / 2.0, place.to_string(), TEXT);
        drawing.text(number.bold());
        let name = label(panel.area.x - 10.0, y + ROW / 2.0, who, TEXT).right();
        drawing.text(name.fit_middle(left - 44.0));
        let told = [cell.mean, cell.low, cell.high].map(|v| metric.tell(v));
        let [mean, low, high] = &told;
        let text = format!("{place}. {who} {mode_of}: {mean}, {low} to {high}");
        drawing.spot(rect(panel.area.x, y, panel.area.w, ROW), text);
        let place = place.to_string();
        let names = [place.as_str(), who, mode_of].map(str::to_owned);
        drawing.table.row(names.into_iter().chain(told));
    }
    if let Some(value) = bound {
        let (x, area) = (panel.x_at(value * metric.times), panel.area);
        let ends = [(x, area.y), (x, area.bottom())];
        drawing.line(ends, Ink::Text, 2.0, Dash::Dashed);
    }
    panel.draw_x(&mut drawing, &metric.name);
    Ok(drawing)
}

fn keys(sweep: &SweepResult, mode: Option<usize>) -> Vec<Key> {
    let modes = mode.map_or_else(Vec::new, |axis| sweep.values(axis));
    let key = |m: &String| Key::square(Ink::of_mode(m), format!("{m} mode"));
    modes.iter().map(key).collect()
}

/// A mean, its interval and its value.
fn row(drawing: &mut Drawing, panel: &Panel, y: f64, (cell, ink): (&Cell, Ink), metric: &Metric) {
    let (area, middle) = (panel.area, y + ROW / 2.0);
    let at = |v: f64| panel.x_at(v * metric.times);
    drawing.bar(rect(area.x, y + 3.0, area.w, ROW - 6.0), Ink::Lane);
    let bar = rect(area.x, y + 9.0, at(cell.mean) - area.x, 12.0);
    drawing.bar(bar, ink.alpha(0.45));
    let ends = [(at(cell.low), middle), (at(cell.high), middle)];
    drawing.line(ends, ink, 3.0, Dash::Solid);
    drawing.dot((at(cell.mean), middle), 4.5, ink, true);
    let told = metric.tell(cell.mean);
    drawing.text(label(area.right() + 10.0, middle, told, TEXT));
}

/// The place of each of `cells`, which are in order: equal means have one.
fn places(cells: &[&Cell]) -> Vec<usize> {
    let mut places = Vec::with_capacity(cells.len());
    for (n, cell) in cells.iter().enumerate() {
        let before = n.checked_sub(1).map(|n| (cells[n].mean, places[n]));
        let place = match before {
            Some((mean, place)) if (mean - cell.mean).abs() <= 1e-9 * mean.abs() => place,
            _ => n + 1,
        };
        places.push(place);
    }
    places
}

/// What no policy can do better than, if the sweep has kept how near each is.
fn bound(sweep: &SweepResult, slice: &Slice, metric: &Metric) -> Option<f64> {
    let ratio = match metric.key.as_str() {
        "iops" => "iops_bound_ratio",
        "lat_mean_us" => "lat_bound_ratio",
        "score_ratio" => "bound_ratio",
        _ => return None,
    };
    let ratios = slice.cells(sweep, ratio);
    let cells = slice.cells(sweep, &metric.key);
    let bounds = cells.iter().filter_map(|cell| {
        let ratio = ratios.iter().find(|ratio| ratio.values == cell.values)?;
        (ratio.mean > 0.0).then(|| cell.mean / ratio.mean)
    });
    match metric.better {
        Better::Less => bounds.reduce(f64::min),
        _ => bounds.reduce(f64::max),
    }
}

/// What that is. Where less is offered than the devices could do, it is no policy
/// that keeps from it.
fn bound_words(sweep: &SweepResult, cells: &[&Cell], metric: &Metric, bound: f64) -> String {
    let told = metric.tell(bound);
    if metric.key != "iops" {
        return format!("no policy can do better: {told}");
    }
    let rate = sweep
        .axes
        .iter()
        .position(|axis| short(axis) == "rate_iops");
    let offered = rate.and_then(|rate| quantity(&cells.first()?.values[rate]));
    match offered.filter(|offered| *offered < bound) {
        Some(offered) => {
            let offered = metric.tell(offered);
            format!("the devices could do {told}; offered are {offered}")
        }
        None => format!("the devices can do no more: {told}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_means_share_a_place() {
        let cell = |mean: f64| Cell {
            values: Vec::new(),
            metric: String::new(),
            mean,
            low: mean,
            high: mean,
            runs: 1,
            method: String::new(),
        };
        let all = [9.0, 9.0, 7.0, 5.0, 5.0].map(cell);
        let all: Vec<&Cell> = all.iter().collect();
        assert_eq!(places(&all), [1, 1, 3, 4, 4]);
    }
}
