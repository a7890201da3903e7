//! The application's threads as tasks of the host: system calls, direct and
//! buffered I/O, completions.
//!
//! What a thread wants next is decided by fio's state machine
//! ([`FioThread`]); this room carries it out.

pub mod aio;
pub mod buffered;
pub mod buffers;
pub mod dio;
pub mod fio_loop;
pub mod fsync;
pub mod offload;
pub mod open;
pub mod page_io;
pub mod script;
pub mod sync;
pub mod upkeep;
pub mod writeback;

use super::fio::{FioThread, IoUnit};
use super::page_cache::{Advice, PageCache, ReadAhead};
use crate::models::block::BlockEnv;
use crate::models::block::single_queue::plug::blk_run_backing_dev;
use crate::models::host::{Cost, Step, TaskId};
use crate::models::io::{DevId, PageIoId};
use crate::models::kernel::SubmissionFacts;
use crate::sim::{Arena, Fifo, Ns};
use buffers::Buffers;
use page_io::PageIo;

/// A step of the application that a task is in the midst of.
#[derive(Copy, Clone, Debug)]
pub enum AppFrame {
    /// fio's main loop.
    Fio(u16),
    /// `io_submit(2)`
    AioSubmit {
        /// The thread.
        thread: u16,
        /// How many iocbs have been submitted.
        done: u32,
        /// Whether the call's plug is to be finished.
        plugged: bool,
    },
    /// A scripted task.
    Script(u16),
    /// All of a transfer is submitted: it goes on its way
    /// (`blk_run_address_space`, kernels with single queues).
    Unplug(DevId),
    /// The plug of one system call is finished.
    FinishPlug,
    /// A system call returns to user mode: whoever is more urgent comes first.
    Return,
    /// It is past that, and on the rest of its way. How often its CPU had switched
    /// tasks before, modulo 2^32.
    UserMode(u32),
    /// A read or write through the page cache.
    Buffered(buffered::Buffered),
    /// Pages are read ahead.
    ReadAhead(page_io::ReadAheadIo),
    /// Dirty pages are written back and waited for.
    WriteBack(writeback::WriteBack),
    /// `fsync(2)`
    Fsync(fsync::Fsync),
    /// A direct transfer, once dirty pages are out of its way.
    Dio(dio::Dio),
    /// A worker of `io_submit_mode=offload`.
    Worker(offload::Worker),
    /// A thread of fio that does no I/O.
    Upkeep(u8),
    /// `pread(2)`, `pwrite(2)` or a discard.
    Sync {
        /// The thread.
        thread: u16,
        /// What it transfers.
        unit: IoUnit,
        /// Whether its bios have been submitted.
        submitted: bool,
    },
}

/// What the application needs of its surroundings.
pub trait AppEnv: BlockEnv {
    /// Its own state.
    fn app(&mut self) -> &mut App;
    /// The frame of a step of the application.
    fn app_frame(frame: AppFrame) -> Self::Frame;
    /// Wakes `task` at `at`, from an interrupt of the current CPU.
    fn wake_at(&mut self, at: Ns, task: TaskId);
    /// As [`wake_at`](Self::wake_at), but a little later if that spares an
    /// interrupt (nanosleep(2)).
    fn sleep_until(&mut self, at: Ns, task: TaskId);
    /// Thread `n` of those beside the jobs sleeps for `span`, or as much as
    /// `slack` longer.
    fn upkeep_after(&mut self, span: Ns, slack: Ns, n: u8);
    /// An application I/O of `thread` begins; scripted tasks are numbered after
    /// the threads.
    fn io_begun(&mut self, thread: u16);
    /// An application I/O has ended (for time series).
    fn io_done(&mut self, thread: u16, bytes: u32, errno: i32);
    /// An fsync of `thread` has returned.
    fn synced(&mut self, thread: u16, errno: i32);
}

