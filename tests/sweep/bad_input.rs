//! What is wrong is told, and nothing is overwritten.

use crate::support::*;

/// A sweep with `table` is refused before anything runs, with these words.
fn refused(test: &str, table: &str, says: &[&str]) {
    let folder = sweep(&format!("bad-{test}"), table);
    let text = expect(2, &folder, &["sweep", "sweep.toml"]);
    for words in says {
        assert!(text.contains(words), "{words:?} is not in\n{text}");
    }
    assert!(!folder.join("results").exists(), "something was written");
}

fn axis(rest: &str) -> String {
    format!("[sweep]\n[[sweep.axis]]\n{rest}\n")
}

#[test]
fn axes() {
    refused(
        "key",
        &axis("key = \"workload.job.0.iodeth\"\nvalues = [1]"),
        &["axis `iodeth`", "did you mean `iodepth`?"],
    );
    refused(
        "path",
        &axis("key = \"workload.job.7.iodepth\"\nvalues = [1]"),
        &["workload.job.7.iodepth", "the path leads nowhere"],
    );
    refused(
        "value",
        &axis("key = \"workload.job.0.iodepth\"\nvalues = [1, \"many\"]"),
        &["axis `iodepth`, many"],
    );
    refused(
        "empty",
        &axis("key = \"workload.job.0.iodepth\"\nvalues = []"),
        &["the axis is empty", "sweep.toml:"],
    );
    refused(
        "nan",
        &axis("key = \"workload.job.0.iodepth\"\nvalues = [1, nan]"),
        &["NaN is no value"],
    );
    refused(
        "nothing",
        &axis("key = \"workload.job.0.iodepth\""),
        &["the axis has no values"],
    );
    refused(
        "both",
        &axis("key = \"seed\"\nvalues = [1]\nrange = { from = 1, to = 2, steps = 2 }"),
        &["exclude each other"],
    );
    refused(
        "open-range",
        &axis("key = \"seed\"\nrange = { from = 1, to = 2 }"),
        &["does not say how many values"],
    );
    refused(
        "policy",
        &axis("key = \"policy\"\nvalues = [\"round-robbin\"]"),
        &["no policy `round-robbin`"],
    );
    refused(
        "mode",
        &axis("key = \"mode\"\nvalues = [\"bio\"]"),
        &["modes = "],
    );
    refused(
        "reserved",
        &axis("key = \"seed\"\nname = \"iops\"\nvalues = [1]"),
        &["`iops` is the name of another column"],
    );
    refused(
        "zip",
        &axis(
            "zip = [{ key = \"seed\", values = [1, 2, 3] }, { key = \"workload.job.0.iodepth\", values = [1, 2] }]",
        ),
        &["`seed` has 3 values, `iodepth` has 2"],
    );
}

/// In words of TOML, not of the reader.
#[test]
fn values_of_another_type() {
    for (n, (table, says)) in [
        (
            axis("key = \"seed\"\nvalues = 3"),
            [
                "a list is wanted here, not the number 3",
                "in brackets: `[3]`",
            ],
        ),
        (
            "[sweep]\nmodes = \"bio\"\n".into(),
            [
                "a list is wanted here, not the text \"bio\"",
                "in brackets: `[\"bio\"]`",
            ],
        ),
        (
            "[sweep]\n[sweep.axis]\nkey = \"seed\"\nvalues = [3]\n".into(),
            [
                "a list is wanted here, not a table",
                "each begins with `[[sweep.axis]]`",
            ],
        ),
        (
            axis("key = \"seed\"\nrange = [1, 2]"),
            [
                "a table is wanted here, not a list",
                "{ from = 1, to = 64, steps = 7 }",
            ],
        ),
        (
            "[sweep]\nuntil = { half_width_percent = \"2\" }\n".into(),
            [
                "a number is wanted here, not the text \"2\"",
                "without quotes",
            ],
        ),
        (
            "[sweep]\nreplications = 1\nreplications = 2\n".into(),
            ["duplicate key `replications`", "give it once"],
        ),
    ]
    .into_iter()
    .enumerate()
    {
        refused(&format!("type-{n}"), &table, &says);
    }
}

