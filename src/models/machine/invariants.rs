//! What holds in every run, always checked.

use super::super::block::BlockDev;
use super::super::device::scsi::SdevState;
use super::super::dm::DmDev;
use super::super::io::{DevId, ReqId};
use super::super::mpath::Multipath;
use super::super::probe::Probe;
use super::Machine;
use crate::sim::Ns;

/// An invariant that did not hold.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{what}")]
pub struct Violation {
    /// When.
    pub at: Ns,
    /// Which, and the entity.
    pub what: String,
}

impl Violation {
    /// What was to end goes on.
    pub(super) fn endless(now: Ns) -> Self {
        Violation {
            at: now,
            what: "endless: I/O is still being tried again".into(),
        }
    }
    /// Code goes on for ever and no time passes.
    pub(super) fn spinning(now: Ns) -> Self {
        Violation {
            at: now,
            what: "endless: a CPU spins and no time passes".into(),
        }
    }
    /// The clock went back.
    pub(super) fn clock(now: Ns, before: Ns) -> Self {
        Violation {
            at: now,
            what: format!("clock: an event at {now} came after one at {before}"),
        }
    }
}

impl DmDev {
    /// Whether it may hold I/O for ever: it is suspended, or has no path and
    /// queues.
    fn holds(&self) -> bool {
        let no_path = |m: &Multipath| m.nr_valid_paths() == 0 && m.queue_if_no_path();
        self.blocked || self.multipath().is_some_and(no_path)
    }
}

impl<P: Probe> Machine<P> {
    /// Where I/O is held for ever, no leaf device still has any, but for one
    /// whose port is away.
    fn check_held(&self) -> Result<(), Violation> {
        let at = self.host.now();
        match self.at_work().find(|d| d.count.in_flight > 0) {
            Some(d) => {
                let what = format!("{}: {} in flight at the end", d.name, d.count.in_flight);
                Err(Violation { at, what })
            }
            None => Ok(()),
        }
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
    fn has_commands(&self, dev: DevId) -> bool {
        let in_flight = self.block.devs[usize::from(dev.0)].count.in_flight;
        let reqs = &self.block.reqs;
        let mut disks = self.devices.scsi.iter();
        in_flight > 0
            || disks.any(|disk| disk.dev == dev && disk.is_looked_at())
            || reqs.in_use().any(|rq| reqs[rq].dev == dev)
    }

    fn is_map(&self, dev: DevId) -> bool {
        self.dm.devs.iter().any(|map| map.dev == dev)
    }

    /// Whether a disk whose port is away keeps what it was given.
    pub fn has_blocked_io(&self) -> bool {
        let mut disks = self.devices.scsi.iter();
        disks.any(|disk| self.is_blocked(disk.dev) && self.has_commands(disk.dev))
    }

    /// Whether the port of disk `dev` is away, with nobody to give it up.
    fn is_blocked(&self, dev: DevId) -> bool {
        let mut disks = self.devices.scsi.iter();
        disks.any(|disk| disk.dev == dev && disk.state == SdevState::Blocked)
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

    /// What a disk's driver has given away of its budget is with its requests
    /// (`sdev->budget_map`).
    fn check_budgets(&self) -> Result<(), Violation> {
        let reqs = &self.block.reqs;
        for disk in &self.devices.scsi {
            let has_one = |rq: &ReqId| reqs[*rq].dev == disk.dev && reqs[*rq].budget;
            let held = reqs.in_use().filter(has_one).count();
            if disk.in_flight as usize != held {
                let name = &self.block.devs[usize::from(disk.dev.0)].name;
                let what = format!("budget: {name}: {} taken, {held} held", disk.in_flight);
                let at = self.host.now();
                return Err(Violation { at, what });
            }
        }
        Ok(())
    }

    /// Nothing is in flight, nothing waits, and every layer gave out what it
    /// took in.
    pub(super) fn check_drained(&self) -> Result<(), Violation> {
        let at = self.host.now();
        let fail = |what: String| Err(Violation { at, what });
        self.check_budgets()?;
        if self.is_futile {
            return Ok(());
        }
        if !self.held().is_empty() {
            return self.check_held();
        }
        if self.app.running > 0 {
            return fail(format!("stuck: {} tasks never ended", self.app.running));
        }
        if self.block.bios.live() > 0 {
            return fail(format!("lost: {} bios never ended", self.block.bios.live()));
        }
        if self.block.reqs.live() > 0 {
            return fail(format!(
                "lost: {} requests never ended",
                self.block.reqs.live()
            ));
        }
        for c in &self.app.caches {
            let left = c.reading() + c.dirty.in_flight() + c.dirty.count();
            if left > 0 {
                return fail(format!(
                    "{}: {left} pages dirty or under I/O at the end",
                    self.dev_name(c.dev)
                ));
            }
        }
        for d in &self.block.devs {
            let c = &d.count;
            if !d.elevator.is_idle() {
                return fail(format!("{}: the scheduler is not done", d.name));
            }
            if c.in_flight > 0 {
                return fail(format!("{}: {} in flight at the end", d.name, c.in_flight));
            }
            if c.requests != c.requests_done {
                return fail(format!(
                    "{}: {} requests allocated, {} freed",
                    d.name, c.requests, c.requests_done
                ));
            }
            if i128::try_from(c.residence) != Ok(c.in_flight_integral) {
                return fail(format!(
                    "{}: Little's law: residence {} ns, integral of in-flight {} ns",
                    d.name, c.residence, c.in_flight_integral
                ));
            }
        }
        for q in &self.block.sqs {
            let left = q.in_flight + q.rl.allocated() + q.nr_sorted;
            if left > 0 || !q.head.is_empty() || q.rl.is_waited_for() || q.ordered.is_active() {
                return fail(format!(
                    "a single queue is not done: {} with the driver, {} allocated, {} sorted",
                    q.in_flight,
                    q.rl.allocated(),
                    q.nr_sorted
                ));
            }
        }
        if let Some(d) = self.dm.devs.iter().find(|d| d.stacking.clones > 0) {
            return fail(format!("{}: {} clones left", d.name, d.stacking.clones));
        }
        if self.block.shared_tags.iter().any(|set| set.used() > 0) {
            return fail("tags of a host adapter still taken at the end".into());
        }
        for h in &self.block.hctxs {
            if h.tags.used() > 0 || h.sched_tags.as_ref().is_some_and(|t| t.used() > 0) {
                return fail(format!(
                    "{}: tags still taken at the end",
                    self.dev_name(h.dev)
                ));
            }
        }
        Ok(())
    }
}
