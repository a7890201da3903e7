//! Queue limits and how they stack (`struct queue_limits`,
//! `blk-settings.c:blk_stack_limits`, 6.1).

use crate::models::kernel::QueueFacts;

/// Soft default of a request's size in sectors (`BLK_DEF_MAX_SECTORS`).
pub const BLK_DEF_MAX_SECTORS: u32 = 2560;
/// Hard default of drivers that set none (`BLK_SAFE_MAX_SECTORS`).
pub const BLK_SAFE_MAX_SECTORS: u32 = 255;
/// Default number of segments (`BLK_MAX_SEGMENTS`).
pub const BLK_MAX_SEGMENTS: u16 = 128;
/// Default size of a segment in bytes (`BLK_MAX_SEGMENT_SIZE`).
pub const BLK_MAX_SEGMENT_SIZE: u32 = 65_536;

/// What a queue can take.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Limits {
    /// Soft limit of a request, sectors.
    pub max_sectors: u32,
    /// Hard limit of a request, sectors.
    pub max_hw_sectors: u32,
    /// Limit of a discard, sectors; 0 = none accepted.
    pub max_discard_sectors: u32,
    /// Segments of a request.
    pub max_segments: u16,
    /// Bytes of a segment.
    pub max_segment_size: u32,
    /// A gap between segments must lie on this boundary (mask); 0 = none.
    pub virt_boundary_mask: u64,
    /// No request crosses a multiple of this; 0 = none.
    pub chunk_sectors: u32,
    /// Bytes of a logical block.
    pub logical_block_size: u32,
    /// Bytes of a physical block.
    pub physical_block_size: u32,
    /// Optimal I/O size in bytes; 0 = none reported.
    pub io_opt: u32,
}

impl Default for Limits {
    /// The block layer's defaults for a driver that sets none.
    fn default() -> Self {
        Limits {
            max_sectors: BLK_SAFE_MAX_SECTORS,
            max_hw_sectors: BLK_SAFE_MAX_SECTORS,
            max_discard_sectors: 0,
            max_segments: BLK_MAX_SEGMENTS,
            max_segment_size: BLK_MAX_SEGMENT_SIZE,
            virt_boundary_mask: 0,
            chunk_sectors: 0,
            logical_block_size: 512,
            physical_block_size: 512,
            io_opt: 0,
        }
    }
}

impl Limits {
    /// Unlimited values, from which stacking starts
    /// (`blk_set_stacking_limits`).
    pub fn stacking() -> Self {
        Limits {
            max_sectors: u32::MAX,
            max_hw_sectors: u32::MAX,
            max_discard_sectors: u32::MAX,
            max_segments: u16::MAX,
            max_segment_size: u32::MAX,
            ..Limits::default()
        }
    }

    /// Sets the hard limit, and the soft one to the smaller of it and 1280 KiB
    /// (`blk_queue_max_hw_sectors`).
    pub fn set_max_hw_sectors(&mut self, sectors: u32) {
        self.max_hw_sectors = sectors;
        self.max_sectors = sectors.min(BLK_DEF_MAX_SECTORS);
    }

    /// What the kernel of `facts` makes of them: its soft limit is lower.
    pub fn be_of(&mut self, facts: &QueueFacts) {
        self.max_sectors = self.max_hw_sectors.min(facts.max_sectors);
        self.max_discard_sectors = 0;
    }

    /// These limits over a device with limits `below` (`blk_stack_limits`).
    pub fn stack(&mut self, below: &Limits) {
        self.max_sectors = self.max_sectors.min(below.max_sectors);
        self.max_hw_sectors = self.max_hw_sectors.min(below.max_hw_sectors);
        self.max_discard_sectors = self.max_discard_sectors.min(below.max_discard_sectors);
        self.max_segments = self.max_segments.min(below.max_segments);
        self.max_segment_size = self.max_segment_size.min(below.max_segment_size);
        self.virt_boundary_mask = min_not_zero(self.virt_boundary_mask, below.virt_boundary_mask);
        self.chunk_sectors = min_not_zero(
            u64::from(self.chunk_sectors),
            u64::from(below.chunk_sectors),
        ) as u32;
        self.logical_block_size = self.logical_block_size.max(below.logical_block_size);
        self.physical_block_size = self.physical_block_size.max(below.physical_block_size);
        self.io_opt = lcm_not_zero(self.io_opt, below.io_opt);
    }
}

fn min_not_zero(a: u64, b: u64) -> u64 {
    match (a, b) {
        (0, x) | (x, 0) => x,
        (a, b) => a.min(b),
    }
}

fn lcm_not_zero(a: u32, b: u32) -> u32 {
    if a == 0 || b == 0 {
        return a.max(b);
    }
    let (mut x, mut y) = (a, b);
    while y != 0 {
        (x, y) = (y, x % y);
    }
    (a / x).saturating_mul(b)
}
