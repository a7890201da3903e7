//! What a run tells of faults: from its outcome to the summary of its timeline.

mod events;
mod gaps;
mod held;
mod rate;
mod recovery;
pub mod status;

use super::outcome::{ActionOutcome, Outcome};
use super::summary::{ErrorSummary, FailoverSummary, FaultSummary, RetriesSummary, StatusSummary};
use crate::models::fault::ActionKind;
use crate::observe::marks::{Mark, Peak};
use crate::sim::Ns;
use events::PathChange;
use status::{Change, MapStatus};

/// The summary of the timeline of `outcome`; nothing, if nothing was done to
/// the computer and nothing is held.
pub fn failover(outcome: &Outcome) -> Option<FailoverSummary> {
    let held = held::held(outcome);
    if outcome.actions.is_empty() && held.is_empty() {
        return None;
    }
    let changes = events::path_changes(outcome);
    let actions = outcome.actions.iter().enumerate();
    let faults: Vec<FaultSummary> = actions
        .map(|(n, action)| Fault::new(outcome, &changes, n, action).summary())
        .collect();
    let (events, more) = events::events(outcome, &changes, &faults);
    Some(FailoverSummary {
        events,
        more,
        faults,
        history: history(outcome),
        gaps: outcome
            .gaps
            .as_ref()
            .map(gaps::summaries)
            .unwrap_or_default(),
        errors: errors(outcome),
        retries: retries(outcome),
        held,
        kernel_log: outcome
            .kernel_log
            .iter()
            .map(|(at, line)| (at.0, line.clone()))
            .collect(),
        normal_queue_bytes: outcome.marks.as_ref().map_or(0, |m| 512 * m.normal_sectors),
    })
}

/// An event of the timeline and the time in which its consequences fall.
struct Fault<'o> {
    outcome: &'o Outcome,
    action: &'o ActionOutcome,
    changes: &'o [PathChange],
    mark: Option<&'o Mark>,
    /// The queue it has left behind.
    peak: Peak,
    /// When the next one comes: after one that breaks something the next such
    /// one, otherwise any that does something.
    next: Ns,
}

impl<'o> Fault<'o> {
    fn new(
        outcome: &'o Outcome,
        changes: &'o [PathChange],
        n: usize,
        action: &'o ActionOutcome,
    ) -> Self {
        let ends = |other: &ActionOutcome| match action.kind {
            ActionKind::Breaks => other.kind == ActionKind::Breaks,
            _ => other.kind != ActionKind::Neither,
        };
        let later = outcome.actions.iter().enumerate();
        let later = later.filter(|(i, other)| (other.at, *i) > (action.at, n) && ends(other));
        // Of the same kind at the same time, all have the same consequences; what
        // was refused has none.
        let is_together =
            |other: &ActionOutcome| other.at == action.at && other.kind == action.kind;
        let ending = later
            .clone()
            .filter(|(_, o)| !is_together(o) && o.error.is_none());
        let next = ending.map(|(_, o)| o.at).min().unwrap_or(Ns::NEVER);
        let mark_of = |action: &ActionOutcome| {
            let mut marks = outcome.marks.iter().flat_map(|m| &m.marks);
            marks.find(|mark| mark.event == Some(action.id))
        };
        let mark = mark_of(action);
        // Each of those has taken over the queue.
        let heirs = later.filter(|(_, o)| o.at < next || is_together(o));
        let heirs = heirs.filter_map(|(_, o)| mark_of(o));
        let peak = mark.map(|mark| heirs.fold(mark.peak, |peak, heir| peak.and_then(heir.peak)));
        Fault {
            outcome,
            action,
            changes,
            mark,
            peak: peak.unwrap_or_default(),
            next,
        }
    }

