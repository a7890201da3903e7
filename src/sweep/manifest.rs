//! What a folder of results is of: `sweep.json`.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::definition::{Replications, SourceFile, Sweep, Until};
use super::key::Program;
use super::shard::Shard;
use super::{METRICS, SweepError, metric};
use crate::run::claim::{ELSEWHERE, Refused, is_absent};
use crate::run::summary::ScenarioSummary;
use crate::run::write;

/// Name and version of the format of the folder.
pub const FORMAT: &str = "mpathsim-sweep/1";
/// The manifest.
pub const MANIFEST: &str = "sweep.json";

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
    /// These files; absent in folders of old.
    #[serde(default)]
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
    /// What makes it depend; absent if it does not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<UntilManifest>,
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
    /// Points that had their most runs without being known as well as `until` asks
    /// for; absent until all are done, and without `until`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unsettled: Option<u64>,
    /// Whether everything is there.
    pub complete: bool,
}

/// When a point's figures are known well enough.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct UntilManifest {
    /// Half width of the confidence interval, a share of the mean.
    pub half_width_ratio: f64,
    /// Level of the interval, 0 to 1.
    pub confidence: f64,
    /// Of these figures.
    pub of: Vec<String>,
    /// Fewest runs.
    pub at_least: u32,
    /// Most runs.
    pub at_most: u32,
}

impl UntilManifest {
    fn new(until: &Until) -> UntilManifest {
        let name = |i: &usize| METRICS.get(*i).map(|metric| metric.name.to_owned());
        UntilManifest {
            half_width_ratio: until.half_width,
            confidence: until.confidence,
            of: until.of.iter().filter_map(name).collect(),
            at_least: until.at_least,
            at_most: until.at_most,
        }
    }

    /// As the sweep has it.
    pub(super) fn until(&self) -> Until {
        let index = |name: &String| metric(name).map(|(index, _)| index);
        Until {
            half_width: self.half_width_ratio,
            of: self.of.iter().filter_map(index).collect(),
            confidence: self.confidence,
            at_least: self.at_least,
            at_most: self.at_most,
        }
    }
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
            until: match &sweep.replications {
                Replications::Fixed(_) => None,
                Replications::Until(until) => Some(UntilManifest::new(until)),
            },
            warm_up: sweep.warm_up.to_string(),
            scenario: sweep
                .base()
                .map(|base| ScenarioSummary::new(&base, &sweep.set)),
            shard,
            runs: None,
            failures: None,
            unsettled: None,
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
            Err(why) if is_absent(&why) => return Ok(None),
            Err(why) => return Err(SweepError::read(&path, why)),
        };
        #[derive(Deserialize)]
        struct Format {
            format: String,
        }
        let other = |what: String| Refused {
            folder: folder.display().to_string(),
            what,
            hint: ELSEWHERE.into(),
        };
        let no_manifest =
            |why: serde_json::Error| other(format!("has a {MANIFEST} that is not one: {why}"));
        let found: Format = serde_json::from_str(&text).map_err(no_manifest)?;
        if found.format != FORMAT {
            let what = match found.format.starts_with("mpathsim-sweep/") {
                true => "results of another version",
                false => "no sweep, but results of another format",
            };
            let formats = format!("{}, this program writes {FORMAT}", found.format);
            return Err(other(format!("holds {what}: {formats}")).into());
        }
        Ok(Some(serde_json::from_str(&text).map_err(no_manifest)?))
    }

    /// Why results of `own` are not added to those of this manifest, and what
    /// can be done; none if they are of the same sweep, by the same program, and
    /// the same part of it. The sweep may have grown or shrunk since.
    pub(super) fn parts_from(&self, own: &Manifest) -> Option<(String, &'static str)> {
        let shard =
            |shard: Option<Shard>| shard.map_or("all of a sweep".into(), |s| format!("shard {s}"));
        if self.sweep != own.sweep {
            return Some((
                format!("holds another sweep, `{}`, not `{}`", self.sweep, own.sweep),
                "--overwrite replaces it, --out FOLDER writes elsewhere",
            ));
        }
        if self.executable != own.executable {
            return Some((
                format!(
                    "holds results of another build of mpathsim ({} {}; this is {} {})",
                    self.mpathsim, self.executable, own.mpathsim, own.executable
                ),
                "results of two builds are not mixed: --overwrite replaces them, --out FOLDER writes elsewhere",
            ));
        }
        (self.shard != own.shard).then(|| {
            (
                format!("holds {}, not {}", shard(self.shard), shard(own.shard)),
                "give each shard a folder of its own: --out FOLDER",
            )
        })
    }

    /// Whether a finished run of `own` has the very results of this manifest,
    /// once it is finished.
    pub(super) fn is_of_the_same(&self, own: &Manifest) -> bool {
        self.parts_from(own).is_none() && self.content == own.content
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
