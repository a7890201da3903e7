//! What a run says of its faults, where it once said something else; and faults that
//! cannot do what a scenario asks of them are refused.

use std::fmt::Write as _;

use super::support::{
    BOTH, MS, S, end_of, fault, network, outcome_of, parsed, reader, times, told_by,
};
use mpathsim::run::RunError;
use mpathsim::run::outcome::Outcome;
use mpathsim::run::summary::{FailoverSummary, FaultSummary};
use mpathsim::scenario::{self, Mode, ScenarioError};

fn outcome(text: &str, mode: Mode) -> Result<Outcome, RunError> {
    end_of(&parsed(text), mode)
}

fn told(text: &str, mode: Mode) -> FailoverSummary {
    told_by(&outcome_of(&parsed(text), mode), mode)
}

/// What is done to a computer: times in ms, and the rest of the event.
fn timeline(events: &[(u64, &str)]) -> String {
    let mut text = String::new();
    for (at, what) in events {
        let _ = write!(text, "[[timeline]]\nat = \"{at}ms\"\n{what}\n");
    }
    text
}

/// Two null_blk under one map.
fn null_blk(features: &str, job: &str, events: &[(u64, &str)]) -> String {
    format!(
        r#"
[[device]]
name = ["sda", "sdb"]
null_blk = {{ completion = "4ms", hw_queue_depth = 64 }}
[[map]]
selector = "round-robin"
{features}
paths = ["sda", "sdb"]
{}
[[workload.job]]
rw = "randread"
bs = "4k"
iodepth = 8
size = "256k"
runtime = 1
time_based = 1
norandommap = 1
{job}
"#,
        timeline(events)
    )
}

/// Two paths to two ports of an array, under `fabric`, for so many seconds.
fn two_ports(fabric: &str, more: &str, secs: u64, events: &[(u64, &str)]) -> String {
    let disks = [["sda", "hba0", "ctl0.p0"], ["sdb", "hba1", "ctl0.p1"]];
    format!(
        "{}[[map]]\nselector = \"round-robin\"\npaths = [\"sda\", \"sdb\"]\n{more}\n{}{}rate_iops = 100\n",
        network(fabric, "1GiB", "", &disks),
        timeline(events),
        reader("512m", secs)
    )
}

/// What is said of a scenario that is refused, with lines.
fn problems(text: &str) -> Vec<(usize, String)> {
    match scenario::parse("faults", text, &[]) {
        Err(ScenarioError::Invalid { problems, .. }) => {
            let problems = problems.iter();
            problems.map(|p| (p.line, p.message.clone())).collect()
        }
        Err(other) => vec![(0, other.to_string())],
        Ok(_) => Vec::new(),
    }
}

#[test]
fn a_disk_is_one_by_what_it_is_not_by_its_name() {
    for name in ["sa", "sdq", "sdaa"] {
        let path = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/scenarios/failover/explicit-alua.toml"
        );
        let text = std::fs::read_to_string(path).unwrap();
        let text = text.replace("\"sda\"", &format!("\"{name}\""));
        let built = end_of(&parsed(&text), Mode::Request);
        assert!(built.is_ok(), "{name}: {:?}", built.err());
    }
    // A null_blk is none, whatever it is called.
    let handler = "hw_handler = \"1 alua\"";
    let refused = outcome(&null_blk(handler, "", &[]), Mode::Request);
    let why = refused.unwrap_err().to_string();
    assert!(why.contains("error attaching hardware handler"), "{why}");
}

#[test]
fn a_disk_that_was_removed_is_in_no_other_table() {
    let text = two_ports("preset = \"fc-16g\"", "", 5, &[]);
    let two = text.replace(
        "paths = [\"sda\", \"sdb\"]",
        "name = \"a\"\npaths = [\"sda\"]\n[[map]]\nname = \"b\"\nselector = \"round-robin\"\npaths = [\"sdb\"]",
    );
    let two = two.replace(
        "[[workload.job]]",
        "[[workload.job]]\nfilename = \"/dev/mapper/b\"",
    );
    let table = "load = \"0 2097152 multipath 0 0 1 1 round-robin 0 2 0 sda sdb\"";
    let load_b = format!("map = \"b\"\n{table}");
    let load_a = format!("map = \"a\"\n{table}");
    let events = [
        (1000, "device = \"sda\"\ndelete = true"),
        (2000, load_b.as_str()),
        (3000, load_a.as_str()),
    ];
    let told = told(&(two + &timeline(&events)), Mode::Request);
    let error = |map: &str| fault(&told, &format!("dmsetup load {map} ")).error.clone();
    assert_eq!(error("b").as_deref(), Some("No such device"));
    assert_eq!(error("a"), None, "that map has it open");
}

