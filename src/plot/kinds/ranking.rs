//! The ranking of policies, or of whatever else an axis names.

use super::sweep_axis::{Axis, short};
use super::sweep_metric::Metric;
use super::sweep_slice::{
    Choice, Slice, about, axis, capital, foot, interval, modes, restricted, titled,
};
use crate::plot::PlotError;
use crate::plot::chart::{EDGE, Panel, TEXT, page};
use crate::plot::drawing::{Dash, Drawing, Hatch, Table, label, rect};
use crate::plot::font::{self, Weight};
use crate::plot::legend::{Key, legend, legend_height};
use crate::plot::policy_color::Look;
use crate::plot::result::{Cell, SweepResult, quantity};
use crate::plot::scale::Scale;
use crate::plot::theme::Ink;
use crate::plot::units::Unit;
use crate::sweep::Better;

const WIDTH: f64 = 960.0;
/// Height of a row.
const ROW: f64 = 30.0;
/// Room for a place: `12–15`.
const PLACE: f64 = 56.0;

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
    let list = List {
        bound: bound(&sweep, &slice, &metric),
        places: places(&sweep, &metric, by.column, &cells),
        fixed: slice.words(whole),
        all: whole
            .values(axis(whole, Some(&sweep.axes[by.column]), |_| true)?)
            .to_vec(),
        sweep: &sweep,
        metric,
        by,
        mode,
        cells,
    };
    Ok(list.draw(whole))
}

/// All that is ranked.
struct List<'s> {
    sweep: &'s SweepResult,
    metric: Metric,
    by: Axis,
    mode: Option<usize>,
    /// The best first.
    cells: Vec<&'s Cell>,
    places: Vec<Place>,
    bound: Option<f64>,
    fixed: String,
    /// The values of the axis that the whole sweep has.
    all: Vec<String>,
}

