//! kmpath_handlerd: has the hardware handler activate paths
//! (`dm-mpath.c:activate_path_work`, `scsi_dh_alua.c:alua_activate`, 6.1).

use super::super::mpath::{DhResult, PathIdx};
use super::{DmEnv, apply};
use crate::sim::Ns;

/// ALUA waits before it asks for the states of the target port groups
/// (`ALUA_RTPG_DELAY_MSECS`).
const RTPG_DELAY: Ns = Ns::from_ms(5);

/// Queues the activations that the target of `dm` has asked for.
pub fn start<K: DmEnv>(k: &mut K, dm: u16) {
    let Some(m) = k.dm().mpath(dm) else { return };
    for activation in m.take_activations() {
        k.activate_later(dm, activation.path, activation.delay + RTPG_DELAY);
    }
}

/// The handler has answered for `path`: every path is usable as it is.
pub fn done<K: DmEnv>(k: &mut K, dm: u16, path: PathIdx) {
    let Some(m) = k.dm().mpath(dm) else { return };
    let result = if m.activation_begins(path, false) {
        DhResult::Ok
    } else {
        DhResult::DevOfflined
    };
    let effects = m.pg_init_done(path, result);
    apply(k, dm, effects);
}
