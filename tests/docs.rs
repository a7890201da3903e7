//! Every command that the pages about sweeps show, run as it is shown.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::path::{Path, PathBuf};
use std::process::Command;

/// A folder in which a reader of the page stands: the repository's scenarios,
/// and `mpathsim` in the path.
fn reader(page: &str) -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR"))
        .join("docs")
        .join(page);
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(folder.join("bin")).unwrap();
    std::fs::create_dir_all(folder.join("tests")).unwrap();
    for name in ["scenarios", "sweeps", "tests/regression"] {
        std::os::unix::fs::symlink(root.join(name), folder.join(name)).unwrap();
    }
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_mpathsim"), folder.join("bin/mpathsim"))
        .unwrap();
    folder
}

/// The lines of the shell blocks of a page.
fn commands(page: &str) -> Vec<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(page);
    let text = std::fs::read_to_string(path).unwrap();
    let blocks = text
        .split("```sh\n")
        .skip(1)
        .map(|block| block.split("```").next().unwrap().to_owned());
    blocks
        .flat_map(|block| block.lines().map(str::to_owned).collect::<Vec<_>>())
        .collect()
}

/// How a page runs the example program whose `least-pending` became worse.
const WORSENED: &str = "cargo run --release --locked --example worsened_policy -- ";

/// That program, built as this test was.
fn worsened_policy() -> PathBuf {
    let folder = Path::new(env!("CARGO_BIN_EXE_mpathsim")).parent().unwrap();
    let profile = match folder.file_name().unwrap().to_str().unwrap() {
        "debug" => "dev",
        profile => profile,
    };
    let built = Command::new(env!("CARGO"))
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .args([
            "build",
            "--locked",
            "--quiet",
            "--example",
            "worsened_policy",
        ])
        .args(["--profile", profile, "--target-dir"])
        .arg(folder.parent().unwrap())
        .status();
    assert!(built.unwrap().success());
    folder.join("examples/worsened_policy")
}

/// Runs a command that succeeds.
fn run(folder: &Path, command: &str) -> String {
    ends(folder, command, 0)
}

/// Runs a command that ends with exit code `code`.
fn ends(folder: &Path, command: &str, code: i32) -> String {
    let path = format!(
        "{}:{}",
        folder.join("bin").display(),
        std::env::var("PATH").unwrap()
    );
    let mut shell = Command::new("bash");
    shell
        .current_dir(folder)
        .env("PATH", path)
        .env("NO_COLOR", "1")
        .args(["-c", command]);
    let output = shell.output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned()
        + &String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{command}\n{text}");
    text
}

#[test]
fn sweeps() {
    let folder = reader("sweeps");
    let commands = commands("docs/sweeps.md");
    assert!(commands.len() >= 5);
    for command in &commands {
        let text = run(&folder, command);
        if command.ends_with("--plan") {
            assert!(text.contains("500 points"), "{text}");
        }
    }
    let whole = std::fs::read(folder.join("results/depth-and-size/points.csv")).unwrap();
    assert!(whole == std::fs::read(folder.join("results/joined/points.csv")).unwrap());
    assert_eq!(whole.iter().filter(|byte| **byte == b'\n').count(), 1501);
    // No mean without its interval.
    let summary = folder.join("results/depth-and-size/summary.csv");
    let mut rows = csv::Reader::from_path(summary).unwrap();
    let heads = rows.headers().unwrap().clone();
    let at = |name: &str| heads.iter().position(|head| head == name).unwrap();
    let (low, high) = (at("low"), at("high"));
    for row in rows.records().map(Result::unwrap) {
        assert!(!row[low].is_empty() && !row[high].is_empty(), "{row:?}");
    }
}

#[test]
fn regression() {
    let folder = reader("regression");
    let scenario = folder.join("tests/regression/closed.toml");
    std::fs::write(
        folder.join("s.toml"),
        std::fs::read_to_string(&scenario).unwrap() + "\n[sweep]\nreplications = 3\n",
    )
    .unwrap();
    for out in ["before", "after"] {
        run(
            &folder,
            &format!("mpathsim sweep s.toml --out results/{out} --quiet"),
        );
    }
    std::fs::create_dir_all(folder.join("target/release")).unwrap();
    for build in ["mpathsim-1.0", "target/release/mpathsim"] {
        std::fs::copy(env!("CARGO_BIN_EXE_mpathsim"), folder.join(build)).unwrap();
    }
    let matrix = "scenarios = [\"s.toml\"]\nmodes = [\"request\"]\nreplications = 4\n[[metric]]\nname = \"iops\"\nmargin_percent = 1\n";
    std::fs::write(folder.join("matrix.toml"), matrix).unwrap();
    let commands = commands("docs/regression.md");
    assert!(commands.len() >= 10);
    let mut red = 0;
    for command in &commands {
        let Some(words) = command.strip_prefix(WORSENED) else {
            run(&folder, command);
            continue;
        };
        assert!(words.ends_with("# exit code 1"), "{command}");
        a_worsened_policy_is_red(&folder, words);
        red += 1;
    }
    assert_eq!(red, 1, "no command of the page shows a red check");
}

/// Runs the check of the page with the worsened policy: red, for nothing else than
/// that policy, and so is each of the commands that it names.
fn a_worsened_policy_is_red(folder: &Path, words: &str) {
    let program = worsened_policy();
    let command = format!("{} {words}", program.display());
    let text = ends(folder, &command, 1);
    let named: Vec<&str> = text.lines().filter(|l| l.contains(" --cell ")).collect();
    let all = format!("\n{} of 32 figures became worse\n", named.len());
    assert!(!named.is_empty() && text.contains(&all), "{text}");
    for line in &named {
        assert!(line.contains("least-pending"), "{line}");
    }
    // The page shows what is printed.
    let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let page =
        std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/regression.md"));
    let page = page.unwrap();
    let shown: Vec<&str> = page.lines().filter(|l| l.ends_with("WORSE")).collect();
    assert!(shown.len() == named.len());
    for row in shown {
        assert!(text.lines().any(|line| words(line) == words(row)), "{row}");
    }
    let at = named[0].find(&program.display().to_string()).unwrap();
    let alone = ends(folder, &named[0][at..], 1);
    let figures = |text: &str| {
        let row = text.lines().find(|line| line.contains("WORSE")).unwrap();
        words(row)
    };
    assert_eq!(figures(&alone), figures(&text));
}

#[test]
fn cluster() {
    let folder = reader("cluster");
    let has = |program: &str| {
        Command::new("which")
            .arg(program)
            .output()
            .is_ok_and(|o| o.status.success())
    };
    for command in commands("docs/cluster.md") {
        if command.contains("--slurm") {
            // tests/slurm.rs submits it.
            let text = run(&folder, &format!("{command} --no-submit"));
            assert!(
                text.contains("8 of 8 shards to run; not submitted"),
                "{text}"
            );
            let array =
                std::fs::read_to_string(folder.join("results/depth-and-size.slurm/array.sh"))
                    .unwrap();
            assert!(array.contains("#SBATCH --array=1-8\n"), "{array}");
        } else if command.contains("parallel") && !has("parallel") {
            eprintln!("without GNU parallel: the same shards one after the other");
            run(
                &folder,
                &command
                    .replace("seq 4 | parallel -j2", "for k in 1 2 3 4; do")
                    .replace("{}", "$k")
                    .replace("--threads 1", "--threads 1; done"),
            );
        } else {
            run(&folder, &command);
        }
    }
    assert!(folder.join("results/depth-and-size/points.csv").exists());
}
