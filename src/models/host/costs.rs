//! What the code paths cost: a named profile of a few spans of CPU time.
//!
//! Those of `lab` are fitted (`scripts/calibrate.py`). Where two paths are always
//! taken together only their sum is known: a small one beside a large one
//! (`issued`, `direct_issue`) says nothing of either.

use crate::sim::Ns;

macro_rules! costs {
    ($($(#[$doc:meta])* $name:ident $text:literal $lab:literal,)*) => {
        /// A code path that costs CPU time.
        #[derive(Copy, Clone, PartialEq, Eq, Debug)]
        pub enum Cost { $($(#[$doc])* $name,)* }

        impl Cost {
            /// Every code path.
            pub const ALL: &'static [Cost] = &[$(Cost::$name,)*];
            const NAMES: &'static [&'static str] = &[$($text,)*];
            const COUNT: usize = Self::ALL.len();
            /// Its cost in profile `lab`.
            const LAB: [Ns; Self::COUNT] = [$(Ns($lab),)*];
        }
    };
}

costs! {
    /// Entering a system call.
    Syscall "syscall" 35,
    /// Leaving a system call.
    SyscallExit "syscall_exit" 801,
    /// fio's own work for one I/O unit, from completion to the next queueing.
    FioTurn "fio_turn" 1_252,
    /// fio looking for a block that its random map has free.
    RandomMap "random_map" 500,
    /// io_submit: per iocb, down to the bio.
    AioSubmit "aio_submit" 1_535,
    /// io_getevents: looking at the ring once.
    LookRing "look_ring" 159,
    /// io_getevents: taking what is there.
    GetEvents "get_events" 1_143,
    /// fio's accounting of one reaped event.
    FioReap "fio_reap" 676,
    /// A synchronous read or write: file system call down to the bio.
    DioSubmit "dio_submit" 3_200,
    /// submit_bio_noacct: checks of one bio.
    SubmitBio "submit_bio" 20,
    /// Mapping and cloning one bio in a bio-based device.
    MapBio "map_bio" 1_592,
    /// The end of mapping, once the clone is queued.
    MapDone "map_done" 130,
    /// Filling a request from a bio.
    InitRequest "init_request" 272,
    /// Issuing a list of requests, without the requests.
    IssueList "issue_list" 52,
    /// A worker that has no more work goes to sleep.
    WorkEnd "work_end" 2_235,
    /// A bio merged into a request of the plug.
    PlugMerge "plug_merge" 1_242,
    /// Searching a scheduler for a request to merge with.
    ElvSearch "elv_search" 39,
    /// A bio merged into a request of a scheduler or software queue.
    ElvMerge "elv_merge" 1_582,
    /// Looking at the clock for a selector that times I/Os to the nanosecond.
    ReadClock "read_clock" 135,
    /// Allocating a request.
    GetRequest "get_request" 251,
    /// Beginning a plug, ending and flushing it.
    Plug "plug" 819,
    /// What a direct write costs more than a read.
    WriteIter "write_iter" 190,
    /// Issuing a request past scheduler and software queue, without queue_rq.
    DirectIssue "direct_issue" 1_158,
    /// Counting anew one segment of a cloned request.
    CountSegment "count_segment" 106,
    /// Direct I/O: pinning one page of a huge page.
    PinHuge "pin_huge" 200,
    /// Adding a request to the plug.
    PlugAdd "plug_add" 263,
    /// Inserting a request into a scheduler.
    ElvInsert "elv_insert" 759,
    /// Inserting a request into a software queue.
    CtxInsert "ctx_insert" 927,
    /// Taking a request out of a scheduler.
    ElvDispatch "elv_dispatch" 754,
    /// Taking a request off a list to be dispatched, until queue_rq.
    DispatchRq "dispatch_rq" 1_038,
    /// Running a hardware queue, without what it dispatches.
    RunQueue "run_queue" 101,
    /// queue_rq of a leaf driver, until the command is on its way.
    Issue "issue" 566,
    /// queue_rq of a leaf driver, from then on.
    Issued "issued" 20,
    /// A refused queue_rq and putting the request back.
    Requeue "requeue" 2_609,
    /// dm: choosing a path and cloning a request.
    CloneRq "clone_rq" 144,
    /// dm: handing a clone to the path's driver, without its segments.
    InsertClone "insert_clone" 119,
    /// dm: cloning one bio of a request.
    CloneBio "clone_bio" 462,
    /// From timer expiry into the handler.
    IrqEntry "irq_entry" 504,
    /// One pass of the timer interrupt.
    IrqPass "irq_pass" 437,
    /// Completing a leaf request, without its bios.
    CompleteRq "complete_rq" 802,
    /// Ending one bio of the application.
    CompleteBio "complete_bio" 613,
    /// clone_endio of a bio-based device.
    EndCloneBio "end_clone_bio" 275,
    /// dm: ending a clone request and its original.
    EndClone "end_clone" 353,
    /// dm: ending one bio of a clone request.
    EndRqBio "end_rq_bio" 505,
    /// Waking a task.
    Wake "wake" 891,
    /// Switching from one task to another.
    Switch "switch" 1_290,
    /// Switching from idle to a task.
    WakeIdle "wake_idle" 1_782,
    /// Going idle, with interrupts off.
    EnterIdle "enter_idle" 10_000,
    /// Taking a work item in a worker.
    Work "work" 540,
    /// Copying one page from or to the page cache.
    PageCopy "page_copy" 1_710,
    /// Making one page dirty.
    PageDirty "page_dirty" 3_990,
    /// Adding one page to the page cache, to be read.
    PageAlloc "page_alloc" 2_900,
    /// Write-back of one page, down to its bio.
    WritePage "write_page" 2_200,
    /// Ending the I/O of one page, beside ending its bio.
    EndPage "end_page" 250,
    /// null_blk: moving the data of one page to or from its memory.
    StorePage "store_page" 3_401,
    /// null_blk: moving one page from its write cache to its memory.
    FlushPage "flush_page" 2_700,
    /// Direct I/O: pinning one page of the buffer.
    PinPage "pin_page" 363,
    /// Direct I/O: the first touch of one page of the buffer, which faults it in.
    FaultPage "fault_page" 2_950,
    /// Direct I/O: releasing one page of the buffer.
    UnpinPage "unpin_page" 108,
    /// A tick of a CPU that is not idle.
    Tick "tick" 10_800,
    /// A look of fio's main thread at its jobs.
    FioMain "fio_main" 7_550,
    /// fio's helper thread, without the disks it looks at.
    FioHelper "fio_helper" 44_000,
    /// Reading the statistics of one disk.
    DiskUtil "disk_util" 42_000,
    /// `dmsetup`, from its start to its ioctl.
    Dmsetup "dmsetup" 2_900_000,
    /// multipathd: one pass over a map, without the commands it sends. Not
    /// measured.
    MultipathdLoop "multipathd_loop" 100_000,
    /// A shell's write to sysfs or configfs.
    SysfsWrite "sysfs_write" 700_000,
    /// One trace event, when tracing is on.
    Trace "trace" 1_127,
    /// The event of a plug's flush, when tracing is on.
    TraceUnplug "trace_unplug" 1_477,
    /// One event of blktrace, when that runs.
    Blktrace "blktrace" 543,
}

impl Cost {
    /// Its name in scenarios: `issue`, `clone_rq`.
    pub fn name(self) -> &'static str {
        Self::NAMES[self as usize]
    }
    /// The code path of that name.
    pub fn by_name(name: &str) -> Option<Cost> {
        Self::ALL.iter().copied().find(|c| c.name() == name)
    }
}

/// A cost for every code path, in nanoseconds of CPU time.
#[derive(Clone, Debug, PartialEq)]
pub struct CpuCosts {
    ns: [Ns; Cost::COUNT],
    free: bool,
}

impl CpuCosts {
    /// Profile `none`: the CPU is infinitely fast.
    pub fn none() -> Self {
        CpuCosts {
            ns: [Ns::ZERO; Cost::COUNT],
            free: true,
        }
    }
    /// Profile `lab`: the emulated CPU on which the kernel observations were
    /// made (one instruction a nanosecond). It says nothing about real
    /// hardware.
    pub fn lab() -> Self {
        CpuCosts {
            ns: Cost::LAB,
            free: false,
        }
    }
    /// The profile of that name.
    pub fn profile(name: &str) -> Option<Self> {
        match name {
            "none" => Some(Self::none()),
            "lab" => Some(Self::lab()),
            _ => None,
        }
    }
    /// What one passage of `cost` takes.
    #[inline]
    pub fn of(&self, cost: Cost) -> Ns {
        self.ns[cost as usize]
    }
    /// Sets what one passage of `cost` takes.
    pub fn set(&mut self, cost: Cost, ns: Ns) {
        self.ns[cost as usize] = ns;
        self.free = self.ns.iter().all(|&c| c == Ns::ZERO);
    }
    /// Whether nothing costs anything.
    #[inline]
    pub fn is_free(&self) -> bool {
        self.free
    }
}
