//! What a sweep writes.

use crate::support::*;

const TABLE: &str = r#"
[sweep]
replications = 3
modes = ["bio", "request"]
metrics = ["iops", "lat_p99_us"]
exclude = [{ depth = ">= 16", mode = "bio" }]

[[sweep.axis]]
key = "workload.job.0.iodepth"
name = "depth"
range = { from = 4, to = 16, steps = 3, scale = "log" }

[[sweep.axis]]
key = "policy"
values = ["round-robin", "queue-length"]

[[sweep.axis]]
name = "ports"
variant = [
    { name = "equal" },
    { name = "unequal", set = { "device.1.name" = "sdb" } },
]
"#;

#[test]
fn a_row_a_point_and_replication_and_a_row_a_path() {
    // `device.1` does not exist in the scenario: the variant is refused.
    let folder = sweep("grid", TABLE);
    let text = expect(2, &folder, &["sweep", "sweep.toml"]);
    assert!(
        text.contains("axis `ports`") && text.contains("unequal"),
        "{text}"
    );
    let table = TABLE.replace("\"device.1.name\" = \"sdb\"", "\"device.0.port.slots\" = 2");
    std::fs::write(folder.join("sweep.toml"), format!("{SCENARIO}\n{table}")).unwrap();

    let plan = expect(0, &folder, &["sweep", "sweep.toml", "--plan"]);
    assert!(
        plan.contains("20 points (4 left out), 3 runs each"),
        "{plan}"
    );
    assert!(
        plan.contains("60 runs, ") && plan.contains("depth: 4 8 16"),
        "{plan}"
    );
    assert!(!folder.join("results").exists());

    let text = expect(0, &folder, &["sweep", "sweep.toml"]);
    assert!(text.contains("60 runs, written to results/sweep"), "{text}");
    assert!(text.contains(" ± "), "{text}");
    let out = folder.join("results/sweep");
    let points = rows(&out.join("points.csv"));
    assert_eq!(points.len(), 60);
    let head = std::fs::read_to_string(out.join("points.csv")).unwrap();
    let head = head.lines().next().unwrap().to_owned();
    assert_eq!(
        head,
        "point,depth,policy,ports,mode,replication,seed,iops,lat_p99_us"
    );
    assert!(
        points
            .iter()
            .all(|row| row["depth"] != "16" || row["mode"] == "request")
    );
    // Common random numbers: all points of a replication have the same seed.
    for replication in ["0", "1", "2"] {
        let mut seeds: Vec<_> = points
            .iter()
            .filter(|r| r["replication"] == replication)
            .map(|r| &r["seed"])
            .collect();
        seeds.dedup();
        assert_eq!(seeds.len(), 1);
    }
    assert_eq!(rows(&out.join("paths.csv")).len(), 120);
    let summary = rows(&out.join("summary.csv"));
    assert_eq!(summary.len(), 20 * 2);
    for row in &summary {
        assert_eq!(
            (row["runs"].as_str(), row["method"].as_str()),
            ("3", "student-t")
        );
        let number = |name: &str| row[name].parse::<f64>().unwrap();
        assert!(number("low") <= number("mean") && number("mean") <= number("high"));
    }
    // JSON Lines hold what the CSV holds.
    let json = std::fs::read_to_string(out.join("points.jsonl")).unwrap();
    let first: serde_json::Value = serde_json::from_str(json.lines().next().unwrap()).unwrap();
    assert_eq!(first["iops"].as_f64(), points[0]["iops"].parse().ok());
    assert_eq!(
        (&first["depth"], &first["mode"]),
        (&4.into(), &"bio".into())
    );
    let manifest: serde_json::Value =
        serde_json::from_slice(&std::fs::read(out.join("sweep.json")).unwrap()).unwrap();
    assert_eq!(manifest["format"], "mpathsim-sweep/1");
    assert_eq!(
        (&manifest["complete"], &manifest["runs"]),
        (&true.into(), &60.into())
    );
}

