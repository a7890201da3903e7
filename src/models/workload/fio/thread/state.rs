//! What a thread's state is made of.

use crate::models::io::Op;
use crate::models::workload::fio::sleep::Sleep;
use crate::models::workload::fio::spec::Dir;
use crate::sim::Ns;
use crate::sim::stats::LatencyStats;

/// What an io_u does.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    Io(Dir),
    Sync { data: bool },
}

impl Kind {
    #[inline(always)]
    pub(super) fn dir(self) -> Option<Dir> {
        match self {
            Kind::Io(dir) => Some(dir),
            Kind::Sync { .. } => None,
        }
    }
    #[inline(always)]
    pub(super) fn op(self) -> Op {
        match self {
            Kind::Io(Dir::Read) => Op::Read,
            Kind::Io(Dir::Write) => Op::Write,
            Kind::Io(Dir::Trim) => Op::Discard,
            Kind::Sync { .. } => Op::Flush,
        }
    }
}

/// An io_u.
#[derive(Copy, Clone, Debug)]
pub(super) struct Slot {
    pub(super) kind: Kind,
    pub(super) offset: u64,
    pub(super) len: u32,
    pub(super) start: Ns,
    pub(super) issue: Ns,
}

/// How queueing an io_u went (`enum fio_q_status`).
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(super) enum Queued {
    /// Queued or completed.
    Fine,
    /// Not possible now.
    Busy,
    /// Completed with this errno.
    Failed(i32),
}

/// Where the thread is in its main loop.
#[derive(Copy, Clone, Debug)]
pub(super) enum Step {
    /// Not started.
    Idle,
    /// Top of the loop.
    Turn,
    /// An io_u is to be taken.
    Take,
    /// The rate says wait: nothing is in flight any more.
    RateDrained {
        slot: u32,
        dir: Dir,
        us: u64,
        at: u64,
    },
    /// The rate's sleep is over.
    RateSlept {
        slot: u32,
        dir: Dir,
    },
    /// The iolog's next entry for this io_u, after a wait if there was one.
    Replay {
        slot: u32,
    },
    /// The io_u is ready.
    Ready {
        slot: u32,
    },
    /// A synchronous call is under way.
    InCall {
        slot: u32,
    },
    /// The io_u is queued, submission included.
    AfterQueue {
        kind: Kind,
        queued: Queued,
    },
    /// A reap is over (`wait_for_completions`).
    Reaped {
        dir: Option<Dir>,
        min: u32,
        full: bool,
    },
    /// A full drain is over.
    Drained {
        dir: Option<Dir>,
    },
    /// Thinking: drained, spun, slept.
    ThinkDrained {
        blocks: u64,
    },
    ThinkSpun {
        blocks: u64,
        since: Ns,
    },
    Thought {
        blocks: u64,
    },
    /// The loop is over.
    LoopEnd,
    /// After an error: events that were there are taken, the rest is waited for.
    CleanUp,
    /// Everything is reaped.
    LoopDrained,
    /// The fsync of `end_fsync` is under way.
    EndSync,
    /// One pass is over.
    PassEnd,
    /// All is over.
    Over,
}

/// Whether a submission is the loop's own or the engine's, on reaping.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(super) enum Commit {
    /// `td_io_commit`: what was queued counts as in flight.
    Loop,
    /// The engine's hook alone.
    Engine,
}

/// What has to happen before the next step, in this order.
#[derive(Copy, Clone, Debug, Default)]
pub(super) struct Pending {
    /// Whether any of the others is set.
    pub(super) any: bool,
    pub(super) commit: Option<Commit>,
    /// At least so many.
    pub(super) reap: Option<u32>,
    pub(super) drain: bool,
    pub(super) sleep: Option<Sleep>,
}

/// Counts of one direction.
#[derive(Clone, Debug, Default)]
pub(super) struct Counts {
    /// `io_issues`.
    pub(super) issued: u64,
    /// `io_issue_bytes`; not cleared after `ramp_time`.
    pub(super) issued_bytes: u64,
    /// `io_blocks`.
    pub(super) done: u64,
    /// `io_bytes`.
    pub(super) done_bytes: u64,
    /// `total_io_u`.
    pub(super) total: u64,
    /// Runtime, µs, of the passes that are over.
    pub(super) runtime_us: u64,
}

/// Latencies of one direction.
#[derive(Clone, Debug, Default)]
pub(super) struct Lats {
    pub(super) slat: LatencyStats,
    pub(super) clat: LatencyStats,
    pub(super) lat: LatencyStats,
}

/// What one reap found (`struct io_completion_data`).
#[derive(Copy, Clone, Debug, Default)]
pub(super) struct Reap {
    pub(super) got: u32,
    pub(super) error: i32,
    pub(super) bytes: u64,
    /// I/Os whose latencies are still to be recorded.
    pub(super) alike: Alike,
}

/// I/Os of one direction and with the same latencies, one after the other. Those
/// of a batch often are alike: they are recorded together.
#[derive(Copy, Clone, Debug)]
pub(super) struct Alike {
    pub(super) dir: Dir,
    pub(super) lat: Ns,
    pub(super) clat: Ns,
    pub(super) count: u64,
}

impl Default for Alike {
    fn default() -> Self {
        Alike {
            dir: Dir::Read,
            lat: Ns::ZERO,
            clat: Ns::ZERO,
            count: 0,
        }
    }
}

/// Errors so far.
#[derive(Copy, Clone, Debug, Default)]
pub(super) struct Errors {
    /// `td->error`: ends the job if it stays.
    pub(super) fatal: i32,
    /// `total_err_count`.
    pub(super) total: u64,
    /// `first_error`.
    pub(super) first: i32,
}

impl Slot {
    /// Not used yet.
    pub(super) fn new() -> Self {
        Slot {
            kind: Kind::Io(Dir::Read),
            offset: 0,
            len: 0,
            start: Ns::ZERO,
            issue: Ns::ZERO,
        }
    }
}
