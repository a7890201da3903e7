//! What each path carries over time, and how much it has in flight.

use super::cut::{end_of_bulk, tell_cut};
use super::run_parts::{PathDevice, foot, longest, mode_name, pair, path_devices};
use crate::plot::chart::{EDGE, Panel, margin, page};
use crate::plot::drawing::{Drawing, Rect, Table, label, rect};
use crate::plot::legend::{Key, legend, legend_height};
use crate::plot::result::{PathRow, RunResult};
use crate::plot::scale::Scale;
use crate::plot::theme::Ink;
use crate::plot::units::Unit;
use crate::run::summary::RunSummary;

/// Draws it.
pub fn paths(result: &RunResult) -> Drawing {
    let title = format!("Load of the paths: {}", result.summary.scenario.name);
    let subtitle = "What their drivers are given, and commands that these have at a time";
    let runs = pair(result);
    let devices = path_devices(result);
    let key = |path: &PathDevice| Key::hatched(path.ink, 1.0, path.hatch(), path.name.as_str());
    let keys: Vec<Key> = devices.iter().map(key).collect();
    // Many names must not press the panels together.
    let more = legend_height(&keys, 960.0 - 2.0 * EDGE) - 16.0;
    let (mut drawing, space) = page(960.0, 600.0 + more, &title, subtitle, &foot(result));
    drawing.alt =
        "Bandwidth of each path over time, stacked, and commands in flight on each path, \
                   in each mode"
            .into();
    let below = legend(&mut drawing, &keys, space.x, space.y, space.w) + 14.0;
    let columns = runs.len().max(1) as f64;
    let width = space.w / columns;
    let height = (space.h - below - 22.0) / 2.0;
    let bands: Vec<Vec<Band>> = runs
        .iter()
        .map(|run| bands(result, run, &devices))
        .collect();
    let all = || bands.iter().flatten();
    let y1 = Scale::from_zero(Unit::ByteRate, end_of_bulk(all().map(Band::total)));
    let y2 = Scale::from_zero(Unit::Count, end_of_bulk(all().map(Band::deepest)));
    let x = Scale::until(Unit::Time, longest(&runs));
    let left = margin(&y1).max(margin(&y2));
    drawing.table = Table::new([
        "mode",
        "path",
        "share of the bytes",
        // Other than the curves, which are of the driver alone.
        "queued and in flight (aqu-sz)",
        "in use",
    ]);
    for (n, (run, bands)) in runs.iter().zip(&bands).enumerate() {
        let at = |row: f64| -> Rect {
            let y = space.y + below + 22.0 + row * height;
            rect(space.x + n as f64 * width, y, width, height)
        };
        let panels = [
            Panel::with_margin(at(0.0), x, y1, false, left),
            Panel::with_margin(at(1.0), x, y2, true, left),
        ];
        column(&mut drawing, &panels, run, bands, &devices);
        for path in &run.paths {
            drawing.table.row([
                mode_name(run),
                path.device.clone(),
                Unit::Share.tell(path.share),
                crate::plot::units::figures(path.in_flight),
                Unit::Share.tell(path.utilisation),
            ]);
        }
    }
    drawing
}

/// A run: bandwidth above, what is in flight below.
fn column(
    drawing: &mut Drawing,
    [top, low]: &[Panel; 2],
    run: &RunSummary,
    bands: &[Band],
    devices: &[PathDevice],
) {
    let head = (top.edge, top.area.y - 32.0);
    let mark = rect(head.0, head.1 - 22.0, 4.0, 18.0);
    drawing.bar(mark, Ink::of_mode(&run.mode));
    let name = label(head.0 + 12.0, head.1 - 13.0, mode_name(run), 15.0);
    drawing.text(name.bold());
    top.draw_y(drawing, "bandwidth");
    low.draw_y(drawing, "commands in flight in the driver");
    stack(drawing, top, bands, devices);
    for (device, path) in devices.iter().enumerate() {
        let points = bands.iter().flat_map(|b| {
            let v = b.in_flight.get(device).copied().unwrap_or(0.0);
            [(b.from, v), (b.to, v)]
        });
        low.curve(drawing, points, path.ink, 1.8, path.dash());
    }
    let rates = bands.iter().map(|b| (b.from, b.to, b.total()));
    tell_cut(drawing, top, rates, &[]);
    let depths = bands.iter().map(|b| (b.from, b.to, b.deepest()));
    tell_cut(drawing, low, depths, &[]);
    top.draw_x_line(drawing);
    low.draw_x(drawing, "time");
    tell(drawing, [top, low], run, bands, devices);
}