    fn summary(&self) -> FaultSummary {
        let action = self.action;
        let after = |at: Ns| at.saturating_sub(action.at).0;
        let mut summary = FaultSummary {
            what: action.what.clone(),
            kind: kind(action.kind).into(),
            at_ns: action.at.0,
            over_ns: (action.ended < Ns::NEVER).then_some(action.ended.0),
            error: action.error.clone(),
            path: action.path.clone(),
            ..FaultSummary::default()
        };
        if action.kind == ActionKind::Neither || action.error.is_some() {
            return summary;
        }
        if let Some(mark) = self.mark {
            let error = mark.first_error.filter(|_| self.breaks());
            let error = error.filter(|(at, _)| *at < self.next);
            summary.first_errno = error.map(|(_, errno)| errno);
            summary.to_first_error_ns = error.map(|(at, _)| after(at));
            let success = mark.first_success.filter(|at| *at < self.next);
            summary.to_first_success_ns = success.map(after);
            self.queue(&mut summary);
        }
        self.path(&mut summary);
        summary.to_full_rate_ns = self.full_rate().map(after);
        self.gap(&mut summary);
        summary
    }

    /// When the rate is full: before anything else is done, or if not, before it
    /// is something that breaks or repairs, or if not, before the end.
    fn full_rate(&self) -> Option<Ns> {
        let at = self.action.at;
        let done = self.outcome.actions.iter().filter(|o| o.error.is_none());
        let later = done.filter(|o| o.at > at);
        let acts = later.clone().filter(|o| o.kind != ActionKind::Neither);
        let ends = [later.map(|o| o.at).min(), acts.map(|o| o.at).min()];
        let ends = ends.into_iter().flatten().map(|end| end.min(self.next));
        ends.chain([self.next])
            .find_map(|end| rate::full(self.outcome, at, end))
    }

    fn breaks(&self) -> bool {
        self.action.kind == ActionKind::Breaks
    }

    /// The path that fails or comes back, and the next that is used.
    fn path(&self, summary: &mut FaultSummary) {
        let after = |at: Ns| at.saturating_sub(self.action.at).0;
        let next = match self.path_change() {
            Some(change) => {
                let since = Some(after(change.at));
                match &change.change {
                    Change::Failed(device) => {
                        summary.path = Some(device.clone());
                        summary.to_path_failed_ns = since;
                    }
                    Change::Back(device) => {
                        summary.path = Some(device.clone());
                        summary.to_path_back_ns = since;
                    }
                    _ => {}
                }
                self.next_after(change)
            }
            None => self.next_group(),
        };
        let next = next.filter(|(at, _)| *at < self.next);
        summary.to_next_path_ns = next.map(|(at, _)| after(at));
        summary.next_path = next.map(|(_, device)| device.to_owned());
    }

    /// What it did to a path: to its own, or else to the first.
    fn path_change(&self) -> Option<&'o PathChange> {
        let window = self.action.at..self.next;
        let changes = self.changes.iter().filter(|c| window.contains(&c.at));
        let changes = changes.filter(|c| match &c.change {
            Change::Failed(_) => self.breaks(),
            Change::Back(_) | Change::Paths { .. } => !self.breaks(),
            _ => false,
        });
        let own = |c: &&PathChange| match &c.change {
            Change::Failed(device) | Change::Back(device) => {
                Some(device) == self.action.path.as_ref()
            }
            _ => false,
        };
        changes.clone().find(own).or(changes.into_iter().next())
    }

    /// The first command, after a change, to a path that can be used: to another
    /// one if one has failed, to this one if it came back or is new.
    fn next_after(&self, change: &PathChange) -> Option<(Ns, &'o str)> {
        let marks = self.outcome.marks.as_ref()?;
        let is_it = |mark: &&Mark| mark.event.is_none() && mark.at == change.at;
        let mark = marks.marks.iter().rev().find(is_it)?;
        let now = Ns(change.at.0.saturating_add(1));
        let status = status_at(self.outcome, &change.map, now)?;
        let is_active = |device: &str| status.paths().any(|(d, active)| *active && d == device);
        self.first_issue(mark, |device| match &change.change {
            Change::Failed(failed) => is_active(device) && device != failed,
            Change::Back(back) => device == back,
            Change::Paths { new, .. } => new.iter().any(|d| d == device),
            _ => false,
        })
    }

    /// After a message about groups: the first command to another one.
    fn next_group(&self) -> Option<(Ns, &'o str)> {
        let map = self.action.map.as_deref()?;
        if !self.action.what.contains("_group ") {
            return None;
        }
        let before = status_at(self.outcome, map, self.action.at)?;
        let used = before.in_use();
        let is_path = |device: &str| before.paths().any(|(d, _)| d == device);
        self.first_issue(self.mark?, |device| {
            is_path(device) && !used.contains(&device)
        })
    }

    /// The first command after `mark` to a device that is `wanted`.
    fn first_issue(&self, mark: &Mark, wanted: impl Fn(&str) -> bool) -> Option<(Ns, &'o str)> {
        let devices = &self.outcome.marks.as_ref()?.devices;
        let issues = devices.iter().zip(&mark.first_issue);
        issues
            .filter(|(device, _)| wanted(device))
            .filter_map(|(device, issue)| Some(((*issue)?, device.as_str())))
            .min()
    }

    fn gap(&self, summary: &mut FaultSummary) {
        let Some(gaps) = &self.outcome.gaps else {
            return;
        };
        let (at, next) = (self.action.at, self.next);
        let concerns = |gap: &&(Ns, Ns)| gap.1 > at && gap.0 < next;
        let lengths = gaps.application.listed.iter().filter(concerns);
        summary.longest_gap_ns = lengths.map(|gap| (gap.1 - gap.0).0).max();
        let open = gaps.application.open.as_ref().filter(concerns);
        summary.no_success_since_ns = open.map(|gap| gap.0.0);
    }

    fn queue(&self, summary: &mut FaultSummary) {
        let mean = self.outcome.marks.as_ref().map_or(0.0, |m| m.mean_sectors);
        let sectors = self.peak.sectors.max(0) as u64;
        summary.peak_queue_bytes = 512 * sectors;
        if mean > 0.0 {
            summary.peak_queue_ios = sectors as f64 / mean;
        }
        let drained = self.peak.drained.filter(|_| sectors > 0);
        summary.drained_in_ns = drained.map(|at| at.saturating_sub(self.peak.until).0);
    }
}

