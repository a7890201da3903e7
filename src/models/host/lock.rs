//! Locks that serialise CPUs (`spinlock_t`), and the order in which they are
//! taken (`kernel/lockdep.c`, in spirit).
//!
//! A step of a CPU runs to its end before another CPU's does, ahead of it by
//! what it is charged. So a lock is a time: whoever takes it cannot go on before
//! the last holder has let it go, and spins until then. Whether two holders
//! could wait for each other is not seen from one run; it follows from the order
//! in which locks were taken, which is kept here: a cycle in it is a deadlock
//! that waits for its day.

use super::{CpuId, Host};
use crate::sim::Ns;

/// A lock, by its place in the [`LockTable`].
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct LockId(pub u16);

impl LockId {
    #[inline]
    fn index(self) -> usize {
        usize::from(self.0)
    }
}

/// A lock and what it has cost.
#[derive(Clone, Debug)]
pub struct Lock {
    /// Its name: `sda queue_lock`.
    pub name: String,
    /// When the last holder let it go.
    free_at: Ns,
    /// How often it was taken.
    pub taken: u64,
    /// How often that had to wait.
    pub contended: u64,
    /// How long CPUs spun for it, together.
    pub waited: Ns,
    /// How long it was held, together.
    pub held: Ns,
}

/// Lock `to` was taken while `from` was held.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
struct Order {
    from: LockId,
    to: LockId,
    /// The function that did so first.
    site: &'static str,
}

/// Locks taken in a circle: two CPUs that do so at once, or one that does so
/// alone, wait for ever.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Cycle {
    /// When the order that closes it was first seen.
    pub at: Ns,
    /// `sda queue_lock -> dm-0 queue_lock (in dm_end_request)`, a line each.
    pub steps: Vec<String>,
}

/// All locks, who holds them, and the orders in which they were taken.
#[derive(Clone, Debug, Default)]
pub struct LockTable {
    locks: Vec<Lock>,
    /// What each CPU holds, and since when, outermost first.
    held: Vec<Vec<(LockId, Ns)>>,
    orders: Vec<Order>,
    cycles: Vec<Cycle>,
}

impl LockTable {
    /// A new lock, free.
    pub fn add(&mut self, name: String) -> LockId {
        self.locks.push(Lock {
            name,
            free_at: Ns::ZERO,
            taken: 0,
            contended: 0,
            waited: Ns::ZERO,
            held: Ns::ZERO,
        });
        LockId((self.locks.len() - 1) as u16)
    }
    /// All locks, in order of their making.
    pub fn locks(&self) -> &[Lock] {
        &self.locks
    }
    /// The cycles found, in order of time.
    pub fn cycles(&self) -> &[Cycle] {
        &self.cycles
    }
    /// Whether `cpu` holds any.
    pub fn holds_any(&self, cpu: CpuId) -> bool {
        self.held.get(cpu.index()).is_some_and(|h| !h.is_empty())
    }

    /// `cpu` wants `lock` at `now`: when it has it.
    fn take(&mut self, cpu: CpuId, lock: LockId, now: Ns, site: &'static str) -> Ns {
        if self.held.len() <= cpu.index() {
            self.held.resize(cpu.index() + 1, Vec::new());
        }
        for at in 0..self.held[cpu.index()].len() {
            let (from, _) = self.held[cpu.index()][at];
            self.note(
                Order {
                    from,
                    to: lock,
                    site,
                },
                now,
            );
        }
        let l = &mut self.locks[lock.index()];
        let mine = self.held[cpu.index()].iter().any(|&(h, _)| h == lock);
        let got = if mine { now } else { now.max(l.free_at) };
        l.taken += 1;
        l.contended += u64::from(got > now);
        l.waited += got - now;
        self.held[cpu.index()].push((lock, got));
        got
    }

    /// `cpu` lets `lock` go at `now`.
    fn release(&mut self, cpu: CpuId, lock: LockId, now: Ns) {
        let Some(held) = self.held.get_mut(cpu.index()) else {
            return;
        };
        if let Some(at) = held.iter().rposition(|&(h, _)| h == lock) {
            let (_, since) = held.remove(at);
            let l = &mut self.locks[lock.index()];
            l.held += now.saturating_sub(since);
            l.free_at = l.free_at.max(now);
        }
    }

