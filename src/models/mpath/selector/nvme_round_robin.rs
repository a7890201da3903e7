//! nvme-round-robin: native NVMe multipath, policy `round-robin`
//! (`nvme/host/multipath.c:nvme_round_robin_path`, 6.1).

use super::nvme::{NvmePaths, status_args};
use super::{AnaState, PathSelector, SelectCtx, StatusType};

/// Optimized paths in turn, every NUMA node on its own. Among non-optimized
/// paths the walk keeps the last one it saw, so it goes backwards.
#[derive(Clone, Debug, Default)]
pub struct NvmeRoundRobin {
    paths: NvmePaths,
}

impl NvmeRoundRobin {
    /// The path after `old`.
    fn next(&mut self, node: u16, old: usize) -> Option<usize> {
        let paths = &self.paths.paths;
        let mut found = None;
        for path in (old + 1..paths.len()).chain(0..old) {
            if !paths[path].usable() {
                continue;
            }
            found = Some(path);
            if paths[path].ana == AnaState::Optimized {
                break;
            }
        }
        let optimized = found.is_some_and(|path| paths[path].optimized());
        if !optimized && (paths[old].optimized() || found.is_none() && paths[old].usable()) {
            return Some(old);
        }
        if let Some(path) = found {
            self.paths.set_current(node, path);
        }
        found
    }
}

impl PathSelector for NvmeRoundRobin {
    fn name(&self) -> &str {
        "nvme-round-robin"
    }
    fn add_path(&mut self, args: &[&str], _log: &mut Vec<String>) -> Result<(), String> {
        self.paths.add("nvme-round-robin", args)
    }
    #[inline]
    fn select_path(&mut self, ctx: &SelectCtx) -> Option<usize> {
        match self.paths.current(ctx.node) {
            Some(old) => self.next(ctx.node, old),
            None => self.paths.find(ctx.node, false),
        }
    }
    fn fail_path(&mut self, path: usize) {
        self.paths.fail(path);
    }
    fn reinstate_path(&mut self, path: usize) {
        self.paths.reinstate(path, false);
    }
    fn status_args(&self, kind: StatusType) -> u32 {
        status_args(kind)
    }
    fn status(&self, path: Option<usize>, kind: StatusType, out: &mut String) {
        self.paths.status(path, kind, out);
    }
}
