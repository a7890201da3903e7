//! What breaks in a storage network and what is mended, in order of time, for
//! those who tell of it.

use super::San;
use crate::models::fabric::fault::{Fault, Renewal};
use crate::sim::time::Ns;

/// A fault begins or ends.
#[derive(Clone, Debug, PartialEq)]
pub struct Turn {
    /// When.
    pub at: Ns,
    /// Of which part, and what: `ctl0.p0: down`.
    pub what: String,
    /// Whether it begins.
    pub begins: bool,
}

/// Begins and ends of all faults of a network. It draws those at random as the
/// network itself does, and so knows them before they come.
#[derive(Clone, Debug, Default)]
pub struct FaultCalendar {
    /// Those at known times, the next one last.
    known: Vec<Turn>,
    random: Vec<Random>,
    left: usize,
}

/// Faults that come and go.
#[derive(Clone, Debug)]
struct Random {
    what: String,
    process: Renewal,
    next: Ns,
}

/// The most turns that are told of in a run.
const MOST: usize = 2_000;

impl San {
    /// All faults, from the start on.
    pub fn calendar(&self) -> FaultCalendar {
        let mut known = Vec::new();
        for (n, fault) in self.faults.iter().enumerate() {
            let turn = |at, begins| {
                let what = format!("{}: {}", fault.on, fault.kind);
                (n, Turn { at, what, begins })
            };
            known.push(turn(fault.from, true));
            known.push(turn(fault.until, false));
        }
        for order in &self.orders {
            let what = format!("{}: told to move to {}", order.lun, order.to);
            let turn = Turn {
                at: order.at,
                what,
                begins: true,
            };
            known.push((known.len(), turn));
        }
        // Of the same time, what ends comes first.
        known.sort_by_key(|(n, turn)| std::cmp::Reverse((turn.at, turn.begins, *n)));
        let random = self.random_faults.iter().map(|(on, process)| {
            let mut process = process.clone();
            Random {
                what: format!("{on}: {}", process.kind),
                next: process.next_change(Ns::ZERO),
                process,
            }
        });
        FaultCalendar {
            known: known.into_iter().map(|(_, turn)| turn).collect(),
            random: random.collect(),
            left: MOST,
        }
    }

    /// When the last known change comes, or came: from then on everything stays
    /// as it is, but for what breaks at random. What is broken at random at
    /// `now` is still to be mended.
    pub fn settled_at(&mut self, now: Ns) -> Ns {
        let last = |fault: &Fault| match fault.until {
            Ns::NEVER => fault.from,
            until => until,
        };
        let known = self.faults.iter().map(last);
        let orders = self.orders.iter().map(|order| order.at);
        let processes = self.random_faults.iter_mut().map(|(_, process)| process);
        let broken = processes.filter_map(|p| p.strikes(now).then(|| p.next_change(now)));
        known.chain(orders).chain(broken).max().unwrap_or_default()
    }
}

impl FaultCalendar {
    /// When the next one comes.
    #[inline]
    pub fn next_at(&self) -> Ns {
        if self.left == 0 {
            return Ns::NEVER;
        }
        let known = self.known.last().map_or(Ns::NEVER, |turn| turn.at);
        self.random.iter().map(|r| r.next).fold(known, Ns::min)
    }
}

impl Iterator for FaultCalendar {
    type Item = Turn;

    /// The next one; none, if none comes any more.
    fn next(&mut self) -> Option<Turn> {
        let at = self.next_at();
        if at == Ns::NEVER {
            return None;
        }
        self.left -= 1;
        if let Some(turn) = self.known.pop_if(|turn| turn.at == at) {
            return Some(turn);
        }
        let random = self.random.iter_mut().find(|r| r.next == at)?;
        random.next = random.process.next_change(at);
        Some(Turn {
            at,
            what: random.what.clone(),
            begins: random.process.strikes(at),
        })
    }
}
