//! What is beyond a scale: a spike must not flatten all else, but be told.

use crate::plot::chart::{Panel, SMALL};
use crate::plot::drawing::{Drawing, Rect, label, rect};
use crate::plot::font::{self, Weight};
use crate::plot::theme::Ink;

/// The end of a scale for `values` of equal times: the largest, unless few are
/// far above all others.
pub fn end_of_bulk(values: impl IntoIterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.into_iter().filter(|v| *v > 0.0).collect();
    values.sort_by(f64::total_cmp);
    let most = values.last().copied().unwrap_or(0.0);
    // At least one may be far above.
    let few = (values.len() / 20).max(1);
    let bulk = values
        .len()
        .checked_sub(few + 1)
        .and_then(|i| values.get(i));
    match bulk {
        Some(bulk) if most > 3.0 * bulk => 1.5 * bulk,
        _ => most,
    }
}

/// Marks where values, each with its begin and end, are beyond the scale of
/// `panel`, and tells the largest, beside the upright `lines` if there is room; where
/// that stands.
pub fn tell_cut(
    drawing: &mut Drawing,
    panel: &Panel,
    values: impl IntoIterator<Item = (f64, f64, f64)>,
    lines: &[f64],
) -> Option<Rect> {
    let beyond = |value: &(f64, f64, f64)| value.2 > panel.y.high;
    let mut beyond: Vec<_> = values.into_iter().filter(beyond).collect();
    beyond.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut cut: Vec<(f64, f64, f64)> = Vec::new();
    for (from, to, value) in beyond {
        let (l, r) = (panel.x_at(from), panel.x_at(to));
        match cut.last_mut() {
            Some(last) if l < last.1 + 12.0 => {
                (last.1, last.2) = (last.1.max(r), last.2.max(value));
            }
            _ => cut.push((l, r, value)),
        }
    }
    for (l, r, _) in &cut {
        let (x, y) = ((l + r) / 2.0, panel.area.y);
        let arrow = vec![(x - 6.0, y + 4.0), (x + 6.0, y + 4.0), (x, y - 6.0)];
        drawing.area(arrow, Ink::Text);
    }
    let largest = cut.iter().max_by(|a, b| a.2.total_cmp(&b.2))?;
    let told = format!("up to {}", panel.y.unit.tell(largest.2));
    let wide = 1.12 * font::width(&told, SMALL, Weight::Regular);
    let x = beside(panel, &cut, largest, wide, lines);
    let y = panel.area.y + 8.0;
    // Lines of faults may run there: none goes through the text.
    let plate = rect(x - 4.0, y - 8.0, wide + 8.0, 16.0);
    drawing.bar(plate, Ink::Paper);
    drawing.text(label(x, y, told, SMALL));
    Some(plate)
}

/// Where a text so wide begins, beside one of the `cut` values: to its right, or where
/// the panel or the mark of another is in the way, to its left.
fn beside(
    panel: &Panel,
    cut: &[(f64, f64, f64)],
    of: &(f64, f64, f64),
    wide: f64,
    lines: &[f64],
) -> f64 {
    let middle = (of.0 + of.1) / 2.0;
    let right = of.1.max(middle + 6.0) + 6.0;
    let left = of.0.min(middle - 6.0) - 6.0 - wide;
    let is_free = |x: &f64| {
        let hits = |other: &(f64, f64, f64)| {
            let mark = (other.0 + other.1) / 2.0;
            mark + 6.0 > *x && mark - 6.0 < x + wide
        };
        let inside = *x > panel.area.x && x + wide < panel.area.right();
        inside && !cut.iter().any(hits)
    };
    let crosses = |x: &f64| {
        let hit = |line: &&f64| **line > x - 4.0 && **line < x + wide + 4.0;
        lines.iter().any(|line| hit(&line))
    };
    let free = || [right, left].into_iter().filter(is_free);
    let alone = free().find(|x| !crosses(x));
    alone
        .or_else(|| free().next())
        .unwrap_or(match right + wide < panel.area.right() {
            true => right,
            false => left,
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plot::Shape;
    use crate::plot::scale::Scale;
    use crate::plot::units::Unit;

    /// No line of a fault shows through the text.
    #[test]
    fn what_is_cut_is_told_on_paper() {
        let x = Scale::span(Unit::Time, 0.0, 100.0);
        let y = Scale::span(Unit::Count, 0.0, 10.0);
        let panel = Panel::in_space(rect(0.0, 0.0, 400.0, 200.0), x, y, false);
        let mut drawing = Drawing::new(400.0, 200.0, "");
        tell_cut(&mut drawing, &panel, [(10.0, 12.0, 70.0)], &[]);
        let [.., Shape::Bar(ground, paint), Shape::Text(text)] = &drawing.shapes[..] else {
            panic!("{:?}", drawing.shapes)
        };
        assert_eq!((paint.ink, paint.alpha), (Ink::Paper, 1.0));
        let text = text.space();
        assert!(ground.x < text.x && text.right() < ground.right());
    }

    /// The text covers no other mark.
    #[test]
    fn it_stands_where_it_is_free() {
        let x = Scale::span(Unit::Time, 0.0, 100.0);
        let y = Scale::span(Unit::Count, 0.0, 10.0);
        let panel = Panel::in_space(rect(0.0, 0.0, 400.0, 200.0), x, y, false);
        let cut = [(200.0, 202.0, 9.0), (230.0, 232.0, 9.0)];
        let at = |of: usize| beside(&panel, &cut, &cut[of], 60.0, &[]);
        assert!(at(0) + 60.0 < 200.0 && at(1) > 232.0);
        // Nor the line of a fault, if it can be helped.
        let at = |lines: &[f64]| beside(&panel, &cut[..1], &cut[0], 60.0, lines);
        assert!(at(&[]) > 202.0 && at(&[240.0]) + 60.0 < 200.0);
        assert!(at(&[150.0, 240.0]) > 202.0);
    }

    #[test]
    fn one_spike_does_not_flatten_the_rest() {
        let even = [5.0; 30];
        assert_eq!(end_of_bulk(even), 5.0);
        assert_eq!(end_of_bulk(even.into_iter().chain([80.0])), 7.5);
        assert_eq!(end_of_bulk([5.0]), 5.0);
        assert_eq!(end_of_bulk([]), 0.0);
        // Half of the time is no spike.
        assert_eq!(end_of_bulk(even.into_iter().chain([80.0; 30])), 80.0);
    }
}
