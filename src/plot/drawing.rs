//! A figure before it is ink: shapes in pixels of a page of its own size, in
//! colours that are still meanings.

pub use super::label::{Anchor, Label, label};
pub use super::stroke::{Dash, Hatch};
use super::theme::Ink;

/// A figure.
#[derive(Clone, Debug, Default)]
pub struct Drawing {
    /// Width in pixels.
    pub width: f64,
    /// Height in pixels.
    pub height: f64,
    /// What it shows, in a line.
    pub title: String,
    /// What is to be seen in it, for those who cannot see it.
    pub alt: String,
    /// What is drawn, in this order.
    pub shapes: Vec<Shape>,
    /// Places that have a value to tell.
    pub spots: Vec<Spot>,
    /// The figures that it shows.
    pub table: Table,
}

/// The figures behind a figure.
#[derive(Clone, Debug, Default)]
pub struct Table {
    /// Heads of the columns.
    pub head: Vec<String>,
    /// Rows.
    pub rows: Vec<Vec<String>>,
}

impl Table {
    /// An empty table with these columns.
    pub fn new<S: Into<String>>(head: impl IntoIterator<Item = S>) -> Table {
        Table {
            head: head.into_iter().map(Into::into).collect(),
            rows: Vec::new(),
        }
    }
    /// Adds a row.
    pub fn row<S: Into<String>>(&mut self, cells: impl IntoIterator<Item = S>) {
        self.rows.push(cells.into_iter().map(Into::into).collect());
    }
}

/// A place that has a value to tell.
#[derive(Clone, Debug, PartialEq)]
pub struct Spot {
    /// Left edge, top edge, width and height.
    pub at: Rect,
    /// The value, and what it is of.
    pub text: String,
}

/// A rectangle.
#[derive(Copy, Clone, Debug, Default, PartialEq)]
pub struct Rect {
    /// Left edge.
    pub x: f64,
    /// Top edge.
    pub y: f64,
    /// Width.
    pub w: f64,
    /// Height.
    pub h: f64,
}

/// A rectangle by left edge, top edge, width and height.
pub const fn rect(x: f64, y: f64, w: f64, h: f64) -> Rect {
    Rect { x, y, w, h }
}

impl Rect {
    /// Its right edge.
    pub fn right(&self) -> f64 {
        self.x + self.w
    }
    /// Its lower edge.
    pub fn bottom(&self) -> f64 {
        self.y + self.h
    }
    /// Whether both share more than an edge.
    pub fn overlaps(&self, other: &Rect) -> bool {
        let apart = self.right() <= other.x + 0.01
            || other.right() <= self.x + 0.01
            || self.bottom() <= other.y + 0.01
            || other.bottom() <= self.y + 0.01;
        !apart
    }
}

/// A colour, and how much of it covers what is below: 0 to 1.
#[derive(Copy, Clone, Debug, PartialEq)]
pub struct Paint {
    /// The colour.
    pub ink: Ink,
    /// How much it covers.
    pub alpha: f64,
}

impl From<Ink> for Paint {
    fn from(ink: Ink) -> Paint {
        Paint { ink, alpha: 1.0 }
    }
}

impl Ink {
    /// This colour, covering only so much.
    pub fn alpha(self, alpha: f64) -> Paint {
        Paint { ink: self, alpha }
    }
}

/// Something that is drawn.
#[derive(Clone, Debug, PartialEq)]
pub enum Shape {
    /// A filled rectangle.
    Bar(Rect, Paint),
    /// Its outline, so thick.
    Frame(Rect, Paint, f64),
    /// A line through points, so thick.
    Line(Vec<(f64, f64)>, Paint, f64, Dash),
    /// A filled polygon.
    Area(Vec<(f64, f64)>, Paint),
    /// A disc about a point, filled or hollow.
    Dot((f64, f64), f64, Paint, bool),
    /// A text.
    Text(Label),
}

