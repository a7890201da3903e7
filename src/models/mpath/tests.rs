//! The target against the kernel's behaviour, by proposition.
#![allow(clippy::unwrap_used, clippy::panic)]

use super::selector::{SelectCtx, SelectorEnv, StatusType};
use super::*;
use crate::models::io::{BlkStatus, DevId};
use crate::sim::Ns;

/// Four blk-mq disks, 253:0 to 253:3, and two SCSI disks, 8:0 and 8:16.
struct Disks;

impl DeviceLookup for Disks {
    fn by_path(&self, path: &str) -> Option<DevId> {
        let name = path.strip_prefix("/dev/").unwrap_or(path);
        (0..6).map(DevId).find(|&d| self.info(d).name == name)
    }
    fn by_devno(&self, devno: (u32, u32)) -> Option<DevId> {
        (0..6).map(DevId).find(|&d| self.info(d).devno == devno)
    }
    fn info(&self, dev: DevId) -> DeviceInfo {
        let (name, devno) = match u32::from(dev.0) {
            n @ 0..4 => (format!("p{n}"), (253, n)),
            4 => ("sda".into(), (8, 0)),
            _ => ("sdb".into(), (8, 16)),
        };
        DeviceInfo {
            name,
            devno,
            sectors: 2_097_152,
            mq: true,
            scsi: dev.0 >= 4,
            handler: (dev.0 >= 4).then(|| "alua".into()),
            ..DeviceInfo::default()
        }
    }
}

fn load(params: &str, log: &mut Vec<String>, timeout: Ns) -> Result<Multipath, CtrError> {
    let words: Vec<&str> = params.split_whitespace().collect();
    let env = CtrEnv {
        name: "254:0",
        lookup: &Disks,
        selectors: SelectorEnv::default(),
        nopath_timeout: timeout,
    };
    Multipath::new(&words, &env, log)
}

fn multipath(params: &str) -> Multipath {
    load(params, &mut Vec::new(), Ns::ZERO).unwrap()
}

fn error(params: &str) -> String {
    load(params, &mut Vec::new(), Ns::ZERO)
        .unwrap_err()
        .to_string()
}

fn one_group(features: &str) -> Multipath {
    multipath(&format!(
        "{features} 0 1 1 round-robin 0 2 1 253:0 1 253:1 1"
    ))
}

fn two_groups() -> Multipath {
    multipath("0 0 2 1 round-robin 0 1 1 253:0 1 round-robin 0 1 1 253:1 1")
}

fn status(m: &Multipath, kind: StatusType) -> String {
    m.status(kind, |dev, out| out.push_str(&Disks.info(dev).devno_text()))
}

fn info(m: &Multipath) -> String {
    status(m, StatusType::Info)
}

fn table(m: &Multipath) -> String {
    status(m, StatusType::Table)
}

fn ctx() -> SelectCtx {
    SelectCtx {
        nr_bytes: 4096,
        ..SelectCtx::default()
    }
}

fn pick(m: &mut Multipath) -> Option<u16> {
    m.choose_pgpath(&ctx()).map(|path| path.0)
}

fn message(m: &mut Multipath, text: &str) -> Result<Effects, Errno> {
    let words: Vec<&str> = text.split_whitespace().collect();
    m.message(&words, &Disks)
}

fn ended(path: u16, status: BlkStatus) -> Completion {
    Completion {
        path: Some(PathIdx(path)),
        nr_bytes: 4096,
        status,
        start: Ns(1),
        now: Ns(2),
    }
}

/// Paths of the first `n` I/Os where a path is kept for `repeat` I/Os.
fn kept_picks(repeat: u32, n: usize) -> Vec<u16> {
    let params = format!("0 0 1 1 round-robin 0 2 1 253:0 {repeat} 253:1 {repeat}");
    let words: Vec<&str> = params.split(' ').collect();
    let mut selectors = SelectorEnv::default();
    selectors.rules.clamp_repeat_count = false;
    let env = CtrEnv {
        name: "254:0",
        lookup: &Disks,
        selectors,
        nopath_timeout: Ns::ZERO,
    };
    let mut m = Multipath::new(&words, &env, &mut Vec::new()).unwrap();
    let next = |_| match m.map_bio(&ctx()) {
        MapBio::Remapped(path) => path.0,
        other => panic!("{other:?}"),
    };
    (0..n).map(next).collect()
}

#[test]
fn k23_old_kernels_keep_a_path_for_repeat_count_ios() {
    let picks = kept_picks(1000, 2001);
    assert_eq!(picks[..1000], [0; 1000]);
    assert_eq!(picks[1000..2000], [1; 1000]);
    assert_eq!(picks[2000], 0);
    assert_eq!(kept_picks(1, 4), [0, 1, 0, 1]);
    assert_eq!(kept_picks(0, 3000), [0; 3000]);
}

#[test]
fn k52_a_recovered_group_does_not_take_io_back() {
    let mut m = two_groups();
    assert_eq!(pick(&mut m), Some(0));
    let _ = m.fail_path(PathIdx(0));
    assert_eq!(pick(&mut m), Some(1));
    let _ = m.reinstate_path(PathIdx(0));
    assert_eq!(pick(&mut m), Some(1));
    let _ = m.fail_path(PathIdx(1));
    assert_eq!(pick(&mut m), Some(0));
}

