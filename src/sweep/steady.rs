//! The steady part of a run: where its warm-up ends, and what its figures are from
//! there on.

use super::definition::WarmUp;
use super::within::{Within, sum, within};
use crate::models::workload::fio::windows::{Bin, Window, Windows};
use crate::run::summary::{LatencySummary, RunSummary};
use crate::sim::Ns;
use crate::sim::stats::mser5;
/// The steady part of a run.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Steady {
    /// Where MSER-5 says that the warm-up ends; none if the run is too short to
    /// tell.
    pub mser5: Option<Ns>,
    /// What was cut from the start.
    pub cut: Ns,
    /// Whether nothing was left: there are no rates and latencies then.
    pub is_all_cut: bool,
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
    let length = run.duration_ns;
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
        is_all_cut: cut > Ns::ZERO && cut.0 >= length,
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::draw::{Draws, Purpose};
    use crate::stats::BATCHES;
    use crate::sweep::metric;
    use crate::sweep::within::{FIGURES, Method};

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
        let [low, high] = mean.ends.unwrap();
        assert!(low < 100.0 && high > 100.0 && high - low < 2.0, "{mean:?}");
        let p90 = of("lat_p90_us");
        assert_eq!(p90.method, Method::BatchMeans);
        let [low, high] = p90.ends.unwrap();
        assert!(low < 116.0 && high > 116.0 && high - low < 5.0, "{p90:?}");
        // Of 8800 I/Os 88 are beyond the 99 %: too few.
        let p99 = of("lat_p99_us");
        assert_eq!((p99.method, p99.ends), (Method::TooFewIos, None));
    }

    #[test]
    fn what_is_all_warm_up_has_no_rate() {
        for (ms, is_all_cut) in [(400, false), (500, true), (5000, true)] {
            let (mut summary, windows) = run();
            let warm_up = WarmUp::Fixed(Ns::from_ms(ms));
            let steady = steady(&mut summary, &windows, &warm_up, true);
            assert_eq!(steady.is_all_cut, is_all_cut, "{ms}");
            let run = crate::sweep::metric::Run {
                summary,
                steady,
                of_bound: None,
            };
            for name in ["iops", "mib_per_s", "lat_mean_us", "lat_p99_us"] {
                let figure = metric(name).unwrap().1.of(&run);
                assert_eq!(figure.is_none(), is_all_cut, "{name} after {ms} ms");
            }
        }
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
        let mut found = 0;
        for within in &steady.within {
            let metric = crate::sweep::METRICS[within.metric].name;
            let figure = FIGURES.iter().find(|figure| figure.0 == metric).unwrap();
            let reported = figure.2(&summary.application);
            if let Some([low, high]) = within.ends {
                found += 1;
                assert!((low..=high).contains(&reported), "{metric}: {within:?}");
            }
        }
        assert!(found >= 3);
    }

    /// As many I/Os in each window of 100 µs, over so many windows.
    fn even(windows: u64, ios: u64) -> Windows {
        let mut found = Windows::default();
        for i in 0..windows * ios {
            found.completed(Ns(i * 100_000 / ios), 4096, Ns(100_000));
        }
        found
    }

    #[test]
    fn few_windows_or_few_ios_tell_no_interval() {
        let (mut summary, _) = run();
        let mut has_some = |windows: &Windows| {
            let steady = steady(&mut summary, windows, &WarmUp::None, true);
            let has = |within: &Within| {
                let why_not = within.method == Method::TooFewIos;
                assert_eq!(within.ends.is_none(), why_not, "{within:?}");
                within.ends.is_some()
            };
            steady.within.iter().any(has)
        };
        // The last is not counted.
        let least = BATCHES[0] as u64;
        assert!(!has_some(&even(least, 10)));
        assert!(has_some(&even(least + 1, 10)));
        assert!(!has_some(&even(least + 1, 9)));
    }

    /// All completions come together, and none in most windows: an interval of rates
    /// without width would be a lie.
    #[test]
    fn ios_that_end_together_tell_nothing() {
        let (mut summary, _) = run();
        let mut windows = Windows::default();
        (0..20).for_each(|_| windows.completed(Ns(6_850_000), 4096, Ns(6_000_000)));
        let steady = steady(&mut summary, &windows, &WarmUp::None, true);
        assert!(steady.within.iter().all(|within| within.ends.is_none()));
    }

    /// A latency that rises all the way has parts that are alike.
    #[test]
    fn what_drifts_is_correlated() {
        let (mut summary, _) = run();
        let mut windows = Windows::default();
        for i in 0..20_000u64 {
            windows.completed(Ns(i * 1000), 4096, Ns(100_000 + 10 * i));
        }
        let steady = steady(&mut summary, &windows, &WarmUp::None, true);
        let of = |name: &str| {
            let (index, _) = metric(name).unwrap();
            let mut all = steady.within.iter();
            all.find(|within| within.metric == index).unwrap().method
        };
        assert_eq!(of("lat_mean_us"), Method::Correlated);
        assert_eq!(of("lat_p50_us"), Method::Correlated);
        assert_eq!(of("iops"), Method::BatchMeans);
    }
}
