//! A check as a person reads it.

use super::check::{Report, Row, State};
use crate::policy::Cut;
use crate::run::text::{Columns, three, wrapped};
use crate::stats::Moments;

/// What came of a check: a table, and for what became worse how to run it; as wide as it
/// is, or for a terminal of `width` columns, in which no command is broken.
pub fn text(report: &Report, width: Option<usize>) -> String {
    let mut columns = Columns::default();
    columns.head([
        "",
        "figure",
        "was",
        "is",
        "worse by",
        "95 % interval",
        "margin",
        "",
    ]);
    for row in &report.rows {
        columns.row(cells(row));
    }
    let mut text = columns.shown(width);
    let worse: Vec<&Row> = report
        .rows
        .iter()
        .filter(|row| row.state == State::Worse)
        .collect();
    text += &match worse.len() {
        0 => format!("\nnothing became worse ({} figures)\n", report.rows.len()),
        n => format!("\n{n} of {} figures became worse\n", report.rows.len()),
    };
    for row in worse {
        let command = report.command_of(row);
        let name = format!("  {}, {}:", row.cell, row.metric);
        let line = format!("{name} {command}\n");
        text += &match width {
            Some(width) if line.chars().count() > width => {
                format!("{}    {command}\n", wrapped(&name, width))
            }
            _ => line,
        };
    }
    if let Some(cut) = Cut::told(report.cut) {
        text += &fitted(format!("{cut}\n"), width);
    }
    text
}

/// `text` in lines that a terminal of `width` columns has room for.
fn fitted(text: String, width: Option<usize>) -> String {
    match width {
        Some(width) => wrapped(&text, width),
        None => text,
    }
}

/// The cells of a row, as all formats have them.
pub(super) fn cells(row: &Row) -> Vec<String> {
    let interval = row.interval.map_or(String::new(), |i| {
        format!("{} to {}", row.shown(i.low), row.shown(i.high))
    });
    let state = match row.state {
        State::Worse => "WORSE",
        State::Better => "better",
        State::Unchanged => "",
    };
    vec![
        row.cell.clone(),
        row.metric.clone(),
        with_half(&row.was),
        with_half(&row.is),
        row.shown(row.worse_by),
        interval,
        format!("{:.1} %", 100.0 * row.margin),
        state.into(),
    ]
}

/// A mean, and half of its 95 % interval.
pub(super) fn with_half(moments: &Moments) -> String {
    match moments.interval(0.95) {
        Some(i) => format!("{} ± {}", three(moments.mean), three(i.half_width())),
        None => format!("{} (1 run)", three(moments.mean)),
    }
}
