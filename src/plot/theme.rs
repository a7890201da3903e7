//! One visual language: a colour means one thing in every figure.
//!
//! The hues are those of Okabe and Ito, which people with any colour vision
//! tell apart, and of Tol; dark paper has lighter ones of the same hue. Where two
//! lines may cross, their dashes differ too; states and further paths of a colour
//! are hatched.

/// What a colour stands for.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Ink {
    /// What is drawn on.
    Paper,
    /// Text and axes.
    Text,
    /// Text that is read second.
    Muted,
    /// Grid lines.
    Grid,
    /// The ground of a lane.
    Lane,
    /// Bio mode.
    Bio,
    /// Request mode.
    Request,
    /// A path alone.
    Single,
    /// A path, by its number.
    Path(u8),
    /// A policy, or another named way, by its number.
    Policy(u8),
    /// What is broken.
    Bad,
    /// What works again.
    Good,
    /// A path that is in use.
    Live,
    /// What cannot be used for now.
    Warn,
    /// A quantity from little (0) to much (15).
    Ramp(u8),
}

/// Number of path colours; more paths take them again, in order.
pub const PATHS: u8 = 6;

/// Number of policy colours, likewise.
pub const POLICIES: u8 = 8;

/// Light or dark paper, or colours that a page decides.
#[derive(Copy, Clone, PartialEq, Eq, Debug, Default)]
pub enum Theme {
    /// White paper: documents, print.
    #[default]
    Light,
    /// Dark paper: slides.
    Dark,
}

/// Red, green and blue.
pub type Rgb = (u8, u8, u8);

impl Ink {
    /// Every colour.
    pub fn all() -> impl Iterator<Item = Ink> {
        use Ink::{Bad, Bio, Good, Grid, Lane, Live, Muted, Paper, Request, Single, Text, Warn};
        let named = [
            Paper, Text, Muted, Grid, Lane, Bio, Request, Single, Bad, Good, Live, Warn,
        ];
        let paths = (0..PATHS).map(Ink::Path);
        let paths = paths.chain((0..POLICIES).map(Ink::Policy));
        named.into_iter().chain(paths).chain((0..16).map(Ink::Ramp))
    }

    /// The colour of a mode.
    pub fn of_mode(mode: &str) -> Ink {
        match mode {
            "bio" => Ink::Bio,
            "request" => Ink::Request,
            _ => Ink::Single,
        }
    }

    /// Its name in a style sheet.
    pub fn name(self) -> String {
        match self {
            Ink::Path(n) => format!("path{}", n % PATHS),
            Ink::Policy(n) => format!("policy{}", n % POLICIES),
            Ink::Ramp(n) => format!("ramp{}", n.min(15)),
            other => format!("{other:?}").to_lowercase(),
        }
    }

    /// The colour on the paper of `theme`.
    pub fn on(self, theme: Theme) -> Rgb {
        let (light, dark) = match self {
            Ink::Paper => (0xFFFFFF, 0x14181F),
            Ink::Text => (0x1B2430, 0xE8ECF1),
            Ink::Muted => (0x586374, 0xA3AFBD),
            Ink::Grid => (0xE3E7EC, 0x2C3440),
            Ink::Lane => (0xF4F6F8, 0x1C222B),
            Ink::Bio => (0x0072B2, 0x4FB0EA),
            Ink::Request => (0xD55E00, 0xFF9345),
            Ink::Single => (0x75808F, 0x97A3B2),
            Ink::Bad => (0xB3261E, 0xFF7A70),
            Ink::Good => (0x2E8B6A, 0x45B58D),
            Ink::Live => (0x4A6178, 0x8CA5BE),
            Ink::Warn => (0xD9C400, 0xF0E442),
            Ink::Path(n) => match n % PATHS {
                0 => (0x009E73, 0x2CC79B),
                1 => (0xCC79A7, 0xE79CC6),
                2 => (0xE69F00, 0xF5BB3D),
                3 => (0x56B4E9, 0x84CCF5),
                4 => (0x7B4EA3, 0xB48AD9),
                _ => (0x8A6D3B, 0xC9A568),
            },
            // Tol's muted ones, which are others than those of the paths.
            Ink::Policy(n) => match n % POLICIES {
                0 => (0x332288, 0x9C8CF0),
                1 => (0xCC6677, 0xF095A3),
                2 => (0x117733, 0x4FB56F),
                3 => (0x88A0EE, 0xB7C5FF),
                4 => (0x882255, 0xD96BA0),
                5 => (0x44AA99, 0x6FD3C3),
                6 => (0x999933, 0xC7C75A),
                _ => (0xAA4499, 0xDB7FCB),
            },
            Ink::Ramp(n) => return ramp(n.min(15), theme),
        };
        let rgb = match theme {
            Theme::Light => light,
            Theme::Dark => dark,
        };
        split(rgb)
    }
}

fn split(rgb: u32) -> Rgb {
    ((rgb >> 16) as u8, (rgb >> 8) as u8, rgb as u8)
}

/// Viridis, at five points: even steps of lightness, in grey as well.
const VIRIDIS: [u32; 5] = [0xFDE725, 0x5DC863, 0x21908C, 0x3B528B, 0x440154];

/// Little is near the paper's lightness, much far from it.
fn ramp(step: u8, theme: Theme) -> Rgb {
    let along = f64::from(step) / 15.0;
    let along = match theme {
        Theme::Light => along,
        Theme::Dark => 1.0 - along,
    };
    let at = along * 4.0;
    let below = (at as usize).min(3);
    let (a, b) = (split(VIRIDIS[below]), split(VIRIDIS[below + 1]));
    let mix = |a: u8, b: u8| {
        let part = at - below as f64;
        (f64::from(a) + (f64::from(b) - f64::from(a)) * part).round() as u8
    };
    (mix(a.0, b.0), mix(a.1, b.1), mix(a.2, b.2))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Relative luminance (WCAG 2).
    fn luminance((r, g, b): Rgb) -> f64 {
        let linear = |c: u8| {
            let c = f64::from(c) / 255.0;
            if c <= 0.04045 {
                c / 12.92
            } else {
                ((c + 0.055) / 1.055).powf(2.4)
            }
        };
        0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b)
    }
    fn contrast(a: Ink, b: Ink, theme: Theme) -> f64 {
        let (a, b) = (luminance(a.on(theme)), luminance(b.on(theme)));
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    #[test]
    fn text_is_legible_and_modes_stand_out() {
        for theme in [Theme::Light, Theme::Dark] {
            for paper in [Ink::Paper, Ink::Lane] {
                assert!(contrast(Ink::Text, paper, theme) > 12.0);
                assert!(contrast(Ink::Muted, paper, theme) > 4.5);
                assert!(contrast(Ink::Bad, paper, theme) > 4.5);
                for mode in [Ink::Bio, Ink::Request, Ink::Single] {
                    assert!(contrast(mode, paper, theme) > 3.0, "{mode:?} {theme:?}");
                }
            }
        }
    }

    /// What a page replaces by its own colours must not be mistaken.
    #[test]
    fn every_colour_is_another() {
        for theme in [Theme::Light, Theme::Dark] {
            let mut all: Vec<Rgb> = Ink::all().map(|ink| ink.on(theme)).collect();
            let before = all.len();
            all.sort_unstable();
            all.dedup();
            assert_eq!(all.len(), before);
        }
    }
}
