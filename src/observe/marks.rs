//! What came first after each event of the timeline, and after each change of a
//! path or group: the first success, the first error, the first command to each
//! device. And the queue that an event has left behind.

mod backlog;

use backlog::Issued;
pub use backlog::{Backlog, Peak};

use crate::models::block::{Action, Subject};
use crate::models::config::MachineConfig;
use crate::models::device::DeviceConfig;
use crate::models::fault::ActionKind;
use crate::models::io::DevId;
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
    /// Events of the timeline to come, the next one last.
    planned: Vec<(Ns, usize, ActionKind)>,
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
    /// The event of the timeline, by its place in it; none: a path or group
    /// changed.
    pub action: Option<usize>,
    /// First I/O of the application that succeeded.
    pub first_success: Option<Ns>,
    /// First I/O of the application that failed, and its errno.
    pub first_error: Option<(Ns, i32)>,
    /// First command to each leaf device.
    pub first_issue: Vec<Option<Ns>>,
    /// The queue from then until the next event that breaks or repairs
    /// something as this one does.
    pub peak: Peak,
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

/// What a block device is.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
enum Role {
    /// The end of a path, with a request queue.
    Leaf,
    /// The end of a path that takes bios.
    BioLeaf,
    /// A multipath device.
    Multipath,
    /// Another device-mapper device.
    Between,
}

impl Marks {
    /// For the timeline of `config`.
    pub fn new(config: &MachineConfig) -> Self {
        let leaves = config.devices.iter().map(|d| match &d.device {
            DeviceConfig::NullBlk(c) if c.queue_mode == 0 => Role::BioLeaf,
            _ => Role::Leaf,
        });
        let maps = config.maps.iter().map(|map| {
            if map.table.contains(" multipath ") {
                Role::Multipath
            } else {
                Role::Between
            }
        });
        let actions = config.actions.iter().enumerate();
        let mut planned: Vec<_> = actions.map(|(n, a)| (a.at, n, a.action.kind())).collect();
        planned.sort_by_key(|&(at, n, _)| std::cmp::Reverse((at, n)));
        let devices: Vec<Role> = leaves.chain(maps).collect();
        Marks {
            marks: Vec::new(),
            errors: Vec::new(),
            backlog: Backlog::default(),
            planned,
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
                backlog.issued.push(Issued {
                    dev,
                    sector,
                    sectors,
                });
                self.issued(at, dev);
                self.waits(at, -given);
            }
            (Some(Role::Leaf | Role::BioLeaf), Complete) => {
                let came_back = backlog.completed(dev, sector, sectors);
                if !self.is_bare {
                    self.waits(at, came_back);
                }
            }
            (Some(Role::Leaf), Requeue) => {
                let came_back = backlog.requeued(dev, sector);
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
        while let Some(&(planned, action, kind)) = self.planned.last() {
            if planned > at {
                return;
            }
            self.planned.pop();
            let peak = self.backlog.begin(kind, self.marks.len(), planned);
            self.mark(planned, Some(action), peak);
        }
    }

    fn mark(&mut self, at: Ns, action: Option<usize>, peak: Peak) {
        self.marks.push(Mark {
            at,
            action,
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
