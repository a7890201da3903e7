//! What is printed and written of an outcome, from hand-made outcomes.

#![allow(clippy::unwrap_used, clippy::panic)]

use mpathsim::run::compare::comparison;
use mpathsim::run::outcome::*;
use mpathsim::run::summary::{FORMAT, RunSummary, ScenarioSummary, Summary};
use mpathsim::run::verdict::{Winner, verdicts};
use mpathsim::scenario::Mode;
use mpathsim::sim::Ns;

/// 1600 writes of 4 KiB in a second over two paths: one request for each
/// `together` of them.
fn outcome(mode: Mode, together: u32) -> Outcome {
    let mut job = JobOutcome {
        name: "j".into(),
        write: Some(DirOutcome {
            total_ios: 1600,
            io_bytes: 1600 * 4096,
            runtime_ms: 1000,
            ..DirOutcome::default()
        }),
        ..JobOutcome::default()
    };
    for _ in 0..1600 {
        job.write.as_mut().unwrap().lat.record(Ns::from_ms(1));
    }
    let requests = 1600 / u64::from(together);
    let leaf = |name: &str| DeviceOutcome {
        name: name.into(),
        write: DirStats {
            ios: requests / 2,
            merges: 0,
            sectors: 6400,
            ticks: Ns::from_ms(requests / 2),
        },
        io_ticks: Ns::from_ms(500),
        time_in_queue: Ns::from_ms(requests / 2),
        issued: vec![Issued {
            sectors: 8 * together,
            rwbs: "WS".into(),
            count: requests / 2,
        }],
        bios: if mode == Mode::Bio { 800 } else { 0 },
        ..DeviceOutcome::default()
    };
    let map = DeviceOutcome {
        name: "dm-0".into(),
        is_map: true,
        bios: 1600,
        bios_back_merged: if mode == Mode::Request {
            1600 - requests
        } else {
            0
        },
        issued: match mode {
            Mode::Request => vec![Issued {
                sectors: 8 * together,
                rwbs: "WS".into(),
                count: requests,
            }],
            _ => Vec::new(),
        },
        ..DeviceOutcome::default()
    };
    let path = |device: &str| PathOutcome {
        device: device.into(),
        group: 1,
        ios: requests / 2,
        bytes: 800 * 4096,
        mean_in_flight: 0.5,
        utilisation: 0.5,
    };
    Outcome {
        duration: Ns::from_secs(1),
        devices: vec![map, leaf("sda"), leaf("sdb")],
        jobs: vec![job],
        maps: vec![MapOutcome {
            name: "mp".into(),
            paths: vec![path("sda"), path("sdb")],
            ..MapOutcome::default()
        }],
        cpus: vec![CpuOutcome::default()],
        ..Outcome::default()
    }
}

fn summary() -> Summary {
    let bio = RunSummary::new(Mode::Bio, None, &outcome(Mode::Bio, 1));
    let request = RunSummary::new(Mode::Request, None, &outcome(Mode::Request, 16));
    Summary {
        format: FORMAT.into(),
        mpathsim: "0".into(),
        bound: None,
        bound_unknown: Some("page cache".into()),
        scenario: ScenarioSummary {
            name: "test".into(),
            about: "what it shows".into(),
            look_at: "the mean request".into(),
            seed: 1,
            cpu_profile: "none".into(),
            cpus: 1,
            hz: 250,
            set: Vec::new(),
            policy: None,
            replication: 0,
            modes: Vec::new(),
            shuffle_ties: None,
            jobs: Vec::new(),
            maps: Vec::new(),
            devices: Vec::new(),
        },
        verdicts: verdicts(&bio, &request, None),
        runs: vec![bio, request],
    }
}

