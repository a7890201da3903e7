//! Which settings a map has, of all that are built in and configured.
//!
//! From weak to strong (`propsel.c`): defaults that are built in, section
//! `defaults`, the table of arrays that is built in, section `devices`, section
//! `overrides`, section `multipaths`. So what is built in for an array is
//! stronger than section `defaults`. Of several entries that match a device,
//! the later is the stronger one (`config.c:find_hwe`).

use regex_lite::Regex;

use super::MultipathConf;
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
        for entry in &entries.devices {
            let matches = entry.vendor.is_match(device.vendor.trim())
                && entry.product.is_match(device.product.trim())
                && entry
                    .revision
                    .as_ref()
                    .is_none_or(|revision| revision.is_match(device.revision.trim()));
            if matches {
                entry.layer.apply(&mut settings);
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
        }
    }
}

fn found(pattern: &str, text: &str) -> bool {
    Regex::new(pattern).is_ok_and(|pattern| pattern.is_match(text.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_patterns_of_all_presets_are_valid() {
        for preset in PRESETS {
            for pattern in [preset.vendor, preset.product] {
                assert!(Regex::new(pattern).is_ok(), "{pattern}");
            }
        }
    }
}