/// All threads.
#[derive(Debug)]
pub struct App {
    /// The threads, in the order they were released.
    pub threads: Vec<Thread>,
    /// fio's threads that do no I/O.
    pub upkeep: Vec<upkeep::Upkeep>,
    /// Scripted tasks.
    pub scripts: Vec<script::Scripted>,
    /// How many of both are not over.
    pub running: u32,
    /// Page caches of the devices that they work on.
    pub caches: Vec<PageCache>,
    /// Transfers between these and their devices.
    pub page_ios: Arena<PageIoId, PageIo>,
    /// What the system call of each task waits for.
    pub calls: Vec<fsync::Call>,
    /// What this kernel's submitters do.
    pub submission: SubmissionFacts,
    /// Bytes that write-back puts into one bio: 4096 for the block device
    /// itself, more for a file system.
    pub writeback_bio_bytes: u64,
}

impl App {
    /// No threads, and write-back in bios of so many bytes.
    pub fn new(writeback_bio_bytes: u64, submission: SubmissionFacts) -> Self {
        App {
            submission,
            threads: Vec::new(),
            upkeep: Vec::new(),
            scripts: Vec::new(),
            running: 0,
            caches: Vec::new(),
            page_ios: Arena::default(),
            calls: Vec::new(),
            writeback_bio_bytes,
        }
    }
}

/// How far `io_getevents` has come.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Look {
    /// It has still to look at the ring.
    Before,
    /// It looks now, for the first time.
    First,
    /// It has been woken, and has still to look at the ring.
    Woken,
    /// It looks now, having been woken.
    Again,
    /// It looks now, prepared to sleep.
    Last,
    /// It has found so many events and copies them.
    Found(u32),
}

/// What a thread is waiting for.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Waiting {
    /// To be released.
    Start,
    /// Nothing: it goes on.
    Nothing,
    /// io_submit has returned when it next runs.
    Submitted,
    /// At least `min` completions.
    Events {
        /// At least so many.
        min: u32,
        /// At most so many are taken.
        max: u32,
        /// How far the call has come.
        look: Look,
    },
    /// A synchronous call.
    Sync {
        /// When it was entered.
        issue: Ns,
        /// The I/O unit it transfers.
        slot: u32,
    },
    /// fsync or fdatasync.
    Fsync {
        /// When it was entered.
        issue: Ns,
    },
    /// Its device is open, and cleared of what it had cached.
    Open,
    /// Its device is closed, to be opened anew.
    Reopen,
    /// Its device is closed for good.
    Close,
    /// A worker that has freed an I/O unit.
    Offload,
    /// The clock.
    Time(Ns),
}

/// One thread of the application.
#[derive(Debug)]
pub struct Thread {
    /// What it does.
    pub fio: FioThread,
    /// The task that runs it.
    pub task: TaskId,
    /// The device it works on.
    pub dev: DevId,
    /// The page cache of that device.
    pub cache: u16,
    /// Bytes of one bio of direct I/O at most.
    pub max_bio_bytes: u64,
    /// Whether it goes past it.
    pub direct: bool,
    /// Whether it has its device open.
    pub is_open: bool,
    /// What it says of its pattern when it opens it.
    pub advice: Advice,
    /// How far it reads ahead.
    pub ra: ReadAhead,
    /// Errors of write-back that it has been told of.
    pub seen_errors: u32,
    /// Whether writes go to the medium before they complete.
    pub dsync: bool,
    /// How long it has yet to set itself up before its first I/O. A run begins when
    /// the first job of a CPU has done so: those behind it still have to.
    pub set_up: Ns,
    /// What it waits for.
    pub waiting: Waiting,
    /// Completions in the ring, not yet reaped.
    pub ring: Fifo<Event>,
    /// Workers of `io_submit_mode=offload`.
    pub workers: Vec<TaskId>,
    /// I/Os submitted so far.
    pub submitted: u64,
    /// I/O units it has made ready so far, where that costs something.
    pub made: u64,
    /// Of the I/O units that are still to be submitted, those filled with data.
    pub filled: usize,
    /// I/Os in flight, by I/O unit.
    pub slots: Vec<Slot>,
    /// Its buffers.
    pub buffers: Buffers,
}

