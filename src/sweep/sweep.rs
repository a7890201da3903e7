//! A sweep as its file describes it.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

use super::SweepError;
use super::axis::{Axis, Choice, Setting};
use super::condition::Exclusion;
use super::metric::{METRICS, metric};
use super::record::Label;
use super::sample::Sample;
use super::space::{MOST, Space};
use crate::models::config::MachineConfig;
use crate::models::mpath::policy::Registry;
use crate::scenario::raw::{Any, RawSweep, RawSweepFile, RawSweepMode};
use crate::scenario::{
    self, At, Mode, Override, Problem, Scenario, ScenarioError, Source, Template, did_you_mean,
};
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
    /// The texts that it is made of.
    texts: String,
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
        let texts = format!(
            "{text}\0{}\0{}",
            file.template.source().text,
            sets.join("\0")
        );
        let sweep = reader.sweep(&file.raw, &file.scenario_modes);
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
            texts,
        };
        sweep.check()?;
        Ok(sweep)
    }

    /// Tries every value of every axis once: what is wrong with a value is told
    /// before anything runs.
    fn check(&self) -> Result<(), SweepError> {
        let base = Point {
            number: 0,
            labels: Vec::new(),
            mode: Mode::Bio,
            settings: self.common.clone(),
        };
        self.scenario(&base)?;
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
                super::axis::Values::List(list) => {
                    seen.get(i).is_some_and(|s| s.len() >= list.len())
                }
                super::axis::Values::Range(..) => true,
            };
            if all.map(done).all(|done| done) {
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
            PointError::Scenario(ScenarioError::Option { message, .. }) => message,
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
        super::key::hex(&blake3::hash(self.texts.as_bytes()).as_bytes()[..16])
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

/// What a file holds: the table, and where the scenario is.
struct File {
    name: String,
    about: String,
    template: Template,
    common: Vec<Setting>,
    raw: RawSweep,
    scenario_modes: Vec<Mode>,
}

impl File {
    fn read(source: &Source, policies: &Registry) -> Result<File, SweepError> {
        let invalid = |problem| SweepError::Invalid {
            name: source.name.clone(),
            problems: vec![problem],
        };
        let path = Path::new(&source.name);
        let stem = path
            .file_stem()
            .and_then(|stem| stem.to_str())
            .unwrap_or("sweep");
        let table: Result<toml::Table, _> = toml::from_str(&source.text);
        let table = table.map_err(|why| invalid(source.toml_problem(&why)))?;
        if table.contains_key("scenario") {
            let raw: RawSweepFile =
                toml::from_str(&source.text).map_err(|why| invalid(source.toml_problem(&why)))?;
            let folder = path.parent().unwrap_or(Path::new("."));
            let template = Template::load(&folder.join(raw.scenario.value.as_str()), policies)?;
            let common = settings(&raw.set).map_err(|why| {
                invalid(source.problem(
                    raw.scenario.span.clone(),
                    why,
                    "see docs/sweeps.md".to_owned(),
                ))
            })?;
            return File {
                name: raw
                    .name
                    .as_ref()
                    .map_or(stem, |name| name.as_str())
                    .to_owned(),
                about: raw.about.clone().unwrap_or_default(),
                template,
                common,
                raw: raw.sweep,
                scenario_modes: Vec::new(),
            }
            .checked(source, raw.name.as_ref());
        }
        let template = Template::new(&source.name, &source.text, policies);
        let scenario = template.with(&[])?;
        let raw: ScenarioWithSweep =
            toml::from_str(&source.text).map_err(|why| invalid(source.toml_problem(&why)))?;
        let Some(raw) = raw.sweep else {
            return Err(invalid(source.problem(
                0..0,
                "the scenario has no table [sweep]",
                "add one, or write a file that names the scenario: scenario = \"FILE.toml\" (docs/sweeps.md)".to_owned(),
            )));
        };
        Ok(File {
            name: scenario.name.clone(),
            about: scenario.about.clone(),
            template,
            common: Vec::new(),
            raw,
            scenario_modes: scenario.modes(),
        })
    }

    fn checked(self, source: &Source, name: Option<&At<String>>) -> Result<File, SweepError> {
        let plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
        if let Some(name) = name
            && (name.is_empty() || name.starts_with('.') || !name.chars().all(plain))
        {
            return Err(SweepError::Invalid {
                name: source.name.clone(),
                problems: vec![source.problem(
                    name.span.clone(),
                    format!("`{}` cannot be the name of a folder of results", name.value),
                    "use letters, digits, `-`, `_` and `.`".to_owned(),
                )],
            });
        }
        Ok(self)
    }
}

/// A scenario file as far as its sweep goes.
#[derive(serde::Deserialize)]
struct ScenarioWithSweep {
    sweep: Option<RawSweep>,
}

fn settings(set: &BTreeMap<String, Any>) -> Result<Vec<Setting>, String> {
    set.iter()
        .map(|(key, any)| Setting::new(key, &any.0))
        .collect()
}

/// What is read of a table `[sweep]`.
struct Parts {
    space: Space,
    replications: Replications,
    metrics: Vec<usize>,
    warm_up: WarmUp,
}

struct Reader<'s> {
    source: &'s Source,
    problems: Vec<Problem>,
}

