//! A figure over two axes of a sweep, as a map of colours.

use super::sweep_axis::Axis;
use super::sweep_grid::{Grid, Told, write_cells};
use super::sweep_metric::Metric;
use super::sweep_slice::{Choice, Slice, about, capital, foot, modes, restricted, two_axes};
use super::sweep_thin::{ACROSS, Ends, Thin, UP, foot_words, together};
use crate::plot::PlotError;
use crate::plot::chart::{SMALL, TEXT, page};
use crate::plot::drawing::{Drawing, Rect, Table, label, rect};
use crate::plot::result::{Cell, SweepResult};
use crate::plot::theme::Ink;

/// Colours of the ramp.
const STEPS: f64 = 15.0;
/// Beyond this factor, equal factors are equal steps of colour.
const DECADES: f64 = 50.0;

/// From values to colours.
struct Ramp {
    low: f64,
    high: f64,
    is_log: bool,
}

impl Ramp {
    fn new(values: impl Iterator<Item = f64>) -> Ramp {
        let ends = (f64::INFINITY, f64::NEG_INFINITY);
        let (low, high) = values.fold(ends, |(l, h), v| (l.min(v), h.max(v)));
        Ramp {
            low,
            high,
            is_log: low > 0.0 && high / low > DECADES,
        }
    }
    fn step(&self, value: f64) -> u8 {
        let place = |v: f64| if self.is_log { libm::log10(v) } else { v };
        let span = place(self.high) - place(self.low);
        let along = (place(value) - place(self.low)) / span.max(1e-12);
        (STEPS * along).round() as u8
    }
    /// What is shown, and the values of the colours.
    fn draw(&self, drawing: &mut Drawing, space: Rect, metric: &Metric) {
        let low = format!("{}:  {}", capital(&metric.name), metric.tell(self.low));
        let text = label(space.x, space.y + 8.0, low, SMALL).ink(Ink::Muted);
        let mut x = space.x + 1.12 * text.space().w + 8.0;
        drawing.text(text);
        for step in 0..16 {
            drawing.bar(rect(x, space.y, 14.5, 16.0), Ink::Ramp(step));
            x += 14.0;
        }
        let scale = if self.is_log { ", by factors" } else { "" };
        let high = format!("{}{scale}", metric.tell(self.high));
        drawing.text(label(x + 8.0, space.y + 8.0, high, SMALL).ink(Ink::Muted));
    }
}

/// Draws it, a map a mode.
///
/// # Errors
/// The sweep has no such figure or axes.
pub fn heat(whole: &SweepResult, choice: &Choice) -> Result<Drawing, PlotError> {
    let sweep = restricted(whole, choice)?;
    let metric = Metric::chosen(&sweep, choice)?;
    let columns = two_axes(&sweep, choice)?;
    let axes = columns.map(|column| Axis::new(&sweep, column));
    let mode = modes(&sweep).filter(|mode| !columns.contains(mode));
    let free: Vec<usize> = columns.into_iter().chain(mode).collect();
    // Without modes, what is compared are all cells.
    let compared = mode.map_or_else(|| columns.to_vec(), |mode| vec![mode]);
    let slice = Slice::new(&sweep, &metric.key, &free, &compared);
    let [x, y] = axes;
    let thin = [Thin::new(x, ACROSS), Thin::new(y, UP)];
    let cells = slice.cells(&sweep, &metric.key);
    let cells = together(&cells, &[&thin[0], &thin[1]], Ends::Mean);
    let cells: Vec<&Cell> = cells.iter().collect();
    let note = foot_words(&[&thin[0], &thin[1]], &slice.words(whole));
    let axes = thin.map(|thin| thin.axis);
    let [x, y] = axes.each_ref().map(|axis| axis.words.as_str());
    let title = format!("{} by {x} and {y}", capital(&metric.subject));
    let subtitle = about(whole, "mean over the runs of each point");
    let note = foot(whole, &note);
    let (mut drawing, space) = page(960.0, 540.0, &title, subtitle, &note);
    drawing.alt = format!("{title}, as a map of colours");
    let ramp = Ramp::new(cells.iter().map(|cell| cell.mean));
    ramp.draw(&mut drawing, space, &metric);
    let modes = mode.map_or_else(|| vec![String::new()], |axis| sweep.values(axis).to_vec());
    let width = space.w / modes.len().max(1) as f64;
    drawing.table = Table::new(["mode", x, y, metric.name.as_str()]);
    let top = space.y + 18.0 + 54.0;
    let mut told = Vec::new();
    for (n, name) in modes.iter().enumerate() {
        let x = space.x + width * n as f64;
        let map = Map {
            grid: Grid::in_space(&axes, rect(x, top, width, space.bottom() - top)),
            cells: &cells,
            mode: mode.map(|axis| (axis, name.as_str())),
        };
        told.extend(map.draw(&mut drawing, &ramp, &metric));
    }
    write_cells(&mut drawing, &told);
    Ok(drawing)
}

/// The map of a mode.
struct Map<'s> {
    grid: Grid<'s>,
    cells: &'s [&'s Cell],
    mode: Option<(usize, &'s str)>,
}

impl Map<'_> {
    /// Draws it; what is to be written in its cells.
    fn draw(&self, drawing: &mut Drawing, ramp: &Ramp, metric: &Metric) -> Vec<Told> {
        let mode = self.mode.map_or("", |mode| mode.1);
        if !mode.is_empty() {
            let (x, y) = (self.grid.area.x, self.grid.area.y - 34.0);
            drawing.text(label(x, y, format!("{mode} mode"), TEXT).bold());
        }
        let mut all = Vec::new();
        let placed = self.grid.placed(self.cells, self.mode);
        for at in self.grid.all() {
            let Some(cell) = placed.get(&at) else {
                continue;
            };
            let place = self.grid.cell(at.0, at.1);
            drawing.bar(self.grid.inner(at.0, at.1), Ink::Ramp(ramp.step(cell.mean)));
            let (told, short) = (metric.tell(cell.mean), metric.tell_short(cell.mean));
            let [x, y] = [(0, at.0), (1, at.1)].map(|(axis, i)| &self.grid.axes[axis].told[i]);
            let name = &metric.name;
            drawing.spot(place, format!("{mode} {x} × {y}: {name} {told}"));
            let row = [mode, x.as_str(), y.as_str(), &metric.tell_cell(cell)];
            drawing.table.row(row);
            all.push((place, vec![told, short]));
        }
        self.grid.write_axes(drawing);
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decades_have_steps_of_factors() {
        let ramp = Ramp::new([1.0, 100.0, 10_000.0].into_iter());
        assert_eq!([1.0, 100.0, 10_000.0].map(|v| ramp.step(v)), [0, 8, 15]);
        let even = Ramp::new([1.0, 3.0].into_iter());
        assert_eq!([1.0, 2.0, 3.0].map(|v| even.step(v)), [0, 8, 15]);
        assert_eq!(Ramp::new([2.0].into_iter()).step(2.0), 0);
    }
}
