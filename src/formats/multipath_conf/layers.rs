//! From the tree to what its sections set.

mod values;

use regex_lite::Regex;

use super::error::{ConfError, Warning};
use super::keywords::{SECTIONS, Section, Use, usage};
use super::tree::{Block, Conf, Setting};
use crate::formats::nearest::nearest;
use crate::models::multipathd::Layer;

/// What the sections of a configuration set.
#[derive(Clone, Debug, Default)]
pub struct Entries {
    /// Section `defaults`.
    pub defaults: Layer,
    /// Section `devices`, in order.
    pub devices: Vec<DeviceEntry>,
    /// Section `overrides`.
    pub overrides: Layer,
    /// Section `multipaths`, in order.
    pub multipaths: Vec<MultipathEntry>,
}

/// An entry for the devices whose vendor and product match.
#[derive(Clone, Debug)]
pub struct DeviceEntry {
    /// Found in the vendor.
    pub vendor: Regex,
    /// Found in the product.
    pub product: Regex,
    /// Found in the revision.
    pub revision: Option<Regex>,
    /// What it sets.
    pub layer: Layer,
}

/// An entry for one map.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MultipathEntry {
    /// WWID of the map.
    pub wwid: String,
    /// How the map is called.
    pub alias: Option<String>,
    /// What it sets.
    pub layer: Layer,
}

/// Reads all sections.
pub(super) fn entries(conf: &Conf, warnings: &mut Vec<Warning>) -> Result<Entries, ConfError> {
    let mut entries = Entries::default();
    for section in &conf.sections {
        match section.name.as_str() {
            "defaults" => apply(section, Section::Defaults, &mut entries.defaults, warnings)?,
            "overrides" => {
                for inner in section.blocks() {
                    ignore(known(inner, &["protocol"])?, warnings);
                }
                apply(
                    section,
                    Section::Overrides,
                    &mut entries.overrides,
                    warnings,
                )?;
            }
            "devices" => {
                for block in only_blocks(section, "device")? {
                    entries.devices.push(device(block, warnings)?);
                }
            }
            "multipaths" => {
                for block in only_blocks(section, "multipath")? {
                    entries.multipaths.push(multipath(block, warnings)?);
                }
            }
            "blacklist" | "blacklist_exceptions" => ignore(section, warnings),
            _ => return Err(unknown(section, &SECTIONS)),
        }
    }
    Ok(entries)
}

fn unknown(block: &Block, known: &[&str]) -> ConfError {
    ConfError::UnknownSection {
        at: block.at,
        name: block.name.clone(),
        nearest: nearest(&block.name, known.iter().copied()),
    }
}

fn known<'a>(block: &'a Block, names: &[&str]) -> Result<&'a Block, ConfError> {
    if names.contains(&block.name.as_str()) {
        Ok(block)
    } else {
        Err(unknown(block, names))
    }
}

fn ignore(block: &Block, warnings: &mut Vec<Warning>) {
    warnings.push(Warning {
        at: block.at,
        message: format!("section `{}` is not read", block.name),
    });
}

/// The blocks of a section in which nothing else may be.
fn only_blocks<'a>(section: &'a Block, name: &str) -> Result<Vec<&'a Block>, ConfError> {
    if let Some(setting) = section.settings().next() {
        return Err(ConfError::WrongSection {
            at: setting.at,
            option: setting.name.clone(),
            section: section.name.clone(),
            belongs: name.into(),
        });
    }
    section
        .blocks()
        .map(|block| known(block, &[name]))
        .collect()
}

/// Reads the options of a block; those that name devices are left out.
fn apply(
    block: &Block,
    section: Section,
    layer: &mut Layer,
    warnings: &mut Vec<Warning>,
) -> Result<(), ConfError> {
    let mut seen: Vec<&str> = Vec::new();
    for setting in block.settings() {
        if seen.contains(&setting.name.as_str()) {
            warnings.push(Warning {
                at: setting.at,
                message: format!("`{}` is given twice; the last counts", setting.name),
            });
        }
        seen.push(&setting.name);
        match usage(setting, section)? {
            Use::Names => {}
            Use::Read => values::read(setting, layer, warnings)?,
            Use::Ignored => warnings.push(Warning {
                at: setting.at,
                message: format!("`{}` is not modelled", setting.name),
            }),
        }
    }
    Ok(())
}

fn no_blocks(block: &Block) -> Result<(), ConfError> {
    match block.blocks().next() {
        None => Ok(()),
        Some(inner) => Err(unknown(inner, &[])),
    }
}

fn device(block: &Block, warnings: &mut Vec<Warning>) -> Result<DeviceEntry, ConfError> {
    no_blocks(block)?;
    let mut layer = Layer::default();
    apply(block, Section::Device, &mut layer, warnings)?;
    Ok(DeviceEntry {
        vendor: pattern(named(block, "vendor")?)?,
        product: pattern(named(block, "product")?)?,
        revision: last(block, "revision").map(pattern).transpose()?,
        layer,
    })
}

fn multipath(block: &Block, warnings: &mut Vec<Warning>) -> Result<MultipathEntry, ConfError> {
    no_blocks(block)?;
    let mut layer = Layer::default();
    apply(block, Section::Multipath, &mut layer, warnings)?;
    Ok(MultipathEntry {
        wwid: named(block, "wwid")?.value.clone(),
        alias: block.get("alias").map(str::to_owned),
        layer,
    })
}

fn last<'a>(block: &'a Block, option: &str) -> Option<&'a Setting> {
    block.settings().filter(|s| s.name == option).last()
}

fn named<'a>(block: &'a Block, option: &'static str) -> Result<&'a Setting, ConfError> {
    last(block, option).ok_or_else(|| ConfError::Incomplete {
        at: block.at,
        block: block.name.clone(),
        option,
    })
}

fn pattern(setting: &Setting) -> Result<Regex, ConfError> {
    Regex::new(&setting.value).map_err(|why| ConfError::BadValue {
        at: setting.value_at,
        option: setting.name.clone(),
        value: setting.value.clone(),
        expected: format!("a regular expression: {why}").into(),
        nearest: None,
    })
}
