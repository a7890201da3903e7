//! What flows: bios and requests, their operation, flags and status.

use serde::{Deserialize, Serialize};

use crate::id_type;
use crate::sim::Ns;

id_type!(
    /// A bio (`struct bio`).
    BioId
);
id_type!(
    /// A request (`struct request`).
    ReqId
);
id_type!(
    /// A transfer between a page cache and its device.
    PageIoId
);

/// A block device of the simulated computer, leaf or device-mapper.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct DevId(pub u16);

/// Bytes in a sector.
pub const SECTOR: u64 = 512;

/// What an I/O does (`enum req_op`).
#[derive(
    Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Op {
    /// `REQ_OP_READ`
    #[default]
    Read,
    /// `REQ_OP_WRITE`
    Write,
    /// `REQ_OP_FLUSH`
    Flush,
    /// `REQ_OP_DISCARD`
    Discard,
    /// `REQ_OP_DRV_IN`: a command of the driver's own, without data here.
    #[serde(skip)]
    DrvIn,
}

/// `rwbs` as blktrace prints it (`blktrace.c:blk_fill_rwbs`, 6.1).
pub fn rwbs(op: Op, flags: Flags) -> String {
    let mut s = String::with_capacity(5);
    if flags.has(Flags::PREFLUSH) {
        s.push('F');
    }
    s.push(match op {
        Op::Read => 'R',
        Op::Write => 'W',
        Op::Flush => 'F',
        Op::Discard => 'D',
        Op::DrvIn => 'N',
    });
    for (flag, letter) in [
        (Flags::FUA, 'F'),
        (Flags::RAHEAD, 'A'),
        (Flags::SYNC, 'S'),
        (Flags::META, 'M'),
    ] {
        if flags.has(flag) {
            s.push(letter);
        }
    }
    s
}

impl Op {
    /// Whether data go to the device (`op_is_write`).
    #[inline]
    pub fn is_write(self) -> bool {
        !matches!(self, Op::Read | Op::DrvIn)
    }
    /// Whether it goes to the driver as it is, past merging, scheduler and
    /// statistics (`blk_op_is_passthrough`).
    #[inline]
    pub fn is_passthrough(self) -> bool {
        self == Op::DrvIn
    }
}

/// Flags of a bio or request (`REQ_*`).
#[derive(Copy, Clone, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Flags(pub u16);

impl Flags {
    /// Somebody waits for it.
    pub const SYNC: Flags = Flags(1 << 0);
    /// More I/O will follow from the same task soon.
    pub const IDLE: Flags = Flags(1 << 1);
    /// Metadata.
    pub const META: Flags = Flags(1 << 2);
    /// Boost its priority.
    pub const PRIO: Flags = Flags(1 << 3);
    /// Forced unit access.
    pub const FUA: Flags = Flags(1 << 4);
    /// Flush the write cache first.
    pub const PREFLUSH: Flags = Flags(1 << 5);
    /// Read-ahead: may fail at any time.
    pub const RAHEAD: Flags = Flags(1 << 6);
    /// Never merge.
    pub const NOMERGE: Flags = Flags(1 << 7);
    /// No driver retry on transport errors.
    pub const FAILFAST_TRANSPORT: Flags = Flags(1 << 8);
    /// Background write-back.
    pub const BACKGROUND: Flags = Flags(1 << 9);
    /// Fail rather than block.
    pub const NOWAIT: Flags = Flags(1 << 10);

    /// Each of which says that somebody waits (`op_is_sync`).
    pub const SYNC_FLAGS: Flags = Flags(Self::SYNC.0 | Self::FUA.0 | Self::PREFLUSH.0);
    /// What forbids merging (`REQ_NOMERGE_FLAGS`).
    pub const NOMERGE_FLAGS: Flags = Flags(Self::NOMERGE.0 | Self::PREFLUSH.0 | Self::FUA.0);

    /// Whether any of `f` is set.
    #[inline]
    pub fn has(self, f: Flags) -> bool {
        self.0 & f.0 != 0
    }
    /// With `f` set as well.
    #[inline]
    pub const fn with(self, f: Flags) -> Flags {
        Flags(self.0 | f.0)
    }
    /// With `f` cleared.
    #[inline]
    pub const fn without(self, f: Flags) -> Flags {
        Flags(self.0 & !f.0)
    }
}

/// Scheduling class of an I/O (`IOPRIO_CLASS_*`), best first.
#[derive(
    Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum IoPrio {
    /// Real-time.
    Rt,
    /// Best effort; the class of whoever sets none.
    #[default]
    Be,
    /// Idle.
    Idle,
}

/// How an I/O ended, or why a driver refused it (`blk_status_t`).
#[derive(Copy, Clone, PartialEq, Eq, Hash, Debug, Default)]
pub enum BlkStatus {
    /// Success.
    #[default]
    Ok,
    /// Operation not supported.
    NotSupp,
    /// Timed out.
    Timeout,
    /// No space (thin provisioning).
    NoSpc,
    /// Transport error.
    Transport,
    /// Target failure.
    Target,
    /// Reservation conflict.
    Nexus,
    /// Unreadable medium.
    Medium,
    /// Data protection error.
    Protection,
    /// Out of some resource: try again later.
    Resource,
    /// Out of a device resource: a completion will restart the queue.
    DevResource,
    /// Would have blocked.
    Again,
    /// Device offline.
    Offline,
    /// Any other I/O error.
    IoErr,
    /// To be requeued by device-mapper.
    DmRequeue,
}

