//! The tables that a finished sweep consists of, written from its results in
//! order, one at a time.

use std::io::{self, Write};
use std::path::Path;

use super::folder::{JOURNAL, Manifest};
use super::key::Key;
use super::record::{Label, Outcome, Record};
use super::steady::{Method, Within};
use super::{METRICS, Measured, SweepError, journal};
use crate::run::write::Growing;
use crate::stats::{Interval, Moments};

/// Level of the intervals of `summary.*`.
pub const LEVEL: f64 = 0.95;

/// Writes all tables of a folder.
pub struct Tables {
    #[cfg(feature = "parquet")]
    folder: std::path::PathBuf,
    shown: Vec<usize>,
    columns: Vec<String>,
    points: Pair,
    paths: Pair,
    summary: Pair,
    failures: Growing,
    journal: Growing,
    group: Option<Group>,
    /// Runs that were written.
    pub runs: u64,
    /// Of which failed.
    pub failed: u64,
}

/// The runs of one point so far.
struct Group {
    point: u64,
    values: Vec<Label>,
    moments: Vec<Moments>,
    /// What the first run alone tells.
    within: Vec<Within>,
}

impl Group {
    /// The interval of a figure, and how it was found: of all runs, or else
    /// what the only one tells.
    fn interval(&self, metric: usize, moments: &Moments) -> (Option<Interval>, &'static str) {
        if let Some(interval) = moments.interval(LEVEL) {
            return (Some(interval), Method::StudentT.name());
        }
        let within = self.within.iter().find(|within| within.metric == metric);
        within.map_or((None, ""), |within| {
            let (low, high) = (within.low, within.high);
            (Some(Interval { low, high }), within.method.name())
        })
    }
}

/// The same table as CSV and as JSON Lines.
struct Pair {
    csv: csv::Writer<Growing>,
    jsonl: Growing,
    columns: Vec<String>,
}