impl List<'_> {
    fn draw(&self, whole: &SweepResult) -> Drawing {
        let what = match self.by.words.as_str() {
            "policy" => "policies",
            words => words,
        };
        let title = format!("{} ranked by {}", capital(what), self.metric.subject);
        let title = titled(whole, title);
        let first = match self.metric.better {
            Better::Neither => "the largest first",
            _ => "the best first",
        };
        let keys = self.keys();
        let head = legend_height(&keys, WIDTH - 2.0 * EDGE) + 10.0;
        let high = ROW * self.cells.len() as f64;
        let height = 78.0 + head + high + 44.0 + 38.0;
        let note = foot(whole, &self.fixed);
        let (mut drawing, space) = page(WIDTH, height, &title, about(whole, first), &note);
        drawing.alt = format!("{title}, {first}");
        legend(&mut drawing, &keys, space.x, space.y, space.w);
        let left = self.left();
        let panel = Panel {
            area: rect(space.x + left, space.y + head, space.w - left - 90.0, high),
            x: self.scale(),
            y: Scale::span(Unit::Count, 0.0, 1.0),
            edge: space.x,
        };
        drawing.table = Table::new(["place", &self.by.words, "mode", "mean", "from", "to"]);
        for n in 0..self.cells.len() {
            self.row(&mut drawing, &panel, n);
        }
        if let Some(value) = self.bound {
            let (x, area) = (panel.x_at(value * self.metric.times), panel.area);
            let ends = [(x, area.y), (x, area.bottom())];
            drawing.line(ends, Ink::Text, 2.0, Dash::Dashed);
        }
        panel.draw_x(&mut drawing, &self.metric.name);
        drawing
    }

    fn keys(&self) -> Vec<Key> {
        let modes = self.mode.map_or(&[][..], |axis| self.sweep.values(axis));
        let modes = modes
            .iter()
            .map(|m| Key::square(Ink::of_mode(m), format!("{m} mode")));
        let text = interval(&self.cells);
        let interval = text.map(|text| Key::line(Ink::Text, Dash::Solid, text));
        let told = self
            .bound
            .map(|bound| bound_words(self.sweep, &self.cells, &self.metric, bound));
        let bound = told.map(|told| Key::line(Ink::Text, Dash::Dashed, told));
        let shared = self.places.iter().any(|place| place.0 < place.1);
        let shared = shared.then(|| Key::note("1–3: not told apart by these runs"));
        modes.chain(interval).chain(bound).chain(shared).collect()
    }

    /// Room for places and names.
    fn left(&self) -> f64 {
        let widths = self
            .by
            .told
            .iter()
            .map(|v| font::width(v, TEXT, Weight::Regular));
        (1.12 * widths.fold(80.0, f64::max) + PLACE + 16.0).min(340.0)
    }
    /// Bars begin with 0; behind the longest is nothing.
    fn scale(&self) -> Scale {
        let highs = self.cells.iter().map(|cell| cell.high).chain(self.bound);
        let most = self.metric.times * highs.fold(0.0, f64::max);
        match most > 0.0 {
            true => Scale::span(self.metric.unit, 0.0, 1.02 * most),
            false => Scale::from_zero(self.metric.unit, most),
        }
    }
    /// How number `n` looks: its mode, or its own name.
    fn look(&self, n: usize) -> (Ink, Hatch) {
        let cell = self.cells[n];
        if let Some(mode) = self.mode {
            return (Ink::of_mode(&cell.values[mode]), Hatch::Plain);
        }
        let value = &cell.values[self.by.column];
        let look = match self.by.words == "policy" {
            true => Look::of_policy(value),
            false => Look::numbered(self.all.iter().position(|v| v == value).unwrap_or(0)),
        };
        (look.ink, look.hatch)
    }

    /// Place, name, mean, interval and value of number `n`.
    fn row(&self, drawing: &mut Drawing, panel: &Panel, n: usize) {
        let (cell, place) = (self.cells[n], self.places[n].told());
        let y = panel.area.y + ROW * n as f64;
        draw_bar(drawing, panel, y, (cell, self.look(n)), &self.metric);
        let mode = self.mode.map_or("", |axis| cell.values[axis].as_str());
        let who = self.by.tell(&cell.values[self.by.column]);
        let number = label(panel.edge, y + ROW / 2.0, place.as_str(), TEXT);
        drawing.text(number.bold());
        let name = label(panel.area.x - 10.0, y + ROW / 2.0, who, TEXT).right();
        drawing.text(name.fit_middle(panel.area.x - 10.0 - panel.edge - PLACE));
        let told = [cell.mean, cell.low, cell.high].map(|v| self.metric.tell(v));
        let [mean, low, high] = &told;
        let text = format!("place {place}: {who} {mode}: {mean}, {low} to {high}");
        drawing.spot(rect(panel.area.x, y, panel.area.w, ROW), text);
        let names = [place.as_str(), who, mode].map(str::to_owned);
        drawing.table.row(names.into_iter().chain(told));
    }
}

/// The mean as a bar, the interval above it with its ends, and the value.
fn draw_bar(
    drawing: &mut Drawing,
    panel: &Panel,
    y: f64,
    (cell, (ink, hatch)): (&Cell, (Ink, Hatch)),
    metric: &Metric,
) {
    let (area, middle) = (panel.area, y + ROW / 2.0);
    let at = |v: f64| panel.x_at(v * metric.times);
    drawing.bar(rect(area.x, y + 3.0, area.w, ROW - 6.0), Ink::Lane);
    let bar = rect(area.x, y + 7.0, at(cell.mean) - area.x, ROW - 14.0);
    drawing.hatched(bar, ink.alpha(0.75), hatch);
    let (low, high) = (at(cell.low), at(cell.high));
    if cell.high > cell.low {
        drawing.line([(low, middle), (high, middle)], Ink::Text, 1.6, Dash::Solid);
        for end in [low, high] {
            let upright = [(end, middle - 6.0), (end, middle + 6.0)];
            drawing.line(upright, Ink::Text, 1.6, Dash::Solid);
        }
    }
    let told = metric.tell(cell.mean);
    drawing.text(label(area.right() + 10.0, middle, told, TEXT));
}

/// The first and the last place that one may have.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
struct Place(usize, usize);

impl Place {
    fn told(self) -> String {
        match self.0 == self.1 {
            true => self.0.to_string(),
            false => format!("{}–{}", self.0, self.1),
        }
    }
}

