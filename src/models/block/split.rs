//! Splitting bios to queue limits (`blk-merge.c:__bio_split_to_limits`, 6.1).

use super::super::host::Cost;
use super::super::io::Bio;
use super::super::io::{BioId, EndIo, Flags, Op, SECTOR};
use super::{Action, BlockDev, BlockEnv};

/// Splits off as much of `bio` as its device takes in one piece.
///
/// Returns the piece to go on with and, if there was a split, the rest, which
/// is to be submitted afterwards. The piece never merges with what follows it.
#[inline]
pub fn bio_split_to_limits<K: BlockEnv>(k: &mut K, bio: BioId) -> (BioId, Option<BioId>) {
    let b = k.block();
    let whole = &b.bios[bio];
    let dev = &b.devs[usize::from(whole.dev.0)];
    if is_small(dev, whole) {
        return (bio, None);
    }
    split_large(k, bio)
}

/// Looks closer at a bio that may be too large.
#[inline(never)]
fn split_large<K: BlockEnv>(k: &mut K, bio: BioId) -> (BioId, Option<BioId>) {
    let b = k.block();
    let whole = &b.bios[bio];
    let dev = &b.devs[usize::from(whole.dev.0)];
    let max = max_piece(dev, whole);
    if whole.sectors <= max || max == 0 {
        return (bio, None);
    }
    let front = bio_split(k, bio, max);
    (front, Some(bio))
}

/// Splits the first `sectors` off `bio`, which ends when both have
/// (`bio_split`, `bio_chain`).
pub fn bio_split<K: BlockEnv>(k: &mut K, bio: BioId, sectors: u32) -> BioId {
    let b = k.block();
    let whole = b.bios[bio];
    b.devs[usize::from(whole.dev.0)].count.splits += 1;
    let seg_sectors = segment_sectors(&whole);
    let mut front = whole;
    front.sectors = sectors;
    front.segs = (u64::from(sectors).div_ceil(seg_sectors)) as u16;
    front.flags = front.flags.with(Flags::NOMERGE);
    front.end_io = EndIo::Chain(bio);
    front.remaining = 1;
    front.next = None;
    front.traced = false;
    let rest = &mut b.bios[bio];
    rest.sector += u64::from(sectors);
    rest.sectors -= sectors;
    rest.segs = rest.segs.saturating_sub(front.segs).max(1);
    rest.remaining += 1;
    let at = rest.sector;
    let id = b.bios.alloc(front);
    k.host().charge(Cost::SplitBio);
    k.host().charge(Cost::Trace);
    k.trace(whole.dev, Action::Split(at), |b| b.bio_subject(id));
    id
}

/// Sectors of one physical segment, segments being equally long.
fn segment_sectors(bio: &Bio) -> u64 {
    (u64::from(bio.sectors) / u64::from(bio.segs.max(1))).max(1)
}

/// Whether `bio`, of one segment and whole logical blocks, is far from every
/// limit, as most are: there is no need to look closer.
#[inline]
fn is_small(dev: &BlockDev, bio: &Bio) -> bool {
    let l = &dev.limits;
    let bytes = u64::from(bio.sectors) * SECTOR;
    bio.segs <= 1
        && bio.op != Op::Discard
        && l.chunk_sectors == 0
        && bytes <= u64::from(l.max_segment_size)
        && bytes + u64::from(l.physical_block_size) <= u64::from(l.max_sectors) * SECTOR
        && bytes & (u64::from(l.logical_block_size) - 1) == 0
}

/// The most sectors of `bio` that fit into one request
/// (`get_max_io_size`, `bio_split_rw`).
fn max_piece(dev: &BlockDev, bio: &Bio) -> u32 {
    if bio.sectors == 0 || bio.op == Op::Flush {
        return u32::MAX;
    }
    let l = &dev.limits;
    let max = u64::from(dev.max_sectors(bio.op, bio.sector));
    if bio.op == Op::Discard {
        return max as u32;
    }
    let pbs = u64::from(l.physical_block_size) / SECTOR;
    let lbs = u64::from(l.logical_block_size) / SECTOR;
    let start = bio.sector & (pbs - 1);
    let end = (start + max) & !(pbs - 1);
    let by_size = if end > start {
        end - start
    } else {
        max & !(lbs - 1)
    };
    let seg = segment_sectors(bio);
    // A segment longer than the limit counts as several.
    let pieces = (seg * SECTOR).div_ceil(u64::from(l.max_segment_size.max(512)));
    let by_segments = u64::from(l.max_segments) * seg / pieces.max(1);
    let by_segments = by_segments & !(lbs - 1);
    by_size.min(by_segments.max(lbs)) as u32
}
