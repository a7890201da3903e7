//! What a run does when something breaks: throughput, what waits, and the state
//! of every path, over time.

use super::path_states::{State, states};
use super::run_parts::{foot, mode_name, modes, path_devices, seconds};
use crate::plot::chart::{Key, Panel, SMALL, TEXT, legend, margin, page};
use crate::plot::drawing::{Dash, Drawing, Table, label, rect};

use crate::plot::result::RunResult;
use crate::plot::scale::Scale;
use crate::plot::theme::Ink;
use crate::plot::units::Unit;
use crate::run::summary::{FaultSummary, RunSummary};

/// At most so many points of a curve.
const POINTS: usize = 400;
/// Faults that are written out.
const TOLD: usize = 6;

/// Draws it.
pub fn failover(result: &RunResult) -> Drawing {
    let title = format!("When something breaks: {}", result.summary.scenario.name);
    let about = &result.summary.scenario.about;
    let runs = modes(result);
    let devices = path_devices(result);
    let pairs: Vec<&RunSummary> = runs
        .iter()
        .copied()
        .filter(|r| !r.paths.is_empty())
        .collect();
    let faults = faults(&runs);
    let strip = 15.0;
    let lanes = devices.len() as f64 * (pairs.len() as f64 * strip + 10.0);
    let told = faults.len().min(TOLD) as f64;
    let more = f64::from(u8::from(faults.len() > TOLD));
    let height = 78.0
        + 30.0
        + 20.0 * (told + more)
        + 16.0
        + 18.0
        + 190.0
        + 150.0
        + 26.0
        + lanes
        + 44.0
        + 38.0;
    let (mut drawing, space) = page(960.0, height, &title, about, &foot(result));
    drawing.alt = "Throughput, what waits for a path, and the state of each path over time; \
                   lines mark what broke and what was mended"
        .into();
    let mut keys: Vec<Key> = runs
        .iter()
        .map(|run| {
            Key::line(
                Ink::of_mode(&run.mode),
                Dash::of_mode(&run.mode),
                mode_name(run),
            )
        })
        .collect();
    keys.extend(
        [State::Active, State::Blocked, State::Failed].map(|s| Key::square(s.ink(), s.name())),
    );
    let mut y = space.y + legend(&mut drawing, &keys, space.x, space.y, space.w) + 12.0;
    y = tell_faults(&mut drawing, &faults, space.x, y, space.w) + 34.0;

    let end = seconds(result) * 1e9;
    let x = Scale::span(Unit::Time, 0.0, end);
    let rates: Vec<_> = runs.iter().map(|run| rates(result, &run.mode)).collect();
    let queues: Vec<_> = runs.iter().map(|run| queues(result, &run.mode)).collect();
    let most =
        |curves: &[Vec<(f64, f64)>]| curves.iter().flatten().map(|p| p.1).fold(0.0, f64::max);
    let y1 = Scale::from_zero(Unit::PerSecond, usual(&rates));
    let y2 = Scale::from_zero(Unit::Bytes, most(&queues));
    let left = margin(&y1).max(margin(&y2)).max(96.0);
    let upper = Panel::with_margin(rect(space.x, y, space.w, 190.0), x, y1, false, left);
    let lower = Panel::with_margin(rect(space.x, y + 190.0, space.w, 150.0), x, y2, false, left);
    upper.draw_y(&mut drawing, "I/Os a second");
    lower.draw_y(&mut drawing, "waits for a path");
    let top = upper.area.y;
    let lanes_at = y + 190.0 + 150.0 + 26.0;
    let low = lanes_at + lanes;
    let parts = [
        [top, upper.area.bottom()],
        [lower.area.y, lower.area.bottom()],
        [lanes_at, low],
    ];
    mark_faults(&mut drawing, &upper, &faults, &parts);
    for (panel, curves) in [(&upper, &rates), (&lower, &queues)] {
        panel.draw_x_line(&mut drawing);
        for (run, curve) in runs.iter().zip(curves) {
            let (ink, dash) = (Ink::of_mode(&run.mode), Dash::of_mode(&run.mode));
            panel.curve(&mut drawing, curve.iter().copied(), ink, 2.0, dash);
        }
    }
    tell_peak(&mut drawing, &upper, &rates);
    spots(&mut drawing, [&upper, &lower], &runs, [&rates, &queues]);
    let base = Panel {
        area: rect(upper.area.x, lanes_at, upper.area.w, lanes),
        ..upper
    };
    let heading = label(space.x, lanes_at - 12.0, "paths", TEXT).bold();
    drawing.text(heading);
    let mut at = lanes_at;
    for device in &devices {
        for (i, run) in pairs.iter().enumerate() {
            let y = at + strip * i as f64;
            if i == 0 {
                let name = label(space.x, y + strip / 2.0, device.name.as_str(), TEXT).bold();
                drawing.text(name.fit(left - 60.0));
            }
            let mode = label(upper.area.x - 8.0, y + strip / 2.0, run.mode.as_str(), 11.0);
            drawing.text(mode.ink(Ink::Muted).right());
            lane(&mut drawing, &base, [y, strip], run, &device.name);
        }
        at += strip * pairs.len() as f64 + 10.0;
    }
    base.draw_x(&mut drawing, "time");
    drawing.table = table(&runs);
    drawing
}

