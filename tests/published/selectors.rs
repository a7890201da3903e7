//! Target 5: which of equal paths an I/O takes. Targets 1, 6 and 8 are in
//! `tests/published_selectors.rs`.

use mpathsim::scenario::Mode;

use super::summary;

/// Target 5 (commit f20426056f2e), exact.
#[test]
fn t05_the_old_rotation_gives_twice_as_many_to_the_first_of_equals() {
    let ios = |kernel: &str| {
        let run = summary("tie-breaking", Mode::Request, &[kernel]);
        let of = |name: &str| run.paths.iter().find(|p| p.device == name).unwrap().ios;
        assert_eq!(of("p2"), 1);
        (of("p0"), of("p1"))
    };
    let (a, b) = ios("kernel=\"2.6.31\"");
    // Exact, but for the turn of three I/Os that the run ends in.
    assert!(a.abs_diff(2 * b) <= 3, "{a} to {b}, not 2 to 1");
    let (a, b) = ios("kernel=\"6.1\"");
    assert!(a.abs_diff(b) <= 1, "{a} to {b}, not 1 to 1");
}
