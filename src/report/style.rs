//! The style of the page: the colours of the figures, then `report.css`.

use super::policy::base64;
use crate::plot::{Ink, Theme};

const CSS: &str = include_str!("report.css");
const REGULAR: &[u8] = include_bytes!("../../assets/fonts/Inter-Regular.otf");
const SEMI_BOLD: &[u8] = include_bytes!("../../assets/fonts/Inter-SemiBold.otf");

/// The whole style sheet.
pub fn style() -> String {
    let face = |weight: &str, bytes: &[u8]| {
        format!(
            "@font-face{{font-family:Inter;font-weight:{weight};\
             src:url(data:font/otf;base64,{}) format('opentype')}}\n",
            base64(bytes)
        )
    };
    let colours = |theme: Theme| -> String {
        let colour = |ink: Ink| {
            let (r, g, b) = ink.on(theme);
            format!("--{}:#{r:02x}{g:02x}{b:02x};", ink.name())
        };
        Ink::all().map(colour).collect()
    };
    let (light, dark) = (colours(Theme::Light), colours(Theme::Dark));
    format!(
        "{}{}:root{{color-scheme:light dark;{light}}}\n\
         @media screen and (prefers-color-scheme:dark){{:root{{{dark}}}}}\n{CSS}",
        face("400", REGULAR),
        face("600 700", SEMI_BOLD),
    )
}
