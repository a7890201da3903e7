//! What holds in every run, always checked.

use super::super::io::ReqId;
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
