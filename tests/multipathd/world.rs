//! Paths, and a kernel that does what the daemon tells it.

use mpathsim::models::multipathd::{
    Access, CheckDone, Daemon, KernelEvent, MapStatus, MpdCommand, PathId, PathInfo, PathState,
    PathStatus, Settings,
};
use mpathsim::sim::Ns;

/// A path.
pub struct WorldPath {
    /// What a check finds.
    pub checker: PathState,
    /// How long a check takes.
    pub check_takes_ms: u64,
    /// Whether the kernel uses it.
    pub active: bool,
    /// What its port group says.
    pub access: Access,
}

/// A map, its paths and its daemon.
pub struct World {
    pub daemon: Daemon,
    pub paths: Vec<WorldPath>,
    pub groups: Vec<Vec<usize>>,
    pub disabled: Vec<bool>,
    pub next_group: usize,
    pub queueing: bool,
    /// All commands and when they came.
    pub commands: Vec<(Ns, MpdCommand)>,
    now: Ns,
    running: Vec<(Ns, CheckDone)>,
}

impl World {
    /// Paths `8:0`, `8:16` … that nobody has checked.
    pub fn new(settings: Settings, paths: usize) -> World {
        World::with(settings, paths, |_, _| {})
    }

    /// The same, changed by `edit`.
    pub fn with(settings: Settings, paths: usize, edit: impl Fn(usize, &mut PathInfo)) -> World {
        let infos: Vec<PathInfo> = (0..paths)
            .map(|index| {
                let mut info = PathInfo {
                    dev: format!("8:{}", index * 16),
                    ..PathInfo::default()
                };
                edit(index, &mut info);
                info
            })
            .collect();
        let paths = infos
            .iter()
            .map(|info| WorldPath {
                checker: PathState::Up,
                check_takes_ms: 0,
                active: true,
                access: info.access,
            })
            .collect();
        let daemon = Daemon::new(settings, infos, false, Ns::ZERO);
        let groups = numbers(&daemon.groups());
        World {
            queueing: daemon.table().contains("queue_if_no_path"),
            disabled: vec![false; groups.len()],
            next_group: 1,
            groups,
            daemon,
            paths,
            commands: Vec::new(),
            now: Ns::ZERO,
            running: Vec::new(),
        }
    }

    pub fn now_seconds(&self) -> u64 {
        self.now.0 / 1_000_000_000
    }

    /// Lets everything up to and including `seconds` happen.
    pub fn run_to(&mut self, seconds: u64) {
        let end = Ns::from_secs(seconds).saturating_add(Ns::from_ms(6));
        while self.step(end) {}
        self.now = end;
    }

    /// Runs until the daemon sends `text` again; its time.
    pub fn run_until_message(&mut self, text: &str, limit: u64) -> u64 {
        let before = self.times_of(text).len();
        while self.times_of(text).len() == before {
            assert!(
                self.step(Ns::from_secs(limit)),
                "no `{text}` until {limit} s: {:?}",
                self.messages()
            );
        }
        self.now_seconds()
    }

    /// The next thing that happens, if that is before `end`.
    fn step(&mut self, end: Ns) -> bool {
        let done = self.running.iter().map(|(at, _)| *at).min();
        let next = self.daemon.next_wake().min(done.unwrap_or(Ns::NEVER));
        if next > end {
            return false;
        }
        self.now = next.max(self.now);
        let now = self.now;
        let ended: Vec<CheckDone> = self
            .running
            .extract_if(.., |(at, _)| *at <= now)
            .map(|(_, done)| done)
            .collect();
        self.call(|daemon, status| daemon.tick(now, &ended, status));
        true
    }

    /// Calls the daemon though nothing is due.
    pub fn nudge(&mut self) {
        let now = self.now;
        self.call(|daemon, status| daemon.tick(now, &[], status));
    }

    /// The kernel fails a path for an I/O error.
    pub fn fail_io(&mut self, path: usize) {
        assert!(self.paths[path].active);
        self.paths[path].active = false;
        let now = self.now;
        let event = KernelEvent::PathFailed(PathId(path as u16));
        self.call(|daemon, status| daemon.kernel_event(now, event, status));
    }

