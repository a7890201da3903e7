//! multipathd at work on the machine: its loop is a task, its checks are
//! commands that go to the paths themselves, its messages are those of
//! `dmsetup`.

mod commands;
mod paths;
mod told;

pub use paths::lun_info;

use super::super::block::pop;
use super::super::fault::Action;
use super::super::host::{self, Cost, CpuId, Prio, Step, TaskId};
use super::super::io::DevId;
use super::super::kernel::Kernel;
use super::super::mpath::selector::{PathSelector, StatusType};
use super::super::mpath::{Group, Multipath, QueueMode};
use super::super::multipathd::{
    Access, CheckDone, Daemon, KernelEvent, MapStatus, MpdCommand, NoPathRetry, PathId, Settings,
};
use super::super::probe::Probe;
use super::{Frame, Irq, Machine};
use crate::sim::Ns;
use commands::Commands;

/// The daemon's part of one map.
#[derive(Debug)]
pub struct Mpd {
    daemon: Daemon,
    dm: u16,
    task: TaskId,
    /// The device of every path, by [`PathId`].
    paths: Vec<DevId>,
    /// What the daemon knows of the kernel's state of every path.
    active: Vec<bool>,
    /// Whether it has heard that the disk of a path is gone.
    gone: Vec<bool>,
    /// What it last read of the access state of every path.
    access: Vec<Access>,
    done: Vec<CheckDone>,
    /// What it says when the table that it has loaded is live.
    after_reload: Vec<String>,
    is_reloading: bool,
    /// The table that it loads next, when that is over.
    next_table: Option<String>,
    /// When its timer is due; one that is no longer valid is not.
    alarm: Ns,
    is_queued: bool,
    told: told::Told,
}

/// All maps that multipathd looks after, and the commands it has under way.
#[derive(Debug, Default)]
pub struct Mpds {
    maps: Vec<Mpd>,
    commands: Commands,
    /// What was decided, and when.
    decisions: Vec<(Ns, String)>,
}

impl<P> Machine<P> {
    /// Every multipath map gets its daemon.
    pub(super) fn add_multipathd(&mut self, settings: &Settings) {
        for dm in 0..self.dm.devs.len() as u16 {
            let Some(m) = self.dm.dev(dm).multipath() else {
                continue;
            };
            let mut paths: Vec<DevId> = Vec::new();
            for path in m.paths() {
                if !paths.contains(&path.dev) {
                    paths.push(path.dev);
                }
            }
            let active = vec![true; paths.len()];
            let gone = vec![false; paths.len()];
            let groups = groups_of(m, &paths);
            let selector = selector_of(m);
            let mut settings = settings.clone();
            let is_bio_based_target = self.kernel == Kernel::V2_6_25;
            if m.mode() == QueueMode::Bio && !self.kernel.is_legacy() {
                settings.features = with_bio_mode(&settings.features);
            }
            if settings.path_selector == Settings::default().path_selector
                && let Some(selector) = selector
            {
                settings.path_selector = selector;
            }
            let infos: Vec<_> = paths.iter().map(|&dev| self.path_info(dev)).collect();
            let access = infos.iter().map(|info| info.access).collect();
            let mut daemon = Daemon::new(settings, infos, is_bio_based_target, Ns::ZERO);
            daemon.adopt(groups);
            let cpu = CpuId((self.host.cpus.len() - 1) as u8);
            let task = self
                .host
                .spawn_worker("multipathd".into(), Prio::Normal, cpu);
            self.mpds.maps.push(Mpd {
                daemon,
                dm,
                task,
                paths,
                active,
                gone,
                access,
                done: Vec::new(),
                after_reload: Vec::new(),
                is_reloading: false,
                next_table: None,
                alarm: Ns::NEVER,
                is_queued: false,
                told: told::Told::default(),
            });
        }
    }

    /// Whether multipathd looks after any map; it may read from paths.
    pub fn has_multipathd(&self) -> bool {
        !self.mpds.maps.is_empty()
    }
}

/// The paths of each group, by their places in `paths`.
fn groups_of(m: &Multipath, paths: &[DevId]) -> Vec<Vec<PathId>> {
    let place = |dev: DevId| paths.iter().position(|&path| path == dev);
    let group = |group: &Group| {
        let devices = group.paths().map(|path| m.dev(path));
        devices
            .filter_map(|dev| Some(PathId(place(dev)? as u16)))
            .collect()
    };
    m.groups().iter().map(group).collect()
}

