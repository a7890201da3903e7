//! A priority group: paths that are used together (`struct priority_group`).

use super::balancer::Selector;
use super::path::PathIdx;

/// Paths that share a selector.
#[derive(Debug)]
pub struct Group {
    /// Who chooses among the paths.
    pub selector: Selector,
    /// To be used only if no other group has a path.
    pub bypassed: bool,
    /// First path.
    pub(super) first: u16,
    /// Number of paths.
    pub(super) len: u16,
}

impl Group {
    /// Its paths, in table order.
    pub fn paths(&self) -> impl ExactSizeIterator<Item = PathIdx> + use<> {
        (self.first..self.first + self.len).map(PathIdx)
    }
    /// The path at `index` within the group.
    #[inline]
    pub(super) fn path(&self, index: usize) -> PathIdx {
        PathIdx(self.first + index as u16)
    }
}
