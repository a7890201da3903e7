//! Other builds of the simulator, run as programs.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::Ordering;

use super::PolicyError;
use super::results::{self, Points};
use super::runs::{Cell, Settings};
use crate::run::write;

/// Runs `cells` with the program at `build`: a sweep each, in a folder that is
/// removed afterwards.
///
/// # Errors
/// The program fails, or a file cannot be written.
pub fn run(build: &Path, cells: &[Cell], settings: &Settings) -> Result<Points, PolicyError> {
    let folder = std::env::temp_dir().join(format!("mpathsim-compare-{}", std::process::id()));
    let result = run_in(&folder, build, cells, settings);
    let _ = std::fs::remove_dir_all(&folder);
    result
}

fn run_in(
    folder: &Path,
    build: &Path,
    cells: &[Cell],
    settings: &Settings,
) -> Result<Points, PolicyError> {
    let mut all = Points::new();
    for (i, cell) in cells.iter().enumerate() {
        let file = format!("{i}.toml");
        let path = |name: &str| -> PathBuf { folder.join(name) };
        let text = sweep_file(cell, settings)?;
        write::whole_file(folder, &file, &text).map_err(|why| PolicyError::File {
            path: path(&file).display().to_string(),
            why,
        })?;
        let out = path(&format!("{i}"));
        let output = Command::new(build)
            .arg("sweep")
            .arg(path(&file))
            .arg("--out")
            .arg(&out)
            .args(["--quiet", "--overwrite"])
            .output();
        let failed = |why: String| PolicyError::Program {
            program: build.display().to_string(),
            why,
        };
        let output = output.map_err(|why| failed(why.to_string()))?;
        if settings.stop.load(Ordering::Relaxed) {
            return Err(PolicyError::Stopped);
        }
        if !output.status.success() {
            return Err(failed(
                String::from_utf8_lossy(&output.stderr).trim().to_owned(),
            ));
        }
        let results = results::read(&out);
        let results =
            results.map_err(|why| failed(format!("its results cannot be read: {}", why)))?;
        for (_, runs) in results {
            settings
                .done
                .fetch_add(runs.len() as u64, Ordering::Relaxed);
            all.insert(cell.to_string(), runs);
        }
    }
    Ok(all)
}

/// A sweep of one point: `cell`.
fn sweep_file(cell: &Cell, settings: &Settings) -> Result<String, PolicyError> {
    let scenario = cell
        .scenario
        .canonicalize()
        .map_err(|why| PolicyError::File {
            path: cell.scenario.display().to_string(),
            why,
        })?;
    let text = |text: &str| toml::Value::String(text.into()).to_string();
    let mut file = format!("scenario = {}\n", text(&scenario.display().to_string()));
    file += "[set]\n";
    for set in &cell.sets {
        let (key, value) = set.split_once('=').unwrap_or((set, ""));
        let is_toml = format!("x = {value}").parse::<toml::Table>().is_ok();
        let value = if is_toml {
            value.to_owned()
        } else {
            text(value)
        };
        file += &format!("{} = {value}\n", text(key));
    }
    file += &format!(
        "[sweep]\nmodes = [\"{}\"]\nreplications = {}\nwarm_up = \"{}\"\n",
        cell.mode.name(),
        settings.replications,
        settings.warm_up
    );
    if let Some(policy) = &cell.policy {
        file += &format!(
            "[[sweep.axis]]\nkey = \"policy\"\nvalues = [{}]\n",
            text(policy)
        );
    }
    Ok(file)
}
