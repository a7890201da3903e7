//! The values that options take.

/// The directions of fio's data transfers (`enum fio_ddir`, first three).
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[repr(u8)]
pub enum Dir {
    /// Reads.
    Read = 0,
    /// Writes.
    Write = 1,
    /// Trims.
    Trim = 2,
}

impl Dir {
    /// All three, in fio's order.
    pub const ALL: [Dir; 3] = [Dir::Read, Dir::Write, Dir::Trim];
}

/// One value for each direction, indexed by [`Dir`].
#[derive(Copy, Clone, PartialEq, Eq, Debug, Default)]
pub struct PerDir<T>(pub [T; 3]);

impl<T> std::ops::Index<Dir> for PerDir<T> {
    type Output = T;
    #[inline]
    fn index(&self, d: Dir) -> &T {
        &self.0[d as usize]
    }
}

impl<T> std::ops::IndexMut<Dir> for PerDir<T> {
    #[inline]
    fn index_mut(&mut self, d: Dir) -> &mut T {
        &mut self.0[d as usize]
    }
}

impl<T: Copy> PerDir<T> {
    /// The same value for all.
    pub const fn all(v: T) -> Self {
        PerDir([v; 3])
    }
}

/// `ioengine`.
#[derive(Copy, Clone, PartialEq, Eq, Debug, Default)]
pub enum Engine {
    /// `psync`, `sync` and their kin: one system call an I/O.
    #[default]
    Psync,
    /// `libaio`.
    Libaio,
    /// `io_uring`.
    IoUring,
}

/// `rw`, without its postfix.
#[derive(Copy, Clone, PartialEq, Eq, Debug, Default)]
pub struct Pattern {
    /// Whether it reads.
    pub read: bool,
    /// Whether it writes.
    pub write: bool,
    /// Whether it trims.
    pub trim: bool,
    /// Whether offsets are random.
    pub random: bool,
}

/// What the postfix of a random `rw` does between two draws (`rw_sequencer`).
#[derive(Copy, Clone, PartialEq, Eq, Debug, Default)]
pub enum RwSequencer {
    /// Go on sequentially.
    #[default]
    Sequential,
    /// Stay at the offset.
    Identical,
}

/// An amount, absolute or relative to the device.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Amount {
    /// Bytes.
    Bytes(u64),
    /// Percent, 0 to 100.
    Percent(u8),
}

/// `rate_process`.
#[derive(Copy, Clone, PartialEq, Eq, Debug, Default)]
pub enum RateProcess {
    /// Evenly spaced.
    #[default]
    Linear,
    /// Exponentially distributed gaps.
    Poisson,
}

/// `io_submit_mode`.
#[derive(Copy, Clone, PartialEq, Eq, Debug, Default)]
pub enum SubmitMode {
    /// The job thread submits and reaps.
    #[default]
    Inline,
    /// Worker threads do: an open loop.
    Offload,
}

/// `random_distribution`; the last number is `random_center`, 0 to 1, if given.
#[derive(Copy, Clone, PartialEq, Debug, Default)]
pub enum Distribution {
    /// Every block alike.
    #[default]
    Uniform,
    /// Zipf of this theta (not 1).
    Zipf(f64, Option<f64>),
    /// Pareto of this power, 0 to 1.
    Pareto(f64, Option<f64>),
    /// Normal with this deviation in percent, 0 to 100.
    Normal(f64, Option<f64>),
}

/// `random_generator`.
#[derive(Copy, Clone, PartialEq, Eq, Debug, Default)]
pub enum Generator {
    /// 32 bits, or 64 where the region has more than 2³²−1 blocks.
    #[default]
    Auto,
    /// 32 bits.
    Tausworthe,
    /// 64 bits.
    Tausworthe64,
}

/// Which completed or issued I/Os `thinktime_blocks` counts.
#[derive(Copy, Clone, PartialEq, Eq, Debug, Default)]
pub enum ThinktimeBlocksType {
    /// Those that completed.
    #[default]
    Complete,
    /// Those that were issued.
    Issue,
}

/// One entry of `bssplit`.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct BsSplit {
    /// Block size, bytes.
    pub bs: u64,
    /// Share, percent.
    pub percent: u32,
}

/// Block sizes of one direction.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BlockSizes {
    /// Smallest, bytes, at least 1.
    pub min: u64,
    /// Largest, bytes.
    pub max: u64,
    /// Shares, ascending by percentage; empty without `bssplit`.
    pub split: Vec<BsSplit>,
    /// `blockalign`: random offsets are multiples of it; none: of `min`.
    pub align: Option<u64>,
}

impl BlockSizes {
    /// One size only.
    pub fn fixed(bytes: u64) -> Self {
        BlockSizes {
            min: bytes,
            max: bytes,
            split: Vec::new(),
            align: None,
        }
    }
}

/// `continue_on_error`: which errors end a job only if they are not in the
/// list of `ignore_error`.
#[derive(Copy, Clone, PartialEq, Eq, Debug, Default)]
pub struct ContinueOnError {
    /// Those of reads.
    pub read: bool,
    /// Those of writes, trims and syncs.
    pub write: bool,
    /// EILSEQ.
    pub verify: bool,
}

/// Logs of single I/Os that fio keeps; each drains the queue when it grows.
#[derive(Copy, Clone, PartialEq, Eq, Debug, Default)]
pub struct Logs {
    /// `write_lat_log`, without `log_avg_msec`.
    pub lat: bool,
    /// `write_bw_log`, likewise.
    pub bw: bool,
    /// `write_iops_log`, likewise.
    pub iops: bool,
}
