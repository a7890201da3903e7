//! Killed, stopped, without room: a sweep that is resumed ends with the same
//! bytes as one that never stopped.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::support::*;

const TABLE: &str = "[sweep]\nreplications = 40\n[[sweep.axis]]\nkey = \"workload.job.0.iodepth\"\nvalues = [1, 2, 3, 4, 6, 8, 12, 16]\n";

/// A sweep of some seconds; the first runs are the longest.
fn long(test: &str) -> std::path::PathBuf {
    let folder = sweep(test, TABLE);
    let text = std::fs::read_to_string(folder.join("sweep.toml")).unwrap();
    std::fs::write(
        folder.join("sweep.toml"),
        text.replace("number_ios = 500", "number_ios = 3000"),
    )
    .unwrap();
    folder
}

fn start(folder: &Path, out: &str) -> Child {
    let arguments = ["sweep", "sweep.toml", "--out", out, "--threads", "1"];
    let mut command = program();
    command
        .current_dir(folder)
        .args(arguments)
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command.spawn().unwrap()
}

/// Waits until some results are durable.
fn wait_for_results(journal: &Path, bytes: u64) {
    for _ in 0..6000 {
        if std::fs::metadata(journal).is_ok_and(|m| m.len() > bytes) {
            return;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    panic!("no results after a minute");
}

#[test]
fn killed_twice_and_resumed() {
    let folder = long("killed");
    let whole = expect(0, &folder, &["sweep", "sweep.toml", "--out", "whole"]);
    assert!(whole.contains("640 runs, "), "{whole}");
    let journal = folder.join("cut/journal");
    let mut last = 0;
    for _ in 0..2 {
        let mut child = match last {
            0 => start(&folder, "cut"),
            _ => program()
                .current_dir(&folder)
                .args([
                    "sweep",
                    "sweep.toml",
                    "--out",
                    "cut",
                    "--threads",
                    "1",
                    "--resume",
                    "--quiet",
                ])
                .spawn()
                .unwrap(),
        };
        wait_for_results(&journal, last + 20_000);
        child.kill().unwrap();
        let status = child.wait().unwrap();
        assert!(
            status.code().is_none(),
            "it was over before it could be killed"
        );
        last = std::fs::metadata(&journal).unwrap().len();
    }
    // What a crash of the machine leaves of a line.
    let torn = std::fs::read(&journal).unwrap();
    std::fs::write(&journal, &torn[..torn.len() - 7]).unwrap();
    let text = expect(
        0,
        &folder,
        &["sweep", "sweep.toml", "--out", "cut", "--resume"],
    );
    assert!(text.contains(" of them from before"), "{text}");
    same(&folder.join("whole"), &folder.join("cut"));
    // Resuming what is finished changes nothing.
    let text = expect(
        0,
        &folder,
        &["sweep", "sweep.toml", "--out", "cut", "--resume"],
    );
    assert!(text.contains("640 of them from before"), "{text}");
    same(&folder.join("whole"), &folder.join("cut"));
}

#[test]
fn ctrl_c_stops_cleanly() {
    let folder = long("stopped");
    let child = start(&folder, "out");
    wait_for_results(&folder.join("out/journal"), 10_000);
    let id = child.id().to_string();
    assert!(
        Command::new("kill")
            .args(["-INT", &id])
            .status()
            .unwrap()
            .success()
    );
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130));
    let names: Vec<String> = contents(&folder.join("out")).into_keys().collect();
    assert_eq!(
        names,
        ["journal", "sweep.json"],
        "nothing half done lies about"
    );
    let text = expect(
        0,
        &folder,
        &["sweep", "sweep.toml", "--out", "out", "--resume"],
    );
    assert!(
        text.contains("640 runs, ") && text.contains("from before"),
        "{text}"
    );
}

/// A limit on the size of files stands for a disk that is full.
#[test]
fn a_full_disk_loses_nothing_that_was_written() {
    let folder = long("full");
    let program = env!("CARGO_BIN_EXE_mpathsim");
    let script = format!("trap '' XFSZ; ulimit -f 100; exec {program} sweep sweep.toml --out out");
    let output = Command::new("bash")
        .current_dir(&folder)
        .env("NO_COLOR", "1")
        .args(["-c", &script])
        .output()
        .unwrap();
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{error}");
    assert!(
        error.contains("cannot write") && error.contains("--resume"),
        "{error}"
    );
    let text = expect(
        0,
        &folder,
        &["sweep", "sweep.toml", "--out", "out", "--resume"],
    );
    assert!(text.contains("from before"), "{text}");
    expect(0, &folder, &["sweep", "sweep.toml", "--out", "whole"]);
    same(&folder.join("whole"), &folder.join("out"));
}

/// More values, more replications: what is there is used again.
#[test]
fn a_sweep_can_grow() {
    let folder = sweep(
        "grow",
        "[sweep]\nreplications = 2\n[[sweep.axis]]\nkey = \"workload.job.0.iodepth\"\nvalues = [4, 8]\n",
    );
    expect(0, &folder, &["sweep", "sweep.toml", "--out", "out"]);
    let table = "[sweep]\nreplications = 3\n[[sweep.axis]]\nkey = \"workload.job.0.iodepth\"\nvalues = [2, 4, 8]\n";
    std::fs::write(folder.join("sweep.toml"), format!("{SCENARIO}\n{table}")).unwrap();
    let text = expect(
        0,
        &folder,
        &["sweep", "sweep.toml", "--out", "out", "--resume"],
    );
    assert!(text.contains("18 runs, 8 of them from before"), "{text}");
    expect(0, &folder, &["sweep", "sweep.toml", "--out", "anew"]);
    same(&folder.join("out"), &folder.join("anew"));
}

/// Any number of threads, the same bytes.
#[test]
fn threads_do_not_show() {
    let folder = sweep("threads", TABLE.replace("40", "4").as_str());
    expect(
        0,
        &folder,
        &["sweep", "sweep.toml", "--out", "one", "--threads", "1"],
    );
    expect(
        0,
        &folder,
        &["sweep", "sweep.toml", "--out", "three", "--threads", "3"],
    );
    same(&folder.join("one"), &folder.join("three"));
}

/// What a sweep that was killed has left beside its places goes with the next.
#[test]
fn nothing_is_left_of_a_killed_sweep() {
    let folder = sweep("leftovers", "[sweep]\nmodes = [\"bio\"]\n");
    expect(0, &folder, &["sweep", "sweep.toml", "--out", "out"]);
    let out = folder.join("out");
    for name in [
        ".points.csv.4711",
        ".journal.4711",
        ".sweep.json.12",
        ".notes.txt.1",
    ] {
        std::fs::write(out.join(name), "half").unwrap();
    }
    expect(
        0,
        &folder,
        &["sweep", "sweep.toml", "--out", "out", "--resume"],
    );
    let hidden: Vec<String> = contents(&out)
        .into_keys()
        .filter(|n| n.starts_with('.'))
        .collect();
    assert_eq!(hidden, [".notes.txt.1"]);
}