/// The selector of the first group and its words, as `multipath.conf` has them.
fn selector_of(m: &Multipath) -> Option<String> {
    let selector = &m.groups().first()?.selector;
    let mut words = String::new();
    selector.status(None, StatusType::Table, &mut words);
    Some(format!("{} {}", selector.name(), words.trim_end()))
}

/// `features` with `queue_mode bio` among them.
fn with_bio_mode(features: &str) -> String {
    let mut words: Vec<&str> = features.split_whitespace().skip(1).collect();
    if !words.contains(&"queue_mode") {
        words.extend(["queue_mode", "bio"]);
    }
    format!("{} {}", words.len(), words.join(" "))
}

impl<P: Probe> Machine<P> {
    /// The daemon has set its maps up: whether they queue without paths is its
    /// decision (`no_path_retry`).
    pub(super) fn start_multipathd(&mut self) {
        for n in 0..self.mpds.maps.len() as u16 {
            let mpd = &self.mpds.maps[usize::from(n)];
            let dm = mpd.dm;
            let text = match mpd.daemon.settings().effective_no_path_retry() {
                NoPathRetry::Undefined => None,
                NoPathRetry::Fail => Some("fail_if_no_path"),
                NoPathRetry::Queue | NoPathRetry::Checks(_) => Some("queue_if_no_path"),
            };
            if let Some(text) = text {
                // A map that has just been made takes this message.
                let _ = self.target_message(dm, text);
            }
            self.rearm_multipathd(n);
        }
    }

    /// The kernel has an event for who watches the map.
    pub(super) fn multipathd_hears(&mut self, dm: u16) {
        if let Some(n) = self.mpds.maps.iter().position(|mpd| mpd.dm == dm) {
            self.wake_multipathd(n as u16);
        }
    }

    /// udev has something to tell of the disk `dev`.
    pub(super) fn uevent(&mut self, dev: DevId) {
        for n in 0..self.mpds.maps.len() {
            if self.mpds.maps[n].paths.contains(&dev) {
                self.wake_multipathd(n as u16);
            }
        }
    }

    /// The loop of map `n` has something to do.
    fn wake_multipathd(&mut self, n: u16) {
        let mpd = &mut self.mpds.maps[usize::from(n)];
        if !std::mem::replace(&mut mpd.is_queued, true) {
            let task = mpd.task;
            host::queue_work(self, task, Frame::Multipathd(n));
        }
    }

    /// A timer of the daemon has expired.
    pub(super) fn multipathd_alarm(&mut self, n: u16) {
        let now = self.host.now();
        let mpd = &mut self.mpds.maps[usize::from(n)];
        if mpd.alarm <= now {
            mpd.alarm = Ns::NEVER;
            self.wake_multipathd(n);
        }
    }

    /// The daemon is to run again when it wants to; no longer once nobody does
    /// I/O.
    fn rearm_multipathd(&mut self, n: u16) {
        let now = self.host.now();
        let is_over = self.app.running == 0;
        let mpd = &mut self.mpds.maps[usize::from(n)];
        let wake = mpd.daemon.next_wake();
        if is_over || wake == Ns::NEVER || wake >= mpd.alarm {
            return;
        }
        mpd.alarm = wake.max(now);
        let (at, cpu) = (mpd.alarm, self.host.tasks[mpd.task.index()].cpu);
        self.irq_at(at, cpu, Irq::Multipathd(n));
    }

    /// One pass over map `n`: the kernel's events, then the checks.
    pub(super) fn step_multipathd(&mut self, task: TaskId, n: u16) -> Step {
        pop(self, task);
        self.host.charge(Cost::MultipathdLoop);
        let index = usize::from(n);
        self.mpds.maps[index].is_queued = false;
        for path in 0..self.mpds.maps[index].paths.len() {
            self.tell_uevent(n, path);
            self.tell_event(n, path);
        }
        let now = self.host.now();
        let mpd = &mut self.mpds.maps[index];
        if now >= mpd.daemon.next_wake() || !mpd.done.is_empty() {
            let done = std::mem::take(&mut mpd.done);
            let commands = self.ask(n, |daemon, now, status| daemon.tick(now, &done, status));
            self.carry_out(n, commands);
        }
        self.rearm_multipathd(n);
        Step::Yield
    }

