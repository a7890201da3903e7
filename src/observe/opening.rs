//! The first events of a run, as data: what a picture of single I/Os is drawn
//! from.

use crate::models::block::{Action, Subject};
use crate::models::io::{DevId, rwbs};
use crate::sim::Ns;

/// The most events that are kept.
const MOST: usize = 2048;
/// How long it listens from the first event on.
const WINDOW: Ns = Ns::from_ms(20);

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

/// The first events.
#[derive(Clone, Debug, Default)]
pub struct Opening {
    /// In order of time.
    pub events: Vec<Event>,
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
        let begun = self.events.first().map_or(at, |first| first.at);
        if self.events.len() >= MOST || at > begun + WINDOW {
            self.is_over = true;
            return;
        }
        let action = match action {
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
        self.events.push(Event {
            at,
            dev,
            action,
            sector: subject.sector,
            sectors: subject.sectors,
            rwbs: rwbs(subject.op, subject.flags),
        });
    }
}
