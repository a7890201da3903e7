//! The letter, claim by claim: each mechanism shows in its scenario, and what it
//! buys is gone without it.

#![allow(clippy::unwrap_used, clippy::panic)]

use mpathsim::letter::{self, ROWS};
use mpathsim::run::outcome::Outcome;
use mpathsim::run::single_queue::{SingleQueueOutcome, StackingOutcome};
use mpathsim::run::summary::RunSummary;
use mpathsim::scenario::Mode;

#[path = "letter/balancing.rs"]
mod balancing;
#[path = "letter/interface.rs"]
mod interface;
#[path = "letter/patches.rs"]
mod patches;

/// The runs of a row with its mechanism and without.
fn both(patch: &str) -> [(RunSummary, Outcome); 2] {
    let shown = letter::row(patch).unwrap().shown[0];
    let with = shown.outcome(&[]).unwrap();
    let without = shown
        .outcome(&[shown.without.unwrap().to_string()])
        .unwrap();
    [with, without]
}

fn single(run: &RunSummary) -> &SingleQueueOutcome {
    run.single_queues.as_ref().unwrap()
}

fn stacking(run: &RunSummary) -> StackingOutcome {
    single(run).stacking.first().cloned().unwrap_or_default()
}

#[test]
fn the_table_has_thirteen_patches_and_says_so() {
    let patches: Vec<&str> = ROWS.iter().map(|row| row.patch).collect();
    let numbered: Vec<String> = (1..=13).map(|n| format!("{n:02}/13")).collect();
    assert_eq!(patches[..13], numbered);
    for row in ROWS {
        assert_eq!(
            row.shown.is_empty(),
            ["05/13", "06/13"].contains(&row.patch)
        );
    }
}

#[test]
fn a_bio_based_device_stands_on_a_request_based_one() {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/scenarios/letter/stacking.toml"
    );
    let scenario = mpathsim::scenario::load(path.as_ref(), &[]).unwrap();
    let machine = mpathsim::scenario::build(&scenario, mpathsim::scenario::Mode::Request).unwrap();
    let outcome = mpathsim::run::run(&machine, &Default::default()).unwrap();
    let device = |name: &str| outcome.devices.iter().find(|d| d.name == name).unwrap();
    assert!(device("dm-0").bios_back_merged > 0);
    assert!(device("dm-1").issued.is_empty());
    let shown = letter::row("stacking").unwrap().shown[0];
    assert!(shown.without.is_none());
    assert!(
        shown
            .figures()
            .unwrap()
            .with
            .ends_with(" bios merged, errors 0")
    );
}

#[test]
fn every_way_of_multipath_runs() {
    let shown = letter::row("09/13").unwrap().shown[0];
    for way in ["rq-2008", "rq-2.6.31", "block-layer"] {
        let (run, _) = shown.outcome(&[format!("multipath=\"{way}\"")]).unwrap();
        assert_eq!(single(&run).way, way);
        assert_eq!(run.path_devices.bios_merged, 0);
        assert!(run.path_devices.mean_request_bytes > 100_000.0, "{way}");
    }
}

/// `repeat_count` counts bios, or requests: 64 bios in a row are sixteen turns of
/// four bios, or less than one of four requests.
#[test]
fn repeat_count_counts_what_the_way_maps() {
    let shown = letter::row("09/13").unwrap().shown[0];
    let table = "map.0.table=\"0 2097152 multipath 0 0 1 1 round-robin 0 2 1 sda 4 sdb 4\"";
    let run = |mode: Mode, way: &str| {
        let sets = [table.to_string(), format!("multipath=\"{way}\"")];
        let scenario = mpathsim::scenario::parse("09", shown.text, &sets).unwrap();
        let machine = mpathsim::scenario::build(&scenario, mode).unwrap();
        let outcome = mpathsim::run::run(&machine, &Default::default()).unwrap();
        RunSummary::new(mode, None, &outcome)
    };
    let kib = |run: &RunSummary| run.path_devices.mean_request_bytes / 1024.0;
    let bio = run(Mode::Bio, "bio");
    assert_eq!(bio.paths[0].ios, bio.paths[1].ios);
    assert!((15.9..=16.0).contains(&kib(&bio)), "a turn of four pages");
    for way in ["rq-2008", "rq-2.6.31", "block-layer"] {
        let requests = run(Mode::Request, way);
        let [a, b] = [0, 1].map(|path| requests.paths[path].ios);
        assert!(a.abs_diff(b) <= 4, "{way}: {a} {b}");
        assert!(kib(&requests) > 256.0, "{way}: {}", kib(&requests));
    }
}

