//! Device-mapper devices: a table, or fields that make one, over devices that
//! exist.

use super::Checker;
use crate::models::config::QueueConfig;
use crate::models::multipathd::{Daemon, Settings};
use crate::models::san::SanConfig;
use crate::scenario::at::At;
use crate::scenario::error::did_you_mean;
use crate::scenario::raw::{RawGroup, RawMap, RawMode, RawPath};
use crate::scenario::table::{self, Line, TableWord, device_name};
use crate::scenario::{Device, Map};
use crate::sim::Ns;

/// Major number of device-mapper devices, as the lab has it.
const MAJOR: u32 = 254;

impl Checker<'_> {
    /// The maps over `devices`; those of which paths alone are given are made
    /// by multipathd.
    pub(super) fn maps(
        &mut self,
        raw: &[At<RawMap>],
        devices: &[Device],
        san: &SanConfig,
        multipathd: Option<&Settings>,
    ) -> Vec<Map> {
        let mut maps: Vec<Map> = Vec::new();
        for entry in raw {
            let name = entry
                .name
                .as_ref()
                .map_or("mp", |name| name.as_str())
                .to_owned();
            if maps.iter().any(|map| map.name == name) {
                let message = format!("a map `{name}` stands above already");
                self.wrong(entry, message, "give it a name of its own: name = \"…\"");
            }
            // A map whose table is wrong is there all the same: no errors in its wake.
            let table = match (multipathd, &entry.paths) {
                (Some(settings), Some(paths)) if is_made_by_multipathd(entry) => {
                    self.table_of_multipathd(entry, paths, devices, (san, settings))
                }
                _ => self.table(entry, devices, &maps),
            };
            let table = table.unwrap_or_default();
            maps.push(Map {
                name,
                devno: (MAJOR, maps.len() as u32),
                sectors: sectors(&table),
                table,
                queue: QueueConfig::from(&entry.queue),
            });
        }
        maps
    }

    fn table(&mut self, entry: &At<RawMap>, devices: &[Device], maps: &[Map]) -> Option<String> {
        let fields = entry.selector.is_some() || entry.paths.is_some() || entry.group.is_some();
        match &entry.table {
            Some(_) if fields => {
                let hint = "keep either `table` or `selector`, `paths` and `group`";
                self.wrong(entry, "both a table and its fields are given", hint);
                None
            }
            Some(text) => self.table_text(text, devices, maps),
            None => self.table_from_fields(entry, devices, maps),
        }
    }

    /// The table that multipathd writes for `paths` (`assemble_map`).
    fn table_of_multipathd(
        &mut self,
        entry: &At<RawMap>,
        paths: &At<Vec<At<RawPath>>>,
        devices: &[Device],
        (san, settings): (&SanConfig, &Settings),
    ) -> Option<String> {
        let mut infos = Vec::new();
        let mut smallest = None;
        for path in paths.iter() {
            let name = device_name(path.device());
            let Some(device) = devices.iter().find(|device| device.name == name) else {
                let hint = did_you_mean(name, devices.iter().map(|d| d.name.as_str()));
                let message = format!("there is no device `{}`", path.device());
                self.wrong(path, message, hint);
                return None;
            };
            smallest = Some(smallest.map_or(device.sectors, |s: u64| s.min(device.sectors)));
            infos.push(Checker::path_info(device, san));
        }
        let size = entry.size.as_ref().map(|size| size.0 / 512).or(smallest);
        let Some(size) = size else {
            self.wrong(paths, "a map without paths", "name at least one device");
            return None;
        };
        let daemon = Daemon::new(settings.clone(), infos, false, Ns::ZERO);
        Some(format!("0 {size} multipath {}", daemon.table()))
    }

    fn table_text(
        &mut self,
        text: &At<String>,
        devices: &[Device],
        maps: &[Map],
    ) -> Option<String> {
        let lines = match table::lines(text) {
            Ok(lines) => lines,
            Err(error) => {
                self.wrong_within(text, error.span, error.message, error.hint);
                return None;
            }
        };
        for line in &lines {
            match line {
                Line::Multipath(multipath) => {
                    for group in &multipath.groups {
                        self.selector_word(text, group.selector.as_ref());
                        for device in &group.devices {
                            self.device_word(text, device, devices, maps);
                        }
                    }
                }
                Line::Other { target, args } => match (target.text, args.first()) {
                    ("linear" | "delay", Some(device)) => {
                        self.device_word(text, device, devices, maps)
                    }
                    ("striped", _) => {
                        for device in args.iter().skip(2).step_by(2) {
                            self.device_word(text, device, devices, maps);
                        }
                    }
                    _ => {}
                },
            }
        }
        Some(text.value.clone())
    }

    fn selector_word(&mut self, text: &At<String>, word: Option<&TableWord<'_>>) {
        if let Some(word) = word
            && !self.policies.has(word.text)
        {
            let hint = did_you_mean(word.text, self.policies.all_names());
            self.wrong_within(
                text,
                word.span.clone(),
                format!("unknown path selector `{}`", word.text),
                hint,
            );
        }
    }

    fn device_word(
        &mut self,
        text: &At<String>,
        word: &TableWord<'_>,
        devices: &[Device],
        maps: &[Map],
    ) {
        if !known(word.text, devices, maps) {
            let hint = did_you_mean(device_name(word.text), names(devices, maps));
            self.wrong_within(
                text,
                word.span.clone(),
                format!("there is no device `{}`", word.text),
                hint,
            );
        }
    }

    fn table_from_fields(
        &mut self,
        entry: &At<RawMap>,
        devices: &[Device],
        maps: &[Map],
    ) -> Option<String> {
        let single = match (&entry.selector, &entry.paths) {
            (Some(selector), Some(paths)) => Some(RawGroup {
                selector: selector.clone(),
                selector_args: entry.selector_args.clone().unwrap_or_default(),
                paths: paths.clone(),
            }),
            _ => None,
        };
        let groups: &[RawGroup] = match (&single, &entry.group) {
            (Some(group), None) => std::slice::from_ref(group),
            (None, Some(groups)) if entry.selector.is_none() && entry.paths.is_none() => groups,
            _ => {
                let hint =
                    "give `table`, or `selector` and `paths`, or `[[map.group]]`s that have both";
                self.wrong(entry, "the map has no complete table", hint);
                return None;
            }
        };
        let mut smallest = None;
        let mut text = self.head(entry, groups.len());
        for group in groups {
            text += &self.group(group, devices, maps, &mut smallest)?;
        }
        let size = entry.size.as_ref().map(|size| size.0 / 512).or(smallest)?;
        Some(format!("0 {size} multipath {text}"))
    }

    /// Features, handler and the count of groups.
    fn head(&self, entry: &RawMap, groups: usize) -> String {
        let mut features: Vec<&str> = Vec::new();
        if let Some(mode) = &entry.queue_mode {
            features.extend([
                "queue_mode",
                match mode.value {
                    RawMode::Bio => "bio",
                    RawMode::Mq => "mq",
                    RawMode::Rq => "rq",
                },
            ]);
        }
        let further = entry.features.iter().flatten();
        features.extend(further.flat_map(|feature| feature.split_whitespace()));
        let features = join(features.len(), features.into_iter());
        let handler = entry
            .hw_handler
            .as_ref()
            .map_or("0", |handler| handler.as_str());
        let first = usize::from(groups > 0);
        format!("{features} {handler} {groups} {first}")
    }

    fn group(
        &mut self,
        group: &RawGroup,
        devices: &[Device],
        maps: &[Map],
        smallest: &mut Option<u64>,
    ) -> Option<String> {
        if !self.policies.has(&group.selector) {
            let hint = did_you_mean(&group.selector, self.policies.all_names());
            let message = format!("unknown path selector `{}`", *group.selector);
            self.wrong(&group.selector, message, hint);
        }
        let Some(words) = group.paths.first().map(|path| path.args().len()) else {
            self.wrong(
                &group.paths,
                "a group without paths",
                "name at least one device",
            );
            return None;
        };
        let args = group.selector_args.iter().map(ToString::to_string);
        let args = join(group.selector_args.len(), args);
        let mut text = format!(" {} {args} {} {words}", *group.selector, group.paths.len());
        for path in group.paths.iter() {
            if path.args().len() != words {
                let message = format!(
                    "the path has {} words, the first of its group {words}",
                    path.args().len()
                );
                self.wrong(path, message, "give every path of a group as many args");
            }
            match size_of(path.device(), devices, maps) {
                Some(size) => *smallest = Some(smallest.map_or(size, |least| least.min(size))),
                None => {
                    let hint = did_you_mean(device_name(path.device()), names(devices, maps));
                    self.wrong(
                        path,
                        format!("there is no device `{}`", path.device()),
                        hint,
                    );
                }
            }
            text += &format!(" {}", path.device());
            for word in path.args() {
                text += &format!(" {word}");
            }
        }
        Some(text)
    }
}

