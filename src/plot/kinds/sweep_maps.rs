//! Maps over two axes of a sweep, and the ranking of policies.

use super::sweep::{Choice, axis, foot, less_is_better, short, slice, unit_of};
use crate::plot::PlotError;
use crate::plot::chart::{Key, SMALL, TEXT, legend, page};
use crate::plot::drawing::{Dash, Drawing, Rect, Table, label, rect};
use crate::plot::font::{self, Weight};
use crate::plot::result::{Cell, SweepResult};
use crate::plot::scale::Scale;
use crate::plot::theme::Ink;
use crate::plot::units::figures;

/// A grid of cells over two axes.
struct Grid<'s> {
    sweep: &'s SweepResult,
    axes: [usize; 2],
    values: [Vec<String>; 2],
    area: Rect,
}

impl Grid<'_> {
    fn cell(&self, x: usize, y: usize) -> Rect {
        let w = self.area.w / self.values[0].len().max(1) as f64;
        let h = self.area.h / self.values[1].len().max(1) as f64;
        rect(
            self.area.x + w * x as f64,
            self.area.bottom() - h * (y + 1) as f64,
            w,
            h,
        )
    }
    fn all(&self) -> impl Iterator<Item = (usize, usize)> {
        let (nx, ny) = (self.values[0].len(), self.values[1].len());
        (0..ny).flat_map(move |y| (0..nx).map(move |x| (x, y)))
    }
    fn find<'c>(
        &self,
        cells: &[&'c Cell],
        x: usize,
        y: usize,
        mode: Option<(usize, &str)>,
    ) -> Option<&'c Cell> {
        let [ax, ay] = self.axes;
        let fits = |cell: &&&Cell| {
            cell.values[ax] == self.values[0][x]
                && cell.values[ay] == self.values[1][y]
                && mode.is_none_or(|(axis, mode)| cell.values[axis] == mode)
        };
        cells.iter().find(fits).copied()
    }
    fn write_axes(&self, drawing: &mut Drawing, left: f64) {
        let [ax, ay] = self.axes;
        let mut free = f64::NEG_INFINITY;
        for (x, value) in self.values[0].iter().enumerate() {
            let cell = self.cell(x, 0);
            let text = label(
                cell.x + cell.w / 2.0,
                self.area.bottom() + 14.0,
                value.as_str(),
                SMALL,
            );
            let text = text.ink(Ink::Muted).fit(cell.w.max(48.0)).centred();
            if text.space().x > free {
                free = text.space().right() + 6.0;
                drawing.text(text);
            }
        }
        let mut free = f64::INFINITY;
        for (y, value) in self.values[1].iter().enumerate() {
            let cell = self.cell(0, y);
            let text = label(
                self.area.x - 8.0,
                cell.y + cell.h / 2.0,
                value.as_str(),
                SMALL,
            );
            let text = text.ink(Ink::Muted).fit(left - 12.0).right();
            if text.space().bottom() < free {
                free = text.space().y - 2.0;
                drawing.text(text);
            }
        }
        let name = |axis: usize| short(&self.sweep.axes[axis]).to_owned();
        let x = label(self.area.right(), self.area.bottom() + 34.0, name(ax), TEXT);
        drawing.text(x.ink(Ink::Muted).right());
        let y = label(self.area.x - left + 4.0, self.area.y - 14.0, name(ay), TEXT);
        drawing.text(y.ink(Ink::Muted));
    }
}

fn two_axes(sweep: &SweepResult, choice: &Choice) -> Result<[usize; 2], PlotError> {
    let mode = sweep.mode_axis();
    let several = |i: usize| Some(i) != mode && sweep.values(i).len() > 1;
    let x = axis(sweep, choice.x.as_deref(), several)?;
    let y = axis(sweep, choice.y.as_deref(), |i| i != x && several(i))?;
    Ok([x, y])
}

fn metric<'c>(sweep: &'c SweepResult, choice: &'c Choice) -> Result<&'c str, PlotError> {
    let all = sweep.metrics();
    match &choice.metric {
        Some(name) if all.contains(&name.as_str()) => Ok(name),
        Some(name) => Err(PlotError::NoMetric(name.clone(), all.join(", "))),
        None if all.contains(&"iops") => Ok("iops"),
        None => all
            .first()
            .copied()
            .ok_or_else(|| PlotError::NoMetric("iops".into(), String::new())),
    }
}

fn left_of(values: &[String]) -> f64 {
    let widths = values
        .iter()
        .map(|v| font::width(v, SMALL, Weight::Regular));
    (1.12 * widths.fold(30.0, f64::max) + 14.0).min(150.0)
}

