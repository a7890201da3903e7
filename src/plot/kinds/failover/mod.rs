//! What a run does when something breaks: throughput, what waits, and the state
//! of every path, over time.

mod curves;
mod faults;
mod lanes;
mod path_states;

use curves::{Curve, held_ios, most, queues, rates, usual};
use lanes::Lanes;

use super::cut::tell_cut;
use super::run_parts::{foot, longest, mode_name, modes, path_devices};
use crate::plot::chart::{Key, Panel, TEXT, legend, legend_height, margin, page};
use crate::plot::drawing::{Dash, Drawing, Table, label, rect};
use crate::plot::result::RunResult;
use crate::plot::scale::Scale;
use crate::plot::theme::Ink;
use crate::plot::units::Unit;
use crate::run::summary::RunSummary;

const WIDTH: f64 = 960.0;
/// Heights of the panels of throughput, and of what waits.
const RATE: f64 = 210.0;
const QUEUE: f64 = 150.0;
/// Less than a sector is nothing.
const NOTHING: f64 = 512.0;

/// Draws it.
pub fn failover(result: &RunResult) -> Drawing {
    let title = format!("When something breaks: {}", result.summary.scenario.name);
    let about = &result.summary.scenario.about;
    let runs = modes(result);
    let devices = path_devices(result);
    let lanes = Lanes::new(result, &devices);
    let faults = faults::faults(&runs);
    let end = end(&runs);
    let (rates, queues) = (rates(result, &runs, end), queues(result, &runs, end));
    let waits = most(&queues) >= NOTHING;
    let keys = keys(&runs, &lanes);
    let queue_high = if waits { QUEUE } else { 34.0 };
    let inner = WIDTH - 2.0 * crate::plot::chart::EDGE;
    let head = legend_height(&keys, inner) + 12.0 + faults::height(&faults) + 12.0;
    let body = RATE + queue_high + 26.0 + lanes.height() + 44.0;
    let height = 78.0 + head + body + 38.0;
    let (mut drawing, space) = page(WIDTH, height, &title, about, &foot(result));
    drawing.alt = "Throughput, what waits for a path, and the state of each path over time; \
                   lines mark what broke and what was mended"
        .into();
    let below = legend(&mut drawing, &keys, space.x, space.y, space.w);
    faults::tell(
        &mut drawing,
        &faults,
        space.x,
        space.y + below + 12.0,
        space.w,
    );

    let y = space.y + head;
    let first_fault = faults.first().map_or(0.0, |fault| fault.at_ns as f64);
    let x = Scale::span(Unit::Time, 0.0, end);
    let y1 = Scale::from_zero(Unit::PerSecond, usual(&rates, first_fault));
    let y2 = Scale::from_zero(Unit::Bytes, most(&queues));
    let left = margin(&y1).max(margin(&y2)).max(112.0);
    let mut upper = Panel::with_margin(rect(space.x, y, space.w, RATE), x, y1, false, left);
    // Room for the marks between the heading and the area.
    (upper.area.y, upper.area.h) = (upper.area.y + 12.0, upper.area.h - 12.0);
    let lower = rect(space.x, y + RATE, space.w, queue_high);
    let lower = Panel::with_margin(lower, x, y2, false, left);
    let lanes_at = y + RATE + queue_high + 26.0;
    let base = Panel {
        area: rect(upper.area.x, lanes_at, upper.area.w, lanes.height()),
        ..upper
    };
    let queue_part = waits.then_some([lower.area.y, lower.area.bottom()]);
    let parts: Vec<[f64; 2]> = [[upper.area.y, upper.area.bottom()]]
        .into_iter()
        .chain(queue_part)
        .chain([[lanes_at, base.area.bottom()]])
        .collect();
    upper.draw_y_below(&mut drawing, "I/Os a second", 32.0);
    if waits {
        lower.draw_y(&mut drawing, "waits for a path");
    } else {
        let text = "waits for a path: nothing, at any time";
        let text = label(space.x, y + RATE + 18.0, text, TEXT);
        drawing.text(text.ink(Ink::Muted));
    }
    faults::draw(&mut drawing, &upper, &faults, &parts);
    draw_curves(&mut drawing, &upper, &runs, &rates);
    if waits {
        draw_curves(&mut drawing, &lower, &runs, &queues);
        spots(&mut drawing, &lower, &runs, &queues, |bytes| {
            format!("{} waiting", Unit::Bytes.tell(bytes))
        });
    }
    let steps = rates.iter().flatten().map(|s| (s.from, s.to, s.value));
    tell_cut(&mut drawing, &upper, steps);
    tell_held(&mut drawing, &upper, &runs);
    spots(&mut drawing, &upper, &runs, &rates, |rate| {
        format!("{} IOPS", Unit::PerSecond.tell(rate))
    });
    let heading = label(space.x, lanes_at - 12.0, lanes.heading(), TEXT);
    drawing.text(heading.bold());
    lanes.draw(&mut drawing, &base);
    base.draw_x(&mut drawing, "time");
    drawing.table = table(&runs);
    drawing
}

