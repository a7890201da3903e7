//! The folder of `mpathsim sweep`: its `summary.csv`, a line a point and figure.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use csv::StringRecord;

use super::ResultError;
use super::sweep_origin::Origin;
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
    /// Where its figures come from.
    pub origin: Box<Origin>,
    /// All figures of all points.
    pub cells: Vec<Cell>,
    /// What its cells are of, once it was asked for.
    pub(crate) known: OnceLock<Known>,
}

/// What the cells of a sweep are of.
#[derive(Clone, Debug, Default)]
pub(crate) struct Known {
    /// Values of each axis.
    values: Vec<Vec<String>>,
    /// The figures.
    metrics: Vec<Arc<str>>,
}

/// A figure at a point. A sweep has millions: words that many of them have are one.
#[derive(Clone, Debug, PartialEq)]
pub struct Cell {
    /// Values of the axes.
    pub values: Arc<[String]>,
    /// The figure's name.
    pub metric: Arc<str>,
    /// Mean over the replications.
    pub mean: f64,
    /// Its interval of confidence.
    pub low: f64,
    /// Its upper end.
    pub high: f64,
    /// Replications.
    pub runs: u64,
    /// How the interval was found; empty: there is none.
    pub method: Arc<str>,
}

impl Cell {
    /// Whether it is of this figure.
    pub fn is(&self, metric: &str) -> bool {
        *self.metric == *metric
    }
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
        let columns = Columns::of(&head).map_err(|name| malformed(format!("no column {name}")))?;
        let mut cells = Vec::new();
        let mut words = Words::default();
        let mut row = StringRecord::new();
        while reader
            .read_record(&mut row)
            .map_err(|why| malformed(why.to_string()))?
        {
            cells.extend(columns.cell(&row, &mut words));
        }
        let origin = Origin::read(folder);
        let last = folder.file_name();
        let of_folder = || last.map_or("sweep".into(), |name| name.to_string_lossy().into_owned());
        Ok(SweepResult {
            folder: folder.into(),
            name: origin.name.clone().unwrap_or_else(of_folder),
            origin: Box::new(origin),
            axes: columns.axes(&head).map(str::to_owned).collect(),
            cells,
            known: OnceLock::new(),
        })
    }

    /// The part of it where axis number `axis` has this value.
    pub fn only(&self, axis: usize, value: &str) -> SweepResult {
        let has = |cell: &&Cell| cell.values.get(axis).is_some_and(|own| own == value);
        SweepResult {
            folder: self.folder.clone(),
            name: self.name.clone(),
            axes: self.axes.clone(),
            origin: self.origin.clone(),
            cells: self.cells.iter().filter(has).cloned().collect(),
            known: OnceLock::new(),
        }
    }

    /// The cells of a figure, in order of the table.
    pub fn of<'s>(&'s self, metric: &str) -> impl Iterator<Item = &'s Cell> {
        // As its cells have it, which are told apart by where that is.
        let name = self.known().metrics.iter().find(|name| ***name == *metric);
        self.cells.iter().filter(move |cell| {
            name.is_some_and(|name| Arc::ptr_eq(name, &cell.metric) || *name == cell.metric)
        })
    }

    /// The values of axis number `axis`, each once: numbers by size, all else in
    /// order of the table.
    pub fn values(&self, axis: usize) -> &[String] {
        let all = self.known().values.get(axis);
        all.map_or(&[], Vec::as_slice)
    }

    /// The figures there are, each once.
    pub fn metrics(&self) -> Vec<&str> {
        self.known().metrics.iter().map(|name| &**name).collect()
    }

    fn known(&self) -> &Known {
        self.known.get_or_init(|| Known {
            values: (0..self.axes.len())
                .map(|axis| self.values_of(axis))
                .collect(),
            metrics: self.names(),
        })
    }

    fn values_of(&self, axis: usize) -> Vec<String> {
        let mut seen: BTreeSet<&str> = BTreeSet::new();
        let mut values: Vec<String> = Vec::new();
        let mut last: Option<&Arc<[String]>> = None;
        for cell in &self.cells {
            // All figures of a point have the same.
            let is_known = last.is_some_and(|last| Arc::ptr_eq(last, &cell.values));
            last = Some(&cell.values);
            if let Some(value) = cell.values.get(axis).filter(|_| !is_known)
                && seen.insert(value)
            {
                values.push(value.clone());
            }
        }
        let sizes: Option<Vec<f64>> = values.iter().map(|value| quantity(value)).collect();
        if let Some(sizes) = sizes {
            let mut sized: Vec<(f64, String)> = sizes.into_iter().zip(values).collect();
            sized.sort_by(|a, b| a.0.total_cmp(&b.0));
            return sized.into_iter().map(|(_, value)| value).collect();
        }
        values
    }

    fn names(&self) -> Vec<Arc<str>> {
        let mut all: Vec<Arc<str>> = Vec::new();
        for cell in &self.cells {
            if !all.contains(&cell.metric) {
                all.push(Arc::clone(&cell.metric));
            }
        }
        all
    }

    /// Which way a figure improves.
    pub fn better(&self, metric: &str) -> Better {
        let own = self.origin.better.iter().find(|(name, _)| name == metric);
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

/// Where the columns of `summary.csv` are.
struct Columns {
    /// The first axis; the others follow until the name of the figure.
    first: usize,
    metric: usize,
    mean: usize,
    low: usize,
    high: usize,
    runs: Option<usize>,
    method: Option<usize>,
}

impl Columns {
    /// The name of a column that is not there, if one is missing.
    fn of(head: &StringRecord) -> Result<Columns, &'static str> {
        let optional = |name: &str| head.iter().position(|head| head == name);
        let column = |name: &'static str| optional(name).ok_or(name);
        Ok(Columns {
            first: usize::from(head.get(0) == Some("point")),
            metric: column("metric")?,
            mean: column("mean")?,
            low: column("low")?,
            high: column("high")?,
            runs: optional("runs"),
            method: optional("method"),
        })
    }
    fn axes<'r>(&self, row: &'r StringRecord) -> impl Iterator<Item = &'r str> + Clone {
        let count = self.metric.saturating_sub(self.first);
        row.iter().skip(self.first).take(count)
    }
    /// The figure in `row`; none, if it is no number that can be drawn.
    fn cell(&self, row: &StringRecord, words: &mut Words) -> Option<Cell> {
        let parsed = |i: usize| row.get(i).and_then(|text| text.parse::<f64>().ok());
        let number = |i: usize| parsed(i).filter(|x| x.is_finite());
        let mean = number(self.mean)?;
        // Without an interval it says why there is none.
        let has_ends = number(self.low).is_some();
        let method = self.method.and_then(|i| row.get(i)).filter(|_| has_ends);
        Some(Cell {
            values: words.point(self.axes(row)),
            metric: words.one(row.get(self.metric).unwrap_or_default()),
            mean,
            low: number(self.low).unwrap_or(mean),
            high: number(self.high).unwrap_or(mean),
            runs: self.runs.and_then(number).map_or(1, |runs| runs as u64),
            method: words.one(method.unwrap_or_default()),
        })
    }
}