    /// An order is seen; the first time, whether it closes a circle.
    fn note(&mut self, new: Order, now: Ns) {
        let is_known = |o: &Order| o.from == new.from && o.to == new.to;
        if self.orders.iter().any(is_known) {
            return;
        }
        let back = self.way(new.to, new.from);
        self.orders.push(new);
        if let Some(way) = back {
            let mut steps = vec![self.step(&new)];
            steps.extend(way.iter().map(|o| self.step(o)));
            self.cycles.push(Cycle { at: now, steps });
        }
    }

    fn step(&self, o: &Order) -> String {
        let name = |l: LockId| &self.locks[l.index()].name;
        format!("{} -> {} (in {})", name(o.from), name(o.to), o.site)
    }

    /// The orders that lead from one lock to another; empty if they are one.
    fn way(&self, from: LockId, to: LockId) -> Option<Vec<Order>> {
        let mut reached = vec![from];
        let mut ways: Vec<Vec<Order>> = vec![Vec::new()];
        let mut at = 0;
        while let Some(&lock) = reached.get(at) {
            if lock == to {
                return Some(ways[at].clone());
            }
            for o in self.orders.iter().filter(|o| o.from == lock) {
                if !reached.contains(&o.to) {
                    reached.push(o.to);
                    let mut way = ways[at].clone();
                    way.push(*o);
                    ways.push(way);
                }
            }
            at += 1;
        }
        None
    }
}

impl<F: Copy, I: Copy> Host<F, I> {
    /// The running code takes `lock`, in the function `site`; it spins while
    /// another CPU has it (`spin_lock_irqsave`).
    #[inline]
    pub fn lock(&mut self, lock: LockId, site: &'static str) {
        let (cpu, now) = (self.cpu(), self.now());
        let got = self.locks.take(cpu, lock, now, site);
        self.not_before(got);
    }
    /// The running code lets `lock` go (`spin_unlock_irqrestore`).
    #[inline]
    pub fn unlock(&mut self, lock: LockId) {
        let (cpu, now) = (self.cpu(), self.now());
        self.locks.release(cpu, lock, now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: CpuId = CpuId(0);
    const TWO: CpuId = CpuId(1);

    fn two() -> (LockTable, LockId, LockId) {
        let mut t = LockTable::default();
        let a = t.add("a".into());
        let b = t.add("b".into());
        (t, a, b)
    }

    #[test]
    fn a_lock_serialises_two_cpus() {
        let (mut t, a, _) = two();
        assert_eq!(t.take(ONE, a, Ns(10), "f"), Ns(10));
        t.release(ONE, a, Ns(50));
        assert_eq!(t.take(TWO, a, Ns(20), "f"), Ns(50));
        t.release(TWO, a, Ns(60));
        let l = &t.locks()[0];
        assert_eq!((l.taken, l.contended), (2, 1));
        assert_eq!((l.waited, l.held), (Ns(30), Ns(50)));
    }

    #[test]
    fn one_order_is_no_cycle_both_are() {
        let (mut t, a, b) = two();
        t.take(ONE, a, Ns(0), "down");
        t.take(ONE, b, Ns(1), "down");
        t.release(ONE, b, Ns(2));
        t.release(ONE, a, Ns(3));
        assert_eq!(t.cycles(), []);
        t.take(TWO, b, Ns(10), "up");
        t.take(TWO, a, Ns(11), "up");
        assert_eq!(t.cycles().len(), 1);
        assert_eq!(t.cycles()[0].steps, ["b -> a (in up)", "a -> b (in down)"]);
    }

    #[test]
    fn a_lock_taken_twice_waits_for_itself() {
        let (mut t, a, _) = two();
        t.take(ONE, a, Ns(0), "f");
        t.take(ONE, a, Ns(1), "g");
        assert_eq!(t.cycles()[0].steps, ["a -> a (in g)"]);
    }
}
