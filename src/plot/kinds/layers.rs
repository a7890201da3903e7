//! Merge rate and mean request size, layer by layer.

use super::run_parts::{foot, mode_name, modes};
use crate::plot::chart::{SMALL, TEXT, page};
use crate::plot::drawing::{Drawing, Table, label, rect};
use crate::plot::legend::{Key, legend};
use crate::plot::result::RunResult;
use crate::plot::theme::Ink;
use crate::plot::units::Unit;
use crate::run::summary::{LayerSummary, RunSummary};

/// Height of a bar, with what is between it and the next.
const BAR: f64 = 28.0;
/// Room for a value behind the bars.
const VALUE: f64 = 78.0;

/// A figure of a layer: its heading, its unit, and what it is of.
struct Figure {
    heading: &'static str,
    unit: Unit,
    of: fn(&LayerSummary, &RunSummary) -> Option<f64>,
}

const FIGURES: [Figure; 3] = [
    Figure {
        heading: "Bios that merged into a request",
        unit: Unit::Share,
        of: |layer, _| (layer.bios > 0 && layer.requests > 0).then_some(layer.merge_rate),
    },
    Figure {
        heading: "Mean request",
        unit: Unit::Bytes,
        of: |layer, _| (layer.requests > 0).then_some(layer.mean_request_bytes),
    },
    Figure {
        heading: "Requests for an I/O",
        unit: Unit::Count,
        of: |layer, run| {
            let taken = layer.requests_kept as f64;
            let ios = run.application.ios;
            (layer.requests > 0 && ios > 0).then(|| taken / ios as f64)
        },
    },
];

/// Draws it.
pub fn layers(result: &RunResult) -> Drawing {
    let runs = modes(result);
    let height = 150.0 + 2.0 * block(runs.len());
    let title = format!("Where I/O merges: {}", result.summary.scenario.name);
    let about = &result.summary.scenario.about;
    let (mut drawing, space) = page(960.0, height, &title, about, &foot(result));
    drawing.alt = "Merge rate, mean request size and requests for an I/O, of the multipath \
                   device and of its path devices, in each mode"
        .into();
    let keys: Vec<Key> = runs
        .iter()
        .map(|run| Key::square(Ink::of_mode(&run.mode), mode_name(run)))
        .collect();
    let below = legend(&mut drawing, &keys, space.x, space.y, space.w);
    let top = space.y + below + 18.0;
    let (names, gap) = (112.0, 26.0);
    let width = (space.w - names) / FIGURES.len() as f64 - gap;
    drawing.table = Table::new([
        "layer",
        "mode",
        "merged",
        "mean request",
        "requests for an I/O",
    ]);
    write_names(&mut drawing, space.x, top + 18.0, runs.len());
    for (n, figure) in FIGURES.iter().enumerate() {
        let left = space.x + names + n as f64 * (width + gap) + gap / 2.0;
        let heading = label(left, top, figure.heading, TEXT).bold();
        drawing.text(heading.fit(width));
        bars(&mut drawing, &runs, figure, [left, top + 18.0, width]);
    }
    for (name, of) in LAYERS {
        for run in &runs {
            let cell = |f: &Figure| (f.of)(of(run), run).map_or("–".into(), |v| f.unit.tell(v));
            let cells = FIGURES.iter().map(cell);
            let head = [name.replace('\n', " "), mode_name(run)];
            drawing.table.row(head.into_iter().chain(cells));
        }
    }
    drawing
}

