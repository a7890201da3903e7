//! What is wrong with the values of the axes, before anything runs.

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;

use super::SweepError;
use super::axis::{Axis, Choice, Set, Values};
use super::definition::Sweep;
use super::point::PointError;
use super::quantity::{Kind, Quantity};
use super::record::Label;
use super::setting::{POLICY, Setting};
use super::space::Place;
use crate::scenario::{Problem, ScenarioError};

/// Values of an axis that are all tried; of more numbers than that, the least, the
/// greatest, and so many between.
const SOME: usize = 256;

const LEAVE_OUT: &str =
    "leave the value out, or the points that it is impossible in: exclude = [{ … }]";

impl Sweep {
    /// Tries the values of the axes, each in the first point that has it: what is
    /// wrong with one is told before anything runs.
    ///
    /// # Errors
    /// The first thing that is wrong, at its place in the file of the sweep.
    pub(super) fn check(&self) -> Result<(), SweepError> {
        self.check_common()?;
        self.check_keys()?;
        self.check_common_keys()?;
        let fails = |number: &u64| {
            let why = self.machine(&self.point(*number)).err()?;
            Some((*number, why))
        };
        match self.tried().par_iter().find_map_first(fails) {
            None => Ok(()),
            Some((number, why)) => Err(self.blame(number, &why)),
        }
    }

    /// What all points have in common makes a scenario.
    fn check_common(&self) -> Result<(), SweepError> {
        let Some(mode) = self.space.modes.first() else {
            return Ok(());
        };
        let Err(why) = self.scenario(&self.point_of(*mode, std::iter::empty())) else {
            return Ok(());
        };
        let named = self.common.iter().find(|common| why.is_of(&common.what));
        if let Some(at) = named.and_then(|common| common.at.clone()) {
            return Err(self.invalid(self.source.problem(at, why.message(), hint(&why))));
        }
        match why {
            PointError::Scenario(why) => Err(SweepError::Scenario(why)),
            why => Err(self.invalid(self.source.problem(0..0, why.to_string(), None))),
        }
    }

    /// No axis sets what another sets: one of the two columns would lie.
    fn check_keys(&self) -> Result<(), SweepError> {
        let mut before: Vec<(usize, &str, Vec<String>)> = Vec::new();
        for (number, axis) in self.space.axes.iter().enumerate() {
            for key in &axis.keys {
                let path = self.path(&key.value);
                let other = before.iter().find(|(of, _, other)| {
                    // What one variant sets, another may set too.
                    !(axis.named && *of == number) && undoes(&path, other)
                });
                if let Some((of, other, _)) = other {
                    let name = self.space.axes[*of].columns.join(", ");
                    let what = format!(
                        "`{}` sets what axis `{name}` has set by `{other}`",
                        key.value
                    );
                    let hint = "a key has one axis; what goes together is a `zip`, or a `variant`";
                    let problem = self.source.problem(key.span.clone(), what, hint.to_owned());
                    return Err(self.invalid(problem));
                }
                before.push((number, &key.value, path));
            }
        }
        Ok(())
    }

    /// Nothing is set for all points that an axis sets at each of them: it would be
    /// ignored.
    fn check_common_keys(&self) -> Result<(), SweepError> {
        for common in &self.common {
            let Setting::Key(set) = &common.what else {
                continue;
            };
            let path = self.template.path_of(set);
            let undone = |axis: &&Axis| {
                let keys = axis.keys.iter().enumerate();
                let mut keys = keys.filter(|(_, key)| undoes(&self.path(&key.value), &path));
                keys.any(|(index, _)| always_sets(axis, index))
            };
            if let Some(axis) = self.space.axes.iter().find(undone) {
                let key = axis.keys.first();
                let at = common.at.clone();
                let at = at.or_else(|| key.map(|key| key.span.clone()));
                let what = format!(
                    "axis `{}` varies this: `{}`, for all points, would be ignored",
                    axis.columns.join(", "),
                    set.text
                );
                let hint = "leave one of the two out".to_owned();
                let problem = self.source.problem(at.unwrap_or(0..0), what, hint);
                return Err(self.invalid(problem));
            }
        }
        Ok(())
    }

