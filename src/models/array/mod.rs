//! A storage array: controllers, the link between them, who owns which LUN,
//! cache and media.
//!
//! ```text
//!  ports ── controller 0 ──┐                 ┌── controller 1 ── ports
//!             cores, bus   └── interconnect ─┘
//!                    cache (one, mirrored) ── media
//! ```
//!
//! A command that comes to a controller which does not own its LUN goes over
//! the interconnect to the owner, and its data too.

pub mod access_state;
pub mod cache;
mod config;
pub mod controller;
pub mod media;
pub mod media_disk;
pub mod media_flash;
mod ownership;
pub mod presets;
pub mod reply;
pub mod sequential;

pub use config::{ArrayConfig, ArrayError, LunConfig, check_link as config_link};
pub use ownership::{Activation, Order};

use super::fabric::fault::Health;
use super::fabric::link::{Flow, Link, Passage, Step, Way};
use super::fabric::target_port::Held;
use crate::sim::draw::Draws;
use crate::sim::time::Ns;
use access_state::{AccessConfig, AccessState, Ownership};
use cache::{Cache, Scope};
use controller::Controller;
use media::{Media, Range};
use reply::{Command, CommandKind, Reply, sense};
use sequential::Detector;

/// An array at work.
#[derive(Clone, Debug)]
pub struct Array {
    /// Its name.
    pub name: String,
    /// Its controllers.
    pub controllers: Vec<Controller>,
    /// The link between them.
    pub interconnect: Link,
    /// Its LUNs.
    pub luns: Vec<Lun>,
    /// Its cache, over its media.
    pub cache: Cache,
    access: AccessConfig,
    mirror: bool,
    scope: Scope,
    due: Ns,
    draws: Draws,
    /// What its administrator is going to move, the next one last.
    orders: Vec<Order>,
    /// Which LUN has moved to which controller, and when.
    pub moves: Vec<(Ns, u16, u16, bool)>,
}

/// A LUN.
#[derive(Clone, Debug)]
pub struct Lun {
    /// Its name.
    pub name: String,
    /// Its size in sectors.
    pub sectors: u64,
    /// What is wrong with it, when.
    pub health: Health,
    /// Who owns it.
    pub ownership: Ownership,
    /// Where it begins in the pool.
    base: u64,
    held: Held,
    /// Who watches for streams, by scope.
    detectors: Vec<Detector>,
}

/// Where a command came in.
#[derive(Copy, Clone, Debug)]
pub struct Entry {
    /// The LUN it is for.
    pub lun: u16,
    /// The controller it came to.
    pub controller: u16,
    /// The port, counted over all controllers.
    pub port: u16,
}

/// Who watches for streams where a command comes in at `port` or
/// `controller`.
fn scope_index(scope: Scope, entry: Entry) -> usize {
    match scope {
        Scope::Lun => 0,
        Scope::Controller => usize::from(entry.controller),
        Scope::Port => usize::from(entry.port),
    }
}

impl Array {
    /// The array of `config`; `identity` keeps its draws apart.
    ///
    /// # Errors
    /// A number is out of its range.
    pub fn new(config: &ArrayConfig, identity: u16, draws: Draws) -> Result<Self, ArrayError> {
        config.check()?;
        let mut controllers = Vec::new();
        for _ in 0..config.controllers {
            controllers.push(Controller::new(&config.controller)?);
        }
        let watchers = match config.cache.sequential_scope {
            Scope::Lun => 1,
            Scope::Controller => config.controllers,
            Scope::Port => config.controllers * config.ports,
        };
        let mut base = 0;
        let luns = config.luns.iter().enumerate().map(|(n, lun)| {
            let sectors = lun.size.0 / 512;
            let owner = lun.owner.unwrap_or(n as u16 % config.controllers);
            base += sectors;
            Lun {
                name: lun.name.clone(),
                sectors,
                health: Health::default(),
                ownership: Ownership::new(owner),
                base: base - sectors,
                held: Held::new(config.lun_queue_depth),
                detectors: vec![Detector::default(); usize::from(watchers)],
            }
        });
        let luns = luns.collect();
        Ok(Array {
            name: config.name.clone(),
            controllers,
            interconnect: Link::new(config.interconnect.clone(), identity),
            luns,
            cache: Cache::new(&config.cache, Media::new(&config.media)?),
            access: config.access.clone(),
            mirror: config.cache.mirror && config.controllers > 1,
            scope: config.cache.sequential_scope,
            due: Ns::ZERO,
            draws,
            orders: Vec::new(),
            moves: Vec::new(),
        })
    }

