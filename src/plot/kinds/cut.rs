//! What is beyond a scale: a spike must not flatten all else, but be told.

use crate::plot::chart::{Panel, SMALL};
use crate::plot::drawing::{Drawing, label, rect};
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
/// `panel`, and tells the largest.
pub fn tell_cut(
    drawing: &mut Drawing,
    panel: &Panel,
    values: impl IntoIterator<Item = (f64, f64, f64)>,
) {
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
    let Some((l, r, most)) = cut.into_iter().max_by(|a, b| a.2.total_cmp(&b.2)) else {
        return;
    };
    let told = format!("up to {}", panel.y.unit.tell(most));
    let wide = 1.12 * font::width(&told, SMALL, Weight::Regular);
    let right = r.max((l + r) / 2.0 + 6.0) + 6.0;
    let x = match right + wide < panel.area.right() {
        true => right,
        false => l.min((l + r) / 2.0 - 6.0) - 6.0 - wide,
    };
    let y = panel.area.y + 8.0;
    let plate = rect(x - 2.0, y - 7.0, wide + 4.0, 14.0);
    drawing.bar(plate, Ink::Paper.alpha(0.86));
    drawing.text(label(x, y, told, SMALL));
}

#[cfg(test)]
mod tests {
    use super::*;

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
