//! A selector's list of valid paths, in the kernel's order.

/// Which end of the list a pick moves (see
/// [`SelectorRules::rotate_head_first`](super::SelectorRules::rotate_head_first)).
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(super) enum Rotation {
    /// The list head goes to the tail before the scan.
    HeadFirst,
    /// The chosen path goes to the tail after the scan.
    ChosenLast,
}

/// Paths that have not failed, in list order. The order of failed paths never
/// matters and is not kept.
#[derive(Clone, Debug, Default)]
pub(super) struct ValidPaths {
    order: Vec<u16>,
}

impl ValidPaths {
    /// Adds `path` at the tail; it is taken out of the list first if it is in.
    pub fn push_tail(&mut self, path: usize) {
        self.remove(path);
        self.order.push(path as u16);
    }
    /// Takes `path` out.
    pub fn remove(&mut self, path: usize) {
        self.order.retain(|&p| usize::from(p) != path);
    }
    /// How many paths are valid.
    pub fn len(&self) -> usize {
        self.order.len()
    }
    #[inline]
    fn move_to_tail(&mut self, at: usize) {
        let path = self.order[at];
        self.order.copy_within(at + 1.., at);
        if let Some(tail) = self.order.last_mut() {
            *tail = path;
        }
    }
    /// Scans front to back, a strictly better path replacing the best so far,
    /// until `good_enough`; then rotates.
    #[inline]
    pub fn pick(
        &mut self,
        rotation: Rotation,
        mut better: impl FnMut(usize, usize) -> bool,
        mut good_enough: impl FnMut(usize) -> bool,
    ) -> Option<usize> {
        if rotation == Rotation::HeadFirst && !self.order.is_empty() {
            self.move_to_tail(0);
        }
        let mut best_at = 0;
        let mut best = usize::from(*self.order.first()?);
        if !good_enough(best) {
            for (at, &path) in self.order.iter().enumerate().skip(1) {
                let path = usize::from(path);
                if better(path, best) {
                    (best_at, best) = (at, path);
                    if good_enough(best) {
                        break;
                    }
                }
            }
        }
        if rotation == Rotation::ChosenLast {
            self.move_to_tail(best_at);
        }
        Some(best)
    }
}
