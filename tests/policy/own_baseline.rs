//! The repository's own policies against its own baseline, and how often such a
//! check is wrong.

use mpathsim::policy::Settings;
use mpathsim::policy::regress::Matrix;
use mpathsim::policy::regress::study::{Pool, changed, fresh};

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

/// In short what `examples/regression_study.rs` shows at length: with fresh
/// worlds, no check of a hundred is red.
#[test]
fn fresh_worlds_do_not_alarm() {
    let matrix = Matrix::load(&root().join("tests/regression/matrix.toml")).unwrap();
    let pool = Pool::new(&matrix, 40 * matrix.replications, &Settings::default()).unwrap();
    let study = fresh(&matrix, &pool, 100);
    assert_eq!((study.checks, study.red), (100, 0));
    let same = changed(&matrix, &pool, &pool, true);
    assert_eq!((same.checks, same.red), (40, 0));
    // Without any margin for error, it would be.
    let nervous = Matrix {
        alpha: 0.5,
        figures: matrix
            .figures
            .iter()
            .map(|f| mpathsim::policy::regress::Figure { margin: 0.0, ..*f })
            .collect(),
        ..matrix
    };
    assert!(fresh(&nervous, &pool, 100).red > 10);
}
