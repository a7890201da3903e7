//! The folder of `mpathsim sweep`: its `summary.csv`, a line a point and figure.

use std::path::{Path, PathBuf};

use super::ResultError;
use crate::sweep::{Better, METRICS};

/// What `mpathsim sweep` wrote.
#[derive(Clone, Debug, Default)]
pub struct SweepResult {
    /// Where.
    pub folder: PathBuf,
    /// Name of the folder.
    pub name: String,
    /// Axes, in order of the columns.
    pub axes: Vec<String>,
    /// What it is about; may be empty.
    pub about: String,
    /// Which way its figures improve.
    pub better: Vec<(String, Better)>,
    /// All figures of all points.
    pub cells: Vec<Cell>,
}

/// The part of `sweep.json` that is shown.
#[derive(serde::Deserialize)]
struct Named {
    sweep: String,
    #[serde(default)]
    about: String,
    #[serde(default)]
    metrics: Vec<NamedMetric>,
}

#[derive(serde::Deserialize)]
struct NamedMetric {
    name: String,
    #[serde(default)]
    better: String,
}

impl NamedMetric {
    fn better(self) -> (String, Better) {
        let better = match self.better.as_str() {
            "more" => Better::More,
            "less" => Better::Less,
            _ => Better::Neither,
        };
        (self.name, better)
    }
}

/// A figure at a point.
#[derive(Clone, Debug, PartialEq)]
pub struct Cell {
    /// Values of the axes.
    pub values: Vec<String>,
    /// The figure's name.
    pub metric: String,
    /// Mean over the replications.
    pub mean: f64,
    /// Its interval of confidence.
    pub low: f64,
    /// Its upper end.
    pub high: f64,
    /// Replications.
    pub runs: u64,
    /// How the interval was found; empty: there is none.
    pub method: String,
}

impl SweepResult {
    /// Reads the folder.
    ///
    /// # Errors
    /// The table is missing or damaged.
    pub fn read(folder: &Path) -> Result<SweepResult, ResultError> {
        let path = folder.join("summary.csv");
        let malformed = |why: String| ResultError::Malformed {
            path: path.clone(),
            why,
        };
        let mut reader = csv::Reader::from_path(&path).map_err(|why| malformed(why.to_string()))?;
        let head = reader
            .headers()
            .map_err(|why| malformed(why.to_string()))?
            .clone();
        let column = |name: &str| {
            let found = head.iter().position(|head| head == name);
            found.ok_or_else(|| malformed(format!("no column {name}")))
        };
        let (metric, mean) = (column("metric")?, column("mean")?);
        let (low, high) = (column("low")?, column("high")?);
        let optional = |name: &str| head.iter().position(|head| head == name);
        let (runs, method) = (optional("runs"), optional("method"));
        let first = usize::from(head.get(0) == Some("point"));
        let mut cells = Vec::new();
        for row in reader.records() {
            let row = row.map_err(|why| malformed(why.to_string()))?;
            let number = |i: usize| row.get(i).and_then(|text| text.parse::<f64>().ok());
            let Some(mean) = number(mean) else { continue };
            cells.push(Cell {
                values: row
                    .iter()
                    .skip(first)
                    .take(metric - first)
                    .map(str::to_owned)
                    .collect(),
                metric: row.get(metric).unwrap_or_default().into(),
                mean,
                low: number(low).unwrap_or(mean),
                high: number(high).unwrap_or(mean),
                runs: runs.and_then(number).map_or(1, |runs| runs as u64),
                method: method.and_then(|i| row.get(i)).unwrap_or_default().into(),
            });
        }
        let named = std::fs::read(folder.join("sweep.json")).ok();
        let named = named.and_then(|text| serde_json::from_slice::<Named>(&text).ok());
        let last = folder.file_name();
        let of_folder = || last.map(|name| name.to_string_lossy().into_owned());
        let (name, about, metrics) = match named {
            Some(named) => (Some(named.sweep), named.about, named.metrics),
            None => (of_folder(), String::new(), Vec::new()),
        };
        Ok(SweepResult {
            folder: folder.into(),
            name: name.unwrap_or_else(|| "sweep".into()),
            about,
            better: metrics.into_iter().map(NamedMetric::better).collect(),
            axes: head
                .iter()
                .skip(first)
                .take(metric - first)
                .map(str::to_owned)
                .collect(),
            cells,
        })
    }

    /// The values of axis number `axis`, each once: numbers by size, all else in
    /// order of the table.
    pub fn values(&self, axis: usize) -> Vec<String> {
        let mut values: Vec<String> = Vec::new();
        for cell in &self.cells {
            if let Some(value) = cell.values.get(axis)
                && !values.contains(value)
            {
                values.push(value.clone());
            }
        }
        if values.iter().all(|v| quantity(v).is_some()) {
            values.sort_by(|a, b| {
                let (a, b) = (quantity(a).unwrap_or(0.0), quantity(b).unwrap_or(0.0));
                a.total_cmp(&b)
            });
        }
        values
    }

    /// The figures there are, each once.
    pub fn metrics(&self) -> Vec<&str> {
        let mut all: Vec<&str> = Vec::new();
        for cell in &self.cells {
            if !all.contains(&cell.metric.as_str()) {
                all.push(&cell.metric);
            }
        }
        all
    }

    /// Which way a figure improves.
    pub fn better(&self, metric: &str) -> Better {
        let own = self.better.iter().find(|(name, _)| name == metric);
        let known = || METRICS.iter().find(|known| known.name == metric);
        match own {
            Some((_, better)) => *better,
            None => known().map_or(Better::More, |known| known.better),
        }
    }

    /// The axis that tells the queue mode.
    pub fn mode_axis(&self) -> Option<usize> {
        self.axes.iter().position(|axis| axis == "mode")
    }
}

/// The size of a value such as `12`, `4k`, `4 KiB`, `50us` or `2.5ms`.
pub fn quantity(text: &str) -> Option<f64> {
    let text = text.trim();
    let split = text
        .find(|c: char| !c.is_ascii_digit() && c != '.' && c != '-')
        .unwrap_or(text.len());
    let number: f64 = text[..split].parse().ok()?;
    let factor = match text[split..].trim().to_ascii_lowercase().as_str() {
        "" | "b" | "ns" => 1.0,
        "k" | "kib" => 1024.0,
        "m" | "mib" => 1_048_576.0,
        "g" | "gib" => 1_073_741_824.0,
        "us" | "µs" => 1e3,
        "ms" => 1e6,
        "s" => 1e9,
        _ => return None,
    };
    Some(number * factor)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_with_units_have_a_size() {
        assert_eq!(quantity("4k"), Some(4096.0));
        assert_eq!(quantity("50us"), Some(50_000.0));
        assert_eq!(quantity("2.5 ms"), Some(2_500_000.0));
        assert_eq!(quantity("round-robin"), None);
    }
}
