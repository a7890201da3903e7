//! What the kernel and multipathd did about it, thinned out where it is done over
//! and over.

use crate::run::summary::MoreSummary;
use crate::sim::Ns;

/// Of what is told more often than this between two events of the timeline, the
/// first and the last times are told.
const MOST: usize = 4;

/// What of `all` is told, which is in order, as are the events at `turns`; the
/// rest is counted in `more`. Of things that happen at once, one is told.
pub fn thinned<'o>(
    all: &'o [(Ns, String)],
    turns: &[Ns],
    more: &mut Vec<MoreSummary>,
) -> impl Iterator<Item = &'o (Ns, String)> + use<'o> {
    let mut told: Vec<usize> = Vec::new();
    let mut rest: Vec<usize> = (0..all.len()).collect();
    while let Some(&first) = rest.first() {
        let (mut alike, others): (Vec<usize>, Vec<usize>) = rest
            .iter()
            .partition(|n| is_alike(&all[**n], &all[first], turns));
        rest = others;
        alike.dedup_by(|b, a| all[*a] == all[*b]);
        if alike.len() > MOST {
            let left = alike.drain(MOST / 2..alike.len() - MOST / 2).count();
            count(kind(&all[first].1), left as u64, more);
        }
        told.extend(alike);
    }
    told.sort_unstable();
    told.into_iter().map(move |n| &all[n])
}

/// Whether it is the same between the same events.
fn is_alike(a: &(Ns, String), b: &(Ns, String), turns: &[Ns]) -> bool {
    let turn = |at: Ns| turns.partition_point(|turn| *turn <= at);
    kind(&a.1) == kind(&b.1) && turn(a.0) == turn(b.0)
}

/// Words without the number that a depth is.
fn kind(what: &str) -> &str {
    const DEPTH: &str = ": queue depth";
    what.find(DEPTH)
        .map_or(what, |at| &what[..at + DEPTH.len()])
}

fn count(what: &str, count: u64, more: &mut Vec<MoreSummary>) {
    match more.iter_mut().find(|m| m.what == what) {
        Some(m) => m.count += count,
        None => more.push(MoreSummary {
            what: what.into(),
            count,
            total_ns: None,
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_done_over_and_over_is_counted() {
        let depth = |n: u64| (Ns::from_secs(n), format!("sda: queue depth {}", 32 - n));
        let mut all: Vec<_> = (1..=12).map(depth).collect();
        all.insert(3, (Ns::from_secs(3), "sda: command timeout".into()));
        all.insert(3, (Ns::from_secs(3), "sda: command timeout".into()));
        let mut more = Vec::new();
        let told = thinned(&all, &[Ns::from_secs(10)], &mut more);
        let told: Vec<u64> = told.map(|(at, _)| at.0 / 1_000_000_000).collect();
        assert_eq!(told, [1, 2, 3, 8, 9, 10, 11, 12]);
        assert_eq!(
            (more[0].what.as_str(), more[0].count),
            ("sda: queue depth", 5)
        );
    }
}
