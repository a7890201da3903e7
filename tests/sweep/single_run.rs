//! How often the interval that one run tells holds the mean of many.

use std::collections::BTreeMap;

use crate::support::*;

/// Worlds that a scenario is run in: an interval each.
const WORLDS: usize = 300;

/// What came of the intervals of a figure.
#[derive(Debug, Default)]
struct Coverage {
    /// Runs that told one.
    told: usize,
    /// Of which held the mean of all runs.
    held: usize,
}

/// Sweeps `scenario` of the repository over seeds, each of which is run once.
fn coverage(test: &str, scenario: &str, set: &str) -> BTreeMap<String, Coverage> {
    let folder = folder(test);
    let file = std::path::Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("scenarios")
        .join(scenario);
    let text = format!(
        "scenario = {file:?}\n[set]\n{set}\n[sweep]\nmodes = [\"bio\"]\n\
         metrics = [\"iops\", \"mib_per_s\", \"lat_mean_us\", \"lat_p50_us\", \"lat_p90_us\", \"lat_p99_us\"]\n\
         [[sweep.axis]]\nkey = \"seed\"\nname = \"world\"\nrange = {{ from = 1, to = {WORLDS}, step = 1 }}\n"
    );
    std::fs::write(folder.join("sweep.toml"), text).unwrap();
    expect(
        0,
        &folder,
        &["sweep", "sweep.toml", "--out", "out", "--quiet"],
    );
    let rows = rows(&folder.join("out/summary.csv"));
    let mut means: BTreeMap<String, f64> = BTreeMap::new();
    for row in &rows {
        let mean: f64 = row["mean"].parse().unwrap();
        *means.entry(row["metric"].clone()).or_default() += mean / WORLDS as f64;
    }
    let mut found: BTreeMap<String, Coverage> = BTreeMap::new();
    for row in &rows {
        let of = found.entry(row["metric"].clone()).or_default();
        if let (Ok(low), Ok(high)) = (row["low"].parse::<f64>(), row["high"].parse::<f64>()) {
            of.told += 1;
            let slack = 1e-9 * high.abs();
            of.held += usize::from((low - slack..=high + slack).contains(&means[&row["metric"]]));
        }
    }
    found
}

/// Of those figures that most runs tell, the interval holds as often as it says, or
/// nearly: `least` is a share.
fn holds(test: &str, scenario: &str, set: &str, least: f64, told: &[&str]) {
    let found = coverage(test, scenario, set);
    for (metric, of) in &found {
        let share = of.held as f64 / of.told.max(1) as f64;
        assert!(of.told == 0 || share >= least, "{test}, {metric}: {of:?}");
    }
    for metric in told {
        assert!(
            2 * found[*metric].told > WORLDS,
            "{test}, {metric}: {:?}",
            found[*metric]
        );
    }
}

#[test]
fn twenty_ios_tell_nothing() {
    for ios in [1, 20, 40] {
        let set = format!("\"workload.job.0.number_ios\" = {ios}");
        for (metric, of) in coverage(&format!("few-{ios}"), "slow-array.toml", &set) {
            assert_eq!(of.told, 0, "{ios} I/Os, {metric}");
        }
    }
}

/// Batches of completions, and queues that take a second to even out: the worst that the
/// library has.
#[test]
fn a_slow_array() {
    let told = ["iops", "lat_mean_us", "lat_p50_us", "lat_p90_us"];
    holds("slow", "slow-array.toml", "", 0.93, &told);
    let set = "\"workload.job.0.size\" = \"64m\"";
    // Where its 90 % lie two kinds of latency meet: a share of I/Os that parts tell well
    // says little of the next latency's.
    holds("slow-64m", "slow-array.toml", set, 0.92, &told);
}

#[test]
fn a_flash_array() {
    let told = [
        "iops",
        "mib_per_s",
        "lat_mean_us",
        "lat_p50_us",
        "lat_p90_us",
    ];
    holds("flash", "fast-flash-array.toml", "", 0.93, &told);
    holds("mixed", "mixed-sizes.toml", "", 0.93, &told);
}