impl Drawing {
    /// An empty figure.
    pub fn new(width: f64, height: f64, title: impl Into<String>) -> Drawing {
        Drawing {
            width,
            height,
            title: title.into(),
            ..Drawing::default()
        }
    }
    /// Fills a rectangle.
    pub fn bar(&mut self, at: Rect, paint: impl Into<Paint>) {
        if at.w > 0.0 && at.h > 0.0 {
            self.shapes.push(Shape::Bar(at, paint.into()));
        }
    }
    /// Fills a rectangle, and hatches it in the colour of the paper.
    pub fn hatched(&mut self, at: Rect, paint: impl Into<Paint>, hatch: Hatch) {
        self.bar(at, paint);
        self.hatch(at, hatch);
    }
    /// Hatches a rectangle in the colour of the paper.
    pub fn hatch(&mut self, at: Rect, hatch: Hatch) {
        for line in hatch.lines(at) {
            self.line(line, Ink::Paper.alpha(0.8), 1.4, Dash::Solid);
        }
    }
    /// Draws its outline.
    pub fn frame(&mut self, at: Rect, paint: impl Into<Paint>, thick: f64) {
        self.shapes.push(Shape::Frame(at, paint.into(), thick));
    }
    /// Draws a line through `points`.
    pub fn line(
        &mut self,
        points: impl Into<Vec<(f64, f64)>>,
        paint: impl Into<Paint>,
        thick: f64,
        dash: Dash,
    ) {
        let points = points.into();
        if points.len() > 1 {
            let paint = paint.into();
            self.shapes.push(Shape::Line(points, paint, thick, dash));
        }
    }
    /// Fills a polygon.
    pub fn area(&mut self, points: Vec<(f64, f64)>, paint: impl Into<Paint>) {
        if points.len() > 2 {
            self.shapes.push(Shape::Area(points, paint.into()));
        }
    }
    /// Draws a disc.
    pub fn dot(&mut self, at: (f64, f64), radius: f64, paint: impl Into<Paint>, filled: bool) {
        let paint = paint.into();
        self.shapes.push(Shape::Dot(at, radius, paint, filled));
    }
    /// Writes a text; none if it is empty.
    pub fn text(&mut self, label: Label) {
        if !label.text.is_empty() {
            self.shapes.push(Shape::Text(label));
        }
    }
    /// Writes `lines`, the first where `like` is and as that, each so far below the
    /// one before.
    pub fn lines(
        &mut self,
        like: &Label,
        lines: impl IntoIterator<Item = impl Into<String>>,
        step: f64,
    ) {
        for (n, text) in lines.into_iter().enumerate() {
            self.text(Label {
                y: like.y + step * n as f64,
                text: text.into(),
                ..like.clone()
            });
        }
    }
    /// `at` tells `text`.
    pub fn spot(&mut self, at: Rect, text: impl Into<String>) {
        let text = text.into();
        self.spots.push(Spot { at, text });
    }
    /// All texts.
    pub fn labels(&self) -> impl Iterator<Item = &Label> {
        self.shapes.iter().filter_map(|shape| match shape {
            Shape::Text(label) => Some(label),
            _ => None,
        })
    }
    /// The letters that the bundled font lacks: a PNG has boxes in their place.
    pub fn missing_letters(&self) -> Vec<char> {
        let all: String = self.labels().map(|label| label.text.as_str()).collect();
        super::font::missing(&all)
    }
    /// What is wrong with the texts: those that overlap another or leave the
    /// page.
    pub fn faults(&self) -> Vec<String> {
        let page = rect(0.0, 0.0, self.width, self.height);
        let all: Vec<(&Label, Rect)> = self.labels().map(|l| (l, l.space())).collect();
        let mut faults = Vec::new();
        for (i, (label, space)) in all.iter().enumerate() {
            let inside = space.x >= page.x
                && space.y >= page.y
                && space.right() <= page.right()
                && space.bottom() <= page.bottom();
            if !inside {
                faults.push(format!("{:?} leaves the page: {space:?}", label.text));
            }
            for (other, theirs) in &all[i + 1..] {
                if space.overlaps(theirs) {
                    faults.push(format!("{:?} lies on {:?}", label.text, other.text));
                }
            }
        }
        faults
    }
}
