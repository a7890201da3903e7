//! The simulator against observations of a real kernel, group by group.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use mpathsim::formats::kernel_observation::read_file;
use mpathsim::validate::case::{CaseReport, CaseResult, Verdict};
use mpathsim::validate::{observations, reports};

/// Groups of fio runs.
const RUNS: [&str; 6] = ["merge", "balance", "smp", "realistic", "trace", "failover"];

fn ground_truth() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/ground-truth")
}

/// Cases that are known to differ, with the mechanism that is missing: lines
/// `group/id mechanism`. Empty lines and those that begin with `#` are comments.
fn known_differences() -> BTreeMap<String, String> {
    let file = ground_truth().join("known-differences.txt");
    let text = std::fs::read_to_string(file).unwrap_or_default();
    text.lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(|line| {
            let (case, mechanism) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
            assert!(!mechanism.is_empty(), "{case}: which mechanism is missing?");
            (case.to_owned(), mechanism.trim().to_owned())
        })
        .collect()
}

fn why(report: &CaseReport) -> String {
    match &report.result {
        CaseResult::NotRun(e) => e.to_string(),
        _ => {
            let figures: Vec<String> = report
                .differences()
                .iter()
                .map(|figure| figure.to_string())
                .collect();
            figures.join("; ")
        }
    }
}

/// The cases of `group` that differ are exactly those that are known to.
fn group_agrees(group: &str) {
    let all = reports(&[ground_truth().join(group)]).unwrap();
    let failing: BTreeMap<String, String> = all
        .iter()
        .filter(|r| r.verdict().agrees() != Some(true))
        .map(|r| (format!("{group}/{}", r.id), why(r)))
        .collect();
    let prefix = format!("{group}/");
    let known: BTreeMap<String, String> = known_differences()
        .into_iter()
        .filter(|(case, _)| case.starts_with(&prefix))
        .collect();
    let new: Vec<String> = failing
        .iter()
        .filter(|(case, _)| !known.contains_key(*case))
        .map(|(case, why)| format!("{case}: {why}"))
        .collect();
    let gone: Vec<&String> = known.keys().filter(|c| !failing.contains_key(*c)).collect();
    assert!(
        new.is_empty() && gone.is_empty(),
        "{} of {} cases differ\nnot known to:\n{}\nno longer (or not there): {gone:?}",
        failing.len(),
        all.len(),
        new.join("\n")
    );
}

#[test]
fn merge() {
    group_agrees("merge");
}

#[test]
fn balance() {
    group_agrees("balance");
}

#[test]
fn smp() {
    group_agrees("smp");
}

#[test]
fn realistic() {
    group_agrees("realistic");
}

#[test]
fn trace() {
    group_agrees("trace");
}

/// To the letter, but for what historical-service-time measures.
#[test]
fn interface() {
    group_agrees("interface");
    let all = reports(&[ground_truth().join("interface")]).unwrap();
    assert_eq!(all.len(), 86);
    let measured: Vec<&str> = all
        .iter()
        .filter(|r| r.verdict() != Verdict::Exact)
        .map(|r| r.id.as_str())
        .collect();
    assert_eq!(measured, ["v-hst-1psarg", "v-hst-patharg"]);
}

#[test]
fn failover() {
    group_agrees("failover");
}

#[test]
fn every_file_is_understood_and_written_back_the_same() {
    let mut cases = 0;
    for group in RUNS.iter().chain(&["interface"]) {
        for entry in std::fs::read_dir(ground_truth().join(group)).unwrap() {
            let path = entry.unwrap().path();
            let text = std::fs::read_to_string(&path).unwrap();
            let read = read_file(&path).unwrap();
            for one in &read {
                assert!(one.unknown.is_empty(), "{}", one.id);
                assert!(one.observed.other.is_empty(), "{}", one.id);
            }
            let file: serde_json::Value = serde_json::from_str(&text).unwrap();
            let written = match file {
                serde_json::Value::Array(_) => serde_json::to_value(&read),
                _ => serde_json::to_value(&read[0]),
            };
            assert_eq!(written.unwrap(), file, "{}", path.display());
            cases += read.len();
        }
    }
    assert_eq!(cases, 537 + 86);
}

#[test]
fn every_case_can_be_rebuilt() {
    for group in RUNS {
        for case in observations(&[ground_truth().join(group)]).unwrap() {
            let machine = mpathsim::validate::experiment::machine(&case)
                .unwrap_or_else(|e| panic!("{}: {e}", case.id));
            assert!(!machine.devices.is_empty());
            let untraced = case.observed.requests_issued.is_none();
            assert_eq!(machine.host.blktrace, group == "trace", "{}", case.id);
            let traced = !untraced && group != "trace";
            assert_eq!(machine.host.tracing, traced, "{}", case.id);
        }
    }
}
