//! The promises of the README: its first command runs a scenario, its second
//! is what CI runs.

#![allow(clippy::unwrap_used, clippy::panic)]

use std::path::Path;

fn read(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|why| panic!("{}: {why}", path.display()))
}

/// The contents of the fenced code blocks of a text.
fn blocks(text: &str) -> Vec<&str> {
    text.split("```")
        .skip(1)
        .step_by(2)
        .map(|block| block.split_once('\n').unwrap().1.trim_end())
        .collect()
}

#[test]
fn the_first_command_runs_a_scenario_that_exists() {
    let readme = read("README.md");
    let command = blocks(&readme)[0];
    assert_eq!(command.lines().count(), 1);
    let (_, scenario) = command.split_once(" run scenarios/").unwrap();
    read(&format!("scenarios/{scenario}"));
}

#[test]
fn ci_runs_the_second_command() {
    let readme = read("README.md");
    let command = blocks(&readme)[1];
    assert_eq!(command.lines().count(), 1);
    assert_eq!(read(".ci/run").lines().last(), Some(command));
}

#[test]
fn files_that_the_readme_links_to_exist() {
    for text in [read("README.md"), read("CONTRIBUTING.md")] {
        for link in text.split("](").skip(1) {
            let target = link.split(')').next().unwrap();
            let target = target.split('#').next().unwrap();
            if !target.starts_with("http") && !target.is_empty() {
                read(target);
            }
        }
    }
}

/// The rooms, each of which knows only those before it.
const ROOMS: [&str; 15] = [
    "sim", "stats", "models", "observe", "formats", "scenario", "run", "sweep", "policy", "letter",
    "validate", "torture", "plot", "report", "cli",
];

/// All Rust files below a folder.
fn sources(folder: &Path) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|end| end == "rs") {
            found.push(path);
        }
    }
    found
}

#[test]
fn figures_and_reports_are_made_from_results_alone() {
    for room in ["plot", "report"] {
        let at = ROOMS.iter().position(|r| r == &room).unwrap();
        let later = ROOMS[at + 1..].iter();
        let simulation = [
            "sim", "models", "observe", "formats", "scenario", "letter", "validate", "torture",
        ];
        let forbidden: Vec<String> = later
            .chain(&simulation)
            .map(|room| format!("crate::{room}"))
            .collect();
        for path in sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(room)) {
            let text = std::fs::read_to_string(&path).unwrap();
            for room in &forbidden {
                assert!(
                    !text.contains(room.as_str()),
                    "{} knows {room}",
                    path.display()
                );
            }
            // Of the runs, what they told; never how they are run.
            for part in text.split("crate::run::").skip(1) {
                let told = ["summary", "verdict", "compare", "text"];
                assert!(
                    told.iter().any(|ok| part.starts_with(ok)),
                    "{}",
                    path.display()
                );
            }
            assert!(text.lines().count() < 450, "{} is long", path.display());
        }
    }
}

#[test]
fn every_preset_and_every_key_of_a_scenario_is_documented() {
    let scenario = read("docs/scenario.md");
    for preset in mpathsim::scenario::preset::PRESETS {
        assert!(
            scenario.contains(&format!("`{}`", preset.name)),
            "{}",
            preset.name
        );
    }
    for name in scenario_keys(&serde_json::to_value(mpathsim::scenario::schema()).unwrap()) {
        assert!(
            scenario.contains(&format!("`{name}`")),
            "{name} is not in docs/scenario.md"
        );
    }
}

/// All keys of the schema but fio's own.
fn scenario_keys(schema: &serde_json::Value) -> Vec<String> {
    let definitions = schema["definitions"].as_object().unwrap();
    let all = definitions
        .iter()
        .filter(|(name, _)| *name != "Job")
        .map(|(_, schema)| schema);
    let keys = |schema: &serde_json::Value| -> Vec<String> {
        schema["properties"]
            .as_object()
            .map(|p| p.keys().cloned().collect())
            .unwrap_or_default()
    };
    std::iter::once(schema).chain(all).flat_map(keys).collect()
}

#[test]
fn each_room_knows_only_the_rooms_before_it() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let files = sources(&root);
    assert!(files.len() > 100);
    let place = |room: &str| ROOMS.iter().position(|own| *own == room);
    for file in files {
        let path = file
            .strip_prefix(&root)
            .unwrap()
            .to_string_lossy()
            .into_owned();
        let room = path.split('/').next().unwrap().trim_end_matches(".rs");
        // fio's JSON is printed from an outcome.
        let Some(own) = place(room).filter(|_| path != "formats/fio_json.rs") else {
            continue;
        };
        let text = std::fs::read_to_string(&file).unwrap();
        for used in text.split("crate::").skip(1) {
            let used: String = used
                .chars()
                .take_while(|c| c.is_alphanumeric() || *c == '_')
                .collect();
            if let Some(other) = place(&used) {
                assert!(other <= own, "{path} uses {used}");
            }
        }
    }
}