/// Whether only paths are given: how they are used is multipathd's to say.
fn is_made_by_multipathd(entry: &RawMap) -> bool {
    entry.table.is_none()
        && entry.selector.is_none()
        && entry.selector_args.is_none()
        && entry.group.is_none()
        && entry.features.is_none()
        && entry.hw_handler.is_none()
}

/// `n` and the words.
fn join<S: AsRef<str>>(n: usize, words: impl Iterator<Item = S>) -> String {
    words.fold(n.to_string(), |text, word| text + " " + word.as_ref())
}

/// The summed length of the lines of a table.
fn sectors(table: &str) -> u64 {
    table
        .lines()
        .filter_map(|line| line.split_whitespace().nth(1)?.parse().ok())
        .fold(0, u64::saturating_add)
}

fn names<'a>(devices: &'a [Device], maps: &'a [Map]) -> impl Iterator<Item = &'a str> {
    let devices = devices.iter().map(|device| device.name.as_str());
    devices.chain(maps.iter().map(|map| map.name.as_str()))
}

fn known(word: &str, devices: &[Device], maps: &[Map]) -> bool {
    size_of(word, devices, maps).is_some()
}

/// Sectors of the device that `word` names.
fn size_of(word: &str, devices: &[Device], maps: &[Map]) -> Option<u64> {
    let is = |name: &str, devno: (u32, u32)| {
        device_name(word) == name || word == format!("{}:{}", devno.0, devno.1)
    };
    let device = devices.iter().find(|device| is(&device.name, device.devno));
    let map = maps.iter().find(|map| is(&map.name, map.devno));
    device
        .map(|device| device.sectors)
        .or_else(|| map.map(|map| map.sectors))
}
