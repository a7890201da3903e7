//! Requests issued to the paths, and the shares they make.

use std::collections::BTreeMap;

use super::figure::{Figure, Tolerance};
use crate::formats::kernel_observation::{DeviceStat, IssuedRequests, Observation, Observed};

/// The names of the paths.
pub fn paths(observation: &Observation) -> Vec<String> {
    observation
        .paths
        .as_ref()
        .map(|paths| paths.names())
        .unwrap_or_default()
}

/// The operation of `rwbs` (`blktrace.c:blk_fill_rwbs`, 6.1): `R`, `W`, `D` or
/// `F`; none for internal commands. An `F` in front of another operation is the
/// flush before it.
pub fn operation(rwbs: &str) -> Option<char> {
    let is_op = |c: &char| matches!(c, 'R' | 'W' | 'D' | 'F');
    let first = rwbs.chars().next().filter(is_op)?;
    let second = rwbs.chars().nth(1).filter(is_op);
    match (first, second) {
        ('F', Some(op)) => Some(op),
        _ => Some(first),
    }
}

/// What `run` issued to `device`, by operation and size in sectors.
pub fn issued_to(run: &Observed, device: &str) -> BTreeMap<(char, u32), u64> {
    let mut counts = BTreeMap::new();
    for one in all_issued(run).filter(|one| one.device == device) {
        if let Some(op) = operation(&one.rwbs) {
            *counts.entry((op, one.sectors)).or_default() += one.count;
        }
    }
    counts
}

/// How many requests that carry data `run` issued to `device`.
pub fn data_issued_to(run: &Observed, device: &str) -> u64 {
    issued_to(run, device)
        .iter()
        .filter(|((op, _), _)| *op != 'F')
        .map(|(_, count)| count)
        .sum()
}

/// Everything `run` issued; nothing if that was not recorded.
pub fn all_issued(run: &Observed) -> impl Iterator<Item = &IssuedRequests> {
    run.requests_issued.iter().flatten()
}

/// What a share is a share of.
#[derive(Copy, Clone, PartialEq, Eq)]
enum Source {
    /// Requests that carry data, as issued.
    Issued,
    /// `stat`, where requests were not recorded. It counts refused clones as
    /// well, in the kernel and in ours.
    Stat,
}

impl Source {
    fn of(observation: &Observation) -> Source {
        match observation.observed.requests_issued {
            Some(_) => Source::Issued,
            None => Source::Stat,
        }
    }
    fn count(self, run: &Observed, device: &str) -> u64 {
        match self {
            Source::Issued => data_issued_to(run, device),
            Source::Stat => run.devices.get(device).map_or(0, ios),
        }
    }
}

fn ios(stat: &DeviceStat) -> u64 {
    stat.read_ios + stat.write_ios
}

/// The part of the I/Os of `run` that each path got, in order of `paths`.
fn shares_of(source: Source, run: &Observed, paths: &[String]) -> Vec<f64> {
    let counts: Vec<u64> = paths.iter().map(|p| source.count(run, p)).collect();
    let all = counts.iter().sum::<u64>().max(1) as f64;
    counts.iter().map(|n| *n as f64 / all).collect()
}

/// The share of each path.
pub fn shares(observation: &Observation, ours: &Observed, tolerance: Tolerance) -> Vec<Figure> {
    let paths = paths(observation);
    let source = Source::of(observation);
    let runs: Vec<Vec<f64>> = observation
        .runs()
        .iter()
        .map(|run| shares_of(source, run, &paths))
        .collect();
    shares_of(source, ours, &paths)
        .iter()
        .enumerate()
        .map(|(i, share)| {
            let kernel: Vec<f64> = runs.iter().map(|run| run[i]).collect();
            Figure::new(format!("share {}", paths[i]), &kernel, *share, tolerance)
        })
        .collect()
}

/// The shares of `run`: `p0 0.500 p1 0.500`.
pub fn shares_in_words(observation: &Observation, run: &Observed) -> String {
    let paths = paths(observation);
    let shares = shares_of(Source::of(observation), run, &paths);
    let words: Vec<String> = paths
        .iter()
        .zip(shares)
        .map(|(path, share)| format!("{path} {share:.3}"))
        .collect();
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operations() {
        for (rwbs, op) in [
            ("R", 'R'),
            ("RA", 'R'),
            ("WS", 'W'),
            ("WFS", 'W'),
            ("FWS", 'W'),
            ("FF", 'F'),
            ("FS", 'F'),
            ("DS", 'D'),
        ] {
            assert_eq!(operation(rwbs), Some(op), "{rwbs}");
        }
        assert_eq!(operation("N"), None);
        assert_eq!(operation(""), None);
    }
}
