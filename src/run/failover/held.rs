//! I/O that is held for ever, and why.

use super::status::MapStatus;
use crate::models::fault::ActionKind;
use crate::run::outcome::{MapOutcome, Outcome};
use crate::run::summary::HeldSummary;
use crate::sim::Ns;

/// The I/Os that each map holds at the end.
pub fn held(outcome: &Outcome) -> Vec<HeldSummary> {
    let held = outcome.held.iter().filter(|(_, ios)| *ios > 0);
    held.map(|(map, ios)| {
        let (since, why) = reason(outcome, map);
        HeldSummary {
            map: map.clone(),
            ios: *ios,
            since_ns: since.0,
            why: why.into(),
        }
    })
    .collect()
}

/// Since when, and why. A map that is suspended sends nothing, whatever its
/// paths are.
fn reason(outcome: &Outcome, name: &str) -> (Ns, &'static str) {
    let suspends = |what: &str| what.starts_with("dmsetup suspend");
    let last = outcome.actions.iter().rev().find(|a| {
        let resumes = a.what.starts_with("dmsetup resume");
        a.map.as_deref() == Some(name) && a.error.is_none() && (suspends(&a.what) || resumes)
    });
    match last {
        Some(a) if a.kind == ActionKind::Breaks && a.ended == Ns::NEVER => {
            (a.at, "a suspend that waits for I/O in flight")
        }
        Some(a) if a.kind == ActionKind::Breaks => (a.at, "suspended"),
        _ => without_suspend(outcome, name),
    }
}

/// Of a map that is not suspended: none of its paths is any good, it has none, or
/// one that holds what it was given.
fn without_suspend(outcome: &Outcome, name: &str) -> (Ns, &'static str) {
    if outcome.is_futile {
        return (outcome.duration, "every try fails or is not answered");
    }
    let map = outcome.maps.iter().find(|map| map.name == name);
    let is_dead = |text: &str| MapStatus::parse(text).is_none_or(|status| status.is_dead());
    if let Some(map) = map.filter(|map| is_dead(&map.status_at_end)) {
        return (without_paths_since(map), "no path, queue_if_no_path");
    }
    let mut network = outcome.network.iter().rev();
    let blocked = network.find(|(_, what)| what.ends_with("its port is blocked"));
    let since = blocked.map_or(Ns::ZERO, |(at, _)| *at);
    (since, "a path that is blocked, and no fast_io_fail_tmo")
}

/// Since when the map has had no path.
fn without_paths_since(map: &MapOutcome) -> Ns {
    let is_dead = |text: &str| MapStatus::parse(text).is_some_and(|status| status.is_dead());
    let dead = map
        .history
        .iter()
        .rev()
        .take_while(|(_, status)| is_dead(status));
    dead.last().map_or(Ns::ZERO, |(at, _)| *at)
}
