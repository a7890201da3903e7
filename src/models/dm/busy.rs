//! Whether the target could map a request now, or had better not be asked
//! (`dm-mpath.c:multipath_busy`, 6.1).

use super::DmEnv;

/// Whether no path could take a request now (`multipath_busy`).
#[inline(always)]
pub(super) fn is_busy<K: DmEnv>(k: &mut K, dm: u16) -> bool {
    let d = k.dm().dev(dm);
    if d.busy_paths.is_empty() {
        return d.multipath().is_some_and(|m| m.is_busy(|_| false));
    }
    are_busy(k, dm)
}

/// Whether all paths are busy, if their drivers are asked (`blk_lld_busy`).
#[inline(never)]
pub(super) fn are_busy<K: DmEnv>(k: &mut K, dm: u16) -> bool {
    let mut busy = std::mem::take(&mut k.dm().dev(dm).busy_paths);
    for (dev, is_busy) in &mut busy {
        *is_busy = k.lld_busy(*dev);
    }
    let of = |dev| busy.iter().any(|&(d, is_busy)| d == dev && is_busy);
    let all = k.dm().mpath(dm).is_some_and(|m| m.is_busy(of));
    k.dm().dev(dm).busy_paths = busy;
    all
}