    /// A command has come in at `at`: when it is answered, and what. The clock
    /// stands at `now`.
    pub fn serve(&mut self, now: Ns, at: Ns, entry: Entry, command: &Command) -> (Ns, Reply) {
        if let Some(refusal) = self.refuses(at, entry) {
            return (at, refusal);
        }
        let lun = &mut self.luns[usize::from(entry.lun)];
        if command.kind == CommandKind::Control {
            return (at, Reply::Good);
        }
        if !lun.held.has_room(at) {
            return (at, Reply::TaskSetFull);
        }
        let here = &mut self.controllers[usize::from(entry.controller)];
        let at = here.looks_at(now, at, command, self.draws);
        let state = self.state(entry.lun, entry.controller, at);
        let (done, reply) = match state.refusal() {
            Some(refusal) => (at, refusal),
            None if command.kind == CommandKind::Test => (at, Reply::Good),
            None => self.carry_out(now, at, entry, state, command),
        };
        self.luns[usize::from(entry.lun)].held.hold(done);
        (done, reply)
    }

    /// What is refused whatever it is.
    fn refuses(&mut self, at: Ns, entry: Entry) -> Option<Reply> {
        let lun = self.luns[usize::from(entry.lun)].health.at(at);
        let here = self.controllers[usize::from(entry.controller)]
            .health
            .at(at);
        if lun.unmapped {
            Some(Reply::Sense(sense::NO_LUN))
        } else if lun.busy || here.busy {
            Some(Reply::Busy)
        } else if lun.queue_full || here.queue_full {
            Some(Reply::TaskSetFull)
        } else if lun.reserved {
            Some(Reply::ReservationConflict)
        } else {
            None
        }
    }

    /// Does it, here or at the owner.
    fn carry_out(
        &mut self,
        now: Ns,
        at: Ns,
        entry: Entry,
        state: AccessState,
        command: &Command,
    ) -> (Ns, Reply) {
        let (out, back) = (command.bytes_out(), command.bytes_in());
        let owner = self.luns[usize::from(entry.lun)].ownership.owner;
        let is_remote = state == AccessState::NonOptimized && owner != entry.controller;
        let here = usize::from(entry.controller);
        // From the lower to the higher number is one way of the link.
        let ways = if entry.controller < owner {
            [Way::ToTarget, Way::ToHost]
        } else {
            [Way::ToHost, Way::ToTarget]
        };
        let mut t = self.controllers[here].moves(now, at, out);
        if is_remote {
            t = self.hand_over(ways[0], now, t, out);
            t = self.controllers[usize::from(owner)].looks_at(now, t, command, self.draws);
        }
        let latency = self.luns[usize::from(entry.lun)].health.at(t).latency;
        let (mut done, reply) = self.at_media(now, t, entry, command);
        done = done.saturating_add(latency);
        if is_remote {
            let back = if reply == Reply::Good { back } else { 0 };
            done = self.hand_over(ways[1], now, done, back);
        } else if out > 0 && self.mirror {
            done = done.max(self.hand_over(Way::ToTarget, now, t, out));
        }
        (self.controllers[here].moves(now, done, back), reply)
    }

    fn at_media(&mut self, now: Ns, t: Ns, entry: Entry, command: &Command) -> (Ns, Reply) {
        let lun = &mut self.luns[usize::from(entry.lun)];
        let range = Range {
            from: lun.base + command.sector,
            to: lun.base + command.end(),
        };
        match command.kind {
            CommandKind::Read => {
                let n = scope_index(self.scope, entry);
                let detector = &mut lun.detectors[n];
                let done = self.cache.read((now, t), range, detector, self.draws);
                let last = command.end().saturating_sub(1);
                match lun.health.unreadable(t, command.sector, last) {
                    Some(bad) => (done, Reply::Unreadable((bad - command.sector) as u32)),
                    None => (done, Reply::Good),
                }
            }
            CommandKind::Write => (self.cache.write((now, t), range, self.draws), Reply::Good),
            // The cache outlives a power failure.
            CommandKind::Flush | CommandKind::Discard => (t, Reply::Good),
            CommandKind::Control | CommandKind::Test => (t, Reply::Good),
        }
    }

    /// Sends `bytes` over the link between controllers. Where that is broken,
    /// only the time is lost: no data are.
    fn hand_over(&mut self, way: Way, now: Ns, at: Ns, bytes: u64) -> Ns {
        let flow = Flow::at(at);
        match self.interconnect.send(way, now, flow, bytes, self.draws) {
            Step::Goes(flow, _) => flow.tail,
            Step::Ends(Passage::Arrives(at) | Passage::Damaged(at)) => at,
            Step::Ends(_) => {
                let takes = self.interconnect.transfer_time(bytes);
                at.saturating_add(takes)
                    .saturating_add(self.interconnect.config.latency)
            }
        }
    }
}
