//! What the policies of native NVMe multipath share: path states and the
//! choice by distance (`nvme/host/multipath.c`, 6.1).
//!
//! Only the choice of a path is modelled, so that a device-mapper group can be
//! run with it; the path arguments are `[ANA state [NUMA node]]`.

use std::fmt::Write;

use super::StatusType;
use crate::models::mpath::scan::scan_u32;

/// Distance of CPUs and controllers on one node (`LOCAL_DISTANCE`).
const LOCAL_DISTANCE: u32 = 10;
/// Distance of different nodes (`REMOTE_DISTANCE`).
const REMOTE_DISTANCE: u32 = 20;

/// Asymmetric namespace access state of a path.
#[derive(Copy, Clone, PartialEq, Eq, Debug, Default)]
pub enum AnaState {
    /// Best.
    #[default]
    Optimized,
    /// Used only where no optimized path is left.
    NonOptimized,
    /// Never used.
    Inaccessible,
}

impl AnaState {
    fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "optimized" => AnaState::Optimized,
            "non-optimized" => AnaState::NonOptimized,
            "inaccessible" => AnaState::Inaccessible,
            _ => return None,
        })
    }
    fn name(self) -> &'static str {
        match self {
            AnaState::Optimized => "optimized",
            AnaState::NonOptimized => "non-optimized",
            AnaState::Inaccessible => "inaccessible",
        }
    }
}

#[derive(Copy, Clone, Debug)]
pub(super) struct NvmePath {
    pub ana: AnaState,
    pub node: u16,
    pub failed: bool,
}

impl NvmePath {
    /// Whether I/O may go there (`!nvme_path_is_disabled` and a usable state).
    pub fn usable(&self) -> bool {
        !self.failed && self.ana != AnaState::Inaccessible
    }
    /// Whether it is usable and optimized (`nvme_path_is_optimized`).
    pub fn optimized(&self) -> bool {
        !self.failed && self.ana == AnaState::Optimized
    }
}

/// The paths of a namespace and, for every NUMA node, the one last chosen.
#[derive(Clone, Debug, Default)]
pub(super) struct NvmePaths {
    pub paths: Vec<NvmePath>,
    /// `head->current_path[node]`; nodes not yet seen have none.
    current: Vec<Option<u16>>,
}

impl NvmePaths {
    pub fn add(&mut self, selector: &str, args: &[&str]) -> Result<(), String> {
        if args.len() > 2 {
            return Err(format!("{selector} ps: incorrect number of arguments"));
        }
        let ana = args
            .first()
            .map_or(Some(AnaState::default()), |text| AnaState::parse(text))
            .ok_or_else(|| format!("{selector} ps: invalid ANA state"))?;
        let node = args
            .get(1)
            .map_or(Some(0), |text| {
                scan_u32(text).and_then(|n| u16::try_from(n).ok())
            })
            .ok_or_else(|| format!("{selector} ps: invalid NUMA node"))?;
        self.paths.push(NvmePath {
            ana,
            node,
            failed: false,
        });
        Ok(())
    }

    /// The path last chosen for `node`.
    #[inline]
    pub fn current(&self, node: u16) -> Option<usize> {
        self.current
            .get(usize::from(node))
            .copied()
            .flatten()
            .map(usize::from)
    }

    pub fn set_current(&mut self, node: u16, path: usize) {
        let node = usize::from(node);
        if node >= self.current.len() {
            self.current.resize(node + 1, None);
        }
        self.current[node] = Some(path as u16);
    }

    /// The nearest usable path of the best state, which becomes the current
    /// one of `node` (`__nvme_find_path`). Without `by_distance` all are
    /// equally near and the first wins.
    pub fn find(&mut self, node: u16, by_distance: bool) -> Option<usize> {
        let distance = |p: &NvmePath| {
            if by_distance && p.node != node {
                REMOTE_DISTANCE
            } else {
                LOCAL_DISTANCE
            }
        };
        let nearest = |state| {
            let of_state = |p: &NvmePath| p.usable() && p.ana == state;
            self.paths
                .iter()
                .enumerate()
                .filter(|(_, p)| of_state(p))
                .min_by_key(|(_, p)| distance(p))
                .map(|(path, _)| path)
        };
        let found = nearest(AnaState::Optimized).or_else(|| nearest(AnaState::NonOptimized))?;
        self.set_current(node, found);
        Some(found)
    }

    /// `path` is out of use and current nowhere
    /// (`nvme_mpath_clear_current_path`).
    pub fn fail(&mut self, path: usize) {
        self.paths[path].failed = true;
        for current in &mut self.current {
            if *current == Some(path as u16) {
                *current = None;
            }
        }
    }

    /// `path` is live again; if it is optimized, every node chooses anew
    /// (`nvme_mpath_set_live`).
    pub fn reinstate(&mut self, path: usize, by_distance: bool) {
        self.paths[path].failed = false;
        if self.paths[path].optimized() {
            for node in 0..self.current.len() {
                self.find(node as u16, by_distance);
            }
        }
    }

    pub fn print(&self, path: usize, out: &mut String) {
        let p = &self.paths[path];
        let _ = write!(out, "{} {} ", p.ana.name(), p.node);
    }

    /// Status of policies that have nothing but path arguments to tell.
    pub fn status(&self, path: Option<usize>, kind: StatusType, out: &mut String) {
        match (path, kind) {
            (None, _) => out.push_str("0 "),
            (Some(_), StatusType::Info) => {}
            (Some(path), StatusType::Table) => self.print(path, out),
        }
    }
}

/// How many words [`NvmePaths::status`] prints a path.
pub(super) fn status_args(kind: StatusType) -> u32 {
    match kind {
        StatusType::Info => 0,
        StatusType::Table => 2,
    }
}
