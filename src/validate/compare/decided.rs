//! What decides how many requests of which size a case issues. From its inputs
//! alone.

use serde_json::Value;

use super::job_file::{self, Section};
use crate::formats::kernel_observation::{Observation, PathKind, Paths, QueueSettings};
use crate::models::io::SECTOR;
use crate::validate::experiment::queue;

/// What decides the counts of a `merge` case.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum Decider {
    /// The order of submission alone: they must be exact.
    Submission,
    /// As `Submission`, but sizes depend on where fio's buffers lie in memory:
    /// counts must be exact, sizes are free.
    Contiguity,
    /// How fast the CPU is as well.
    Timing,
}

/// Pages of a request that is made of single ones (`BLK_MAX_SEGMENTS`, 6.1).
const MAX_SEGMENTS: u64 = 128;
const PAGE: u64 = 4096;
/// A larger bio is split where its pages do not follow each other in memory.
const CONTIGUITY_MATTERS: u64 = MAX_SEGMENTS * PAGE;
/// The block layer's default soft limit (`BLK_DEF_MAX_SECTORS`, 6.1), bytes.
const DEFAULT_LIMIT: u64 = 1280 << 10;

/// What decides the counts of `observation`.
///
/// Submission does if one job does direct I/O in whole batches, each submitted
/// when nothing is in flight, into tags that are enough for all of it, over
/// paths that are chosen without measuring time. In batches of two there is no
/// plug (`aio.c:AIO_PLUG_THRESHOLD`, 6.1), so that a scheduler may or may not
/// see both.
pub fn decider(observation: &Observation) -> Decider {
    submission(observation).unwrap_or(Decider::Timing)
}

/// None: timing, or inputs that are not understood.
fn submission(observation: &Observation) -> Option<Decider> {
    let paths = observation.paths.as_ref()?;
    let sections = job_file::sections(observation.fio_job.as_deref()?);
    let [job] = sections.as_slice() else {
        return None;
    };
    let table = observation.table.as_deref().unwrap_or_default();
    let batch = whole_batch(job)?;
    let block = job_file::largest_block(job)?;
    let limit = request_limit(observation, paths)?.max(SECTOR);
    let requests = batch.checked_mul(block.div_ceil(limit.min(CONTIGUITY_MATTERS)))?;
    if batch == 2 || requests > tags(observation, paths)? {
        return None;
    }
    if table.contains("historical-service-time") || observation.cpus.unwrap_or(1) != 1 {
        return None;
    }
    if block >= CONTIGUITY_MATTERS && limit >= CONTIGUITY_MATTERS {
        return Some(Decider::Contiguity);
    }
    Some(Decider::Submission)
}

/// How many I/Os `job` submits at a time, if it waits for all of them before
/// the next; none if I/Os overlap.
fn whole_batch(job: &Section<'_>) -> Option<u64> {
    let number = |key: &str| job_file::number(job, key, 1);
    if number("numjobs")? != 1 || job_file::number(job, "direct", 0)? != 1 {
        return None;
    }
    let asynchronous = match *job.get("ioengine")? {
        "libaio" => true,
        "psync" | "sync" | "pvsync" | "vsync" => false,
        _ => return None,
    };
    let unsteady = [
        "rate_iops",
        "rate",
        "io_submit_mode",
        "read_iolog",
        "thinktime",
    ];
    if unsteady.iter().any(|key| job.contains_key(key)) {
        return None;
    }
    let depth = number("iodepth")?;
    if !asynchronous || depth == 1 {
        return Some(1);
    }
    let submitted = number("iodepth_batch_submit")?;
    let reaped = number("iodepth_batch_complete_min")?;
    (submitted == depth && reaped == depth).then_some(depth)
}

/// Tags of the path that has fewest.
fn tags(observation: &Observation, paths: &Paths) -> Option<u64> {
    match paths.kind {
        PathKind::NullBlk => attribute(paths, "hw_queue_depth", 64),
        PathKind::ScsiDebug => {
            let host = paths
                .params
                .get("max_queue")
                .map_or(Some(192), Value::as_u64)?;
            let device = observation.scsi_queue_depth.map_or(host, u64::from);
            Some(host.min(device))
        }
    }
}

/// The smallest value any path has of a null_blk attribute.
fn attribute(paths: &Paths, name: &str, default: u64) -> Option<u64> {
    let of = |own: Option<&Value>| {
        let value = own.or_else(|| paths.common.get(name));
        value.map_or(Some(default), Value::as_u64)
    };
    let own: Vec<Option<u64>> = match paths.per.as_slice() {
        [] => vec![of(None)],
        per => per.iter().map(|p| of(p.get(name))).collect(),
    };
    own.into_iter().min().flatten()
}

/// The largest request a path is given, bytes. In request mode the dm device
/// makes the requests, so that its own limit counts as well.
fn request_limit(observation: &Observation, paths: &Paths) -> Option<u64> {
    let hard = match paths.kind {
        PathKind::NullBlk => match attribute(paths, "max_sectors", 0)? {
            0 => 255 * SECTOR,
            sectors => sectors.checked_mul(SECTOR)?,
        },
        PathKind::ScsiDebug => DEFAULT_LIMIT,
    };
    let set = |queue: &Option<QueueSettings>| {
        let settings = queue::settings("queue", queue.as_ref()).ok()?;
        Some(settings.max_sectors_kb.map(|kb| u64::from(kb) * 1024))
    };
    let mut limit = hard.min(DEFAULT_LIMIT);
    limit = limit.min(set(&observation.path_queue)?.unwrap_or(limit));
    let table = observation.table.as_deref().unwrap_or_default();
    if !table.contains("queue_mode bio") {
        limit = limit.min(set(&observation.dm_queue)?.unwrap_or(limit));
    }
    Some(limit)
}
