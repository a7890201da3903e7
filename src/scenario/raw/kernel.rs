//! `kernel`, `multipath` and `[patches]`: which release runs, how it does
//! multipath, and which mechanisms of the patch set of March 2008 it has.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::models::kernel::{Kernel, Patches, Way};
use crate::scenario::units::Int;

/// A kernel release.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[schemars(rename = "Kernel")]
pub enum RawKernel {
    /// Single queues, bio-based multipath; what the letter's patches are for.
    #[serde(rename = "2.6.25")]
    V2_6_25,
    /// Single queues; request-based multipath as it was merged.
    #[serde(rename = "2.6.31")]
    V2_6_31,
    /// blk-mq.
    #[serde(rename = "6.1")]
    V6_1,
}

impl From<RawKernel> for Kernel {
    fn from(raw: RawKernel) -> Kernel {
        match raw {
            RawKernel::V2_6_25 => Kernel::V2_6_25,
            RawKernel::V2_6_31 => Kernel::V2_6_31,
            RawKernel::V6_1 => Kernel::V6_1,
        }
    }
}

/// How multipath is done over single queues.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[schemars(rename = "Multipath")]
pub enum RawWay {
    /// By bios only: there is no request mode.
    #[serde(rename = "bio")]
    Bio,
    /// Request mode is that of the patch set of March 2008.
    #[serde(rename = "rq-2008")]
    Rq2008,
    /// Request mode is that of 2.6.31.
    #[serde(rename = "rq-2.6.31")]
    Rq2631,
    /// Request mode is a device of the block layer, without device-mapper.
    #[serde(rename = "block-layer")]
    BlockLayer,
}

impl From<RawWay> for Way {
    fn from(raw: RawWay) -> Way {
        match raw {
            RawWay::Bio => Way::Bio,
            RawWay::Rq2008 => Way::Rq2008,
            RawWay::Rq2631 => Way::Rq2631,
            RawWay::BlockLayer => Way::BlockLayer,
        }
    }
}

/// Mechanisms of the patch set; what is absent is there.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Patches")]
pub struct RawPatches {
    /// 01: data of a request complete before the request does.
    pub data_completion: Option<bool>,
    /// 02: a clone goes past the path's scheduler, after a limit check.
    pub submission: Option<bool>,
    /// 03: drivers say that they are busy.
    pub busy_flag: Option<bool>,
    /// 04: the device's queue has knobs of its own.
    pub own_queue: Option<bool>,
    /// 07: clones come from a pool of so many; 0 = without bound. Default: 256.
    pub clone_pool: Option<Int<0, 1_000_000>>,
    /// 08, 09, 13: multipath maps requests; without, it stays bio-based.
    pub map_requests: Option<bool>,
    /// 10: the mode is decided at table load, and stays.
    pub mode_at_load: Option<bool>,
    /// 11: tables that cannot work are refused.
    pub reject_bad_tables: Option<bool>,
    /// 12: the hardware handler works for requests.
    pub hw_handler: Option<bool>,
    /// Originals complete in softirq, without the lock of the queue below.
    pub softirq_completion: Option<bool>,
}

impl From<&RawPatches> for Patches {
    fn from(raw: &RawPatches) -> Patches {
        let all = Patches::default();
        Patches {
            data_completion: raw.data_completion.unwrap_or(all.data_completion),
            submission: raw.submission.unwrap_or(all.submission),
            busy_flag: raw.busy_flag.unwrap_or(all.busy_flag),
            own_queue: raw.own_queue.unwrap_or(all.own_queue),
            clone_pool: raw.clone_pool.map_or(all.clone_pool, Int::get32),
            map_requests: raw.map_requests.unwrap_or(all.map_requests),
            mode_at_load: raw.mode_at_load.unwrap_or(all.mode_at_load),
            reject_bad_tables: raw.reject_bad_tables.unwrap_or(all.reject_bad_tables),
            hw_handler: raw.hw_handler.unwrap_or(all.hw_handler),
            softirq_completion: raw.softirq_completion.unwrap_or(all.softirq_completion),
        }
    }
}
