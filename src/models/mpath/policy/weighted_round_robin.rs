//! weighted-round-robin: turns in proportion to weights that the table gives.

use super::{Paths, Policy, Tunables};
use crate::models::mpath::selector::SelectCtx;

/// Smooth weighted round-robin: of weights 5, 1, 1 the turns are a a b a c a a,
/// not five in a row. Every path's credit grows by its weight; the largest
/// credit has the turn and pays the sum of all.
#[derive(Default)]
pub struct WeightedRoundRobin {
    /// Weights of the paths in table order, if given for the group.
    given: Vec<i64>,
    weights: Vec<i64>,
    credits: Vec<i64>,
}

fn weight(text: &str) -> Result<i64, String> {
    let weight = text.parse().ok();
    weight
        .filter(|weight| (1..=1000).contains(weight))
        .ok_or_else(|| format!("weight {text} is not between 1 and 1000"))
}

impl WeightedRoundRobin {
    /// Tunable `weights`: those of the paths in table order, `2:1:1`. Without, each
    /// path's own word is its weight, 1 if it has none.
    pub(super) fn new(tunables: &mut Tunables) -> Result<Self, String> {
        let words = tunables.text("weights").into_iter();
        let given = words.flat_map(|text| text.split(':')).map(weight);
        Ok(WeightedRoundRobin {
            given: given.collect::<Result<_, _>>()?,
            ..WeightedRoundRobin::default()
        })
    }
    fn of_next_path(&self, args: &[&str]) -> Result<i64, String> {
        let path = self.weights.len();
        match (args, self.given.as_slice()) {
            ([], []) => Ok(1),
            ([word], []) => weight(word),
            ([], given) => given.get(path).copied().ok_or_else(|| {
                format!(
                    "{} weights are given, and none for path {path}",
                    given.len()
                )
            }),
            ([_], _) => Err("weights are given for the group and for a path".into()),
            _ => Err("incorrect number of arguments".into()),
        }
    }
}

impl Policy for WeightedRoundRobin {
    fn add_path(&mut self, args: &[&str]) -> Result<(), String> {
        let weight = self.of_next_path(args)?;
        self.weights.push(weight);
        self.credits.push(0);
        Ok(())
    }
    fn choose(&mut self, _io: &SelectCtx, paths: &Paths) -> usize {
        let mut total = 0;
        for (index, _) in paths.usable() {
            self.credits[index] += self.weights[index];
            total += self.weights[index];
        }
        let chosen = paths.least_of(|index, _| -self.credits[index]);
        self.credits[chosen] -= total;
        chosen
    }
    fn state_changed(&mut self, path: usize, _is_up: bool) {
        self.credits[path] = 0;
    }
}
