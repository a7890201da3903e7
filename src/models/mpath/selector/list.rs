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
        if let Some(rest) = self.order.get_mut(at..) {
            // A few numbers: quicker one by one than as a block.
            for i in 1..rest.len() {
                rest.swap(i - 1, i);
            }
        }
    }
    /// Scans front to back, a strictly better path replacing the best so far,
    /// until `good_enough`; then rotates. Paths are judged by what `load` says of
    /// each.
    #[inline(always)]
    pub fn pick<L: Copy>(
        &mut self,
        rotation: Rotation,
        load: impl Fn(usize) -> L,
        better: impl Fn(&L, &L) -> bool,
        good_enough: impl Fn(&L) -> bool,
    ) -> Option<usize> {
        if rotation == Rotation::HeadFirst {
            self.move_to_tail(0);
        }
        let (mut best_at, mut best) = (0, *self.order.first()?);
        let mut least = load(usize::from(best));
        if !good_enough(&least) {
            for (at, &path) in self.order.iter().enumerate().skip(1) {
                let this = load(usize::from(path));
                if better(&this, &least) {
                    (best_at, best, least) = (at, path, this);
                    if good_enough(&least) {
                        break;
                    }
                }
            }
        }
        if rotation == Rotation::ChosenLast {
            self.move_to_tail(best_at);
        }
        Some(usize::from(best))
    }
}
