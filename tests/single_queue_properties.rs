//! Random machines with single queues: whatever the scheduler, the way of
//! multipath, the mechanisms that are missing and the paths that fail, every run
//! ends with every invariant checked.

#![allow(clippy::unwrap_used, clippy::panic)]

use mpathsim::run::{RunOptions, run};
use mpathsim::scenario::{self, Mode};
use proptest::prelude::*;

const SCHEDULERS: [&str; 3] = ["noop", "deadline", "cfq"];
const WAYS: [&str; 3] = ["rq-2008", "rq-2.6.31", "block-layer"];
const PATCHES: [&str; 6] = [
    "data_completion",
    "submission",
    "busy_flag",
    "own_queue",
    "map_requests",
    "softirq_completion",
];

#[derive(Debug, Clone)]
struct Case {
    hz: u32,
    cpus: u8,
    lab: bool,
    schedulers: (usize, usize),
    way: usize,
    without: Vec<usize>,
    pool: u32,
    nr_requests: u32,
    depth: u32,
    repeat: u32,
    rw: &'static str,
    direct: bool,
    iodepth: u32,
    jobs: u8,
    bad: bool,
}

fn cases() -> impl Strategy<Value = Case> {
    let machine = (
        prop::sample::select(vec![100u32, 250, 1000]),
        1u8..4,
        any::<bool>(),
        (0usize..3, 0usize..3),
        0usize..3,
        prop::collection::vec(0usize..6, 0..3),
    );
    let queues = (
        prop::sample::select(vec![1u32, 4, 256]),
        prop::sample::select(vec![4u32, 32, 128]),
        prop::sample::select(vec![1u32, 2, 8, 64]),
        prop::sample::select(vec![1u32, 3, 1000]),
    );
    let load = (
        prop::sample::select(vec!["read", "write", "randread", "randwrite", "randrw"]),
        any::<bool>(),
        prop::sample::select(vec![1u32, 8, 64]),
        1u8..4,
        any::<bool>(),
    );
    (machine, queues, load).prop_map(|(m, q, l)| Case {
        hz: m.0,
        cpus: m.1,
        lab: m.2,
        schedulers: m.3,
        way: m.4,
        without: m.5,
        pool: q.0,
        nr_requests: q.1,
        depth: q.2,
        repeat: q.3,
        rw: l.0,
        direct: l.1,
        iodepth: l.2,
        jobs: l.3,
        bad: l.4,
    })
}

fn text(c: &Case) -> String {
    let without: String = (0..PATCHES.len())
        .filter(|i| c.without.contains(i))
        .map(|i| format!("{} = false\n", PATCHES[i]))
        .collect();
    let bad = match c.bad {
        true => "[[timeline]]\nat = \"1ms\"\ndevice = \"sda\"\nbad_blocks = \"1000-1100\"\n",
        false => "",
    };
    format!(
        "kernel = \"2.6.25\"\nmultipath = \"{way}\"\n\
         [host]\nhz = {hz}\ncpus = {cpus}\nprofile = \"{profile}\"\n\
         [patches]\nclone_pool = {pool}\n{without}\
         [[device]]\nname = [\"sda\", \"sdb\", \"sdc\"]\n\
         null_blk = {{ completion = \"300us\", hw_queue_depth = {depth}, max_request = \"512KiB\" }}\n\
         queue = {{ scheduler = \"{below}\" }}\n\
         [[map]]\nselector = \"round-robin\"\n\
         paths = [{{ device = \"sda\", args = [{n}] }}, {{ device = \"sdb\", args = [{n}] }}, \
         {{ device = \"sdc\", args = [{n}] }}]\n\
         queue = {{ scheduler = \"{above}\", nr_requests = {nr_requests} }}\n{bad}\
         [[workload.job]]\nrw = \"{rw}\"\ndirect = {direct}\nbs = \"4k\"\niodepth = {iodepth}\n\
         numjobs = {jobs}\nsize = \"1m\"\nend_fsync = 1\n",
        way = WAYS[c.way],
        hz = c.hz,
        cpus = c.cpus,
        profile = if c.lab { "lab" } else { "none" },
        pool = c.pool,
        depth = c.depth,
        below = SCHEDULERS[c.schedulers.0],
        above = SCHEDULERS[c.schedulers.1],
        nr_requests = c.nr_requests,
        n = c.repeat,
        rw = c.rw,
        direct = u8::from(c.direct),
        iodepth = c.iodepth,
        jobs = c.jobs,
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]
    #[test]
    fn every_run_ends_and_every_bio_with_it(case in cases()) {
        let scenario = scenario::parse("case.toml", &text(&case), &[])
            .unwrap_or_else(|why| panic!("{:?}", miette::Report::new(why)));
        for mode in [Mode::Bio, Mode::Request, Mode::Single] {
            let machine = scenario::build(&scenario, mode).unwrap();
            let outcome = run(&machine, &RunOptions::default());
            let outcome = outcome.unwrap_or_else(|why| panic!("{mode:?}: {why}\n{}", text(&case)));
            let bytes: u64 = outcome.jobs.iter().flat_map(|j| [&j.read, &j.write])
                .flatten().map(|d| d.io_bytes).sum();
            // One path fails, two are left: nothing is lost.
            if mode != Mode::Single {
                prop_assert_eq!(bytes, u64::from(case.jobs) << 20, "{:?}", mode);
            }
            // The same again is the same.
            let again = run(&machine, &RunOptions::default()).unwrap();
            prop_assert_eq!(outcome.duration, again.duration);
            prop_assert_eq!(outcome.events, again.events);
        }
    }
}

/// The clones that wait behind the one that failed end with it: none of them is
/// sent while the others end.
#[test]
fn what_waits_for_a_failed_path_ends_once() {
    let case = Case {
        hz: 1000,
        cpus: 3,
        lab: false,
        schedulers: (1, 0),
        way: 1,
        without: vec![2, 5],
        pool: 256,
        nr_requests: 32,
        depth: 1,
        repeat: 1000,
        rw: "randrw",
        direct: true,
        iodepth: 8,
        jobs: 1,
        bad: true,
    };
    let scenario = scenario::parse("case.toml", &text(&case), &[]).unwrap();
    let machine = scenario::build(&scenario, Mode::Request).unwrap();
    let outcome = run(&machine, &RunOptions::default()).unwrap();
    let both = [&outcome.jobs[0].read, &outcome.jobs[0].write];
    let bytes: u64 = both.into_iter().flatten().map(|d| d.io_bytes).sum();
    assert_eq!(bytes, 1 << 20);
}
