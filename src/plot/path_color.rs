//! Which colour a path has: the same in every figure of a scenario.

use super::theme::Ink;
use crate::run::summary::Summary;

/// The number of the colour of the path `device`: its place among all devices of
/// the scenario, in order of the file. The paths of a map would not do: a reload
/// changes them.
pub(crate) fn path_color_index(summary: &Summary, device: &str) -> u8 {
    let listed = summary.scenario.devices.iter().map(|end| end.name.as_str());
    // Summaries of old list none there.
    let leaves = summary.runs.iter().flat_map(|run| &run.devices);
    let others = leaves.filter(|leaf| !leaf.is_map).map(|l| l.name.as_str());
    let mut all: Vec<&str> = Vec::new();
    for name in listed.chain(others) {
        if !all.contains(&name) {
            all.push(name);
        }
    }
    let place = all.iter().position(|name| *name == device);
    u8::try_from(place.unwrap_or(all.len())).unwrap_or(u8::MAX)
}

/// That colour.
pub(crate) fn path_ink(summary: &Summary, device: &str) -> Ink {
    Ink::Path(path_color_index(summary, device))
}
