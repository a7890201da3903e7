//! Which path takes an I/O, and whether any could (`choose_pgpath`,
//! `multipath_busy`, 6.1).

use super::path::PathIdx;
use super::policy::Ended;
use super::selector::{PathSelector, SelectCtx};
use super::target::{Multipath, QueueMode};
use crate::models::io::DevId;
use crate::models::planted::{self, Defect};
use crate::sim::{Ns, unlikely};

impl Multipath {
    /// Whether the core should not even try to map a request
    /// (`multipath_busy`): all paths it could go to are busy. `path_busy` says
    /// so of one device.
    #[inline]
    pub fn is_busy(&self, mut path_busy: impl FnMut(DevId) -> bool) -> bool {
        if unlikely(self.pg_init.in_progress > 0) {
            return true;
        }
        if self.nr_valid_paths == 0 && self.queue_if_no_path {
            return self.mode == QueueMode::Bio;
        }
        let group = match self.next_pg {
            Some(next) if self.current_pgpath.is_none() => Some(next),
            _ => self.current_pg,
        };
        let Some(group) = group else {
            return false;
        };
        let mut has_active = false;
        for path in self.groups[usize::from(group)].paths() {
            let p = &self.paths[usize::from(path.0)];
            if p.active {
                has_active = true;
                if !path_busy(p.dev) {
                    return false;
                }
            }
        }
        has_active
    }

    /// An I/O of `nr_bytes` goes to `path`.
    #[inline(always)]
    pub fn start_io(&mut self, path: PathIdx, nr_bytes: u32) {
        let p = &self.paths[usize::from(path.0)];
        self.groups[usize::from(p.group)]
            .selector
            .start_io(usize::from(p.index), nr_bytes);
    }

    /// An I/O has left `path`.
    #[inline(always)]
    pub fn release_io(&mut self, path: PathIdx, io: Ended) {
        let p = &self.paths[usize::from(path.0)];
        self.groups[usize::from(p.group)]
            .selector
            .ended(usize::from(p.index), io);
    }

    /// An I/O of `nr_bytes` that [`start_io`](Self::start_io) told of was not
    /// taken by the device of `path` (`multipath_release_clone`).
    pub fn refuse_io(&mut self, path: PathIdx, nr_bytes: u32, now: Ns) {
        let p = &self.paths[usize::from(path.0)];
        self.groups[usize::from(p.group)]
            .selector
            .refused(usize::from(p.index), nr_bytes, now);
    }

    #[inline(always)]
    fn choose_path_in_pg(&mut self, group: u16, ctx: &SelectCtx) -> Option<PathIdx> {
        let g = &mut self.groups[usize::from(group)];
        let index = g.selector.select_path(ctx)?;
        let path = g.path(index);
        if !self.asks_every_io {
            self.repeat_count = g.selector.repeat_count(index);
            self.current_pgpath = Some(path);
        }
        if unlikely(self.current_pg != Some(group)) {
            self.current_pgpath = Some(path);
            self.switch_to(group);
        }
        Some(path)
    }

    /// `group` becomes the current one (`__switch_pg`).
    fn switch_to(&mut self, group: u16) {
        self.current_pg = Some(group);
        self.regrouped |= self.used_pg.replace(group) != Some(group);
        let init = self.handler.is_some();
        self.pg_init.required = init;
        self.queue_io = init;
        self.pg_init.count = 0;
    }

    /// The path for an I/O (`choose_pgpath`): of the group switched to, else
    /// the current one, else the first that has any, bypassed ones last. None
    /// if there is none.
    #[inline(always)]
    pub fn choose_pgpath(&mut self, ctx: &SelectCtx) -> Option<PathIdx> {
        if unlikely(self.nr_valid_paths == 0) {
            self.queue_io = false;
            self.drop_current();
            return None;
        }
        if unlikely(self.next_pg.is_some())
            && let Some(path) = self.choose_from_next_pg(ctx)
        {
            return Some(path);
        }
        if let Some(group) = self.current_pg
            && let Some(path) = self.choose_path_in_pg(group, ctx)
        {
            return Some(path);
        }
        self.choose_from_the_top(ctx)
    }

    #[cold]
    fn choose_from_next_pg(&mut self, ctx: &SelectCtx) -> Option<PathIdx> {
        let group = self.next_pg.take()?;
        self.choose_path_in_pg(group, ctx)
    }

    #[cold]
    fn choose_from_the_top(&mut self, ctx: &SelectCtx) -> Option<PathIdx> {
        for bypassed in [false, true] {
            for group in 0..self.groups.len() as u16 {
                let ignores = planted::has(Defect::BypassIgnored);
                if !ignores && self.groups[usize::from(group)].bypassed != bypassed {
                    continue;
                }
                if let Some(path) = self.choose_path_in_pg(group, ctx) {
                    // Do not hammer a controller that asked to be left alone.
                    self.pg_init.delay_retry |= bypassed;
                    return Some(path);
                }
            }
        }
        self.drop_current();
        None
    }
}
