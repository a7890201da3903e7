//! Tournaments, and how far a verdict survives.

use mpathsim::run::bound::{Limit, bound_of_run};
use mpathsim::run::replication::replicate;
use mpathsim::run::summary::RunSummary;
use mpathsim::run::{RunOptions, run};
use mpathsim::scenario::{self, Mode};

use crate::support::*;

#[test]
fn all_policies_are_ranked() {
    let folder = folder("tournament");
    let text = expect(
        0,
        &folder,
        &[
            "tournament",
            "s.toml",
            "--mode",
            "bio",
            "--replications",
            "6",
        ],
    );
    let place = |policy: &str| {
        line(&text, policy)
            .split_whitespace()
            .nth(1)
            .unwrap()
            .to_owned()
    };
    let first = |policy: &str| {
        place(policy)
            .split('–')
            .next()
            .unwrap()
            .parse::<u32>()
            .unwrap()
    };
    assert!(first("service-time") < first("round-robin"), "{text}");
    assert!(first("queue-length") < first("round-robin"), "{text}");
    assert!(
        text.contains("left out: io-affinity: needs a CPU mask for each path\n"),
        "{text}"
    );
    // Nobody is better than the best, or than what is possible.
    let scores: Vec<f64> = text
        .lines()
        .filter(|l| l.contains(" to ") && l.ends_with(" %"))
        .map(|l| {
            let words: Vec<&str> = l.split_whitespace().collect();
            let of_bound: f64 = words[words.len() - 6].parse().unwrap();
            assert!(of_bound <= 100.0, "{l}");
            words[2].parse().unwrap()
        })
        .collect();
    assert!(
        scores.len() > 8 && scores.iter().all(|score| *score <= 100.0),
        "{text}"
    );
    assert!(scores.is_sorted_by(|a, b| a >= b), "{text}");
}

/// Every scenario whose limit is known, in both modes and in three worlds.
#[test]
fn no_run_exceeds_its_bound() {
    let mut known = 0;
    let folders = [
        "scenarios",
        "scenarios/letter",
        "scenarios/published",
        "scenarios/sharing",
        "tests/regression",
    ];
    for folder in folders {
        let files = std::fs::read_dir(root().join(folder)).unwrap();
        let files = files.map(|file| file.unwrap().path());
        for file in files.filter(|file| file.extension().is_some_and(|end| end == "toml")) {
            let Ok(scenario) = scenario::load(&file, &[]) else {
                continue; // not a scenario
            };
            for mode in [Mode::Bio, Mode::Request] {
                for replication in 0..3 {
                    let mut machine = scenario::build(&scenario, mode).unwrap();
                    replicate(&mut machine, replication);
                    let outcome = run(&machine, &RunOptions::default()).unwrap();
                    let Limit::Known(bound) = bound_of_run(&machine, &outcome).unwrap() else {
                        continue;
                    };
                    let done = RunSummary::new(mode, None, &outcome).application;
                    let of = bound.of(&done);
                    let what = format!("{}, {mode:?}, {replication}: {of:?}", file.display());
                    assert!(of.iops <= 1.0 + 1e-9, "{what}");
                    assert!(
                        of.latency.is_none_or(|x| x >= 1.0 - 1e-9) || done.ios == 0,
                        "{what}"
                    );
                    known += 1;
                }
            }
        }
    }
    assert!(known > 100, "{known}");
}

/// How much a clone may cost until bio mode, which needs none, overtakes
/// request mode, which merges.
#[test]
fn the_value_at_which_the_winner_changes() {
    let scenario = root().join("scenarios/fast-flash-array.toml");
    let mut words = vec![
        "sensitivity",
        "request",
        "bio",
        "--replications",
        "8",
        "--scenario",
    ];
    words.push(scenario.to_str().unwrap());
    words.extend(["--vary", "host.costs.clone_rq=100ns..50us:log"]);
    let folder = folder("sensitivity");
    let text = expect(0, &folder, &words);
    assert!(text.contains("(Bonferroni, of 101)"), "{text}");
    let change = line(&text, "the winner changes: request mode up to ");
    let ns: Vec<u64> = change
        .split(|c: char| !c.is_ascii_digit())
        .filter_map(|digits| digits.parse().ok())
        .collect();
    assert_eq!(ns.len(), 2, "{text}");
    assert!(10_000 < ns[0] && ns[0] < ns[1] && ns[1] < 50_000, "{text}");
    // Beyond the crossing the verdict is the other one.
    let set = format!("host.costs.clone_rq={}ns", ns[1] + 5000);
    let mut words = vec![
        "compare",
        "request",
        "bio",
        "--replications",
        "3",
        "--set",
        &set,
    ];
    words.extend(["--metric", "iops", "--scenario", scenario.to_str().unwrap()]);
    let text = expect(0, &folder, &words);
    assert!(line(&text, "iops").ends_with("  better"), "{text}");
    let words = [
        "sensitivity",
        "bio",
        "request",
        "--scenario",
        "s.toml",
        "--vary",
        "seed=1",
    ];
    let wrong = expect(2, &folder, &words);
    assert!(wrong.contains("50us..5ms"), "{wrong}");
}

