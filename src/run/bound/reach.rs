//! Which devices a job can use: those below the map, or the disk, that it is given.
//! Of the priority groups of a map those count that were used, or the one that it
//! begins with.

use super::seen::Seen;
use crate::models::config::{MachineConfig, MapConfig};
use crate::models::workload::fio::ThreadSpec;

/// All devices of a computer, and who can use which.
pub struct Reach<'a> {
    config: &'a MachineConfig,
    seen: Option<&'a Seen<'a>>,
}

impl<'a> Reach<'a> {
    /// That of `config`, and in the run that was `seen`.
    pub fn new(config: &'a MachineConfig, seen: Option<&'a Seen<'a>>) -> Self {
        Reach { config, seen }
    }

    /// The devices of a thread, by number, ascending; all if nothing is known.
    pub fn of(&self, spec: &ThreadSpec) -> Vec<usize> {
        let mut found = Vec::new();
        match &spec.filename {
            Some(name) => self.add(name, &mut found, 0),
            None => found.extend(0..self.config.devices.len()),
        }
        if self.changes() {
            // Tables may have been loaded that are in no scenario.
            let used = |n: &usize| {
                let named = &self.config.devices[*n];
                self.seen.is_none_or(|seen| seen.was_used(&named.name))
            };
            found.extend((0..self.config.devices.len()).filter(used));
        }
        if found.is_empty() {
            found.extend(0..self.config.devices.len());
        }
        found.sort_unstable();
        found.dedup();
        found
    }

    /// Whether maps may come to have other tables.
    fn changes(&self) -> bool {
        self.config.multipathd.is_some() || !self.config.actions.is_empty()
    }

    /// Adds the leaf called `name`, or those below the map of that name.
    fn add(&self, name: &str, found: &mut Vec<usize>, deep: u32) {
        let own = name.rsplit('/').next().unwrap_or(name);
        let is_number = |(major, minor): (u32, u32)| own == format!("{major}:{minor}");
        let leaves = self.config.devices.iter();
        let leaf = leaves
            .zip(0..)
            .find(|(d, _)| d.name == own || is_number(d.devno));
        if let Some((_, n)) = leaf {
            return found.push(n);
        }
        let maps = self.config.maps.iter();
        let map = maps
            .zip(0..)
            .find(|(m, n)| m.name == own || is_number(m.devno) || own == format!("dm-{n}"));
        if let Some((map, _)) = map
            && deep < 16
        {
            for line in map.table.lines() {
                for name in self.below(map, line) {
                    self.add(&name, found, deep + 1);
                }
            }
        }
    }

    /// The devices that a line of a table names.
    fn below(&self, map: &MapConfig, line: &str) -> Vec<String> {
        let words: Vec<&str> = line.split_whitespace().collect();
        let is_multipath = words.get(2) == Some(&"multipath");
        let Some(groups) = (match is_multipath {
            true => groups(&words[3..]),
            false => None,
        }) else {
            return words.iter().skip(3).map(|w| (*w).to_owned()).collect();
        };
        let (groups, first) = groups;
        let used = |n: usize| self.was_used(map, n as u32 + 1);
        let any = (0..groups.len()).any(used);
        let is_in = |n: usize| if any { used(n) } else { n + 1 == first };
        let all = groups.into_iter().enumerate();
        all.filter(|(n, _)| is_in(*n))
            .flat_map(|(_, g)| g)
            .collect()
    }

    /// Whether group `number` of a map was given any I/O.
    fn was_used(&self, map: &MapConfig, number: u32) -> bool {
        let Some(seen) = self.seen else { return false };
        let maps = seen.outcome.maps.iter().filter(|m| m.name == map.name);
        let mut paths = maps.flat_map(|m| &m.paths);
        paths.any(|path| path.group == number && path.ios > 0)
    }
}

/// The groups of a multipath target and the first to be used, from 1
/// (`dm-mpath.c:multipath_ctr`).
fn groups(words: &[&str]) -> Option<(Vec<Vec<String>>, usize)> {
    let mut rest = words.iter();
    let features: usize = rest.next()?.parse().ok()?;
    for _ in 0..features {
        rest.next()?;
    }
    let handler: usize = rest.next()?.parse().ok()?;
    for _ in 0..handler {
        rest.next()?;
    }
    let count: usize = rest.next()?.parse().ok()?;
    let first: usize = rest.next()?.parse().ok()?;
    let mut groups = Vec::new();
    for _ in 0..count {
        let _selector = rest.next()?;
        let args: usize = rest.next()?.parse().ok()?;
        for _ in 0..args {
            rest.next()?;
        }
        let paths: usize = rest.next()?.parse().ok()?;
        let args: usize = rest.next()?.parse().ok()?;
        let mut group = Vec::new();
        for _ in 0..paths {
            group.push((*rest.next()?).to_owned());
            for _ in 0..args {
                rest.next()?;
            }
        }
        groups.push(group);
    }
    Some((groups, first.max(1)))
}
