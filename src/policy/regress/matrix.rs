//! What is kept from getting worse: a file that a team writes.

use std::ops::Range;
use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::Deserialize;

use crate::models::mpath::policy::Registry;
use crate::policy::{Cell, PolicyError, names};
use crate::scenario::raw::RawSweepMode;
use crate::scenario::{At, Mode, Problem, ScenarioError, Source, did_you_mean};
use crate::sim::Ns;
use crate::sweep::{Better, METRICS, WarmUp, metric};

/// The file as it is written.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct RawMatrix {
    /// Scenario files, from the folder of this file.
    scenarios: At<Vec<At<PathBuf>>>,
    /// Policies. Default: each scenario's own.
    policies: Option<At<Vec<At<String>>>>,
    /// Modes. Default: bio and request.
    modes: Option<At<Vec<At<RawSweepMode>>>>,
    /// Runs a cell. Default: 16.
    replications: Option<At<u32>>,
    /// What is cut from the start of a run: `none`, `auto`, or a time.
    warm_up: Option<At<String>>,
    /// Chance that a check of unchanged policies fails, percent. Default: 0.05.
    false_alarm_percent: Option<At<f64>>,
    /// The figures.
    metric: Vec<RawFigure>,
}

/// A figure, as it is written.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct RawFigure {
    /// Its name.
    name: At<String>,
    /// How much worse it may become, percent.
    margin_percent: At<f64>,
}

/// What is kept from getting worse.
#[derive(Clone, Debug, PartialEq)]
pub struct Matrix {
    /// The file.
    pub path: PathBuf,
    /// Cells: scenario × policy × mode.
    pub cells: Vec<Cell>,
    /// Figures of each.
    pub figures: Vec<Figure>,
    /// Runs a cell.
    pub replications: u32,
    /// What is cut from the start of a run.
    pub warm_up: WarmUp,
    /// Chance that a check of unchanged policies fails, for the whole matrix.
    pub alpha: f64,
}

/// A figure and how much worse it may become.
#[derive(Copy, Clone, Debug, PartialEq)]
pub struct Figure {
    /// Index into [`METRICS`].
    pub metric: usize,
    /// Share of the baseline's mean.
    pub margin: f64,
}

impl Matrix {
    /// Reads the file at `path`; it may name the selectors of `policies` beside the
    /// kernel's.
    ///
    /// # Errors
    /// What is wrong with it, each with its place.
    pub fn load(path: &Path, policies: &Registry) -> Result<Matrix, PolicyError> {
        let name = path.display().to_string();
        let text = std::fs::read_to_string(path).map_err(|why| ScenarioError::Unreadable {
            path: name.clone(),
            why,
        })?;
        let source = Source::new(name.as_str(), text);
        let invalid = |problems| PolicyError::Matrix {
            name: name.clone(),
            problems,
        };
        let raw: RawMatrix =
            toml::from_str(&source.text).map_err(|why| invalid(vec![source.toml_problem(&why)]))?;
        let mut reader = Reader {
            source: &source,
            policies,
            folder: path.parent().unwrap_or(Path::new(".")),
            problems: Vec::new(),
        };
        let matrix = reader.matrix(&raw, path);
        match reader.problems.is_empty() {
            true => Ok(matrix),
            false => Err(invalid(reader.problems)),
        }
    }

    /// The same with no other cells than `wanted`, each named as [`Cell`] prints it;
    /// all of them if none is.
    ///
    /// # Errors
    /// It has no such cell.
    pub fn only(mut self, wanted: &[String]) -> Result<Matrix, PolicyError> {
        let names: Vec<String> = self.cells.iter().map(ToString::to_string).collect();
        if let Some(unknown) = wanted.iter().find(|cell| !names.contains(cell)) {
            return Err(PolicyError::asked(
                format!("{} has no cell `{unknown}`", self.path.display()),
                did_you_mean(unknown, names.iter().map(String::as_str)),
            ));
        }
        if !wanted.is_empty() {
            self.cells.retain(|cell| wanted.contains(&cell.to_string()));
        }
        Ok(self)
    }

    /// The baseline's file, beside this one: `NAME.baseline.json`.
    pub fn baseline_path(&self) -> PathBuf {
        self.path.with_extension("baseline.json")
    }
}

/// Reads a matrix, and finds what is wrong with it.
struct Reader<'s> {
    source: &'s Source,
    policies: &'s Registry,
    folder: &'s Path,
    problems: Vec<Problem>,
}

