//! When the rate of completions is what it was.

use crate::run::outcome::{GapsOutcome, Outcome};
use crate::sim::Ns;

/// Spans that are looked at together.
const SPANS: usize = 5;
/// The share of the old rate that counts as full.
const FULL: f64 = 0.95;
/// Successes that a span has on average, or it says little.
const ENOUGH: f64 = 20.0;
/// Standard deviations from the mean that are no accident.
const DEVIATIONS: f64 = 4.0;

/// When, between `from` and `until`, the rate is full again: `from`, if it does
/// not fall; otherwise, after it has last fallen, the begin of the first window
/// that has 95 % of the successes that a window had on average before the first
/// event of the timeline, and the first span of which has half of what a span
/// had. Nothing, if it never is, or if it is not known what the rate was.
///
/// A window is five spans, and a span a bin, or as many bins as had 20 successes,
/// as far as two windows fit before the first event. What the rate was is not known
/// from less than 100 successes. Where the rate has fallen, it is full from that bin
/// of the window's first span on from which most is above what is asked: the burst
/// that makes up for what was missed begins it, not what came before the burst.
/// The rate has fallen in a window that has less than 95 % of what the least
/// before the first event had, and less than four standard deviations below
/// their mean: rates differ by themselves. And it has fallen in a gap of 20 ms
/// or more that is longer than all before the first event.
pub fn full(outcome: &Outcome, from: Ns, until: Ns) -> Option<Ns> {
    let first_event = outcome.actions.iter().map(|a| a.at).min()?;
    let gaps = outcome.gaps.as_ref()?;
    let rate = Rate::new(gaps, first_event)?;
    let after_gap = after_last_gap(gaps, from, until);
    let after_low = rate.after_last_low(from, until)?;
    let Some(fallen) = after_gap.max(after_low) else {
        return Some(from);
    };
    let full = rate.first_full(fallen)?.max(from);
    // A bin may begin within the gap that it ends.
    let within = |gap: &&(Ns, Ns)| gap.0 <= full && full < gap.1;
    let gap = gaps.application.listed.iter().find(within);
    Some(gap.map_or(full, |gap| gap.1)).filter(|full| *full < until)
}

/// The end of the last gap that is longer than all before the first event.
fn after_last_gap(gaps: &GapsOutcome, from: Ns, until: Ns) -> Option<Ns> {
    let is_long = |gap: &&(Ns, Ns)| (gap.1 - gap.0).0 > gaps.before.max();
    let concerns = |gap: &&(Ns, Ns)| gap.1 > from && gap.0 < until;
    let open = gaps.application.open.iter();
    let all = gaps.application.listed.iter().chain(open);
    all.filter(concerns).filter(is_long).map(|gap| gap.1).max()
}

/// The rate over time, and before the first event.
struct Rate<'g> {
    gaps: &'g GapsOutcome,
    /// Successes up to each bin.
    sums: Vec<u64>,
    /// Bins of a span.
    span: usize,
    /// Successes of a span before the event, on average.
    mean: f64,
    /// A window that has less is low.
    least: f64,
}

impl<'g> Rate<'g> {
    /// Nothing, if there were few successes in the whole bins before `event`.
    fn new(gaps: &'g GapsOutcome, event: Ns) -> Option<Self> {
        let mut bins = gaps.successes.clone();
        let time_before = event.saturating_sub(gaps.first?);
        let before = (time_before.0 / gaps.bin.0.max(1)) as usize;
        let sum: u64 = bins.get(..before)?.iter().sum();
        if (sum as f64) < ENOUGH * SPANS as f64 {
            return None;
        }
        let a_bin = sum as f64 / before as f64;
        // Two windows at least before the event.
        let most = before / (2 * SPANS);
        let span = ((ENOUGH / a_bin).ceil() as usize).min(most).max(1);
        match gaps.application.open {
            Some(_) => bins.extend(std::iter::repeat_n(0, SPANS * span)), // none comes any more
            // The last one ends before its time.
            None => drop(bins.pop()),
        }
        let mut rate = Rate {
            gaps,
            sums: running_sums(&bins),
            span,
            mean: a_bin * span as f64,
            least: 0.0,
        };
        rate.least = rate.least_by_accident(before);
        Some(rate)
    }

    /// What a window has at least, as long as nothing happens; of `before` bins.
    fn least_by_accident(&self, before: usize) -> f64 {
        let mean = self.mean * SPANS as f64;
        let count = (before + 1).saturating_sub(self.window());
        if count == 0 {
            return FULL * mean;
        }
        let windows = (0..count).map(|bin| self.sum(bin, self.window()));
        let least = windows.clone().fold(mean, f64::min);
        let variance = windows.map(|w| (w - mean).powi(2)).sum::<f64>() / count as f64;
        (FULL * least).min(mean - DEVIATIONS * variance.sqrt())
    }

