//! Whether a path could be used, whatever the multipath target believes: what
//! multipathd has to find out.

use super::witness::Witness;
use crate::models::device::scsi::handler::Handler;
use crate::models::device::scsi::{Lld, SdevState};
use crate::models::dm::DmDev;
use crate::models::io::DevId;
use crate::models::machine::Machine;
use crate::models::mpath::Multipath;
use crate::sim::Ns;

/// For so long has nothing to be wrong with a path before it has to be found.
const FOUND_AFTER: Ns = Ns::from_secs(100);

/// Whether `target` has no path and holds I/O until one comes.
pub fn holds(target: &Multipath) -> bool {
    target.nr_valid_paths() == 0 && target.queue_if_no_path()
}

/// Whether a map may hold I/O for ever: it has no path and queues; or none of its
/// paths takes I/O, multipathd takes one on standby into use again and again, and
/// switches queueing on again each time, although a suspend has switched it off
/// (`multipath_presuspend`).
pub fn may_hold_for_ever(m: &mut Machine<Witness>) -> bool {
    let targets = m.dm.devs.iter().filter_map(DmDev::multipath);
    if targets.clone().any(holds) {
        return true;
    }
    let paths = |t: &Multipath| t.paths().iter().map(|path| path.dev).collect();
    let mut paths = targets.map(paths).collect::<Vec<Vec<DevId>>>().into_iter();
    m.has_multipathd()
        && paths.any(|devs| {
            !devs
                .into_iter()
                .any(|dev| m.takes_io(dev) && is_usable(m, dev))
        })
}

/// Where multipathd runs, no map holds I/O for ever for want of a path that
/// works; and none is tried again for ever while a path works, but where one that
/// does not work keeps what it was given.
///
/// # Errors
/// Which path works.
pub fn check(m: &mut Machine<Witness>) -> Result<(), String> {
    let (is_futile, has_multipathd) = (m.is_futile, m.has_multipathd());
    let limit = |dev: DevId| m.block.devs[usize::from(dev.0)].limits.max_sectors;
    let mut wanted = Vec::new();
    for d in m.dm.devs.iter().filter(|d| !d.blocked) {
        let largest = limit(d.dev).max(largest_request(m, d.dev));
        let has_io = m.block.devs[usize::from(d.dev.0)].count.in_flight > 0;
        let waits = |t: &&Multipath| has_io && (is_futile || has_multipathd && holds(t));
        let target = d.multipath().filter(waits);
        // A disk without the handler of its map fails when it is activated, as does
        // one whose handler is told to.
        let needs_handler = target.is_some_and(|t| t.handler().is_some());
        let paths = target.iter().flat_map(|t| t.paths()).map(|path| path.dev);
        let paths = paths.filter(|&path| !needs_handler || has_handler(m, path));
        // A request that is too large for a path fails it again and again. It
        // may have been made when the map's limits were others.
        let (fit, narrow): (Vec<_>, Vec<_>) = paths.partition(|&path| limit(path) >= largest);
        if !is_futile || narrow.is_empty() {
            wanted.push(fit);
        }
    }
    for paths in wanted {
        let works: Vec<DevId> = paths.iter().copied().filter(|&p| is_usable(m, p)).collect();
        let keeps = |p: &DevId| !works.contains(p) && m.has_commands(*p);
        let is_kept = is_futile && paths.iter().any(keeps);
        if let (false, Some(&dev)) = (is_kept, works.first()) {
            let name = m.dev_name(dev);
            return Err(format!("stuck: I/O is held although {name} works"));
        }
    }
    Ok(())
}

fn has_handler(m: &Machine<Witness>, dev: DevId) -> bool {
    let mut disks = m.devices.scsi.iter();
    disks.any(|disk| disk.dev == dev && disk.handler.as_ref().is_some_and(Handler::ends_well))
}

/// Sectors of the largest request of `dev` that has not ended.
fn largest_request(m: &Machine<Witness>, dev: DevId) -> u32 {
    let requests = m.block.reqs.in_use().map(|rq| &m.block.reqs[rq]);
    let sectors = requests.filter(|r| r.dev == dev).map(|r| r.sectors);
    sectors.max().unwrap_or(0)
}

/// Whether `dev` has been there, and well, for long.
fn is_usable(m: &mut Machine<Witness>, dev: DevId) -> bool {
    if let Some(map) = m.dm.devs.iter().find(|map| map.dev == dev) {
        let below: Vec<DevId> = map.table.devices().collect();
        return below.into_iter().all(|dev| is_usable(m, dev));
    }
    if m.block.devs[usize::from(dev.0)].is_dead {
        return false;
    }
    let devices = &mut m.devices;
    let Some(disk) = devices.scsi.iter().find(|disk| disk.dev == dev) else {
        // A port is always there, a null_blk if it has no bad blocks.
        return devices.null_blks.iter().all(|nullb| nullb.bad.is_empty());
    };
    disk.state == SdevState::Running
        && !devices.hosts[usize::from(disk.host)].is_in_recovery()
        && match disk.lld {
            Lld::ScsiDebug => devices.scsi_debug.is_harmless(),
            Lld::Lun(path) => {
                let now = m.host.now();
                let since = now.saturating_sub(FOUND_AFTER);
                devices.san.is_well(path, since, now)
            }
        }
}
