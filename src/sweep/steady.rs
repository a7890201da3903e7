//! The steady part of a run: where its warm-up ends, what its figures are from
//! there on, and how well this one run knows them.

use serde::{Deserialize, Serialize};

use super::definition::WarmUp;
use super::metric::metric;
use super::tables::LEVEL;
use crate::models::workload::fio::windows::{Bin, Window, Windows};
use crate::run::summary::{ApplicationSummary, LatencySummary, RunSummary};
use crate::sim::Ns;
use crate::sim::stats::mser5;
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
/// those from there on; says how well the run alone knows them if it
/// `may_be_alone`.
pub fn steady(
    run: &mut RunSummary,
    windows: &Windows,
    warm_up: &WarmUp,
    may_be_alone: bool,
) -> Steady {
    let width = windows.width();
    let mser5 = mser5_cut(windows);
    let cut = match warm_up {
        WarmUp::None => Ns::ZERO,
        WarmUp::Auto => mser5.unwrap_or(Ns::ZERO),
        WarmUp::Fixed(time) => *time,
    };
    // Whole windows.
    let skipped = cut.0.div_ceil(width.0.max(1));
    let cut = width * skipped;
    let all: Vec<&Window> = windows.windows().collect();
    let kept = all.get(skipped as usize..).unwrap_or_default();
    if cut > Ns::ZERO {
        replace(run, kept, cut);
    }
    // The last window is not whole.
    let whole = kept.split_last().map_or(kept, |(_, whole)| whole);
    Steady {
        mser5,
        cut,
        within: match may_be_alone {
            true => within(&run.application, kept, whole, width),
            false => Vec::new(),
        },
    }
}

/// Where the warm-up ends, by rate and by latency.
fn mser5_cut(windows: &Windows) -> Option<Ns> {
    let bins: Vec<_> = windows.bins().collect();
    // The last bin is not whole.
    let (_, bins) = bins.split_last()?;
    let rate: Vec<f64> = bins.iter().map(|bin| bin.ios as f64).collect();
    let mean = |bin: &Bin| (bin.ios > 0).then(|| bin.latency as f64 / bin.ios as f64);
    let mut last = bins.iter().find_map(|bin| mean(bin))?;
    let latency: Vec<f64> = bins
        .iter()
        .map(|bin| {
            last = mean(bin).unwrap_or(last);
            last
        })
        .collect();
    let cut = mser5(&rate)?.max(mser5(&latency)?);
    Some(windows.bin_width() * cut as u64)
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
        sum.add(window);
    }
    sum
}

/// Fewer whole windows tell nothing: a batch is at least two of them.
const LEAST: usize = 2 * FEW;

/// A figure of a batch, which took so many seconds.
type Figure = fn(&Window, f64) -> Option<f64>;
/// The same as the run reports it.
type Reported = fn(&ApplicationSummary) -> f64;

const FIGURES: [(&str, Figure, Reported); 7] = [
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
fn within(
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
        let steady = steady(&mut summary, &windows, &WarmUp::Auto, true);
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
        let steady = steady(&mut summary, &windows, &WarmUp::None, true);
        assert!(steady.mser5 > Some(Ns::ZERO) && steady.cut == Ns::ZERO);
        assert_eq!(summary, before);
    }

    #[test]
    fn one_run_knows_its_figures_this_well() {
        let (mut summary, windows) = run();
        let steady = steady(
            &mut summary,
            &windows,
            &WarmUp::Fixed(Ns::from_ms(60)),
            true,
        );
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
        // A batch of 880 I/Os has one beyond the 99.9 %: too few.
        assert_eq!(of("lat_p99_us").method, Method::BatchMeans);
        let p99 = of("lat_p999_us");
        assert_eq!(p99.method, Method::Ranks);
        assert!(
            p99.low <= 120.0 && p99.high >= 119.0 && p99.high - p99.low < 3.0,
            "{p99:?}"
        );
    }

    /// The last window is not whole, and what is reported has it.
    #[test]
    fn an_interval_has_its_figure_within() {
        let (mut summary, windows) = run();
        // As long as its last completion says, 40 % into a window.
        summary.duration_ns = 499_950_000;
        let all: Vec<&Window> = windows.windows().collect();
        replace(&mut summary, &all, Ns::ZERO);
        summary.application.iops *= 1.02;
        let steady = steady(&mut summary, &windows, &WarmUp::None, true);
        assert_eq!(steady.within.len(), FIGURES.len());
        for within in &steady.within {
            let metric = crate::sweep::METRICS[within.metric].name;
            let figure = FIGURES.iter().find(|figure| figure.0 == metric).unwrap();
            let reported = figure.2(&summary.application);
            let inside = (within.low..=within.high).contains(&reported);
            assert!(inside, "{metric}: {reported} {within:?}");
        }
    }

    #[test]
    fn few_windows_tell_no_interval() {
        let (mut summary, _) = run();
        let mut windows = Windows::default();
        for i in 0..(LEAST as u64 * 2) {
            windows.completed(Ns(i * 50_000), 4096, Ns(100_000));
        }
        // One less than it takes, the last not counted.
        let some = steady(&mut summary, &windows, &WarmUp::None, true);
        assert!(some.within.is_empty());
        windows.completed(Ns(LEAST as u64 * 100_000), 4096, Ns(100_000));
        let more = steady(&mut summary, &windows, &WarmUp::None, true);
        assert!(!more.within.is_empty());
    }
}
