//! What the figures of a run share.

use crate::plot::result::{PathRow, RunResult};
use crate::plot::theme::Ink;
use crate::plot::{path_color_index, path_ink};
use crate::run::summary::RunSummary;

/// The modes that ran, in order.
pub fn modes(result: &RunResult) -> Vec<&RunSummary> {
    result.summary.runs.iter().collect()
}

/// A mode as it is called in figures.
pub fn mode_name(run: &RunSummary) -> String {
    match (run.mode.as_str(), &run.device) {
        ("bio", _) => "bio mode".into(),
        ("request", _) => "request mode".into(),
        (_, Some(device)) => format!("{device} alone"),
        (mode, None) => mode.into(),
    }
}

/// What the foot of every figure says: enough to repeat it.
pub fn foot(result: &RunResult) -> String {
    let s = &result.summary.scenario;
    let mut text = format!(
        "mpathsim {} · scenario {} · seed {} · CPU profile {}",
        result.summary.mpathsim, s.name, s.seed, s.cpu_profile
    );
    for set in &s.set {
        text += &format!(" · {set}");
    }
    text
}

/// A path, and its colour.
#[derive(Clone, Debug, PartialEq)]
pub struct PathDevice {
    /// Kernel name.
    pub name: String,
    /// Its colour in every figure.
    pub ink: Ink,
}

/// The devices that are or were paths of a map: those of a map at the end, and
/// those that a run's driver has given something; in order of the scenario.
pub fn path_devices(result: &RunResult) -> Vec<PathDevice> {
    let summary = &result.summary;
    let mut names: Vec<&str> = Vec::new();
    let mapped = summary.runs.iter().flat_map(|run| &run.paths);
    let of_maps = |row: &&PathRow| row.mode != "single" && row.bytes > 0;
    let loaded = result.paths.iter().filter(of_maps);
    let at_end = mapped.map(|path| path.device.as_str());
    for name in at_end.chain(loaded.map(|row| row.device.as_str())) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    if names.is_empty() {
        let first = summary.scenario.devices.first();
        names.extend(first.map(|end| end.name.as_str()));
    }
    names.sort_by_key(|name| path_color_index(summary, name));
    let path = |name: &str| PathDevice {
        name: name.into(),
        ink: path_ink(summary, name),
    };
    names.into_iter().map(path).collect()
}

/// Until when the longest run went, seconds.
pub fn seconds(result: &RunResult) -> f64 {
    let ends = result.summary.runs.iter().map(|run| run.duration_ns);
    ends.max().unwrap_or(0) as f64 / 1e9
}
