//! Suspending and resuming a map: one at a time has its lock (`md->suspend_lock`).

use super::super::super::block::BlockEnv;
use super::super::super::dm::{self, suspend};
use super::super::super::fault::Action;
use super::super::super::host::TaskId;
use super::super::super::mpath::Errno;
use super::super::super::probe::Probe;
use super::super::Machine;

/// What becomes of an action that wants the lock of a device.
pub(super) enum Locked {
    /// It waits for it.
    Waits,
    /// It has it, and waits for I/O.
    Draining,
    /// It is over.
    Over(Result<(), Errno>),
}

impl<P: Probe> Machine<P> {
    /// Takes the lock of the device if no other has it, and begins: a suspend
    /// of a device that another has suspended meanwhile is refused, a resume
    /// with a table suspends first, flushing (`dm_suspend`, `do_resume`).
    pub(super) fn lock(&mut self, n: usize, task: TaskId) -> Locked {
        let action = self.admin.actions[n].0.action.clone();
        let Some(dm) = action.map().and_then(|map| self.map_index(map)) else {
            return Locked::Over(Err(Errno::Enxio));
        };
        let d = self.dm.dev(dm);
        if !d.suspend_lock.contains(&task) {
            d.suspend_lock.push_back(task);
        }
        if d.suspend_lock.front() != Some(&task) {
            return Locked::Waits;
        }
        let noflush = match action {
            Action::Suspend { .. } if d.suspended => return Locked::Over(Err(Errno::Einval)),
            Action::Suspend { noflush, .. } => noflush,
            _ if d.suspended || self.admin.taken[n].is_none() => {
                return Locked::Over(self.resume(n, dm));
            }
            Action::Reload { .. } => true,
            _ => false,
        };
        suspend::presuspend(self, dm, noflush);
        Locked::Draining
    }

    /// Gives the lock back, if the action has it; the next one that waits for
    /// it goes on.
    pub(super) fn unlock(&mut self, n: usize) {
        let (timed, task) = &self.admin.actions[n];
        let map = timed.action.map();
        let (Some(dm), Some(task)) = (map.and_then(|map| self.map_index(map)), *task) else {
            return;
        };
        let lock = &mut self.dm.dev(dm).suspend_lock;
        if lock.front() == Some(&task) {
            lock.pop_front();
            if let Some(&next) = lock.front() {
                self.wake(next);
            }
        }
    }

    /// Waits until nothing is left with the targets; what came of it.
    pub(super) fn drain(&mut self, n: usize, task: TaskId) -> Option<Result<(), Errno>> {
        let action = &self.admin.actions[n].0.action;
        let resumes = matches!(action, Action::Resume { .. } | Action::Reload { .. });
        let Some(dm) = action.map().and_then(|map| self.map_index(map)) else {
            return Some(Err(Errno::Enxio));
        };
        if suspend::is_quiet(self, dm) {
            suspend::suspended(self, dm);
            return Some(if resumes { self.resume(n, dm) } else { Ok(()) });
        }
        let d = self.dm.dev(dm);
        let dev = d.dev;
        if self.block.dev(dev).is_bio_based() {
            d.suspender = Some(task);
        } else {
            let at = self.host.jiffies_from_now(suspend::POLL);
            self.wake_admin(task, at);
        }
        None
    }

    /// `dmsetup resume` of a device that is suspended, with the table that it
    /// has taken. One that another has resumed meanwhile stays as it is.
    fn resume(&mut self, n: usize, dm: u16) -> Result<(), Errno> {
        if !self.dm.dev(dm).suspended {
            return Ok(());
        }
        if let Some(table) = self.admin.taken[n].take() {
            let mut log = Vec::new();
            let fits = self.fits(dm, &table, &mut log);
            dm::print(self, dm, log);
            if !fits {
                return Err(Errno::Einval);
            }
            suspend::swap_table(self, dm, table);
        }
        suspend::resume(self, dm);
        Ok(())
    }
}
