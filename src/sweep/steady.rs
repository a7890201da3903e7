//! The steady part of a run: where its warm-up ends, what its figures are from
//! there on, and how well this one run knows them.

use serde::{Deserialize, Serialize};

use super::metric::metric;
use super::sweep::WarmUp;
use super::tables::LEVEL;
use crate::models::workload::fio::windows::{Window, Windows};
use crate::run::summary::{LatencySummary, RunSummary};
use crate::sim::Ns;
use crate::sim::stats::{LatencyStats, mser5};
use crate::stats::{Moments, batch_figures, rank_interval};

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

/// The steady part of a run.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Steady {
    /// Where MSER-5 says that the warm-up ends; none if the run is too short to
    /// tell.
    pub mser5: Option<Ns>,
    /// What was cut from the start.
    pub cut: Ns,
    /// Intervals from this run alone.
    pub within: Vec<Within>,
}

/// Finds the steady part of `run`, and replaces its rates and latencies by
/// those from there on.
pub fn steady(run: &mut RunSummary, windows: &Windows, warm_up: &WarmUp) -> Steady {
    let all: Vec<&Window> = windows.iter().map(|(_, window)| window).collect();
    let width = windows.width();
    // The last window is not whole.
    let whole = all.len().saturating_sub(1);
    let mser5 = mser5_cut(&all[..whole]).map(|n| width * n as u64);
    let cut = match warm_up {
        WarmUp::None => Ns::ZERO,
        WarmUp::Auto => mser5.unwrap_or(Ns::ZERO),
        // Whole windows.
        WarmUp::Fixed(time) => width * time.0.div_ceil(width.0.max(1)),
    };
    let skipped = (cut.0 / width.0.max(1)) as usize;
    let kept = all.get(skipped..).unwrap_or_default();
    if cut > Ns::ZERO {
        replace(run, kept, cut);
    }
    let whole = all.get(skipped..whole).unwrap_or_default();
    Steady {
        mser5,
        cut,
        within: within(whole, width),
    }
}

/// Windows to cut, by rate and by latency.
fn mser5_cut(windows: &[&Window]) -> Option<usize> {
    let rate: Vec<f64> = windows.iter().map(|w| w.latency.count() as f64).collect();
    let mut last = windows
        .iter()
        .find(|w| w.latency.count() > 0)?
        .latency
        .mean();
    let latency: Vec<f64> = windows
        .iter()
        .map(|window| {
            if window.latency.count() > 0 {
                last = window.latency.mean();
            }
            last
        })
        .collect();
    Some(mser5(&rate)?.max(mser5(&latency)?))
}

fn replace(run: &mut RunSummary, kept: &[&Window], cut: Ns) {
    let sum = sum(kept);
    let seconds = Ns(run.duration_ns).saturating_sub(cut).as_secs_f64();
    let rate = |n: u64| {
        if seconds > 0.0 {
            n as f64 / seconds
        } else {
            0.0
        }
    };
    let application = &mut run.application;
    application.iops = rate(sum.latency.count());
    application.bytes_per_second = rate(sum.bytes);
    application.latency = LatencySummary::from(&sum.latency);
}

fn sum(windows: &[&Window]) -> Window {
    let mut sum = Window::default();
    for window in windows {
        sum += (*window).clone();
    }
    sum
}

/// A figure of some windows of a width.
type Figure = fn(&[&Window], Ns) -> Option<f64>;

const FIGURES: [(&str, Figure); 7] = [
    ("iops", |windows, width| {
        Some(count(windows) / seconds(windows, width))
    }),
    ("mib_per_s", |windows, width| {
        let bytes: u64 = windows.iter().map(|w| w.bytes).sum();
        Some(bytes as f64 / 1_048_576.0 / seconds(windows, width))
    }),
    ("lat_mean_us", |windows, _| {
        let sum: u128 = windows.iter().map(|w| w.latency.sum()).sum();
        (count(windows) > 0.0).then(|| sum as f64 / count(windows) / 1e3)
    }),
    ("lat_p50_us", |windows, _| percentile(windows, 50.0)),
    ("lat_p90_us", |windows, _| percentile(windows, 90.0)),
    ("lat_p99_us", |windows, _| percentile(windows, 99.0)),
    ("lat_p999_us", |windows, _| percentile(windows, 99.9)),
];

/// Figures that are quantiles, in the same order: percent.
const QUANTILES: [(&str, f64); 4] = [
    ("lat_p50_us", 50.0),
    ("lat_p90_us", 90.0),
    ("lat_p99_us", 99.0),
    ("lat_p999_us", 99.9),
];

fn count(windows: &[&Window]) -> f64 {
    windows.iter().map(|w| w.latency.count()).sum::<u64>() as f64
}

