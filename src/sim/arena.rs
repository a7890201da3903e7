//! Arenas under typed 32-bit ids, with free lists.
//!
//! Entities that flow (bios, requests) live here: after warm-up nothing is
//! allocated, a freed slot is the next to be used.

use std::marker::PhantomData;
use std::num::NonZeroU32;
use std::ops::{Index, IndexMut};

/// A typed index. Implemented by [`id_type!`](crate::id_type) only.
pub trait Id: Copy + Eq {
    /// The id of slot `index`, which is above 0.
    fn from_index(index: usize) -> Self;
    /// The slot behind this id; never 0.
    fn index(self) -> usize;
}

/// Declares a typed 32-bit id whose `Option` is as small as itself.
#[macro_export]
macro_rules! id_type {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        pub struct $name(std::num::NonZeroU32);
        impl $crate::sim::arena::Id for $name {
            #[inline]
            fn from_index(index: usize) -> Self {
                $name($crate::sim::arena::nonzero(index))
            }
            #[inline]
            fn index(self) -> usize {
                self.0.get() as usize
            }
        }
    };
}

/// `index` as a non-zero number; 0 counts as 1.
#[inline]
pub fn nonzero(index: usize) -> NonZeroU32 {
    NonZeroU32::new(index as u32).unwrap_or(NonZeroU32::MIN)
}

/// Slots of `T` under ids of type `I`.
///
/// The first slot has no id: an id is its slot's index as it is, and never 0.
#[derive(Debug, Clone)]
pub struct Arena<I, T> {
    slots: Vec<T>,
    free: Vec<I>,
    _id: PhantomData<I>,
}

impl<I: Id, T> Default for Arena<I, T> {
    fn default() -> Self {
        Arena {
            slots: Vec::new(),
            free: Vec::new(),
            _id: PhantomData,
        }
    }
}

impl<I: Id, T: Copy> Arena<I, T> {
    /// Stores `value`, in the most recently freed slot if there is one.
    #[inline]
    pub fn alloc(&mut self, value: T) -> I {
        self.alloc_with(|| value)
    }

    /// Stores what `value` makes. It is made where it stays: a copy of fields
    /// that were written a moment ago would have to wait for them.
    #[inline(always)]
    pub fn alloc_with(&mut self, value: impl FnOnce() -> T) -> I {
        match self.free.pop() {
            Some(id) => {
                self.slots[id.index()] = value();
                id
            }
            None => self.grow(value()),
        }
    }

    #[cold]
    fn grow(&mut self, value: T) -> I {
        if self.slots.is_empty() {
            self.slots.push(value);
        }
        self.slots.push(value);
        I::from_index(self.slots.len() - 1)
    }
    /// Gives the slot back. The caller holds no other copy of `id`.
    #[inline]
    pub fn free(&mut self, id: I) {
        self.free.push(id);
    }
    /// The ids of all slots, in use or free.
    pub fn ids(&self) -> impl Iterator<Item = I> + use<I, T> {
        (1..self.slots.len()).map(I::from_index)
    }
    /// The ids of the slots in use, in order.
    pub fn in_use(&self) -> impl Iterator<Item = I> + use<I, T> {
        let mut is_free = vec![false; self.slots.len()];
        for id in &self.free {
            is_free[id.index()] = true;
        }
        self.ids().filter(move |id| !is_free[id.index()])
    }
    /// How many slots are in use.
    pub fn live(&self) -> usize {
        self.slots.len().saturating_sub(1) - self.free.len()
    }
}

impl<I: Id, T> Index<I> for Arena<I, T> {
    type Output = T;
    #[inline]
    fn index(&self, id: I) -> &T {
        &self.slots[id.index()]
    }
}
impl<I: Id, T> IndexMut<I> for Arena<I, T> {
    #[inline]
    fn index_mut(&mut self, id: I) -> &mut T {
        &mut self.slots[id.index()]
    }
}
