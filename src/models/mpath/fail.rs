//! What fails, is reinstated, bypassed and switched to, and what becomes of I/O
//! while there is no path (`fail_path`, `reinstate_path`, `queue_if_no_path`, 6.1).

use super::path::PathIdx;
use super::selector::PathSelector;
use super::target::{Effects, Multipath, QueueMode, Timer};
use crate::models::planted::{self, Defect};
use crate::sim::Ns;

impl Multipath {
    /// Takes `path` out of use (`fail_path`).
    pub fn fail_path(&mut self, path: PathIdx) -> Effects {
        let p = &mut self.paths[usize::from(path.0)];
        if !p.active {
            return Effects::default();
        }
        self.log.push(format!(
            "device-mapper: multipath: {}: Failing path {}.",
            self.name, p.name
        ));
        p.active = false;
        p.fail_count = p.fail_count.wrapping_add(1);
        self.groups[usize::from(p.group)]
            .selector
            .fail_path(usize::from(p.index));
        self.nr_valid_paths -= 1;
        if self.current_pgpath == Some(path) {
            self.current_pgpath = None;
        }
        Effects {
            event: true,
            ..self.enable_nopath_timeout()
        }
    }

    /// Takes `path` into use again (`reinstate_path`).
    pub fn reinstate_path(&mut self, path: PathIdx) -> Effects {
        let mut effects = Effects {
            timer: Timer::Stop,
            ..Effects::default()
        };
        let p = &mut self.paths[usize::from(path.0)];
        if p.active {
            return effects;
        }
        self.log.push(format!(
            "device-mapper: multipath: {}: Reinstating path {}.",
            self.name, p.name
        ));
        p.active = true;
        let group = p.group;
        self.groups[usize::from(group)]
            .selector
            .reinstate_path(usize::from(p.index));
        self.nr_valid_paths += 1;
        if self.facts.is_some() {
            self.current_pgpath = None; // 2.6.25 reinstate_path
        }
        if self.nr_valid_paths == 1 {
            self.current_pgpath = None;
            effects.run_queue = true;
            effects.process_queued = !planted::has(Defect::MissedReinstateKick);
        } else if self.handler.is_some() && self.current_pg == Some(group) {
            effects.activate = self.queue_activation(path, Ns::ZERO);
        }
        effects.event = true;
        effects
    }

    /// Bypasses group `group`, or no longer (`bypass_pg`). Either way the next
    /// I/O chooses a group anew.
    pub fn bypass_pg(&mut self, group: u16, bypassed: bool) -> Effects {
        self.groups[usize::from(group)].bypassed = bypassed;
        self.drop_current();
        Effects {
            event: true,
            ..Effects::default()
        }
    }

    /// From the next I/O on uses group `group`; no group is bypassed any longer
    /// (`switch_pg_num`).
    pub fn switch_pg(&mut self, group: u16) -> Effects {
        for g in &mut self.groups {
            g.bypassed = false;
        }
        self.drop_current();
        self.next_pg = Some(group);
        Effects {
            event: true,
            ..Effects::default()
        }
    }

    pub(super) fn drop_current(&mut self) {
        self.current_pg = None;
        self.current_pgpath = None;
    }

    /// Holds I/O when no path is left, or fails it (`queue_if_no_path`).
    /// `save` is for a suspend, which [`resume`](Self::resume) undoes.
    pub(super) fn set_queue_if_no_path(&mut self, queue: bool, save: bool) -> Effects {
        if save {
            if !self.queue_if_no_path && self.saved_queue_if_no_path {
                self.log.push(format!(
                    "device-mapper: multipath: {}: QIFNP disabled but saved as enabled, \
                     saving again loses state, not saving!",
                    self.name
                ));
            } else {
                self.saved_queue_if_no_path = self.queue_if_no_path;
            }
        } else if !queue {
            self.saved_queue_if_no_path = false;
        }
        self.queue_if_no_path = queue;
        Effects {
            run_queue: !queue,
            process_queued: !queue,
            ..Effects::default()
        }
    }

    pub(super) fn enable_nopath_timeout(&self) -> Effects {
        let arm =
            self.nopath_timeout > Ns::ZERO && self.nr_valid_paths == 0 && self.queue_if_no_path;
        Effects {
            timer: if arm {
                Timer::Arm(self.nopath_timeout)
            } else {
                Timer::Keep
            },
            ..Effects::default()
        }
    }

    /// The timer fired: queueing without paths ends
    /// (`queue_if_no_path_timeout_work`).
    pub fn nopath_timer_fired(&mut self) -> Effects {
        self.log.push(format!(
            "device-mapper: multipath: queue_if_no_path timeout on {}, failing queued IO",
            self.name
        ));
        self.set_queue_if_no_path(false, false)
    }

    /// A suspend begins (`multipath_presuspend`); [`noflush_suspending`]
    /// tells which kind.
    ///
    /// [`noflush_suspending`]: Self::noflush_suspending
    pub fn presuspend(&mut self) -> Effects {
        if self.mode == QueueMode::Bio || !self.noflush_suspending {
            self.set_queue_if_no_path(false, true)
        } else {
            Effects::default()
        }
    }

    /// The device resumes (`multipath_resume`).
    pub fn resume(&mut self) {
        if std::mem::take(&mut self.saved_queue_if_no_path) {
            self.queue_if_no_path = true;
        }
    }
}
