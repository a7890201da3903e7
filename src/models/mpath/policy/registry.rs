//! The policies there are beside the kernel's.

use std::fmt;
use std::sync::Arc;

use super::ewma_latency::{Adaptive, EwmaLatency};
use super::least_pending::LeastPending;
use super::measured_throughput::MeasuredThroughput;
use super::oracle::Oracle;
use super::two_choices::TwoChoices;
use super::weighted_round_robin::WeightedRoundRobin;
use super::{Managed, Policy, Tunables};
use crate::models::mpath::balancer::{BUILT_IN, Selector, SelectorFactory};
use crate::models::mpath::scan::CtrError;

/// Names of the policies that come with the simulator beside the kernel's own.
pub const SHIPPED: [&str; 7] = [
    "least-pending",
    "measured-throughput",
    "ewma-latency",
    "adaptive",
    "two-choices",
    "weighted-round-robin",
    "oracle",
];

type Make = dyn Fn(&str, &[&str]) -> Result<Selector, String> + Send + Sync;

#[derive(Clone)]
struct Entry {
    name: String,
    about: String,
    make: Arc<Make>,
}

/// Policies by name: by default [`SHIPPED`].
#[derive(Clone)]
pub struct Registry {
    entries: Vec<Entry>,
}

impl Default for Registry {
    fn default() -> Self {
        Registry {
            entries: Vec::new(),
        }
        .shipped(
            SHIPPED[0],
            "fewest I/Os in flight, ties to the first path (SUSE, 2008)",
            |_| Ok(LeastPending),
        )
        .shipped(
            SHIPPED[1],
            "bytes in flight over measured throughput (service-time RFC, January 2009)",
            |_| Ok(MeasuredThroughput::default()),
        )
        .shipped(
            SHIPPED[2],
            "least mean latency times I/Os in flight",
            EwmaLatency::new,
        )
        .shipped(
            SHIPPED[3],
            "turns in proportion to the inverse of the mean latency (NVMe RFC, 2025)",
            Adaptive::new,
        )
        .shipped(
            SHIPPED[4],
            "the less loaded of two paths drawn at random",
            TwoChoices::new,
        )
        .shipped(
            SHIPPED[5],
            "turns in proportion to given weights",
            WeightedRoundRobin::new,
        )
        .shipped(
            SHIPPED[6],
            "knows what every path's device takes in truth",
            |_| Ok(Oracle::default()),
        )
    }
}

impl Registry {
    /// With the policy called `name`, made by `make` from its tunables; `about`
    /// says in a line what it does. A name that exists is replaced; the kernel's
    /// own selectors come first.
    pub fn with<P, F>(self, name: &str, about: &str, make: F) -> Self
    where
        P: Policy + 'static,
        F: Fn(&mut Tunables) -> Result<P, String> + Send + Sync + 'static,
    {
        self.entry(name, about, make, |managed| {
            Selector::Custom(Box::new(managed))
        })
    }
    /// The same for a policy that [`Selector`] has a variant of.
    fn shipped<P, F>(self, name: &str, about: &str, make: F) -> Self
    where
        P: Policy + 'static,
        Selector: From<Managed<P>>,
        F: Fn(&mut Tunables) -> Result<P, String> + Send + Sync + 'static,
    {
        self.entry(name, about, make, Selector::from)
    }
    fn entry<P, F>(
        mut self,
        name: &str,
        about: &str,
        make: F,
        select: fn(Managed<P>) -> Selector,
    ) -> Self
    where
        P: Policy + 'static,
        F: Fn(&mut Tunables) -> Result<P, String> + Send + Sync + 'static,
    {
        let make = move |name: &str, args: &[&str]| {
            let mut tunables = Tunables::parse(args)?;
            let policy = make(&mut tunables)?;
            tunables.finish()?;
            Ok(select(Managed::new(name, policy).made_from(args)))
        };
        self.entries.retain(|entry| entry.name != name);
        self.entries.push(Entry {
            name: name.into(),
            about: about.into(),
            make: Arc::new(make),
        });
        self
    }
    /// Names of its policies, in order of registration.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.entries.iter().map(|entry| entry.name.as_str())
    }
    /// What the policy called `name` does, in a line.
    pub fn about(&self, name: &str) -> Option<&str> {
        let entry = self.entries.iter().find(|entry| entry.name == name)?;
        Some(&entry.about)
    }
    /// Whether tables may name `name`: the kernel's own selectors, and these.
    pub fn has(&self, name: &str) -> bool {
        BUILT_IN.contains(&name) || self.knows(name)
    }
    /// All names that tables may name.
    pub fn all_names(&self) -> impl Iterator<Item = &str> {
        BUILT_IN.into_iter().chain(self.names())
    }
}

impl SelectorFactory for Registry {
    fn knows(&self, name: &str) -> bool {
        self.entries.iter().any(|entry| entry.name == name)
    }
    fn create(&self, name: &str, args: &[&str]) -> Result<Selector, CtrError> {
        let entry = self.entries.iter().find(|entry| entry.name == name);
        let entry = entry.ok_or_else(|| CtrError::invalid("unknown path selector type"))?;
        (entry.make)(name, args).map_err(|why| CtrError::invalid(format!("{name} ps: {why}")))
    }
}

impl fmt::Debug for Registry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.names()).finish()
    }
}

/// Two registries are the same if they have the same names.
impl PartialEq for Registry {
    fn eq(&self, other: &Self) -> bool {
        self.names().eq(other.names())
    }
}
