//! multipathd at work on the machine: its loop is a task, its checks are
//! commands that go to the paths themselves, its messages are those of
//! `dmsetup`.

use super::super::block::submit::submit_bio_noacct;
use super::super::block::{RqEnd, passthrough, pop};
use super::super::fault::Action;
use super::super::host::{self, Cost, CpuId, Prio, Step, TaskId};
use super::super::io::{Bio, BioId, BlkStatus, DevId, EndIo, Flags, Op, ReqId};
use super::super::mpath::{Multipath, QueueMode};
use super::super::multipathd::{
    Access, BATCH_EVERY, CONCURRENT_READS, CheckDone, Checker, Daemon, KernelEvent, MapStatus,
    MpdCommand, NoPathRetry, PathId, PathInfo, PathState, PathStatus, Settings, Tpgs,
};
use super::super::probe::Probe;
use super::{Driver, Frame, Irq, Machine};
use crate::sim::Ns;

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
    done: Vec<CheckDone>,
    /// When its timer is due; one that is no longer valid is not.
    alarm: Ns,
    is_queued: bool,
}

/// What a command of the daemon's own is for.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
enum Purpose {
    /// A check of a path, by its number.
    Check(u32),
    /// A batch of reads of the sampling in that place.
    Sample(u16),
}

/// A command of the daemon's own that is under way.
#[derive(Copy, Clone, Debug)]
struct Command {
    mpd: u16,
    path: PathId,
    purpose: Purpose,
}

/// A path that is read from to see how often it fails (`io_err_stat.c`).
#[derive(Copy, Clone, Debug)]
struct Sampling {
    mpd: u16,
    path: PathId,
    until: Ns,
    reads: u64,
    errors: u64,
}

/// All maps that multipathd looks after, and the commands it has under way.
#[derive(Debug, Default)]
pub struct Mpds {
    maps: Vec<Mpd>,
    commands: Vec<Option<Command>>,
    samplings: Vec<Option<Sampling>>,
}

/// Sectors that a check by reading reads.
const CHECK_SECTORS: u32 = 8;

impl<P> Machine<P> {
    /// Every multipath map gets its daemon.
    pub(super) fn add_multipathd(&mut self, settings: &Settings) {
        for dm in 0..self.dm.devs.len() as u16 {
            let Some(m) = self.dm.dev(dm).multipath() else {
                continue;
            };
            let mut paths: Vec<DevId> = m.paths().iter().map(|p| p.dev).collect();
            paths.dedup();
            let active = vec![true; paths.len()];
            let mut settings = settings.clone();
            if m.mode() == QueueMode::Bio {
                settings.features = with_bio_mode(&settings.features);
            }
            let infos = paths.iter().map(|&dev| self.path_info(dev)).collect();
            let cpu = CpuId((self.host.cpus.len() - 1) as u8);
            let task = self
                .host
                .spawn_worker("multipathd".into(), Prio::Normal, cpu);
            self.mpds.maps.push(Mpd {
                daemon: Daemon::new(settings, infos, false, Ns::ZERO),
                dm,
                task,
                paths,
                active,
                done: Vec::new(),
                alarm: Ns::NEVER,
                is_queued: false,
            });
        }
    }

