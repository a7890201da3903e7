//! Throughput and what waits, in steps that a page has room for.

use crate::plot::result::RunResult;
use crate::run::summary::RunSummary;

/// At most so many steps of a curve.
const MOST: usize = 400;

/// The mean of something from a time to another, ns.
#[derive(Copy, Clone, Debug, PartialEq)]
pub struct Step {
    /// From here,
    pub from: f64,
    /// until here
    pub to: f64,
    /// it was so much.
    pub value: f64,
}

/// A curve.
pub type Curve = Vec<Step>;

/// Joins bins of `width`, each with its begin and its mean over the whole width,
/// about `each` at a time. Steps end with the bin before one in which something
/// breaks or is mended (`faults`): else they would tell a fall before the fault. What
/// is not whole at the `end` belongs to the step before: alone it would tell a fall
/// that never was.
fn join(bins: &[(f64, f64)], width: f64, each: usize, faults: &[f64], end: f64) -> Curve {
    let mut steps: Curve = Vec::new();
    // What is complete at the very end stands in a bin of no length; that before has
    // its share.
    let has_length = |bin: &(f64, f64)| end - bin.0 >= 0.01 * width;
    let bins = &bins[..bins.partition_point(has_length)];
    let parts = between(bins, width, faults);
    for group in parts.into_iter().flat_map(|part| even(part, each)) {
        let from = group[0].0;
        let whole = from + width * group.len() as f64;
        let to = whole.min(end.max(from));
        let amount = width * group.iter().map(|bin| bin.1).sum::<f64>();
        match steps.last_mut() {
            Some(last) if to < whole - 0.01 * width => {
                let before = last.value * (last.to - last.from);
                last.to = to;
                last.value = (before + amount) / (last.to - last.from);
            }
            _ => steps.push(Step {
                from,
                to,
                value: amount / (to - from),
            }),
        }
    }
    steps
}

/// The bins from one fault to the next.
fn between<'b>(bins: &'b [(f64, f64)], width: f64, faults: &[f64]) -> Vec<&'b [(f64, f64)]> {
    let mut parts = Vec::new();
    let mut rest = bins;
    for fault in faults {
        let before = rest.partition_point(|bin| bin.0 + width <= *fault);
        let (part, behind) = rest.split_at(before);
        parts.push(part);
        rest = behind;
    }
    parts.push(rest);
    parts.retain(|part| !part.is_empty());
    parts
}

/// Groups of `each` bins; of what is not as many, the last group has more.
fn even(part: &[(f64, f64)], each: usize) -> Vec<&[(f64, f64)]> {
    let each = each.max(1);
    let whole = (part.len() / each).max(1);
    let group = |n: usize| {
        let to = if n + 1 == whole {
            part.len()
        } else {
            (n + 1) * each
        };
        &part[n * each..to]
    };
    (0..whole).map(group).collect()
}

/// How many bins make a step, the same for all `runs`: as many as a page has room
/// for. And bins with few I/Os show their number, not their rate: so many of them
/// make a step that a hundred I/Os are in it, or a fiftieth of the longest run.
fn calm(runs: &[Vec<(f64, f64)>], width: f64) -> usize {
    let longest = runs.iter().map(Vec::len).max().unwrap_or(0);
    let of = |bins: &Vec<(f64, f64)>| {
        let busy: Vec<f64> = bins.iter().map(|p| p.1).filter(|v| *v > 0.0).collect();
        let mean = busy.iter().sum::<f64>() / busy.len().max(1) as f64;
        let ios = mean * width / 1e9;
        ((100.0 / ios.max(1e-9)).ceil() as usize).min(longest / 50)
    };
    let calm = runs.iter().map(of).max().unwrap_or(1);
    calm.max(longest.div_ceil(MOST)).max(1)
}

/// Time from one bin to the next.
fn width(runs: &[Vec<(f64, f64)>]) -> Option<f64> {
    let steps = runs.iter().flat_map(|bins| bins.windows(2));
    steps.map(|pair| pair[1].0 - pair[0].0).reduce(f64::min)
}

fn curves(runs: &[&RunSummary], bins: &[Vec<(f64, f64)>], each: usize, width: f64) -> Vec<Curve> {
    let curve = |(run, bins): (&&RunSummary, &Vec<(f64, f64)>)| {
        let faults = run.failover.iter().flat_map(|failover| &failover.faults);
        let mut faults: Vec<f64> = faults.map(|fault| fault.at_ns as f64).collect();
        faults.sort_by(f64::total_cmp);
        join(bins, width, each, &faults, run.duration_ns as f64)
    };
    runs.iter().zip(bins).map(curve).collect()
}

/// I/Os a second of each run; those that are held for ever go on at 0 until `end`.
pub fn rates(result: &RunResult, runs: &[&RunSummary], end: f64) -> Vec<Curve> {
    let of = |run: &&RunSummary| {
        let rows = result.series.iter().filter(|row| row.mode == run.mode);
        rows.map(|row| (row.time_s * 1e9, row.iops)).collect()
    };
    let bins: Vec<Vec<(f64, f64)>> = runs.iter().map(of).collect();
    let width = width(&bins).unwrap_or(end);
    let mut rates = curves(runs, &bins, calm(&bins, width), width);
    for (run, curve) in runs.iter().zip(&mut rates) {
        if held_ios(run) > 0 {
            go_on(curve, run, end, 0.0);
        }
    }
    rates
}

