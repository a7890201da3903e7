//! Failed I/O, no paths, suspend.

use super::*;
use crate::models::io::BlkStatus;

fn ended(path: u16, status: BlkStatus) -> Completion {
    Completion {
        path: Some(PathIdx(path)),
        nr_bytes: 4096,
        status,
        start: Ns(1),
        now: Ns(2),
    }
}

#[test]
fn k36_k38_a_path_fails_once_however_many_ios_it_lost() {
    let mut m = one_group("0");
    for _ in 0..3 {
        assert!(matches!(m.map_rq(&ctx()), MapRq::Remapped(_)));
    }
    let (verdict, effects) = m.end_io_rq(&ended(0, BlkStatus::Transport));
    assert_eq!(verdict, EndIoRq::Requeue);
    assert!(effects.event);
    let (verdict, effects) = m.end_io_rq(&ended(0, BlkStatus::Transport));
    assert_eq!((verdict, effects), (EndIoRq::Requeue, Effects::default()));
    assert_eq!(m.paths()[0].fail_count, 1);
    assert_eq!(m.nr_valid_paths(), 1);
    assert_eq!(
        m.take_log(),
        ["device-mapper: multipath: 254:0: Failing path 253:0."]
    );
}

#[test]
fn k40_a_target_error_fails_no_path() {
    let mut m = one_group("0");
    let (rq, _) = m.end_io_rq(&ended(0, BlkStatus::Medium));
    let (bio, _) = m.end_io_bio(&ended(0, BlkStatus::Medium));
    assert_eq!(rq, EndIoRq::Done);
    assert_eq!(bio, EndIoBio::Done(BlkStatus::Medium));
    assert_eq!(m.nr_valid_paths(), 2);
}

#[test]
fn k41_the_last_path_fails_without_queueing() {
    let mut m = one_group("0");
    let _ = m.fail_path(PathIdx(1));
    let (verdict, _) = m.end_io_rq(&ended(0, BlkStatus::Transport));
    assert_eq!(verdict, EndIoRq::Done);
    assert_eq!(m.map_rq(&ctx()), MapRq::Kill);

    let mut m = one_group("2 queue_mode bio");
    let _ = m.fail_path(PathIdx(1));
    let (verdict, _) = m.end_io_bio(&ended(0, BlkStatus::Transport));
    assert_eq!(verdict, EndIoBio::Done(BlkStatus::IoErr));
    assert_eq!(m.map_bio(&ctx()), MapBio::Kill);
}

#[test]
fn k42_k44_io_is_held_without_paths_until_one_comes_back() {
    let mut m = one_group("1 queue_if_no_path");
    let _ = m.fail_path(PathIdx(0));
    let (verdict, _) = m.end_io_rq(&ended(1, BlkStatus::Transport));
    assert_eq!(verdict, EndIoRq::Requeue);
    assert_eq!(m.map_rq(&ctx()), MapRq::DelayRequeue { activate: false });
    assert!(!m.is_busy(|_| true));
    let effects = m.reinstate_path(PathIdx(0));
    assert!(effects.run_queue && effects.process_queued);

    let mut m = one_group("3 queue_if_no_path queue_mode bio");
    assert!(matches!(m.map_bio(&ctx()), MapBio::Remapped(_)));
    let _ = m.fail_path(PathIdx(0));
    let (verdict, _) = m.end_io_bio(&ended(1, BlkStatus::Transport));
    assert_eq!(verdict, EndIoBio::Incomplete { worker: true });
    let held = MapBio::Queued {
        worker: true,
        activate: false,
    };
    assert_eq!(m.map_bio(&ctx()), held);
    assert!(m.is_busy(|_| false));
}

#[test]
fn k45_queueing_ends_when_its_timer_fires() {
    let params = "1 queue_if_no_path 0 1 1 round-robin 0 1 0 253:0";
    let timeout = Ns::from_secs(30);
    let mut m = load(params, &mut Vec::new(), timeout).unwrap();
    assert_eq!(m.created().timer, Timer::Keep);
    assert_eq!(m.fail_path(PathIdx(0)).timer, Timer::Arm(timeout));
    m.take_log();
    let effects = m.nopath_timer_fired();
    assert!(effects.run_queue && effects.process_queued);
    assert_eq!(
        m.take_log(),
        ["device-mapper: multipath: queue_if_no_path timeout on 254:0, failing queued IO"]
    );
    assert_eq!(m.map_rq(&ctx()), MapRq::Kill);
    assert_eq!(m.reinstate_path(PathIdx(0)).timer, Timer::Stop);
    assert!(!m.queue_if_no_path());
}

#[test]
fn k46_out_of_resources_fails_the_path_and_waits() {
    let mut m = one_group("0");
    let (verdict, _) = m.end_io_rq(&ended(0, BlkStatus::Resource));
    assert_eq!(verdict, EndIoRq::DelayRequeue);
    assert_eq!(m.nr_valid_paths(), 1);
}

#[test]
fn k65_busy_only_if_every_path_is() {
    let mut m = one_group("0");
    assert!(m.is_busy(|_| true), "the initial group is the one to ask");
    let _ = pick(&mut m);
    assert!(m.is_busy(|_| true));
    let _ = m.bypass_pg(0, false);
    assert!(!m.is_busy(|_| true), "no group is current: try");
    let _ = pick(&mut m);
    assert!(!m.is_busy(|dev| dev == DevId(0)));
    let _ = m.fail_path(PathIdx(1));
    assert!(m.is_busy(|dev| dev == DevId(0)));
    let _ = m.fail_path(PathIdx(0));
    assert!(!m.is_busy(|_| true), "mapping will say that there is none");
}

#[test]
fn a_flushing_suspend_ends_queueing_for_its_duration() {
    let mut m = one_group("1 queue_if_no_path");
    assert!(m.presuspend().process_queued);
    assert!(!m.queue_if_no_path());
    m.resume();
    assert!(m.queue_if_no_path());
    m.noflush_suspending = true;
    assert_eq!(m.presuspend(), Effects::default());
    assert!(m.queue_if_no_path());
}

#[test]
fn fail_if_no_path_during_a_suspend_is_not_undone_by_resume() {
    let mut m = one_group("1 queue_if_no_path");
    let _ = m.presuspend();
    let _ = message(&mut m, "fail_if_no_path").unwrap();
    m.resume();
    assert!(!m.queue_if_no_path());
}

#[test]
fn io_without_paths_is_pushed_back_during_a_noflush_suspend() {
    for (features, verdict) in [("0", None), ("2 queue_mode bio", Some(MapBio::Requeue))] {
        let mut m = one_group(features);
        m.noflush_suspending = true;
        for path in 0..2 {
            let _ = m.fail_path(PathIdx(path));
        }
        match verdict {
            None => assert_eq!(m.map_rq(&ctx()), MapRq::DelayRequeue { activate: false }),
            Some(verdict) => assert_eq!(m.map_bio(&ctx()), verdict),
        }
    }
}
