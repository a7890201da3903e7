//! A check as GitHub-flavoured Markdown, for the summary of a CI job.

use super::check::{Report, State};
use super::text::cells;
use crate::policy::Cut;

/// What came of a check.
pub fn markdown(report: &Report) -> String {
    let worse = report
        .rows
        .iter()
        .filter(|row| row.state == State::Worse)
        .count();
    let better = report
        .rows
        .iter()
        .filter(|row| row.state == State::Better)
        .count();
    let verdict = match worse {
        0 => "no policy became worse".to_owned(),
        n => format!("{n} of {} figures became worse", report.rows.len()),
    };
    let mark = if worse > 0 { "❌" } else { "✅" };
    let mut text = format!("## {mark} mpathsim: {verdict}\n\n");
    if better > 0 {
        text += &format!("{better} became better: `mpathsim regress update` keeps that.\n\n");
    }
    text += "| cell | figure | was | is | worse by | 95 % interval | margin | |\n";
    text += "|---|---|--:|--:|--:|--:|--:|---|\n";
    for row in &report.rows {
        let cells: Vec<String> = cells(row).iter().map(|cell| escape(cell)).collect();
        text += &format!("| {} |\n", cells.join(" | "));
    }
    for row in report.rows.iter().filter(|row| row.state == State::Worse) {
        text += &format!(
            "\nTo see {}, {}:\n\n```sh\n{}\n```\n",
            escape(&row.cell),
            row.metric,
            report.command_of(row)
        );
    }
    if let Some(cut) = Cut::told(report.cut) {
        text += &format!("\n{cut}\n");
    }
    text
}

/// `text` so that it stays within its cell of a table.
fn escape(text: &str) -> String {
    text.replace('\\', "\\\\")
        .replace('|', "\\|")
        .replace('\n', " ")
}
