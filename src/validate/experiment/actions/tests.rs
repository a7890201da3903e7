use super::*;
use crate::formats::kernel_observation::parse;
use serde_json::{Value, json};

fn timeline_of(actions: Value) -> Result<Vec<TimedAction>, ExperimentError> {
    let value = json!({
        "format": "kernel-observation/1", "id": "x", "group": "failover",
        "paths": {"kind": "null_blk", "n": 2},
        "fio_job": "[j]\n",
        "actions": actions,
        "observed": {"status_seen": [{"at_ms": 15.5, "status": "0 8 multipath"}]}
    });
    timeline(&parse(&value.to_string(), std::path::Path::new("x")).unwrap()[0])
}

/// An action with the members of `rest`.
fn action(op: &str, at_ms: f64, rest: Value) -> Value {
    let mut all = json!({"op": op, "at_ms": at_ms, "took_ms": 3.2, "rc": 0});
    all.as_object_mut()
        .unwrap()
        .extend(rest.as_object().unwrap().clone());
    all
}

fn error(op: &str, rest: Value) -> String {
    let all = json!([action(op, 1.0, rest)]);
    timeline_of(all).unwrap_err().to_string()
}

#[test]
fn every_operation_in_order_of_time() {
    let blocks = json!({"device": "p0", "set": true, "first_sector": 0, "last_sector": 511});
    let all = timeline_of(json!([
        action("message", 226.79, json!({"text": "fail_path p0"})),
        action("suspend", 10.0, json!({"noflush": true})),
        action("load_table", 11.0, json!({"table": "0 8 error"})),
        action("resume", 12.0, json!({})),
        action(
            "device_state",
            13.0,
            json!({"device": "sda", "state": "offline"})
        ),
        action("delete_device", 14.0, json!({"device": "sda"})),
        action("scsi_debug", 15.0, json!({"opts": 4, "every_nth": 400})),
        action("scsi_debug", 16.0, json!({"opts": 0})),
        action("bad_blocks", 17.0, blocks),
    ]))
    .unwrap();
    let map = || "mp".to_owned();
    let sda = || "sda".to_owned();
    let found: Vec<Action> = all.iter().map(|timed| timed.action.clone()).collect();
    assert_eq!(
        found,
        [
            Action::Suspend {
                map: map(),
                noflush: true
            },
            Action::LoadTable {
                map: map(),
                table: "0 8 error".to_owned()
            },
            Action::Resume { map: map() },
            Action::DeviceState {
                device: sda(),
                state: DeviceState::Offline
            },
            Action::DeleteDevice { device: sda() },
            Action::ScsiDebug {
                opts: 4,
                every_nth: Some(400)
            },
            Action::Status { map: map() },
            Action::ScsiDebug {
                opts: 0,
                every_nth: None
            },
            Action::BadBlocks {
                device: "p0".to_owned(),
                set: true,
                first_sector: 0,
                last_sector: 511,
            },
            Action::Message {
                map: map(),
                text: "fail_path p0".to_owned()
            },
        ]
    );
    assert_eq!(all[6].at, Ns::from_us(15_500));
    assert_eq!(all[9].at, Ns::from_us(226_790));
}

#[test]
fn what_is_not_understood_is_an_error() {
    assert_eq!(
        error("reboot", json!({})),
        "the action `reboot` is not supported"
    );
    assert_eq!(
        error("message", json!({})),
        "actions[0] (message): `text` is missing"
    );
    assert_eq!(
        error("device_state", json!({"device": "sda", "state": "blocked"})),
        "actions[0] (device_state): the state `blocked` is not supported"
    );
    assert_eq!(
        error("scsi_debug", json!({"opts": -1})),
        "actions[0] (scsi_debug): `opts` is out of range: -1"
    );
    let early = timeline_of(json!([action("resume", -1.0, json!({}))]));
    assert_eq!(
        early.unwrap_err().to_string(),
        "actions[0] (resume): -1 ms is not a time of the run"
    );
}
