//! How well one run alone knows its figures: batch means, and whether there are I/Os
//! enough for them.
//!
//! A run is cut into equal parts, and the spread of a figure over the parts tells how far
//! another run might have been. Parts that are too short are alike, and their spread tells
//! too little, so it is taken of parts of three lengths, and the widest interval counts;
//! where neighbours of the shortest are still alike there is none. What is slower than a
//! run cannot be seen in it; how often the intervals held is in `docs/sweeps.md`.

use serde::{Deserialize, Serialize};

use super::metric::metric;
use super::tables::LEVEL;
use super::tails::Tails;
use crate::models::workload::fio::windows::Window;
use crate::run::summary::ApplicationSummary;
use crate::sim::Ns;
use crate::stats::{BATCHES, CORRELATED, Moments, batches, neighbours};

/// What one run alone tells of the accuracy of a figure.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Within {
    /// The figure: index into [`METRICS`](super::METRICS).
    pub metric: usize,
    /// How its interval was found, or why it was not.
    pub method: Method,
    /// The lower and the upper end of its interval, if there is one.
    pub ends: Option<[f64; 2]>,
}

/// How an interval was found, or why there is none.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Method {
    /// Student's, of replications.
    StudentT,
    /// Student's, of the parts of one run.
    BatchMeans,
    /// None: the parts of the run hold too few I/Os.
    TooFewIos,
    /// None: the parts of the run are not independent.
    Correlated,
}

impl Method {
    /// As tables show it.
    pub fn name(self) -> &'static str {
        match self {
            Method::StudentT => "student-t",
            Method::BatchMeans => "batch-means",
            Method::TooFewIos => "too-few-ios",
            Method::Correlated => "correlated",
        }
    }

    /// Why there is no interval, of the method called `name`; none if there is one.
    pub(super) fn why_not(name: &str) -> Option<&'static str> {
        match name {
            "too-few-ios" => Some("too few I/Os"),
            "correlated" => Some("correlated"),
            _ => None,
        }
    }
}

/// Fewest I/Os in the shortest parts: a rate of fewer is a matter of where they are cut.
const IOS: u64 = 10;

/// The same as the run reports it.
pub(super) type Reported = fn(&ApplicationSummary) -> f64;

/// What a figure is of a part of the run.
#[derive(Copy, Clone)]
pub(super) enum Of {
    /// A mean, or a rate: of the part, which took so many seconds.
    Part(fn(&Window, f64) -> f64),
    /// A quantile: percent.
    Quantile(f64),
}

/// Figures that a run can tell the accuracy of.
pub(super) const FIGURES: [(&str, Of, Reported); 7] = [
    (
        "iops",
        Of::Part(|part, seconds| part.latency.count() as f64 / seconds),
        |run| run.iops,
    ),
    (
        "mib_per_s",
        Of::Part(|part, seconds| part.bytes as f64 / 1_048_576.0 / seconds),
        |run| run.bytes_per_second / 1_048_576.0,
    ),
    (
        "lat_mean_us",
        Of::Part(|part, _| part.latency.mean() / 1e3),
        |run| run.latency.mean_ns / 1e3,
    ),
    ("lat_p50_us", Of::Quantile(50.0), |run| {
        run.latency.p50_ns as f64 / 1e3
    }),
    ("lat_p90_us", Of::Quantile(90.0), |run| {
        run.latency.p90_ns as f64 / 1e3
    }),
    ("lat_p99_us", Of::Quantile(99.0), |run| {
        run.latency.p99_ns as f64 / 1e3
    }),
    ("lat_p999_us", Of::Quantile(99.9), |run| {
        run.latency.p999_ns as f64 / 1e3
    }),
];

/// The equal parts that a run is cut into, and how long each is.
pub(super) struct Cut {
    pub(super) parts: Vec<Window>,
    seconds: f64,
}

impl Cut {
    fn new(windows: &[&Window], width: Ns, count: usize) -> Option<Cut> {
        let (skip, length) = batches(windows.len(), count)?;
        Some(Cut {
            parts: windows[skip..].chunks_exact(length).map(sum).collect(),
            seconds: (width * length as u64).as_secs_f64(),
        })
    }

    /// A mean or a rate of every part.
    fn figures(&self, of: fn(&Window, f64) -> f64) -> Vec<f64> {
        self.parts
            .iter()
            .map(|part| of(part, self.seconds))
            .collect()
    }
}

/// The parts of a run, cut in all ways.
struct Batches {
    /// The shortest parts first; none if there is too little in them.
    cuts: Vec<Cut>,
}

impl Batches {
    fn new(windows: &[&Window], width: Ns) -> Batches {
        let cut = |count: &usize| Cut::new(windows, width, *count);
        let cuts: Option<Vec<Cut>> = BATCHES.iter().map(cut).collect();
        let has_enough = |cuts: &Vec<Cut>| {
            let shortest = cuts.first().map_or(&[][..], |cut| &cut.parts);
            shortest.iter().all(|part| part.latency.count() >= IOS)
        };
        Batches {
            cuts: cuts.filter(has_enough).unwrap_or_default(),
        }
    }

    /// Half of the interval of a mean or a rate, which `of` tells of every part.
    fn half_width(&self, of: impl Fn(&Cut) -> Vec<f64>) -> Result<f64, Method> {
        let figures: Vec<Vec<f64>> = self.cuts.iter().map(of).collect();
        let shortest = figures.first().ok_or(Method::TooFewIos)?;
        if neighbours(shortest) > CORRELATED {
            return Err(Method::Correlated);
        }
        let half = |figures: Vec<f64>| Some(Moments::of(figures).interval(LEVEL)?.half_width());
        let halves = figures.into_iter().filter_map(half);
        halves.reduce(f64::max).ok_or(Method::TooFewIos)
    }

    /// The interval of a mean or a rate: what the run reports, give or take what its
    /// parts say (sectioning: Asmussen and Glynn 2007, III.5). The mean of the parts
    /// would be beside what is reported, which has the last window, too.
    fn about(&self, of: fn(&Window, f64) -> f64, reported: f64) -> Result<[f64; 2], Method> {
        let half = self.half_width(|cut| cut.figures(of))?;
        Ok([reported - half, reported + half])
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
    let batches = Batches::new(whole, width);
    let all = sum(kept).latency;
    let tails = Tails::new(&all, &batches.cuts);
    let mut found = Vec::with_capacity(FIGURES.len());
    for (name, of, of_run) in FIGURES {
        let Some((metric, _)) = metric(name) else {
            continue;
        };
        let ends = match of {
            Of::Part(of) => batches.about(of, of_run(reported)),
            Of::Quantile(percent) => tails.quantile(percent),
        };
        found.push(Within {
            metric,
            method: ends.err().unwrap_or(Method::BatchMeans),
            ends: ends.ok(),
        });
    }
    found.sort_by_key(|within| within.metric);
    found
}

/// All of these together.
pub(super) fn sum(windows: &[&Window]) -> Window {
    let mut sum = Window::default();
    for window in windows {
        sum.add(window);
    }
    sum
}
