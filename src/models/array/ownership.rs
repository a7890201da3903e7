//! Controllers fail and return, LUNs move between them, and hosts are told.

use super::Array;
use super::access_state::{AccessState, Tpgs};
use crate::sim::time::Ns;

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

/// The most moves of LUNs that are remembered.
const MOST_MOVES: usize = 1_000;

impl Array {
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
                if self.controllers[usize::from(order.to)].is_down {
                    self.tell_move(at, order.lun, order.to, false);
                } else {
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
        if moves {
            self.tell_move(now, lun, to, true);
        }
    }

    fn tell_move(&mut self, at: Ns, lun: u16, to: u16, happens: bool) {
        if self.moves.len() < MOST_MOVES {
            self.moves.push((at, lun, to, happens));
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
}
