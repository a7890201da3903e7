//! Events of several runs, side by side: those of the same words that are the
//! same in each share a line, and the lines are in order of time in every run.

use std::ops::Range;

use crate::run::summary::{EventSummary, FailoverSummary};

/// An event that some runs share.
pub struct Event<'r> {
    /// What happened.
    pub what: &'r str,
    /// When, in each run.
    pub at: Vec<Option<u64>>,
    /// How many events of the timeline came before it.
    turn: usize,
    /// Only what happens within this time is the same.
    within: Range<u64>,
}

/// Events of all runs, in order.
pub fn aligned<'r>(runs: &[Option<&'r FailoverSummary>]) -> Vec<Event<'r>> {
    let all = runs.iter().flatten();
    let mut turns: Vec<u64> = all.flat_map(|f| &f.faults).map(|f| f.at_ns).collect();
    turns.sort_unstable();
    turns.dedup();
    let mut lines: Vec<Event<'_>> = Vec::new();
    for (r, run) in runs.iter().enumerate() {
        let events = run.map_or(&[][..], |told| &told.events);
        // Those of a run stay in its order: each goes behind the one before.
        let mut place = 0;
        for (n, event) in events.iter().enumerate() {
            let turn = turns.partition_point(|at| *at <= event.at_ns);
            let since = turn.checked_sub(1).map_or(0, |turn| turns[turn]);
            let within = within(events, n, since);
            let is_same = |line: &Event<'_>| {
                let overlaps = line.within.start < within.end && within.start < line.within.end;
                line.what == event.what && line.turn == turn && line.at[r].is_none() && overlaps
            };
            let same = lines[place..].iter().position(is_same);
            let line = match same {
                Some(line) => place + line,
                None => {
                    let line = place + earlier(&lines[place..], event.at_ns);
                    let event = Event {
                        what: &event.what,
                        at: vec![None; runs.len()],
                        turn,
                        within,
                    };
                    lines.insert(line, event);
                    line
                }
            };
            lines[line].at[r] = Some(event.at_ns);
            place = line + 1;
        }
    }
    lines
}

/// Lines that are before `at`.
fn earlier(lines: &[Event<'_>], at: u64) -> usize {
    let first = |event: &Event<'_>| event.at.iter().flatten().min().copied();
    let later = lines.iter().position(|line| first(line) > Some(at));
    later.unwrap_or(lines.len())
}

/// Begin or end of a gap are those of one that overlaps. Anything else is the same
/// as what comes about as long after the event of the timeline, which was `since`.
fn within(events: &[EventSummary], n: usize, since: u64) -> Range<u64> {
    let (begins, ends) = ("last I/O before a gap", "first I/O after a gap");
    let time = |event: &EventSummary| event.at_ns;
    let at = time(&events[n]);
    match events[n].what.as_str() {
        what if what == begins => {
            let end = events[n..].iter().find(|e| e.what == ends);
            at..end.map_or(u64::MAX, time)
        }
        what if what == ends => {
            let begin = events[..n].iter().rfind(|e| e.what == begins);
            begin.map_or(0, time)..at
        }
        _ => {
            let passed = at.saturating_sub(since);
            since + passed / 4 * 3..at.saturating_add(passed / 3).saturating_add(SECOND)
        }
    }
}

const SECOND: u64 = 1_000_000_000;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::summary::FaultSummary;

    /// A run with an event of the timeline at 10.
    fn run(events: &[(u64, &str)]) -> FailoverSummary {
        let event = |&(at_ns, what): &(u64, &str)| EventSummary {
            at_ns,
            what: what.into(),
        };
        FailoverSummary {
            faults: vec![FaultSummary {
                at_ns: 10,
                ..FaultSummary::default()
            }],
            events: events.iter().map(event).collect(),
            ..FailoverSummary::default()
        }
    }

    fn lines(runs: &[FailoverSummary]) -> Vec<(&str, Vec<Option<u64>>)> {
        let runs: Vec<_> = runs.iter().map(Some).collect();
        aligned(&runs).into_iter().map(|e| (e.what, e.at)).collect()
    }

    const BEGIN: &str = "last I/O before a gap";
    const END: &str = "first I/O after a gap";

    #[test]
    fn gaps_share_a_line_only_if_they_overlap() {
        let runs = [
            run(&[(10, "down"), (12, BEGIN), (30, END), (50, BEGIN), (60, END)]),
            run(&[(10, "down"), (55, BEGIN), (70, END)]),
        ];
        let want = [
            ("down", vec![Some(10), Some(10)]),
            (BEGIN, vec![Some(12), None]),
            (END, vec![Some(30), None]),
            (BEGIN, vec![Some(50), Some(55)]),
            (END, vec![Some(60), Some(70)]),
        ];
        assert_eq!(lines(&runs), want);
    }

    #[test]
    fn no_column_runs_backwards() {
        let runs = [
            run(&[(10, "down"), (11, "a"), (12, "b"), (40, "a")]),
            run(&[(10, "down"), (11, "b"), (13, "a"), (20, "c"), (41, "a")]),
        ];
        for r in 0..2 {
            let column: Vec<u64> = lines(&runs).iter().filter_map(|(_, at)| at[r]).collect();
            assert!(column.is_sorted(), "{column:?}");
        }
    }

    #[test]
    fn what_comes_much_later_is_something_else() {
        let failed = |second: u64| run(&[(10, "down"), (second * SECOND, "failed")]);
        let of = |a: u64, b: u64| lines(&[failed(a), failed(b)]).len();
        assert_eq!((of(3, 5), of(60, 120)), (2, 3));
    }

    #[test]
    fn what_comes_before_an_event_is_not_what_comes_after_it() {
        let runs = [
            run(&[(5, "a"), (10, "down")]),
            run(&[(10, "down"), (15, "a")]),
        ];
        let want = [
            ("a", vec![Some(5), None]),
            ("down", vec![Some(10), Some(10)]),
            ("a", vec![None, Some(15)]),
        ];
        assert_eq!(lines(&runs), want);
    }
}
