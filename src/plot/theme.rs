//! One visual language: a colour means one thing in every figure.
//!
//! Modes have hues of Okabe and Ito, which people with any colour vision tell
//! apart. Those of paths and policies are chosen for the paper: as far from it as a
//! thin line needs (WCAG 2: 3 to 1), and from each other as people with any colour
//! vision need; dark paper has lighter ones. Where two lines may cross, their dashes
//! differ too; states and further paths and policies of a colour are hatched.

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
            Ink::Warn => (0xA48B00, 0xF0E442),
            Ink::Path(n) => match n % PATHS {
                0 => (0x327C5E, 0x72CFA0),
                1 => (0xC259A3, 0xB17C9D),
                2 => (0xAA851D, 0xFCCF18),
                3 => (0x228FE5, 0xBAE4FF),
                4 => (0x7F3FA6, 0xB691FD),
                _ => (0x6F4714, 0xB08D1C),
            },
            Ink::Policy(n) => match n % POLICIES {
                0 => (0x4329A3, 0x615EDB),
                1 => (0xC7707F, 0xC79391),
                2 => (0x255205, 0x0F8614),
                3 => (0x5A87F7, 0xB4C6EE),
                4 => (0x53163E, 0xA25783),
                5 => (0x28655D, 0xAAFCE0),
                6 => (0x67810B, 0xCAC96D),
                _ => (0xAA36B6, 0xC774D2),
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

/// Viridis, at five points: even steps of lightness, in grey as well. On dark paper
/// its dark end is lighter.
const VIRIDIS: [u32; 5] = [0xFDE725, 0x5DC863, 0x21908C, 0x3B528B, 0x440154];
const VIRIDIS_ON_DARK: [u32; 5] = [0xFDE726, 0x6BCB6F, 0x2FA39C, 0x5671B8, 0x7A4FA5];

/// Yellow is little and violet is much, on all paper: pictures of one talk must not
/// contradict each other.
fn ramp(step: u8, theme: Theme) -> Rgb {
    let hues = match theme {
        Theme::Light => VIRIDIS,
        Theme::Dark => VIRIDIS_ON_DARK,
    };
    let at = 4.0 * f64::from(step) / 15.0;
    let below = (at as usize).min(3);
    let (a, b) = (split(hues[below]), split(hues[below + 1]));
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
        let [r, g, b] = [r, g, b].map(|c| linear(f64::from(c) / 255.0));
        0.2126 * r + 0.7152 * g + 0.0722 * b
    }
    fn linear(c: f64) -> f64 {
        if c <= 0.04045 {
            c / 12.92
        } else {
            ((c + 0.055) / 1.055).powf(2.4)
        }
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

    /// Lines of two pixels are graphics: 3 to 1, on paper and on the ground of lanes.
    #[test]
    fn lines_stand_out_from_their_paper() {
        let grounds = [Ink::Paper, Ink::Lane, Ink::Grid];
        let lines = || Ink::all().filter(|ink| !grounds.contains(ink));
        for theme in [Theme::Light, Theme::Dark] {
            for ink in lines().filter(|ink| !matches!(ink, Ink::Ramp(_))) {
                for paper in [Ink::Paper, Ink::Lane] {
                    let found = contrast(ink, paper, theme);
                    assert!(found >= 3.0, "{ink:?} on {paper:?}, {theme:?}: {found}");
                }
            }
        }
    }

    /// A heat map means the same on every paper.
    #[test]
    fn the_ramp_runs_one_way() {
        for theme in [Theme::Light, Theme::Dark] {
            let steps = (0..16).map(|n| luminance(Ink::Ramp(n).on(theme)));
            let steps: Vec<f64> = steps.collect();
            assert!(steps.windows(2).all(|w| w[0] > w[1]), "{theme:?} {steps:?}");
        }
    }

    /// How colours look without the red or the green cones (Machado, Oliveira and
    /// Fernandes, 2009, severity 1), and with all.
    const VISIONS: [[[f64; 3]; 3]; 3] = [
        [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]],
        [
            [0.152286, 1.052583, -0.204868],
            [0.114503, 0.786281, 0.099216],
            [-0.003882, -0.048116, 1.051998],
        ],
        [
            [0.367322, 0.860646, -0.227968],
            [0.280085, 0.672501, 0.047413],
            [-0.011820, 0.042940, 0.968881],
        ],
    ];

    fn product(m: &[[f64; 3]; 3], v: [f64; 3]) -> [f64; 3] {
        m.map(|row| row[0] * v[0] + row[1] * v[1] + row[2] * v[2])
    }
    /// A colour in Oklab, where equal distances look equal, as a vision has it.
    fn seen(rgb: Rgb, vision: &[[f64; 3]; 3]) -> [f64; 3] {
        let linear = [rgb.0, rgb.1, rgb.2].map(|c| linear(f64::from(c) / 255.0));
        let cones = [
            [0.412_221_470_8, 0.536_332_536_3, 0.051_445_992_9],
            [0.211_903_498_2, 0.680_699_545_1, 0.107_396_956_6],
            [0.088_302_461_9, 0.281_718_837_6, 0.629_978_700_5],
        ];
        let lab = [
            [0.210_454_255_3, 0.793_617_785_0, -0.004_072_046_8],
            [1.977_998_495_1, -2.428_592_205_0, 0.450_593_709_9],
            [0.025_904_037_1, 0.782_771_766_2, -0.808_675_766_0],
        ];
        let cones = product(&cones, product(vision, linear));
        product(&lab, cones.map(|c| c.max(0.0).cbrt()))
    }

    #[test]
    fn paths_and_policies_are_told_apart_by_any_eye() {
        let paths: Vec<Ink> = (0..PATHS).map(Ink::Path).collect();
        let policies: Vec<Ink> = (0..POLICIES).map(Ink::Policy).collect();
        let modes = vec![Ink::Bio, Ink::Request];
        for theme in [Theme::Light, Theme::Dark] {
            for vision in &VISIONS {
                for inks in [&paths, &policies, &modes] {
                    for (i, a) in inks.iter().enumerate() {
                        for b in &inks[i + 1..] {
                            let [a_is, b_is] = [a, b].map(|ink| seen(ink.on(theme), vision));
                            let apart = (0..3).map(|n| (a_is[n] - b_is[n]).powi(2));
                            let apart = apart.sum::<f64>().sqrt();
                            assert!(apart > 0.1, "{a:?} and {b:?}, {theme:?}: {apart}");
                        }
                    }
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
