//! Which settings a map has, of all that are built in and configured.
//!
//! From weak to strong (`propsel.c`): defaults that are built in, section
//! `defaults`, the table of arrays that is built in, section `devices`, section
//! `overrides`, section `multipaths`. So what is built in for an array is
//! stronger than section `defaults`. Of several entries that match a device,
//! the later is the stronger one (`config.c:find_hwe`).

use regex_lite::Regex;

use super::MultipathConf;
use crate::formats::nearest::nearest;
use crate::models::multipathd::Settings;
use crate::models::multipathd::presets::{PRESETS, Preset};

/// What a map and its devices say of themselves.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq)]
pub struct Device<'a> {
    /// SCSI vendor; blanks around it do not count.
    pub vendor: &'a str,
    /// SCSI product, likewise.
    pub product: &'a str,
    /// SCSI revision, likewise.
    pub revision: &'a str,
    /// WWID of the map.
    pub wwid: &'a str,
}

/// The settings of a map.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resolved {
    /// The settings.
    pub settings: Settings,
    /// How the map is called, if that is configured.
    pub alias: Option<String>,
    /// Names of the presets that went in, weakest first.
    pub presets: Vec<&'static str>,
    /// How many entries of section `devices` did.
    pub devices: usize,
}

impl Resolved {
    /// Whether nothing is known of the array by its name.
    pub fn matches_nothing(&self) -> bool {
        self.presets.is_empty() && self.devices == 0
    }
}

impl MultipathConf {
    /// The settings of the map over `device`.
    pub fn resolve(&self, device: &Device<'_>) -> Resolved {
        let entries = &self.entries;
        let mut settings = Settings::default();
        entries.defaults.apply(&mut settings);
        let presets: Vec<&Preset> = PRESETS
            .iter()
            .filter(|preset| {
                found(preset.vendor, device.vendor) && found(preset.product, device.product)
            })
            .collect();
        for preset in &presets {
            preset.layer().apply(&mut settings);
        }
        let mut devices = 0;
        for entry in &entries.devices {
            let matches = entry.vendor.is_match(device.vendor.trim())
                && entry.product.is_match(device.product.trim())
                && entry
                    .revision
                    .as_ref()
                    .is_none_or(|revision| revision.is_match(device.revision.trim()));
            if matches {
                entry.layer.apply(&mut settings);
                devices += 1;
            }
        }
        entries.overrides.apply(&mut settings);
        let mut alias = None;
        for entry in entries.multipaths.iter().filter(|m| m.wwid == device.wwid) {
            entry.layer.apply(&mut settings);
            alias = entry.alias.clone().or(alias);
        }
        Resolved {
            settings,
            alias,
            presets: presets.iter().map(|preset| preset.name).collect(),
            devices,
        }
    }
}

/// Why none of the built-in arrays is `device`: its vendor is not among them, or
/// its product is none of that vendor's.
pub fn why_nothing_is_built_in(device: &Device<'_>) -> String {
    let Device {
        vendor, product, ..
    } = device;
    let of_vendor = PRESETS.iter().filter(|p| found(p.vendor, vendor));
    let products: Vec<&str> = of_vendor.map(|preset| preset.product).collect();
    if !products.is_empty() {
        let known = products.join("`, `");
        return format!(
            "nothing is built in for product `{product}` of `{vendor}`; known are those that \
             match `{known}`"
        );
    }
    let plain = |pattern: &'static str| {
        let inner = pattern.trim_start_matches('^');
        inner.trim_matches(['(', ')']).split('|')
    };
    let vendors = PRESETS.iter().flat_map(|preset| plain(preset.vendor));
    let hint = match nearest(vendor, vendors) {
        Some(vendor) => format!("did you mean `{vendor}`?"),
        None => "docs/scenario.md lists the vendors".into(),
    };
    format!("nothing is built in for vendor `{vendor}`; {hint}")
}

fn found(pattern: &str, text: &str) -> bool {
    Regex::new(pattern).is_ok_and(|pattern| pattern.is_match(text.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_array_that_is_not_known_is_said_to_be_so() {
        let of = |vendor, product| {
            why_nothing_is_built_in(&Device {
                vendor,
                product,
                ..Device::default()
            })
        };
        assert!(of("PUR", "FlashArray").ends_with("did you mean `PURE`?"));
        assert!(of("NETAPP", "").ends_with("those that match `LUN`, `INF-01-00`"));
        assert!(of("nobody at all", "").contains("docs/scenario.md"));
    }

    #[test]
    fn every_preset_is_in_the_reference() {
        let page = include_str!("../../../docs/scenario.md");
        for preset in PRESETS {
            let row = format!(
                "| {} | `{}` | `{}` |",
                preset.title, preset.vendor, preset.product
            );
            let row = row.replace("(", "").replace(")", "");
            let page = page.replace("\\|", "|").replace("(", "").replace(")", "");
            assert!(page.contains(&row), "{row}");
        }
    }

    #[test]
    fn the_patterns_of_all_presets_are_valid() {
        for preset in PRESETS {
            for pattern in [preset.vendor, preset.product] {
                assert!(Regex::new(pattern).is_ok(), "{pattern}");
            }
        }
    }
}
