//! Targets 2, 3, 4, 9, 10, 13 and 14: what merges where, and what that is
//! worth.

use mpathsim::run::summary::{LayerSummary, RunSummary};
use mpathsim::scenario::Mode;

use super::table::{effect, judge, letter_tells, told};
use super::{mb, summary};

/// Of a layer's bios, those that merged.
fn merged(layer: &LayerSummary) -> f64 {
    layer.bios_merged as f64 / layer.bios.max(1) as f64
}

const DIRECT: [&str; 2] = ["workload.job.0.direct=1", "workload.job.0.bs=\"512k\""];

fn individual(direct: bool) -> RunSummary {
    let sets: Vec<String> = (0..4)
        .flat_map(|n| {
            [
                format!("workload.job.{n}.direct={}", u8::from(direct)),
                format!(
                    "workload.job.{n}.bs=\"{}\"",
                    if direct { "512k" } else { "64k" }
                ),
            ]
        })
        .collect();
    let sets: Vec<&str> = sets.iter().map(String::as_str).collect();
    summary("dd-individual", Mode::Bio, &sets)
}

const NONE: f64 = f64::NEG_INFINITY;
const ANY: f64 = f64::INFINITY;

/// Target 2 (dm-devel, January 2008).
#[test]
fn t02_bio_round_robin_destroys_merging() {
    let (multibus, alone) = (summary("dd-multibus", Mode::Bio, &[]), individual(false));
    let ratio = mb(&multibus) / mb(&alone);
    judge("2a", &[ratio], 0.18..=0.4);
    judge("2b", &[merged(&multibus.path_devices)], NONE..=0.05);
    judge("2c", &[merged(&alone.path_devices)], 0.85..=ANY);
    effect("A2a", ratio, 0.275);
    let (multibus, alone) = (summary("dd-multibus", Mode::Bio, &DIRECT), individual(true));
    let ratio = mb(&multibus) / mb(&alone);
    judge("2d", &[ratio], 0.9..=1.15);
    effect("A2b", ratio, 1.04);
}

/// Target 3: the same load in request mode.
#[test]
fn t03_request_mode_merges_above_the_choice() {
    let (multibus, alone) = (
        summary("dd-multibus", Mode::Request, &[]),
        individual(false),
    );
    judge("3a", &[merged(&multibus.multipath)], 0.9..=ANY);
    let below = &multibus.path_devices;
    judge(
        "3b",
        &[(below.bios_merged + below.requests_merged) as f64],
        0.0..=0.0,
    );
    judge("3c", &[mb(&multibus) / mb(&alone)], 0.95..=ANY);
    let cfq = ["map.0.queue.scheduler=\"cfq\""];
    let with_cfq = mb(&summary("dd-multibus", Mode::Request, &cfq)) / mb(&alone);
    judge("3d", &[with_cfq], 0.95..=ANY);
    let all = [cfq[0], "device.0.queue.scheduler=\"cfq\""];
    let bio = |set: &[&str]| mb(&summary("dd-multibus", Mode::Bio, set));
    let own = mb(&summary("dd-individual", Mode::Bio, &all[1..]));
    letter_tells(&[
        ("172", mb(&multibus)),
        ("44", mb(&summary("dd-multibus", Mode::Request, &all))),
        ("49", bio(&[])),
        ("48", bio(&all)),
        ("173", mb(&alone)),
        ("166", own),
    ]);
}

/// Target 4 (Oracle, March 2024).
#[test]
fn t04_merges_are_counted_on_the_map() {
    let fraction = |layer: &LayerSummary| {
        let all = layer.bios_merged + layer.requests_merged;
        all as f64 / layer.bios.max(1) as f64
    };
    let of = |rw: &str, fsync: u32| {
        let rw = format!("workload.job.0.rw=\"{rw}\"");
        let fsync = format!("workload.job.0.fsync={fsync}");
        summary("where-merges-are-counted", Mode::Request, &[&rw, &fsync])
    };
    let (reads, writes) = (of("read", 0), of("write", 1));
    judge("4a", &[fraction(&reads.multipath)], 0.455..=0.762);
    judge("4b", &[fraction(&writes.multipath)], 0.0..=0.214);
    assert!(writes.multipath.bios_merged > 0);
    let below = [reads, writes].map(|run| fraction(&run.path_devices));
    judge("4c", &below, 0.0..=0.0);
}

/// The same report: two maps on one adapter of 254 tags.
#[test]
fn t04_two_maps_share_the_tags_of_an_adapter() {
    let run = summary("two-maps-one-adapter", Mode::Request, &[]);
    let of = |is_map: bool| -> Vec<f64> {
        let devices = run.devices.iter().filter(|d| d.is_map == is_map);
        let fraction = |d: &mpathsim::run::summary::DeviceSummary| {
            let (ios, merges) = (d.read.ios_per_second, d.read.merges_per_second);
            merges / (merges + ios)
        };
        devices.map(fraction).collect()
    };
    judge("4d", &of(true), 0.455..=0.762);
    judge("4e", &of(false), 0.0..=0.0);
}

/// The same report: mq-deadline's limit for what is no synchronous read (commit
/// d47f9717e5cf), three quarters of each word of its tags, against none.
#[test]
fn t04_writes_with_three_quarters_of_the_tags() {
    let with_limit = |rw: &str, fsync: u32| {
        let sets: Vec<String> = (0..2)
            .flat_map(|n| {
                [
                    format!("workload.job.{n}.rw=\"{rw}\""),
                    format!("workload.job.{n}.fsync={fsync}"),
                ]
            })
            .collect();
        let mut sets: Vec<&str> = sets.iter().map(String::as_str).collect();
        let of = |sets: &[&str]| {
            let run = summary("two-maps-one-adapter", Mode::Request, sets);
            (run.application.iops, run.application.latency.mean_ns)
        };
        let without = of(&sets);
        sets.extend(["map.0.queue.async_depth=192", "map.1.queue.async_depth=192"]);
        let with = of(&sets);
        (with.0 / without.0, with.1 / without.1)
    };
    let (iops, latency) = with_limit("write", 1);
    effect("A4a", iops, 0.748);
    effect("A4c", latency, 1.336);
    effect("A4b", with_limit("read", 0).0, 0.969);
}

