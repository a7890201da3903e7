//! What the code paths cost: a named profile of a few spans of CPU time.

use crate::sim::Ns;

macro_rules! costs {
    ($($(#[$doc:meta])* $name:ident $lab:literal,)*) => {
        /// A code path that costs CPU time.
        #[derive(Copy, Clone, PartialEq, Eq, Debug)]
        pub enum Cost { $($(#[$doc])* $name,)* }

        impl Cost {
            /// Every code path.
            pub const ALL: &'static [Cost] = &[$(Cost::$name,)*];
            /// Its cost in profile `lab`, ns.
            const LAB: &'static [u64] = &[$($lab,)*];
        }
    };
}

costs! {
    /// Entering and leaving a system call.
    Syscall 400,
    /// fio's own work for one I/O unit, from completion to the next queueing.
    FioTurn 1_450,
    /// io_submit: per iocb, down to the bio.
    AioSubmit 1_500,
    /// io_getevents: looking at the ring once.
    GetEvents 900,
    /// fio's accounting of one reaped event.
    FioReap 300,
    /// A synchronous read or write: file system call down to the bio.
    DioSubmit 1_500,
    /// submit_bio_noacct: checks of one bio.
    SubmitBio 300,
    /// Mapping and cloning one bio in a bio-based device.
    MapBio 2_000,
    /// A bio merged into a request of the plug.
    PlugMerge 500,
    /// Searching a scheduler for a request to merge with.
    ElvSearch 300,
    /// A bio merged into a request of a scheduler or software queue.
    ElvMerge 500,
    /// Allocating a request and filling it from a bio.
    GetRequest 900,
    /// Adding a request to the plug.
    PlugAdd 150,
    /// Inserting a request into a scheduler.
    ElvInsert 900,
    /// Inserting a request into a software queue.
    CtxInsert 200,
    /// Taking a request out of a scheduler.
    ElvDispatch 700,
    /// Running a hardware queue, without what it dispatches.
    RunQueue 300,
    /// queue_rq of a leaf driver.
    Issue 1_500,
    /// A refused queue_rq and putting the request back.
    Requeue 1_000,
    /// dm: choosing a path and cloning a request.
    CloneRq 2_500,
    /// dm: cloning one bio of a request.
    CloneBio 600,
    /// From timer expiry into the handler.
    IrqEntry 1_700,
    /// One pass of the timer interrupt.
    IrqPass 500,
    /// Completing a leaf request, without its bios.
    CompleteRq 1_500,
    /// Ending one bio of the application.
    CompleteBio 1_000,
    /// clone_endio of a bio-based device.
    EndCloneBio 700,
    /// dm: ending a clone request and its original.
    EndClone 2_000,
    /// dm: ending one bio of a clone request.
    EndRqBio 300,
    /// Waking a task.
    Wake 500,
    /// Switching from one task to another.
    Switch 1_500,
    /// Switching from idle to a task.
    WakeIdle 1_500,
    /// Taking a work item in a worker.
    Work 600,
    /// Copying one page from or to the page cache.
    PageCopy 1_850,
    /// Making one page dirty.
    PageDirty 4_030,
    /// Adding one page to the page cache, to be read.
    PageAlloc 3_000,
    /// Write-back of one page, down to its bio.
    WritePage 3_000,
    /// Ending the I/O of one page, beside ending its bio.
    EndPage 250,
    /// null_blk: moving the data of one page to or from its memory.
    StorePage 4_200,
    /// null_blk: moving one page from its write cache to its memory.
    FlushPage 2_200,
    /// Tracing one request (blktrace-like triggers), when tracing is on.
    Trace 1_100,
}

/// A cost for every code path, in nanoseconds of CPU time.
#[derive(Clone, Debug, PartialEq)]
pub struct CpuCosts {
    ns: Vec<Ns>,
}

impl CpuCosts {
    /// Profile `none`: the CPU is infinitely fast.
    pub fn none() -> Self {
        CpuCosts {
            ns: vec![Ns::ZERO; Cost::ALL.len()],
        }
    }
    /// Profile `lab`: the emulated CPU on which the kernel observations were
    /// made (one instruction a nanosecond). It says nothing about real
    /// hardware.
    pub fn lab() -> Self {
        CpuCosts {
            ns: Cost::LAB.iter().map(|&ns| Ns(ns)).collect(),
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
    }
    /// Whether nothing costs anything.
    pub fn is_free(&self) -> bool {
        self.ns.iter().all(|&c| c == Ns::ZERO)
    }
}
