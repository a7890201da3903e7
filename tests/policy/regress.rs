//! Baselines: green, red, and what is wrong with them.

use mpathsim::policy::Settings;
use mpathsim::policy::regress::{Baseline, Matrix, check, junit, markdown, record};
use mpathsim::sdk::{Paths, Policy, Registry, SelectCtx};

use crate::support::*;

const MATRIX: &str = r#"
scenarios = ["s.toml"]
policies = ["round-robin", "least-pending"]
modes = ["bio", "request"]
replications = 6

[[metric]]
name = "iops"
margin_percent = 1

[[metric]]
name = "lat_p99_us"
margin_percent = 3
"#;

#[test]
fn recorded_checked_updated() {
    let folder = folder("regress");
    std::fs::write(folder.join("m.toml"), MATRIX).unwrap();
    assert!(
        expect(2, &folder, &["regress", "check", "m.toml"]).contains("mpathsim regress record")
    );
    let text = expect(0, &folder, &["regress", "record", "m.toml"]);
    assert!(
        text.contains("4 cells, 6 runs each, written to m.baseline.json"),
        "{text}"
    );
    assert!(
        expect(2, &folder, &["regress", "record", "m.toml"])
            .contains("there is a baseline already")
    );
    let text = expect(0, &folder, &["regress", "check", "m.toml"]);
    assert!(
        text.contains("nothing became worse (8 figures)") && text.contains("+0.00 %"),
        "{text}"
    );
    // In other worlds, too.
    let text = expect(
        0,
        &folder,
        &["regress", "check", "m.toml", "--fresh", "100"],
    );
    assert!(
        text.contains("nothing became worse") && text.contains(" ± "),
        "{text}"
    );

    // It was better than it is: red, with the command that shows it.
    let path = folder.join("m.baseline.json");
    let as_it_is = Baseline::read(&path).unwrap();
    better_than(&as_it_is).write(&path).unwrap();
    let text = expect(
        1,
        &folder,
        &[
            "regress",
            "check",
            "m.toml",
            "--junit",
            "j.xml",
            "--markdown",
            "s.md",
        ],
    );
    assert!(
        text.contains("figures became worse") && text.contains("WORSE"),
        "{text}"
    );
    let command = " regress check m.toml --cell 's, round-robin, bio mode'";
    assert!(text.contains(command), "{text}");
    // It shows the same figures, of that cell alone.
    let cell = "s, round-robin, bio mode";
    let words = ["regress", "check", "m.toml", "--cell", cell];
    let alone = expect(1, &folder, &words);
    let rows = |text: &str| -> Vec<String> {
        let of_cell = text.lines().filter(|line| line.contains(" ± "));
        let of_cell = of_cell.filter(|line| line.starts_with(cell));
        let words = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
        of_cell.map(words).collect()
    };
    assert_eq!(rows(&alone), rows(&text));
    assert_eq!(
        (rows(&alone).len(), alone.matches(" ± ").count()),
        (2, 4),
        "{alone}"
    );
    let unknown = [
        "regress",
        "check",
        "m.toml",
        "--cell",
        "s, round-robbin, bio mode",
    ];
    let unknown = expect(2, &folder, &unknown);
    assert!(
        unwrapped(&unknown).contains("did you mean `s, round-robin, bio mode`?"),
        "{unknown}"
    );
    let xml = std::fs::read_to_string(folder.join("j.xml")).unwrap();
    assert!(
        xml.contains("tests=\"8\"") && xml.contains("<failure message=\"worse by "),
        "{xml}"
    );
    let summary = std::fs::read_to_string(folder.join("s.md")).unwrap();
    assert!(
        summary.contains("| s, round-robin, bio mode | iops |") && summary.contains(command),
        "{summary}"
    );

    let text = expect(0, &folder, &["regress", "update", "m.toml"]);
    assert!(text.contains("s, round-robin, bio mode, iops: -"), "{text}");
    expect(0, &folder, &["regress", "check", "m.toml"]);
    assert_eq!(Baseline::read(&path).unwrap(), as_it_is);
}

/// The same with every run a tenth better.
fn better_than(baseline: &Baseline) -> Baseline {
    let mut better = baseline.clone();
    for (name, runs) in better.cells.iter_mut().flat_map(|cell| &mut cell.figures) {
        let factor = if name == "iops" { 1.1 } else { 0.9 };
        runs.iter_mut().for_each(|run| *run *= factor);
    }
    better
}

