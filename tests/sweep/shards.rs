//! Parts of a sweep, joined.

use crate::support::*;

const TABLE: &str = "[sweep]\nreplications = 2\n[[sweep.axis]]\nkey = \"workload.job.0.iodepth\"\nvalues = [1, 2, 4, 8, 16]\n[[sweep.axis]]\nkey = \"map.0.selector\"\nvalues = [\"round-robin\", \"io-affinity\"]\n";

#[test]
fn shards_joined_are_the_sweep() {
    let folder = sweep("shards", TABLE);
    // io-affinity fails everywhere: failures are joined, too.
    expect(1, &folder, &["sweep", "sweep.toml", "--out", "whole"]);
    for k in 1..=3 {
        let shard = format!("{k}/3");
        mpathsim(
            &folder,
            &["sweep", "sweep.toml", "--shard", &shard, "--quiet"],
        );
    }
    let parts: Vec<String> = (1..=3)
        .map(|k| format!("results/sweep.shard-{k}-of-3"))
        .collect();
    let sizes: Vec<usize> = parts
        .iter()
        .map(|p| rows(&folder.join(p).join("points.csv")).len())
        .collect();
    assert_eq!(sizes.iter().sum::<usize>(), 20);
    let merge = |parts: &[&str], out: &str| {
        let mut arguments = vec!["sweep", "merge", "--out", out];
        arguments.extend_from_slice(parts);
        mpathsim(&folder, &arguments)
    };
    let all: Vec<&str> = parts.iter().map(String::as_str).collect();
    let output = merge(&[all[2], all[0], all[1]], "joined");
    assert_eq!(
        output.status.code(),
        Some(1),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    same(&folder.join("whole"), &folder.join("joined"));

    let refused = |parts: &[&str], says: &str| {
        let output = merge(parts, "refused");
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{error}");
        assert!(error.contains(says), "{error}");
        assert!(!folder.join("refused").exists());
    };
    refused(&all[..2], "shard 3/3 is missing");
    refused(&[all[0], all[0], all[1]], "shard 1/3 is there twice");
    refused(&["whole"], "is a whole sweep already");
    refused(&["."], "is not the folder of a sweep");
    std::fs::write(
        folder.join("sweep.toml"),
        format!("{SCENARIO}\n{}", TABLE.replace("16]", "17]")),
    )
    .unwrap();
    mpathsim(
        &folder,
        &[
            "sweep",
            "sweep.toml",
            "--shard",
            "2/3",
            "--overwrite",
            "--quiet",
        ],
    );
    refused(&all, "are not of the same sweep");
    // A folder that holds something is not written over.
    assert_eq!(merge(&[all[0]], "whole").status.code(), Some(2));
}
