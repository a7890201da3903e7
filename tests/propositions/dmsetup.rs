//! K-60 to K-63: what `dmsetup` says of a machine's maps.

use mpathsim::models::config::{MapConfig, QueueConfig};
use mpathsim::models::workload::script::Script;
use mpathsim::run::outcome::Outcome;
use mpathsim::run::{RunOptions, run};

use crate::rig::*;

/// The outcome of one write.
fn one_write(rig: Rig) -> Outcome {
    let mut config = rig.finished();
    config.workload.scripts = vec![Script {
        name: "script".into(),
        device: "/dev/mapper/mp".into(),
        cpu: None,
        steps: vec![write(0)],
    }];
    run(&config, &RunOptions::default()).unwrap()
}

#[test]
fn k60_status_of_a_fresh_map_and_after_one_io() {
    let map = &one_write(Rig::new(Rq, 2)).maps[0];
    let status = |queue_io, group| {
        format!("0 262144 multipath 2 {queue_io} 0 0 1 1 {group} 0 2 0 p0 A 0 p1 A 0")
    };
    assert_eq!(map.status_at_start.trim_end(), status(1, "E"));
    assert_eq!(map.status_at_end.trim_end(), status(0, "A"));
}

#[test]
fn k61_only_bio_mode_shows_in_the_table() {
    let table = |rig| one_write(rig).maps[0].table_at_start.clone();
    let rest = "0 1 1 round-robin 0 2 1 p0 1 p1 1";
    assert_eq!(
        table(Rig::new(Bio, 2)).trim_end(),
        format!("0 262144 multipath 3 retain_attached_hw_handler queue_mode bio {rest}")
    );
    assert_eq!(
        table(Rig::new(Rq, 2)).trim_end(),
        format!("0 262144 multipath 0 {rest}")
    );
}

/// What the kernel logs when `table` is loaded over the maps of `rig`.
fn refusal(rig: Rig, table: &str) -> Option<String> {
    let mut config = rig.finished();
    config.maps.push(MapConfig {
        name: "top".into(),
        devno: (252, 1),
        table: table.into(),
        queue: QueueConfig::default(),
    });
    build(&config).err().map(|e| e.to_string())
}

#[test]
fn k62_request_based_does_not_stand_on_what_is_not() {
    let groups = "0 1 1 round-robin 0 1 0 /dev/mapper/mp";
    let rq = format!("0 262144 multipath 0 {groups}");
    let bio = format!("0 262144 multipath 2 queue_mode bio {groups}");
    let text = refusal(Rig::new(Bio, 2), &rq).unwrap();
    assert!(
        text.contains("including non-request-stackable devices"),
        "{text}"
    );
    assert_eq!(refusal(Rig::new(Bio, 2), &bio), None);
    assert_eq!(refusal(Rig::new(Rq, 2), &rq), None);
}

#[test]
fn k63_features_out_of_range_are_refused() {
    let table = |features| format!("0 8 multipath {features} 0 1 1 round-robin 0 1 0 /dev/p0");
    for (features, text) in [
        ("9 a b c d e f g h i", "invalid number of feature args"),
        (
            "2 pg_init_retries 51",
            "pg_init_retries must be between 1 and 50",
        ),
    ] {
        let refused = refusal(Rig::new(Rq, 2), &table(features)).unwrap();
        assert!(refused.contains(text), "{refused}");
    }
    assert_eq!(
        refusal(Rig::new(Rq, 2), &table("2 pg_init_retries 50")),
        None
    );
}