/// A value of a table; none is an empty field, and `null`.
enum Cell<'a> {
    Label(&'a Label),
    Text(&'a str),
    Count(u64),
    Real(Option<f64>),
}

impl Pair {
    fn create(folder: &Path, name: &str, columns: Vec<String>) -> io::Result<Pair> {
        let mut csv = csv::Writer::from_writer(Growing::create(folder, &format!("{name}.csv"))?);
        csv.write_record(&columns)?;
        Ok(Pair {
            csv,
            jsonl: Growing::create(folder, &format!("{name}.jsonl"))?,
            columns,
        })
    }

    fn row(&mut self, cells: &[Cell<'_>]) -> io::Result<()> {
        let mut line = String::from("{");
        for (i, (column, cell)) in self.columns.iter().zip(cells).enumerate() {
            let comma = if i > 0 { "," } else { "" };
            line += &format!("{comma}{}:{}", json(column)?, cell.to_json()?);
            self.csv.write_field(cell.to_text())?;
        }
        self.csv.write_record(None::<&[u8]>)?;
        line.push_str("}\n");
        self.jsonl.write_all(line.as_bytes())
    }

    fn commit(self) -> io::Result<()> {
        let csv = self
            .csv
            .into_inner()
            .map_err(|why| io::Error::other(why.to_string()))?;
        csv.commit()?;
        self.jsonl.commit()
    }
}

fn json<T: serde::Serialize + ?Sized>(value: &T) -> io::Result<String> {
    serde_json::to_string(value).map_err(io::Error::other)
}

impl Cell<'_> {
    fn to_json(&self) -> io::Result<String> {
        match self {
            Cell::Label(label) => json(label),
            Cell::Text(text) => json(text),
            Cell::Count(n) => Ok(n.to_string()),
            Cell::Real(x) => json(&x.filter(|x| x.is_finite())),
        }
    }
    fn to_text(&self) -> String {
        match self {
            Cell::Label(label) => label.to_string(),
            Cell::Text(text) => (*text).to_owned(),
            Cell::Count(n) => n.to_string(),
            Cell::Real(x) => x
                .filter(|x| x.is_finite())
                .map_or_else(String::new, |x| x.to_string()),
        }
    }
}

impl Tables {
    /// Begins the tables of `folder`.
    ///
    /// # Errors
    /// A file cannot be written.
    pub fn create(folder: &Path, manifest: &Manifest) -> Result<Tables, SweepError> {
        let shown = manifest.shown();
        let columns = |after: &[&str], figures: bool| {
            let own = manifest.columns.iter().map(String::as_str);
            let all = std::iter::once("point")
                .chain(own)
                .chain(after.iter().copied());
            let figures = shown.iter().filter(|_| figures).map(|i| METRICS[*i].name);
            all.chain(figures).map(str::to_owned).collect::<Vec<_>>()
        };
        let points = columns(&["replication", "seed"], true);
        let paths = columns(
            &[
                "replication",
                "map",
                "device",
                "group",
                "ios",
                "share_ratio",
                "in_flight",
                "utilisation_ratio",
            ],
            false,
        );
        let summary = columns(
            &[
                "metric", "runs", "mean", "low", "high", "method", "stddev", "min", "max",
            ],
            false,
        );
        let create = || {
            Ok(Tables {
                #[cfg(feature = "parquet")]
                folder: folder.to_owned(),
                columns: manifest.columns.clone(),
                points: Pair::create(folder, "points", points)?,
                paths: Pair::create(folder, "paths", paths)?,
                summary: Pair::create(folder, "summary", summary)?,
                failures: Growing::create(folder, "failures.jsonl")?,
                journal: Growing::create(folder, JOURNAL)?,
                shown: shown.clone(),
                group: None,
                runs: 0,
                failed: 0,
            })
        };
        create().map_err(|why| SweepError::write(folder, why))
    }

    /// Adds a run: `command` repeats it. Runs come in order of point and
    /// replication.
    ///
    /// # Errors
    /// A file cannot be written.
    pub fn add(&mut self, key: &Key, record: &Record) -> io::Result<()> {
        if self
            .group
            .as_ref()
            .is_none_or(|group| group.point != record.point)
        {
            self.end_group()?;
            self.group = Some(Group {
                point: record.point,
                values: record.values.clone(),
                moments: vec![Moments::default(); self.shown.len()],
                within: Vec::new(),
            });
        }
        self.journal
            .write_all(journal::line(key, record)?.as_bytes())?;
        self.runs += 1;
        match &record.outcome {
            Outcome::Measured(measured) => self.measured(record, measured),
            Outcome::Failed { error, scenario } => self.failed(record, error, scenario),
        }
    }

    fn measured(&mut self, record: &Record, measured: &Measured) -> io::Result<()> {
        let head = || {
            let values = record.values.iter().map(Cell::Label);
            let replication = Cell::Count(u64::from(record.replication));
            std::iter::once(Cell::Count(record.point))
                .chain(values)
                .chain([replication])
        };
        let figure = |i: &usize| measured.metrics.get(*i).copied().flatten();
        let figures = self.shown.iter().map(|i| Cell::Real(figure(i)));
        let cells: Vec<Cell<'_>> = head()
            .chain([Cell::Count(record.seed)])
            .chain(figures)
            .collect();
        self.points.row(&cells)?;
        for path in &measured.paths {
            let own = [
                Cell::Text(&path.map),
                Cell::Text(&path.device),
                Cell::Count(u64::from(path.group)),
                Cell::Count(path.ios),
                Cell::Real(Some(path.share)),
                Cell::Real(Some(path.in_flight)),
                Cell::Real(Some(path.utilisation)),
            ];
            let cells: Vec<Cell<'_>> = head().chain(own).collect();
            self.paths.row(&cells)?;
        }
        if let Some(group) = &mut self.group {
            if group.within.is_empty() {
                group.within.clone_from(&measured.within);
            }
            for (moments, i) in group.moments.iter_mut().zip(&self.shown) {
                if let Some(x) = figure(i) {
                    moments.add(x);
                }
            }
        }
        Ok(())
    }

    fn failed(&mut self, record: &Record, why: &str, scenario: &str) -> io::Result<()> {
        self.failed += 1;
        let mut line = format!("{{\"point\":{}", record.point);
        for (column, value) in self.columns.iter().zip(&record.values) {
            line += &format!(",{}:{}", json(column)?, json(value)?);
        }
        line += &format!(
            ",\"replication\":{},\"seed\":{},\"error\":{},\"scenario\":{}}}\n",
            record.replication,
            record.seed,
            json(why)?,
            json(scenario)?
        );
        self.failures.write_all(line.as_bytes())
    }

    /// Ends the point whose runs came last.
    fn end_group(&mut self) -> io::Result<()> {
        let Some(group) = self.group.take() else {
            return Ok(());
        };
        for (moments, i) in group.moments.iter().zip(&self.shown) {
            if moments.count == 0 {
                continue;
            }
            let (interval, method) = group.interval(*i, moments);
            let own = [
                Cell::Text(METRICS[*i].name),
                Cell::Count(moments.count),
                Cell::Real(Some(moments.mean)),
                Cell::Real(interval.map(|interval| interval.low)),
                Cell::Real(interval.map(|interval| interval.high)),
                Cell::Text(method),
                Cell::Real(moments.stddev()),
                Cell::Real(Some(moments.min)),
                Cell::Real(Some(moments.max)),
            ];
            let values = group.values.iter().map(Cell::Label);
            let cells: Vec<Cell<'_>> = std::iter::once(Cell::Count(group.point))
                .chain(values)
                .chain(own)
                .collect();
            self.summary.row(&cells)?;
        }
        Ok(())
    }

    /// Puts all tables in their places, the journal last.
    ///
    /// # Errors
    /// A file cannot be written; what was there before is then untouched.
    pub fn commit(mut self) -> io::Result<(u64, u64)> {
        self.end_group()?;
        self.points.commit()?;
        self.paths.commit()?;
        self.summary.commit()?;
        self.failures.commit()?;
        #[cfg(feature = "parquet")]
        for name in ["points", "paths", "summary"] {
            super::parquet::from_csv(&self.folder, name)?;
        }
        self.journal.commit()?;
        Ok((self.runs, self.failed))
    }
}
