//! The timeline as a person reads it: what happened in each run, side by side;
//! what followed each event; what is held for ever.

mod align;

use super::compare::{NOTHING, column_head};
use super::summary::{FailoverSummary, FaultSummary, GapsSummary, RunSummary};
use super::text::{Columns, bytes, count, time};
use align::aligned;

/// The most events of which it is printed what followed.
const MOST_BLOCKS: usize = 12;

/// Rows that say nothing unless more waited than before the first event.
const QUEUE_ROWS: [&str; 2] = ["most that waited", "drained within"];

/// The timeline of all runs, for a terminal of `width` columns or as wide as it is;
/// empty if nothing was done in any.
pub fn timeline(runs: &[RunSummary], width: Option<usize>) -> String {
    if runs.iter().all(|run| run.failover.is_none()) {
        return String::new();
    }
    let mut columns = Columns::default();
    columns.row(Vec::<String>::new());
    let heads = runs.iter().map(column_head);
    columns.head(std::iter::once("timeline, seconds".to_owned()).chain(heads));
    let told: Vec<_> = runs.iter().map(|run| run.failover.as_ref()).collect();
    for event in aligned(&told) {
        let cells = event.at.iter().map(|at| at.map_or(NOTHING.into(), seconds));
        columns.row(std::iter::once(format!("  {}", event.what)).chain(cells));
    }
    more(runs, &mut columns);
    let faults = faults(runs);
    let together = |a: &Done, b: &Done| (a.0, &a.2) == (b.0, &b.2);
    let blocks: Vec<&[Done]> = faults.chunk_by(together).collect();
    for faults in blocks.iter().take(MOST_BLOCKS) {
        consequences(runs, faults, &mut columns);
    }
    if blocks.len() > MOST_BLOCKS {
        columns.row(Vec::<String>::new());
        let left = count((blocks.len() - MOST_BLOCKS) as u64);
        columns.row([format!("after {left} more: see summary.json")]);
    }
    whole_run(runs, &mut columns);
    columns.shown(width) + &held(runs)
}

/// What happened too often for a line each time.
fn more(runs: &[RunSummary], columns: &mut Columns) {
    let all = || runs.iter().flat_map(|r| &r.failover).flat_map(|f| &f.more);
    let mut told: Vec<&str> = Vec::new();
    for more in all() {
        if !told.contains(&more.what.as_str()) {
            told.push(&more.what);
        }
    }
    for what in told {
        let cells = runs.iter().map(|run| {
            let more = run
                .failover
                .as_ref()?
                .more
                .iter()
                .find(|m| m.what == what)?;
            let total = more
                .total_ns
                .map(|ns| format!(", {} in all", time(ns as f64)));
            Some(format!(
                "{}{}",
                count(more.count),
                total.unwrap_or_default()
            ))
        });
        row(&format!("and more: {what}"), cells.collect(), columns);
    }
}

/// Seconds with six decimals, as the kernel log has them.
fn seconds(ns: u64) -> String {
    format!("{}.{:06}", ns / 1_000_000_000, ns / 1000 % 1_000_000)
}

/// When something was done, what, and of what kind it is.
type Done = (u64, String, String);

/// Every event that does something, of all runs, in order.
fn faults(runs: &[RunSummary]) -> Vec<Done> {
    let all = runs.iter().flat_map(|run| &run.failover);
    let mut found = Vec::new();
    for fault in all.flat_map(|f| &f.faults) {
        let done = (fault.at_ns, fault.what.clone(), fault.kind.clone());
        if fault.kind != "neither" && fault.error.is_none() && !found.contains(&done) {
            found.push(done);
        }
    }
    found.sort_by_key(|(at, ..)| *at);
    found
}

