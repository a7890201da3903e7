//! Throughput and latency against an axis of a sweep, with their intervals.

use std::collections::BTreeMap;

use super::sweep_axis::Axis;
use super::sweep_metric::Metric;
use super::sweep_slice::{
    Choice, Slice, about, axis, capital, check_apart, foot, interval, modes, restricted, titled,
};
use super::sweep_thin::{Ends, LINE, Thin, together};
use crate::plot::PlotError;
use crate::plot::chart::{EDGE, Panel, margin, page};
use crate::plot::drawing::{Dash, Drawing, Table, rect};
use crate::plot::legend::{Key, legend, legend_height};
use crate::plot::policy_color::Look;
use crate::plot::result::{Cell, SweepResult};
use crate::plot::scale::Scale;
use crate::plot::theme::Ink;

const WIDTH: f64 = 960.0;
/// Height of a panel.
const PANEL: f64 = 250.0;
/// Beyond this factor, equal factors are equal lengths: else all but the largest
/// would lie on 0.
const DECADES: f64 = 50.0;
/// Marks that have room beside each other.
const MARKS: usize = 120;

/// What is drawn.
struct Lines<'s> {
    slice: Slice,
    sweep: &'s SweepResult,
    x: Thin,
    /// What tells the lines apart, and all their names.
    by: Option<Axis>,
    /// How many lines there could be.
    of: usize,
    metrics: Vec<Metric>,
    /// The cells of each figure.
    cells: Vec<Vec<Cell>>,
}

/// A line: its name, and how it looks.
struct Line {
    value: String,
    ink: Ink,
    dash: Dash,
}

/// Draws it.
///
/// # Errors
/// The sweep has no such figure or axis.
pub fn lines(whole: &SweepResult, choice: &Choice) -> Result<Drawing, PlotError> {
    check_apart(whole, choice)?;
    let sweep = restricted(whole, choice)?;
    let lines = Lines::new(&sweep, choice)?;
    let all = whole.axes.iter().position(|axis| {
        let by = lines.by.as_ref();
        by.is_some_and(|by| *axis == sweep.axes[by.column])
    });
    // A value has its colour whatever --at leaves.
    let all = all.map_or(&[][..], |axis| whole.values(axis));
    lines.draw(whole, all)
}

