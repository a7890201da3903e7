//! Figures and reports, from results that the command itself has written.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use mpathsim::models::mpath::policy::Registry;
use mpathsim::plot::result::Found;
use mpathsim::plot::{Choice, Colours, Ink, Kind, Shape, Theme, png, svg};
use mpathsim::report::{report, topology};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

fn mpathsim(words: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mpathsim"));
    command.current_dir(ROOT).args(words).output().unwrap()
}

/// A fresh folder below the one that cargo gives tests.
fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"))
        .join("figures")
        .join(name);
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

fn run(name: &str, scenario: &str, more: &[&str]) -> Found {
    let folder = folder(name);
    let out = folder.to_str().unwrap();
    let words = [
        &["run", scenario, "--quiet", "--one-profile", "--out", out],
        more,
    ]
    .concat();
    let done = mpathsim(&words);
    assert!(
        done.status.success(),
        "{}",
        String::from_utf8_lossy(&done.stderr)
    );
    Found::read(&folder).unwrap()
}

/// A finished sweep over two axes and both modes.
fn sweep(name: &str) -> Found {
    let folder = folder(name);
    let mut text =
        String::from("point,bs,policy,mode,metric,runs,mean,low,high,method,stddev,min,max\n");
    for (i, bs) in [4096, 16384, 65536].iter().enumerate() {
        for (j, policy) in ["round-robin", "historical-service-time"]
            .iter()
            .enumerate()
        {
            for (k, mode) in ["bio", "request"].iter().enumerate() {
                let iops = 1000.0 * (1 + i) as f64 / (1.0 + (j + k * i) as f64);
                for (metric, v) in [("iops", iops), ("lat_p99_us", 1e6 / iops)] {
                    let (low, high) = (0.9 * v, 1.1 * v);
                    let point = 2 * i + j;
                    text += &format!("{point},{bs},{policy},{mode},{metric},5,{v},{low},{high},");
                    text += "student-t,1,1,1\n";
                }
            }
        }
    }
    std::fs::write(folder.join("summary.csv"), text).unwrap();
    Found::read(&folder).unwrap()
}

/// Draws all that `found` has; its texts neither leave the page nor overlap.
fn draw_all(found: &Found, want: &[&str]) {
    let kinds = Kind::of(found);
    let names: Vec<&str> = kinds.iter().map(|kind| kind.name()).collect();
    assert_eq!(names, want, "{}", found.name());
    for kind in kinds {
        let drawing = kind.draw(found, &Choice::default()).unwrap();
        assert_eq!(
            drawing.faults(),
            Vec::<String>::new(),
            "{} {}",
            found.name(),
            kind.name()
        );
        assert!(!drawing.alt.is_empty() && !drawing.spots.is_empty());
        assert!(!drawing.table.rows.is_empty());
        let width = drawing.table.head.len();
        assert!(
            drawing.table.rows.iter().all(|row| row.len() <= width),
            "{}",
            kind.name()
        );
        for theme in [Theme::Light, Theme::Dark] {
            let text = svg(&drawing, Colours::Fixed(theme)).unwrap();
            assert!(text.starts_with("<svg") && text.ends_with("</svg>\n"));
        }
    }
}

const OF_A_RUN: [&str; 5] = ["layers", "sequence", "latency", "percentiles", "paths"];

#[test]
fn every_sort_of_scenario_has_legible_figures() {
    for name in [
        "quick-start",
        "sequential-small-io",
        "unequal-ports",
        "priority-groups",
        "buffered-writes",
        "mixed-sizes",
        "one-path",
        "fast-flash-array",
    ] {
        let found = run(name, &format!("scenarios/{name}.toml"), &[]);
        draw_all(&found, &OF_A_RUN);
    }
}

