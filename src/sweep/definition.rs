//! A sweep as its file describes it.

use std::fmt;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::SweepError;
use super::axis::{Axis, Choice, Setting, Values};
use super::metric::METRICS;
use super::read::{File, Reader};
use super::record::Label;
use super::space::Space;
use crate::models::config::MachineConfig;
use crate::models::mpath::policy::Registry;
use crate::scenario::{self, Mode, Override, Scenario, ScenarioError, Source, Template};
use crate::sim::Ns;

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
    template: Template,
    /// Changes that hold for all points.
    common: Vec<Setting>,
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

/// A point of a sweep.
#[derive(Clone, PartialEq, Debug)]
pub struct Point {
    /// Its number, from 0.
    pub number: u64,
    /// Its values, one a column of [`Space::columns`].
    pub labels: Vec<Label>,
    /// The mode.
    pub mode: Mode,
    settings: Vec<Setting>,
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

    /// Reads a sweep from `text`, which messages call `name`.
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
            common.push(Setting::Key(Override::parse(set)?));
        }
        let mut reader = Reader {
            source: &source,
            problems: Vec::new(),
        };
        let file_of = |source: &Source| SourceFile {
            name: Path::new(&source.name)
                .file_name()
                .map_or(source.name.clone(), |name| name.to_string_lossy().into()),
            text: source.text.to_string(),
        };
        let mut files = vec![file_of(&source)];
        if file.template.source().name != source.name {
            files.push(file_of(file.template.source()));
        }
        let sweep = reader.sweep(&file.raw);
        let invalid = |problems| SweepError::Invalid {
            name: name.into(),
            problems,
        };
        let Some(parts) = sweep.filter(|_| reader.problems.is_empty()) else {
            return Err(invalid(reader.problems));
        };
        let sweep = Sweep {
            name: file.name,
            about: file.about,
            space: parts.space,
            replications: parts.replications,
            metrics: parts.metrics,
            warm_up: parts.warm_up,
            template: file.template,
            common,
            files,
            set: sets.to_vec(),
        };
        sweep.check()?;
        Ok(sweep)
    }

    /// Tries every value of every axis once: what is wrong with a value is told
    /// before anything runs.
    fn check(&self) -> Result<(), SweepError> {
        self.scenario(&self.base_point())?;
        let mut seen: Vec<Vec<usize>> = Vec::new();
        for number in 0..self.space.len() {
            let places = self.space.places(number);
            let is_new = |(axis, place): (usize, &usize)| {
                seen.get(axis).is_none_or(|seen| !seen.contains(place))
            };
            // All of a sample's points are different; the first stands for them.
            let fresh: Vec<usize> = match places.is_empty() {
                true if number > 0 => break,
                true => (0..self.space.axes.len()).collect(),
                false => (0..places.len())
                    .filter(|i| is_new((*i, &places[*i])))
                    .collect(),
            };
            if fresh.is_empty() {
                continue;
            }
            seen.resize(places.len().max(seen.len()), Vec::new());
            for (axis, place) in places.iter().enumerate() {
                if !seen[axis].contains(place) {
                    seen[axis].push(*place);
                }
            }
            let (choices, _) = self.space.choices(number);
            let point = self.point(number);
            if let Err(why) = self.machine(&point) {
                return Err(self.value_error(&fresh, &choices, why));
            }
            let all = self.space.axes.iter().enumerate();
            let done = |(i, axis): (usize, &Axis)| match &axis.values {
                Values::List(list) => seen.get(i).is_some_and(|s| s.len() >= list.len()),
                Values::Range(..) => true,
            };
            if all.into_iter().all(done) {
                break;
            }
        }
        Ok(())
    }

    fn value_error(&self, fresh: &[usize], choices: &[Choice], why: PointError) -> SweepError {
        let named = |axis: usize| {
            let columns = self
                .space
                .axes
                .get(axis)
                .map(|axis| axis.columns.join(", "));
            let labels = choices.get(axis).map(|choice| {
                let labels: Vec<String> = choice.labels.iter().map(Label::to_string).collect();
                labels.join(", ")
            });
            (columns.unwrap_or_default(), labels.unwrap_or_default())
        };
        // The axis that the error names, or else the one that is new here.
        let blamed = match &why {
            PointError::Scenario(ScenarioError::Option { option, .. }) => {
                let has = |choice: &Choice| {
                    choice
                        .settings
                        .iter()
                        .any(|s| matches!(s, Setting::Key(set) if set.text == *option))
                };
                choices.iter().position(has)
            }
            PointError::Policy(_) => choices.iter().position(|choice| {
                choice
                    .settings
                    .iter()
                    .any(|s| matches!(s, Setting::Policy(_)))
            }),
            _ => None,
        };
        let (axis, value) = named(blamed.or(fresh.last().copied()).unwrap_or(0));
        let hint = match &why {
            PointError::Scenario(ScenarioError::Option { hint, .. }) => hint.clone(),
            _ => "leave the value out, or the points that it is impossible in: exclude = [{ … }]"
                .into(),
        };
        let message = match why {
            PointError::Scenario(ScenarioError::Option {
                option, message, ..
            }) => format!("{option}: {message}"),
            PointError::Scenario(ScenarioError::Invalid { problems, .. }) => {
                let texts: Vec<String> = problems.iter().map(ToString::to_string).collect();
                texts.join("; ")
            }
            other => other.to_string(),
        };
        SweepError::Value {
            axis,
            value,
            message,
            hint,
        }
    }

    /// The scenario before any axis changes it.
    pub fn base(&self) -> Option<Scenario> {
        // It was tried when the sweep was read.
        self.scenario_of(&self.base_point()).ok()
    }

    fn base_point(&self) -> Point {
        Point {
            number: 0,
            labels: Vec::new(),
            mode: Mode::Bio,
            settings: self.common.clone(),
        }
    }

    /// The point of this number.
    pub fn point(&self, number: u64) -> Point {
        let (choices, mode) = self.space.choices(number);
        let own = choices.into_iter().flat_map(|choice| choice.settings);
        Point {
            number,
            labels: self.space.labels(number),
            mode,
            settings: self.common.iter().cloned().chain(own).collect(),
        }
    }

    /// The scenario of `point`.
    ///
    /// # Errors
    /// It is none.
    fn scenario(&self, point: &Point) -> Result<Scenario, SweepError> {
        self.scenario_of(point).map_err(|why| match why {
            PointError::Scenario(why) => SweepError::Scenario(why),
            other => SweepError::Value {
                axis: "set".into(),
                value: String::new(),
                message: other.to_string(),
                hint: "see docs/sweeps.md".into(),
            },
        })
    }

    fn scenario_of(&self, point: &Point) -> Result<Scenario, PointError> {
        let mut scenario = self.template.with(&point.overrides())?;
        for setting in &point.settings {
            if let Setting::Policy(policy) = setting {
                scenario.set_policy(policy).map_err(PointError::Policy)?;
            }
        }
        Ok(scenario)
    }

    /// The machine of `point`.
    ///
    /// # Errors
    /// Its values make no scenario, or the scenario has no such mode.
    pub fn machine(&self, point: &Point) -> Result<MachineConfig, PointError> {
        let scenario = self.scenario_of(point)?;
        Ok(scenario::build(&scenario, point.mode)?)
    }

    /// The scenario file of `point`, with how to run it in its first lines.
    pub fn text_of(&self, point: &Point, replication: u32) -> String {
        let own = self.template.text_with(&point.overrides());
        let text = own.unwrap_or_else(|_| self.template.source().text.to_string());
        let mut options = format!("--mode {}", point.mode.name());
        for setting in &point.settings {
            if let Setting::Policy(_) = setting {
                options += &format!(" {}", setting.to_option());
            }
        }
        if replication > 0 {
            options += &format!(" --replication {replication}");
        }
        format!("# mpathsim run THIS-FILE {options}\n{text}")
    }

    /// The command that runs a point again.
    pub fn command_of(&self, point: &Point, replication: u32) -> String {
        let mut command = format!(
            "mpathsim run {}",
            super::axis::quoted(&self.template.source().name)
        );
        for setting in &point.settings {
            command += &format!(" {}", setting.to_option());
        }
        command += &format!(" --mode {}", point.mode.name());
        if replication > 0 {
            command += &format!(" --replication {replication}");
        }
        command
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

impl Point {
    fn overrides(&self) -> Vec<Override> {
        let key = |setting: &Setting| match setting {
            Setting::Key(set) => Some(set.clone()),
            Setting::Policy(_) => None,
        };
        self.settings.iter().filter_map(key).collect()
    }
}

/// Why a point has no machine.
#[derive(Debug, thiserror::Error)]
pub enum PointError {
    /// Its values make no scenario.
    #[error("{}", one_line(.0))]
    Scenario(#[from] ScenarioError),
    /// It has no such mode.
    #[error(transparent)]
    Build(#[from] crate::scenario::BuildError),
    /// It cannot have this policy.
    #[error("{0}")]
    Policy(String),
}

fn one_line(error: &ScenarioError) -> String {
    match error {
        ScenarioError::Invalid { problems, .. } => {
            let texts: Vec<String> = problems.iter().map(ToString::to_string).collect();
            texts.join("; ")
        }
        other => other.to_string(),
    }
}