    fn path(&self, key: &str) -> Vec<String> {
        match Setting::new(key, &toml::Value::Boolean(true)) {
            Ok(Setting::Key(set)) => self.template.path_of(&set),
            _ => vec![key.to_owned()],
        }
    }

    /// Points of which each has a value that none before it has: together they have
    /// all that are tried.
    fn tried(&self) -> Vec<u64> {
        let mut wanted: Vec<BTreeSet<usize>> = self.space.axes.iter().map(wanted).collect();
        let mut modes: BTreeSet<usize> = (0..self.space.modes.len()).collect();
        // Of an axis that is drawn from a range: the least and the greatest that was.
        let mut ends = BTreeMap::new();
        let mut tried = Vec::new();
        for number in 0..self.space.len() {
            let (places, mode) = self.space.places(number);
            let mut is_new = modes.remove(&mode);
            for (axis, place) in places.into_iter().enumerate() {
                match place {
                    Place::Of(index) => is_new |= wanted[axis].remove(&index),
                    Place::Along(u) => widen(&mut ends, axis, u, number),
                }
            }
            if is_new {
                tried.push(number);
            }
            if ends.is_empty() && modes.is_empty() && wanted.iter().all(BTreeSet::is_empty) {
                break;
            }
        }
        tried.extend(ends.into_values().flatten().map(|(_, number)| number));
        tried.sort_unstable();
        tried.dedup();
        tried
    }

    /// Says which axis, or which of its values, is to blame that point `number` has
    /// no machine.
    fn blame(&self, number: u64, why: &PointError) -> SweepError {
        let (choices, mode) = self.space.choices(number);
        let fails_so = |settings: &[Set]| {
            let own = settings.iter().map(|set| set.what.clone());
            let other = self.machine(&self.point_of(mode, own)).err();
            other.is_some_and(|other| other.message() == why.message())
        };
        let by_itself = |choice: &Choice| {
            let set = choice.settings.first();
            set.filter(|_| fails_so(&choice.settings)).cloned()
        };
        let named = |choice: &Choice| {
            choice
                .settings
                .iter()
                .find(|set| why.is_of(&set.what))
                .cloned()
        };
        let find = |culprit: &dyn Fn(&Choice) -> Option<Set>| {
            let mut axes = choices.iter().enumerate();
            axes.find_map(|(axis, choice)| Some((axis, choice, culprit(choice)?)))
        };
        let problem = if let Some((axis, choice, set)) = find(&named) {
            self.problem(axis, choice, &set, why)
        } else if fails_so(&[]) {
            let at = self.source.text.find("[sweep").unwrap_or(0);
            let hint = "write which modes it has: modes = [\"bio\"]".to_owned();
            let at = at..at + "[sweep".len();
            self.source.problem(at, why.message(), hint)
        } else if let Some((axis, choice, set)) = find(&by_itself) {
            self.problem(axis, choice, &set, why)
        } else {
            self.together(&choices, why)
        };
        self.invalid(problem)
    }

    /// Values none of which is wrong by itself.
    fn together(&self, choices: &[Choice], why: &PointError) -> Problem {
        let all = choices.iter().enumerate();
        let values: Vec<String> = all
            .map(|(axis, choice)| format!("{} {}", self.columns(axis), choice.name()))
            .collect();
        let last = choices.iter().flat_map(|choice| &choice.settings).last();
        let at = last.map_or(0..0, |set| set.at.clone());
        let what = format!("{}: {}", values.join(", "), why.message());
        self.source.problem(at, what, LEAVE_OUT.to_owned())
    }

