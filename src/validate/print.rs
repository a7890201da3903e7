//! Reports as lines, for people and for programs.

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde::Serialize;

use super::Status;
use super::case::{CaseReport, CaseResult, Verdict};
use crate::formats::kernel_observation::{Observation, Observed};

/// Differences that are named in a line; the others are counted.
const NAMED: usize = 3;

/// Columns for the longest id.
pub fn id_width(observations: &[Observation]) -> usize {
    let widths = observations.iter().map(|o| o.id.chars().count());
    widths.max().unwrap_or(0)
}

/// One line: group, id, verdict, the kernel's run and ours in a few words, and
/// where they differ.
pub fn line(out: &mut impl Write, report: &CaseReport, width: usize) -> io::Result<()> {
    let verdict = word(report.verdict());
    write!(
        out,
        "{:<9} {:<width$}  {verdict:<17}",
        report.group, report.id
    )?;
    match &report.result {
        CaseResult::Compared(c) => {
            write!(out, "  kernel: {}  ours: {}", c.kernel, c.ours)?;
            write!(out, "{}", differences_in_words(report))?;
        }
        CaseResult::NotRun(e) => write!(out, "  {e}")?,
        CaseResult::NotSupported => {}
    }
    if !report.ignored.is_empty() {
        write!(out, "  (ignored: {})", report.ignored.join(", "))?;
    }
    writeln!(out)
}

fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Exact => "exact",
        Verdict::Within => "agrees",
        Verdict::Differs => "DIFFERS",
        Verdict::NotRun => "NOT RUN",
        Verdict::NotSupported => "not yet supported",
    }
}

fn differences_in_words(report: &CaseReport) -> String {
    let all = report.differences();
    if all.is_empty() {
        return String::new();
    }
    let mut named: Vec<String> = all.iter().take(NAMED).map(ToString::to_string).collect();
    if all.len() > NAMED {
        named.push(format!("{} more", all.len() - NAMED));
    }
    format!("  differs in {}", named.join("; "))
}

/// A case as a JSON object.
#[derive(Serialize)]
struct JsonLine<'a> {
    id: &'a str,
    group: &'a str,
    ok: Option<bool>,
    exact: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    differs: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    ignored: Vec<&'a str>,
    simulated: Option<&'a Observed>,
}

/// One line: `{"id", "group", "ok", "exact", "simulated"}`, with the error or
/// the figures that differ where `ok` is false. `ok` is null where the group is
/// not supported yet.
pub fn json_line(out: &mut impl Write, report: &CaseReport) -> io::Result<()> {
    let verdict = report.verdict();
    let ok = verdict.agrees();
    let (simulated, error) = match &report.result {
        CaseResult::Compared(c) => (Some(&c.simulated), None),
        CaseResult::NotRun(e) => (None, Some(e.to_string())),
        CaseResult::NotSupported => (None, Some("not yet supported".to_owned())),
    };
    let object = JsonLine {
        id: &report.id,
        group: &report.group,
        ok,
        exact: ok.map(|_| verdict == Verdict::Exact),
        error,
        differs: report
            .differences()
            .iter()
            .map(ToString::to_string)
            .collect(),
        ignored: report.ignored.iter().map(String::as_str).collect(),
        simulated,
    };
    serde_json::to_writer(&mut *out, &object)?;
    writeln!(out)
}

/// How many cases came to what, by group in order of appearance.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    groups: Vec<String>,
    counts: BTreeMap<String, Counts>,
}

/// How many cases of a group came to what.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// All.
    pub cases: usize,
    /// Agree, with every figure that of a run of the kernel.
    pub exact: usize,
    /// Agree, but not exactly.
    pub within: usize,
    /// Do not agree.
    pub differ: usize,
    /// Could not be run.
    pub not_run: usize,
    /// Of a group that is not supported yet.
    pub not_supported: usize,
}

impl Counts {
    fn count(&mut self, verdict: Verdict) {
        self.cases += 1;
        *match verdict {
            Verdict::Exact => &mut self.exact,
            Verdict::Within => &mut self.within,
            Verdict::Differs => &mut self.differ,
            Verdict::NotRun => &mut self.not_run,
            Verdict::NotSupported => &mut self.not_supported,
        } += 1;
    }
    fn add(&mut self, other: &Counts) {
        self.cases += other.cases;
        self.exact += other.exact;
        self.within += other.within;
        self.differ += other.differ;
        self.not_run += other.not_run;
        self.not_supported += other.not_supported;
    }
}

impl Tally {
    /// Counts one case.
    pub fn count(&mut self, report: &CaseReport) {
        if !self.counts.contains_key(&report.group) {
            self.groups.push(report.group.clone());
        }
        let counts = self.counts.entry(report.group.clone()).or_default();
        counts.count(report.verdict());
    }
    /// All groups together.
    pub fn total(&self) -> Counts {
        let mut total = Counts::default();
        for counts in self.counts.values() {
            total.add(counts);
        }
        total
    }
    /// Whether all supported cases agree.
    pub fn status(&self) -> Status {
        let total = self.total();
        if total.differ + total.not_run == 0 {
            Status::AllAgree
        } else {
            Status::SomeDiffer
        }
    }
}

/// A table of the groups.
pub fn summary(out: &mut impl Write, tally: &Tally) -> io::Result<()> {
    writeln!(
        out,
        "\n{:<10} {:>6} {:>6} {:>6} {:>7} {:>8} {:>18}",
        "group", "cases", "exact", "agree", "differ", "not run", "not yet supported"
    )?;
    for group in &tally.groups {
        if let Some(counts) = tally.counts.get(group) {
            row(out, group, counts)?;
        }
    }
    row(out, "all", &tally.total())
}

fn row(out: &mut impl Write, name: &str, c: &Counts) -> io::Result<()> {
    writeln!(
        out,
        "{name:<10} {:>6} {:>6} {:>6} {:>7} {:>8} {:>18}",
        c.cases, c.exact, c.within, c.differ, c.not_run, c.not_supported
    )
}

#[cfg(test)]
mod tests;
