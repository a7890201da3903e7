//! The timers of a CPU: a red-black tree (`lib/timerqueue.c`, `lib/rbtree.c`, 6.1),
//! and how much code it takes to put one in or to take the first out.
//!
//! How far a new timer has to go, and what is recoloured and turned to keep the
//! tree even, hangs on all the timers that came before: from one I/O to the next it
//! is now 50 instructions, now 200. Where batches of I/O follow each other closely,
//! that decides which end of one still comes before the next is submitted.

mod balance;

use crate::sim::Ns;

/// A timer in the tree.
type Id = u32;

/// No timer.
const NONE: Id = Id::MAX;
/// The side of what expires before.
const LEFT: usize = 0;
/// The side of what expires later, or at the same time.
const RIGHT: usize = 1;

#[derive(Copy, Clone, Debug)]
struct Node {
    expires: Ns,
    parent: Id,
    child: [Id; 2],
    red: bool,
}

/// The timers of a CPU.
///
/// What an operation costs is said in instructions of the code as it is compiled for
/// x86-64; a few hundred operations of a traced kernel agree to the last.
#[derive(Clone, Debug)]
pub struct TimerTree {
    nodes: Vec<Node>,
    unused: Vec<Id>,
    root: Id,
    first: Id,
    /// Instructions of the operation under way.
    work: u64,
}

impl Default for TimerTree {
    fn default() -> Self {
        TimerTree {
            nodes: Vec::new(),
            unused: Vec::new(),
            root: NONE,
            first: NONE,
            work: 0,
        }
    }
}

impl TimerTree {
    /// When the first timer expires.
    #[inline]
    pub fn first(&self) -> Option<Ns> {
        self.nodes.get(self.first as usize).map(|n| n.expires)
    }

    /// A timer that expires at `expires` is put in, behind all that expire at that
    /// time (`timerqueue_add`): how many instructions it takes.
    pub fn add(&mut self, expires: Ns) -> u64 {
        let new = self.node(expires);
        self.work = 8;
        let (mut parent, mut side, mut is_first) = (NONE, LEFT, true);
        let mut next = self.root;
        while next != NONE {
            parent = next;
            side = usize::from(expires >= self.at(parent).expires);
            is_first &= side == LEFT;
            next = self.at(parent).child[side];
            self.work += [6, 8][side] + u64::from(next != NONE);
        }
        self.at_mut(new).parent = parent;
        if parent == NONE {
            self.root = new;
            self.work += 4;
        } else {
            self.at_mut(parent).child[side] = new;
            self.work += 9;
        }
        if is_first {
            self.first = new;
        }
        self.work += if is_first { 10 } else { 7 };
        self.insert_color(new);
        self.work
    }

    /// The first timer is taken out, if it expires at `at`: how many instructions it
    /// takes (`timerqueue_del`). None if there is no such timer; those that expire
    /// before are forgotten.
    pub fn expire(&mut self, at: Ns) -> Option<u64> {
        while let Some(first) = self.first()
            && first <= at
        {
            self.work = 21;
            let id = self.first;
            self.first = self.next(id);
            self.erase(id);
            self.unused.push(id);
            if first == at {
                return Some(self.work);
            }
        }
        None
    }

    /// A timer that expires at `expires`, if there is one, is taken out.
    pub fn cancel(&mut self, expires: Ns) {
        let mut id = self.root;
        while id != NONE {
            let n = self.at(id);
            if n.expires == expires {
                if id == self.first {
                    self.first = self.next(id);
                }
                self.erase(id);
                self.unused.push(id);
                return;
            }
            id = n.child[usize::from(expires > n.expires)];
        }
    }

    fn node(&mut self, expires: Ns) -> Id {
        let node = Node {
            expires,
            parent: NONE,
            child: [NONE; 2],
            red: true,
        };
        if let Some(id) = self.unused.pop() {
            *self.at_mut(id) = node;
            return id;
        }
        self.nodes.push(node);
        self.nodes.len() as Id - 1
    }

    #[inline]
    fn at(&self, id: Id) -> &Node {
        &self.nodes[id as usize]
    }

    #[inline]
    fn at_mut(&mut self, id: Id) -> &mut Node {
        &mut self.nodes[id as usize]
    }

    fn is_red(&self, id: Id) -> bool {
        id != NONE && self.at(id).red
    }

    /// On which side of its parent `id` is.
    fn side_of(&self, id: Id, parent: Id) -> usize {
        usize::from(self.at(parent).child[RIGHT] == id)
    }

    /// `child`, if it is one, comes below `parent` on `side`; says whether it is.
    fn adopt(&mut self, parent: Id, side: usize, child: Id) -> bool {
        self.at_mut(parent).child[side] = child;
        if child == NONE {
            return false;
        }
        self.at_mut(child).parent = parent;
        true
    }

    /// What comes after `id` (`rb_next`).
    fn next(&mut self, id: Id) -> Id {
        self.work += 6;
        let mut next = self.at(id).child[RIGHT];
        if next != NONE {
            self.work += 5;
            while self.at(next).child[LEFT] != NONE {
                next = self.at(next).child[LEFT];
                self.work += 4;
            }
            return next;
        }
        let mut id = id;
        loop {
            self.work += 4;
            let parent = self.at(id).parent;
            if parent == NONE {
                self.work += 1;
                return NONE;
            }
            self.work += 2;
            if self.side_of(id, parent) == LEFT {
                self.work += 1;
                return parent;
            }
            self.work += 2;
            id = parent;
        }
    }
}

#[cfg(test)]
mod tests;
