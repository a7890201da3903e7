//! The target against the kernel's behaviour, by proposition.
#![allow(clippy::unwrap_used, clippy::panic)]

mod pg_init;
mod retry;

use super::balancer::SelectorEnv;
use super::selector::{SelectCtx, StatusType};
use super::*;
use crate::models::io::DevId;
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
        legacy: None,
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
        legacy: None,
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
fn an_ioctl_consumes_a_turn() {
    let mut m = one_group("0");
    assert_eq!(m.prepare_ioctl(&ctx()).0, Ok(PathIdx(0)));
    assert_eq!(pick(&mut m), Some(1));
    for path in 0..2 {
        let _ = m.fail_path(PathIdx(path));
    }
    assert_eq!(m.prepare_ioctl(&ctx()).0, Err(Errno::Eio));
}
