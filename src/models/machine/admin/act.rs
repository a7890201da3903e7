//! What the system call of an action does.

use super::super::super::device::scsi;
use super::super::super::dm;
use super::super::super::dm::table::LoadError;
use super::super::super::fault::Action;
use super::super::super::mpath::Errno;
use super::super::super::probe::Probe;
use super::super::{Driver, Machine};
use crate::sim::Ns;

/// Where the system call of an action ends.
pub(super) enum Done {
    /// It is over.
    Over(Result<(), Errno>),
    /// It takes the device's lock.
    Locks,
    /// It sleeps.
    Sleeps(Ns),
}

impl<P: Probe> Machine<P> {
    /// What the system call does.
    pub(super) fn act(&mut self, n: usize) -> Done {
        let action = self.admin.actions[n].0.action.clone();
        let map = action.map().and_then(|map| self.map_index(map));
        match (&action, map) {
            (_, Some(dm)) if !self.has_dmsetup(dm) => Done::Over(Err(Errno::Enxio)),
            (Action::Message { text, .. }, Some(dm)) => Done::Over(self.target_message(dm, text)),
            (Action::LoadTable { table, .. }, Some(dm)) => {
                Done::Over(self.load_inactive(dm, table))
            }
            (Action::Status { .. }, Some(dm)) => {
                let status = dm::status(self, dm);
                let at = self.admin.actions[n].0.at;
                self.dm.dev(dm).status_seen.push((at, status));
                Done::Over(Ok(()))
            }
            (Action::Reload { table, .. }, Some(dm)) => {
                let loaded = self.load_inactive(dm, table);
                if loaded.is_err() {
                    return Done::Over(loaded);
                }
                self.admin.taken[n] = self.dm.dev(dm).inactive.take();
                Done::Locks
            }
            (Action::Suspend { .. }, Some(dm)) => {
                if self.dm.dev(dm).suspended {
                    return Done::Over(Ok(()));
                }
                Done::Locks
            }
            (Action::Resume { .. }, Some(dm)) => {
                let d = self.dm.dev(dm);
                let (suspended, table) = (d.suspended, d.inactive.take());
                if !suspended && table.is_none() {
                    return Done::Over(Ok(()));
                }
                self.admin.taken[n] = table;
                Done::Locks
            }
            _ => self.act_on_device(&action),
        }
    }

    /// What a write to sysfs or configfs does.
    fn act_on_device(&mut self, action: &Action) -> Done {
        if let Action::ScsiDebug { opts, every_nth } = action {
            scsi::scsi_debug_write(self, *opts, *every_nth);
            return Done::Over(Ok(()));
        }
        let dev = action.device().and_then(|name| self.device_id(name));
        let driver = dev.map(|dev| self.drivers[usize::from(dev.0)]);
        match (action, driver) {
            (Action::DeviceState { state, .. }, Some(Driver::Scsi(disk))) => {
                Done::Sleeps(scsi::set_state(self, disk, *state))
            }
            (Action::DeleteDevice { .. }, Some(Driver::Scsi(disk))) => {
                Done::Sleeps(scsi::delete(self, disk))
            }
            (
                Action::BadBlocks {
                    set,
                    first_sector,
                    last_sector,
                    ..
                },
                Some(Driver::NullBlk(n)),
            ) => {
                let nullb = &mut self.devices.null_blks[usize::from(n)];
                nullb.set_bad_blocks(*set, *first_sector, *last_sector);
                Done::Over(Ok(()))
            }
            _ => Done::Over(Err(Errno::Enodev)),
        }
    }

    /// `dmsetup load`
    fn load_inactive(&mut self, dm: u16, text: &str) -> Result<(), Errno> {
        let mut log = Vec::new();
        let loaded = self.load_replacement(dm, text, &mut log);
        dm::print(self, dm, log);
        match loaded {
            Ok(table) => {
                self.attach_handlers(&table);
                self.dm.dev(dm).inactive = Some(table);
                Ok(())
            }
            Err(LoadError::Kernel(errno)) => Err(errno),
            Err(LoadError::Syntax(_)) => Err(Errno::Einval),
        }
    }
}
