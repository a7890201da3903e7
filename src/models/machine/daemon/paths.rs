//! What multipathd can read of the paths of a map and of the map itself.

use super::super::super::array::access_state as array;
use super::super::super::array::access_state::AccessState;
use super::super::super::device::scsi::Lld;
use super::super::super::io::DevId;
use super::super::super::mpath::Multipath;
use super::super::super::multipathd::{self, Access, PathInfo, PathState, PathStatus, Tpgs};
use super::super::super::san::{self, San};
use super::super::{Driver, Machine};
use crate::sim::Ns;

/// What multipathd knows from the start of a path through `san`; `info` is what
/// it knows of any.
pub fn lun_info(san: &San, path: san::PathId, info: PathInfo) -> PathInfo {
    let id = san.identity(path);
    PathInfo {
        serial: format!("{}.{}", id.array, id.lun),
        node_name: format!("{}.ctl{}", id.array, id.controller),
        tpg: u32::from(id.controller) + 1,
        tpgs: match id.tpgs {
            array::Tpgs::None => Tpgs::None,
            array::Tpgs::Implicit => Tpgs::Implicit,
            array::Tpgs::Explicit => Tpgs::Explicit,
        },
        access: access(san, path, Ns::ZERO),
        ..info
    }
}

/// What REPORT TARGET PORT GROUPS says of `path` at `now`.
fn access(san: &San, path: san::PathId, now: Ns) -> Access {
    use multipathd::AccessState as Known;
    Access {
        state: match san.access_state(path, now) {
            AccessState::Optimized => Known::Optimized,
            AccessState::NonOptimized => Known::NonOptimized,
            AccessState::Standby => Known::Standby,
            AccessState::Unavailable => Known::Unavailable,
            AccessState::Transitioning => Known::Transitioning,
        },
        preferred: san.is_preferred(path),
    }
}

impl<P> Machine<P> {
    /// What the daemon knows of a path from the start.
    pub(super) fn path_info(&self, dev: DevId) -> PathInfo {
        let d = &self.block.devs[usize::from(dev.0)];
        let info = PathInfo {
            dev: format!("{}:{}", d.devno.0, d.devno.1),
            serial: "0".into(),
            node_name: d.name.clone(),
            state: PathState::Up,
            ..PathInfo::default()
        };
        match self.path_of(dev) {
            Some(path) => lun_info(&self.devices.san, path, info),
            None => info,
        }
    }

    /// The path through the storage network that `dev` stands on.
    fn path_of(&self, dev: DevId) -> Option<san::PathId> {
        match self.drivers[usize::from(dev.0)] {
            Driver::Scsi(disk) => match self.devices.scsi[usize::from(disk)].lld {
                Lld::Lun(path) => Some(path),
                Lld::ScsiDebug => None,
            },
            _ => None,
        }
    }

    /// The access state of `dev`, if it has any.
    pub(in super::super) fn access_state(&self, dev: DevId) -> Option<AccessState> {
        let path = self.path_of(dev)?;
        Some(self.devices.san.access_state(path, self.host.now()))
    }

    /// Reads the access states of the paths of map `n`, as the kernel's handler
    /// knows them: each path says how all of its LUN's are (`alua_rtpg`). Of a
    /// LUN that cannot be reached they stay as they were.
    pub(super) fn read_access(&mut self, n: u16) {
        let now = self.host.now();
        let devices = &self.mpds.maps[usize::from(n)].paths;
        let paths: Vec<Option<san::PathId>> =
            devices.iter().map(|&dev| self.path_of(dev)).collect();
        let san = &mut self.devices.san;
        let mut reachable = paths.iter().copied().flatten().collect::<Vec<_>>();
        reachable.retain(|&path| san.round_trip(path, now).is_some());
        for (path, known) in paths
            .into_iter()
            .zip(&mut self.mpds.maps[usize::from(n)].access)
        {
            if let Some(path) = path
                && reachable.iter().any(|&other| san.is_same_lun(path, other))
            {
                *known = access(san, path, now);
            }
        }
    }

    /// What `dmsetup status` and `table` say of map `n`.
    pub(super) fn map_status(&self, n: u16) -> ((usize, bool, Vec<bool>), Vec<PathStatus>) {
        let mpd = &self.mpds.maps[usize::from(n)];
        let target = self.dm.devs[usize::from(mpd.dm)].multipath();
        let active = |m: &Multipath, dev: DevId| m.paths().iter().any(|p| p.dev == dev && p.active);
        let status = |(&dev, &access): (&DevId, &Access)| PathStatus {
            active: target.is_some_and(|m| active(m, dev)),
            access,
        };
        let paths = mpd.paths.iter().zip(&mpd.access).map(status).collect();
        let map = target.map_or((0, false, Vec::new()), |m| {
            let disabled = m.groups().iter().map(|g| g.bypassed).collect();
            (m.group_shown(), m.queue_if_no_path(), disabled)
        });
        (map, paths)
    }
}
