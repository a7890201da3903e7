//! The claims, in the letter's order.

use super::{Row, Shown, figures};

macro_rules! shown {
    ($figure:literal, $scenario:literal, $without:literal, $of:expr) => {
        Some(Shown {
            figure: $figure,
            scenario: $scenario,
            text: include_str!(concat!("../../scenarios/letter/", $scenario, ".toml")),
            without: $without,
            of: $of,
        })
    };
}

/// All of them.
pub const ROWS: &[Row] = &[
    Row {
        patch: "01/13",
        subject: "block: request data completion interface",
        shown: shown!(
            "bytes delivered before a request was sent again, and sent again",
            "01-data-completion",
            "patches.data_completion=false",
            figures::early_bytes
        ),
    },
    Row {
        patch: "02/13",
        subject: "block: request submission interface",
        shown: shown!(
            "requests past the schedulers of the paths, and through them; mean latency",
            "02-submission",
            "patches.submission=false",
            figures::past_elevator
        ),
    },
    Row {
        patch: "03/13",
        subject: "block: a driver's busy state, by a queue flag",
        shown: shown!(
            "mean request to the paths; bandwidth",
            "03-busy-flag",
            "patches.busy_flag=false",
            figures::request_and_bandwidth
        ),
    },
    Row {
        patch: "04/13",
        subject: "block: export blk_register_queue()",
        shown: shown!(
            "scheduler and depth of the device's own queue; times a submitter slept for it",
            "04-own-queue",
            "patches.own_queue=false",
            figures::own_queue
        ),
    },
    Row {
        patch: "05/13",
        subject: "dm: remove dead code",
        shown: None,
    },
    Row {
        patch: "06/13",
        subject: "dm: tidy local_init",
        shown: None,
    },
    Row {
        patch: "07/13",
        subject: "dm: mempools on module init",
        shown: shown!(
            "clones at most; requests that waited for one; errors",
            "07-mempools",
            "patches.clone_pool=0",
            figures::clones
        ),
    },
    Row {
        patch: "08/13",
        subject: "dm: target interface for requests",
        shown: shown!(
            "choices of a path, for so many bios",
            "08-target-interface",
            "patches.map_requests=false",
            figures::choices
        ),
    },
    Row {
        patch: "09/13",
        subject: "dm: core functions for requests",
        shown: shown!(
            "mean request to the paths; requests; time for all",
            "09-the-whole-way",
            "patches.map_requests=false",
            figures::whole_way
        ),
    },
    Row {
        patch: "10/13",
        subject: "dm: request-based if the target is ready for it",
        shown: shown!(
            "a linear table for the live device; I/Os that failed",
            "10-mode-at-load",
            "patches.mode_at_load=false",
            figures::loads
        ),
    },
    Row {
        patch: "11/13",
        subject: "dm: reject bad table loads",
        shown: shown!(
            "mixed targets, and a bio-based device below; I/Os that failed",
            "11-bad-tables",
            "patches.reject_bad_tables=false",
            figures::loads
        ),
    },
    Row {
        patch: "12/13",
        subject: "dm-mpath: hardware handler for requests",
        shown: shown!(
            "longest latency; mean request to the paths",
            "12-hw-handler",
            "patches.hw_handler=false",
            figures::activation
        ),
    },
    Row {
        patch: "13/13",
        subject: "dm-mpath: from bios to requests",
        shown: shown!(
            "I/Os sent again after a path failed; errors",
            "13-dm-mpath",
            "patches.map_requests=false",
            figures::retries
        ),
    },
    Row {
        patch: "softirq",
        subject: "requests complete in softirq, without the lock of a queue",
        shown: shown!(
            "locks taken in a circle",
            "softirq-completion",
            "patches.softirq_completion=false",
            figures::cycles
        ),
    },
];
