//! Who works at the computer during a run: every action of the timeline is a
//! process of its own, which does what `dmsetup` or a write to sysfs does.

mod act;
mod suspend;

use super::super::block::Plug;
use super::super::dm::table::Table;
use super::super::fault::{Action, ActionDone, DmMultipathParams, TimedAction};
use super::super::host::{Cost, CpuId, Prio, Step, TaskId, TaskState};
use super::super::io::DevId;
use super::super::mpath::Errno;
use super::super::probe::Probe;
use super::super::workload::app::fsync::Call;
use super::{BuildError, Frame, Irq, Machine};
use crate::sim::Ns;
use act::Done;
use suspend::Locked;

/// The timeline and what came of it.
#[derive(Debug)]
pub struct Admin {
    /// Module parameters of dm-multipath.
    pub params: DmMultipathParams,
    /// What is done, and by whom.
    actions: Vec<(TimedAction, Option<TaskId>)>,
    /// How many of these are the timeline's; others are multipathd's.
    planned: usize,
    began: Vec<Ns>,
    /// The table that each resume under way has taken (`hc->new_map`).
    taken: Vec<Option<Table>>,
    /// Names and devices of the maps.
    maps: Vec<(String, DevId)>,
    /// What came of each action, in the order in which they ended.
    pub done: Vec<ActionDone>,
}

impl Admin {
    /// An action of the timeline.
    pub fn action(&self, index: usize) -> Option<&Action> {
        self.actions.get(index).map(|(timed, _)| &timed.action)
    }
    /// Every action of the timeline and what came of it; nothing, if it never
    /// came to its end.
    pub fn outcomes(&self) -> impl Iterator<Item = (&TimedAction, Option<&ActionDone>)> {
        let done = |n: usize| self.done.iter().find(move |done| done.index == n);
        let actions = self.actions.iter().enumerate();
        actions.map(move |(n, (timed, _))| (timed, done(n)))
    }
    /// How many actions are to come or under way.
    pub fn left(&self) -> usize {
        self.actions.len() - self.done.len()
    }
    /// When the last action of the timeline was over, or began if it is not; in
    /// the future, while one is to come. What multipathd does it may do for ever.
    pub(super) fn over_since(&self) -> Ns {
        let over = |(timed, done): (&TimedAction, Option<&ActionDone>)| {
            done.map_or(timed.at, |done| done.ended)
        };
        let timeline = self.outcomes().take(self.planned);
        timeline.map(over).max().unwrap_or_default()
    }
}

/// An action, in the midst of it.
#[derive(Copy, Clone, Debug)]
pub struct AdminFrame {
    action: u16,
    stage: Stage,
}

/// How far it has come.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
enum Stage {
    /// The process starts; so many parts of that are left.
    Start(u8),
    /// It is in the system call.
    Act,
    /// It waits until no other suspends or resumes the device
    /// (`md->suspend_lock`).
    Locking,
    /// The device is being suspended.
    Draining,
    /// The system call sleeps until then.
    Sleeping(Ns),
    /// The process ends.
    Over,
}

/// A process that starts can be interrupted that often.
const PARTS: u8 = 32;

impl Admin {
    /// Before the run.
    pub(super) fn new(actions: &[TimedAction], params: DmMultipathParams) -> Self {
        Admin {
            params,
            actions: actions.iter().map(|a| (a.clone(), None)).collect(),
            planned: actions.len(),
            began: vec![Ns::ZERO; actions.len()],
            taken: actions.iter().map(|_| None).collect(),
            maps: Vec::new(),
            done: Vec::new(),
        }
    }
}

impl<P> Machine<P> {
    /// Every action gets its process.
    pub(super) fn add_timeline(&mut self, maps: &[(String, DevId)]) -> Result<(), BuildError> {
        self.admin.maps = maps.to_vec();
        let cpu = CpuId((self.host.cpus.len() - 1) as u8);
        for n in 0..self.admin.actions.len() {
            let action = &self.admin.actions[n].0.action;
            let wrong = |what, name| BuildError::Config(format!("timeline: no {what} {name:?}"));
            if let Some(map) = action.map() {
                self.map_index(map).ok_or_else(|| wrong("map", map))?;
            }
            if let Some(device) = action.device() {
                self.device_id(device)
                    .ok_or_else(|| wrong("device", device))?;
            }
            let name = if action.map().is_some() {
                "dmsetup"
            } else {
                "sh"
            };
            let frame = Frame::Admin(AdminFrame {
                action: n as u16,
                stage: Stage::Start(PARTS),
            });
            let task = self.host.spawn(name.into(), Prio::Normal, cpu, frame);
            self.admin.actions[n].1 = Some(task);
        }
        Ok(())
    }

