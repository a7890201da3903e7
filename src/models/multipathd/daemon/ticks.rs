//! The loop of the daemon, once a second (`main.c:checkerloop`): start the
//! checks that are due, wait a moment for their answers, act on them, count
//! the timers of the map.

use super::super::checker::PathState;
use super::super::command::{CheckDone, MapStatus, MpdCommand, PathId};
use super::path::Check;
use super::{Daemon, Path};
use crate::sim::Ns;

/// One round of the loop.
const LOOP: Ns = Ns::from_secs(1);
/// How long a loop waits for the checks that it started; what has not ended
/// by then is looked at in the next loop (0.14; 0.9 waits 1 ms for each).
const CHECK_WAIT: Ns = Ns::from_ms(5);

/// What the loop is at.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// Before the first loop.
    Starting,
    /// Asleep until a later loop.
    Asleep,
    /// In a loop, until this time at most, for checks to end. So many seconds
    /// had passed since the loop before.
    Waiting(Ns, u32),
}

impl Daemon {
    /// When the daemon wants to be called next, if no check ends before.
    pub fn next_wake(&self) -> Ns {
        match self.phase {
            Phase::Starting => self.last_loop,
            Phase::Waiting(until, _) => until,
            Phase::Asleep => match self.busy_in() {
                None => Ns::NEVER,
                Some(loops) => self
                    .last_loop
                    .saturating_add(Ns(LOOP.0.saturating_mul(u64::from(loops.max(1))))),
            },
        }
    }

    /// Runs the daemon at `now`: `checks` have ended since the last call.
    pub fn tick(
        &mut self,
        now: Ns,
        checks: &[CheckDone],
        kernel: &MapStatus<'_>,
    ) -> Vec<MpdCommand> {
        self.hear(now, kernel, |daemon| daemon.loops(now, checks))
    }

    fn loops(&mut self, now: Ns, checks: &[CheckDone]) {
        for done in checks {
            if let Some(path) = self.paths.get_mut(usize::from(done.path.0))
                && done.number == path.number
                && matches!(path.check, Check::Running(_))
            {
                path.check = Check::Done(done.state);
            }
        }
        if !matches!(self.phase, Phase::Waiting(..)) && now >= self.next_wake() {
            self.begin_loop(now);
        }
        if let Phase::Waiting(until, seconds) = self.phase {
            let running = |path: &Path| path.due && matches!(path.check, Check::Running(_));
            if now >= until || !self.paths.iter().any(running) {
                self.finish_loop(now, seconds);
            }
        }
    }

    /// Lets the loops pass in which nothing was due, up to the last one before
    /// `now`.
    pub(super) fn catch_up(&mut self, now: Ns) {
        let wake = self.next_wake();
        if self.phase != Phase::Asleep {
            return;
        }
        // The loop that is due now, if one is, is left to `begin_loop`.
        let until = if now >= wake {
            Ns(wake.0 - LOOP.0)
        } else {
            now
        };
        let loops = until.saturating_sub(self.last_loop).0 / LOOP.0;
        if loops == 0 {
            return;
        }
        self.last_loop = Ns(self.last_loop.0 + loops * LOOP.0);
        let seconds = u32::try_from(loops).unwrap_or(u32::MAX);
        for path in &mut self.paths {
            path.clock.advance(seconds);
        }
        self.count(seconds);
    }

    /// Loops from the last one until one has something to do.
    fn busy_in(&self) -> Option<u32> {
        let timers = [self.retry.tick(), self.failback.tick()];
        let timers = timers.into_iter().filter(|&tick| tick > 0);
        self.paths
            .iter()
            .filter(|path| path.is_there)
            .map(|path| path.clock.tick)
            .chain(timers)
            .min()
    }

    fn begin_loop(&mut self, now: Ns) {
        let seconds = u32::from(self.phase == Phase::Asleep);
        let scheduled = self.next_wake();
        self.last_loop = scheduled;
        let timeout = Ns::from_secs(self.settings.check_timeout().into());
        for index in 0..self.paths.len() {
            let path = &mut self.paths[index];
            path.due = path.clock.advance(seconds) && path.is_there;
            if !path.due {
                continue;
            }
            match path.check {
                Check::None => {
                    path.number = path.number.wrapping_add(1);
                    path.check = Check::Running(now);
                    self.out.push(MpdCommand::StartCheck {
                        path: PathId(index as u16),
                        checker: path.checker,
                        number: path.number,
                    });
                }
                Check::Running(since) if now.saturating_sub(since) >= timeout => {
                    path.check = Check::Done(PathState::Timeout);
                }
                Check::Running(_) | Check::Done(_) => {}
            }
        }
        self.phase = Phase::Waiting(now.saturating_add(CHECK_WAIT), seconds);
    }

    fn finish_loop(&mut self, now: Ns, seconds: u32) {
        self.phase = Phase::Asleep;
        for index in 0..self.paths.len() {
            let path = &mut self.paths[index];
            if !std::mem::take(&mut path.due) {
                continue;
            }
            let state = match path.check {
                Check::Done(state) => {
                    path.check = Check::None;
                    state
                }
                Check::Running(_) | Check::None => PathState::Pending,
            };
            self.path_checked(index, state, now);
        }
        // The first loop, too, counts a tick.
        self.count(seconds.max(1));
    }

    /// The timers of the map (`deferred_failback_tick`, `retry_count_tick`).
    fn count(&mut self, ticks: u32) {
        if self.failback.advance(ticks) {
            self.deferred_failback();
        }
        let queueing = self.retry.advance(ticks);
        self.set_queueing(queueing);
    }
}
