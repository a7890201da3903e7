//! `balance`: shares, throughput and latency.

use super::counts;
use super::figure::{Figure, Tolerance};
use super::performance::{self, Limits};
use crate::formats::kernel_observation::{Observation, Observed};

const LIMITS: Limits = Limits {
    iops: Tolerance::relative(0.02),
    mean_latency: Tolerance::relative(0.03),
    p99: Some(Tolerance::relative(0.10)),
};

/// The figures of a case.
pub fn figures(observation: &Observation, ours: &Observed) -> Vec<Figure> {
    let mut all = counts::shares(observation, ours, share_tolerance(observation));
    all.extend(performance::figures(observation, ours, LIMITS));
    all
}

/// historical-service-time measures the paths, and differs between two runs of
/// the kernel.
fn share_tolerance(observation: &Observation) -> Tolerance {
    let table = observation.table.as_deref().unwrap_or_default();
    if table.contains("historical-service-time") {
        Tolerance::absolute(0.02)
    } else {
        Tolerance::absolute(0.01)
    }
}
