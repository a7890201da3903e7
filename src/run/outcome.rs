//! What a run tells: plain data, from which everything that is shown is made.

use super::single_queue::SingleQueueOutcome;
use crate::models::fault::ActionKind;
use crate::models::truth::Drawn;
use crate::models::workload::fio::windows::Windows;
use crate::observe::marks::{ErrorCount, EventId, Mark};
use crate::observe::opening::Event;
use crate::sim::Ns;
use crate::sim::stats::LatencyStats;

/// The outcome of one run.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// From the first I/O's submission to the last completion.
    pub duration: Ns,
    /// Engine events processed.
    pub events: u64,
    /// Every block device: maps first, in order of creation, then leaf devices.
    pub devices: Vec<DeviceOutcome>,
    /// The fio jobs, one entry a thread, or one a group with `group_reporting`.
    pub jobs: Vec<JobOutcome>,
    /// Device-mapper devices, in order of creation.
    pub maps: Vec<MapOutcome>,
    /// Every CPU.
    pub cpus: Vec<CpuOutcome>,
    /// blkparse lines by device name, if tracing was asked for.
    pub blkparse: Vec<(String, Vec<String>)>,
    /// Completions and bytes a bin, if a series was asked for.
    pub series: Vec<SeriesBin>,
    /// Width of a bin of the series: as asked for, or wider in a long run.
    pub series_bin: Ns,
    /// What each path was given over time, if that was asked for.
    pub flow: Option<FlowOutcome>,
    /// The first events and their devices, if they were asked for.
    pub opening: Vec<(String, Event)>,
    /// What was done to the computer, in order of the timeline.
    pub actions: Vec<ActionOutcome>,
    /// What came first after each of them, if it was asked for.
    pub marks: Option<MarksOutcome>,
    /// What the storage network did by itself: LUNs that moved, ports that were
    /// blocked, in order of time.
    pub network: Vec<(Ns, String)>,
    /// What the kernel and multipathd did about it: timeouts, aborts, resets,
    /// queue depths, paths that are withheld; in order of time.
    pub recovery: Vec<(Ns, String)>,
    /// The kernel's log: lines of maps, of the block layer and of its drivers,
    /// and when.
    pub kernel_log: Vec<(Ns, String)>,
    /// I/Os that each map holds for ever; none in a run that ended.
    pub held: Vec<(String, u64)>,
    /// Whether these are tried again and again.
    pub is_futile: bool,
    /// Times without a completion, if they were asked for.
    pub gaps: Option<GapsOutcome>,
    /// Completions of all fio jobs by time, if they were asked for.
    pub windows: Option<Windows>,
    /// What single queues told, if the kernel has them.
    pub single_queues: Option<SingleQueueOutcome>,
}

/// An event of the timeline: something was done to the computer, or broke in
/// its storage network, or was mended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActionOutcome {
    /// Which.
    pub id: EventId,
    /// What: `dmsetup message mp 0 fail_path sda`.
    pub what: String,
    /// What it is meant to do to I/O.
    pub kind: ActionKind,
    /// The path that it is about, by its device.
    pub path: Option<String>,
    /// The map that it is about.
    pub map: Option<String>,
    /// When it was to be done.
    pub at: Ns,
    /// When it was over; never, if it hangs.
    pub ended: Ns,
    /// The error, if it was refused.
    pub error: Option<String>,
}

/// What came first after each event of the timeline and each change of a path
/// or group, and the errors that the application was given.
#[derive(Clone, Debug, Default)]
pub struct MarksOutcome {
    /// In order of time.
    pub marks: Vec<Mark>,
    /// By errno.
    pub errors: Vec<ErrorCount>,
    /// Leaf devices, as `first_issue` of a mark has them.
    pub devices: Vec<String>,
    /// Mean size of what the multipath devices were given, sectors; 0 if
    /// nothing.
    pub mean_sectors: f64,
    /// Most sectors that waited for a driver before the first event.
    pub normal_sectors: u64,
    /// Sectors that wait for one at the end, as they do for ever.
    pub left_sectors: i64,
}

