use super::*;
use crate::formats::kernel_observation::parse;
use serde_json::{Value, json};

fn observation(mut members: Value) -> Observation {
    members["format"] = json!("kernel-observation/1");
    members["group"] = json!("interface");
    if members["id"].is_null() {
        members["id"] = json!("x");
    }
    members["observed"] = json!({"load_rc": 7, "kernel_log": ["not looked at"]});
    parse(&members.to_string(), std::path::Path::new("x"))
        .unwrap()
        .remove(0)
}

fn of_table(id: &str, table: &str) -> Observed {
    let case = json!({"kind": "table", "id": id, "table": table});
    simulate(&observation(case)).unwrap()
}

fn error(members: Value) -> String {
    simulate(&observation(members)).unwrap_err().to_string()
}

#[test]
fn what_is_not_supported_is_said() {
    let table = "0 8 error";
    assert_eq!(
        error(json!({"kind": "dance", "table": table})),
        "kind `dance` is not supported"
    );
    assert_eq!(error(json!({"table": table})), "`kind` is missing");
    assert_eq!(error(json!({"kind": "table"})), "`table` is missing");
    assert_eq!(
        error(json!({"kind": "reload", "table": table})),
        "`reload` is missing"
    );
    let options = json!({"kind": "messages", "table": table, "messages": ["a -v"]});
    assert_eq!(error(options), "option `-v` of dmsetup is not supported");
    let refused = error(json!({"kind": "messages", "table": "0 8 multipath"}));
    assert!(
        refused.contains("invalid number of feature args"),
        "{refused}"
    );
}

#[test]
fn a_read_that_never_ends_is_an_error() {
    for features in ["1 queue_if_no_path", "3 queue_if_no_path queue_mode bio"] {
        let table = format!("0 2097152 multipath {features} 0 0 0");
        let error = error(json!({"kind": "table", "table": table}));
        assert!(error.starts_with("the read: endless"), "{error}");
    }
}

#[test]
fn a_read_that_fails_is_logged_by_who_sees_it() {
    let buffer = "Buffer I/O error on dev dm-0, logical block 0, async page read";
    for table in [
        "0 2097152 error",
        "0 2097152 multipath 2 queue_mode bio 0 0 0",
    ] {
        let seen = of_table("v", table);
        assert_eq!(seen.interface.read_16k_rc, Some(1), "{table}");
        assert_eq!(seen.kernel_log.unwrap(), [buffer], "{table}");
    }
}

#[test]
fn maps_stand_on_whatever_takes_their_io() {
    let bio = "multipath 2 queue_mode bio 0 1 1 round-robin 0 1 1";
    for below in ["253:5", "254:0", "254:1", "254:2", "254:3"] {
        let seen = of_table("k-x", &format!("0 2097152 {bio} {below} 1"));
        let expected = format!("0 2097152 multipath 2 0 0 0 1 1 A 0 1 0 {below} A 0");
        assert_eq!(seen.interface.read_16k_rc, Some(0), "{below}");
        assert_eq!(seen.interface.status_after_io, Some(expected));
    }
    let mq = "multipath 0 0 1 1 round-robin 0 1 1";
    for (below, rc) in [("253:5", 1), ("254:1", 1), ("254:2", 0), ("254:3", 1)] {
        let seen = of_table("k-x", &format!("0 2097152 {mq} {below} 1"));
        assert_eq!(seen.interface.load_rc, Some(rc), "{below}");
    }
}

#[test]
fn a_device_may_be_smaller_than_the_read() {
    for sectors in [1, 3, 8, 31] {
        let seen = of_table("v", &format!("0 {sectors} linear 253:0 0"));
        assert_eq!(seen.interface.read_16k_rc, Some(0), "{sectors}");
    }
}

#[test]
fn a_replacement_that_does_not_fit_is_not_taken() {
    let case = json!({"kind": "reload", "table": "0 8 linear 253:0 0",
        "reload": "0 4194304 linear 253:0 0"});
    let seen = simulate(&observation(case)).unwrap();
    assert_eq!(seen.interface.reload_rc, Some(0));
    assert_eq!(
        seen.interface.table_after_reload.as_deref(),
        Some("0 8 linear 253:0 0")
    );
    assert_eq!(
        seen.kernel_log.unwrap(),
        [
            "device-mapper: table: 254:0: p0 too small for target: start=0, len=4194304, \
          dev_size=2097152"
        ]
    );
}

#[test]
fn a_handler_activates_paths_between_messages() {
    let case = json!({"kind": "messages",
        "table": "0 131072 multipath 0 1 alua 2 1 round-robin 0 1 1 8:0 1 round-robin 0 1 1 8:16 1",
        "messages": ["fail_path 8:0", "reinstate_path 8:0", "switch_group 2"]});
    let seen = simulate(&observation(case)).unwrap();
    let status: Vec<&str> = seen
        .interface
        .steps
        .iter()
        .map(|step| step.status.as_str())
        .collect();
    assert_eq!(
        status,
        [
            "0 131072 multipath 2 0 1 0 2 1 A 0 1 0 8:0 F 1 E 0 1 0 8:16 A 0",
            "0 131072 multipath 2 0 1 0 2 1 A 0 1 0 8:0 A 1 E 0 1 0 8:16 A 0",
            "0 131072 multipath 2 0 1 0 2 2 E 0 1 0 8:0 A 1 E 0 1 0 8:16 A 0",
        ]
    );
}
