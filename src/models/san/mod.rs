//! A storage network: the way of a command from an initiator port to a medium
//! and back.
//!
//! ```text
//!  host port ─ links ─ target port ─ controller ─ (owner) ─ cache ─ media
//!        \________ fabric _______/  \____________ array ____________/
//! ```
//!
//! [`San::submit`] says at once what becomes of a command: an answer at a known
//! time, none ever, or none until its nexus says more. So a command costs the
//! caller one event, or none. It needs nothing of its surroundings but that
//! calls come in order of time, and that [`San::advance`] is called when
//! [`San::due`] says so: by this the caller learns that a nexus is blocked,
//! fails or returns.
//!
//! Commands are served at every stage in order of their arrival there, as far
//! as it is known when they set out (see
//! [`Calendar`](crate::sim::calendar::Calendar)).

mod background;
mod build;
mod calendar;
mod config;
mod names;

pub use calendar::{FaultCalendar, Turn};
pub use config::{
    BackgroundConfig, FabricConfig, LunMove, NamedLink, PathConfig, SanConfig, SanError,
};

use super::array::access_state::{AccessState, Tpgs};
use super::array::reply::{Command, CommandKind, Reply};
use super::array::{Activation, Array, Entry};
use super::fabric::fault::{Fault, Renewal};
use super::fabric::link::{Passage, Way};
use super::fabric::nexus::{NexusEvent, State};
use super::fabric::tcp::OnTimeout;
use super::fabric::{Fabric, NexusId};
use super::truth::Drawn;
use crate::sim::draw::Draws;
use crate::sim::time::Ns;
use background::Background;
use names::Names;

/// Which path.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct PathId(pub u16);

/// What a host can read of a path without doing I/O.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The LUN.
    pub lun: String,
    /// The array.
    pub array: String,
    /// The controller that it leads to.
    pub controller: u16,
    /// What the array says of its access states.
    pub tpgs: Tpgs,
}

/// What becomes of a command.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Fate {
    /// The answer is there at this time.
    Done(Ns, Reply),
    /// There is never an answer: the host has to give it up.
    Lost,
    /// There is none until the nexus is [`NexusEvent::Released`], when it is to
    /// be [resumed](San::resume), or [`NexusEvent::Terminated`].
    Stalled(Held),
    /// The nexus does not take it.
    Refused(State),
}

/// How far a command came that is stalled.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Held {
    /// It has not arrived.
    Command,
    /// Its answer has not.
    Answer(Reply),
}

/// What the host learns without having asked.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct SanEvent {
    /// Of which pair of ports.
    pub nexus: NexusId,
    /// What.
    pub what: NexusEvent,
}

/// How many commands had which fate.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Submitted, without those resumed.
    pub submitted: u64,
    /// Answered.
    pub done: u64,
    /// Lost for ever.
    pub lost: u64,
    /// Stalled.
    pub stalled: u64,
    /// Of these, resumed.
    pub resumed: u64,
    /// Not taken.
    pub refused: u64,
    /// Commands of other hosts, which are not among the others.
    pub background: u64,
}

/// A storage network at work.
#[derive(Clone, Debug)]
pub struct San {
    /// Ports and links.
    pub fabric: Fabric,
    /// Arrays.
    pub arrays: Vec<Array>,
    paths: Vec<Path>,
    background: Vec<Background>,
    draws: Draws,
    names: Names,
    /// Array and controller of each target port.
    homes: Vec<(u16, u16)>,
    counts: Counts,
    is_armed: bool,
    /// What breaks at known times, until when it really does.
    faults: Vec<Fault>,
    /// What breaks at random, and on what.
    random_faults: Vec<(String, Renewal)>,
    /// Which LUNs their administrator moves.
    orders: Vec<LunMove>,
    /// When the array carries out the command that was carried last.
    carried_out: Option<Ns>,
}

/// A path: a LUN through a pair of ports.
#[derive(Copy, Clone, Debug)]
struct Path {
    nexus: NexusId,
    port: u16,
    array: u16,
    controller: u16,
    lun: u16,
    /// What was drawn for the data that went through it.
    drawn: Drawn,
}

impl San {
    /// When [`advance`](Self::advance) is to be called next.
    pub fn due(&mut self) -> Ns {
        if !std::mem::replace(&mut self.is_armed, true) {
            self.fabric.arm();
        }
        let arrays = self.arrays.iter().map(Array::due);
        arrays.fold(self.fabric.due(), Ns::min)
    }

    /// Time has come to `now`; `tell` hears what the host learns.
    pub fn advance(&mut self, now: Ns, mut tell: impl FnMut(SanEvent)) {
        while self.due() <= now {
            let at = self.due();
            self.catch_up(at);
            for array in &mut self.arrays {
                array.advance(at);
            }
            self.fabric
                .advance(at, |nexus, what| tell(SanEvent { nexus, what }));
        }
    }

