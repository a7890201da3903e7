//! The letter, claim by claim: each mechanism shows in its scenario, and what it
//! buys is gone without it.

#![allow(clippy::unwrap_used, clippy::panic)]

use mpathsim::letter::{self, ROWS};
use mpathsim::run::outcome::Outcome;
use mpathsim::run::single_queue::{SingleQueueOutcome, StackingOutcome};
use mpathsim::run::summary::RunSummary;
use mpathsim::scenario::Mode;

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
fn p01_what_comes_before_an_error_is_delivered_at_once() {
    let [(with, _), (without, _)] = both("01/13");
    let (with, without) = (stacking(&with), stacking(&without));
    assert!(with.early_bytes > 0);
    assert_eq!(without.early_bytes, 0);
    assert_eq!(with.early_bytes + with.retried_bytes, without.retried_bytes);
}

#[test]
fn p02_clones_go_past_the_schedulers_of_their_paths() {
    let [(with, _), (without, _)] = both("02/13");
    let of = |run: &RunSummary| {
        let past = single(run).sum(false, |q| q.past_elevator);
        (past, single(run).sum(false, |q| q.inserts) - past)
    };
    let (past, through) = of(&with);
    assert!(past > 0 && through == 0);
    let (past, through) = of(&without);
    assert!(past == 0 && through > 0);
}

#[test]
fn p03_requests_grow_while_every_path_is_busy() {
    let [(with, _), (without, _)] = both("03/13");
    assert!(stacking(&with).held_back > 0 && stacking(&without).held_back == 0);
    let size = |run: &RunSummary| run.path_devices.mean_request_bytes;
    assert!(
        size(&with) > 4.0 * size(&without),
        "{} {}",
        size(&with),
        size(&without)
    );
    assert!(with.application.iops > 1.2 * without.application.iops);
}

#[test]
fn p04_the_queue_of_the_device_has_knobs() {
    let [(with, _), (without, _)] = both("04/13");
    let knobs = |run: &RunSummary| {
        let q = single(run)
            .queues
            .iter()
            .find(|q| q.device == "dm-0")
            .unwrap();
        (q.scheduler.clone(), q.nr_requests)
    };
    assert_eq!(knobs(&with), ("deadline".into(), 512));
    assert_eq!(knobs(&without), ("cfq".into(), 128));
}

#[test]
fn p07_memory_for_clones_is_bounded_and_exhaustion_is_no_error() {
    let [(with, _), (without, _)] = both("07/13");
    assert_eq!(stacking(&with).most_clones, 16);
    assert!(stacking(&with).deferred > 0);
    assert!(stacking(&without).most_clones > 16);
    assert_eq!(stacking(&without).deferred, 0);
    assert_eq!(with.application.errors + without.application.errors, 0);
}

#[test]
fn p08_the_target_is_asked_once_a_request() {
    let [(with, _), (without, _)] = both("08/13");
    let choices = |run: &RunSummary| run.paths.iter().map(|p| p.ios).sum::<u64>();
    assert_eq!(choices(&without), without.multipath.bios);
    assert!(8 * choices(&with) < with.multipath.bios);
    assert_eq!(choices(&with), with.path_devices.requests);
}

#[test]
fn p09_merging_happens_above_the_choice_of_a_path() {
    let [(with, _), (without, _)] = both("09/13");
    assert_eq!(with.path_devices.bios_merged, 0);
    assert!(with.multipath.bios_merged > 0);
    assert!(with.path_devices.mean_request_bytes > 8.0 * without.path_devices.mean_request_bytes);
    assert!(with.duration_ns < without.duration_ns);
}

fn refused(outcome: &Outcome) -> usize {
    let loads = outcome.actions.iter().filter(|a| a.what.contains("load"));
    loads.filter(|a| a.error.is_some()).count()
}

fn log(outcome: &Outcome) -> String {
    let logs = outcome.maps.iter().map(|m| m.kernel_log.join("\n"));
    logs.collect::<Vec<_>>().join("\n")
}