#[test]
fn a_point_is_what_run_runs() {
    let folder = sweep(
        "alike",
        "[sweep]\nreplications = 2\nmodes = [\"request\"]\n[[sweep.axis]]\nkey = \"policy\"\nvalues = [\"queue-length\"]\n",
    );
    expect(0, &folder, &["sweep", "sweep.toml"]);
    let points = rows(&folder.join("results/sweep/points.csv"));
    for row in points {
        let replication = row["replication"].clone();
        let text = expect(
            0,
            &folder,
            &[
                "run",
                "sweep.toml",
                "--mode",
                "request",
                "--policy",
                "queue-length",
                "--replication",
                &replication,
                "--json",
            ],
        );
        let summary: serde_json::Value = serde_json::from_str(&text).unwrap();
        let application = &summary["runs"][0]["application"];
        assert_eq!(application["iops"].as_f64(), row["iops"].parse().ok());
        assert_eq!(
            application["latency"]["p99_ns"].as_f64().unwrap() / 1e3,
            row["lat_p99_us"].parse::<f64>().unwrap()
        );
    }
}

#[test]
fn what_fails_is_told_with_its_scenario_and_the_rest_goes_on() {
    // io-affinity wants a mask of CPUs for each path.
    let folder = sweep(
        "failure",
        "[sweep]\nmodes = [\"bio\"]\n[[sweep.axis]]\nkey = \"map.0.selector\"\nvalues = [\"round-robin\", \"io-affinity\", \"queue-length\"]\n",
    );
    let text = expect(1, &folder, &["sweep", "sweep.toml"]);
    assert!(
        text.contains("1 of them failed: see results/sweep/failures.jsonl"),
        "{text}"
    );
    let out = folder.join("results/sweep");
    assert_eq!(rows(&out.join("points.csv")).len(), 2);
    let failures = std::fs::read_to_string(out.join("failures.jsonl")).unwrap();
    let failure: serde_json::Value = serde_json::from_str(failures.trim()).unwrap();
    assert_eq!(failure["selector"], "io-affinity");
    assert!(
        failure["error"].as_str().unwrap().contains("io-affinity"),
        "{failure}"
    );
    // The scenario in it fails by itself, in the way that its first line says.
    let scenario = failure["scenario"].as_str().unwrap();
    std::fs::write(folder.join("alone.toml"), scenario).unwrap();
    let line = scenario.lines().next().unwrap();
    let words: Vec<&str> = line
        .trim_start_matches("# mpathsim ")
        .split(' ')
        .map(|w| if w == "THIS-FILE" { "alone.toml" } else { w })
        .collect();
    expect(2, &folder, &words);
}

#[test]
fn points_can_be_drawn() {
    let table = |method: &str| {
        format!(
            "[sweep]\nmodes = [\"bio\"]\nsample = {{ method = \"{method}\", points = 12, seed = 5 }}\n\
         [[sweep.axis]]\nkey = \"device.0.port.latency\"\nname = \"latency\"\nrange = {{ from = \"50us\", to = \"5ms\", scale = \"log\" }}\n\
         [[sweep.axis]]\nkey = \"policy\"\nvalues = [\"round-robin\", \"queue-length\", \"service-time\"]\n"
        )
    };
    for method in ["random", "latin-hypercube"] {
        let folder = sweep(method, &table(method));
        expect(0, &folder, &["sweep", "sweep.toml"]);
        let points = rows(&folder.join("results/sweep/points.csv"));
        assert_eq!(points.len(), 12);
        let mut policies = std::collections::BTreeMap::new();
        points
            .iter()
            .for_each(|row| *policies.entry(row["policy"].clone()).or_insert(0) += 1);
        if method == "latin-hypercube" {
            assert!(policies.values().all(|n| *n == 4), "{policies:?}");
        }
        let mut latencies: Vec<_> = points.iter().map(|row| row["latency"].clone()).collect();
        latencies.sort();
        latencies.dedup();
        assert_eq!(latencies.len(), 12);
    }
}

