//! I/O that is held: by whom, and whether it will be for ever, which ends a run.

use super::super::array::access_state::AccessState;
use super::super::block::BlockDev;
use super::super::device::scsi::SdevState;
use super::super::dm::DmDev;
use super::super::io::DevId;
use super::super::mpath::Multipath;
use super::super::probe::Probe;
use super::Machine;
use crate::sim::Ns;

/// If nothing happens for so long, no code runs: longer than a suspend sleeps before
/// it looks again, shorter than the 100 ms after which a request is tried again.
const CALM: Ns = Ns::from_ms(50);

impl DmDev {
    /// Whether it may hold I/O for ever: it is suspended, or has no path and
    /// queues.
    fn holds(&self) -> bool {
        let no_path = |m: &Multipath| m.nr_valid_paths() == 0 && m.queue_if_no_path();
        self.blocked || self.multipath().is_some_and(no_path)
    }
}

impl<P: Probe> Machine<P> {
    /// Since when no I/O has completed although there is some, if that is long:
    /// whatever was to be done to the computer is done or hangs, and what broke
    /// is mended or stays as it is. Nothing has happened since `last`, and
    /// something is about to, `now`.
    pub(super) fn hangs(&mut self, last: Ns, now: Ns) -> Option<Ns> {
        let is_some = self.block.bios.live() > 0 || self.block.reqs.live() > 0;
        let since = self.last_io.max(self.admin.over_since());
        if !is_some || now.saturating_sub(since) < self.hung_after {
            return None;
        }
        let settled = match self.depends_on_faults() {
            true => self.devices.san.settled_at(last),
            false => Ns::ZERO,
        };
        let since = since.max(settled);
        (now.saturating_sub(since) >= self.hung_after).then_some(since)
    }

    /// Whether what is held may go on when what broke is mended: a device has
    /// it, at work or blocked, or multipathd looks after a map that is not
    /// suspended.
    fn depends_on_faults(&self) -> bool {
        let is_watched = self.has_multipathd() && self.dm.devs.iter().any(|map| !map.blocked);
        is_watched || self.has_blocked_io() || self.at_work().next().is_some()
    }

    /// Whether I/O that hung since `since` when it was last looked at will do so
    /// for ever: a map holds it, no device has any and nobody does anything about
    /// it, or trying again does not help.
    pub(super) fn is_held_for_ever(&mut self, last: Ns, now: Ns, since: Ns) -> bool {
        // A worker may be about to send again what has just come back.
        let is_calm = now.saturating_sub(last) >= CALM;
        let is_idle = is_calm && self.at_work().next().is_none() && !self.admin_runs();
        let is_idle = is_idle && !self.is_activating();
        let is_idle = is_idle && !self.held().is_empty();
        if !is_idle && last.saturating_sub(since) < self.futile_after {
            return false;
        }
        // Something may have happened meanwhile.
        let Some(since) = self.hangs(last, now) else {
            return false;
        };
        self.is_futile = !is_idle && last.saturating_sub(since) >= self.futile_after;
        self.is_futile || is_idle
    }

    /// Whether a hardware handler has been asked to activate a path and has not
    /// answered: it will, if only that it cannot, a minute later
    /// (`ALUA_FAILOVER_TIMEOUT`); what its group holds goes on then.
    fn is_activating(&self) -> bool {
        let mut targets = self.dm.devs.iter().filter_map(DmDev::multipath);
        targets.any(|target| target.pg_init_in_progress() > 0)
    }

    /// Leaf devices that have I/O in flight or commands of their own, and a port
    /// that could answer them.
    pub(super) fn at_work(&self) -> impl Iterator<Item = &BlockDev> {
        let devs = (0..).map(DevId).zip(&self.block.devs);
        let leaves = devs.filter(|(id, _)| !self.is_map(*id));
        let busy = leaves.filter(|(id, _)| self.has_commands(*id));
        busy.filter(|(id, _)| !self.is_blocked(*id)).map(|(_, d)| d)
    }

    /// Whether `dev` has any request: those that the kernel sends by itself
    /// count as no I/O.
    pub fn has_commands(&self, dev: DevId) -> bool {
        let in_flight = self.block.devs[usize::from(dev.0)].count.in_flight;
        let reqs = &self.block.reqs;
        let mut disks = self.devices.scsi.iter();
        in_flight > 0
            || disks.any(|disk| disk.dev == dev && disk.is_looked_at())
            || reqs.in_use().any(|rq| reqs[rq].dev == dev)
    }

    /// Whether the port of `dev` takes I/O, as far as its access state says.
    pub fn takes_io(&self, dev: DevId) -> bool {
        let refuses = [AccessState::Standby, AccessState::Unavailable];
        self.access_state(dev)
            .is_none_or(|state| !refuses.contains(&state))
    }

    fn is_map(&self, dev: DevId) -> bool {
        self.dm.devs.iter().any(|map| map.dev == dev)
    }

    /// Whether a disk whose port is away keeps what it was given.
    pub fn has_blocked_io(&self) -> bool {
        let mut disks = self.devices.scsi.iter();
        disks.any(|disk| self.is_blocked(disk.dev) && self.has_commands(disk.dev))
    }

    /// Whether the port of disk `dev`, or one that error handling of its host
    /// adapter waits for, is away, with nobody to give it up.
    fn is_blocked(&self, dev: DevId) -> bool {
        let mut disks = self.devices.scsi.iter();
        disks.any(|disk| {
            disk.dev == dev
                && (disk.state == SdevState::Blocked || self.devices.host_of(disk).waits_for_port())
        })
    }

    /// Whether `map` holds I/O for ever at the end of a run: by itself, because
    /// a path that is blocked does, or because no try helps.
    fn holds(&self, map: &DmDev) -> bool {
        self.is_futile || map.holds() || map.table.devices().any(|dev| self.holds_below(dev))
    }

    fn holds_below(&self, dev: DevId) -> bool {
        match self.dm.devs.iter().find(|map| map.dev == dev) {
            Some(map) => self.holds(map),
            None => {
                let is_hopeless = self.is_futile || self.is_blocked(dev);
                is_hopeless && self.has_commands(dev)
            }
        }
    }

    /// I/Os that each map holds at the end or tries again for ever, and each
    /// disk that is used without one.
    pub fn held(&self) -> Vec<(String, u64)> {
        let devs = (0..).map(DevId).zip(&self.block.devs);
        let alone = devs.filter(|(id, _)| {
            let maps = &self.dm.devs;
            self.holds_below(*id)
                && maps
                    .iter()
                    .all(|m| m.dev != *id && m.table.devices().all(|d| d != *id))
        });
        let alone = alone.map(|(_, d)| (d.name.clone(), u64::from(d.count.in_flight)));
        let maps = self.dm.devs.iter().filter(|d| self.holds(d)).map(|d| {
            let in_flight = self.block.devs[usize::from(d.dev.0)].count.in_flight;
            let mut deferred = 0;
            let mut at = d.deferred.first();
            while let Some(bio) = at {
                at = self.block.bios[bio].next;
                deferred += 1;
            }
            (d.name.clone(), u64::from(in_flight + deferred))
        });
        maps.chain(alone).collect()
    }
}
