//! Every scenario of the repository reads, fits the schema, holds together and
//! becomes a machine.

#![allow(clippy::unwrap_used, clippy::panic)]

use std::path::{Path, PathBuf};

use mpathsim::scenario::{self, Mode};

fn scenarios() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios");
    let mut files = Vec::new();
    find(&folder, &mut files);
    files.sort();
    assert!(files.len() >= 30, "only {} scenarios", files.len());
    files
}

/// The scenarios of a folder and of those in it.
fn find(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            find(&path, files);
        } else if path.extension().is_some_and(|e| e == "toml") {
            files.push(path);
        }
    }
}

/// The text as a JSON document.
fn as_json(text: &str) -> serde_json::Value {
    let table: toml::Table = toml::from_str(text).unwrap();
    serde_json::to_value(table).unwrap()
}

fn validator() -> jsonschema::Validator {
    let schema = serde_json::to_value(scenario::schema()).unwrap();
    jsonschema::draft7::new(&schema).unwrap()
}

#[test]
fn every_scenario_fits_the_schema() {
    let validator = validator();
    for path in scenarios() {
        let json = as_json(&std::fs::read_to_string(&path).unwrap());
        let errors: Vec<String> = validator
            .iter_errors(&json)
            .map(|error| format!("{}: {error}", error.instance_path))
            .collect();
        assert!(errors.is_empty(), "{}: {errors:#?}", path.display());
    }
}

#[test]
fn the_schema_refuses_what_the_reader_refuses() {
    let validator = validator();
    let good = "[[device]]\nname = \"sda\"\nnull_blk = { completion = \"1ms\" }\n\
                [[workload.job]]\nrw = \"read\"\n";
    assert!(validator.is_valid(&as_json(good)));
    assert!(scenario::parse("good", good, &[]).is_ok());
    for (from, to) in [
        ("completion", "completon"),
        ("\"1ms\"", "\"1\""),
        ("\"1ms\"", "1"),
        ("{ completion = \"1ms\" }", "{ hw_queue_depth = 0 }"),
        ("rw = \"read\"", "rv = \"read\""),
        ("[[workload.job]]\nrw = \"read\"\n", ""),
    ] {
        let bad = good.replace(from, to);
        assert!(
            !validator.is_valid(&as_json(&bad)),
            "the schema takes {bad}"
        );
        assert!(
            scenario::parse("bad", &bad, &[]).is_err(),
            "the reader takes {bad}"
        );
    }
}

#[test]
fn every_scenario_becomes_a_machine() {
    for path in scenarios() {
        let scenario = scenario::load(&path, &[])
            .unwrap_or_else(|error| panic!("{:?}", miette::Report::new(error)));
        assert_eq!(
            Some(scenario.name.as_str()),
            path.file_stem().and_then(|stem| stem.to_str())
        );
        assert!(
            !scenario.about.is_empty(),
            "{} has no `about`",
            path.display()
        );
        for mode in [Mode::Bio, Mode::Request, Mode::Single] {
            match scenario::build(&scenario, mode) {
                Ok(machine) => assert_eq!(machine.maps.is_empty(), mode == Mode::Single),
                // Jobs on several maps have no single path to compare with.
                Err(_) if mode == Mode::Single && scenario.baseline().is_none() => {}
                Err(error) => panic!("{}: {error}", path.display()),
            }
        }
    }
}

#[test]
fn every_scenario_says_what_to_look_at() {
    for path in scenarios() {
        let text = std::fs::read_to_string(&path).unwrap();
        let comment: Vec<&str> = text
            .lines()
            .take_while(|line| line.starts_with('#'))
            .collect();
        let comment = comment.join(" ");
        assert!(
            comment.contains("Look at") || text.contains("\nlook_at = \""),
            "{} does not say what to look at",
            path.display()
        );
    }
}

#[test]
fn the_queue_mode_of_the_table_is_rewritten() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios/quick-start.toml");
    let scenario = scenario::load(&path, &[]).unwrap();
    let table = |mode| {
        scenario::build(&scenario, mode).unwrap().maps[0]
            .table
            .clone()
    };
    let line = "0 2097152 multipath 2 queue_mode bio 0 1 1 round-robin 0 2 1 sda 1 sdb 1";
    assert_eq!(table(Mode::Bio), line);
    assert_eq!(table(Mode::Request), line.replace("bio", "mq"));
    let single = scenario::build(&scenario, Mode::Single).unwrap();
    assert!(single.workload.fio_job.contains("filename=/dev/sda\n"));
}

