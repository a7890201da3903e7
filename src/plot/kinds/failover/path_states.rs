//! The states of a path over time, from what a run told.

use crate::plot::drawing::Hatch;
use crate::plot::result::RunResult;
use crate::plot::theme::Ink;
use crate::run::summary::{RunSummary, StatusSummary};

/// How a path is.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum State {
    /// I/O goes to it.
    Active,
    /// It is whole, and another group of its map is in use.
    Standby,
    /// Its port is away; what is sent there waits.
    Blocked,
    /// The map has marked it as failed.
    Failed,
    /// It is in no map.
    Absent,
}

impl State {
    /// Every state.
    pub const ALL: [State; 5] = [
        State::Active,
        State::Standby,
        State::Blocked,
        State::Failed,
        State::Absent,
    ];

    /// Its colour.
    pub fn ink(self) -> Ink {
        match self {
            State::Active | State::Standby => Ink::Live,
            State::Blocked => Ink::Warn,
            State::Failed => Ink::Bad,
            State::Absent => Ink::Muted,
        }
    }
    /// What tells it where colours do not: how much of a lane's height it fills,
    /// and what that is hatched with.
    pub fn fill(self) -> (f64, Hatch) {
        match self {
            State::Active => (1.0, Hatch::Plain),
            State::Standby => (0.35, Hatch::Plain),
            State::Blocked => (1.0, Hatch::Rising),
            State::Failed => (0.7, Hatch::Falling),
            State::Absent => (0.12, Hatch::Plain),
        }
    }
    /// As it is called in figures.
    pub fn name(self) -> &'static str {
        match self {
            State::Active => "path active",
            State::Standby => "another group in use",
            State::Blocked => "port blocked",
            State::Failed => "path failed",
            State::Absent => "in no map",
        }
    }
}

/// A map's name, and the paths of its groups.
pub type Groups = (String, Vec<Vec<String>>);

/// The maps as a run finds them: as the scenario has them; of old results, which do
/// not tell, as the run leaves them.
pub fn first_groups(result: &RunResult, run: &RunSummary) -> Vec<Groups> {
    let at_first = &result.summary.scenario.maps;
    let at_first = at_first.iter().flat_map(|map| {
        let paths = map.on.iter();
        paths.map(|path| (map.name.as_str(), path.device.as_str(), path.group))
    });
    let mut paths: Vec<(&str, &str, u32)> = at_first.collect();
    if paths.is_empty() {
        let at_end = run.paths.iter();
        paths.extend(at_end.map(|p| (p.map.as_str(), p.device.as_str(), p.group)));
    }
    let mut maps: Vec<Groups> = Vec::new();
    for (map, device, group) in paths {
        if maps.last().is_none_or(|last| last.0 != map) {
            maps.push((map.into(), Vec::new()));
        }
        if let Some((_, groups)) = maps.last_mut() {
            let n = group.saturating_sub(1) as usize;
            if groups.len() <= n {
                groups.resize(n + 1, Vec::new());
            }
            groups[n].push(device.into());
        }
    }
    maps
}

/// A path in a `dmsetup status` of its map.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
struct Listed {
    failed: bool,
    /// Another group is in use.
    waits: bool,
}

/// What `status` says of `device`.
fn listed(status: &str, device: &str) -> Option<Listed> {
    let words: Vec<&str> = status.split_whitespace().collect();
    let number = |at: usize| words.get(at).and_then(|w| w.parse::<usize>().ok());
    let after = |at: usize| Some(at + 1 + number(at)?);
    // Start, length, target; counts of features and of handler words; number of
    // groups, and the next one.
    let begin = after(after(3)?)?;
    let (count, next) = (number(begin)?, number(begin + 1)?);
    let mut at = begin + 2;
    let mut groups: Vec<(bool, Vec<(&str, bool)>)> = Vec::new();
    for _ in 0..count {
        let in_use = *words.get(at)? == "A";
        // Of the selector, of the group; of every path: its own.
        let paths_at = after(at + 1)?;
        let (paths, own) = (number(paths_at)?, number(paths_at + 1)?);
        at = paths_at + 2;
        let mut group = Vec::new();
        for _ in 0..paths {
            group.push((*words.get(at)?, *words.get(at + 1)? == "F"));
            at += 3 + own;
        }
        groups.push((in_use, group));
    }
    let works = |n: &usize| groups[*n].1.iter().any(|path| !path.1);
    // As the kernel chooses: the group in use, the next one, then any in order.
    let in_use = groups.iter().position(|group| group.0);
    let order = in_use
        .into_iter()
        .chain(next.checked_sub(1))
        .chain(0..count);
    let chosen = order.filter(|n| *n < count).find(works);
    let find = |(n, group): (usize, &(bool, Vec<(&str, bool)>))| {
        let path = group.1.iter().find(|path| path.0 == device)?;
        let waits = chosen.is_some_and(|chosen| chosen != n);
        let failed = path.1;
        Some(Listed { failed, waits })
    };
    groups.iter().enumerate().find_map(find)
}

/// What is known of a path.
#[derive(Clone, Debug)]
struct Standing<'r> {
    map: Option<&'r str>,
    is: Listed,
    blocked: bool,
}