type Layer = (&'static str, fn(&RunSummary) -> &LayerSummary);

const LAYERS: [Layer; 2] = [
    ("multipath\ndevice", |run| &run.multipath),
    ("path\ndevices", |run| &run.path_devices),
];

/// From the bars of a layer to those of the next.
fn block(runs: usize) -> f64 {
    BAR * runs as f64 + 36.0
}

/// Names of the layers, each beside the middle of its bars.
fn write_names(drawing: &mut Drawing, left: f64, top: f64, runs: usize) {
    for (n, (name, _)) in LAYERS.iter().enumerate() {
        let middle = top + block(runs) * n as f64 + BAR * runs as f64 / 2.0;
        let like = label(left, middle - 8.0, "", TEXT).bold();
        drawing.lines(&like, name.lines(), 17.0);
    }
}

/// A bar a layer and run.
fn bars(drawing: &mut Drawing, runs: &[&RunSummary], figure: &Figure, place: [f64; 3]) {
    let [left, top, width] = place;
    let values = LAYERS.iter().flat_map(|(_, of)| {
        let of = *of;
        runs.iter().filter_map(move |run| (figure.of)(of(run), run))
    });
    // The ground ends where the longest bar does, or 100 %; values stand behind it.
    let ground = width - VALUE;
    let most = match figure.unit {
        Unit::Share => 1.0,
        _ => values.fold(0.0, f64::max),
    };
    for (n, (name, of)) in LAYERS.iter().enumerate() {
        for (i, run) in runs.iter().enumerate() {
            let y = top + block(runs.len()) * n as f64 + BAR * i as f64;
            let value = (figure.of)(of(run), run);
            // Nothing has no bar.
            let long = match value {
                Some(value) if most > 0.0 && value > 0.0 => (ground * value / most).max(1.5),
                _ => 0.0,
            };
            drawing.bar(rect(left, y + 4.0, ground, 20.0), Ink::Lane);
            let at = rect(left, y + 4.0, long, 20.0);
            drawing.bar(at, Ink::of_mode(&run.mode));
            let (told, x, size, ink) = match value {
                Some(value) => (figure.unit.tell(value), ground, TEXT, Ink::Text),
                None => (nothing(run, n).into(), 0.0, SMALL, Ink::Muted),
            };
            let beside = label(left + x + 7.0, y + 14.0, told.as_str(), size);
            drawing.text(beside.ink(ink));
            let layer = name.replace('\n', " ");
            let spot = format!("{}, {}, {layer}: {told}", figure.heading, mode_name(run));
            drawing.spot(rect(left, y, width, BAR), spot);
        }
    }
}

/// Why layer number `n` has no figure.
fn nothing(run: &RunSummary, n: usize) -> &'static str {
    match (run.mode.as_str(), n) {
        ("single", 0) => "–",
        ("request", 1) => "takes whole requests",
        _ => "no requests here",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A tenth is a tenth of the bar, not the whole of it.
    #[test]
    fn merge_rates_are_shares_of_one() {
        let text = include_str!("../../../results/examples/quick-start/summary.json");
        let mut summary: crate::run::summary::Summary = serde_json::from_str(text).unwrap();
        for run in &mut summary.runs {
            (run.multipath.merge_rate, run.path_devices.merge_rate) = (0.1, 0.1);
        }
        let runs: Vec<&RunSummary> = summary.runs.iter().collect();
        let mut drawing = Drawing::new(400.0, 400.0, "");
        bars(&mut drawing, &runs, &FIGURES[0], [0.0, 0.0, 278.0]);
        let wide = |is_ground: bool| -> Vec<f64> {
            let bars = drawing.shapes.iter().filter_map(|shape| match shape {
                crate::plot::Shape::Bar(at, paint) if (paint.ink == Ink::Lane) == is_ground => {
                    Some(at.w)
                }
                _ => None,
            });
            bars.collect()
        };
        assert!(wide(true).iter().all(|w| *w == 200.0));
        let bars = wide(false);
        assert!(!bars.is_empty());
        assert!(bars.iter().all(|w| (*w - 20.0).abs() < 0.01), "{bars:?}");
    }

    /// A request that is requeued again and again is still one; and nothing merged is
    /// no bar.
    #[test]
    fn requests_are_those_that_drivers_kept() {
        let text = include_str!("../../../results/examples/quick-start/summary.json");
        let mut summary: crate::run::summary::Summary = serde_json::from_str(text).unwrap();
        for run in &mut summary.runs {
            let ios = run.application.ios;
            let layer = &mut run.path_devices;
            (layer.requests, layer.requeues) = (ios + 10, 5000);
            layer.requests_kept = ios;
            (layer.merge_rate, run.multipath.merge_rate) = (0.0, 0.0);
        }
        for run in &summary.runs {
            assert_eq!((FIGURES[2].of)(&run.path_devices, run), Some(1.0));
        }
        let runs: Vec<&RunSummary> = summary.runs.iter().collect();
        let mut drawing = Drawing::new(400.0, 400.0, "");
        bars(&mut drawing, &runs, &FIGURES[0], [0.0, 0.0, 278.0]);
        let is_ground = |shape: &crate::plot::Shape| match shape {
            crate::plot::Shape::Bar(_, paint) => paint.ink == Ink::Lane,
            _ => true,
        };
        assert!(drawing.shapes.iter().all(is_ground));
    }
}
