//! The daemon's view of one map.

mod check;
mod groups;
mod path;
mod ticks;
mod uevent;

use super::command::{KernelEvent, MapStatus, MpdCommand, PathId, PathInfo};
use super::failback::FailbackTimer;
use super::marginal::Marginal;
use super::retry::{Queueing, Retry};
use super::san_path_err::SanPathErr;
use super::settings::Settings;
use super::values::{GroupingPolicy, NoPathRetry};
use crate::sim::Ns;
use path::Path;
use ticks::Phase;

/// `multipathd`, as far as it concerns one map.
///
/// The machine calls [`tick`](Daemon::tick) when [`next_wake`](Daemon::next_wake)
/// has come or a check has ended, reports the kernel's events, and carries out
/// the commands in order, before it calls again.
#[derive(Clone, Debug)]
pub struct Daemon {
    settings: Settings,
    paths: Vec<Path>,
    /// Path numbers of each group, in the order of the table.
    groups: Vec<Vec<usize>>,
    policy: GroupingPolicy,
    bio_based_target: bool,
    /// The kernel's group number, or the one that it was just told.
    next_group: usize,
    best_group: usize,
    disabled_groups: Vec<bool>,
    queueing: bool,
    retry: Retry,
    failback: FailbackTimer,
    san_path_err: Option<SanPathErr>,
    marginal: Option<Marginal>,
    /// The time of the last loop, or of the start.
    last_loop: Ns,
    phase: Phase,
    out: Vec<MpdCommand>,
}

impl Daemon {
    /// The daemon of a map over `paths`, started at `now`; its loops run at
    /// whole seconds from then on, the first at `now`.
    ///
    /// `bio_based_target` says that the kernel's target is older than 1.1.0.
    pub fn new(
        settings: Settings,
        paths: Vec<PathInfo>,
        bio_based_target: bool,
        now: Ns,
    ) -> Daemon {
        let paths: Vec<Path> = paths
            .into_iter()
            .map(|info| Path::new(info, &settings))
            .collect();
        let rule = settings.effective_no_path_retry();
        let mut daemon = Daemon {
            policy: settings.grouping(paths.iter().map(|path| path.prio)),
            groups: Vec::new(),
            bio_based_target,
            next_group: 1,
            best_group: 1,
            disabled_groups: Vec::new(),
            queueing: matches!(rule, NoPathRetry::Queue | NoPathRetry::Checks(_)),
            retry: Retry::new(rule, settings.intervals().0),
            failback: FailbackTimer::new(settings.failback),
            san_path_err: SanPathErr::of(&settings),
            marginal: Marginal::of(&settings),
            last_loop: now,
            phase: Phase::Starting,
            out: Vec::new(),
            settings,
            paths,
        };
        daemon.regroup();
        daemon
    }

    /// What follows `multipath` in the table that the map is set up with.
    pub fn table(&self) -> String {
        self.assemble()
    }

    /// The paths of each group, in the order of the table last loaded.
    pub fn groups(&self) -> Vec<Vec<PathId>> {
        self.groups
            .iter()
            .map(|group| group.iter().map(|&path| PathId(path as u16)).collect())
            .collect()
    }

    /// The map stands already, with these groups: they are the daemon's too,
    /// until it loads a table of its own.
    pub fn adopt(&mut self, groups: Vec<Vec<PathId>>) {
        let numbers = |group: Vec<PathId>| group.into_iter().map(|p| usize::from(p.0)).collect();
        self.take_groups(groups.into_iter().map(numbers).collect());
    }

    /// What the daemon runs by.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The state the daemon has a path in.
    pub fn state(&self, path: PathId) -> Option<super::PathState> {
        self.paths.get(usize::from(path.0)).map(|path| path.state)
    }

    /// Whether it counts the time that its map is without a usable path.
    pub fn is_in_recovery(&self) -> bool {
        self.retry.is_in_recovery()
    }

