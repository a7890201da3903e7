//! The tables of `docs/validation.md`, held against what is seen: a figure that
//! changes must be changed there too, and a verdict is what figure and tolerance
//! make of it. With `SHOW_SEEN=1` in the environment what is seen is printed
//! instead (`-- --nocapture`).

use std::ops::RangeInclusive;
use std::path::Path;

/// The page.
pub fn page() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/validation.md");
    std::fs::read_to_string(path).unwrap()
}

/// The cells of row `id`, those of what was published first.
fn row(id: &str) -> Vec<String> {
    let page = page();
    let head = format!("| {id} |");
    let line = page.lines().find(|line| line.starts_with(&head));
    let line = line.unwrap_or_else(|| panic!("docs/validation.md has no row {id}"));
    let cells = line.trim_matches('|').split('|').skip(1);
    cells.map(|cell| cell.trim().to_owned()).collect()
}

/// The numbers of a cell, and half of what the last digit of each is worth.
fn numbers(cell: &str) -> Vec<(f64, f64)> {
    let words = cell.split(|c: char| !(c.is_ascii_digit() || c == '.' || c == ','));
    let words = words.map(|word| word.trim_matches(['.', ',']).replace(',', ""));
    let number = |word: String| {
        let digits = word.split_once('.').map_or(0, |(_, after)| after.len());
        let value: f64 = word.parse().ok()?;
        Some((value, 0.5 / 10f64.powi(digits as i32)))
    };
    words.filter_map(number).collect()
}

/// Row `id` shows what is `seen`; it asks for `wanted`, and its verdict is *yes*
/// if all of it is there, and else *no*, with a reason.
#[track_caller]
pub fn judge(id: &str, seen: &[f64], wanted: RangeInclusive<f64>) {
    let tolerance = match (*wanted.start(), *wanted.end()) {
        (from, f64::INFINITY) => format!("≥ {from}"),
        (f64::NEG_INFINITY, to) => format!("≤ {to}"),
        (from, to) if from == to => "exact".into(),
        (from, to) => format!("{from} to {to}"),
    };
    compare(id, seen, &tolerance, |_, x| wanted.contains(&x));
}

/// The same where all of what is `seen` is to be more than `least`.
#[track_caller]
pub fn above(id: &str, seen: &[f64], least: f64) {
    compare(id, seen, &format!("> {least}"), |_, x| x > least);
}

/// The same where each of what is `seen` may be off by so much from what was
/// `published`, which the row shows too.
#[track_caller]
pub fn near(id: &str, seen: &[f64], published: &[f64], by: f64) {
    let shown: Vec<f64> = numbers(&row(id)[1]).iter().map(|(x, _)| *x).collect();
    assert_eq!(shown, published, "row {id}: published");
    compare(id, seen, &format!("± {by}"), |i, x| {
        (x - published[i]).abs() <= by
    });
}

#[track_caller]
fn compare(id: &str, seen: &[f64], tolerance: &str, holds: impl Fn(usize, f64) -> bool) {
    if std::env::var_os("SHOW_SEEN").is_some() {
        return eprintln!("seen {id} {seen:?}");
    }
    let cells = row(id);
    let [_, _, here, asked, verdict] = cells.as_slice() else {
        panic!("row {id} has {} cells", cells.len() + 1);
    };
    assert_eq!(asked, tolerance, "row {id}: tolerance; seen {seen:?}");
    let shown = numbers(here);
    let is_shown =
        |(seen, (shown, half)): (&f64, &(f64, f64))| (seen - shown).abs() <= half * 1.001;
    assert!(
        shown.len() == seen.len() && seen.iter().zip(&shown).all(is_shown),
        "row {id} shows {here}, but seen is {seen:?}"
    );
    let all = seen.iter().enumerate().all(|(i, x)| holds(i, *x));
    let wanted = if all { "yes" } else { "**no**" };
    assert!(
        verdict.starts_with(wanted),
        "row {id}: {verdict}, but {seen:?} of {tolerance} is {wanted}"
    );
    let reason = format!("- **{id}** ");
    assert!(
        all || page().lines().any(|line| line.starts_with(&reason)),
        "row {id}: no reason is given ({reason})"
    );
}

/// Every target has a row, and every row that is not green a reason.
#[test]
fn every_target_is_in_the_table() {
    let page = page();
    for target in (1..=16).filter(|n| *n != 7) {
        let has = |line: &str| {
            let id = line.strip_prefix("| ").unwrap_or_default();
            let digits: String = id.chars().take_while(char::is_ascii_digit).collect();
            digits == target.to_string()
        };
        assert!(page.lines().any(has), "target {target}");
    }
    for line in page.lines().filter(|line| line.contains("| **no** |")) {
        let id = line.trim_matches('|').split('|').next().unwrap().trim();
        assert!(page.contains(&format!("\n- **{id}** ")), "row {id}: why?");
    }
}
