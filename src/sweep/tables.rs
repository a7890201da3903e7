//! The tables that a finished sweep consists of, written from its results in
//! order.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use rayon::ThreadPool;
use rayon::prelude::*;

use super::definition::Until;
use super::folder::JOURNAL;
use super::group::{Group, figure};
use super::key::Key;
use super::manifest::{Manifest, UntilManifest};
use super::record::{Outcome, Record};
use super::rows::{Cell, Pair, Rows, json};
use super::{METRICS, Measured, SweepError, journal};
use crate::run::write::Growing;

/// Level of the intervals of `summary.*`.
pub const LEVEL: f64 = 0.95;

/// Runs that are in memory at once.
const BATCH: usize = 1024;
/// Runs that a thread takes at once.
const PART: usize = 32;

/// Writes all tables of a folder.
pub struct Tables {
    folder: PathBuf,
    shown: Vec<usize>,
    columns: Vec<String>,
    points: Pair,
    paths: Pair,
    summary: Pair,
    failures: Growing,
    journal: Growing,
    /// The point whose runs come.
    group: Option<Group>,
    /// Points whose runs have all come.
    ended: Vec<Group>,
    /// How long points are run, where that depends on their figures.
    until: Option<Until>,
    came_to: CameTo,
}

/// What a finished sweep came to.
#[derive(Copy, Clone, Debug, Default)]
pub struct CameTo {
    /// Runs that were written.
    pub runs: u64,
    /// Of which failed.
    pub failures: u64,
    /// Points that had their most runs and are not known well enough; none if a
    /// point's runs do not depend on its figures.
    pub unsettled: Option<u64>,
}

impl CameTo {
    /// Says so in the manifest: it is complete.
    pub(super) fn put_in(&self, manifest: &mut Manifest) {
        manifest.runs = Some(self.runs);
        manifest.failures = Some(self.failures);
        manifest.unsettled = self.unsettled;
        manifest.complete = true;
    }
}