#[test]
fn a_person_reads_the_layers_side_by_side() {
    let text = comparison(&summary());
    let line = |label: &str| {
        let line = text
            .lines()
            .find(|line| line.trim_start().starts_with(label));
        let line = line.unwrap_or_else(|| panic!("no {label} in\n{text}"));
        line.trim_start()[label.len()..]
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ")
    };
    assert_eq!(line("IOPS"), "1,600 1,600");
    assert_eq!(line("latency mean"), "1.00 ms 1.00 ms");
    let after = text.split("path devices").nth(1).unwrap();
    let row = |label: &str| {
        after
            .lines()
            .find(|line| line.trim_start().starts_with(label))
            .unwrap()
    };
    assert!(row("requests").ends_with("100"), "{text}");
    assert!(row("mean request").contains("4.00 KiB"), "{text}");
    assert!(row("mean request").contains("64.0 KiB"), "{text}");
    assert!(
        text.contains("requests to the path devices, an I/O: request mode, 16 times fewer"),
        "{text}"
    );
    assert!(text.contains("throughput: equal within 2 %"), "{text}");
    assert!(
        text.lines().all(|line| line.chars().count() <= 110),
        "a line is too wide:\n{text}"
    );
}

#[test]
fn a_summary_reads_back_as_it_was_written() {
    let summary = summary();
    let text = serde_json::to_string(&summary).unwrap();
    let back: Summary = serde_json::from_str(&text).unwrap();
    assert_eq!(back, summary);
    let json: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(json["format"], "mpathsim-summary/1");
    assert_eq!(json["runs"][1]["multipath"]["bios_merged"], 1500);
    assert_eq!(json["runs"][0]["paths"][0]["share"], 0.5);
}

#[test]
fn a_verdict_that_turns_with_the_cpu_profile_says_so() {
    let run = |seconds: u64| {
        let mut outcome = outcome(Mode::Bio, 1);
        outcome.duration = Ns::from_secs(seconds);
        RunSummary::new(Mode::Bio, None, &outcome)
    };
    let (slow, fast) = (run(2), run(1));
    let iops = |other| verdicts(&slow, &fast, Some(other)).swap_remove(0);
    let steady = iops((&slow, &fast));
    assert_eq!(
        (steady.winner, steady.depends_on_cpu_profile),
        (Winner::Request, Some(false))
    );
    let turned = iops((&fast, &slow));
    assert_eq!(
        (turned.winner, turned.depends_on_cpu_profile),
        (Winner::Request, Some(true))
    );
    let mut summary = summary();
    summary.verdicts = vec![turned];
    let text = comparison(&summary);
    assert!(text.contains("depends on the CPU profile"));
    // Its means are of one run, and do not look like more.
    assert!(
        text.contains("\neach column is one run, counted in full;"),
        "{text}"
    );
}

#[test]
fn an_empty_outcome_prints_without_a_division_by_zero() {
    let mut summary = summary();
    summary.runs = vec![RunSummary::new(
        Mode::Single,
        Some("sda"),
        &Outcome::default(),
    )];
    summary.verdicts = Vec::new();
    let text = comparison(&summary);
    assert!(
        text.contains("sda alone") && !text.contains("NaN") && !text.contains("inf"),
        "{text}"
    );
    assert!(
        serde_json::to_string(&summary)
            .unwrap()
            .contains("\"iops\":0.0")
    );
}

/// All keys of `value`, at any depth.
fn keys(value: &serde_json::Value, found: &mut Vec<String>) {
    match value {
        serde_json::Value::Object(object) => {
            for (key, value) in object {
                found.push(key.clone());
                keys(value, found);
            }
        }
        serde_json::Value::Array(values) => values.iter().for_each(|value| keys(value, found)),
        _ => {}
    }
}

#[test]
fn every_key_of_a_summary_is_documented() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/results.md");
    let document = std::fs::read_to_string(path).unwrap();
    let mut found = Vec::new();
    keys(&serde_json::to_value(summary()).unwrap(), &mut found);
    assert!(found.len() > 200);
    for key in found {
        assert!(
            document.contains(&format!("`{key}`")),
            "{key} is not in docs/results.md"
        );
    }
    assert!(document.contains(&format!("`{FORMAT}`")));
}
