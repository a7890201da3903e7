//! A probe that follows every I/O of a run and says what is wrong as soon as
//! it is.

use super::extents::Extents;
use super::shadow::Shadow;
use crate::models::block::{Action, Subject};
use crate::models::io::{BlkStatus, DevId};
use crate::models::mpath::Multipath;
use crate::models::probe::{Mapped, Probe, TargetEvent};
use crate::sim::Ns;

/// Something that should not have happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wrong {
    /// When.
    pub at: Ns,
    /// What: a word for the rule, a colon, and the particulars.
    pub what: String,
}

/// I/Os of a thread of the application.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq)]
pub struct Counted {
    /// That began.
    pub begun: u64,
    /// That ended.
    pub done: u64,
    /// That ended with an error.
    pub failed: u64,
    /// Calls of fsync that failed.
    pub failed_syncs: u64,
}

/// What is observed of a run.
#[derive(Clone, Debug)]
pub struct Witness {
    /// Leaf devices come first, so many.
    leaves: u16,
    /// Those of other multipath maps.
    others: Vec<DevId>,
    /// The multipath map's block device.
    map: DevId,
    /// Its number among the maps.
    dm: u16,
    /// What is believed of its target.
    pub shadow: Option<Shadow>,
    /// Its data.
    pub extents: Extents,
    /// I/Os of each thread.
    pub threads: Vec<Counted>,
    /// I/Os that the target has let fail, rightly.
    pub excuses: u64,
    /// The time of the last event.
    now: Ns,
    /// The first thing that was wrong.
    pub wrong: Option<Wrong>,
}

impl Witness {
    /// Of a machine with so many leaf devices, then maps, the last of which is
    /// the multipath map, of so many sectors.
    pub fn new(leaves: usize, maps: usize, sectors: u64) -> Self {
        Witness {
            leaves: leaves as u16,
            others: Vec::new(),
            map: DevId((leaves + maps).saturating_sub(1) as u16),
            dm: maps.saturating_sub(1) as u16,
            shadow: None,
            extents: Extents::new(sectors),
            threads: Vec::new(),
            excuses: 0,
            now: Ns::ZERO,
            wrong: None,
        }
    }

    /// What `devices` do is another multipath map's business.
    pub fn leave_out(&mut self, devices: impl IntoIterator<Item = DevId>) {
        self.others.extend(devices);
    }

    fn is_leaf(&self, dev: DevId) -> bool {
        dev.0 < self.leaves && !self.others.contains(&dev)
    }

    /// Takes note of an outcome of a check.
    fn heed(&mut self, checked: Result<(), String>) {
        if let Err(what) = checked
            && self.wrong.is_none()
        {
            self.wrong = Some(Wrong { at: self.now, what });
        }
    }

    fn thread(&mut self, thread: u16) -> &mut Counted {
        let n = usize::from(thread);
        if self.threads.len() <= n {
            self.threads.resize(n + 1, Counted::default());
        }
        &mut self.threads[n]
    }
}

impl Probe for Witness {
    fn block_event(
        &mut self,
        at: Ns,
        _cpu: u8,
        _comm: Option<&str>,
        dev: DevId,
        action: Action,
        subject: Subject,
    ) {
        self.now = at;
        match action {
            Action::Queue if dev == self.map => self.extents.submitted(&subject),
            Action::Issue if self.is_leaf(dev) => self.extents.issued(at, dev, &subject),
            _ => {}
        }
    }

    fn ended(&mut self, dev: DevId, subject: Subject, status: BlkStatus) {
        let is_good = status == BlkStatus::Ok;
        if self.is_leaf(dev) {
            if is_good {
                self.extents.carried_out(&subject);
            } else {
                self.extents.refusals += 1;
            }
        } else if dev == self.map {
            let checked = self.extents.ended(self.now, &subject, is_good);
            self.heed(checked);
            if !is_good && self.excuses == 0 {
                self.heed(Err(format!("error: {status:?} without a cause")));
            }
        }
    }

    fn given_up(&mut self, at: Ns, dev: DevId, subject: Subject, issued: Ns, due: Ns) {
        self.now = at;
        if self.is_leaf(dev) {
            self.extents.given_up(at, dev, &subject, issued, due);
        }
    }

    fn target_event(&mut self, at: Ns, dm: u16, event: TargetEvent<'_>, target: &Multipath) {
        if dm != self.dm {
            return;
        }
        self.now = at;
        let shadow = self.shadow.get_or_insert_with(|| Shadow::new(target));
        let checked = shadow.event(event, target);
        self.heed(checked);
        let fails = match event {
            TargetEvent::Mapped(mapped, _) => mapped == Mapped::Killed,
            TargetEvent::Left {
                status, is_over, ..
            } => is_over && status != BlkStatus::Ok,
            _ => false,
        };
        self.excuses += u64::from(fails);
    }

    fn io_begun(&mut self, at: Ns, thread: u16) {
        self.now = at;
        self.thread(thread).begun += 1;
    }

    fn io_done(&mut self, at: Ns, thread: u16, _bytes: u32, errno: i32) {
        self.now = at;
        let t = self.thread(thread);
        t.done += 1;
        t.failed += u64::from(errno != 0);
        if t.done > t.begun {
            self.heed(Err("twice: more I/Os ended than began".into()));
        }
    }

    fn synced(&mut self, thread: u16, errno: i32) {
        self.thread(thread).failed_syncs += u64::from(errno != 0);
    }

    fn has_seen_enough(&self) -> bool {
        self.wrong.is_some()
    }
}
