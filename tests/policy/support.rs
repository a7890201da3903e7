//! Running the program in folders of their own.

use std::path::{Path, PathBuf};
use std::process::Command;

/// A folder of its own for one test.
pub fn folder(test: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR"))
        .join("policy")
        .join(test);
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("s.toml"), SCENARIO).unwrap();
    folder
}

pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Runs the program in `folder`, expects `code`, and returns what it printed,
/// errors last.
pub fn expect(code: i32, folder: &Path, arguments: &[&str]) -> String {
    let program = env!("CARGO_BIN_EXE_mpathsim");
    let output = Command::new(program)
        .current_dir(folder)
        .args(arguments)
        .env("NO_COLOR", "1")
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap() + &String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{arguments:?}\n{text}");
    text
}

/// An error in one line, as it was before it was wrapped.
pub fn unwrapped(text: &str) -> String {
    let words = text.split_whitespace().filter(|word| *word != "│");
    words.collect::<Vec<_>>().join(" ")
}

/// The line of a table that begins with `head`.
pub fn line<'t>(text: &'t str, head: &str) -> &'t str {
    let found = text
        .lines()
        .find(|line| line.trim_start().starts_with(head));
    found.unwrap_or_else(|| panic!("{head} is not in\n{text}"))
}

/// A fast and a slow port with noise: what a policy makes of them shows.
pub const SCENARIO: &str = r#"
[[device]]
name = "sda"
port = { latency = { kind = "gamma", mean = "200us", cv = 0.5 }, slots = 2, queue_depth = 32 }

[[device]]
name = "sdb"
port = { latency = { kind = "gamma", mean = "600us", cv = 0.5 }, slots = 2, queue_depth = 32 }

[[map]]
name = "mp"
selector = "round-robin"
paths = ["sda", "sdb"]

[[workload.job]]
name = "reader"
rw = "randread"
bs = "4k"
iodepth = 12
number_ios = 800
norandommap = true
"#;
