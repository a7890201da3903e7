//! What became of the first bios of a run, as data: what a picture of single
//! I/Os is drawn from.

use crate::models::block::{Action, Subject};
use crate::models::io::{DevId, rwbs};
use crate::sim::Ns;

/// The most bios that are followed.
const MOST: usize = 64;
/// From the first on, for how long others may join.
const WINDOW: Ns = Ns::from_ms(20);
/// From the first on, until when they are followed.
const PATIENCE: Ns = Ns::from_secs(1);
/// The most events that are kept, should some of them fail again and again.
const EVENTS: usize = 4096;

/// An event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// When.
    pub at: Ns,
    /// The device.
    pub dev: DevId,
    /// blktrace's letter for it.
    pub action: char,
    /// First sector.
    pub sector: u64,
    /// Sectors.
    pub sectors: u32,
    /// Kind, as blkparse prints it.
    pub rwbs: String,
}

/// A bio that is followed.
#[derive(Copy, Clone, Debug)]
struct Bio {
    first: u64,
    end: u64,
    is_done: bool,
}

/// The first bios of the device that has the very first one, and all that
/// happens where they lie, until they are complete.
#[derive(Clone, Debug, Default)]
pub struct Opening {
    /// In order of time.
    pub events: Vec<Event>,
    bios: Vec<Bio>,
    is_over: bool,
}

impl Opening {
    /// Something happened to a bio or request of `dev`.
    #[inline]
    pub fn event(&mut self, at: Ns, dev: DevId, action: Action, subject: Subject) {
        if self.is_over {
            return;
        }
        self.keep(at, dev, action, subject);
    }

    #[cold]
    fn keep(&mut self, at: Ns, dev: DevId, action: Action, subject: Subject) {
        let (begun, top) = match self.events.first() {
            Some(first) => (first.at, first.dev),
            None => (at, dev),
        };
        let may_join = self.bios.len() < MOST && at <= begun + WINDOW;
        let all_done = !may_join && self.bios.iter().all(|bio| bio.is_done);
        if all_done || self.events.len() >= EVENTS || at > begun + PATIENCE {
            self.is_over = true;
            return;
        }
        let letter = match action {
            Action::Queue => 'Q',
            Action::GetRq => 'G',
            Action::BackMerge => 'M',
            Action::FrontMerge => 'F',
            Action::Insert => 'I',
            Action::Issue => 'D',
            Action::Requeue => 'R',
            Action::Complete => 'C',
            _ => return,
        };
        let (first, end) = (subject.sector, subject.sector + u64::from(subject.sectors));
        if letter == 'Q' && dev == top {
            if !may_join {
                return;
            }
            let is_done = first == end;
            self.bios.push(Bio {
                first,
                end,
                is_done,
            });
        }
        let overlaps = |bio: &&mut Bio| bio.first < end && first < bio.end;
        let mut theirs = self.bios.iter_mut().filter(overlaps).peekable();
        if theirs.peek().is_none() {
            return;
        }
        if letter == 'C' && dev == top {
            theirs.for_each(|bio| bio.is_done = true);
        }
        self.events.push(Event {
            at,
            dev,
            action: letter,
            sector: subject.sector,
            sectors: subject.sectors,
            rwbs: rwbs(subject.op, subject.flags),
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::models::io::{Flags, Op};

    fn heard(events: &[(u64, u16, Action)]) -> String {
        let mut opening = Opening::default();
        for &(ms, dev, action) in events {
            let subject = Subject {
                sector: 0,
                sectors: 8,
                op: Op::Read,
                flags: Flags::default(),
                is_daemons: false,
            };
            opening.event(Ns::from_ms(ms), DevId(dev), action, subject);
        }
        opening.events.iter().map(|event| event.action).collect()
    }

    #[test]
    fn a_bio_is_followed_until_it_is_complete() {
        let slow = [
            (0, 0, Action::Queue),
            (1, 1, Action::Issue),
            (50, 1, Action::Complete),
            (50, 0, Action::Complete),
        ];
        assert_eq!(heard(&slow), "QDCC");
    }

    /// What comes later to the same sectors is another bio's.
    #[test]
    fn once_all_are_complete_nothing_else_is_kept() {
        let again = [
            (0, 0, Action::Queue),
            (1, 0, Action::Complete),
            (30, 0, Action::Queue),
            (31, 1, Action::Issue),
            (32, 1, Action::Complete),
        ];
        assert_eq!(heard(&again), "QC");
    }
}
