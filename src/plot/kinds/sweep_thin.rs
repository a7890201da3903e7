//! Neighbouring values of an axis put together, where a figure has no room for each.

use std::collections::BTreeMap;

use super::sweep_axis::Axis;
use crate::plot::result::Cell;

/// Marks of a line, fields of a map from left to right, and from below to above, at most:
/// more would be narrower than they can be seen.
pub const LINE: usize = 480;
/// Lines that a figure can tell apart by their colours.
pub const LINES: usize = 8;
/// Fields of a map from left to right.
pub const ACROSS: usize = 128;
/// Fields of a map from below to above.
pub const UP: usize = 80;

/// An axis, some neighbours of which are one.
pub struct Thin {
    /// What is left of it: of each few neighbours, the one in the middle.
    pub axis: Axis,
    /// How many are one.
    pub each: usize,
    /// The value that stands for each.
    stands: BTreeMap<String, String>,
}

impl Thin {
    /// `axis` with at most [`LINES`] values, from its first to its last: those that are
    /// drawn of very many. Names are all there.
    pub fn some(axis: Axis) -> Axis {
        let count = axis.values.len();
        match axis.has_sizes() && count > 2 * LINES {
            true => axis.only((0..LINES).map(|i| i * (count - 1) / (LINES - 1))),
            false => axis,
        }
    }

    /// `axis` with at most `most` values. Names are not put together.
    pub fn new(axis: Axis, most: usize) -> Thin {
        let count = axis.values.len();
        let each = match axis.has_sizes() {
            true => count.div_ceil(most).max(1),
            false => 1,
        };
        if each == 1 {
            return Thin {
                axis,
                each,
                stands: BTreeMap::new(),
            };
        }
        let middle = |i: usize| {
            let first = i / each * each;
            (first + (count.min(first + each) - 1)) / 2
        };
        let values = axis.values.iter().enumerate();
        let stands = values.map(|(i, value)| (value.clone(), axis.values[middle(i)].clone()));
        Thin {
            stands: stands.collect(),
            axis: axis.only((0..count).step_by(each).map(middle)),
            each,
        }
    }
}

/// What the ends of the interval of several points are.
#[derive(Copy, Clone, PartialEq, Eq)]
pub enum Ends {
    /// The means of theirs.
    Mean,
    /// The outermost of theirs.
    Outermost,
}

/// `cells`, those whose values of the axes are one put together: their mean.
pub fn together(cells: &[&Cell], axes: &[&Thin], ends: Ends) -> Vec<Cell> {
    if axes.iter().all(|thin| thin.each == 1) {
        return cells.iter().map(|cell| (*cell).clone()).collect();
    }
    let mut all: BTreeMap<Vec<&str>, (f64, Cell)> = BTreeMap::new();
    for cell in cells {
        let mut values: Vec<&str> = cell.values.iter().map(String::as_str).collect();
        for thin in axes {
            if let Some(stands) = thin.stands.get(values[thin.axis.column]) {
                values[thin.axis.column] = stands;
            }
        }
        let first = |values: &[&str]| Cell {
            values: values.iter().map(|value| (*value).to_owned()).collect(),
            ..(*cell).clone()
        };
        let Some((count, known)) = all.get_mut(&values) else {
            let cell = first(&values);
            all.insert(values, (1.0, cell));
            continue;
        };
        *count += 1.0;
        let step = |mean: f64, next: f64| mean + (next - mean) / *count;
        known.mean = step(known.mean, cell.mean);
        (known.low, known.high) = match ends {
            Ends::Mean => (step(known.low, cell.low), step(known.high, cell.high)),
            Ends::Outermost => (known.low.min(cell.low), known.high.max(cell.high)),
        };
    }
    all.into_values().map(|(_, cell)| cell).collect()
}

/// What the foot of a map says: whether its fields are several points, and what is `fixed`.
pub fn foot_words(axes: &[&Thin], fixed: &str) -> String {
    let each: Vec<String> = axes.iter().map(|thin| thin.each.to_string()).collect();
    let is_thin = axes.iter().any(|thin| thin.each > 1);
    let thin = is_thin.then(|| format!("a field is the mean of {} points", each.join(" × ")));
    let all = thin.as_deref().into_iter().chain([fixed]);
    let all = all.filter(|words| !words.is_empty());
    all.collect::<Vec<_>>().join(" · ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plot::result::SweepResult;

    fn sweep(count: usize) -> SweepResult {
        let cell = |i: usize| Cell {
            values: [i.to_string()].into(),
            metric: "iops".into(),
            mean: i as f64,
            low: i as f64 - 1.0,
            high: i as f64 + 1.0,
            runs: 3,
            method: "student-t".into(),
        };
        SweepResult {
            axes: vec!["depth".into()],
            cells: (0..count).map(cell).collect(),
            ..SweepResult::default()
        }
    }

    #[test]
    fn neighbours_are_one_and_no_spike_is_lost() {
        let sweep = sweep(1000);
        let thin = Thin::new(Axis::new(&sweep, 0), 100);
        assert_eq!((thin.each, thin.axis.values.len()), (10, 100));
        assert_eq!(thin.axis.values[..2], ["4", "14"]);
        let cells: Vec<&Cell> = sweep.cells.iter().collect();
        let all = together(&cells, &[&thin], Ends::Outermost);
        assert_eq!(all.len(), 100);
        let first = all.iter().find(|cell| cell.values[0] == "4").unwrap();
        assert!((first.mean - 4.5).abs() < 1e-9, "{first:?}");
        assert_eq!((first.low, first.high), (-1.0, 10.0));
        assert_eq!(
            foot_words(&[&thin], "a = 1"),
            "a field is the mean of 10 points · a = 1"
        );
    }

    #[test]
    fn few_values_stay_as_they_are() {
        let sweep = sweep(100);
        let thin = Thin::new(Axis::new(&sweep, 0), 100);
        let cells: Vec<&Cell> = sweep.cells.iter().collect();
        assert_eq!(together(&cells, &[&thin], Ends::Mean), sweep.cells);
        assert_eq!(foot_words(&[&thin], "a = 1"), "a = 1");
    }
}
