//! What the figures of a run share.

use crate::plot::drawing::{Dash, Hatch};
use crate::plot::legend::Key;
use crate::plot::result::{PathRow, RunResult};
use crate::plot::theme::{Ink, PATHS};
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

/// A legend of the modes' lines, of figures of latency. I/Os that failed have none:
/// a path that fails many must not look fast.
pub fn latency_keys(runs: &[&RunSummary]) -> Vec<Key> {
    let key = |run: &&RunSummary| {
        let (ink, dash) = (Ink::of_mode(&run.mode), Dash::of_mode(&run.mode));
        let text = match run.application.errors {
            0 => mode_name(run),
            1 => format!("{} (1 failed I/O is left out)", mode_name(run)),
            n => format!("{} ({n} failed I/Os are left out)", mode_name(run)),
        };
        Key::line(ink, dash, text)
    };
    runs.iter().map(key).collect()
}

/// What the foot of every figure says: enough to repeat it, what is long last.
pub fn foot(result: &RunResult) -> String {
    let s = &result.summary.scenario;
    let mut text = format!(
        "mpathsim {} · seed {} · CPU profile {} · scenario {}",
        result.summary.mpathsim, s.seed, s.cpu_profile, s.name
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

impl PathDevice {
    /// Its number divided by that of colours: paths of a colour differ in this.
    fn round(&self) -> u8 {
        match self.ink {
            Ink::Path(n) => n / PATHS,
            _ => 0,
        }
    }
    /// What its places are hatched with.
    pub fn hatch(&self) -> Hatch {
        match self.round() % 3 {
            0 => Hatch::Plain,
            1 => Hatch::Rising,
            _ => Hatch::Falling,
        }
    }
    /// How its lines are broken: of equal lines upon each other, the lower one
    /// shows through; and those of one colour differ.
    pub fn dash(&self) -> Dash {
        let Ink::Path(n) = self.ink else {
            return Dash::Solid;
        };
        match (self.round(), (n + self.round()) % 2) {
            (0 | 1, 0) => Dash::Solid,
            (0 | 1, _) => Dash::Dashed,
            _ => Dash::Dotted,
        }
    }
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

/// Until when the longest of `runs` went, ns.
pub fn longest(runs: &[&RunSummary]) -> f64 {
    let ends = runs.iter().map(|run| run.duration_ns);
    ends.max().unwrap_or(0) as f64
}

/// The runs over maps; if there are none, all.
pub fn pair(result: &RunResult) -> Vec<&RunSummary> {
    let all = result.summary.runs.iter();
    let pair: Vec<_> = all.filter(|run| run.mode != "single").collect();
    if pair.is_empty() { modes(result) } else { pair }
}
