//! Who owns a LUN, and how the other controllers treat it: asymmetric access
//! states (SPC-4, 5.15.2) and what moves a LUN from one controller to another.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::reply::{Reply, sense};
use crate::sim::time::Ns;
use crate::sim::units::as_text;

/// How a controller treats a LUN.
#[derive(Copy, Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AccessState {
    /// It serves it itself.
    Optimized,
    /// It hands commands on to the owner, over the link between them.
    #[default]
    NonOptimized,
    /// It answers that it could take over.
    Standby,
    /// It answers that it could not.
    Unavailable,
    /// The LUN moves: it answers that it is not ready.
    Transitioning,
}

impl AccessState {
    /// As REPORT TARGET PORT GROUPS codes it.
    pub fn code(self) -> u8 {
        match self {
            AccessState::Optimized => 0x0,
            AccessState::NonOptimized => 0x1,
            AccessState::Standby => 0x2,
            AccessState::Unavailable => 0x3,
            AccessState::Transitioning => 0xf,
        }
    }
    /// What a command for the medium is answered, where it is not served.
    pub fn refusal(self) -> Option<Reply> {
        match self {
            AccessState::Optimized | AccessState::NonOptimized => None,
            AccessState::Standby => Some(Reply::Sense(sense::STANDBY)),
            AccessState::Unavailable => Some(Reply::Sense(sense::UNAVAILABLE)),
            AccessState::Transitioning => Some(Reply::Sense(sense::TRANSITION)),
        }
    }
}

/// Who may move a LUN to another controller (INQUIRY, TPGS).
#[derive(Copy, Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Tpgs {
    /// The array does not speak of access states at all.
    None,
    /// The array alone.
    #[default]
    Implicit,
    /// Hosts too (SET TARGET PORT GROUPS).
    Explicit,
}

/// How ownership works and how long it takes to move.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct AccessConfig {
    /// How a controller that does not own a LUN treats it; `optimized`: all
    /// are alike. Default: `non_optimized`.
    pub other: AccessState,
    /// Who may move a LUN. Default: `implicit`.
    pub tpgs: Tpgs,
    /// From the failure of a controller to another's serving its LUNs.
    /// Default: 5 s.
    #[serde(serialize_with = "as_text")]
    pub failover: Ns,
    /// How long a LUN moves that is asked to. Default: 500 ms.
    #[serde(serialize_with = "as_text")]
    pub transition: Ns,
    /// From the end of a failure to a controller's being there again.
    /// Default: 0.
    #[serde(serialize_with = "as_text")]
    pub restart: Ns,
    /// Whether its LUNs then go back to it by themselves. Default: true.
    pub auto_failback: bool,
}

impl Default for AccessConfig {
    fn default() -> Self {
        AccessConfig {
            other: AccessState::NonOptimized,
            tpgs: Tpgs::Implicit,
            failover: Ns::from_secs(5),
            transition: Ns::from_ms(500),
            restart: Ns::ZERO,
            auto_failback: true,
        }
    }
}

/// Who owns a LUN.
#[derive(Copy, Clone, Debug)]
pub struct Ownership {
    /// The controller that owns it.
    pub owner: u16,
    /// The one that should.
    pub preferred: u16,
    /// Whether a host has asked for its last move.
    pub is_asked_for: bool,
    /// Until when it moves.
    moves_until: Ns,
}

impl Ownership {
    /// A LUN of `owner`.
    pub fn new(owner: u16) -> Self {
        Ownership {
            owner,
            preferred: owner,
            is_asked_for: false,
            moves_until: Ns::ZERO,
        }
    }
    /// How `controller` treats it at `t`, where the others are `other`.
    pub fn state(&self, controller: u16, other: AccessState, t: Ns) -> AccessState {
        if t < self.moves_until && other != AccessState::Optimized {
            AccessState::Transitioning
        } else if self.owner == controller {
            AccessState::Optimized
        } else {
            other
        }
    }
    /// At `now` it begins to move to `to`, which takes `takes`; whether it was
    /// not there already.
    pub fn move_to(&mut self, to: u16, now: Ns, takes: Ns) -> bool {
        let moves = self.owner != to;
        if moves {
            self.owner = to;
            self.is_asked_for = false;
            self.moves_until = now.saturating_add(takes);
        }
        moves
    }
    /// Until when it moves, if it does so at `now`.
    pub fn moves_until(&self, now: Ns) -> Option<Ns> {
        Some(self.moves_until).filter(|&until| now < until)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn while_a_lun_moves_nobody_serves_it() {
        let mut lun = Ownership::new(0);
        let other = AccessState::NonOptimized;
        let states = |lun: &Ownership, t| [0, 1].map(|c| lun.state(c, other, Ns(t)));
        use AccessState::*;
        assert_eq!(states(&lun, 0), [Optimized, NonOptimized]);
        lun.move_to(1, Ns(10), Ns(5));
        assert_eq!(states(&lun, 14), [Transitioning, Transitioning]);
        assert_eq!(states(&lun, 15), [NonOptimized, Optimized]);
        lun.move_to(1, Ns(20), Ns(5));
        assert_eq!(states(&lun, 20), [NonOptimized, Optimized]);
    }

    #[test]
    fn alike_controllers_do_not_move_anything() {
        let mut lun = Ownership::new(0);
        lun.move_to(1, Ns(10), Ns(5));
        let state = lun.state(0, AccessState::Optimized, Ns(12));
        assert_eq!(state, AccessState::Optimized);
        assert_eq!(state.refusal(), None);
    }
}
