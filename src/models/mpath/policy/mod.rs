//! A policy of one's own: the generic interface for dynamic load balancers that
//! the request-based dm-multipath patches of 2008 left to be done.
//!
//! A [`Policy`] sees what [`PathView`]s tell of every path of its priority group
//! (state, I/Os and bytes in flight, service times) and what [`SelectCtx`] tells
//! of the I/O (size, sector, direction, CPU, time, hints), and names a path. It is
//! told when an I/O starts and ends on a path, and reads its tunables from the table
//! line. [`Managed`] does the rest: it keeps the figures, takes failed paths out
//! and prints `dmsetup table` and `status`.
//!
//! ```
//! use mpathsim::sdk::{Paths, Policy, Registry, SelectCtx};
//!
//! /// The path with the fewest bytes in flight.
//! struct FewestBytes;
//!
//! impl Policy for FewestBytes {
//!     fn choose(&mut self, _io: &SelectCtx, paths: &Paths) -> usize {
//!         paths.least_by(|path| path.bytes_in_flight)
//!     }
//! }
//!
//! let registry = Registry::default()
//!     .with("fewest-bytes", "the path with the fewest bytes in flight", |_| Ok(FewestBytes));
//! assert!(registry.names().any(|name| name == "fewest-bytes"));
//! ```
//!
//! `docs/writing-a-policy.md` leads from there to a measured comparison.

mod ewma_latency;
mod least_pending;
mod managed;
mod measured_throughput;
mod oracle;
mod registry;
mod tunables;
mod two_choices;
mod weighted_round_robin;

#[cfg(test)]
mod tests;

pub use ewma_latency::{Adaptive, EwmaLatency};
pub use least_pending::LeastPending;
pub use managed::Managed;
pub use measured_throughput::MeasuredThroughput;
pub use oracle::Oracle;
pub use registry::{Registry, SHIPPED};
pub use tunables::Tunables;
pub use two_choices::TwoChoices;
pub use weighted_round_robin::WeightedRoundRobin;

use super::selector::SelectCtx;
use crate::sim::Ns;

/// A load balancer.
///
/// Paths are named by their index within the priority group, in table order.
pub trait Policy: Send {
    /// Takes the next path, with its words from the table line. By default a
    /// path takes none.
    ///
    /// # Errors
    /// What is wrong with these words.
    fn add_path(&mut self, args: &[&str]) -> Result<(), String> {
        match args {
            [] => Ok(()),
            _ => Err("incorrect number of arguments".into()),
        }
    }
    /// The path that takes `io`: the index of one that is up. At least one is.
    fn choose(&mut self, io: &SelectCtx, paths: &Paths) -> usize;
    /// `io` starts on `path`; the view of it counts that I/O already.
    fn started(&mut self, _path: usize, _io: Started) {}
    /// An I/O has ended on `path`; the view of it no longer counts it.
    fn ended(&mut self, _path: usize, _io: Ended, _view: &PathView) {}
    /// The device of `path` did not take the I/O that [`started`](Self::started)
    /// was told of last: it is as if that had not begun, and will be tried again.
    fn refused(&mut self, _path: usize, _nr_bytes: u32) {}
    /// `path` has failed (`false`) or is usable again.
    fn state_changed(&mut self, _path: usize, _is_up: bool) {}
    /// What the device of `path` takes in truth, which no real policy can know.
    /// Told once, before any I/O.
    fn learn_truth(&mut self, _path: usize, _truth: Truth) {}
    /// Its tunables, as `dmsetup status` is to show them for the group. (`dmsetup
    /// table` shows the words that it was made from.)
    fn status(&self) -> Vec<String> {
        Vec::new()
    }
}

/// An I/O that starts.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Started {
    /// Bytes.
    pub nr_bytes: u32,
    /// When its path was chosen.
    pub now: Ns,
}

/// An I/O that has ended, well or not.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Ended {
    /// Bytes.
    pub nr_bytes: u32,
    /// When it started on this path; zero if that was not recorded.
    pub start: Ns,
    /// Now.
    pub now: Ns,
    /// Whether it succeeded. How long it took says little if it did not: it may
    /// never have reached the device, or waited for a timeout.
    pub ok: bool,
}

