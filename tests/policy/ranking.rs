//! Tournaments, and how far a verdict survives.

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
    assert!(text.contains("left out: io-affinity: "), "{text}");
    // Nobody is better than the best, or than what is possible.
    let scores: Vec<f64> = text
        .lines()
        .filter(|l| l.contains(" to ") && l.ends_with(" %"))
        .map(|l| {
            let words: Vec<&str> = l.split_whitespace().collect();
            let of_bound: f64 = words[words.len() - 6].parse().unwrap();
            // The limit is that of mean service times; six short runs may be
            // lucky.
            assert!(of_bound <= 103.0, "{l}");
            words[2].parse().unwrap()
        })
        .collect();
    assert!(
        scores.len() > 8 && scores.iter().all(|score| *score <= 100.0),
        "{text}"
    );
    assert!(scores.is_sorted_by(|a, b| a >= b), "{text}");
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
