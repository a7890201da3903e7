//! From a drawing to a backend of plotters.

use plotters::prelude::{Color, RGBAColor, RGBColor, ShapeStyle};
use plotters_backend::{DrawingBackend, DrawingErrorKind};

use super::drawing::{Dash, Drawing, Label, Paint, Rect, Shape};
use super::theme::{Rgb, Theme};

/// A backend, and how its pixels relate to those of drawings.
pub struct Press<'b, B: DrawingBackend> {
    /// The backend.
    pub backend: &'b mut B,
    /// Its pixels for one of the drawing.
    pub scale: f64,
    /// Light or dark.
    pub theme: Theme,
}

type Drawn<B> = Result<(), DrawingErrorKind<<B as DrawingBackend>::ErrorType>>;

impl<B: DrawingBackend> Press<'_, B> {
    /// Draws the paper and all shapes; texts by `text`, which gets their colour.
    pub fn print(
        &mut self,
        drawing: &Drawing,
        mut text: impl FnMut(&mut B, &Label, Rgb) -> Drawn<B>,
    ) -> Drawn<B> {
        let page = super::drawing::rect(0.0, 0.0, drawing.width, drawing.height);
        self.bar(page, super::theme::Ink::Paper.into())?;
        for shape in &drawing.shapes {
            match shape {
                Shape::Bar(at, paint) => self.bar(*at, *paint)?,
                Shape::Frame(at, paint, thick) => self.frame(*at, *paint, *thick)?,
                Shape::Line(points, paint, thick, dash) => {
                    for piece in pieces(points, *dash) {
                        self.path(&piece, *paint, *thick)?;
                    }
                }
                Shape::Area(points, paint) => self.area(points, *paint)?,
                Shape::Dot(at, radius, paint, filled) => self.dot(*at, *radius, *paint, *filled)?,
                Shape::Text(label) => text(self.backend, label, label.ink.on(self.theme))?,
            }
        }
        Ok(())
    }

    fn at(&self, (x, y): (f64, f64)) -> (i32, i32) {
        let round = |v: f64| (v * self.scale).round() as i32;
        (round(x), round(y))
    }
    fn style(&self, paint: Paint, thick: f64, filled: bool) -> ShapeStyle {
        ShapeStyle {
            color: self.colour(paint),
            filled,
            stroke_width: (thick * self.scale).round().max(1.0) as u32,
        }
    }
    fn colour(&self, paint: Paint) -> RGBAColor {
        let (r, g, b) = paint.ink.on(self.theme);
        RGBColor(r, g, b).mix(paint.alpha)
    }
    fn bar(&mut self, at: Rect, paint: Paint) -> Drawn<B> {
        let (from, to) = (self.at((at.x, at.y)), self.at((at.right(), at.bottom())));
        let style = self.style(paint, 1.0, true);
        self.backend.draw_rect(from, to, &style, true)
    }
    fn frame(&mut self, at: Rect, paint: Paint, thick: f64) -> Drawn<B> {
        let (l, t, r, b) = (at.x, at.y, at.right(), at.bottom());
        self.path(&[(l, t), (r, t), (r, b), (l, b), (l, t)], paint, thick)
    }
    fn path(&mut self, points: &[(f64, f64)], paint: Paint, thick: f64) -> Drawn<B> {
        let points: Vec<_> = points.iter().map(|p| self.at(*p)).collect();
        let style = self.style(paint, thick, false);
        self.backend.draw_path(points, &style)
    }
    fn area(&mut self, points: &[(f64, f64)], paint: Paint) -> Drawn<B> {
        let points: Vec<_> = points.iter().map(|p| self.at(*p)).collect();
        let style = self.style(paint, 1.0, true);
        self.backend.fill_polygon(points, &style)
    }
    fn dot(&mut self, at: (f64, f64), radius: f64, paint: Paint, filled: bool) -> Drawn<B> {
        let (at, radius) = (self.at(at), (radius * self.scale).round() as u32);
        if filled {
            let style = self.style(paint, 1.0, true);
            return self.backend.draw_circle(at, radius, &style, true);
        }
        let ground = self.style(super::theme::Ink::Paper.into(), 1.0, true);
        self.backend.draw_circle(at, radius, &ground, true)?;
        let style = self.style(paint, 1.4, false);
        self.backend.draw_circle(at, radius, &style, false)
    }
}

/// A line through `points`, cut into its dashes.
fn pieces(points: &[(f64, f64)], dash: Dash) -> Vec<Vec<(f64, f64)>> {
    let lengths = dash.lengths();
    let Some(first) = lengths.first() else {
        return vec![points.to_vec()];
    };
    let mut pieces = Vec::new();
    let mut piece = points.first().map_or_else(Vec::new, |p| vec![*p]);
    // Every other length is drawn.
    let (mut turn, mut left) = (0, *first);
    for pair in points.windows(2) {
        let (mut from, to) = (pair[0], pair[1]);
        let mut length = libm::hypot(to.0 - from.0, to.1 - from.1);
        while length > left {
            let part = left / length;
            from = (
                from.0 + (to.0 - from.0) * part,
                from.1 + (to.1 - from.1) * part,
            );
            length -= left;
            if turn % 2 == 0 {
                piece.push(from);
                pieces.push(std::mem::take(&mut piece));
            } else {
                piece = vec![from];
            }
            turn += 1;
            left = lengths[turn % lengths.len()];
        }
        left -= length;
        if turn % 2 == 0 {
            piece.push(to);
        }
    }
    if piece.len() > 1 {
        pieces.push(piece);
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dashed_line_is_cut_round_corners() {
        let pieces = pieces(&[(0.0, 0.0), (10.0, 0.0), (10.0, 10.0)], Dash::Dashed);
        assert_eq!(
            pieces,
            [
                vec![(0.0, 0.0), (9.0, 0.0)],
                vec![(10.0, 3.0), (10.0, 10.0)],
            ]
        );
    }
}