#[test]
fn failovers_have_a_timeline() {
    for name in [
        "port-down-and-back",
        "all-paths-down-queue",
        "random-faults",
        "shaky-path",
    ] {
        let found = run(name, &format!("scenarios/failover/{name}.toml"), &[]);
        draw_all(&found, &[&["failover"], &OF_A_RUN[..]].concat());
    }
}

/// Where a path is taken out or put in, it has a lane; there it is in no map.
#[test]
fn paths_that_come_and_go_have_lanes() {
    for (name, want) in [
        (
            "reload-removes-path",
            "sda, bio mode: in no map from 300 ms to 1 s",
        ),
        (
            "reload-adds-path",
            "sdb, bio mode: in no map from 0 to 300 ms",
        ),
    ] {
        let found = run(
            &format!("lanes-{name}"),
            &format!("scenarios/failover/{name}.toml"),
            &[],
        );
        let drawing = Kind::Failover.draw(&found, &Choice::default()).unwrap();
        let told: Vec<&str> = drawing
            .spots
            .iter()
            .map(|spot| spot.text.as_str())
            .collect();
        assert!(told.contains(&want), "{told:#?}");
        let drawing = Kind::Paths.draw(&found, &Choice::default()).unwrap();
        let loads = drawing.spots.iter().any(|spot| {
            let sda = spot.text.lines().find(|line| line.starts_with("sda: "));
            sda.is_some_and(|line| line.contains("MiB/s"))
        });
        assert!(loads, "{name}: the load of sda");
    }
}

/// What is held for ever is so until the end of the axis.
#[test]
fn what_never_ends_is_drawn_to_the_end() {
    let found = run(
        "for-ever",
        "scenarios/failover/all-paths-down-for-ever.toml",
        &[],
    );
    let drawing = Kind::Failover.draw(&found, &Choice::default()).unwrap();
    let lane = "sda, bio mode: path failed from 200 ms for ever";
    let lane = drawing.spots.iter().find(|spot| spot.text == lane).unwrap();
    let right = drawing.spots.iter().map(|spot| spot.at.x + spot.at.w);
    let right = right.fold(0.0, f64::max);
    assert!(
        (lane.at.x + lane.at.w - right).abs() < 2.0,
        "{lane:?} {right}"
    );
    let last = drawing
        .spots
        .iter()
        .rfind(|spot| spot.text.contains(" waiting"));
    let last = last.unwrap();
    assert!(last.text.contains("bio mode: 32 KiB waiting"), "{last:?}");
    let ends = drawing.table.rows.iter().filter(|row| row[0] == "bio mode");
    assert!(
        ends.into_iter()
            .any(|row| row.contains(&"never ends".to_owned()))
    );
    assert!(
        drawing
            .labels()
            .any(|label| label.text.contains("never end"))
    );
}

#[test]
fn errors_are_drawn_where_they_are() {
    for (name, errors) in [("all-paths-down-fail", true), ("brown-out", false)] {
        let found = run(
            &format!("errors-{name}"),
            &format!("scenarios/failover/{name}.toml"),
            &[],
        );
        let drawing = Kind::Failover.draw(&found, &Choice::default()).unwrap();
        let drawn = drawing
            .spots
            .iter()
            .any(|spot| spot.text.contains(" errors between"));
        assert_eq!(drawn, errors, "{name}");
    }
}

/// All is submitted at once, and takes milliseconds to be done.
#[test]
fn a_burst_at_time_0_is_followed_to_completion() {
    let found = run("burst", "scenarios/buffered-writes.toml", &[]);
    let drawing = Kind::Sequence.draw(&found, &Choice::default()).unwrap();
    let rows: Vec<_> = drawing.table.rows.iter().collect();
    let done = rows.iter().filter(|row| row[6] != "–").count();
    assert!(
        rows.len() >= 64 && done == rows.len(),
        "{done} of {}",
        rows.len()
    );
}

#[test]
fn one_mode_alone_has_figures_too() {
    let found = run("alone", "scenarios/quick-start.toml", &["--mode", "bio"]);
    draw_all(&found, &OF_A_RUN);
}

