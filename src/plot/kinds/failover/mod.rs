//! What a run does when something breaks: throughput, what waits, and the state
//! of every path, over time.

mod curves;
mod ends;
mod faults;
mod lanes;
mod path_states;

use curves::{Curve, held_ios, most, queues, rates, usual};
use faults::Told;
use lanes::Lanes;

use super::cut::tell_cut;
use super::run_parts::{foot, longest, mode_name, modes, path_devices};
use crate::plot::chart::{EDGE, Panel, TEXT, margin, page};
use crate::plot::drawing::{Dash, Drawing, Rect, Table, label, rect};
use crate::plot::legend::{Key, legend, legend_height};
use crate::plot::result::RunResult;
use crate::plot::scale::Scale;
use crate::plot::theme::Ink;
use crate::plot::units::Unit;
use crate::run::summary::{FaultSummary, RunSummary};

const WIDTH: f64 = 960.0;
/// Heights of the panels of throughput, and of what waits.
const RATE: f64 = 210.0;
const QUEUE: f64 = 150.0;
/// Less than a sector is nothing.
const NOTHING: f64 = 512.0;

/// Draws it.
pub fn failover(result: &RunResult) -> Drawing {
    let devices = path_devices(result);
    let runs = modes(result);
    let faults = faults::faults(&runs);
    let end = end(&runs);
    let timeline = Timeline {
        lanes: Lanes::new(result, &devices),
        told: Told::new(&faults, WIDTH - 2.0 * EDGE),
        rates: rates(result, &runs, end),
        queues: queues(result, &runs, end),
        result,
        runs,
        faults,
        end,
    };
    timeline.draw()
}

/// All that is drawn.
struct Timeline<'r> {
    result: &'r RunResult,
    runs: Vec<&'r RunSummary>,
    lanes: Lanes<'r>,
    faults: Vec<FaultSummary>,
    told: Told,
    rates: Vec<Curve>,
    queues: Vec<Curve>,
    /// Until when the axis goes.
    end: f64,
}

impl Timeline<'_> {
    fn draw(&self) -> Drawing {
        let scenario = &self.result.summary.scenario;
        let title = format!("When something breaks: {}", scenario.name);
        let keys = keys(&self.runs, &self.lanes);
        let head = legend_height(&keys, WIDTH - 2.0 * EDGE) + 12.0 + self.told.height + 12.0;
        let body = RATE + self.queue_height() + 26.0 + self.lanes.height() + 44.0;
        let height = 78.0 + head + body + 38.0;
        let note = foot(self.result);
        let (mut drawing, space) = page(WIDTH, height, &title, &scenario.about, &note);
        drawing.alt = "Throughput, what waits for a path, and the state of each path over time; \
                       lines mark what broke and what was mended"
            .into();
        let below = legend(&mut drawing, &keys, space.x, space.y, space.w);
        let told_at = (space.x, space.y + below + 12.0);
        self.told.draw(&mut drawing, &self.faults, told_at);
        let [upper, lower, base] = self.panels(space, space.y + head);
        self.draw_axes(&mut drawing, [&upper, &lower], space.x);
        let queue_part = self.waits().then_some(&lower).into_iter();
        let panels = [&upper].into_iter().chain(queue_part).chain([&base]);
        let parts: Vec<[f64; 2]> = panels.map(|p| [p.area.y, p.area.bottom()]).collect();
        faults::draw(&mut drawing, &upper, &self.faults, &parts);
        self.draw_rates(&mut drawing, &upper);
        if self.waits() {
            self.draw_queues(&mut drawing, &lower);
        }
        let (x, y) = (space.x, base.area.y - 12.0);
        let heading = label(x, y, self.lanes.heading(), TEXT);
        drawing.text(heading.bold());
        self.lanes.draw(&mut drawing, &base);
        base.draw_x(&mut drawing, "time");
        drawing.table = table(&self.runs);
        drawing
    }

    /// Whether anything ever waits for a path.
    fn waits(&self) -> bool {
        most(&self.queues) >= NOTHING
    }
    fn queue_height(&self) -> f64 {
        if self.waits() { QUEUE } else { 34.0 }
    }

    /// Throughput, what waits, and lanes, one below the other from `y` on.
    fn panels(&self, space: Rect, y: f64) -> [Panel; 3] {
        let first_fault = self.faults.first().map_or(0.0, |fault| fault.at_ns as f64);
        let x = Scale::until(Unit::Time, self.end);
        let y1 = Scale::from_zero(Unit::PerSecond, usual(&self.rates, first_fault));
        let y2 = Scale::from_zero(Unit::Bytes, most(&self.queues));
        let left = margin(&y1).max(margin(&y2)).max(self.lanes.left());
        let mut upper = Panel::with_margin(rect(space.x, y, space.w, RATE), x, y1, false, left);
        // Room for the marks between the heading and the area.
        (upper.area.y, upper.area.h) = (upper.area.y + 12.0, upper.area.h - 12.0);
        let lower = rect(space.x, y + RATE, space.w, self.queue_height());
        let lower = Panel::with_margin(lower, x, y2, false, left);
        let lanes_at = y + RATE + self.queue_height() + 26.0;
        let lanes = rect(upper.area.x, lanes_at, upper.area.w, self.lanes.height());
        let base = Panel {
            area: lanes,
            ..upper
        };
        [upper, lower, base]
    }

    fn draw_axes(&self, drawing: &mut Drawing, [upper, lower]: [&Panel; 2], left: f64) {
        upper.draw_y_below(drawing, "I/Os a second", 32.0);
        if self.waits() {
            lower.draw_y(drawing, "waits for a path");
        } else {
            let text = "waits for a path: nothing, at any time";
            let text = label(left, upper.area.bottom() + 28.0, text, TEXT);
            drawing.text(text.ink(Ink::Muted));
        }
    }

    fn draw_rates(&self, drawing: &mut Drawing, panel: &Panel) {
        draw_curves(drawing, panel, &self.runs, &self.rates);
        let steps = self.rates.iter().flatten().map(|s| (s.from, s.to, s.value));
        let lines = self
            .faults
            .iter()
            .map(|fault| panel.x_at(fault.at_ns as f64));
        let lines: Vec<f64> = lines.collect();
        let taken = tell_cut(drawing, panel, steps, &lines);
        let taken: Vec<Rect> = taken.into_iter().collect();
        ends::tell(drawing, panel, &self.runs, (&self.rates, &lines, taken));
        spots(drawing, panel, &self.runs, &self.rates, |rate| {
            format!("{} IOPS", Unit::PerSecond.tell(rate))
        });
    }

    fn draw_queues(&self, drawing: &mut Drawing, panel: &Panel) {
        draw_curves(drawing, panel, &self.runs, &self.queues);
        spots(drawing, panel, &self.runs, &self.queues, |bytes| {
            format!("{} waiting", Unit::Bytes.tell(bytes))
        });
    }
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
