//! Nothing of the user's is replaced unasked, by whatever command.

use std::path::Path;

use crate::support::*;

const DEPTHS: &str = "[sweep]\n[[sweep.axis]]\nkey = \"workload.job.0.iodepth\"\nvalues = [4, 8]\n";

/// Runs the program, which is to refuse with these words and to leave `out` as
/// it is.
fn refused(folder: &Path, arguments: &[&str], out: &str, says: &[&str]) {
    let before = contents(&folder.join(out));
    let text = expect(2, folder, arguments);
    for words in says {
        assert!(text.contains(words), "{words:?} is not in\n{text}");
    }
    assert!(contents(&folder.join(out)) == before, "{out} was changed");
}

/// A folder with `sweep.toml` and `other.toml`, which sweep different things.
fn two_sweeps(test: &str) -> std::path::PathBuf {
    let folder = sweep(test, DEPTHS);
    let other = format!("{SCENARIO}\n[sweep]\nreplications = 3\n");
    std::fs::write(folder.join("other.toml"), other).unwrap();
    folder
}

#[test]
fn another_sweep_is_not_resumed() {
    let folder = two_sweeps("not-resumed");
    expect(0, &folder, &["sweep", "sweep.toml", "--out", "out"]);
    refused(
        &folder,
        &["sweep", "other.toml", "--out", "out", "--resume"],
        "out",
        &[
            "holds another sweep, `sweep`, not `other`",
            "--overwrite replaces it",
        ],
    );
    // One of the same name that has nothing in common with it.
    let text = std::fs::read_to_string(folder.join("other.toml")).unwrap();
    std::fs::write(folder.join("sweep.toml"), text.replace("4k", "8k")).unwrap();
    refused(
        &folder,
        &["sweep", "sweep.toml", "--out", "out", "--resume"],
        "out",
        &["results of an earlier `sweep`, of which this one asks for none"],
    );
    expect(
        0,
        &folder,
        &["sweep", "sweep.toml", "--out", "out", "--overwrite"],
    );
    assert_eq!(rows(&folder.join("out/points.csv")).len(), 6);
}

/// A value that is taken out, and put in again: its results are not lost.
#[test]
fn what_a_sweep_asks_for_no_more_is_kept() {
    let folder = sweep("kept", DEPTHS);
    let run = |values: &str, more: &[&str]| {
        let text = format!("{SCENARIO}\n{}", DEPTHS.replace("[4, 8]", values));
        std::fs::write(folder.join("sweep.toml"), text).unwrap();
        expect(
            0,
            &folder,
            &[["sweep", "sweep.toml"].as_slice(), more].concat(),
        )
    };
    run("[4, 8]", &["--out", "whole"]);
    run("[4, 8]", &["--out", "out"]);
    let text = run("[8]", &["--out", "out", "--resume"]);
    assert!(text.contains("2 runs, 2 of them from before"), "{text}");
    assert!(
        text.contains("2 results that it does not ask for"),
        "{text}"
    );
    run("[8]", &["--out", "one"]);
    for table in ["points.csv", "paths.csv", "summary.jsonl"] {
        let read = |out: &str| std::fs::read(folder.join(out).join(table)).unwrap();
        assert!(read("out") == read("one"), "{table} differs");
    }
    let text = run("[4, 8]", &["--out", "out", "--resume"]);
    assert!(text.contains("4 runs, 4 of them from before"), "{text}");
    same(&folder.join("whole"), &folder.join("out"));
}

