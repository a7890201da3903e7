//! What a fio thread asks of its caller.

use super::iolog::IologError;
use crate::models::io::Op;
use crate::sim::Ns;

/// A data transfer, ready to be submitted.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct IoUnit {
    /// Which io_u it is: 0 to `iodepth` − 1.
    pub slot: u32,
    /// What it does; [`Op::Flush`] for an fsync that goes through the ring
    /// (io_uring) or to a worker (offload).
    pub op: Op,
    /// Where, bytes from the start of the device.
    pub offset: u64,
    /// How long, bytes.
    pub len: u32,
}

/// What a thread does next.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
#[repr(u32)]
pub enum Act {
    /// One io_u was made ready in user space. Charge fio's own work for it and
    /// call `next` again: the time of that call is the I/O's start.
    Prepared,
    /// io_submit(2) or io_uring_enter(2) of `ring()`, in order; then
    /// `submitted` at the time the call returns.
    Submit,
    /// io_getevents(2): wait until at least `min` are complete, take at most
    /// `max`. Then, all with one and the same time (read after the call
    /// returned), `complete_one` for each in order of completion, and
    /// `reap_done`. `min` = 0: take what is there, do not wait.
    GetEvents {
        /// At least so many.
        min: u32,
        /// At most so many.
        max: u32,
    },
    /// pread(2), pwrite(2), or for a discard the BLKDISCARD ioctl, also under
    /// an asynchronous engine, of [`unit`](super::FioThread::unit) `slot`. Then
    /// `sync_done`.
    Sync {
        /// The io_u.
        slot: u32,
    },
    /// fsync(2) or fdatasync(2). Then `sync_done`.
    Fsync {
        /// fdatasync.
        data: bool,
        /// The one of `end_fsync`.
        at_end: bool,
    },
    /// Sleep until then (nanosleep: the caller adds timer slack), then call
    /// `next` again.
    SleepUntil(Ns),
    /// Stay on the CPU until then, then call `next` again.
    SpinUntil(Ns),
    /// `io_submit_mode=offload`: io_u `slot` was put on the list of worker
    /// thread `worker`: wake it. It calls `worker_take` until that gives none,
    /// then sleeps.
    Offload {
        /// The worker: 0 to `iodepth` − 1.
        worker: u32,
        /// What it will do, in its turn.
        slot: u32,
    },
    /// Sleep until `offload_done` has freed an io_u, or with `all` until every
    /// worker is idle; then call `next` again.
    WaitOffload {
        /// All workers idle.
        all: bool,
    },
    /// The file is closed and opened anew: the job starts over. Then call `next`
    /// again.
    Reopen,
    /// The thread ends. I/O that is still in flight (after an iolog there is
    /// some) is waited for, then the device is closed.
    Exit,
}

/// Why a thread cannot be built.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FioError {
    /// Nothing is left of the device.
    #[error("offset {offset} is past the end of the device ({device} bytes)")]
    OffsetPastDevice {
        /// Bytes.
        offset: u64,
        /// Bytes.
        device: u64,
    },
    /// Not one block fits.
    #[error("size {size} is less than a block of {block} bytes")]
    SmallerThanBlock {
        /// Bytes.
        size: u64,
        /// Bytes.
        block: u64,
    },
    /// A block size or a depth that no I/O can have.
    #[error("{what} is out of range: {value}")]
    OutOfRange {
        /// Which option.
        what: &'static str,
        /// Its value.
        value: u64,
    },
    /// The job names an iolog whose text was not given.
    #[error("the text of iolog `{0}` is missing")]
    NoIolog(String),
    /// The iolog is not one.
    #[error(transparent)]
    Iolog(#[from] IologError),
}
