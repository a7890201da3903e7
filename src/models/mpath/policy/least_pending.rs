//! least-pending: what SUSE shipped for bio-based dm-multipath from 2008 on.

use super::{Paths, Policy};
use crate::models::mpath::selector::SelectCtx;

/// The path with the fewest I/Os in flight, the first of equals: unlike
/// queue-length, which moves the chosen path to the end of its list, it prefers
/// early paths while load is low.
pub struct LeastPending;

impl Policy for LeastPending {
    fn choose(&mut self, _io: &SelectCtx, paths: &Paths) -> usize {
        paths.least_by(|path| path.in_flight)
    }
}
