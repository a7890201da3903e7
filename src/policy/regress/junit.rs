//! A check as JUnit XML, which CI systems read.

use super::check::{Report, Row, State};
use super::text::with_half;

/// What came of a check: a test case a figure.
pub fn junit(report: &Report) -> String {
    let failures = report
        .rows
        .iter()
        .filter(|row| row.state == State::Worse)
        .count();
    let tests = report.rows.len();
    let mut text = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    text += &format!("<testsuites tests=\"{tests}\" failures=\"{failures}\">\n");
    text += &format!(
        "  <testsuite name=\"mpathsim regress\" tests=\"{tests}\" failures=\"{failures}\" errors=\"0\">\n"
    );
    for row in &report.rows {
        text += &case(row, &report.command_of(row));
    }
    text + "  </testsuite>\n</testsuites>\n"
}

fn case(row: &Row, command: &str) -> String {
    let (class, name) = (escape(&row.cell), escape(&row.metric));
    let head = format!("    <testcase classname=\"{class}\" name=\"{name}\"");
    if row.state != State::Worse {
        return head + "/>\n";
    }
    let by = row.shown(row.worse_by);
    let by = by.trim_start_matches('+');
    let message = format!("worse by {by} (margin {:.1} %)", 100.0 * row.margin);
    let detail = format!(
        "was {}, is {}, p = {:.1e}\n{command}",
        with_half(&row.was),
        with_half(&row.is),
        row.p
    );
    format!(
        "{head}>\n      <failure message=\"{}\">{}</failure>\n    </testcase>\n",
        escape(&message),
        escape(&detail)
    )
}

fn escape(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        match c {
            '&' => out += "&amp;",
            '<' => out += "&lt;",
            '>' => out += "&gt;",
            '"' => out += "&quot;",
            // What XML 1.0 cannot hold at all.
            c if c.is_control() && !matches!(c, '\n' | '\t' | '\r') => {}
            c => out.push(c),
        }
    }
    out
}