    /// The host sends `command` on `path` at `now`. Calls come in order of
    /// time.
    pub fn submit(&mut self, now: Ns, path: PathId, command: &Command) -> Fate {
        self.catch_up(now);
        self.carried_out = None;
        self.counts.submitted += 1;
        let fate = self.carry(now, path, command);
        self.count(fate)
    }

    /// When the array carries out the command that was submitted, or resumed
    /// from its start, last: what has come to it is carried out, whatever
    /// becomes of the way back. None if it does not come there or is refused.
    pub fn carried_out(&self) -> Option<Ns> {
        self.carried_out
    }

    /// A stalled `command` goes on.
    pub fn resume(&mut self, now: Ns, path: PathId, command: &Command, held: Held) -> Fate {
        self.catch_up(now);
        self.counts.resumed += 1;
        let fate = match held {
            Held::Command => self.carry(now, path, command),
            Held::Answer(reply) => self.answer(now, now, path, command, reply),
        };
        self.count(fate)
    }

    fn count(&mut self, fate: Fate) -> Fate {
        match fate {
            Fate::Done(..) => self.counts.done += 1,
            Fate::Lost => self.counts.lost += 1,
            Fate::Stalled(_) => self.counts.stalled += 1,
            Fate::Refused(_) => self.counts.refused += 1,
        }
        fate
    }

    /// All the way to the medium and back.
    fn carry(&mut self, now: Ns, path: PathId, command: &Command) -> Fate {
        let p = self.paths[usize::from(path.0)];
        match self.fabric.state(p.nexus) {
            State::Running => {}
            State::Stalled => return Fate::Stalled(Held::Command),
            other => return Fate::Refused(other),
        }
        let n = usize::from(self.initiator_of(path));
        let sent = self.fabric.initiators[n].takes(now);
        let out = command.bytes_out();
        let arrived = match self.fabric.send_command(p.nexus, now, sent, out) {
            Passage::Arrives(at) | Passage::Damaged(at) => at,
            Passage::Lost => return Fate::Lost,
            Passage::Cut => return Fate::Stalled(Held::Command),
        };
        let (served, reply) = self.at_port(now, arrived, p, command);
        self.carried_out = (reply == Reply::Good).then_some(served);
        if reply == Reply::Good {
            self.note_drawn(path, command);
        }
        let fate = self.answer(now, served, path, command, reply);
        match fate {
            Fate::Done(at, _) if self.fabric.is_torn(p.nexus, now, at) => {
                Fate::Stalled(Held::Command)
            }
            fate => fate,
        }
    }

    /// A command arrives at its port at `at`: when it is answered, and what.
    fn at_port(&mut self, now: Ns, at: Ns, p: Path, command: &Command) -> (Ns, Reply) {
        let port = &mut self.fabric.ports[usize::from(p.port)];
        let condition = self.fabric.links[usize::from(port.link)].health.at(at);
        if condition.busy {
            return (at, Reply::Busy);
        }
        if condition.queue_full || !port.held.has_room(at) {
            return (at, Reply::TaskSetFull);
        }
        let at = port.takes(now, at);
        let entry = Entry {
            lun: p.lun,
            controller: p.controller,
            port: p.port,
        };
        let array = &mut self.arrays[usize::from(p.array)];
        let (served, reply) = array.serve(now, at, entry, command);
        self.fabric.ports[usize::from(p.port)].held.hold(served);
        (served, reply)
    }

    /// A command on `path` was carried out: what was drawn for it.
    fn note_drawn(&mut self, path: PathId, command: &Command) {
        if !matches!(command.kind, CommandKind::Read | CommandKind::Write) {
            return;
        }
        let p = &mut self.paths[usize::from(path.0)];
        let array = &self.arrays[usize::from(p.array)];
        let latency = array.controllers[usize::from(p.controller)].drawn;
        p.drawn.add(latency, Ns::ZERO, false);
    }

    /// What was drawn for the data that went through `path` so far.
    pub fn drawn(&self, path: PathId) -> Drawn {
        self.paths[usize::from(path.0)].drawn
    }

    /// The answer, with data if all is good, leaves the target at `at`.
    fn answer(&mut self, now: Ns, at: Ns, path: PathId, command: &Command, reply: Reply) -> Fate {
        let nexus = self.paths[usize::from(path.0)].nexus;
        let bytes = match reply {
            Reply::Good => command.bytes_in(),
            Reply::Unreadable(moved) => u64::from(moved) * 512,
            _ => 0,
        };
        match self.fabric.send(nexus, Way::ToHost, now, at, bytes) {
            Passage::Arrives(at) => Fate::Done(at, reply),
            Passage::Damaged(at) => Fate::Done(at, Reply::TransportError),
            Passage::Lost => Fate::Lost,
            Passage::Cut => Fate::Stalled(Held::Answer(reply)),
        }
    }

