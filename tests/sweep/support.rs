//! Running the program in folders of their own.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// A folder of its own for one test.
pub fn folder(test: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR"))
        .join("sweep")
        .join(test);
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

pub fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mpathsim"));
    command.env("NO_COLOR", "1");
    command
}

/// Runs the program in `folder`.
pub fn mpathsim(folder: &Path, arguments: &[&str]) -> Output {
    program()
        .current_dir(folder)
        .args(arguments)
        .output()
        .unwrap()
}

/// Runs it, expects `code`, and returns what it printed, errors last.
pub fn expect(code: i32, folder: &Path, arguments: &[&str]) -> String {
    let output = mpathsim(folder, arguments);
    let text = String::from_utf8(output.stdout).unwrap() + &String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{arguments:?}\n{text}");
    text
}

/// The contents of a folder, by name; what is only for locking apart.
pub fn contents(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut all = BTreeMap::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if name != ".lock" {
            all.insert(name, std::fs::read(&path).unwrap());
        }
    }
    all
}

/// Two folders hold the same, byte for byte.
pub fn same(a: &Path, b: &Path) {
    let (a, b) = (contents(a), contents(b));
    assert_eq!(a.keys().collect::<Vec<_>>(), b.keys().collect::<Vec<_>>());
    for (name, bytes) in &a {
        assert!(*bytes == b[name], "{name} differs");
    }
}

/// The rows of a CSV table, by column.
pub fn rows(path: &Path) -> Vec<BTreeMap<String, String>> {
    let mut reader = csv::Reader::from_path(path).unwrap();
    reader.deserialize().map(Result::unwrap).collect()
}

/// Two ports with noise, random reads: some ms a run.
pub const SCENARIO: &str = r#"
[[device]]
name = ["sda", "sdb"]
port = { latency = { kind = "exponential", mean = "200us" }, slots = 4, queue_depth = 16 }

[[map]]
name = "mp"
selector = "round-robin"
paths = ["sda", "sdb"]

[[workload.job]]
name = "reader"
rw = "randread"
bs = "4k"
iodepth = 8
number_ios = 500
norandommap = true
"#;

/// The scenario with a table `[sweep]`, as `sweep.toml` in a folder of its own.
pub fn sweep(test: &str, table: &str) -> PathBuf {
    let folder = folder(test);
    std::fs::write(folder.join("sweep.toml"), format!("{SCENARIO}\n{table}")).unwrap();
    folder
}
