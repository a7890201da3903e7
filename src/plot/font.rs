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
    for letter in text.chars().filter(|c| !c.is_control()) {
        let id = font.glyph_id(letter);
        let glyph = id.with_scale_and_position(scale, point(x, 0.0));
        if id.0 == 0 {
            x += BOX_ADVANCE * size as f32;
        } else {
            x += scaled.h_advance(id);
        }
        glyphs.push(glyph);
    }
    (glyphs, x)
}

/// What takes the place of a letter that the font lacks: a box, so wide with the gap
/// behind it, of an em.
const BOX_ADVANCE: f32 = 0.72;

/// The letters of `text` that the bundled font lacks, each once.
pub fn missing(text: &str) -> Vec<char> {
    let Some(font) = font(Weight::Regular) else {
        return Vec::new();
    };
    let mut missing = Vec::new();
    for letter in text.chars().filter(|c| !c.is_control()) {
        if font.glyph_id(letter).0 == 0 && !missing.contains(&letter) {
            missing.push(letter);
        }
    }
    missing
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
        if glyph.id.0 == 0 {
            replacement(glyph.position.x, size as f32, &mut put);
            continue;
        }
        if let Some(outline) = font.outline_glyph(glyph) {
            let bounds = outline.px_bounds();
            let (left, top) = (bounds.min.x as i32, bounds.min.y as i32);
            outline.draw(|x, y, cover| put(left + x as i32, top + y as i32, cover.min(1.0)));
        }
    }
}

/// The outline of a box as high as capital letters, from `left` on.
fn replacement(left: f32, size: f32, put: &mut impl FnMut(i32, i32, f32)) {
    let thick = (size / 14.0).round().max(1.0) as i32;
    let right = left + (BOX_ADVANCE - 0.1) * size;
    let (left, right) = (left.round() as i32 + 1, right.round() as i32);
    let top = -(0.728 * size).round() as i32;
    for y in top..0 {
        for x in left..right {
            let inside = x >= left + thick && x < right - thick && y >= top + thick && y < -thick;
            if !inside {
                put(x, y, 1.0);
            }
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

/// `text` in at most `lines` lines of `most` pixels: broken behind spaces, hyphens
/// and slashes, within a word only where that alone is wider. What is longer still
/// ends in an ellipsis.
pub fn wrap(text: &str, size: f64, weight: Weight, most: f64, lines: usize) -> Vec<String> {
    let fits = |line: &str| width(line.trim_end(), size, weight) <= most / 1.1;
    let mut done: Vec<String> = Vec::new();
    let mut line = String::new();
    for piece in text.split_inclusive([' ', '-', '_', '/']) {
        if fits(&format!("{line}{piece}")) {
            line += piece;
        } else if !line.is_empty() && fits(piece) {
            done.push(std::mem::replace(&mut line, piece.into()));
        } else {
            for letter in piece.chars() {
                if !line.is_empty() && !fits(&format!("{line}{letter}")) {
                    done.push(std::mem::take(&mut line));
                }
                line.push(letter);
            }
        }
    }
    done.push(line);
    if done.len() > lines.max(1) {
        let rest = done.split_off(lines.max(1) - 1).concat();
        done.push(fit(&rest, size, weight, most));
    }
    done.iter().map(|line| line.trim_end().to_owned()).collect()
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
    fn long_texts_have_several_lines() {
        let name = "Ein-langer-Szenarioname-fuer-die-Praesentation-mit-sechzehn-Pfaden";
        let lines = wrap(name, 14.0, Weight::Bold, 200.0, 9);
        assert!(lines.len() > 2 && lines.concat() == name, "{lines:?}");
        assert!(lines.iter().all(|l| width(l, 14.0, Weight::Bold) <= 200.0));
        let cut = wrap(name, 14.0, Weight::Bold, 200.0, 2);
        assert!(cut.len() == 2 && cut[1].ends_with('…'), "{cut:?}");
        let word = "x".repeat(100);
        assert_eq!(wrap(&word, 14.0, Weight::Bold, 200.0, 9).concat(), word);
        assert_eq!(wrap("", 14.0, Weight::Bold, 200.0, 9), [""]);
    }

    /// A letter that cannot be drawn must not vanish.
    #[test]
    fn letters_that_the_font_lacks_are_boxes() {
        assert_eq!(missing("Größe 多路径多"), ['多', '路', '径']);
        assert_eq!(missing("µs → 99 %"), []);
        let ink = |text: &str| {
            let mut count = 0;
            pixels(text, 24.0, Weight::Regular, |_, _, cover| {
                count += usize::from(cover > 0.5);
            });
            count
        };
        assert!(ink("多") > 40 && ink("多路") == 2 * ink("多"));
        assert!(width("多", 24.0, Weight::Regular) > 12.0);
    }

    #[test]
    fn names_are_cut_in_their_middle() {
        let cut = fit_middle("dm-uuid-mpath-3600a", 14.0, Weight::Bold, 90.0);
        assert!(cut.starts_with("dm") && cut.contains('…') && cut.ends_with("0a"));
        assert!(width(&cut, 14.0, Weight::Bold) <= 90.0);
    }
}
