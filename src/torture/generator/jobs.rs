//! What the application does.

use super::Dice;
use crate::torture::case::{Case, Cpu, Job};

/// One or two jobs on the map; now and then one on a path itself.
pub fn jobs(d: &mut Dice, case: &Case) -> Vec<Job> {
    let mut jobs = vec![job(d, case, None)];
    if d.chance(30) {
        jobs.push(job(d, case, None));
    }
    if d.chance(8) {
        let device = d.below(case.devices.len() as u64) as usize;
        jobs.push(job(d, case, Some(device)));
    }
    jobs
}

/// A job on `device`, or on a map.
pub fn job(d: &mut Dice, case: &Case, device: Option<usize>) -> Job {
    let depth = d.magnitude(1, 64) as u32;
    let ios = d.magnitude(10, 300);
    let bs = d.of(&["512", "4k", "4k", "4k", "12k", "64k", "256k"]);
    let mut lines = vec![
        format!(
            "rw={}",
            d.of(&["read", "write", "rw", "randread", "randwrite", "randrw"])
        ),
        format!("bs={bs}"),
        format!("size={}m", d.of(&[1, 4])),
        format!(
            "ioengine={}",
            d.of(&["libaio", "libaio", "libaio", "psync"])
        ),
    ];
    if d.chance(50) {
        let batch = d.between(1, u64::from(depth));
        lines.push(format!("iodepth_batch={batch}"));
        let least = d.between(1, u64::from(depth));
        lines.push(format!("iodepth_batch_complete_min={least}"));
    }
    if d.chance(15) {
        lines.push(format!("fsync={}", d.between(1, 16)));
    }
    if d.chance(10) {
        lines.push("sync=1".into());
    }
    if d.chance(15) {
        lines.push(format!("thinktime={}", d.magnitude(10, 2000)));
    }
    if d.chance(15) {
        lines.push(format!("rate_iops={}", d.magnitude(500, 50_000)));
    }
    if d.chance(20) {
        lines.push("norandommap=1".into());
    }
    if case.cpu != Cpu::Free && d.chance(80) {
        // A job that skips errors goes on until all its bytes are there.
        lines.push("continue_on_error=all".into());
        lines.push("runtime=1".into());
    }
    Job {
        device,
        ios,
        depth,
        clones: d.of(&[1, 1, 1, 2, 3]),
        lines,
    }
}