    fn window(&self) -> usize {
        SPANS * self.span
    }
    fn begin(&self, bin: usize) -> Ns {
        self.gaps.first.unwrap_or_default() + self.gaps.bin * bin as u64
    }
    /// The bin that `at` falls into.
    fn bin(&self, at: Ns) -> usize {
        let since = at.saturating_sub(self.gaps.first.unwrap_or_default());
        (since.0 / self.gaps.bin.0.max(1)) as usize
    }
    /// Successes in so many bins from `bin` on; these bins are there.
    fn sum(&self, bin: usize, bins: usize) -> f64 {
        let upto = |n: usize| self.sums.get(n).copied().unwrap_or_default();
        upto(bin + bins).saturating_sub(upto(bin)) as f64
    }
    /// Bins at which a window begins that is there.
    fn windows(&self) -> usize {
        self.sums.len().saturating_sub(self.window())
    }

    /// After the last span that is low, or lowest, in the last window that is low,
    /// of those that end within the time: one that begins earlier shows a dip best that is soon
    /// made up for. `None` if none is low after `from`. Nothing, if the time is
    /// over before it is known.
    fn after_last_low(&self, from: Ns, until: Ns) -> Option<Option<Ns>> {
        let end = |bin: usize| self.begin(bin + self.window());
        let first = (self.bin(from) + 1).saturating_sub(self.window());
        let mut within = (first..self.windows())
            .take_while(|bin| end(*bin) <= until)
            .peekable();
        within.peek()?;
        let is_low = |bin: &usize| self.sum(*bin, self.window()) < self.least;
        let Some(window) = within.filter(is_low).last() else {
            return Some(None);
        };
        let mut spans = window..=window + self.window() - self.span;
        let of_span = |bin: usize| self.sum(bin, self.span);
        let lowest = spans.clone().map(of_span).fold(f64::MAX, f64::min);
        let is_low = |bin: &usize| of_span(*bin) <= lowest.max(self.mean / 2.0);
        let last = spans.rfind(is_low).unwrap_or(window);
        Some(Some(self.begin(last + 1)).filter(|end| *end > from))
    }

    /// The begin of the first full window from `at` on, but no bin of it in which
    /// there is no success.
    fn first_full(&self, at: Ns) -> Option<Ns> {
        let is_full = |bin: &usize| {
            self.sum(*bin, self.span) >= self.mean / 2.0
                && self.sum(*bin, self.window()) >= FULL * self.mean * SPANS as f64
        };
        let full = (self.bin(at)..self.windows()).find(is_full)?;
        let best = self.rises(full);
        let busy = (best..).find(|bin| self.sum(*bin, 1) > 0.0)?;
        Some(self.begin(busy).max(at))
    }

    /// Of the bins of the first span of the window at `full`, the first from which on
    /// the window has most above the full rate.
    fn rises(&self, full: usize) -> usize {
        let end = full + self.window();
        let a_bin = FULL * self.mean / self.span as f64;
        let above = |bin: usize| self.sum(bin, end - bin) - a_bin * (end - bin) as f64;
        let mut best = full;
        for bin in full..full + self.span {
            if above(bin) > above(best) {
                best = bin;
            }
        }
        best
    }
}

