//! What happened, an event a line.

use super::errno_name;
use super::gaps::told;
use super::recovery;
use super::status::{Change, MapStatus, changes};
use crate::models::fault::ActionKind;
use crate::run::outcome::{MapOutcome, Outcome};
use crate::run::summary::{EventSummary, FaultSummary, MoreSummary};
use crate::sim::Ns;

/// A path or group of a map has changed its state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PathChange {
    /// When.
    pub at: Ns,
    /// The map.
    pub map: String,
    /// What.
    pub change: Change,
}

/// Every change of a path or group, in order of time.
pub fn path_changes(outcome: &Outcome) -> Vec<PathChange> {
    let mut all: Vec<PathChange> = outcome.maps.iter().flat_map(of_map).collect();
    all.sort_by_key(|change| change.at);
    all
}

fn of_map(map: &MapOutcome) -> Vec<PathChange> {
    let mut found = Vec::new();
    let Some(mut before) = MapStatus::parse(&map.status_at_start) else {
        return found;
    };
    before.used = before.first_used();
    // Of what comes and goes at the same time, as when a table is loaded and the
    // paths in it that are down are failed, the end counts.
    for together in map.history.chunk_by(|a, b| a.0 == b.0) {
        let mut after = before.clone();
        for (_, text) in together {
            after = after.next(text).unwrap_or(after);
        }
        let at = together.first().map_or(Ns::ZERO, |(at, _)| *at);
        let differences = changes(&before, &after).into_iter();
        found.extend(differences.map(|change| PathChange {
            at,
            map: map.name.clone(),
            change,
        }));
        before = after;
    }
    found
}

/// The order of events of the same time.
#[derive(Copy, Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    Action,
    Network,
    Recovery,
    Path,
    Decision,
    Error,
    NextPath,
    Over,
    Gap,
    Full,
}

/// An event: when, its rank, and what.
type Event = (u64, Rank, String);

/// The events of a run, in order of time, and what there is more.
pub fn events(
    outcome: &Outcome,
    changes: &[PathChange],
    faults: &[FaultSummary],
) -> (Vec<EventSummary>, Vec<MoreSummary>) {
    let mut all: Vec<Event> = Vec::new();
    let mut more = Vec::new();
    for fault in faults {
        of_fault(fault, &mut all);
    }
    for (at, what) in &outcome.network {
        all.push((at.0, Rank::Network, what.clone()));
    }
    let mut turns: Vec<Ns> = outcome.actions.iter().map(|a| a.at).collect();
    turns.dedup();
    let recovery = recovery::thinned(&outcome.recovery, &turns, &mut more);
    all.extend(recovery.map(|(at, what)| {
        let rank = match what.starts_with("multipathd") {
            true => Rank::Decision,
            false => Rank::Recovery,
        };
        (at.0, rank, what.clone())
    }));
    for change in changes {
        all.push((change.at.0, Rank::Path, text(change)));
    }
    suspends(outcome, faults, &mut all);
    if let Some(gaps) = &outcome.gaps {
        let told = told(gaps, &turns);
        for (from, until) in told.gaps {
            all.push((from.0, Rank::Gap, "last I/O before a gap".into()));
            all.push((until.0, Rank::Gap, "first I/O after a gap".into()));
        }
        if told.others > 0 {
            more.push(MoreSummary {
                what: "gaps of 20 ms or more".into(),
                count: told.others,
                total_ns: Some(told.total.0),
            });
        }
        if let Some((from, _)) = gaps.application.open {
            let text = "last I/O that succeeds".into();
            all.push((from.0, Rank::Gap, text));
        }
    }
    (in_order(all), more)
}