/// `/sys/block/*/stat` of one direction.
#[derive(Copy, Clone, Debug, Default, PartialEq)]
pub struct DirStats {
    /// I/Os completed.
    pub ios: u64,
    /// Bios or requests merged into another.
    pub merges: u64,
    /// Sectors of 512 bytes.
    pub sectors: u64,
    /// Summed time of the I/Os.
    pub ticks: Ns,
}

/// One block device over the run.
#[derive(Clone, Debug, Default)]
pub struct DeviceOutcome {
    /// Kernel name; maps as `dm-N`.
    pub name: String,
    /// Major and minor number.
    pub devno: (u32, u32),
    /// Whether it is a device-mapper device.
    pub is_map: bool,
    /// The name a map was created with.
    pub map_name: Option<String>,
    /// Reads.
    pub read: DirStats,
    /// Writes.
    pub write: DirStats,
    /// Discards.
    pub discard: DirStats,
    /// Flushes.
    pub flush: DirStats,
    /// Time during which at least one I/O was in flight.
    pub io_ticks: Ns,
    /// When an I/O last began or ended on it: after the last one of the
    /// application, if more is read ahead.
    pub until: Ns,
    /// Summed time of all I/Os, flushes among them.
    pub time_in_queue: Ns,
    /// Requests issued to the driver (trace event D), by size and `rwbs`.
    pub issued: Vec<Issued>,
    /// Bios merged at the end of a request (M).
    pub bios_back_merged: u64,
    /// Bios merged at the front of a request (F).
    pub bios_front_merged: u64,
    /// Requests merged into another.
    pub requests_merged: u64,
    /// Requests inserted into a scheduler or software queue (I).
    pub requests_inserted: u64,
    /// Requests requeued (R).
    pub requests_requeued: u64,
    /// Of these, after they had been issued (D).
    pub requests_taken_back: u64,
    /// Bios split (X).
    pub bios_split: u64,
    /// Requests completed with an error.
    pub requests_failed: u64,
    /// How many requests a flush of a task's plug held: (requests, count).
    pub unplugs: Vec<(u32, u64)>,
    /// Bios submitted to it (Q).
    pub bios: u64,
    /// Dispatch to completion (D2C).
    pub d2c: LatencyStats,
    /// What was drawn for its commands, of a port or LUN that had any.
    pub drawn: Option<Drawn>,
}

/// Requests of one kind that were issued.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Issued {
    /// Sectors of 512 bytes.
    pub sectors: u32,
    /// As blkparse prints it: `R`, `RA`, `W`, `WS`, `WFS`, `FF`, `D`, …
    pub rwbs: String,
    /// How many.
    pub count: u64,
}

/// A fio job as fio reports it.
#[derive(Clone, Debug, Default)]
pub struct JobOutcome {
    /// `jobname`.
    pub name: String,
    /// `error`: errno that ended the job; 0 if none.
    pub error: i32,
    /// `job_runtime`: ms; of a group, the sum.
    pub runtime_ms: u64,
    /// `total_err`.
    pub total_err: u64,
    /// `first_error`: errno.
    pub first_error: i32,
    /// Reads, writes, trims; none where the job did none.
    pub read: Option<DirOutcome>,
    /// Writes.
    pub write: Option<DirOutcome>,
    /// Trims.
    pub trim: Option<DirOutcome>,
    /// fsync and fdatasync calls.
    pub syncs: u64,
}

/// One direction of a job.
#[derive(Clone, Debug, Default)]
pub struct DirOutcome {
    /// `total_ios`.
    pub total_ios: u64,
    /// `io_bytes`.
    pub io_bytes: u64,
    /// `runtime` of this direction, ms.
    pub runtime_ms: u64,
    /// Submission latency; empty for psync.
    pub slat: LatencyStats,
    /// Completion latency.
    pub clat: LatencyStats,
    /// Total latency.
    pub lat: LatencyStats,
}

impl DirOutcome {
    /// I/Os a second as fio prints it: 1000 · total_ios / runtime.
    pub fn iops(&self) -> f64 {
        if self.runtime_ms == 0 {
            return 0.0;
        }
        1000.0 * self.total_ios as f64 / self.runtime_ms as f64
    }
}

