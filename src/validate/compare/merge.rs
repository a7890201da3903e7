//! `merge`: I/Os, merges and sectors of the dm device, and the requests issued
//! to the paths.

use std::collections::BTreeSet;

use super::counts;
use super::decided::{Decider, decider};
use super::figure::{Figure, Tolerance};
use crate::formats::kernel_observation::{DeviceStat, Observation, Observed};
use crate::validate::experiment::MAP_KERNEL_NAME;

/// Where CPU timing decides.
const LOOSE: Tolerance = Tolerance::either(0.02, 2.0);

type Column = (&'static str, fn(&DeviceStat) -> u64);

/// What is compared of `/sys/block/*/stat`.
const COLUMNS: [Column; 6] = [
    ("read I/Os", |s| s.read_ios),
    ("read merges", |s| s.read_merges),
    ("read sectors", |s| s.read_sectors),
    ("write I/Os", |s| s.write_ios),
    ("write merges", |s| s.write_merges),
    ("write sectors", |s| s.write_sectors),
];

/// The figures of a case.
pub fn figures(observation: &Observation, ours: &Observed) -> Vec<Figure> {
    let decider = decider(observation);
    let tolerance = match decider {
        Decider::Timing => LOOSE,
        Decider::Submission | Decider::Contiguity => Tolerance::EXACT,
    };
    let mut all = device_under_test(observation, ours, tolerance);
    let sizes = match decider {
        Decider::Contiguity => Tolerance::FREE,
        _ => tolerance,
    };
    for path in counts::paths(observation) {
        all.extend(requests(observation, ours, &path, tolerance, sizes));
    }
    all.push(sectors_of_all_paths(observation, ours, tolerance));
    all
}

/// The dm device, or the path if there is none.
fn name_under_test(observation: &Observation) -> String {
    match (&observation.table, &observation.paths) {
        (None, Some(paths)) => paths.name(0),
        _ => MAP_KERNEL_NAME.to_owned(),
    }
}

fn device_under_test(
    observation: &Observation,
    ours: &Observed,
    tolerance: Tolerance,
) -> Vec<Figure> {
    let device = name_under_test(observation);
    COLUMNS
        .iter()
        .map(|(name, column)| {
            compare(
                observation,
                ours,
                format!("{device} {name}"),
                tolerance,
                |run| run.devices.get(&device).map_or(0, column),
            )
        })
        .filter(is_there)
        .collect()
}

/// How many requests of each operation were issued to `path`, and of which
/// sizes.
fn requests(
    observation: &Observation,
    ours: &Observed,
    path: &str,
    tolerance: Tolerance,
    sizes: Tolerance,
) -> Vec<Figure> {
    let kinds: BTreeSet<(char, u32)> = observation
        .runs()
        .into_iter()
        .chain([ours])
        .flat_map(|run| counts::issued_to(run, path).into_keys())
        .collect();
    let operations: BTreeSet<char> = kinds.iter().map(|(op, _)| *op).collect();
    let counted = operations.into_iter().map(|op| {
        let name = format!("{path} {op} requests");
        compare(observation, ours, name, tolerance, |run| {
            counts::issued_to(run, path)
                .iter()
                .filter(|((o, _), _)| *o == op)
                .map(|(_, n)| n)
                .sum()
        })
    });
    let sized = kinds.iter().map(|kind| {
        let name = format!("{path} {} requests of {} sectors", kind.0, kind.1);
        compare(observation, ours, name, sizes, |run| {
            let count = counts::issued_to(run, path).get(kind).copied();
            count.unwrap_or(0)
        })
    });
    counted.chain(sized).collect()
}

/// Whatever the sizes, all sectors must arrive.
fn sectors_of_all_paths(
    observation: &Observation,
    ours: &Observed,
    tolerance: Tolerance,
) -> Figure {
    let paths = counts::paths(observation);
    let name = "sectors issued to all paths".to_owned();
    compare(observation, ours, name, tolerance, |run| {
        paths
            .iter()
            .flat_map(|path| counts::issued_to(run, path))
            .map(|((_, sectors), n)| u64::from(sectors) * n)
            .sum()
    })
}

fn compare(
    observation: &Observation,
    ours: &Observed,
    name: String,
    tolerance: Tolerance,
    count: impl Fn(&Observed) -> u64,
) -> Figure {
    let runs: Vec<f64> = observation
        .runs()
        .iter()
        .map(|run| count(run) as f64)
        .collect();
    Figure::new(name, &runs, count(ours) as f64, tolerance)
}

/// Whether the kernel or we have any.
fn is_there(figure: &Figure) -> bool {
    figure.kernel != (0.0, 0.0) || figure.ours != 0.0
}

/// `dm-0 128 I/Os 1920 merges; p0 64 p1 64 requests`.
pub fn summary(observation: &Observation, run: &Observed) -> String {
    let device = name_under_test(observation);
    let stat = run.devices.get(&device).copied().unwrap_or_default();
    let issued: Vec<String> = counts::paths(observation)
        .iter()
        .map(|path| {
            let n: u64 = counts::issued_to(run, path).values().sum();
            format!("{path} {n}")
        })
        .collect();
    format!(
        "{device} {} I/Os {} merges; {} requests",
        stat.read_ios + stat.write_ios,
        stat.read_merges + stat.write_merges,
        issued.join(" ")
    )
}
