//! The fault campaign passes, and finds what is planted.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::path::{Path, PathBuf};

use mpathsim::torture::Campaign;
use mpathsim::torture::case::ways;
use mpathsim::torture::check::check_text;
use mpathsim::torture::extents::Hazards;

/// So many cases of seed 1.
fn cases(runs: u64) -> Campaign {
    Campaign {
        runs: Some(runs),
        ..Campaign::default()
    }
}

#[test]
fn a_short_campaign_passes() {
    let report = cases(2000).run(|_| ());
    if let Some(found) = report.found.first() {
        panic!("{}", found.file(1));
    }
    let t = report.tally;
    assert_eq!(t.runs, 2000);
    // It does something: I/O fails and is held, actions are carried out.
    assert!(t.failed > 1000 && t.held > 20 && t.actions > 5000, "{t:?}");
}

#[test]
fn a_campaign_is_the_same_again() {
    assert_eq!(cases(100).run(|_| ()), cases(100).run(|_| ()));
}

/// The scenarios of a folder beside this file: name, text.
fn scenarios(folder: &str) -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests")
        .join(folder);
    let files = std::fs::read_dir(folder).unwrap();
    let read = |path: PathBuf| {
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        (name, std::fs::read_to_string(&path).unwrap())
    };
    files.map(|entry| read(entry.unwrap().path())).collect()
}

/// Cases that failed once.
#[test]
fn cases_that_failed_pass() {
    for (name, text) in scenarios("torture-cases") {
        for (mode, ties) in ways(&text) {
            let checked = check_text(&text, mode, ties);
            assert!(checked.is_ok(), "{name}: {checked:?}");
        }
    }
}

/// A write that lands after its acknowledged retry is reported, and fails no
/// run.
#[test]
fn late_writes_are_reported() {
    for (name, text) in scenarios("torture-hazards") {
        let (writes, over_newer) = match name.as_str() {
            "time-out-in-a-black-hole" => (1, 1),
            other => panic!("what is to come of {other}?"),
        };
        for (mode, ties) in ways(&text) {
            let passed = check_text(&text, mode, ties).unwrap();
            let hazards = Hazards {
                late_writes: writes,
                overwrote_newer: over_newer,
            };
            assert_eq!(passed.tally.hazards, hazards, "{name}, {mode:?}");
            let first = &passed.late_writes[0];
            assert!(
                first.contains("after its retry had been acknowledged"),
                "{first}"
            );
            assert_eq!(
                first.ends_with("over newer data"),
                over_newer > 0,
                "{first}"
            );
        }
    }
}

/// Each planted defect is found within 10,000 cases.
#[cfg(feature = "planted-defects")]
#[test]
fn planted_defects_are_found() {
    use mpathsim::models::planted::Defect;
    use mpathsim::torture::campaign::hunt;

    let mut missed = Vec::new();
    for defect in Defect::ALL {
        match hunt(defect, 1, 10_000) {
            Some((run, failure)) => println!("{defect:?}: case {run}: {}", failure.what),
            None => missed.push(defect),
        }
    }
    assert!(missed.is_empty(), "not found: {missed:?}");
}
