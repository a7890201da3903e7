//! Target 15: what request-based multipath costs where the CPU is the limit.

use mpathsim::scenario::Mode;

use super::summary;
use super::table::{effect, judge, told};

/// IOPS of scenario `name`.
fn iops(name: &str, mode: Mode, set: &[&str]) -> f64 {
    summary(name, mode, set).application.iops
}

/// linux-nvme, February 2016: 1.0 of 1.9 million IOPS, ± 20 %.
#[test]
fn t15_request_mode_over_null_blk_keeps_about_half() {
    let raw = iops("cpu-ceiling", Mode::Single, &[]);
    let ratio = iops("cpu-ceiling", Mode::Request, &[]) / raw;
    judge("15a", &[ratio], 0.424..=0.636);
    effect("A15a", ratio, 0.53);
    let set = ["map.0.queue.scheduler=\"mq-deadline\""];
    let scheduled = iops("cpu-ceiling", Mode::Request, &set);
    told("15a", &[("0.62", scheduled / raw)]);
}

/// Commit bfebd1cdb497, 2015: some 20 % of the device through a queue under a lock, all
/// of it over blk-mq.
#[test]
fn t15_a_queue_under_a_lock_keeps_a_fifth() {
    let name = "blk-mq-conversion";
    let raw = iops(name, Mode::Single, &[]);
    let under_a_lock = [
        "kernel=\"2.6.31\"",
        "device.0.queue.scheduler=\"noop\"",
        "map.0.queue.scheduler=\"noop\"",
    ];
    let old = iops(name, Mode::Request, &under_a_lock);
    let new = iops(name, Mode::Request, &[]);
    judge("15b", &[old / raw], 0.16..=0.24);
    judge("15c", &[new / raw], 0.8..=1.2);
    effect("A15b", new / old, 5.0);
}

/// dm-devel, October 2020: io-affinity, a CPU a path.
#[test]
fn t15_a_path_for_each_cpu() {
    let gain = |set: &[&str]| {
        let affine = iops("io-affinity", Mode::Request, set);
        let paths: Vec<String> = (0..16).map(|n| format!("\"p{n}\"")).collect();
        let paths = format!("map.0.paths=[{}]", paths.join(", "));
        let other = ["map.0.selector=\"service-time\"", paths.as_str()];
        let set: Vec<&str> = set.iter().copied().chain(other).collect();
        affine / iops("io-affinity", Mode::Request, &set)
    };
    let percent = |gain: f64| 100.0 * (gain - 1.0);
    let fast = gain(&[]);
    judge("15d", &[percent(fast)], 20.0..=30.0);
    effect("A15c", fast, 1.25);
    let slow = gain(&["device.0.port.per_request=\"11.1us\""]);
    judge("15e", &[percent(slow)], 1.6..=6.0);
    effect("A15d", slow, 1.035);
}
