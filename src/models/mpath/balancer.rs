//! The selector of a priority group: any policy, dispatched statically.
//!
//! A policy that comes with the simulator is a variant of [`Selector`]; one from
//! outside the crate, whose type nobody knows here, is [`Selector::Custom`], the
//! only one that is called through a table of functions.

use std::fmt;

use super::policy::{
    Adaptive, Ended, EwmaLatency, LeastPending, Managed, MeasuredThroughput, Oracle, Truth,
    TwoChoices, WeightedRoundRobin,
};
use super::scan::CtrError;
use super::selector::{
    HistoricalServiceTime, IoAffinity, NvmeNuma, NvmeQueueDepth, NvmeRoundRobin, PathSelector,
    QueueLength, RoundRobin, SelectCtx, SelectorRules, ServiceTime, StatusType, Weight,
};
use crate::sim::Ns;

/// A maker of the policies beside the kernel's, asked for names that are not
/// [`BUILT_IN`].
pub trait SelectorFactory {
    /// Whether a policy called `name` exists here.
    fn knows(&self, name: &str) -> bool;
    /// The policy called `name`, made with the group's selector arguments.
    ///
    /// # Errors
    /// The name is not known, or the arguments are refused.
    fn create(&self, name: &str, args: &[&str]) -> Result<Selector, CtrError>;
}

/// Names of the policies of 6.1, then of the choice rules of native NVMe multipath.
pub const BUILT_IN: [&str; 8] = [
    "round-robin",
    "queue-length",
    "service-time",
    "historical-service-time",
    "io-affinity",
    "nvme-numa",
    "nvme-round-robin",
    "nvme-queue-depth",
];

/// What a selector is made in.
#[derive(Copy, Clone, Default)]
pub struct SelectorEnv<'a> {
    /// NUMA node of every possible CPU; empty stands for one CPU on node 0.
    pub cpu_nodes: &'a [u16],
    /// Which kernel's rules hold.
    pub rules: SelectorRules,
    /// Where names that are not built in are looked up.
    pub custom: Option<&'a dyn SelectorFactory>,
}

/// Declares [`Selector`] and calls the policy that it is.
macro_rules! selectors {
    ($($(#[$doc:meta])* $name:ident($policy:ty),)*) => {
        /// A selector of any policy.
        pub enum Selector {
            $($(#[$doc])* $name($policy),)*
            /// A policy from outside the crate.
            Custom(Box<dyn PathSelector + Send>),
        }

        $(impl From<$policy> for Selector {
            fn from(policy: $policy) -> Selector {
                Selector::$name(policy)
            }
        })*

        macro_rules! dispatch {
            ($selector:expr, $s:ident => $call:expr) => {
                match $selector {
                    $(Selector::$name($s) => $call,)*
                    Selector::Custom($s) => $call,
                }
            };
        }
    };
}

selectors! {
    /// `round-robin`
    RoundRobin(RoundRobin),
    /// `queue-length`
    QueueLength(QueueLength),
    /// `service-time`
    ServiceTime(ServiceTime),
    /// `historical-service-time`
    HistoricalServiceTime(HistoricalServiceTime),
    /// `io-affinity`
    IoAffinity(IoAffinity),
    /// `nvme-numa`: the choice of native NVMe multipath, policy `numa`.
    NvmeNuma(NvmeNuma),
    /// `nvme-round-robin`: the same, policy `round-robin`.
    NvmeRoundRobin(NvmeRoundRobin),
    /// `nvme-queue-depth`: the same, policy `queue-depth` (6.12).
    NvmeQueueDepth(NvmeQueueDepth),
    /// `least-pending`
    LeastPending(Managed<LeastPending>),
    /// `measured-throughput`
    MeasuredThroughput(Managed<MeasuredThroughput>),
    /// `ewma-latency`
    EwmaLatency(Managed<EwmaLatency>),
    /// `adaptive`
    Adaptive(Managed<Adaptive>),
    /// `two-choices`
    TwoChoices(Managed<TwoChoices>),
    /// `weighted-round-robin`
    WeightedRoundRobin(Managed<WeightedRoundRobin>),
    /// `oracle`
    Oracle(Managed<Oracle>),
}

impl Selector {
    /// The selector called `name`, made with the group's selector arguments;
    /// names are case-sensitive.
    ///
    /// # Errors
    /// `unknown path selector type`, or `path selector constructor failed`.
    pub fn parse(name: &str, args: &[&str], env: &SelectorEnv) -> Result<Selector, CtrError> {
        Ok(match name {
            "round-robin" => RoundRobin::new(env.rules).into(),
            "queue-length" => QueueLength::new(env.rules).into(),
            "service-time" => ServiceTime::new(env.rules).into(),
            "historical-service-time" => HistoricalServiceTime::parse(args)
                .ok_or_else(|| CtrError::invalid("path selector constructor failed"))?
                .into(),
            "io-affinity" => IoAffinity::new(env.cpu_nodes).into(),
            "nvme-numa" => NvmeNuma::default().into(),
            "nvme-round-robin" => NvmeRoundRobin::default().into(),
            "nvme-queue-depth" => NvmeQueueDepth::default().into(),
            other => env
                .custom
                .ok_or_else(|| CtrError::invalid("unknown path selector type"))?
                .create(other, args)?,
        })
    }

    /// Whether a selector called `name` exists.
    pub fn knows(name: &str, env: &SelectorEnv) -> bool {
        BUILT_IN.contains(&name) || env.custom.is_some_and(|factory| factory.knows(name))
    }
}

impl PathSelector for Selector {
    fn name(&self) -> &str {
        dispatch!(self, s => s.name())
    }
    fn add_path(&mut self, args: &[&str], log: &mut Vec<String>) -> Result<(), String> {
        dispatch!(self, s => s.add_path(args, log))
    }
    #[inline]
    fn select_path(&mut self, ctx: &SelectCtx) -> Option<usize> {
        dispatch!(self, s => s.select_path(ctx))
    }
    #[inline(always)]
    fn start_io(&mut self, path: usize, nr_bytes: u32) {
        dispatch!(self, s => s.start_io(path, nr_bytes))
    }
    #[inline(always)]
    fn end_io(&mut self, path: usize, nr_bytes: u32, start: Ns, now: Ns) {
        dispatch!(self, s => s.end_io(path, nr_bytes, start, now))
    }
    #[inline(always)]
    fn ended(&mut self, path: usize, io: Ended) {
        dispatch!(self, s => s.ended(path, io))
    }
    fn refused(&mut self, path: usize, nr_bytes: u32, now: Ns) {
        dispatch!(self, s => s.refused(path, nr_bytes, now))
    }
    fn fail_path(&mut self, path: usize) {
        dispatch!(self, s => s.fail_path(path))
    }
    fn reinstate_path(&mut self, path: usize) {
        dispatch!(self, s => s.reinstate_path(path))
    }
    fn learn_truth(&mut self, path: usize, truth: Truth) {
        dispatch!(self, s => s.learn_truth(path, truth))
    }
    fn weight(&self) -> Weight {
        dispatch!(self, s => s.weight())
    }
    fn repeat_count(&self, path: usize) -> u32 {
        dispatch!(self, s => s.repeat_count(path))
    }
    fn status_args(&self, kind: StatusType) -> u32 {
        dispatch!(self, s => s.status_args(kind))
    }
    fn status(&self, path: Option<usize>, kind: StatusType, out: &mut String) {
        dispatch!(self, s => s.status(path, kind, out))
    }
}

impl fmt::Debug for Selector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Selector({})", self.name())
    }
}
