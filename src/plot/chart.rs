//! The parts that every figure has: head, legend, axes.

use super::drawing::{Dash, Drawing, Label, Paint, Rect, label, rect};
use super::font::{self, Weight};
use super::scale::{Scale, Tick};
use super::theme::Ink;

/// Sizes of text.
pub const TITLE: f64 = 20.0;
/// What stands under the title.
pub const SUBTITLE: f64 = 13.0;
/// Names and values.
pub const TEXT: f64 = 13.0;
/// Ticks and notes.
pub const SMALL: f64 = 12.0;
/// The foot.
const NOTE: f64 = 11.0;
/// Space at the edges.
pub const EDGE: f64 = 28.0;

/// Lines that a title, a subtitle or a foot may take.
const LINES: usize = 4;

/// A new figure with title, subtitle and a note at its foot; and the space
/// that is left for what it shows. `height` is that of a figure of which each of
/// the three is one line: what is longer makes it higher.
pub fn page(width: f64, height: f64, title: &str, subtitle: &str, foot: &str) -> (Drawing, Rect) {
    let most = width - 2.0 * EDGE;
    let lines = |text: &str, size: f64, weight| font::wrap(text, size, weight, most, LINES);
    let heads = lines(title, TITLE, Weight::Bold);
    let abouts = lines(subtitle, SUBTITLE, Weight::Regular);
    let notes = lines(foot, NOTE, Weight::Regular);
    let further = |lines: &[String], each: f64| each * (lines.len() - 1) as f64;
    let (of_head, of_about) = (further(&heads, 26.0), further(&abouts, 18.0));
    let of_note = further(&notes, 15.0);
    let mut drawing = Drawing::new(width, height + of_head + of_about + of_note, title);
    let below = drawing.height - 16.0 - of_note;
    let head = label(EDGE, 34.0, "", TITLE).bold();
    let about = label(EDGE, 58.0 + of_head, "", SUBTITLE).ink(Ink::Muted);
    let note = label(EDGE, below, "", NOTE).ink(Ink::Muted);
    drawing.lines(&head, heads, 26.0);
    drawing.lines(&about, abouts, 18.0);
    drawing.lines(&note, notes, 15.0);
    let top = 78.0 + of_head + of_about;
    (drawing, rect(EDGE, top, most, height - 78.0 - 38.0))
}

/// An area with two axes.
#[derive(Copy, Clone, Debug)]
pub struct Panel {
    /// The area itself; what is written stands around it.
    pub area: Rect,
    /// From left to right.
    pub x: Scale,
    /// From below to above.
    pub y: Scale,
    /// Where its heading begins.
    pub edge: f64,
}

impl Panel {
    /// The panel whose area and vertical axis fill `space`; below it is room for
    /// the ticks of the horizontal axis if `ticks` says so, above it for its
    /// heading.
    pub fn in_space(space: Rect, x: Scale, y: Scale, ticks: bool) -> Panel {
        Panel::with_margin(space, x, y, ticks, margin(&y))
    }
    /// The same, with so much room at the left.
    pub fn with_margin(space: Rect, x: Scale, y: Scale, ticks: bool, left: f64) -> Panel {
        let (top, below) = (32.0, if ticks { 40.0 } else { 10.0 });
        let area = rect(
            space.x + left,
            space.y + top,
            space.w - left - 16.0,
            (space.h - top - below).max(10.0),
        );
        Panel {
            area,
            x,
            y,
            edge: space.x,
        }
    }
    /// Where a value lies.
    pub fn at(&self, x: f64, y: f64) -> (f64, f64) {
        (self.x_at(x), self.y_at(y))
    }
    /// Where a value lies on the horizontal axis; within it.
    pub fn x_at(&self, x: f64) -> f64 {
        self.area.x + self.area.w * self.x.place(x).clamp(0.0, 1.0)
    }
    /// Where a value lies on the vertical axis; within it.
    pub fn y_at(&self, y: f64) -> f64 {
        self.area.bottom() - self.area.h * self.y.place(y).clamp(0.0, 1.0)
    }