/// Bytes that wait in each run.
pub fn queues(result: &RunResult, runs: &[&RunSummary], end: f64) -> Vec<Curve> {
    let of = |run: &&RunSummary| {
        let rows = result.queue.iter().filter(|row| row.mode == run.mode);
        rows.map(|row| (row.time_s * 1e9, row.waiting_bytes))
            .collect()
    };
    let bins: Vec<Vec<(f64, f64)>> = runs.iter().map(of).collect();
    let longest = bins.iter().map(Vec::len).max().unwrap_or(0);
    let width = width(&bins).unwrap_or(end);
    let mut queues = curves(runs, &bins, longest.div_ceil(MOST), width);
    for (run, curve) in runs.iter().zip(&mut queues) {
        let ios = held_ios(run);
        if ios > 0 {
            go_on(curve, run, end, ios as f64 * bytes_per_io(run));
        }
    }
    queues
}

fn go_on(curve: &mut Curve, run: &RunSummary, end: f64, value: f64) {
    let from = curve.last().map_or(run.duration_ns as f64, |last| last.to);
    if end > from {
        curve.push(Step {
            from,
            to: end,
            value,
        });
    }
}

/// I/Os that are held for ever.
pub fn held_ios(run: &RunSummary) -> u64 {
    let held = run.failover.iter().flat_map(|failover| &failover.held);
    held.map(|held| held.ios).sum()
}

fn bytes_per_io(run: &RunSummary) -> f64 {
    run.application.bytes as f64 / run.application.ios.max(1) as f64
}

/// The largest value.
pub fn most(curves: &[Curve]) -> f64 {
    let all = curves.iter().flatten();
    all.map(|step| step.value).fold(0.0, f64::max)
}

/// The rate up to which the scale goes: twice what was usual before the first
/// fault, if but little of the time exceeds it. What comes in a burst after a
/// stand must not press all else to the ground.
pub fn usual(curves: &[Curve], first_fault: f64) -> f64 {
    let before = curves
        .iter()
        .flatten()
        .filter(|step| step.to <= first_fault);
    let mut before: Vec<f64> = before.map(|step| step.value).filter(|v| *v > 0.0).collect();
    before.sort_by(f64::total_cmp);
    let most = most(curves);
    let Some(median) = before.get(before.len() / 2) else {
        return most;
    };
    let beyond = |step: &&Step| step.value > 2.0 * median;
    let long = |step: &Step| step.to - step.from;
    let all: f64 = curves.iter().flatten().map(long).sum();
    let above: f64 = curves.iter().flatten().filter(beyond).map(long).sum();
    if above <= 0.1 * all {
        most.min(2.0 * median)
    } else {
        most
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(from: f64, to: f64, value: f64) -> Step {
        Step { from, to, value }
    }

    #[test]
    fn the_last_bin_does_not_tell_a_fall() {
        // 25 ns of a constant 100, in bins of 10: the last is half full.
        let bins = [(0.0, 100.0), (10.0, 100.0), (20.0, 50.0)];
        let want = [step(0.0, 10.0, 100.0), step(10.0, 25.0, 100.0)];
        assert_eq!(join(&bins, 10.0, 1, &[], 25.0), want);
        // A completion at the very end makes a bin of no length, and no rise.
        let bins = [(0.0, 100.0), (10.0, 10.0)];
        assert_eq!(join(&bins, 10.0, 1, &[], 10.0), [step(0.0, 10.0, 100.0)]);
        assert_eq!(join(&bins, 10.0, 2, &[], 20.0), [step(0.0, 20.0, 55.0)]);
        // Nor within a group.
        let bins = [(0.0, 100.0), (10.0, 100.0), (20.0, 10.0)];
        assert_eq!(join(&bins, 10.0, 3, &[], 20.0), [step(0.0, 20.0, 100.0)]);
    }

    /// Nothing falls before the fault.
    #[test]
    fn steps_end_where_something_breaks() {
        let rate = |n: usize| if n < 37 { 100.0 } else { 0.0 };
        let bins: Vec<(f64, f64)> = (0..60).map(|n| (10.0 * n as f64, rate(n))).collect();
        let steps = join(&bins, 10.0, 10, &[373.0], 600.0);
        let mut before = steps.iter().filter(|step| step.to <= 373.0);
        assert!(before.clone().all(|step| step.value == 100.0), "{steps:?}");
        assert_eq!(before.next_back().unwrap().to, 370.0);
        assert!(steps.iter().all(|step| step.to - step.from >= 100.0));
        assert_eq!(steps.last().unwrap().to, 600.0);
    }

    #[test]
    fn a_burst_does_not_press_the_usual_rate_to_the_ground() {
        let quiet = step(0.0, 10.0, 1000.0);
        let burst = step(90.0, 91.0, 40_000.0);
        let curve = vec![
            quiet,
            step(10.0, 90.0, 0.0),
            burst,
            step(91.0, 100.0, 1000.0),
        ];
        assert_eq!(usual(&[curve], 10.0), 2000.0);
        // What lasts is no burst.
        let faster = vec![quiet, step(10.0, 100.0, 9000.0)];
        assert_eq!(usual(&[faster], 10.0), 9000.0);
    }

    #[test]
    fn all_runs_have_steps_of_one_width() {
        let bins = |n: usize| (0..n).map(|i| (10.0 * i as f64, 1e9)).collect::<Vec<_>>();
        // A hundred I/Os take ten bins; a fiftieth of the longest run is two.
        assert_eq!(calm(&[bins(20), bins(100)], 10.0), 2);
        assert_eq!(calm(&[bins(4000)], 1e9), 10);
    }
}
