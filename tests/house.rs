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
