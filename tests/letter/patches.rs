//! A test a patch.

use mpathsim::letter;
use mpathsim::run::outcome::Outcome;
use mpathsim::run::summary::RunSummary;

use super::{both, single, stacking};

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
    let row = letter::row("03/13").unwrap();
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
    // The rise with the load is there with the flag, and gone without.
    let figures = row.shown[0].figures().unwrap();
    let sizes = |text: &str| -> Vec<f64> {
        let kib = text
            .split(", ")
            .map(|size| size.strip_suffix(" KiB").unwrap());
        kib.map(|size| size.parse().unwrap()).collect()
    };
    let with = sizes(&figures.with);
    assert_eq!(with.len(), row.shown[0].loads.len());
    assert!(with.windows(2).all(|two| two[1] > 1.5 * two[0]), "{with:?}");
    let without = sizes(&figures.without.unwrap());
    assert!(
        without.iter().all(|size| *size == without[0]),
        "{without:?}"
    );
    let page = include_str!("../../docs/letter.md");
    let told = "from 4 KiB at depth 8 to 41.6 KiB at depth 128";
    assert!(
        page.contains(told) && (with[0], with[4]) == (4.0, 41.6),
        "{with:?}"
    );
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