/// The faults of the run that has most of them.
fn faults(runs: &[&RunSummary]) -> Vec<FaultSummary> {
    let of = |run: &&RunSummary| {
        run.failover
            .as_ref()
            .map_or(&[][..], |f| &f.faults)
            .to_vec()
    };
    runs.iter().map(of).max_by_key(Vec::len).unwrap_or_default()
}

/// Names each mark; where the text ends.
fn tell_faults(drawing: &mut Drawing, faults: &[FaultSummary], x: f64, y: f64, width: f64) -> f64 {
    let mut y = y + 6.0;
    for (n, fault) in faults.iter().take(TOLD).enumerate() {
        let ink = mark_ink(fault);
        number(drawing, (x + 8.0, y), n + 1, ink);
        let text = format!("{}  {}", Unit::Time.tell(fault.at_ns as f64), fault.what);
        drawing.text(label(x + 24.0, y, text, TEXT).fit(width - 24.0));
        y += 20.0;
    }
    if faults.len() > TOLD {
        let more = format!("and {} more", faults.len() - TOLD);
        drawing.text(label(x + 24.0, y, more, TEXT).ink(Ink::Muted));
        y += 20.0;
    }
    y
}

fn mark_ink(fault: &FaultSummary) -> Ink {
    match fault.kind.as_str() {
        "breaks" => Ink::Bad,
        "repairs" => Ink::Good,
        _ => Ink::Muted,
    }
}

fn number(drawing: &mut Drawing, at: (f64, f64), n: usize, ink: Ink) {
    drawing.dot(at, 8.0, ink, true);
    let text = label(at.0, at.1, n.to_string(), 11.0)
        .bold()
        .ink(Ink::Paper);
    drawing.text(text.centred());
}

/// A line through each of `parts`, from its upper to its lower end.
fn mark_faults(drawing: &mut Drawing, panel: &Panel, faults: &[FaultSummary], parts: &[[f64; 2]]) {
    let top = panel.area.y;
    let mut last = f64::NEG_INFINITY;
    for (n, fault) in faults.iter().enumerate().take(200) {
        let x = panel.x_at(fault.at_ns as f64);
        let ink = mark_ink(fault);
        for [from, to] in parts {
            drawing.line([(x, *from), (x, *to)], ink.alpha(0.8), 1.2, Dash::Dotted);
        }
        // Those at the same time share a place; each is named above.
        if n < TOLD && x - last > 18.0 {
            number(drawing, (x, top - 34.0), n + 1, ink);
            last = x;
        }
    }
}

/// Means over as many bins as a page has room for, `each` or more at a time.
fn join(points: Vec<(f64, f64)>, each: usize) -> Vec<(f64, f64)> {
    let each = points.len().div_ceil(POINTS).max(each).max(1);
    let mean = |group: &[(f64, f64)]| {
        let sum: f64 = group.iter().map(|p| p.1).sum();
        (group[0].0, sum / group.len() as f64)
    };
    points.chunks(each).map(mean).collect()
}

/// Bins with few I/Os show their number, not their rate: so many of them make a
/// point that a hundred I/Os are in it, or a fiftieth of the run.
fn calm(points: &[(f64, f64)]) -> usize {
    let [(first, _), (second, _), ..] = points else {
        return 1;
    };
    let busy: Vec<f64> = points.iter().map(|p| p.1).filter(|v| *v > 0.0).collect();
    let mean = busy.iter().sum::<f64>() / busy.len().max(1) as f64;
    let ios = mean * (second - first) / 1e9;
    ((100.0 / ios.max(1e-9)).ceil() as usize).min(points.len() / 50)
}

fn rates(result: &RunResult, mode: &str) -> Vec<(f64, f64)> {
    let rows = result.series.iter().filter(|row| row.mode == mode);
    let points: Vec<_> = rows.map(|row| (row.time_s * 1e9, row.iops)).collect();
    let each = calm(&points);
    join(points, each)
}

