//! Drawings as SVG.

use plotters::prelude::SVGBackend;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{FontStyle, IntoFont, RGBColor, TextStyle};
use plotters_backend::{DrawingBackend, DrawingErrorKind};

use super::PlotError;
use super::drawing::{Anchor, Drawing, Label};
use super::font::{self, Weight};
use super::ink::Press;
use super::theme::{Ink, Theme};

/// plotters has whole pixels: a drawing's pixel is so many of them.
const FINE: f64 = 8.0;

/// Where the colours of an SVG come from.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Colours {
    /// They are fixed.
    Fixed(Theme),
    /// They are the properties `--bio`, `--text`, … of the page that holds it.
    OfPage,
}

/// The drawing as an SVG file: text stays text.
///
/// # Errors
/// What plotters says, which for text is nothing.
pub fn svg(drawing: &Drawing, colours: Colours) -> Result<String, PlotError> {
    let theme = match colours {
        Colours::Fixed(theme) => theme,
        Colours::OfPage => Theme::Light,
    };
    let size = |v: f64| (v * FINE).round() as u32;
    let (width, height) = (size(drawing.width), size(drawing.height));
    let mut body = String::new();
    {
        let mut backend = SVGBackend::with_string(&mut body, (width, height));
        let mut press = Press {
            backend: &mut backend,
            scale: FINE,
            theme,
        };
        let drawn = press.print(drawing, |backend, label, (r, g, b)| {
            text(backend, label, RGBColor(r, g, b))
        });
        let presented = drawn.and_then(|()| backend.present());
        presented.map_err(|why| PlotError::Draw(why.to_string()))?;
    }
    // plotters' own head has neither a title nor the size on the page.
    let inner = body.split_once('>').map_or("", |(_, inner)| inner);
    let inner = inner.trim_end().trim_end_matches("</svg>");
    let inner = match colours {
        Colours::Fixed(_) => inner.to_owned(),
        Colours::OfPage => of_page(inner),
    };
    let (w, h) = (drawing.width, drawing.height);
    Ok(format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{w}\" height=\"{h}\" \
         viewBox=\"0 0 {width} {height}\" role=\"img\" aria-label=\"{}\">\n<title>{}</title>\n\
         {inner}{}</svg>\n",
        escape(&drawing.alt),
        escape(&drawing.title),
        spots(drawing),
    ))
}

/// `text` as character data and as a value in quotes.
pub fn escape(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => safe += "&amp;",
            '<' => safe += "&lt;",
            '>' => safe += "&gt;",
            '"' => safe += "&quot;",
            '\'' => safe += "&#39;",
            '\n' | '\t' => safe.push(letter),
            // XML knows no others, not even as references.
            c if c.is_control() || matches!(c, '\u{FFFE}' | '\u{FFFF}') => safe.push('\u{FFFD}'),
            c => safe.push(c),
        }
    }
    safe
}

fn text(
    backend: &mut SVGBackend<'_>,
    label: &Label,
    colour: RGBColor,
) -> Result<(), DrawingErrorKind<std::io::Error>> {
    let weight = match label.weight {
        Weight::Regular => FontStyle::Normal,
        Weight::Bold => FontStyle::Bold,
    };
    // plotters' sizes are heights of lines: it divides by 1.24 itself.
    let font = (font::FAMILIES, 1.24 * label.size * FINE, weight).into_font();
    let h_pos = match label.anchor {
        Anchor::Left => HPos::Left,
        Anchor::Centre => HPos::Center,
        Anchor::Right => HPos::Right,
    };
    let style = TextStyle::from(font)
        .color(&colour)
        .pos(Pos::new(h_pos, VPos::Center));
    // It places the middle of small letters there; capitals are taller.
    let y = label.y + font::middle(label.size) - 0.273 * label.size;
    let at = ((label.x * FINE).round() as i32, (y * FINE).round() as i32);
    let shown: String = label.text.chars().filter(|c| !c.is_control()).collect();
    backend.draw_text(&shown, &style, at)
}

/// Transparent places over the figure, each with its value as a tooltip.
fn spots(drawing: &Drawing) -> String {
    let mut text = String::new();
    for spot in &drawing.spots {
        let v = |v: f64| (v * FINE).round();
        let (x, y) = (v(spot.at.x), v(spot.at.y));
        let (w, h) = (v(spot.at.w), v(spot.at.h));
        text += &format!(
            "<rect class=\"spot\" x=\"{x}\" y=\"{y}\" width=\"{w}\" height=\"{h}\" \
             fill-opacity=\"0\"><title>{}</title></rect>\n",
            escape(&spot.text)
        );
    }
    text
}

/// Colours as properties of the page; what they are in light, if it has none.
fn of_page(svg: &str) -> String {
    let mut svg = svg.to_owned();
    for ink in Ink::all() {
        let (r, g, b) = ink.on(Theme::Light);
        let hex = format!("\"#{r:02X}{g:02X}{b:02X}\"");
        svg = svg.replace(&hex, &format!("\"var(--{})\"", ink.name()));
    }
    svg
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plot::drawing::label;

    #[test]
    fn hostile_text_stays_text() {
        let hostile = "<img onerror=alert(1)>\"'&\u{0}\u{1b}";
        let mut drawing = Drawing::new(100.0, 50.0, hostile);
        drawing.alt = hostile.into();
        drawing.text(label(5.0, 20.0, hostile, 12.0));
        drawing.spot(super::super::drawing::rect(0.0, 0.0, 5.0, 5.0), hostile);
        for colours in [Colours::OfPage, Colours::Fixed(Theme::Dark)] {
            let svg = svg(&drawing, colours).unwrap();
            assert!(!svg.contains("<img") && svg.contains("&lt;img"));
            assert!(!svg.contains(|c: char| c.is_control() && c != '\n'));
        }
    }
}
