//! `[device.queue]` and `[map.queue]`: what is written to
//! `/sys/block/*/queue/*`.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::models::config::{QueueConfig, SchedulerName};
use crate::scenario::units::{Bytes, Int, Time};

/// Settings of a request queue; what is absent keeps the kernel's default.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Queue")]
pub struct RawQueue {
    /// I/O scheduler.
    pub scheduler: Option<RawScheduler>,
    /// Requests a scheduler may hold.
    pub nr_requests: Option<Int<1, 1_000_000>>,
    /// Largest request that is built (`max_sectors_kb`), in whole KiB.
    pub max_request: Option<Bytes<4096, 0x7fff_fc00>>,
    /// Whether `max_request` of a path is set before maps are made, so that a
    /// map inherits it. Default: false.
    pub limits_before_maps: Option<bool>,
    /// 0 = merge, 1 = only with the last merged request, 2 = never.
    pub nomerges: Option<Int<0, 2>>,
    /// Target of write-back throttling; `"0us"` turns it off.
    pub wbt_lat: Option<Time<0, 60_000_000_000>>,
    /// Whether the device says that it has a volatile write cache.
    pub write_cache: Option<bool>,
    /// mq-deadline: try front merges.
    pub front_merges: Option<bool>,
    /// mq-deadline: when a read expires, in whole ms.
    pub read_expire: Option<Time<0, 3_600_000_000_000>>,
    /// mq-deadline: when a write expires, in whole ms.
    pub write_expire: Option<Time<0, 3_600_000_000_000>>,
    /// mq-deadline: requests in sector order before the next decision.
    pub fifo_batch: Option<Int<0, 1_000_000>>,
    /// mq-deadline: read batches before a write batch must come.
    pub writes_starved: Option<Int<0, 1_000_000>>,
    /// mq-deadline: how many requests it may hold when one is wanted that is no
    /// synchronous read. Default: as many as `nr_requests`.
    pub async_depth: Option<Int<1, 1_000_000>>,
}

/// An I/O scheduler.
#[derive(Copy, Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(rename = "Scheduler")]
pub enum RawScheduler {
    /// No scheduler.
    None,
    /// mq-deadline.
    MqDeadline,
    /// kyber.
    Kyber,
    /// bfq.
    Bfq,
    /// noop, of the single queues of 2.6.
    Noop,
    /// deadline, of the same.
    Deadline,
    /// cfq, of the same.
    Cfq,
}

impl From<&RawQueue> for QueueConfig {
    fn from(raw: &RawQueue) -> QueueConfig {
        let ms = |time: Time<0, 3_600_000_000_000>| time.0 / 1_000_000;
        QueueConfig {
            scheduler: raw.scheduler.map(|scheduler| match scheduler {
                RawScheduler::None => SchedulerName::None,
                RawScheduler::MqDeadline => SchedulerName::MqDeadline,
                RawScheduler::Kyber => SchedulerName::Kyber,
                RawScheduler::Bfq => SchedulerName::Bfq,
                RawScheduler::Noop => SchedulerName::Noop,
                RawScheduler::Deadline => SchedulerName::Deadline,
                RawScheduler::Cfq => SchedulerName::Cfq,
            }),
            nr_requests: raw.nr_requests.map(Int::get32),
            max_sectors_kb: raw.max_request.map(|size| (size.0 >> 10) as u32),
            limits_before_maps: raw.limits_before_maps.unwrap_or(false),
            nomerges: raw.nomerges.map(|n| n.get32() as u8),
            wbt_lat_usec: raw.wbt_lat.map(|time| time.0 / 1_000),
            write_cache: raw.write_cache,
            front_merges: raw.front_merges,
            read_expire_ms: raw.read_expire.map(ms),
            write_expire_ms: raw.write_expire.map(ms),
            fifo_batch: raw.fifo_batch.map(Int::get32),
            writes_starved: raw.writes_starved.map(Int::get32),
            async_depth: raw.async_depth.map(Int::get32),
        }
    }
}
