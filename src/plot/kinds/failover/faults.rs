//! What broke and what was mended: written out, and marked where it was.

use crate::plot::chart::{Panel, TEXT};
use crate::plot::drawing::{Dash, Drawing, label, rect};
use crate::plot::font::{self, Weight};
use crate::plot::theme::Ink;
use crate::plot::units::Unit;
use crate::run::summary::{FaultSummary, RunSummary};

/// Lines of faults that are written out, in one column or two.
const LINES: usize = 12;
/// So many stand in one column.
const ONE_COLUMN: usize = 6;
/// Height of a line of them.
const LINE: f64 = 20.0;
/// From the left edge to the text.
const TEXT_AT: f64 = 28.0;
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

/// The faults written out: where each begins, in its lines.
pub struct Told {
    /// Left edge, top, and lines of each.
    places: Vec<(f64, f64, Vec<String>)>,
    /// What all of it takes.
    pub height: f64,
}

impl Told {
    /// As many of `faults` as there is room for, within `width`.
    pub fn new(faults: &[FaultSummary], width: f64) -> Told {
        let columns = if faults.len() > ONE_COLUMN { 2 } else { 1 };
        let wide = width / columns as f64;
        let told = faults.len().min(columns * LINES);
        let each = told.div_ceil(columns).max(1);
        let mut places = Vec::new();
        let mut height: f64 = 0.0;
        for (column, part) in faults[..told].chunks(each).enumerate() {
            let mut y = 6.0;
            for fault in part {
                let text = format!("{} · {}", Unit::Time.tell(fault.at_ns as f64), fault.what);
                let most = wide - TEXT_AT - 12.0;
                let lines = font::wrap(&text, TEXT, Weight::Regular, most, 3);
                let high = LINE + 16.0 * (lines.len() - 1) as f64;
                places.push((wide * column as f64, y, lines));
                y += high;
            }
            height = height.max(y - 6.0);
        }
        if told < faults.len() {
            height += LINE;
        }
        Told { places, height }
    }

    /// Writes them, from a point on.
    pub fn draw(&self, drawing: &mut Drawing, faults: &[FaultSummary], (x, y): (f64, f64)) {
        for (n, (left, top, lines)) in self.places.iter().enumerate() {
            let at = (x + left, y + top);
            let text = (n + 1).to_string();
            mark(drawing, (at.0 + MARK + 2.0, at.1), &text, ink(&faults[n]));
            let like = label(at.0 + TEXT_AT, at.1, "", TEXT);
            drawing.lines(&like, lines.iter().map(String::as_str), 16.0);
        }
        if self.places.len() < faults.len() {
            let (told, y) = (self.places.len(), y + self.height - LINE + 6.0);
            let left = &faults[told..];
            let numbers = numbers(told, left.len());
            let half = half_width(&numbers);
            mark(drawing, (x + 2.0 + half, y), &numbers, ink_of_all(left));
            let at = (x + 2.0 * half + 10.0).max(x + TEXT_AT);
            let more = label(at, y, format!("{} more", left.len()), TEXT);
            drawing.text(more.ink(Ink::Muted));
        }
    }
}

fn ink(fault: &FaultSummary) -> Ink {
    match fault.kind.as_str() {
        "breaks" => Ink::Bad,
        "repairs" => Ink::Good,
        _ => Ink::Muted,
    }
}

