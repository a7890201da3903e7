//! From a [`Policy`] to a path selector of device-mapper: keeps what the policy
//! sees of its paths.

use std::fmt::Write;

use super::{Ended, PathView, Paths, Policy, Started, Truth};
use crate::models::mpath::selector::{PathSelector, SelectCtx, StatusType};
use crate::sim::Ns;

/// Weight of a new service time in the average is 1 in 2 to the power of this.
const MEAN_SHIFT: u32 = 3;

/// A policy at work on a priority group.
pub struct Managed<P> {
    name: String,
    policy: P,
    views: Vec<PathView>,
    usable: u32,
    /// When a path was last chosen.
    chosen_at: Ns,
    /// The words the group was given, and each path, for `dmsetup table`.
    group_words: Vec<String>,
    words: Vec<Vec<String>>,
}

fn owned(words: &[&str]) -> Vec<String> {
    words.iter().map(ToString::to_string).collect()
}

impl<P: Policy> Managed<P> {
    /// `policy`, which tables call `name`, without paths.
    pub fn new(name: &str, policy: P) -> Self {
        Managed {
            name: name.into(),
            policy,
            views: Vec::new(),
            usable: 0,
            chosen_at: Ns::ZERO,
            group_words: Vec::new(),
            words: Vec::new(),
        }
    }
    /// The same, made from these words of the table: its tunables, which
    /// `dmsetup table` prints again.
    #[must_use]
    pub fn made_from(mut self, words: &[&str]) -> Self {
        self.group_words = owned(words);
        self
    }
    /// What it sees of its paths.
    #[cfg(test)]
    pub(super) fn views(&self) -> &[PathView] {
        &self.views
    }
    fn set_up(&mut self, path: usize, is_up: bool) {
        let view = &mut self.views[path];
        if view.is_up == is_up {
            return;
        }
        view.is_up = is_up;
        if is_up {
            self.usable += 1;
        } else {
            self.usable -= 1;
            view.fail_count += 1;
        }
        self.policy.state_changed(path, is_up);
    }
    /// An I/O is no longer in flight on `path`.
    #[inline]
    fn leaves(&mut self, path: usize, nr_bytes: u32) {
        let view = &mut self.views[path];
        view.in_flight = view.in_flight.saturating_sub(1);
        view.bytes_in_flight = view.bytes_in_flight.saturating_sub(u64::from(nr_bytes));
    }
}

impl<P: Policy> PathSelector for Managed<P> {
    fn name(&self) -> &str {
        &self.name
    }
    fn add_path(&mut self, args: &[&str], _log: &mut Vec<String>) -> Result<(), String> {
        self.policy
            .add_path(args)
            .map_err(|why| format!("{} ps: {why}", self.name))?;
        self.views.push(PathView {
            is_up: true,
            ..PathView::default()
        });
        self.usable += 1;
        self.words.push(owned(args));
        Ok(())
    }
    fn select_path(&mut self, ctx: &SelectCtx) -> Option<usize> {
        if self.usable == 0 {
            return None;
        }
        self.chosen_at = ctx.now;
        let paths = Paths::new(&self.views);
        let path = self.policy.choose(ctx, &paths);
        // A policy that names a path which is down gets the next one.
        match self.views.get(path) {
            Some(view) if view.is_up => Some(path),
            _ => Some(paths.after(path.min(self.views.len() - 1))),
        }
    }
    fn start_io(&mut self, path: usize, nr_bytes: u32) {
        let view = &mut self.views[path];
        view.in_flight += 1;
        view.bytes_in_flight += u64::from(nr_bytes);
        let now = self.chosen_at;
        self.policy.started(path, Started { nr_bytes, now });
    }
    fn end_io(&mut self, path: usize, nr_bytes: u32, start: Ns, now: Ns) {
        let ok = true;
        self.ended(
            path,
            Ended {
                nr_bytes,
                start,
                now,
                ok,
            },
        );
    }
    #[inline]
    fn ended(&mut self, path: usize, io: Ended) {
        self.leaves(path, io.nr_bytes);
        let view = &mut self.views[path];
        if io.ok && io.start > Ns::ZERO {
            let (took, mean) = (io.took().0, view.mean_took.0);
            view.mean_took = Ns(match mean {
                0 => took,
                _ => mean - (mean >> MEAN_SHIFT) + (took >> MEAN_SHIFT),
            });
            view.last_took = Ns(took);
        }
        view.done += 1;
        view.last_end = io.now;
        self.policy.ended(path, io, view);
    }
    fn refused(&mut self, path: usize, nr_bytes: u32, _now: Ns) {
        self.leaves(path, nr_bytes);
        self.policy.refused(path, nr_bytes);
    }
    fn fail_path(&mut self, path: usize) {
        self.set_up(path, false);
    }
    fn reinstate_path(&mut self, path: usize) {
        self.set_up(path, true);
    }
    fn learn_truth(&mut self, path: usize, truth: Truth) {
        self.policy.learn_truth(path, truth);
    }
    fn status_args(&self, kind: StatusType) -> u32 {
        match kind {
            StatusType::Info => 2,
            StatusType::Table => self.words.first().map_or(0, Vec::len) as u32,
        }
    }
    fn status(&self, path: Option<usize>, kind: StatusType, out: &mut String) {
        let words = match (path, kind) {
            (None, kind) => {
                let words = match kind {
                    StatusType::Info => self.policy.status(),
                    StatusType::Table => self.group_words.clone(),
                };
                let _ = write!(out, "{} ", words.len());
                words
            }
            (Some(path), StatusType::Info) => {
                let view = &self.views[path];
                vec![view.in_flight.to_string(), view.mean_took.0.to_string()]
            }
            (Some(path), StatusType::Table) => self.words[path].clone(),
        };
        for word in words {
            let _ = write!(out, "{word} ");
        }
    }
}
