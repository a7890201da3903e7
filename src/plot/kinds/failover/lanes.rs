//! The state of every path over time, a lane a path and mode; and when the
//! application saw errors.

use super::curves::held_ios;
use super::ends::is_done_early;
use super::path_states::{Groups, State, first_groups, states};
use crate::plot::chart::{Panel, TEXT};
use crate::plot::drawing::{Drawing, label, rect};
use crate::plot::font::{self, Weight};
use crate::plot::kinds::run_parts::{PathDevice, mode_name};
use crate::plot::names::short_names;
use crate::plot::result::RunResult;
use crate::plot::theme::Ink;
use crate::plot::units::Unit;
use crate::run::summary::RunSummary;

/// Height of a lane.
const STRIP: f64 = 15.0;
/// Between the lanes of a path and those of the next.
const GAP: f64 = 10.0;

/// Room for the mode in front of a lane.
const MODE: f64 = 62.0;
/// The most room for that and a name.
const MOST: f64 = 330.0;

/// All lanes.
pub struct Lanes<'r> {
    result: &'r RunResult,
    runs: Vec<&'r RunSummary>,
    /// Of each run, the maps that it begins with.
    groups: Vec<Vec<Groups>>,
    devices: &'r [PathDevice],
    /// What the devices are called beside their lanes.
    names: Vec<String>,
    /// Runs with errors.
    failing: Vec<&'r RunSummary>,
}