/// There is no request mode in 2.6.25 as it was released.
#[test]
fn the_way_of_2_6_25_has_no_request_mode() {
    let shown = letter::row("09/13").unwrap().shown[0];
    let sets = ["multipath=\"bio\"".to_string()];
    let scenario = mpathsim::scenario::parse("09", shown.text, &sets).unwrap();
    let refused = mpathsim::scenario::build(&scenario, Mode::Request);
    let why = refused.unwrap_err().to_string();
    assert!(why.contains("no request mode"), "{why}");
    assert_eq!(scenario.modes(), [Mode::Bio, Mode::Single]);
    assert!(mpathsim::scenario::build(&scenario, Mode::Bio).is_ok());
    let text = mpathsim::run::run(
        &mpathsim::scenario::build(&scenario, Mode::Bio).unwrap(),
        &Default::default(),
    );
    assert!(text.unwrap().single_queues.unwrap().stacking.is_empty());
}

#[test]
fn a_run_of_a_scenario_ends_with_its_mechanism() {
    let out = env!("CARGO_TARGET_TMPDIR").to_owned() + "/letter";
    let mpathsim = |words: &[&str]| {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_mpathsim"));
        command.current_dir(env!("CARGO_MANIFEST_DIR")).args(words);
        let output = command.output().unwrap();
        assert!(output.status.success(), "{words:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    assert_eq!(mpathsim(&["explain", "patches"]), letter::table().unwrap());
    for row in ROWS {
        for shown in row.shown {
            let file = format!("scenarios/letter/{}.toml", shown.scenario);
            let text = mpathsim(&["run", &file, "--overwrite", "--out", &out]);
            let figures = letter::lines(shown, &shown.figures().unwrap(), 2);
            assert!(text.contains(&figures), "{text}\n{figures}");
            let look_at = text.lines().nth(1).unwrap();
            assert!(look_at.starts_with("look at: "), "{text}");
            let judged = !["02-l", "07-m", "10-m", "11-b", "12-h"].contains(&&shown.scenario[..4]);
            assert_eq!(text.contains("\nverdict\n"), judged, "{file}");
        }
    }
    let file = "scenarios/letter/03-busy-flag.toml";
    let set = [
        "--set",
        "patches.busy_flag=false",
        "--overwrite",
        "--out",
        &out,
    ];
    let text = mpathsim(&[["run", file].as_slice(), &set].concat());
    assert!(!text.contains("with  "), "{text}");
}

#[test]
fn the_table_tells_the_story() {
    let table = letter::table().unwrap();
    for row in ROWS {
        assert!(table.contains(row.patch) && table.contains(row.subject));
        let words: Vec<&str> = row.claim.split_whitespace().collect();
        let printed: Vec<&str> = table.split_whitespace().collect();
        assert!(
            printed.windows(words.len()).any(|w| w == words),
            "{}",
            row.patch
        );
    }
    assert!(table.contains("queue_lock -> "));
    for reason in ["can't change the device type", "can't be mixed up"] {
        assert!(table.contains(reason), "{reason}");
    }
    assert!(
        table.lines().all(|line| line.chars().count() <= 100),
        "{table}"
    );
}
