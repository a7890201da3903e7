//! queue-length: the path with the fewest I/Os in flight
//! (`dm-ps-queue-length.c`, 6.1).

use std::fmt::Write;

use super::list::{Rotation, ValidPaths};
use super::{PathSelector, SelectCtx, SelectorRules, StatusType, Weight, repeat_count};
use crate::models::planted::{self, Defect};
use crate::sim::Ns;

/// A scan for the least number of I/Os in flight, ended early by an idle path.
#[derive(Clone, Debug)]
pub struct QueueLength {
    rules: SelectorRules,
    rotation: Rotation,
    valid: ValidPaths,
    /// I/Os between `start_io` and `end_io`, a path (`atomic_t`).
    qlen: Vec<i32>,
    repeat_counts: Vec<u32>,
}

impl QueueLength {
    /// Without paths.
    pub fn new(rules: SelectorRules) -> Self {
        QueueLength {
            rules,
            rotation: rotation(rules),
            valid: ValidPaths::default(),
            qlen: Vec::new(),
            repeat_counts: Vec::new(),
        }
    }
}

/// The rotation that queue-length and service-time share.
pub(super) fn rotation(rules: SelectorRules) -> Rotation {
    if rules.rotate_head_first {
        Rotation::HeadFirst
    } else {
        Rotation::ChosenLast
    }
}

impl PathSelector for QueueLength {
    fn name(&self) -> &str {
        "queue-length"
    }
    fn add_path(&mut self, args: &[&str], log: &mut Vec<String>) -> Result<(), String> {
        if args.len() > 1 {
            return Err("queue-length ps: incorrect number of arguments".into());
        }
        let default = if self.rules.clamp_repeat_count {
            1
        } else {
            128
        };
        let count = repeat_count(self.name(), args.first(), self.rules, default, log)?;
        self.valid.push_tail(self.qlen.len());
        self.qlen.push(0);
        self.repeat_counts.push(count);
        Ok(())
    }
    fn weight(&self) -> Weight {
        Weight::QueueLength
    }
    #[inline]
    fn select_path(&mut self, _ctx: &SelectCtx) -> Option<usize> {
        let qlen = &self.qlen;
        self.valid.pick(
            self.rotation,
            |path| qlen[path],
            |a, b| match planted::has(Defect::FullestQueueChosen) {
                true => a > b,
                false => a < b,
            },
            |best| *best == 0,
        )
    }
    #[inline]
    fn start_io(&mut self, path: usize, _nr_bytes: u32) {
        self.qlen[path] = self.qlen[path].wrapping_add(1);
    }
    #[inline]
    fn end_io(&mut self, path: usize, _nr_bytes: u32, _start: Ns, _now: Ns) {
        self.qlen[path] = self.qlen[path].wrapping_sub(1);
    }
    fn fail_path(&mut self, path: usize) {
        if planted::has(Defect::FailedPathStaysListed) {
            return;
        }
        self.valid.remove(path);
    }
    fn reinstate_path(&mut self, path: usize) {
        self.valid.push_tail(path);
    }
    fn repeat_count(&self, path: usize) -> u32 {
        self.repeat_counts[path]
    }
    fn status_args(&self, _kind: StatusType) -> u32 {
        1
    }
    fn status(&self, path: Option<usize>, kind: StatusType, out: &mut String) {
        let Some(path) = path else {
            out.push_str("0 ");
            return;
        };
        let _ = match kind {
            StatusType::Info => write!(out, "{} ", self.qlen[path]),
            StatusType::Table => write!(out, "{} ", self.repeat_counts[path]),
        };
    }
}