/// The path alone fails I/Os: figures of latency must not make it look fast.
#[test]
fn failed_ios_are_not_forgotten() {
    let scenario = "scenarios/failover/port-down-and-back.toml";
    let found = run("failed-ios", scenario, &[]);
    for kind in [Kind::Latency, Kind::Percentiles] {
        let drawing = kind.draw(&found, &Choice::default()).unwrap();
        let told = |l: &mpathsim::plot::Label| l.text.contains("failed I/Os are left out");
        assert_eq!(drawing.labels().filter(|l| told(l)).count(), 1, "{kind:?}");
    }
    // And each request is counted once, however often it was put back.
    let layers = Kind::Layers.draw(&found, &Choice::default()).unwrap();
    let Found::Run(found) = &found else { panic!() };
    for run in &found.summary.runs {
        let layer = &run.path_devices;
        let each = layer.requests_kept as f64 / run.application.ios as f64;
        let told = mpathsim::plot::units::Unit::Count.tell(each);
        let own = |row: &&Vec<String>| row[0] == "path devices" && row[4] == told;
        assert!(layers.table.rows.iter().any(|row| own(&row)), "{told}");
    }
}

/// Long names are told whole, or without what all of them have in common.
#[test]
fn long_names_are_told_apart() {
    let folder = folder("long-names");
    let path = Path::new(ROOT).join("scenarios/failover/all-paths-down-queue.toml");
    let text = std::fs::read_to_string(path).unwrap();
    let text = text.replace("sda", "device-with-a-long-name-00-abc");
    let text = text.replace("sdb", "device-with-a-long-name-01-abc");
    let scenario =
        folder.join("A-long-name-of-a-scenario-that-no-slide-has-room-for-on-one-line.toml");
    std::fs::write(&scenario, text).unwrap();
    let found = run("long-names-run", scenario.to_str().unwrap(), &[]);
    for kind in Kind::of(&found) {
        let drawing = kind.draw(&found, &Choice::default()).unwrap();
        assert_eq!(drawing.faults(), Vec::<String>::new(), "{kind:?}");
        let texts: Vec<&str> = drawing.labels().map(|l| l.text.as_str()).collect();
        assert!(
            !texts
                .iter()
                .any(|t| t.ends_with('…') && t.starts_with("dev")),
            "{texts:?}"
        );
        let foot = texts.iter().find(|t| t.starts_with("mpathsim ")).unwrap();
        assert!(foot.contains("seed 1 · CPU profile"), "{foot}");
    }
}

/// A tournament tells the places, and the figure shows them.
#[test]
fn a_tournament_is_drawn_as_it_is_told() {
    let folder = folder("tournament");
    let out = folder.to_str().unwrap();
    let scenario = "scenarios/unequal-ports.toml";
    let done = mpathsim(&[
        "tournament",
        scenario,
        "--mode",
        "request",
        "--replications",
        "2",
        "--policy",
        "round-robin",
        "--policy",
        "queue-length",
        "--policy",
        "service-time",
        "--out",
        out,
    ]);
    assert!(done.status.success(), "{done:?}");
    let said = String::from_utf8_lossy(&done.stdout).into_owned();
    let found = Found::read(&folder).unwrap();
    // Names are ranked; points beside each other would say no more.
    let kinds: Vec<&str> = Kind::of(&found).iter().map(|k| k.name()).collect();
    assert_eq!(kinds, ["ranking"]);
    let drawing = Kind::Ranking.draw(&found, &Choice::default()).unwrap();
    assert_eq!(drawing.title, "Policies ranked by score");
    assert_eq!(drawing.faults(), Vec::<String>::new());
    for row in &drawing.table.rows {
        let line = said
            .lines()
            .find(|line| line.trim_start().starts_with(&row[1]));
        let place = line.unwrap().split_whitespace().nth(1);
        assert_eq!(place, Some(row[0].as_str()), "{said}");
    }
}