    /// The pair of ports of `path`.
    pub fn nexus(&self, path: PathId) -> NexusId {
        self.paths[usize::from(path.0)].nexus
    }

    /// All paths through `nexus`.
    pub fn paths_of(&self, nexus: NexusId) -> impl Iterator<Item = PathId> {
        let paths = self.paths.iter().enumerate();
        let through = paths.filter(move |(_, p)| p.nexus == nexus);
        through.map(|(n, _)| PathId(n as u16))
    }

    /// The state of the nexus of `path`.
    pub fn state(&self, path: PathId) -> State {
        self.fabric.state(self.nexus(path))
    }

    /// A command on `path` has timed out: what that leads to.
    pub fn times_out(&mut self, path: PathId, now: Ns) -> OnTimeout {
        self.fabric.times_out(self.nexus(path), now)
    }

    /// The host hears nothing on `path`, not even of what it asked to be aborted:
    /// a session that is stalled is given up.
    pub fn give_up(&mut self, path: PathId, now: Ns) {
        self.fabric.give_up(self.nexus(path), now);
    }

    /// How long an answer without data takes on `path` as it is at `now`; none
    /// if there is none, because the way is cut or swallows what is sent.
    pub fn round_trip(&mut self, path: PathId, now: Ns) -> Option<Ns> {
        let nexus = self.nexus(path);
        match self.fabric.state(nexus) {
            State::Running => self.fabric.round_trip(nexus, now),
            _ => None,
        }
    }

    /// Sends a question without data on `path` at `now`, such as an abort, and
    /// awaits its answer, whatever the controller is about: how long that takes;
    /// none if one of them is lost.
    pub fn exchange(&mut self, path: PathId, now: Ns) -> Option<Ns> {
        self.catch_up(now);
        let nexus = self.nexus(path);
        let mut at = now;
        for way in [Way::ToTarget, Way::ToHost] {
            at = match self.fabric.send(nexus, way, now, at, 0) {
                Passage::Arrives(at) | Passage::Damaged(at) => at,
                Passage::Lost | Passage::Cut => return None,
            };
        }
        Some(at.saturating_sub(now))
    }

    /// Whether nothing is wrong on `path`, and was not at any time since `since`.
    pub fn is_well(&mut self, path: PathId, since: Ns, now: Ns) -> bool {
        let p = self.paths[usize::from(path.0)];
        let array = &mut self.arrays[usize::from(p.array)];
        array.is_well(p.lun, p.controller, since, now) && self.fabric.is_well(p.nexus, since, now)
    }

    /// The access state of the LUN of `path` through it (REPORT TARGET PORT
    /// GROUPS).
    pub fn access_state(&self, path: PathId, now: Ns) -> AccessState {
        let p = self.paths[usize::from(path.0)];
        self.arrays[usize::from(p.array)].state(p.lun, p.controller, now)
    }

    /// Whether `path` and `other` lead to the same LUN.
    pub fn is_same_lun(&self, path: PathId, other: PathId) -> bool {
        let lun = |path: PathId| {
            let p = self.paths[usize::from(path.0)];
            (p.array, p.lun)
        };
        lun(path) == lun(other)
    }

    /// Whether `path` leads to the controller that should own its LUN.
    pub fn is_preferred(&self, path: PathId) -> bool {
        let p = self.paths[usize::from(path.0)];
        self.arrays[usize::from(p.array)].is_preferred(p.lun, p.controller)
    }

    /// What a host can read of `path` without doing I/O.
    pub fn identity(&self, path: PathId) -> Identity {
        let p = self.paths[usize::from(path.0)];
        let array = &self.arrays[usize::from(p.array)];
        Identity {
            lun: array.luns[usize::from(p.lun)].name.clone(),
            array: array.name.clone(),
            controller: p.controller,
            tpgs: array.tpgs(),
        }
    }

    /// Every move of a LUN so far, and every one that could not be, array by array:
    /// when, and what.
    pub fn moves(&self) -> impl Iterator<Item = (Ns, String)> {
        self.arrays.iter().flat_map(|array| {
            array.moves.iter().map(|&(at, lun, to, happens)| {
                let lun = &array.luns[usize::from(lun)].name;
                let what = match happens {
                    true => format!("{lun} moves to ctl{to}"),
                    false => format!("{lun} stays where it is: ctl{to} is down"),
                };
                (at, what)
            })
        })
    }

    /// Asks for the LUN of `path` to be moved to its controller (REPORT and SET
    /// TARGET PORT GROUPS); none if that cannot be asked.
    pub fn activate(&mut self, path: PathId, now: Ns) -> Option<Activation> {
        let p = self.paths[usize::from(path.0)];
        if self.fabric.state(p.nexus) != State::Running {
            return None;
        }
        self.arrays[usize::from(p.array)].activate(p.lun, p.controller, now)
    }

    /// How many commands had which fate.
    pub fn counts(&self) -> Counts {
        self.counts
    }
}

#[cfg(test)]
mod tests;
