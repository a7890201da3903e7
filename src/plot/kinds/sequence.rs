//! The first I/Os one by one: when each was submitted, with which others it
//! became a request, on which path, and when that was done.

use super::run_parts::{PathDevice, foot, mode_name, modes, path_devices};
use crate::plot::chart::{Key, Panel, SMALL, TEXT, legend, page, within};
use crate::plot::drawing::{Dash, Drawing, Rect, Table, label, rect};
use crate::plot::font::{self, Weight};
use crate::plot::result::{Event, RunResult};
use crate::plot::scale::Scale;
use crate::plot::theme::Ink;
use crate::plot::units::Unit;
use crate::run::summary::RunSummary;

/// So many I/Os are shown; more, if these come to one request.
const SHOWN: usize = 32;

/// What became of a bio.
#[derive(Clone, Debug, Default, PartialEq)]
struct Bio {
    /// Its number in order of submission.
    number: usize,
    /// Submitted (Q).
    queued: u64,
    sector: u64,
    sectors: u64,
    /// Joined a request that was there (M, F).
    merged: bool,
    /// The request it belongs to, by number.
    request: Option<usize>,
    /// The path that took it.
    path: Option<usize>,
    /// Given to the driver (D), and complete there (C).
    issued: Option<u64>,
    done: Option<u64>,
}

impl Bio {
    fn overlaps(&self, event: &Event) -> bool {
        self.sector < event.sector + event.sectors && event.sector < self.sector + self.sectors
    }
}

/// The first bios of a run, from its first events.
fn bios(events: &[&Event], devices: &[PathDevice], most: usize) -> Vec<Bio> {
    let mut bios: Vec<Bio> = Vec::new();
    let top = events.iter().find(|event| event.action == 'Q');
    let Some(top) = top.map(|event| event.device.as_str()) else {
        return bios;
    };
    let mut requests = 0;
    for event in events {
        let path = devices
            .iter()
            .position(|device| device.name == event.device);
        match (event.action, path) {
            ('Q', _) if event.device == top && event.sectors > 0 && bios.len() < most => {
                bios.push(Bio {
                    number: bios.len(),
                    queued: event.at_ns,
                    sector: event.sector,
                    sectors: event.sectors,
                    ..Bio::default()
                });
            }
            ('M' | 'F', _) => {
                let same = |bio: &&mut Bio| bio.sector == event.sector && bio.issued.is_none();
                if let Some(bio) = bios.iter_mut().rev().find(same) {
                    bio.merged = true;
                }
            }
            ('D', Some(path)) => {
                let waits = |bio: &&mut Bio| bio.issued.is_none() && bio.overlaps(event);
                for bio in bios.iter_mut().filter(waits) {
                    bio.issued = Some(event.at_ns);
                    bio.path = Some(path);
                    bio.request = Some(requests);
                }
                requests += 1;
            }
            ('C' | 'R', Some(path)) => {
                let has = |bio: &&mut Bio| {
                    bio.path == Some(path) && bio.done.is_none() && bio.overlaps(event)
                };
                for bio in bios.iter_mut().filter(has) {
                    if event.action == 'C' {
                        bio.done = Some(event.at_ns);
                    } else {
                        (bio.issued, bio.path, bio.request) = (None, None, None);
                    }
                }
            }
            _ => {}
        }
    }
    // The events end somewhere: what was on its way then tells nothing.
    let (first, last) = (events.first(), events.last());
    let (begin, end) = (first.map_or(0, |e| e.at_ns), last.map_or(0, |e| e.at_ns));
    bios.retain(|bio| bio.done.is_some() || bio.queued < begin + (end - begin) / 10 * 8);
    bios
}