/// A time, and what each path has then.
struct Band {
    from: f64,
    to: f64,
    rate: Vec<f64>,
    in_flight: Vec<f64>,
}

impl Band {
    fn total(&self) -> f64 {
        self.rate.iter().sum()
    }
    fn deepest(&self) -> f64 {
        self.in_flight.iter().copied().fold(0.0, f64::max)
    }
}

/// At most so many bands are drawn.
const BANDS: usize = 60;

/// The bins of a run, joined until a page has room for them.
fn bands(result: &RunResult, run: &RunSummary, devices: &[PathDevice]) -> Vec<Band> {
    let rows: Vec<&PathRow> = result
        .paths
        .iter()
        .filter(|row| row.mode == run.mode)
        .collect();
    let mut times: Vec<f64> = rows.iter().map(|row| row.time_s).collect();
    times.sort_by(f64::total_cmp);
    times.dedup();
    let bin = times
        .windows(2)
        .map(|w| w[1] - w[0])
        .fold(f64::INFINITY, f64::min);
    let end = run.duration_ns as f64 / 1e9;
    let bin = if bin.is_finite() { bin } else { end.max(1e-9) };
    let bins = ((end / bin).ceil() as usize).max(1);
    let join = bins.div_ceil(BANDS);
    // What is not whole at the end belongs to the band before.
    let count = ((end / bin / join as f64 + 1e-6) as usize).max(1);
    let mut bands: Vec<Band> = (0..count)
        .map(|i| Band {
            from: (i * join) as f64 * bin * 1e9,
            to: 1e9
                * match i + 1 == count {
                    true => end,
                    false => ((i + 1) * join) as f64 * bin,
                },
            rate: vec![0.0; devices.len()],
            in_flight: vec![0.0; devices.len()],
        })
        .collect();
    for (d, device) in devices.iter().enumerate() {
        for row in rows.iter().filter(|row| row.device == device.name) {
            let i = ((row.time_s / bin).round() as usize / join).min(count - 1);
            let band = &mut bands[i];
            let long = ((band.to - band.from) / 1e9).max(1e-9);
            band.rate[d] += row.bytes as f64 / long;
            // The last bin is as long as the run goes on.
            let lasts = bin.min(end - row.time_s).max(0.0);
            band.in_flight[d] += row.in_flight * lasts / long;
        }
    }
    bands
}

fn stack(drawing: &mut Drawing, panel: &Panel, bands: &[Band], devices: &[PathDevice]) {
    let mut floor = vec![0.0; bands.len()];
    for (device, path) in devices.iter().enumerate() {
        let mut upper = Vec::new();
        let mut lower = Vec::new();
        for (band, floor) in bands.iter().zip(&mut floor) {
            let top = *floor + band.rate[device];
            for x in [band.from, band.to] {
                upper.push(panel.at(x, top));
                lower.push(panel.at(x, *floor));
            }
            *floor = top;
        }
        let places = upper.iter().zip(&lower).step_by(2).zip(bands);
        let places = places.map(|((top, low), band)| {
            let right = panel.x_at(band.to);
            rect(top.0, top.1, right - top.0, low.1 - top.1)
        });
        let places: Vec<Rect> = places.collect();
        upper.extend(lower.into_iter().rev());
        drawing.area(upper, path.ink.alpha(0.85));
        for place in places {
            drawing.hatch(place, path.hatch());
        }
    }
}

fn tell(
    drawing: &mut Drawing,
    panels: [&Panel; 2],
    run: &RunSummary,
    bands: &[Band],
    devices: &[PathDevice],
) {
    // A page with a place for each of many bands is slow, and no one aims so well.
    let every = bands.len().div_ceil(60).max(1);
    for group in bands.chunks(every) {
        let (Some(first), Some(last)) = (group.first(), group.last()) else {
            continue;
        };
        let mean =
            |of: &dyn Fn(&Band) -> f64| group.iter().map(of).sum::<f64>() / group.len() as f64;
        let mut rates = format!("{}, from {}", mode_name(run), Unit::Time.tell(first.from));
        let mut flights = rates.clone();
        for (d, device) in devices.iter().enumerate() {
            let rate = Unit::ByteRate.tell(mean(&|b| b.rate[d]));
            let device = &device.name;
            rates += &format!("\n{device}: {rate}");
            let n = crate::plot::units::figures(mean(&|b| b.in_flight[d]));
            flights += &format!("\n{device}: {n} in flight");
        }
        for (panel, text) in panels.into_iter().zip([rates, flights]) {
            let (l, r) = (panel.x_at(first.from), panel.x_at(last.to));
            drawing.spot(rect(l, panel.area.y, r - l, panel.area.h), text);
        }
    }
}