fn running_sums(bins: &[u64]) -> Vec<u64> {
    let sums = bins.iter().scan(0, |sum, bin| {
        *sum += bin;
        Some(*sum)
    });
    std::iter::once(0).chain(sums).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::models::fault::ActionKind;
    use crate::observe::marks::EventId;
    use crate::run::outcome::ActionOutcome;

    fn outcome(successes: &[u64], event_ms: u64) -> Outcome {
        Outcome {
            actions: vec![ActionOutcome {
                id: EventId::Action(0),
                what: "x".into(),
                kind: ActionKind::Breaks,
                path: None,
                map: None,
                at: Ns::from_ms(event_ms),
                ended: Ns::from_ms(event_ms),
                error: None,
            }],
            gaps: Some(GapsOutcome {
                bin: Ns::from_ms(10),
                first: Some(Ns::ZERO),
                successes: successes.to_vec(),
                ..GapsOutcome::default()
            }),
            ..Outcome::default()
        }
    }

    fn with_gap(mut outcome: Outcome, from_ms: u64, until_ms: u64) -> Outcome {
        let gap = (Ns::from_ms(from_ms), Ns::from_ms(until_ms));
        let gaps = outcome.gaps.as_mut().unwrap();
        gaps.application.listed.push(gap);
        outcome
    }

    #[test]
    fn the_rate_is_full_when_five_bins_are() {
        let successes = [
            20, 20, 20, 20, 20, 20, 8, 0, 0, 60, 18, 16, 16, 20, 18, 20, 20, 20, 20, 20, 20,
        ];
        let at = |from| full(&outcome(&successes, 60), Ns::from_ms(from), Ns::NEVER);
        assert_eq!(at(135), Some(Ns::from_ms(135)));
        assert_eq!(at(102), Some(Ns::from_ms(130)));
        let soon = full(&outcome(&successes, 60), Ns::from_ms(60), Ns::from_ms(115));
        assert_eq!(soon, Some(Ns::from_ms(90)));
        let too_soon = full(&outcome(&successes, 60), Ns::from_ms(60), Ns::from_ms(85));
        assert_eq!(too_soon, None);
    }

    #[test]
    fn it_is_not_full_before_the_dip_that_is_made_up_for() {
        let mut successes = vec![20; 40];
        successes[20..25].copy_from_slice(&[0, 0, 40, 40, 20]);
        let at = full(&outcome(&successes, 150), Ns::from_ms(150), Ns::NEVER);
        assert_eq!(at, Some(Ns::from_ms(220)));
    }

    #[test]
    fn it_is_not_full_before_a_small_dip_either() {
        let mut successes = vec![5; 400];
        successes[200..203].copy_from_slice(&[1, 2, 2]);
        let at = full(&outcome(&successes, 1_800), Ns::from_ms(1_800), Ns::NEVER);
        let within = Ns::from_ms(2_000)..=Ns::from_ms(2_030);
        assert!(within.contains(&at.unwrap()), "{at:?}");
    }

    #[test]
    fn few_successes_are_looked_at_over_a_longer_time() {
        // One every 10 ms; 300 ms without; all that were missed at once.
        let mut successes = vec![1; 1200];
        successes[600..630].fill(0);
        successes[630] = 30;
        let outcome = outcome(&successes, 5_900);
        let at = full(&outcome, Ns::from_ms(5_900), Ns::NEVER);
        assert_eq!(at, Some(Ns::from_ms(6_300)));
    }

    #[test]
    fn a_rate_is_full_from_the_burst_on_not_before() {
        // Half of the load is held for 5 s, then comes at once.
        let mut successes = vec![2; 1200];
        successes[200..700].fill(1);
        successes[700] = 502;
        let outcome = outcome(&successes, 2_000);
        let at = full(&outcome, Ns::from_ms(2_000), Ns::NEVER);
        assert_eq!(at, Some(Ns::from_ms(7_000)));
    }

    #[test]
    fn of_a_handful_of_successes_no_rate_is_known() {
        let mut successes = vec![1; 400];
        successes[10..60].fill(0);
        let at = |ms| full(&outcome(&successes, ms), Ns::from_ms(ms), Ns::NEVER);
        assert_eq!(at(54), None);
    }

    #[test]
    fn of_bursty_load_a_gap_that_is_longer_than_all_before_is_a_fall() {
        let mut successes = [vec![0; 15], vec![100; 5]].concat().repeat(30);
        successes[300..400].fill(0);
        let mut outcome = with_gap(outcome(&successes, 2_500), 2_999, 4_151);
        let at = |o: &Outcome| full(o, Ns::from_ms(2_500), Ns::NEVER);
        assert_eq!(at(&outcome), Some(Ns::from_ms(4_151)));
        let gaps = outcome.gaps.as_mut().unwrap();
        gaps.before.record(Ns::from_secs(2));
        assert_eq!(at(&outcome), Some(Ns::from_ms(2_500)));
    }

    #[test]
    fn a_fall_that_comes_later_counts() {
        let mut successes = vec![20; 31];
        successes[18..22].fill(9);
        let at = full(&outcome(&successes, 60), Ns::from_ms(60), Ns::NEVER);
        assert_eq!(at, Some(Ns::from_ms(220)));
    }

    #[test]
    fn a_rate_that_ends_is_full_no_more() {
        let mut outcome = outcome(&[20; 10], 60);
        let at = |o: &Outcome| full(o, Ns::from_ms(90), Ns::NEVER);
        assert_eq!(at(&outcome), None);
        let gaps = outcome.gaps.as_mut().unwrap();
        gaps.application.open = Some((Ns::from_ms(99), Ns::NEVER));
        assert_eq!(at(&outcome), None);
        assert_eq!(full(&outcome, Ns::from_ms(60), Ns::NEVER), None);
    }

    #[test]
    fn without_a_rate_before_there_is_no_full_one() {
        let early = full(&outcome(&[20; 20], 5), Ns::from_ms(5), Ns::NEVER);
        assert_eq!(early, None);
        let dips_not = full(&outcome(&[20; 20], 53), Ns::from_ms(53), Ns::NEVER);
        assert_eq!(dips_not, Some(Ns::from_ms(53)));
    }
}
