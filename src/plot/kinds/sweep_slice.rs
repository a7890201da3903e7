//! Which part of a sweep is drawn, and what it is called.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::sweep_axis::{Axis, short};
use crate::plot::PlotError;
use crate::plot::result::{Cell, SweepResult, quantity};

/// What is drawn of a sweep.
#[derive(Clone, Debug, Default)]
pub struct Choice {
    /// The figure; none: throughput and latency.
    pub metric: Option<String>,
    /// The axis from left to right.
    pub x: Option<String>,
    /// The axis from below to above, of maps.
    pub y: Option<String>,
    /// Axes that are not drawn, and the value that they have; others have the one
    /// where most is to be seen.
    pub at: Vec<(String, String)>,
}

/// The number of the axis called `name`.
fn named(sweep: &SweepResult, name: &str) -> Result<usize, PlotError> {
    let whole = sweep.axes.iter().position(|axis| axis == name);
    let last = || sweep.axes.iter().position(|axis| short(axis) == name);
    let found = whole.or_else(last);
    found.ok_or_else(|| PlotError::NoAxis(name.into(), sweep.axes.join(", ")))
}

/// The number of the axis called `name`, or the first that `fits`.
pub fn axis(
    sweep: &SweepResult,
    name: Option<&str>,
    fits: impl Fn(usize) -> bool,
) -> Result<usize, PlotError> {
    if let Some(name) = name {
        return named(sweep, name);
    }
    let found = (0..sweep.axes.len()).find(|i| fits(*i));
    found.ok_or_else(|| PlotError::TooFewAxes(sweep.axes.join(", ")))
}

/// The mode axis, if there is more than one mode.
pub fn modes(sweep: &SweepResult) -> Option<usize> {
    sweep
        .mode_axis()
        .filter(|axis| sweep.values(*axis).len() > 1)
}

/// Whether no axis with several values has sizes.
pub fn has_names_only(sweep: &SweepResult) -> bool {
    let several = |i: &usize| Some(*i) != sweep.mode_axis() && sweep.values(*i).len() > 1;
    let mut axes = (0..sweep.axes.len()).filter(several).peekable();
    axes.peek().is_some() && axes.all(|i| !Axis::new(sweep, i).has_sizes())
}

/// `--x` and `--y` are different axes.
pub fn check_apart(sweep: &SweepResult, choice: &Choice) -> Result<(), PlotError> {
    match (&choice.x, &choice.y) {
        (Some(x), Some(y)) if named(sweep, x)? == named(sweep, y)? => {
            Err(PlotError::SameAxis(x.clone()))
        }
        _ => Ok(()),
    }
}

/// The two axes of a map.
pub fn two_axes(sweep: &SweepResult, choice: &Choice) -> Result<[usize; 2], PlotError> {
    let several = |i: usize| Some(i) != sweep.mode_axis() && sweep.values(i).len() > 1;
    let given_y = match &choice.y {
        Some(y) => Some(named(sweep, y)?),
        None => None,
    };
    let x = axis(sweep, choice.x.as_deref(), |i| {
        Some(i) != given_y && several(i)
    })?;
    let y = axis(sweep, choice.y.as_deref(), |i| i != x && several(i))?;
    check_apart(sweep, choice)?;
    Ok([x, y])
}

/// The part of `sweep` where the axes of `--at` have their value.
pub fn restricted<'s>(
    sweep: &'s SweepResult,
    choice: &Choice,
) -> Result<Cow<'s, SweepResult>, PlotError> {
    let mut part = Cow::Borrowed(sweep);
    for (name, value) in &choice.at {
        let column = named(sweep, name)?;
        let axis = Axis::new(&part, column);
        let same = |known: &&String| {
            let sizes = quantity(known).zip(quantity(value));
            known == &value || sizes.is_some_and(|(a, b)| a == b) || axis.tell(known) == value
        };
        let Some(found) = axis.values.iter().find(same) else {
            let all = axis.values.join(", ");
            return Err(PlotError::NoValue(value.clone(), name.clone(), all));
        };
        part = Cow::Owned(part.only(column, found));
    }
    Ok(part)
}

/// Cells of a sweep that have the same values of the axes that are not drawn.
#[derive(Default)]
struct Part<'s> {
    cells: usize,
    /// Values of the axes that are not compared, and the least and largest figure.
    places: BTreeMap<Vec<&'s str>, (f64, f64)>,
}