/// A shard that has results of an earlier version is merged without them.
#[test]
fn what_a_shard_asks_for_no_more_is_not_merged() {
    let folder = sweep("kept-in-a-shard", &DEPTHS.replace("[4, 8]", "[4, 8, 12]"));
    let shards = |more: &[&str]| {
        for shard in ["1/2", "2/2"] {
            let (out, first) = (&shard[..1], ["sweep", "sweep.toml", "--shard", shard]);
            let rest = ["--quiet", "--out", out];
            expect(0, &folder, &[&first[..], &rest[..], more].concat());
        }
    };
    shards(&[]);
    std::fs::write(folder.join("sweep.toml"), format!("{SCENARIO}\n{DEPTHS}")).unwrap();
    shards(&["--resume"]);
    expect(0, &folder, &["sweep", "merge", "--out", "joined", "1", "2"]);
    expect(0, &folder, &["sweep", "sweep.toml", "--out", "whole"]);
    same(&folder.join("whole"), &folder.join("joined"));
}

/// Two names that are the same make no scenario. Which, has changed.
#[test]
fn what_is_impossible_is_told_anew() {
    let spare = |name: &str| {
        format!("[[device]]\nname = \"{name}\"\nnull_blk = {{ completion = \"1ms\" }}\n")
    };
    let axis = |key: &str, values: &str| {
        format!(
            "[[sweep.axis]]\nkey = \"device.{key}.name\"\nname = \"{key}\"\nvalues = {values}\n"
        )
    };
    let folder = folder("impossible");
    let run = |twice: &str, out: &[&str]| {
        let axes = axis("1", &format!("[\"x\", \"{twice}\"]"))
            + &axis("2", &format!("[\"z\", \"{twice}\"]"));
        let spares = spare("s1") + &spare("s2");
        let text = format!("{SCENARIO}\n{spares}\n[sweep]\nmodes = [\"bio\"]\n{axes}");
        std::fs::write(folder.join("sweep.toml"), text).unwrap();
        expect(
            1,
            &folder,
            &[["sweep", "sweep.toml", "--out"].as_slice(), out].concat(),
        );
    };
    run("y", &["out"]);
    run("w", &["out", "--resume"]);
    run("w", &["anew"]);
    let (mut out, mut anew) = (
        contents(&folder.join("out")),
        contents(&folder.join("anew")),
    );
    // The results that it does not ask for any more are behind the others.
    let journal = out.remove("journal").unwrap();
    assert!(journal.starts_with(&anew.remove("journal").unwrap()));
    assert!(
        out == anew,
        "{}",
        String::from_utf8_lossy(&out["failures.jsonl"])
    );
}

#[test]
fn shards_are_not_merged_into_one_of_them() {
    let folder = two_sweeps("merged-into-itself");
    for shard in ["1/2", "2/2"] {
        let out = format!("shards/{}", &shard[..1]);
        let arguments = [
            "sweep",
            "sweep.toml",
            "--shard",
            shard,
            "--out",
            &out,
            "--quiet",
        ];
        expect(0, &folder, &arguments);
    }
    for out in ["shards/1", "shards/../shards/1"] {
        refused(
            &folder,
            &[
                "sweep",
                "merge",
                "--overwrite",
                "--out",
                out,
                "shards/1",
                "shards/2",
            ],
            "shards/1",
            &["shards/1 is one of them"],
        );
    }
    let merge = ["sweep", "merge", "--out", "out", "shards/1", "shards/2"];
    // Another sweep is not replaced unasked; and if asked, not before all is
    // there that comes in its place.
    expect(0, &folder, &["sweep", "other.toml", "--out", "out"]);
    refused(
        &folder,
        &merge,
        "out",
        &["a finished sweep, `other`, which is another"],
    );
    let journal = folder.join("shards/2/journal");
    let whole = std::fs::read(&journal).unwrap();
    std::fs::write(&journal, &whole[..whole.len() / 2]).unwrap();
    let asked = [&merge[..], &["--overwrite"]].concat();
    refused(&folder, &asked, "out", &["a journal is damaged"]);
    std::fs::write(&journal, &whole).unwrap();
    expect(0, &folder, &asked);
    expect(0, &folder, &["sweep", "sweep.toml", "--out", "whole"]);
    same(&folder.join("whole"), &folder.join("out"));
    // The same once more makes the same bytes.
    expect(0, &folder, &merge);
    same(&folder.join("whole"), &folder.join("out"));
}

