//! How well one run alone knows its figures: batch means, and the ranks of its
//! quantiles.

use serde::{Deserialize, Serialize};

use super::metric::metric;
use super::tables::LEVEL;
use crate::models::workload::fio::windows::Window;
use crate::run::summary::ApplicationSummary;
use crate::sim::Ns;
use crate::stats::{CORRELATED, FEW, Interval, MANY, Moments, batches, neighbours, rank_interval};

/// An interval of a figure, from one run alone.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Within {
    /// The figure: index into [`METRICS`](super::METRICS).
    pub metric: usize,
    /// How it was found.
    pub method: Method,
    /// Its lower end.
    pub low: f64,
    /// Its upper end.
    pub high: f64,
}

/// How an interval was found.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Method {
    /// Student's, of replications.
    StudentT,
    /// Student's, of ten or twenty parts of one run.
    BatchMeans,
    /// From the ranks of a quantile in one run, whose I/Os count for as many
    /// independent ones as batch means say.
    Ranks,
}

impl Method {
    /// As tables show it.
    pub fn name(self) -> &'static str {
        match self {
            Method::StudentT => "student-t",
            Method::BatchMeans => "batch-means",
            Method::Ranks => "ranks",
        }
    }
}
/// Fewer whole windows tell nothing: a batch is at least two of them.
pub(super) const LEAST: usize = 2 * FEW;

/// A figure of a batch, which took so many seconds.
pub(super) type Figure = fn(&Window, f64) -> Option<f64>;
/// The same as the run reports it.
pub(super) type Reported = fn(&ApplicationSummary) -> f64;

pub(super) const FIGURES: [(&str, Figure, Reported); 7] = [
    (
        "iops",
        |batch, seconds| Some(batch.latency.count() as f64 / seconds),
        |run| run.iops,
    ),
    (
        "mib_per_s",
        |batch, seconds| Some(batch.bytes as f64 / 1_048_576.0 / seconds),
        |run| run.bytes_per_second / 1_048_576.0,
    ),
    (
        "lat_mean_us",
        |batch, _| mean(batch),
        |run| run.latency.mean_ns / 1e3,
    ),
    (
        "lat_p50_us",
        |batch, _| percentile(batch, 50.0),
        |run| run.latency.p50_ns as f64 / 1e3,
    ),
    (
        "lat_p90_us",
        |batch, _| percentile(batch, 90.0),
        |run| run.latency.p90_ns as f64 / 1e3,
    ),
    (
        "lat_p99_us",
        |batch, _| percentile(batch, 99.0),
        |run| run.latency.p99_ns as f64 / 1e3,
    ),
    (
        "lat_p999_us",
        |batch, _| percentile(batch, 99.9),
        |run| run.latency.p999_ns as f64 / 1e3,
    ),
];

/// Figures that are quantiles: percent.
const QUANTILES: [(&str, f64); 4] = [
    ("lat_p50_us", 50.0),
    ("lat_p90_us", 90.0),
    ("lat_p99_us", 99.0),
    ("lat_p999_us", 99.9),
];

fn mean(batch: &Window) -> Option<f64> {
    (batch.latency.count() > 0).then(|| batch.latency.mean() / 1e3)
}

/// A percentile of a batch, if at least five of its I/Os lie beyond.
fn percentile(batch: &Window, percent: f64) -> Option<f64> {
    let beyond = batch.latency.count() as f64 * (1.0 - percent / 100.0);
    (beyond >= 5.0).then(|| batch.latency.percentile(percent) as f64 / 1e3)
}

/// The equal parts that a run is cut into: many, and few.
struct Batches {
    cuts: Vec<(Vec<Window>, f64)>,
}

impl Batches {
    fn new(windows: &[&Window], width: Ns) -> Batches {
        let cut = |count: usize| {
            let (skip, length) = batches(windows.len(), count)?;
            let parts = windows[skip..].chunks_exact(length).map(sum);
            Some((parts.collect(), (width * length as u64).as_secs_f64()))
        };
        Batches {
            cuts: [MANY, FEW].into_iter().filter_map(cut).collect(),
        }
    }

    /// The interval of a figure: what the run reports, give or take what its parts
    /// say (sectioning: Asmussen and Glynn 2007, III.5). The mean of the parts would
    /// be beside what is reported, as a quantile of few I/Os is, and as all are
    /// without the last window, which is not whole.
    fn interval(&self, figure: Figure, reported: f64) -> Option<Interval> {
        let half = self.moments(figure)?.interval(LEVEL)?.half_width();
        Some(Interval {
            low: reported - half,
            high: reported + half,
        })
    }

    /// Count, mean and spread of a figure: of many batches, or of few if
    /// neighbours of the many are correlated, or hold too little.
    fn moments(&self, figure: Figure) -> Option<Moments> {
        let mut cuts = self.cuts.iter().map(|(parts, seconds)| {
            let figures = parts.iter().map(|part| figure(part, *seconds));
            figures.collect::<Option<Vec<f64>>>()
        });
        let last = self.cuts.len().saturating_sub(1);
        let fits =
            |(i, figures): &(usize, Vec<f64>)| *i == last || neighbours(figures) <= CORRELATED;
        let found = cuts
            .by_ref()
            .enumerate()
            .filter_map(|(i, figures)| Some((i, figures?)));
        found
            .into_iter()
            .find(fits)
            .map(|(_, figures)| Moments::of(figures))
    }
}

/// Intervals about what a run reports of the windows that were `kept`, from those
/// of them that are whole.
pub(super) fn within(
    reported: &ApplicationSummary,
    kept: &[&Window],
    whole: &[&Window],
    width: Ns,
) -> Vec<Within> {
    if whole.len() < LEAST {
        return Vec::new();
    }
    let batches = Batches::new(whole, width);
    let mut found = Vec::new();
    for (name, figure, of_run) in FIGURES {
        let interval = batches.interval(figure, of_run(reported));
        if let Some((interval, (metric, _))) = interval.zip(metric(name)) {
            found.push(Within {
                metric,
                method: Method::BatchMeans,
                low: interval.low,
                high: interval.high,
            });
        }
    }
    ranks(kept, &batches, &mut found);
    found.sort_by_key(|within| within.metric);
    found
}

/// Intervals of the quantiles for which batches hold too few I/Os.
fn ranks(windows: &[&Window], batches: &Batches, found: &mut Vec<Within>) {
    let error = batches
        .moments(|batch, _| mean(batch))
        .and_then(|m| m.standard_error());
    let Some(error) = error else {
        return;
    };
    let all = sum(windows).latency;
    let spread = all.stddev() / 1e3;
    // Independent I/Os would have known the mean to spread / √n.
    let worth = match error > 0.0 {
        true => (spread * spread / (error * error)).clamp(1.0, all.count() as f64),
        false => all.count() as f64,
    };
    for (name, percent) in QUANTILES {
        let Some((metric, _)) = metric(name) else {
            continue;
        };
        if found.iter().any(|within| within.metric == metric) {
            continue;
        }
        let n = worth as u64;
        let Some((low, high)) = rank_interval(n, percent / 100.0, LEVEL) else {
            continue;
        };
        let at = |rank: u64| all.percentile(100.0 * rank as f64 / n as f64) as f64 / 1e3;
        found.push(Within {
            metric,
            method: Method::Ranks,
            low: at(low),
            high: at(high),
        });
    }
}

/// All of these together.
pub(super) fn sum(windows: &[&Window]) -> Window {
    let mut sum = Window::default();
    for window in windows {
        sum.add(window);
    }
    sum
}
