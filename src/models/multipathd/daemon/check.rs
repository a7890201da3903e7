//! What the result of a check leads to (`main.c:check_path`, 0.9;
//! `update_path`, 0.14).

use super::super::checker::PathState;
use super::super::command::{MpdCommand, PathId, Tpgs};
use super::super::failback::PathNews;
use super::super::marginal::Verdict;
use super::super::values::MarginalPathgroups;
use super::Daemon;
use crate::sim::Ns;

/// What the methods against shaky paths say of a usable path.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
enum Shaky {
    /// Nothing changes.
    Same,
    /// It is withheld; nothing else is done about it.
    Withheld,
    /// It changes over between normal and marginal groups.
    Regroup,
}

impl Daemon {
    /// A check of path `index` has ended, or is still pending.
    pub(super) fn path_checked(&mut self, index: usize, found: PathState, now: Ns) {
        let path = &mut self.paths[index];
        path.clock.provision();
        let found = match found {
            PathState::Removed => PathState::Down,
            other => other,
        };
        if found == PathState::Unchecked {
            return;
        }
        if path.state == PathState::Delayed && !found.is_usable() && found != PathState::Pending {
            // It failed again: it is no longer withheld, but down.
            path.state = found;
            return;
        }
        if found == PathState::Pending {
            path.clock.next_loop();
            return;
        }
        let queueing = self.retry.synchronise(self.any_usable(), self.queueing);
        self.set_queueing(queueing);
        let shaky = self.shaky(index, found, now);
        if shaky == Shaky::Withheld {
            self.paths[index].state = PathState::Delayed;
            return;
        }
        let news = match self.update_state(index, found) {
            Some(news) => news,
            None => return,
        };
        self.choose_group(index, news, shaky == Shaky::Regroup);
    }

    /// Applies `marginal_path_*`, or else `san_path_err_*`
    /// (`should_skip_path`).
    fn shaky(&mut self, index: usize, found: PathState, now: Ns) -> Shaky {
        if !found.is_usable() {
            return Shaky::Same;
        }
        let others = self.any_usable();
        let path = &mut self.paths[index];
        let (bad, recheck_soon) = match (self.marginal, self.san_path_err) {
            (Some(rule), _) => {
                let verdict = path.marginal_state.checked_up(rule, others, now);
                if verdict == Verdict::Sample {
                    self.out.push(MpdCommand::StartSampling {
                        path: PathId(index as u16),
                        time: rule.sample_time,
                    });
                }
                (verdict != Verdict::Use, true)
            }
            (None, Some(rule)) => {
                let bad = path.san_state.withholds(rule, path.state, others, now);
                (bad, false)
            }
            (None, None) => return Shaky::Same,
        };
        if self.settings.marginal_pathgroups == MarginalPathgroups::Off {
            if !bad {
                return Shaky::Same;
            }
            if recheck_soon {
                path.clock.next_loop();
            }
            return Shaky::Withheld;
        }
        let changed = path.marginal != bad;
        path.marginal = bad;
        if changed { Shaky::Regroup } else { Shaky::Same }
    }

    /// Brings the states of the daemon and of the kernel into line; none if
    /// the path is newly down, after which no group is chosen.
    fn update_state(&mut self, index: usize, found: PathState) -> Option<PathNews> {
        let any_usable = self.any_usable();
        let path = &mut self.paths[index];
        // A standby path of an implicit array is left failed as long as no
        // other path works, so that no I/O is tried on it.
        let leave_failed =
            found == PathState::Ghost && !any_usable && path.info.tpgs == Tpgs::Implicit;
        let before = path.state;
        let checker_before = path.checker_state;
        path.checker_state = found;
        path.state = found;
        if found == before {
            self.same_state(index, found, leave_failed);
            return Some(PathNews::default());
        }
        path.clock.reset();
        if !found.is_usable() {
            self.tell_failed(index);
            if before.is_usable() {
                self.usable_path_lost();
            }
            self.failback.cancel();
            return None;
        }
        // What was active when the map was set up need not be told so.
        if !(leave_failed || before == PathState::Unchecked && path.active) {
            self.tell_reinstated(index);
        }
        if !before.is_usable() {
            self.usable_path_gained();
        }
        if found == PathState::Up {
            self.enable_group(index);
        }
        Some(PathNews {
            up: true,
            up_by_checker: !checker_before.is_usable(),
            first_of_best: false,
        })
    }

    fn same_state(&mut self, index: usize, found: PathState, leave_failed: bool) {
        let path = &mut self.paths[index];
        match (found.is_usable(), path.active) {
            (true, false) if !leave_failed => self.tell_reinstated(index),
            (true, _) => path.clock.relax(),
            (false, true) => self.tell_failed(index),
            (false, false) => {}
        }
    }

    pub(super) fn tell_failed(&mut self, index: usize) {
        let path = &mut self.paths[index];
        path.active = false;
        let text = format!("fail_path {}", path.info.dev);
        self.message(text);
    }

    pub(super) fn tell_reinstated(&mut self, index: usize) {
        let path = &mut self.paths[index];
        path.active = true;
        let text = format!("reinstate_path {}", path.info.dev);
        self.message(text);
    }
}
