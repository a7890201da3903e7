//! Throughput and latency against an axis of a sweep, with their intervals.

use crate::plot::PlotError;
use crate::plot::chart::{Key, Panel, SMALL, TEXT, legend, margin, page};
use crate::plot::drawing::{Dash, Drawing, Label, Table, label, rect};
use crate::plot::result::{Cell, SweepResult, quantity};
use crate::plot::scale::Scale;
use crate::plot::theme::Ink;
use crate::plot::units::Unit;

/// What is drawn of a sweep.
#[derive(Clone, Debug, Default)]
pub struct Choice {
    /// The figure; none: throughput and latency.
    pub metric: Option<String>,
    /// The axis from left to right.
    pub x: Option<String>,
    /// The axis from below to above, of maps.
    pub y: Option<String>,
}

/// A figure's name as it is read, its unit, and what a unit of it is in that.
pub fn unit_of(metric: &str) -> (String, Unit, f64) {
    let known = [
        ("iops", "I/Os a second"),
        ("mib_per_s", "bandwidth"),
        ("lat_mean_us", "mean latency"),
        ("lat_p50_us", "median latency"),
        ("lat_p90_us", "90 % latency"),
        ("lat_p99_us", "99 % latency"),
        ("lat_p999_us", "99.9 % latency"),
        ("lat_max_us", "largest latency"),
        ("cpu_per_io_us", "CPU time an I/O"),
        ("path_request_kib", "mean request to the paths"),
        ("mpath_merge_ratio", "merged at the multipath device"),
        ("path_merge_ratio", "merged at the path devices"),
        ("requests_per_io", "requests an I/O"),
    ];
    let name = known.iter().find(|(key, _)| *key == metric);
    let name = name.map_or_else(|| metric.to_owned(), |(_, name)| (*name).to_owned());
    let suffixes = [
        ("mib_per_s", Unit::ByteRate, 1_048_576.0),
        ("_us", Unit::Time, 1e3),
        ("_ms", Unit::Time, 1e6),
        ("_s", Unit::Time, 1e9),
        ("_kib", Unit::Bytes, 1024.0),
        ("_ratio", Unit::Share, 1.0),
        ("iops", Unit::PerSecond, 1.0),
    ];
    let found = suffixes.iter().find(|(end, ..)| metric.ends_with(end));
    let (unit, times) = found.map_or((Unit::Count, 1.0), |(_, unit, times)| (*unit, *times));
    (name, unit, times)
}

/// Whether less of a figure is better.
pub fn less_is_better(metric: &str) -> bool {
    [
        "lat_",
        "errors",
        "requests_per_io",
        "cpu_",
        "switches",
        "longest_gap",
        "duration",
    ]
    .iter()
    .any(|begin| metric.starts_with(begin))
}

/// The number of the axis called `name`, or the first that `fits`.
pub fn axis(
    sweep: &SweepResult,
    name: Option<&str>,
    fits: impl Fn(usize) -> bool,
) -> Result<usize, PlotError> {
    let axes = || sweep.axes.join(", ");
    if let Some(name) = name {
        let found = sweep.axes.iter().position(|axis| axis == name);
        return found.ok_or_else(|| PlotError::NoAxis(name.into(), axes()));
    }
    let found = (0..sweep.axes.len()).find(|i| fits(*i));
    found.ok_or_else(|| PlotError::TooFewAxes(axes()))
}

/// The last word of `path.to.key`.
pub fn short(axis: &str) -> &str {
    axis.rsplit('.').next().unwrap_or(axis)
}

/// Cells of `metric` where every axis but `free` ones has its first value; and
/// what that is, in words.
pub fn slice<'s>(sweep: &'s SweepResult, metric: &str, free: &[usize]) -> (Vec<&'s Cell>, String) {
    let mut cells: Vec<&Cell> = sweep
        .cells
        .iter()
        .filter(|cell| cell.metric == metric)
        .collect();
    let mut fixed = Vec::new();
    for (i, axis) in sweep.axes.iter().enumerate() {
        let values = sweep.values(i);
        if free.contains(&i) || values.len() < 2 {
            continue;
        }
        cells.retain(|cell| cell.values.get(i) == values.first());
        fixed.push(format!("{} = {}", short(axis), values[0]));
    }
    (cells, fixed.join(", "))
}

