//! What the code paths cost: a named profile of a few spans of CPU time.
//!
//! Those of `lab` are measured: instructions between functions of Linux 6.1.192 on the
//! emulated CPU of the observations, one a nanosecond (`scripts/lab`). Those of copying
//! and dirtying a page of the page cache and of commands are fitted to observations;
//! `elv_merge` and `requeue` are read off traces of blktrace, `rq_merge` is an estimate.
//! Where spans left open what a path costs, submission latencies of observations decided:
//! see "Measured, not fitted" in `docs/how-it-works.md`.

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
    Syscall "syscall" 112,
    /// io_submit: looking its context up, once a call.
    IoSubmit "io_submit" 131,
    /// io_submit: per iocb, down to the bio and its first page.
    AioSubmit "aio_submit" 2_200,
    /// What a direct write costs more than a read.
    WriteIter "write_iter" 165,
    /// What the first write after a tick costs more: the device's file has a new time
    /// (`file_update_time`).
    FileTime "file_time" 133,
    /// Direct I/O: pinning one more page of the buffer.
    PinPage "pin_page" 217,
    /// Direct I/O: pinning one more page of a huge page.
    PinHuge "pin_huge" 102,
    /// io_submit: going on to the next of a batch.
    AioNext "aio_next" 75,
    /// Direct I/O: making one more page dirty that a read will fill.
    DirtyPage "dirty_page" 146,
    /// Direct I/O: the first touch of a buffer, without its pages.
    FaultIn "fault_in" 556,
    /// Direct I/O: faulting one page of it in.
    FaultPage "fault_page" 2_664,
    /// A batch of pages that goes to the LRU lists.
    LruBatch "lru_batch" 5_301,
    /// A synchronous read or write: file system call down to the bio.
    DioSubmit "dio_submit" 1_570,
    /// The end of a system call, until it looks whether another task is to run.
    SyscallExit "syscall_exit" 213,
    /// From there back to user mode, until fio has read the clock.
    UserMode "user_mode" 171,
    /// What comes before it where another task has run meanwhile.
    SyscallResume "syscall_resume" 289,
    /// io_getevents: until it has looked at the ring for the first time.
    LookRing "look_ring" 223,
    /// io_getevents: preparing to sleep.
    PrepareToWait "prepare_to_wait" 351,
    /// io_getevents: looking at the ring after having slept.
    LookWoken "look_woken" 45,
    /// io_getevents: taking what is there, until fio has read the clock.
    GetEvents "get_events" 545,
    /// io_getevents: copying one event.
    CopyEvent "copy_event" 6,
    /// io_getevents: ending a wait.
    FinishWait "finish_wait" 340,
    /// fio: after io_submit.
    FioSubmitted "fio_submitted" 306,
    /// fio: after io_submit, per I/O unit.
    FioQueued "fio_queued" 146,
    /// fio: handing over less than a batch: more before io_submit.
    FioCommit "fio_commit" 96,
    /// The same: after io_submit.
    FioCommitted "fio_committed" 266,
    /// fio: turning to io_getevents.
    FioWait "fio_wait" 72,
    /// fio: after io_getevents.
    FioReap "fio_reap" 216,
    /// fio: accounting for one event.
    FioEvent "fio_event" 588,
    /// The same, of a job that writes.
    FioEventWrite "fio_event_write" 609,
    /// fio: making an I/O unit, until it begins.
    FioTurn "fio_turn" 714,
    /// fio: between two I/O units of the same io_submit.
    FioNext "fio_next" 481,
    /// The same, before a write.
    FioNextWrite "fio_next_write" 494,
    /// fio: from the beginning of the last to the system call.
    FioSubmit "fio_submit" 345,
    /// The same, before a write, without its data.
    FioSubmitWrite "fio_submit_write" 370,
    /// fio: what making an I/O unit that has been used before costs more in a job that
    /// writes.
    FioWrite "fio_write" 27,
    /// fio: what it costs more in a job at random offsets.
    FioRandom "fio_random" 69,
    /// fio: filling one page that is to be written.
    FioFill "fio_fill" 72,
    /// fio looking for a block that its random map has free.
    RandomMap "random_map" 500,
    /// Splitting a bio.
    SplitBio "split_bio" 720,
    /// submit_bio: checks of one bio, until its device takes it.
    SubmitBio "submit_bio" 265,
    /// Mapping and cloning one bio in a bio-based device, until a path is chosen.
    MapBio "map_bio" 672,
    /// From there until the clone is submitted, without what the selector costs.
    Remap "remap" 428,
    /// What a clone costs more than another bio, until its device takes it.
    SubmitClone "submit_clone" 249,
    /// round-robin chooses a path, and is told.
    ChooseRr "choose_round_robin" 92,
    /// queue-length does.
    ChooseQl "choose_queue_length" 109,
    /// service-time does.
    ChooseSt "choose_service_time" 131,
    /// historical-service-time does.
    ChooseHst "choose_historical_service_time" 283,
    /// The same in a bio-based device, until it has read the clock anew.
    ChooseHstBio "choose_historical_service_time_bio" 329,
    /// Asking a selector for a path, until it has its lock.
    AskSelector "ask_selector" 40,
    /// Asking historical-service-time, which reads the clock before.
    AskHst "ask_historical_service_time" 80,
    /// How long interrupts are off while paths are compared: no cost of its own.
    SelectorLocked "selector_locked" 105,
    /// The same with historical-service-time.
    HstLocked "historical_service_time_locked" 227,
    /// What the end costs more where the selector counts what is in flight.
    EndCounted "end_counted" 27,
    /// The same with historical-service-time.
    EndHst "end_historical_service_time" 136,
    /// A request for a bio: the searches before it, until its tag is looked for.
    SeekTag "seek_tag" 232,
    /// Allocating it, once there is a tag.
    GetRequest "get_request" 273,
    /// Filling a request from a bio.
    InitRequest "init_request" 250,
    /// Looking for a free tag: a word that is full.
    TagWord "tag_word" 144,
    /// The same: reclaiming what has been given back of a word.
    TagReclaim "tag_reclaim" 97,
    /// The same: how many bits the last word has.
    TagLast "tag_last" 8,
    /// Looking in vain, without the words.
    TagMiss "tag_miss" 58,
    /// Looking whether the queue is to be run, to get one.
    TagKick "tag_kick" 94,
    /// Being put on the list of those who wait for one.
    TagPrepare "tag_prepare" 129,
    /// Having waited for one: what it costs more to find it.
    TagFound "tag_found" 39,
    /// Ending a sleep, before it is looked for again.
    TagWoken "tag_woken" 73,
    /// A bio merged into a request of the plug.
    PlugMerge "plug_merge" 562,
    /// Searching a plug in vain.
    PlugSearch "plug_search" 109,
    /// Adding a request to the plug.
    PlugAdd "plug_add" 183,
    /// Beginning a plug, ending and flushing it.
    Plug "plug" 30,
    /// Flushing a plug whose requests go straight to the driver.
    PlugDirect "plug_direct" 100,
    /// Flushing a plug: taking the requests of one queue out.
    PlugGroup "plug_group" 138,
    /// The same for each request that is looked at.
    PlugSort "plug_sort" 18,
    /// What one that is taken out takes longer.
    PlugTake "plug_take" 31,
    /// Issuing one request of a list.
    IssueList "issue_list" 62,
    /// Searching a scheduler for a request to merge with.
    ElvSearch "elv_search" 165,
    /// What a write in a plug costs more that is for a scheduler.
    ElvWrite "elv_write" 50,
    /// A bio merged into a request of a scheduler or software queue.
    ElvMerge "elv_merge" 613,
    /// Issuing a request past scheduler and software queue, until its driver has it.
    DirectIssue "direct_issue" 61,
    /// What that takes longer without a plug.
    TryDirect "try_direct" 60,
    /// Inserting a request into a scheduler, one of a list.
    ElvInsert "elv_insert" 265,
    /// What it takes longer where there are others.
    ElvBeside "elv_beside" 50,
    /// The same: each level of the tree that they are in.
    ElvLevel "elv_level" 20,
    /// The list.
    ElvInsertList "elv_insert_list" 147,
    /// What one that is inserted alone takes longer.
    ElvInsertOne "elv_insert_one" 187,
    /// A request merged into another when it is inserted.
    RqMerge "rq_merge" 545,
    /// Inserting a request into a software queue.
    CtxInsert "ctx_insert" 130,
    /// Running a hardware queue, without what it dispatches.
    RunQueue "run_queue" 167,
    /// Running it at once.
    RunSync "run_sync" 140,
    /// The end of a run.
    RunEnd "run_end" 95,
    /// Having kblockd run it.
    QueueWork "queue_work" 396,
    /// Taking a request out of a scheduler.
    ElvDispatch "elv_dispatch" 614,
    /// Looking whether there is another to be taken out.
    ElvMore "elv_more" 96,
    /// mq-deadline: beginning a batch with it.
    ElvBatch "elv_batch" 44,
    /// Having a list to be dispatched.
    DispatchList "dispatch_list" 58,
    /// Getting a driver's tag for a request that waited for one.
    DispatchTag "dispatch_tag" 93,
    /// Turning to the scheduler once what waited has been dispatched.
    ElvBegin "elv_begin" 144,
    /// Taking a request off a list to be dispatched, until its driver has it.
    DispatchRq "dispatch_rq" 64,
    /// queue_rq of a leaf driver, until the request starts.
    QueueRq "queue_rq" 127,
    /// From the start of a request until its command is on its way.
    Issue "issue" 299,
    /// queue_rq of a leaf driver, from then on.
    Issued "issued" 162,
    /// A timer that is the next to expire: setting the clock event device.
    Reprogram "reprogram" 153,
    /// Putting a timer into the tree of those that run, and taking it out: each
    /// instruction.
    TimerTree "timer_tree" 1,
    /// A refused queue_rq and putting the request back.
    Requeue "requeue" 1_817,
    /// dm: looking whether the target is busy, until the request starts.
    DmQueueRq "dm_queue_rq" 96,
    /// dm: from the start of a request to the choice of a path.
    MapRq "map_rq" 231,
    /// dm: from there on, cloning the request without its bios.
    CloneRq "clone_rq" 640,
    /// dm: cloning one bio of a request.
    CloneBio "clone_bio" 503,
    /// dm: handing a clone to the path's driver, without its segments.
    InsertClone "insert_clone" 118,
    /// dm: once the path's driver has it.
    CloneIssued "clone_issued" 48,
    /// dm: what a path with a scheduler costs more: its tag is taken late.
    CloneElv "clone_elv" 241,
    /// Counting anew one segment of a cloned request.
    CountSegment "count_segment" 109,
    /// From a timer's expiry until the clock is read: a CPU at work.
    IrqEntry "irq_entry" 175,
    /// The same: an idle CPU.
    IrqEntryIdle "irq_entry_idle" 362,
    /// From there to the first timer.
    IrqBegin "irq_begin" 173,
    /// Ending a pass of the timer interrupt, until the next timer is programmed.
    IrqPassEnd "irq_pass_end" 135,
    /// That has expired: from there until the clock is read anew.
    IrqRetry "irq_retry" 89,
    /// Beginning another.
    IrqPass "irq_pass" 143,
    /// Leaving the CPU alone instead.
    IrqHang "irq_hang" 121,
    /// Leaving the interrupt.
    IrqExit "irq_exit" 165,
    /// Leaving it to an idle CPU.
    IrqExitIdle "irq_exit_idle" 244,
    /// Completing a leaf request, down to its bios.
    CompleteRq "complete_rq" 54,
    /// The same from its bios on.
    EndRq "end_rq" 491,
    /// What a scheduler adds to the end of a request.
    ElvEnd "elv_end" 85,
    /// Ending one bio of the application.
    CompleteBio "complete_bio" 678,
    /// What ending a read costs more: its pages may have to be made dirty.
    CheckDirty "check_dirty" 83,
    /// Direct I/O: releasing one more page of the buffer.
    UnpinPage "unpin_page" 108,
    /// clone_endio of a bio-based device, until the selector has been told.
    CloneEndio "clone_endio" 203,
    /// From there on.
    EndCloneBio "end_clone_bio" 286,
    /// dm: a clone request has ended, until the selector is told.
    CloneEnded "clone_ended" 426,
    /// dm: from there on, with the end of its original.
    EndClone "end_clone" 251,
    /// dm: ending one bio of a clone request.
    EndRqBio "end_rq_bio" 286,
    /// Taking an object of a slab that the CPU was not using.
    SlabRefill "slab_refill" 163,
    /// Taking one of a new slab.
    SlabGrow "slab_grow" 12_232,
    /// Giving an object back to a slab that the CPU is not using.
    SlabFree "slab_free" 81,
    /// The same, the first of a slab.
    SlabPartial "slab_partial" 40,
    /// Waking a task.
    Wake "wake" 1_254,
    /// The same: finding it among those who wait for an event.
    WakeQueue "wake_queue" 150,
    /// The same: among those who wait for a tag.
    WakeForTag "wake_for_tag" 145,
    /// Looking whether it is to take the place of the running one.
    WakePreempt "wake_preempt" 252,
    /// Switching from one task to another.
    Switch "switch" 1_322,
    /// Switching from idle to a task.
    WakeIdle "wake_idle" 1_301,
    /// Going idle, until interrupts are let in.
    EnterIdle "enter_idle" 1_670,
    /// From there until the CPU halts.
    IdleLoop "idle_loop" 340,
    /// Taking a work item in a worker.
    Work "work" 204,
    /// A worker that has no more work goes to sleep.
    WorkEnd "work_end" 850,
    /// Copying one page from or to the page cache.
    PageCopy "page_copy" 1_710,
    /// Making one page dirty.
    PageDirty "page_dirty" 3_990,
    /// Adding one page to the page cache, to be read.
    PageAlloc "page_alloc" 2_900,
    /// Write-back of one page, down to its bio.
    WritePage "write_page" 2_127,
    /// Ending the I/O of one page, beside ending its bio.
    EndPage "end_page" 556,
    /// null_blk: moving the data of one page to or from its memory.
    StorePage "store_page" 4_008,
    /// null_blk: moving one page from its write cache to its memory.
    FlushPage "flush_page" 2_885,
    /// A tick of an idle CPU.
    Tick "tick" 1_800,
    /// What a tick costs more where a task runs.
    TickBusy "tick_busy" 330,
    /// An idle CPU stops its tick.
    TickStop "tick_stop" 1_360,
    /// A CPU that is idle no more starts it again.
    TickRestart "tick_restart" 520,
    /// RCU's thread, woken by a tick.
    RcuGp "rcu_gp" 1_000,
    /// What its going to sleep costs where another task waits for the CPU.
    RcuSleep "rcu_sleep" 640,
    /// What a tick costs more that wakes it where a task runs.
    RcuWake "rcu_wake" 184,
    /// A tick that calls back.
    RcuBatch "rcu_batch" 1_000,
    /// A look of fio's main thread at its jobs.
    FioMain "fio_main" 6_502,
    /// fio's helper thread, without the disks it looks at.
    FioHelper "fio_helper" 4_585,
    /// Reading the statistics of one disk.
    DiskUtil "disk_util" 40_200,
    /// `dmsetup`, from its start to its ioctl.
    Dmsetup "dmsetup" 2_900_000,
    /// multipathd: one pass over a map, without the commands it sends. Not
    /// measured.
    MultipathdLoop "multipathd_loop" 100_000,
    /// A shell's write to sysfs or configfs.
    SysfsWrite "sysfs_write" 700_000,
    /// One trace event, when tracing is on.
    Trace "trace" 1_131,
    /// The event of an inserted request, when tracing is on.
    TraceInsert "trace_insert" 1_115,
    /// Keeping the name of a task that is woken or switched to, when tracing is on.
    TraceSched "trace_sched" 31,
    /// The event of a new plug, when tracing is on.
    TracePlug "trace_plug" 901,
    /// The event of a plug's flush, when tracing is on.
    TraceUnplug "trace_unplug" 1_096,
    /// One event of blktrace, when that runs.
    Blktrace "blktrace" 250,
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
