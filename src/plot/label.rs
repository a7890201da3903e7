//! Texts.

use super::drawing::{Rect, rect};
use super::font::{self, Weight};
use super::theme::Ink;

/// Where a text has its reference point.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Default)]
pub enum Anchor {
    /// At its begin.
    #[default]
    Left,
    /// In its middle.
    Centre,
    /// At its end.
    Right,
}

/// A text.
#[derive(Clone, Debug, PartialEq)]
pub struct Label {
    /// Reference point.
    pub x: f64,
    /// Middle of its capital letters.
    pub y: f64,
    /// The text.
    pub text: String,
    /// Size of an em.
    pub size: f64,
    /// How heavy it is.
    pub weight: Weight,
    /// Where its reference point is.
    pub anchor: Anchor,
    /// Its colour.
    pub ink: Ink,
}

impl Label {
    /// The space that it takes.
    pub fn space(&self) -> Rect {
        let width = font::width(&self.text, self.size, self.weight);
        let left = match self.anchor {
            Anchor::Left => self.x,
            Anchor::Centre => self.x - width / 2.0,
            Anchor::Right => self.x - width,
        };
        rect(left, self.y - 0.5 * self.size, width, self.size)
    }
    /// The same, in this colour.
    pub fn ink(self, ink: Ink) -> Label {
        Label { ink, ..self }
    }
    /// The same, bold.
    pub fn bold(self) -> Label {
        Label {
            weight: Weight::Bold,
            ..self
        }
    }
    /// The same, about its point.
    pub fn centred(self) -> Label {
        Label {
            anchor: Anchor::Centre,
            ..self
        }
    }
    /// The same, ending at its point.
    pub fn right(self) -> Label {
        Label {
            anchor: Anchor::Right,
            ..self
        }
    }
    /// The same, cut if it is wider than `most`.
    pub fn fit(self, most: f64) -> Label {
        Label {
            text: font::fit(&self.text, self.size, self.weight, most),
            ..self
        }
    }
    /// The same, cut in the middle: names often differ at their ends.
    pub fn fit_middle(self, most: f64) -> Label {
        Label {
            text: font::fit_middle(&self.text, self.size, self.weight, most),
            ..self
        }
    }
}

/// A text of `size` at a point, left of it.
pub fn label(x: f64, y: f64, text: impl Into<String>, size: f64) -> Label {
    Label {
        x,
        y,
        text: text.into(),
        size,
        weight: Weight::Regular,
        anchor: Anchor::Left,
        ink: Ink::Text,
    }
}
