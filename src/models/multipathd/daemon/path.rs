//! What is kept of each path (`structs.h:struct path`).

use super::super::checker::{CheckClock, PathState};
use super::super::command::{PathInfo, Tpgs};
use super::super::grouping::Member;
use super::super::marginal::MarginalState;
use super::super::priority::{Access, priority};
use super::super::san_path_err::SanPathErrState;
use super::super::settings::Settings;
use super::super::values::{Checker, Prio};
use crate::sim::Ns;

/// A check of a path.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub(super) enum Check {
    /// None is under way.
    None,
    /// It was started at this time.
    Running(Ns),
    /// It has ended and was not looked at yet.
    Done(PathState),
}

#[derive(Clone, Debug)]
pub(super) struct Path {
    pub info: PathInfo,
    /// Whether its disk is there; if not, it is in no group.
    pub is_there: bool,
    pub checker: Checker,
    pub prio: Prio,
    pub clock: CheckClock,
    /// `pp->state`
    pub state: PathState,
    /// `pp->chkrstate`: what the checker itself said last.
    pub checker_state: PathState,
    /// `pp->dmstate`: whether the kernel has it active.
    pub active: bool,
    pub access: Access,
    pub priority: i32,
    pub marginal: bool,
    pub marginal_state: MarginalState,
    pub san_state: SanPathErrState,
    pub check: Check,
    /// Number of the check last started.
    pub number: u32,
    /// Whether it is to be looked at in this loop.
    pub due: bool,
}

impl Path {
    pub fn new(info: PathInfo, settings: &Settings) -> Path {
        let alua = info.tpgs != Tpgs::None;
        let prio = settings.prioritizer(alua);
        let mut clock = CheckClock::new(settings.intervals());
        if info.state != PathState::Unchecked {
            clock.provision();
        }
        Path {
            is_there: true,
            checker: settings.checker(alua),
            prio,
            clock,
            state: info.state,
            checker_state: info.state,
            active: true,
            access: info.access,
            priority: priority(prio, &settings.prio_args, info.access),
            marginal: false,
            marginal_state: MarginalState::default(),
            san_state: SanPathErrState::default(),
            check: Check::None,
            number: 0,
            due: false,
            info,
        }
    }

    /// The kernel has failed it, or is regarded as having done so.
    pub fn fail(&mut self) {
        self.state = PathState::Down;
        self.active = false;
        self.clock.hurry();
    }

    /// Asks for its priority again; whether it has changed.
    pub fn refresh_priority(&mut self, args: &str) -> bool {
        if self.state == PathState::Down {
            return false;
        }
        let before = self.priority;
        self.priority = priority(self.prio, args, self.access);
        self.priority != before
    }

    pub fn member(&self) -> Member<'_> {
        Member {
            priority: self.priority,
            usable: self.state.is_usable(),
            marginal: self.marginal,
            serial: &self.info.serial,
            node_name: &self.info.node_name,
            tpg: self.info.tpg,
        }
    }
}