impl BlkStatus {
    /// Whether another path could help (`blk_types.h:blk_path_error`, 6.1).
    #[inline]
    pub fn is_path_error(self) -> bool {
        use BlkStatus::*;
        !matches!(
            self,
            Ok | NotSupp | NoSpc | Target | Nexus | Medium | Protection
        )
    }
    /// The errno a caller sees (`blk-core.c:blk_errors`, 6.1); 0 for success.
    pub fn errno(self) -> i32 {
        use BlkStatus::*;
        match self {
            Ok => 0,
            NotSupp => 95,
            Timeout => 110,
            NoSpc => 28,
            Transport => 67,
            Target => 121,
            Nexus => 52,
            Medium => 61,
            Protection => 84,
            Resource => 12,
            DevResource => 16,
            Again => 11,
            Offline => 19,
            IoErr | DmRequeue => 5,
        }
    }
}

/// Who is told when a bio ends (`bi_end_io` and `bi_private`).
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum EndIo {
    /// Nobody: the bio is freed.
    Nobody,
    /// A thread of the application waits for I/O unit `slot`.
    App {
        /// The thread.
        thread: u16,
        /// Its I/O unit.
        slot: u32,
    },
    /// The page cache: pages written back or read.
    Page(PageIoId),
    /// A task that sleeps until its bios have ended (`submit_bio_wait`).
    Task {
        /// The task.
        task: u16,
    },
    /// A daemon, by the number of its command.
    Daemon(u32),
    /// A scripted task.
    Script {
        /// Which.
        script: u16,
        /// The step that submitted the bio.
        step: u32,
    },
    /// Another bio, of which this one is a part (`bio_chain`).
    Chain(BioId),
    /// A bio-based device-mapper device (`clone_endio`).
    Dm {
        /// The dm device.
        dm: u16,
        /// The bio it was given.
        orig: BioId,
    },
}

impl Bio {
    /// A bio as the submitter fills it.
    #[inline]
    pub fn new(dev: DevId, op: Op, flags: Flags, sector: u64, sectors: u32, segs: u16) -> Bio {
        Bio {
            sector,
            sectors,
            dev,
            segs,
            op,
            prio: IoPrio::Be,
            status: BlkStatus::Ok,
            remaining: 1,
            flags,
            cpu: 0,
            traced: false,
            pgpath: 0,
            slab: 0,
            clone_slab: 0,
            ident: 0,
            next: None,
            end_io: EndIo::Nobody,
            start: Ns::ZERO,
            mapped: Ns::ZERO,
        }
    }
    /// Its length in bytes.
    #[inline]
    pub fn bytes(&self) -> u32 {
        self.sectors * SECTOR as u32
    }
    /// First sector behind it (`bio_end_sector`).
    #[inline]
    pub fn end_sector(&self) -> u64 {
        self.sector + u64::from(self.sectors)
    }
    /// Whether it may be merged at all (`bio_mergeable`).
    #[inline]
    pub fn is_mergeable(&self) -> bool {
        !self.flags.has(Flags::NOMERGE_FLAGS)
    }
    /// Whether the flush machinery must see it (`op_is_flush`).
    #[inline]
    pub fn is_flush(&self) -> bool {
        self.op == Op::Flush || self.flags.has(Flags::FUA.with(Flags::PREFLUSH))
    }
}

/// A contiguous range of sectors on its way (`struct bio`).
#[derive(Copy, Clone, Debug)]
pub struct Bio {
    /// First sector on `dev`.
    pub sector: u64,
    /// Length in sectors; 0 for an empty flush.
    pub sectors: u32,
    /// The device it is addressed to now.
    pub dev: DevId,
    /// Physical segments (pages that are not contiguous in memory).
    pub segs: u16,
    /// Operation.
    pub op: Op,
    /// Scheduling class.
    pub prio: IoPrio,
    /// First error seen.
    pub status: BlkStatus,
    /// Completions still awaited (`__bi_remaining`).
    pub remaining: u32,
    /// `REQ_*` flags.
    pub flags: Flags,
    /// The CPU that submitted it.
    pub cpu: u8,
    /// Whether its submission was traced and its completion is to be
    /// (`BIO_TRACE_COMPLETION`).
    pub traced: bool,
    /// dm-multipath: index of the path it was mapped to (`dm_mpath_io`).
    pub pgpath: u16,
    /// The slab of its cache that it was taken from; 0 = of none.
    pub slab: u16,
    /// The same of the bio that a clone of its request has for it.
    pub clone_slab: u16,
    /// Which I/O of the application it belongs to: the same in every mode, so
    /// that draws keyed by it find the same world.
    pub ident: u64,
    /// Next bio of the same request or list.
    pub next: Option<BioId>,
    /// Who is told.
    pub end_io: EndIo,
    /// When it was submitted to a bio-based device.
    pub start: Ns,
    /// When the multipath target mapped it.
    pub mapped: Ns,
}
