//! The binary: exit codes, and errors that point at line and column.

#![allow(clippy::unwrap_used, clippy::panic)]

use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

/// A folder of its own for one test.
fn folder(test: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(test);
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

fn mpathsim(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_mpathsim"))
        .args(arguments)
        .env("NO_COLOR", "1")
        .output()
        .unwrap()
}

const GOOD: &str = r#"
[[device]]
name = ["sda", "sdb"]
null_blk = { completion = "1ms", hw_queue_depth = 64 }

[[map]]
table = "0 2097152 multipath 2 queue_mode bio 0 1 1 round-robin 0 2 1 sda 1 sdb 1"

[workload]
fio = """
[j]
filename=/dev/mapper/mp
rw=write
"""
"#;

/// Runs `GOOD` with `from` replaced by `to`, and expects exit code 2, the place
/// `line:column` and the texts `says` on standard error.
fn refused(test: &str, from: &str, to: &str, place: &str, says: &[&str]) {
    assert!(GOOD.contains(from));
    let file = folder(test).join("s.toml");
    std::fs::write(&file, GOOD.replace(from, to)).unwrap();
    let output = mpathsim(&["run", file.to_str().unwrap()]);
    let error = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{error}");
    assert!(
        error.contains(&format!("s.toml:{place}]")),
        "{place} is not in\n{error}"
    );
    for text in says {
        assert!(error.contains(text), "{text:?} is not in\n{error}");
    }
    assert!(output.stdout.is_empty());
}

#[test]
fn an_unknown_key_names_the_nearest() {
    refused(
        "key",
        "completion",
        "completon",
        "4:14",
        &["unknown key `completon`", "did you mean `completion`?"],
    );
}

#[test]
fn a_wrong_unit_names_a_right_one() {
    refused(
        "unit",
        "\"1ms\"",
        "\"1KiB\"",
        "4:27",
        &["`1KiB` is not a time", "ns, us, µs, ms, s"],
    );
    refused(
        "no-unit",
        "\"1ms\"",
        "1",
        "4:27",
        &[
            "a time with its unit is wanted here, not the number 1",
            "for instance \"4ms\"",
        ],
    );
}

#[test]
fn a_value_out_of_range_names_the_range() {
    refused(
        "range",
        "= 64",
        "= 0",
        "4:51",
        &["0 is out of range", "from 1 to 10240"],
    );
}

#[test]
fn a_word_of_the_table_is_pointed_at() {
    refused(
        "device",
        "sdb 1\"",
        "sdc 1\"",
        "7:77",
        &["there is no device `sdc`", "sda, sdb"],
    );
    refused(
        "selector",
        "round-robin",
        "round-robbin",
        "7:53",
        &["unknown path selector", "did you mean `round-robin`?"],
    );
    refused(
        "count",
        "0 2 1",
        "0 3 1",
        "7:81",
        &["the line ends where a device should stand"],
    );
}

#[test]
fn a_line_of_the_job_file_is_pointed_at() {
    refused(
        "job",
        "mapper/mp",
        "mapper/mq",
        "12:10",
        &["there is no device `/dev/mapper/mq`"],
    );
}

#[test]
fn an_unknown_option_of_the_job_file_is_wrong_or_left_out() {
    let unknown = "rw=write\nsize=64k\nfrobnicate=1";
    let says = ["unknown option `frobnicate`"];
    refused("strict", "rw=write", unknown, "15:1", &says);
    let folder = folder("lenient");
    let (file, out) = (folder.join("s.toml"), folder.join("out"));
    std::fs::write(&file, GOOD.replace("rw=write", unknown)).unwrap();
    let [file, out] = [&file, &out].map(|path| path.to_str().unwrap());
    let output = mpathsim(&["run", file, "--lenient", "--out", out]);
    let warning = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{warning}");
    assert!(warning.contains("s.toml:15:1: left out: unknown option `frobnicate`"));
    // How to repeat the run says so, too.
    assert!(String::from_utf8_lossy(&output.stdout).contains("workload.lenient=true"));
}

#[test]
fn text_that_is_no_toml_is_pointed_at() {
    refused("toml", "[workload]", "[workload", "9:10", &[]);
}

#[test]
fn an_option_is_blamed_for_what_it_did() {
    let file = folder("set").join("s.toml");
    std::fs::write(&file, GOOD).unwrap();
    for (set, says) in [
        ("device.0.null_blk.completion=4km", "not a time"),
        (
            "device.0.null_blk.completon=4ms",
            "did you mean `completion`?",
        ),
        ("device.7.null_blk.completion=4ms", "leads nowhere"),
        ("nonsense", "there is no `=`"),
    ] {
        let output = mpathsim(&["run", file.to_str().unwrap(), "--set", set]);
        let error = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{error}");
        assert!(error.contains(&format!("--set {set}")), "{error}");
        assert!(error.contains(says), "{says:?} is not in\n{error}");
    }
}

#[test]
fn a_file_that_is_not_there_is_bad_input() {
    let output = mpathsim(&["run", "nowhere.toml"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(
        String::from_utf8(output.stderr)
            .unwrap()
            .contains("nowhere.toml")
    );
}

#[test]
fn wrong_arguments_are_bad_input_and_help_is_not() {
    assert_eq!(mpathsim(&["run"]).status.code(), Some(2));
    assert_eq!(mpathsim(&["--help"]).status.code(), Some(0));
    assert_eq!(mpathsim(&["--version"]).status.code(), Some(0));
}

#[test]
fn the_schema_is_json() {
    let output = mpathsim(&["schema"]);
    assert_eq!(output.status.code(), Some(0));
    let schema: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(schema["additionalProperties"], false);
}

#[test]
fn a_run_writes_its_results_and_repeats_byte_by_byte() {
    let folder = folder("run");
    let file = folder.join("s.toml");
    std::fs::write(&file, GOOD.replace("rw=write", "rw=randread\nsize=1m")).unwrap();
    let run = |out: &str, more: &[&str]| {
        let out = folder.join(out);
        let arguments = [
            "run",
            file.to_str().unwrap(),
            "--out",
            out.to_str().unwrap(),
        ];
        let output = mpathsim(&[&arguments, more].concat());
        assert_eq!(
            output.status.code(),
            Some(0),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        (out, output.stdout)
    };
    let (first, table) = run("a", &[]);
    let (second, json) = run("b", &["--json"]);
    assert!(String::from_utf8(table).unwrap().contains("request mode"));
    let names = [
        "summary.json",
        "series.csv",
        "paths.csv",
        "queue.csv",
        "latency.csv",
        "trace.csv",
        "scenario.toml",
        "comparison.txt",
    ];
    for name in names {
        let read = |folder: &std::path::Path| std::fs::read(folder.join(name)).unwrap();
        assert!(
            read(&first) == read(&second),
            "{name} differs from run to run"
        );
    }
    assert_eq!(std::fs::read(first.join("summary.json")).unwrap(), json);
    assert_eq!(
        std::fs::read_dir(&first).unwrap().count(),
        names.len(),
        "something is left beside the results"
    );
    let (_, nothing) = run("c", &["--quiet", "--mode", "bio", "--seed", "7"]);
    assert!(nothing.is_empty());
    let summary: mpathsim::run::summary::Summary =
        serde_json::from_slice(&std::fs::read(folder.join("c/summary.json")).unwrap()).unwrap();
    assert_eq!((summary.runs.len(), summary.scenario.seed), (1, 7));
}

#[test]
fn costs_are_keys_and_ties_are_shuffled_on_request() {
    let folder = folder("costs");
    let file = folder.join("s.toml");
    std::fs::write(&file, GOOD.replace("rw=write", "rw=randread\nsize=1m")).unwrap();
    let run = |out: &str, more: &[&str]| {
        let out = folder.join(out);
        let (file, out) = (file.to_str().unwrap(), out.to_str().unwrap());
        let arguments = ["run", file, "--json", "--mode", "request", "--out", out];
        mpathsim(&[&arguments, more].concat())
    };
    let plain = run("a", &[]);
    let dear = run("b", &["--set", "host.costs.issue=50us"]);
    assert_eq!(dear.status.code(), Some(0));
    let cpu = |o: &std::process::Output| {
        let summary: mpathsim::run::summary::Summary = serde_json::from_slice(&o.stdout).unwrap();
        summary.runs[0].cpu.task_ns + summary.runs[0].cpu.worker_ns
    };
    assert!(cpu(&dear) > cpu(&plain), "a dearer issue costs no more");
    let wrong = run("c", &["--set", "host.costs.isue=50us"]);
    assert_ne!(wrong.status.code(), Some(0));
    let said = String::from_utf8_lossy(&wrong.stderr).into_owned();
    assert!(said.contains("isue") && said.contains("issue"), "{said}");

    let shuffled = run("d", &["--shuffle-ties", "3"]);
    let again = run("e", &["--shuffle-ties", "3"]);
    assert_eq!(shuffled.stdout, again.stdout);
    let summary: mpathsim::run::summary::Summary =
        serde_json::from_slice(&shuffled.stdout).unwrap();
    assert_eq!(summary.scenario.shuffle_ties, Some(3));
}

/// fio waits for the next arrival on the CPU, at last; where code costs nothing that
/// is no cost of an I/O.
#[test]
fn where_code_costs_nothing_no_cpu_is_used() {
    let folder = folder("free");
    let cpu = |out: &str, more: &[&str]| {
        let out = folder.join(out);
        let (scenario, out) = ("scenarios/poisson-arrivals.toml", out.to_str().unwrap());
        let words = ["run", scenario, "--json", "--one-profile", "--out", out];
        let done = mpathsim(&[&words, more].concat());
        assert_eq!(done.status.code(), Some(0), "{done:?}");
        let summary: mpathsim::run::summary::Summary =
            serde_json::from_slice(&done.stdout).unwrap();
        summary
            .runs
            .into_iter()
            .map(|run| run.cpu)
            .collect::<Vec<_>>()
    };
    for cpu in cpu("none", &[]) {
        assert_eq!(
            (cpu.busy, cpu.busiest, cpu.ns_per_io),
            (0.0, 0.0, 0.0),
            "{cpu:?}"
        );
    }
    for cpu in cpu("lab", &["--set", "host.profile=lab"]) {
        assert!(cpu.task_ns > 0 && cpu.ns_per_io > 0.0, "{cpu:?}");
    }
}

#[test]
fn what_cannot_be_read_is_said_once() {
    let output = mpathsim(&["validate", "/nonexistent"]);
    let error = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{error}");
    assert_eq!(error.matches("No such file").count(), 1, "{error}");
    assert!(error.contains("/nonexistent"), "{error}");
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let truth = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/ground-truth/interface");
    for arguments in [&["validate", "--json", truth][..], &["--help"], &["schema"]] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_mpathsim"));
        command
            .args(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        let error = String::from_utf8(output.stderr).unwrap();
        assert_eq!((output.status.code(), error.as_str()), (Some(0), ""));
    }
}
