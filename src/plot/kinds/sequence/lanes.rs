//! The bios of a run over time, a lane a path.

use super::bios::Bio;
use super::{Shown, begin};
use crate::plot::chart::{Panel, SMALL, TEXT, within};
use crate::plot::drawing::{Dash, Drawing, Rect, label, rect};
use crate::plot::font::{self, Weight};
use crate::plot::kinds::run_parts::{PathDevice, mode_name};
use crate::plot::names::short_names;
use crate::plot::scale::Scale;
use crate::plot::theme::Ink;
use crate::plot::units::Unit;
use crate::run::summary::RunSummary;

/// Between the lanes of a path and the next.
const GAP: f64 = 12.0;
/// Below the lanes: ticks and name of the axis.
const AXIS: f64 = 40.0;
/// Of the width of a run, the most that names take.
const NAMES: f64 = 0.42;

/// What the lanes of all runs share: beside each other, equal times and rows are of
/// equal size.
pub struct Lanes<'d> {
    /// The paths.
    pub devices: &'d [PathDevice],
    /// As they are called beside their lane.
    names: Vec<String>,
    x: Scale,
    /// Room for the names.
    left: f64,
}

impl<'d> Lanes<'d> {
    /// Those of `shown`, a run `width` wide.
    pub fn new(devices: &'d [PathDevice], shown: &[Shown<'_>], width: f64) -> Lanes<'d> {
        let ends = shown.iter().flat_map(|(_, bios)| {
            let begin = begin(bios);
            let end = move |bio: &Bio| bio.done.unwrap_or(bio.queued).saturating_sub(begin);
            bios.iter().map(end)
        });
        let end = ends.max().unwrap_or(1).max(1) as f64;
        // What begins or ends with the axis is seen whole.
        let x = Scale {
            low: -0.025 * end,
            ..Scale::span(Unit::Time, 0.0, 1.04 * end)
        };
        let whole: Vec<&str> = devices.iter().map(|d| d.name.as_str()).collect();
        let names = short_names(&whole, TEXT, Weight::Bold, NAMES * width);
        let widths = names.iter().map(|n| font::width(n, TEXT, Weight::Bold));
        Lanes {
            left: 1.1 * widths.fold(28.0, f64::max) + 14.0,
            devices,
            names,
            x,
        }
    }

    /// Whether names are not whole.
    pub fn is_cut(&self) -> bool {
        let mut pairs = self.devices.iter().zip(&self.names);
        pairs.any(|(device, name)| device.name != *name)
    }

    /// The height of a row, the same for all runs, if each run has `high`.
    pub fn row_height(&self, shown: &[Shown<'_>], high: f64) -> f64 {
        let of = |(_, bios): &Shown<'_>| {
            let gaps = GAP * by_path(bios).len().saturating_sub(1) as f64;
            (high - AXIS - gaps) / bios.len().max(1) as f64
        };
        shown.iter().map(of).fold(26.0, f64::min)
    }

    /// Draws a run, its rows `high`.
    pub fn draw(
        &self,
        drawing: &mut Drawing,
        at: Rect,
        (run, map): (&RunSummary, Option<&str>),
        bios: &[Bio],
        high: f64,
    ) {
        write_head(drawing, at, (run, map), bios);
        let panel = Panel {
            area: rect(at.x + self.left, at.y, at.w - self.left - 12.0, at.h - AXIS),
            x: self.x,
            y: Scale::span(Unit::Count, 0.0, 1.0),
            edge: at.x,
        };
        let begin = begin(bios);
        let mut y = at.y;
        for (path, lane) in by_path(bios) {
            let tall = high * lane.len() as f64;
            drawing.bar(rect(panel.area.x, y, panel.area.w, tall), Ink::Lane);
            let name = path.map_or("held", |path| self.names[path].as_str());
            let text = label(at.x, y + tall / 2.0, name, TEXT).bold();
            drawing.text(text);
            self.draw_lane(drawing, &panel, [y, high], &lane, begin);
            y += tall + GAP;
        }
        panel.draw_x(drawing, "time since the first bio");
    }

    fn draw_lane(
        &self,
        drawing: &mut Drawing,
        panel: &Panel,
        [top, high]: [f64; 2],
        lane: &[&Bio],
        begin: u64,
    ) {
        let mut first = 0;
        while first < lane.len() {
            let same = |bio: &&&Bio| bio.request == lane[first].request && bio.request.is_some();
            let long = lane[first..].iter().take_while(same).count().max(1);
            let bios = &lane[first..first + long];
            let y = top + high * first as f64;
            self.draw_request(drawing, panel, [y, high], bios, begin);
            for (i, bio) in bios.iter().enumerate() {
                let middle = y + high * (i as f64 + 0.5);
                draw_bio(drawing, panel, [middle, high], bio, begin);
            }
            first += long;
        }
    }

    /// The block over the bios of a request, from its dispatch to its completion.
    fn draw_request(
        &self,
        drawing: &mut Drawing,
        panel: &Panel,
        [y, high]: [f64; 2],
        bios: &[&Bio],
        begin: u64,
    ) {
        let (Some(issued), Some(path)) = (bios[0].issued, bios[0].path) else {
            return;
        };
        let since = |at: u64| at.saturating_sub(begin) as f64;
        let done = bios.iter().filter_map(|bio| bio.done).max();
        let l = panel.x_at(since(issued));
        let r = panel.x_at(done.map_or(panel.x.high, since));
        let pad = (high * 0.09).min(1.5);
        let tall = high * bios.len() as f64 - 2.0 * pad;
        let block = rect(l, y + pad, (r - l).max(3.0), tall);
        let device = &self.devices[path];
        drawing.hatched(block, device.ink, device.hatch());
        inscribe(drawing, block, bios);
        let bytes = 512.0 * bios.iter().map(|b| b.sectors as f64).sum::<f64>();
        let time = done.map_or("never done".into(), |done| {
            format!("{} in the driver", Unit::Time.tell((done - issued) as f64))
        });
        let many = if bios.len() == 1 { "bio" } else { "bios" };
        let (name, bytes) = (&device.name, Unit::Bytes.tell(bytes));
        let text = format!(
            "{name}: a request of {} {many}, {bytes}: {time}",
            bios.len()
        );
        drawing.spot(block, text);
    }
}

