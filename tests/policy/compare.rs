//! A against B.

use crate::support::*;

#[test]
fn two_policies() {
    let folder = folder("policies");
    let arguments = [
        "compare",
        "round-robin",
        "queue-length",
        "--scenario",
        "s.toml",
        "--mode",
        "bio",
    ];
    let text = expect(0, &folder, &arguments);
    assert!(line(&text, "iops").ends_with("  better"), "{text}");
    assert!(line(&text, "lat_mean_us").ends_with("  better"), "{text}");
    assert!(
        line(&text, "iops").contains(" ± ") && line(&text, "iops").contains("ρ "),
        "{text}"
    );
    // The other way round it is worse; with itself the same.
    let back = expect(
        0,
        &folder,
        &[
            "compare",
            "queue-length",
            "round-robin",
            "--scenario",
            "s.toml",
            "--mode",
            "bio",
        ],
    );
    assert!(line(&back, "iops").ends_with("  worse"), "{back}");
    let same = expect(
        0,
        &folder,
        &[
            "compare",
            "queue-length",
            "queue-length",
            "--scenario",
            "s.toml",
            "--mode",
            "bio",
        ],
    );
    assert!(
        line(&same, "iops").ends_with("same within the margin"),
        "{same}"
    );
    // Two runs are not enough where all that differs is the worlds.
    let other = format!("seed = 99\n{SCENARIO}");
    std::fs::write(folder.join("other.toml"), other).unwrap();
    let mut words = vec!["compare", "s.toml", "other.toml", "--mode", "bio"];
    words.extend([
        "--replications",
        "2",
        "--margin",
        "0.001",
        "--metric",
        "iops",
    ]);
    let few = expect(0, &folder, &words);
    assert!(line(&few, "iops").ends_with("not enough runs"), "{few}");
}

#[test]
fn two_modes_scenarios_and_results() {
    let folder = folder("others");
    let slow = SCENARIO.replace("\"600us\"", "\"900us\"");
    std::fs::write(folder.join("slow.toml"), slow).unwrap();
    let text = expect(
        0,
        &folder,
        &[
            "compare",
            "s.toml",
            "slow.toml",
            "--mode",
            "request",
            "--json",
            "--metric",
            "iops",
        ],
    );
    let row: serde_json::Value = serde_json::from_str(text.trim()).unwrap();
    assert_eq!(row["verdict"], "worse");
    assert!(row["a_mean"].as_f64() > row["b_mean"].as_f64());
    let (student, resampled) = (
        &row["difference_ratio_interval"],
        &row["difference_ratio_bootstrap"],
    );
    assert!(
        (student[0].as_f64().unwrap() - resampled[0].as_f64().unwrap()).abs() < 0.02,
        "{row}"
    );
    let text = expect(
        0,
        &folder,
        &[
            "compare",
            "bio",
            "request",
            "--scenario",
            "s.toml",
            "--metric",
            "iops",
            "--set",
            "device.sda.port.queue_depth=2",
            "--set",
            "device.sdb.port.queue_depth=2",
        ],
    );
    assert!(
        line(&text, "iops").ends_with("better"),
        "request mode finds the slow port busy\n{text}"
    );

    for (file, out) in [("s.toml", "a"), ("slow.toml", "b")] {
        let sweep = format!(
            "scenario = \"{file}\"\n[sweep]\nreplications = 6\n[[sweep.axis]]\nkey = \"workload.job.0.iodepth\"\nname = \"depth\"\nvalues = [4, 12]\n"
        );
        std::fs::write(folder.join("sweep.toml"), sweep).unwrap();
        expect(0, &folder, &["sweep", "sweep.toml", "--out", out]);
    }
    let text = expect(0, &folder, &["compare", "a", "b", "--metric", "iops"]);
    for cell in [
        "depth=4, mode=bio",
        "depth=4, mode=request",
        "depth=12, mode=bio",
        "depth=12, mode=request",
    ] {
        line(&text, cell);
    }
    assert_eq!(text.matches("  worse\n").count(), 4, "{text}");
    assert!(text.contains("ρ "), "same seeds are pairs\n{text}");
}

/// The program itself as two builds: nothing may differ.
#[test]
fn two_builds() {
    let folder = folder("builds");
    let program = env!("CARGO_BIN_EXE_mpathsim");
    let copy = folder.join("mpathsim-old");
    std::fs::copy(program, &copy).unwrap();
    let text = expect(
        0,
        &folder,
        &[
            "compare",
            "./mpathsim-old",
            program,
            "--scenario",
            "s.toml",
            "--mode",
            "bio",
            "--replications",
            "4",
            "--metric",
            "iops",
        ],
    );
    assert!(line(&text, "iops").contains("+0.00 % to +0.00 %"), "{text}");
    assert!(
        line(&text, "iops").ends_with("same within the margin"),
        "{text}"
    );
}

