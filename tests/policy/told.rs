//! What a table tells beside its means: intervals, names, warm-ups; and what it
//! refuses to tell.

use crate::support::*;

/// Reads that arrive at random for a second: how long it runs is known.
const OPEN: &str = r#"
[[device]]
name = ["sda", "sdb"]
port = { latency = { kind = "gamma", mean = "300us", cv = 0.5 }, slots = 2, queue_depth = 32 }

[[map]]
selector = "round-robin"
paths = ["sda", "sdb"]

[[workload.open]]
name = "reads"
arrivals = "poisson"
rate_iops = 3000
rw = "randread"
bs = "4k"
runtime = "1s"
outstanding = 64
"#;

#[track_caller]
fn refused(folder: &std::path::Path, command: &str, says: &str) {
    let words: Vec<&str> = command.split(' ').collect();
    let text = expect(2, folder, &words);
    assert!(
        unwrapped(&text).contains(says),
        "{says:?} is not in\n{text}"
    );
}

#[test]
fn the_distance_to_the_bound_has_an_interval() {
    let folder = folder("bound");
    let words = "compare round-robin queue-length --scenario s.toml --mode bio";
    let words: Vec<&str> = words.split(' ').collect();
    let text = expect(0, &folder, &words);
    for row in ["of what is possible", "over the least possible"] {
        assert_eq!(line(&text, row).matches(" ± ").count(), 2, "{text}");
    }
    let text = expect(0, &folder, &[words, vec!["--json"]].concat());
    let row: serde_json::Value = serde_json::from_str(text.lines().next().unwrap()).unwrap();
    for name in ["a_of_bound", "b_of_bound"] {
        let mean = row[name].as_f64().unwrap();
        let ends = &row[format!("{name}_interval")];
        let (low, high) = (ends[0].as_f64().unwrap(), ends[1].as_f64().unwrap());
        assert!(low < mean && mean < high && high - low < 0.1, "{row}");
    }
}

/// A rate of nothing is no rate, and never 0.
#[test]
fn a_warm_up_that_is_the_whole_run() {
    let folder = folder("all-warm-up");
    std::fs::write(folder.join("open.toml"), OPEN).unwrap();
    let policies = "round-robin queue-length --scenario";
    // Known beforehand, and found afterwards.
    let known = "a warm-up of 1s is not shorter than the run, which ends by 1s";
    let found = "a warm-up of 10s leaves nothing of the run";
    for (file, time, says) in [("open.toml", "1s", known), ("s.toml", "10s", found)] {
        let end = format!("--warm-up {time} --mode bio");
        refused(&folder, &format!("compare {policies} {file} {end}"), says);
        refused(&folder, &format!("tournament {file} {end}"), says);
        let vary = "--vary device.0.port.slots=1..2";
        refused(
            &folder,
            &format!("sensitivity {policies} {file} {end} {vary}"),
            says,
        );
        let matrix = format!(
            "scenarios = [\"{file}\"]\nwarm_up = \"{time}\"\nreplications = 3\n\
             [[metric]]\nname = \"iops\"\nmargin_percent = 1\n"
        );
        std::fs::write(folder.join("m.toml"), matrix).unwrap();
        refused(&folder, "regress record m.toml", says);
    }
    assert!(!folder.join("m.baseline.json").exists());
}

#[test]
fn a_sweep_of_which_all_is_warm_up_has_no_figure() {
    let folder = folder("all-warm-up-swept");
    std::fs::write(folder.join("open.toml"), OPEN).unwrap();
    let sweep = |file: &str, metrics: &str| {
        format!(
            "scenario = \"{file}\"\n[sweep]\nwarm_up = \"10s\"\nmodes = [\"bio\"]\nmetrics = [{metrics}]\n"
        )
    };
    let text = sweep("s.toml", "\"ios\", \"iops\", \"mib_per_s\", \"lat_p99_us\"");
    std::fs::write(folder.join("all.toml"), text).unwrap();
    expect(0, &folder, &["sweep", "all.toml", "--out", "all"]);
    let points = std::fs::read_to_string(folder.join("all/points.csv")).unwrap();
    assert!(points.trim_end().ends_with(",800,,,"), "{points}");
    let summary = std::fs::read_to_string(folder.join("all/summary.csv")).unwrap();
    assert!(!summary.contains("iops"), "{summary}");
    // Known beforehand: reported, and not run.
    std::fs::write(folder.join("known.toml"), sweep("open.toml", "\"ios\"")).unwrap();
    expect(1, &folder, &["sweep", "known.toml", "--out", "known"]);
    let failures = std::fs::read_to_string(folder.join("known/failures.jsonl")).unwrap();
    assert!(
        failures.contains("a warm-up of 10s is not shorter than the run, which ends by 1s"),
        "{failures}"
    );
}

