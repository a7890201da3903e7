//! Legends.

use super::chart::TEXT;
use super::drawing::{Dash, Drawing, Hatch, Paint, label, rect};
use super::font::{self, Weight};
use super::theme::Ink;

/// What stands before an entry of a legend.
#[derive(Copy, Clone, Debug)]
enum Mark {
    Line(Ink, Dash),
    /// How much of its height is filled.
    Square(Paint, f64, Hatch),
    /// Filled or hollow.
    Dot(Ink, bool),
    /// Upright.
    Tick(Ink),
    /// None: the text says it all.
    Nothing,
}

/// An entry of a legend.
#[derive(Clone, Debug)]
pub struct Key {
    mark: Mark,
    /// What it is.
    text: String,
}

impl Key {
    fn new(mark: Mark, text: impl Into<String>) -> Key {
        let text = text.into();
        Key { mark, text }
    }
    /// A square.
    pub fn square(paint: impl Into<Paint>, text: impl Into<String>) -> Key {
        Key::new(Mark::Square(paint.into(), 1.0, Hatch::Plain), text)
    }
    /// A square hatched, of which only so much of the height is filled.
    pub fn hatched(ink: Ink, height: f64, hatch: Hatch, text: impl Into<String>) -> Key {
        Key::new(Mark::Square(ink.into(), height, hatch), text)
    }
    /// A line.
    pub fn line(ink: Ink, dash: Dash, text: impl Into<String>) -> Key {
        Key::new(Mark::Line(ink, dash), text)
    }
    /// A dot, filled or hollow.
    pub fn dot(ink: Ink, filled: bool, text: impl Into<String>) -> Key {
        Key::new(Mark::Dot(ink, filled), text)
    }
    /// An upright line.
    pub fn tick(ink: Ink, text: impl Into<String>) -> Key {
        Key::new(Mark::Tick(ink), text)
    }

    /// A text alone.
    pub fn note(text: impl Into<String>) -> Key {
        Key::new(Mark::Nothing, text)
    }

    /// Width of its mark.
    fn mark_width(&self) -> f64 {
        match self.mark {
            Mark::Line(..) => 26.0,
            Mark::Square(..) => 12.0,
            Mark::Dot(..) => 9.0,
            Mark::Tick(_) => 4.0,
            Mark::Nothing => 0.0,
        }
    }
    /// Width of all of it.
    fn width(&self) -> f64 {
        // Other families are up to a tenth wider.
        let text = 1.1 * font::width(&self.text, TEXT, Weight::Regular);
        self.text_at() + text
    }
    /// Where its text begins.
    fn text_at(&self) -> f64 {
        match self.mark {
            Mark::Nothing => 0.0,
            _ => self.mark_width() + 6.0,
        }
    }
    fn draw_mark(&self, drawing: &mut Drawing, x: f64, y: f64) {
        let wide = self.mark_width();
        match self.mark {
            Mark::Line(ink, dash) => drawing.line([(x, y), (x + wide, y)], ink, 2.5, dash),
            Mark::Square(paint, part, hatch) => {
                let high = 12.0 * part;
                drawing.hatched(rect(x, y - high / 2.0, wide, high), paint, hatch);
            }
            Mark::Dot(ink, filled) => drawing.dot((x + wide / 2.0, y), 4.0, ink, filled),
            Mark::Tick(ink) => {
                let x = x + wide / 2.0;
                drawing.line([(x, y - 6.0), (x, y + 6.0)], ink, 1.6, Dash::Solid);
            }
            Mark::Nothing => {}
        }
    }
}

/// Between one entry and the next.
const GAP: f64 = 20.0;
/// From a line to the next.
const LINE: f64 = 20.0;

/// Where each key begins, in lines within `width`; and the height of all. Many of
/// about one length stand in columns.
fn places(keys: &[Key], width: f64) -> (Vec<(f64, f64)>, f64) {
    let widest = keys.iter().map(Key::width).fold(1.0, f64::max).min(width);
    let columns = (((width + GAP) / (widest + GAP)) as usize).max(1);
    let ragged = flow(keys, width);
    let lines = (ragged.1 / LINE).ceil() as usize;
    if lines < 2 || columns < 2 || keys.len().div_ceil(columns) > lines {
        return ragged;
    }
    let place = |n: usize| {
        let (column, line) = (n % columns, n / columns);
        ((widest + GAP) * column as f64, 8.0 + LINE * line as f64)
    };
    let height = LINE * keys.len().div_ceil(columns) as f64 - 4.0;
    ((0..keys.len()).map(place).collect(), height)
}

/// One behind the other, as long as a line has room.
fn flow(keys: &[Key], width: f64) -> (Vec<(f64, f64)>, f64) {
    let (mut at, mut line) = (0.0, 8.0);
    let mut places = Vec::new();
    for key in keys {
        let long = key.width();
        if at > 0.0 && at + long > width {
            (at, line) = (0.0, line + LINE);
        }
        places.push((at, line));
        at += long.min(width) + GAP;
    }
    (places, line + 8.0)
}

/// The height of a legend within `width`.
pub fn legend_height(keys: &[Key], width: f64) -> f64 {
    places(keys, width).1
}

/// Draws a legend from `(x, y)` on within `width`, in as many lines as it takes;
/// its height.
pub fn legend(drawing: &mut Drawing, keys: &[Key], x: f64, y: f64, width: f64) -> f64 {
    let (places, height) = places(keys, width);
    for (key, (at, line)) in keys.iter().zip(places) {
        let (at, line) = (x + at, y + line);
        key.draw_mark(drawing, at, line);
        let mark = key.text_at();
        let text = label(at + mark, line, key.text.as_str(), TEXT);
        drawing.text(text.fit(width - mark));
    }
    height
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_one_length_stand_in_columns() {
        let key = |n: usize| Key::square(Ink::Path(0), format!("device-with-a-name-{n:02}"));
        let keys: Vec<Key> = (0..16).map(key).collect();
        let (places, height) = places(&keys, 900.0);
        let mut lefts: Vec<f64> = places.iter().map(|place| place.0).collect();
        lefts.sort_by(f64::total_cmp);
        lefts.dedup();
        let lines = places.iter().filter(|place| place.0 == 0.0).count();
        assert_eq!(lefts.len() * lines, 16, "{places:?}");
        assert_eq!(height, legend_height(&keys, 900.0));
        // A few stand one behind the other.
        let few = [key(0), Key::square(Ink::Bio, "bio"), key(1)];
        assert_eq!(super::places(&few, 900.0).0, flow(&few, 900.0).0);
    }
}
