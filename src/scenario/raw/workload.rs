//! `[workload]`: a fio job file as it stands, fio's keys as fields, or open
//! arrivals.

use std::fmt;

use schemars::JsonSchema;
use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer};

use crate::scenario::at::At;
use crate::scenario::units::{Bytes, Int, Time};

/// What the application does: exactly one of `fio`, `fio_file`, `job`s and
/// `open`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Workload")]
pub struct RawWorkload {
    /// A fio job file, whole. Without any `filename` it runs on the last map.
    pub fio: Option<At<String>>,
    /// Path of a fio job file, from the folder of the scenario.
    pub fio_file: Option<At<String>>,
    /// Leave options of a job file that are unknown or not modelled out, with a warning;
    /// otherwise they are errors. Default: false.
    #[serde(default)]
    pub lenient: bool,
    /// fio jobs as fields; a key means what it means to fio.
    pub job: Option<Vec<At<RawJob>>>,
    /// Arrivals that do not wait for completions.
    pub open: Option<Vec<At<RawOpen>>>,
    /// Texts of the iologs that jobs name in `read_iolog`.
    #[serde(default)]
    pub iolog: Vec<RawIolog>,
    /// What write-back of buffered writes puts into one bio: `4KiB` (default)
    /// for the block device itself, more for a file system.
    pub writeback_bio: Option<Bytes<4096, 1_048_576>>,
}

/// An iolog.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Iolog")]
pub struct RawIolog {
    /// The name that `read_iolog` gives.
    pub name: String,
    /// The text, whole.
    pub text: String,
}

