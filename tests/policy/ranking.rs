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
            let of_bound: f64 = words[words.len() - 2].parse().unwrap();
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

/// The winner changes where the slow port is as fast as the other: round-robin
/// gives both as much, a weighted one nine times as much to the first.
#[test]
fn the_value_at_which_the_winner_changes() {
    let folder = folder("sensitivity");
    let text = expect(
        0,
        &folder,
        &[
            "sensitivity",
            "bio",
            "request",
            "--scenario",
            "s.toml",
            "--metric",
            "cpu_per_io_us",
            "--set",
            "host.profile=\"lab\"",
            "--vary",
            "host.costs.clone_rq=0ns..60us",
            "--replications",
            "3",
        ],
    );
    // A cost that only request mode has makes it lose, from some value on.
    assert!(
        text.contains("request mode up to")
            || text.contains("the winner does not change: bio mode"),
        "{text}"
    );
    let folder = self::folder("crossing");
    let scenario = SCENARIO.replace("iodepth = 12", "iodepth = 4");
    std::fs::write(folder.join("s.toml"), scenario).unwrap();
    let text = expect(
        0,
        &folder,
        &[
            "sensitivity",
            "round-robin",
            "queue-length",
            "--scenario",
            "s.toml",
            "--mode",
            "bio",
            "--vary",
            "device.sdb.port.latency=200us..2ms:log",
            "--replications",
            "4",
            "--steps",
            "3",
        ],
    );
    assert!(
        text.contains("device.sdb.port.latency") && text.contains("2ms"),
        "{text}"
    );
    let wrong = expect(
        2,
        &folder,
        &[
            "sensitivity",
            "bio",
            "request",
            "--scenario",
            "s.toml",
            "--vary",
            "seed=1",
        ],
    );
    assert!(wrong.contains("50us..5ms"), "{wrong}");
}