/// A device-mapper device: what `dmsetup` says of it.
#[derive(Clone, Debug, Default)]
pub struct MapOutcome {
    /// The name it was created with.
    pub name: String,
    /// `dmsetup table` before the workload; devices by name.
    pub table_at_start: String,
    /// `dmsetup status` before the workload.
    pub status_at_start: String,
    /// `dmsetup table` after it.
    pub table_at_end: String,
    /// `dmsetup status` after it.
    pub status_at_end: String,
    /// Kernel log lines of dm and its targets.
    pub kernel_log: Vec<String>,
    /// I/Os that came back from a path to be sent again.
    pub retried: u64,
    /// What `dmsetup status` said when the timeline asked for it, and when it
    /// was started.
    pub status_seen: Vec<(Ns, String)>,
    /// Every path of every priority group, in table order.
    pub paths: Vec<PathOutcome>,
    /// `dmsetup status` after each change of a path or group, and when.
    pub history: Vec<(Ns, String)>,
}

/// A path of a multipath map.
#[derive(Clone, Debug, Default)]
pub struct PathOutcome {
    /// Device name.
    pub device: String,
    /// Priority group, from 1.
    pub group: u32,
    /// I/Os mapped to it.
    pub ios: u64,
    /// Bytes mapped to it.
    pub bytes: u64,
    /// Time-weighted mean of I/Os in flight.
    pub mean_in_flight: f64,
    /// Share of the run during which it was in use.
    pub utilisation: f64,
}

/// What a CPU did.
#[derive(Copy, Clone, Debug, Default)]
pub struct CpuOutcome {
    /// In tasks' system calls and user code.
    pub task: Ns,
    /// In kernel workers.
    pub worker: Ns,
    /// In interrupts.
    pub irq: Ns,
    /// Context switches.
    pub switches: u64,
}

/// A bin of the time series.
#[derive(Copy, Clone, Debug, Default)]
pub struct SeriesBin {
    /// Start of the bin.
    pub at: Ns,
    /// Application I/Os completed with success.
    pub ios: u64,
    /// Bytes completed with success.
    pub bytes: u64,
    /// Application I/Os completed with an error.
    pub errors: u64,
}

/// What each path was given over time, and what waited above all of them.
#[derive(Clone, Debug, Default)]
pub struct FlowOutcome {
    /// Every leaf device.
    pub paths: Vec<PathFlowOutcome>,
    /// Start of each bin, and the bytes that waited, on average.
    pub waiting: Vec<(Ns, f64)>,
}

/// What a path was given over time.
#[derive(Clone, Debug, Default)]
pub struct PathFlowOutcome {
    /// The device.
    pub device: String,
    /// Width of a bin.
    pub width: Ns,
    /// The bins.
    pub bins: Vec<PathBinOutcome>,
}

/// A bin of a path.
#[derive(Copy, Clone, Debug, Default)]
pub struct PathBinOutcome {
    /// Start of the bin.
    pub at: Ns,
    /// Commands that its driver was given.
    pub commands: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Commands that the driver had, on average.
    pub in_flight: f64,
}

/// How long the application went without a completion.
#[derive(Clone, Debug, Default)]
pub struct GapsOutcome {
    /// Width of a bin of `successes`: 10 ms, more in a long run.
    pub bin: Ns,
    /// I/Os that ended with success, by time since the first of them.
    pub successes: Vec<u64>,
    /// The first of them.
    pub first: Option<Ns>,
    /// The longest time between two of them.
    pub longest: Ns,
    /// Of the times that all threads waited, those that ended before the first
    /// event of the timeline.
    pub before: LatencyStats,
    /// All threads as one.
    pub application: ThreadGapsOutcome,
    /// Each thread: fio's in order, then scripted tasks.
    pub threads: Vec<ThreadGapsOutcome>,
}

/// How long a thread waited for a success each time: from its last one, or from
/// its next I/O if none was in flight then.
#[derive(Clone, Debug, Default)]
pub struct ThreadGapsOutcome {
    /// The job, or the scripted task.
    pub name: String,
    /// All of these times.
    pub all: LatencyStats,
    /// Those of 20 ms or longer.
    pub long: LatencyStats,
    /// Begin and end of those of 20 ms or longer, in order; of very many, the
    /// longest 1024.
    pub listed: Vec<(Ns, Ns)>,
    /// Begin and end of one of 20 ms or longer that no success has ended; it
    /// ends never if an I/O is held for ever.
    pub open: Option<(Ns, Ns)>,
}
