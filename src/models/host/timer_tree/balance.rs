//! Keeping the tree of timers even (`lib/rbtree.c`, 6.1).

use super::{Id, LEFT, NONE, Node, RIGHT, TimerTree};

impl TimerTree {
    /// No red timer may have a red one above it: puts that right above `new`
    /// (`rb_insert_color`).
    pub(super) fn insert_color(&mut self, new: Id) {
        self.work += 3;
        let (mut id, mut parent) = (new, self.at(new).parent);
        loop {
            if parent == NONE {
                self.at_mut(id).red = false;
                self.work += 2;
                return;
            }
            self.work += 3;
            if !self.at(parent).red {
                self.work += 1;
                return;
            }
            let grand = self.at(parent).parent;
            let side = self.side_of(parent, grand);
            let uncle = self.at(grand).child[1 - side];
            self.work += [5, 6][side] + if uncle != NONE { 2 } else { 0 };
            if !self.is_red(uncle) {
                return self.turn_inserted(id, parent, grand, side);
            }
            self.work += 11;
            self.at_mut(uncle).red = false;
            self.at_mut(parent).red = false;
            self.at_mut(grand).red = true;
            (id, parent) = (grand, self.at(grand).parent);
        }
    }

    /// `parent`, on `side` of `grand`, and `id` below it are red: they are turned so
    /// that one of them comes to where `grand` is.
    fn turn_inserted(&mut self, id: Id, parent: Id, grand: Id, side: usize) {
        let (near, far) = (1 - side, side);
        let mut top = parent;
        self.work += 3;
        if self.at(parent).child[near] == id {
            let child = self.at(id).child[far];
            self.work += 9;
            if self.adopt(parent, near, child) {
                self.at_mut(child).red = false;
                self.work += 3;
            }
            self.adopt(id, far, parent);
            top = id;
        } else {
            self.work += 1;
        }
        let child = self.at(top).child[near];
        self.work += 4;
        if self.adopt(grand, far, child) {
            self.at_mut(child).red = false;
            self.work += 3;
        } else if side == RIGHT {
            self.work += 1;
        }
        let is_root = self.rise(top, grand, near);
        self.at_mut(grand).red = true;
        self.work += if is_root { 7 } else { 10 };
    }

    /// `top` comes to where `under` was, which comes below it on `side`; says whether
    /// that is the root.
    fn rise(&mut self, top: Id, under: Id, side: usize) -> bool {
        let is_root = self.at(under).parent == NONE;
        self.take_place(top, under);
        self.adopt(top, side, under);
        is_root
    }

    /// `heir`, if it is one, comes to where `id` is, and has its colour; says whether
    /// it was red.
    fn take_place(&mut self, heir: Id, id: Id) -> bool {
        let Node { parent, red, .. } = *self.at(id);
        if parent == NONE {
            self.root = heir;
        } else {
            let side = self.side_of(id, parent);
            self.at_mut(parent).child[side] = heir;
        }
        if heir == NONE {
            return false;
        }
        let h = self.at_mut(heir);
        h.parent = parent;
        std::mem::replace(&mut h.red, red)
    }

    /// Takes `id` out (`rb_erase`).
    pub(super) fn erase(&mut self, id: Id) {
        self.work += 5;
        match self.at(id).child {
            [NONE, after] => self.erase_edge(id, after),
            [before, NONE] => {
                self.take_place(before, id);
                self.work += if self.root == before { 8 } else { 11 };
            }
            [before, after] => self.erase_within(id, before, after),
        }
    }

    /// Nothing below `id` expires before it: what is `after` it, if anything, takes
    /// its place.
    fn erase_edge(&mut self, id: Id, after: Id) {
        let Node { parent, red, .. } = *self.at(id);
        self.work += match parent {
            NONE => 6,
            parent => 9 + [2, 1][self.side_of(id, parent)],
        };
        self.take_place(after, id);
        if after != NONE {
            self.work += 2;
        } else if parent == NONE {
            self.work += 1;
        } else if red {
            self.work += 3;
        } else {
            self.work += 2;
            self.erase_color(parent);
        }
    }

