//! The slab caches that I/O takes its objects from (`mm/slub.c`, 6.1), as far
//! as they cost time: an object is quickly had from, and given back to, the slab
//! that the CPU is using; another slab takes longer.
//!
//! One CPU's view: with several, each would have a slab of its own.

use super::{Cost, Host};

/// A cache.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Slab {
    /// `aio_kiocb`: an iocb of the application.
    Kiocb,
    /// `bio-256`: a bio of a block device's direct I/O.
    Bio,
    /// `bio-336`: a clone of a bio-based device.
    Clone,
    /// `bio-192`: a bio of a clone of a request.
    RqClone,
}

impl Slab {
    /// Objects of one slab (`/sys/kernel/slab/*/objs_per_slab`).
    const fn objects(self) -> u16 {
        match self {
            Slab::Kiocb => 21,
            Slab::Bio => 12,
            Slab::Clone => 10,
            Slab::RqClone => 21,
        }
    }

    /// How many of them are free in the slab in use before the application's first
    /// I/O, as traced: where a device is bio-based, four bios of it are in use.
    const fn free_at_first(self, bio_based: bool) -> u16 {
        match (self, bio_based) {
            (Slab::Kiocb, _) => 18,
            (Slab::Bio, true) => 8,
            (Slab::Bio, false) => 12,
            (Slab::Clone, _) => 4,
            (Slab::RqClone, _) => 17,
        }
    }

    /// Slabs without an object in use that earlier I/O has left: as many as a CPU
    /// keeps (`slub.c:set_cpu_partial`). The caches of clones are as new as the
    /// device.
    const fn kept(self) -> u16 {
        match self {
            Slab::Kiocb => 12,
            Slab::Bio => 9,
            Slab::Clone | Slab::RqClone => 0,
        }
    }
}

/// Which slab an object is of; the first is 1, and 0 is none. What a cache cannot
/// number is of none.
pub type SlabId = u16;

/// One cache: the slab in use, and those of which some objects are free.
#[derive(Clone, Debug)]
struct Cache {
    objects: u16,
    current: usize,
    free: Vec<u16>,
    partial: Vec<u16>,
}

/// What taking an object was.
enum Taken {
    Fast,
    Refilled,
    Grown,
    Unnumbered,
}

impl Cache {
    fn new(slab: Slab, bio_based: bool) -> Self {
        let mut free = vec![slab.free_at_first(bio_based)];
        free.resize(1 + usize::from(slab.kept()), slab.objects());
        Cache {
            objects: slab.objects(),
            current: 0,
            free,
            partial: (1..=slab.kept()).collect(),
        }
    }

    /// `kmem_cache_alloc`
    fn take(&mut self) -> Taken {
        if self.free[self.current] > 0 {
            self.free[self.current] -= 1;
            return Taken::Fast;
        }
        if let Some(slab) = self.partial.pop() {
            self.current = usize::from(slab);
            self.free[self.current] -= 1;
            return Taken::Refilled;
        }
        if self.free.len() >= usize::from(SlabId::MAX) {
            return Taken::Unnumbered;
        }
        self.current = self.free.len();
        self.free.push(self.objects - 1);
        Taken::Grown
    }
}

/// The caches of a host.
#[derive(Clone, Debug)]
pub struct Slabs([Cache; 4]);

impl Slabs {
    /// As the application finds them, with a bio-based device or without.
    pub fn new(bio_based: bool) -> Self {
        let all = [Slab::Kiocb, Slab::Bio, Slab::Clone, Slab::RqClone];
        Slabs(all.map(|slab| Cache::new(slab, bio_based)))
    }
}

impl<F: Copy, I: Copy> Host<F, I> {
    /// Takes an object (`kmem_cache_alloc`): says of which slab.
    #[inline]
    pub fn slab_alloc(&mut self, slab: Slab) -> SlabId {
        if self.is_free() {
            return 0;
        }
        let cache = &mut self.slabs.0[slab as usize];
        let cost = match cache.take() {
            Taken::Fast => None,
            Taken::Refilled => Some(Cost::SlabRefill),
            Taken::Grown => Some(Cost::SlabGrow),
            Taken::Unnumbered => return 0,
        };
        let id = cache.current as u16 + 1;
        if let Some(cost) = cost {
            self.charge(cost);
        }
        id
    }

    /// Gives an object back (`kmem_cache_free`).
    #[inline]
    pub fn slab_free(&mut self, slab: Slab, id: SlabId) {
        let Some(at) = id.checked_sub(1) else { return };
        let cache = &mut self.slabs.0[slab as usize];
        let free = &mut cache.free[usize::from(at)];
        *free += 1;
        if usize::from(at) == cache.current {
            return;
        }
        let was_full = *free == 1;
        self.charge(Cost::SlabFree);
        if was_full {
            self.slabs.0[slab as usize].partial.push(at);
            self.charge(Cost::SlabPartial);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cache_uses_what_was_freed_last_and_grows_only_then() {
        let mut c = Cache::new(Slab::Clone, true);
        for _ in 0..4 {
            assert!(matches!(c.take(), Taken::Fast));
        }
        assert!(matches!(c.take(), Taken::Grown));
        c.free[0] = 2;
        c.partial.push(0);
        for _ in 0..9 {
            assert!(matches!(c.take(), Taken::Fast));
        }
        assert!(matches!(c.take(), Taken::Refilled));
        assert_eq!((c.current, c.free[0]), (0, 1));
    }

    #[test]
    fn earlier_io_has_left_slabs_of_bios_and_none_of_clones() {
        let taken = |slab, n: u16| {
            let mut c = Cache::new(slab, true);
            (0..n).filter(|_| matches!(c.take(), Taken::Grown)).count()
        };
        // 8 of the slab in use and 9 slabs of 12; 18 and 12 slabs of 21.
        assert_eq!((taken(Slab::Bio, 116), taken(Slab::Bio, 117)), (0, 1));
        assert_eq!((taken(Slab::Kiocb, 270), taken(Slab::Kiocb, 271)), (0, 1));
        assert_eq!((taken(Slab::Clone, 64), taken(Slab::RqClone, 64)), (6, 3));
    }
}