    /// A sampling has ended.
    pub fn sampled(&mut self, path: usize, reads: u64, errors: u64) {
        self.daemon
            .sampled(self.now, PathId(path as u16), reads, errors);
    }

    fn call(&mut self, act: impl FnOnce(&mut Daemon, &MapStatus<'_>) -> Vec<MpdCommand>) {
        let paths: Vec<PathStatus> = self
            .paths
            .iter()
            .map(|path| PathStatus {
                active: path.active,
                access: path.access,
            })
            .collect();
        let status = MapStatus {
            next_group: self.next_group,
            queueing: self.queueing,
            disabled_groups: &self.disabled,
            paths: &paths,
        };
        for command in act(&mut self.daemon, &status) {
            self.carry_out(&command);
            self.commands.push((self.now, command));
        }
    }

    fn carry_out(&mut self, command: &MpdCommand) {
        match command {
            MpdCommand::Message { text } => self.message(text),
            MpdCommand::StartCheck { path, number, .. } => {
                let checked = &self.paths[usize::from(path.0)];
                let done = CheckDone {
                    path: *path,
                    number: *number,
                    state: checked.checker,
                };
                let at = self.now.saturating_add(Ns::from_ms(checked.check_takes_ms));
                self.running.push((at, done));
            }
            MpdCommand::ReloadTable { params, groups } => {
                self.groups = numbers(groups);
                self.disabled = vec![false; groups.len()];
                self.next_group = 1;
                self.queueing = params.contains("queue_if_no_path");
                for path in &mut self.paths {
                    path.active = true;
                }
            }
            MpdCommand::StartSampling { .. } => {}
        }
    }

    fn message(&mut self, text: &str) {
        let (verb, argument) = text.split_once(' ').unwrap_or((text, ""));
        let path = |dev: &str| {
            let (_, minor) = dev.split_once(':').unwrap();
            minor.parse::<usize>().unwrap() / 16
        };
        match verb {
            "fail_path" => self.paths[path(argument)].active = false,
            "reinstate_path" => self.paths[path(argument)].active = true,
            "switch_group" => self.next_group = argument.parse().unwrap(),
            "enable_group" => self.disabled[argument.parse::<usize>().unwrap() - 1] = false,
            "queue_if_no_path" => self.queueing = true,
            "fail_if_no_path" => self.queueing = false,
            other => panic!("{other}"),
        }
    }

    /// Messages and the second in which they came.
    pub fn messages(&self) -> Vec<(u64, &str)> {
        self.commands
            .iter()
            .filter_map(|(at, command)| Some((at.0 / 1_000_000_000, command.message()?)))
            .collect()
    }

    pub fn times_of(&self, text: &str) -> Vec<u64> {
        self.messages()
            .into_iter()
            .filter(|(_, message)| *message == text)
            .map(|(at, _)| at)
            .collect()
    }

    /// When checks of a path were started.
    pub fn checks_of(&self, index: usize) -> Vec<u64> {
        self.commands
            .iter()
            .filter_map(|(at, command)| match command {
                MpdCommand::StartCheck { path, .. } if usize::from(path.0) == index => {
                    Some(at.0 / 1_000_000_000)
                }
                _ => None,
            })
            .collect()
    }

    pub fn reloads(&self) -> Vec<(u64, &str)> {
        self.commands
            .iter()
            .filter_map(|(at, command)| match command {
                MpdCommand::ReloadTable { params, .. } => {
                    Some((at.0 / 1_000_000_000, params.as_str()))
                }
                _ => None,
            })
            .collect()
    }

    /// Paths that were to be sampled, and for how many seconds.
    pub fn samplings(&self) -> Vec<(usize, u64)> {
        self.commands
            .iter()
            .filter_map(|(_, command)| match command {
                MpdCommand::StartSampling { path, time } => {
                    Some((usize::from(path.0), time.0 / 1_000_000_000))
                }
                _ => None,
            })
            .collect()
    }

    pub fn daemon_state(&self, path: usize) -> PathState {
        self.daemon.state(PathId(path as u16)).unwrap()
    }
}

fn numbers(groups: &[Vec<PathId>]) -> Vec<Vec<usize>> {
    groups
        .iter()
        .map(|group| group.iter().map(|path| usize::from(path.0)).collect())
        .collect()
}
