//! What a run tells of the events of its timeline, as data.

use serde::{Deserialize, Serialize};

/// What a run tells of faults; all times in ns.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct FailoverSummary {
    /// Every event of the timeline, in order, and what followed it.
    pub faults: Vec<FaultSummary>,
    /// What happened, in order of time.
    pub events: Vec<EventSummary>,
    /// What happened too often to be all in `events`.
    #[serde(default)]
    pub more: Vec<MoreSummary>,
    /// Each map's paths and groups after every change of them.
    pub history: Vec<StatusSummary>,
    /// Times without a success, by job.
    pub gaps: Vec<GapsSummary>,
    /// Errors that reached the application, by errno.
    pub errors: Vec<ErrorSummary>,
    /// I/Os that were sent again.
    pub retries: RetriesSummary,
    /// I/Os that are held for ever.
    pub held: Vec<HeldSummary>,
    /// The most that waited for a path's driver before the first event: bytes.
    pub normal_queue_bytes: u64,
    /// Kernel log of the whole computer: when, and the line.
    pub kernel_log: Vec<(u64, String)>,
}

/// An event of the timeline, and what followed it before the next one.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct FaultSummary {
    /// What was done.
    pub what: String,
    /// `breaks`, `repairs` or `neither`.
    pub kind: String,
    /// When.
    pub at_ns: u64,
    /// When the command came back; null if it hangs.
    pub over_ns: Option<u64>,
    /// Why it was refused.
    pub error: Option<String>,
    /// The path that failed, or came back.
    pub path: Option<String>,
    /// Until the application saw its first error after it.
    pub to_first_error_ns: Option<u64>,
    /// The errno of that.
    pub first_errno: Option<i32>,
    /// Until it saw its first success after it.
    pub to_first_success_ns: Option<u64>,
    /// Until the map marked a path as failed.
    pub to_path_failed_ns: Option<u64>,
    /// Until the map marked a path as active again.
    pub to_path_back_ns: Option<u64>,
    /// Until, after that, a command went to a path: to another one if it
    /// failed, to this one if it came back.
    pub to_next_path_ns: Option<u64>,
    /// That path.
    pub next_path: Option<String>,
    /// Until completions came again at 95 % of the rate before the first event.
    pub to_full_rate_ns: Option<u64>,
    /// The longest time without a success that began or ended after it.
    pub longest_gap_ns: Option<u64>,
    /// Since when there has been no success, if there was none ever after.
    pub no_success_since_ns: Option<u64>,
    /// The most that waited for a path's driver: bytes.
    pub peak_queue_bytes: u64,
    /// These bytes by the mean size of the bios of the application.
    pub peak_queue_ios: f64,
    /// From the last time that so much waited until no more did than before the
    /// first event.
    pub drained_in_ns: Option<u64>,
}

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EventSummary {
    /// When.
    pub at_ns: u64,
    /// What.
    pub what: String,
}

/// What happened more often than it is told.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MoreSummary {
    /// What.
    pub what: String,
    /// How often beside what is told.
    pub count: u64,
    /// How long all of these lasted together, if they last.
    pub total_ns: Option<u64>,
}

/// `dmsetup status` of a map, after a change of a path or group.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StatusSummary {
    /// When.
    pub at_ns: u64,
    /// The map.
    pub map: String,
    /// The line, devices by name.
    pub status: String,
}

/// Times of 20 ms or longer in which a job had an I/O outstanding and no
/// success.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct GapsSummary {
    /// The job; of several threads of a name, all together. Empty: the whole
    /// application, in which a success of any job ends a gap.
    pub job: String,
    /// How many, those that never ended included.
    pub count: u64,
    /// Mean length of those that ended.
    pub mean_ns: f64,
    /// Half of these are at or below.
    pub p50_ns: u64,
    /// 99 % of these are at or below.
    pub p99_ns: u64,
    /// The longest of these.
    pub max_ns: u64,
    /// Since when there was no success until the end, if so.
    pub no_success_since_ns: Option<u64>,
}

/// Errors of one kind that reached the application.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ErrorSummary {
    /// `errno`.
    pub errno: i32,
    /// Its name: `EIO`.
    pub name: String,
    /// How many.
    pub count: u64,
    /// The first.
    pub first_ns: u64,
    /// The last.
    pub last_ns: u64,
}

/// I/Os that were sent again.
#[derive(Copy, Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct RetriesSummary {
    /// Bios (bio mode) or requests (request mode) that came back from a path
    /// and that a multipath device sent again.
    pub multipath: u64,
    /// Requests that multipath devices requeued (R), for whatever reason.
    pub multipath_requeues: u64,
    /// Requests that path devices requeued (R), for whatever reason.
    pub path_requeues: u64,
}

/// I/Os that a map holds for ever.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct HeldSummary {
    /// The map.
    pub map: String,
    /// How many.
    pub ios: u64,
    /// Since when it holds I/O.
    pub since_ns: u64,
    /// Why: `no path, queue_if_no_path`, `suspended`, or a path that holds it.
    pub why: String,
}
