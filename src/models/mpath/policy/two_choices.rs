//! two-choices: the power of two random choices (Mitzenmacher 1996).

use super::{Paths, Policy, Tunables};
use crate::models::mpath::selector::SelectCtx;
use crate::sim::draw::{Draws, Purpose};

/// Draws two paths and takes the one with fewer I/Os in flight: nearly as even
/// as looking at all of them, without the herd that follows one that looks idle.
pub struct TwoChoices {
    draws: Draws,
    turn: u64,
}

impl TwoChoices {
    pub(super) fn new(tunables: &mut Tunables) -> Result<Self, String> {
        Ok(TwoChoices {
            draws: Draws::new(tunables.get("seed", 0, 0..=u64::MAX)?),
            turn: 0,
        })
    }
}

impl Policy for TwoChoices {
    fn choose(&mut self, _io: &SelectCtx, paths: &Paths) -> usize {
        let usable = paths.usable().count() as u64;
        self.turn += 1;
        let mut stream = self.draws.key(Purpose::Policy, [self.turn, 0]);
        let first = stream.below(usable);
        let other = (first + 1 + stream.below(usable.max(2) - 1)) % usable;
        let at = |n: u64| {
            paths
                .usable()
                .nth(n as usize)
                .unwrap_or((0, &paths.all()[0]))
        };
        let (a, b) = (at(first), at(other));
        match b.1.in_flight < a.1.in_flight {
            true => b.0,
            false => a.0,
        }
    }
}