/// A completion event (`struct io_event`).
#[derive(Copy, Clone, Debug)]
pub struct Event {
    /// The I/O unit.
    pub slot: u32,
    /// 0, or the errno.
    pub errno: i32,
    /// Bytes moved.
    pub bytes: u32,
}

/// An I/O in flight (`struct blkdev_dio`).
#[derive(Copy, Clone, Debug, Default)]
pub struct Slot {
    /// Bios not yet ended.
    pub bios: u16,
    /// The task that sleeps for it; none: an event goes to the ring.
    pub waiter: Option<TaskId>,
    /// Whether all bios have ended.
    pub done: bool,
    /// First error.
    pub errno: i32,
    /// Its length in bytes.
    pub bytes: u32,
    /// The slab of its iocb.
    pub slab: u16,
}

impl Slot {
    /// A call that was refused at once.
    pub fn failed(errno: i32) -> Self {
        Slot {
            done: true,
            errno,
            ..Slot::default()
        }
    }
    /// Bytes moved: all or nothing.
    #[inline(always)]
    pub fn moved(&self) -> u32 {
        if self.errno == 0 { self.bytes } else { 0 }
    }
}

/// A frame steps on.
#[inline(always)] // whose copy of the frame is the largest
pub fn step<K: AppEnv>(k: &mut K, task: TaskId, frame: AppFrame) -> Step {
    match frame {
        AppFrame::Fio(thread) => fio_loop::step(k, task, thread),
        AppFrame::AioSubmit {
            thread,
            done,
            plugged,
        } => aio::step_submit(k, task, thread, done, plugged),
        AppFrame::FinishPlug => {
            crate::models::block::pop(k, task);
            crate::models::block::plug::blk_finish_plug(k, task);
            Step::Again
        }
        AppFrame::Unplug(dev) => {
            crate::models::block::pop(k, task);
            blk_run_backing_dev(k, dev);
            Step::Again
        }
        AppFrame::Return => {
            crate::models::block::pop(k, task);
            let switches = k.host().switches() as u32;
            k.host().call(K::app_frame(AppFrame::UserMode(switches)));
            k.host().charge(Cost::SyscallExit);
            Step::Yield
        }
        AppFrame::UserMode(switches) => {
            crate::models::block::pop(k, task);
            if k.host().switches() as u32 != switches {
                k.host().charge(Cost::SyscallResume);
            }
            k.host().charge(Cost::UserMode);
            Step::Again
        }
        AppFrame::Buffered(f) => buffered::step(k, task, f),
        AppFrame::ReadAhead(f) => page_io::step_read_ahead(k, task, f),
        AppFrame::WriteBack(f) => writeback::step(k, task, f),
        AppFrame::Fsync(f) => fsync::step(k, task, f),
        AppFrame::Dio(f) => dio::step(k, task, f),
        AppFrame::Script(n) => script::step(k, task, n),
        AppFrame::Worker(w) => offload::step(k, task, w),
        AppFrame::Upkeep(n) => upkeep::step(k, n),
        AppFrame::Sync {
            thread,
            unit,
            submitted,
        } => sync::step(k, task, thread, unit, submitted),
    }
}

/// The thread behind index `thread`.
#[inline]
fn thread<K: AppEnv>(k: &mut K, thread: u16) -> &mut Thread {
    &mut k.app().threads[usize::from(thread)]
}

/// The page cache of the device that `thread` works on.
#[inline]
fn cache<K: AppEnv>(k: &mut K, thread: u16) -> &mut PageCache {
    let app = k.app();
    let cache = app.threads[usize::from(thread)].cache;
    &mut app.caches[usize::from(cache)]
}
