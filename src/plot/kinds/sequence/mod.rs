//! The first I/Os one by one: when each was submitted, with which others it
//! became a request, on which path, and when that was done.

mod bios;

use bios::{Bio, bios};

use super::run_parts::{PathDevice, foot, mode_name, pair, path_devices};
use crate::plot::chart::{EDGE, Key, Panel, SMALL, TEXT, legend, legend_height, page, within};
use crate::plot::drawing::{Dash, Drawing, Rect, Table, label, rect};
use crate::plot::font::{self, Weight};
use crate::plot::result::{Event, RunResult};
use crate::plot::scale::Scale;
use crate::plot::theme::Ink;
use crate::plot::units::Unit;
use crate::run::summary::RunSummary;

/// So many I/Os are shown; more, if these come to one request.
const SHOWN: usize = 32;

/// Draws it.
pub fn sequence(result: &RunResult) -> Drawing {
    let title = format!(
        "The first I/Os, one by one: {}",
        result.summary.scenario.name
    );
    let subtitle = "Each row is a bio, from its submission on; each block is one request in a \
                    path's driver, over the bios it carries";
    let devices = path_devices(result);
    let runs = pair(result);
    let of = |shown: usize| {
        runs.iter()
            .map(|run| {
                let events: Vec<&Event> =
                    result.trace.iter().filter(|e| e.mode == run.mode).collect();
                let of_others = devices_of_others(run, &events);
                let ours = |name: &str| !of_others.contains(&name);
                (*run, bios(&events, &devices, ours, shown))
            })
            .collect::<Vec<_>>()
    };
    let mut shown = of(SHOWN);
    let single = |(_, bios): &(&RunSummary, Vec<Bio>)| {
        bios.len() == SHOWN && bios.iter().all(|bio| bio.request == bios[0].request)
    };
    if shown.iter().any(single) {
        shown = of(2 * SHOWN);
    }
    let keys = keys(&devices, &shown);
    let more = legend_height(&keys, 960.0 - 2.0 * EDGE) - 16.0;
    let (mut drawing, space) = page(960.0, 600.0 + more, &title, subtitle, &foot(result));
    drawing.alt = "For each mode, the first bios over time: when each was submitted, which of \
                   them became one request, and on which path that was"
        .into();
    let below = legend(&mut drawing, &keys, space.x, space.y, space.w) + 34.0;
    let begin = |bios: &[Bio]| bios.first().map_or(0, |bio| bio.queued);
    let ends = shown.iter().flat_map(|(_, bios)| {
        let begin = begin(bios);
        bios.iter()
            .map(move |b| b.done.unwrap_or(b.queued).saturating_sub(begin))
    });
    let end = ends.max().unwrap_or(1).max(1) as f64;
    let x = Scale::from_zero(Unit::Time, end);
    let x = Scale {
        high: end * 1.04,
        ..x
    };
    let width = space.w / shown.len().max(1) as f64;
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
        let at = rect(
            space.x + n as f64 * width,
            space.y + below,
            width - if n + 1 < shown.len() { 18.0 } else { 0.0 },
            space.h - below,
        );
        let map = map_name(result, run);
        column(&mut drawing, at, (run, map), bios, &devices, x);
        let begin = begin(bios);
        for bio in bios {
            let time = |at: Option<u64>| {
                at.map_or("–".into(), |at| {
                    Unit::Time.tell(at.saturating_sub(begin) as f64)
                })
            };
            drawing.table.row([
                mode_name(run),
                format!("{} + {}", bio.sector, bio.sectors),
                time(Some(bio.queued)),
                bio.path
                    .map_or("–".into(), |path| devices[path].name.clone()),
                bio.request
                    .map_or("–".into(), |request| (request + 1).to_string()),
                time(bio.issued),
                time(bio.done),
            ]);
        }
    }
    drawing
}

