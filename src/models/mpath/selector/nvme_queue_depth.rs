//! nvme-queue-depth: native NVMe multipath, policy `queue-depth`
//! (`nvme/host/multipath.c:nvme_queue_depth_path`, 6.12; not in 6.1).

use std::fmt::Write;

use super::nvme::NvmePaths;
use super::{AnaState, PathSelector, SelectCtx, StatusType};
use crate::sim::Ns;

/// The path whose controller has the fewest I/Os active, optimized paths
/// first; the first of equals. Every path stands for a controller of its own.
#[derive(Clone, Debug, Default)]
pub struct NvmeQueueDepth {
    paths: NvmePaths,
    /// `ctrl->nr_active`, a path.
    active: Vec<u32>,
}

impl NvmeQueueDepth {
    #[inline]
    fn least_active(&self, state: AnaState) -> Option<usize> {
        let mut best = None;
        for (path, p) in self.paths.paths.iter().enumerate() {
            let fewer = best.is_none_or(|best: usize| self.active[path] < self.active[best]);
            if p.usable() && p.ana == state && fewer {
                best = Some(path);
                if self.active[path] == 0 {
                    break;
                }
            }
        }
        best
    }
}

impl PathSelector for NvmeQueueDepth {
    fn name(&self) -> &str {
        "nvme-queue-depth"
    }
    fn add_path(&mut self, args: &[&str], _log: &mut Vec<String>) -> Result<(), String> {
        self.paths.add("nvme-queue-depth", args)?;
        self.active.push(0);
        Ok(())
    }
    #[inline]
    fn select_path(&mut self, _ctx: &SelectCtx) -> Option<usize> {
        self.least_active(AnaState::Optimized)
            .or_else(|| self.least_active(AnaState::NonOptimized))
    }
    #[inline]
    fn start_io(&mut self, path: usize, _nr_bytes: u32) {
        self.active[path] = self.active[path].wrapping_add(1);
    }
    #[inline]
    fn end_io(&mut self, path: usize, _nr_bytes: u32, _start: Ns, _now: Ns) {
        self.active[path] = self.active[path].saturating_sub(1);
    }
    fn fail_path(&mut self, path: usize) {
        self.paths.fail(path);
    }
    fn reinstate_path(&mut self, path: usize) {
        self.paths.reinstate(path, false);
    }
    fn status_args(&self, kind: StatusType) -> u32 {
        match kind {
            StatusType::Info => 1,
            StatusType::Table => 2,
        }
    }
    fn status(&self, path: Option<usize>, kind: StatusType, out: &mut String) {
        match (path, kind) {
            (None, _) => out.push_str("0 "),
            (Some(path), StatusType::Info) => {
                let _ = write!(out, "{} ", self.active[path]);
            }
            (Some(path), StatusType::Table) => self.paths.print(path, out),
        }
    }
}