/// What is written of some runs.
struct Part {
    points: Rows,
    paths: Rows,
    failures: Vec<u8>,
    journal: Vec<u8>,
    records: Vec<Record>,
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
                folder: folder.to_owned(),
                columns: manifest.columns.clone(),
                points: Pair::create(folder, "points", points)?,
                paths: Pair::create(folder, "paths", paths)?,
                summary: Pair::create(folder, "summary", summary)?,
                failures: Growing::create(folder, "failures.jsonl")?,
                journal: Growing::create(folder, JOURNAL)?,
                shown: shown.clone(),
                group: None,
                ended: Vec::new(),
                came_to: CameTo {
                    unsettled: manifest.until.as_ref().map(|_| 0),
                    ..CameTo::default()
                },
                until: manifest.until.as_ref().map(UntilManifest::until),
            })
        };
        create().map_err(|why| SweepError::write(folder, why))
    }

    /// Adds `runs`, which come in order of point and replication: `read` finds
    /// what came of some of them. The threads of `pool` read them and write rows;
    /// memory holds [`BATCH`] runs at most.
    ///
    /// # Errors
    /// What `read` says, or a file cannot be written.
    pub fn add<R: Sync>(
        &mut self,
        pool: &ThreadPool,
        runs: &[R],
        read: impl Fn(&[R]) -> Result<Vec<(Key, Record)>, SweepError> + Sync,
    ) -> Result<(), SweepError> {
        let folder = self.folder.clone();
        let failed = |why| SweepError::write(&folder, why);
        for batch in runs.chunks(BATCH) {
            let part = |runs: &[R]| self.part(read(runs)?).map_err(failed);
            let parts: Vec<Result<Part, SweepError>> =
                pool.install(|| batch.par_chunks(PART).map(part).collect());
            for part in parts {
                self.append(part?).map_err(failed)?;
            }
            self.end_groups(pool).map_err(failed)?;
        }
        Ok(())
    }

    /// The rows of some runs.
    fn part(&self, found: Vec<(Key, Record)>) -> io::Result<Part> {
        let mut part = Part {
            points: Rows::default(),
            paths: Rows::default(),
            failures: Vec::new(),
            journal: Vec::new(),
            records: Vec::with_capacity(found.len()),
        };
        for (key, record) in found {
            part.journal
                .extend_from_slice(journal::line(&key, &record)?.as_bytes());
            match &record.outcome {
                Outcome::Measured(measured) => self.measured(&record, measured, &mut part)?,
                Outcome::Failed { error, scenario } => {
                    let line = self.failed(&record, error, scenario)?;
                    part.failures.extend_from_slice(line.as_bytes());
                }
            }
            part.records.push(record);
        }
        Ok(part)
    }

    fn measured(&self, record: &Record, measured: &Measured, part: &mut Part) -> io::Result<()> {
        let head = || {
            let values = record.values.iter().map(Cell::Label);
            let replication = Cell::Count(u64::from(record.replication));
            std::iter::once(Cell::Count(record.point))
                .chain(values)
                .chain([replication])
        };
        let seed = Cell::Count(record.seed);
        let figures = self.shown.iter().map(|i| Cell::Real(figure(measured, *i)));
        let cells = head().chain([seed]).chain(figures);
        part.points.add(&self.points.columns, cells)?;
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
            part.paths.add(&self.paths.columns, head().chain(own))?;
        }
        Ok(())
    }

    fn failed(&self, record: &Record, why: &str, scenario: &str) -> io::Result<String> {
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
        Ok(line)
    }

    /// Puts the rows of some runs behind those that are there, and the runs into
    /// their points.
    fn append(&mut self, part: Part) -> io::Result<()> {
        self.points.append(part.points)?;
        self.paths.append(part.paths)?;
        self.failures.write_all(&part.failures)?;
        self.journal.write_all(&part.journal)?;
        for record in part.records {
            self.came_to.runs += 1;
            let is_new = |group: &Group| group.point != record.point;
            if self.group.as_ref().is_some_and(is_new) {
                self.ended.extend(self.group.take());
            }
            let group = self.group.get_or_insert_with(|| {
                Group::new(
                    record.point,
                    record.values,
                    self.shown.len(),
                    self.until.as_ref(),
                )
            });
            group.runs += 1;
            match record.outcome {
                Outcome::Failed { .. } => self.came_to.failures += 1,
                Outcome::Measured(measured) => {
                    group.add(measured, &self.shown, self.until.as_ref());
                }
            }
        }
        Ok(())
    }

    /// Writes the rows of all points whose runs have all come.
    fn end_groups(&mut self, pool: &ThreadPool) -> io::Result<()> {
        let ended = std::mem::take(&mut self.ended);
        if let (Some(until), Some(unsettled)) = (&self.until, &mut self.came_to.unsettled) {
            let is_unsettled = |group: &&Group| group.is_unsettled(until);
            *unsettled += ended.iter().filter(is_unsettled).count() as u64;
        }
        let rows = |groups: &[Group]| {
            let mut rows = Rows::default();
            for group in groups {
                group.rows(&self.shown, &self.summary.columns, &mut rows)?;
            }
            Ok(rows)
        };
        let all: Vec<io::Result<Rows>> =
            pool.install(|| ended.par_chunks(PART).map(rows).collect());
        for rows in all {
            self.summary.append(rows?)?;
        }
        Ok(())
    }

    /// Adds a result to the journal that no table has.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn keep(&mut self, key: &Key, record: &Record) -> Result<(), SweepError> {
        let line = journal::line(key, record);
        let kept = line.and_then(|line| self.journal.write_all(line.as_bytes()));
        kept.map_err(|why| SweepError::write(&self.folder, why))
    }

    /// Ends the last point, and makes all tables durable beside their places: what
    /// they came to.
    ///
    /// # Errors
    /// A file cannot be written.
    pub fn finish(&mut self, pool: &ThreadPool) -> Result<CameTo, SweepError> {
        self.ended.extend(self.group.take());
        let finished = self.end_groups(pool).and_then(|()| self.settle());
        finished.map_err(|why| SweepError::write(&self.folder, why))?;
        Ok(self.came_to)
    }

    fn settle(&mut self) -> io::Result<()> {
        for pair in [&mut self.points, &mut self.paths, &mut self.summary] {
            pair.settle()?;
        }
        self.failures.settle()?;
        self.journal.settle()
    }

    /// Puts all tables in their places once they are finished, the journal last.
    ///
    /// # Errors
    /// What the file system says.
    pub fn put(self) -> Result<(), SweepError> {
        let folder = self.folder.clone();
        self.commit().map_err(|why| SweepError::write(&folder, why))
    }

    fn commit(self) -> io::Result<()> {
        self.points.commit()?;
        self.paths.commit()?;
        self.summary.commit()?;
        self.failures.commit()?;
        #[cfg(feature = "parquet")]
        for name in ["points", "paths", "summary"] {
            super::parquet::from_csv(&self.folder, name)?;
        }
        self.journal.commit()
    }
}