/// Columns of the tables that no axis may be called.
const RESERVED: [&str; 8] = [
    "point",
    "mode",
    "replication",
    "seed",
    "map",
    "device",
    "group",
    "error",
];

impl Reader<'_> {
    fn wrong(&mut self, span: std::ops::Range<usize>, what: impl Into<String>, hint: &str) {
        self.problems
            .push(self.source.problem(span, what, hint.to_owned()));
    }

    fn keep<T>(&mut self, result: Result<T, Problem>) -> Option<T> {
        result.map_err(|problem| self.problems.push(problem)).ok()
    }

    fn sweep(&mut self, raw: &RawSweep, scenario_modes: &[Mode]) -> Option<Parts> {
        let axes: Vec<Axis> = raw
            .axis
            .iter()
            .filter_map(|axis| self.keep(Axis::new(self.source, axis)))
            .collect();
        self.names(raw, &axes);
        let modes = self.modes(raw, scenario_modes);
        let sample = raw
            .sample
            .as_ref()
            .map(|sample| Sample::new(sample, axes.len()));
        if sample.is_none()
            && let Some(at) = axes
                .iter()
                .position(|axis| matches!(axis.values, super::axis::Values::Range(..)))
            && let Some(axis) = raw.axis.get(at)
        {
            self.wrong(
                axis.span.clone(),
                "the range does not say how many values",
                "add steps = 8, or step, or [sweep.sample]",
            );
        }
        let mut columns: Vec<String> = axes.iter().flat_map(|axis| axis.columns.clone()).collect();
        columns.push("mode".into());
        let exclusions: Vec<Exclusion> = raw
            .exclude
            .iter()
            .filter_map(|raw| self.keep(Exclusion::new(self.source, raw, &columns)))
            .collect();
        let metrics = self.metrics(&raw.metrics);
        let metrics = match metrics.is_empty() {
            true => (0..METRICS.len()).collect(),
            false => metrics,
        };
        let replications = self.replications(raw);
        let warm_up = self.warm_up(raw.warm_up.as_ref());
        if !self.problems.is_empty() {
            return None;
        }
        let first = raw.axis.first().map_or(0..0, |axis| axis.span.clone());
        match Space::new(axes, modes, sample, &exclusions) {
            Ok(space) if space.len() == 0 => {
                let span = raw.exclude.first().map_or(first, |e| e.span.clone());
                self.wrong(span, "every point is left out", "see `exclude`");
                None
            }
            Ok(space) => Some(Parts {
                space,
                replications,
                metrics,
                warm_up,
            }),
            Err(points) => {
                let what = format!("that are {points} points; {MOST} at most");
                self.wrong(
                    first,
                    what,
                    "take fewer values, zip axes, or draw some of them: [sweep.sample]",
                );
                None
            }
        }
    }

    fn names(&mut self, raw: &RawSweep, axes: &[Axis]) {
        let mut seen: Vec<&str> = Vec::new();
        for (axis, raw) in axes.iter().zip(&raw.axis) {
            for name in &axis.columns {
                let taken = RESERVED.contains(&name.as_str()) || metric(name).is_some();
                if taken || seen.contains(&name.as_str()) {
                    self.wrong(
                        raw.span.clone(),
                        format!("`{name}` is the name of another column"),
                        "give the axis a name of its own: name = \"…\"",
                    );
                }
                if name.is_empty() || name.contains([',', '"', '\n']) {
                    self.wrong(
                        raw.span.clone(),
                        format!("{name:?} cannot be the name of a column"),
                        "use letters, digits and `_`",
                    );
                }
                seen.push(name);
            }
        }
    }

    fn modes(&mut self, raw: &RawSweep, _scenario: &[Mode]) -> Vec<Mode> {
        let Some(modes) = &raw.modes else {
            return vec![Mode::Bio, Mode::Request];
        };
        let mut all: Vec<Mode> = modes
            .iter()
            .map(|mode| match mode {
                RawSweepMode::Bio => Mode::Bio,
                RawSweepMode::Request => Mode::Request,
                RawSweepMode::Single => Mode::Single,
            })
            .collect();
        all.sort();
        all.dedup();
        if all.is_empty() {
            self.wrong(
                modes.span.clone(),
                "there is no mode to run",
                "modes = [\"bio\", \"request\"]",
            );
        }
        all
    }

    fn metrics(&mut self, names: &[At<String>]) -> Vec<usize> {
        let mut found = Vec::new();
        for name in names {
            match metric(name) {
                Some((index, _)) => found.push(index),
                None => {
                    let hint = did_you_mean(name, METRICS.iter().map(|metric| metric.name));
                    self.wrong(
                        name.span.clone(),
                        format!("there is no figure `{}`", name.value),
                        &hint,
                    );
                }
            }
        }
        found.sort_unstable();
        found.dedup();
        found
    }

    fn replications(&mut self, raw: &RawSweep) -> Replications {
        let Some(at) = &raw.until else {
            return Replications::Fixed(raw.replications.map_or(1, |n| n.get32()));
        };
        if raw.replications.is_some() {
            self.wrong(
                at.span.clone(),
                "`replications` and `until` exclude each other",
                "leave one out",
            );
        }
        let percent = at.confidence_percent.unwrap_or(95.0);
        if !(50.0..100.0).contains(&percent) {
            self.wrong(
                at.span.clone(),
                format!("{percent} is no level of confidence"),
                "confidence_percent: 50 to 99.99",
            );
        }
        if !(at.half_width_percent > 0.0 && at.half_width_percent < 1e6) {
            self.wrong(
                at.span.clone(),
                format!(
                    "a half width of {} % cannot be reached",
                    at.half_width_percent
                ),
                "half_width_percent = 2",
            );
        }
        let mut of = self.metrics(&at.of);
        if of.is_empty() {
            of.extend(metric("iops").map(|(index, _)| index));
        }
        let at_least = at.at_least.map_or(5, |n| n.get32());
        let at_most = at.at_most.map_or(100, |n| n.get32());
        if at_least > at_most {
            self.wrong(
                at.span.clone(),
                "`at_least` is more than `at_most`",
                "at_least = 5, at_most = 100",
            );
        }
        Replications::Until(Until {
            half_width: at.half_width_percent / 100.0,
            of,
            confidence: percent / 100.0,
            at_least,
            at_most,
        })
    }

    fn warm_up(&mut self, raw: Option<&At<String>>) -> WarmUp {
        match raw.map(|raw| (raw, raw.as_str())) {
            None | Some((_, "none")) => WarmUp::None,
            Some((_, "auto")) => WarmUp::Auto,
            Some((at, text)) => match text.parse::<Ns>() {
                Ok(time) => WarmUp::Fixed(time),
                Err(why) => {
                    self.wrong(
                        at.span.clone(),
                        why.to_string(),
                        "`none`, `auto`, or a time: \"200ms\"",
                    );
                    WarmUp::None
                }
            },
        }
    }
}
