//! The first I/Os one by one: when each was submitted, with which others it
//! became a request, on which path, and when that was done.

mod bios;
mod lanes;

use bios::{Bio, bios};
use lanes::Lanes;

use super::run_parts::{PathDevice, foot, mode_name, pair, path_devices};
use crate::plot::chart::{EDGE, page};
use crate::plot::drawing::{Dash, Drawing, Table, rect};
use crate::plot::legend::{Key, legend, legend_height};
use crate::plot::result::{Event, RunResult};
use crate::plot::theme::Ink;
use crate::plot::units::Unit;
use crate::run::summary::RunSummary;

/// So many I/Os are shown; more, if these come to one request.
const SHOWN: usize = 32;

/// Between one run and the next.
const GAP: f64 = 18.0;

/// A run, and its first bios.
type Shown<'r> = (&'r RunSummary, Vec<Bio>);

/// Draws it.
pub fn sequence(result: &RunResult) -> Drawing {
    let title = format!(
        "The first I/Os, one by one: {}",
        result.summary.scenario.name
    );
    let subtitle = "Each row is a bio, from its submission on; each block is one request in a \
                    path's driver, over the bios it carries";
    let devices = path_devices(result);
    let shown = shown(result, &devices);
    let count = shown.len().max(1) as f64;
    let width = (960.0 - 2.0 * EDGE - GAP * (count - 1.0)) / count;
    let lanes = Lanes::new(&devices, &shown, width);
    let keys = keys(&lanes, &shown);
    let more = legend_height(&keys, 960.0 - 2.0 * EDGE) - 16.0;
    let (mut drawing, space) = page(960.0, 600.0 + more, &title, subtitle, &foot(result));
    drawing.alt = "For each mode, the first bios over time: when each was submitted, which of \
                   them became one request, and on which path that was"
        .into();
    let below = legend(&mut drawing, &keys, space.x, space.y, space.w) + 34.0;
    let high = lanes.row_height(&shown, space.h - below);
    drawing.table = Table::new([
        "mode",
        "bio",
        "submitted",
        "path",
        "request",
        "to driver",
        "done",
    ]);
    for (n, (run, bios)) in shown.iter().enumerate() {
        let left = space.x + n as f64 * (width + GAP);
        let at = rect(left, space.y + below, width, space.h - below);
        let map = map_name(result, run);
        lanes.draw(&mut drawing, at, (run, map), bios, high);
        tell(&mut drawing, run, bios, &devices);
    }
    drawing
}

/// The first bios of each run; more, if these come to one request.
fn shown<'r>(result: &'r RunResult, devices: &[PathDevice]) -> Vec<Shown<'r>> {
    let of = |most: usize| -> Vec<Shown<'r>> {
        let of_run = |run: &'r RunSummary| {
            let events = result.trace.iter().filter(|e| e.mode == run.mode);
            let events: Vec<&Event> = events.collect();
            let of_others = devices_of_others(run, &events);
            let ours = |name: &str| !of_others.contains(&name);
            (run, bios(&events, devices, ours, most))
        };
        pair(result).into_iter().map(of_run).collect()
    };
    let first = of(SHOWN);
    let single = |(_, bios): &Shown<'_>| {
        bios.len() == SHOWN && bios.iter().all(|bio| bio.request == bios[0].request)
    };
    match first.iter().any(single) {
        true => of(2 * SHOWN),
        false => first,
    }
}

/// A row of the table a bio.
fn tell(drawing: &mut Drawing, run: &RunSummary, bios: &[Bio], devices: &[PathDevice]) {
    let begin = begin(bios);
    for bio in bios {
        let time = |at: Option<u64>| {
            at.map_or("–".into(), |at| {
                Unit::Time.tell(at.saturating_sub(begin) as f64)
            })
        };
        let request = bio.request.map(|request| (request + 1).to_string());
        let path = bio.path.map(|path| devices[path].name.clone());
        drawing.table.row([
            mode_name(run),
            format!("{} + {}", bio.sector, bio.sectors),
            time(Some(bio.queued)),
            path.unwrap_or("–".into()),
            request.unwrap_or("–".into()),
            time(bio.issued),
            time(bio.done),
        ]);
    }
}

/// When the first was submitted.
fn begin(bios: &[Bio]) -> u64 {
    bios.first().map_or(0, |bio| bio.queued)
}

/// What is to be seen.
fn keys(lanes: &Lanes<'_>, shown: &[Shown<'_>]) -> Vec<Key> {
    let bios = || shown.iter().flat_map(|(_, bios)| bios);
    let devices = lanes.devices.iter().enumerate();
    let used = |(i, _): &(usize, &PathDevice)| bios().any(|bio| bio.path == Some(*i));
    let used: Vec<&PathDevice> = devices.filter(used).map(|(_, path)| path).collect();
    // Lanes have names: of many paths, one tells what a block is. If these are cut,
    // the whole ones stand here.
    let few = used.len() <= 4;
    let all = few || lanes.is_cut();
    let told = used.iter().take(if all { used.len() } else { 1 });
    let paths = told.map(|path| {
        let text = match (few, all) {
            (true, _) => format!("request in {} (D to C)", path.name),
            (_, true) => path.name.clone(),
            _ => "request in a path, in its colour (D to C)".into(),
        };
        Key::hatched(path.ink, 1.0, path.hatch(), text)
    });
    let some = |is: fn(&Bio) -> bool, key: Key| bios().any(is).then_some(key);
    let tick = Key::tick(Ink::Text, "gets a request (G), is queued (I)");
    let joins = Key::dot(Ink::Text, false, "submitted (Q), joins a request (M)");
    let others = [
        some(
            |bio| !bio.merged,
            Key::dot(Ink::Text, true, "submitted (Q), begins a request"),
        ),
        some(|bio| bio.merged, joins),
        Some(Key::line(Ink::Muted, Dash::Solid, "waits (Q to D)")),
        some(|bio| bio.later().next().is_some(), tick),
    ];
    paths.chain(others.into_iter().flatten()).collect()
}

/// The map whose bios are shown, if there are several.
fn map_name<'r>(result: &'r RunResult, run: &'r RunSummary) -> Option<&'r str> {
    let mut events = result.trace.iter().filter(|event| event.mode == run.mode);
    let top = &events.find(|event| event.action == 'Q')?.device;
    if run.maps.len() < 2 {
        return None;
    }
    let mut maps = run.devices.iter().filter(|device| device.is_map);
    let n = maps.position(|map| map.name == *top)?;
    run.maps.get(n).map(|map| map.name.as_str())
}

/// The paths of all maps but the one whose bios are shown.
fn devices_of_others<'r>(run: &'r RunSummary, events: &[&Event]) -> Vec<&'r str> {
    let top = events.iter().find(|event| event.action == 'Q');
    let mut maps = run.devices.iter().filter(|device| device.is_map);
    let n = maps.position(|map| top.is_some_and(|top| top.device == map.name));
    let Some(ours) = n.and_then(|n| run.maps.get(n)) else {
        return Vec::new();
    };
    let others = run.paths.iter().filter(|path| path.map != ours.name);
    others.map(|path| path.device.as_str()).collect()
}
