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
            if !target.starts_with("http") {
                read(target);
            }
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

/// Source files below `folder`.
fn sources(folder: &str) -> Vec<std::path::PathBuf> {
    fn find(folder: &Path, files: &mut Vec<std::path::PathBuf>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            match path.is_dir() {
                true => find(&path, files),
                false => files.push(path),
            }
        }
    }
    let mut files = Vec::new();
    find(
        &Path::new(env!("CARGO_MANIFEST_DIR")).join(folder),
        &mut files,
    );
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
        for path in sources(folder) {
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

/// A file is one idea: none of the single queue's, of the letter's or of the
/// locks' has more than 400 lines.
#[test]
fn files_of_the_old_world_are_short() {
    let mut files = sources("src/models/block/single_queue");
    files.extend(sources("src/letter"));
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
    for path in sources("src/models") {
        let text = std::fs::read_to_string(&path).unwrap();
        let named = text.contains("Kernel::V2_6_25") || text.contains("Kernel::V2_6_31");
        let may = path.ends_with("kernel.rs") || path.ends_with("machine/daemon.rs");
        assert!(!named || may, "{}", path.display());
    }
}
