//! What is no longer drawn is no outage: which runs never end, and which are done long
//! before the end of the axis.

use super::curves::{Curve, held_ios};
use crate::plot::chart::{Panel, TEXT};
use crate::plot::drawing::{Drawing, Rect, label, rect};
use crate::plot::kinds::run_parts::mode_name;
use crate::plot::theme::Ink;
use crate::plot::units::Unit;
use crate::run::summary::RunSummary;

/// From a text to a curve.
const AWAY: f64 = 4.0;
/// Steps in which a place is looked for.
const STEP: f64 = 12.0;
/// A place on the line of a fault is as bad as one so far away.
const LINE: f64 = 160.0;

/// Curves, lines of faults, and what is written already.
type Drawn<'c> = (&'c [Curve], &'c [f64], Vec<Rect>);

/// Says it, where no curve runs.
pub fn tell(drawing: &mut Drawing, panel: &Panel, runs: &[&RunSummary], drawn: Drawn<'_>) {
    let (curves, lines, mut taken) = drawn;
    let done = runs.iter().filter(|run| is_done_early(run, panel));
    let done = done.map(|run| {
        let when = Unit::Time.tell(run.duration_ns as f64);
        (format!("{}: done at {when}", mode_name(run)), Ink::Muted)
    });
    let held = runs.iter().filter(|run| held_ios(run) > 0);
    let names: Vec<String> = held.map(|run| mode_name(run)).collect();
    let verb = if names.len() == 1 { "ends" } else { "end" };
    let never = (!names.is_empty()).then(|| {
        let text = format!("{}: never {verb}", names.join(", "));
        (text, Ink::Bad)
    });
    for (text, ink) in never.into_iter().chain(done) {
        let text = label(0.0, 0.0, text, TEXT).bold().ink(ink);
        let own = text.space();
        let (wide, high) = (1.12 * own.w + 8.0, own.h + 4.0);
        let at = place(panel, (wide, high), (curves, lines, &taken));
        drawing.bar(at, Ink::Paper);
        let mut text = text;
        (text.x, text.y) = (at.x + 4.0, at.y + at.h / 2.0);
        drawing.text(text);
        taken.push(at);
    }
}

/// Whether a run is over long before the axis ends.
pub fn is_done_early(run: &RunSummary, panel: &Panel) -> bool {
    let behind = panel.area.right() - panel.x_at(run.duration_ns as f64);
    held_ios(run) == 0 && behind > 48.0
}

/// A place so wide and high, as near to the lower right corner as it is free; if none
/// is, the corner.
fn place(
    panel: &Panel,
    (wide, high): (f64, f64),
    (curves, lines, taken): (&[Curve], &[f64], &[Rect]),
) -> Rect {
    let area = panel.area;
    let corner = rect(area.right() - wide, area.bottom() - 6.0 - high, wide, high);
    let columns = ((area.w - wide) / STEP).max(0.0) as usize;
    let rows = ((area.h - 12.0 - high) / STEP).max(0.0) as usize;
    let all = (0..=rows).flat_map(|row| (0..=columns).map(move |column| (row, column)));
    let places = all.map(|(row, column)| {
        let (dx, dy) = (STEP * column as f64, STEP * row as f64);
        let at = rect(corner.x - dx, corner.y - dy, wide, high);
        let crossed = lines.iter().filter(|x| **x > at.x && **x < at.right());
        (dx + dy + LINE * crossed.count() as f64, at)
    });
    let is_free = |(_, at): &(f64, Rect)| {
        let near = rect(
            at.x - AWAY,
            at.y - AWAY,
            at.w + 2.0 * AWAY,
            at.h + 2.0 * AWAY,
        );
        !taken.iter().any(|other| other.overlaps(&near))
            && !curves.iter().any(|curve| runs_through(panel, curve, &near))
    };
    let free = places.filter(is_free);
    let nearest = free.min_by(|a, b| a.0.total_cmp(&b.0));
    nearest.map_or(corner, |(_, at)| at)
}

/// Whether a curve, in steps, comes into a place.
fn runs_through(panel: &Panel, curve: &Curve, place: &Rect) -> bool {
    let mut before: Option<f64> = None;
    curve.iter().any(|step| {
        let (from, to) = (panel.x_at(step.from), panel.x_at(step.to));
        let y = panel.y_at(step.value);
        let risen = before.replace(y).unwrap_or(y);
        let level = rect(from, y - 1.0, to - from, 2.0);
        let upright = rect(from - 1.0, y.min(risen), 2.0, (y - risen).abs());
        level.overlaps(place) || upright.overlaps(place)
    })
}

#[cfg(test)]
mod tests {
    use super::super::curves::Step;
    use super::*;
    use crate::plot::scale::Scale;

    /// A run that is done as the others rise again is told where neither is.
    #[test]
    fn no_text_lies_on_a_curve() {
        let x = Scale::span(Unit::Time, 0.0, 100.0);
        let y = Scale::span(Unit::Count, 0.0, 10.0);
        let panel = Panel::in_space(rect(0.0, 0.0, 900.0, 210.0), x, y, false);
        let step = |from, to, value| Step { from, to, value };
        let curve = vec![
            step(0.0, 10.0, 5.0),
            step(10.0, 88.0, 0.0),
            step(88.0, 100.0, 5.0),
        ];
        let curves = [curve];
        let at = |lines: &[f64], taken: &[Rect]| {
            let at = place(&panel, (160.0, 20.0), (&curves, lines, taken));
            assert!(!runs_through(&panel, &curves[0], &at), "{at:?}");
            assert!(at.x >= panel.area.x && at.right() <= panel.area.right());
            assert!(at.y >= panel.area.y && at.bottom() <= panel.area.bottom());
            at
        };
        let first = at(&[], &[]);
        assert!(runs_through(
            &panel,
            &curves[0],
            &rect(700.0, 60.0, 160.0, 100.0)
        ));
        let second = at(&[], &[first]);
        assert!(!first.overlaps(&second));
        // The line of a fault is left free.
        let line = first.x + 80.0;
        let beside = at(&[line], &[]);
        assert!(beside.right() <= line || beside.x >= line);
    }
}