    /// What is wrong with `set`, or with its key.
    fn problem(&self, axis: usize, choice: &Choice, set: &Set, why: &PointError) -> Problem {
        let columns = self.columns(axis);
        let message = why.message();
        let of_key = matches!(
            why,
            PointError::Scenario(ScenarioError::Option { of_key: true, .. })
        );
        let axis = &self.space.axes[axis];
        let key = axis.keys.get(set.key).filter(|_| of_key);
        let name = choice.name();
        let (at, what) = match key {
            Some(key) if axis.named => (&key.span, format!(", {name}: {}", key.value)),
            Some(key) => (&key.span, format!(": {}", key.value)),
            None => (&set.at, format!(", {name}")),
        };
        let what = format!("axis `{columns}`{what}: {message}");
        self.source.problem(at.clone(), what, hint(why))
    }

    fn columns(&self, axis: usize) -> String {
        self.space.axes[axis].columns.join(", ")
    }
}

fn hint(why: &PointError) -> String {
    match why {
        PointError::Scenario(ScenarioError::Option { hint, .. }) => hint.clone(),
        _ => LEAVE_OUT.into(),
    }
}

/// Whether every value of `axis` sets its key `index`: of variants, some may not.
fn always_sets(axis: &Axis, index: usize) -> bool {
    match &axis.values {
        Values::List(list) => list
            .iter()
            .all(|choice| choice.settings.iter().any(|set| set.key == index)),
        Values::Range(_) => true,
    }
}

/// Whether setting `path` leaves nothing of what `other` has set.
fn undoes(path: &[String], other: &[String]) -> bool {
    let is_policy = |path: &[String]| path == [POLICY];
    let is_selector = |path: &[String]| path.last().is_some_and(|step| step == "selector");
    other.starts_with(path)
        || (is_policy(path) && is_selector(other))
        || (is_selector(path) && is_policy(other))
}

/// Places in the list of an axis that are tried: all of a short list. Of a long one
/// every word, and of the numbers the least and the greatest of each kind, the first,
/// the last, and some between.
fn wanted(axis: &Axis) -> BTreeSet<usize> {
    let list = match &axis.values {
        Values::List(list) if list.len() > SOME => list,
        Values::List(list) => return (0..list.len()).collect(),
        Values::Range(_) => return BTreeSet::new(),
    };
    let mut wanted: BTreeSet<usize> = (0..SOME)
        .map(|i| i * (list.len() - 1) / (SOME - 1))
        .collect();
    for column in 0..axis.columns.len() {
        let mut words = BTreeSet::new();
        let mut ends = BTreeMap::new();
        let labels = list.iter().map(|choice| choice.labels.get(column));
        for (i, label) in labels.enumerate() {
            let Some(label) = label else { continue };
            let Some(Quantity { kind, number }) = quantity(label) else {
                if words.insert(label.to_string()) {
                    wanted.insert(i);
                }
                continue;
            };
            widen(&mut ends, kind, number, i);
        }
        wanted.extend(ends.into_values().flatten().map(|(_, i)| i));
    }
    wanted
}

/// The least and the greatest of each kind, and who has them.
type Ends<K, T> = BTreeMap<K, [(f64, T); 2]>;

/// Counts `who`, who has `value`.
fn widen<K: Ord, T: Copy>(ends: &mut Ends<K, T>, kind: K, value: f64, who: T) {
    let [least, most] = ends.entry(kind).or_insert([(value, who); 2]);
    if value < least.0 {
        *least = (value, who);
    }
    if value > most.0 {
        *most = (value, who);
    }
}

/// The number that a label is.
fn quantity(label: &Label) -> Option<Quantity> {
    match label {
        Label::Whole(n) => Some(Quantity {
            kind: Kind::Whole,
            number: *n as f64,
        }),
        Label::Real(x) => Some(Quantity {
            kind: Kind::Real,
            number: *x,
        }),
        Label::Truth(_) => None,
        // Digits in quotes are another thing than a number.
        Label::Text(text) => {
            Quantity::parse(text).filter(|q| !matches!(q.kind, Kind::Whole | Kind::Real))
        }
    }
}
