//! What multipathd does to paths by itself: checks, and reads from suspect
//! ones.

use super::super::super::array::access_state::AccessState;
use super::super::super::block::complete::blk_mq_free_request;
use super::super::super::block::submit::submit_bio_noacct;
use super::super::super::block::{RqEnd, passthrough, pop};
use super::super::super::device::scsi::SdevState;
use super::super::super::host::{self, Step, TaskId};
use super::super::super::io::{Bio, BioId, BlkStatus, DevId, EndIo, Flags, Op, ReqId};
use super::super::super::multipathd::{
    BATCH_EVERY, CONCURRENT_READS, CheckDone, Checker, PathId, PathState,
};
use super::super::super::probe::Probe;
use super::super::{Driver, Frame, Irq, Machine};
use crate::sim::Ns;

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

/// The commands that the daemon has under way.
#[derive(Debug, Default)]
pub(super) struct Commands {
    under_way: Vec<Option<Command>>,
    samplings: Vec<Option<Sampling>>,
}

/// Sectors that a check by reading reads.
const CHECK_SECTORS: u32 = 8;

impl<P: Probe> Machine<P> {
    /// Checks a path: a disk that is offline or gone needs no command; one whose port
    /// is away is left as it is, and looked at again in a second
    /// (`discovery.c:path_offline`: "blocked" is `PATH_PENDING`).
    pub(super) fn start_check(&mut self, n: u16, path: PathId, checker: Checker, number: u32) {
        let dev = self.mpds.maps[usize::from(n)].paths[usize::from(path.0)];
        let driver = self.driver(dev);
        let at_once = match driver {
            _ if self.block.dev(dev).is_dying => Some(PathState::Removed),
            Driver::Scsi(disk) => match self.devices.scsi[usize::from(disk)].state {
                SdevState::Blocked => Some(PathState::Pending),
                state if !state.is_online() => Some(PathState::Down),
                _ => None,
            },
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
                self.mpds.commands.under_way[token as usize] = None;
                self.check_ends(n, path, number, PathState::Pending);
            }
        } else {
            self.read_for(dev, command);
        }
    }

    fn begin_command(&mut self, command: Command) -> u32 {
        let free = self
            .mpds
            .commands
            .under_way
            .iter()
            .position(Option::is_none);
        let index = free.unwrap_or_else(|| {
            self.mpds.commands.under_way.push(None);
            self.mpds.commands.under_way.len() - 1
        });
        self.mpds.commands.under_way[index] = Some(command);
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
    pub(in super::super) fn daemon_bio_ended(&mut self, bio: BioId) {
        let o = self.block.bios[bio];
        self.block.bios.free(bio);
        if let EndIo::Daemon(token) = o.end_io {
            self.command_ended(token, o.status);
        }
    }

    /// A command of the daemon's has ended.
    pub(in super::super) fn daemon_rq_ended(&mut self, rq: ReqId, status: BlkStatus) {
        let end = self.block.reqs[rq].end;
        blk_mq_free_request(self, rq);
        if let RqEnd::Daemon(token) = end {
            self.command_ended(token, status);
        }
    }

    fn command_ended(&mut self, token: u32, status: BlkStatus) {
        let Some(command) = self.mpds.commands.under_way[token as usize].take() else {
            return;
        };
        match command.purpose {
            Purpose::Check(number) => {
                let state = match status {
                    BlkStatus::Ok => self.state_of_port(command),
                    BlkStatus::Nexus => PathState::Up,
                    _ => PathState::Down,
                };
                self.check_ends(command.mpd, command.path, number, state);
            }
            Purpose::Sample(sampling) => {
                if let Some(s) = &mut self.mpds.commands.samplings[usize::from(sampling)] {
                    s.reads += u64::from(CONCURRENT_READS);
                    s.errors += match status {
                        BlkStatus::Ok => 0,
                        _ => u64::from(CONCURRENT_READS),
                    };
                }
            }
        }
    }

    /// What the answer to a check says, by the access state of its port
    /// (`checkers/tur.c`).
    fn state_of_port(&self, command: Command) -> PathState {
        let mpd = &self.mpds.maps[usize::from(command.mpd)];
        let dev = mpd.paths[usize::from(command.path.0)];
        match self.access_state(dev) {
            Some(AccessState::Standby) => PathState::Ghost,
            Some(AccessState::Transitioning) => PathState::Pending,
            _ => PathState::Up,
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
    pub(super) fn start_sampling(&mut self, n: u16, path: PathId, time: Ns) {
        let now = self.host.now();
        self.mpds.commands.samplings.push(Some(Sampling {
            mpd: n,
            path,
            until: now + time,
            reads: 0,
            errors: 0,
        }));
        let index = (self.mpds.commands.samplings.len() - 1) as u16;
        let cpu = self.host.cpu();
        self.irq_at(now + BATCH_EVERY, cpu, Irq::Sample(index));
    }

    /// The next batch of a sampling is due.
    pub(in super::super) fn sample(&mut self, index: u16) {
        let now = self.host.now();
        let Some(s) = self.mpds.commands.samplings[usize::from(index)] else {
            return;
        };
        if now >= s.until || self.app.running == 0 {
            self.mpds.commands.samplings[usize::from(index)] = None;
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
    pub(in super::super) fn step_sample(&mut self, task: TaskId, index: u16) -> Step {
        pop(self, task);
        if let Some(s) = self.mpds.commands.samplings[usize::from(index)] {
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