#[test]
fn every_figure_and_file_of_a_sweep_is_documented() {
    let page = read("docs/sweeps.md");
    for metric in mpathsim::sweep::METRICS {
        assert!(
            page.contains(&format!("`{}`", metric.name)),
            "{} is not in docs/sweeps.md",
            metric.name
        );
    }
    for name in mpathsim::sweep::TABLES {
        assert!(
            page.contains(&format!("`{name}`")),
            "{name} is not in docs/sweeps.md"
        );
    }
    assert!(page.contains(mpathsim::sweep::FORMAT));
    for key in
        scenario_keys(&serde_json::to_value(mpathsim::scenario::sweep_file_schema()).unwrap())
    {
        assert!(page.contains(&key), "{key} is not in docs/sweeps.md");
    }
}

#[test]
fn every_sweep_of_the_repository_reads_and_fits_the_schema() {
    let schema = serde_json::to_value(mpathsim::scenario::sweep_file_schema()).unwrap();
    let validator = jsonschema::draft7::new(&schema).unwrap();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("sweeps");
    let mut count = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let table: toml::Table = toml::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
        let json = serde_json::to_value(table).unwrap();
        let errors: Vec<String> = validator
            .iter_errors(&json)
            .map(|e| e.to_string())
            .collect();
        assert!(errors.is_empty(), "{}: {errors:#?}", path.display());
        let sweep = mpathsim::sweep::Sweep::load(&path, &[], &Default::default());
        assert!(
            sweep.is_ok_and(|sweep| !sweep.space.is_empty()),
            "{}",
            path.display()
        );
        count += 1;
    }
    assert!(count > 0);
}

/// Source files below a folder of the repository.
fn files_below(folder: &str) -> Vec<std::path::PathBuf> {
    let mut files = sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join(folder));
    files.sort();
    files
}

/// Rooms to the left know nothing of those to the right.
#[test]
fn knowledge_points_left() {
    for (folder, strangers) in [
        ("src/sim", &["models::", "scenario::", "run::"][..]),
        (
            "src/models/host",
            &["models::block", "super::block", "models::dm", "mpath::"],
        ),
        (
            "src/models/block",
            &[
                "super::dm",
                "models::dm",
                "mpath::",
                "machine::",
                "device::scsi",
                "workload::",
            ],
        ),
        (
            "src/models/mpath",
            &["models::block", "super::dm", "models::dm::", "machine::"],
        ),
        (
            "src/models",
            &[
                "crate::scenario",
                "crate::run",
                "crate::cli",
                "crate::letter",
            ],
        ),
        (
            "src/scenario",
            &["crate::run", "crate::cli", "crate::letter"],
        ),
        (
            "src/run",
            &["crate::letter", "crate::cli", "crate::validate"],
        ),
        (
            "src/letter",
            &["crate::cli", "crate::validate", "crate::torture"],
        ),
    ] {
        for path in files_below(folder) {
            let text = std::fs::read_to_string(&path).unwrap();
            let code = text
                .lines()
                .filter(|line| !line.trim_start().starts_with("//"));
            for (n, line) in code.enumerate() {
                for stranger in strangers {
                    assert!(
                        !line.contains(stranger),
                        "{}, line of code {}: {stranger}",
                        path.display(),
                        n + 1
                    );
                }
            }
        }
    }
}

/// A file is one idea: none of the single queue's, of device-mapper's, of the letter's
/// or of the locks' has more than 400 lines.
#[test]
fn files_of_the_old_world_are_short() {
    let mut files = files_below("src/models/block/single_queue");
    files.extend(files_below("src/letter"));
    files.extend(files_below("src/models/dm"));
    files.extend(files_below("tests/letter"));
    for single in [
        "src/models/kernel.rs",
        "src/models/host/lock.rs",
        "src/run/single_queue.rs",
    ] {
        files.push(Path::new(env!("CARGO_MANIFEST_DIR")).join(single));
    }
    for path in files {
        let lines = std::fs::read_to_string(&path).unwrap().lines().count();
        assert!(lines <= 400, "{}: {lines} lines", path.display());
    }
}

/// The eras meet in few places: a kernel is a table of facts, and only what is
/// another mechanism asks for the release.
#[test]
fn releases_are_named_in_few_places() {
    for path in files_below("src/models") {
        let text = std::fs::read_to_string(&path).unwrap();
        let named = text.contains("Kernel::V2_6_25") || text.contains("Kernel::V2_6_31");
        let may = path.ends_with("kernel.rs") || path.ends_with("machine/daemon.rs");
        assert!(!named || may, "{}", path.display());
    }
}
