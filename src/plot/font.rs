//! The bundled font: how wide a text is, and its pixels.

use ab_glyph::{Font, FontRef, Glyph, PxScale, ScaleFont, point};

/// Families that a viewer may have, the bundled one first. Layout leaves room
/// for those that are wider.
pub const FAMILIES: &str = "Inter, Helvetica Neue, Arial, Liberation Sans, DejaVu Sans, sans-serif";

const REGULAR: &[u8] = include_bytes!("../../assets/fonts/Inter-Regular.otf");
const SEMI_BOLD: &[u8] = include_bytes!("../../assets/fonts/Inter-SemiBold.otf");

/// How heavy letters are.
#[derive(Copy, Clone, PartialEq, Eq, Debug, Default)]
pub enum Weight {
    /// Text.
    #[default]
    Regular,
    /// Headings.
    Bold,
}

fn font(weight: Weight) -> Option<FontRef<'static>> {
    let bytes = match weight {
        Weight::Regular => REGULAR,
        Weight::Bold => SEMI_BOLD,
    };
    FontRef::try_from_slice(bytes).ok()
}

/// The scale at which a letter's em is `size` pixels.
fn scale(font: &FontRef<'_>, size: f64) -> PxScale {
    let per_em = font.units_per_em().unwrap_or(1000.0);
    PxScale::from(size as f32 * font.height_unscaled() / per_em)
}

/// The glyphs of `text` from x = 0, baseline at y = 0, and where they end.
fn lay_out(font: &FontRef<'_>, size: f64, text: &str) -> (Vec<Glyph>, f32) {
    let scale = scale(font, size);
    let scaled = font.as_scaled(scale);
    let mut x = 0.0;
    let mut glyphs = Vec::new();
    for letter in text.chars() {
        let id = font.glyph_id(letter);
        glyphs.push(id.with_scale_and_position(scale, point(x, 0.0)));
        x += scaled.h_advance(id);
    }
    (glyphs, x)
}

/// Width of `text` in pixels, its em being `size` pixels.
pub fn width(text: &str, size: f64, weight: Weight) -> f64 {
    match font(weight) {
        Some(font) => f64::from(lay_out(&font, size, text).1),
        None => 0.6 * size * text.chars().count() as f64,
    }
}

/// How far the baseline is below the middle of capital letters: half of their
/// height, of an em of `size`.
pub fn middle(size: f64) -> f64 {
    0.364 * size
}

/// Calls `put` with the coverage (0 to 1) of every pixel of `text`, from where
/// its baseline begins.
pub fn pixels(text: &str, size: f64, weight: Weight, mut put: impl FnMut(i32, i32, f32)) {
    let Some(font) = font(weight) else {
        return;
    };
    for glyph in lay_out(&font, size, text).0 {
        if let Some(outline) = font.outline_glyph(glyph) {
            let bounds = outline.px_bounds();
            let (left, top) = (bounds.min.x as i32, bounds.min.y as i32);
            outline.draw(|x, y, cover| put(left + x as i32, top + y as i32, cover.min(1.0)));
        }
    }
}

/// `text`, cut with an ellipsis if it is wider than `most` pixels.
pub fn fit(text: &str, size: f64, weight: Weight, most: f64) -> String {
    // Other families of the list are up to an eighth wider.
    let most = most / 1.1;
    if width(text, size, weight) <= most {
        return text.into();
    }
    let mut cut: Vec<char> = text.chars().collect();
    while !cut.is_empty() {
        cut.pop();
        let shown: String = cut.iter().collect::<String>().trim_end().to_owned() + "…";
        if width(&shown, size, weight) <= most {
            return shown;
        }
    }
    String::new()
}

/// The same, the ellipsis in its middle.
pub fn fit_middle(text: &str, size: f64, weight: Weight, most: f64) -> String {
    let wide = |text: &str| width(text, size, weight) > most / 1.1;
    if !wide(text) {
        return text.into();
    }
    let letters: Vec<char> = text.chars().collect();
    let mut parts = (1..letters.len()).rev().map(|kept| {
        let (head, tail) = (kept.div_ceil(2), kept / 2);
        let head = letters[..head].iter();
        let tail = letters[letters.len() - tail..].iter();
        head.chain(&['…']).chain(tail).collect::<String>()
    });
    parts.find(|cut| !wide(cut)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bundled_font_has_every_letter_that_figures_use() {
        for weight in [Weight::Regular, Weight::Bold] {
            let font = font(weight).unwrap();
            for letter in "AZaz09 %µ–—·×…→≤≥−≈".chars() {
                assert_ne!(font.glyph_id(letter).0, 0, "{letter}");
            }
        }
    }

    #[test]
    fn what_is_too_wide_is_cut() {
        let text = "a rather long title of a figure";
        let cut = fit(text, 14.0, Weight::Regular, 100.0);
        assert!(cut.ends_with('…') && width(&cut, 14.0, Weight::Regular) <= 100.0);
        assert_eq!(fit(text, 14.0, Weight::Regular, 1000.0), text);
    }

    #[test]
    fn names_are_cut_in_their_middle() {
        let cut = fit_middle("dm-uuid-mpath-3600a", 14.0, Weight::Bold, 90.0);
        assert!(cut.starts_with("dm") && cut.contains('…') && cut.ends_with("0a"));
        assert!(width(&cut, 14.0, Weight::Bold) <= 90.0);
    }
}
