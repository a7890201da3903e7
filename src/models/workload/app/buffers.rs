//! The memory of a thread's I/O buffers: which of it is in memory, and which is
//! contiguous there.

use std::ops::Range;

use crate::models::workload::fio::ThreadSpec;
use crate::models::workload::page_cache::PAGE;

/// Bytes of a transparent huge page.
const HUGE_PAGE: u64 = 2 << 20;
/// Where fio's buffers are taken to begin within a huge page. An assumption:
/// the number of segments in the observed requests of 1 MiB shows it.
const BUFFERS_AT: u64 = 1 << 20;
/// Pages that a CPU gathers before they go to the LRU lists (`PAGEVEC_SIZE`).
const LRU_BATCH: u64 = 15;

/// The buffers of a thread, one for each I/O unit.
#[derive(Clone, Debug)]
pub struct Buffers {
    /// Bytes of each that are in memory.
    resident: Vec<u32>,
    /// The I/O units whose buffers are contiguous in memory.
    contiguous: Range<u32>,
    /// Pages that the CPU has gathered.
    gathered: u64,
}

/// What the first touch of a buffer has to do (`gup.c:faultin_page`).
#[derive(Copy, Clone, PartialEq, Eq, Debug, Default)]
pub struct Faults {
    /// Pages brought in.
    pub pages: u64,
    /// Batches of pages that went to the LRU lists meanwhile
    /// (`folio_batch_move_lru`).
    pub batches: u64,
}

impl Buffers {
    /// Before the first I/O: fio fills buffers to be written, and touches no
    /// other (`backend.c:init_io_u_buffers`).
    pub fn new(spec: &ThreadSpec) -> Self {
        let filled = if spec.pattern.write { u32::MAX } else { 0 };
        Buffers {
            resident: vec![filled; spec.iodepth.max(1) as usize],
            contiguous: contiguous_slots(spec),
            gathered: touched_before(spec.iodepth) % LRU_BATCH,
        }
    }

    /// Whether the buffer of `slot` is contiguous in memory.
    #[inline]
    pub fn is_contiguous(&self, slot: u32) -> bool {
        self.contiguous.contains(&slot)
    }

    /// The first `len` bytes of the buffer of `slot` are to be in memory. What
    /// faults cost in a huge page is not measured.
    #[inline]
    pub fn touch(&mut self, slot: u32, len: u32) -> Faults {
        let resident = &mut self.resident[slot as usize];
        let absent = len.saturating_sub(*resident);
        if absent == 0 {
            return Faults::default();
        }
        *resident += absent;
        if self.is_contiguous(slot) {
            return Faults::default();
        }
        let pages = u64::from(absent).div_ceil(PAGE);
        let gathered = self.gathered + pages;
        self.gathered = gathered % LRU_BATCH;
        Faults {
            pages,
            batches: gathered / LRU_BATCH,
        }
    }
}

/// The I/O units whose buffers lie in one huge page. The buffers of a thread are
/// one mapping; whatever of it fills an aligned huge page is one.
pub fn contiguous_slots(spec: &ThreadSpec) -> Range<u32> {
    let bytes = spec.sizes.0.iter().map(|s| s.max).max().unwrap_or(0);
    let end = (BUFFERS_AT + u64::from(spec.iodepth) * bytes) / HUGE_PAGE * HUGE_PAGE;
    if bytes == 0 || end <= HUGE_PAGE {
        return 0..0;
    }
    let first = (HUGE_PAGE - BUFFERS_AT).div_ceil(bytes);
    let last = (end - BUFFERS_AT) / bytes;
    first as u32..last as u32
}

/// Pages that fio touches before its first I/O, but for whole batches: its I/O
/// units of 512 bytes, the events' ring, and an array that is a mapping of its
/// own from 64 on. The constant is what remains, as traced at depths of 12 to 256.
fn touched_before(iodepth: u32) -> u64 {
    let depth = u64::from(iodepth);
    let ring = ((2 * depth + 2) * 32 + 32).div_ceil(PAGE);
    depth.div_ceil(8) + ring + u64::from(depth >= 64) + 2
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As logged from a kernel: which of the first pages fills a batch.
    #[test]
    fn the_first_batch_hangs_on_the_depth() {
        let logged = [
            (12, 10),
            (16, 10),
            (24, 9),
            (32, 8),
            (40, 7),
            (48, 6),
            (64, 2),
            (96, 13),
            (128, 8),
            (256, 5),
        ];
        for (depth, page) in logged {
            assert_eq!((touched_before(depth) + page) % LRU_BATCH, 0, "{depth}");
        }
    }
}
