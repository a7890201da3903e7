//! What holds for the multipath target whatever it is told.
#![allow(clippy::unwrap_used, clippy::panic)]

use mpathsim::models::io::{BlkStatus, DevId};
use mpathsim::models::mpath::balancer::{BUILT_IN, SelectorEnv};
use mpathsim::models::mpath::selector::{SelectCtx, StatusType};
use mpathsim::models::mpath::{
    Completion, CtrEnv, DeviceInfo, DeviceLookup, MapRq, Multipath, PathIdx,
};
use mpathsim::sim::Ns;
use proptest::prelude::*;

/// As many disks as one likes, `/dev/0` and so on.
struct Disks;

impl DeviceLookup for Disks {
    fn by_path(&self, path: &str) -> Option<DevId> {
        path.strip_prefix("/dev/")?.parse().ok().map(DevId)
    }
    fn by_devno(&self, devno: (u32, u32)) -> Option<DevId> {
        (devno.0 == 8).then_some(DevId(devno.1 as u16))
    }
    fn info(&self, dev: DevId) -> DeviceInfo {
        DeviceInfo {
            devno: (8, u32::from(dev.0)),
            sectors: 1 << 20,
            mq: true,
            ..DeviceInfo::default()
        }
    }
}

fn multipath(words: &[&str]) -> Option<Multipath> {
    let env = CtrEnv {
        name: "254:0",
        lookup: &Disks,
        selectors: SelectorEnv {
            cpu_nodes: &[0, 0, 1, 1],
            ..SelectorEnv::default()
        },
        nopath_timeout: Ns::ZERO,
        legacy: None,
    };
    Multipath::new(words, &env, &mut Vec::new()).ok()
}

fn word() -> impl Strategy<Value = String> {
    prop_oneof![
        (0u32..4).prop_map(|n| n.to_string()),
        (0u32..4).prop_map(|n| format!("8:{n}")),
        prop::sample::select(BUILT_IN.to_vec()).prop_map(String::from),
        prop::sample::select(vec!["queue_mode", "bio", "mq", "queue_if_no_path", "alua"])
            .prop_map(String::from),
        "[ -~]{0,5}",
    ]
}

#[derive(Clone, Debug)]
enum Act {
    Io { cpu: u16, bytes: u32 },
    End { nth: usize, failed: bool },
    Fail(u16),
    Reinstate(u16),
    Bypass(u16, bool),
    Switch(u16),
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        4 => (0u16..4, 1u32..1 << 20).prop_map(|(cpu, bytes)| Act::Io { cpu, bytes }),
        4 => (any::<usize>(), any::<bool>()).prop_map(|(nth, f)| Act::End { nth, failed: f && nth % 4 == 0 }),
        1 => (0u16..6).prop_map(Act::Fail),
        2 => (0u16..6).prop_map(Act::Reinstate),
        1 => (0u16..2, any::<bool>()).prop_map(|(g, b)| Act::Bypass(g, b)),
        1 => (0u16..2).prop_map(Act::Switch),
    ]
}

/// Two groups of three paths, `selector` in both.
fn two_groups(selector: &str) -> Multipath {
    let arg = |n: u32| match selector {
        "io-affinity" => format!("1 8:{n} {:x}", 1 << (n % 3)),
        _ => format!("0 8:{n}"),
    };
    let group = |first: u32| {
        let paths: Vec<String> = (first..first + 3).map(arg).collect();
        let (count, _) = paths[0].split_once(' ').unwrap();
        let bare: Vec<&str> = paths.iter().map(|p| &p[2..]).collect();
        format!("{selector} 0 3 {count} {}", bare.join(" "))
    };
    let line = format!("0 0 2 1 {} {}", group(0), group(3));
    multipath(&line.split(' ').collect::<Vec<_>>()).unwrap()
}

proptest! {
    #[test]
    fn any_words_are_taken_or_refused(words in prop::collection::vec(word(), 0..24)) {
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        if let Some(m) = multipath(&words) {
            // What it prints makes the same target again.
            let print = |m: &Multipath| m.status(StatusType::Table, |dev, out| {
                out.push_str(&format!("8:{}", dev.0));
            });
            let text = print(&m);
            let again = multipath(&text.split(' ').collect::<Vec<_>>());
            prop_assert_eq!(again.as_ref().map(print), Some(text));
        }
    }

    #[test]
    fn io_goes_to_active_paths_only_and_counts_agree(
        selector in prop::sample::select(BUILT_IN.to_vec()),
        acts in prop::collection::vec(act(), 0..200),
    ) {
        let mut m = two_groups(selector);
        let mut in_flight: Vec<(PathIdx, u32)> = Vec::new();
        for (now, act) in (1u64..).zip(acts) {
            match act {
                Act::Io { cpu, bytes } => {
                    let ctx = SelectCtx { nr_bytes: bytes, cpu, node: cpu / 2, now: Ns(now), ..SelectCtx::default() };
                    match m.map_rq(&ctx) {
                        MapRq::Remapped(path) => {
                            prop_assert!(m.paths()[usize::from(path.0)].active);
                            m.start_io(path, bytes);
                            in_flight.push((path, bytes));
                        }
                        _ => prop_assert_eq!(m.nr_valid_paths(), 0),
                    }
                }
                Act::End { nth, failed } if !in_flight.is_empty() => {
                    let (path, nr_bytes) = in_flight.remove(nth % in_flight.len());
                    let status = if failed { BlkStatus::Transport } else { BlkStatus::Ok };
                    let io = Completion { path: Some(path), nr_bytes, status, start: Ns(0), now: Ns(now) };
                    let _ = m.end_io_rq(&io);
                    prop_assert!(!failed || !m.paths()[usize::from(path.0)].active);
                }
                Act::End { .. } => {}
                Act::Fail(path) => { let _ = m.fail_path(PathIdx(path)); }
                Act::Reinstate(path) => { let _ = m.reinstate_path(PathIdx(path)); }
                Act::Bypass(group, bypassed) => { let _ = m.bypass_pg(group, bypassed); }
                Act::Switch(group) => { let _ = m.switch_pg(group); }
            }
            let active = m.paths().iter().filter(|p| p.active).count();
            prop_assert_eq!(active as u32, m.nr_valid_paths());
        }
    }
}
