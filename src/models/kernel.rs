//! Kernels are data: what tells one release from another, each fact with its
//! source. Only what is another mechanism is another module: the
//! [single queue](super::block::single_queue) of 2.6 against blk-mq.

use serde::{Deserialize, Serialize};

use super::mpath::selector::SelectorRules;

/// A release whose behaviour is simulated.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Kernel {
    /// March 2008: bio-based multipath, and what the patch set was made for.
    #[serde(rename = "2.6.25")]
    V2_6_25,
    /// September 2009: the first release with request-based multipath.
    #[serde(rename = "2.6.31")]
    V2_6_31,
    /// December 2022: blk-mq.
    #[default]
    #[serde(rename = "6.1")]
    V6_1,
}

/// What a release is, as a table of facts.
#[derive(Copy, Clone, Debug, PartialEq)]
pub struct KernelProfile {
    /// The release.
    pub release: &'static str,
    /// Its queues, where they are single ones.
    pub single_queue: Option<QueueFacts>,
    /// What the page cache and direct I/O give to the block layer.
    pub submission: SubmissionFacts,
    /// Device-mapper and its multipath target.
    pub multipath: MultipathFacts,
}

/// Facts of a single queue (`blk-core.c`, `blk-settings.c`, `elevator.c`).
#[derive(Copy, Clone, Debug, PartialEq)]
pub struct QueueFacts {
    /// Requests at which a plug opens (`q->unplug_thresh`, 2.6.25 and 2.6.31
    /// `blk-settings.c:blk_queue_make_request`).
    pub unplug_thresh: u32,
    /// Milliseconds after which it does, in whole ticks, at least one (the
    /// same).
    pub unplug_delay_ms: u32,
    /// Requests of a class (`BLKDEV_MAX_RQ`, `blkdev.h`).
    pub nr_requests: u32,
    /// Whether the classes are those for which somebody waits and others
    /// (2.6.31), rather than reads and writes (2.6.25; `blk-core.c:get_request`).
    pub limits_by_sync: bool,
    /// Most sectors of a request, unless the driver says otherwise
    /// (`BLK_DEF_MAX_SECTORS`, `blkdev.h`).
    pub max_sectors: u32,
    /// How deadline's batches end (`deadline-iosched.c`).
    pub deadline_batch: DeadlineBatch,
    /// Whether a leaf's queue takes barriers, by draining (`blk-barrier.c`).
    pub takes_barriers: bool,
}

/// How a batch of deadline goes on.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum DeadlineBatch {
    /// Only with what is contiguous (2.6.25).
    Contiguous,
    /// In sector order, up to `fifo_batch` (2.6.31).
    SectorOrder,
}

/// What submitters do.
#[derive(Copy, Clone, Debug, PartialEq)]
pub struct SubmissionFacts {
    /// Pages that a bio of read-ahead of a block device holds at most: 2.6.25
    /// has no `readpages` for it and reads page by page (`fs/block_dev.c:
    /// def_blk_aops`, `fs/buffer.c:block_read_full_page`); 6.1 has
    /// `mpage_readahead` with `BIO_MAX_VECS`.
    pub readahead_pages: u64,
    /// Whether read-ahead is marked as such (6.1), or reads like any.
    pub marks_readahead: bool,
    /// Whether `fsync` of a block device ends with a flush of its cache
    /// (6.1 `block/fops.c:blkdev_fsync`; 2.6.25 `fs/block_dev.c:block_fsync`
    /// writes back and no more).
    pub fsync_flushes: bool,
    /// Whether writers of a bio keep within the limits of the queue
    /// (2.6.25 `fs/bio.c:__bio_add_page`), rather than the queue splits (6.1
    /// `blk-merge.c:__bio_split_to_limits`).
    pub builders_keep_limits: bool,
}

/// Facts of device-mapper and dm-mpath.
#[derive(Copy, Clone, Debug, PartialEq)]
pub struct MultipathFacts {
    /// Rules of the path selectors.
    pub selectors: SelectorRules,
    /// Feature words of a table at most (`dm-mpath.c:parse_features`).
    pub max_features: u32,
    /// Whether every error but "not supported" fails the path (2.6.25
    /// `dm-mpath.c:do_end_io`), rather than those that another path may cure
    /// (6.1 `blk_path_error`).
    pub any_error_fails_path: bool,
    /// Whether the worker leaves its list alone while there is no path
    /// (2.6.25 `process_queued_ios`), rather than mapping it again and again.
    pub worker_waits: bool,
    /// Whether barriers through dm are refused (2.6.25, and requests in
    /// 2.6.31).
    pub refuses_barriers: bool,
    /// Whether failing a path aborts what is in flight on it (2.6.28 to 2.6.33
    /// `dm-mpath.c:deactivate_path`).
    pub aborts_on_failure: bool,
}

/// The selectors of old: a path is kept for `repeat_count` I/Os, ties rotate by
/// the list's head.
const OLD_SELECTORS: SelectorRules = SelectorRules {
    rotate_head_first: true,
    clamp_repeat_count: false,
    st_truncates_compare: true,
};

