//! The folder of a sweep's results: what it is called, what it is of, and
//! whether it may be written to.

use std::fs::File;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::definition::{Replications, SourceFile, Sweep};
use super::key::Program;
use super::shard::Shard;
use super::{METRICS, SweepError};
use crate::run::summary::ScenarioSummary;
use crate::run::write;

/// Name and version of the format of the folder.
pub const FORMAT: &str = "mpathsim-sweep/1";
/// The manifest.
pub const MANIFEST: &str = "sweep.json";
/// The journal.
pub const JOURNAL: &str = "journal";
/// What only one process at a time holds.
const LOCK: &str = ".lock";
/// Everything else that a sweep writes.
pub const TABLES: [&str; 7] = [
    "points.csv",
    "points.jsonl",
    "paths.csv",
    "paths.jsonl",
    "summary.csv",
    "summary.jsonl",
    "failures.jsonl",
];

/// What a folder of results is of.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// [`FORMAT`].
    pub format: String,
    /// Version of the program.
    pub mpathsim: String,
    /// Hash of the program.
    pub executable: String,
    /// Name of the sweep.
    pub sweep: String,
    /// What it is to show.
    pub about: String,
    /// Hash of the files that it is made of, and of the options.
    pub content: String,
    /// These files.
    pub files: Vec<SourceFile>,
    /// Options `--set`.
    pub set: Vec<String>,
    /// Columns that tell a point from others.
    pub columns: Vec<String>,
    /// Figures that the tables show, in order.
    pub metrics: Vec<MetricManifest>,
    /// Points.
    pub points: u64,
    /// Points that are left out.
    pub excluded: u64,
    /// Runs a point; absent if that depends on the figures.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replications: Option<u32>,
    /// What is cut from the start of a run.
    pub warm_up: String,
    /// The scenario before any axis changes it; absent in folders of old.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scenario: Option<ScenarioSummary>,
    /// Which part of the sweep this is; absent: all of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shard: Option<Shard>,
    /// Runs that are in the tables; absent until all are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub runs: Option<u64>,
    /// Runs that failed; absent until all are done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failures: Option<u64>,
    /// Whether everything is there.
    pub complete: bool,
}

/// A figure.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MetricManifest {
    /// Its name.
    pub name: String,
    /// `more`, `less` or `neither`.
    pub better: String,
    /// What it is.
    pub about: String,
}

impl MetricManifest {
    /// Of `metric`.
    pub fn new(metric: &super::Metric) -> MetricManifest {
        MetricManifest {
            name: metric.name.into(),
            better: format!("{:?}", metric.better).to_lowercase(),
            about: metric.about.into(),
        }
    }
}

impl Manifest {
    /// Of `sweep`, or a part of it, before it is run.
    pub fn new(sweep: &Sweep, program: &Program, shard: Option<Shard>) -> Manifest {
        let metric = |(_, metric)| MetricManifest::new(metric);
        Manifest {
            format: FORMAT.into(),
            mpathsim: env!("CARGO_PKG_VERSION").into(),
            executable: program.hex(),
            sweep: sweep.name.clone(),
            about: sweep.about.clone(),
            content: sweep.content(),
            files: sweep.files.clone(),
            set: sweep.set.clone(),
            columns: sweep.space.columns(),
            metrics: sweep.shown().map(metric).collect(),
            points: sweep.space.len(),
            excluded: sweep.space.excluded,
            replications: match sweep.replications {
                Replications::Fixed(n) => Some(n),
                Replications::Until(_) => None,
            },
            warm_up: sweep.warm_up.to_string(),
            scenario: sweep
                .base()
                .map(|base| ScenarioSummary::new(&base, &sweep.set)),
            shard,
            runs: None,
            failures: None,
            complete: false,
        }
    }

    /// Indices into [`METRICS`] of the figures that the tables show.
    pub fn shown(&self) -> Vec<usize> {
        let index = |m: &MetricManifest| METRICS.iter().position(|metric| metric.name == m.name);
        self.metrics.iter().filter_map(index).collect()
    }