/// CPU profiles have nothing between them: each is tried.
#[test]
fn a_profile_varies_as_a_word() {
    let scenario = root().join("scenarios/fast-flash-array.toml");
    let folder = folder("sensitivity-words");
    let words = |vary: &'static str| {
        let scenario = scenario.to_str().unwrap();
        let fixed = ["sensitivity", "bio", "request", "--replications", "3"];
        let rest = [
            "--scenario",
            scenario,
            "--metric",
            "cpu_per_io_us",
            "--vary",
            vary,
        ];
        [fixed.as_slice(), &rest].concat()
    };
    // Seldom merged clones of a CPU that is free, and of one that is not.
    let text = expect(0, &folder, &words("host.profile=lab,none"));
    assert!(text.contains("(Bonferroni, of 2)"), "{text}");
    let verdict = |word: &str| line(&text, word).to_owned();
    assert!(verdict("lab ").ends_with("better"), "{text}");
    assert!(!verdict("none ").ends_with("better"), "{text}");
    let wrong = expect(2, &folder, &words("host.profile=lab,fast"));
    assert!(wrong.contains("unknown word `fast`"), "{wrong}");
    let wrong = expect(2, &folder, &words("host.profile=lab,,none"));
    assert!(wrong.contains("host.profile=none,lab"), "{wrong}");
}

/// Request mode of 2.6.25 as it was released: left out here, refused where it is
/// asked for.
#[test]
fn a_mode_that_a_kernel_does_not_have_is_not_played() {
    let scenario = root().join("scenarios/letter/08-target-interface.toml");
    let text = std::fs::read_to_string(scenario);
    let text = text
        .unwrap()
        .replace("kernel =", "multipath = \"bio\"\nkernel =");
    let folder = folder("no-request-mode");
    std::fs::write(folder.join("as-released.toml"), text).unwrap();
    let words = [
        "as-released.toml",
        "--policy",
        "round-robin",
        "--replications",
        "2",
    ];
    let text = expect(0, &folder, &[["tournament"].as_slice(), &words].concat());
    assert!(text.contains("over 1 scenarios and modes"), "{text}");
    assert!(
        text.contains("left out: as-released, request mode: it has none"),
        "{text}"
    );
    let asked = [
        "compare",
        "bio",
        "request",
        "--scenario",
        "as-released.toml",
    ];
    let text = expect(2, &folder, &asked);
    assert!(text.contains("no request mode"), "{text}");
}

/// A slip is not a policy that cannot play.
#[test]
fn a_policy_that_does_not_exist_is_refused() {
    let folder = folder("unknown-policy");
    let words = [
        "tournament",
        "s.toml",
        "--policy",
        "round-robin",
        "--policy",
        "queue-lenght",
    ];
    let text = unwrapped(&expect(2, &folder, &words));
    assert!(text.contains("there is no policy `queue-lenght`"), "{text}");
    assert!(text.contains("did you mean `queue-length`?"), "{text}");
}

/// A range that falls is told by rising value, as one that rises.
#[test]
fn a_range_may_fall() {
    let folder = folder("falling");
    let scenario = root().join("scenarios/fast-flash-array.toml");
    let scenario = scenario.display().to_string();
    let words = [
        "sensitivity",
        "request",
        "bio",
        "--scenario",
        &scenario,
        "--vary",
    ];
    let winners = |range: &str| {
        let vary = format!("host.costs.clone_rq={range}:log");
        let more = [vary.as_str(), "--replications", "3", "--steps", "3"];
        let words = [&words[..], &more].concat();
        let text = expect(0, &folder, &words);
        let found = text
            .lines()
            .find(|line| line.starts_with("the winner changes"));
        let found = found.unwrap_or_else(|| panic!("{text}")).to_owned();
        let words: Vec<String> = found.split(' ').map(str::to_owned).collect();
        (words[3].clone(), found)
    };
    let (rising, falling) = (winners("100ns..50us"), winners("50us..100ns"));
    assert_eq!(rising.0, falling.0, "{} / {}", rising.1, falling.1);
    let one = [&words[..], &["host.costs.clone_rq=1us..1us"]].concat();
    assert!(unwrapped(&expect(2, &folder, &one)).contains("the range has one value"));
}
