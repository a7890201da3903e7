//! What happened, an event a line.

use super::errno_name;
use super::status::{Change, MapStatus, changes};
use crate::models::fault::ActionKind;
use crate::run::outcome::{MapOutcome, Outcome};
use crate::run::summary::{EventSummary, FaultSummary};
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
    for (at, text) in &map.history {
        let Some(after) = before.next(text) else {
            continue;
        };
        let differences = changes(&before, &after).into_iter();
        found.extend(differences.map(|change| PathChange {
            at: *at,
            map: map.name.clone(),
            change,
        }));
        before = after;
    }
    found
}

/// The order of events of the same time.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    Action,
    Network,
    Path,
    Error,
    NextPath,
    Over,
    Gap,
    Full,
}

/// The events of a run, in order of time.
pub fn events(
    outcome: &Outcome,
    changes: &[PathChange],
    faults: &[FaultSummary],
) -> Vec<EventSummary> {
    let mut all: Vec<(u64, Rank, String)> = Vec::new();
    for change in changes {
        all.push((change.at.0, Rank::Path, text(change)));
    }
    for (at, what) in &outcome.network {
        all.push((at.0, Rank::Network, what.clone()));
    }
    for fault in faults {
        of_fault(fault, &mut all);
    }
    for (action, fault) in outcome.actions.iter().zip(faults) {
        // Of what took its time it is said when it was over.
        let takes_time = fault.what.starts_with("dmsetup suspend") && fault.error.is_none();
        if action.kind == ActionKind::Breaks
            && takes_time
            && let Some(over) = fault.over_ns
        {
            all.push((over, Rank::Over, format!("{} is over", fault.what)));
        }
    }
    if let Some(gaps) = &outcome.gaps {
        for (from, until) in &gaps.application.listed {
            all.push((from.0, Rank::Gap, "last I/O before a gap".into()));
            all.push((until.0, Rank::Gap, "first I/O after a gap".into()));
        }
        if let Some((from, _)) = gaps.application.open {
            let text = "last I/O that succeeds".into();
            all.push((from.0, Rank::Gap, text));
        }
    }
    all.sort();
    all.dedup();
    let event = |(at_ns, _, what)| EventSummary { at_ns, what };
    all.into_iter().map(event).collect()
}

fn of_fault(fault: &FaultSummary, all: &mut Vec<(u64, Rank, String)>) {
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
