//! A thread's main loop as a state machine (`backend.c:do_io`, 3.33).

use super::spec::{Dir, PerDir, ThreadSpec};
use crate::models::io::Op;
use crate::sim::Ns;
use crate::sim::stats::LatencyStats;

/// A data transfer, ready to be submitted.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct IoUnit {
    /// Which io_u it is: 0 to `iodepth` − 1.
    pub slot: u32,
    /// What it does; [`Op::Flush`] for an fsync that goes through the ring
    /// (io_uring).
    pub op: Op,
    /// Where, bytes from the start of the device.
    pub offset: u64,
    /// How long, bytes.
    pub len: u32,
}

/// What the thread does next.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Act {
    /// One io_u was made ready in user space. Charge fio's own work for it and
    /// call [`FioThread::next`] again.
    Prepared,
    /// io_submit(2) or io_uring_enter(2) of [`FioThread::ring`], in order; then
    /// [`FioThread::submitted`] at the time the call returns.
    Submit,
    /// io_getevents(2): wait until at least `min` are complete, take at most
    /// `max`. Then, all with one and the same time (read after the call
    /// returned), [`FioThread::complete_one`] for each in order of completion
    /// and [`FioThread::reap_done`]. `min` = 0: take what is there, do not
    /// wait.
    GetEvents {
        /// At least so many.
        min: u32,
        /// At most so many.
        max: u32,
    },
    /// pread(2), pwrite(2), or for a discard the BLKDISCARD ioctl, also under
    /// an asynchronous engine. Then [`FioThread::sync_done`].
    Sync(IoUnit),
    /// fsync(2) or fdatasync(2). Then [`FioThread::sync_done`].
    Fsync {
        /// fdatasync.
        data: bool,
        /// The one of `end_fsync`.
        at_end: bool,
    },
    /// Sleep until then (nanosleep: the caller adds timer slack), then call
    /// [`FioThread::next`] again.
    SleepUntil(Ns),
    /// Stay on the CPU until then, then call [`FioThread::next`] again.
    SpinUntil(Ns),
    /// `io_submit_mode=offload`: `unit` was put on the list of worker thread
    /// `worker`: wake it. It calls [`FioThread::worker_take`] until that gives
    /// none, then sleeps.
    Offload {
        /// The worker: 0 to `iodepth` − 1.
        worker: u32,
        /// What it will do, in its turn.
        unit: IoUnit,
    },
    /// Sleep until [`FioThread::offload_done`] has freed an io_u, or with `all`
    /// until every worker is idle; then call [`FioThread::next`] again.
    WaitOffload {
        /// All workers idle.
        all: bool,
    },
    /// The thread ends; its device is closed.
    Exit,
}

/// Why a thread cannot be built.
#[derive(Clone, PartialEq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FioError {
    /// The region does not fit.
    #[error("{0}")]
    Invalid(String),
}

/// What a thread did, as fio reports it; `ramp_time` excluded.
#[derive(Clone, Debug, Default)]
pub struct FioReport {
    /// By direction.
    pub dirs: PerDir<DirReport>,
    /// fsync and fdatasync calls of the loop.
    pub syncs: u64,
    /// How long these took.
    pub sync_lat: LatencyStats,
    /// `job_runtime`: ms, rounded up.
    pub runtime_ms: u64,
    /// `error`.
    pub error: i32,
    /// `total_err`.
    pub total_err: u64,
    /// `first_error`.
    pub first_error: i32,
}

/// One direction of a thread.
#[derive(Clone, Debug, Default)]
pub struct DirReport {
    /// I/Os queued, failed ones included.
    pub total_ios: u64,
    /// Bytes transferred with success.
    pub io_bytes: u64,
    /// `runtime`: ms, rounded up.
    pub runtime_ms: u64,
    /// Submission latency: start to return of io_submit; none for
    /// synchronous calls.
    pub slat: LatencyStats,
    /// Completion latency.
    pub clat: LatencyStats,
    /// Start to completion.
    pub lat: LatencyStats,
}

/// A running thread. The caller owns the clock and executes what
/// [`FioThread::next`] asks for.
#[derive(Clone, Debug)]
pub struct FioThread {
    spec: ThreadSpec,
    ring: Vec<IoUnit>,
}

impl FioThread {
    /// A thread on a device of so many bytes. `iolog`: text of the file that
    /// `read_iolog` names.
    ///
    /// # Errors
    /// A region that does not fit the device, or an iolog that is not one.
    pub fn new(
        spec: &ThreadSpec,
        device_bytes: u64,
        iolog: Option<&str>,
    ) -> Result<Self, FioError> {
        let _ = (device_bytes, iolog);
        Ok(FioThread {
            spec: spec.clone(),
            ring: Vec::new(),
        })
    }
    /// The thread's epoch, just before its first I/O.
    pub fn start(&mut self, now: Ns) {
        let _ = now;
    }
    /// What comes next.
    pub fn next(&mut self, now: Ns) -> Act {
        let _ = now;
        Act::Exit
    }
    /// After [`Act::Submit`], until [`FioThread::submitted`]: what to submit,
    /// in order.
    pub fn ring(&self) -> &[IoUnit] {
        &self.ring
    }
    /// io_submit returned.
    pub fn submitted(&mut self, now: Ns) {
        let _ = now;
    }
    /// During a reap: io_u `slot` completed with this errno (0: success) and so
    /// many bytes.
    pub fn complete_one(&mut self, now: Ns, slot: u32, errno: i32, bytes: u32) {
        let _ = (now, slot, errno, bytes);
    }
    /// All events of one [`Act::GetEvents`] were told.
    pub fn reap_done(&mut self, now: Ns) {
        let _ = now;
    }
    /// The system call of [`Act::Sync`] or [`Act::Fsync`], entered at `issue`,
    /// returned.
    pub fn sync_done(&mut self, now: Ns, issue: Ns, errno: i32, bytes: u32) {
        let _ = (now, issue, errno, bytes);
    }
    /// Offload: the next io_u of worker `worker`; none: it is idle now. The
    /// worker submits it alone, and waits for it.
    pub fn worker_take(&mut self, worker: u32) -> Option<IoUnit> {
        let _ = worker;
        None
    }
    /// Offload: io_submit of io_u `slot` returned.
    pub fn offload_submitted(&mut self, now: Ns, slot: u32) {
        let _ = (now, slot);
    }
    /// Offload: io_u `slot` was reaped by its worker.
    pub fn offload_done(&mut self, now: Ns, slot: u32, errno: i32, bytes: u32) {
        let _ = (now, slot, errno, bytes);
    }
    /// What it was built from.
    pub fn spec(&self) -> &ThreadSpec {
        &self.spec
    }
    /// I/Os in flight or queued, in io_us.
    pub fn depth(&self) -> u32 {
        0
    }
    /// What it did so far.
    pub fn report(&self) -> FioReport {
        let _ = Dir::ALL;
        FioReport::default()
    }
}
