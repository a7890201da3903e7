//! Target 15: what request-based multipath costs where the CPU is the limit.

use mpathsim::scenario::Mode;

use super::summary;
use super::table::judge;

/// linux-nvme, February 2016: 1.0 of 1.9 million IOPS, ± 20 %.
#[test]
fn t15_request_mode_over_null_blk_keeps_about_half() {
    let raw = summary("cpu-ceiling", Mode::Single, &[]);
    let dm = summary("cpu-ceiling", Mode::Request, &[]);
    let ratio = dm.application.iops / raw.application.iops;
    judge("15a", &[ratio], 0.424..=0.636);
    judge("A15", &[ratio], 0.424..=0.636);
}
