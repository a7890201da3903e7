//! Disks that go and come: udev says so, and the map is loaded without the path,
//! or with it again (`main.c:ev_remove_path`, `ev_add_path`).

use super::super::checker::PathState;
use super::super::command::{MapStatus, MpdCommand, PathId, PathInfo};
use super::{Daemon, Path};
use crate::sim::Ns;

impl Daemon {
    /// The disk of `path` has been removed: the path leaves the map. A map
    /// without any stays, and holds its I/O or fails it as `no_path_retry` says.
    pub fn path_removed(
        &mut self,
        now: Ns,
        path: PathId,
        kernel: &MapStatus<'_>,
    ) -> Vec<MpdCommand> {
        self.hear(now, kernel, |daemon| daemon.remove(path))
    }

    fn remove(&mut self, path: PathId) {
        let Some(path) = self.paths.get_mut(usize::from(path.0)) else {
            return;
        };
        let was_usable = path.state.is_usable();
        path.is_there = false;
        path.state = PathState::Removed;
        path.checker_state = PathState::Removed;
        if was_usable {
            self.usable_path_lost();
        }
        self.reload();
    }

    /// There is a disk again where that of `path` was, of which `info` is known:
    /// the path joins the map as a new one.
    pub fn path_added(
        &mut self,
        now: Ns,
        path: PathId,
        info: PathInfo,
        kernel: &MapStatus<'_>,
    ) -> Vec<MpdCommand> {
        self.hear(now, kernel, |daemon| daemon.add(path, info))
    }

    fn add(&mut self, path: PathId, info: PathInfo) {
        let Some(path) = self.paths.get_mut(usize::from(path.0)) else {
            return;
        };
        let number = path.number;
        let access = path.access;
        *path = Path::new(PathInfo { access, ..info }, &self.settings);
        path.number = number; // an answer to the last check is not heeded
        if path.state.is_usable() {
            self.usable_path_gained();
        }
        self.reload();
    }
}