const OLD_QUEUE: QueueFacts = QueueFacts {
    unplug_thresh: 4,
    unplug_delay_ms: 3,
    nr_requests: 128,
    limits_by_sync: false,
    max_sectors: 1024,
    deadline_batch: DeadlineBatch::Contiguous,
    takes_barriers: true,
};

const OLD_SUBMISSION: SubmissionFacts = SubmissionFacts {
    readahead_pages: 1,
    marks_readahead: false,
    fsync_flushes: false,
    builders_keep_limits: true,
};

const OLD_MULTIPATH: MultipathFacts = MultipathFacts {
    selectors: OLD_SELECTORS,
    max_features: 3,
    any_error_fails_path: true,
    worker_waits: true,
    refuses_barriers: true,
    aborts_on_failure: false,
};

static V2_6_25: KernelProfile = KernelProfile {
    release: "2.6.25",
    single_queue: Some(OLD_QUEUE),
    submission: OLD_SUBMISSION,
    multipath: OLD_MULTIPATH,
};

static V2_6_31: KernelProfile = KernelProfile {
    release: "2.6.31",
    single_queue: Some(QueueFacts {
        limits_by_sync: true,
        deadline_batch: DeadlineBatch::SectorOrder,
        ..OLD_QUEUE
    }),
    submission: OLD_SUBMISSION,
    multipath: MultipathFacts {
        aborts_on_failure: true,
        ..OLD_MULTIPATH
    },
};

static V6_1: KernelProfile = KernelProfile {
    release: "6.1",
    single_queue: None,
    submission: SubmissionFacts {
        readahead_pages: 256,
        marks_readahead: true,
        fsync_flushes: true,
        builders_keep_limits: false,
    },
    multipath: MultipathFacts {
        selectors: SelectorRules {
            rotate_head_first: false,
            clamp_repeat_count: true,
            st_truncates_compare: true,
        },
        max_features: 8,
        any_error_fails_path: false,
        worker_waits: false,
        refuses_barriers: false,
        aborts_on_failure: false,
    },
};

impl Kernel {
    /// All of them, oldest first.
    pub const ALL: [Kernel; 3] = [Kernel::V2_6_25, Kernel::V2_6_31, Kernel::V6_1];

    /// Its facts.
    pub fn profile(self) -> &'static KernelProfile {
        match self {
            Kernel::V2_6_25 => &V2_6_25,
            Kernel::V2_6_31 => &V2_6_31,
            Kernel::V6_1 => &V6_1,
        }
    }
    /// As it is called in scenarios: `2.6.25`.
    pub fn name(self) -> &'static str {
        self.profile().release
    }
    /// Whether it has single queues.
    pub fn is_legacy(self) -> bool {
        self.profile().single_queue.is_some()
    }
}

/// How multipath is done over single queues.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Way {
    /// Every bio is mapped as it comes.
    #[serde(rename = "bio")]
    Bio,
    /// Requests are mapped, as the patch set of March 2008 has it.
    #[default]
    #[serde(rename = "rq-2008")]
    Rq2008,
    /// The same as it was merged into 2.6.31.
    #[serde(rename = "rq-2.6.31")]
    Rq2631,
    /// The same without device-mapper: a block device of its own (Christie's
    /// proposal of 2006).
    #[serde(rename = "block-layer")]
    BlockLayer,
}

impl Way {
    /// All of them.
    pub const ALL: [Way; 4] = [Way::Bio, Way::Rq2008, Way::Rq2631, Way::BlockLayer];

    /// As it is called in scenarios.
    pub fn name(self) -> &'static str {
        match self {
            Way::Bio => "bio",
            Way::Rq2008 => "rq-2008",
            Way::Rq2631 => "rq-2.6.31",
            Way::BlockLayer => "block-layer",
        }
    }
}

/// The mechanisms of the patch set of March 2008, each of which can be taken
/// away; patches 05 and 06 have none.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Patches {
    /// 01: data of a request complete before the request does.
    pub data_completion: bool,
    /// 02: a clone goes past the path's scheduler, after a limit check.
    pub submission: bool,
    /// 03: drivers say that they are busy.
    pub busy_flag: bool,
    /// 04: the queue of the device has knobs of its own.
    pub own_queue: bool,
    /// 07: clones come from pools of so many; 0 = from memory without bound.
    pub clone_pool: u32,
    /// 08, 09, 13: targets map requests, and multipath does.
    pub map_requests: bool,
    /// 10: the mode is decided when a table is loaded, and then stays.
    pub mode_at_load: bool,
    /// 11: tables that cannot work are refused.
    pub reject_bad_tables: bool,
    /// 12: the hardware handler works for requests.
    pub hw_handler: bool,
    /// Drivers that stack requests complete them in softirq, without the lock
    /// of the queue below.
    pub softirq_completion: bool,
}

/// Clones of a pool (`MIN_IOS`, `dm.c`).
pub const MIN_IOS: u32 = 256;

impl Default for Patches {
    fn default() -> Self {
        Patches {
            data_completion: true,
            submission: true,
            busy_flag: true,
            own_queue: true,
            clone_pool: MIN_IOS,
            map_requests: true,
            mode_at_load: true,
            reject_bad_tables: true,
            hw_handler: true,
            softirq_completion: true,
        }
    }
}