/// A comparison is drawn as what B has more or less, with those that are compared in
/// the titles; what tells less can be asked for, and is named where something else is.
#[test]
fn a_comparison_is_drawn_as_it_is_judged() {
    let folder = folder("compared");
    let out = folder.to_str().unwrap();
    let done = mpathsim(&[
        "compare",
        "round-robin",
        "queue-length",
        "--scenario",
        "scenarios/unequal-ports.toml",
        "--replications",
        "3",
        "--json",
        "--out",
        out,
    ]);
    assert!(done.status.success(), "{done:?}");
    let found = Found::read(&folder).unwrap();
    draw_all(&found, &["differences", "lines"]);
    let drawing = Kind::Differences.draw(&found, &Choice::default()).unwrap();
    assert_eq!(drawing.title, "queue-length beside round-robin");
    let said = String::from_utf8_lossy(&done.stdout).into_owned();
    let rows: Vec<serde_json::Value> = said
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(rows.len(), drawing.table.rows.len());
    let percent = |text: &str| -> f64 {
        let text = text.replace('−', "-").replace(" %", "");
        text.trim_start_matches('+').parse().unwrap()
    };
    for (row, drawn) in rows.iter().zip(&drawing.table.rows) {
        let Some(ends) = row["difference_ratio_interval"].as_array() else {
            continue;
        };
        for (end, text) in ends.iter().zip(&drawn[3..]) {
            let end = 100.0 * end.as_f64().unwrap();
            assert!(
                (end - percent(text)).abs() <= 0.01 * end.abs() + 0.006,
                "{row} {drawn:?}"
            );
        }
    }
    let cell = &drawing.table.rows[0][0];
    let at = Choice {
        metric: Some("iops".into()),
        at: vec![("cell".into(), cell.clone())],
        ..Choice::default()
    };
    let one = Kind::Differences.draw(&found, &at).unwrap();
    assert_eq!(one.table.rows.len(), 1);
    assert_eq!(one.faults(), Vec::<String>::new());
    let lines = Kind::Lines.draw(&found, &Choice::default()).unwrap();
    assert!(
        lines.title.ends_with(": round-robin and queue-length"),
        "{}",
        lines.title
    );
    let why = Kind::Latency.draw(&found, &Choice::default()).unwrap_err();
    let why = why.to_string();
    assert!(
        why.contains("differences") && why.contains("lines"),
        "{why}"
    );
}

/// Every policy of the simulator has a colour and a hatch that no other has.
#[test]
fn policies_have_looks_of_their_own() {
    let registry = Registry::default();
    let folder = folder("looks");
    let mut text = String::from("policy,metric,runs,mean,low,high,method\n");
    for (n, name) in registry.all_names().enumerate() {
        text += &format!("{name},iops,1,{},,,\n", 100 + n);
    }
    std::fs::write(folder.join("summary.csv"), text).unwrap();
    let found = Found::read(&folder).unwrap();
    let drawing = Kind::Ranking.draw(&found, &Choice::default()).unwrap();
    let mut numbers: Vec<u8> = Vec::new();
    for shape in &drawing.shapes {
        if let Shape::Bar(_, paint) = shape
            && let Ink::Policy(n) = paint.ink
        {
            numbers.push(n);
        }
    }
    // The first looks are for those that are known by name.
    numbers.sort_unstable();
    let all: Vec<u8> = (0..registry.all_names().count() as u8).collect();
    assert_eq!(numbers, all);
}