#[test]
fn a_path_fails_before_the_request_that_was_lost_with_it() {
    let events = [
        (200, "device = \"sda\"\nbad_blocks = \"0-511\""),
        (200, "device = \"sdb\"\nbad_blocks = \"0-511\""),
    ];
    for profile in ["none", "lab"] {
        let host = format!("[host]\nprofile = \"{profile}\"\n");
        let text = host + &null_blk("", "", &events);
        let told = told(&text, Mode::Request);
        let log = told.kernel_log.iter().map(|(_, line)| line.as_str());
        let kind = |line: &str| match line {
            l if l.contains("Failing path") => Some("path"),
            l if l.starts_with("I/O error, dev dm-0") => Some("map"),
            _ => None,
        };
        let kinds: Vec<&str> = log.filter_map(kind).take(3).collect();
        assert_eq!(kinds, ["path", "path", "map"], "{profile}");
    }
}

#[test]
fn what_was_refused_ends_nothing() {
    let job = "rate_iops = 500";
    let feature = "features = [\"queue_if_no_path\"]";
    let fails = [
        (200, "message = \"fail_path sda\""),
        (200, "message = \"fail_path sdb\""),
    ];
    let back = [(600, "message = \"reinstate_path sda\"")];
    let refused = [(300, "message = \"foo\"")];
    for mode in BOTH {
        let of = |events: &[(u64, &str)]| {
            let told = told(&null_blk(feature, job, events), mode);
            let fault = fault(&told, "fail_path sdb").clone();
            let queue = (fault.peak_queue_bytes, fault.drained_in_ns);
            (fault.to_full_rate_ns, fault.longest_gap_ns, queue)
        };
        let without = of(&[&fails[..], &back].concat());
        assert!(without.2.0 > 0, "{without:?}");
        assert_eq!(of(&[&fails[..], &refused, &back].concat()), without);
    }
}

#[test]
fn events_of_one_time_and_kind_leave_the_same_queue_behind() {
    let feature = "features = [\"queue_if_no_path\"]";
    let events = [
        (200, "message = \"fail_path sda\""),
        (200, "message = \"fail_path sdb\""),
        (600, "message = \"reinstate_path sda\""),
        (600, "message = \"reinstate_path sdb\""),
    ];
    for mode in BOTH {
        let told = told(&null_blk(feature, "rate_iops = 500", &events), mode);
        let queue = |f: &FaultSummary| (f.peak_queue_bytes, f.drained_in_ns);
        let faults: Vec<_> = told.faults.iter().map(queue).collect();
        assert_eq!(
            (&faults[0], &faults[2]),
            (&faults[1], &faults[3]),
            "{mode:?}"
        );
        assert!(faults[0].0 > 0 && faults[2].1.is_some(), "{faults:?}");
    }
}

#[test]
fn what_spins_without_time_passing_ends_and_says_why() {
    let events = [
        (200, "device = \"sda\"\nbad_blocks = \"0-511\""),
        (200, "device = \"sdb\"\nbad_blocks = \"0-511\""),
    ];
    let text = null_blk("", "continue_on_error = \"all\"", &events);
    for mode in BOTH {
        let why = outcome(&text, mode).unwrap_err();
        assert!(matches!(why, RunError::Spins { .. }), "{why}");
        let why = why.to_string();
        assert!(why.contains("rate_iops") && why.contains("job"), "{why}");
    }
}

