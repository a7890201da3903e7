//! A grid of cells over two axes of a sweep.

use std::collections::BTreeMap;

use super::sweep_axis::Axis;
use crate::plot::chart::{Panel, SMALL, TEXT};
use crate::plot::drawing::{Drawing, Label, Rect, label, rect};
use crate::plot::font::{self, Weight};
use crate::plot::result::Cell;
use crate::plot::scale::Scale;
use crate::plot::theme::Ink;
use crate::plot::units::Unit;

/// Cells below this width or height have no gaps between them.
const DENSE: f64 = 10.0;

/// A grid.
pub struct Grid<'a> {
    /// From left to right, and from below to above.
    pub axes: &'a [Axis; 2],
    /// The cells' place.
    pub area: Rect,
}

impl<'a> Grid<'a> {
    /// A grid that fills `space` together with what is written around it.
    pub fn in_space(axes: &'a [Axis; 2], space: Rect) -> Grid<'a> {
        let left = left_of(&axes[1].told);
        let width = space.w - left - 16.0;
        let below = match axes[0].has_sizes() {
            true => 44.0,
            false => axes[0].height(width) + 4.0,
        };
        let area = rect(space.x + left, space.y, width, space.h - below);
        Grid { axes, area }
    }

    /// The place of a cell.
    pub fn cell(&self, x: usize, y: usize) -> Rect {
        let w = self.area.w / self.axes[0].values.len().max(1) as f64;
        let h = self.area.h / self.axes[1].values.len().max(1) as f64;
        rect(
            self.area.x + w * x as f64,
            self.area.bottom() - h * (y + 1) as f64,
            w,
            h,
        )
    }
    /// The same without the gap to its neighbours, of which small ones have none.
    pub fn inner(&self, x: usize, y: usize) -> Rect {
        let at = self.cell(x, y);
        match at.w.min(at.h) {
            least if least < DENSE => at,
            _ => rect(at.x + 1.0, at.y + 1.0, at.w - 2.0, at.h - 2.0),
        }
    }
    /// All cells, row by row.
    pub fn all(&self) -> impl Iterator<Item = (usize, usize)> + use<> {
        let [nx, ny] = self.axes.each_ref().map(|axis| axis.values.len());
        (0..ny).flat_map(move |y| (0..nx).map(move |x| (x, y)))
    }
    /// Where each of `cells` lies that is of that mode.
    pub fn placed<'c>(
        &self,
        cells: &[&'c Cell],
        mode: Option<(usize, &str)>,
    ) -> BTreeMap<(usize, usize), &'c Cell> {
        let [ax, ay] = self.axes;
        let places = self.axes.each_ref().map(|axis| {
            let values = axis.values.iter().map(String::as_str);
            values.zip(0..).collect::<BTreeMap<&str, usize>>()
        });
        let mut placed = BTreeMap::new();
        for cell in cells {
            let at = [ax, ay].map(|axis| cell.values[axis.column].as_str());
            let of_mode = mode.is_none_or(|(axis, mode)| cell.values[axis] == mode);
            let at = places[0].get(at[0]).zip(places[1].get(at[1]));
            if let Some((x, y)) = at.filter(|_| of_mode) {
                placed.entry((*x, *y)).or_insert(*cell);
            }
        }
        placed
    }
    /// Values and names of both axes.
    pub fn write_axes(&self, drawing: &mut Drawing) {
        let [ax, ay] = self.axes;
        let edge = self.area.x - left_of(&ay.told);
        match ax.has_sizes() {
            true => self.write_sizes(drawing, edge),
            // Names are told whole, in as many rows as it takes.
            false => ax.draw_below(
                drawing,
                &Panel {
                    area: self.area,
                    x: ax.scale(),
                    y: Scale::span(Unit::Count, 0.0, 1.0),
                    edge,
                },
            ),
        }
        let mut free = f64::INFINITY;
        for (y, value) in ay.told.iter().enumerate() {
            let cell = self.cell(0, y);
            let (x, y) = (self.area.x - 8.0, cell.y + cell.h / 2.0);
            let text = label(x, y, value.as_str(), SMALL).ink(Ink::Muted);
            let text = text.fit_middle(self.area.x - edge - 12.0).right();
            if text.space().bottom() < free {
                free = text.space().y - 2.0;
                drawing.text(text);
            }
        }
        let y = label(edge, self.area.y - 14.0, ay.name.as_str(), TEXT);
        drawing.text(y.ink(Ink::Muted).fit(self.area.right() - edge));
    }