    /// Heading and vertical axis: what is measured, with its unit.
    pub fn draw_y(&self, drawing: &mut Drawing, heading: &str) {
        self.draw_y_below(drawing, heading, 20.0);
    }
    /// The same, the heading so far above the area.
    pub fn draw_y_below(&self, drawing: &mut Drawing, heading: &str, above: f64) {
        let a = self.area;
        let unit = match self.y.run {
            super::scale::Run::Linear => self.y.unit.of_axis(self.y.high).1,
            _ => "",
        };
        let heading = with_unit(heading, unit);
        let heading = match self.y.run {
            super::scale::Run::Log => format!("{heading} (logarithmic)"),
            _ => heading,
        };
        let text = label(self.edge, a.y - above, heading, TEXT).bold();
        drawing.text(text.fit(a.right() - self.edge));
        for tick in self.y_ticks() {
            let y = self.y_at(tick.at);
            let ink = if tick.at == 0.0 {
                Ink::Muted
            } else {
                Ink::Grid
            };
            drawing.line([(a.x, y), (a.right(), y)], ink, 1.0, Dash::Solid);
            let text = label(a.x - 8.0, y, tick.text, SMALL).ink(Ink::Muted);
            drawing.text(text.right());
        }
    }
    fn y_ticks(&self) -> Vec<Tick> {
        self.y.ticks((self.area.h / 34.0).clamp(2.0, 7.0))
    }
    /// Horizontal axis with its name; `named`: also what its values are.
    pub fn draw_x(&self, drawing: &mut Drawing, name: &str) {
        let a = self.area;
        let base = a.bottom();
        drawing.line(
            [(a.x, base), (a.right(), base)],
            Ink::Muted,
            1.0,
            Dash::Solid,
        );
        let ticks = self.x_ticks();
        for tick in &ticks {
            let x = self.x_at(tick.at);
            drawing.line([(x, base), (x, base + 5.0)], Ink::Muted, 1.0, Dash::Solid);
            let text = label(x, base + 14.0, tick.text.as_str(), SMALL);
            drawing.text(within(
                text.ink(Ink::Muted).centred(),
                a.x - 40.0,
                a.right() + 16.0,
            ));
        }
        let unit = match self.x.run {
            super::scale::Run::Linear => self.x.unit.of_axis(self.x.high).1,
            _ => "",
        };
        let text = label(a.right(), base + 32.0, with_unit(name, unit), TEXT);
        drawing.text(text.ink(Ink::Muted).right());
    }
    /// Horizontal axis without anything written.
    pub fn draw_x_line(&self, drawing: &mut Drawing) {
        let (a, base) = (self.area, self.area.bottom());
        drawing.line(
            [(a.x, base), (a.right(), base)],
            Ink::Muted,
            1.0,
            Dash::Solid,
        );
    }
    /// As many as have room.
    fn x_ticks(&self) -> Vec<Tick> {
        let mut n = (self.area.w / 60.0).clamp(2.0, 12.0);
        loop {
            let mut ticks = self.x.ticks(n);
            let fits = |ticks: &[Tick]| {
                ticks.windows(2).all(|pair| {
                    let half = |t: &Tick| font::width(&t.text, SMALL, Weight::Regular) * 0.56;
                    self.x_at(pair[1].at) - self.x_at(pair[0].at)
                        > half(&pair[0]) + half(&pair[1]) + 8.0
                })
            };
            if fits(&ticks) {
                return ticks;
            }
            if n <= 2.0 {
                // The tail scale has fixed ticks: every other one goes.
                while !fits(&ticks) && ticks.len() > 2 {
                    ticks = ticks.into_iter().step_by(2).collect();
                }
                return ticks;
            }
            n -= 1.0;
        }
    }
    /// A line through values.
    pub fn curve(
        &self,
        drawing: &mut Drawing,
        points: impl IntoIterator<Item = (f64, f64)>,
        paint: impl Into<Paint>,
        thick: f64,
        dash: Dash,
    ) {
        let points: Vec<_> = points.into_iter().map(|(x, y)| self.at(x, y)).collect();
        drawing.line(thin(points), paint, thick, dash);
    }
}

/// Points that differ by less than a quarter of a pixel, or lie on a straight
/// line, are left out.
fn thin(points: Vec<(f64, f64)>) -> Vec<(f64, f64)> {
    let mut kept: Vec<(f64, f64)> = Vec::with_capacity(points.len());
    for point in points {
        if let [.., a, b] = kept[..] {
            let level = (a.1 - b.1).abs() < 0.02 && (b.1 - point.1).abs() < 0.02;
            let upright = (a.0 - b.0).abs() < 0.02 && (b.0 - point.0).abs() < 0.02;
            let onward = upright && (b.1 - a.1) * (point.1 - b.1) >= 0.0;
            if level || onward {
                kept.pop();
            }
        }
        kept.push(point);
    }
    kept
}

/// Room that the ticks of a vertical axis take.
pub fn margin(y: &Scale) -> f64 {
    margin_of(&y.ticks(7.0))
}

fn margin_of(ticks: &[Tick]) -> f64 {
    let width = |t: &Tick| font::width(&t.text, SMALL, Weight::Regular);
    let widest = ticks.iter().map(width).fold(0.0, f64::max);
    (1.1 * widest + 12.0).max(34.0)
}

/// `IOPS, k`.
pub fn with_unit(name: &str, unit: &str) -> String {
    match (name, unit) {
        (name, "") => name.into(),
        (name, "k") => format!("{name}, thousands"),
        (name, "M") => format!("{name}, millions"),
        (name, unit) => format!("{name}, {unit}"),
    }
}

/// A text moved so that it lies between `left` and `right`.
pub fn within(text: Label, left: f64, right: f64) -> Label {
    let space = text.space();
    let by = (left - space.x).max(0.0) - (space.right() - right).max(0.0);
    Label {
        x: text.x + by,
        ..text
    }
}