/// Letters that the bundled font lacks are boxes in a PNG, and that is said.
#[test]
fn missing_letters_are_told() {
    let found = run("letters", "scenarios/quick-start.toml", &[]);
    let Found::Run(mut of_letters) = found else {
        panic!()
    };
    of_letters.summary.scenario.name = "Größe 多路径".into();
    let text = serde_json::to_string(&of_letters.summary).unwrap();
    std::fs::write(of_letters.folder.join("summary.json"), text).unwrap();
    let folder = of_letters.folder.to_str().unwrap();
    let draw = |name: &str| {
        let out = of_letters.folder.join(name);
        mpathsim(&["plot", folder, "--out", out.to_str().unwrap()])
    };
    let png = draw("letters.png");
    let said = String::from_utf8_lossy(&png.stderr).into_owned();
    assert!(png.status.success() && said.contains("多 路 径"), "{said}");
    assert!(draw("letters.svg").stderr.is_empty());
}

#[test]
fn sweeps_have_lines_maps_and_a_ranking() {
    draw_all(&sweep("sweep"), &["crossover", "lines", "heat", "ranking"]);
}

/// Lines per policy, if there is but one mode; slices where they are asked for.
#[test]
fn sweeps_are_cut_where_it_is_asked_for() {
    let found = sweep("slices");
    let choice = |at: &[(&str, &str)]| Choice {
        at: at.iter().map(|(a, v)| ((*a).into(), (*v).into())).collect(),
        ..Choice::default()
    };
    let lines = Kind::Lines
        .draw(&found, &choice(&[("mode", "request")]))
        .unwrap();
    let names: Vec<&str> = lines.table.rows.iter().map(|row| row[1].as_str()).collect();
    assert!(names.contains(&"round-robin") && names.contains(&"historical-service-time"));
    let at = choice(&[("policy", "historical-service-time")]);
    let lines = Kind::Lines.draw(&found, &at).unwrap();
    assert!(
        lines
            .labels()
            .any(|l| l.text.contains("policy = historical-service-time"))
    );
    assert_eq!(lines.title, "Throughput and 99 % latency by I/O size");
    assert_eq!(lines.alt, lines.title);
    let sizes = ["4 KiB", "16 KiB", "64 KiB"];
    assert!(
        sizes
            .iter()
            .all(|size| lines.labels().any(|l| l.text == *size))
    );
}

/// A sweep of one point is a point.
#[test]
fn one_point_is_a_figure() {
    let folder = folder("one-point");
    let text = "point,depth,mode,metric,runs,mean,low,high,method,stddev,min,max\n\
                0,4,bio,iops,1,512,,,,,512,512\n1,4,request,iops,1,600,,,,,600,600\n";
    std::fs::write(folder.join("summary.csv"), text).unwrap();
    draw_all(&Found::read(&folder).unwrap(), &["lines"]);
}

/// Neither more nor less of some figures is better: nobody wins.
#[test]
fn what_is_neither_has_no_winner() {
    let folder = folder("neither");
    let mut text = String::from("point,bs,depth,mode,metric,runs,mean,low,high,method\n");
    for (point, (bs, depth)) in [("4k", 1), ("4k", 2), ("8k", 1), ("8k", 2)]
        .iter()
        .enumerate()
    {
        for (mode, kib) in [("bio", 4), ("request", 64)] {
            text += &format!("{point},{bs},{depth},{mode},path_request_kib,1,{kib},,,\n");
        }
    }
    std::fs::write(folder.join("summary.csv"), text).unwrap();
    let found = Found::read(&folder).unwrap();
    let map = Kind::Crossover.draw(&found, &Choice::default()).unwrap();
    let texts: Vec<&str> = map.labels().map(|label| label.text.as_str()).collect();
    assert!(texts.contains(&"request mode has more"), "{texts:?}");
    assert!(
        !texts.iter().any(|text| text.contains("better")),
        "{texts:?}"
    );
}

#[test]
fn figures_are_the_same_bytes_every_time() {
    let found = run("same", "scenarios/quick-start.toml", &[]);
    let draw = || Kind::Sequence.draw(&found, &Choice::default()).unwrap();
    let once = svg(&draw(), Colours::OfPage).unwrap();
    assert_eq!(once, svg(&draw(), Colours::OfPage).unwrap());
    let pictures = [1.0, 1.0].map(|scale| png(&draw(), Theme::Dark, scale).unwrap());
    assert_eq!(pictures[0], pictures[1]);
    assert!(pictures[0].starts_with(b"\x89PNG"));
}