    /// Tells the daemon that the disk of a path is gone, or there again.
    fn tell_uevent(&mut self, n: u16, path: usize) {
        let mpd = &mut self.mpds.maps[usize::from(n)];
        let dev = mpd.paths[path];
        let gone = self.block.dev(dev).is_dying;
        if std::mem::replace(&mut mpd.gone[path], gone) == gone {
            return;
        }
        let id = PathId(path as u16);
        let info = self.path_info(dev);
        let commands = self.ask(n, |daemon, now, status| match gone {
            true => daemon.path_removed(now, id, status),
            false => daemon.path_added(now, id, info, status),
        });
        self.carry_out(n, commands);
    }

    /// Tells the daemon what has become of a path in the kernel.
    fn tell_event(&mut self, n: u16, path: usize) {
        let (_, statuses) = self.map_status(n);
        let mpd = &mut self.mpds.maps[usize::from(n)];
        let active = statuses[path].active;
        if mpd.active[path] == active {
            return;
        }
        mpd.active[path] = active;
        let id = PathId(path as u16);
        let event = match active {
            true => KernelEvent::PathReinstated(id),
            false => KernelEvent::PathFailed(id),
        };
        let commands = self.ask(n, |daemon, now, status| {
            daemon.kernel_event(now, event, status)
        });
        self.carry_out(n, commands);
    }

    /// Puts a question to the daemon, with what it can read now.
    fn ask(
        &mut self,
        n: u16,
        question: impl FnOnce(&mut Daemon, Ns, &MapStatus<'_>) -> Vec<MpdCommand>,
    ) -> Vec<MpdCommand> {
        let now = self.host.now();
        self.read_access(n);
        let ((next_group, queueing, disabled), paths) = self.map_status(n);
        let status = MapStatus {
            next_group,
            queueing,
            disabled_groups: &disabled,
            paths: &paths,
        };
        question(&mut self.mpds.maps[usize::from(n)].daemon, now, &status)
    }

    fn carry_out(&mut self, n: u16, commands: Vec<MpdCommand>) {
        self.tell_decisions(n, &commands);
        for command in commands {
            match command {
                MpdCommand::Message { text } => self.daemon_says(n, text),
                MpdCommand::StartCheck {
                    path,
                    checker,
                    number,
                } => self.start_check(n, path, checker, number),
                MpdCommand::ReloadTable { params, .. } => self.reload(n, &params),
                MpdCommand::StartSampling { path, time } => self.start_sampling(n, path, time),
            }
        }
    }

    /// A message of the daemon's. One to a table that is being loaded waits for
    /// it.
    fn daemon_says(&mut self, n: u16, text: String) {
        let mpd = &mut self.mpds.maps[usize::from(n)];
        if mpd.is_reloading {
            return mpd.after_reload.push(text);
        }
        let dm = mpd.dm;
        // Refused while the map is suspended: the daemon tries again.
        let _ = self.target_message(dm, &text);
    }

    /// The table that the daemon of the map `dm` has loaded is live, or was
    /// refused.
    pub(super) fn multipathd_reloaded(&mut self, dm: u16) {
        let Some(n) = self.mpds.maps.iter().position(|mpd| mpd.dm == dm) else {
            return;
        };
        let mpd = &mut self.mpds.maps[n];
        mpd.is_reloading = false;
        if let Some(params) = mpd.next_table.take() {
            return self.reload(n as u16, &params);
        }
        for text in std::mem::take(&mut mpd.after_reload) {
            self.daemon_says(n as u16, text);
        }
        self.wake_multipathd(n as u16);
    }

    fn reload(&mut self, n: u16, params: &str) {
        let mpd = &mut self.mpds.maps[usize::from(n)];
        if std::mem::replace(&mut mpd.is_reloading, true) {
            mpd.next_table = Some(params.to_owned());
            return;
        }
        let dm = mpd.dm;
        let d = &self.dm.devs[usize::from(dm)];
        let table = format!("0 {} multipath {params}", d.table.sectors());
        let map = d.name.clone();
        self.do_now(Action::Reload { map, table });
    }
}
