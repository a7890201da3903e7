//! What the figures of a run share.

use crate::plot::result::RunResult;
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

/// The devices that are paths of a map, in order of the first run that has any;
/// a number a colour.
pub fn path_devices(result: &RunResult) -> Vec<String> {
    let mut devices: Vec<String> = Vec::new();
    for path in result.summary.runs.iter().flat_map(|run| &run.paths) {
        if !devices.contains(&path.device) {
            devices.push(path.device.clone());
        }
    }
    for end in &result.summary.scenario.devices {
        if devices.is_empty() {
            devices.push(end.name.clone());
        }
    }
    devices
}

/// Until when the longest run went, seconds.
pub fn seconds(result: &RunResult) -> f64 {
    let ends = result.summary.runs.iter().map(|run| run.duration_ns);
    ends.max().unwrap_or(0) as f64 / 1e9
}
