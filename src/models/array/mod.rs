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
pub mod presets;
pub mod reply;
pub mod sequential;

pub use config::{ArrayConfig, ArrayError, LunConfig, check_link as config_link};

use super::fabric::fault::Health;
use super::fabric::link::{Flow, Link, Passage, Step, Way};
use super::fabric::target_port::Held;
use crate::sim::draw::Draws;
use crate::sim::time::Ns;
use access_state::{AccessConfig, AccessState, Ownership, Tpgs};
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
    pub moves: Vec<(Ns, u16, u16)>,
}

/// The array's administrator moves a LUN to another controller.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct Order {
    /// When.
    pub at: Ns,
    /// The LUN.
    pub lun: u16,
    /// The controller.
    pub to: u16,
}

/// What comes of asking for a LUN to be moved.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum Activation {
    /// It is as it should be, or hosts have no say in it.
    Done,
    /// It takes so long.
    Takes(Ns),
    /// The LUN is moving, until then.
    Moves(Ns),
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

/// The most moves of LUNs that are remembered.
const MOST_MOVES: usize = 1_000;

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

    /// When [`advance`](Self::advance) is to be called.
    pub fn due(&self) -> Ns {
        self.due
    }

    /// A LUN is going to be moved; before the start.
    pub fn order(&mut self, order: Order) {
        self.orders.push(order);
        self.orders.sort_by_key(|order| std::cmp::Reverse(order.at));
    }

    /// Time has come to `now`: controllers fail and return, and LUNs move.
    pub fn advance(&mut self, now: Ns) {
        while self.due <= now {
            let at = self.due;
            while let Some(order) = self.orders.pop_if(|order| order.at <= at) {
                self.luns[usize::from(order.lun)].ownership.preferred = order.to;
                if !self.controllers[usize::from(order.to)].is_down {
                    self.moves_to(order.lun, order.to, at, self.access.transition);
                }
            }
            self.due = self.orders.last().map_or(Ns::NEVER, |order| order.at);
            for c in 0..self.controllers.len() {
                let controller = &mut self.controllers[c];
                if controller.health.is_perfect() {
                    continue;
                }
                let is_down = controller.health.at(at).down;
                self.due = self.due.min(controller.health.next_change(at));
                if std::mem::replace(&mut controller.is_down, is_down) != is_down {
                    self.controller_changed(c as u16, is_down, at);
                }
            }
            if self.due <= at {
                return;
            }
        }
    }

    fn controller_changed(&mut self, c: u16, is_down: bool, now: Ns) {
        let n = self.controllers.len() as u16;
        let next = (1..n)
            .map(|k| (c + k) % n)
            .find(|&other| !self.controllers[usize::from(other)].is_down);
        for lun in 0..self.luns.len() {
            let o = self.luns[lun].ownership;
            if let (true, true, Some(next)) = (is_down, o.owner == c, next) {
                self.moves_to(lun as u16, next, now, self.access.failover);
            } else if !is_down && self.access.auto_failback && o.preferred == c {
                self.moves_to(lun as u16, c, now, self.access.transition);
            }
        }
    }

    fn moves_to(&mut self, lun: u16, to: u16, now: Ns, takes: Ns) {
        let moves = self.luns[usize::from(lun)]
            .ownership
            .move_to(to, now, takes);
        if moves && self.moves.len() < MOST_MOVES {
            self.moves.push((now, lun, to));
        }
    }

    /// How `controller` treats `lun` at `t`, as any of them says.
    pub fn state(&self, lun: u16, controller: u16, t: Ns) -> AccessState {
        if self.controllers[usize::from(controller)].is_down {
            return AccessState::Unavailable;
        }
        let lun = &self.luns[usize::from(lun)];
        lun.ownership.state(controller, self.access.other, t)
    }

    /// What it says of its support for access states; none, if all controllers
    /// are alike.
    pub fn tpgs(&self) -> Tpgs {
        match self.access.other {
            AccessState::Optimized => Tpgs::None,
            _ => self.access.tpgs,
        }
    }

    /// Whether `controller` is the one that should own `lun`.
    pub fn is_preferred(&self, lun: u16, controller: u16) -> bool {
        self.luns[usize::from(lun)].ownership.preferred == controller
    }

    /// Whether nothing is wrong with `lun` and the controllers, and was not at
    /// any time since `since`, and `controller` serves it.
    pub fn is_well(&mut self, lun: u16, controller: u16, since: Ns, now: Ns) -> bool {
        let serves = |t| self.state(lun, controller, t).refusal().is_none();
        if !serves(since) || !serves(now) {
            return false;
        }
        let controllers = self.controllers.iter_mut().map(|c| &mut c.health);
        let lun = &mut self.luns[usize::from(lun)].health;
        let mut parts = controllers.chain([lun]);
        parts.all(|health| health.is_well_within(since, now))
    }

    /// A host asks for `lun` to be moved to `controller` (REPORT and SET TARGET
    /// PORT GROUPS); none if that controller is down.
    pub fn activate(&mut self, lun: u16, controller: u16, now: Ns) -> Option<Activation> {
        if self.controllers[usize::from(controller)].is_down {
            return None;
        }
        let takes = self.access.transition;
        let o = &mut self.luns[usize::from(lun)].ownership;
        if self.access.other == AccessState::Optimized {
            return Some(Activation::Done);
        }
        if let Some(until) = o.moves_until(now) {
            // Of what one path of a port group has asked for, all hear.
            return Some(match o.is_asked_for && o.owner == controller {
                true => Activation::Takes(until.saturating_sub(now)),
                false => Activation::Moves(until),
            });
        }
        if o.owner == controller || self.access.tpgs != Tpgs::Explicit {
            return Some(Activation::Done);
        }
        o.preferred = controller;
        self.moves_to(lun, controller, now, takes);
        self.luns[usize::from(lun)].ownership.is_asked_for = true;
        Some(Activation::Takes(takes))
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