/// Words that many rows have: kept once.
#[derive(Default)]
struct Words {
    all: BTreeSet<Arc<str>>,
    /// The values of the last row.
    last: Option<Arc<[String]>>,
}

impl Words {
    fn one(&mut self, word: &str) -> Arc<str> {
        if let Some(known) = self.all.get(word) {
            return Arc::clone(known);
        }
        let word: Arc<str> = word.into();
        self.all.insert(Arc::clone(&word));
        word
    }
    /// The values of a point, whose rows follow each other.
    fn point<'r>(&mut self, values: impl Iterator<Item = &'r str> + Clone) -> Arc<[String]> {
        let last = self.last.as_ref();
        if let Some(last) = last.filter(|last| last.iter().map(String::as_str).eq(values.clone())) {
            return Arc::clone(last);
        }
        let point: Arc<[String]> = values.map(str::to_owned).collect();
        self.last = Some(Arc::clone(&point));
        point
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
    fn what_is_no_number_is_left_out() {
        let row = |text: &[&str]| text.iter().copied().collect::<StringRecord>();
        let columns = Columns::of(&row(&["depth", "metric", "mean", "low", "high"])).unwrap();
        for bad in ["NaN", "inf", "-inf", "", "x"] {
            let read = columns.cell(&row(&["4", "iops", bad, "1", "2"]), &mut Words::default());
            assert_eq!(read, None);
        }
        let cell = columns
            .cell(
                &row(&["4", "iops", "3", "NaN", "inf"]),
                &mut Words::default(),
            )
            .unwrap();
        assert_eq!((cell.mean, cell.low, cell.high), (3.0, 3.0, 3.0));
        assert!(Columns::of(&row(&["depth", "metric"])).is_err());
    }

    #[test]
    fn values_with_units_have_a_size() {
        assert_eq!(quantity("4k"), Some(4096.0));
        assert_eq!(quantity("50us"), Some(50_000.0));
        assert_eq!(quantity("2.5 ms"), Some(2_500_000.0));
        assert_eq!(quantity("round-robin"), None);
    }
}
