//! A sweep's results at a glance.

use std::path::Path;

use super::SweepError;
use super::manifest::Manifest;
use super::within::Method;
use crate::run::text::{Columns, three, with_interval, wrapped};
use crate::stats::Interval;

/// Points that are shown.
const POINTS: usize = 40;
/// Figures that are shown where a sweep does not choose its own.
const FIGURES: [&str; 3] = ["iops", "lat_mean_us", "lat_p99_us"];
/// Figures that find room beside each other.
const MOST: usize = 5;

/// A row of `summary.csv`.
struct Row {
    point: String,
    values: Vec<String>,
    metric: String,
    mean: f64,
    interval: Option<Interval>,
    method: String,
}

impl Row {
    /// The mean with its interval, or why there is none.
    fn shown(&self) -> String {
        if let Some(interval) = self.interval {
            return with_interval(self.mean, interval);
        }
        let mean = three(self.mean);
        match Method::why_not(&self.method) {
            Some(why) => format!("{mean} (1 run, {why})"),
            None => format!("{mean} (1 run)"),
        }
    }
}

/// The first points of the finished sweep in `folder`: means and the half
/// widths of their intervals; as wide as it is, or for a terminal of `width` columns.
///
/// # Errors
/// Its tables cannot be read.
pub fn overview(folder: &Path, width: Option<usize>) -> Result<String, SweepError> {
    let Some(manifest) = Manifest::read(folder)? else {
        return Ok(String::new());
    };
    let names: Vec<&str> = manifest
        .metrics
        .iter()
        .map(|metric| metric.name.as_str())
        .collect();
    let mut shown: Vec<&str> = names
        .iter()
        .copied()
        .filter(|n| FIGURES.contains(n))
        .collect();
    if names.len() <= MOST {
        shown = names;
    }
    let mut columns = Columns::default();
    let heads = manifest.columns.iter().map(String::as_str);
    columns.head(
        std::iter::once("point")
            .chain(heads)
            .chain(shown.iter().copied()),
    );
    let mut count = 0;
    let mut cells: Vec<String> = Vec::new();
    let mut last = None;
    for row in rows(folder, manifest.columns.len())? {
        if last.as_ref() != Some(&row.point) {
            if !cells.is_empty() {
                columns.row(std::mem::take(&mut cells));
            }
            count += 1;
            if count > POINTS {
                break;
            }
            cells = std::iter::once(row.point.clone())
                .chain(row.values.clone())
                .collect();
            last = Some(row.point.clone());
        }
        if shown.contains(&row.metric.as_str()) {
            cells.push(row.shown());
        }
    }
    if !cells.is_empty() {
        columns.row(cells);
    }
    let mut text = columns.shown(width);
    if count > POINTS {
        text += &format!("… {} points in all\n", manifest.points);
    }
    text += "± is half of the 95 % interval of the mean";
    if manifest.replications == Some(1) {
        text += "; of one run, from its parts (docs/sweeps.md)";
    }
    text.push('\n');
    Ok(width.map_or(text.clone(), |width| wrapped(&text, width)))
}

fn rows(folder: &Path, columns: usize) -> Result<impl Iterator<Item = Row>, SweepError> {
    let path = folder.join("summary.csv");
    let reader = csv::Reader::from_path(&path);
    let reader = reader.map_err(|why| SweepError::read(&path, std::io::Error::other(why)))?;
    Ok(reader
        .into_records()
        .map_while(Result::ok)
        .filter_map(move |row| {
            let text = |i: usize| row.get(i).map(str::to_owned);
            let number = |i: usize| row.get(i).and_then(|x| x.parse::<f64>().ok());
            // metric, runs, mean, low, high
            let at = columns + 1;
            Some(Row {
                point: text(0)?,
                values: (1..at).filter_map(text).collect(),
                metric: text(at)?,
                mean: number(at + 2)?,
                interval: number(at + 3)
                    .zip(number(at + 4))
                    .map(|(low, high)| Interval { low, high }),
                method: text(at + 5)?,
            })
        }))
}
