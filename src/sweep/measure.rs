//! One run, and its figures.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use serde::{Deserialize, Serialize};

use super::definition::WarmUp;
use super::estimate::ends_by;
use super::metric::{METRICS, Run, metric};
use super::steady::steady;
use super::within::Within;
use crate::models::config::MachineConfig;
use crate::run::bound::bound_of_run;
use crate::run::summary::RunSummary;
use crate::run::{RunError, RunOptions};
use crate::scenario::Mode;
use crate::sim::Ns;
use crate::sim::units::Span;

/// The figures of a run.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Measured {
    /// [`METRICS`], in order.
    pub metrics: Vec<Option<f64>>,
    /// Every path of every map.
    pub paths: Vec<PathRow>,
    /// What this run alone tells of the accuracy of its figures.
    pub within: Vec<Within>,
}

/// Why there are no figures.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MeasureError {
    /// The run cannot be made, or a defect was found in it.
    #[error(transparent)]
    Run(#[from] RunError),
    /// It would be all warm-up.
    #[error("a warm-up of {} is not shorter than the run, which ends by {}", Span(*.warm_up), Span(*.end))]
    AllWarmUp {
        /// What is to be cut.
        warm_up: Ns,
        /// When the last I/O is submitted, at the latest.
        end: Ns,
    },
}

impl Measured {
    /// Whether the warm-up that was cut left nothing of the run.
    pub fn is_all_warm_up(&self) -> bool {
        let iops = metric("iops").and_then(|(index, _)| *self.metrics.get(index)?);
        iops.is_none()
    }
}

/// A path of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PathRow {
    /// The map.
    pub map: String,
    /// The device.
    pub device: String,
    /// Priority group, from 1.
    pub group: u32,
    /// I/Os mapped to it: bios in bio mode, requests in request mode.
    pub ios: u64,
    /// Its share of the bytes of its map, 0 to 1.
    pub share: f64,
    /// Mean I/Os in flight.
    pub in_flight: f64,
    /// Share of the time in use, 0 to 1.
    pub utilisation: f64,
}

/// Runs `machine`, which is `mode` of a scenario, and cuts its `warm_up`. If it may
/// be the only run of its point, it tells its own accuracy. Once `stop` is set, it
/// ends early and its figures mean nothing.
///
/// A run of which nothing is left has no rates and latencies: never 0.
///
/// # Errors
/// As [`crate::run::run`]; or, before anything runs, as [`not_all_warm_up`].
pub fn measure(
    mut machine: MachineConfig,
    mode: Mode,
    warm_up: &WarmUp,
    may_be_alone: bool,
    stop: Option<Arc<AtomicBool>>,
) -> Result<Measured, MeasureError> {
    not_all_warm_up(&machine, warm_up)?;
    let has_timeline = machine.has_timeline();
    let options = RunOptions {
        gaps: has_timeline,
        marks: has_timeline,
        stop,
        ..RunOptions::default()
    };
    machine.workload.windows = true;
    let outcome = crate::run::run(&machine, &options)?;
    let mut summary = RunSummary::new(mode, None, &outcome);
    let bound = bound_of_run(&machine, &outcome)?.known();
    let of_bound = bound.map(|bound| bound.of(&summary.application));
    let windows = outcome.windows.unwrap_or_default();
    let steady = steady(&mut summary, &windows, warm_up, may_be_alone);
    let run = Run {
        summary,
        steady,
        of_bound,
    };
    Ok(Measured {
        metrics: METRICS.iter().map(|metric| metric.of(&run)).collect(),
        paths: paths(&run),
        within: run.steady.within,
    })
}

/// Whether `warm_up` leaves something of a run of `machine`, as far as can be told
/// before it.
///
/// # Errors
/// It is not shorter than the run.
pub fn not_all_warm_up(machine: &MachineConfig, warm_up: &WarmUp) -> Result<(), MeasureError> {
    let WarmUp::Fixed(warm_up) = *warm_up else {
        return Ok(());
    };
    match ends_by(machine) {
        Some(end) if warm_up >= end => Err(MeasureError::AllWarmUp { warm_up, end }),
        _ => Ok(()),
    }
}

fn paths(run: &RunSummary) -> Vec<PathRow> {
    let row = |path: &crate::run::summary::PathSummary| PathRow {
        map: path.map.clone(),
        device: path.device.clone(),
        group: path.group,
        ios: path.ios,
        share: path.share,
        in_flight: path.in_flight,
        utilisation: path.utilisation,
    };
    run.paths.iter().map(row).collect()
}