/// Target 9 (dm-devel, January 2010; Red Hat bug 613907).
#[test]
fn t09_bios_are_pages_and_merge_at_the_path() {
    let write = summary("page-bios-write", Mode::Bio, &[]);
    let read = summary("page-bios-read", Mode::Bio, &[]);
    let dm = |run: &RunSummary| run.devices.iter().find(|d| d.is_map).cloned().unwrap();
    let sectors = [
        dm(&read).read.kib_per_io * 2.0,
        dm(&write).write.kib_per_io * 2.0,
    ];
    judge("9a", &sectors, 8.0..=8.0);
    let kib = |run: &RunSummary| run.path_devices.mean_request_bytes / 1024.0;
    judge("9b", &[merged(&write.path_devices)], 0.969..=1.009);
    judge("9c", &[kib(&write)], 306.4..=459.6);
    judge("9d", &[merged(&read.path_devices)], 0.915..=0.955);
    judge("9e", &[kib(&read)], 49.6..=74.4);
    let at_the_end = kib(&summary(
        "page-bios-write",
        Mode::Bio,
        &["workload.job.0.fsync=0"],
    ));
    told("9", &[("504", at_the_end)]);
}

/// Target 10 (serverfault 351638).
#[test]
fn t10_repeat_count_trades_chunks_for_paths() {
    let table = |n: u32| {
        format!(
            "map.0.table=\"0 2097152 multipath 0 0 1 1 round-robin 0 4 1 \
             sda {n} sdb {n} sdc {n} sdd {n}\""
        )
    };
    let of = |n: u32| mb(&summary("repeat-count", Mode::Bio, &[&table(n)]));
    let (one, eight, thousand) = (of(1), of(8), of(1000));
    judge("10a", &[eight / thousand], 1.5..=3.5);
    effect("A10", eight / thousand, 260.0 / 135.0);
    let inner = [16, 32, 64, 128].map(of).into_iter().fold(eight, f64::max);
    assert!(inner > one && inner > thousand, "the best lies between");
    judge("10b", &[inner / one, inner / thousand], 1.0..=ANY);
    let ratio = |sets: &[&str]| {
        let of = |n: u32| {
            let table = table(n);
            let sets: Vec<&str> = sets.iter().copied().chain([table.as_str()]).collect();
            mb(&summary("repeat-count", Mode::Bio, &sets))
        };
        of(8) / of(1000)
    };
    let two_links = [
        "device.2.port.media=\"eth0\"",
        "device.3.port.media=\"eth1\"",
    ];
    told("A10", &[("1.2", ratio(&two_links))]);
    told("10", &[("3.35", ratio(&["workload.job.0.fsync=24"]))]);
    let modern = |n: u32| {
        let run = summary("repeat-count", Mode::Bio, &["kernel=\"6.1\"", &table(n)]);
        (run.duration_ns, run.path_devices.requests)
    };
    let (eight, thousand) = (modern(8), modern(1000));
    assert_eq!(eight, thousand);
    judge("10c", &[eight.0 as f64 / thousand.0 as f64], 1.0..=1.0);
}

/// Target 13 (commit 396eaf21ee17).
#[test]
fn t13_a_busy_path_keeps_requests_where_they_merge() {
    let gain = |sets: &[&str]| {
        let keeps = mb(&summary("busy-feedback", Mode::Request, sets));
        let mut sets = sets.to_vec();
        sets.push("dm_multipath.requeue_when_busy=\"100ms\"");
        keeps / mb(&summary("busy-feedback", Mode::Request, &sets))
    };
    let busy = gain(&[]);
    judge("13a", &[busy], 1.5..=ANY);
    effect("A13", busy, 3.0);
    told("A13", &[("2.9", gain(&["workload.job.0.iodepth=48"]))]);
    judge(
        "13b",
        &[gain(&["device.0.port.queue_depth=1024"])],
        NONE..=1.05,
    );
}

/// Target 14 (commit 0ce65797a77e).
#[test]
fn t14_holding_a_request_for_its_neighbours() {
    let gain = |sets: &[&str]| {
        let plain = mb(&summary("merge-hold-off", Mode::Request, sets));
        let mut sets = sets.to_vec();
        sets.push("dm_multipath.seq_merge_hold=\"20us\"");
        mb(&summary("merge-hold-off", Mode::Request, &sets)) / plain
    };
    // It hangs on when the tick comes: the least, the middle and the most of five phases.
    let phases = ["59.9980s", "59.9984s", "59.9988s", "59.9992s", "59.9996s"];
    let mut sequential = phases.map(|at| gain(&[&format!("host.uptime=\"{at}\"")]));
    sequential.sort_by(f64::total_cmp);
    let [least, _, middle, _, most] = sequential;
    judge("14a", &[least, middle, most], 1.6..=3.5);
    effect("A14", middle, 1.9);
    judge(
        "14b",
        &[gain(&["workload.job.0.rw=\"randread\""])],
        NONE..=0.99,
    );
    // Two neighbours, then elsewhere: the second is held for a third in vain.
    let twos = [
        "workload.job.0.rw=\"randread:2\"",
        "workload.job.0.iodepth=4",
    ];
    judge("14c", &[gain(&twos)], NONE..=0.99);
}
