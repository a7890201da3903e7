//! The runs of a finished sweep, read back from its folder.

use std::collections::BTreeMap;
use std::path::Path;

use super::PolicyError;
use crate::stats::Interval;
use crate::sweep::{METRICS, Manifest, metric};

/// A run: its seed, and [`METRICS`] as far as its tables show them.
#[derive(Clone, Debug, PartialEq)]
pub struct Run {
    /// The seed: runs of the same one met the same world.
    pub seed: String,
    /// The figures.
    pub metrics: Vec<Option<f64>>,
    /// What it tells of the accuracy of its figures, if it is the only one of its point.
    pub within: Vec<(usize, Interval)>,
}

/// The runs of a folder by point (`depth=4, mode=bio`), in order of
/// replication.
pub type Points = BTreeMap<String, Vec<Run>>;

/// Reads the finished sweep in `folder`.
///
/// # Errors
/// It is not there, not finished, or cannot be read.
pub fn read(folder: &Path) -> Result<Points, PolicyError> {
    let name = folder.display();
    let Some(manifest) = Manifest::read(folder)? else {
        return Err(PolicyError::asked(
            format!("{name} is not the folder of a sweep"),
            "mpathsim sweep FILE --out FOLDER writes one",
        ));
    };
    if !manifest.complete {
        return Err(PolicyError::asked(
            format!("the sweep in {name} is not finished"),
            "finish it with --resume first",
        ));
    }
    let path = folder.join("points.csv");
    let wrong = |why: csv::Error| PolicyError::File {
        path: path.display().to_string(),
        why: std::io::Error::other(why),
    };
    let mut reader = csv::Reader::from_path(&path).map_err(wrong)?;
    let heads = reader.headers().map_err(wrong)?.clone();
    let columns = manifest.columns.len();
    let figures: Vec<Option<usize>> = METRICS
        .iter()
        .map(|metric| heads.iter().position(|head| head == metric.name))
        .collect();
    let mut points = Points::new();
    for row in reader.records() {
        let row = row.map_err(wrong)?;
        let figure = |at: &Option<usize>| row.get((*at)?)?.parse().ok();
        points
            .entry(called(&manifest, &row))
            .or_default()
            .push(Run {
                // point, columns, replication, seed
                seed: row.get(columns + 2).unwrap_or("").to_owned(),
                metrics: figures.iter().map(figure).collect(),
                within: Vec::new(),
            });
    }
    add_intervals(folder, &manifest, &mut points)?;
    Ok(points)
}

/// Reads what single runs tell of their accuracy: `summary.csv` has it.
fn add_intervals(
    folder: &Path,
    manifest: &Manifest,
    points: &mut Points,
) -> Result<(), PolicyError> {
    if points.values().all(|runs| runs.len() != 1) {
        return Ok(());
    }
    let path = folder.join("summary.csv");
    let wrong = |why: csv::Error| PolicyError::File {
        path: path.display().to_string(),
        why: std::io::Error::other(why),
    };
    let columns = manifest.columns.len();
    for row in csv::Reader::from_path(&path).map_err(wrong)?.records() {
        let row = row.map_err(wrong)?;
        // point, columns, metric, runs, mean, low, high
        let number = |i: usize| row.get(i)?.parse::<f64>().ok();
        let ends = number(columns + 4).zip(number(columns + 5));
        let index = row
            .get(columns + 1)
            .and_then(metric)
            .map(|(index, _)| index);
        let (Some((low, high)), Some(index)) = (ends, index) else {
            continue;
        };
        if let Some([run]) = points
            .get_mut(&called(manifest, &row))
            .map(Vec::as_mut_slice)
        {
            run.within.push((index, Interval { low, high }));
        }
    }
    Ok(())
}

/// What the point of a row is called: `depth=4, mode=bio`.
fn called(manifest: &Manifest, row: &csv::StringRecord) -> String {
    let labels = manifest.columns.iter().enumerate();
    let labels = labels.map(|(i, column)| format!("{column}={}", row.get(i + 1).unwrap_or("")));
    labels.collect::<Vec<_>>().join(", ")
}