/// Draws it.
pub fn sequence(result: &RunResult) -> Drawing {
    let title = format!(
        "The first I/Os, one by one: {}",
        result.summary.scenario.name
    );
    let subtitle = "Each row is a bio, from its submission on; each block is one request in a \
                    path's driver, over the bios it carries";
    let (mut drawing, space) = page(960.0, 600.0, &title, subtitle, &foot(result));
    drawing.alt = "For each mode, the first bios over time: when each was submitted, which of \
                   them became one request, and on which path that was"
        .into();
    let devices = path_devices(result);
    let runs: Vec<&RunSummary> = modes(result)
        .into_iter()
        .filter(|r| r.mode != "single")
        .collect();
    let runs = if runs.is_empty() { modes(result) } else { runs };
    let mut keys: Vec<Key> = devices
        .iter()
        .map(|path| Key::square(path.ink, format!("request in {} (D to C)", path.name)))
        .collect();
    keys.push(Key::line(Ink::Muted, Dash::Solid, "waits (Q to D)"));
    let below = legend(&mut drawing, &keys, space.x, space.y, space.w) + 34.0;
    let of = |shown: usize| {
        runs.iter()
            .map(|run| {
                let events: Vec<&Event> =
                    result.trace.iter().filter(|e| e.mode == run.mode).collect();
                (*run, bios(&events, &devices, shown))
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
        column(&mut drawing, at, run, bios, &devices, x);
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

fn column(
    drawing: &mut Drawing,
    at: Rect,
    run: &RunSummary,
    bios: &[Bio],
    devices: &[PathDevice],
    x: Scale,
) {
    let mut requests: Vec<usize> = bios.iter().filter_map(|bio| bio.request).collect();
    requests.sort_unstable();
    requests.dedup();
    let found = format!(
        "{}: {} bios, {} request{}",
        mode_name(run),
        bios.len(),
        requests.len(),
        if requests.len() == 1 { "" } else { "s" }
    );
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
    let left = (1.1 * names.fold(28.0, f64::max) + 12.0).min(120.0);
    let (top, low) = (at.y, at.bottom() - 40.0);
    let free = low - top - gap * (lanes.len().max(1) - 1) as f64;
    let high = (free / bios.len().max(1) as f64).min(26.0);
    let panel = Panel {
        area: rect(at.x + left, top, at.w - left - 12.0, low - top),
        x,
        y: Scale::span(Unit::Count, 0.0, 1.0),
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
            let block = rect(l, y + pad, (r - l).max(2.0), space.h - 2.0 * pad);
            drawing.bar(block, devices[path].ink);
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
            drawing.dot((from, middle), radius, Ink::Text, !bio.merged);
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

#[cfg(test)]
mod tests {
    use super::*;

    fn event(at_ns: u64, device: &str, action: char, sector: u64, sectors: u64) -> Event {
        Event {
            mode: "request".into(),
            at_ns,
            device: device.into(),
            action,
            sector,
            sectors,
        }
    }

    #[test]
    fn bios_are_followed_into_their_request_and_path() {
        let events = [
            event(0, "dm-0", 'Q', 0, 8),
            event(0, "dm-0", 'G', 0, 8),
            event(1, "dm-0", 'Q', 8, 8),
            event(1, "dm-0", 'M', 8, 8),
            event(2, "dm-0", 'D', 0, 16),
            event(2, "sdb", 'D', 0, 16),
            event(9, "sdb", 'C', 0, 16),
        ];
        let events: Vec<&Event> = events.iter().collect();
        let path = |(i, name): (u8, &str)| PathDevice {
            name: name.into(),
            ink: Ink::Path(i),
        };
        let devices = [(0, "sda"), (1, "sdb")].map(path);
        let bios = bios(&events, &devices, 10);
        assert_eq!(bios.len(), 2);
        assert!(
            bios.iter()
                .all(|bio| bio.path == Some(1) && bio.request == Some(0))
        );
        assert!(
            bios.iter()
                .all(|bio| bio.issued == Some(2) && bio.done == Some(9))
        );
        assert_eq!((bios[0].merged, bios[1].merged), (false, true));
    }
}