#[test]
fn runs_go_on_until_a_figure_is_known() {
    let table = |percent: &str| {
        format!(
            "[sweep]\nmodes = [\"bio\"]\nuntil = {{ half_width_percent = {percent}, of = [\"iops\"], at_least = 3, at_most = 60 }}\n"
        )
    };
    let mut counts = Vec::new();
    for percent in ["10", "3"] {
        let folder = sweep(&format!("until-{percent}"), &table(percent));
        expect(0, &folder, &["sweep", "sweep.toml"]);
        let summary = rows(&folder.join("results/sweep/summary.csv"));
        let iops = summary.iter().find(|row| row["metric"] == "iops").unwrap();
        let number = |name: &str| iops[name].parse::<f64>().unwrap();
        let half = (number("high") - number("low")) / 2.0;
        assert!(half <= number("mean") * percent.parse::<f64>().unwrap() / 100.0);
        counts.push(number("runs"));
    }
    assert!(counts[0] < counts[1] && counts[1] < 60.0, "{counts:?}");
}

#[test]
fn a_single_run_has_an_interval_too() {
    let folder = sweep("single", "[sweep]\nmodes = [\"bio\"]\nwarm_up = \"auto\"\n");
    let text = std::fs::read_to_string(folder.join("sweep.toml")).unwrap();
    std::fs::write(
        folder.join("sweep.toml"),
        text.replace("number_ios = 500", "number_ios = 8000"),
    )
    .unwrap();
    let text = expect(0, &folder, &["sweep", "sweep.toml"]);
    assert!(text.contains(" ± ") && !text.contains("(1 run)"), "{text}");
    // Of 8000 I/Os 80 are beyond the 99 %.
    assert!(text.contains(" (1 run, too few I/Os)"), "{text}");
    let summary = rows(&folder.join("results/sweep/summary.csv"));
    let of = |name: &str| summary.iter().find(|row| row["metric"] == name).unwrap();
    assert_eq!(of("iops")["method"], "batch-means");
    assert_eq!(of("lat_p90_us")["method"], "batch-means");
    let p99 = ["method", "low", "high"].map(|column| of("lat_p99_us")[column].as_str());
    assert_eq!(p99, ["too-few-ios", "", ""]);
    assert_eq!(of("errors")["method"], "");
    let points = rows(&folder.join("results/sweep/points.csv"));
    // Whole windows are cut.
    let seconds = |name: &str| points[0][name].parse::<f64>().unwrap();
    let more = seconds("warm_up_s") - seconds("mser5_s");
    assert!(
        (0.0..0.05 * seconds("duration_s")).contains(&more),
        "{more}"
    );
}

/// A point that ends at its most runs without the width is counted.
#[test]
fn what_is_not_known_well_enough_is_told() {
    let table = "[sweep]\nmodes = [\"bio\"]\nmetrics = [\"lat_p99_us\"]\n\
                 until = { half_width_percent = 0.001, of = [\"iops\"], at_least = 3, at_most = 4 }\n\
                 [[sweep.axis]]\nkey = \"policy\"\nvalues = [\"round-robin\", \"queue-length\"]\n";
    let folder = sweep("unsettled", table);
    let text = expect(0, &folder, &["sweep", "sweep.toml"]);
    let told = "2 points ended after 4 runs without the width that `until` asks for";
    assert!(text.contains(told), "{text}");
    let manifest = std::fs::read(folder.join("results/sweep/sweep.json")).unwrap();
    let manifest: serde_json::Value = serde_json::from_slice(&manifest).unwrap();
    assert_eq!(manifest["unsettled"], 2);
    assert_eq!(manifest["until"]["of"][0], "iops");
}