/// A policy is not blamed for a scenario that is another.
#[test]
fn a_scenario_that_changed_is_told() {
    let folder = folder("changed");
    std::fs::write(folder.join("m.toml"), MATRIX).unwrap();
    expect(0, &folder, &["regress", "record", "m.toml"]);
    let check = ["regress", "check", "m.toml"];
    let commented = format!("# told\n{}", SCENARIO.replace(" = ", "  =  "));
    std::fs::write(folder.join("s.toml"), commented).unwrap();
    expect(0, &folder, &check);
    std::fs::write(
        folder.join("s.toml"),
        SCENARIO.replace("\"600us\"", "\"700us\""),
    )
    .unwrap();
    let text = unwrapped(&expect(2, &folder, &check));
    assert!(text.contains("the scenario `s` is not the one"), "{text}");
    assert!(text.contains("mpathsim regress update"), "{text}");
    expect(0, &folder, &["regress", "update", "m.toml"]);
    expect(0, &folder, &check);
    // A baseline of old knows no scenarios: it is checked as it always was.
    let path = folder.join("m.baseline.json");
    let mut baseline = Baseline::read(&path).unwrap();
    baseline.scenarios.clear();
    baseline.write(&path).unwrap();
    expect(0, &folder, &check);
}

/// The policy of a map is what is checked: a worse one is red, whether it is another or
/// has other words.
#[test]
fn a_policy_that_changed_on_its_map_is_judged() {
    let folder = folder("own-policy");
    let matrix = MATRIX.replace("policies = [\"round-robin\", \"least-pending\"]\n", "");
    std::fs::write(folder.join("m.toml"), matrix).unwrap();
    let with = |policy: &str| {
        let text = SCENARIO.replace("selector = \"round-robin\"", policy);
        std::fs::write(folder.join("s.toml"), text).unwrap();
    };
    with("selector = \"weighted-round-robin\"\nselector_args = [\"weights=3:1\"]");
    expect(0, &folder, &["regress", "record", "m.toml"]);
    let check = ["regress", "check", "m.toml"];
    expect(0, &folder, &check);
    with("selector = \"weighted-round-robin\"\nselector_args = [\"weights=1:3\"]");
    let text = expect(1, &folder, &check);
    assert!(text.contains("s, request mode, iops: "), "{text}");
    assert!(
        text.contains("regress check m.toml --cell 's, bio mode'"),
        "{text}"
    );
    with("selector = \"round-robin\"");
    assert!(expect(1, &folder, &check).contains("WORSE"));
    with("selector = \"least-pending\"");
    expect(0, &folder, &check);
    // Where the matrix names the policies, that of the map is none of them.
    std::fs::write(folder.join("n.toml"), MATRIX).unwrap();
    expect(0, &folder, &["regress", "record", "n.toml"]);
    with("selector = \"queue-length\"");
    expect(0, &folder, &["regress", "check", "n.toml"]);
}

/// `update` replaces a baseline, and nothing else.
#[test]
fn what_is_no_baseline_stays() {
    let folder = folder("kept");
    std::fs::write(folder.join("m.toml"), MATRIX).unwrap();
    let later = "{\"format\":\"mpathsim-baseline/9\"}";
    std::fs::write(folder.join("later.json"), later).unwrap();
    for (file, holds, says) in [
        ("m.toml", MATRIX, "m.toml is no baseline"),
        ("s.toml", SCENARIO, "s.toml is no baseline"),
        ("later.json", later, "later.json is of another version"),
    ] {
        let words = ["regress", "update", "m.toml", "--baseline", file];
        let text = unwrapped(&expect(2, &folder, &words));
        assert!(text.contains(says), "{text}");
        assert_eq!(std::fs::read_to_string(folder.join(file)).unwrap(), holds);
    }
    let words = ["regress", "update", "m.toml", "--baseline", "new.json"];
    expect(0, &folder, &words);
}

#[test]
fn a_file_that_cannot_be_written_is_not_a_red_check() {
    let folder = folder("unwritable");
    std::fs::write(folder.join("m.toml"), MATRIX).unwrap();
    expect(0, &folder, &["regress", "record", "m.toml"]);
    let words = ["regress", "check", "m.toml", "--junit", "s.toml/j.xml"];
    let text = expect(2, &folder, &words);
    assert!(text.contains("nothing became worse"), "{text}");
    assert!(text.contains("cannot write s.toml/j.xml"), "{text}");
}

/// Where it was nothing there is no share of it.
#[test]
fn a_figure_that_was_nought() {
    let folder = folder("nought");
    let matrix = MATRIX.replace("lat_p99_us", "errors");
    std::fs::write(folder.join("m.toml"), matrix).unwrap();
    let matrix = Matrix::load(&folder.join("m.toml"), &Registry::default()).unwrap();
    let mut baseline = record(&matrix, &Settings::default()).unwrap().baseline;
    for (name, runs) in baseline.cells.iter_mut().flat_map(|cell| &mut cell.figures) {
        if name == "iops" {
            runs.iter_mut().for_each(|run| *run = 0.0);
        }
    }
    let report = check(&matrix, &baseline, &Settings::default()).unwrap();
    let row = report.rows.iter().find(|row| row.metric == "iops").unwrap();
    let shown = row.shown(row.worse_by);
    assert!(shown.starts_with('-') && !shown.contains('%'), "{shown}");
}

