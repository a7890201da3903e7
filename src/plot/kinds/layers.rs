//! Merge rate and mean request size, layer by layer.

use super::run_parts::{foot, mode_name, modes};
use crate::plot::chart::{Key, SMALL, TEXT, legend, page};
use crate::plot::drawing::{Drawing, Table, label, rect};
use crate::plot::result::RunResult;
use crate::plot::theme::Ink;
use crate::plot::units::Unit;
use crate::run::summary::{LayerSummary, RunSummary};

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
            let taken = layer.requests.saturating_sub(layer.requeues) as f64;
            let ios = run.application.ios;
            (layer.requests > 0 && ios > 0).then(|| taken / ios as f64)
        },
    },
];

/// Draws it.
pub fn layers(result: &RunResult) -> Drawing {
    let runs = modes(result);
    let height = 150.0 + 2.0 * (36.0 + 28.0 * runs.len() as f64);
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
    for (n, figure) in FIGURES.iter().enumerate() {
        let left = space.x + names + n as f64 * (width + gap) + gap / 2.0;
        let heading = label(left, top, figure.heading, TEXT).bold();
        drawing.text(heading.fit(width));
        bars(
            &mut drawing,
            &runs,
            figure,
            [left, top + 18.0, width],
            n == 0,
            space.x,
        );
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

fn bars(
    drawing: &mut Drawing,
    runs: &[&RunSummary],
    figure: &Figure,
    [left, top, width]: [f64; 3],
    named: bool,
    names_at: f64,
) {
    let values = LAYERS.iter().flat_map(|(_, of)| {
        let of = *of;
        runs.iter().filter_map(move |run| (figure.of)(of(run), run))
    });
    // A share is one of a whole.
    let most = match figure.unit {
        Unit::Share => 1.0,
        _ => values.fold(0.0, f64::max),
    };
    let mut y = top;
    for (name, of) in LAYERS {
        let block = 28.0 * runs.len() as f64;
        if named {
            for (i, line) in name.lines().enumerate() {
                let y = y + block / 2.0 - 8.0 + 17.0 * i as f64;
                drawing.text(label(names_at, y, line, TEXT).bold());
            }
        }
        for run in runs {
            let value = (figure.of)(of(run), run);
            // The longest bar leaves room for its value.
            let room = width - 78.0;
            let long = match value {
                Some(value) if most > 0.0 => (room * value / most).max(1.5),
                _ => 0.0,
            };
            let at = rect(left, y + 4.0, long, 20.0);
            drawing.bar(rect(left, y + 4.0, width, 20.0), Ink::Lane);
            drawing.bar(at, Ink::of_mode(&run.mode));
            let text = value.map_or("no requests here", |_| "");
            let told = value.map_or_else(|| text.to_owned(), |v| figure.unit.tell(v));
            let told = match (value, run.mode.as_str(), name.starts_with("multi")) {
                (None, "single", true) => "–".into(),
                (None, "request", false) => "takes whole requests".into(),
                _ => told,
            };
            let ink = if value.is_some() {
                Ink::Text
            } else {
                Ink::Muted
            };
            let size = if value.is_some() { TEXT } else { SMALL };
            let beside = label(left + long + 7.0, y + 14.0, told.as_str(), size).ink(ink);
            drawing.text(beside);
            let layer = name.replace('\n', " ");
            let spot = format!("{}, {}, {layer}: {told}", figure.heading, mode_name(run));
            drawing.spot(rect(left, y, width, 28.0), spot);
            y += 28.0;
        }
        y += 36.0;
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
        bars(
            &mut drawing,
            &runs,
            &FIGURES[0],
            [0.0, 0.0, 278.0],
            false,
            0.0,
        );
        let bars = drawing.shapes.iter().filter_map(|shape| match shape {
            crate::plot::Shape::Bar(at, paint) if paint.ink != Ink::Lane => Some(at.w),
            _ => None,
        });
        let bars: Vec<f64> = bars.collect();
        assert!(!bars.is_empty());
        assert!(bars.iter().all(|w| (*w - 20.0).abs() < 0.01), "{bars:?}");
    }
}
