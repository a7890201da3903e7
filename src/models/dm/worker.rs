//! kmpathd: maps the bios again that the multipath target holds
//! (`dm-mpath.c:process_queued_bios`, 6.1).

use super::super::block::{plug, pop};
use super::super::host::{Cost, Step, TaskId};
use super::weight::ask_selector;
use super::{BioFifo, DmEnv, DmFrame, Multipath, bio_based};
use crate::sim::Ns;

/// `process_queued_bios`, in the midst of it.
#[derive(Copy, Clone, Debug)]
pub struct ProcessQueued {
    dm: u16,
    list: BioFifo,
    begun: bool,
}

/// Starts the worker of `dm`, unless it has been.
pub fn start<K: DmEnv>(k: &mut K, dm: u16) {
    let costs = &k.host().costs;
    let free = costs.of(Cost::Work) + costs.of(Cost::MapBio) == Ns::ZERO;
    let d = k.dm().dev(dm);
    if d.worker_queued || d.queued.is_empty() {
        return;
    }
    let worker = d.worker;
    let Some(m) = d.multipath() else { return };
    // Without a path the kernel's worker maps and queues the same bios over and
    // over. Where a pass costs nothing this would take no time and never end, so
    // there it waits for what ends it.
    // So too where nothing is left that could end it.
    let waits = free || m.worker_waits();
    let maps_anything = !m.worker_waits();
    if m.nr_valid_paths() == 0 && m.queue_if_no_path() && (waits || !k.can_change()) {
        if maps_anything {
            pass_in_vain(k, dm);
        }
        return;
    }
    k.dm().dev(dm).worker_queued = true;
    let frame = DmFrame::ProcessQueued(ProcessQueued {
        dm,
        list: BioFifo::default(),
        begun: false,
    });
    let frame = K::dm_frame(frame);
    k.queue_work(worker, frame);
}

/// What the first of those passes does: it finds no path, so that no group is in
/// use any longer (`choose_pgpath`), and leaves the bios where they are.
fn pass_in_vain<K: DmEnv>(k: &mut K, dm: u16) {
    let Some(bio) = k.dm().dev(dm).queued.first() else {
        return;
    };
    if k.dm().mpath(dm).is_some_and(|m| m.has_group_in_use()) {
        bio_based::ask_target(k, dm, bio);
    }
}

/// Without a path, pass after pass comes to nothing until something happens: as
/// many of them as there is time for are taken as one.
fn spin<K: DmEnv>(k: &mut K, f: &ProcessQueued) {
    let spins = |m: &mut Multipath| m.nr_valid_paths() == 0 && m.queue_if_no_path();
    if !k.dm().mpath(f.dm).is_some_and(spins) || !k.host().is_alone() {
        return;
    }
    let mut bios = 0;
    let mut at = f.list.first();
    while let Some(bio) = at {
        at = k.block().bios[bio].next;
        bios += 1;
    }
    let costs = &k.host().costs;
    let pass = costs.of(Cost::Work) * 2 + costs.of(Cost::MapBio) * bios;
    let left = k.next_event().saturating_sub(k.host().now());
    let passes = (left.0 / pass.0.max(1)).saturating_sub(1);
    k.host().spend(pass * passes);
}

/// Maps one more bio.
pub fn step<K: DmEnv>(k: &mut K, task: TaskId, mut f: ProcessQueued) -> Step {
    if !f.begun {
        f.begun = true;
        let d = k.dm().dev(f.dm);
        d.worker_queued = false;
        f.list = std::mem::take(&mut d.queued);
        if let Some(m) = k.dm().mpath(f.dm) {
            m.queue_size = 0;
        }
        plug::blk_start_plug(k, task);
        k.host().charge(Cost::Work);
        spin(k, &f);
    }
    let Some(bio) = f.list.pop(k) else {
        pop(k, task);
        plug::blk_finish_plug(k, task);
        return Step::Again;
    };
    if let Some(top) = k.host().tasks[task.index()].stack.last_mut() {
        *top = K::dm_frame(DmFrame::ProcessQueued(f));
    }
    k.host().charge(Cost::MapBio);
    ask_selector(k, f.dm);
    bio_based::map_bio(k, f.dm, bio);
    Step::Yield
}
