//! weighted-round-robin: turns in proportion to weights that the table gives.

use super::{Paths, Policy};
use crate::models::mpath::selector::SelectCtx;

/// Smooth weighted round-robin: of weights 5, 1, 1 the turns are a a b a c a a,
/// not five in a row. Every path's credit grows by its weight; the largest
/// credit has the turn and pays the sum of all.
#[derive(Default)]
pub struct WeightedRoundRobin {
    weights: Vec<i64>,
    credits: Vec<i64>,
}

impl Policy for WeightedRoundRobin {
    fn add_path(&mut self, args: &[&str]) -> Result<(), String> {
        let weight = match args {
            [] => 1,
            [weight] => weight
                .parse()
                .ok()
                .filter(|weight| (1..=1000).contains(weight))
                .ok_or_else(|| format!("weight {weight} is not between 1 and 1000"))?,
            _ => return Err("incorrect number of arguments".into()),
        };
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