/// Two paths that multipathd makes a map of, with `more` in the scenario.
fn watched(more: &str) -> String {
    format!(
        "[[device]]\nname = [\"sda\", \"sdb\"]\nscsi_debug = {{}}\n\
         [[map]]\npaths = [\"sda\", \"sdb\"]\n{more}\n\
         [[workload.job]]\nrw = \"randread\"\nbs = \"4k\"\nsize = \"4m\"\n\
         runtime = 10\ntime_based = 1\n"
    )
}

fn warnings(more: &str) -> Vec<String> {
    let scenario = scenario::parse("test.toml", &watched(more), &[]);
    scenario.unwrap_or_else(|why| panic!("{why:?}")).warnings
}

#[test]
fn a_mistake_in_multipath_conf_is_the_only_one() {
    for conf in [
        "conf = \"defaults {\\nfailback sometimes\\n}\"",
        "conf_file = \"/nonexistent/multipath.conf\"",
    ] {
        let text = watched(&format!("[multipathd]\n{conf}"));
        let why = scenario::parse("test.toml", &text, &[]).unwrap_err();
        let scenario::ScenarioError::Invalid { problems, .. } = why else {
            panic!("{why:?}");
        };
        assert_eq!(problems.len(), 1, "{problems:?}");
    }
}

#[test]
fn what_has_no_effect_is_warned_of() {
    let conf = |lines: &str| format!("[multipathd]\nconf = \"defaults {{\\n{lines}\\n}}\"");
    assert_eq!(
        warnings("[multipathd]\nvendor = \"PURE\"\nproduct = \"FlashArray\""),
        [""; 0]
    );
    let short = "marginal_path_double_failed_time 10\\nmarginal_path_err_sample_time 30\\n\
                 marginal_path_err_rate_threshold 10\\nmarginal_path_err_recheck_gap_time 60";
    for (more, says) in [
        (
            "[multipathd]\nvendor = \"PUR\"".to_string(),
            "did you mean `PURE`?",
        ),
        (
            conf(short),
            "marginal_path_err_sample_time 30 is below 120 s",
        ),
        (
            conf("fast_io_fail_tmo 30\\ndev_loss_tmo 20"),
            "fast_io_fail_tmo (30 s) is not shorter than dev_loss_tmo (20 s)",
        ),
        (
            "[fabric]\ntransport = { fc = { fast_io_fail_tmo = \"9s\", dev_loss_tmo = \"9s\" } }\n\
             [multipathd]\nconf = \"defaults {\\ndev_loss_tmo 4\\n}\""
                .to_string(),
            "multipathd switches it off",
        ),
        (
            "[multipathd]\n[[timeline]]\nat = \"12s\"\ndevice = \"sda\"\nstate = \"offline\""
                .into(),
            "the last job ends after 10 s: this event comes too late",
        ),
    ] {
        let all = warnings(&more);
        assert!(all.iter().any(|w| w.contains(says)), "{all:?}: not {says}");
        assert_eq!(all.len(), 1, "{all:?}");
    }
}

proptest::proptest! {
    #[test]
    fn no_text_panics(
        which in 0usize..30,
        cuts in proptest::collection::vec((0.0f64..1.0, 0usize..12, "[ -~\n]{0,6}"), 1..6),
        set in "[a-z0-9.]{0,20}(=[ -~]{0,12})?",
    ) {
        let mut text = std::fs::read_to_string(&scenarios()[which]).unwrap();
        for (at, length, insert) in cuts {
            let start = (at * text.len() as f64) as usize;
            let start = (0..=start).rev().find(|i| text.is_char_boundary(*i)).unwrap();
            let end = (start + length).min(text.len());
            let end = (end..=text.len()).find(|i| text.is_char_boundary(*i)).unwrap();
            text.replace_range(start..end, &insert);
        }
        for sets in [vec![], vec![set]] {
            match scenario::parse("mutant.toml", &text, &sets) {
                Ok(scenario) => {
                    for mode in [Mode::Bio, Mode::Request, Mode::Single] {
                        let _ = scenario::build(&scenario, mode);
                    }
                }
                Err(error) => {
                    let _ = format!("{:?}", miette::Report::new(error));
                }
            }
        }
    }
}
