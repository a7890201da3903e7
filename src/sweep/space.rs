//! All points of a sweep, in order.

use super::axis::{Axis, Choice, Values};
use super::condition::Exclusion;
use super::record::Label;
use super::sample::Sample;
use crate::scenario::Mode;

/// The most points of a sweep.
pub const MOST: u64 = 1_000_000;

/// The points of a sweep: combinations of the axes' values, the first axis
/// turning slowest, each in every mode.
#[derive(Clone, PartialEq, Debug)]
pub struct Space {
    /// The axes.
    pub axes: Vec<Axis>,
    /// The modes.
    pub modes: Vec<Mode>,
    sample: Option<Sample>,
    /// Combinations and modes that are not left out.
    kept: Vec<u64>,
    /// How many are.
    pub excluded: u64,
}

impl Space {
    /// The points of `axes`, or a `sample` of them, in `modes`, without those
    /// that an exclusion is true of.
    ///
    /// # Errors
    /// How many points there are, if they are too many.
    pub fn new(
        axes: Vec<Axis>,
        modes: Vec<Mode>,
        sample: Option<Sample>,
        exclusions: &[Exclusion],
    ) -> Result<Space, u128> {
        let sizes = axes.iter().map(|axis| match &axis.values {
            Values::List(list) => list.len() as u128,
            Values::Range(..) => 1,
        });
        let combinations = match &sample {
            Some(sample) => u128::from(sample.points),
            None => sizes.fold(1, u128::saturating_mul),
        };
        let all = combinations.saturating_mul(modes.len() as u128);
        if all > u128::from(MOST) {
            return Err(all);
        }
        let mut space = Space {
            axes,
            modes,
            sample,
            kept: Vec::new(),
            excluded: 0,
        };
        let kept = |raw: &u64| {
            let labels = space.labels_of(*raw);
            !exclusions.iter().any(|exclusion| exclusion.holds(&labels))
        };
        let kept: Vec<u64> = match exclusions {
            [] => (0..all as u64).collect(),
            _ => (0..all as u64).filter(kept).collect(),
        };
        space.excluded = all as u64 - kept.len() as u64;
        space.kept = kept;
        Ok(space)
    }

    /// How many points there are.
    pub fn len(&self) -> u64 {
        self.kept.len() as u64
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.kept.is_empty()
    }

    /// Names of the columns that tell a point from others.
    pub fn columns(&self) -> Vec<String> {
        let axes = self
            .axes
            .iter()
            .flat_map(|axis| axis.columns.iter().cloned());
        axes.chain(["mode".to_owned()]).collect()
    }

    /// The values of `point`, one a column.
    pub fn labels(&self, point: u64) -> Vec<Label> {
        self.labels_of(self.raw(point))
    }

    /// What `point` chooses of each axis, and its mode.
    pub fn choices(&self, point: u64) -> (Vec<Choice>, Mode) {
        let raw = self.raw(point);
        let modes = self.modes.len().max(1) as u64;
        let mode = self.modes.get((raw % modes) as usize);
        (
            self.combination(raw / modes),
            mode.copied().unwrap_or(Mode::Bio),
        )
    }

    /// The place of `point`'s values in the lists of the axes; axes that are
    /// sampled have none.
    pub fn places(&self, point: u64) -> Vec<usize> {
        match self.sample {
            Some(_) => Vec::new(),
            None => self.digits(self.raw(point) / self.modes.len().max(1) as u64),
        }
    }

    fn raw(&self, point: u64) -> u64 {
        self.kept.get(point as usize).copied().unwrap_or(0)
    }

    fn labels_of(&self, raw: u64) -> Vec<Label> {
        let modes = self.modes.len().max(1) as u64;
        let choices = self.combination(raw / modes);
        let mode = self
            .modes
            .get((raw % modes) as usize)
            .map_or("", |mode| mode.name());
        let labels = choices.into_iter().flat_map(|choice| choice.labels);
        labels.chain([Label::Text(mode.into())]).collect()
    }

    fn combination(&self, combination: u64) -> Vec<Choice> {
        if let Some(sample) = &self.sample {
            let axes = self.axes.iter().enumerate();
            return axes
                .map(|(i, axis)| axis.at(sample.place(combination, i)))
                .collect();
        }
        let chosen = self.axes.iter().zip(self.digits(combination));
        chosen
            .filter_map(|(axis, digit)| match &axis.values {
                Values::List(list) => list.get(digit).cloned(),
                Values::Range(..) => None,
            })
            .collect()
    }

    /// `combination` in the mixed base of the axes' lengths.
    fn digits(&self, mut combination: u64) -> Vec<usize> {
        let mut digits = Vec::with_capacity(self.axes.len());
        for axis in self.axes.iter().rev() {
            let n = match &axis.values {
                Values::List(list) => list.len().max(1) as u64,
                Values::Range(..) => 1,
            };
            digits.push((combination % n) as usize);
            combination /= n;
        }
        digits.reverse();
        digits
    }
}