impl<'r> Lanes<'r> {
    /// Those of the runs that have paths.
    pub fn new(result: &'r RunResult, devices: &'r [PathDevice]) -> Lanes<'r> {
        let all = result.summary.runs.iter();
        let runs: Vec<&RunSummary> = all.clone().filter(|r| r.mode != "single").collect();
        let errors = |run: &&RunSummary| {
            let mut rows = result.series.iter().filter(|row| row.mode == run.mode);
            rows.any(|row| row.errors > 0)
        };
        let names: Vec<&str> = devices.iter().map(|device| device.name.as_str()).collect();
        Lanes {
            result,
            names: short_names(&names, TEXT, Weight::Bold, MOST - MODE),
            groups: runs.iter().map(|run| first_groups(result, run)).collect(),
            failing: all.filter(errors).collect(),
            runs,
            devices,
        }
    }

    /// Room for the names in front of them.
    pub fn left(&self) -> f64 {
        let widths = self
            .names
            .iter()
            .map(|n| font::width(n, TEXT, Weight::Bold));
        1.1 * widths.fold(46.0, f64::max) + MODE
    }

    /// What they show.
    pub fn heading(&self) -> &'static str {
        match self.failing.is_empty() {
            true => "state of each path",
            false => "errors, and the state of each path",
        }
    }

    /// What all of them take.
    pub fn height(&self) -> f64 {
        let of = |lanes: usize| match lanes {
            0 => 0.0,
            n => STRIP * n as f64 + GAP,
        };
        of(self.failing.len()) + self.devices.len() as f64 * of(self.runs.len())
    }

    /// The states that are to be seen, for the legend.
    pub fn states(&self) -> Vec<State> {
        let mut seen: Vec<State> = Vec::new();
        for (run, groups) in self.runs.iter().zip(&self.groups) {
            for device in self.devices {
                seen.extend(states(run, groups, &device.name).iter().map(|s| s.1));
            }
        }
        let shown = |state: &State| seen.contains(state);
        State::ALL.into_iter().filter(shown).collect()
    }

    /// Draws them over the width of `panel`, names in front of it.
    pub fn draw(&self, drawing: &mut Drawing, panel: &Panel) {
        let mut y = panel.area.y;
        let name = |drawing: &mut Drawing, text: &str, y: f64, ink: Ink| {
            let text = label(panel.edge, y + STRIP / 2.0, text, TEXT)
                .bold()
                .ink(ink);
            drawing.text(text);
        };
        for (i, run) in self.failing.iter().enumerate() {
            if i == 0 {
                name(drawing, "errors", y, Ink::Bad);
            }
            ground(drawing, panel, y, run);
            self.errors(drawing, panel, y, run);
            y += STRIP;
        }
        if !self.failing.is_empty() {
            y += GAP;
        }
        for (device, shown) in self.devices.iter().zip(&self.names) {
            for (i, run) in self.runs.iter().enumerate() {
                if i == 0 {
                    name(drawing, shown, y, Ink::Text);
                }
                ground(drawing, panel, y, run);
                self.lane(drawing, panel, y, i, &device.name);
                y += STRIP;
            }
            y += GAP;
        }
    }

    fn lane(&self, drawing: &mut Drawing, panel: &Panel, y: f64, i: usize, device: &str) {
        let run = self.runs[i];
        let states = states(run, &self.groups[i], device);
        // What is held is so for ever.
        let held = held_ios(run) > 0;
        let end = if held {
            panel.x.high
        } else {
            run.duration_ns as f64
        };
        let ends = states.iter().skip(1).map(|s| s.0 as f64);
        let ends = ends.chain(std::iter::once(end));
        for (n, (&(from, state), to)) in states.iter().zip(ends).enumerate() {
            let (l, r) = (panel.x_at(from as f64), panel.x_at(to));
            let (part, hatch) = state.fill();
            let high = part * (STRIP - 3.0);
            // What has just begun at the end is seen too, and not beyond it.
            let l = l.min(panel.area.right() - 1.5);
            let at = rect(l, y + (STRIP - high) / 2.0, (r - l).max(1.5), high);
            drawing.hatched(at, state.ink(), hatch);
            let until = match held && n + 1 == states.len() {
                true => "for ever".to_owned(),
                false => format!("to {}", Unit::Time.tell(to)),
            };
            let from = Unit::Time.tell(from as f64);
            let (mode, state) = (mode_name(run), state.name());
            let text = format!("{device}, {mode}: {state} from {from} {until}");
            drawing.spot(rect(l, y, (r - l).max(1.5), STRIP), text);
        }
        // What is no longer drawn is no state.
        if is_done_early(run, panel) {
            let text = label(panel.x_at(end) + 8.0, y + STRIP / 2.0, "done", 11.0);
            drawing.text(text.ink(Ink::Muted));
        }
    }

    /// A bar where there were errors.
    fn errors(&self, drawing: &mut Drawing, panel: &Panel, y: f64, run: &RunSummary) {
        let rows = self.result.series.iter().filter(|row| row.mode == run.mode);
        let rows: Vec<_> = rows.collect();
        let widths = rows.windows(2).map(|w| w[1].time_s - w[0].time_s);
        let width = widths.reduce(f64::min).unwrap_or(panel.x.high / 1e9);
        let mut spans: Vec<(f64, f64, u64)> = Vec::new();
        for row in rows.iter().filter(|row| row.errors > 0) {
            let (from, to) = (row.time_s * 1e9, (row.time_s + width) * 1e9);
            match spans.last_mut() {
                // What would touch on the page is one bar.
                Some(last) if panel.x_at(from) - panel.x_at(last.1) < 1.0 => {
                    (last.1, last.2) = (to, last.2 + row.errors);
                }
                _ => spans.push((from, to, row.errors)),
            }
        }
        for (from, to, errors) in spans {
            let l = panel.x_at(from);
            let at = rect(l, y + 1.5, (panel.x_at(to) - l).max(3.0), STRIP - 3.0);
            drawing.bar(at, Ink::Bad);
            let s = if errors == 1 { "" } else { "s" };
            let (from, to) = (Unit::Time.tell(from), Unit::Time.tell(to));
            let mode = mode_name(run);
            let text = format!("{mode}: {errors} error{s} between {from} and {to}");
            drawing.spot(at, text);
        }
    }
}

/// The ground of a lane, and whose it is.
fn ground(drawing: &mut Drawing, panel: &Panel, y: f64, run: &RunSummary) {
    let a = panel.area;
    drawing.bar(rect(a.x, y + 1.5, a.w, STRIP - 3.0), Ink::Lane);
    let mode = label(a.x - 8.0, y + STRIP / 2.0, run.mode.as_str(), 11.0);
    drawing.text(mode.ink(Ink::Muted).right());
}