#[test]
fn what_was_cut_is_told() {
    let folder = folder("cut");
    let told = "warm-up: ";
    let cut = |text: &str| {
        let line = line(text, told).to_owned();
        assert!(line.contains(" cut from the start of each run"), "{line}");
        line
    };
    let fixed = "--mode bio --warm-up 20ms --replications 4";
    let run = |command: &str| {
        let words: Vec<&str> = command.split(' ').collect();
        expect(0, &folder, &words)
    };
    let policies = "round-robin queue-length --scenario s.toml";
    let text = run(&format!("compare {policies} {fixed}"));
    assert!(
        cut(&text).contains("20.0 ms") || cut(&text).contains("20."),
        "{text}"
    );
    assert!(
        line(&text, "of what is possible").contains(", whole runs"),
        "{text}"
    );
    cut(&run(&format!("tournament s.toml {fixed}")));
    let vary = "--vary device.0.port.slots=1..2 --steps 2";
    cut(&run(&format!("sensitivity {policies} {fixed} {vary}")));
    let matrix = "scenarios = [\"s.toml\"]\nwarm_up = \"20ms\"\nreplications = 3\n\
                  [[metric]]\nname = \"iops\"\nmargin_percent = 1\n";
    std::fs::write(folder.join("m.toml"), matrix).unwrap();
    cut(&run("regress record m.toml"));
    cut(&run("regress check m.toml --markdown m.md"));
    cut(&std::fs::read_to_string(folder.join("m.md")).unwrap());
    let text = run(&format!("compare {policies} --mode bio --replications 4"));
    assert!(!text.contains(told), "nothing was cut\n{text}");
}

/// Two files of one name: rows of both, each under a name of its own.
#[test]
fn scenarios_of_one_name_are_told_apart() {
    let folder = folder("names");
    std::fs::create_dir_all(folder.join("slow")).unwrap();
    let slow = SCENARIO.replace("\"600us\"", "\"2ms\"");
    std::fs::write(folder.join("slow/s.toml"), slow).unwrap();
    let run = |command: &str| {
        let words: Vec<&str> = command.split(' ').collect();
        expect(0, &folder, &words)
    };
    let both = "--scenario s.toml --scenario slow/s.toml --mode bio --metric iops --replications 3";
    let program = env!("CARGO_BIN_EXE_mpathsim");
    for contenders in ["round-robin queue-length", &format!("{program} {program}")] {
        let text = run(&format!("compare {contenders} {both}"));
        line(&text, "s.toml, bio mode");
        line(&text, "slow/s.toml, bio mode");
        assert_eq!(text.matches("\n  iops ").count(), 2, "{text}");
    }
    let matrix = "scenarios = [\"s.toml\", \"slow/s.toml\"]\nmodes = [\"bio\"]\nreplications = 3\n\
                  [[metric]]\nname = \"iops\"\nmargin_percent = 1\n";
    std::fs::write(folder.join("m.toml"), matrix).unwrap();
    run("regress record m.toml");
    let text = run("regress check m.toml");
    line(&text, "slow/s.toml, bio mode");
    let twice = "compare round-robin queue-length --scenario s.toml --scenario s.toml";
    refused(&folder, twice, "`s.toml` is there twice");
    let twice = matrix.replace("slow/s.toml", "s.toml");
    std::fs::write(folder.join("m.toml"), twice).unwrap();
    refused(&folder, "regress check m.toml", "this is there twice");
}

#[test]
fn nothing_is_certain_and_nothing_has_no_shares() {
    let folder = folder("nothing");
    let policies = "round-robin queue-length --scenario s.toml --mode bio";
    refused(&folder, &format!("compare {policies} --alpha 0"), "above 0");
    refused(&folder, "tournament s.toml --alpha 0", "above 0");
    // CPU time under profile none is 0: a difference is no share of it.
    let lab = format!("host = {{ profile = \"lab\" }}\n{SCENARIO}");
    std::fs::write(folder.join("lab.toml"), lab).unwrap();
    let words = "compare s.toml lab.toml --mode bio --metric cpu_per_io_us --replications 4";
    let words: Vec<&str> = words.split(' ').collect();
    let text = expect(0, &folder, &words);
    let row = line(&text, "cpu_per_io_us");
    assert!(row.contains(" to +") && !row.contains('%'), "{text}");
}

#[test]
fn a_tournament_needs_a_figure_that_ranks() {
    let folder = folder("unranked");
    refused(
        &folder,
        "tournament s.toml --metric errors --mode bio --replications 2",
        "s, round-robin, bio mode, replication 0: `errors` is 0",
    );
    refused(
        &folder,
        "tournament s.toml --metric mpath_bios",
        "has no better and worse",
    );
    refused(
        &folder,
        "tournament s.toml --policy oracle --policy oracle",
        "`oracle` is there twice",
    );
    let gone = expect(2, &folder, &["tournament", "gone.toml"]);
    assert_eq!(gone.matches("gone.toml").count(), 1, "{gone}");
}

/// Noise that hides all: that no winner was found does not say that there is none.
#[test]
fn too_few_runs_are_no_draw() {
    let folder = folder("undecided");
    let run = |end: &str| {
        let words = format!(
            "sensitivity queue-length round-robin --scenario s.toml --mode bio --steps 2 \
             --vary device.1.port.slots=1..2 {end}"
        );
        let words: Vec<&str> = words.split_whitespace().collect();
        expect(0, &folder, &words)
    };
    let text = run("--replications 2 --alpha 0.001 --margin 0");
    assert!(
        text.contains("no winner was found\nat 2 of 2 values the runs do not tell"),
        "{text}"
    );
    let text = run("--replications 8 --margin 90");
    assert!(
        text.contains("neither wins anywhere in the range\n"),
        "{text}"
    );
}