#[test]
fn p10_the_mode_of_a_live_device_stays() {
    let [(with, refusing), (without, taking)] = both("10/13");
    assert_eq!((refused(&refusing), with.application.errors), (1, 0));
    assert!(
        log(&refusing).contains("can't change the device type after a table is bound"),
        "{}",
        log(&refusing)
    );
    assert_eq!(refused(&taking), 0);
    assert!(without.application.errors > 0);
}

#[test]
fn p11_bad_tables_are_refused_with_the_reason() {
    let [(with, refusing), (without, taking)] = both("11/13");
    assert_eq!((refused(&refusing), with.application.errors), (2, 0));
    for reason in [
        "different target types can't be mixed up",
        "including non-request-stackable devices",
    ] {
        assert!(log(&refusing).contains(reason), "{}", log(&refusing));
    }
    assert_eq!(refused(&taking), 0);
    assert!(without.application.errors > 0);
}

#[test]
fn p12_requests_wait_for_the_activation_and_merge_meanwhile() {
    let [(with, _), (without, _)] = both("12/13");
    let done = |run: &RunSummary| (run.application.ios, run.application.errors);
    assert_eq!(done(&with), (128, 0));
    assert_eq!(done(&without), (0, 128));
    // The array takes 200 ms to move the LUN.
    let longest = with.application.latency.max_ns;
    assert!((200_000_000..220_000_000).contains(&longest), "{longest}");
    assert!(with.multipath.bios_merged > 30 && without.multipath.bios_merged == 0);
}

#[test]
fn p13_a_request_is_sent_again_not_its_bios() {
    let [(with, of_requests), (without, of_bios)] = both("13/13");
    let again = |outcome: &Outcome| outcome.maps.iter().map(|m| m.retried).sum::<u64>();
    assert!(again(&of_requests) > 0);
    assert!(again(&of_bios) > 4 * again(&of_requests));
    assert_eq!(with.application.errors + without.application.errors, 0);
    let (early, rest) = (stacking(&with).early_bytes, stacking(&with).retried_bytes);
    assert!(early > 0 && rest > 0, "what is left is not all of it");
}