#[test]
fn a_report_holds_every_result_and_nothing_from_outside() {
    let results = [run("r1", "scenarios/unequal-ports.toml", &[]), sweep("r2")];
    let html = report(&results, None).unwrap();
    for part in [
        "unequal-ports",
        "The answer",
        "How far to trust it",
        "mpathsim run",
    ] {
        assert!(html.contains(part), "{part}");
    }
    assert!(html.contains("Content-Security-Policy"));
    for outside in ["src=\"http", "href=\"http", "url(http", "@import"] {
        assert!(!html.contains(outside), "{outside}");
    }
    let Found::Run(run) = &results[0] else {
        panic!()
    };
    assert_eq!(topology(&run.summary).faults(), Vec::<String>::new());
}

#[test]
fn the_command_writes_where_it_says() {
    let found = run("cli", "scenarios/quick-start.toml", &[]);
    let folder = found.folder().to_str().unwrap();
    let done = mpathsim(&["plot", folder]);
    assert_eq!(
        String::from_utf8_lossy(&done.stdout),
        format!("{folder}/layers.svg\n")
    );
    assert!(found.folder().join("layers.svg").is_file());
    let out = found.folder().join("deep/er/x.PNG");
    let done = mpathsim(&[
        "plot",
        folder,
        "--kind",
        "latency",
        "--out",
        out.to_str().unwrap(),
    ]);
    assert!(done.status.success() && out.is_file());
    let page = found.folder().join("page.html");
    let done = mpathsim(&["report", folder, "--out", page.to_str().unwrap()]);
    assert!(done.status.success() && page.is_file());
}

#[test]
fn what_cannot_be_drawn_is_told() {
    let found = run("refused", "scenarios/quick-start.toml", &[]);
    let folder = found.folder().to_str().unwrap();
    let swept = sweep("refused-sweep");
    let swept = swept.folder().to_str().unwrap();
    let lines = ["plot", swept, "--kind", "lines"];
    let metric = [&lines[..], &["--metric", "nope"]].concat();
    let same = [&lines[..], &["--x", "bs", "--y", "bs"]].concat();
    let value = [&lines[..], &["--at", "bs=5k"]].concat();
    let cases: [(&[&str], &str); 9] = [
        (&metric, "no figure \"nope\""),
        (&same, "the same axis"),
        (&value, "no value \"5k\""),
        (&["plot", "no/such/folder"], "holds no result"),
        (
            &["plot", folder, "--kind", "failover"],
            "it has: layers, sequence",
        ),
        (&["plot", folder, "--out", "x.gif"], "neither .svg nor .png"),
        (&["plot", folder, folder, "--out", "x.svg"], "one RESULT"),
        (&["plot", folder, "--scale", "99"], "not between"),
        (&["report", "no/such/folder"], "holds no result"),
    ];
    for (words, want) in cases {
        let done = mpathsim(words);
        let said = String::from_utf8_lossy(&done.stderr).into_owned();
        // miette wraps lines.
        let flat: String = said
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ")
            .replace("│ ", "");
        assert_eq!(done.status.code(), Some(2), "{words:?}: {said}");
        assert!(flat.contains(want), "{words:?}: {said}");
    }
    assert!(!Path::new(swept).join("lines.svg").exists());
}

