//! The fault campaign passes, and finds what is planted.
#![allow(clippy::unwrap_used, clippy::panic)]
#![cfg(feature = "planted-defects")]

use std::path::Path;

use mpathsim::torture::Campaign;
use mpathsim::torture::case::ways;
use mpathsim::torture::check::check_text;

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

/// Cases that failed once.
#[test]
fn cases_that_failed_pass() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/torture-cases");
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap();
        for (mode, ties) in ways(&text) {
            let checked = check_text(&text, mode, ties);
            assert!(checked.is_ok(), "{}: {checked:?}", path.display());
        }
    }
}

/// Each planted defect is found within 10,000 cases.
#[cfg(feature = "planted-defects")]
#[test]
fn planted_defects_are_found() {
    use mpathsim::models::planted::Defect;
    use mpathsim::torture::campaign::hunt;

    for defect in Defect::ALL {
        let found = hunt(defect, 1, 10_000);
        let (run, failure) = found.unwrap_or_else(|| panic!("{defect:?} was not found"));
        println!("{defect:?}: case {run}: {}", failure.what);
    }
}
