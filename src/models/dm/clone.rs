//! What all ways of device-mapper do with a clone: tell the selector what it is,
//! and count off the bios that have ended.

use super::super::block::submit::is_sync;
use super::super::block::{BlockLayer, RqEnd};
use super::super::host::slab::Slab;
use super::super::io::{BioId, Flags, IoPrio, Op, ReqId, SECTOR};
use super::super::mpath::selector::SelectCtx;
use super::DmEnv;

/// What a path selector is told of an I/O that is mapped now, on this CPU.
#[inline(always)]
pub(super) fn select_ctx<K: DmEnv>(
    k: &mut K,
    (op, flags, prio): (Op, Flags, IoPrio),
    sector: u64,
    sectors: u32,
) -> SelectCtx {
    SelectCtx {
        nr_bytes: (u64::from(sectors) * SECTOR) as u32,
        sector,
        op,
        is_sync: is_sync(op, flags),
        flags,
        prio,
        cpu: u16::from(k.host().cpu().0),
        node: 0,
        now: k.host().ktime(),
    }
}

/// Takes the next bio from `clone`, of which `left` more sectors have ended, if
/// they reach to its end: its original, the bio of that, and whether it is the
/// last
/// (`end_clone_bio`).
#[inline(always)]
pub(super) fn end_clone_bio(
    b: &mut BlockLayer,
    clone: ReqId,
    left: &mut u32,
) -> Option<(ReqId, BioId, bool)> {
    let c = &mut b.reqs[clone];
    let (Some(bio), RqEnd::Clone { orig }) = (c.bio, c.end) else {
        return None;
    };
    let o = &b.bios[bio];
    let rest = o.sectors - c.bio_done;
    if rest > *left {
        c.bio_done += *left;
        c.sector += u64::from(*left);
        c.sectors -= *left;
        return None;
    }
    *left -= rest;
    c.bio_done = 0;
    c.bio = o.next;
    c.sectors -= rest;
    let is_last = o.next.is_none();
    if !is_last {
        c.sector += u64::from(rest);
    }
    Some((orig, bio, is_last))
}

/// Gives the bio back that a clone had for `bio` (`bio_put`).
#[inline]
pub(super) fn put_clone_bio<K: DmEnv>(k: &mut K, bio: BioId) {
    let slab = std::mem::take(&mut k.block().bios[bio].clone_slab);
    k.host().slab_free(Slab::RqClone, slab);
}