    fn path_info(&self, dev: DevId) -> PathInfo {
        let d = &self.block.devs[usize::from(dev.0)];
        PathInfo {
            dev: format!("{}:{}", d.devno.0, d.devno.1),
            serial: "0".into(),
            node_name: d.name.clone(),
            tpg: 0,
            tpgs: Tpgs::None,
            access: Access::default(),
            state: PathState::Up,
        }
    }
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
        let ((next_group, queueing, disabled), paths) = self.map_status(n);
        let status = MapStatus {
            next_group,
            queueing,
            disabled_groups: &disabled,
            paths: &paths,
        };
        question(&mut self.mpds.maps[usize::from(n)].daemon, now, &status)
    }

    /// What `dmsetup status` and `table` say of map `n`.
    fn map_status(&self, n: u16) -> ((usize, bool, Vec<bool>), Vec<PathStatus>) {
        let mpd = &self.mpds.maps[usize::from(n)];
        let target = self.dm.devs[usize::from(mpd.dm)].multipath();
        let active = |m: &Multipath, dev: DevId| m.paths().iter().any(|p| p.dev == dev && p.active);
        let status = |&dev: &DevId| PathStatus {
            active: target.is_some_and(|m| active(m, dev)),
            access: Access::default(),
        };
        let paths = mpd.paths.iter().map(status).collect();
        let map = target.map_or((0, false, Vec::new()), |m| {
            let disabled = m.groups().iter().map(|g| g.bypassed).collect();
            (m.group_shown(), m.queue_if_no_path(), disabled)
        });
        (map, paths)
    }

    fn carry_out(&mut self, n: u16, commands: Vec<MpdCommand>) {
        for command in commands {
            match command {
                MpdCommand::Message { text } => {
                    let dm = self.mpds.maps[usize::from(n)].dm;
                    // Refused while the map is suspended: the daemon tries again.
                    let _ = self.target_message(dm, &text);
                }
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

    fn reload(&mut self, n: u16, params: &str) {
        let dm = self.mpds.maps[usize::from(n)].dm;
        let d = &self.dm.devs[usize::from(dm)];
        let table = format!("0 {} multipath {params}", d.table.sectors());
        let map = d.name.clone();
        self.do_now(Action::Reload { map, table });
    }

    /// Checks a path: a disk that is offline or gone needs no command.
    fn start_check(&mut self, n: u16, path: PathId, checker: Checker, number: u32) {
        let dev = self.mpds.maps[usize::from(n)].paths[usize::from(path.0)];
        let driver = self.driver(dev);
        let at_once = match driver {
            _ if self.block.dev(dev).is_dying => Some(PathState::Removed),
            Driver::Scsi(disk) if !self.devices.scsi[usize::from(disk)].state.is_online() => {
                Some(PathState::Down)
            }
            _ => None,
        };
        if let Some(state) = at_once {
            return self.check_ends(n, path, number, state);
        }
        let command = Command {
            mpd: n,
            path,
            purpose: Purpose::Check(number),
        };
        if checker == Checker::Tur && matches!(driver, Driver::Scsi(_)) {
            let token = self.begin_command(command);
            if passthrough::blk_execute_rq_nowait(self, dev, RqEnd::Daemon(token)).is_none() {
                self.mpds.commands[token as usize] = None;
                self.check_ends(n, path, number, PathState::Pending);
            }
        } else {
            self.read_for(dev, command);
        }
    }

    fn begin_command(&mut self, command: Command) -> u32 {
        let free = self.mpds.commands.iter().position(Option::is_none);
        let index = free.unwrap_or_else(|| {
            self.mpds.commands.push(None);
            self.mpds.commands.len() - 1
        });
        self.mpds.commands[index] = Some(command);
        index as u32
    }

    /// Reads the first block of `dev`, past the page cache.
    fn read_for(&mut self, dev: DevId, command: Command) {
        let token = self.begin_command(command);
        let bio = self.block.bios.alloc(Bio {
            end_io: EndIo::Daemon(token),
            ..Bio::new(dev, Op::Read, Flags::default(), 0, CHECK_SECTORS, 1)
        });
        submit_bio_noacct(self, bio);
    }

    /// A bio of the daemon's has ended.
    pub(super) fn daemon_bio_ended(&mut self, bio: BioId) {
        let o = self.block.bios[bio];
        self.block.bios.free(bio);
        if let EndIo::Daemon(token) = o.end_io {
            self.command_ended(token, o.status);
        }
    }

    /// A command of the daemon's has ended.
    pub(super) fn daemon_rq_ended(&mut self, rq: ReqId, status: BlkStatus) {
        let end = self.block.reqs[rq].end;
        super::super::block::complete::blk_mq_free_request(self, rq);
        if let RqEnd::Daemon(token) = end {
            self.command_ended(token, status);
        }
    }

    fn command_ended(&mut self, token: u32, status: BlkStatus) {
        let Some(command) = self.mpds.commands[token as usize].take() else {
            return;
        };
        match command.purpose {
            Purpose::Check(number) => {
                let state = match status {
                    BlkStatus::Ok | BlkStatus::Nexus => PathState::Up,
                    _ => PathState::Down,
                };
                self.check_ends(command.mpd, command.path, number, state);
            }
            Purpose::Sample(sampling) => {
                if let Some(s) = &mut self.mpds.samplings[usize::from(sampling)] {
                    s.reads += u64::from(CONCURRENT_READS);
                    s.errors += match status {
                        BlkStatus::Ok => 0,
                        _ => u64::from(CONCURRENT_READS),
                    };
                }
            }
        }
    }

    fn check_ends(&mut self, n: u16, path: PathId, number: u32, state: PathState) {
        self.mpds.maps[usize::from(n)].done.push(CheckDone {
            path,
            number,
            state,
        });
        self.wake_multipathd(n);
    }

    /// One read in place of each batch: it ends as the batch would.
    fn start_sampling(&mut self, n: u16, path: PathId, time: Ns) {
        let now = self.host.now();
        self.mpds.samplings.push(Some(Sampling {
            mpd: n,
            path,
            until: now + time,
            reads: 0,
            errors: 0,
        }));
        let index = (self.mpds.samplings.len() - 1) as u16;
        let cpu = self.host.cpu();
        self.irq_at(now + BATCH_EVERY, cpu, Irq::Sample(index));
    }

    /// The next batch of a sampling is due.
    pub(super) fn sample(&mut self, index: u16) {
        let now = self.host.now();
        let Some(s) = self.mpds.samplings[usize::from(index)] else {
            return;
        };
        if now >= s.until || self.app.running == 0 {
            self.mpds.samplings[usize::from(index)] = None;
            let mpd = &mut self.mpds.maps[usize::from(s.mpd)];
            mpd.daemon.sampled(now, s.path, s.reads, s.errors);
            return self.wake_multipathd(s.mpd);
        }
        let task = self.mpds.maps[usize::from(s.mpd)].task;
        host::queue_work(self, task, Frame::Sample(index));
        let cpu = self.host.cpu();
        self.irq_at(now + BATCH_EVERY, cpu, Irq::Sample(index));
    }

    /// Sends the batch.
    pub(super) fn step_sample(&mut self, task: TaskId, index: u16) -> Step {
        pop(self, task);
        if let Some(s) = self.mpds.samplings[usize::from(index)] {
            let dev = self.mpds.maps[usize::from(s.mpd)].paths[usize::from(s.path.0)];
            let command = Command {
                mpd: s.mpd,
                path: s.path,
                purpose: Purpose::Sample(index),
            };
            self.read_for(dev, command);
        }
        Step::Again
    }
}