/// In order of time and rank; what several faults lead to, once.
fn in_order(mut all: Vec<Event>) -> Vec<EventSummary> {
    all.sort_by_key(|&(at, rank, _)| (at, rank));
    let mut told: Vec<Event> = Vec::with_capacity(all.len());
    for event in all {
        let same_time = told.iter().rev().take_while(|e| e.0 == event.0);
        if event.1 == Rank::Action || !same_time.into_iter().any(|e| *e == event) {
            told.push(event);
        }
    }
    let event = |(at_ns, _, what)| EventSummary { at_ns, what };
    told.into_iter().map(event).collect()
}

/// Of what takes its time it is said when it was over.
fn suspends(outcome: &Outcome, faults: &[FaultSummary], all: &mut Vec<Event>) {
    for (action, fault) in outcome.actions.iter().zip(faults) {
        let takes_time = fault.what.starts_with("dmsetup suspend") && fault.error.is_none();
        if action.kind == ActionKind::Breaks
            && takes_time
            && let Some(over) = fault.over_ns
        {
            all.push((over, Rank::Over, format!("{} is over", fault.what)));
        }
    }
}

fn of_fault(fault: &FaultSummary, all: &mut Vec<Event>) {
    let at = |after: u64| fault.at_ns.saturating_add(after);
    let refused = fault.error.as_ref().map(|error| format!(": {error}"));
    // A table may be long.
    let command = fault.what.split(" --table ").next().unwrap_or_default();
    let command = command.split(" with '").next().unwrap_or_default();
    let what = format!("{command}{}", refused.unwrap_or_default());
    all.push((fault.at_ns, Rank::Action, what));
    if let Some((after, errno)) = fault.to_first_error_ns.zip(fault.first_errno) {
        let text = format!("first error: {}", errno_name(errno));
        all.push((at(after), Rank::Error, text));
    }
    if let Some((after, path)) = fault.to_next_path_ns.zip(fault.next_path.as_ref()) {
        let text = match fault.kind.as_str() {
            "breaks" => format!("first I/O on another path: {path}"),
            _ => format!("first I/O on {path}"),
        };
        all.push((at(after), Rank::NextPath, text));
    }
    if let Some(after @ 1..) = fault.to_full_rate_ns {
        all.push((at(after), Rank::Full, "full rate".into()));
    }
}

fn text(change: &PathChange) -> String {
    let map = &change.map;
    match &change.change {
        Change::Failed(device) => format!("{map}: path {device} failed"),
        Change::Back(device) => format!("{map}: path {device} is back"),
        Change::Disabled(group) => format!("{map}: group {group} is disabled"),
        Change::Enabled(group) => format!("{map}: group {group} is enabled"),
        Change::InUse(group) => format!("{map}: group {group} is in use"),
        Change::Paths { all, .. } => format!("{map}: its paths are now {}", all.join(" ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_of_one_time_stay_in_the_order_of_the_timeline() {
        let event = |at, rank, what: &str| (at, rank, what.to_owned());
        let told = in_order(vec![
            event(5, Rank::Path, "mp: path sda failed"),
            event(5, Rank::Action, "z: down"),
            event(5, Rank::NextPath, "first I/O on sdb"),
            event(5, Rank::Action, "a: down"),
            event(5, Rank::NextPath, "first I/O on sdb"),
            event(4, Rank::Full, "full rate"),
        ]);
        let told: Vec<&str> = told.iter().map(|e| e.what.as_str()).collect();
        let want = [
            "full rate",
            "z: down",
            "a: down",
            "mp: path sda failed",
            "first I/O on sdb",
        ];
        assert_eq!(told, want);
    }

    #[test]
    fn a_reload_that_changes_nothing_is_not_told() {
        let status = |sda: &str, sdb: &str| {
            format!("0 8 multipath 2 0 0 0 1 1 A 0 2 0 sda {sda} 0 sdb {sdb} 0 ")
        };
        let at = Ns::from_secs(15);
        let map = MapOutcome {
            name: "mp".into(),
            status_at_start: status("F", "A"),
            history: vec![(at, status("A", "A")), (at, status("F", "A"))],
            ..MapOutcome::default()
        };
        assert_eq!(of_map(&map), []);
    }
}