fn kind(kind: ActionKind) -> &'static str {
    match kind {
        ActionKind::Breaks => "breaks",
        ActionKind::Repairs => "repairs",
        ActionKind::Neither => "neither",
    }
}

fn history(outcome: &Outcome) -> Vec<StatusSummary> {
    let lines = outcome.maps.iter().flat_map(|map| {
        map.history.iter().map(|(at, status)| StatusSummary {
            at_ns: at.0,
            map: map.name.clone(),
            status: status.trim_end().into(),
        })
    });
    let mut lines: Vec<StatusSummary> = lines.collect();
    lines.sort_by_key(|line| line.at_ns);
    lines
}

fn errors(outcome: &Outcome) -> Vec<ErrorSummary> {
    let errors = outcome.marks.iter().flat_map(|marks| &marks.errors);
    errors
        .map(|error| ErrorSummary {
            errno: error.errno,
            name: errno_name(error.errno),
            count: error.count,
            first_ns: error.first.0,
            last_ns: error.last.0,
        })
        .collect()
}

/// Names of the errors that a block device can give (`errors[]` of
/// `blk-core.c`, 6.1).
pub fn errno_name(errno: i32) -> String {
    let name = match errno.abs() {
        5 => "EIO",
        6 => "ENXIO",
        11 => "EAGAIN",
        12 => "ENOMEM",
        16 => "EBUSY",
        19 => "ENODEV",
        22 => "EINVAL",
        28 => "ENOSPC",
        52 => "EBADE",
        61 => "ENODATA",
        67 => "ENOLINK",
        84 => "EILSEQ",
        95 => "EOPNOTSUPP",
        110 => "ETIMEDOUT",
        121 => "EREMOTEIO",
        other => return format!("errno {other}"),
    };
    name.into()
}

fn retries(outcome: &Outcome) -> RetriesSummary {
    let requeues = |maps: bool| {
        let devices = outcome.devices.iter().filter(|d| d.is_map == maps);
        devices.map(|d| d.requests_requeued).sum()
    };
    RetriesSummary {
        multipath: outcome.maps.iter().map(|map| map.retried).sum(),
        multipath_requeues: requeues(true),
        path_requeues: requeues(false),
    }
}

/// The last status before `at` that is known of a map, or its first.
fn status_at(outcome: &Outcome, map: &str, at: Ns) -> Option<MapStatus> {
    let map = outcome.maps.iter().find(|m| m.name == map)?;
    let before = map.history.iter().rev().find(|(then, _)| *then < at);
    let text = before.map_or(map.status_at_start.as_str(), |(_, status)| status);
    MapStatus::parse(text)
}