#[test]
fn a_job_for_a_time_whose_ios_take_none_ends_and_says_why() {
    let instant = null_blk("", "", &[]).replace("completion = \"4ms\"", "irqmode = 0");
    for mode in BOTH {
        let why = outcome(&instant, mode).unwrap_err();
        assert!(matches!(why, RunError::Spins { .. }), "{why}");
        let why = why.to_string();
        assert!(why.contains("time_based") && why.contains("job"), "{why}");
        // Work of a size ends, however fast it is done.
        let sized = instant.replace("time_based = 1", "io_size = \"20g\"");
        let done = outcome(&sized, mode).unwrap();
        assert_eq!(done.jobs[0].read.as_ref().unwrap().total_ios, 20 << 18);
    }
}

#[test]
fn without_a_path_no_group_is_in_use() {
    let events = [
        (99, "device = \"sda\"\nbad_blocks = \"0-511\""),
        (99, "device = \"sdb\"\nbad_blocks = \"0-511\""),
    ];
    let text = null_blk("features = [\"queue_if_no_path\"]", "iodepth = 1", &events);
    let text = text.replace("iodepth = 8\n", "");
    for mode in BOTH {
        let status = outcome(&text, mode).unwrap().maps[0].status_at_end.clone();
        assert!(
            status.contains(" 1 1 E 0 2 0 sda F 1 sdb F 1"),
            "{mode:?}: {status}"
        );
    }
}

#[test]
fn multipathd_leaves_a_path_alone_whose_port_is_blocked() {
    let dark = [(2000, "on = \"ctl0.p0\"\nfault = \"down\"")];
    let conf = "[multipathd]\nconf = \"defaults {\\nfast_io_fail_tmo off\\n}\"";
    let told = told(
        &two_ports("preset = \"fc-16g\"", conf, 70, &dark),
        Mode::Request,
    );
    let first = told
        .events
        .iter()
        .find(|e| e.what.ends_with("path sda failed"));
    let at = first.map(|e| e.at_ns / MS);
    // dev_loss_tmo is 60 s.
    assert!(
        at.is_some_and(|at| (62_000..63_100).contains(&at)),
        "{at:?}"
    );
}

#[test]
fn over_nvme_a_path_fails_when_the_controller_is_reset() {
    let dark = [(2000, "on = \"ctl0.p0\"\nfault = \"down\"")];
    for more in ["", "[multipathd]\n"] {
        let told = told(
            &two_ports("preset = \"nvme-tcp-25g\"", more, 20, &dark),
            Mode::Request,
        );
        let after = fault(&told, "down").to_path_failed_ns.unwrap();
        // The last ping was answered up to 2.5 s before; 2.5 s + 5 s after it.
        assert!((5 * S..=7 * S + 600 * MS).contains(&after), "{after}");
    }
}

#[test]
fn without_pings_the_timeout_of_a_command_finds_that_nobody_answers() {
    let dark = [(2000, "on = \"ctl0.p0\"\nfault = \"down\"")];
    let fabric = "preset = \"iscsi-10g\"\ntransport = { tcp = \
                  { keep_alive_interval = \"0s\", keep_alive_timeout = \"0s\" } }";
    for mode in BOTH {
        let told = told(&two_ports(fabric, "", 60, &dark), mode);
        let when = |what: &str| {
            let mut events = told.events.iter();
            let found = events.find(|event| event.what.contains(what));
            found
                .unwrap_or_else(|| panic!("no {what}: {:?}", told.events))
                .at_ns
        };
        let timeout = when("command timeout");
        assert!((32 * S..34 * S).contains(&timeout), "{timeout}");
        // Its abort is not answered for 10 s; then the session is given up, and its
        // commands fail 5 s later.
        let given_up = when("port is blocked") - timeout;
        assert!((10 * S..11 * S).contains(&given_up), "{given_up}");
    }
}

#[test]
fn over_nvme_the_timeout_of_a_command_gives_the_controller_up() {
    let dark = [(2000, "on = \"ctl0.p0\"\nfault = \"down\"")];
    let fabric = "preset = \"nvme-tcp-25g\"\n\
                  transport = { tcp = { protocol = \"nvme\", keep_alive_timeout = \"0s\" } }";
    let told = told(&two_ports(fabric, "", 60, &dark), Mode::Request);
    let mut events = told.events.iter();
    let blocked = events.find(|e| e.what.contains("port is blocked")).unwrap();
    assert!((32 * S..34 * S).contains(&blocked.at_ns), "{blocked:?}");
}

