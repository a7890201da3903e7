//! The runs of a finished sweep, read back from its folder.

use std::collections::BTreeMap;
use std::path::Path;

use super::PolicyError;
use crate::sweep::{METRICS, Manifest};

/// A run: its seed, and [`METRICS`] as far as its tables show them.
#[derive(Clone, Debug, PartialEq)]
pub struct Run {
    /// The seed: runs of the same one met the same world.
    pub seed: String,
    /// The figures.
    pub metrics: Vec<Option<f64>>,
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
        let label = |i: usize| format!("{}={}", manifest.columns[i], &row[i + 1]);
        let labels: Vec<String> = (0..columns).map(label).collect();
        let figure = |at: &Option<usize>| row.get((*at)?)?.parse().ok();
        points.entry(labels.join(", ")).or_default().push(Run {
            // point, columns, replication, seed
            seed: row.get(columns + 2).unwrap_or("").to_owned(),
            metrics: figures.iter().map(figure).collect(),
        });
    }
    Ok(points)
}