    /// Sizes below the columns, all or every so many, and their name.
    fn write_sizes(&self, drawing: &mut Drawing, edge: f64) {
        let ax = &self.axes[0];
        let size = |(x, value): (usize, &String)| {
            let cell = self.cell(x, 0);
            let (x, y) = (cell.x + cell.w / 2.0, self.area.bottom() + 14.0);
            let text = label(x, y, value.as_str(), SMALL).ink(Ink::Muted);
            text.fit_middle(cell.w.max(60.0)).centred()
        };
        let sizes: Vec<Label> = ax.told.iter().enumerate().map(size).collect();
        let has_room = |every: &usize| {
            let spaces = sizes.iter().step_by(*every).map(Label::space);
            let spaces: Vec<Rect> = spaces.collect();
            let apart = |pair: &[Rect]| pair[0].right() + 6.0 < pair[1].x;
            spaces.windows(2).all(apart)
        };
        let every = (1..sizes.len())
            .find(has_room)
            .unwrap_or(sizes.len().max(1));
        for text in sizes.into_iter().step_by(every) {
            drawing.text(text);
        }
        let (right, below) = (self.area.right(), self.area.bottom() + 34.0);
        let name = label(right, below, ax.name.as_str(), TEXT).ink(Ink::Muted);
        drawing.text(name.fit(right - edge).right());
    }
}

fn left_of(values: &[String]) -> f64 {
    let widths = values
        .iter()
        .map(|v| font::width(v, SMALL, Weight::Regular));
    (1.12 * widths.fold(30.0, f64::max) + 14.0).min(240.0)
}

/// A cell, and what may be written in it, the longest first.
pub type Told = (Rect, Vec<String>);

/// Writes in every cell, as long as all have room for; in none if some have not: what
/// only some cells tell looks as if the others had nothing to tell.
pub fn write_cells(drawing: &mut Drawing, cells: &[Told]) {
    let forms = cells.iter().map(|cell| cell.1.len()).min().unwrap_or(0);
    let fits = |form: &usize| {
        let fits = |(at, told): &Told| at.h >= 18.0 && plate(&told[*form]) <= at.w - 4.0;
        cells.iter().all(fits)
    };
    let Some(form) = (0..forms).find(fits) else {
        return;
    };
    for (at, told) in cells.iter().filter(|(_, told)| !told[form].is_empty()) {
        let (x, y) = (at.x + at.w / 2.0, at.y + at.h / 2.0);
        let wide = plate(&told[form]);
        drawing.bar(
            rect(x - wide / 2.0, y - 8.0, wide, 16.0),
            Ink::Paper.alpha(0.86),
        );
        drawing.text(label(x, y, told[form].as_str(), SMALL).centred());
    }
}

/// Width of the ground of a text.
fn plate(told: &str) -> f64 {
    1.12 * font::width(told, SMALL, Weight::Regular) + 8.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_cells_tell_or_none() {
        let texts = |width: f64| {
            let told = |text: &str, short: &str| {
                (
                    rect(0.0, 0.0, width, 30.0),
                    vec![text.to_owned(), short.to_owned()],
                )
            };
            let mut drawing = Drawing::new(100.0, 100.0, "");
            write_cells(&mut drawing, &[told("4 ms", "4"), told("4.02 ms", "4")]);
            drawing.labels().map(|l| l.text.clone()).collect::<Vec<_>>()
        };
        assert_eq!(texts(90.0), ["4 ms", "4.02 ms"]);
        assert_eq!(texts(50.0), ["4", "4"]);
        assert!(texts(15.0).is_empty());
    }
}
