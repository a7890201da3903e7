//! What came first after each event of the timeline, and after each change of a
//! path or group: the first success, the first error, the first command to each
//! device. And the queue that an event has left behind.

mod backlog;

pub use backlog::{Backlog, Peak};

use super::role::{Role, roles};
use crate::models::block::{Action, Subject};
use crate::models::config::MachineConfig;
use crate::models::fault::ActionKind;
use crate::models::io::DevId;
use crate::models::san::FaultCalendar;
use crate::sim::Ns;

/// The most marks that are kept.
const MOST: usize = 10_000;

/// What keeps track of them.
#[derive(Clone, Debug)]
pub struct Marks {
    /// Every time from which on it is looked for something, in order.
    pub marks: Vec<Mark>,
    /// Errors that the application was given.
    pub errors: Vec<ErrorCount>,
    /// What waits in the computer.
    pub backlog: Backlog,
    /// What is to be done to the computer, the next one last.
    planned: Vec<(Ns, usize, ActionKind)>,
    /// What is to break in the storage network.
    calendar: FaultCalendar,
    /// How many events of that have come.
    turns: usize,
    devices: Vec<Role>,
    /// There is no multipath device: what a path is given waits for its driver.
    is_bare: bool,
    next_success: usize,
    next_error: usize,
    next_issue: Vec<usize>,
}

/// What came first from a time on.
#[derive(Clone, Debug)]
pub struct Mark {
    /// That time.
    pub at: Ns,
    /// The event of the timeline; none: a path or group changed.
    pub event: Option<EventId>,
    /// First I/O of the application that succeeded.
    pub first_success: Option<Ns>,
    /// First I/O of the application that failed, and its errno.
    pub first_error: Option<(Ns, i32)>,
    /// First command to each leaf device, multipathd's own left out.
    pub first_issue: Vec<Option<Ns>>,
    /// The queue from then until the next event that breaks or repairs
    /// something as this one does.
    pub peak: Peak,
}

/// An event of the timeline.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum EventId {
    /// Something that is done to the computer, by its place in the timeline.
    Action(usize),
    /// Something that breaks in the storage network or is mended, by its place
    /// in the [`FaultCalendar`].
    Fault(usize),
}

/// I/Os of the application that ended with the same error.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct ErrorCount {
    /// `errno`.
    pub errno: i32,
    /// How many.
    pub count: u64,
    /// The first one.
    pub first: Ns,
    /// The last one.
    pub last: Ns,
}

impl Marks {
    /// For the timeline of `config`, and the faults of its storage network.
    pub fn new(config: &MachineConfig, calendar: FaultCalendar) -> Self {
        let actions = config.actions.iter().enumerate();
        let mut planned: Vec<_> = actions.map(|(n, a)| (a.at, n, a.action.kind())).collect();
        planned.sort_by_key(|&(at, n, _)| std::cmp::Reverse((at, n)));
        let devices = roles(config);
        Marks {
            marks: Vec::new(),
            errors: Vec::new(),
            backlog: Backlog::default(),
            planned,
            calendar,
            turns: 0,
            is_bare: !devices.contains(&Role::Multipath),
            devices,
            next_success: 0,
            next_error: 0,
            next_issue: vec![0; config.devices.len()],
        }
    }

    /// An I/O of the application has ended.
    #[inline]
    pub fn io_done(&mut self, at: Ns, errno: i32) {
        self.catch_up(at);
        if errno == 0 {
            for mark in &mut self.marks[self.next_success..] {
                mark.first_success = Some(at);
            }
            self.next_success = self.marks.len();
        } else {
            for mark in &mut self.marks[self.next_error..] {
                mark.first_error = Some((at, errno));
            }
            self.next_error = self.marks.len();
            self.count_error(at, errno);
        }
    }

