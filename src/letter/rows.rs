//! The claims, in the letter's order.

use super::{Row, Shown, figures};

macro_rules! shown {
    ($figure:literal, $scenario:literal, $without:expr, $of:expr) => {
        Shown {
            figure: $figure,
            scenario: $scenario,
            text: include_str!(concat!("../../scenarios/letter/", $scenario, ".toml")),
            without: $without,
            loads: &[],
            as_it_was: None,
            of: $of,
        }
    };
}

/// All of them.
pub const ROWS: &[Row] = &[
    Row {
        patch: "01/13",
        subject: "block: request data completion interface",
        claim: "Part of a request's data may complete before the request does. With it, the \
                pages before one that cannot be read reach their reader at once, and only the \
                rest is read again over another path; without, all of it waits and is read \
                again.",
        shown: &[shown!(
            "what the reader had before the request was sent again",
            "01-data-completion",
            Some("patches.data_completion=false"),
            figures::early_bytes
        )],
    },
    Row {
        patch: "02/13",
        subject: "block: request submission interface",
        claim: "A request that is ready made goes into the queue of its path after a check of \
                the path's limits, past the scheduler, which would sort it a second time and \
                let it wait there.",
        shown: &[
            shown!(
                "clones past the schedulers of the paths, and through them",
                "02-submission",
                Some("patches.submission=false"),
                figures::past_elevator
            ),
            shown!(
                "a path that takes 8 KiB at a time, which the device does not know",
                "02-limit-check",
                Some("patches.submission=false"),
                figures::limit_check
            ),
        ],
    },
    Row {
        patch: "03/13",
        subject: "block: a driver's busy state, by a queue flag",
        claim: "Drivers say that they are busy. While every path is, requests stay where they \
                can merge, and grow with the load; without, each goes down at once and waits \
                where nothing merges.",
        shown: &[
            Shown {
                loads: &[
                    "workload.job.0.iodepth=8",
                    "workload.job.0.iodepth=16",
                    "workload.job.0.iodepth=32",
                    "workload.job.0.iodepth=64",
                    "workload.job.0.iodepth=128",
                ],
                ..shown!(
                    "mean request to the paths at depth 8, 16, 32, 64 and 128",
                    "03-busy-flag",
                    Some("patches.busy_flag=false"),
                    figures::request
                )
            },
            shown!(
                "requests to the paths at depth 64",
                "03-busy-flag",
                Some("patches.busy_flag=false"),
                figures::request_and_bandwidth
            ),
        ],
    },
    Row {
        patch: "04/13",
        subject: "block: export blk_register_queue()",
        claim: "The multipath device has a queue of its own in sysfs: its scheduler can be \
                chosen and its depth set. Without, it stays as it was made, and submitters \
                sleep for its 128 requests.",
        shown: &[shown!(
            "the queue of the device, and how often a submitter slept for a request",
            "04-own-queue",
            Some("patches.own_queue=false"),
            figures::own_queue
        )],
    },
    Row {
        patch: "05/13",
        subject: "dm: remove dead code",
        claim: "Preparation; nothing to see.",
        shown: &[],
    },
    Row {
        patch: "06/13",
        subject: "dm: tidy local_init",
        claim: "Preparation; nothing to see.",
        shown: &[],
    },
    Row {
        patch: "07/13",
        subject: "dm: mempools on module init",
        claim: "Clones come from a pool that is there from the start: their memory is bounded, \
                and a request that finds the pool empty waits and does not fail. (16 clones \
                here, 256 in the patch.)",
        shown: &[shown!(
            "clones, and requests that found none",
            "07-mempools",
            Some("patches.clone_pool=0"),
            figures::clones
        )],
    },
    Row {
        patch: "08/13",
        subject: "dm: target interface for requests",
        claim: "The target is asked for a path once a request, however many bios went into it, \
                and not once a bio. (08, 09 and 13 are taken away by one switch: target, core \
                and multipath map requests together or not at all.)",
        shown: &[shown!(
            "choices of a path",
            "08-target-interface",
            Some("patches.map_requests=false"),
            figures::choices
        )],
    },
    Row {
        patch: "09/13",
        subject: "dm: core functions for requests",
        claim: "The whole way: bios merge and are sorted in the device's own queue, then a path \
                is chosen for the request. Without, neighbours take different paths and never \
                meet again. This is what the letter is about.",
        shown: &[shown!(
            "requests to the paths, and the time for all",
            "09-the-whole-way",
            Some("patches.map_requests=false"),
            figures::whole_way
        )],
    },
    Row {
        patch: "10/13",
        subject: "dm: request-based if the target is ready for it",
        claim: "The first table decides whether a device maps bios or requests, and that stays: \
                a table of the other kind is refused. If it were taken, no request would find \
                its way.",
        shown: &[shown!(
            "a linear table for the live device, and I/Os that failed",
            "10-mode-at-load",
            Some("patches.mode_at_load=false"),
            figures::loads
        )],
    },
    Row {
        patch: "11/13",
        subject: "dm: reject bad table loads",
        claim: "Tables that cannot work are refused, with the reason: another target beside \
                multipath, and a bio-based device below a request-based one.",
        shown: &[shown!(
            "two such tables for the live device, and I/Os that failed",
            "11-bad-tables",
            Some("patches.reject_bad_tables=false"),
            figures::loads
        )],
    },
    Row {
        patch: "12/13",
        subject: "dm-mpath: hardware handler for requests",
        claim: "An array that serves a LUN through one controller at a time must be asked to \
                change. Requests wait for that, and merge meanwhile; without, nobody asks, and \
                the controller on standby refuses them all.",
        shown: &[shown!(
            "I/Os of the application; bios that merged while they waited; the longest latency",
            "12-hw-handler",
            Some("patches.hw_handler=false"),
            figures::activation
        )],
    },
    Row {
        patch: "13/13",
        subject: "dm-mpath: from bios to requests",
        claim: "A path that fails gives back a request, and what is left of it goes over \
                another path as a whole; in bio mode every bio of it comes back by itself.",
        shown: &[shown!(
            "sent again after a path failed",
            "13-dm-mpath",
            Some("patches.map_requests=false"),
            figures::retries
        )],
    },
    Row {
        patch: "softirq",
        subject: "requests complete in softirq, without the lock of a queue",
        claim: "What changed since the version before. Completed where the clone ends, under \
                the lock of the queue below, the device's queue is run there, and wants the \
                lock below a second time: it would never get it.",
        shown: &[shown!(
            "lock-order cycles (each a deadlock)",
            "softirq-completion",
            Some("patches.softirq_completion=false"),
            figures::cycles
        )],
    },
    Row {
        patch: "stacking",
        subject: "bio-based devices on request-based ones, never the other way",
        claim: "A linear device stands on the multipath device and gives it bios, which merge \
                there. The reverse is refused: see 11/13.",
        shown: &[shown!(
            "bios merged by the device below",
            "stacking",
            None,
            figures::stacked_on
        )],
    },
    Row {
        patch: "interface",
        subject: "table, message and status stay the same",
        claim: "Whoever sets the device up and watches it, dmsetup and multipathd, need not know \
                whether it maps bios or requests: there is no word for it.",
        shown: &[shown!(
            "messages, and table and status at the end",
            "interface",
            Some("patches.map_requests=false"),
            figures::interface
        )],
    },
    Row {
        patch: "balancing",
        subject: "better load balancing, dynamic too",
        claim: "What it is for. A balancer that looks at the load, least-pending here, gives \
                each of two unequal paths what it can take, which round-robin cannot. But it \
                sends nearly every bio another way than its neighbour: below the choice little \
                is left to merge. Above it, what is balanced are whole requests.",
        shown: &[Shown {
            as_it_was: Some("round-robin"),
            ..shown!(
                "requests to the paths, and the time for all (as it was: bio mode, round-robin)",
                "balancing",
                Some("patches.map_requests=false"),
                figures::whole_way
            )
        }],
    },
];
