//! The figures of a run, each under one name everywhere.

use std::ops::Deref;

use super::steady::Steady;
use crate::run::bound::OfBound;
use crate::run::summary::{LayerSummary, RunSummary};

/// Which way a figure improves.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Better {
    /// More is better.
    More,
    /// Less is better.
    Less,
    /// It tells something, but not what is better.
    Neither,
}

/// A figure of a run. Its name ends with its unit; counts and ratios have none.
#[derive(Copy, Clone, Debug)]
pub struct Metric {
    /// Its name: a column of the tables.
    pub name: &'static str,
    /// Which way it improves.
    pub better: Better,
    /// What it is.
    pub about: &'static str,
    of: fn(&Run) -> Option<f64>,
}

/// A run, and its steady part.
#[derive(Clone, Debug)]
pub struct Run {
    /// The run.
    pub summary: RunSummary,
    /// Its steady part.
    pub steady: Steady,
    /// How near it came, as a whole, to what the devices could do at best; none
    /// where that is not known.
    pub of_bound: Option<OfBound>,
}

impl Deref for Run {
    type Target = RunSummary;
    fn deref(&self) -> &RunSummary {
        &self.summary
    }
}

impl Metric {
    /// How coarsely it is rounded, as a share of itself: percentiles are those of
    /// a histogram.
    pub fn rounding(&self) -> f64 {
        if self.name.starts_with("lat_p") {
            1.0 / 128.0
        } else {
            0.0
        }
    }

    /// Whether nought of it says that there was nothing to measure: a latency of what
    /// the page cache takes, CPU time where it costs nothing.
    pub fn nothing_at_zero(&self) -> bool {
        self.name.ends_with("_us") || matches!(self.name, "iops" | "mib_per_s")
    }

    /// The figure of a run; none if the run has no such figure.
    pub fn of(&self, run: &Run) -> Option<f64> {
        (self.of)(run).filter(|x| x.is_finite())
    }
}

macro_rules! metrics {
    ($($name:literal $better:ident $about:literal = $of:expr;)*) => {
        &[$(Metric { name: $name, better: Better::$better, about: $about, of: $of },)*]
    };
}

/// All figures, in the order of the columns.
pub const METRICS: &[Metric] = metrics! {
    "ios" More "I/Os that succeeded" = |r| Some(r.application.ios as f64);
    "errors" Less "I/Os that failed" = |r| Some(r.application.errors as f64);
    "duration_s" Less "from the first submission to the last completion" = |r| Some(r.duration_ns as f64 / 1e9);
    "iops" More "I/Os that succeeded, a second" = |r| rate(r, r.application.iops);
    "iops_bound_ratio" More "of what the devices could do at best, over the whole run: at most 1; none where that is not known" = |r| Some(r.of_bound?.iops);
    "mib_per_s" More "MiB moved, a second" = |r| rate(r, r.application.bytes_per_second / 1_048_576.0);
    "lat_mean_us" Less "latency from submission to completion, mean" = |r| latency(r, r.application.latency.mean_ns);
    "lat_bound_ratio" Less "the mean over the least that is possible, over the whole run: at least 1; none where that is not known" = |r| r.of_bound?.latency;
    "lat_stddev_us" Less "its standard deviation" = |r| latency(r, r.application.latency.stddev_ns);
    "lat_p50_us" Less "50 % of latencies are at or below" = |r| latency(r, r.application.latency.p50_ns as f64);
    "lat_p90_us" Less "90 % are" = |r| latency(r, r.application.latency.p90_ns as f64);
    "lat_p99_us" Less "99 % are" = |r| latency(r, r.application.latency.p99_ns as f64);
    "lat_p999_us" Less "99.9 % are" = |r| latency(r, r.application.latency.p999_ns as f64);
    "lat_max_us" Less "the largest" = |r| latency(r, r.application.latency.max_ns as f64);
    "warm_up_s" Neither "what was cut from the start of the run: rates and latencies are those of the rest" = |r| Some(r.steady.cut.as_secs_f64());
    "mser5_s" Neither "where MSER-5 says that the warm-up ends; none if the run is too short to tell" = |r| r.steady.mser5.map(|ns| ns.as_secs_f64());
    "mpath_bios" Neither "bios given to multipath devices" = |r| some(&r.multipath, |l| l.bios as f64);
    "mpath_merge_ratio" Neither "of these, merged into a request there; request mode" = |r| requests(&r.multipath, |l| l.merge_rate);
    "mpath_requests" Neither "requests multipath devices sent on; request mode" = |r| requests(&r.multipath, taken);
    "mpath_request_kib" Neither "their mean size" = |r| requests(&r.multipath, |l| l.mean_request_bytes / 1024.0);
    "mpath_requeues" Less "requests put back there" = |r| requests(&r.multipath, |l| l.requeues as f64);
    "path_merge_ratio" Neither "bios merged into a request below the choice of a path; bio mode" = |r| some(&r.path_devices, |l| l.merge_rate);
    "path_requests" Less "requests path devices took" = |r| Some(taken(&r.path_devices));
    "path_request_kib" Neither "their mean size" = |r| requests(&r.path_devices, |l| l.mean_request_bytes / 1024.0);
    "path_requeues" Less "requests put back there" = |r| Some(r.path_devices.requeues as f64);
    "requests_per_io" Less "requests path devices took, an I/O of the application" = |r| per_io(r, taken(&r.path_devices));
    "path_share_max_ratio" Neither "share of the bytes on the path that had most" = |r| share(r, f64::max);
    "path_share_min_ratio" Neither "share of the bytes on the path that had least" = |r| share(r, f64::min);
    "path_utilisation_max_ratio" Neither "share of the time in use, the busiest path" = |r| paths(r, |p| p.utilisation).reduce(f64::max);
    "cpu_busy_ratio" Less "share of all CPUs' time in use" = |r| Some(r.cpu.busy);
    "cpu_busiest_ratio" Less "share of the busiest CPU" = |r| Some(r.cpu.busiest);
    "cpu_per_io_us" Less "CPU time, an I/O" = |r| Some(r.cpu.ns_per_io / 1e3);
    "switches_per_io" Less "context switches, an I/O" = |r| per_io(r, r.cpu.switches as f64);
    "longest_gap_ms" Less "longest time without a success while an I/O was outstanding, from 20 ms on; with a timeline" = longest_gap;
};

