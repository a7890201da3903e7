//! What holds for whatever machine and whatever runs on it: the run ends, every
//! invariant holds, nothing is lost, and it happens the same way again.
#![allow(clippy::unwrap_used, clippy::panic)]

mod machines;

use mpathsim::models::config::MachineConfig;
use mpathsim::run::outcome::{DeviceOutcome, DirStats, Outcome};
use mpathsim::run::{RunOptions, run};
use proptest::prelude::*;

/// The outcome, the same twice.
fn outcome(config: &MachineConfig) -> Outcome {
    let options = RunOptions::default();
    let once = run(config, &options).unwrap_or_else(|e| panic!("{e}"));
    let twice = run(config, &options).unwrap();
    assert_eq!(format!("{once:?}"), format!("{twice:?}"));
    once
}

fn data(d: &DeviceOutcome) -> [DirStats; 3] {
    [d.read, d.write, d.discard]
}

fn ios(d: &DeviceOutcome) -> u64 {
    data(d).iter().map(|dir| dir.ios).sum()
}

fn sectors(d: &DeviceOutcome) -> u64 {
    data(d).iter().map(|dir| dir.sectors).sum()
}

/// Requests of data that were issued.
fn issued(d: &DeviceOutcome) -> u64 {
    let data = d.issued.iter().filter(|i| i.sectors > 0);
    data.map(|i| i.count).sum()
}

/// Failed paths in a status line.
fn failed(status: &str) -> usize {
    status.matches(" F ").count()
}

/// Whether everything ended well and no path failed.
fn clean(o: &Outcome) -> bool {
    o.devices.iter().all(|d| d.requests_failed == 0)
        && o.jobs.iter().all(|j| j.total_err == 0 && j.error == 0)
        && o.maps
            .iter()
            .all(|m| failed(&m.status_at_start) == failed(&m.status_at_end))
}

/// Every bio, and every piece it was split into, was an I/O of its own or was
/// merged into one.
fn every_bio_is_accounted(o: &Outcome, is_bio_based: bool) {
    for d in &o.devices {
        let merged: u64 = data(d).iter().map(|dir| dir.merges).sum();
        let merges = d.bios_back_merged + d.bios_front_merged + d.requests_merged;
        assert_eq!(merged, merges, "{}", d.name);
        let (out, came) = (ios(d) + merged, d.bios + d.bios_split);
        if d.is_map && is_bio_based {
            assert_eq!(merged, 0, "{}", d.name);
            assert!(out >= came, "{}: {out} of {came}", d.name); // a flush before data is one more
        } else if d.is_map || is_bio_based {
            assert_eq!(out, came, "{}", d.name);
        }
    }
}

/// The multipath device, and the devices at the ends of its paths.
fn map_and_paths(o: &Outcome) -> (&DeviceOutcome, &[DeviceOutcome]) {
    let maps = o.maps.len();
    (&o.devices[maps - 1], &o.devices[maps..])
}

/// I/Os and bytes of the fio jobs on the map, and on a path.
fn asked(o: &Outcome) -> [(u64, u64); 2] {
    ["map", "path"].map(|name| {
        let jobs = o.jobs.iter().filter(|j| j.name == name);
        let dirs = jobs.flat_map(|j| [&j.read, &j.write, &j.trim]).flatten();
        dirs.fold((0, 0), |(n, bytes), d| {
            (n + d.total_ios, bytes + d.io_bytes)
        })
    })
}

fn is_bio_based(config: &MachineConfig) -> bool {
    let map = config.maps.last().unwrap();
    map.table.contains("queue_mode bio")
}

/// 1000 cases, or as many as `PROPTEST_CASES` says.
fn config() -> ProptestConfig {
    let given = std::env::var_os("PROPTEST_CASES").is_some();
    let default = ProptestConfig::default();
    ProptestConfig {
        cases: if given { default.cases } else { 1000 },
        failure_persistence: None,
        ..default
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn fio_on_any_machine(config in machines::with_fio()) {
        let o = outcome(&config);
        let bio_based = is_bio_based(&config);
        every_bio_is_accounted(&o, bio_based);
        if clean(&o) {
            let (map, paths) = map_and_paths(&o);
            let [on_map, on_path] = asked(&o);
            let at_paths: u64 = paths.iter().map(|d| d.bios).sum();
            let from_map = if bio_based { map.bios } else { 0 };
            prop_assert_eq!(map.bios, on_map.0);
            prop_assert_eq!(at_paths, on_path.0 + from_map);
            prop_assert_eq!(sectors(map) * 512, on_map.1);
            let below: u64 = paths.iter().map(sectors).sum();
            prop_assert_eq!(below * 512, on_map.1 + on_path.1);
        }
    }

    #[test]
    fn scripts_on_any_machine(config in machines::with_scripts()) {
        let o = outcome(&config);
        let bio_based = is_bio_based(&config);
        every_bio_is_accounted(&o, bio_based);
        let scripts = &config.workload.scripts;
        if clean(&o) && scripts.iter().all(|s| s.device != "/dev/p0") {
            let (map, paths) = map_and_paths(&o);
            let below: u64 = paths.iter().map(sectors).sum();
            prop_assert_eq!(below, sectors(map));
            if !bio_based {
                let clones: u64 = paths.iter().map(issued).sum();
                prop_assert!(clones <= issued(map)); // refused ones were begun in vain
            }
        }
    }
}
