//! Times without a success: of each job, and those that are worth a line each.

use crate::run::outcome::{GapsOutcome, ThreadGapsOutcome};
use crate::run::summary::GapsSummary;
use crate::sim::Ns;
use crate::sim::stats::LatencyStats;

/// The most gaps that are told after one event of the timeline.
const MOST_AFTER_ONE: usize = 3;
/// The most that are told of a run.
const MOST: usize = 20;

/// The application as a whole, then its jobs.
pub fn summaries(gaps: &GapsOutcome) -> Vec<GapsSummary> {
    let mut summaries = vec![of_job(&[&gaps.application])];
    let mut threads: Vec<&ThreadGapsOutcome> = gaps.threads.iter().collect();
    while let Some(first) = threads.first() {
        let name = &first.name;
        let (job, rest): (Vec<_>, Vec<_>) = threads.iter().partition(|t| t.name == *name);
        summaries.push(of_job(&job));
        threads = rest;
    }
    summaries
}

fn of_job(threads: &[&ThreadGapsOutcome]) -> GapsSummary {
    let mut all = LatencyStats::default();
    for thread in threads {
        all.merge(&thread.long);
    }
    let open = threads.iter().filter_map(|thread| thread.open);
    GapsSummary {
        job: threads.first().map_or_else(String::new, |t| t.name.clone()),
        count: all.count() + open.clone().count() as u64,
        mean_ns: all.mean(),
        p50_ns: all.percentile(50.0),
        p99_ns: all.percentile(99.0),
        max_ns: all.max(),
        no_success_since_ns: open.map(|(since, _)| since.0).min(),
    }
}

/// The gaps that have a line each.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Told {
    /// Begin and end, in order.
    pub gaps: Vec<(Ns, Ns)>,
    /// How many have none.
    pub others: u64,
    /// How long these are together.
    pub total: Ns,
}

/// After each of the events at `turns`, which are in order, the longest gap, and
/// up to two more that are longer than 99 % of those before the first event. So
/// is one of those themselves.
pub fn told(gaps: &GapsOutcome, turns: &[Ns]) -> Told {
    let usual = Ns(gaps.before.percentile(99.0));
    let mut told: Vec<(Ns, Ns)> = Vec::new();
    let between = |from: Ns, until: Ns| {
        let listed = gaps.application.listed.iter().copied();
        let mut gaps: Vec<(Ns, Ns)> = listed.filter(|g| g.1 > from && g.0 < until).collect();
        gaps.sort_by_key(longest_first);
        gaps.into_iter()
    };
    let is_unusual = |gap: &(Ns, Ns)| length(gap) > usual;
    let first = turns.first().copied().unwrap_or(Ns::NEVER);
    told.extend(between(Ns::ZERO, first).next().filter(is_unusual));
    for (n, from) in turns.iter().enumerate() {
        let until = turns.get(n + 1).copied().unwrap_or(Ns::NEVER);
        let after = between(*from, until).take(MOST_AFTER_ONE).enumerate();
        let after = after.filter(|(n, gap)| *n == 0 || is_unusual(gap));
        told.extend(after.map(|(_, gap)| gap));
    }
    told.sort_by_key(longest_first);
    told.dedup();
    told.truncate(MOST);
    told.sort_unstable();
    let long = &gaps.application.long;
    let lengths = told.iter().map(length).fold(Ns::ZERO, |a, b| a + b);
    Told {
        others: long.count().saturating_sub(told.len() as u64),
        total: Ns(u64::try_from(long.sum()).unwrap_or(u64::MAX)).saturating_sub(lengths),
        gaps: told,
    }
}

fn length(gap: &(Ns, Ns)) -> Ns {
    gap.1.saturating_sub(gap.0)
}

fn longest_first(gap: &(Ns, Ns)) -> (std::cmp::Reverse<Ns>, Ns) {
    (std::cmp::Reverse(length(gap)), gap.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gaps of so many ms that begin at whole seconds.
    fn gaps(lengths: &[u64], usual_ms: u64) -> GapsOutcome {
        let mut gaps = GapsOutcome::default();
        gaps.before.record(Ns::from_ms(usual_ms));
        for (second, &ms) in (1..).zip(lengths) {
            let begin = Ns::from_secs(second);
            let gap = (begin, begin + Ns::from_ms(ms));
            gaps.application.listed.push(gap);
            gaps.application.long.record(length(&gap));
        }
        gaps
    }

    #[test]
    fn the_longest_after_an_event_and_a_few_that_are_unusual() {
        let gaps = gaps(&[30, 40, 30, 50, 90, 80, 70, 31, 32], 60);
        let told = told(&gaps, &[Ns::from_ms(3500), Ns::from_ms(7500)]);
        let seconds: Vec<u64> = told.gaps.iter().map(|g| g.0.0 / 1_000_000_000).collect();
        assert_eq!(seconds, [5, 6, 7, 9]);
        assert_eq!((told.others, told.total), (5, Ns::from_ms(181)));
    }

    #[test]
    fn on_shaky_storage_there_are_not_more_than_twenty() {
        let turns: Vec<Ns> = (0..100).map(|n| Ns::from_ms(500 + 1000 * n)).collect();
        let told = told(&gaps(&[25; 100], 1), &turns);
        assert_eq!((told.gaps.len(), told.others), (20, 80));
    }
}
