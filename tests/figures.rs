//! Figures and reports, from results that the command itself has written.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

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

#[test]
fn one_mode_alone_has_figures_too() {
    let found = run("alone", "scenarios/quick-start.toml", &["--mode", "bio"]);
    draw_all(&found, &OF_A_RUN);
}

#[test]
fn sweeps_have_lines_maps_and_a_ranking() {
    draw_all(&sweep("sweep"), &["crossover", "lines", "heat", "ranking"]);
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
    assert_eq!(topology(run).faults(), Vec::<String>::new());
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
    let cases: [(&[&str], &str); 6] = [
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
                let area: f64 = rows().map(|r| r.in_flight * (second - first)).sum();
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
        for kind in [Kind::Paths, Kind::Sequence] {
            let want = [Ink::Path(0), Ink::Path(1)];
            assert_eq!(path_inks(&found, kind), want, "{name} {}", kind.name());
        }
    }
}
