//! A sweep as its file describes it.

use std::fmt;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::SweepError;
use super::file::File;
use super::metric::METRICS;
pub use super::point::Point;
use super::read::Reader;
use super::setting::{Common, Setting};
use super::space::Space;
use crate::models::mpath::policy::Registry;
use crate::scenario::{Override, Problem, ScenarioError, Source, Template};
use crate::sim::Ns;
use crate::stats::{Interval, Moments};

/// A sweep.
#[derive(Clone, Debug)]
pub struct Sweep {
    /// Its name, fit for a folder.
    pub name: String,
    /// What it is to show.
    pub about: String,
    /// Its points.
    pub space: Space,
    /// How often each is run.
    pub replications: Replications,
    /// Figures that tables show: indices into [`METRICS`].
    pub metrics: Vec<usize>,
    /// What is cut from the start of a run.
    pub warm_up: WarmUp,
    /// What its scenarios are made of.
    pub(super) template: Template,
    /// Changes that hold for all points.
    pub(super) common: Vec<Common>,
    /// Its own file.
    pub(super) source: Source,
    /// The files that it is made of: the sweep's, and the scenario's if that is
    /// another.
    pub files: Vec<SourceFile>,
    /// Options `--set` that hold for all points.
    pub set: Vec<String>,
}

/// A file that a sweep is made of.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct SourceFile {
    /// Its name, without its folder.
    pub name: String,
    /// What it holds.
    pub text: String,
}

/// How often a point is run.
#[derive(Clone, PartialEq, Debug)]
pub enum Replications {
    /// This often.
    Fixed(u32),
    /// Until the figures are known well enough.
    Until(Until),
}

/// When figures are known well enough.
#[derive(Clone, PartialEq, Debug)]
pub struct Until {
    /// Half width of the confidence interval over the mean.
    pub half_width: f64,
    /// Of these figures: indices into [`METRICS`].
    pub of: Vec<usize>,
    /// Level of the interval, 0 to 1.
    pub confidence: f64,
    /// Fewest runs.
    pub at_least: u32,
    /// Most runs.
    pub at_most: u32,
}

impl Until {
    /// Whether a figure whose runs are `moments` is known as well as it is to be. Of a
    /// figure that no run has there is nothing to know.
    pub(super) fn is_content(&self, moments: &Moments) -> bool {
        let is_narrow =
            |interval: Interval| interval.half_width() <= self.half_width * moments.mean.abs();
        match moments.count {
            0 => true,
            count if count < u64::from(self.at_least) => false,
            _ => moments.interval(self.confidence).is_some_and(is_narrow),
        }
    }
}

/// What is cut from the start of a run.
#[derive(Copy, Clone, PartialEq, Eq, Debug, Default)]
pub enum WarmUp {
    /// Nothing.
    #[default]
    None,
    /// As much as MSER-5 says.
    Auto,
    /// This long.
    Fixed(Ns),
}

impl fmt::Display for WarmUp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            WarmUp::None => f.write_str("none"),
            WarmUp::Auto => f.write_str("auto"),
            WarmUp::Fixed(time) => write!(f, "{}", crate::sim::units::Span(*time)),
        }
    }
}

impl Sweep {
    /// Reads the sweep at `path`: a scenario with a table `[sweep]`, or a file
    /// that names a scenario. `sets` are options `--set` for all points; tables
    /// may name the selectors of `policies`.
    ///
    /// # Errors
    /// What is wrong with it, or with the scenario.
    pub fn load(path: &Path, sets: &[String], policies: &Registry) -> Result<Sweep, SweepError> {
        let name = path.display().to_string();
        let text = std::fs::read_to_string(path).map_err(|why| ScenarioError::Unreadable {
            path: name.clone(),
            why,
        })?;
        Sweep::parse(&name, &text, sets, policies)
    }

    /// Reads a sweep from `text`, which messages call `name`. Values of the axes
    /// are tried on rayon's threads: those of the pool that this is called in.
    ///
    /// # Errors
    /// As [`Sweep::load`].
    pub fn parse(
        name: &str,
        text: &str,
        sets: &[String],
        policies: &Registry,
    ) -> Result<Sweep, SweepError> {
        let source = Source::new(name, text);
        let file = File::read(&source, policies)?;
        let mut common = file.common;
        for set in sets {
            let what = Setting::Key(Override::parse(set)?);
            common.push(Common { what, at: None });
        }
        let mut reader = Reader {
            source: &source,
            problems: Vec::new(),
        };
        let parts = reader.sweep(&file.raw);
        let problems = reader.problems;
        let Some(parts) = parts.filter(|_| problems.is_empty()) else {
            return Err(SweepError::Invalid {
                name: name.into(),
                problems,
            });
        };
        let sweep = Sweep {
            name: file.name,
            about: file.about,
            space: parts.space,
            replications: parts.replications,
            metrics: parts.metrics,
            warm_up: parts.warm_up,
            files: files(&source, file.template.source()),
            template: file.template,
            common,
            source,
            set: sets.to_vec(),
        };
        sweep.check()?;
        Ok(sweep)
    }

    /// The error that `problem`, which is one of its own file, makes.
    pub(super) fn invalid(&self, problem: Problem) -> SweepError {
        SweepError::Invalid {
            name: self.source.name.clone(),
            problems: vec![problem],
        }
    }

    /// A hash of all that says which points there are.
    pub fn content(&self) -> String {
        let mut hasher = blake3::Hasher::new();
        let texts = self.files.iter().map(|file| &file.text).chain(&self.set);
        for text in texts {
            hasher.update(&(text.len() as u64).to_le_bytes());
            hasher.update(text.as_bytes());
        }
        super::key::hex(&hasher.finalize().as_bytes()[..16])
    }

    /// The figures that tables show.
    pub fn shown(&self) -> impl Iterator<Item = (usize, &'static super::Metric)> + '_ {
        self.metrics
            .iter()
            .filter_map(|i| Some((*i, METRICS.get(*i)?)))
    }
}

/// The files of a sweep: its own, and its scenario's if that is another.
fn files(own: &Source, scenario: &Source) -> Vec<SourceFile> {
    let file = |source: &Source| SourceFile {
        name: Path::new(&source.name)
            .file_name()
            .map_or(source.name.clone(), |name| name.to_string_lossy().into()),
        text: source.text.to_string(),
    };
    let other = (scenario.name != own.name).then_some(scenario);
    std::iter::once(own).chain(other).map(file).collect()
}
