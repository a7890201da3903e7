//! The states of a path over time, from what a run told.

use crate::plot::theme::Ink;
use crate::run::summary::RunSummary;

/// How a path is.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum State {
    /// I/O goes to it.
    Active,
    /// Its port is away; what is sent there waits.
    Blocked,
    /// The map has marked it as failed.
    Failed,
}

impl State {
    /// Its colour.
    pub fn ink(self) -> Ink {
        match self {
            State::Active => Ink::Good,
            State::Blocked => Ink::Warn,
            State::Failed => Ink::Bad,
        }
    }
    /// As it is called in figures.
    pub fn name(self) -> &'static str {
        match self {
            State::Active => "path active",
            State::Blocked => "port blocked",
            State::Failed => "path failed",
        }
    }
}

/// State of a path from a time on.
pub fn states(run: &RunSummary, device: &str) -> Vec<(u64, State)> {
    let Some(failover) = &run.failover else {
        return vec![(0, State::Active)];
    };
    let blocked = format!("{device}: its port is blocked");
    let back = [
        format!("{device}: its port is back"),
        format!("{device}: its port has failed"),
    ];
    let mut changes: Vec<(u64, Option<bool>, Option<bool>)> = Vec::new();
    for event in &failover.events {
        if event.what.starts_with(&blocked) {
            changes.push((event.at_ns, None, Some(true)));
        } else if back.iter().any(|b| event.what.starts_with(b.as_str())) {
            changes.push((event.at_ns, None, Some(false)));
        }
    }
    for status in &failover.history {
        let mut words = status.status.split_whitespace();
        while let Some(word) = words.next() {
            if word == device
                && let Some(state @ ("A" | "F")) = words.next()
            {
                changes.push((status.at_ns, Some(state == "F"), None));
            }
        }
    }
    changes.sort_by_key(|change| change.0);
    let (mut failed, mut blocked) = (false, false);
    let mut states = vec![(0, State::Active)];
    for (at, fails, blocks) in changes {
        failed = fails.unwrap_or(failed);
        blocked = blocks.unwrap_or(blocked);
        let state = match (failed, blocked) {
            (true, _) => State::Failed,
            (false, true) => State::Blocked,
            (false, false) => State::Active,
        };
        match states.last_mut() {
            Some((last, s)) if *last == at => *s = state,
            Some((_, s)) if *s == state => {}
            _ => states.push((at, state)),
        }
    }
    states
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::summary::{EventSummary, FailoverSummary, StatusSummary};

    #[test]
    fn a_path_is_blocked_then_failed_then_back() {
        let event = |at_ns, what: &str| EventSummary {
            at_ns,
            what: what.into(),
        };
        let status = |at_ns, state: &str| StatusSummary {
            at_ns,
            map: "mp".into(),
            status: format!("0 8 multipath 2 0 1 0 1 1 A 0 2 0 sda {state} 1 sdb A 0"),
        };
        let run = RunSummary {
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
                events: vec![
                    event(10, "sda: its port is blocked"),
                    event(60, "sda: its port has failed (fast_io_fail_tmo)"),
                ],
                history: vec![status(60, "F"), status(80, "A")],
                ..FailoverSummary::default()
            }),
            single_queues: None,
        };
        let want = [
            (0, State::Active),
            (10, State::Blocked),
            (60, State::Failed),
            (80, State::Active),
        ];
        assert_eq!(states(&run, "sda"), want);
        assert_eq!(states(&run, "sdb"), [(0, State::Active)]);
    }
}