/// Declares the fio keys once: for reading, for the schema and for writing the
/// job file.
macro_rules! fio_keys {
    ($($(#[$doc:meta])* $key:ident,)*) => {
        /// A fio job; keys and defaults are fio's.
        #[derive(Clone, Debug, Deserialize, JsonSchema)]
        #[serde(deny_unknown_fields)]
        #[schemars(rename = "Job")]
        pub struct RawJob {
            /// Name of the job. Default: `job0`, `job1`, …
            pub name: Option<At<String>>,
            $($(#[$doc])* pub $key: Option<At<FioValue>>,)*
        }

        impl RawJob {
            /// The keys that are given, in the order of the declaration.
            pub fn given(&self) -> Vec<(&'static str, &At<FioValue>)> {
                [$((stringify!($key), self.$key.as_ref()),)*]
                    .into_iter()
                    .filter_map(|(key, value)| Some((key, value?)))
                    .collect()
            }
        }
    };
}

fio_keys! {
    /// Device. Default: the last map.
    filename,
    /// `libaio` (default here) or `psync`.
    ioengine,
    /// 1 (default here): past the page cache.
    direct,
    /// `read`, `write`, `rw`, `randread`, `randwrite`, `randrw`, `trim`;
    /// `write:60k` skips 60 KiB after each I/O.
    rw,
    /// Size of an I/O: `4k`.
    bs,
    /// Sizes and their shares: `4k/70:64k/30`.
    bssplit,
    /// I/Os in flight. Default: 1.
    iodepth,
    /// I/Os submitted at once. Default: 1.
    iodepth_batch_submit,
    /// Fewest completions reaped at once. Default: 1.
    iodepth_batch_complete_min,
    /// Most completions reaped at once. Default: as the fewest.
    iodepth_batch_complete_max,
    /// Refill when this few are in flight. Default: `iodepth`.
    iodepth_low,
    /// Bytes to transfer and size of the region: `64m`.
    size,
    /// Bytes to transfer, if not `size`.
    io_size,
    /// Start of the region.
    offset,
    /// Start of clone k is k times this further.
    offset_increment,
    /// I/Os to do.
    number_ios,
    /// Seconds to run.
    runtime,
    /// Run for the whole `runtime`, over again if need be.
    time_based,
    /// Clones of this job. Default: 1.
    numjobs,
    /// Report clones as one.
    group_reporting,
    /// CPUs it may run on: `0`, `0-3`.
    cpus_allowed,
    /// Percentage of reads. Default: 50.
    rwmixread,
    /// Percentage of random I/Os. Default: 100.
    percentage_random,
    /// Draw offsets without a map of those already used.
    norandommap,
    /// Seed of fio's generators.
    randseed,
    /// Same random sequence at each run.
    randrepeat,
    /// I/Os a second, at most.
    rate_iops,
    /// `linear` or `poisson`.
    rate_process,
    /// `inline` or `offload`.
    io_submit_mode,
    /// Drop the page cache of the device first.
    invalidate,
    /// Tell the kernel whether I/O is sequential or random, as fio does and dd
    /// does not: sequential readers are read ahead twice as far. Default: yes.
    fadvise_hint,
    /// Threads instead of processes.
    thread,
    /// fsync after so many writes.
    fsync,
    /// fdatasync after so many writes.
    fdatasync,
    /// fsync at the end.
    end_fsync,
    /// `dsync`: each write is durable.
    sync,
    /// `all`: count errors and go on.
    continue_on_error,
    /// errnos that are ignored.
    ignore_error,
    /// Name of an iolog to replay.
    read_iolog,
    /// Ignore the times of the iolog.
    replay_no_stall,
}

/// A value of a fio key: text, a number, or a truth value.
#[derive(Clone, Debug, JsonSchema)]
#[schemars(untagged)]
pub enum FioValue {
    /// A truth value: 1 or 0 to fio.
    Bool(bool),
    /// A whole number.
    Number(i64),
    /// Anything else, as fio reads it.
    Text(String),
}

impl fmt::Display for FioValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            FioValue::Bool(truth) => write!(f, "{}", u8::from(*truth)),
            FioValue::Number(number) => write!(f, "{number}"),
            FioValue::Text(text) => f.write_str(text),
        }
    }
}

impl<'de> Deserialize<'de> for FioValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;
        impl Visitor<'_> for Any {
            type Value = FioValue;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("text, a whole number, true or false")
            }
            fn visit_bool<E>(self, truth: bool) -> Result<FioValue, E> {
                Ok(FioValue::Bool(truth))
            }
            fn visit_i64<E>(self, number: i64) -> Result<FioValue, E> {
                Ok(FioValue::Number(number))
            }
            fn visit_str<E: Error>(self, text: &str) -> Result<FioValue, E> {
                if text.contains(['\n', '\r']) {
                    return Err(E::custom("a value of a fio key is one line"));
                }
                Ok(FioValue::Text(text.trim().into()))
            }
        }
        deserializer.deserialize_any(Any)
    }
}

/// Arrivals that do not wait for completions.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Open")]
pub struct RawOpen {
    /// Name. Default: `open0`, `open1`, …
    pub name: Option<At<String>>,
    /// How they arrive. Default: poisson.
    pub arrivals: Option<Arrivals>,
    /// I/Os a second.
    pub rate_iops: Int<1, 10_000_000>,
    /// I/Os that arrive together (`arrivals = "bursts"`). Default: 8.
    pub burst: Option<At<Int<2, 64>>>,
    /// `read`, `write`, `randread`, `randwrite` or `randrw`.
    pub rw: String,
    /// Size of an I/O, as fio writes it. Default: `4k`.
    pub bs: Option<String>,
    /// Percentage of reads with `randrw`. Default: 50.
    pub rwmixread: Option<Int<0, 100>>,
    /// Size of the region, as fio writes it. Default: the whole device.
    pub size: Option<String>,
    /// How long I/Os arrive, in whole seconds. Default: `"1s"`.
    pub runtime: Option<At<Time<1_000_000_000, 3_600_000_000_000>>>,
    /// Most I/Os outstanding; arrivals beyond wait. Default: 256.
    pub outstanding: Option<Int<1, 4096>>,
    /// Seed of the addresses. Default: fio's.
    pub randseed: Option<Int<0, { i64::MAX }>>,
}

/// How open arrivals come.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Arrivals {
    /// At equal intervals.
    Constant,
    /// Independently of each other.
    #[default]
    Poisson,
    /// Several at once, at equal intervals.
    Bursts,
}
