//! The repository's own policies against its own baseline, and how often such a
//! check is wrong.

use mpathsim::policy::Settings;
use mpathsim::policy::regress::Matrix;
use mpathsim::policy::regress::study::{Pool, tally};
use mpathsim::sdk::Registry;

use crate::support::*;

#[test]
fn our_policies_have_not_become_worse() {
    let text = expect(
        0,
        root(),
        &["regress", "check", "tests/regression/matrix.toml"],
    );
    assert!(text.contains("nothing became worse"), "{text}");
}

/// In short what `examples/regression_study.rs` shows at length: in fresh worlds,
/// no check of ninety is red.
#[test]
fn fresh_worlds_do_not_alarm() {
    let file = root().join("tests/regression/matrix.toml");
    let matrix = Matrix::load(&file, &Registry::default()).unwrap();
    let pool = Pool::new(&matrix, 100..110, &Settings::default()).unwrap();
    let blocks = 0..pool.blocks();
    let (same, others): (Vec<_>, Vec<_>) = blocks
        .clone()
        .flat_map(|a| blocks.clone().map(move |b| (a, b)))
        .partition(|(a, b)| a == b);
    assert_eq!((same.len(), others.len()), (10, 90));
    assert_eq!(tally(&matrix, &pool, &pool, &same).red, 0);
    assert_eq!(tally(&matrix, &pool, &pool, &others).red, 0);
    // Without any margin for error, some would be.
    let nervous = Matrix {
        alpha: 0.5,
        figures: matrix
            .figures
            .iter()
            .map(|f| mpathsim::policy::regress::Figure { margin: 0.0, ..*f })
            .collect(),
        ..matrix
    };
    assert!(tally(&nervous, &pool, &pool, &others).red > 9);
}