/// The colour of all of them, or none.
fn ink_of_all(group: &[FaultSummary]) -> Ink {
    let mut inks = group.iter().map(ink);
    let first = inks.next().unwrap_or(Ink::Text);
    if inks.all(|ink| ink == first) {
        first
    } else {
        Ink::Text
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
/// on top of the first. Those that would cover each other have one together, in the
/// colour of all of them or in none.
pub fn draw(drawing: &mut Drawing, panel: &Panel, faults: &[FaultSummary], parts: &[[f64; 2]]) {
    for fault in faults.iter().take(MOST) {
        let x = panel.x_at(fault.at_ns as f64);
        for [from, to] in parts {
            let ends = [(x, *from), (x, *to)];
            drawing.line(ends, ink(fault).alpha(0.8), 1.2, Dash::Dotted);
        }
    }
    for (first, count) in badges(panel, faults) {
        let group = &faults[first..first + count];
        let text = numbers(first, count);
        let half = half_width(&text);
        let paint = ink_of_all(group);
        // Not beyond the page, nor over the badge before.
        let x = middle(panel, group).clamp(panel.area.x, panel.area.right() + 16.0 - half);
        mark(drawing, (x, panel.area.y - 10.0), &text, paint);
    }
}

/// Lines of faults that are drawn; no page has room for more.
const MOST: usize = 200;

fn numbers(first: usize, count: usize) -> String {
    match count {
        1 => (first + 1).to_string(),
        _ => format!("{}–{}", first + 1, first + count),
    }
}

fn middle(panel: &Panel, group: &[FaultSummary]) -> f64 {
    let place = |fault: Option<&FaultSummary>| fault.map_or(0.0, |f| panel.x_at(f.at_ns as f64));
    (place(group.first()) + place(group.last())) / 2.0
}

/// Which faults have a badge together: the first of each group, and how many.
fn badges(panel: &Panel, faults: &[FaultSummary]) -> Vec<(usize, usize)> {
    let mut groups: Vec<(usize, usize)> = Vec::new();
    let ends = |(first, count): (usize, usize)| {
        let half = half_width(&numbers(first, count));
        let x = middle(panel, &faults[first..first + count]);
        (x - half, x + half)
    };
    for n in 0..faults.len().min(MOST) {
        groups.push((n, 1));
        // A wider badge may reach the one before it in turn.
        while let [.., a, b] = groups[..] {
            if ends(a).1 + 2.0 < ends(b).0 {
                break;
            }
            groups.pop();
            groups.pop();
            groups.push((a.0, a.1 + b.1));
        }
    }
    groups
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plot::drawing::Shape;
    use crate::plot::scale::Scale;

    fn fault(at_ns: u64, kind: &str) -> FaultSummary {
        FaultSummary {
            at_ns,
            kind: kind.into(),
            what: format!("port {at_ns}"),
            ..FaultSummary::default()
        }
    }
    fn drawn(faults: &[FaultSummary]) -> Drawing {
        let x = Scale::span(Unit::Time, 0.0, 1000.0);
        let y = Scale::span(Unit::Count, 0.0, 1.0);
        let panel = Panel::in_space(rect(0.0, 0.0, 900.0, 200.0), x, y, false);
        let mut drawing = Drawing::new(900.0, 400.0, "");
        draw(&mut drawing, &panel, faults, &[[0.0, 100.0]]);
        drawing
    }
    fn texts(drawing: &Drawing) -> Vec<&str> {
        drawing.labels().map(|l| l.text.as_str()).collect()
    }

    #[test]
    fn every_line_has_a_number() {
        let faults: Vec<FaultSummary> = (0..26).map(|n| fault(38 * n, "breaks")).collect();
        let drawing = drawn(&faults);
        let all: Vec<String> = (1..=26).map(|n: u32| n.to_string()).collect();
        assert_eq!(texts(&drawing), all);
        assert_eq!(drawing.faults(), Vec::<String>::new());
        let mut page = Drawing::new(900.0, 400.0, "");
        let told = Told::new(&faults, 880.0);
        told.draw(&mut page, &faults, (10.0, 10.0));
        assert_eq!(page.faults(), Vec::<String>::new());
        assert!(texts(&page).contains(&"2 more") && texts(&page).contains(&"24"));
        assert!(texts(&page).contains(&"25–26"));
    }

    #[test]
    fn a_badge_has_the_colour_of_all_that_it_stands_for() {
        let ink_of = |kinds: [&str; 2]| {
            let drawing = drawn(&[fault(500, kinds[0]), fault(503, kinds[1])]);
            assert_eq!(texts(&drawing), ["1–2"]);
            let dot = drawing.shapes.iter().find_map(|shape| match shape {
                Shape::Dot(_, _, paint, _) => Some(paint.ink),
                _ => None,
            });
            dot.unwrap()
        };
        assert_eq!(ink_of(["breaks", "breaks"]), Ink::Bad);
        assert_eq!(ink_of(["breaks", "repairs"]), Ink::Text);
    }

    /// What `dmsetup message` says is told whole.
    #[test]
    fn long_faults_have_several_lines() {
        let mut long = fault(1, "");
        long.what = "reload of mp with '0 33554432 multipath 1 queue_if_no_path 1 alua 1 1 \
                     service-time 0 4 1 8:0 1 8:16 1 8:32 1 8:48 1'"
            .into();
        let told = Told::new(&[long.clone()], 400.0);
        let text = told.places[0].2.join(" ");
        assert!(
            text.ends_with(&long.what) && told.places[0].2.len() > 1,
            "{text}"
        );
    }
}