/// The place of each of `cells`, which are in order. A tournament has told them; else
/// those are not told apart whose means are equal or whose intervals overlap.
fn places(sweep: &SweepResult, metric: &Metric, by: usize, cells: &[&Cell]) -> Vec<Place> {
    let known = &sweep.origin.places;
    if metric.key == "score_ratio" && !known.is_empty() {
        let place = |(n, cell): (usize, &&Cell)| {
            let own = known.iter().find(|place| place.policy == cell.values[by]);
            own.map_or(Place(n + 1, n + 1), |own| Place(own.first, own.last))
        };
        return cells.iter().enumerate().map(place).collect();
    }
    let same = |a: &Cell, b: &Cell| {
        let near = (a.mean - b.mean).abs() <= 1e-9 * a.mean.abs();
        near || (a.low <= b.high && b.low <= a.high)
    };
    let place = |(n, cell): (usize, &&Cell)| {
        let before = cells[..n].iter().filter(|other| !same(other, cell));
        let behind = cells[n + 1..].iter().filter(|other| !same(other, cell));
        Place(before.count() + 1, cells.len() - behind.count())
    };
    cells.iter().enumerate().map(place).collect()
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

/// What that is. Where less is offered than the devices could do, that is it.
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
    match offered.filter(|offered| bound <= 1.05 * offered) {
        Some(_) => format!("no more is offered: {told}"),
        None => format!("the devices can do no more: {told}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plot::result::Places;

    fn cell(policy: &str, mean: f64, half: f64) -> Cell {
        Cell {
            values: [policy.into()].into(),
            metric: "score_ratio".into(),
            mean,
            low: mean - half,
            high: mean + half,
            runs: 1,
            method: "".into(),
        }
    }

    fn told(sweep: &SweepResult) -> Vec<String> {
        let metric = Metric::new(sweep, "score_ratio").unwrap();
        let cells: Vec<&Cell> = sweep.cells.iter().collect();
        let places = places(sweep, &metric, 0, &cells);
        places.into_iter().map(Place::told).collect()
    }

    /// Whoever is not told apart shares places, as `mpathsim tournament` has it.
    #[test]
    fn places_are_those_that_the_runs_tell() {
        let mut sweep = SweepResult {
            axes: vec!["policy".into()],
            cells: vec![
                cell("a", 9.0, 0.0),
                cell("b", 9.0, 0.0),
                cell("c", 7.0, 1.0),
                cell("d", 6.0, 0.5),
                cell("e", 1.0, 0.1),
            ],
            ..SweepResult::default()
        };
        assert_eq!(told(&sweep), ["1–2", "1–2", "3–4", "3–4", "5"]);
        // What a tournament has found by all its pairs goes before.
        let place = |(policy, first, last): (&str, usize, usize)| Places {
            policy: policy.into(),
            first,
            last,
        };
        let all = [
            ("a", 1, 3),
            ("b", 1, 3),
            ("c", 1, 3),
            ("d", 4, 5),
            ("e", 4, 5),
        ];
        sweep.origin.places = all.map(place).into();
        assert_eq!(told(&sweep), ["1–3", "1–3", "1–3", "4–5", "4–5"]);
    }

    /// The interval lies above the bar, and its ends are drawn.
    #[test]
    fn a_narrow_interval_is_seen() {
        let sweep = SweepResult {
            axes: vec!["policy".into()],
            cells: vec![cell("oracle", 0.98, 0.01), cell("adaptive", 0.9, 0.01)],
            ..SweepResult::default()
        };
        let drawing = ranking(&sweep, &Choice::default()).unwrap();
        let caps = drawing.shapes.iter().filter(|shape| {
            matches!(shape, crate::plot::Shape::Line(p, ..)
                if p.len() == 2 && p[0].0 == p[1].0 && (p[1].1 - p[0].1 - 12.0).abs() < 0.01)
        });
        assert_eq!(caps.count(), 4);
        // What is behind the best is nothing: no axis to 150 %.
        assert!(!drawing.labels().any(|l| l.text == "120" || l.text == "150"));
    }
}