#[test]
fn whole_sweeps() {
    let thousand = "range = { from = 1, to = 1000, steps = 1000 }";
    let axis = |key: &str| format!("[[sweep.axis]]\nkey = \"workload.job.0.{key}\"\n{thousand}\n");
    let huge = format!(
        "[sweep]\n{}{}{}{}",
        axis("iodepth"),
        axis("number_ios"),
        axis("iodepth_low"),
        axis("numjobs")
    );
    refused(
        "huge",
        &huge,
        &["that are 2000000000000 points", "1000000 at most"],
    );
    refused(
        "metric",
        "[sweep]\nmetrics = [\"iopz\"]\n",
        &["there is no figure `iopz`", "did you mean `iops`?"],
    );
    refused(
        "unknown",
        "[sweep]\nreplicatons = 2\n",
        &["unknown key `replicatons`", "did you mean `replications`?"],
    );
    refused(
        "no-axis",
        "[sweep]\nexclude = [{ depth = 1 }]\n",
        &["there is no axis `depth`"],
    );
    refused(
        "all-out",
        "[sweep]\nexclude = [{ mode = [\"bio\", \"request\"] }]\n",
        &["every point is left out"],
    );
    refused(
        "warm-up",
        "[sweep]\nwarm_up = \"a while\"\n",
        &["warm", "auto"],
    );
    refused(
        "until",
        "[sweep]\nreplications = 2\nuntil = { half_width_percent = 0 }\n",
        &["exclude each other", "cannot be reached"],
    );
    let folder = folder("bad-none");
    std::fs::write(folder.join("s.toml"), SCENARIO).unwrap();
    assert!(expect(2, &folder, &["sweep", "s.toml"]).contains("has no table [sweep]"));
    std::fs::write(folder.join("t.toml"), "scenario = \"gone.toml\"\n[sweep]\n").unwrap();
    assert!(expect(2, &folder, &["sweep", "t.toml"]).contains("gone.toml"));
    assert!(
        expect(2, &folder, &["sweep", "s.toml", "--shard", "3/2"])
            .contains("which part of how many")
    );
}

#[test]
fn folders_of_others_are_left_alone() {
    let folder = sweep("folders", "[sweep]\n");
    expect(0, &folder, &["sweep", "sweep.toml", "--out", "out"]);
    let before = contents(&folder.join("out"));
    assert!(
        expect(2, &folder, &["sweep", "sweep.toml", "--out", "out"])
            .contains("holds a finished sweep")
    );
    let manifest = folder.join("out/sweep.json");
    let text = std::fs::read_to_string(&manifest).unwrap();
    let with = |from: &str, to: &str, arguments: &[&str], says: &str| {
        assert!(text.contains(from));
        std::fs::write(&manifest, text.replace(from, to)).unwrap();
        let mut all = vec!["sweep", "sweep.toml", "--out", "out"];
        all.extend_from_slice(arguments);
        let error = expect(2, &folder, &all);
        assert!(error.contains(says), "{error}");
        std::fs::write(&manifest, &text).unwrap();
    };
    with(
        "mpathsim-sweep/1",
        "mpathsim-sweep/0",
        &["--overwrite"],
        "results of another version",
    );
    with(
        "mpathsim-sweep/1",
        "mpathsim-sweep/0",
        &["--resume"],
        "results of another version",
    );
    let hash = text.split("\"executable\": \"").nth(1).unwrap()[..32].to_owned();
    with(
        &hash,
        &"0".repeat(32),
        &["--resume"],
        "another build of mpathsim",
    );
    with("{", "no", &["--resume"], "is not one");
    std::fs::create_dir(folder.join("mine")).unwrap();
    std::fs::write(folder.join("mine/thesis.txt"), "all of it").unwrap();
    let error = expect(
        2,
        &folder,
        &["sweep", "sweep.toml", "--out", "mine", "--overwrite"],
    );
    assert!(error.contains("files that are not a sweep's"), "{error}");
    assert_eq!(contents(&folder.join("mine")).len(), 1);
    assert_eq!(contents(&folder.join("out")), before);
}

#[test]
fn what_would_be_ignored() {
    let depth = axis("key = \"workload.job.0.iodepth\"\nname = \"depth\"\nvalues = [1, 2]");
    let folder = sweep("bad-set", &depth);
    let words = ["sweep", "sweep.toml", "--set", "workload.job.0.iodepth=8"];
    let text = expect(2, &folder, &words);
    assert!(text.contains("axis `depth` varies this"), "{text}");
    // A variant that leaves a key alone has what is set for all.
    let variants = "name = \"depth\"\nvariant = [{ name = \"as it is\" }, \
                    { name = \"deep\", set = { \"workload.job.0.iodepth\" = 16 } }]";
    let folder = sweep("set-of-some", &axis(variants));
    expect(0, &folder, &words);
    for (list, says) in [
        ("metrics = []", "`metrics` names no figure"),
        ("metrics = [\"iops\", \"iops\"]", "this is there twice"),
        ("modes = [\"bio\", \"bio\"]", "this is there twice"),
        (
            "until = { half_width_percent = 2, of = [] }",
            "`of` names no figure",
        ),
    ] {
        refused(
            "list",
            &format!("[sweep]\n{list}\n"),
            &[says, "sweep.toml:"],
        );
    }
    refused(
        "truth",
        &axis("key = \"workload.job.0.iodepth\"\nvalues = [4, true]"),
        &["axis `iodepth`, true", "`iodepth` is not true or false"],
    );
}

#[test]
fn keys_without_quotes() {
    let folder = folder("bad-quotes");
    std::fs::write(folder.join("s.toml"), SCENARIO).unwrap();
    let text = "scenario = \"s.toml\"\n[set]\nworkload.job.0.iodepth = 4\n[sweep]\n";
    std::fs::write(folder.join("sweep.toml"), text).unwrap();
    let text = expect(2, &folder, &["sweep", "sweep.toml"]);
    assert!(text.contains("`workload.…` is not in quotes"), "{text}");
    assert!(text.contains("sweep.toml:3:1"), "{text}");
}
