//! Bio-based device-mapper: every bio is cloned and mapped as it comes, and the
//! clone goes through the *path's* queue: plug, merge, scheduler (`dm.c`,
//! `dm-mpath.c:multipath_map_bio`, 6.1).

use super::super::block::submit::{submit_bio_last, submit_bio_noacct};
use super::super::block::{Action, complete, pop, split};
use super::super::host::slab::{Slab, SlabId};
use super::super::host::{Cost, Step, TaskId, interrupted};
use super::super::io::{Bio, BioId, BlkStatus, DevId, EndIo, Flags, SECTOR};
use super::super::mpath::selector::{SelectCtx, Weight};
use super::super::mpath::{Completion, EndIoBio, MapBio, PathIdx};
use super::super::probe::TargetEvent;
use super::clone::select_ctx;
use super::delay::Delay;
use super::weight::{ask_selector, charge_choice, charge_end, lock_paths, weight};
use super::{DmEnv, DmFrame, Target, apply, pg_init, print_log, remember, suspend, worker};
use crate::models::planted::{self, Defect};
use crate::sim::{Ns, unlikely};

/// Takes a bio (`dm_submit_bio`).
#[inline]
pub fn dm_submit_bio<K: DmEnv>(k: &mut K, dm: u16, bio: BioId) {
    if kept_back(k, dm, bio) {
        return;
    }
    k.host().charge(Cost::MapBio);
    let slab = k.host().slab_alloc(Slab::Clone);
    ask_selector(k, dm);
    if interrupted(k) {
        let frame = K::dm_frame(DmFrame::SplitAndProcess { dm, bio, slab });
        return k.host().call(frame);
    }
    split_and_process_bio(k, dm, bio, slab);
}

/// The frame of [`DmFrame::SplitAndProcess`].
pub fn step<K: DmEnv>(k: &mut K, task: TaskId, dm: u16, bio: BioId, slab: SlabId) -> Step {
    pop(k, task);
    if kept_back(k, dm, bio) {
        k.host().slab_free(Slab::Clone, slab);
    } else {
        split_and_process_bio(k, dm, bio, slab);
    }
    Step::Again
}

/// Whether the device is suspended, or about to be: its bios wait, but for
/// read-ahead.
#[inline]
fn kept_back<K: DmEnv>(k: &mut K, dm: u16, bio: BioId) -> bool {
    let blocked = k.dm().dev(dm).blocked;
    if blocked {
        if k.block().bios[bio].flags.has(Flags::RAHEAD) {
            complete::bio_endio(k, bio, BlkStatus::IoErr);
        } else {
            suspend::defer(k, dm, bio);
        }
    }
    blocked
}

/// Splits a bio where the table says so, clones it and maps the clone
/// (`dm_split_and_process_bio`). The clone is an object of `slab`.
#[inline]
fn split_and_process_bio<K: DmEnv>(k: &mut K, dm: u16, bio: BioId, slab: SlabId) {
    let bio = split_to_target(k, dm, bio);
    let now = k.host().now();
    let b = k.block();
    let o = &mut b.bios[bio];
    o.start = now;
    let mut clone = Bio {
        end_io: EndIo::Dm { dm, orig: bio },
        remaining: 1,
        traced: false,
        next: None,
        status: BlkStatus::Ok,
        slab,
        ..*o
    };
    if o.flags.has(Flags::PREFLUSH) && o.sectors > 0 {
        clone.sectors = 0; // the flush goes first; the data follow
    }
    b.devs[usize::from(clone.dev.0)].count.start(now);
    let clone = k.block().bios.alloc(clone);
    k.dm().dev(dm).in_flight += 1;
    map_bio(k, dm, clone);
}

/// The piece of `bio` that goes to one target; the rest is submitted after it.
#[inline]
fn split_to_target<K: DmEnv>(k: &mut K, dm: u16, bio: BioId) -> BioId {
    let o = k.block().bios[bio];
    let table = &k.dm().dev(dm).table;
    let max = match table.find(o.sector) {
        Some(i) if table.targets.len() > 1 || !table.is_multipath() => {
            table.targets[i].max_io(o.sector)
        }
        _ => return bio,
    };
    if u64::from(o.sectors) <= max {
        return bio;
    }
    let front = split::bio_split(k, bio, max as u32);
    submit_bio_noacct(k, bio);
    front
}