/// least-pending that takes the fullest path every other time.
struct Worse(u64);

impl Policy for Worse {
    fn choose(&mut self, _io: &SelectCtx, paths: &Paths) -> usize {
        self.0 += 1;
        match self.0 % 2 {
            0 => paths.least_by(|path| std::cmp::Reverse(path.in_flight)),
            _ => paths.least_by(|path| path.in_flight),
        }
    }
}

/// A team's own policy, in a program of its own: a change for the worse is
/// found, and named.
#[test]
fn a_policy_that_became_worse_is_red() {
    let folder = folder("worse");
    let matrix = MATRIX.replace("replications = 6", "replications = 12");
    std::fs::write(folder.join("m.toml"), matrix).unwrap();
    let matrix = Matrix::load(&folder.join("m.toml"), &Registry::default()).unwrap();
    let settings = Settings::default();
    let baseline = record(&matrix, &settings).unwrap().baseline;
    assert!(!check(&matrix, &baseline, &settings).unwrap().is_red());
    let worse = Settings {
        policies: Registry::default().with("least-pending", "a change", |_| Ok(Worse(0))),
        ..Settings::default()
    };
    let report = check(&matrix, &baseline, &worse).unwrap();
    assert!(report.is_red() && report.paired);
    for row in &report.rows {
        let own = row.cell.contains("least-pending");
        assert!(own || row.worse_by == 0.0, "{}", row.cell);
    }
    assert!(junit(&report).contains("least-pending, bio mode"));
    assert!(markdown(&report).starts_with("## ❌"));
}

#[test]
fn what_does_not_fit_is_told() {
    let folder = folder("unfit");
    let refused = |matrix: &str, says: &str| {
        std::fs::write(folder.join("m.toml"), matrix).unwrap();
        let text = expect(2, &folder, &["regress", "check", "m.toml"]);
        assert!(
            unwrapped(&text).contains(says),
            "{says:?} is not in\n{text}"
        );
    };
    refused(&MATRIX.replace("iops", "iopz"), "did you mean `iops`?");
    refused(
        &MATRIX.replace("iops", "mpath_bios"),
        "has no better and worse",
    );
    refused(
        &MATRIX.replace("margin_percent = 1", "margin_percent = nan"),
        "a margin of NaN",
    );
    refused(
        &MATRIX.replace("lat_p99_us", "iops"),
        "`iops` is given twice",
    );
    refused(
        &MATRIX.replace("replications = 6", "replications = 1"),
        "3 at least",
    );
    refused(
        &MATRIX.replace("replications", "replicates"),
        "unknown key `replicates`",
    );
    for (from, to, says) in [
        ("[\"s.toml\"]", "[]", "m.toml:2:13"),
        ("[\"s.toml\"]", "[\"t.toml\"]", "there is no file t.toml"),
        (
            "[\"s.toml\"]",
            "[\"s.toml\", \"s.toml\"]",
            "this is there twice",
        ),
        ("[\"bio\", \"request\"]", "[]", "`modes` is empty"),
        ("[\"bio\", \"request\"]", "[]", "m.toml:4:9"),
        (
            "[\"round-robin\", \"least-pending\"]",
            "[]",
            "`policies` is empty",
        ),
        (
            "\"round-robin\"",
            "\"round-robbin\"",
            "did you mean `round-robin`?",
        ),
        ("\"round-robin\"", "\"round-robbin\"", "m.toml:3:13"),
        ("margin_percent = 1", "margin_percent = -1", "m.toml:9:18"),
    ] {
        refused(&MATRIX.replace(from, to), says);
    }
    std::fs::write(folder.join("m.toml"), MATRIX).unwrap();
    expect(0, &folder, &["regress", "record", "m.toml"]);
    refused(
        &MATRIX.replace("\"least-pending\"", "\"two-choices\""),
        "the baseline has no `s, two-choices, bio mode`",
    );
    refused(
        &MATRIX.replace("replications = 6", "replications = 7"),
        "of another matrix",
    );
    let path = folder.join("m.baseline.json");
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, text.replace("baseline/1", "baseline/0")).unwrap();
    refused(MATRIX, "of another version");
    std::fs::write(&path, "{").unwrap();
    refused(MATRIX, "is no baseline");
    assert!(Baseline::read(&path).is_err());
}