fn seconds(windows: &[&Window], width: Ns) -> f64 {
    (width * windows.len() as u64).as_secs_f64()
}

/// A percentile of a batch, if at least five of its I/Os lie beyond.
fn percentile(windows: &[&Window], percent: f64) -> Option<f64> {
    let latency = latencies(windows);
    let beyond = latency.count() as f64 * (1.0 - percent / 100.0);
    (beyond >= 5.0).then(|| latency.percentile(percent) as f64 / 1e3)
}

fn latencies(windows: &[&Window]) -> LatencyStats {
    let mut all = LatencyStats::default();
    for window in windows {
        all.merge(&window.latency);
    }
    all
}

/// Intervals that whole `windows` of a run tell.
fn within(windows: &[&Window], width: Ns) -> Vec<Within> {
    let mut found = Vec::new();
    for (name, figure) in FIGURES {
        let batches = batch_figures(windows.len(), |range| figure(windows.get(range)?, width));
        let interval = batches.and_then(|batches| Moments::of(batches).interval(LEVEL));
        if let Some((interval, (metric, _))) = interval.zip(metric(name)) {
            found.push(Within {
                metric,
                method: Method::BatchMeans,
                low: interval.low,
                high: interval.high,
            });
        }
    }
    ranks(windows, width, &mut found);
    found.sort_by_key(|within| within.metric);
    found
}

/// Intervals of the quantiles for which batches hold too few I/Os.
fn ranks(windows: &[&Window], width: Ns, found: &mut Vec<Within>) {
    let mean = FIGURES[2].1;
    let batches = batch_figures(windows.len(), |range| mean(windows.get(range)?, width));
    let Some(error) = batches.and_then(|batches| Moments::of(batches).standard_error()) else {
        return;
    };
    let all = latencies(windows);
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::draw::{Draws, Purpose};

    /// Completions every 50 µs, over 500 ms; the first tenth is four times as
    /// slow.
    fn run() -> (RunSummary, Windows) {
        let scenario = crate::scenario::parse("s.toml", "[[device]]\nname = \"sda\"\nnull_blk = {}\n[[workload.job]]\nrw = \"read\"\nnumber_ios = 1\n", &[]).unwrap();
        let mode = crate::scenario::Mode::Bio;
        let machine = crate::scenario::build(&scenario, mode).unwrap();
        let outcome = crate::run::run(&machine, &Default::default()).unwrap();
        let mut run = RunSummary::new(mode, None, &outcome);
        run.duration_ns = 500_000_000;
        let mut windows = Windows::default();
        let mut draws = Draws::new(1).key(Purpose::Resample, [0, 0]);
        for i in 0..10_000u64 {
            let slow = if i < 1000 { 4 } else { 1 };
            let latency = slow * (80_000 + draws.below(40_000));
            windows.completed(Ns(i * 50_000), 4096, Ns(latency));
        }
        (run, windows)
    }

    #[test]
    fn the_warm_up_is_found_and_cut() {
        let (mut summary, windows) = run();
        let steady = steady(&mut summary, &windows, &WarmUp::Auto);
        let cut = steady.cut.0;
        assert!((48_000_000..70_000_000).contains(&cut), "{cut}");
        let mean = summary.application.latency.mean_ns;
        assert!((99_000.0..101_000.0).contains(&mean), "{mean}");
        assert!((summary.application.iops - 20_000.0).abs() < 50.0);
    }

    #[test]
    fn nothing_is_cut_unless_asked_for() {
        let (mut summary, windows) = run();
        let before = summary.clone();
        let steady = steady(&mut summary, &windows, &WarmUp::None);
        assert!(steady.mser5 > Some(Ns::ZERO) && steady.cut == Ns::ZERO);
        assert_eq!(summary, before);
    }

    #[test]
    fn one_run_knows_its_figures_this_well() {
        let (mut summary, windows) = run();
        let steady = steady(&mut summary, &windows, &WarmUp::Fixed(Ns::from_ms(60)));
        let of = |name: &str| {
            let (index, _) = metric(name).unwrap();
            steady
                .within
                .iter()
                .find(|within| within.metric == index)
                .unwrap()
        };
        let mean = of("lat_mean_us");
        assert_eq!(mean.method, Method::BatchMeans);
        assert!(
            mean.low < 100.0 && mean.high > 100.0 && mean.high - mean.low < 1.0,
            "{mean:?}"
        );
        // A batch of 440 I/Os has 4 beyond the 99 %: too few.
        let p99 = of("lat_p99_us");
        assert_eq!(p99.method, Method::Ranks);
        assert!(
            p99.low <= 120.0 && p99.high >= 119.0 && p99.high - p99.low < 3.0,
            "{p99:?}"
        );
    }
}