/// Maps a clone, new or held before, and sends it on its way (`__map_bio`).
#[inline]
pub fn map_bio<K: DmEnv>(k: &mut K, dm: u16, clone: BioId) {
    let c = k.block().bios[clone];
    let table = &mut k.dm().dev(dm).table;
    let Some(t) = table.find(c.sector).map(|i| &mut table.targets[i]) else {
        return end_clone(k, dm, clone, BlkStatus::IoErr);
    };
    let offset = c.sector - t.begin;
    let (dev, sector) = match &mut t.target {
        Target::Multipath(_) => return multipath_map_bio(k, dm, clone),
        Target::Linear(l) => l.map(offset),
        Target::Striped(s) => s.map(offset),
        Target::Delay(d) => {
            let class = d.of(Delay::class(c.op, c.flags));
            let to = class.map(offset);
            let delay = Ns::from_ms(u64::from(class.delay_ms));
            if delay > Ns::ZERO {
                redirect(k, clone, to);
                return k.submit_later(dm, clone, delay);
            }
            to
        }
        Target::Error => return end_clone(k, dm, clone, BlkStatus::IoErr),
    };
    redirect(k, clone, (dev, sector));
    submit_bio_last(k, clone);
}

/// The clone is addressed to another device now (`dm_submit_bio_remap`).
#[inline]
fn redirect<K: DmEnv>(k: &mut K, clone: BioId, (dev, sector): (DevId, u64)) {
    let b = k.block();
    let c = &mut b.bios[clone];
    let from = (c.dev, c.sector);
    c.dev = dev;
    c.sector = sector;
    k.trace(dev, Action::Remap(from.0, from.1), |b| b.bio_subject(clone));
}

/// What the target says of a clone, and what it was told.
#[inline]
pub fn ask_target<K: DmEnv>(k: &mut K, dm: u16, clone: BioId) -> Option<(MapBio, SelectCtx)> {
    let o = &k.block().bios[clone];
    let (hints, sector, sectors) = ((o.op, o.flags, o.prio), o.sector, o.sectors);
    let mut ctx = select_ctx(k, hints, sector, sectors);
    let m = k.dm().mpath(dm)?;
    let verdict = m.map_bio(&ctx);
    if unlikely(m.take_regrouped()) {
        remember(k, dm);
    }
    lock_paths(k, dm);
    if weight(k, dm) == Some(Weight::Timed) {
        k.host().charge(Cost::ChooseHstBio);
        ctx.now = k.host().ktime(); // when it is taken to begin
    } else {
        charge_choice(k, dm);
    }
    k.host().charge(Cost::Remap);
    k.target_event(dm, TargetEvent::Mapped(verdict.into(), ctx));
    Some((verdict, ctx))
}

/// `multipath_map_bio`
#[inline]
fn multipath_map_bio<K: DmEnv>(k: &mut K, dm: u16, clone: BioId) {
    let Some((verdict, ctx)) = ask_target(k, dm, clone) else {
        return;
    };
    match verdict {
        MapBio::Remapped(path) => remap(k, dm, clone, path, &ctx),
        MapBio::Queued { worker, activate } => {
            queue(k, dm, clone);
            if activate {
                pg_init::activate(k, dm);
            }
            if worker {
                worker::start(k, dm);
            }
        }
        MapBio::Requeue => dm_requeue(k, dm, clone),
        MapBio::Kill => end_clone(k, dm, clone, BlkStatus::IoErr),
    }
}

/// Holds a clone in the target until its worker maps it again.
pub fn queue<K: DmEnv>(k: &mut K, dm: u16, clone: BioId) {
    let mut list = k.dm().dev(dm).queued;
    list.push(k, clone);
    k.dm().dev(dm).queued = list;
    if let Some(m) = k.dm().mpath(dm) {
        m.queue_size += 1;
    }
}

/// The clone goes to `path`.
#[inline]
fn remap<K: DmEnv>(k: &mut K, dm: u16, clone: BioId, path: PathIdx, ctx: &SelectCtx) {
    let Some(m) = k.dm().mpath(dm) else { return };
    m.start_io(path, ctx.nr_bytes);
    let to = m.dev(path);
    k.target_event(dm, TargetEvent::Began(path, ctx.nr_bytes));
    let c = &mut k.block().bios[clone];
    c.pgpath = path.0;
    c.mapped = ctx.now;
    c.flags = c.flags.with(Flags::FAILFAST_TRANSPORT);
    let sector = c.sector;
    redirect(k, clone, (to, sector));
    submit_bio_last(k, clone);
}