/// What the foot of a sweep's figure says.
pub fn foot(sweep: &SweepResult, fixed: &str) -> String {
    let fixed = if fixed.is_empty() {
        String::new()
    } else {
        format!(" · {fixed}")
    };
    format!(
        "mpathsim {} · sweep {}{fixed}",
        env!("CARGO_PKG_VERSION"),
        sweep.name
    )
}

/// Draws it.
///
/// # Errors
/// The sweep has no such figure or axis.
pub fn lines(sweep: &SweepResult, choice: &Choice) -> Result<Drawing, PlotError> {
    let mode = sweep.mode_axis();
    let several = |i: usize| Some(i) != mode && sweep.values(i).len() > 1;
    let x = axis(sweep, choice.x.as_deref(), several)?;
    // Another axis without sizes tells lines apart where there is no mode.
    let by = mode.or_else(|| (0..sweep.axes.len()).find(|i| *i != x && several(*i)));
    let metrics: Vec<&str> = match &choice.metric {
        Some(metric) => vec![metric.as_str()],
        None => {
            let all = sweep.metrics();
            let first = |names: &[&str]| all.iter().copied().find(|m| names.contains(m));
            let wanted = [
                first(&["iops", "mib_per_s"]),
                first(&["lat_p99_us", "lat_mean_us"]),
            ];
            let found: Vec<&str> = wanted.into_iter().flatten().collect();
            if found.is_empty() {
                all.into_iter().take(1).collect()
            } else {
                found
            }
        }
    };
    let title = format!("{} by {}", sweep.name, short(&sweep.axes[x]));
    let subtitle = "Mean over the replications; the band is its 95 % confidence interval";
    let free: Vec<usize> = std::iter::once(x).chain(by).collect();
    let fixed = slice(sweep, metrics.first().copied().unwrap_or(""), &free).1;
    let height = 78.0 + 38.0 + 40.0 + 250.0 * metrics.len() as f64 + 20.0;
    let (mut drawing, space) = page(960.0, height, &title, subtitle, &foot(sweep, &fixed));
    drawing.alt = format!("{} against {}", metrics.join(" and "), sweep.axes[x]);
    let groups = by.map_or_else(|| vec![String::new()], |by| sweep.values(by));
    let style = |n: usize, group: &str| match group {
        "bio" | "request" | "single" => (Ink::of_mode(group), Dash::of_mode(group)),
        _ => (Ink::Path(n as u8), Dash::Solid),
    };
    let keys: Vec<Key> = groups
        .iter()
        .enumerate()
        .filter(|(_, group)| !group.is_empty())
        .map(|(n, group)| {
            let (ink, dash) = style(n, group);
            let mode = if Some(by) == Some(mode) { " mode" } else { "" };
            Key::line(ink, dash, format!("{group}{mode}"))
        })
        .collect();
    let below = legend(&mut drawing, &keys, space.x, space.y, space.w);
    let values = sweep.values(x);
    let scale = x_scale(&values);
    let high = (space.h - below - 26.0) / metrics.len().max(1) as f64;
    drawing.table = Table::new(["figure", "line", "value", "mean", "from", "to"]);
    let told: Vec<_> = metrics.iter().map(|metric| unit_of(metric)).collect();
    let scales: Vec<Scale> = metrics
        .iter()
        .zip(&told)
        .map(|(metric, (_, unit, times))| {
            let highs = slice(sweep, metric, &free)
                .0
                .into_iter()
                .map(|cell| cell.high * times);
            Scale::from_zero(*unit, highs.fold(0.0, f64::max))
        })
        .collect();
    let left = scales.iter().map(margin).fold(0.0, f64::max);
    for (n, metric) in metrics.iter().enumerate() {
        let (name, unit, times) = &told[n];
        let is_last = n + 1 == metrics.len();
        let at = rect(
            space.x,
            space.y + below + 6.0 + high * n as f64,
            space.w,
            high + if is_last { 26.0 } else { 0.0 },
        );
        let panel = Panel::with_margin(at, scale, scales[n], is_last, left);
        panel.draw_y(&mut drawing, name);
        let (cells, _) = slice(sweep, metric, &free);
        for (g, group) in groups.iter().enumerate() {
            let (ink, dash) = style(g, group);
            let of_group = |cell: &&&Cell| by.is_none_or(|by| cell.values[by] == *group);
            let points: Vec<(f64, &Cell)> = values
                .iter()
                .enumerate()
                .filter_map(|(i, value)| {
                    let cell = cells
                        .iter()
                        .filter(of_group)
                        .find(|c| c.values[x] == *value)?;
                    Some((place(&values, i), *cell))
                })
                .collect();
            let band: Vec<_> = points
                .iter()
                .map(|(at, c)| panel.at(*at, c.high * times))
                .chain(
                    points
                        .iter()
                        .rev()
                        .map(|(at, c)| panel.at(*at, c.low * times)),
                )
                .collect();
            // Between names there is nothing that a line could run through.
            let sizes = has_sizes(&values);
            let aside = if sizes {
                0.0
            } else {
                12.0 * (g as f64 - (groups.len() - 1) as f64 / 2.0)
            };
            if sizes {
                drawing.area(band, ink.alpha(0.2));
                let means = points.iter().map(|(at, c)| (*at, c.mean * times));
                panel.curve(&mut drawing, means, ink, 2.4, dash);
            }
            for (at, cell) in &points {
                let value = &cell.values[x];
                let (l, h) = (
                    panel.at(*at, cell.low * times),
                    panel.at(*at, cell.high * times),
                );
                let thick = if sizes { 1.4 } else { 2.6 };
                drawing.line(
                    [(l.0 + aside, l.1), (h.0 + aside, h.1)],
                    ink,
                    thick,
                    Dash::Solid,
                );
                let at = panel.at(*at, cell.mean * times);
                let at = (at.0 + aside, at.1);
                drawing.dot(at, 3.6, ink, true);
                let (mean, low, high) = (
                    unit.tell(cell.mean * times),
                    unit.tell(cell.low * times),
                    unit.tell(cell.high * times),
                );
                let text = format!("{group} at {value}: {name} {mean}, {low} to {high}");
                drawing.spot(rect(at.0 - 10.0, at.1 - 10.0, 20.0, 20.0), text);
                drawing
                    .table
                    .row([name.clone(), group.clone(), value.clone(), mean, low, high]);
            }
        }
        if is_last {
            x_labels(&mut drawing, &panel, &values, &sweep.axes[x]);
        } else {
            panel.draw_x_line(&mut drawing);
        }
    }
    Ok(drawing)
}