impl<'s> Part<'s> {
    fn add(&mut self, place: Vec<&'s str>, mean: f64) {
        self.cells += 1;
        let known = self.places.entry(place).or_insert((mean, mean));
        *known = (known.0.min(mean), known.1.max(mean));
    }
    /// How far the figures of a place are apart, as a share; of all, on average.
    fn apart(&self) -> f64 {
        let shares = self.places.values().map(|(low, high)| {
            let most = low.abs().max(high.abs());
            if most > 0.0 { (high - low) / most } else { 0.0 }
        });
        shares.sum::<f64>() / self.places.len().max(1) as f64
    }
}

/// The values of the axes that are not drawn.
#[derive(Clone, Debug)]
pub struct Slice {
    fixed: Vec<Option<String>>,
}

impl Slice {
    /// All axes but those that are `free` have one value: that where values of the
    /// axes that are `compared` differ most in `metric`, on average over the other
    /// free ones; of equals, the first. A figure of what is equal everywhere would
    /// say less.
    pub fn new(sweep: &SweepResult, metric: &str, free: &[usize], compared: &[usize]) -> Slice {
        let kept: Vec<usize> = free
            .iter()
            .copied()
            .filter(|i| !compared.contains(i))
            .collect();
        // In order of the table.
        let mut parts: Vec<(Vec<Option<&str>>, Part<'_>)> = Vec::new();
        let mut known: BTreeMap<Vec<Option<&str>>, usize> = BTreeMap::new();
        for cell in sweep.of(metric) {
            let values = cell.values.iter().enumerate();
            let fixed = values.map(|(i, value)| (!free.contains(&i)).then_some(value.as_str()));
            let fixed: Vec<Option<&str>> = fixed.collect();
            let at = *known.entry(fixed.clone()).or_insert(parts.len());
            if at == parts.len() {
                parts.push((fixed, Part::default()));
            }
            let place = kept.iter().map(|i| cell.values[*i].as_str()).collect();
            parts[at].1.add(place, cell.mean);
        }
        let whole = parts.iter().map(|(_, part)| part.cells).max().unwrap_or(0);
        let mut best: Option<(f64, Vec<Option<&str>>)> = None;
        // Points that were left out leave holes: others first.
        for (fixed, part) in parts.into_iter().filter(|p| 5 * p.1.cells >= 4 * whole) {
            let apart = part.apart();
            if best.as_ref().is_none_or(|best| apart > best.0 + 1e-6) {
                best = Some((apart, fixed));
            }
        }
        let fixed = best.map(|best| best.1).unwrap_or_default();
        Slice {
            fixed: fixed
                .into_iter()
                .map(|value| value.map(str::to_owned))
                .collect(),
        }
    }

    /// Its cells of `metric`.
    pub fn cells<'s>(&self, sweep: &'s SweepResult, metric: &str) -> Vec<&'s Cell> {
        let inside = |cell: &&Cell| {
            let mut pairs = cell.values.iter().zip(&self.fixed);
            pairs.all(|(value, fixed)| fixed.as_ref().is_none_or(|f| f == value))
        };
        sweep.of(metric).filter(inside).collect()
    }

    /// What the axes are that are not drawn, where the `whole` sweep has several
    /// values.
    pub fn words(&self, whole: &SweepResult) -> String {
        let told = self.fixed.iter().enumerate().filter_map(|(i, fixed)| {
            let axis = Axis::new(whole, i);
            let several = axis.values.len() > 1;
            let value = fixed.as_deref().filter(|_| several)?;
            Some(format!("{} = {}", short(&whole.axes[i]), axis.tell(value)))
        });
        told.collect::<Vec<_>>().join(", ")
    }
}

/// What the foot of a sweep's figure says: enough to repeat it, what is long last.
pub fn foot(sweep: &SweepResult, fixed: &str) -> String {
    let origin = &sweep.origin;
    let mut text = format!("mpathsim {}", origin.version).trim_end().to_owned();
    if let Some(seed) = origin.seed {
        text += &format!(" · seed {seed}");
    }
    let varies = sweep.axes.iter().any(|axis| short(axis) == "profile");
    if let Some(profile) = origin.cpu_profile.as_ref().filter(|_| !varies) {
        text += &format!(" · CPU profile {profile}");
    }
    text += match (&origin.comparison, origin.places.is_empty()) {
        (Some(_), _) => " · comparison of ",
        (None, true) => " · sweep ",
        (None, false) => " · ",
    };
    text += &sweep.name;
    if !fixed.is_empty() {
        text += &format!(" · {fixed}");
    }
    text
}

