use super::*;
use crate::formats::kernel_observation::parse;
use crate::models::config::SchedulerName;
use crate::models::device::DeviceConfig;
use crate::sim::Ns;
use serde_json::{Value, json};

fn observation(change: impl FnOnce(&mut Value)) -> Observation {
    let mut value = json!({
        "format": "kernel-observation/1", "id": "x", "group": "merge",
        "cpus": 1, "hz": 250,
        "paths": {
            "kind": "null_blk", "n": 2,
            "common": {"completion_nsec": 4000000, "hw_queue_depth": 8},
            "per": [{"completion_nsec": 100000}, {"completion_nsec": 400000}]
        },
        "table": "0 2097152 multipath 0 0 1 1 round-robin 0 2 1 p0 1 p1 1",
        "path_queue": {"scheduler": "mq-deadline", "max_sectors_kb": 128},
        "dm_queue": {"scheduler": "none", "nomerges": "2"},
        "fio_job": "[j]\nrw=read\n",
        "observed": {"devices": {}, "fio": []}
    });
    change(&mut value);
    parse(&value.to_string(), std::path::Path::new("x"))
        .unwrap()
        .remove(0)
}

fn machine_of(change: impl FnOnce(&mut Value)) -> Result<MachineConfig, ExperimentError> {
    machine(&observation(change))
}

#[test]
fn paths_map_and_host() {
    let m = machine_of(|_| {}).unwrap();
    assert_eq!(m.devices.len(), 2);
    assert_eq!(m.devices[1].name, "p1");
    assert_eq!(m.devices[1].devno, (253, 1));
    let DeviceConfig::NullBlk(p1) = &m.devices[1].device else {
        panic!("p1 is a null_blk")
    };
    assert_eq!(p1.completion_nsec, Ns(400_000));
    assert_eq!(p1.hw_queue_depth, 8);
    assert_eq!(
        m.devices[0].queue.scheduler,
        Some(SchedulerName::MqDeadline)
    );
    assert!(!m.devices[0].queue.limits_before_maps);
    assert_eq!((m.maps[0].name.as_str(), m.maps[0].devno), ("mp", (254, 0)));
    assert_eq!(m.maps[0].queue.nomerges, Some(2));
    assert_eq!(m.host.profile, "lab");
    assert!(m.host.tracing);
}

#[test]
fn scsi_paths() {
    let m = machine_of(|v| {
        v["paths"] = json!({"kind": "scsi_debug", "n": 2, "params": {"add_host": 2,
            "per_host_store": 0, "dev_size_mb": 64, "ndelay": 4000000, "max_queue": 64}});
        v["scsi_queue_depth"] = json!(4);
    })
    .unwrap();
    assert_eq!(m.devices[1].name, "sdb");
    assert_eq!(m.devices[1].devno, (8, 16));
    let DeviceConfig::ScsiDebug(sd) = &m.devices[1].device else {
        panic!("sdb is a scsi_debug disk")
    };
    assert_eq!((sd.max_queue, sd.queue_depth), (64, Some(4)));
}

#[test]
fn notes_and_limits_tell_the_rest() {
    let before =
        machine_of(|v| v["note"] = json!("path max_sectors_kb=128 set before dm table load"));
    assert!(before.unwrap().devices[0].queue.limits_before_maps);
    let inherited = machine_of(|v| v["limits"] = json!({"dm-0": {"max_sectors_kb": "128"}}));
    assert!(inherited.unwrap().devices[0].queue.limits_before_maps);
    let untraced = machine_of(|v| v["note"] = json!("taken without the tracing triggers, which"));
    assert!(!untraced.unwrap().host.tracing);
}

#[test]
fn raw_path_messages_and_iolog() {
    let m = machine_of(|v| {
        v.as_object_mut().unwrap().remove("table");
        v["fio_job"] = json!("[j]\nread_iolog=a.log\n");
        v["note"] = json!("sequential streams of 4 KiB reads: 1 rounds, the i-th at bytes i*1");
        v["messages_before_start"] = json!(["fail_path p1"]);
    })
    .unwrap();
    assert!(m.maps.is_empty());
    assert_eq!(m.workload.iologs[0].0, "a.log");
    assert!(m.workload.iologs[0].1.contains("/dev/p0 read 0 4096\n"));
    assert_eq!(
        m.messages_before_start,
        [("mp".to_owned(), "fail_path p1".to_owned())]
    );
}

#[test]
fn what_was_observed_changes_nothing() {
    let m = machine_of(|v| {
        v["observed"] = json!({"devices": {"p0": {"read_ios": 7}}, "kernel_log": ["x"]})
    });
    assert_eq!(m, machine_of(|_| {}));
}

#[test]
fn what_is_not_understood_is_an_error() {
    let unknown_attribute = machine_of(|v| v["dm_queue"]["colour"] = json!(1)).unwrap_err();
    assert_eq!(
        unknown_attribute.to_string(),
        "dm_queue.colour: this attribute is not supported"
    );
    assert!(machine_of(|v| v["path_queue"]["scheduler"] = json!("cfq")).is_err());
    assert!(machine_of(|v| v["path_queue"]["nomerges"] = json!(-1)).is_err());
    assert!(machine_of(|v| v["paths"]["common"]["colour"] = json!(1)).is_err());
    assert_eq!(
        machine_of(|v| v["set_up"] = json!("by hand")),
        Err(ExperimentError::Unsupported("set_up"))
    );
    assert_eq!(
        machine_of(|v| v["fio_job"] = json!("[j]\nread_iolog=a\n")),
        Err(ExperimentError::Iolog("a".into()))
    );
}

#[test]
fn timeline_parameters_and_timeout() {
    let m = machine_of(|v| {
        v["paths"] = json!({"kind": "scsi_debug", "n": 2, "params": {"ndelay": 4000000}});
        v["scsi_timeout_s"] = json!(2);
        v["module_parameters"] = json!({"dm_multipath.queue_if_no_path_timeout_secs": 1});
        v["actions"] = json!([{"op": "resume", "at_ms": 5.5, "took_ms": 3.0, "rc": 0}]);
    })
    .unwrap();
    let DeviceConfig::ScsiDebug(sd) = &m.devices[0].device else {
        panic!("sda is a scsi_debug disk")
    };
    assert_eq!(sd.timeout, Ns::from_secs(2));
    assert_eq!(m.dm_multipath.queue_if_no_path_timeout_secs, 1);
    assert_eq!(m.actions.len(), 1);
    assert_eq!(m.actions[0].at, Ns::from_us(5_500));
    let unknown = machine_of(|v| v["module_parameters"] = json!({"scsi_mod.x": 1}));
    assert_eq!(
        unknown.unwrap_err().to_string(),
        "module_parameters.scsi_mod.x: this parameter is not supported"
    );
    let negative = json!({"dm_multipath.queue_if_no_path_timeout_secs": -1});
    assert!(machine_of(|v| v["module_parameters"] = negative).is_err());
}