#[test]
fn damaged_results_are_errors_not_panics() {
    let found = run("damaged", "scenarios/quick-start.toml", &[]);
    for name in [
        "summary.json",
        "series.csv",
        "paths.csv",
        "latency.csv",
        "trace.csv",
    ] {
        let path = found.folder().join(name);
        let whole = std::fs::read(&path).unwrap();
        std::fs::write(&path, &whole[..whole.len() / 2]).unwrap();
        // Half of a table may be a table; half of a line is not.
        let done = mpathsim(&["plot", found.folder().to_str().unwrap(), "--kind", "all"]);
        assert!(
            matches!(done.status.code(), Some(0 | 2)),
            "{name}: {done:?}"
        );
        std::fs::write(&path, b"\xff,\x00\n1").unwrap();
        let done = mpathsim(&["plot", found.folder().to_str().unwrap()]);
        assert_eq!(done.status.code(), Some(2), "{name}: {done:?}");
        std::fs::write(&path, &whole).unwrap();
    }
}

/// What the figures are drawn from is what the summary tells, cut by time.
#[test]
fn the_tables_of_a_run_add_up_to_its_summary() {
    for scenario in [
        "quick-start",
        "unequal-ports",
        "failover/port-down-and-back",
    ] {
        let name = format!("sums-{}", scenario.replace('/', "-"));
        let found = run(&name, &format!("scenarios/{scenario}.toml"), &[]);
        let Found::Run(found) = &found else { panic!() };
        for run in &found.summary.runs {
            let mode = &run.mode;
            let ios: u64 = found
                .latency
                .iter()
                .filter(|r| r.mode == *mode)
                .map(|r| r.ios)
                .sum();
            assert_eq!(ios, run.application.latency.count, "{name} {mode}");
            for device in run.devices.iter().filter(|d| !d.is_map) {
                let rows = || {
                    let of_run = found.paths.iter().filter(|r| r.mode == *mode);
                    of_run.filter(|r| r.device == device.name)
                };
                let bytes: u64 = rows().map(|r| r.bytes).sum();
                let issued = device
                    .issued
                    .iter()
                    .map(|(sectors, _, n)| 512 * u64::from(*sectors) * n);
                assert_eq!(bytes, issued.sum::<u64>(), "{name} {mode} {}", device.name);
                // Little's law: what is in flight, over time, is the time of all commands.
                let times: Vec<f64> = rows().take(2).map(|r| r.time_s).collect();
                let [first, second] = times[..] else { continue };
                let end = run.duration_ns as f64 / 1e9;
                let lasts = |at: f64| (second - first).min(end - at).max(0.0);
                let area: f64 = rows().map(|r| r.in_flight * lasts(r.time_s)).sum();
                let summed = device.d2c.mean_ns * device.d2c.count as f64 / 1e9;
                if device.requests_requeued == 0 && device.requests_failed == 0 {
                    let off = (area - summed).abs();
                    assert!(
                        off < 0.01 * summed + 0.001,
                        "{name} {mode}: {area} for {summed}"
                    );
                }
            }
        }
    }
}

/// The colours that a figure has for paths, in order of the legend.
fn path_inks(found: &Found, kind: Kind) -> Vec<Ink> {
    let drawing = kind.draw(found, &Choice::default()).unwrap();
    let mut inks = Vec::new();
    for shape in &drawing.shapes {
        if let Shape::Bar(_, paint) | Shape::Area(_, paint) = shape
            && matches!(paint.ink, Ink::Path(_))
            && !inks.contains(&paint.ink)
        {
            inks.push(paint.ink);
        }
    }
    inks
}

/// sda leaves the map, or is the only one in it at first: sdb keeps its colour.
#[test]
fn a_path_has_one_colour_whatever_a_reload_does() {
    for name in ["reload-removes-path", "reload-adds-path"] {
        let scenario = format!("scenarios/failover/{name}.toml");
        let found = run(&format!("colour-{name}"), &scenario, &[]);
        let inks = path_inks(&found, Kind::Paths);
        assert_eq!(inks, [Ink::Path(0), Ink::Path(1)], "{name}");
        // Here only those that the first I/Os took.
        for ink in path_inks(&found, Kind::Sequence) {
            assert!(inks.contains(&ink), "{name}: {ink:?}");
        }
    }
}
