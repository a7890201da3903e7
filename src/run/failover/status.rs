//! Reading `dmsetup status` of a multipath device.

/// The groups of a map.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MapStatus {
    /// In table order.
    pub groups: Vec<GroupStatus>,
    /// The group that is in use, or will be, from 1.
    pub current: usize,
    /// Devices of the group that I/O was last sent to.
    pub used: Vec<String>,
}

/// A priority group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupStatus {
    /// `A` in use, `E` enabled, `D` disabled.
    pub state: char,
    /// Its paths: device, and whether it is active.
    pub paths: Vec<(String, bool)>,
}

impl MapStatus {
    /// Reads what `dmsetup status` prints; nothing, if that is not a multipath
    /// device's.
    pub fn parse(text: &str) -> Option<MapStatus> {
        let line = text.lines().find(|line| line.contains(" multipath "))?;
        let mut words = Words(line.split_whitespace());
        words.skip(3)?;
        for _ in 0..2 {
            let features = words.number()?;
            words.skip(features)?;
        }
        let groups = words.number()?;
        let current = words.number()?;
        let groups = (0..groups).map(|_| group(&mut words));
        let groups = groups.collect::<Option<Vec<_>>>()?;
        let used = groups.iter().find(|group| group.state == 'A');
        Some(MapStatus {
            used: used.map(GroupStatus::devices).unwrap_or_default(),
            groups,
            current,
        })
    }

    /// Devices of the group that I/O is sent to, or will be first.
    pub fn first_used(&self) -> Vec<String> {
        let first = self.groups.get(self.current.saturating_sub(1));
        match self.used.as_slice() {
            [] => first.map(GroupStatus::devices).unwrap_or_default(),
            used => used.to_vec(),
        }
    }

    /// Reads what `dmsetup status` prints after it printed `self`: where it has
    /// no group in use, the last one was that of before.
    pub fn next(&self, text: &str) -> Option<MapStatus> {
        let mut status = MapStatus::parse(text)?;
        if status.used.is_empty() {
            status.used.clone_from(&self.used);
        }
        Some(status)
    }

    /// All paths, in order.
    pub fn paths(&self) -> impl Iterator<Item = &(String, bool)> {
        self.groups.iter().flat_map(|group| &group.paths)
    }

    /// Whether no path is active.
    pub fn is_dead(&self) -> bool {
        self.paths().all(|(_, active)| !active)
    }

    /// Devices of the group that is in use, or will be with the next I/O.
    pub fn in_use(&self) -> Vec<&str> {
        let alive = self.groups.iter().enumerate();
        let alive = alive.filter(|(_, group)| group.paths.iter().any(|(_, active)| *active));
        // Table order, but a disabled group last.
        let best = alive.min_by_key(|(n, group)| (n + 1 != self.current, group.state == 'D'));
        let group = best.map(|(_, group)| group);
        let paths = group.into_iter().flat_map(|group| &group.paths);
        paths.map(|(device, _)| device.as_str()).collect()
    }
}

impl GroupStatus {
    fn devices(&self) -> Vec<String> {
        self.paths
            .iter()
            .map(|(device, _)| device.clone())
            .collect()
    }
}

fn group(words: &mut Words<'_>) -> Option<GroupStatus> {
    let state = words.0.next()?.chars().next()?;
    let selector = words.number()?;
    words.skip(selector)?;
    let (paths, args) = (words.number()?, words.number()?);
    let mut path = || {
        let device = words.0.next()?.to_owned();
        let active = words.0.next()? == "A";
        words.skip(1 + args)?;
        Some((device, active))
    };
    Some(GroupStatus {
        state,
        paths: (0..paths).map(|_| path()).collect::<Option<_>>()?,
    })
}

/// Words that are read one after the other.
struct Words<'a>(std::str::SplitWhitespace<'a>);

impl Words<'_> {
    fn number(&mut self) -> Option<usize> {
        self.0.next()?.parse().ok()
    }
    fn skip(&mut self, n: usize) -> Option<()> {
        for _ in 0..n {
            self.0.next()?;
        }
        Some(())
    }
}

/// A difference between two statuses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// A path is no longer active.
    Failed(String),
    /// A path is active again.
    Back(String),
    /// A group is disabled, by its number from 1.
    Disabled(usize),
    /// A group is no longer disabled.
    Enabled(usize),
    /// I/O goes to this group now, and went to another before.
    InUse(usize),
    /// The map has another table with other paths.
    Paths {
        /// All of them.
        all: Vec<String>,
        /// Those that it did not have before.
        new: Vec<String>,
    },
}

/// What is different in `after`.
pub fn changes(before: &MapStatus, after: &MapStatus) -> Vec<Change> {
    let devices = |s: &MapStatus| s.paths().map(|(d, _)| d.clone()).collect::<Vec<_>>();
    let (had, all) = (devices(before), devices(after));
    let has_new_table = had != all;
    let mut found = Vec::new();
    if has_new_table {
        let new = all.iter().filter(|d| !had.contains(d)).cloned().collect();
        found.push(Change::Paths { all, new });
    }
    found.extend(of_paths(before, after));
    if !has_new_table {
        found.extend(of_groups(before, after));
    }
    let used = after.groups.iter().position(|g| g.devices() == after.used);
    if let Some(group) = used.filter(|_| !before.used.is_empty() && after.used != before.used) {
        found.push(Change::InUse(group + 1));
    }
    found
}

/// Paths that fail or come back, of those that were there before.
fn of_paths(before: &MapStatus, after: &MapStatus) -> impl Iterator<Item = Change> {
    after.paths().filter_map(|(device, is)| {
        let (_, was) = before.paths().find(|(d, _)| d == device)?;
        match (was, is) {
            (true, false) => Some(Change::Failed(device.clone())),
            (false, true) => Some(Change::Back(device.clone())),
            _ => None,
        }
    })
}

/// Groups that are disabled, or no longer.
fn of_groups(before: &MapStatus, after: &MapStatus) -> impl Iterator<Item = Change> {
    let groups = before.groups.iter().zip(&after.groups).enumerate();
    groups.filter_map(|(n, (was, is))| match (was.state, is.state) {
        ('D', 'D') => None,
        (_, 'D') => Some(Change::Disabled(n + 1)),
        ('D', _) => Some(Change::Enabled(n + 1)),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const BEFORE: &str = "0 262144 multipath 2 0 0 0 2 1 A 0 2 2 sda A 0 4096 1 sdb A 0 0 1 \
                          E 2 972 10 1 0 sdc A 0";

    #[test]
    fn groups_and_paths_are_found_whatever_the_selector_says() {
        let status = MapStatus::parse(BEFORE).unwrap();
        assert_eq!(status.in_use(), ["sda", "sdb"]);
        assert_eq!(status.paths().count(), 3);
        let after = BEFORE.replace("sdb A 0", "sdb F 1").replace(" E 2", " D 2");
        let after = MapStatus::parse(&after).unwrap();
        let want = [Change::Failed("sdb".into()), Change::Disabled(2)];
        assert_eq!(changes(&status, &after), want);
        assert_eq!(changes(&after, &after), []);
        assert!(!after.is_dead());
    }

    #[test]
    fn other_text_is_nothing() {
        assert_eq!(MapStatus::parse("0 8 linear 8:0 0"), None);
        assert_eq!(MapStatus::parse("0 8 multipath 2 0 0 0 1 1 A 0 2"), None);
    }
}