    pub(super) fn map_index(&self, map: &str) -> Option<u16> {
        let n = self.dm.devs.iter().position(|d| d.name == map)?;
        u16::try_from(n).ok()
    }

    /// Whether a process of the timeline is at work, rather than asleep.
    pub(super) fn admin_runs(&self) -> bool {
        let tasks = self.admin.actions.iter().filter_map(|(_, task)| *task);
        let mut states = tasks.map(|task| self.host.tasks[task.index()].state);
        states.any(|state| !matches!(state, TaskState::Blocked | TaskState::Dead))
    }

    fn device_id(&self, name: &str) -> Option<DevId> {
        let n = self.block.devs.iter().position(|d| d.name == name)?;
        u16::try_from(n).ok().map(DevId)
    }
}

impl<P: Probe> Machine<P> {
    /// Something that a daemon does now, as a process of its own.
    pub(super) fn do_now(&mut self, action: Action) {
        let at = self.host.now();
        let n = self.admin.actions.len();
        let frame = Frame::Admin(AdminFrame {
            action: n as u16,
            stage: Stage::Act,
        });
        let cpu = self.host.cpu();
        let task = self
            .host
            .spawn("multipathd".into(), Prio::Normal, cpu, frame);
        self.block.plugs.push(Plug::default());
        self.app.calls.push(Call::default());
        self.admin
            .actions
            .push((TimedAction { at, action }, Some(task)));
        self.admin.began.push(at);
        self.admin.taken.push(None);
        super::super::host::wake(self, task);
    }

    /// The processes of the timeline start when their time comes.
    pub(super) fn start_timeline(&mut self) {
        for n in 0..self.admin.actions.len() {
            let (timed, task) = &self.admin.actions[n];
            if let (at, Some(task)) = (timed.at, *task) {
                let cpu = self.host.tasks[task.index()].cpu;
                self.irq_at(at, cpu, Irq::Fork(task));
            }
        }
    }

    /// The next part of an action. What it calls may put frames on top of its
    /// own; these run first.
    pub(super) fn step_admin(&mut self, task: TaskId, frame: AdminFrame) -> Step {
        let n = usize::from(frame.action);
        let own = self.host.tasks[task.index()].stack.len() - 1;
        let (stage, step) = match frame.stage {
            Stage::Start(left) => {
                self.starts(n, left);
                let next = if left > 1 {
                    Stage::Start(left - 1)
                } else {
                    Stage::Act
                };
                (next, Step::Yield)
            }
            Stage::Act => match self.act(n) {
                Done::Over(result) => (self.action_is_over(n, result), Step::Again),
                Done::Locks => (Stage::Locking, Step::Again),
                Done::Sleeps(span) => {
                    let until = self.host.now() + span;
                    self.wake_admin(task, until);
                    (Stage::Sleeping(until), Step::Again)
                }
            },
            Stage::Locking => match self.lock(n, task) {
                Locked::Waits => (Stage::Locking, Step::Block),
                Locked::Draining => (Stage::Draining, Step::Again),
                Locked::Over(result) => (self.action_is_over(n, result), Step::Again),
            },
            Stage::Draining => match self.drain(n, task) {
                None => (Stage::Draining, Step::Block),
                Some(result) => (self.action_is_over(n, result), Step::Again),
            },
            Stage::Sleeping(until) if self.host.now() < until => (frame.stage, Step::Block),
            Stage::Sleeping(_) => (self.action_is_over(n, Ok(())), Step::Again),
            Stage::Over => (Stage::Over, Step::Exit),
        };
        self.host.tasks[task.index()].stack[own] = Frame::Admin(AdminFrame { stage, ..frame });
        step
    }

    /// A part of the process's start.
    fn starts(&mut self, n: usize, left: u8) {
        if left == PARTS {
            self.admin.began[n] = self.host.now();
        }
        let action = &self.admin.actions[n].0.action;
        let cost = match action.map() {
            Some(_) => Cost::Dmsetup,
            None => Cost::SysfsWrite,
        };
        let part = Ns(self.host.costs.of(cost).0 / u64::from(PARTS));
        self.host.spend(part);
    }

    fn wake_admin(&mut self, task: TaskId, at: Ns) {
        let cpu = self.host.cpu();
        self.irq_at(at, cpu, Irq::Wake(task));
    }

    fn action_is_over(&mut self, n: usize, result: Result<(), Errno>) -> Stage {
        self.unlock(n);
        if let Action::Reload { map, .. } = &self.admin.actions[n].0.action
            && let Some(dm) = self.map_index(map)
        {
            self.find_disks();
            self.multipathd_reloaded(dm);
        }
        self.admin.done.push(ActionDone {
            index: n,
            began: self.admin.began[n],
            ended: self.host.now(),
            result,
        });
        Stage::Over
    }
}