#[test]
fn what_cannot_be_compared_is_told() {
    let folder = folder("refused");
    let refused = |arguments: &[&str], says: &str| {
        let text = expect(2, &folder, arguments);
        assert!(text.contains(says), "{says:?} is not in\n{text}");
    };
    refused(
        &["compare", "round-robin", "bio", "--scenario", "s.toml"],
        "compare two of one kind",
    );
    refused(
        &["compare", "round-robin", "queue-length"],
        "it is not said over which scenario",
    );
    refused(
        &["compare", "round-robbin", "queue-length"],
        "is no policy, mode, scenario",
    );
    refused(&["compare", ".", "."], "is not the folder of a sweep");
    refused(
        &[
            "compare",
            "round-robin",
            "queue-length",
            "--scenario",
            "s.toml",
            "--metric",
            "iopz",
        ],
        "did you mean `iops`?",
    );
    refused(
        &[
            "compare",
            "round-robin",
            "queue-length",
            "--scenario",
            "s.toml",
            "--margin",
            "NaN",
        ],
        "--margin",
    );
    refused(
        &[
            "compare",
            "round-robin",
            "io-affinity",
            "--scenario",
            "s.toml",
        ],
        "io-affinity",
    );
}

/// Of two folders, worlds that both met are pairs, and what only one has is named.
#[test]
fn folders_of_other_sizes() {
    let folder = folder("sizes");
    let table = |replications: u32, policies: &str| {
        let axis = format!("[[sweep.axis]]\nkey = \"policy\"\nvalues = {policies}\n");
        format!("{SCENARIO}\n[sweep]\nmodes = [\"bio\"]\nreplications = {replications}\n{axis}")
    };
    let sweeps = [
        ("a", table(5, "[\"round-robin\", \"queue-length\"]")),
        ("b", table(8, "[\"round-robin\", \"service-time\"]")),
    ];
    for (name, text) in sweeps {
        std::fs::write(folder.join("sweep.toml"), text).unwrap();
        expect(
            0,
            &folder,
            &["sweep", "sweep.toml", "--out", name, "--quiet"],
        );
    }
    let text = expect(0, &folder, &["compare", "a", "b"]);
    // The same policy in the same worlds: no difference, and no doubt.
    assert!(
        line(&text, "iops").ends_with("same within the margin"),
        "{text}"
    );
    assert!(line(&text, "iops").contains("+0.00 % to +0.00 %"), "{text}");
    for says in [
        "not compared: policy=queue-length, mode=bio: only A has it",
        "not compared: policy=service-time, mode=bio: only B has it",
    ] {
        assert!(text.contains(says), "{text}");
    }
    let text = expect(
        0,
        &folder,
        &["compare", "a", "b", "--metric", "longest_gap_ms"],
    );
    let says = "not compared: policy=round-robin, mode=bio, longest_gap_ms: no run has it";
    assert!(text.contains(says), "{text}");
    // JSON has the same, an object each.
    let words = ["compare", "a", "b", "--json", "--metric", "longest_gap_ms"];
    let text = expect(0, &folder, &words);
    let rows = text.lines().map(|line| serde_json::from_str(line).unwrap());
    let rows: Vec<serde_json::Value> = rows.collect();
    let told = |row: &serde_json::Value| {
        ["cell", "metric", "not_compared"].map(|key| row[key].as_str().unwrap_or("-").to_owned())
    };
    let told: Vec<[String; 3]> = rows.iter().map(told).collect();
    let of = |cell: &str, metric: &str, why: &str| [cell, metric, why].map(str::to_owned);
    let want = [
        of("policy=queue-length, mode=bio", "-", "only A has it"),
        of("policy=service-time, mode=bio", "-", "only B has it"),
        of(
            "policy=round-robin, mode=bio",
            "longest_gap_ms",
            "no run has it",
        ),
    ];
    assert_eq!(told, want);
}

/// A single run of a folder has the interval that it tells itself.
#[test]
fn folders_of_single_runs() {
    let folder = folder("alone");
    for (name, policy) in [("a", "round-robin"), ("b", "queue-length")] {
        let text = format!("{SCENARIO}\n[sweep]\nmodes = [\"bio\"]\n");
        std::fs::write(folder.join("sweep.toml"), text).unwrap();
        let policy = format!("map.0.selector={policy}");
        let mut words = vec![
            "sweep",
            "sweep.toml",
            "--out",
            name,
            "--quiet",
            "--set",
            &policy,
        ];
        words.extend(["--set", "workload.job.0.number_ios=20000"]);
        expect(0, &folder, &words);
    }
    let text = expect(0, &folder, &["compare", "a", "b"]);
    assert_eq!(line(&text, "iops").matches(" ± ").count(), 2, "{text}");
    assert!(line(&text, "iops").ends_with("not enough runs"), "{text}");
    let near = line(&text, "of what is possible");
    assert_eq!(near.matches(" % (1 run)").count(), 2, "{near}");
}

/// What is known of one of them is told, and that the other's is not.
#[test]
fn the_bound_of_one_of_two() {
    let scenario = |name: &str| root().join("scenarios").join(name).display().to_string();
    let [a, b] = ["buffered-writes.toml", "random-reads.toml"].map(scenario);
    let words = ["compare", &a, &b, "--mode", "bio", "--replications", "2"];
    let words = [&words[..], &["--metric", "lat_mean_us"]].concat();
    let folder = folder("one-bound");
    let text = expect(0, &folder, &words);
    let near: Vec<&str> = line(&text, "over the least possible")
        .split_whitespace()
        .collect();
    assert_eq!(near[4..6], ["–", "×"], "{text}");
    assert!(text.contains("bound of A: not known"), "{text}");
    let text = expect(0, &folder, &[&words[..], &["--json"]].concat());
    let row: serde_json::Value = serde_json::from_str(text.lines().next().unwrap()).unwrap();
    assert!(
        row["a_of_bound"].is_null() && row["b_of_bound"].is_f64(),
        "{row}"
    );
}