impl Reader<'_> {
    fn wrong(&mut self, at: &Range<usize>, what: impl Into<String>, hint: impl Into<String>) {
        let problem = self.source.problem(at.clone(), what, hint.into());
        self.problems.push(problem);
    }

    /// A list that must not be empty, nor have anything twice.
    fn list<T: PartialEq>(&mut self, list: &At<Vec<At<T>>>, name: &str, example: &str) {
        if list.is_empty() {
            let what = format!("`{name}` is empty: there is nothing to check");
            self.wrong(&list.span, what, example);
        }
        let is_there = |i: &usize| list[..*i].iter().any(|at| at.value == list[*i].value);
        if let Some(i) = (1..list.len()).find(is_there) {
            self.wrong(&list[i].span, "this is there twice", "name each once");
        }
    }

    fn matrix(&mut self, raw: &RawMatrix, path: &Path) -> Matrix {
        self.list(&raw.scenarios, "scenarios", "scenarios = [\"a.toml\"]");
        for scenario in raw.scenarios.iter() {
            if !self.folder.join(&scenario.value).is_file() {
                let what = format!("there is no file {}", scenario.display());
                self.wrong(
                    &scenario.span,
                    what,
                    "scenarios are looked for beside the matrix",
                );
            }
        }
        if let Some(policies) = &raw.policies {
            let example =
                "policies = [\"round-robin\"]; without it each scenario's own are checked";
            self.list(policies, "policies", example);
            policies.iter().for_each(|policy| self.policy(policy));
        }
        if let Some(modes) = &raw.modes {
            self.list(modes, "modes", "modes = [\"bio\", \"request\"]");
        }
        Matrix {
            path: path.to_owned(),
            cells: raw.cells(self.folder),
            figures: self.figures(raw),
            replications: self.replications(raw.replications.as_ref()),
            warm_up: self.warm_up(raw.warm_up.as_ref()),
            alpha: self.alpha(raw.false_alarm_percent.as_ref()),
        }
    }

    fn policy(&mut self, policy: &At<String>) {
        let name = policy.split_whitespace().next().unwrap_or("");
        if !self.policies.has(name) {
            let hint = did_you_mean(name, self.policies.all_names());
            self.wrong(&policy.span, format!("there is no policy `{name}`"), hint);
        }
    }

    fn figures(&mut self, raw: &RawMatrix) -> Vec<Figure> {
        if raw.metric.is_empty() {
            let at = self.source.text.find("metric").unwrap_or(0);
            let example = "[[metric]] with name = \"iops\", margin_percent = 2";
            self.wrong(
                &(at..at + "metric".len()),
                "there is no figure to check",
                example,
            );
        }
        let mut figures: Vec<Figure> = Vec::new();
        for raw in &raw.metric {
            let Some(figure) = self.figure(raw) else {
                continue;
            };
            if figures.iter().any(|other| other.metric == figure.metric) {
                let what = format!("`{}` is given twice", raw.name.value);
                self.wrong(
                    &raw.name.span,
                    what,
                    "one [[metric]] with one margin a figure",
                );
            }
            figures.push(figure);
        }
        figures
    }

    fn figure(&mut self, raw: &RawFigure) -> Option<Figure> {
        let name = raw.name.as_str();
        let Some((index, found)) = metric(name) else {
            let hint = did_you_mean(name, METRICS.iter().map(|metric| metric.name));
            self.wrong(&raw.name.span, format!("there is no figure `{name}`"), hint);
            return None;
        };
        if found.better == Better::Neither {
            let hint = "choose a figure that has: iops, lat_p99_us, cpu_per_io_us, …";
            self.wrong(
                &raw.name.span,
                format!("`{name}` has no better and worse"),
                hint,
            );
        }
        let percent = raw.margin_percent.value;
        if !(0.0..1000.0).contains(&percent) {
            let what = format!("a margin of {percent} %");
            self.wrong(&raw.margin_percent.span, what, "margin_percent = 2");
        }
        Some(Figure {
            metric: index,
            margin: percent / 100.0,
        })
    }

    fn replications(&mut self, raw: Option<&At<u32>>) -> u32 {
        let Some(raw) = raw else { return 16 };
        if !(3..=100_000).contains(&raw.value) {
            let what = format!("{} runs a cell", raw.value);
            self.wrong(&raw.span, what, "replications = 16; 3 at least");
        }
        raw.value
    }

    fn alpha(&mut self, raw: Option<&At<f64>>) -> f64 {
        let Some(raw) = raw else { return 0.0005 };
        let percent = raw.value;
        if !(percent > 0.0 && percent < 50.0) {
            let what = format!("false_alarm_percent = {percent}");
            self.wrong(
                &raw.span,
                what,
                "above 0, below 50; 0.05 is one check in 2000",
            );
        }
        percent / 100.0
    }

    fn warm_up(&mut self, raw: Option<&At<String>>) -> WarmUp {
        match raw.map(|raw| (raw, raw.as_str())) {
            None | Some((_, "none")) => WarmUp::None,
            Some((_, "auto")) => WarmUp::Auto,
            Some((at, text)) => text.parse::<Ns>().map_or_else(
                |why| {
                    let hint = "`none`, `auto`, or a time: \"200ms\"";
                    self.wrong(&at.span, format!("warm_up: {why}"), hint);
                    WarmUp::None
                },
                WarmUp::Fixed,
            ),
        }
    }
}

impl RawMatrix {
    fn cells(&self, folder: &Path) -> Vec<Cell> {
        let mode = |mode: &At<RawSweepMode>| match mode.value {
            RawSweepMode::Bio => Mode::Bio,
            RawSweepMode::Request => Mode::Request,
            RawSweepMode::Single => Mode::Single,
        };
        let modes: Vec<Mode> = match &self.modes {
            None => vec![Mode::Bio, Mode::Request],
            Some(modes) => modes.iter().map(mode).collect(),
        };
        let own = |policy: &At<String>| Some(policy.value.clone());
        let policies: Vec<Option<String>> = match &self.policies {
            None => vec![None],
            Some(policies) => policies.iter().map(own).collect(),
        };
        let scenarios: Vec<PathBuf> = self.scenarios.iter().map(|at| at.value.clone()).collect();
        let mut cells = Vec::new();
        for (scenario, name) in scenarios.iter().zip(names(&scenarios)) {
            for policy in &policies {
                cells.extend(modes.iter().map(|mode| Cell {
                    scenario: folder.join(scenario),
                    name: name.clone(),
                    policy: policy.clone(),
                    mode: *mode,
                    sets: Vec::new(),
                }));
            }
        }
        cells
    }
}
