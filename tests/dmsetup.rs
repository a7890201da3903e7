//! Tables that the observations of a real kernel do not have; those that they
//! have are compared in `ground_truth.rs`.
#![allow(clippy::unwrap_used, clippy::panic)]

use mpathsim::models::dm::table::{LoadError, Table};
use mpathsim::models::io::DevId;
use mpathsim::models::mpath::balancer::SelectorEnv;
use mpathsim::models::mpath::selector::StatusType;
use mpathsim::models::mpath::{CtrEnv, DeviceInfo, DeviceLookup, QueueMode};
use mpathsim::sim::Ns;

const NULL_BLK_SECTORS: u64 = 2_097_152;

/// Four disks, a partition, and the dm device `t` itself.
struct Computer(Vec<DeviceInfo>);

impl Computer {
    fn new() -> Self {
        let disk = |name: &str, devno, sectors| DeviceInfo {
            name: name.into(),
            devno,
            sectors,
            mq: true,
            ..DeviceInfo::default()
        };
        let mut devices: Vec<DeviceInfo> = (0..4)
            .map(|n| disk(&format!("p{n}"), (253, n), NULL_BLK_SECTORS))
            .collect();
        devices.push(DeviceInfo {
            partition: true,
            ..disk("sda1", (8, 1), 65_536)
        });
        devices.push(disk("t", (254, 0), 0));
        Computer(devices)
    }
}

impl DeviceLookup for Computer {
    fn by_path(&self, path: &str) -> Option<DevId> {
        let name = path.rsplit('/').next()?;
        let found = self.0.iter().position(|d| d.name == name)?;
        Some(DevId(found as u16))
    }
    fn by_devno(&self, devno: (u32, u32)) -> Option<DevId> {
        let found = self.0.iter().position(|d| d.devno == devno)?;
        Some(DevId(found as u16))
    }
    fn info(&self, dev: DevId) -> DeviceInfo {
        self.0[usize::from(dev.0)].clone()
    }
}

fn print(table: &Table, kind: StatusType, computer: &Computer) -> String {
    table.print(kind, |dev, out| {
        out.push_str(&computer.info(dev).devno_text())
    })
}

fn load(text: &str, live: Option<&Table>) -> (Result<Table, LoadError>, Vec<String>) {
    let env = CtrEnv {
        name: "254:0",
        lookup: &Computer::new(),
        selectors: SelectorEnv::default(),
        nopath_timeout: Ns::ZERO,
        legacy: None,
    };
    let mut log = Vec::new();
    let result = Table::load(text, &env, live, &mut log);
    (result, log)
}

#[test]
fn k62_a_partition_carries_bio_mode_only() {
    let groups = "0 1 1 round-robin 0 1 0 8:1";
    let (rq, log) = load(&format!("0 65536 multipath 0 {groups}"), None);
    assert!(rq.is_err());
    assert_eq!(
        log[0],
        "device-mapper: table: table load rejected: including non-request-stackable devices"
    );
    let (bio, _) = load(
        &format!("0 65536 multipath 2 queue_mode bio {groups}"),
        None,
    );
    let live = bio.unwrap();
    assert_eq!(live.mode, QueueMode::Bio);
    let reload = "0 65536 multipath 0 0 1 1 round-robin 0 1 0 253:0";
    let (reloaded, log) = load(reload, Some(&live));
    assert!(reloaded.is_err());
    assert_eq!(
        log,
        [
            "device-mapper: ioctl: can't change device type (old=1 vs new=2) \
          after initial table load."
        ]
    );
}

#[test]
fn several_targets_make_one_device() {
    let text = "# comment\n0 1000 linear 253:0 24\n\n1000 24 striped 3 8 253:1 0 253:2 0 253:3 8\n\
                1024 8 error\n1032 8 delay 253:0 0 5 253:1 0 7\n";
    let table = load(text, None).0.unwrap();
    assert_eq!(table.sectors(), 1040);
    assert_eq!(table.find(999), Some(0));
    assert_eq!(table.find(1000), Some(1));
    assert_eq!(table.find(1040), None);
    assert_eq!(table.targets[0].max_io(990), 10);
    assert_eq!(table.targets[1].max_io(1003), 5);
    let computer = Computer::new();
    assert_eq!(
        print(&table, StatusType::Table, &computer),
        "0 1000 linear 253:0 24\n1000 24 striped 3 8 253:1 0 253:2 0 253:3 8\n\
         1024 8 error\n1032 8 delay 253:0 0 5 253:1 0 7"
    );
    assert_eq!(
        print(&table, StatusType::Info, &computer),
        "0 1000 linear\n1000 24 striped 3 253:1 253:2 253:3 1 AAA\n1024 8 error\n1032 8 delay 0 0 0"
    );
}

#[test]
fn lines_of_other_targets_are_checked() {
    let prefix = "device-mapper: table: 254:0:";
    for (text, complaint) in [
        ("0 8 nosuch", "nosuch: unknown target type"),
        (
            "0 8 linear 253:0",
            "linear: Invalid argument count (-EINVAL)",
        ),
        (
            "0 8 linear 253:0 x",
            "linear: Invalid device sector (-EINVAL)",
        ),
        ("0 8 linear 9:9 0", "linear: Device lookup failed (-ENXIO)"),
        (
            "0 8 linear 253:1048576 0",
            "linear: Device lookup failed (-EOVERFLOW)",
        ),
        (
            "0 8 linear /dev/nosuch 0",
            "linear: Device lookup failed (-ENODEV)",
        ),
        (
            "0 8 striped 0 8 253:0 0",
            "striped: Invalid stripe count (-EINVAL)",
        ),
        (
            "0 8 delay 253:0 0",
            "delay: Requires exactly 3, 6 or 9 arguments (-EINVAL)",
        ),
        (
            "0 8 linear 253:0 0\n8 8 multipath 0 0 0 0",
            "multipath: singleton target type must appear alone in table (-EINVAL)",
        ),
        (
            "0 8 linear 253:0 0\n9 8 error",
            "error: Gap in table (-EINVAL)",
        ),
    ] {
        let (result, log) = load(text, None);
        assert!(matches!(result, Err(LoadError::Kernel(_))), "{text}");
        assert_eq!(log[0], format!("{prefix} {complaint}"));
    }
    assert_eq!(load("0 8", None).0.unwrap_err(), LoadError::Syntax(1));
}
