//! The file of a sweep, read: the table `[sweep]`, and where the scenario is.

use std::collections::BTreeMap;
use std::path::Path;

use super::SweepError;
use super::axis::{Axis, Setting, Values};
use super::condition::Exclusion;
use super::definition::{Replications, Until, WarmUp};
use super::metric::{METRICS, metric};
use super::sample::Sample;
use super::space::{MOST, Space};
use crate::models::mpath::policy::Registry;
use crate::scenario::raw::{Any, RawSweep, RawSweepFile, RawSweepMode};
use crate::scenario::{At, Mode, Problem, Source, Template, did_you_mean};
use crate::sim::Ns;

/// What a file holds: the table, and where the scenario is.
pub(super) struct File {
    pub name: String,
    pub about: String,
    pub template: Template,
    pub common: Vec<Setting>,
    pub raw: RawSweep,
}

impl File {
    pub fn read(source: &Source, policies: &Registry) -> Result<File, SweepError> {
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
            let file = folder.join(raw.scenario.value.as_str());
            let template = Template::load(&file, policies)?.without("sweep");
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
            }
            .checked(source, raw.name.as_ref());
        }
        let template = Template::new(&source.name, &source.text, policies).without("sweep");
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
pub(super) struct Parts {
    pub space: Space,
    pub replications: Replications,
    pub metrics: Vec<usize>,
    pub warm_up: WarmUp,
}

pub(super) struct Reader<'s> {
    pub source: &'s Source,
    pub problems: Vec<Problem>,
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

    pub fn sweep(&mut self, raw: &RawSweep) -> Option<Parts> {
        let axes: Vec<Axis> = raw
            .axis
            .iter()
            .filter_map(|axis| self.keep(Axis::new(self.source, axis)))
            .collect();
        self.names(raw, &axes);
        let modes = self.modes(raw);
        let sample = raw
            .sample
            .as_ref()
            .map(|sample| Sample::new(sample, axes.len()));
        if sample.is_none()
            && let Some(at) = axes
                .iter()
                .position(|axis| matches!(axis.values, Values::Range(..)))
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
            Ok(space) if space.is_empty() => {
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

    fn modes(&mut self, raw: &RawSweep) -> Vec<Mode> {
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
        let at_most = at.at_most.map_or(100, |n| n.get32());
        let at_least = at.at_least.map_or(at_most.min(10), |n| n.get32());
        if at_least > at_most {
            self.wrong(
                at.span.clone(),
                "`at_least` is more than `at_most`",
                "at_least = 10, at_most = 100",
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
