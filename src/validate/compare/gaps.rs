//! Where nothing ended with success for a while.

use super::figure::{Figure, Tolerance};
use crate::formats::kernel_observation::{Completions, Observation, Observed};

/// Width of a bin, ms.
const BIN_MS: f64 = 10.0;
/// Empty bins from which on a time without success is a gap.
const MIN_BINS: usize = 2;
/// How far its begin and its end may be off, ms.
const EDGE: Tolerance = Tolerance::absolute(15.0);
/// A gap of ours of more bins than this is there in the kernel's run as well,
/// wherever within the tolerance its ends are.
const MAX_NOT_SEEN: usize = MIN_BINS + 3;

/// The empty bins `begin..end`.
#[derive(Copy, Clone, Debug, PartialEq)]
struct Gap {
    begin: usize,
    end: usize,
}

impl Gap {
    fn bins(self) -> usize {
        self.end - self.begin
    }
    fn middle(self) -> usize {
        self.begin + self.bins() / 2
    }
}

/// Begin and end of each gap of the kernel's first run, and those of ours that
/// it has not.
pub fn figures(observation: &Observation, ours: &Observed) -> Vec<Figure> {
    let bins = |run: &Observed| {
        let completions = run.completions.as_ref()?;
        completions.completions_per_10ms.clone()
    };
    let (Some(kernel), Some(ours_bins)) = (bins(&observation.observed), bins(ours)) else {
        return Vec::new();
    };
    let later = again_later_ms(observation);
    let gaps = gaps(&kernel);
    let longest = gaps.iter().map(|gap| gap.bins()).max();
    let mut all = Vec::new();
    for gap in &gaps {
        let same = around(&ours_bins, gap.middle());
        let end = gap.end as f64 * BIN_MS;
        let ends = match later {
            Some(later) if Some(gap.bins()) == longest => vec![end, end + later],
            _ => vec![end],
        };
        let begin = gap.begin as f64 * BIN_MS;
        let at = gap.begin as f64 / 100.0;
        all.push(Figure::new(
            format!("gap at {at} s: begin, ms"),
            &[begin],
            same.begin as f64 * BIN_MS,
            EDGE,
        ));
        all.push(Figure::new(
            format!("gap at {at} s: end, ms"),
            &ends,
            same.end as f64 * BIN_MS,
            EDGE,
        ));
    }
    all.extend(not_in(&kernel, &ours_bins));
    all
}

/// By how much longer the longest gap of the kernel's second run is; its bins
/// are not known.
fn again_later_ms(observation: &Observation) -> Option<f64> {
    let longest = |run: &Observed| run.completions.as_ref().map(|c| c.longest_gap_ms as f64);
    let again = longest(observation.observed_again.as_ref()?)?;
    Some(again - longest(&observation.observed)?)
}

/// Gaps of ours where the kernel went on.
fn not_in(kernel: &[u64], ours: &[u64]) -> Vec<Figure> {
    gaps(ours)
        .into_iter()
        .filter(|gap| gap.bins() > MAX_NOT_SEEN && around(kernel, gap.middle()).bins() == 0)
        .map(|gap| {
            let at = gap.begin as f64 / 100.0;
            let length = gap.bins() as f64 * BIN_MS;
            Figure::new(format!("gap at {at} s, ms"), &[0.0], length, EDGE)
        })
        .collect()
}

/// The gaps between the first success and the last.
fn gaps(bins: &[u64]) -> Vec<Gap> {
    let mut all = Vec::new();
    let mut last = None;
    for (i, _) in bins.iter().enumerate().filter(|(_, n)| **n != 0) {
        let begin = last.map_or(0, |last: usize| last + 1);
        if last.is_some() && i - begin >= MIN_BINS {
            all.push(Gap { begin, end: i });
        }
        last = Some(i);
    }
    all
}

/// The empty bins about bin `i`; none if something ended then.
fn around(bins: &[u64], i: usize) -> Gap {
    let empty = |i: &usize| bins.get(*i).is_none_or(|n| *n == 0);
    let before = (0..i).rev().take_while(empty).count();
    let after = (i..bins.len().max(i)).take_while(empty).count();
    if after == 0 {
        return Gap { begin: i, end: i };
    }
    Gap {
        begin: i - before,
        end: i + after,
    }
}

/// The longest time without success, however short, ms.
pub fn longest(observation: &Observation, ours: &Observed) -> Option<Figure> {
    let of = |run: &Observed| {
        let completions: &Completions = run.completions.as_ref()?;
        Some(completions.longest_gap_ms as f64)
    };
    let runs: Vec<f64> = observation.runs().into_iter().filter_map(of).collect();
    let ours = of(ours)?;
    // Both ends are free to move.
    let tolerance = Tolerance::absolute(2.0 * EDGE.absolute);
    (!runs.is_empty()).then(|| Figure::new("longest gap, ms", &runs, ours, tolerance))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gaps_lie_between_completions() {
        assert_eq!(gaps(&[]), []);
        assert_eq!(gaps(&[0, 0, 0, 4, 0, 4, 0, 0]), []);
        let gap = Gap { begin: 1, end: 3 };
        assert_eq!(gaps(&[4, 0, 0, 4]), [gap]);
    }

    #[test]
    fn the_gap_about_a_bin() {
        let bins = [4, 0, 0, 0, 4];
        for i in 1..4 {
            assert_eq!(around(&bins, i), Gap { begin: 1, end: 4 });
        }
        assert_eq!(around(&bins, 4).bins(), 0);
        assert_eq!(around(&bins, 9).bins(), 0);
    }
}