/// The figure called `name`.
pub fn metric(name: &str) -> Option<(usize, &'static Metric)> {
    METRICS
        .iter()
        .enumerate()
        .find(|(_, metric)| metric.name == name)
}

/// The figure that tells how near the one called `name` came to what is possible,
/// and which way that improves.
pub fn ratio_to_bound(name: &str) -> Option<(usize, Better)> {
    let ratio = match name {
        "iops" => "iops_bound_ratio",
        "lat_mean_us" => "lat_bound_ratio",
        _ => return None,
    };
    metric(ratio).map(|(index, metric)| (index, metric.better))
}

/// A rate; none of a run that is all warm-up.
fn rate(run: &Run, rate: f64) -> Option<f64> {
    (!run.steady.is_all_cut).then_some(rate)
}

fn latency(run: &RunSummary, ns: f64) -> Option<f64> {
    (run.application.latency.count > 0).then_some(ns / 1e3)
}

fn some(layer: &LayerSummary, of: fn(&LayerSummary) -> f64) -> Option<f64> {
    (layer.bios > 0).then(|| of(layer))
}

fn requests(layer: &LayerSummary, of: fn(&LayerSummary) -> f64) -> Option<f64> {
    (layer.requests > 0).then(|| of(layer))
}

/// Requests that the driver took: those it refused were tried again.
fn taken(layer: &LayerSummary) -> f64 {
    layer.requests.saturating_sub(layer.requeues) as f64
}

fn per_io(run: &RunSummary, count: f64) -> Option<f64> {
    (run.application.ios > 0).then(|| count / run.application.ios as f64)
}

fn paths<'r>(
    run: &'r RunSummary,
    of: fn(&crate::run::summary::PathSummary) -> f64,
) -> impl Iterator<Item = f64> + 'r {
    run.paths.iter().map(of)
}

fn share(run: &RunSummary, choose: fn(f64, f64) -> f64) -> Option<f64> {
    paths(run, |path| path.share).reduce(choose)
}

fn longest_gap(run: &Run) -> Option<f64> {
    let gaps = &run.failover.as_ref()?.gaps;
    let all = gaps.iter().find(|gaps| gaps.job.is_empty());
    Some(all.map_or(0.0, |gaps| gaps.max_ns as f64 / 1e6))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_end_with_their_unit() {
        let units = ["_s", "_us", "_ms", "_kib", "_ratio", "_per_io"];
        let counts = ["ios", "errors", "iops"];
        for (i, metric) in METRICS.iter().enumerate() {
            let name = metric.name;
            assert!(METRICS[i + 1..].iter().all(|other| other.name != name));
            let is_count = ["bios", "requests", "requeues"]
                .iter()
                .any(|end| name.ends_with(end));
            let has_unit = units.iter().any(|unit| name.ends_with(unit));
            assert!(has_unit || is_count || counts.contains(&name), "{name}");
        }
    }
}
