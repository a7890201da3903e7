//! A policy that is not in the crate: the program of `examples/my_policy.rs`, and
//! the page that leads to it.

#![allow(clippy::unwrap_used, clippy::panic)]

#[allow(dead_code)]
#[path = "../examples/my_policy.rs"]
mod my_policy;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

fn folder(name: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR"))
        .join("sdk")
        .join(name);
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

/// Runs a command line of the program; scenarios and `OUT` are replaced.
fn run(out: &Path, line: &str) -> Result<ExitCode, mpathsim::cli::CliError> {
    let word = |word: &str| match word {
        "OUT" => out.display().to_string(),
        word if word.ends_with(".toml") => format!("{ROOT}/{word}"),
        word => word.to_owned(),
    };
    let words = std::iter::once("my_policy").chain(line.split(' '));
    mpathsim::cli::run(
        &my_policy::policies(),
        words.map(|w| std::ffi::OsString::from(word(w))),
    )
}

#[track_caller]
fn works(out: &Path, line: &str) {
    match run(out, line) {
        Ok(code) => assert_eq!(
            format!("{code:?}"),
            format!("{:?}", ExitCode::SUCCESS),
            "{line}"
        ),
        Err(why) => panic!("{line}: {why}"),
    }
}

#[test]
fn a_policy_from_outside_has_every_subcommand() {
    let out = folder("commands");
    works(
        &out,
        "run scenarios/unequal-ports.toml --policy fewest-bytes --quiet --out OUT",
    );
    let summary = std::fs::read_to_string(out.join("summary.json")).unwrap();
    assert!(summary.contains("fewest-bytes"), "its table names it");
    works(
        &out,
        "compare fewest-bytes round-robin --scenario scenarios/unequal-ports.toml \
         --mode bio --replications 3",
    );
    works(
        &out,
        "tournament scenarios/unequal-ports.toml --policy fewest-bytes --policy service-time \
         --mode bio --replications 3",
    );
    works(
        &out,
        "sensitivity fewest-bytes round-robin --scenario scenarios/unequal-ports.toml \
         --mode bio --replications 2 --vary workload.job.0.iodepth=2..8",
    );
    let sweep = out.join("s.toml");
    let text = format!(
        "scenario = \"{ROOT}/scenarios/unequal-ports.toml\"\n[sweep]\nmodes = [\"bio\"]\n\
         [[sweep.axis]]\nkey = \"policy\"\nvalues = [\"fewest-bytes slack=65536\", \"oracle\"]\n"
    );
    std::fs::write(&sweep, text).unwrap();
    let words = [
        "my_policy",
        "sweep",
        sweep.to_str().unwrap(),
        "--quiet",
        "--out",
    ];
    let to = out.join("sweep");
    let words = words.into_iter().chain([to.to_str().unwrap()]);
    let words = words.map(std::ffi::OsString::from);
    mpathsim::cli::run(&my_policy::policies(), words).unwrap();
    let points = std::fs::read_to_string(to.join("points.csv")).unwrap();
    assert!(points.contains("fewest-bytes slack=65536"), "{points}");
    assert!(points.contains("iops_bound_ratio"), "{points}");
}

#[test]
fn a_misspelt_tunable_is_refused_with_what_there_is() {
    let out = folder("tunable");
    let why = run(
        &out,
        "run scenarios/unequal-ports.toml --set map.0.selector=\"fewest-bytes\" \
         --set map.0.selector_args=[\"slak=1\"] --quiet --out OUT",
    );
    let why = format!("{:?}", why.unwrap_err());
    assert!(why.contains("slack"), "{why}");
}

/// The page leads to the program: what it shows is in it, line by line.
#[test]
fn the_page_shows_the_program() {
    let page = std::fs::read_to_string(format!("{ROOT}/docs/writing-a-policy.md")).unwrap();
    let program = std::fs::read_to_string(format!("{ROOT}/examples/my_policy.rs")).unwrap();
    let blocks = page.split("```rust\n").skip(1);
    let blocks: Vec<&str> = blocks
        .map(|block| block.split("```").next().unwrap())
        .collect();
    assert!(blocks.len() >= 2);
    for block in &blocks {
        assert!(program.contains(block.trim()), "{block}");
    }
    // And the other way: with these blocks one has all of it.
    let code = |line: &&str| !line.trim().is_empty() && !line.trim_start().starts_with("//");
    for line in program.lines().filter(code) {
        assert!(blocks.iter().any(|block| block.contains(line)), "{line}");
    }
}

/// Every hook is there with its signature, and everything that a policy may use.
#[test]
fn the_page_names_all_of_the_interface() {
    let page = std::fs::read_to_string(format!("{ROOT}/docs/writing-a-policy.md")).unwrap();
    let source = ["policy", "selector"].map(|folder| {
        std::fs::read_to_string(format!("{ROOT}/src/models/mpath/{folder}/mod.rs")).unwrap()
    });
    let source = source.concat();
    let lines = |from: &str| -> Vec<&str> {
        let part = &source[source.find(from).unwrap()..];
        let part = &part[..part.find("\n}\n").unwrap()];
        part.lines().map(str::trim).collect()
    };
    let hooks = lines("pub trait Policy");
    let hooks = hooks.iter().filter(|line| line.starts_with("fn "));
    let hooks = hooks.map(|line| {
        line.trim_end_matches([';', '{', '}', ' '])
            .replace(" _", " ")
    });
    let hooks: Vec<String> = hooks.collect();
    assert_eq!(hooks.len(), 8);
    for hook in hooks {
        assert!(page.contains(&format!("| `{hook}` |")), "{hook}");
    }
    for line in lines("impl<'a> Paths") {
        let Some(method) = line.strip_prefix("pub fn ") else {
            continue;
        };
        let name = method.split(['(', '<']).next().unwrap();
        assert!(page.contains(&format!("`{name}(")), "{name}");
    }
    for of in ["SelectCtx", "PathView", "Started", "Ended", "Truth"] {
        for line in lines(&format!("pub struct {of} {{")) {
            let field = line
                .strip_prefix("pub ")
                .and_then(|field| field.split_once(':'));
            let Some((field, _)) = field else { continue };
            assert!(page.contains(&format!("`{field}`")), "{of}.{field}");
        }
    }
    let lib = std::fs::read_to_string(format!("{ROOT}/src/lib.rs")).unwrap();
    let sdk = lib
        .split("pub mod sdk {")
        .nth(1)
        .unwrap()
        .split("\n}")
        .next()
        .unwrap();
    let names = sdk.split(|c: char| !(c.is_alphanumeric() || c == '_'));
    for name in names.filter(|name| name.starts_with(char::is_uppercase)) {
        assert!(page.contains(name), "{name}");
    }
}

/// Its commands work as they stand there, but for the path of the repository.
#[test]
fn the_commands_of_the_page_work() {
    let page = std::fs::read_to_string(format!("{ROOT}/docs/writing-a-policy.md")).unwrap();
    let blocks = page.split("```sh\n").skip(1);
    let text: String = blocks
        .map(|block| block.split("```").next().unwrap())
        .collect();
    let text = text.replace("\\\n", " ").replace("/path/to/mpathsim/", "");
    let ours = text
        .lines()
        .filter_map(|line| line.strip_prefix("cargo run --release -- "));
    let ours: Vec<String> = ours
        .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "))
        .collect();
    assert_eq!(ours.len(), 4);
    for line in ours {
        let fewer = match line.split(' ').next() {
            Some("run") => "--quiet --out OUT",
            _ => "--replications 3",
        };
        works(&folder("page"), &format!("{line} {fewer}"));
    }
}

#[test]
fn every_shipped_policy_is_on_the_page() {
    let page = std::fs::read_to_string(format!("{ROOT}/docs/writing-a-policy.md")).unwrap();
    for shipped in mpathsim::sdk::SHIPPED {
        assert!(page.contains(&format!("`{}`", shipped)), "{shipped}");
    }
}

/// Request mode over devices that are full: clones that one refuses are no
/// throughput of its path.
#[test]
fn measured_throughput_measures_what_was_done() {
    for mode in ["bio", "request"] {
        let out = folder(&format!("measured-{mode}"));
        works(
            &out,
            &format!(
                "run scenarios/unequal-ports.toml --policy measured-throughput --mode {mode} \
                 --quiet --out OUT"
            ),
        );
        let text = std::fs::read_to_string(out.join("summary.json")).unwrap();
        let summary: serde_json::Value = serde_json::from_str(&text).unwrap();
        let share = summary["runs"][0]["paths"][0]["share"].as_f64().unwrap();
        // 4 ms and 8 ms a command.
        assert!((0.62..0.71).contains(&share), "{mode} mode: {share}");
    }
}
