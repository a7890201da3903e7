//! What is kept from getting worse: a file that a team writes.

use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::Deserialize;

use crate::policy::{Cell, PolicyError, names, once};
use crate::scenario::raw::RawSweepMode;
use crate::scenario::{Mode, ScenarioError, Source, did_you_mean};
use crate::sim::Ns;
use crate::sweep::{Better, METRICS, SweepError, WarmUp, metric};

/// The file as it is written.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct RawMatrix {
    /// Scenario files, from the folder of this file.
    scenarios: Vec<PathBuf>,
    /// Policies; none: each scenario's own.
    #[serde(default)]
    policies: Vec<String>,
    /// Modes. Default: bio and request.
    modes: Option<Vec<RawSweepMode>>,
    /// Runs a cell. Default: 16.
    replications: Option<u32>,
    /// What is cut from the start of a run: `none`, `auto`, or a time.
    warm_up: Option<String>,
    /// Chance that a check of unchanged policies fails, percent. Default: 0.05.
    false_alarm_percent: Option<f64>,
    /// The figures.
    metric: Vec<RawFigure>,
}

/// A figure, as it is written.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct RawFigure {
    /// Its name.
    name: String,
    /// How much worse it may become, percent.
    margin_percent: f64,
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
    /// Reads the file at `path`.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn load(path: &Path) -> Result<Matrix, PolicyError> {
        let name = path.display().to_string();
        let text = std::fs::read_to_string(path).map_err(|why| ScenarioError::Unreadable {
            path: name.clone(),
            why,
        })?;
        let source = Source::new(name.as_str(), text);
        let raw: RawMatrix = toml::from_str(&source.text).map_err(|why| SweepError::Invalid {
            name: name.clone(),
            problems: vec![source.toml_problem(&why)],
        })?;
        let folder = path.parent().unwrap_or(Path::new("."));
        raw.matrix(path, folder)
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

impl RawMatrix {
    fn matrix(&self, path: &Path, folder: &Path) -> Result<Matrix, PolicyError> {
        let wrong = |what: String, hint: &str| {
            Err(PolicyError::asked(
                format!("{}: {what}", path.display()),
                hint,
            ))
        };
        let figures = self
            .metric
            .iter()
            .map(|raw| raw.figure(path))
            .collect::<Result<Vec<_>, _>>()?;
        if figures.is_empty() || self.scenarios.is_empty() {
            return wrong(
                "there is nothing to check".into(),
                "scenarios = [\"a.toml\"] and [[metric]] name = \"iops\", margin_percent = 2",
            );
        }
        let twice = |i: &usize| figures[..*i].iter().any(|f| f.metric == figures[*i].metric);
        if let Some(i) = (1..figures.len()).find(twice) {
            return wrong(
                format!("`{}` is given twice", self.metric[i].name),
                "one [[metric]] with one margin a figure",
            );
        }
        let replications = self.replications.unwrap_or(16);
        if !(3..=100_000).contains(&replications) {
            return wrong(
                format!("{replications} runs a cell"),
                "replications = 16; 3 at least",
            );
        }
        let percent = self.false_alarm_percent.unwrap_or(0.05);
        if !(percent > 0.0 && percent < 50.0) {
            return wrong(
                format!("false_alarm_percent = {percent}"),
                "above 0, below 50; 0.05 is one check in 2000",
            );
        }
        let warm_up = match self.warm_up() {
            Ok(warm_up) => warm_up,
            Err(why) => return wrong(why, "`none`, `auto`, or a time: \"200ms\""),
        };
        Ok(Matrix {
            path: path.to_owned(),
            cells: self.cells(folder)?,
            figures,
            replications,
            warm_up,
            alpha: percent / 100.0,
        })
    }

    fn warm_up(&self) -> Result<WarmUp, String> {
        match self.warm_up.as_deref() {
            None | Some("none") => Ok(WarmUp::None),
            Some("auto") => Ok(WarmUp::Auto),
            Some(text) => match text.parse::<Ns>() {
                Ok(time) => Ok(WarmUp::Fixed(time)),
                Err(why) => Err(format!("warm_up: {why}")),
            },
        }
    }

    fn cells(&self, folder: &Path) -> Result<Vec<Cell>, PolicyError> {
        let modes: Vec<Mode> = match &self.modes {
            None => vec![Mode::Bio, Mode::Request],
            Some(modes) => modes
                .iter()
                .map(|mode| match mode {
                    RawSweepMode::Bio => Mode::Bio,
                    RawSweepMode::Request => Mode::Request,
                    RawSweepMode::Single => Mode::Single,
                })
                .collect(),
        };
        let policies: Vec<Option<String>> = match self.policies.as_slice() {
            [] => vec![None],
            policies => policies.iter().cloned().map(Some).collect(),
        };
        let mut cells = Vec::new();
        for (scenario, name) in self.scenarios.iter().zip(names(&self.scenarios)) {
            for policy in &policies {
                for mode in &modes {
                    cells.push(Cell {
                        scenario: folder.join(scenario),
                        name: name.clone(),
                        policy: policy.clone(),
                        mode: *mode,
                        sets: Vec::new(),
                    });
                }
            }
        }
        let all: Vec<String> = cells.iter().map(ToString::to_string).collect();
        once(&all)?;
        Ok(cells)
    }
}

impl RawFigure {
    fn figure(&self, path: &Path) -> Result<Figure, PolicyError> {
        let path = path.display();
        let Some((index, found)) = metric(&self.name) else {
            return Err(PolicyError::asked(
                format!("{path}: there is no figure `{}`", self.name),
                did_you_mean(&self.name, METRICS.iter().map(|metric| metric.name)),
            ));
        };
        if found.better == Better::Neither {
            return Err(PolicyError::asked(
                format!("{path}: `{}` has no better and worse", self.name),
                "choose a figure that has: iops, lat_p99_us, cpu_per_io_us, …",
            ));
        }
        if !(0.0..1000.0).contains(&self.margin_percent) {
            return Err(PolicyError::asked(
                format!("{path}: a margin of {} %", self.margin_percent),
                "margin_percent = 2",
            ));
        }
        Ok(Figure {
            metric: index,
            margin: self.margin_percent / 100.0,
        })
    }
}