/// Whether values are sizes, all above 0.
fn has_sizes(values: &[String]) -> bool {
    values
        .iter()
        .all(|value| quantity(value).is_some_and(|v| v > 0.0))
}

/// Where value number `i` lies on the axis.
fn place(values: &[String], i: usize) -> f64 {
    match quantity(&values[i]) {
        Some(size) if has_sizes(values) => size,
        _ => i as f64 + 1.0,
    }
}

/// Sizes that differ by factors are on a logarithmic scale.
fn x_scale(values: &[String]) -> Scale {
    let places: Vec<f64> = (0..values.len()).map(|i| place(values, i)).collect();
    let (low, high) = places
        .iter()
        .fold((f64::INFINITY, 0.0f64), |(l, h), v| (l.min(*v), h.max(*v)));
    let steps: Vec<f64> = places.windows(2).map(|w| w[1] - w[0]).collect();
    let even = steps.iter().all(|s| *s < 1.6 * steps[0]);
    if has_sizes(values) && !even && high / low > 4.0 {
        return Scale {
            run: crate::plot::scale::Run::Log,
            unit: Unit::Count,
            low: low / 1.1,
            high: high * 1.1,
        };
    }
    let pad = if has_sizes(values) {
        (high - low) * 0.04
    } else {
        0.5
    };
    Scale::span(Unit::Count, low - pad, high + pad)
}

/// The values themselves stand below the axis, as they were given.
fn x_labels(drawing: &mut Drawing, panel: &Panel, values: &[String], axis: &str) {
    panel.draw_x_line(drawing);
    let base = panel.area.bottom();
    let mut free = f64::NEG_INFINITY;
    let room = panel.area.w / values.len().max(1) as f64;
    for (i, value) in values.iter().enumerate() {
        let x = panel.x_at(place(values, i));
        drawing.line([(x, base), (x, base + 5.0)], Ink::Muted, 1.0, Dash::Solid);
        let most = if has_sizes(values) { 90.0 } else { room - 6.0 };
        let text: Label = label(x, base + 15.0, value.as_str(), SMALL)
            .ink(Ink::Muted)
            .fit(most);
        let text = text.centred();
        let space = text.space();
        if space.x > free && space.right() < panel.area.right() + 16.0 {
            free = space.x + 1.1 * space.w + 6.0;
            drawing.text(text);
        }
    }
    let name = label(panel.area.right(), base + 34.0, short(axis), TEXT).ink(Ink::Muted);
    drawing.text(name.right());
}
