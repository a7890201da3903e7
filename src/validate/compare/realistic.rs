//! `realistic`: shares, merges, throughput and latency.

use super::counts;
use super::figure::{Figure, Tolerance};
use super::performance::{self, Limits};
use crate::formats::kernel_observation::{Observation, Observed};
use crate::validate::experiment::MAP_KERNEL_NAME;

const SHARE: Tolerance = Tolerance::absolute(0.03);
/// A few merges happen by chance among random I/O, differently in two runs of
/// the kernel: one or two of them are no difference.
const MERGES: Tolerance = Tolerance::either(0.05, 2.0);
const LIMITS: Limits = Limits {
    iops: Tolerance::relative(0.05),
    mean_latency: Tolerance::relative(0.08),
    p99: None,
};

/// The figures of a case.
pub fn figures(observation: &Observation, ours: &Observed) -> Vec<Figure> {
    let mut all = counts::shares(observation, ours, SHARE);
    all.extend(merges(observation, ours));
    all.extend(performance::figures(observation, ours, LIMITS));
    all
}

/// Merges at the dm device, and at all paths together.
fn merges(observation: &Observation, ours: &Observed) -> Vec<Figure> {
    let paths = counts::paths(observation);
    let map = [MAP_KERNEL_NAME.to_owned()];
    let figure = |name: &str, devices: &[String]| {
        let runs: Vec<f64> = observation
            .runs()
            .iter()
            .map(|run| merges_at(run, devices))
            .collect();
        Figure::new(name, &runs, merges_at(ours, devices), MERGES)
    };
    let at_paths = figure("merges at the paths", &paths);
    match observation.table {
        Some(_) => vec![figure("merges at dm-0", &map), at_paths],
        None => vec![at_paths],
    }
}

fn merges_at(run: &Observed, devices: &[String]) -> f64 {
    let merges: u64 = devices
        .iter()
        .filter_map(|name| run.devices.get(name))
        .map(|stat| stat.read_merges + stat.write_merges)
        .sum();
    merges as f64
}
