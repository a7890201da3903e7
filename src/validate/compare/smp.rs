//! `smp`: shares alone, as those runs had no virtual clock.

use super::counts;
use super::figure::{Figure, Tolerance};
use crate::formats::kernel_observation::{Observation, Observed};

/// The figures of a case.
pub fn figures(observation: &Observation, ours: &Observed) -> Vec<Figure> {
    counts::shares(observation, ours, Tolerance::absolute(0.03))
}