#[test]
fn slurm_leaves_another_sweep_alone() {
    let folder = two_sweeps("slurm in a folder with 50% blanks");
    let submit = [
        "sweep",
        "sweep.toml",
        "--slurm",
        "--shards",
        "2",
        "--no-submit",
        "--out",
    ];
    expect(0, &folder, &["sweep", "other.toml", "--out", "theirs"]);
    let arguments = [&submit[..], &["theirs"]].concat();
    refused(
        &folder,
        &arguments,
        "theirs",
        &["a finished sweep, `other`, which is another"],
    );
    assert!(!folder.join("theirs.slurm").exists());

    let run = |script: &str, shard: &str| {
        let mut bash = std::process::Command::new("bash");
        bash.arg(folder.join("out.slurm").join(script));
        bash.env("SLURM_ARRAY_TASK_ID", shard).output().unwrap()
    };
    expect(0, &folder, &[&submit[..], &["out/"]].concat());
    let array = std::fs::read_to_string(folder.join("out.slurm/array.sh")).unwrap();
    assert!(array.contains("#SBATCH --job-name=\"sweep\"\n"), "{array}");
    assert!(
        array.contains("with 50%% blanks/out.slurm/log/%a.txt\"\n"),
        "{array}"
    );
    for shard in ["1", "2"] {
        assert!(run("array.sh", shard).status.success());
    }
    // What came there since it was submitted stays, too.
    expect(0, &folder, &["sweep", "other.toml", "--out", "out"]);
    let before = contents(&folder.join("out"));
    assert!(!run("merge.sh", "").status.success());
    assert!(contents(&folder.join("out")) == before);
    std::fs::remove_dir_all(folder.join("out")).unwrap();
    assert!(run("merge.sh", "").status.success());
    expect(0, &folder, &["sweep", "sweep.toml", "--out", "whole"]);
    same(&folder.join("whole"), &folder.join("out"));
    // Of what is finished, there is nothing left to submit.
    let text = expect(0, &folder, &[&submit[..], &["out"]].concat());
    assert!(text.contains("0 of 2 shards to run"), "{text}");
}

#[test]
fn options_for_slurm_are_not_passed_over() {
    let folder = sweep("not-slurm", DEPTHS);
    for option in [
        &["--shards", "3"][..],
        &["--sbatch=--partition=x"],
        &["--no-submit"],
    ] {
        let arguments = [&["sweep", "sweep.toml", "--plan"], option].concat();
        let text = expect(2, &folder, &arguments);
        assert!(text.contains("is for --slurm only"), "{text}");
    }
}

#[test]
fn a_run_and_its_sweep_have_folders_of_their_own() {
    let folder = sweep("run-and-sweep", DEPTHS);
    let run = ["run", "sweep.toml", "--quiet", "--one-profile"];
    expect(0, &folder, &["sweep", "sweep.toml", "--quiet"]);
    let before = contents(&folder.join("results/sweep"));
    expect(0, &folder, &run);
    assert!(contents(&folder.join("results/sweep")) == before);
    assert!(folder.join("results/sweep.run/summary.json").exists());
    // The same run again replaces the last; nothing else does.
    expect(0, &folder, &run);
    let into = |out: &'static str| [&run[..], &["--out", out]].concat();
    refused(
        &folder,
        &into("results/sweep"),
        "results/sweep",
        &["holds a sweep, `sweep`"],
    );
    let all = [&into("results/sweep")[..], &["--overwrite"]].concat();
    refused(&folder, &all, "results/sweep", &["holds a sweep, `sweep`"]);
    let sweep = [
        "sweep",
        "sweep.toml",
        "--out",
        "results/sweep.run",
        "--overwrite",
    ];
    refused(
        &folder,
        &sweep,
        "results/sweep.run",
        &["holds a run, `sweep`"],
    );
}

