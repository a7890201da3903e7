//! K-21 to K-35 and K-80: path selectors under a machine's load.

use mpathsim::models::host::HostConfig;
use mpathsim::models::workload::script::{Script, ScriptStep};
use mpathsim::sim::Ns;

use crate::rig::*;

const SELECTORS: [&str; 4] = [
    "round-robin",
    "queue-length",
    "service-time",
    "historical-service-time",
];

/// Each bio ends before the next.
fn one_by_one(n: u64) -> Vec<ScriptStep> {
    scattered(n).flat_map(|b| [b, ScriptStep::Wait]).collect()
}

fn picks(run: &Run) -> String {
    let digits = run.mapped().iter().map(|p| &p[1..]).collect::<Vec<_>>();
    digits.concat()
}

#[test]
fn k21_at_depth_1_equal_paths_take_turns() {
    for selector in ["round-robin", "queue-length", "service-time"] {
        for mode in [Bio, Rq] {
            let run = Rig::new(mode, 2).selector(selector).run(one_by_one(6));
            assert_eq!(picks(&run), "010101", "{selector} {mode:?}");
        }
    }
}

#[test]
fn k26_service_time_weighs_by_throughput() {
    for mode in [Bio, Rq] {
        let run = Rig::new(mode, 2)
            .group("service-time 0 2 2 /dev/p0 1 1 /dev/p1 1 4")
            .run(plugged(scattered(10)));
        assert_eq!(picks(&run), "1111011110", "{mode:?}");
    }
}

#[test]
fn k27_throughput_0_is_never_used_while_another_is_up() {
    let group = "service-time 0 2 2 /dev/p0 1 0 /dev/p1 1 1";
    let run = Rig::new(Bio, 2).group(group).run(plugged(scattered(100)));
    assert_eq!(picks(&run), "1".repeat(100));
    let run = Rig::new(Bio, 2)
        .group(group)
        .message("fail_path /dev/p1")
        .run(plugged(scattered(3)));
    assert_eq!(picks(&run), "000");
}

#[test]
fn k29_a_reinstated_path_is_next_in_round_robin_and_last_elsewhere() {
    let again = |selector: &str| {
        let run = Rig::new(Bio, 3)
            .selector(selector)
            .message("fail_path /dev/p0")
            .message("reinstate_path /dev/p0")
            .run(one_by_one(3));
        picks(&run)
    };
    assert_eq!(&again("round-robin")[..1], "0");
    for selector in &SELECTORS[1..] {
        assert_eq!(again(selector), "120", "{selector}");
    }
}

#[test]
fn k33_fresh_hst_paths_balance_by_what_is_outstanding() {
    let run = Rig::new(Bio, 2)
        .selector("historical-service-time")
        .run(plugged(scattered(40)));
    assert_eq!(picks(&run), "01".repeat(20));
}

#[test]
fn k34_io_affinity_keeps_to_the_path_of_the_cpu() {
    let mut rig = Rig::new(Bio, 2).group("io-affinity 0 2 1 /dev/p0 2 /dev/p1 1");
    rig.config.host = HostConfig {
        cpus: 3,
        ..rig.config.host
    };
    let on = |cpu| Script {
        name: format!("on{cpu}"),
        device: "/dev/mapper/mp".into(),
        cpu: Some(cpu),
        steps: vec![
            ScriptStep::Until(Ns::from_ms(u64::from(cpu))),
            write(10 * u64::from(cpu)),
            write(10 * u64::from(cpu) + 5),
        ],
    };
    // CPU 2 has no path: it takes that of the lowest CPU that has one.
    let run = rig.run_scripts(vec![on(0), on(1), on(2)]);
    assert_eq!(picks(&run), "110011");
}

#[test]
fn k80_nvme_policies_choose_for_every_bio() {
    let run = Rig::new(Bio, 2)
        .selector("nvme-round-robin")
        .run(plugged(contiguous(6)));
    assert_eq!(picks(&run), "010101");
    // p0 is a hundred times slower: it keeps what it was given first.
    let run = Rig::new(Bio, 2)
        .selector("nvme-queue-depth")
        .null_blk(1, |c| c.completion_nsec = Ns::from_ms(10))
        .run(one_behind(6));
    assert_eq!(picks(&run), "011111");
}

/// Bios so far apart that the fast path is idle again, not the slow one.
fn one_behind(n: u64) -> Vec<ScriptStep> {
    scattered(n)
        .flat_map(|b| [b, ScriptStep::Sleep(Ns::from_ms(20))])
        .collect()
}