impl<'s> Lines<'s> {
    fn new(sweep: &'s SweepResult, choice: &Choice) -> Result<Lines<'s>, PlotError> {
        let mode = sweep.mode_axis();
        let several = |i: usize| Some(i) != mode && sweep.values(i).len() > 1;
        let sizes = |i: usize| several(i) && Axis::new(sweep, i).has_sizes();
        let given = choice.x.as_deref();
        // Sizes make a line; if there is but one point, it is a point.
        let x = axis(sweep, given, sizes)
            .or_else(|_| axis(sweep, given, several))
            .or_else(|_| axis(sweep, given, |i| Some(i) != mode))
            .or_else(|_| axis(sweep, given, |_| true))?;
        let by = modes(sweep).filter(|mode| *mode != x);
        let others = || (0..sweep.axes.len()).filter(|i| *i != x && several(*i));
        let by = by.or_else(|| others().find(|i| !sizes(*i)));
        let by = by.or_else(|| others().next());
        let metrics = metrics(sweep, choice)?;
        let free: Vec<usize> = std::iter::once(x).chain(by).collect();
        let compared = by.map_or_else(|| vec![x], |by| vec![by]);
        let slice = Slice::new(sweep, &metrics[0].key, &free, &compared);
        let x = Thin::new(Axis::new(sweep, x), LINE);
        let of =
            |metric: &Metric| together(&slice.cells(sweep, &metric.key), &[&x], Ends::Outermost);
        let cells = metrics.iter().map(of);
        Ok(Lines {
            cells: cells.collect(),
            slice,
            sweep,
            x,
            of: by.map_or(0, |by| sweep.values(by).len()),
            by: by.map(|by| Thin::some(Axis::new(sweep, by))),
            metrics,
        })
    }

    fn lines(&self, all: &[String]) -> Vec<Line> {
        let Some(by) = &self.by else {
            // One line: in the colour of the mode if there is one.
            let mode = self.sweep.mode_axis().map(|axis| self.sweep.values(axis));
            let mode = mode.and_then(|values| values.first().cloned());
            return vec![Line {
                value: String::new(),
                ink: mode.map_or(Ink::Text, |mode| Ink::of_mode(&mode)),
                dash: Dash::Solid,
            }];
        };
        let is_mode = Some(by.column) == self.sweep.mode_axis();
        let line = |value: &String| {
            // Of many, those that are drawn have all the colours.
            let among = if self.of > by.values.len() {
                &by.values
            } else {
                all
            };
            let n = among.iter().position(|known| known == value).unwrap_or(0);
            let look = match by.words == "policy" {
                true => Look::of_policy(value),
                false => Look::numbered(n),
            };
            let (ink, dash) = match is_mode {
                true => (Ink::of_mode(value), Dash::of_mode(value)),
                false => (look.ink, look.dash),
            };
            let value = value.clone();
            Line { value, ink, dash }
        };
        by.values.iter().map(line).collect()
    }
    /// The colour of a point: a policy among policies has its own.
    fn ink(&self, line: &Line, i: usize) -> Ink {
        match line.ink == Ink::Text && self.x.axis.words == "policy" {
            true => Look::of_policy(&self.x.axis.values[i]).ink,
            false => line.ink,
        }
    }

    fn keys(&self, lines: &[Line], scales: &[Scale]) -> Vec<Key> {
        let mode = self.sweep.mode_axis();
        let key = |line: &Line| {
            let text = match &self.by {
                Some(by) if Some(by.column) == mode => format!("{} mode", line.value),
                Some(by) => by.tell(&line.value).to_owned(),
                // The only mode is told by its colour: say which.
                None => format!("{} mode", self.sweep.values(mode?).first()?),
            };
            Some(match self.x.axis.has_sizes() {
                true => Key::line(line.ink, line.dash, text),
                false => Key::dot(line.ink, true, text),
            })
        };
        let all: Vec<&Cell> = self.cells.iter().flatten().collect();
        let band = match interval(&all) {
            _ if self.x.each > 1 => Key::square(Ink::Muted.alpha(0.35), self.put_together()),
            Some(text) if self.has_wide(scales) => Key::square(Ink::Muted.alpha(0.35), text),
            Some(text) => Key::note(format!("{text}: no wider than the lines")),
            None => Key::note("one run a point: no interval"),
        };
        // Of sizes it is said what they are sizes of, and of how many they are some.
        let sizes = self.by.as_ref().filter(|by| by.has_sizes());
        let sizes = sizes.map(|by| match self.of > lines.len() {
            true => format!("{}, {} of {}:", by.name, lines.len(), self.of),
            false => format!("{}:", by.name),
        });
        let keys = lines.iter().filter_map(key);
        let keys = sizes.map(Key::note).into_iter().chain(keys);
        keys.chain([band]).collect()
    }
    /// What a mark is that several points share.
    fn put_together(&self) -> String {
        let each = self.x.each;
        format!("from the least to the most of {each} neighbouring points; the line: their mean")
    }
    /// Whether any interval is wide enough to be seen.
    fn has_wide(&self, scales: &[Scale]) -> bool {
        let figures = self.metrics.iter().zip(&self.cells);
        figures.zip(scales).any(|((metric, cells), scale)| {
            let ends = cells.iter().map(|c| [c.low, c.high]);
            let mut places = ends.map(|ends| ends.map(|v| scale.place(v * metric.times)));
            places.any(|[low, high]| (high - low) * PANEL > 3.0)
        })
    }

    fn draw(&self, whole: &SweepResult, all: &[String]) -> Result<Drawing, PlotError> {
        let lines = self.lines(all);
        let scales = self.scales();
        let keys = self.keys(&lines, &scales);
        let subjects: Vec<&str> = self.metrics.iter().map(|m| m.subject.as_str()).collect();
        let title = format!("{} by {}", subjects.join(" and "), self.x.axis.words);
        let title = titled(whole, capital(&title));
        let names: Vec<&str> = self.metrics.iter().map(|m| m.name.as_str()).collect();
        let otherwise = format!("{}, the mean at each point", names.join(" and "));
        let inner = WIDTH - 2.0 * EDGE;
        let left = scales.iter().map(margin).fold(0.0, f64::max);
        let below = self.x.axis.height(inner - left - 16.0);
        let head = legend_height(&keys, inner) + 6.0;
        let panels = PANEL * self.metrics.len() as f64 + below - 10.0;
        let note = foot(whole, &self.slice.words(whole));
        let height = 78.0 + head + panels + 38.0;
        let subtitle = about(whole, &otherwise);
        let (mut drawing, space) = page(WIDTH, height, &title, subtitle, &note);
        drawing.alt = title;
        legend(&mut drawing, &keys, space.x, space.y, space.w);
        drawing.table = Table::new(["figure", "line", "value", "mean", "from", "to"]);
        for (n, (metric, scale)) in self.metrics.iter().zip(scales).enumerate() {
            let y = space.y + head + PANEL * n as f64;
            let at = rect(space.x, y, space.w, PANEL);
            let panel = Panel::with_margin(at, self.x.axis.scale(), scale, false, left);
            panel.draw_y(&mut drawing, &metric.name);
            for (g, line) in lines.iter().enumerate() {
                let aside = 12.0 * (g as f64 - (lines.len() - 1) as f64 / 2.0);
                self.line(&mut drawing, &panel, n, line, aside);
            }
            if n + 1 == self.metrics.len() {
                self.x.axis.draw_below(&mut drawing, &panel);
            } else {
                panel.draw_x_line(&mut drawing);
            }
        }
        Ok(drawing)
    }

    fn scales(&self) -> Vec<Scale> {
        let figures = self.metrics.iter().zip(&self.cells);
        figures
            .map(|(metric, cells)| scale(metric, cells))
            .collect()
    }

    /// The points of a line: where on the axis, which value of it, and the figure.
    fn points(&self, figure: usize, line: &Line) -> Vec<(f64, usize, &Cell)> {
        let by = self.by.as_ref();
        let mut cells: BTreeMap<&str, &Cell> = BTreeMap::new();
        for cell in &self.cells[figure] {
            if by.is_none_or(|by| cell.values[by.column] == line.value) {
                cells
                    .entry(&cell.values[self.x.axis.column])
                    .or_insert(cell);
            }
        }
        let values = self.x.axis.values.iter().enumerate();
        values
            .filter_map(|(i, value)| {
                let found = cells.get(value.as_str());
                Some((self.x.axis.place(i), i, *found?))
            })
            .collect()
    }

    fn line(&self, drawing: &mut Drawing, panel: &Panel, figure: usize, line: &Line, aside: f64) {
        let metric = &self.metrics[figure];
        let points = self.points(figure, line);
        let times = metric.times;
        if self.x.axis.has_sizes() {
            let highs = points
                .iter()
                .map(|(at, _, c)| panel.at(*at, c.high * times));
            let lows = points.iter().map(|(at, _, c)| panel.at(*at, c.low * times));
            drawing.area(highs.chain(lows.rev()).collect(), line.ink.alpha(0.2));
            let means = points.iter().map(|(at, _, c)| (*at, c.mean * times));
            panel.curve(drawing, means, line.ink, 2.4, line.dash);
        }
        for (at, i, cell) in points {
            let x = panel.x_at(at);
            // Between names there is nothing that a line could run through.
            let (x, thick) = match self.x.axis.has_sizes() {
                true => (x, 1.4),
                false => (x + aside, 2.6),
            };
            let [low, y, high] = [cell.low, cell.mean, cell.high].map(|v| panel.y_at(v * times));
            let ink = self.ink(line, i);
            // Where marks would touch, the line and its band are all that is seen.
            if self.x.axis.values.len() <= MARKS {
                drawing.line([(x, low), (x, high)], ink, thick, Dash::Solid);
                drawing.dot((x, y), 3.6, ink, true);
            }
            self.tell(drawing, (x, y), metric, line, (i, cell));
        }
    }

    /// What a point says under the mouse and in the table.
    fn tell(
        &self,
        drawing: &mut Drawing,
        (x, y): (f64, f64),
        metric: &Metric,
        line: &Line,
        (i, cell): (usize, &Cell),
    ) {
        let told = [cell.mean, cell.low, cell.high].map(|v| metric.tell(v));
        let [mean, low, high] = &told;
        let group = self.by.as_ref().map_or("", |by| by.tell(&line.value));
        let (value, name) = (self.x.axis.told[i].as_str(), metric.name.as_str());
        let text = format!("{group} at {value}: {name} {mean}, {low} to {high}");
        drawing.spot(rect(x - 10.0, y - 10.0, 20.0, 20.0), text);
        drawing.table.row([name, group, value, mean, low, high]);
    }
}

/// From 0; over decades, by factors.
fn scale(metric: &Metric, cells: &[Cell]) -> Scale {
    let means = || cells.iter().map(|cell| cell.mean);
    let least = means().fold(f64::INFINITY, f64::min);
    let most = means().fold(0.0, f64::max);
    if least > 0.0 && most / least > DECADES {
        // An interval that reaches to 0 has no end on such a scale.
        let ends = cells
            .iter()
            .flat_map(|c| [c.low.max(c.mean / 10.0), c.high]);
        return Scale::log(metric.unit, ends.map(|v| v * metric.times));
    }
    let highs = cells.iter().map(|cell| cell.high * metric.times);
    Scale::from_zero(metric.unit, highs.fold(0.0, f64::max))
}

/// The figure that is chosen, or throughput and latency, or the first.
fn metrics(sweep: &SweepResult, choice: &Choice) -> Result<Vec<Metric>, PlotError> {
    if choice.metric.is_some() {
        return Ok(vec![Metric::chosen(sweep, choice)?]);
    }
    let all = sweep.metrics();
    let first = |names: &[&str]| all.iter().copied().find(|m| names.contains(m));
    let wanted = [
        first(&["iops", "mib_per_s"]),
        first(&["lat_p99_us", "lat_mean_us"]),
    ];
    let found = wanted
        .into_iter()
        .flatten()
        .map(|key| Metric::new(sweep, key));
    let found: Vec<Metric> = found.collect::<Result<_, _>>()?;
    match found.is_empty() {
        true => Ok(vec![Metric::chosen(sweep, choice)?]),
        false => Ok(found),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plot::scale::Run;

    /// A hundred thousand points are a figure that can be opened.
    #[test]
    fn more_points_than_there_is_room_for_are_put_together() {
        let cell = |i: usize| Cell {
            values: [i.to_string()].into(),
            metric: "iops".into(),
            mean: 1000.0 + (i % 7) as f64,
            low: 990.0,
            high: 1010.0,
            runs: 3,
            method: "student-t".into(),
        };
        let sweep = SweepResult {
            axes: vec!["depth".into()],
            cells: (0..100_000).map(cell).collect(),
            ..SweepResult::default()
        };
        let drawing = lines(&sweep, &Choice::default()).unwrap();
        assert!(drawing.spots.len() <= LINE && drawing.table.rows.len() <= LINE);
        let told: Vec<&str> = drawing.labels().map(|label| label.text.as_str()).collect();
        let says = told
            .iter()
            .any(|text| text.contains("209 neighbouring points"));
        assert!(says, "{told:?}");
    }

    #[test]
    fn values_over_decades_are_told_apart() {
        let cell = |mean: f64| Cell {
            values: ["4".into()].into(),
            metric: "lat_mean_us".into(),
            mean,
            low: -mean,
            high: 2.0 * mean,
            runs: 3,
            method: "student-t".into(),
        };
        let of = |means: &[f64]| {
            let cells: Vec<Cell> = means.iter().map(|mean| cell(*mean)).collect();
            let sweep = SweepResult {
                axes: vec!["depth".into()],
                cells: cells.clone(),
                ..SweepResult::default()
            };
            let metric = Metric::new(&sweep, "lat_mean_us").unwrap();
            scale(&metric, &cells)
        };
        let wide = of(&[1.0, 900.0]);
        assert!(wide.run == Run::Log && wide.place(1e3) > 0.1);
        assert!(of(&[1.0, 30.0]).run == Run::Linear);
        assert!(of(&[0.0, 900.0]).run == Run::Linear);
    }
}