/// A figure over two axes, a map a mode.
///
/// # Errors
/// The sweep has no such figure or axes.
pub fn heat(sweep: &SweepResult, choice: &Choice) -> Result<Drawing, PlotError> {
    let metric = metric(sweep, choice)?;
    let axes = two_axes(sweep, choice)?;
    let (name, unit, times) = unit_of(metric);
    let title = format!("{}: {name}", sweep.name);
    let mode = sweep.mode_axis();
    let free: Vec<usize> = axes.into_iter().chain(mode).collect();
    let (cells, fixed) = slice(sweep, metric, &free);
    let subtitle = format!("by {} and {}", sweep.axes[axes[0]], sweep.axes[axes[1]]);
    let (mut drawing, space) = page(960.0, 540.0, &title, &subtitle, &foot(sweep, &fixed));
    drawing.alt = format!(
        "{name} by {} and {}, as a map of colours",
        sweep.axes[axes[0]], sweep.axes[axes[1]]
    );
    let (low, high) = cells
        .iter()
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), c| {
            (l.min(c.mean * times), h.max(c.mean * times))
        });
    let scale_high = ramp_legend(&mut drawing, space, &unit.tell(low), &unit.tell(high));
    let modes = mode.map_or_else(|| vec![String::new()], |axis| sweep.values(axis));
    let values = axes.map(|axis| sweep.values(axis));
    let left = left_of(&values[1]);
    let width = space.w / modes.len().max(1) as f64;
    drawing.table = Table::new([
        "mode",
        short(&sweep.axes[axes[0]]),
        short(&sweep.axes[axes[1]]),
        name.as_str(),
    ]);
    for (n, mode_name) in modes.iter().enumerate() {
        let x = space.x + width * n as f64;
        let top = space.y + scale_high + 54.0;
        let grid = Grid {
            sweep,
            axes,
            values: values.clone(),
            area: rect(
                x + left,
                top,
                width - left - 16.0,
                space.bottom() - top - 44.0,
            ),
        };
        if !mode_name.is_empty() {
            let text = label(x + left, top - 34.0, format!("{mode_name} mode"), TEXT);
            drawing.text(text.bold());
        }
        for (i, j) in grid.all() {
            let at = grid.cell(i, j);
            let found = grid.find(&cells, i, j, mode.map(|axis| (axis, mode_name.as_str())));
            let Some(cell) = found else { continue };
            let value = cell.mean * times;
            let step = (15.0 * (value - low) / (high - low).max(1e-12)).round() as u8;
            drawing.bar(
                rect(at.x + 1.0, at.y + 1.0, at.w - 2.0, at.h - 2.0),
                Ink::Ramp(step),
            );
            let told = unit.tell(value);
            plate(&mut drawing, at, &told);
            let text = format!(
                "{mode_name} {} × {}: {name} {told}",
                values[0][i], values[1][j]
            );
            drawing.spot(at, text);
            drawing.table.row([
                mode_name.clone(),
                values[0][i].clone(),
                values[1][j].clone(),
                told,
            ]);
        }
        grid.write_axes(&mut drawing, left);
    }
    Ok(drawing)
}

/// The values of the colours; its height.
fn ramp_legend(drawing: &mut Drawing, space: Rect, low: &str, high: &str) -> f64 {
    let text = label(space.x, space.y + 8.0, low, SMALL).ink(Ink::Muted);
    let mut x = space.x + 1.12 * text.space().w + 8.0;
    drawing.text(text);
    for step in 0..16 {
        drawing.bar(rect(x, space.y, 14.5, 16.0), Ink::Ramp(step));
        x += 14.0;
    }
    drawing.text(label(x + 8.0, space.y + 8.0, high, SMALL).ink(Ink::Muted));
    18.0
}

/// A value in a cell, if it has room.
fn plate(drawing: &mut Drawing, at: Rect, told: &str) {
    let wide = 1.12 * font::width(told, SMALL, Weight::Regular) + 8.0;
    if wide > at.w - 4.0 || at.h < 18.0 {
        return;
    }
    let (x, y) = (at.x + at.w / 2.0, at.y + at.h / 2.0);
    drawing.bar(
        rect(x - wide / 2.0, y - 8.0, wide, 16.0),
        Ink::Paper.alpha(0.86),
    );
    drawing.text(label(x, y, told, SMALL).centred());
}