/// Rows of what followed events of the same time and kind: those in which any
/// run has a figure.
fn consequences(runs: &[RunSummary], done: &[Done], columns: &mut Columns) {
    let Some((at, last, _)) = done.last() else {
        return;
    };
    type Cell = fn(&FaultSummary) -> Option<String>;
    let after: [(&str, Cell); 9] = [
        ("first error", |f| f.to_first_error_ns.map(span)),
        ("path failed", |f| f.to_path_failed_ns.map(span)),
        ("path back", |f| f.to_path_back_ns.map(span)),
        ("first I/O on another path", |f| {
            f.to_next_path_ns.filter(|_| f.kind == "breaks").map(span)
        }),
        ("first I/O on it", |f| {
            f.to_next_path_ns.filter(|_| f.kind == "repairs").map(span)
        }),
        ("full rate", |f| f.to_full_rate_ns.map(span)),
        ("longest gap", |f| match f.no_success_since_ns {
            Some(_) => Some("never ends".into()),
            None => f.longest_gap_ns.map(span),
        }),
        (QUEUE_ROWS[0], |f| {
            let (size, ios) = (f.peak_queue_bytes, f.peak_queue_ios);
            (size > 0).then(|| format!("{}, {ios:.0} I/Os", bytes(size as f64)))
        }),
        (QUEUE_ROWS[1], |f| f.drained_in_ns.map(span)),
    ];
    let faults: Vec<Option<&FaultSummary>> = runs
        .iter()
        .map(|run| {
            let faults = run.failover.iter().flat_map(|f| &f.faults);
            let mut faults = faults.filter(|f| f.at_ns == *at && f.what == *last);
            faults.next()
        })
        .collect();
    let built_up = runs.iter().zip(&faults).any(|(run, fault)| {
        let normal = run.failover.as_ref().map_or(0, |f| f.normal_queue_bytes);
        fault.is_some_and(|fault| fault.peak_queue_bytes > normal)
    });
    columns.row(Vec::<String>::new());
    for (_, what, _) in done {
        columns.row([format!("after {} s: {what}", seconds(*at))]);
    }
    let mut followed = false;
    for (label, cell) in after {
        if !built_up && QUEUE_ROWS.contains(&label) {
            continue;
        }
        let cells: Vec<Option<String>> = faults.iter().map(|f| cell((*f)?)).collect();
        followed |= row(label, cells, columns);
    }
    if !followed {
        columns.row(["  nothing followed"]);
    }
}

/// A row, unless it is empty; whether it is there.
fn row(label: &str, cells: Vec<Option<String>>, columns: &mut Columns) -> bool {
    let is_there = cells.iter().any(Option::is_some);
    if is_there {
        let cells = cells.into_iter().map(|cell| cell.unwrap_or(NOTHING.into()));
        columns.row(std::iter::once(format!("  {label}")).chain(cells));
    }
    is_there
}

/// A span of time from an event on.
fn span(ns: u64) -> String {
    match ns {
        0 => "at once".into(),
        ns => time(ns as f64),
    }
}

/// Gaps, errors and retries.
fn whole_run(runs: &[RunSummary], columns: &mut Columns) {
    columns.row(Vec::<String>::new());
    columns.row(["whole run"]);
    let all = |cell: &dyn Fn(&FailoverSummary) -> Option<String>| {
        let cells = runs.iter().map(|run| cell(run.failover.as_ref()?));
        cells.collect::<Vec<_>>()
    };
    let mut jobs: Vec<&str> = Vec::new();
    for gaps in runs.iter().flat_map(|r| &r.failover).flat_map(|f| &f.gaps) {
        if !gaps.job.is_empty() && !jobs.contains(&gaps.job.as_str()) {
            jobs.push(&gaps.job);
        }
    }
    for job in jobs {
        let cells = all(&|f| f.gaps.iter().find(|g| g.job == job).map(gaps));
        row(&format!("{job}: gaps of 20 ms or more"), cells, columns);
    }
    let mut names: Vec<&str> = Vec::new();
    for error in runs
        .iter()
        .flat_map(|r| &r.failover)
        .flat_map(|f| &f.errors)
    {
        if !names.contains(&error.name.as_str()) {
            names.push(&error.name);
        }
    }
    for name in names {
        let cells = all(&|f| {
            let error = f.errors.iter().find(|e| e.name == name)?;
            Some(count(error.count))
        });
        row(&format!("{name} to the application"), cells, columns);
    }
    let retried = all(&|f| Some(count(f.retries.multipath)));
    row("sent again by multipath", retried, columns);
    if runs
        .iter()
        .flat_map(|r| &r.failover)
        .any(|f| f.retries.path_requeues > 0)
    {
        let requeued = all(&|f| Some(count(f.retries.path_requeues)));
        row("requeued by path devices", requeued, columns);
    }
}

/// How many gaps, and the longest.
fn gaps(gaps: &GapsSummary) -> String {
    match (gaps.count, gaps.no_success_since_ns) {
        (0, _) => "none".into(),
        (n, Some(_)) => format!("{}, one never ends", count(n)),
        (1, None) => time(gaps.max_ns as f64),
        (n, None) => format!(
            "{}, mean {}, longest {}",
            count(n),
            time(gaps.mean_ns),
            time(gaps.max_ns as f64)
        ),
    }
}

/// A sentence for each map that holds I/O for ever.
fn held(runs: &[RunSummary]) -> String {
    let mut text = String::new();
    for run in runs {
        for held in run.failover.iter().flat_map(|f| &f.held) {
            let verb = if held.ios == 1 { "I/O is" } else { "I/Os are" };
            text += &format!(
                "{}: {} {verb} held in {} since {} s: {}\n",
                column_head(run),
                count(held.ios),
                held.map,
                seconds(held.since_ns),
                held.why
            );
        }
    }
    if text.is_empty() {
        text
    } else {
        format!("\n{text}")
    }
}