impl<'r> Standing<'r> {
    fn at_first(groups: &'r [Groups], device: &str) -> Standing<'r> {
        let find = |(map, groups): &'r Groups| {
            let group = groups.iter().position(|g| g.iter().any(|d| d == device))?;
            Some((map.as_str(), group))
        };
        let found = groups.iter().find_map(find);
        Standing {
            map: found.map(|found| found.0),
            is: Listed {
                failed: false,
                waits: found.is_some_and(|found| found.1 > 0),
            },
            blocked: false,
        }
    }
    fn take(&mut self, status: &'r StatusSummary, device: &str) {
        match listed(&status.status, device) {
            Some(is) => (self.map, self.is) = (Some(status.map.as_str()), is),
            None if self.map == Some(status.map.as_str()) => self.map = None,
            None => {}
        }
    }
    fn state(&self) -> State {
        match (self.map, self.is.failed, self.blocked, self.is.waits) {
            (None, ..) => State::Absent,
            (_, true, ..) => State::Failed,
            (_, _, true, _) => State::Blocked,
            (_, _, _, true) => State::Standby,
            _ => State::Active,
        }
    }
}

/// State of a path from a time on, in maps that began as `groups`.
pub fn states(run: &RunSummary, groups: &[Groups], device: &str) -> Vec<(u64, State)> {
    let mut standing = Standing::at_first(groups, device);
    let mut states = vec![(0, standing.state())];
    let Some(failover) = &run.failover else {
        return states;
    };
    let is = |what: &str, then: &str| {
        let rest = what
            .strip_prefix(device)
            .and_then(|rest| rest.strip_prefix(": its port "));
        rest.is_some_and(|rest| rest.starts_with(then))
    };
    let mut ports = failover.events.iter().filter_map(|event| {
        let blocked = is(&event.what, "is blocked");
        let over = is(&event.what, "is back") || is(&event.what, "has failed");
        (blocked || over).then_some((event.at_ns, blocked))
    });
    let mut history = failover.history.iter();
    let (mut port, mut status) = (ports.next(), history.next());
    // Both are in order of time; of what is at one time, the port is first.
    while let Some(at) = port
        .map(|p| p.0)
        .into_iter()
        .chain(status.map(|s| s.at_ns))
        .min()
    {
        if let Some((_, blocked)) = port.filter(|p| p.0 == at) {
            standing.blocked = blocked;
            port = ports.next();
        } else if let Some(line) = status {
            standing.take(line, device);
            status = history.next();
        }
        let state = standing.state();
        match states.last_mut() {
            Some((last, s)) if *last == at => *s = state,
            Some((_, s)) if *s == state => {}
            _ => states.push((at, state)),
        }
    }
    states.dedup_by_key(|state| state.1);
    states
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::summary::{EventSummary, FailoverSummary};

    fn run(events: &[(u64, &str)], history: &[(u64, &str)]) -> RunSummary {
        let event = |(at_ns, what): &(u64, &str)| EventSummary {
            at_ns: *at_ns,
            what: (*what).into(),
        };
        let status = |(at_ns, status): &(u64, &str)| StatusSummary {
            at_ns: *at_ns,
            map: "mp".into(),
            status: format!("0 8 multipath 2 0 1 0 {status}"),
        };
        RunSummary {
            mode: "bio".into(),
            device: None,
            duration_ns: 100,
            application: Default::default(),
            multipath: Default::default(),
            path_devices: Default::default(),
            paths: Vec::new(),
            devices: Vec::new(),
            cpu: Default::default(),
            jobs: Vec::new(),
            maps: Vec::new(),
            failover: Some(FailoverSummary {
                events: events.iter().map(event).collect(),
                history: history.iter().map(status).collect(),
                ..FailoverSummary::default()
            }),
            single_queues: None,
        }
    }

    fn maps(groups: &[&[&str]]) -> Vec<Groups> {
        let group = |group: &&[&str]| group.iter().map(|name| (*name).to_owned()).collect();
        vec![("mp".into(), groups.iter().map(group).collect())]
    }

    #[test]
    fn a_path_is_blocked_then_failed_then_back() {
        let events = [
            (10, "sda: its port is blocked"),
            (60, "sda: its port has failed (fast_io_fail_tmo)"),
        ];
        let history = [
            (60, "1 1 A 0 2 0 sda F 1 sdb A 0"),
            (80, "1 1 A 0 2 0 sda A 1 sdb A 0"),
        ];
        let run = run(&events, &history);
        let maps = maps(&[&["sda", "sdb"]]);
        let want = [
            (0, State::Active),
            (10, State::Blocked),
            (60, State::Failed),
            (80, State::Active),
        ];
        assert_eq!(states(&run, &maps, "sda"), want);
        assert_eq!(states(&run, &maps, "sdb"), [(0, State::Active)]);
    }

    #[test]
    fn a_path_comes_and_goes_with_the_table() {
        let history = [
            (30, "1 1 E 0 2 0 sda A 0 sdb A 0"),
            (70, "1 1 E 0 1 0 sdb A 0"),
        ];
        let run = run(&[], &history);
        let maps = maps(&[&["sda"]]);
        let a = [(0, State::Active), (70, State::Absent)];
        assert_eq!(states(&run, &maps, "sda"), a);
        let b = [(0, State::Absent), (30, State::Active)];
        assert_eq!(states(&run, &maps, "sdb"), b);
    }

    #[test]
    fn a_group_waits_until_the_one_before_has_failed() {
        let history = [
            (
                20,
                "2 1 A 0 2 2 sda F 1 0 1 sdb A 0 0 1 E 0 1 2 sdc A 0 0 1",
            ),
            (
                40,
                "2 1 A 0 2 2 sda F 1 0 1 sdb F 1 0 1 E 0 1 2 sdc A 0 0 1",
            ),
        ];
        let run = run(&[], &history);
        let maps = maps(&[&["sda", "sdb"], &["sdc"]]);
        let b = [(0, State::Active), (40, State::Failed)];
        assert_eq!(states(&run, &maps, "sdb"), b);
        let c = [(0, State::Standby), (40, State::Active)];
        assert_eq!(states(&run, &maps, "sdc"), c);
    }
}