#[test]
fn k53_switch_group_takes_effect_with_the_next_io() {
    let mut m = two_groups();
    let _ = m.bypass_pg(0, true);
    let effects = message(&mut m, "switch_group 2").unwrap();
    assert!(effects.event && !effects.run_queue);
    assert_eq!(info(&m), "2 1 0 0 2 2 E 0 1 0 253:0 A 0 E 0 1 0 253:1 A 0");
    assert_eq!(pick(&mut m), Some(1));
    assert_eq!(info(&m), "2 0 0 0 2 2 E 0 1 0 253:0 A 0 A 0 1 0 253:1 A 0");
}

#[test]
fn k54_a_disabled_group_is_used_only_if_there_is_no_other() {
    let mut m = two_groups();
    // The initial group of the table is used for the first I/O regardless.
    let _ = message(&mut m, "disable_group 1").unwrap();
    assert_eq!(pick(&mut m), Some(0));
    let _ = message(&mut m, "disable_group 1").unwrap();
    assert_eq!(pick(&mut m), Some(1));
    assert_eq!(info(&m), "2 0 0 0 2 2 D 0 1 0 253:0 A 0 A 0 1 0 253:1 A 0");
    let _ = message(&mut m, "disable_group 2").unwrap();
    assert_eq!(pick(&mut m), Some(0));
}

#[test]
fn k55_enable_group_makes_the_next_io_choose_from_the_top() {
    let mut m = two_groups();
    let _ = message(&mut m, "switch_group 2").unwrap();
    assert_eq!(pick(&mut m), Some(1));
    let _ = message(&mut m, "enable_group 2").unwrap();
    assert_eq!(pick(&mut m), Some(0));
}

/// Two SCSI paths in one group, with the alua handler.
fn alua(features: &str) -> Multipath {
    multipath(&format!(
        "{features} 1 alua 1 1 round-robin 0 2 1 8:0 1 8:16 1"
    ))
}

/// Lets the handler begin with all paths queued for activation; their delays.
fn activate(m: &mut Multipath) -> Vec<(u16, Ns)> {
    let queued = m.take_activations();
    for a in &queued {
        assert!(m.activation_begins(a.path, false));
    }
    queued.iter().map(|a| (a.path.0, a.delay)).collect()
}

#[test]
fn k56_io_waits_until_the_group_is_initialised() {
    let mut m = alua("0");
    assert_eq!(m.map_rq(&ctx()), MapRq::DelayRequeue { activate: true });
    assert!(m.is_busy(|_| false), "pg_init in progress");
    assert_eq!(activate(&mut m), [(0, Ns::ZERO), (1, Ns::ZERO)]);
    assert_eq!(m.pg_init_done(PathIdx(0), DhResult::Ok), Effects::default());
    assert_eq!(info(&m), "2 1 1 0 1 1 A 0 2 0 8:0 A 0 8:16 A 0");
    let effects = m.pg_init_done(PathIdx(1), DhResult::Ok);
    assert!(effects.process_queued && !effects.activate);
    assert_eq!(info(&m), "2 0 1 0 1 1 A 0 2 0 8:0 A 0 8:16 A 0");
    assert!(matches!(m.map_rq(&ctx()), MapRq::Remapped(_)));
    assert!(!m.is_busy(|_| false));
}

/// Answers every activation with `result` until the path fails; the delays of
/// the rounds.
fn rounds(m: &mut Multipath, result: DhResult) -> Vec<Ns> {
    let mut delays = Vec::new();
    let _ = m.map_rq(&ctx());
    loop {
        let round = activate(m);
        let Some(&(path, delay)) = round.first() else {
            return delays;
        };
        delays.push(delay);
        let _ = m.pg_init_done(PathIdx(path), result);
    }
}

#[test]
fn k57_retries_are_spaced_or_not_and_limited() {
    let one_path = "2 pg_init_retries 3 1 alua 1 1 round-robin 0 1 1 8:0 1";
    let mut m = multipath(one_path);
    let waits = [0, 2000, 2000, 2000].map(Ns::from_ms);
    assert_eq!(rounds(&mut m, DhResult::Retry), waits);
    assert_eq!(m.nr_valid_paths(), 0);
    let mut m = multipath(one_path);
    assert_eq!(rounds(&mut m, DhResult::ImmRetry), [Ns::ZERO; 4]);
    let mut m =
        multipath("4 pg_init_retries 1 pg_init_delay_msecs 70 1 alua 1 1 round-robin 0 1 1 8:0 1");
    assert_eq!(rounds(&mut m, DhResult::Retry), [0, 70].map(Ns::from_ms));
}