#[test]
fn eh_deadline_leads_to_the_reset_of_the_host() {
    let silent = [(2000, "on = \"ctl0.p0\"\nfault = \"black_hole\"")];
    let text = two_ports("preset = \"fc-16g\"", "", 100, &silent);
    let resets = |text: &str| {
        let told = told(text, Mode::Request);
        let resets = told.events.iter().filter(|e| e.what.contains(" reset "));
        resets.map(|e| e.what.clone()).collect::<Vec<_>>()
    };
    assert!(resets(&text).iter().any(|what| what.contains("LUN reset")));
    let text = text.replace(
        "name = \"hba0\"\n",
        "name = \"hba0\"\neh_deadline = \"5s\"\n",
    );
    let late = resets(&text);
    assert!(
        late.iter().all(|what| what.contains("host reset")) && !late.is_empty(),
        "{late:?}"
    );
}

#[test]
fn what_cannot_be_is_refused_where_it_stands() {
    let of_network =
        |event: &str| problems(&two_ports("preset = \"fc-16g\"", "", 3, &[(1000, event)]));
    for (event, says) in [
        ("device = \"sda\"\ndelete = false", "does nothing"),
        ("resume = false", "does nothing"),
        (
            "on = \"lun0\"\nfault = { medium_error = [15, 8] }",
            "first and last",
        ),
        (
            "on = \"lun0\"\nfault = { medium_error = [2097152, 2097160] }",
            "beyond",
        ),
        (
            "on = \"ctl0.p0\"\nfault = \"down\"\nfor = \"0s\"",
            "no time",
        ),
        ("scsi_debug = { opts = 64 }", "inject nothing"),
    ] {
        let found = of_network(event);
        let line_is_told = found.iter().all(|(line, _)| *line > 20);
        let is_said = found.iter().any(|(_, message)| message.contains(says));
        assert!(is_said && line_is_told, "{event}: {found:?}");
    }
    let text = two_ports("preset = \"fc-16g\"", "", 3, &[]);
    let swapped = [(
        "lun = \"lun0\" }\n[[map]]",
        "lun = \"lun0\", timeout = \"0s\" }\n[[map]]",
        "`timeout`",
    )];
    for (from, to, says) in swapped {
        assert!(text.contains(from), "{from}");
        let found = problems(&text.replace(from, to));
        let is_said = |(line, message): &(usize, String)| *line > 0 && message.contains(says);
        assert!(found.iter().any(is_said), "{to}: {found:?}");
    }
}

#[test]
fn what_does_nothing_is_warned_of_where_it_stands() {
    let event = "scsi_debug = { opts = 4, every_nth = 2 }";
    let text = two_ports("preset = \"fc-16g\"", "", 3, &[(1000, event)]);
    let second = "initiator = \"hba1\", target = \"ctl0.p1\"";
    let text = text.replace(second, "initiator = \"hba0\", target = \"ctl0.p0\"");
    let tmo = "transport = { fc = { fast_io_fail_tmo = \"5s\", dev_loss_tmo = \"3s\" } }";
    let text = text.replace("[fabric]\n", &format!("[fabric]\n{tmo}\n"));
    let warnings = parsed(&text).warnings;
    for says in [
        "no disk of scsi_debug",
        "the same LUN through",
        "the kernel refuses that",
    ] {
        let is_said = |w: &&String| w.contains(says) && w.contains("faults:");
        assert!(warnings.iter().any(|w| is_said(&w)), "{warnings:?}");
    }
}

#[test]
fn a_lun_that_cannot_move_is_told_of() {
    let events = [
        (500, "on = \"ctl1\"\nfault = \"down\""),
        (1000, "move = { lun = \"lun0\", to = \"ctl1\" }"),
    ];
    let told = told(
        &two_ports("preset = \"fc-16g\"", "", 3, &events),
        Mode::Request,
    );
    assert_eq!(times(&told, "lun0 stays where it is: ctl1 is down"), [1000]);
}
