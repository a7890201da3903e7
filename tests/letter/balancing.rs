//! What it is for: load balancing.

use mpathsim::letter::{self, ROWS};
use mpathsim::run::summary::RunSummary;
use mpathsim::scenario::Mode;

use super::both;

/// What the letter was written for: over unequal paths, against round-robin as it was.
#[test]
fn a_dynamic_balancer_needs_merging_above_its_choice() {
    let [(with, _), (without, _)] = both("balancing");
    let shown = letter::row("balancing").unwrap().shown[0];
    let (was, _) = shown.as_bio_mode(shown.as_it_was.unwrap()).unwrap();
    let kib = |run: &RunSummary| run.path_devices.mean_request_bytes / 1024.0;
    let ms = |run: &RunSummary| run.duration_ns as f64 / 1e6;
    assert!(kib(&without) < 10.0, "{}", kib(&without));
    assert!(kib(&with) > 400.0, "{}", kib(&with));
    assert!(ms(&with) * 1.1 < ms(&without));
    assert!(ms(&with) * 2.0 < ms(&was));
    // A path has four times the bandwidth of the other.
    let share = |run: &RunSummary| run.paths[0].share;
    assert!((0.74..0.82).contains(&share(&with)), "{}", share(&with));
    assert!((0.48..0.52).contains(&share(&was)), "{}", share(&was));

    let figures = shown.figures().unwrap();
    let was = figures.as_it_was.clone().unwrap();
    assert!(letter::lines(&shown, &figures, 0).contains(&format!("as it was {was}")));
}

const LETTER: &str = include_str!("../../docs/letter.md");

/// What the page says of the balancers, run.
#[test]
fn the_page_tells_what_each_balancer_takes() {
    let shown = letter::row("balancing").unwrap().shown[0];
    let run = |mode: Mode, sets: &[&str]| {
        let sets: Vec<String> = sets.iter().map(ToString::to_string).collect();
        let scenario = mpathsim::scenario::parse("balancing", shown.text, &sets).unwrap();
        let machine = mpathsim::scenario::build(&scenario, mode).unwrap();
        let outcome = mpathsim::run::run(&machine, &Default::default()).unwrap();
        RunSummary::new(mode, None, &outcome).duration_ns as f64 / 1e6
    };
    let in_turn = run(Mode::Bio, &["map.0.selector=\"round-robin\""]);
    let ql = "map.0.selector=\"queue-length\"";
    let asked = "map.0.paths=[{ device = \"sda\", args = [1] }, { device = \"sdb\", args = [1] }]";
    let costs = [0, 1].map(|n| format!("device.{n}.port.per_request=\"100us\""));
    let costs = [costs[0].as_str(), costs[1].as_str()];
    let words: Vec<&str> = LETTER.split_whitespace().collect();
    for text in [
        format!("{:.2} s", in_turn / 1e3),
        format!("{:.0} ms", run(Mode::Bio, &[])),
        format!("{:.0} ms", run(Mode::Request, &[])),
        format!("{:.0} ms", run(Mode::Bio, &costs)),
        format!("{:.0} ms", run(Mode::Request, &costs)),
        format!("{:.2} s", run(Mode::Request, &[ql]) / 1e3),
        format!("{:.2} s", run(Mode::Bio, &[ql]) / 1e3),
        format!("{:.0} ms", run(Mode::Request, &[ql, asked])),
    ] {
        let (number, unit) = text.split_once(' ').unwrap();
        let is_it =
            |two: &[&str]| two[0] == number && two[1].trim_end_matches([',', ';', '.']) == unit;
        assert!(words.windows(2).any(is_it), "{text} is not told");
    }
}

/// Every scenario of the letter has a bound, as the page says.
#[test]
fn the_bound_is_known_everywhere() {
    assert!(LETTER.contains("what the devices could do at best is printed with\nit, everywhere"));
    for shown in ROWS.iter().flat_map(|row| row.shown) {
        let scenario = mpathsim::scenario::parse("letter", shown.text, &[]).unwrap();
        let machine = mpathsim::scenario::build(&scenario, Mode::Request).unwrap();
        let outcome = mpathsim::run::run(&machine, &Default::default()).unwrap();
        let limit = mpathsim::run::bound::bound_of_run(&machine, &outcome).unwrap();
        assert!(limit.known().is_some(), "{}: {limit:?}", shown.scenario);
    }
}