#[test]
fn k58_a_busy_controller_is_bypassed_and_retried_late() {
    let mut m = multipath("0 1 alua 2 1 round-robin 0 1 1 8:0 1 round-robin 0 1 1 8:16 1");
    let _ = m.map_rq(&ctx());
    assert_eq!(activate(&mut m), [(0, Ns::ZERO)]);
    let effects = m.pg_init_done(PathIdx(0), DhResult::DevTempBusy);
    assert!(effects.event && effects.process_queued);
    assert!(m.groups()[0].bypassed);
    let _ = m.map_rq(&ctx());
    assert_eq!(activate(&mut m), [(1, Ns::ZERO)]);

    let mut m = multipath("0 1 alua 1 1 round-robin 0 1 1 8:0 1");
    let _ = m.map_rq(&ctx());
    activate(&mut m);
    let _ = m.pg_init_done(PathIdx(0), DhResult::DevTempBusy);
    let _ = m.map_rq(&ctx());
    assert_eq!(activate(&mut m), [(0, Ns::from_ms(2000))]);
}

#[test]
fn a_handler_error_fails_the_path_and_says_so() {
    let mut m = alua("0");
    let _ = m.map_rq(&ctx());
    activate(&mut m);
    let _ = m.pg_init_done(PathIdx(0), DhResult::NoSys);
    assert_eq!(
        m.take_log(),
        [
            "device-mapper: multipath: Could not failover the device: \
             Handler scsi_dh_alua Error 16.",
            "device-mapper: multipath: 254:0: Failing path 8:0.",
        ]
    );
    let _ = m.pg_init_done(PathIdx(1), DhResult::Ok);
    assert!(matches!(m.map_rq(&ctx()), MapRq::Remapped(PathIdx(1))));
    // A path of the current group that comes back is activated by itself.
    assert!(m.reinstate_path(PathIdx(0)).activate);
    assert_eq!(activate(&mut m), [(0, Ns::ZERO)]);
}

#[test]
fn k59_no_message_while_suspended() {
    let mut m = two_groups();
    m.suspended = true;
    assert_eq!(message(&mut m, "fail_if_no_path"), Err(Errno::Ebusy));
}

#[test]
fn k60_status_of_a_fresh_map_and_after_one_io() {
    let mut m = one_group("0");
    assert_eq!(info(&m), "2 1 0 0 1 1 E 0 2 0 253:0 A 0 253:1 A 0");
    assert_eq!(m.map_rq(&ctx()), MapRq::Remapped(PathIdx(0)));
    assert_eq!(info(&m), "2 0 0 0 1 1 A 0 2 0 253:0 A 0 253:1 A 0");
}

#[test]
fn k61_the_table_tells_bio_mode_only() {
    let groups = "0 1 1 round-robin 0 2 1 253:0 1 253:1 1";
    let bio = one_group("2 queue_mode bio");
    let prefix = "3 retain_attached_hw_handler queue_mode bio";
    assert_eq!(table(&bio), format!("{prefix} {groups}"));
    for mode in ["mq", "rq"] {
        let m = one_group(&format!("2 queue_mode {mode}"));
        assert_eq!(table(&m), format!("0 {groups}"));
    }
}

#[test]
fn k63_features_out_of_range_are_refused() {
    assert_eq!(
        error("9 a a a a a a a a a 0 0 0"),
        "invalid number of feature args (-EINVAL)"
    );
    assert_eq!(
        error("2 pg_init_retries 51 0 0 0"),
        "pg_init_retries must be between 1 and 50 (-EINVAL)"
    );
    assert_eq!(
        error("2 pg_init_delay_msecs 60001 0 0 0"),
        "pg_init_delay_msecs must be between 0 and 60000 (-EINVAL)"
    );
}

#[test]
fn lines_that_end_too_soon_are_refused() {
    for (params, text) in [
        ("0 0", "invalid number of priority groups"),
        ("0 0 1", "invalid initial priority group number"),
        ("0 0 1 1 round-robin", "not enough priority group arguments"),
        (
            "0 0 1 1 round-robin 3 1",
            "invalid number of path selector args",
        ),
        ("0 0 1 1 round-robin 0", "invalid number of paths"),
        ("0 0 1 1 round-robin 0 1", "invalid number of selector args"),
        ("0 0 1 1 round-robin 0 1 0", "not enough path parameters"),
        (
            "0 0 1 1 historical-service-time 1 1024 1 0 253:0",
            "path selector constructor failed",
        ),
    ] {
        assert_eq!(error(params), format!("{text} (-EINVAL)"), "{params}");
    }
}

#[test]
fn an_initial_group_beyond_the_last_is_ignored() {
    let mut m = multipath("0 0 1 7 round-robin 0 1 0 253:0");
    assert_eq!(info(&m), "2 1 0 0 1 1 E 0 1 0 253:0 A 0");
    assert_eq!(pick(&mut m), Some(0));
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

#[test]
fn an_ioctl_consumes_a_turn() {
    let mut m = one_group("0");
    assert_eq!(m.prepare_ioctl(&ctx()).0, Ok(PathIdx(0)));
    assert_eq!(pick(&mut m), Some(1));
    for path in 0..2 {
        let _ = m.fail_path(PathIdx(path));
    }
    assert_eq!(m.prepare_ioctl(&ctx()).0, Err(Errno::Eio));
}
