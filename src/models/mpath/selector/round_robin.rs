//! round-robin: every path in turn (`dm-ps-round-robin.c`, 6.1).

use std::collections::VecDeque;
use std::fmt::Write;

use super::{PathSelector, SelectCtx, SelectorRules, StatusType, repeat_count};
use crate::models::planted::{self, Defect};

/// The path at the head of the list takes the I/O and goes to the tail.
#[derive(Clone, Debug)]
pub struct RoundRobin {
    rules: SelectorRules,
    valid: VecDeque<u16>,
    repeat_counts: Vec<u32>,
}

impl RoundRobin {
    /// Without paths.
    pub fn new(rules: SelectorRules) -> Self {
        RoundRobin {
            rules,
            valid: VecDeque::new(),
            repeat_counts: Vec::new(),
        }
    }
}

impl PathSelector for RoundRobin {
    fn name(&self) -> &str {
        "round-robin"
    }
    fn add_path(&mut self, args: &[&str], log: &mut Vec<String>) -> Result<(), String> {
        if args.len() > 1 {
            return Err("round-robin ps: incorrect number of arguments".into());
        }
        let default = if self.rules.clamp_repeat_count {
            1
        } else {
            1000
        };
        let count = repeat_count(self.name(), args.first(), self.rules, default, log)?;
        self.valid.push_back(self.repeat_counts.len() as u16);
        self.repeat_counts.push(count);
        Ok(())
    }
    #[inline]
    fn select_path(&mut self, _ctx: &SelectCtx) -> Option<usize> {
        let path = self.valid.pop_front()?;
        if planted::has(Defect::WrongRotation) {
            self.valid.push_front(path);
        } else {
            self.valid.push_back(path);
        }
        Some(usize::from(path))
    }
    fn fail_path(&mut self, path: usize) {
        self.valid.retain(|&p| usize::from(p) != path);
    }
    /// To the head: a path that comes back is the next to be chosen.
    fn reinstate_path(&mut self, path: usize) {
        self.fail_path(path);
        self.valid.push_front(path as u16);
    }
    fn repeat_count(&self, path: usize) -> u32 {
        self.repeat_counts[path]
    }
    fn status_args(&self, kind: StatusType) -> u32 {
        match kind {
            StatusType::Info => 0,
            StatusType::Table => 1,
        }
    }
    fn status(&self, path: Option<usize>, kind: StatusType, out: &mut String) {
        match (path, kind) {
            (None, _) => out.push_str("0 "),
            (Some(_), StatusType::Info) => {}
            (Some(path), StatusType::Table) => {
                let _ = write!(out, "{} ", self.repeat_counts[path]);
            }
        }
    }
}