#[test]
fn completion_under_the_lock_below_is_a_circle() {
    let [(with, _), (without, _)] = both("softirq");
    assert_eq!(single(&with).cycles, Vec::<Vec<String>>::new());
    let cycles = &single(&without).cycles;
    assert!(!cycles.is_empty());
    let text = cycles
        .iter()
        .flatten()
        .cloned()
        .collect::<Vec<_>>()
        .join("\n");
    assert!(text.contains("blk_insert_cloned_request"), "{text}");
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

/// What `dmsetup` says of the device of a run: table and status, first and last.
fn said(kernel: &str, mode: Mode, sets: &[String]) -> [String; 4] {
    let shown = letter::row("interface").unwrap().shown[0];
    let text = shown.text.replace("\"2.6.25\"", &format!("\"{kernel}\""));
    let scenario = mpathsim::scenario::parse("interface", &text, sets).unwrap();
    let machine = mpathsim::scenario::build(&scenario, mode).unwrap();
    let outcome = mpathsim::run::run(&machine, &Default::default()).unwrap();
    for action in &outcome.actions {
        assert_eq!(action.error, None, "{}", action.what);
    }
    let map = &outcome.maps[0];
    let texts = [
        &map.table_at_start,
        &map.status_at_start,
        &map.table_at_end,
        &map.status_at_end,
    ];
    texts.map(|text| text.trim_end().to_owned())
}

#[test]
fn table_message_and_status_stay_the_same() {
    for kernel in ["2.6.25", "2.6.31"] {
        let bio = said(kernel, Mode::Bio, &[]);
        assert_eq!(bio, said(kernel, Mode::Request, &[]), "{kernel}");
        let (table, status) = (
            "1 queue_if_no_path 0 1 1",
            "2 0 0 0 1 1 A 0 2 0 sda A 1 sdb F 1",
        );
        assert!(bio[2].contains(table), "{}", bio[2]);
        assert!(bio[3].ends_with(status), "{}", bio[3]);
        // Nothing is kept yet, so that 0 is printed (`queue_size`).
        assert!(bio[1].contains("multipath 2 0 0 0 1 1 E"), "{}", bio[1]);
        // What is kept for want of a path is counted there.
        let lost = "timeline=[{ at = \"50ms\", message = \"queue_if_no_path\" }, \
                    { at = \"100ms\", message = \"fail_path sda\" }, \
                    { at = \"150ms\", message = \"fail_path sdb\" }]"
            .to_string();
        let kept =
            [Mode::Bio, Mode::Request].map(|mode| said(kernel, mode, std::slice::from_ref(&lost)));
        assert_eq!(kept[0], kept[1], "{kernel}");
        assert!(
            kept[0][3].contains("multipath 2 2 0 0 1 1 E"),
            "{}",
            kept[0][3]
        );
        // A printed table loads again, and is printed as it was.
        for mode in [Mode::Bio, Mode::Request] {
            let printed = format!("map.0.table=\"{}\"", bio[2]);
            assert_eq!(said(kernel, mode, &[printed])[0], bio[2], "{kernel}");
        }
    }
    let shown = letter::row("interface").unwrap().shown[0];
    let figures = shown.figures().unwrap();
    assert_eq!(Some(figures.with), figures.without);
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

/// No table, message, status or suspend reaches a device of the block layer;
/// it maps as the patch set does all the same.
#[test]
fn a_device_of_the_block_layer_is_unknown_to_dmsetup() {
    let shown = letter::row("08/13").unwrap().shown[0];
    let timeline = "timeline=[{ at = \"1ms\", message = \"fail_path sda\" }, \
                    { at = \"2ms\", load = \"0 2097152 multipath 0 0 1 1 round-robin 0 1 0 sdb\" }, \
                    { at = \"3ms\", suspend = \"noflush\" }, { at = \"4ms\", resume = true }]"
        .to_string();
    for (way, knows) in [
        ("rq-2008", true),
        ("rq-2.6.31", true),
        ("block-layer", false),
    ] {
        let way_set = format!("multipath=\"{way}\"");
        let (_, outcome) = shown.outcome(&[way_set, timeline.clone()]).unwrap();
        assert_eq!(outcome.actions.len(), 4);
        for action in &outcome.actions {
            assert_eq!(action.error.is_none(), knows, "{way}: {}", action.what);
            if let Some(error) = &action.error {
                assert!(error.contains("No such device or address"), "{error}");
            }
        }
        let map = &outcome.maps[0];
        assert_eq!(map.table_at_end.contains("multipath"), knows, "{way}");
        assert_eq!(map.status_at_end.is_empty(), !knows, "{way}");
        let other = outcome.devices.iter().find(|d| d.name == "sdb").unwrap();
        assert!(!other.issued.is_empty(), "{way}");
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

/// With a path whose limit the device does not know: what exceeds it is refused,
/// and goes over the other path; without the check the path gets it all the same.
#[test]
fn p02_a_clone_is_held_against_the_limits_of_its_path() {
    let shown = letter::row("02/13").unwrap().shown[1];
    let run = |sets: &[String]| {
        let (summary, outcome) = shown.outcome(sets).unwrap();
        let sdb = outcome.devices.iter().find(|d| d.name == "sdb").unwrap();
        let largest = sdb.issued.iter().map(|issued| issued.sectors).max();
        let refused = single(&summary).sum(false, |q| q.over_limit);
        assert_eq!(summary.application.errors, 0);
        (refused, largest.unwrap_or(0))
    };
    let (refused, largest) = run(&[]);
    assert!(refused > 0 && largest <= 16, "{refused} {largest}");
    let (refused, largest) = run(&["patches.submission=false".into()]);
    assert!(refused == 0 && largest > 16, "{refused} {largest}");
}

/// What the letter was written for.
#[test]
fn a_dynamic_balancer_needs_merging_above_its_choice() {
    let [(with, _), (without, _)] = both("balancing");
    let kib = |run: &RunSummary| run.path_devices.mean_request_bytes / 1024.0;
    assert!(kib(&without) < 4.1, "{}", kib(&without));
    assert!(kib(&with) > 400.0, "{}", kib(&with));
    assert!(with.duration_ns * 10 < without.duration_ns * 6);
    // It balances all the same.
    for path in &with.paths {
        assert!((0.4..=0.6).contains(&path.share), "{}", path.share);
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
