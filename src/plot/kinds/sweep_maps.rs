//! Maps over two axes of a sweep.

use super::sweep::{Choice, axis, foot, less_is_better, short, slice, unit_of};
use crate::plot::PlotError;
use crate::plot::chart::{Key, SMALL, TEXT, legend, page};
use crate::plot::drawing::{Drawing, Rect, Table, label, rect};
use crate::plot::font::{self, Weight};
use crate::plot::result::{Cell, SweepResult};
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

/// The figure that is chosen, or throughput.
pub fn metric<'c>(sweep: &'c SweepResult, choice: &'c Choice) -> Result<&'c str, PlotError> {
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
