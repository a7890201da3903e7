//! Target 15: what request-based multipath costs where the CPU is the limit.

use mpathsim::scenario::Mode;

use super::summary;
use super::table::{effect, judge, told};

/// linux-nvme, February 2016: 1.0 of 1.9 million IOPS, ± 20 %.
#[test]
fn t15_request_mode_over_null_blk_keeps_about_half() {
    let iops = |mode, set: &[&str]| summary("cpu-ceiling", mode, set).application.iops;
    let raw = iops(Mode::Single, &[]);
    let ratio = iops(Mode::Request, &[]) / raw;
    judge("15a", &[ratio], 0.424..=0.636);
    effect("A15", ratio, 0.53);
    let scheduled = iops(Mode::Request, &["map.0.queue.scheduler=\"mq-deadline\""]);
    told("15a", &[("0.63", scheduled / raw)]);
}
