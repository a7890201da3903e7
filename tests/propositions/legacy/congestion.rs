//! A queue with many requests is congested: who reads ahead leaves it alone
//! (`mm/readahead.c:page_cache_async_readahead`, `dm.c:dm_any_congested`, 2.6.25).

use mpathsim::models::block::single_queue::RequestList;
use mpathsim::run::{RunOptions, run};
use mpathsim::scenario::{self, Mode};

use super::{L25, and_rest};
use crate::rig::{Bio, Rig, scattered};

#[test]
fn a_class_is_congested_from_113_on() {
    let congested = |n: u64| {
        let run = Rig::old(L25, Bio, 1).run_on("/dev/p0", and_rest(scattered(n)));
        run.machine.block.sqs[0].seen.congested
    };
    assert_eq!((congested(112), congested(113)), (0, 1));
    let list = RequestList::new(128);
    assert_eq!((list.congestion_on(), list.congestion_off()), (113, 103));
}

/// Four readers of one map through the page cache. Its two paths, or its own queue and
/// theirs, have `nr_requests` of a class: how many windows they did not read ahead, and
/// how often a class of a path was congested, of the map.
fn put_off(kernel: &str, mode: Mode, nr_requests: u32) -> (u64, u64, u64) {
    let queue = format!("queue = {{ scheduler = \"deadline\", nr_requests = {nr_requests} }}");
    let text = format!(
        "kernel = \"{kernel}\"
[host]
hz = 1000
[[device]]
name = [\"sda\", \"sdb\"]
port = {{ latency = \"2ms\", slots = 1, queue_depth = 4 }}
{queue}
[[map]]
selector = \"round-robin\"
paths = [{{ device = \"sda\", args = [1] }}, {{ device = \"sdb\", args = [1] }}]
{queue}
[[workload.job]]
rw = \"read\"
direct = 0
fadvise_hint = 0
bs = \"64k\"
size = \"2m\"
numjobs = 4
offset_increment = \"64m\"
"
    );
    let scenario = scenario::parse("congestion.toml", &text, &[]).unwrap();
    let machine = scenario::build(&scenario, mode).unwrap();
    let outcome = run(&machine, &RunOptions::default()).unwrap();
    assert_eq!(outcome.jobs.iter().map(|job| job.error).max(), Some(0));
    let queues = outcome.single_queues.unwrap();
    let congested = |of_maps| queues.sum(of_maps, |q| q.congested);
    (queues.readahead_put_off, congested(false), congested(true))
}

/// A map of bios is congested if any path is.
#[test]
fn nothing_is_read_ahead_over_a_congested_path() {
    let (put_off_then, paths, _) = put_off("2.6.25", Mode::Bio, 32);
    assert!(put_off_then > 0 && paths > 0, "{put_off_then} {paths}");
    assert_eq!(put_off("2.6.25", Mode::Bio, 1000), (0, 0, 0));
}

/// A map of requests has a queue of its own, and is congested if that is, by whatever
/// its paths are held up.
#[test]
fn a_map_of_requests_is_asked_for_its_own_queue() {
    for kernel in ["2.6.25", "2.6.31"] {
        let (put_off, paths, map) = put_off(kernel, Mode::Request, 4);
        assert!(put_off > 0 && map > 0, "{kernel}: {put_off} {map}");
        assert_eq!(paths, 0, "clones are not of the class");
    }
}
