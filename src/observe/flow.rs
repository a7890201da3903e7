//! What each path is given over time, how much its driver has, and how much
//! waits above all drivers.

use std::ops::AddAssign;

use super::in_driver::InDriver;
use super::role::{Role, roles};
use crate::models::block::{Action, Subject};
use crate::models::config::MachineConfig;
use crate::models::io::DevId;
use crate::sim::Ns;
use crate::sim::stats::Series;

/// The most bins that are kept; beyond, two and two become one.
const MAX_BINS: usize = 4096;

/// A bin of one path.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq)]
pub struct PathBin {
    /// Commands that its driver was given.
    pub commands: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Commands that the driver had, summed over time: command · ns.
    pub in_flight: u128,
}

impl AddAssign for PathBin {
    fn add_assign(&mut self, other: Self) {
        self.commands += other.commands;
        self.bytes += other.bytes;
        self.in_flight += other.in_flight;
    }
}

/// A level over time, summed in bins.
#[derive(Copy, Clone, Debug, Default)]
struct Level {
    now: i64,
    since: Ns,
}

impl Level {
    /// The level changes at `at`; what it came to until then goes to `add`, a
    /// bin of `width` at a time.
    #[inline]
    fn change(&mut self, by: i64, at: Ns, width: Ns, mut add: impl FnMut(Ns, u128)) {
        if self.now > 0 {
            let level = self.now as u128;
            let mut from = self.since.0;
            while from < at.0 {
                let to = (from / width.0 + 1).saturating_mul(width.0).min(at.0);
                add(Ns(from), level * u128::from(to - from));
                from = to;
            }
        }
        self.since = at;
        self.now += by;
    }
}

/// What keeps track of that.
#[derive(Clone, Debug)]
pub struct Flow {
    /// Every leaf device's bins, by its number.
    pub paths: Vec<Series<PathBin>>,
    /// Bytes that wait above the drivers, summed over time: byte · ns.
    pub waiting: Series<u128>,
    levels: Vec<Level>,
    waits: Level,
    roles: Vec<Role>,
    is_bare: bool,
    drivers: InDriver,
}

impl Flow {
    /// For the devices of `config`, in bins of `width`.
    pub fn new(config: &MachineConfig, width: Ns) -> Self {
        let roles = roles(config);
        let leaves = config.devices.len();
        Flow {
            paths: vec![Series::new(Ns::ZERO, width, MAX_BINS); leaves],
            waiting: Series::new(Ns::ZERO, width, MAX_BINS),
            levels: vec![Level::default(); leaves],
            waits: Level::default(),
            is_bare: !roles.contains(&Role::Multipath),
            roles,
            drivers: InDriver::default(),
        }
    }

    /// Something happened to a bio or request of `dev`.
    #[inline]
    pub fn block_event(&mut self, at: Ns, dev: DevId, action: Action, subject: Subject) {
        use Action::{Complete, Issue, Queue, Requeue};
        // Checks and samples of multipathd are no I/O of the application.
        if subject.is_daemons || subject.op.is_passthrough() {
            return;
        }
        let Subject {
            sector, sectors, ..
        } = subject;
        let given = i64::from(sectors);
        match (self.roles.get(usize::from(dev.0)), action) {
            (Some(Role::Multipath), Queue) => self.waits(at, given),
            (Some(Role::Multipath), Complete) => self.waits(at, -given),
            (Some(Role::Leaf), Queue) if self.is_bare => self.waits(at, given),
            (Some(Role::Leaf), Issue) | (Some(Role::BioLeaf), Queue) => {
                self.drivers.issue(dev, sector, sectors);
                self.issued(at, dev, sectors);
                self.waits(at, -given);
            }
            (Some(Role::Leaf | Role::BioLeaf), Complete) => {
                let back = self.drivers.complete(dev, sector, sectors);
                if back.whole {
                    self.level(at, dev, -1);
                }
                match (self.is_bare, back.sectors) {
                    (false, sectors) => self.waits(at, sectors),
                    // Refused before it was issued.
                    (true, 0) => self.waits(at, -given),
                    (true, _) => {}
                }
            }
            (Some(Role::Leaf), Requeue) => {
                let back = self.drivers.requeue(dev, sector, sectors);
                if back.whole {
                    self.level(at, dev, -1);
                }
                self.waits(at, back.sectors);
            }
            _ => {}
        }
    }

    /// The run is over: what is not there until `end` is 0.
    pub fn until(&mut self, end: Ns) {
        let last = end.saturating_sub(Ns(1));
        for series in &mut self.paths {
            series.at(last);
        }
        self.waiting.at(last);
    }

    fn issued(&mut self, at: Ns, dev: DevId, sectors: u32) {
        self.level(at, dev, 1);
        if let Some(series) = self.paths.get_mut(usize::from(dev.0)) {
            let bin = series.at(at);
            bin.commands += 1;
            bin.bytes += 512 * u64::from(sectors);
        }
    }

    fn level(&mut self, at: Ns, dev: DevId, by: i64) {
        let device = usize::from(dev.0);
        let (Some(level), Some(series)) = (self.levels.get_mut(device), self.paths.get_mut(device))
        else {
            return;
        };
        level.change(by, at, series.width(), |from, sum| {
            series.at(from).in_flight += sum;
        });
    }

    fn waits(&mut self, at: Ns, sectors: i64) {
        let series = &mut self.waiting;
        self.waits
            .change(512 * sectors, at, series.width(), |from, sum| {
                *series.at(from) += sum;
            });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_level_is_summed_bin_by_bin() {
        let mut level = Level::default();
        let mut bins = Vec::new();
        level.change(2, Ns(5), Ns(10), |_, _| unreachable!());
        level.change(-1, Ns(25), Ns(10), |from, sum| bins.push((from.0, sum)));
        level.change(0, Ns(30), Ns(10), |from, sum| bins.push((from.0, sum)));
        assert_eq!(bins, [(5, 10), (10, 20), (20, 10), (25, 5)]);
    }
}