    /// The retries that it then allows: `no_path_retry`.
    pub fn retries_left(&self) -> Option<u32> {
        match self.settings.effective_no_path_retry() {
            NoPathRetry::Checks(n) if self.is_in_recovery() => Some(n),
            _ => None,
        }
    }

    /// The option by which it withholds a path.
    pub fn rule_against_shaky_paths(&self) -> &'static str {
        match self.marginal {
            Some(_) => "marginal_path",
            None => "san_path_err",
        }
    }

    /// An event of the kernel's target (`main.c:uev_pathfail_check`,
    /// `structs_vec.c:update_multipath`): failed paths are marked down, and
    /// checked after `polling_interval` at the latest.
    pub fn kernel_event(
        &mut self,
        now: Ns,
        event: KernelEvent,
        kernel: &MapStatus<'_>,
    ) -> Vec<MpdCommand> {
        self.hear(now, kernel, |daemon| daemon.take_event(now, event))
    }

    fn take_event(&mut self, now: Ns, event: KernelEvent) {
        if let (KernelEvent::PathFailed(id), Some(rule)) = (event, self.marginal)
            && let Some(path) = self.paths.get_mut(usize::from(id.0))
            && path.is_there
        {
            let was_usable = path.state.is_usable();
            if path.marginal_state.path_failed(rule, path.state, now) {
                path.fail();
                if was_usable {
                    self.usable_path_lost();
                }
            }
        }
        for index in 0..self.paths.len() {
            let path = &mut self.paths[index];
            let was_usable = path.state.is_usable();
            if path.is_there && !path.active && path.state != super::PathState::Down {
                path.fail();
                if was_usable {
                    self.usable_path_lost();
                }
            }
        }
    }

    /// A sampling asked for with [`MpdCommand::StartSampling`] has ended:
    /// `errors` of `reads` failed.
    pub fn sampled(&mut self, now: Ns, path: PathId, reads: u64, errors: u64) {
        self.catch_up(now);
        let others = self.any_usable();
        if let (Some(rule), Some(path)) = (self.marginal, self.paths.get_mut(usize::from(path.0)))
            && path
                .marginal_state
                .sampled(rule, (reads, errors), others, now)
        {
            path.clock.next_loop();
        }
    }

    /// Somebody has something to tell at `now`: what it asks for when it has taken
    /// that, once it is up to date itself.
    fn hear(
        &mut self,
        now: Ns,
        kernel: &MapStatus<'_>,
        take: impl FnOnce(&mut Self),
    ) -> Vec<MpdCommand> {
        self.catch_up(now);
        self.synchronise(kernel);
        take(self);
        std::mem::take(&mut self.out)
    }

    /// Takes over what the kernel says.
    fn synchronise(&mut self, kernel: &MapStatus<'_>) {
        self.next_group = kernel.next_group;
        self.queueing = kernel.queueing;
        self.disabled_groups.clear();
        self.disabled_groups
            .extend_from_slice(kernel.disabled_groups);
        for (path, status) in self.paths.iter_mut().zip(kernel.paths) {
            path.active = status.active;
            path.access = status.access;
        }
    }

    fn any_usable(&self) -> bool {
        self.paths.iter().any(|path| path.state.is_usable())
    }

    /// `structs_vec.c:update_queue_mode_del_path`
    fn usable_path_lost(&mut self) {
        if !self.any_usable() {
            self.retry.enter_recovery();
        }
    }

    /// `structs_vec.c:update_queue_mode_add_path`
    fn usable_path_gained(&mut self) {
        if self.any_usable() {
            let queueing = self.retry.leave_recovery();
            self.set_queueing(queueing);
        }
    }

    fn set_queueing(&mut self, wanted: Option<Queueing>) {
        match wanted {
            None => {}
            Some(Queueing::On) => {
                self.queueing = true;
                self.message("queue_if_no_path".into());
            }
            Some(Queueing::Off) => {
                self.queueing = false;
                self.message("fail_if_no_path".into());
            }
        }
    }

    fn message(&mut self, text: String) {
        self.out.push(MpdCommand::Message { text });
    }
}
