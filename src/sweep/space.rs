//! All points of a sweep, in order.

use super::axis::{Axis, Choice, Values};
use super::condition::Exclusion;
use super::record::Label;
use super::sample::Sample;
use crate::scenario::Mode;

/// The most points of a sweep.
pub const MOST: u64 = 1_000_000;

/// Why there is no such space.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum NoSpace {
    /// That are too many points.
    TooMany(u128),
    /// This exclusion leaves out none of them.
    Idle(usize),
}

/// Where a point lies along an axis.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Place {
    /// At this value of its list.
    Of(usize),
    /// So far along its range, 0 to 1.
    Along(f64),
}

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
    /// There are too many points, or an exclusion is true of none: a sample may
    /// happen to have none of those.
    pub fn new(
        axes: Vec<Axis>,
        modes: Vec<Mode>,
        sample: Option<Sample>,
        exclusions: &[Exclusion],
    ) -> Result<Space, NoSpace> {
        let sizes = axes.iter().map(|axis| axis.size().unwrap_or(1) as u128);
        let combinations = match &sample {
            Some(sample) => u128::from(sample.points),
            None => sizes.fold(1, u128::saturating_mul),
        };
        let all = combinations.saturating_mul(modes.len() as u128);
        if all > u128::from(MOST) {
            return Err(NoSpace::TooMany(all));
        }
        let mut space = Space {
            axes,
            modes,
            sample,
            kept: Vec::new(),
            excluded: 0,
        };
        let mut is_idle = vec![space.sample.is_none(); exclusions.len()];
        let mut is_kept = |raw: &u64| {
            let labels = match exclusions {
                [] => return true,
                _ => space.labels_of(*raw),
            };
            let mut is_kept = true;
            for (exclusion, is_idle) in exclusions.iter().zip(&mut is_idle) {
                let holds = exclusion.holds(&labels);
                is_kept &= !holds;
                *is_idle &= !holds;
            }
            is_kept
        };
        let kept: Vec<u64> = (0..all as u64).filter(&mut is_kept).collect();
        if let Some(idle) = is_idle.iter().position(|idle| *idle) {
            return Err(NoSpace::Idle(idle));
        }
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

    /// Where `point` lies along each axis, and which of the modes it has.
    pub fn places(&self, point: u64) -> (Vec<Place>, usize) {
        let raw = self.raw(point);
        let modes = self.modes.len().max(1) as u64;
        (self.places_of(raw / modes), (raw % modes) as usize)
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
        let places = self.places_of(combination);
        let choice = |(axis, place): (&Axis, Place)| match (&axis.values, place) {
            (Values::List(list), Place::Of(index)) => list.get(index).cloned(),
            (_, Place::Along(u)) => Some(axis.at(u)),
            (Values::Range(_), Place::Of(_)) => None,
        };
        self.axes.iter().zip(places).filter_map(choice).collect()
    }

    /// Drawn, or `combination` in the mixed base of the axes' lengths.
    fn places_of(&self, mut combination: u64) -> Vec<Place> {
        if let Some(sample) = &self.sample {
            let place = |(i, axis): (usize, &Axis)| {
                let u = sample.place(combination, i);
                axis.index(u).map_or(Place::Along(u), Place::Of)
            };
            return self.axes.iter().enumerate().map(place).collect();
        }
        let mut places = Vec::with_capacity(self.axes.len());
        for axis in self.axes.iter().rev() {
            let n = axis.size().unwrap_or(1).max(1) as u64;
            places.push(Place::Of((combination % n) as usize));
            combination /= n;
        }
        places.reverse();
        places
    }
}
