//! Tables, reloads and messages against what a Linux 6.1 kernel answered:
//! return codes, `dmsetup` output, table, status and kernel log, verbatim.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::path::Path;

use mpathsim::models::dm::message::{dmsetup_failure, message};
use mpathsim::models::dm::table::{LoadError, Table, Target};
use mpathsim::models::io::DevId;
use mpathsim::models::mpath::selector::{SelectCtx, SelectorEnv, StatusType};
use mpathsim::models::mpath::{
    CtrEnv, DeviceInfo, DeviceLookup, DhResult, Errno, MapBio, MapRq, Multipath, QueueMode,
};
use mpathsim::sim::Ns;
use serde_json::Value;

const NULL_BLK_SECTORS: u64 = 2_097_152;

/// The devices of the computer the observations were made on.
struct Computer(Vec<DeviceInfo>);

impl Computer {
    /// `own` is the number of the device under test, called `t` or `mp`.
    fn new(own: (u32, u32), own_name: &str) -> Self {
        let disk = |name: &str, devno, sectors, mq| DeviceInfo {
            name: name.into(),
            devno,
            sectors,
            mq,
            ..DeviceInfo::default()
        };
        let mut devices: Vec<DeviceInfo> = (0..4)
            .map(|n| disk(&format!("p{n}"), (253, n), NULL_BLK_SECTORS, true))
            .collect();
        devices.push(disk("p4", (253, 4), NULL_BLK_SECTORS / 2, true));
        devices.push(disk("p5", (253, 5), NULL_BLK_SECTORS, false));
        for (name, minor) in [("sda", 0), ("sdb", 16)] {
            devices.push(DeviceInfo {
                scsi: true,
                handler: Some("alua".into()),
                ..disk(name, (8, minor), 131_072, true)
            });
        }
        // The stacking cases: delay, linear, request- and bio-based multipath.
        for minor in (0..4).filter(|_| own == (254, 4)) {
            let name = format!("dm-{minor}");
            devices.push(disk(&name, (254, minor), NULL_BLK_SECTORS, minor == 2));
        }
        devices.push(disk(own_name, own, 0, false));
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

fn env<'a>(computer: &'a Computer, name: &'a str) -> CtrEnv<'a> {
    CtrEnv {
        name,
        lookup: computer,
        selectors: SelectorEnv::default(),
        nopath_timeout: Ns::ZERO,
    }
}

fn cases() -> Vec<Value> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/ground-truth/interface");
    let text = std::fs::read_to_string(path.join("dmsetup.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

fn text<'a>(case: &'a Value, key: &str) -> &'a str {
    case[key].as_str().unwrap_or_default()
}

fn lines(value: &Value) -> Vec<String> {
    let lines = value.as_array().into_iter().flatten();
    lines.map(|l| l.as_str().unwrap().to_string()).collect()
}

fn print(table: &Table, kind: StatusType, computer: &Computer) -> String {
    table.print(kind, |dev, out| {
        out.push_str(&computer.info(dev).devno_text())
    })
}

/// One read finds its way to a path; paths that need it are activated first.
fn read_once(m: &mut Multipath) {
    let ctx = SelectCtx {
        nr_bytes: 16384,
        ..SelectCtx::default()
    };
    for _ in 0..2 {
        let mapped = match m.mode() {
            QueueMode::Bio => matches!(m.map_bio(&ctx), MapBio::Remapped(_) | MapBio::Kill),
            QueueMode::Rq => matches!(m.map_rq(&ctx), MapRq::Remapped(_) | MapRq::Kill),
        };
        if mapped {
            return;
        }
        for activation in m.take_activations() {
            assert!(m.activation_begins(activation.path, false));
            let _ = m.pg_init_done(activation.path, DhResult::Ok);
        }
    }
}

/// Status after the reads of the observation. What they took is not known
/// here: the figures of historical-service-time are left out.
fn without_times(status: &str) -> String {
    match status.split_once(" E 2 ").or(status.split_once(" A 2 ")) {
        Some((head, _)) if status.contains(" 2 3 ") => head.into(),
        _ => status.into(),
    }
}

fn loaded(result: &Result<Table, LoadError>, device: &str) -> (i64, String) {
    match result {
        Ok(_) => (0, String::new()),
        Err(LoadError::Kernel(errno)) => (1, dmsetup_failure("reload", device, *errno)),
        Err(error) => (1, error.to_string()),
    }
}

fn check_load(case: &Value) {
    let id = text(case, "id");
    let observed = &case["observed"];
    let own = if id.starts_with("k-") {
        (254, 4)
    } else {
        (254, 0)
    };
    let name = format!("{}:{}", own.0, own.1);
    let computer = Computer::new(own, "t");
    let env = env(&computer, &name);
    let mut log = Vec::new();

    let result = Table::load(text(case, "table"), &env, None, &mut log);
    let (rc, output) = loaded(&result, "t");
    assert_eq!(rc, observed["load_rc"], "{id}: rc, log {log:?}");
    assert_eq!(output, text(observed, "load_output"), "{id}");
    if let Ok(mut table) = result {
        let table_text = print(&table, StatusType::Table, &computer);
        assert_eq!(table_text, text(observed, "table"), "{id}");
        let status = print(&table, StatusType::Info, &computer);
        assert_eq!(status, text(observed, "status"), "{id}");
        if let Target::Multipath(m) = &mut table.targets[0].target {
            read_once(m);
        }
        let status = print(&table, StatusType::Info, &computer);
        let expected = text(observed, "status_after_io");
        assert_eq!(without_times(&status), without_times(expected), "{id}");
        if case["kind"] == "reload" {
            check_reload(case, &env, &table, &computer, &mut log);
        }
    }
    let mut expected = lines(&observed["kernel_log"]);
    expected.retain(|line| line.starts_with("device-mapper"));
    assert_eq!(log, expected, "{id}");
}

fn check_reload(
    case: &Value,
    env: &CtrEnv,
    live: &Table,
    computer: &Computer,
    log: &mut Vec<String>,
) {
    let id = text(case, "id");
    let observed = &case["observed"];
    let result = Table::load(text(case, "reload"), env, Some(live), log);
    let (rc, output) = loaded(&result, "t");
    assert_eq!(rc, observed["reload_rc"], "{id}: rc, log {log:?}");
    assert_eq!(output, text(observed, "reload_output"), "{id}");
    let now = result.as_ref().unwrap_or(live);
    let table = print(now, StatusType::Table, computer);
    assert_eq!(table, text(observed, "table_after_reload"), "{id}");
    let status = print(now, StatusType::Info, computer);
    assert_eq!(status, text(observed, "status_after_reload"), "{id}");
}

#[test]
fn tables_are_taken_or_refused_as_the_kernel_does() {
    let cases = cases();
    let loads = cases.iter().filter(|case| case["kind"] != "messages");
    assert_eq!(loads.clone().map(check_load).count(), 85);
}

#[test]
fn messages_are_answered_as_the_kernel_does() {
    let cases = cases();
    let case = cases
        .iter()
        .find(|case| case["kind"] == "messages")
        .unwrap();
    let computer = Computer::new((254, 0), "mp");
    let env = env(&computer, "254:0");
    let mut table = Table::load(text(case, "table"), &env, None, &mut Vec::new()).unwrap();
    if let Target::Multipath(m) = &mut table.targets[0].target {
        read_once(m);
    }
    let steps = case["observed"]["steps"].as_array().unwrap();
    for step in steps {
        let sent = text(step, "message");
        if sent.contains(" -") {
            continue; // an option to dmsetup: never reaches the kernel
        }
        let mut log = Vec::new();
        let result = message(&mut table, 0, sent, &computer, &mut log);
        let output = result.err().map(|errno: Errno| {
            let complaint = if sent.is_empty() {
                "No message supplied.\n"
            } else {
                ""
            };
            format!("{complaint}{}", dmsetup_failure("message", "mp", errno))
        });
        assert_eq!(output.unwrap_or_default(), text(step, "output"), "{sent:?}");
        assert_eq!(log, lines(&step["kernel_log"]), "{sent:?}");
        let status = print(&table, StatusType::Info, &computer);
        assert_eq!(status, text(step, "status"), "{sent:?}");
        let table_text = print(&table, StatusType::Table, &computer);
        assert_eq!(table_text, text(step, "table"), "{sent:?}");
    }
    assert_eq!(steps.len(), 43);
}

fn load(text: &str, live: Option<&Table>) -> (Result<Table, LoadError>, Vec<String>) {
    let mut computer = Computer::new((254, 0), "t");
    computer.0.push(DeviceInfo {
        name: "sda1".into(),
        devno: (8, 1),
        sectors: 65_536,
        mq: true,
        partition: true,
        ..DeviceInfo::default()
    });
    let mut log = Vec::new();
    let result = Table::load(text, &env(&computer, "254:0"), live, &mut log);
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
    let computer = Computer::new((254, 0), "t");
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
