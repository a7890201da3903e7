//! How it was: a file that is kept in the repository of a team.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::fingerprint::fingerprint;
use super::matrix::Matrix;
use crate::policy::cut::Cut;
use crate::policy::{PolicyError, Settings};
use crate::run::write;
use crate::sweep::METRICS;

/// Name and version of the format.
pub const FORMAT: &str = "mpathsim-baseline/1";

/// How it was.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Baseline {
    /// [`FORMAT`].
    pub format: String,
    /// Version of the program that recorded it.
    pub mpathsim: String,
    /// The first replication.
    pub first: u32,
    /// What was cut from the start of each run.
    pub warm_up: String,
    /// The hash of each scenario, by its name: none in baselines of old.
    #[serde(default)]
    pub scenarios: BTreeMap<String, String>,
    /// Every cell, in order of the matrix.
    pub cells: Vec<CellRuns>,
}

/// The runs of a cell.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CellRuns {
    /// The cell, in words.
    pub cell: String,
    /// Each figure of the matrix: name, and its value in every replication.
    pub figures: Vec<(String, Vec<f64>)>,
}

/// A matrix that was run.
#[derive(Clone, Debug, PartialEq)]
pub struct Recorded {
    /// How it is.
    pub baseline: Baseline,
    /// What was cut from the start of the runs.
    pub cut: Option<Cut>,
}

/// Runs `matrix`: how it is.
///
/// # Errors
/// A run fails, or lacks a figure.
pub fn record(matrix: &Matrix, settings: &Settings) -> Result<Recorded, PolicyError> {
    let settings = Settings {
        replications: matrix.replications,
        warm_up: matrix.warm_up,
        ..settings.clone()
    };
    let runs = settings.run(&matrix.cells)?;
    let cut = Cut::of(runs.iter().flatten());
    let cells = matrix.cells.iter().zip(runs).map(|(cell, runs)| {
        let figure = |figure: &super::Figure| {
            let name = METRICS[figure.metric].name;
            let values = runs.iter().map(|run| run[figure.metric]);
            let values: Option<Vec<f64>> = values.collect();
            let values = values.ok_or_else(|| {
                PolicyError::asked(
                    format!("{cell}: the runs have no {name}"),
                    "leave the figure out of the matrix",
                )
            })?;
            Ok((name.to_owned(), values))
        };
        Ok(CellRuns {
            cell: cell.to_string(),
            figures: matrix
                .figures
                .iter()
                .map(figure)
                .collect::<Result<_, PolicyError>>()?,
        })
    });
    let baseline = Baseline {
        format: FORMAT.into(),
        mpathsim: env!("CARGO_PKG_VERSION").into(),
        first: settings.first,
        warm_up: matrix.warm_up.to_string(),
        scenarios: scenarios(matrix)?,
        cells: cells.collect::<Result<_, PolicyError>>()?,
    };
    Ok(Recorded { baseline, cut })
}

/// The hash of each scenario of `matrix`, by its name.
fn scenarios(matrix: &Matrix) -> Result<BTreeMap<String, String>, PolicyError> {
    let mut found = BTreeMap::new();
    for cell in &matrix.cells {
        if !found.contains_key(cell.scenario_name()) {
            found.insert(
                cell.scenario_name().to_owned(),
                fingerprint(&cell.scenario)?,
            );
        }
    }
    Ok(found)
}

impl Baseline {
    /// The baseline at `path`; none if nothing is there.
    ///
    /// # Errors
    /// What is there is no baseline, or one of another version: not to be replaced.
    pub fn there(path: &Path) -> Result<Option<Baseline>, PolicyError> {
        match path.exists() {
            true => Baseline::read(path).map(Some),
            false => Ok(None),
        }
    }

    /// The first scenario of `matrix` that is not the one this was recorded with.
    ///
    /// # Errors
    /// A scenario cannot be read.
    pub(super) fn changed(&self, matrix: &Matrix) -> Result<Option<String>, PolicyError> {
        let now = scenarios(matrix)?;
        let mut names = now.iter().filter(|(name, hash)| {
            let was = self.scenarios.get(*name);
            was.is_some_and(|was| was != *hash)
        });
        Ok(names.next().map(|(name, _)| name.clone()))
    }

    /// Reads the baseline at `path`.
    ///
    /// # Errors
    /// It cannot be read, or is of another version.
    pub fn read(path: &Path) -> Result<Baseline, PolicyError> {
        let name = path.display().to_string();
        let text = std::fs::read_to_string(path).map_err(|why| match why.kind() {
            std::io::ErrorKind::NotFound => PolicyError::asked(
                format!("there is no baseline {name}"),
                "mpathsim regress record FILE makes it",
            ),
            _ => PolicyError::File {
                path: name.clone(),
                why,
            },
        })?;
        #[derive(Deserialize)]
        struct Format {
            format: String,
        }
        let none = |why: String| {
            PolicyError::asked(
                format!("{name} is no baseline: {why}"),
                "mpathsim regress record FILE makes one; --baseline FILE names it; nothing was changed",
            )
        };
        let found: Format = serde_json::from_str(&text).map_err(|why| none(why.to_string()))?;
        if found.format != FORMAT {
            if !found.format.starts_with("mpathsim-baseline/") {
                return Err(none(format!("its format is {}", found.format)));
            }
            let what = format!(
                "{name} is of another version: {}, this program reads {FORMAT}",
                found.format
            );
            let hint = "use the mpathsim that wrote it, or remove it and record it anew: \
                        mpathsim regress record FILE";
            return Err(PolicyError::asked(what, hint));
        }
        serde_json::from_str(&text).map_err(|why| none(why.to_string()))
    }

    /// The part of it that `matrix` has, which may be of some of its cells.
    pub fn only(self, matrix: &Matrix) -> Baseline {
        let wanted: Vec<String> = matrix.cells.iter().map(ToString::to_string).collect();
        let mut cells = self.cells;
        cells.retain(|cell| wanted.contains(&cell.cell));
        Baseline { cells, ..self }
    }

    /// Writes it to `path`.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn write(&self, path: &Path) -> Result<(), PolicyError> {
        let wrong = |why| PolicyError::File {
            path: path.display().to_string(),
            why,
        };
        let text =
            serde_json::to_string_pretty(self).map_err(|why| wrong(std::io::Error::other(why)))?;
        let folder = match path.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        };
        let name = path
            .file_name()
            .map_or(String::new(), |name| name.to_string_lossy().into_owned());
        write::whole_file(folder, &name, &(text + "\n")).map_err(wrong)
    }
}