impl Ended {
    /// How long it took on the path.
    pub fn took(&self) -> Ns {
        self.now.saturating_sub(self.start)
    }
}

/// What can be seen of a path.
#[derive(Copy, Clone, PartialEq, Eq, Debug, Default)]
pub struct PathView {
    /// Whether it may be chosen.
    pub is_up: bool,
    /// I/Os started and not ended.
    pub in_flight: u32,
    /// Their bytes.
    pub bytes_in_flight: u64,
    /// I/Os ended, well or not.
    pub done: u64,
    /// How long the last that succeeded took.
    pub last_took: Ns,
    /// Moving average of that, each new value weighing an eighth; zero until one
    /// has succeeded.
    pub mean_took: Ns,
    /// When one last ended.
    pub last_end: Ns,
    /// How often the path has failed.
    pub fail_count: u32,
}

/// What a device takes in truth.
#[derive(Copy, Clone, PartialEq, Eq, Debug, Default)]
pub struct Truth {
    /// Mean time of a command's service, its size apart.
    pub service: Ns,
    /// What each further byte takes, in 2⁻¹⁶ ns.
    pub per_byte: u64,
    /// What each byte that is before it makes it wait, in 2⁻¹⁶ ns: a link moves one
    /// after the other, however many commands are under way.
    pub queued_per_byte: u64,
    /// Commands it works on at once; 0 = as many as come.
    pub slots: u32,
}

impl Truth {
    /// Mean service time of a command of `bytes`.
    pub fn service_of(&self, bytes: u64) -> Ns {
        self.service
            .saturating_add(Ns(bytes.saturating_mul(self.per_byte) >> 16))
    }
    /// How long a command waits behind `commands` of `bytes` in all: for the slowest
    /// of what they all go through.
    pub fn wait_behind(&self, commands: u32, bytes: u64) -> Ns {
        let rounds = commands.checked_div(self.slots).unwrap_or(0);
        let served = u64::from(rounds).saturating_mul(self.service.0);
        Ns(served.max(bytes.saturating_mul(self.queued_per_byte) >> 16))
    }
}

/// The mean of what is measured of each path, 0 being what is not known yet: what to
/// think of a path that has something in flight and nothing done. None if nothing is
/// known of any.
fn mean_of_known(measured: impl Iterator<Item = u64>) -> Option<u64> {
    let known = measured.filter(|&figure| figure > 0);
    let (sum, n) = known.fold((0, 0), |(sum, n), figure| (sum + u128::from(figure), n + 1));
    (n > 0).then(|| (sum / n) as u64)
}

/// The paths of a group, in table order.
#[derive(Copy, Clone, Debug)]
pub struct Paths<'a> {
    all: &'a [PathView],
}

impl<'a> Paths<'a> {
    pub(crate) fn new(all: &'a [PathView]) -> Self {
        Paths { all }
    }
    /// All of them, failed ones too.
    pub fn all(&self) -> &'a [PathView] {
        self.all
    }
    /// Those that may be chosen, with their index.
    pub fn usable(&self) -> impl Iterator<Item = (usize, &'a PathView)> + use<'a> {
        self.all.iter().enumerate().filter(|(_, path)| path.is_up)
    }
    /// The usable path with the least `key`, the first of equals.
    pub fn least_by<T: PartialOrd>(&self, mut key: impl FnMut(&PathView) -> T) -> usize {
        self.least_of(|_, path| key(path))
    }
    /// As [`least_by`](Self::least_by), for keys that depend on which path it is.
    pub fn least_of<T: PartialOrd>(&self, mut key: impl FnMut(usize, &PathView) -> T) -> usize {
        let mut best: Option<(usize, T)> = None;
        for (index, path) in self.usable() {
            let key = key(index, path);
            if best.as_ref().is_none_or(|(_, least)| key < *least) {
                best = Some((index, key));
            }
        }
        best.map_or(0, |(index, _)| index)
    }
    /// The next usable path after `index`, in table order and around.
    pub fn after(&self, index: usize) -> usize {
        let n = self.all.len();
        let mut others = (1..=n).map(|step| (index + step) % n.max(1));
        others.find(|&at| self.all[at].is_up).unwrap_or(0)
    }
}
