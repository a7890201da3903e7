//! Activating the paths of a group through their hardware handlers
//! (`dm-mpath.c:activate_path_work`, `pg_init_done`, 6.1).

use super::super::block::pop;
use super::super::host::{Cost, Step, TaskId};
use super::super::mpath::{DhResult, Multipath, PathIdx};
use super::{DmEnv, DmFrame, DmTimer, apply};
use crate::sim::Ns;

/// Queues the activations that the target has asked for
/// (`queue_delayed_work(kmpath_handlerd)`).
pub fn activate<K: DmEnv>(k: &mut K, dm: u16) {
    let wanted = k.dm().mpath(dm).map(Multipath::take_activations);
    for a in wanted.unwrap_or_default() {
        if a.delay == Ns::ZERO {
            queue_activation(k, dm, a.path);
        } else {
            let at = k.host().jiffies_from_now(a.delay);
            k.arm_dm(DmTimer::Activate(dm, a.path), at);
        }
    }
}

/// The activation of `path` waits for its turn.
pub fn queue_activation<K: DmEnv>(k: &mut K, dm: u16, path: PathIdx) {
    if let Some(worker) = k.dm().handlerd {
        let frame = K::dm_frame(DmFrame::Activate(dm, path));
        k.queue_work(worker, frame);
    }
}

/// Its turn has come (`activate_or_offline_path`).
pub fn step_activate<K: DmEnv>(k: &mut K, task: TaskId, dm: u16, path: PathIdx) -> Step {
    pop(k, task);
    k.host().charge(Cost::Work);
    let Some(m) = k.dm().mpath(dm) else {
        return Step::Again;
    };
    let dev = m.dev(path);
    let dying = k.block().dev(dev).is_dying;
    let asked = k
        .dm()
        .mpath(dm)
        .is_some_and(|m| m.activation_begins(path, dying));
    if !asked {
        done(k, dm, path, DhResult::DevOfflined);
        return Step::Again;
    }
    let (span, result) = k.dh_activate(dev);
    if span == Ns::ZERO {
        done(k, dm, path, result);
    } else {
        let at = k.host().now() + span;
        k.arm_dm(DmTimer::PgInitDone(dm, path, result), at);
    }
    Step::Again
}

/// The handler has answered (`pg_init_done`).
pub fn done<K: DmEnv>(k: &mut K, dm: u16, path: PathIdx, result: DhResult) {
    let effects = k.dm().mpath(dm).map(|m| m.pg_init_done(path, result));
    apply(k, dm, effects.unwrap_or_default());
    super::suspend::io_left(k, dm);
}
