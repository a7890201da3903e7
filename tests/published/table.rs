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
    compare(
        id,
        seen,
        &tolerance,
        verdict(seen, |_, x| wanted.contains(&x)),
    );
}

/// Row `id` shows what is `seen` of a pair, B over A: as it was `published`, within
/// 20 %, and the same of them wins. Less than 1 % apart they are a *tie*, which wants a
/// reason as much as a *no* does, unless it was published too.
#[track_caller]
pub fn effect(id: &str, seen: f64, published: f64) {
    let cells = row(id);
    let shows = |cell: &str, wanted: &[f64]| {
        let shown = numbers(cell);
        let same =
            |((shown, half), wanted): (&(f64, f64), &f64)| (shown - wanted).abs() <= half * 1.001;
        shown.len() == wanted.len() && shown.iter().zip(wanted).all(same)
    };
    assert!(shows(&cells[1], &[published]), "row {id}: published");
    let (least, most) = (0.8 * published, 1.2 * published);
    assert!(shows(&cells[3], &[least, most]), "row {id}: tolerance");
    let winner = |ratio: f64| match (ratio - 1.0).abs() < 0.01 {
        true => None,
        false => Some(ratio > 1.0),
    };
    let verdict = match (winner(seen), winner(published)) {
        _ if !(least..=most).contains(&seen) => NO,
        (a, b) if a == b => YES,
        (None, _) => "tie",
        _ => NO,
    };
    compare(id, &[seen], &cells[3], verdict);
}

/// The paragraph about `id`, a reason or an assumption, tells each of these figures,
/// which are seen.
#[track_caller]
pub fn told(id: &str, figures: &[(&str, f64)]) {
    if std::env::var_os("SHOW_SEEN").is_some() {
        return eprintln!("told {id} {figures:?}");
    }
    let page = page();
    let from = page.find(&format!("\n- **{id}** "));
    let from = from.unwrap_or_else(|| panic!("nothing is told of {id}")) + 1;
    let rest = &page[from..];
    let end = rest.find("\n- **").or(rest.find("\n\n"));
    let text = &rest[..end.unwrap_or(rest.len())];
    tells(id, text, figures);
}

/// The page `docs/letter.md` tells each of these figures, which are seen.
#[track_caller]
pub fn letter_tells(figures: &[(&str, f64)]) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/letter.md");
    tells(
        "docs/letter.md",
        &std::fs::read_to_string(path).unwrap(),
        figures,
    );
}

#[track_caller]
fn tells(what: &str, text: &str, figures: &[(&str, f64)]) {
    let words: Vec<&str> = text.split_whitespace().collect();
    for (shown, seen) in figures {
        let (value, half) = numbers(shown)[0];
        assert!(
            (value - seen).abs() <= half * 1.001,
            "{what}: told is {shown}, but seen is {seen}"
        );
        let is_it = |word: &&str| word.trim_matches([',', '.', ':', ';', '(', ')']) == *shown;
        assert!(words.iter().any(is_it), "{what}: {shown} is not told");
    }
}

/// The same where all of what is `seen` is to be more than `least`.
#[track_caller]
pub fn above(id: &str, seen: &[f64], least: f64) {
    let verdict = verdict(seen, |_, x| x > least);
    compare(id, seen, &format!("> {least}"), verdict);
}

/// The same where each of what is `seen` may be off by so much from what was
/// `published`, which the row shows too.
#[track_caller]
pub fn near(id: &str, seen: &[f64], published: &[f64], by: f64) {
    let shown: Vec<f64> = numbers(&row(id)[1]).iter().map(|(x, _)| *x).collect();
    assert_eq!(shown, published, "row {id}: published");
    let verdict = verdict(seen, |i, x| (x - published[i]).abs() <= by);
    compare(id, seen, &format!("± {by}"), verdict);
}

const YES: &str = "yes";
const NO: &str = "**no**";

/// *Yes* if each of what is `seen` holds.
fn verdict(seen: &[f64], holds: impl Fn(usize, f64) -> bool) -> &'static str {
    match seen.iter().enumerate().all(|(i, x)| holds(i, *x)) {
        true => YES,
        false => NO,
    }
}

#[track_caller]
fn compare(id: &str, seen: &[f64], tolerance: &str, wanted: &str) {
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
    assert!(
        verdict.starts_with(wanted),
        "row {id}: {verdict}, but {seen:?} of {tolerance} is {wanted}"
    );
    let reason = format!("- **{id}** ");
    assert!(
        wanted == YES || page().lines().any(|line| line.starts_with(&reason)),
        "row {id}: no reason is given ({reason})"
    );
}

/// Every row but those that cannot be measured is judged by a test, and the page counts
/// them.
#[test]
fn every_row_is_judged_and_counted() {
    let judges = [
        include_str!("../published.rs"),
        include_str!("cpu.rs"),
        include_str!("merging.rs"),
        include_str!("selectors.rs"),
    ];
    let page = page();
    let (_, ours) = page.split_once("## Against what was published").unwrap();
    let rows = ours.lines().filter_map(|line| {
        let (id, cells) = line.strip_prefix("| ")?.split_once(" |")?;
        let verdict = cells.trim_end_matches([' ', '|']).rsplit("| ").next()?;
        let is_row = id.chars().any(|c| c.is_ascii_digit());
        is_row.then_some((id, verdict))
    });
    let (mut green, mut all) = ([0, 0], [0, 0]);
    for (id, verdict) in rows.filter(|(_, verdict)| *verdict != "open") {
        let judged = format!("(\"{id}\",");
        let below = format!("\"{id}\",\n");
        let is_judged = |text: &&str| text.contains(&judged) || text.contains(&below);
        assert!(judges.iter().any(is_judged), "row {id}: no test");
        let of_pairs = usize::from(id.starts_with('A'));
        all[of_pairs] += 1;
        green[of_pairs] += usize::from(verdict.starts_with("yes"));
    }
    let tells = format!(
        "{} of {} rows are green, and {} of {} pairs.",
        green[0], all[0], green[1], all[1]
    );
    assert!(page.contains(&tells), "the page does not say: {tells}");
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
    let asks = |line: &&str| line.contains("| **no** |") || line.contains("| tie |");
    for line in page.lines().filter(asks) {
        let id = line.trim_matches('|').split('|').next().unwrap().trim();
        assert!(page.contains(&format!("\n- **{id}** ")), "row {id}: why?");
    }
}