fn queues(result: &RunResult, mode: &str) -> Vec<(f64, f64)> {
    let rows = result.queue.iter().filter(|row| row.mode == mode);
    join(
        rows.map(|row| (row.time_s * 1e9, row.waiting_bytes))
            .collect(),
        1,
    )
}

/// The rate that all but a few bins stay below: what comes in a burst after a
/// stand must not press all else to the ground.
fn usual(curves: &[Vec<(f64, f64)>]) -> f64 {
    let mut rates: Vec<f64> = curves
        .iter()
        .flatten()
        .map(|p| p.1)
        .filter(|v| *v > 0.0)
        .collect();
    rates.sort_by(f64::total_cmp);
    let most = rates.last().copied().unwrap_or(1.0);
    let bulk = rates.get(rates.len() * 97 / 100).copied().unwrap_or(most);
    if most > 2.5 * bulk { 1.5 * bulk } else { most }
}

/// Tells the largest rate if it is beyond the scale.
fn tell_peak(drawing: &mut Drawing, panel: &Panel, curves: &[Vec<(f64, f64)>]) {
    let all = curves.iter().flatten();
    let peak = all.max_by(|a, b| a.1.total_cmp(&b.1));
    let Some((at, rate)) = peak.filter(|p| p.1 > panel.y.high) else {
        return;
    };
    let (x, y) = panel.at(*at, *rate);
    drawing.area(vec![(x - 5.0, y), (x + 5.0, y), (x, y - 8.0)], Ink::Text);
    let text = label(
        x + 9.0,
        y - 6.0,
        format!("{} at the peak", Unit::PerSecond.tell(*rate)),
        SMALL,
    );
    drawing.text(text);
}

fn lane(drawing: &mut Drawing, panel: &Panel, [y, high]: [f64; 2], run: &RunSummary, device: &str) {
    let states = states(run, device);
    let ends = states.iter().skip(1).map(|s| s.0);
    let ends = ends.chain(std::iter::once(run.duration_ns));
    for (&(from, state), to) in states.iter().zip(ends) {
        let (l, r) = (panel.x_at(from as f64), panel.x_at(to as f64));
        let at = rect(l, y + 1.5, (r - l).max(1.5), high - 3.0);
        drawing.bar(at, state.ink());
        let (from, to) = (Unit::Time.tell(from as f64), Unit::Time.tell(to as f64));
        let text = format!(
            "{device}, {}: {} from {from} to {to}",
            mode_name(run),
            state.name()
        );
        drawing.spot(at, text);
    }
}

fn spots(
    drawing: &mut Drawing,
    panels: [&Panel; 2],
    runs: &[&RunSummary],
    curves: [&[Vec<(f64, f64)>]; 2],
) {
    let slots = 60;
    for (n, panel) in panels.into_iter().enumerate() {
        let span = panel.x.high / f64::from(slots);
        for slot in 0..slots {
            let (from, to) = (span * f64::from(slot), span * f64::from(slot + 1));
            let mut text = format!("from {}", Unit::Time.tell(from));
            for (run, curve) in runs.iter().zip(curves[n]) {
                let inside: Vec<f64> = curve
                    .iter()
                    .filter(|p| p.0 >= from && p.0 < to)
                    .map(|p| p.1)
                    .collect();
                if inside.is_empty() {
                    continue;
                }
                let mean = inside.iter().sum::<f64>() / inside.len() as f64;
                let told = match n {
                    0 => format!("{} IOPS", Unit::PerSecond.tell(mean)),
                    _ => format!("{} waiting", Unit::Bytes.tell(mean)),
                };
                text += &format!("\n{}: {told}", mode_name(run));
            }
            let l = panel.x_at(from);
            drawing.spot(
                rect(l, panel.area.y, panel.x_at(to) - l, panel.area.h),
                text,
            );
        }
    }
}

fn table(runs: &[&RunSummary]) -> Table {
    let mut table = Table::new([
        "mode",
        "event",
        "at",
        "first error",
        "path failed",
        "another path",
        "full rate",
        "longest gap",
        "most that waited",
    ]);
    let time = |ns: Option<u64>| ns.map_or("–".into(), |ns| Unit::Time.tell(ns as f64));
    for run in runs {
        let faults = run.failover.iter().flat_map(|f| &f.faults).take(20);
        for fault in faults {
            table.row([
                mode_name(run),
                fault.what.clone(),
                Unit::Time.tell(fault.at_ns as f64),
                time(fault.to_first_error_ns),
                time(fault.to_path_failed_ns),
                time(fault.to_next_path_ns),
                time(fault.to_full_rate_ns),
                time(fault.longest_gap_ns),
                Unit::Bytes.tell(fault.peak_queue_bytes as f64),
            ]);
        }
    }
    table
}