/// Until when the axis goes: behind the end of what is held for ever is room
/// that shows so.
fn end(runs: &[&RunSummary]) -> f64 {
    let held = runs.iter().filter(|run| held_ios(run) > 0);
    let held = held.map(|run| 1.25 * run.duration_ns as f64);
    held.fold(longest(runs), f64::max)
}

fn keys(runs: &[&RunSummary], lanes: &Lanes<'_>) -> Vec<Key> {
    let mode = |run: &&RunSummary| {
        let (ink, dash) = (Ink::of_mode(&run.mode), Dash::of_mode(&run.mode));
        Key::line(ink, dash, mode_name(run))
    };
    let states = lanes.states().into_iter().map(|state| {
        let (height, hatch) = state.fill();
        Key::hatched(state.ink(), height, hatch, state.name())
    });
    runs.iter().map(mode).chain(states).collect()
}

/// Steps, as bins are: a slope would begin before the fault.
fn draw_curves(drawing: &mut Drawing, panel: &Panel, runs: &[&RunSummary], curves: &[Curve]) {
    panel.draw_x_line(drawing);
    for (run, curve) in runs.iter().zip(curves) {
        let (ink, dash) = (Ink::of_mode(&run.mode), Dash::of_mode(&run.mode));
        let points = curve
            .iter()
            .flat_map(|s| [(s.from, s.value), (s.to, s.value)]);
        panel.curve(drawing, points, ink, 2.0, dash);
    }
}

/// Says which runs never end.
fn tell_held(drawing: &mut Drawing, panel: &Panel, runs: &[&RunSummary]) {
    let held = runs.iter().filter(|run| held_ios(run) > 0);
    let names: Vec<String> = held.map(|run| mode_name(run)).collect();
    if names.is_empty() {
        return;
    }
    let (verb, names) = (
        if names.len() == 1 { "ends" } else { "end" },
        names.join(", "),
    );
    let text = format!("{names}: never {verb}");
    let (x, y) = (panel.area.right() - 4.0, panel.area.bottom() - 14.0);
    let text = label(x, y, text, TEXT).bold().ink(Ink::Bad).right();
    let at = text.space();
    let plate = rect(
        at.x - 0.12 * at.w - 4.0,
        at.y - 2.0,
        1.12 * at.w + 8.0,
        at.h + 4.0,
    );
    drawing.bar(plate, Ink::Paper.alpha(0.86));
    drawing.text(text);
}

/// Places over the panel that tell what each run had there.
fn spots(
    drawing: &mut Drawing,
    panel: &Panel,
    runs: &[&RunSummary],
    curves: &[Curve],
    told: impl Fn(f64) -> String,
) {
    let slots = 60;
    let span = panel.x.high / f64::from(slots);
    for slot in 0..slots {
        let (from, to) = (span * f64::from(slot), span * f64::from(slot + 1));
        let mut text = format!("from {}", Unit::Time.tell(from));
        for (run, curve) in runs.iter().zip(curves) {
            let (mut time, mut amount) = (0.0, 0.0);
            for step in curve.iter().filter(|s| s.to > from && s.from < to) {
                let long = step.to.min(to) - step.from.max(from);
                (time, amount) = (time + long, amount + long * step.value);
            }
            if time > 0.0 {
                text += &format!("\n{}: {}", mode_name(run), told(amount / time));
            }
        }
        let l = panel.x_at(from);
        let at = rect(l, panel.area.y, panel.x_at(to) - l, panel.area.h);
        drawing.spot(at, text);
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
            let gap = match fault.no_success_since_ns {
                Some(_) => "never ends".into(),
                None => time(fault.longest_gap_ns),
            };
            table.row([
                mode_name(run),
                fault.what.clone(),
                Unit::Time.tell(fault.at_ns as f64),
                time(fault.to_first_error_ns),
                time(fault.to_path_failed_ns),
                time(fault.to_next_path_ns),
                time(fault.to_full_rate_ns),
                gap,
                Unit::Bytes.tell(fault.peak_queue_bytes as f64),
            ]);
        }
    }
    table
}