/// Which mode wins, over two axes.
///
/// # Errors
/// The sweep has no such figure or axes, or not both modes.
pub fn crossover(sweep: &SweepResult, choice: &Choice) -> Result<Drawing, PlotError> {
    let metric = metric(sweep, choice)?;
    let Some(mode) = sweep.mode_axis() else {
        return Err(PlotError::NoAxis("mode".into(), sweep.axes.join(", ")));
    };
    let axes = two_axes(sweep, choice)?;
    let (name, unit, times) = unit_of(metric);
    let (cells, fixed) = slice(sweep, metric, &[axes[0], axes[1], mode]);
    let title = format!("Bio or request: {}", sweep.name);
    let subtitle = format!(
        "Which mode has the better {name}, and by what factor; strong colour is a large factor"
    );
    let (mut drawing, space) = page(960.0, 540.0, &title, &subtitle, &foot(sweep, &fixed));
    drawing.alt = format!(
        "Which mode has the better {name} by {} and {}",
        sweep.axes[axes[0]], sweep.axes[axes[1]]
    );
    let keys = [
        Key::square(Ink::Bio, "bio mode is better"),
        Key::square(Ink::Request, "request mode is better"),
        Key::square(Ink::Grid, "intervals overlap, or within 2 %"),
    ];
    let below = legend(&mut drawing, &keys, space.x, space.y, space.w);
    let values = axes.map(|axis| sweep.values(axis));
    let left = left_of(&values[1]);
    let top = space.y + below + 32.0;
    let grid = Grid {
        sweep,
        axes,
        values: values.clone(),
        area: rect(
            space.x + left,
            top,
            space.w - left - 16.0,
            space.bottom() - top - 44.0,
        ),
    };
    drawing.table = Table::new([
        short(&sweep.axes[axes[0]]),
        short(&sweep.axes[axes[1]]),
        "bio",
        "request",
        "better",
    ]);
    for (i, j) in grid.all() {
        let at = grid.cell(i, j);
        let of = |name| grid.find(&cells, i, j, Some((mode, name)));
        let (Some(bio), Some(request)) = (of("bio"), of("request")) else {
            continue;
        };
        let factor = bio.mean.max(request.mean) / bio.mean.min(request.mean).max(1e-300);
        let apart = bio.low > request.high || request.low > bio.high;
        let (ink, word) = if !apart || factor < 1.02 {
            (None, "equal")
        } else if (bio.mean > request.mean) != less_is_better(metric) {
            (Some(Ink::Bio), "bio")
        } else {
            (Some(Ink::Request), "request")
        };
        let inner = rect(at.x + 1.0, at.y + 1.0, at.w - 2.0, at.h - 2.0);
        drawing.bar(inner, Ink::Grid);
        if let Some(ink) = ink {
            // A factor of 4 is as strong as it gets.
            let strength = (libm::log2(factor) / 2.0).clamp(0.0, 1.0);
            drawing.bar(inner, ink.alpha(0.35 + 0.65 * strength));
        }
        let told = match ink {
            Some(_) => format!("{word} ×{}", figures(factor)),
            None => "equal".into(),
        };
        plate(&mut drawing, at, &told);
        let (b, r) = (unit.tell(bio.mean * times), unit.tell(request.mean * times));
        drawing.spot(
            at,
            format!("{} × {}: bio {b}, request {r}", values[0][i], values[1][j]),
        );
        drawing
            .table
            .row([values[0][i].clone(), values[1][j].clone(), b, r, told]);
    }
    grid.write_axes(&mut drawing, left);
    Ok(drawing)
}

/// The values of an axis without sizes, the best first, with their intervals.
///
/// # Errors
/// The sweep has no such figure or axis.
pub fn ranking(sweep: &SweepResult, choice: &Choice) -> Result<Drawing, PlotError> {
    let metric = metric(sweep, choice)?;
    let mode = sweep.mode_axis();
    let named = |i: usize| {
        let values = sweep.values(i);
        Some(i) != mode
            && values.len() > 1
            && values
                .iter()
                .any(|v| crate::plot::result::quantity(v).is_none())
    };
    let by = axis(sweep, choice.x.as_deref(), named)?;
    let (name, unit, times) = unit_of(metric);
    let free: Vec<usize> = std::iter::once(by).chain(mode).collect();
    let (mut cells, fixed) = slice(sweep, metric, &free);
    let sign = if less_is_better(metric) { 1.0 } else { -1.0 };
    cells.sort_by(|a, b| (sign * a.mean).total_cmp(&(sign * b.mean)));
    let title = format!("{} by {name}: {}", short(&sweep.axes[by]), sweep.name);
    let subtitle = "The best first; the bar is the 95 % confidence interval of the mean";
    let height = 78.0 + 38.0 + 78.0 + 30.0 * cells.len() as f64;
    let (mut drawing, space) = page(960.0, height, &title, subtitle, &foot(sweep, &fixed));
    drawing.alt = format!("{} ranked by {name}", sweep.axes[by]);
    let modes = mode.map_or_else(Vec::new, |axis| sweep.values(axis));
    let keys: Vec<Key> = modes
        .iter()
        .map(|m| Key::square(Ink::of_mode(m), format!("{m} mode")))
        .collect();
    let below = legend(&mut drawing, &keys, space.x, space.y, space.w);
    let highs = cells.iter().map(|cell| cell.high * times);
    let x = Scale::from_zero(unit, highs.fold(0.0, f64::max));
    let names = sweep.values(by);
    let widths = names.iter().map(|v| font::width(v, TEXT, Weight::Regular));
    let left = (1.12 * widths.fold(80.0, f64::max) + 16.0).min(260.0);
    let panel = crate::plot::chart::Panel {
        area: rect(
            space.x + left,
            space.y + below + 10.0,
            space.w - left - 90.0,
            30.0 * cells.len() as f64,
        ),
        x,
        y: Scale::span(crate::plot::units::Unit::Count, 0.0, 1.0),
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
    panel.draw_x(&mut drawing, &name);
    Ok(drawing)
}
