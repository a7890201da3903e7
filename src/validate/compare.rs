//! Simulated figures against the kernel's, a file a group.

mod balance;
mod counts;
mod decided;
mod failover;
mod figure;
mod gaps;
mod interface;
mod job_file;
mod merge;
mod performance;
mod realistic;
mod smp;
mod trace;

use crate::formats::kernel_observation::{Observation, Observed};

pub use figure::{Figure, Tolerance};

/// A group of experiments that can be compared.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum Group {
    /// Who merges what, where.
    Merge,
    /// Shares, throughput and latency over equal and unequal paths.
    Balance,
    /// Four CPUs: shares alone.
    Smp,
    /// Default schedulers and fast devices.
    Realistic,
    /// Block trace events.
    Trace,
    /// Messages, errors, suspend and reload during a run.
    Failover,
    /// Tables, messages, status texts.
    Interface,
}

impl Group {
    /// The group that observations call `name`; none if it is not supported
    /// yet.
    pub fn named(name: &str) -> Option<Group> {
        Some(match name {
            "merge" => Group::Merge,
            "balance" => Group::Balance,
            "smp" => Group::Smp,
            "realistic" => Group::Realistic,
            "trace" => Group::Trace,
            "failover" => Group::Failover,
            "interface" => Group::Interface,
            _ => return None,
        })
    }
}

/// Every figure in which an experiment of `group` is to agree.
pub fn figures(group: Group, observation: &Observation, ours: &Observed) -> Vec<Figure> {
    match group {
        Group::Merge => merge::figures(observation, ours),
        Group::Balance => balance::figures(observation, ours),
        Group::Smp => smp::figures(observation, ours),
        Group::Realistic => realistic::figures(observation, ours),
        Group::Trace => trace::figures(observation, ours),
        Group::Failover => failover::figures(observation, ours),
        Group::Interface => interface::figures(observation, ours),
    }
}

/// One run in a few words, the kernel's or ours.
pub fn summary(group: Group, observation: &Observation, run: &Observed) -> String {
    match group {
        Group::Merge => merge::summary(observation, run),
        Group::Smp => counts::shares_in_words(observation, run),
        Group::Balance | Group::Realistic => {
            let shares = counts::shares_in_words(observation, run);
            let performance = performance::in_words(run);
            format!("{shares}; {performance}")
        }
        Group::Trace => trace::summary(run),
        Group::Failover => failover::summary(observation, run),
        Group::Interface => interface::summary(run),
    }
}

#[cfg(test)]
mod tests;
