//! When the rate of completions is what it was.

use crate::run::outcome::{GapsOutcome, Outcome};
use crate::sim::Ns;

/// Bins that are looked at together.
const BINS: usize = 5;
/// The share of the old rate that counts as full.
const FULL: f64 = 0.95;

/// When, between `from` and `until`, the rate is full: `from`, if it does not
/// fall; otherwise, after it has fallen, the begin of the first five bins that
/// together have 95 % of the successes that five bins had on average before the
/// first event of the timeline, and the first of which has half of what a bin
/// had. Nothing, if it never is, or if it is not known what the rate was.
///
/// It has fallen when five bins have less than 95 % of what the least five
/// before the first event had: rates differ by themselves.
pub fn full(outcome: &Outcome, from: Ns, until: Ns) -> Option<Ns> {
    let first_event = outcome.actions.iter().map(|a| a.at).min()?;
    let gaps = outcome.gaps.as_ref()?;
    let before = Before::new(gaps, first_event)?;
    let begin = |bin: usize| gaps.first.unwrap_or_default() + gaps.bin * bin as u64;
    let mut bins = gaps.successes.clone();
    if gaps.application.open.is_some() {
        bins.extend([0; BINS]); // none comes any more
    }
    let windows = bins.windows(BINS).enumerate();
    let mut windows = windows
        .filter(|(bin, _)| begin(bin + 1) > from && begin(*bin) < until)
        .peekable();
    windows.peek()?;
    if !windows.any(|(_, window)| before.is_missed_by(window)) {
        return Some(from);
    }
    let full = windows.find(|(_, window)| before.is_reached_by(window));
    let full = full.map(|(bin, _)| begin(bin).max(from))?;
    // A bin may begin within the gap that it ends.
    let within = |gap: &&(Ns, Ns)| gap.0 <= full && full < gap.1;
    let gap = gaps.application.listed.iter().find(within);
    Some(gap.map_or(full, |gap| gap.1))
}

/// The rate before the first event.
struct Before {
    /// Successes a bin.
    mean: f64,
    /// The fewest of five bins.
    least: f64,
}

impl Before {
    /// Over the whole bins before `event`.
    fn new(gaps: &GapsOutcome, event: Ns) -> Option<Self> {
        let span = event.saturating_sub(gaps.first?);
        let bins = (span.0 / gaps.bin.0.max(1)) as usize;
        let before = gaps.successes.get(..bins)?;
        let sum: u64 = before.iter().sum();
        let mean = sum as f64 / bins.max(1) as f64;
        let least = before.windows(BINS).map(sum_of).fold(f64::MAX, f64::min);
        (sum > 0).then_some(Before {
            mean,
            least: least.min(mean * BINS as f64),
        })
    }
    fn is_missed_by(&self, window: &[u64]) -> bool {
        sum_of(window) < FULL * self.least
    }
    fn is_reached_by(&self, window: &[u64]) -> bool {
        let first = window.first().map_or(0.0, |&n| n as f64);
        first >= self.mean / 2.0 && sum_of(window) >= FULL * self.mean * BINS as f64
    }
}

fn sum_of(window: &[u64]) -> f64 {
    window.iter().sum::<u64>() as f64
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

    #[test]
    fn the_rate_is_full_when_five_bins_are() {
        let successes = [
            10, 10, 10, 10, 4, 0, 0, 30, 9, 8, 8, 10, 9, 10, 10, 10, 10, 10,
        ];
        let at = |from| full(&outcome(&successes, 40), Ns::from_ms(from), Ns::NEVER);
        assert_eq!(at(40), Some(Ns::from_ms(70)));
        assert_eq!(at(82), Some(Ns::from_ms(110)));
        assert_eq!(at(115), Some(Ns::from_ms(115)));
        let soon = full(&outcome(&successes, 40), Ns::from_ms(40), Ns::from_ms(65));
        assert_eq!(soon, None);
    }

    #[test]
    fn a_fall_that_comes_later_counts() {
        let mut successes = vec![10; 30];
        successes[18..22].fill(5);
        let at = full(&outcome(&successes, 60), Ns::from_ms(60), Ns::NEVER);
        assert_eq!(at, Some(Ns::from_ms(220)));
    }

    #[test]
    fn a_rate_that_ends_is_full_no_more() {
        let mut outcome = outcome(&[10; 10], 60);
        let at = |o: &Outcome| full(o, Ns::from_ms(90), Ns::NEVER);
        assert_eq!(at(&outcome), None);
        let gaps = outcome.gaps.as_mut().unwrap();
        gaps.application.open = Some((Ns::from_ms(99), Ns::NEVER));
        assert_eq!(at(&outcome), None);
        assert_eq!(full(&outcome, Ns::from_ms(60), Ns::NEVER), None);
    }

    #[test]
    fn without_a_rate_before_there_is_no_full_one() {
        assert_eq!(full(&outcome(&[9; 20], 5), Ns::from_ms(5), Ns::NEVER), None);
        let dips_not = full(&outcome(&[9; 20], 53), Ns::from_ms(53), Ns::NEVER);
        assert_eq!(dips_not, Some(Ns::from_ms(53)));
    }
}