/// What the intervals of `cells` are; none if there are none.
pub fn interval(cells: &[&Cell]) -> Option<String> {
    let of = |cell: &&&Cell| !cell.method.is_empty();
    let with: Vec<&&Cell> = cells.iter().filter(of).collect();
    let runs = with.iter().map(|cell| cell.runs);
    let (least, most) = (runs.clone().min()?, runs.max()?);
    let of_runs = with.iter().any(|cell| *cell.method == *"student-t");
    let text = match (of_runs, least == most) {
        (false, _) => "95 % confidence interval, from within the only run".into(),
        (true, true) => format!("95 % confidence interval of the mean of {most} runs"),
        (true, false) => format!("95 % confidence interval of the mean of {least} to {most} runs"),
    };
    Some(text)
}

/// The title of a figure: of a comparison, with those that are compared.
pub fn titled(sweep: &SweepResult, title: String) -> String {
    match &sweep.origin.comparison {
        Some(_) => format!("{title}: {}", sweep.name),
        None => title,
    }
}

/// `text` with a capital letter.
pub fn capital(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|c| c.to_uppercase().to_string());
    first.unwrap_or_default() + letters.as_str()
}

/// What a figure is about: what the sweep says of itself, or `otherwise`.
pub fn about<'t>(sweep: &'t SweepResult, otherwise: &'t str) -> &'t str {
    match sweep.origin.about.as_str() {
        "" => otherwise,
        about => about,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plot::result::Origin;

    fn sweep(rows: &[([&str; 3], f64)]) -> SweepResult {
        let cell = |(values, mean): &([&str; 3], f64)| Cell {
            values: values.iter().map(|v| (*v).to_owned()).collect(),
            metric: "iops".into(),
            mean: *mean,
            low: *mean,
            high: *mean,
            runs: 1,
            method: "".into(),
        };
        SweepResult {
            axes: ["depth", "policy", "mode"].map(str::to_owned).into(),
            cells: rows.iter().map(cell).collect(),
            ..SweepResult::default()
        }
    }

    #[test]
    fn a_slice_is_taken_where_modes_differ() {
        let sweep = sweep(&[
            (["4", "rr", "bio"], 100.0),
            (["4", "rr", "request"], 100.0),
            (["4", "ql", "bio"], 100.0),
            (["4", "ql", "request"], 300.0),
        ]);
        let slice = Slice::new(&sweep, "iops", &[0, 2], &[2]);
        assert_eq!(slice.words(&sweep), "policy = ql");
        assert_eq!(slice.cells(&sweep, "iops").len(), 2);
        // All axes free: nothing is left out.
        let all = Slice::new(&sweep, "iops", &[0, 1, 2], &[2]);
        assert_eq!(all.cells(&sweep, "iops").len(), 4);
    }

    /// The version is that of the run, not of the program that draws.
    #[test]
    fn the_foot_tells_how_to_repeat_it() {
        let mut sweep = sweep(&[(["4", "rr", "bio"], 100.0)]);
        sweep.name = "s".into();
        *sweep.origin = Origin {
            version: "9.9.9".into(),
            seed: Some(7),
            cpu_profile: Some("lab".into()),
            ..Origin::default()
        };
        let want = "mpathsim 9.9.9 · seed 7 · CPU profile lab · sweep s · depth = 4";
        assert_eq!(foot(&sweep, "depth = 4"), want);
    }

    #[test]
    fn axes_that_are_not_drawn_have_the_value_that_is_asked_for() {
        let sweep = sweep(&[(["4k", "rr", "bio"], 1.0), (["8k", "rr", "bio"], 2.0)]);
        let choice = |axis: &str, value: &str| Choice {
            at: vec![(axis.into(), value.into())],
            ..Choice::default()
        };
        for value in ["8k", "8192", "8 KiB"] {
            let part = restricted(&sweep, &choice("depth", value)).unwrap();
            assert_eq!(part.values(0), ["8k"], "{value}");
        }
        let wrong = restricted(&sweep, &choice("depth", "9k"));
        assert!(matches!(wrong, Err(PlotError::NoValue(..))));
        let wrong = restricted(&sweep, &choice("width", "8k"));
        assert!(matches!(wrong, Err(PlotError::NoAxis(..))));
    }
}
