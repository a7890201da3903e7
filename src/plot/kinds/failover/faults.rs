//! What broke and what was mended: written out, and marked where it was.

use crate::plot::chart::{Panel, TEXT};
use crate::plot::drawing::{Dash, Drawing, label, rect};
use crate::plot::font::{self, Weight};
use crate::plot::theme::Ink;
use crate::plot::units::Unit;
use crate::run::summary::{FaultSummary, RunSummary};

/// Faults that are written out.
const TOLD: usize = 6;
/// Height of a line of them.
const LINE: f64 = 20.0;
/// Radius of a mark.
const MARK: f64 = 8.0;

/// The faults of the run that has most of them.
pub fn faults(runs: &[&RunSummary]) -> Vec<FaultSummary> {
    let of = |run: &&RunSummary| {
        let faults = run.failover.as_ref().map(|f| f.faults.clone());
        faults.unwrap_or_default()
    };
    let all = runs.iter().map(of);
    all.max_by_key(Vec::len).unwrap_or_default()
}

/// What writing them out takes.
pub fn height(faults: &[FaultSummary]) -> f64 {
    LINE * faults.len().min(TOLD + 1) as f64
}

/// The first of them in words, from `y` on.
pub fn tell(drawing: &mut Drawing, faults: &[FaultSummary], x: f64, y: f64, width: f64) {
    let mut y = y + 6.0;
    for (n, fault) in faults.iter().take(TOLD).enumerate() {
        mark(drawing, (x + MARK, y), &(n + 1).to_string(), ink(fault));
        let text = format!("{}  {}", Unit::Time.tell(fault.at_ns as f64), fault.what);
        drawing.text(label(x + 24.0, y, text, TEXT).fit(width - 24.0));
        y += LINE;
    }
    if faults.len() > TOLD {
        let more = format!("and {} more", faults.len() - TOLD);
        drawing.text(label(x + 24.0, y, more, TEXT).ink(Ink::Muted));
    }
}

fn ink(fault: &FaultSummary) -> Ink {
    match fault.kind.as_str() {
        "breaks" => Ink::Bad,
        "repairs" => Ink::Good,
        _ => Ink::Muted,
    }
}

/// A badge about a point, as wide as its text.
fn mark(drawing: &mut Drawing, (x, y): (f64, f64), text: &str, ink: Ink) {
    let half = half_width(text) - MARK;
    drawing.dot((x - half, y), MARK, ink, true);
    drawing.dot((x + half, y), MARK, ink, true);
    drawing.bar(rect(x - half, y - MARK, 2.0 * half, 2.0 * MARK), ink);
    let text = label(x, y, text, 11.0).bold().ink(Ink::Paper);
    drawing.text(text.centred());
}

fn half_width(text: &str) -> f64 {
    let wide = 1.1 * font::width(text, 11.0, Weight::Bold);
    (wide / 2.0 + 4.0).max(MARK)
}

/// A line through each of `parts`, from its upper to its lower end; and a badge
/// on top of the first. Those that would cover each other have one together.
pub fn draw(drawing: &mut Drawing, panel: &Panel, faults: &[FaultSummary], parts: &[[f64; 2]]) {
    for fault in faults.iter().take(200) {
        let x = panel.x_at(fault.at_ns as f64);
        for [from, to] in parts {
            let ends = [(x, *from), (x, *to)];
            drawing.line(ends, ink(fault).alpha(0.8), 1.2, Dash::Dotted);
        }
    }
    let told = faults.len().min(TOLD);
    let place = |n: usize| panel.x_at(faults[n].at_ns as f64);
    let mut first = 0;
    while first < told {
        let near = |n: &usize| place(*n) - place(first) < 3.0 * MARK;
        let count = (first..told).take_while(near).count();
        let text = match count {
            1 => (first + 1).to_string(),
            _ => format!("{}–{}", first + 1, first + count),
        };
        let half = half_width(&text);
        // Not beyond the page, nor over the badge before.
        let x = place(first).clamp(panel.area.x, panel.area.right() + 16.0 - half);
        mark(
            drawing,
            (x, panel.area.y - 10.0),
            &text,
            ink(&faults[first]),
        );
        first += count;
    }
}