#[test]
fn a_run_replaces_runs_of_its_scenario_only() {
    let folder = folder("runs");
    for name in ["a", "b"] {
        std::fs::write(folder.join(format!("{name}.toml")), SCENARIO).unwrap();
    }
    let run = |file: &'static str| ["run", file, "--quiet", "--mode", "bio", "--out", "out"];
    expect(0, &folder, &run("a.toml"));
    expect(0, &folder, &run("a.toml"));
    let says = ["holds a run, `a`", "--overwrite replaces it"];
    refused(&folder, &run("b.toml"), "out", &says);
    expect(0, &folder, &[&run("b.toml")[..], &["--overwrite"]].concat());
    // What a killed one has left is nobody's; all else is somebody's.
    std::fs::create_dir(folder.join("mine")).unwrap();
    std::fs::write(folder.join("mine/.trace.csv.4711"), "half").unwrap();
    let into = |out: &'static str| ["run", "a.toml", "--quiet", "--mode", "bio", "--out", out];
    expect(0, &folder, &into("mine"));
    std::fs::remove_file(folder.join("mine/summary.json")).unwrap();
    refused(
        &folder,
        &into("mine"),
        "mine",
        &["not mpathsim's results: comparison.txt"],
    );
    let text = expect(2, &folder, &into("a.toml/out"));
    assert!(text.contains("cannot be made: a.toml is a file"), "{text}");
    let text = expect(2, &folder, &into("a.toml"));
    assert!(text.contains("is a file, not a folder"), "{text}");
    // Of two of one name, the second does not replace the first.
    std::fs::create_dir(folder.join("c")).unwrap();
    std::fs::write(folder.join("c/a.toml"), SCENARIO).unwrap();
    let both = ["run", "a.toml", "c/a.toml", "--quiet", "--mode", "bio"];
    let text = expect(2, &folder, &both);
    assert!(text.contains("another scenario of this name"), "{text}");
}

#[test]
fn a_tournament_replaces_nothing_unasked() {
    let folder = sweep("tournament", DEPTHS);
    let play = [
        "tournament",
        "sweep.toml",
        "--policy",
        "round-robin",
        "--policy",
        "queue-length",
    ];
    let into = |out: &'static str| {
        let more = ["--mode", "bio", "--replications", "2", "--out", out];
        [&play[..], &more].concat()
    };
    expect(0, &folder, &["sweep", "sweep.toml", "--out", "theirs"]);
    refused(
        &folder,
        &into("theirs"),
        "theirs",
        &["holds a sweep, `sweep`"],
    );
    std::fs::create_dir(folder.join("mine")).unwrap();
    std::fs::write(folder.join("mine/thesis.txt"), "all of it").unwrap();
    refused(
        &folder,
        &into("mine"),
        "mine",
        &["not mpathsim's results: thesis.txt"],
    );
    expect(0, &folder, &into("out"));
    refused(
        &folder,
        &into("out"),
        "out",
        &["holds a tournament", "--overwrite"],
    );
    expect(0, &folder, &[&into("out")[..], &["--overwrite"]].concat());
    let resume = ["sweep", "sweep.toml", "--out", "out", "--resume"];
    refused(
        &folder,
        &resume,
        "out",
        &["no sweep, but results of another format"],
    );
}

#[test]
fn a_folder_that_cannot_be_made_is_told_before_anything_runs() {
    let folder = sweep("unwritable", DEPTHS);
    let into = |out: &'static str| ["sweep", "sweep.toml", "--out", out];
    let text = expect(2, &folder, &into("sweep.toml"));
    assert!(
        text.contains("is a file, not a folder") && text.contains("--out FOLDER"),
        "{text}"
    );
    let text = expect(2, &folder, &into("sweep.toml/out"));
    assert!(
        text.contains("cannot be made: sweep.toml is a file"),
        "{text}"
    );
    // Nobody may make a folder there.
    let text = expect(2, &folder, &into("/proc/out"));
    assert!(text.contains("cannot write to /proc/out"), "{text}");
    assert!(
        text.contains("nothing was run") && !text.contains("--resume"),
        "{text}"
    );
}
