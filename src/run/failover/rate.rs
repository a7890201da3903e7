//! When the rate of completions is what it was.

use crate::run::outcome::{GapsOutcome, Outcome};
use crate::sim::Ns;

/// Bins that are looked at together.
const BINS: usize = 5;
/// The share of the old rate that counts as full.
const FULL: f64 = 0.95;

/// When, between `from` and `until`, the rate is full again: the begin of the
/// first bin with which five begin that together have 95 % of the successes
/// that five bins had on average before the first event of the timeline, and
/// which itself has half of what a bin had. Nothing, if it never is, or if it
/// is not known what the rate was.
pub fn full(outcome: &Outcome, from: Ns, until: Ns) -> Option<Ns> {
    let first_event = outcome.actions.iter().map(|a| a.at).min()?;
    let gaps = outcome.gaps.as_ref()?;
    let before = rate_before(gaps, first_event)?;
    let begin = |bin: usize| gaps.first.unwrap_or_default() + gaps.bin * bin as u64;
    let windows = gaps.successes.windows(BINS).enumerate();
    let is_full = |window: &[u64]| {
        let sum: u64 = window.iter().sum();
        window[0] as f64 >= before / 2.0 && sum as f64 >= FULL * before * BINS as f64
    };
    let found = windows
        .filter(|(bin, _)| begin(bin + 1) > from && begin(*bin) < until)
        .find(|(_, window)| is_full(window));
    found.map(|(bin, _)| begin(bin).max(from))
}

/// Successes a bin, over the whole bins before `event`.
fn rate_before(gaps: &GapsOutcome, event: Ns) -> Option<f64> {
    let span = event.saturating_sub(gaps.first?);
    let bins = (span.0 / gaps.bin.0.max(1)) as usize;
    let before = gaps.successes.get(..bins)?;
    let sum: u64 = before.iter().sum();
    (sum > 0).then(|| sum as f64 / bins as f64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::models::fault::ActionKind;
    use crate::run::outcome::ActionOutcome;

    fn outcome(successes: &[u64], event_ms: u64) -> Outcome {
        Outcome {
            actions: vec![ActionOutcome {
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
        let successes = [10, 10, 10, 10, 4, 0, 0, 30, 9, 8, 8, 10, 9, 10, 10, 10];
        let at = |from| full(&outcome(&successes, 40), Ns::from_ms(from), Ns::NEVER);
        assert_eq!(at(40), Some(Ns::from_ms(70)));
        assert_eq!(at(82), Some(Ns::from_ms(110)));
        assert_eq!(at(125), None);
    }

    #[test]
    fn without_a_rate_before_there_is_no_full_one() {
        assert_eq!(full(&outcome(&[9; 20], 5), Ns::from_ms(5), Ns::NEVER), None);
        let dips_not = full(&outcome(&[9; 20], 53), Ns::from_ms(53), Ns::NEVER);
        assert_eq!(dips_not, Some(Ns::from_ms(53)));
    }
}