/// A clone has ended: done, or mapped again (`clone_endio`,
/// `multipath_end_io_bio`).
#[inline]
pub fn clone_endio<K: DmEnv>(k: &mut K, dm: u16, clone: BioId) {
    k.host().charge(Cost::CloneEndio);
    let now = k.host().ktime();
    k.host().charge(Cost::EndCloneBio);
    let b = k.block();
    let c = b.bios[clone];
    let EndIo::Dm { orig, .. } = c.end_io else {
        return;
    };
    let whole = b.bios[orig];
    let sectors = mapped_sectors(&whole);
    let io = Completion {
        path: Some(PathIdx(c.pgpath)),
        nr_bytes: (u64::from(sectors) * SECTOR) as u32,
        status: c.status,
        start: c.mapped,
        now,
    };
    let Some(m) = k.dm().mpath(dm) else {
        return end_clone(k, dm, clone, c.status);
    };
    let (verdict, effects) = m.end_io_bio(&io);
    charge_end(k, dm);
    if !matches!(verdict, EndIoBio::Done(_)) {
        k.dm().dev(dm).retried += 1;
    }
    let left = TargetEvent::Left {
        path: PathIdx(c.pgpath),
        nr_bytes: io.nr_bytes,
        status: c.status,
        is_over: matches!(verdict, EndIoBio::Done(_)),
    };
    k.target_event(dm, left);
    if c.status.is_path_error() {
        print_log(k, dm);
    }
    match verdict {
        EndIoBio::Done(_) if planted::has(Defect::ErrorSwallowed) => {
            end_clone(k, dm, clone, BlkStatus::Ok);
        }
        EndIoBio::Done(status) => end_clone(k, dm, clone, status),
        EndIoBio::Incomplete { .. } if planted::has(Defect::LostBioInRequeue) => {}
        EndIoBio::Incomplete { worker } => {
            restore(k, clone, &whole, sectors);
            queue(k, dm, clone);
            if worker {
                worker::start(k, dm);
            }
        }
        EndIoBio::Requeue => dm_requeue(k, dm, clone),
    }
    if effects != super::Effects::default() {
        apply(k, dm, effects);
    }
}

/// Sectors that were mapped of a bio: none yet if it flushes first.
fn mapped_sectors(whole: &Bio) -> u32 {
    let flush_first = whole.flags.has(Flags::PREFLUSH) && whole.sectors > 0;
    if flush_first { 0 } else { whole.sectors }
}

/// Gives a clone that is to be mapped again its original fields
/// (`dm_bio_restore`).
fn restore<K: DmEnv>(k: &mut K, clone: BioId, whole: &Bio, sectors: u32) {
    let c = &mut k.block().bios[clone];
    c.sector = whole.sector;
    c.sectors = if planted::has(Defect::ShortRetry) {
        sectors / 2
    } else {
        sectors
    };
    c.segs = whole.segs;
    c.dev = whole.dev;
    c.status = BlkStatus::Ok;
    c.remaining = 1;
    c.traced = false;
}

/// The target pushes an I/O back while the device is being suspended: it is
/// accounted as over, and begins anew when the device resumes
/// (`dm_handle_requeue`).
fn dm_requeue<K: DmEnv>(k: &mut K, dm: u16, clone: BioId) {
    let now = k.host().now();
    let b = k.block();
    let EndIo::Dm { orig, .. } = b.bios[clone].end_io else {
        return;
    };
    let slab = b.bios[clone].slab;
    b.bios.free(clone);
    k.host().slab_free(Slab::Clone, slab);
    let b = k.block();
    let o = &b.bios[orig];
    let count = &mut b.devs[usize::from(o.dev.0)].count;
    count.done(now, o.op, o.start);
    count.dirs[o.op as usize].sectors += u64::from(o.sectors);
    count.requeues += 1;
    suspend::defer(k, dm, orig);
    k.dm().dev(dm).in_flight -= 1;
    suspend::io_left(k, dm);
}

/// The clone is over, and with it the bio that the device was given, unless
/// that was only its flush (`dm_io_complete`).
#[inline]
fn end_clone<K: DmEnv>(k: &mut K, dm: u16, clone: BioId, status: BlkStatus) {
    let now = k.host().now();
    let b = k.block();
    let c = b.bios[clone];
    b.bios.free(clone);
    k.host().slab_free(Slab::Clone, c.slab);
    let EndIo::Dm { orig, .. } = c.end_io else {
        return;
    };
    let d = k.dm().dev(dm);
    d.in_flight -= 1;
    if d.suspender.is_some() {
        suspend::io_left(k, dm);
    }
    let b = k.block();
    let o = &mut b.bios[orig];
    let dev = &mut b.devs[usize::from(o.dev.0)];
    dev.count.done(now, o.op, o.start); // a flush before data is an I/O too
    // The clone may have lost the flag, to a path without a write cache.
    if o.flags.has(Flags::PREFLUSH) && o.sectors > 0 && status == BlkStatus::Ok {
        o.flags = o.flags.without(Flags::PREFLUSH);
        let worker = k.dm().dev(dm).wq;
        let frame = super::super::block::BlockFrame::SubmitBio(orig);
        let frame = K::block_frame(frame);
        return k.queue_work(worker, frame);
    }
    dev.count.dirs[o.op as usize].sectors += u64::from(o.sectors);
    dev.count.bios_done += 1;
    if planted::has(Defect::DoubleCompletion)
        && status != BlkStatus::Ok
        && matches!(o.end_io, EndIo::App { .. })
    {
        let copy = b.bios[orig];
        let again = b.bios.alloc(copy);
        complete::bio_endio(k, again, status);
    }
    complete::bio_endio(k, orig, status);
}