    /// Reads the manifest of `folder`; none if there is none.
    ///
    /// # Errors
    /// It cannot be read, or is of another version.
    pub fn read(folder: &Path) -> Result<Option<Manifest>, SweepError> {
        let path = folder.join(MANIFEST);
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(why) if why.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(why) => return Err(SweepError::read(&path, why)),
        };
        #[derive(Deserialize)]
        struct Format {
            format: String,
        }
        let other = |what: String| SweepError::Folder {
            folder: folder.display().to_string(),
            what,
            hint: "--out FOLDER writes elsewhere; nothing was changed".into(),
        };
        match serde_json::from_str::<Format>(&text) {
            Ok(found) if found.format == FORMAT => {}
            Ok(found) => {
                return Err(other(format!(
                    "holds results of another version: {}, this program writes {FORMAT}",
                    found.format
                )));
            }
            Err(why) => return Err(other(format!("has a {MANIFEST} that is not one: {why}"))),
        }
        serde_json::from_str(&text)
            .map(Some)
            .map_err(|why| other(format!("has a {MANIFEST} that is not one: {why}")))
    }

    /// Writes it to `folder`.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn write(&self, folder: &Path) -> Result<(), SweepError> {
        let path = folder.join(MANIFEST);
        let text = serde_json::to_string_pretty(self)
            .map_err(|why| SweepError::write(&path, std::io::Error::other(why)))?;
        write::whole_file(folder, MANIFEST, &(text + "\n"))
            .map_err(|why| SweepError::write(&path, why))
    }
}

/// A folder that this process alone writes to.
pub struct Folder {
    /// Where it is.
    pub path: PathBuf,
    _lock: File,
}

/// What is done with results that are there.
#[derive(Copy, Clone, PartialEq, Eq, Debug, Default)]
pub enum Existing {
    /// They are not touched: it is an error.
    #[default]
    Refuse,
    /// They are kept, and what is missing is added.
    Resume,
    /// They are replaced.
    Replace,
}

impl Folder {
    /// Takes the folder at `path` for the results that `manifest` describes.
    ///
    /// # Errors
    /// It holds something else, or what is there may not be touched.
    pub fn take(
        path: &Path,
        manifest: &Manifest,
        existing: Existing,
    ) -> Result<Folder, SweepError> {
        let refuse = |what: String, hint: &str| {
            Err(SweepError::Folder {
                folder: path.display().to_string(),
                what,
                hint: hint.into(),
            })
        };
        match Manifest::read(path)? {
            None if is_occupied(path) => {
                return refuse(
                    "holds files that are not a sweep's".into(),
                    "--out FOLDER writes elsewhere; nothing was changed",
                );
            }
            None => {}
            Some(found) => match existing {
                Existing::Refuse => {
                    let state = if found.complete {
                        "a finished"
                    } else {
                        "an unfinished"
                    };
                    return refuse(
                        format!("holds {state} sweep, `{}`", found.sweep),
                        "--resume goes on with it, --overwrite replaces it, --out FOLDER writes elsewhere",
                    );
                }
                Existing::Resume if found.executable != manifest.executable => {
                    return refuse(
                        format!(
                            "holds results of another build of mpathsim ({} {}; this is {} {})",
                            found.mpathsim,
                            found.executable,
                            manifest.mpathsim,
                            manifest.executable
                        ),
                        "results of two builds are not mixed: --overwrite replaces them, --out FOLDER writes elsewhere",
                    );
                }
                Existing::Resume if found.shard != manifest.shard => {
                    let name = |shard: Option<Shard>| {
                        shard.map_or("all of a sweep".into(), |s| format!("shard {s}"))
                    };
                    return refuse(
                        format!("holds {}, not {}", name(found.shard), name(manifest.shard)),
                        "give each shard a folder of its own: --out FOLDER",
                    );
                }
                Existing::Resume | Existing::Replace => {}
            },
        }
        std::fs::create_dir_all(path).map_err(|why| SweepError::write(path, why))?;
        let lock_path = path.join(LOCK);
        let lock = File::create(&lock_path).map_err(|why| SweepError::write(&lock_path, why))?;
        let locked = fs4::FileExt::try_lock(&lock);
        if matches!(locked, Err(fs4::TryLockError::WouldBlock)) {
            return refuse(
                "is in use by another sweep that runs".into(),
                "wait for it, or use --out FOLDER",
            );
        }
        let folder = Folder {
            path: path.to_owned(),
            _lock: lock,
        };
        if existing == Existing::Replace {
            folder.clear()?;
        }
        Ok(folder)
    }

    /// Removes what a sweep has written.
    fn clear(&self) -> Result<(), SweepError> {
        let parquet = ["points.parquet", "paths.parquet", "summary.parquet"];
        for name in TABLES.iter().chain(&parquet).chain(&[JOURNAL]) {
            let path = self.path.join(name);
            match std::fs::remove_file(&path) {
                Err(why) if why.kind() != std::io::ErrorKind::NotFound => {
                    return Err(SweepError::write(&path, why));
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// A file of it.
    pub fn file(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }
}

/// Whether there is anything in a folder that could be somebody's.
fn is_occupied(path: &Path) -> bool {
    let Ok(entries) = std::fs::read_dir(path) else {
        return false;
    };
    let names = entries.flatten().map(|entry| entry.file_name());
    names.into_iter().any(|name| name != LOCK)
}