/// Name of the run, and what became of its bios.
fn write_head(
    drawing: &mut Drawing,
    at: Rect,
    (run, map): (&RunSummary, Option<&str>),
    bios: &[Bio],
) {
    let mut requests: Vec<usize> = bios.iter().filter_map(|bio| bio.request).collect();
    requests.sort_unstable();
    requests.dedup();
    let many = |n: usize, what: &str| format!("{n} {what}{}", if n == 1 { "" } else { "s" });
    let of = map.map_or(String::new(), |map| format!(" of {map}"));
    let (ios, requests) = (many(bios.len(), "bio"), many(requests.len(), "request"));
    let found = format!("{}: {ios}{of}, {requests}", mode_name(run));
    drawing.bar(rect(at.x, at.y - 24.0, 4.0, 18.0), Ink::of_mode(&run.mode));
    let head = label(at.x + 12.0, at.y - 15.0, found, 15.0).bold();
    drawing.text(head.fit(at.w - 12.0));
}

/// A path, and its bios by request, then by sector; last those that no path took.
type Lane<'b> = (Option<usize>, Vec<&'b Bio>);

fn by_path(bios: &[Bio]) -> Vec<Lane<'_>> {
    let mut rows: Vec<&Bio> = bios.iter().collect();
    rows.sort_by_key(|bio| {
        let path = bio.path.unwrap_or(usize::MAX);
        let issued = bio.issued.unwrap_or(u64::MAX);
        (path, issued, bio.request, bio.sector)
    });
    let mut lanes: Vec<Lane<'_>> = Vec::new();
    for bio in rows {
        match lanes.last_mut() {
            Some((path, lane)) if *path == bio.path => lane.push(bio),
            _ => lanes.push((bio.path, vec![bio])),
        }
    }
    lanes
}

/// From its submission until the driver has it.
fn draw_bio(drawing: &mut Drawing, panel: &Panel, [middle, high]: [f64; 2], bio: &Bio, begin: u64) {
    let since = |at: u64| at.saturating_sub(begin) as f64;
    let from = panel.x_at(since(bio.queued));
    let to = panel.x_at(bio.issued.map_or(panel.x.high, since));
    drawing.line([(from, middle), (to, middle)], Ink::Muted, 1.2, Dash::Solid);
    for at in bio.later() {
        let (x, half) = (panel.x_at(since(at)), (high * 0.35).min(6.0));
        let ends = [(x, middle - half), (x, middle + half)];
        drawing.line(ends, Ink::Text, 1.4, Dash::Solid);
    }
    let radius = (high * 0.28).min(4.0);
    // It ends where the bio begins: what is short is not behind it.
    drawing.dot((from - radius, middle), radius, Ink::Text, !bio.merged);
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
    use crate::plot::Shape;

    /// Both runs have one scale and rows of one height, and nothing lies left of it.
    #[test]
    fn runs_beside_each_other_compare() {
        let text = include_str!("../../../../results/examples/quick-start/summary.json");
        let summary: crate::run::summary::Summary = serde_json::from_str(text).unwrap();
        let devices = [PathDevice {
            name: "sda".into(),
            ink: Ink::Path(0),
        }];
        let bio = |n: usize| Bio {
            number: n,
            queued: 5,
            sector: 8 * n as u64,
            sectors: 8,
            path: Some(0),
            request: Some(n),
            issued: Some(6),
            done: Some(5_000_005),
            ..Bio::default()
        };
        let bios = |n: usize| (0..n).map(bio).collect::<Vec<_>>();
        let run = &summary.runs[0];
        let shown: Vec<Shown<'_>> = vec![(run, bios(8)), (run, bios(64))];
        let lanes = Lanes::new(&devices, &shown, 440.0);
        let high = lanes.row_height(&shown, 300.0);
        assert!((high - 260.0 / 64.0).abs() < 0.1, "{high}");
        let mut drawing = Drawing::new(960.0, 600.0, "");
        lanes.draw(
            &mut drawing,
            rect(28.0, 100.0, 440.0, 300.0),
            (run, None),
            &shown[0].1,
            high,
        );
        let axis = 28.0 + lanes.left;
        for shape in &drawing.shapes {
            if let Shape::Dot((x, _), radius, ..) = shape {
                assert!(x - radius >= axis, "{x} is left of {axis}");
            }
        }
    }
}
