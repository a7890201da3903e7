//! oracle: knows what every path's device takes in truth. A contestant, not a
//! bound: it looks one I/O ahead.

use super::{Paths, Policy, Truth};
use crate::models::mpath::selector::SelectCtx;

/// The path on which this I/O would be done first, by true mean service times
/// and by what this host has in flight there. What others have there it does not
/// see.
#[derive(Default)]
pub struct Oracle {
    truth: Vec<Truth>,
}

impl Policy for Oracle {
    fn add_path(&mut self, _args: &[&str]) -> Result<(), String> {
        self.truth.push(Truth::default());
        Ok(())
    }
    fn learn_truth(&mut self, path: usize, truth: Truth) {
        self.truth[path] = truth;
    }
    fn choose(&mut self, io: &SelectCtx, paths: &Paths) -> usize {
        paths.least_of(|index, path| {
            let truth = self.truth[index];
            let wait = truth.wait_behind(path.in_flight, path.bytes_in_flight);
            let own = truth.service_of(u64::from(io.nr_bytes));
            // Of equals the idler one.
            (wait.saturating_add(own), path.in_flight)
        })
    }
}