    /// The next after `id` takes its place between `before` and `after`.
    fn erase_within(&mut self, id: Id, before: Id, after: Id) {
        self.work += 6;
        let (mut heir, mut above) = (after, after);
        let mut orphan = self.at(heir).child[RIGHT];
        if self.at(after).child[LEFT] == NONE {
            self.work += 5;
        } else {
            heir = self.at(after).child[LEFT];
            self.work += 12;
            while self.at(heir).child[LEFT] != NONE {
                above = heir;
                heir = self.at(heir).child[LEFT];
                self.work += 5;
            }
            orphan = self.at(heir).child[RIGHT];
            self.adopt(above, LEFT, orphan);
            self.adopt(heir, RIGHT, after);
        }
        self.adopt(heir, LEFT, before);
        self.work += match self.at(id).parent {
            NONE => 12,
            parent => 14 + [2, 1][self.side_of(id, parent)],
        };
        let was_red = self.take_place(heir, id);
        if orphan != NONE {
            self.at_mut(orphan).red = false;
            self.work += 4;
        } else if was_red {
            self.work += 4;
        } else {
            self.work += 3;
            self.erase_color(above);
        }
    }

    /// Below `parent` a black timer is missing: puts that right (`rb_erase_color`).
    fn erase_color(&mut self, parent: Id) {
        self.work += 4;
        let (mut id, mut parent) = (NONE, parent);
        loop {
            let side = self.side_of(id, parent);
            let mut sibling = self.at(parent).child[1 - side];
            self.work += [2, 3][side];
            if self.is_red(sibling) {
                sibling = self.lower(parent, sibling, side);
            }
            let [near, far] = [side, 1 - side].map(|s| self.at(sibling).child[s]);
            self.work += 3 + self.look(far);
            if self.is_red(far) {
                return self.turn_erased(parent, sibling, far, side);
            }
            self.work += 3 + self.look(near);
            if self.is_red(near) {
                let child = self.at(near).child[1 - side];
                self.work += 8;
                if self.adopt(sibling, side, child) {
                    self.at_mut(child).red = false;
                    self.work += 3;
                }
                self.adopt(near, 1 - side, sibling);
                return self.turn_erased(parent, near, sibling, side);
            }
            self.at_mut(sibling).red = true;
            self.work += 4;
            if std::mem::take(&mut self.at_mut(parent).red) {
                self.work += 3;
                return;
            }
            self.work += 2;
            (id, parent) = (parent, self.at(parent).parent);
            if parent == NONE {
                self.work += 1;
                return;
            }
            self.work += 6;
        }
    }

    /// What it takes to look which colour `id` has, if there is one.
    fn look(&self, id: Id) -> u64 {
        if id == NONE { 0 } else { 2 }
    }

    /// The red `sibling` of what is missing on `side` of `parent` comes above
    /// `parent`: says which black one is the sibling now.
    fn lower(&mut self, parent: Id, sibling: Id, side: usize) -> Id {
        let child = self.at(sibling).child[side];
        self.adopt(parent, 1 - side, child);
        self.work += match self.at(parent).parent {
            NONE => 15,
            above => 16 + [2, 1][self.side_of(parent, above)],
        };
        self.rise(sibling, parent, side);
        self.at_mut(child).red = false;
        self.at_mut(parent).red = true;
        child
    }

    /// `sibling` comes to where `parent` is, with `far` below it, on the other side
    /// from where one is missing.
    fn turn_erased(&mut self, parent: Id, sibling: Id, far: Id, side: usize) {
        let child = self.at(sibling).child[side];
        self.work += 8;
        if self.adopt(parent, 1 - side, child) {
            self.work += 4;
        }
        self.at_mut(far).red = false;
        let is_root = self.rise(sibling, parent, side);
        self.at_mut(parent).red = false;
        self.work += if is_root { 7 } else { 10 };
    }
}