fn keys(devices: &[PathDevice], shown: &[(&RunSummary, Vec<Bio>)]) -> Vec<Key> {
    let bios = || shown.iter().flat_map(|(_, bios)| bios);
    let used = |(i, _): &(usize, &PathDevice)| bios().any(|bio| bio.path == Some(*i));
    let used: Vec<_> = devices.iter().enumerate().filter(used).collect();
    // Lanes have names: of many paths, one tells what a block is.
    let few = used.len() <= 4;
    let told = used.iter().take(if few { 4 } else { 1 });
    let paths = told.map(|(_, path)| {
        let name = if few {
            &path.name
        } else {
            "a path, in its colour"
        };
        let text = format!("request in {name} (D to C)");
        Key::hatched(path.ink, 1.0, path.hatch(), text)
    });
    let ticks = bios().any(|bio| bio.later().next().is_some());
    let tick = ticks.then(|| Key::tick(Ink::Text, "gets a request (G), is queued (I)"));
    let others = [
        Key::line(Ink::Muted, Dash::Solid, "waits (Q to D)"),
        Key::dot(Ink::Text, true, "begins a request"),
        Key::dot(Ink::Text, false, "joins one (M)"),
    ];
    paths.chain(others).chain(tick).collect()
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

fn column(
    drawing: &mut Drawing,
    at: Rect,
    (run, map): (&RunSummary, Option<&str>),
    bios: &[Bio],
    devices: &[PathDevice],
    x: Scale,
) {
    let mut requests: Vec<usize> = bios.iter().filter_map(|bio| bio.request).collect();
    requests.sort_unstable();
    requests.dedup();
    let many = |n: usize, what: &str| format!("{n} {what}{}", if n == 1 { "" } else { "s" });
    let of = map.map_or(String::new(), |map| format!(" of {map}"));
    let (ios, requests) = (many(bios.len(), "bio"), many(requests.len(), "request"));
    let found = format!("{}: {ios}{of}, {requests}", mode_name(run));
    drawing.bar(rect(at.x, at.y - 24.0, 4.0, 18.0), Ink::of_mode(&run.mode));
    drawing.text(
        label(at.x + 12.0, at.y - 15.0, found, 15.0)
            .bold()
            .fit(at.w - 12.0),
    );
    // Rows by path, then by request, then by sector.
    let mut rows: Vec<&Bio> = bios.iter().collect();
    rows.sort_by_key(|bio| {
        let path = bio.path.unwrap_or(usize::MAX);
        (
            path,
            bio.issued.unwrap_or(u64::MAX),
            bio.request,
            bio.sector,
        )
    });
    let mut lanes: Vec<(Option<usize>, Vec<&Bio>)> = Vec::new();
    for bio in rows {
        match lanes.last_mut() {
            Some((path, lane)) if *path == bio.path => lane.push(bio),
            _ => lanes.push((bio.path, vec![bio])),
        }
    }
    let gap = 12.0;
    let names = devices
        .iter()
        .map(|d| font::width(&d.name, TEXT, Weight::Bold));
    let left = (1.1 * names.fold(28.0, f64::max) + 20.0).min(120.0);
    let (top, low) = (at.y, at.bottom() - 40.0);
    let free = low - top - gap * (lanes.len().max(1) - 1) as f64;
    let high = (free / bios.len().max(1) as f64).min(26.0);
    let panel = Panel {
        area: rect(at.x + left, top, at.w - left - 12.0, low - top),
        x,
        y: Scale::span(Unit::Count, 0.0, 1.0),
        edge: at.x,
    };
    let begin = bios.first().map_or(0, |bio| bio.queued);
    let mut y = top;
    for (path, lane) in &lanes {
        let tall = high * lane.len() as f64;
        let area = rect(panel.area.x, y, panel.area.w, tall);
        drawing.bar(area, Ink::Lane);
        let name = path.map_or("held", |path| devices[path].name.as_str());
        let text = label(at.x, y + tall / 2.0, name, TEXT).bold();
        drawing.text(text.fit(left - 6.0));
        draw_lane(drawing, &panel, [y, high], lane, devices, begin);
        y += tall + gap;
    }
    panel.draw_x(drawing, "time since the first bio");
}

fn draw_lane(
    drawing: &mut Drawing,
    panel: &Panel,
    [top, high]: [f64; 2],
    lane: &[&Bio],
    devices: &[PathDevice],
    begin: u64,
) {
    let since = |at: u64| at.saturating_sub(begin) as f64;
    let end = panel.x.high;
    let mut first = 0;
    while first < lane.len() {
        let same = |bio: &&&Bio| bio.request == lane[first].request && bio.request.is_some();
        let long = lane[first..].iter().take_while(same).count().max(1);
        let bios = &lane[first..first + long];
        let y = top + high * first as f64;
        let space = rect(0.0, y, 0.0, high * long as f64);
        if let (Some(issued), Some(path)) = (bios[0].issued, bios[0].path) {
            let done = bios.iter().filter_map(|bio| bio.done).max();
            let (l, r) = (
                panel.x_at(since(issued)),
                panel.x_at(done.map_or(end, since)),
            );
            let pad = (high * 0.09).min(1.5);
            let block = rect(l, y + pad, (r - l).max(3.0), space.h - 2.0 * pad);
            drawing.hatched(block, devices[path].ink, devices[path].hatch());
            inscribe(drawing, block, bios);
            let bytes =
                Unit::Bytes.tell(512.0 * bios.iter().map(|b| b.sectors as f64).sum::<f64>());
            let time = done.map_or("never done".into(), |done| {
                format!("{} in the driver", Unit::Time.tell((done - issued) as f64))
            });
            let many = if bios.len() == 1 { "bio" } else { "bios" };
            let text = format!("a request of {} {many}, {bytes}: {time}", bios.len());
            drawing.spot(block, text);
        }
        for (i, bio) in bios.iter().enumerate() {
            let middle = y + high * (i as f64 + 0.5);
            let from = panel.x_at(since(bio.queued));
            let to = panel.x_at(bio.issued.map_or(end, since));
            drawing.line([(from, middle), (to, middle)], Ink::Muted, 1.2, Dash::Solid);
            let radius = (high * 0.28).min(4.0);
            for at in bio.later() {
                let (x, half) = (panel.x_at(since(at)), (high * 0.35).min(6.0));
                let ends = [(x, middle - half), (x, middle + half)];
                drawing.line(ends, Ink::Text, 1.4, Dash::Solid);
            }
            // It ends where the bio begins: what is short is not behind it.
            drawing.dot((from - radius, middle), radius, Ink::Text, !bio.merged);
        }
        first += long;
    }
}

/// What a block carries, if it has room for it.
fn inscribe(drawing: &mut Drawing, block: Rect, bios: &[&Bio]) {
    let bytes = 512.0 * bios.iter().map(|bio| bio.sectors as f64).sum::<f64>();
    let size = if block.h >= 15.0 { SMALL } else { 10.0 };
    let wide = |told: &str| 1.12 * font::width(told, size, Weight::Regular) + 16.0;
    let short = Unit::Bytes.tell(bytes);
    let long = format!("{} bios, {short}", bios.len());
    let told = if bios.len() > 1 && wide(&long) < block.w {
        long
    } else {
        short
    };
    let wide = wide(&told);
    if block.h < 11.0 || block.w < wide {
        return;
    }
    let (x, y) = (block.x + block.w / 2.0, block.y + block.h / 2.0);
    // Paths are of many colours: a plate keeps the text legible on all.
    let plate = rect(
        x - wide / 2.0 + 3.0,
        y - size * 0.62,
        wide - 6.0,
        size * 1.24,
    );
    drawing.bar(plate, Ink::Paper.alpha(0.86));
    let text = label(x, y, told, size).centred();
    drawing.text(within(text, block.x, block.right()));
}
