//! nvme-numa: the default of native NVMe multipath, one path a NUMA node
//! (`nvme/host/multipath.c:nvme_find_path`, 6.1).

use super::nvme::{NvmePaths, status_args};
use super::{PathSelector, SelectCtx, StatusType};

/// The nearest optimized path, else the nearest non-optimized one; kept as
/// long as it is optimized and live.
#[derive(Clone, Debug, Default)]
pub struct NvmeNuma {
    paths: NvmePaths,
}

impl PathSelector for NvmeNuma {
    fn name(&self) -> &str {
        "nvme-numa"
    }
    fn add_path(&mut self, args: &[&str], _log: &mut Vec<String>) -> Result<(), String> {
        self.paths.add("nvme-numa", args)
    }
    #[inline]
    fn select_path(&mut self, ctx: &SelectCtx) -> Option<usize> {
        match self.paths.current(ctx.node) {
            Some(path) if self.paths.paths[path].optimized() => Some(path),
            _ => self.paths.find(ctx.node, true),
        }
    }
    fn fail_path(&mut self, path: usize) {
        self.paths.fail(path);
    }
    fn reinstate_path(&mut self, path: usize) {
        self.paths.reinstate(path, true);
    }
    fn status_args(&self, kind: StatusType) -> u32 {
        status_args(kind)
    }
    fn status(&self, path: Option<usize>, kind: StatusType, out: &mut String) {
        self.paths.status(path, kind, out);
    }
}