    /// Something happened to a bio or request of `dev`.
    #[inline]
    pub fn block_event(&mut self, at: Ns, dev: DevId, action: Action, subject: Subject) {
        use Action::{Complete, Issue, Queue, Requeue};
        self.catch_up(at);
        // Checks go to every path, whether I/O does or not.
        if subject.is_daemons || subject.op.is_passthrough() {
            return;
        }
        let Subject {
            sector, sectors, ..
        } = subject;
        let given = i64::from(sectors);
        let backlog = &mut self.backlog;
        match (self.devices.get(usize::from(dev.0)), action) {
            (Some(Role::Multipath), Queue) => {
                backlog.count(sectors);
                self.waits(at, given);
            }
            (Some(Role::Multipath), Complete) => self.waits(at, -given),
            (Some(Role::Leaf), Queue) if self.is_bare => {
                backlog.count(sectors);
                self.waits(at, given);
            }
            (Some(Role::Leaf), Issue) | (Some(Role::BioLeaf), Queue) => {
                backlog.drivers.issue(dev, sector, sectors);
                self.issued(at, dev);
                self.waits(at, -given);
            }
            (Some(Role::Leaf | Role::BioLeaf), Complete) => {
                let came_back = backlog.drivers.complete(dev, sector, sectors).sectors;
                match (self.is_bare, came_back) {
                    (false, _) => self.waits(at, came_back),
                    // Refused before it was issued.
                    (true, 0) => self.waits(at, -given),
                    (true, _) => {}
                }
            }
            (Some(Role::Leaf), Requeue) => {
                let came_back = backlog.drivers.requeue(dev, sector, sectors).sectors;
                self.waits(at, came_back);
            }
            _ => {}
        }
    }

    /// A path or group has changed its state.
    pub fn paths_changed(&mut self, at: Ns) {
        self.catch_up(at);
        if self.marks.len() < MOST {
            self.mark(at, None, Peak::default());
        }
    }

    /// Events of the timeline up to `at` have come.
    #[inline]
    fn catch_up(&mut self, at: Ns) {
        loop {
            let next = self.next_event();
            if next > at || next == Ns::NEVER {
                return;
            }
            self.begin_next(next);
        }
    }

    fn next_event(&self) -> Ns {
        let action = self.planned.last().map_or(Ns::NEVER, |&(at, ..)| at);
        action.min(self.calendar.next_at())
    }

    /// The next event comes, at `at`.
    fn begin_next(&mut self, at: Ns) {
        let (event, kind) = match self.planned.pop_if(|planned| planned.0 == at) {
            Some((_, action, kind)) => (EventId::Action(action), kind),
            None => {
                let Some(turn) = self.calendar.next() else {
                    return;
                };
                self.turns += 1;
                (
                    EventId::Fault(self.turns - 1),
                    ActionKind::of_turn(turn.begins),
                )
            }
        };
        let peak = self.backlog.begin(kind, self.marks.len(), at);
        self.mark(at, Some(event), peak);
    }

    fn mark(&mut self, at: Ns, event: Option<EventId>, peak: Peak) {
        self.marks.push(Mark {
            at,
            event,
            first_success: None,
            first_error: None,
            first_issue: vec![None; self.next_issue.len()],
            peak,
        });
    }

    fn issued(&mut self, at: Ns, dev: DevId) {
        let device = usize::from(dev.0);
        let Some(next) = self.next_issue.get_mut(device) else {
            return;
        };
        for mark in &mut self.marks[*next..] {
            mark.first_issue[device] = Some(at);
        }
        *next = self.marks.len();
    }

    /// So many sectors more, or less, wait in the computer.
    fn waits(&mut self, at: Ns, sectors: i64) {
        let before = self.backlog.level;
        let current = self.backlog.add(sectors);
        for mark in current.into_iter().flatten() {
            if let Some(mark) = self.marks.get_mut(mark) {
                let (now, normal) = (self.backlog.level, self.backlog.normal);
                mark.peak.update(at, before, now, normal);
            }
        }
    }

    fn count_error(&mut self, at: Ns, errno: i32) {
        match self.errors.iter_mut().find(|e| e.errno == errno) {
            Some(e) => {
                e.count += 1;
                e.last = at;
            }
            None => self.errors.push(ErrorCount {
                errno,
                count: 1,
                first: at,
                last: at,
            }),
        }
    }
}
