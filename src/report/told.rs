//! Values as the terminal tells them.

use crate::plot::result::quantity;
use crate::plot::units::Unit;
use crate::run::summary::ApplicationSummary;
use crate::run::text::time;

/// A latency of `application`; a dash where nothing succeeded: what did not come
/// took no time.
pub fn latency(application: &ApplicationSummary, ns: f64) -> String {
    match application.latency.count {
        0 => "–".into(),
        _ => time(ns),
    }
}

/// A value of an axis with its unit: `2us` as `2 µs`.
pub fn value(text: &str) -> String {
    let letters = text.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
    let unit = match letters.trim().to_ascii_lowercase().as_str() {
        "ns" | "us" | "µs" | "ms" | "s" => Unit::Time,
        "k" | "kib" | "m" | "mib" | "g" | "gib" => Unit::Bytes,
        _ => return text.into(),
    };
    quantity(text).map_or_else(|| text.into(), |size| unit.tell(size))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_have_the_units_of_figures() {
        assert_eq!(
            ["2us", "64k", "0.5ms", "12", "round-robin", "4 KiB", "us"].map(value),
            [
                "2 µs",
                "64 KiB",
                "500 µs",
                "12",
                "round-robin",
                "4 KiB",
                "us"
            ]
        );
    }

    #[test]
    fn nothing_took_no_time() {
        let mut application = ApplicationSummary::default();
        assert_eq!(latency(&application, 0.0), "–");
        application.latency.count = 1;
        assert_eq!(latency(&application, 4e6), "4.00 ms");
    }
}
