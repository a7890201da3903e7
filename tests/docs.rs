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

fn run(folder: &Path, command: &str) -> String {
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
    assert!(output.status.success(), "{command}\n{text}");
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
    assert_eq!(whole.iter().filter(|byte| **byte == b'\n').count(), 501);
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
    for command in &commands {
        run(&folder, command);
    }
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
