//! The legacy propositions: single queues of 2.6.25 and 2.6.31, HZ = 1000
//! unless said otherwise.

mod congestion;
mod multipath;
mod plugging;
mod requests;
mod schedulers;
mod scsi;

use mpathsim::models::io::{Flags, Op};
use mpathsim::models::kernel::Kernel;
use mpathsim::models::workload::script::{ScriptBio, ScriptStep};
use mpathsim::sim::Ns;

use crate::rig::*;

const L25: Kernel = Kernel::V2_6_25;
const L31: Kernel = Kernel::V2_6_31;

fn alternating(first: usize, n: usize) -> Vec<&'static str> {
    (0..n).map(|i| ["p0", "p1"][(i + first) % 2]).collect()
}

/// Each write waits for the one before.
fn one_by_one(n: u64) -> Vec<ScriptStep> {
    let steps = (0..n).flat_map(|i| [write(2 * i), ScriptStep::Wait]);
    steps.collect()
}

/// Submits `steps`, then lets the timers run.
fn and_rest(steps: impl IntoIterator<Item = ScriptStep>) -> Vec<ScriptStep> {
    let mut all: Vec<ScriptStep> = steps.into_iter().collect();
    all.push(ScriptStep::Sleep(Ns::from_ms(50)));
    all
}

fn sync_write(page: u64) -> ScriptStep {
    ScriptStep::Bio(ScriptBio {
        flags: Flags::SYNC,
        ..ScriptBio::new(Op::Write, page * 8, 8)
    })
}
