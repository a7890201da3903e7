//! Every command that the README and the documentation show works: it is run as
//! it stands there, page by page, in a copy of the folders that it names.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// How commands of this program begin on the pages.
const OURS: [&str; 3] = [
    "cargo run --release --locked -- ",
    "cargo run --release -- ",
    "mpathsim ",
];

/// Commands that are not run here, and what runs them.
const OTHERS: [(&str, &str); 7] = [
    (
        "mpathsim validate tests/ground-truth",
        "says no as long as a case differs; tests/ground_truth.rs",
    ),
    ("mpathsim torture ", "hours of it; tests/torture.rs"),
    ("scripts/test.sh", "CI"),
    ("sudo scripts/lab/", "installs packages"),
    ("scripts/lab/", "needs what they install"),
    ("cargo bench ", "a measurement, not a test"),
    ("cargo test ", "CI"),
];

/// Pages whose commands belong together, or need a cluster or another program:
/// tests/docs.rs, tests/slurm.rs and tests/sdk.rs have them.
const ELSEWHERE: [&str; 4] = [
    "cluster.md",
    "regression.md",
    "sweeps.md",
    "writing-a-policy.md",
];

fn pages() -> Vec<PathBuf> {
    let docs = std::fs::read_dir(Path::new(ROOT).join("docs")).unwrap();
    let mut pages: Vec<PathBuf> = docs
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|end| end == "md"))
        .collect();
    pages.push(Path::new(ROOT).join("README.md"));
    pages.sort();
    pages
}

/// The commands of the shell blocks of a page, continued lines joined.
fn commands(text: &str) -> Vec<String> {
    let mut commands = Vec::new();
    let mut inside = false;
    let mut line_so_far = String::new();
    for line in text.lines().map(str::trim) {
        if line.starts_with("```") {
            inside = line == "```sh";
            continue;
        }
        if !inside {
            continue;
        }
        match line.strip_suffix('\\') {
            Some(begin) => line_so_far += begin,
            None => {
                let whole = std::mem::take(&mut line_so_far) + line;
                let whole = whole.split(" # ").next().unwrap().trim().to_owned();
                if !whole.is_empty() && !whole.starts_with('#') {
                    commands.push(whole);
                }
            }
        }
    }
    commands
}

/// Runs the program in a shell, which expands `*` and knows quotes.
fn mpathsim(folder: &Path, rest: &str) -> Output {
    let program = Path::new(env!("CARGO_BIN_EXE_mpathsim"));
    let path = std::env::var("PATH").unwrap();
    let path = format!("{}:{path}", program.parent().unwrap().display());
    Command::new("bash")
        .current_dir(folder)
        .env("PATH", path)
        .args(["-c", &format!("mpathsim {rest}")])
        .output()
        .unwrap()
}

/// A folder where the commands find what they name and may write.
fn sandbox(page: &Path) -> PathBuf {
    let name = page.file_stem().unwrap();
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"))
        .join("commands")
        .join(name);
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    for entry in std::fs::read_dir(ROOT).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name();
        let ours = ["results", "target", ".git"];
        if !ours.iter().any(|own| name == *own) {
            std::os::unix::fs::symlink(entry.path(), folder.join(name)).unwrap();
        }
    }
    folder
}

#[test]
fn every_command_on_every_page_works() {
    let mut count = 0;
    let elsewhere = |page: &PathBuf| ELSEWHERE.iter().any(|name| page.ends_with(name));
    for page in pages().into_iter().filter(|page| !elsewhere(page)) {
        let text = std::fs::read_to_string(&page).unwrap();
        let folder = sandbox(&page);
        for command in commands(&text) {
            let others = |(begin, _): &(&str, _)| command.starts_with(begin.trim_end());
            if OTHERS.iter().any(others) {
                continue;
            }
            let rest = OURS.iter().find_map(|begin| command.strip_prefix(begin));
            let rest = rest.unwrap_or_else(|| panic!("{}: whose is {command}?", page.display()));
            let done = mpathsim(&folder, rest);
            let said = String::from_utf8_lossy(&done.stderr);
            assert!(
                done.status.success(),
                "{}: {command}\n{said}",
                page.display()
            );
            count += 1;
        }
    }
    assert!(count > 20, "{count}");
}

#[test]
fn generated_pages_are_current() {
    for page in ["cli", "scenario"] {
        let done = Command::new(env!("CARGO_BIN_EXE_mpathsim"))
            .args(["reference", page])
            .output()
            .unwrap();
        assert!(done.status.success());
        let path = Path::new(ROOT).join(format!("docs/reference/{page}.md"));
        let kept = std::fs::read_to_string(&path).unwrap_or_default();
        let made = String::from_utf8(done.stdout).unwrap();
        assert!(
            kept == made,
            "mpathsim reference {page} > {}",
            path.display()
        );
    }
}

#[test]
fn man_pages_and_completions_name_every_command() {
    let mpathsim = |words: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_mpathsim"));
        let done = command.args(words).output().unwrap();
        assert!(done.status.success(), "{words:?}");
        String::from_utf8(done.stdout).unwrap()
    };
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = mpathsim(&["completions", shell]);
        assert!(
            script.contains("report") && script.contains("scale"),
            "{shell}"
        );
    }
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("man");
    mpathsim(&["man", "--out", folder.to_str().unwrap()]);
    for page in [
        "mpathsim",
        "mpathsim-run",
        "mpathsim-plot",
        "mpathsim-report",
    ] {
        let text = std::fs::read_to_string(folder.join(format!("{page}.1"))).unwrap();
        assert!(text.contains(".TH") && text.contains(".SH NAME"), "{page}");
    }
}

#[test]
fn the_contents_of_the_book_exist() {
    let docs = Path::new(ROOT).join("docs");
    let contents = std::fs::read_to_string(docs.join("SUMMARY.md")).unwrap();
    let listed: Vec<&str> = contents
        .split("](")
        .skip(1)
        .map(|rest| rest.split(')').next().unwrap())
        .collect();
    for page in &listed {
        assert!(docs.join(page).is_file(), "{page}");
    }
    for page in pages() {
        let name = page.file_name().unwrap().to_str().unwrap();
        let known = listed.contains(&name) || ["SUMMARY.md", "README.md"].contains(&name);
        assert!(known, "{name} is not in docs/SUMMARY.md");
        let text = std::fs::read_to_string(&page).unwrap();
        for link in text.split("](").skip(1) {
            let target = link.split([')', '#']).next().unwrap();
            if !target.is_empty() && !target.starts_with("http") {
                assert!(
                    page.parent().unwrap().join(target).exists(),
                    "{name}: {target}"
                );
            }
        }
    }
}
